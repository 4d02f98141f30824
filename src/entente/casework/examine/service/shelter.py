"""A person's own exposure: what was looked at, in figures; own limits and breaks; totals to one by consent.

All of it belongs to the person. The program counts that person's looks over all cases, those included that
the person has left, and names an item only where the guard still shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from entente.casework.examine.service.refused import ExamineRefused
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.models import (
    Account,
    Clue,
    Consent,
    Link,
    Note,
    Observation,
    Rest,
    Shelter,
    Spared,
    TotalsRead,
    Viewing,
)
from entente.safeguards import shelter
from entente.safeguards.access import Act, Shape, Thing
from entente.safeguards.exposure import supervisor_may_read
from entente.safeguards.shelter import IN_FULL, Cue, Limits, Look, Reached, Totals
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose

STEP = "shelter"
NEUTRAL = "a setting of one's own"  # the log tells no limit and no break of a person
DAYS_SHOWN = 14
MOST = {"day_minutes": 600, "sitting_minutes": 240, "looks_in_a_row": 500}


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a person's own ledger."""

    day: date
    totals: Totals


@dataclass(frozen=True, slots=True)
class Ledger:
    """A person's own figures: by view, by day, and in all."""

    by_view: tuple[tuple[str, int, float], ...]  # view, looks, seconds
    days: tuple[Day, ...]
    all: Totals


@dataclass(frozen=True, slots=True)
class State:
    """What a page of this person shows of the own limits now."""

    cue: Cue
    reached: tuple[Reached, ...]
    on_break_since: datetime | None


def looks_of(account: UUID) -> list[tuple[Look, UUID]]:
    """Return every look of a person with its item; the caller says whose it may be."""
    with guard.system("a person's own looks are counted over all cases, for that person"):
        rows = Viewing.objects.filter(account=account).order_by("at")
        return [
            (Look(at, view, ms / 1000), media)
            for at, view, ms, media in rows.values_list("at", "view", "milliseconds", "media_id")
        ]


def ledger(officer: Officer) -> Ledger:
    """Return the officer's own ledger; nobody else's can be asked for."""
    held = _read(officer.id)
    views: dict[str, list[Look]] = {}
    for one, _ in held.looks:
        views.setdefault(one.view, []).append(one)
    by_view = tuple((v, len(k), round(sum(x.seconds for x in k), 3)) for v, k in sorted(views.items()))
    today = clock.now().date()
    days = [today - timedelta(days=n) for n in range(DAYS_SHOWN)]
    spans = [Day(d, held.totals(d, d + timedelta(days=1))) for d in days]
    return Ledger(by_view, tuple(s for s in spans if any(_counts(s.totals))), held.totals())


def _counts(totals: Totals) -> tuple[int, ...]:
    return totals.looks, totals.grey, totals.avoided, totals.breaks


@dataclass(frozen=True, slots=True)
class _Read:
    """All that is counted of one person, read once."""

    looks: list[tuple[Look, UUID]]
    handled: list[tuple[UUID, datetime]]
    breaks: list[datetime]

    def totals(self, since: date | None = None, until: date | None = None) -> Totals:
        """Count a span of days. Avoided: worked on or passed by, with no look in full at any time."""

        def inside(at: datetime) -> bool:
            return since is None or until is None or since <= at.date() < until

        full = [k for k, _ in self.looks if k.view in IN_FULL]
        had = {media for k, media in self.looks if k.view in IN_FULL}
        return Totals(
            looks=sum(inside(k.at) for k in full),
            minutes=shelter.minutes(k for k in full if inside(k.at)),
            grey=sum(inside(k.at) for k, _ in self.looks if k.view not in IN_FULL),
            avoided=len({media for media, at in self.handled if inside(at)} - had),
            breaks=sum(inside(at) for at in self.breaks),
        )


def _read(account: UUID) -> _Read:
    with guard.system("a person's own answers, decisions and breaks are counted for that person"):
        handled = list(Spared.objects.filter(account=account, needed=False).values_list("media_id", "at"))
        own = [m.objects.filter(made_by=account) for m in (Note, Observation)]
        for rows in (Clue.objects.filter(decided_by=account), *own):
            handled += rows.exclude(media=None).values_list("media_id", "made_at")
        for a, b, at in Link.objects.filter(decided_by=account).values_list("a_id", "b_id", "made_at"):
            handled += [(a, at), (b, at)]
        breaks = list(Rest.objects.filter(account=account, kind="break").values_list("at", flat=True))
    return _Read(looks_of(account), handled, breaks)


def limits_of(officer: Officer) -> Limits:
    """Return the officer's own limits."""
    row = Shelter.objects.filter(account=officer.id).first()
    return Limits(row.day_minutes, row.sitting_minutes, row.looks_in_a_row) if row else Limits()


def state(officer: Officer) -> State:
    """Return what to remind the officer of now; two small queries where nothing is set."""
    rests = list(Rest.objects.filter(account=officer.id, at__gt=clock.now() - timedelta(days=1)))
    under_way = next((r.at for r in rests if r.kind == "break" and r.ended_at is None), None)
    limits = limits_of(officer)
    if limits == Limits():
        return State(Cue.NONE, (), under_way)
    looks = [k for k, _ in looks_of(officer.id)]
    ends = [r.ended_at or r.at for r in rests if r.kind == "break"]
    went_on = [r.at for r in rests if r.kind == "on"]
    found = tuple(shelter.reached(limits, looks, ends, went_on, clock.now()))
    cues = {r.cue for r in found}
    cue = Cue.PAUSE if Cue.PAUSE in cues else Cue.QUIET if Cue.QUIET in cues else Cue.NONE
    return State(cue, found, under_way)


def _own(officer: Officer) -> Thing:
    return Thing(Shape.PERSON, owner=officer.agency, account=officer.id)


def set_limits(officer: Officer, purpose: Purpose, limits: Limits) -> None:
    """Set one's own limits; nobody sets them for another."""
    for name, most in MOST.items():
        value = getattr(limits, name)
        if value is not None and not 1 <= value <= most:
            raise ExamineRefused(f"a limit lies between 1 and {most}; leave it empty for none")
    with acting(officer, Act.ALTER, _own(officer), purpose, step=STEP, reason=NEUTRAL):
        values = {name: getattr(limits, name) for name in MOST}
        Shelter.objects.update_or_create(account_id=officer.id, defaults=values)


def take_break(officer: Officer, purpose: Purpose) -> None:
    """Begin a break; a second one under way changes nothing."""
    with acting(officer, Act.ALTER, _own(officer), purpose, step=STEP, reason=NEUTRAL):
        if not _under_way(officer).exists():
            Rest.objects.create(account_id=officer.id, kind="break")


def end_break(officer: Officer, purpose: Purpose) -> None:
    """Come back from a break."""
    with acting(officer, Act.ALTER, _own(officer), purpose, step=STEP, reason=NEUTRAL):
        _under_way(officer).update(ended_at=clock.now())


def go_on(officer: Officer, purpose: Purpose) -> None:
    """End a pause by going on; it is the person's own, and noted for that person only."""
    with acting(officer, Act.ALTER, _own(officer), purpose, step=STEP, reason=NEUTRAL):
        Rest.objects.create(account_id=officer.id, kind="on", ended_at=clock.now())


def _under_way(officer: Officer) -> QuerySet[Rest]:
    return Rest.objects.filter(account=officer.id, kind="break", ended_at=None)


# --- totals, to one person, by consent ---------------------------------------------------------------------


def consent(officer: Officer, purpose: Purpose, service_number: str) -> Consent:
    """Let one colleague of the own agency read one's totals, until that is withdrawn."""
    with acting(officer, Act.ALTER, _own(officer), purpose, step=STEP, reason=NEUTRAL):
        same = Account.objects.filter(agency=officer.agency, is_active=True).exclude(pk=officer.id)
        reader = same.filter(username=service_number.strip()).first()
        if reader is None:
            raise ExamineRefused("name a colleague of your agency by the service number")
        standing = Consent.objects.filter(account=officer.id, to=reader, withdrawn_at=None).first()
        return standing or Consent.objects.create(
            account_id=officer.id, to_id=reader.pk, shown_to_id=reader.pk
        )


def withdraw_consent(officer: Officer, purpose: Purpose, given: Consent) -> None:
    """Withdraw it: from now on the other reads nothing, nor that it ever was given."""
    with acting(officer, Act.ALTER, given.as_thing(), purpose, step=STEP, reason=NEUTRAL):
        Consent.objects.filter(pk=given.pk, withdrawn_at=None).update(withdrawn_at=clock.now(), shown_to=None)


def consented_to(officer: Officer) -> QuerySet[Consent]:
    """Return the consents under which this officer may read a colleague's totals."""
    rows = Consent.objects.filter(shown_to=officer.id, withdrawn_at=None).select_related("account")
    return rows.order_by("account__username")


def read_totals(officer: Officer, purpose: Purpose, given: Consent) -> list[tuple[date, Totals]]:
    """Return a colleague's totals of the weeks that are over; the colleague is told of this reading."""
    with acting(officer, Act.READ, given.as_thing(), purpose, step=STEP, reason="totals read by consent"):
        row = Consent.objects.filter(pk=given.pk).first()
        standing = row is not None and row.withdrawn_at is None and row.shown_to_id == officer.id
        if row is None or not supervisor_may_read(str(row.account_id), str(officer.id), consented=standing):
            raise ExamineRefused("this consent was withdrawn; ask the colleague")
        with guard.system("whoever's totals are read is told, in the same act"):
            TotalsRead.objects.create(account_id=row.account_id, reader_id=officer.id)
        weeks = shelter.weeks_over(clock.now())
        held = _read(row.account_id)
        return [(w, held.totals(w, w + timedelta(days=7))) for w in weeks]
