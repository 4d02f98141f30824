"""A clock that jumps changes no order, and what expires does so at its moment; a desk set back says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from entente.records import clock, guard, log
from entente.records.act import acting
from entente.records.models import LogEntry, Media, Membership, Note, Release
from entente.safeguards.access import Act
from entente.safeguards.retention import Fate, fate, review_due
from entente.vocabulary.handling import Purpose
from entente.web import start

VI = Purpose.VICTIM_IDENTIFICATION
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ROME = ZoneInfo("Europe/Rome")
JUMPS = (timedelta(0), DAY, -DAY, 366 * DAY, -366 * DAY, timedelta(microseconds=-1), 3 * DAY)


def note(case, circle, text):
    with acting(circle.officer(circle.it), Act.ALTER, case.as_thing(), VI, step="examine", reason="note"):
        return Note.objects.create(case=case, owner=circle.agencies.it, text=text)


@pytest.fixture
def case(case):
    """The case, led by its officer for as long as any clock here says."""
    with guard.system("test"):
        Membership.objects.filter(case=case).update(since=clock.now() - 2000 * DAY)
    return case


def times_of_the_log():
    with guard.system("test"):
        entries = LogEntry.objects.order_by("seq")
        return [(e.seq, e.at, json.loads(e.body)["at"]) for e in entries]


def test_the_log_keeps_the_order_of_acts_whatever_the_clock_says(case, circle):
    begun = len(times_of_the_log())
    moment = clock.now()
    for n, jump in enumerate(JUMPS):
        with clock.at(moment + jump):
            note(case, circle, f"note {n}")
    held = times_of_the_log()
    assert [seq for seq, *_ in held] == list(range(begun + len(JUMPS)))
    assert [at for _, at, _ in held[begun:]] == [moment + jump for jump in JUMPS]  # as the clock said it
    assert log.verify().faults == ()


def test_a_clock_behind_the_log_is_said_and_one_before_it_is_not(case, circle):
    assert start.clock_warning() == ""
    with clock.at(clock.now() + DAY):
        note(case, circle, "from tomorrow")
        assert start.clock_warning() == ""
    warning = start.clock_warning()
    assert "before an entry of the log" in warning
    assert 86_000 < int(warning.partition("stands ")[2].split()[0]) <= 86_400
    note(case, circle, "an entry of today does not hide it")
    assert start.clock_warning()


ENDS = pytest.mark.parametrize(
    "end",
    [
        datetime(2028, 2, 29, 0, 0, tzinfo=UTC),
        datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
        datetime(2028, 3, 1, 0, 0, tzinfo=UTC),
        datetime(2026, 3, 29, 3, 0, tzinfo=ROME),  # an hour is left out
        datetime(2026, 10, 25, 2, 30, tzinfo=ROME, fold=0),  # half past two comes twice
        datetime(2026, 10, 25, 2, 30, tzinfo=ROME, fold=1),
    ],
)
MOMENTS = ((-30 * DAY, True), (-SECOND, True), (timedelta(0), False), (SECOND, False), (400 * DAY, False))


def item(case, circle, codes="H0"):
    return Media.objects.create(
        case=case, owner=circle.agencies.it, made_by=circle.it, number=1, source="x", codes=codes
    )


def sees(case, circle) -> bool:
    with guard.scope(circle.officer(circle.dk), VI):
        return Media.objects.filter(case=case).exists()


@ENDS
def test_a_membership_ends_at_its_moment_on_leap_days_and_when_the_hour_changes(case, circle, end):
    end = end.astimezone(UTC)
    with guard.system("test"):
        Membership.objects.create(
            case=case, account=circle.dk, part="member", since=end - 30 * DAY, until=end, added_by=circle.it
        )
        item(case, circle)
    for jump, allowed in MOMENTS:
        with clock.at(end + jump):
            assert sees(case, circle) is allowed, (end, jump)


@ENDS
def test_a_release_ends_at_its_moment_on_leap_days_and_when_the_hour_changes(case, circle, end):
    end = end.astimezone(UTC)
    with guard.system("test"):
        Membership.objects.create(
            case=case, account=circle.dk, part="member", since=end - 60 * DAY, added_by=circle.it
        )
        held = item(case, circle, "H2")
        agencies = circle.agencies
        Release.objects.create(
            thing=held.pk, by=agencies.it, to=agencies.dk, granted=end - 30 * DAY, expires=end, reason="asked"
        )
    for jump, allowed in MOMENTS:
        with clock.at(end + jump):
            assert sees(case, circle) is allowed, (end, jump)


@pytest.mark.parametrize(
    ("started", "due"),
    [
        (datetime(2024, 2, 29, 12, 0, tzinfo=UTC), datetime(2027, 2, 28, 12, 0, tzinfo=UTC)),
        (datetime(2025, 3, 1, 0, 0, tzinfo=UTC), datetime(2028, 3, 1, 0, 0, tzinfo=UTC)),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), datetime(2029, 3, 29, 1, 0, tzinfo=UTC)),
    ],
)
def test_a_review_is_due_at_its_moment_and_never_later(started, due):
    assert review_due(started) == due
    assert fate(due, due - SECOND) is Fate.ASK
    assert fate(due, due) is Fate.ERASE
    assert fate(due, due + DAY) is Fate.ERASE
