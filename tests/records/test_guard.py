"""The guard on every query: closed without a scope, filtered with one, equal to the law."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.apps import apps
from django.db.models import Count, Exists, OuterRef, Prefetch, Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entente.records import clock, guard
from entente.records.act import acting
from entente.records.models import (
    Case,
    CaseBound,
    Clue,
    HashList,
    Media,
    Membership,
    Note,
    Originator,
    Release,
)
from entente.safeguards.access import Act, readable
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION


@pytest.fixture
def item(case, circle):
    with acting(circle.officer(circle.it), Act.RECEIVE, case.as_thing(), VI, step="intake"):
        return Media.objects.create(case=case, owner=circle.agencies.it, number=1, source="test")


WITHOUT_SCOPE = {
    "list": lambda case, item: list(Media.objects.all()),
    "count": lambda case, item: Media.objects.count(),
    "exists": lambda case, item: Media.objects.exists(),
    "get": lambda case, item: Media.objects.get(pk=item.pk),
    "base manager": lambda case, item: list(Media._base_manager.all()),
    "reverse": lambda case, item: list(case.milestones.all()),
    "annotate": lambda case, item: list(Case.objects.annotate(n=Count("milestones"))),
    "values": lambda case, item: list(Media.objects.values_list("pk")),
    "relation": lambda case, item: list(Media.objects.filter(case__number="IT-2026-001")),
    "select related": lambda case, item: list(Note.objects.select_related("media")),
    "union": lambda case, item: list(
        Media.objects.order_by().values("id").union(Clue.objects.order_by().values("id"))
    ),
    "subquery": lambda case, item: list(
        Case.objects.filter(Exists(Media.objects.filter(case=OuterRef("pk"))))
    ),
    "update": lambda case, item: Media.objects.update(source="x"),
    "delete": lambda case, item: Media.objects.all().delete(),
    "create": lambda case, item: Note.objects.create(case=case, owner=case.owner, text="x"),
    "bulk create": lambda case, item: Note.objects.bulk_create([Note(case=case, owner=case.owner, text="x")]),
    "save": lambda case, item: item.save(),
    "refresh": lambda case, item: item.refresh_from_db(),
}


@pytest.mark.parametrize("way", WITHOUT_SCOPE)
def test_nothing_is_touched_without_a_scope(way, case, item):
    with pytest.raises(guard.ScopeMissing):
        WITHOUT_SCOPE[way](case, item)


def test_a_member_sees_the_item_and_an_outsider_an_empty_world(case, item, circle):
    with guard.scope(circle.officer(circle.it), VI):
        assert Media.objects.count() == 1
        assert Case.objects.annotate(n=Count("milestones")).get().n == 1
        assert list(Case.objects.prefetch_related(Prefetch("milestones"))[0].milestones.all())
    with guard.scope(circle.officer(circle.dk), VI):
        assert Media.objects.count() == 0
        assert not Case.objects.exists()
        assert not Case.objects.filter(Q(milestones__stage="discovered")).exists()
        assert not Media.objects.select_related("case").filter(pk=item.pk)


def test_reading_does_not_allow_writing(case, item, circle):
    with guard.scope(circle.officer(circle.it), VI), pytest.raises(guard.ScopeMissing):
        Media.objects.filter(pk=item.pk).update(source="changed")


def test_hidden_rows_are_neither_changed_nor_deleted(case, item, circle):
    with guard.scope(circle.officer(circle.dk), VI, Act.ALTER):
        assert Media.objects.filter(pk=item.pk).update(source="changed") == 0
        assert Media.objects.filter(pk=item.pk).delete()[0] == 0
    with guard.system("test looks"):
        assert Media.objects.get(pk=item.pk).source == "test"


def test_an_administrator_sees_no_content_even_as_a_member(case, item, circle):
    with guard.system("test"):
        Membership.objects.create(case=case, account=circle.it_admin, part=Part.MEMBER)
    with guard.scope(circle.officer(circle.it_admin), VI):
        assert not Media.objects.exists()
        assert not Case.objects.exists()


def test_a_membership_that_ended_ends_everything_at_once(case, item, circle):
    with guard.system("test"):
        Membership.objects.create(case=case, account=circle.fr, part=Part.MEMBER)
    with guard.scope(circle.officer(circle.fr), VI):
        assert Media.objects.count() == 1
    with guard.system("test"):
        Membership.objects.filter(account=circle.fr).update(until=clock.now())
    with guard.scope(circle.officer(circle.fr), VI):
        assert Media.objects.count() == 0


def test_a_list_is_seen_by_its_agency_only(circle):
    with guard.system("test"):
        HashList.objects.create(
            owner=circle.agencies.dk, name="known", format="vics", sha256="0" * 64, imported_by=circle.dk
        )
    with guard.scope(circle.officer(circle.dk), VI):
        assert HashList.objects.count() == 1
    with guard.scope(circle.officer(circle.it), VI):
        assert HashList.objects.count() == 0


AGENCIES = ["it", "dk", "fr"]
row = st.fixed_dictionaries(
    {
        "owner": st.sampled_from(AGENCIES),
        "codes": st.sampled_from(["H0", "H0 H1", "H1", "H2", "H0 H2", "H3", "H1 H3"]),
        "others": st.sets(st.sampled_from(AGENCIES), max_size=2),
        "releases": st.lists(
            st.tuples(
                st.sampled_from(AGENCIES),
                st.sampled_from(AGENCIES),
                st.integers(-2, 2),
                st.integers(-1, 3),
                st.sampled_from([None, -1, 1]),
            ),
            max_size=4,
        ),
    }
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(row, min_size=1, max_size=5), member=st.sets(st.sampled_from(AGENCIES)))
def test_the_predicate_in_sql_is_the_law_in_python(rows, member, case, circle):
    now = datetime.now(UTC)

    def day(n):
        return now + timedelta(days=n)

    with guard.system("test"):
        for table in (Media, Originator, Release, Membership):
            table.objects.all().delete()
        for n, r in enumerate(rows):
            media = Media.objects.create(
                case=case,
                owner=getattr(circle.agencies, r["owner"]),
                codes=r["codes"],
                handling_text="only after a call" if "H3" in r["codes"] else "",
                number=n,
                source="test",
            )
            for other in r["others"]:
                Originator.objects.create(thing=media.pk, agency=getattr(circle.agencies, other))
            for by, to, start, end, withdrawn in r["releases"]:
                Release.objects.create(
                    thing=media.pk,
                    by=getattr(circle.agencies, by),
                    to=getattr(circle.agencies, to),
                    granted=day(start),
                    expires=day(end),
                    withdrawn=None if withdrawn is None else day(withdrawn),
                )
        for short in member:
            Membership.objects.create(case=case, account=getattr(circle, short), part=Part.MEMBER)
        everything = list(Media.objects.all())
    for short, purpose in product([*AGENCIES, "it_admin", "it_dpo"], Purpose):
        officer = circle.officer(getattr(circle, short))
        with clock.at(now):
            lawful = {m.pk for m in everything if readable(officer, m.as_thing(), purpose, now)}
            with guard.scope(officer, purpose):
                assert set(Media.objects.values_list("pk", flat=True)) == lawful


def test_every_table_of_a_case_is_behind_the_guard():
    tables = [m for m in apps.get_models() if issubclass(m, CaseBound)]
    missing = [m for m in tables if m._meta.db_table not in guard.GUARDED]
    assert not missing
    assert len(guard.GUARDED) > 25
