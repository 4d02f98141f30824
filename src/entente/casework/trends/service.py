"""Count re-shares as new harm, and figures for prevention and policy in which no small number shows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, QuerySet

from entente.casework.cooperate.funnel import Level, ladder, levels
from entente.casework.match.compare import TURNED
from entente.casework.match.hashes import TURNS
from entente.casework.match.index import NearIndex, packed
from entente.casework.trends.counts import (
    ClockFigures,
    clock_figures,
    published,
    total_shown,
)
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.jobs import Progress, enqueue, task
from entente.records.models import Case, Disclosure, Dispatch, Job, Media, Milestone, Occurrence, Reshare
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.case import ReshareWish, Stage
from entente.vocabulary.handling import Purpose, union
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY, PDQ_NEAR

STEP = "trends"
SHARED = ("found", "partner", "open source")  # a search or a seizure finds the source, not a re-share
METHOD = "trends.reshare"


@dataclass(frozen=True, slots=True)
class _Meeting:
    """An item of the case was met again. ``other`` is the item that is its copy, where it is another one."""

    media: Media
    seen_at: datetime
    source: str
    because: str
    other: Media | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures over the cases an officer sees; ``publishable`` repeats the funnel with small cells hidden."""

    cases: int
    funnel: dict[Level, int]
    publishable: dict[Level, str]
    clock: ClockFigures
    reshares: int
    items_reshared: int


def ask_to_count(officer: Officer, purpose: Purpose, case: Case) -> Job:
    """Put the count of re-shares in the queue."""
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step=STEP, reason="ask to count re-shares"):
        return enqueue("trends.count", officer, purpose, case=case.pk)


@task("trends.count")
def count(progress: Progress) -> dict[str, Any]:
    """Count re-shares in the job's case."""
    with guard.scope(progress.officer, progress.purpose):
        case = Case.objects.get(pk=UUID(str(progress.job.case)))
    return {"new": count_case(progress.officer, progress.purpose, case)}


def count_case(officer: Officer, purpose: Purpose, case: Case) -> int:
    """Record each re-share of the case's items that is not recorded yet; return how many were new.

    The same file at another place, and a near copy (PDQ within 31 of 256 at any of eight turns). Two shots of
    one camera are two originals, and a file of the search or a seizure is a source: neither is a re-share.
    """
    with guard.scope(officer, purpose):
        met = [*_again(case), *_copies(case)]
        held = set(Reshare.objects.filter(case=case).values_list("media", "source", "because"))
    fresh = {(m.media.pk, m.source, m.because): m for m in met}
    todo = [m for key, m in fresh.items() if key not in held]
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step=STEP) as deed:
        for each in todo:
            _write(officer, each)
        deed.reason = f"count re-shares: {len(todo)} new"
    return len(todo)


class NotTold(ValueError):
    """The person who was harmed is not told now; the text says why, and the mend."""


def to_be_told(case: Case) -> QuerySet[Reshare]:
    """Return the re-shares that wait to be told of: none unless they wished to be told of each."""
    if case.reshare_wish != ReshareWish.EACH:
        return Reshare.objects.none()
    return Reshare.objects.filter(case=case, told_at=None)


def record_told(officer: Officer, purpose: Purpose, case: Case) -> int:
    """Record that the person was told of every re-share that waited, as they wished; return how many.

    Raises ``NotTold`` where they wished to be told of none, where nobody asked, or where none waits.
    """
    with acting(
        officer, Act.ALTER, case.as_thing(), purpose, step=STEP, reason="told of re-shares, as wished"
    ) as deed:
        held = Case.objects.select_for_update().get(pk=case.pk)  # a wish that changes meanwhile binds
        if held.reshare_wish == ReshareWish.NEVER:
            raise NotTold("they wished to be told of none, so nobody tells them; it changes under Close")
        if held.reshare_wish != ReshareWish.EACH:
            raise NotTold("nobody asked yet whether they wish to be told; the lead records it under Close")
        waiting = to_be_told(held).filter(owner=officer.agency)
        count = waiting.update(told_at=clock.now(), told_by=officer.id)
        if not count:
            raise NotTold("no re-share waits to be told of; count again first")
        deed.reason = f"told of {count} re-shares, as wished"
    return count


def take_back_told(officer: Officer, purpose: Purpose, case: Case) -> int:
    """Take the officer's own last word that they were told back; return how many wait again."""
    with acting(
        officer, Act.ALTER, case.as_thing(), purpose, step=STEP, reason="not told of re-shares after all"
    ):
        own = Reshare.objects.filter(case=case, told_by=officer.id, owner=officer.agency)
        last = own.aggregate(last=Max("told_at"))["last"]
        if last is None:
            raise NotTold("you recorded nothing that could be taken back")
        return own.filter(told_at=last).update(told_at=None, told_by=None)


def _write(officer: Officer, met: _Meeting) -> None:
    sources = [s for s in (met.media, met.other) if s is not None]
    handling = union([s.handling for s in sources])
    row = Reshare(
        case_id=met.media.case_id,
        owner_id=officer.agency,
        made_by_id=officer.id,
        audience=met.media.audience,
        codes=str(handling),
        handling_text=handling.text,
        media=met.media,
        seen_at=met.seen_at,
        source=met.source,
        because=met.because,
    )
    row.save()
    row.derives_from(*sources)


def _again(case: Case) -> Iterator[_Meeting]:
    """Iterate over the second and later places of one file, whichever agency's item it is."""
    rows = Occurrence.objects.filter(case=case, media__origin__in=SHARED).exclude(media__sha256="")
    first: dict[str, Media] = {}
    seen: dict[str, int] = {}
    for row in rows.select_related("media").order_by("made_at", "media__number", "pk"):
        digest = row.media.sha256
        original = first.setdefault(digest, row.media)
        seen[digest] = seen.get(digest, 0) + 1
        if seen[digest] > 1:
            other = row.media if row.media_id != original.pk else None
            because = f"the same file (SHA-256) at place {seen[digest]}"
            yield _Meeting(original, row.made_at, row.source, because, other)


def _copies(case: Case) -> Iterator[_Meeting]:
    """Iterate over near copies: each later item counts once, as a copy of the earliest item it meets."""
    rows = Media.objects.filter(case=case, origin__in=SHARED, refusal="", kind="picture").order_by("number")
    items: dict[str, Media] = {}
    for row in rows:
        if row.full_turns and (row.pdq_quality or 0) >= PDQ_MIN_QUALITY:
            items.setdefault(row.sha256, row)
    held = list(items.values())
    index = NearIndex(packed([m.pdq for m in held]))
    pairs = index.search(packed([turn for m in held for turn in m.full_turns]), PDQ_NEAR)
    best: dict[int, tuple[int, int, int]] = {}
    for query, earlier, distance in zip(
        pairs.query.tolist(), pairs.held.tolist(), pairs.distance.tolist(), strict=True
    ):
        later, turn = divmod(query, len(TURNS))
        if earlier < later and not _two_shots(held[earlier], held[later]):
            best[later] = min(best.get(later, (len(held), 0, 0)), (earlier, distance, turn))
    for later, (earlier, distance, turn) in sorted(best.items()):
        met, copy = held[earlier], held[later]
        because = f"{copy} is a near copy: PDQ distance {distance} of 256{TURNED[TURNS[turn]]}"
        yield _Meeting(met, copy.made_at, copy.source, because, copy)


def _two_shots(a: Media, b: Media) -> bool:
    """Whether both still carry one camera's serial and different moments: then neither is a copy."""
    one, two = a.metadata, b.metadata
    same = bool(one.get("serial")) and one.get("serial") == two.get("serial")
    return same and one.get("taken_at") != two.get("taken_at")


# --- figures --------------------------------------------------------------------------------------------


def board_figures(officer: Officer, purpose: Purpose) -> Figures:
    """Return the figures over every case the officer sees; asks in the officer's own scope."""
    with guard.scope(officer, purpose):
        cases = list(Case.objects.all())
        sent = set(Dispatch.objects.values_list("case", flat=True)) | set(
            Disclosure.objects.values_list("case", flat=True)
        )
        reached: dict[UUID, set[Stage]] = {c.pk: set() for c in cases}
        for case, stage in Milestone.objects.values_list("case", "stage"):
            reached.setdefault(case, set()).add(Stage(stage))
        clocks = [told for c in cases if (told := c.clock())]
        items = Reshare.objects.values("media").annotate(n=Count("id")).order_by()
        counts = [row["n"] for row in items]
    steps = ladder(levels(reached[c.pk], sent=c.pk in sent) for c in cases)
    shown = published([[n] for n in steps.values()])
    return Figures(
        cases=len(cases),
        funnel=steps,
        publishable={level: row[0] for level, row in zip(steps, shown, strict=True)},
        clock=clock_figures(clocks),
        reshares=sum(counts),
        items_reshared=len(counts),
    )


def export_figures(officer: Officer, purpose: Purpose, language: str = "en") -> bytes:
    """Return the figures for policy as CSV (UTF-8): no case, no agency, no number under five; logged.

    Times are given in days, and only where at least five cases stand behind them.
    """
    thing = Thing(Shape.AGENCY, owner=officer.agency)
    with acting(officer, Act.EXPORT, thing, purpose, step=STEP, reason="figures for policy"):
        told = board_figures(officer, purpose)
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(["figure", "value"])
    rows.writerow(["cases", total_shown(told.cases, language)])
    shown = published([[n] for n in told.funnel.values()], language)
    rows.writerows([str(level), row[0]] for level, row in zip(told.funnel, shown, strict=True))
    rows.writerow(["re-shares", total_shown(told.reshares, language)])
    rows.writerow(["items re-shared", total_shown(told.items_reshared, language)])
    rows.writerows(_clock_rows(told, language))
    rows.writerow(["note", "counts of reports are not prevalence"])
    return out.getvalue().encode()


def _clock_rows(told: Figures, language: str) -> Iterator[list[str]]:
    """Iterate over the clock's medians; a median of fewer than five cases would tell of one of them."""
    for stage in Stage:
        if stage is not Stage.DISCOVERED:
            yield [f"median days to {stage}", _days(told.clock, stage, language)]
    safe = told.funnel[Level.SAFE]
    within = told.clock.within_ten_days
    shown = published([[within, safe - within]], language)[0][0] if safe >= within else ""
    yield ["safe within ten days", shown]


def _days(clock: ClockFigures, stage: Stage, language: str) -> str:
    enough = clock.behind.get(stage, 0)
    if enough < 5:
        return total_shown(enough, language) if enough else ""
    return f"{clock.median[stage].total_seconds() / 86400:.1f}"
