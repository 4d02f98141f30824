"""The guard on every query: closed without a scope, filtered with one, equal to the law."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Q
from django.db.models.sql import Query
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.records.rows import PEOPLE, SEEN, dense, fill, people, worlds  # noqa: F401 - a fixture

from entente.records import clock, guard
from entente.records.act import acting
from entente.records.compiler import SQLCompiler
from entente.records.models import (
    Case,
    CaseBound,
    Clue,
    HashList,
    Media,
    Membership,
    Note,
)
from entente.safeguards.access import Act, Allow, Shape, decide, readable
from entente.vocabulary.agency import AgencyKind, Part, Role
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


# --- the predicate in SQL is the law in Python ------------------------------------------------------------

EXAMPLES = max(300, settings.default.max_examples)
some = st.sampled_from
who_asks = st.tuples(
    some(PEOPLE),
    some([None, None, *Role]).map(lambda role: role and frozenset({role})),
    some([frozenset(Purpose), None, *(frozenset(Purpose) - {p} for p in Purpose)]),
    some([None, None, *AgencyKind]),
    some(list(Purpose)),
)


def asker(circle, asked):
    """Return the officer who asks, with the roles, purposes and kind of agency that were drawn."""
    who, roles, purposes, kind, purpose = asked
    officer = circle.officer(getattr(circle, who))
    drawn = {"roles": roles, "purposes": purposes, "kind": kind}
    return replace(officer, **{name: value for name, value in drawn.items() if value is not None}), purpose


def kept_by(officer, purpose):
    """Return the rows that the predicate keeps: it alone, without the second wall behind it."""
    found = set()
    for model in SEEN:
        table = model._meta.db_table
        with guard.scope(officer, purpose):
            where, params = guard.predicate(table, "x_")
        with guard.system("the predicate alone, in a test"), connection.cursor() as cursor:
            held = SQLCompiler(Query(model), connection, "default")._adapt(params)
            cursor.execute(f"SELECT x_.id FROM {table} x_ WHERE {where}", held)
            found |= {UUID(str(key)) for (key,) in cursor.fetchall()}
    return found


def law_of(things, officer, purpose, now):
    """Return the rows that the law lets the officer read."""
    lawful = {pk for pk, thing in things if readable(officer, thing, purpose, now)}
    decided = {pk for pk, t in things if isinstance(decide(officer, t, Act.READ, purpose, now), Allow)}
    assert decided == lawful
    return lawful


def differences(world, asked, circle, case, ways=(kept_by,)):
    """Yield who gets other rows, in one of ``ways``, than the law lets read."""
    now = datetime.now(UTC)
    with guard.system("fill a world for a test"):
        things = [(row.pk, row.as_thing()) for row in fill(world, circle, case, now)]
    for each in asked:
        officer, purpose = asker(circle, each)
        with clock.at(now):
            lawful = law_of(things, officer, purpose, now)
            yield from ((each, way.__name__) for way in ways if way(officer, purpose) != lawful)


def queried(officer, purpose):
    """Return the rows that a query finds."""
    with guard.scope(officer, purpose):
        return {pk for model in SEEN for pk in model.objects.values_list("pk", flat=True)}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds, asked=st.lists(who_asks, min_size=3, max_size=3))
def test_the_predicate_in_sql_is_the_law_in_python(world, asked, case, people):  # noqa: F811
    assert list(differences(world, asked, people, case, (kept_by, queried))) == []


def test_every_shape_is_drawn():
    assert {model.shape for model in SEEN} == set(Shape)


RIGHT = guard.predicate


def instead_of(old, new):
    """Return a predicate whose text has ``new`` for ``old``, with as many parameters."""

    def wrong(table, alias):
        kept = RIGHT(table, alias)
        return kept and (kept[0].replace(old, new), kept[1])

    return wrong


FAULTS = {
    "an ended membership": ("(m_.until IS NULL OR m_.until > %s)", "(1=1 OR m_.until > %s)"),
    "a membership to come": ("m_.since <= %s", "(1=1 OR m_.since <= %s)"),
    "H2 forgotten": ("LIKE '%%H2%%'", "LIKE '%%H7%%'"),
    "H3 forgotten": ("LIKE '%%H3%%'", "LIKE '%%H7%%'"),
    "H1 forgotten for a court": ("LIKE '%%H1%%'", "LIKE '%%H7%%'"),
    "RED forgotten": ("'TLP:RED'", "'TLP:PINK'"),
    "an expired release": ("r_.expires > %s", "(1=1 OR r_.expires > %s)"),
    "a withdrawn release": ("r_.withdrawn > %s", "(1=1 OR r_.withdrawn > %s)"),
    "a release to come": ("r_.granted <= %s", "(1=1 OR r_.granted <= %s)"),
    "a release to another": ("r_.to_id = %s", "(1=1 OR r_.to_id = %s)"),
    "one originator is enough": ("o_.agency_id <> %s", "(1=0 AND o_.agency_id <> %s)"),
    "another's notice": ("x_.addressed_id = %s)", "x_.addressed_id = %s OR 1=1)"),
    "another agency's list": ("x_.owner_id = %s", "(1=1 OR x_.owner_id = %s)"),
    "another agency's log": ("x_.agency_id = %s", "(1=1 OR x_.agency_id = %s)"),
    "a stub for nobody": ("1=1", "1=0"),
    "everything": ("1=0", "1=1"),
}


EVERYBODY = [
    (who, None, None, None, purpose)
    for who in PEOPLE
    for purpose in (Purpose.VICTIM_IDENTIFICATION, Purpose.PROSECUTION, Purpose.DATA_PROTECTION_AUDIT)
]


def differs(seed, circle, case):
    """Whether the predicate differs from the law for anybody in a dense world, which is taken back."""
    with transaction.atomic():
        try:
            return any(differences(dense(seed), EVERYBODY, circle, case))
        finally:
            transaction.set_rollback(True)


def test_no_dense_world_shows_a_difference(case, people):  # noqa: F811
    assert not any(differs(seed, people, case) for seed in range(EXAMPLES // 10))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_planted_in_the_predicate_is_found(fault, case, people, monkeypatch):  # noqa: F811
    monkeypatch.setattr(guard, "predicate", instead_of(*FAULTS[fault]))

    after = next((seed + 1 for seed in range(EXAMPLES) if differs(seed, people, case)), 0)
    print(f"\n{fault}: found after {after} worlds")
    assert after


def test_every_table_of_a_case_is_behind_the_guard():
    tables = [m for m in apps.get_models() if issubclass(m, CaseBound)]
    missing = [m for m in tables if m._meta.db_table not in guard.GUARDED]
    assert not missing
    assert len(guard.GUARDED) > 25
