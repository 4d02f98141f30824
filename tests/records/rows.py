"""Rows drawn at random for the tests that hold a wall against the law: two cases, all shapes, all codes."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import strategies as st

from entente.records.models import (
    Case,
    Consent,
    Feedback,
    HashList,
    LogEntry,
    Media,
    Membership,
    Milestone,
    Notice,
    Opinion,
    Originator,
    Release,
    Stub,
    Tombstone,
    Vote,
)
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Audience, Purpose

SEEN = (
    Case,
    Membership,
    Milestone,
    Media,
    Feedback,
    HashList,
    LogEntry,
    Notice,
    Stub,
    Tombstone,
    Vote,
    Consent,
)
AGENCIES = ["it", "dk", "fr", "eu"]
PEOPLE = [*AGENCIES, "it_second", "it_admin", "it_dpo", "eu_coordinator", "dk_coordinator"]
CODES = ["H0", "H0 H1", "H1", "H2", "H0 H2", "H3", "H1 H3", "H0 H1 H2 H3"]
days = st.integers(-2, 2)
period = st.tuples(days, st.one_of(st.none(), days))
handled = {
    "owner": st.sampled_from(AGENCIES),
    "codes": st.sampled_from(CODES),
    "audience": st.sampled_from([a.value for a in Audience]),
    "addressed": st.sampled_from(AGENCIES),
    "elsewhere": st.booleans(),
    "others": st.one_of(st.just(set()), st.sets(st.sampled_from(AGENCIES), max_size=2)),
    "releases": st.lists(
        st.tuples(
            st.sampled_from(["owner", "owner", *AGENCIES]),
            st.sampled_from(AGENCIES),
            days,
            st.integers(-1, 3),
            st.one_of(st.none(), days),
        ),
        max_size=4,
    ),
}
worlds = st.fixed_dictionaries(
    {
        "rows": st.lists(st.fixed_dictionaries(handled), min_size=1, max_size=5),
        "members": st.lists(
            st.tuples(st.sampled_from(PEOPLE), period, st.booleans()), min_size=2, max_size=6
        ),
        "asked": st.lists(
            st.tuples(st.sampled_from(PEOPLE), st.sampled_from(list(Purpose))), min_size=3, max_size=3
        ),
    }
)


def dense(seed):
    """Return a world of twelve rows and eight members, where every rule has something to say."""
    chance = Random(seed)
    some, a_day = chance.choice, lambda: chance.randint(-2, 2)
    row = {"owner": AGENCIES, "codes": CODES, "addressed": AGENCIES, "elsewhere": [False, True]}
    row["audience"] = [Audience.AMBER.value, *(a.value for a in Audience)]
    rows = [{name: some(values) for name, values in row.items()} for _ in range(12)]
    for each in rows:
        each["others"] = set(chance.sample(AGENCIES, some([0, 0, 1, 2])))
        each["releases"] = [
            (some(["owner", *AGENCIES]), some(AGENCIES), a_day(), a_day(), some([None, a_day()]))
            for _ in range(4)
        ]
    members = [(some(PEOPLE[:5]), (a_day(), some([None, a_day()])), some([False, True])) for _ in range(8)]
    return {"rows": rows, "members": members, "asked": []}


@pytest.fixture
def people(circle):
    """The circle and its rarer officers: coordinators, one of them at no centre, and what nobody may be."""
    circle.eu_coordinator = circle.make_account(circle.agencies.eu, "EU-2001", ("coordinator",))
    circle.dk_coordinator = circle.make_account(circle.agencies.dk, "DK-2001", ("coordinator",))
    every = [p.value for p in Purpose]
    for both in (circle.it_dpo, circle.it_admin, circle.it_second):
        both.purposes = every
        both.save()
    return circle


def fill(world, circle, case, now):
    """Write the rows of ``world`` in place of those of the last one; return all that were written."""

    def day(n):
        return None if n is None else now + timedelta(days=n)

    def agency(short):
        return getattr(circle.agencies, short)

    for model in (
        Media,
        Feedback,
        HashList,
        Notice,
        Originator,
        Release,
        Membership,
        Stub,
        Milestone,
        Tombstone,
        Consent,
    ):
        model.objects.all().delete()
    other = _other_case(circle)
    made = []
    for n, r in enumerate(world["rows"]):
        bound = {
            "case": other if r["elsewhere"] else case,
            "owner": agency(r["owner"]),
            "codes": r["codes"],
            "handling_text": "only after a call" if "H3" in r["codes"] else "",
            "audience": r["audience"],
        }
        told = {"owner": agency(r["owner"]), "addressed": agency(r["addressed"])}
        made += [
            Media(number=n, source="test", **bound),
            Feedback(sentences=[], **bound, addressed=told["addressed"]),
            Notice(kind="recall", text="x", **told),
            HashList(owner=told["owner"], name=str(n), format="x", sha256="", imported_by=circle.it),
            Tombstone(agency=told["owner"], case=case.pk, what="media", because="x"),
        ]
        item = made[-5]
        for thing in made[-5:-3]:
            for further in r["others"]:
                made.append(Originator(thing=thing.pk, agency=agency(further)))
            for by, to, start, end, withdrawn in r["releases"]:
                made.append(
                    Release(
                        thing=thing.pk,
                        by=agency(r["owner"] if by == "owner" else by),
                        to=agency(to),
                        granted=day(start),
                        expires=day(end),
                        withdrawn=day(withdrawn),
                    )
                )
        made += _of_a_person(circle, r, bound, item)
    for who, (since, until), elsewhere in world["members"]:
        held = {"case": other if elsewhere else case, "account": getattr(circle, who), "part": Part.MEMBER}
        made.append(Membership(**held, since=day(since), until=day(until)))
    made.append(Milestone(case=case, stage="discovered", because="x"))
    made.append(Stub(case=case, owner=case.owner, urgency="routine", country="IT", status="discovered"))
    for model in dict.fromkeys(type(row) for row in made):
        model.objects.bulk_create([row for row in made if type(row) is model])
    return [row for model in SEEN for row in model.objects.all()]


def _of_a_person(circle, r, bound, item):
    """Return a vote and a consent: the owner's examiner's, shown to the other's or to nobody."""
    mine, theirs = getattr(circle, r["owner"]), getattr(circle, r["addressed"])
    shown = {"account": mine, "shown_to": theirs if r["elsewhere"] else None}
    asked = Opinion(**bound, media=item, needed=3)
    vote = Vote(**bound, opinion=asked, **shown, answer="yes", opened="H0" in r["codes"])
    return [asked, vote, Consent(**shown, to=theirs)]


def _other_case(circle):
    """Return a second case of Italy's, so that being in one is not being in the other."""
    told = {"owner": circle.agencies.it, "number": "IT-2026-099"}
    made, _ = Case.objects.get_or_create(
        **told, defaults={"title": "Operation Elm", "victim_number": "V-009", "opened_by": circle.it}
    )
    return made


ONE_ROW = {
    "owner": "it",
    "codes": "H0",
    "audience": "TLP:AMBER",
    "addressed": "dk",
    "elsewhere": False,
    "others": set(),
    "releases": [],
}
