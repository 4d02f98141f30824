"""Task forces: a centre opens one, agencies bring datasets, and a board counts how far these came.

The board reads the clock and what left each case; nobody sets a level by hand. An agency sees its own
datasets and the counts that may be told outside; the centre sees each dataset as a number and a level, and
no case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Max, QuerySet

from entente.casework.cooperate.funnel import Level, beside, furthest, ladder, levels, outside
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.leaf import waits_first
from entente.records.models import (
    Agency,
    Case,
    Disclosure,
    Dispatch,
    ForceDataset,
    Milestone,
    Seat,
    Series,
    TaskForce,
)
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.case import Stage
from entente.vocabulary.handling import ORIGINATOR_ONLY, Audience, Purpose

STEP = "cooperate"


class NotInForce(ValueError):
    """A task force, a seat or a dataset is not as the act needs it; the text says the mend."""


@dataclass(frozen=True, slots=True)
class Board:
    """Datasets in sight with the last level that each reached, the counts, and what may be told outside."""

    rows: list[tuple[ForceDataset, Level]] = field(default_factory=list)
    counts: dict[Level, int] = field(default_factory=dict)
    outside: dict[Level, int | None] = field(default_factory=dict)


# --- the centre -------------------------------------------------------------------------------------------


def open_force(
    officer: Officer, purpose: Purpose, *, name: str, about: str, circle_known: bool = False
) -> TaskForce:
    """Open a task force, as a coordinator of a centre."""
    if not name.strip() or not about.strip():
        raise NotInForce("a task force needs its name, and what it is about; those who are invited read both")
    thing = Thing(Shape.AGENCY, owner=officer.agency)
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason="open a task force"):
        _demand_coordinator(officer)
        return TaskForce.objects.create(
            owner_id=officer.agency,
            name=name.strip()[:80],
            about=about.strip(),
            circle_known=circle_known,
            made_by_id=officer.id,
            made_at=clock.now(),
        )


def _demand_coordinator(officer: Officer) -> None:
    if not officer.coordinates:
        raise NotInForce("a coordinator of the centre leads a task force")


def turn(officer: Officer, purpose: Purpose, force: TaskForce, *, ended: bool, because: str) -> TaskForce:
    """End a task force, or go on with one that ended: while it is ended no board of it is shown to a seat."""
    _demand(because)
    reason = "end a task force" if ended else "go on with a task force"
    with acting(officer, Act.ALTER, force.as_thing(), purpose, step=STEP, reason=reason) as deed:
        _demand_coordinator(officer)
        held = TaskForce.objects.select_for_update().get(pk=force.pk)
        held.ended_at = clock.now() if ended else None
        held.decided_by_id, held.decided_because = officer.id, because.strip()
        held.save(update_fields=["ended_at", "decided_by", "decided_because"])
        deed.recipients = list(seats(held).values_list("addressed_id", flat=True))
    return held


def _demand(because: str) -> None:
    if not because.strip():
        raise NotInForce("say why; the reason is kept")


def seats(force: TaskForce) -> QuerySet[Seat]:
    """Return the seats of a task force, as far as the scope shows them."""
    return Seat.objects.filter(force_id=force.pk).select_related("addressed", "decided_by")


def invite(officer: Officer, purpose: Purpose, force: TaskForce, to: Agency) -> Seat:
    """Invite one agency; it does not learn who else is, unless the force was opened so."""
    thing = Thing(Shape.TOLD, owner=officer.agency, addressed=to.pk)
    with acting(
        officer, Act.RECEIVE, thing, purpose, step=STEP, reason="invite to a task force", recipients=[to.pk]
    ):
        _demand_coordinator(officer)
        live = TaskForce.objects.select_for_update().filter(pk=force.pk, ended_at=None)
        held = live.filter(owner_id=officer.agency).first()
        if held is None or to.pk == officer.agency:
            raise NotInForce("another agency is invited, to a task force of ours that has not ended")
        seat = Seat.objects.filter(force_id=held.pk, addressed=to).first()
        if seat is not None:
            if seat.state in {"ended", "declined"}:
                seat.state, seat.decided_because = "invited", ""
                seat.save(update_fields=["state", "decided_because"])
            return seat
        told = {"name": held.name, "about": held.about, "circle_known": held.circle_known}
        return Seat.objects.create(
            owner_id=officer.agency,
            addressed=to,
            force=held,
            made_by_id=officer.id,
            made_at=clock.now(),
            **told,
        )


def end_seat(officer: Officer, purpose: Purpose, seat: Seat, because: str) -> Seat:
    """End a seat, as a coordinator of the centre or as the agency: board and datasets are gone at once."""
    _demand(because)
    other = seat.addressed_id if officer.agency == seat.owner_id else seat.owner_id
    with acting(
        officer, Act.ALTER, seat.as_thing(), purpose, step=STEP, reason="end a seat", recipients=[other]
    ):
        held = Seat.objects.select_for_update().get(pk=seat.pk)
        if officer.agency == held.owner_id:
            _demand_coordinator(officer)
        if held.state not in {"invited", "joined"}:
            raise NotInForce("this seat has ended, or was declined; reload the page to see how it stands")
        _say(officer, held, "ended", because)
        with guard.system("whatever an agency brought goes with its seat"):
            gone = ForceDataset.objects.filter(seat=held, withdrawn_at=None)
            gone.update(withdrawn_at=clock.now(), decided_because=because.strip())
    return held


def _say(officer: Officer, seat: Seat, state: str, because: str) -> None:
    seat.state, seat.decided_by_id = state, officer.id
    seat.decided_at, seat.decided_because = clock.now(), because.strip()
    seat.save(update_fields=["state", "decided_by", "decided_at", "decided_because"])


# --- an agency with a seat --------------------------------------------------------------------------------


def our_seats(officer: Officer) -> QuerySet[Seat]:
    """Return the seats that the officer's agency was offered or has, those in force before all others."""
    rows = Seat.objects.filter(addressed_id=officer.agency).select_related("owner", "decided_by")
    return rows.order_by(waits_first("invited", "joined"), "-made_at", "pk")


def answer(officer: Officer, purpose: Purpose, seat: Seat, *, join: bool, because: str = "") -> Seat:
    """Take the seat, or decline it with the reason."""
    if not join:
        _demand(because)
    reason = "take a seat" if join else "decline a seat"
    told = [seat.owner_id]
    with acting(officer, Act.ALTER, seat.as_thing(), purpose, step=STEP, reason=reason, recipients=told):
        held = Seat.objects.select_for_update().get(pk=seat.pk)
        if held.addressed_id != officer.agency or held.state not in {"invited", "declined"}:
            raise NotInForce("this seat waits for no answer; reload the page to see how it stands")
        _say(officer, held, "joined" if join else "declined", because)
    return held


def bring(
    officer: Officer,
    purpose: Purpose,
    seat: Seat,
    case: Case,
    series: Series | None = None,
    *,
    kept: bool = False,
) -> ForceDataset:
    """Bring a case of one's own agency, or a series of it, to the board; brought twice it is one.

    The centre is told a number and how far it came, from now on. Where the case or the series is restricted,
    or the agency wants it so, it is counted for the agency and the centre alone.
    """
    source = series if series is not None else case
    thing = source.as_thing().going_to(seat.owner_id)
    reason = "bring a dataset to a task force"
    told = [seat.owner_id]
    with acting(officer, Act.DISCLOSE, thing, purpose, step=STEP, reason=reason, recipients=told):
        held = _in_force(officer, seat, lock=True)
        if case.owner_id != officer.agency or (series is not None and series.case_id != case.pk):
            raise NotInForce(
                "only a case of our own is brought, or a series of one; ask the agency whose it is"
            )
        own = ForceDataset.objects.filter(force_id=held.force_id, owner_id=officer.agency)
        row = own.filter(case=case, series=series).first()
        if row is None:
            last = own.aggregate(n=Max("number"))["n"] or 0
            row = ForceDataset(
                force_id=held.force_id, owner_id=officer.agency, number=last + 1, case=case, series=series
            )
            row.made_by_id, row.made_at = officer.id, clock.now()
        row.seat, row.addressed_id, row.withdrawn_at = held, held.owner_id, None
        row.kept = kept
        row.kept = _kept(row)
        row.save()
    return row


def _restricted(source: Case | Series) -> bool:
    return source.handling.restricted or Audience(source.audience) in ORIGINATOR_ONLY


def _in_force(officer: Officer, seat: Seat, *, lock: bool = False) -> Seat:
    """Return the seat as it stands, where the agency has it and the force has not ended."""
    rows = Seat.objects.select_for_update() if lock else our_seats(officer)
    held = rows.filter(pk=seat.pk, addressed_id=officer.agency, state="joined").first()
    with guard.system("whether a task force has ended"):
        live = held is not None and TaskForce.objects.filter(pk=held.force_id, ended_at=None).exists()
    if held is None or not live:
        raise NotInForce("our agency has no seat in force there; take the seat first, or ask the centre")
    return held


def take_out(officer: Officer, purpose: Purpose, row: ForceDataset, because: str) -> ForceDataset:
    """Take a dataset of one's own off the board; bringing it again undoes that."""
    _demand(because)
    told = [row.addressed_id]
    with acting(
        officer, Act.ALTER, row.as_thing(), purpose, step=STEP, reason="take a dataset out", recipients=told
    ):
        held = ForceDataset.objects.get(pk=row.pk)
        if held.owner_id != officer.agency:
            raise NotInForce("only the agency that brought a dataset takes it out")
        held.withdrawn_at, held.decided_by_id = clock.now(), officer.id
        held.decided_because = because.strip()
        held.save(update_fields=["withdrawn_at", "decided_by", "decided_because"])
    return held


# --- the board --------------------------------------------------------------------------------------------


def board_of(force: TaskForce) -> Board:
    """Return the board as the centre that leads the force sees it."""
    rows = _as_handled_now(ForceDataset.objects.filter(force_id=force.pk).select_related("owner"))
    return _board(rows, rows)


def board_at(officer: Officer, seat: Seat) -> Board:
    """Return the board as an agency with a seat sees it: its own datasets, and what may be told outside."""
    held = _in_force(officer, seat)
    live = ForceDataset.objects.filter(force_id=held.force_id)
    own = _as_handled_now(live.filter(owner_id=officer.agency).select_related("owner"))
    with guard.system("the counts of a task force: numbers, of which no small one is told"):
        counted = _as_handled_now(live)
    return _board(own, counted, reader=officer.agency)


def _as_handled_now(datasets: QuerySet[ForceDataset]) -> list[ForceDataset]:
    """Return what is on the board; what was restricted since it was brought is kept from now on."""
    rows = list(datasets.filter(withdrawn_at=None))
    with guard.system("how the cases and series of a board are handled: nothing else is told of them"):
        sources = ForceDataset.objects.filter(pk__in=[d.pk for d in rows]).select_related("case", "series")
        kept = {d.pk for d in sources if _kept(d)}
    for row in rows:
        row.kept = row.pk in kept
    return rows


def _kept(row: ForceDataset) -> bool:
    """Whether it is counted for its agency and the centre alone."""
    return row.kept or any(_restricted(s) for s in (row.case, row.series) if s is not None)


def _board(rows: list[ForceDataset], counted: list[ForceDataset], reader: UUID | None = None) -> Board:
    """Return the board; an agency that reads it takes its own datasets off, and may learn nothing by that."""
    reached = reached_by([*rows, *counted])
    open_ones = ladder(reached[d.pk] for d in counted if not d.kept)
    others = ladder(reached[d.pk] for d in counted if not d.kept and d.owner_id != reader)
    return Board(
        rows=[(d, furthest(reached[d.pk])) for d in rows],
        counts=ladder(reached[d.pk] for d in rows),
        outside=outside(open_ones) if reader is None else beside(open_ones, others),
    )


def reached_by(datasets: Iterable[ForceDataset]) -> dict[UUID, set[Level]]:
    """Return the levels of each dataset: from the clock of its case, and what its own agency sent of it."""
    held = list(datasets)
    cases = {d.case_id for d in held}
    with guard.system("how far a dataset came: its agency tells the level, and nothing else is told"):
        stages: dict[UUID, set[Stage]] = {}
        for case, stage in Milestone.objects.filter(case__in=cases).values_list("case", "stage"):
            stages.setdefault(case, set()).add(Stage(stage))
        sent = set(Dispatch.objects.filter(case__in=cases).values_list("case", "owner"))
        sent |= set(Disclosure.objects.filter(case__in=cases).values_list("case", "owner"))
    return {d.pk: levels(stages.get(d.case_id, set()), sent=(d.case_id, d.owner_id) in sent) for d in held}


def circle_of(officer: Officer, seat: Seat) -> list[str]:
    """Return who else has a seat, where the force was opened so that they may know of each other."""
    held = _in_force(officer, seat)
    if not held.circle_known:
        return []
    with guard.system("those with a seat know each other, as the invitation says"):
        rows = Seat.objects.filter(force_id=held.force_id, state="joined").exclude(pk=held.pk)
        return list(rows.order_by("addressed__short").values_list("addressed__short", flat=True))
