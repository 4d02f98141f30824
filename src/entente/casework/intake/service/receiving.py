"""Take files into a case, batch by batch, so that a kill loses seconds."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from entente.casework.intake.service.closer import CLOSER
from entente.casework.intake.service.items import record_one
from entente.casework.intake.service.sealing import IntakeStopped, Sealed, seal_all
from entente.casework.intake.service.source import Intake, as_received
from entente.casework.intake.service.store import evidence_store, sweep_store
from entente.evidence.open import walk
from entente.evidence.store import NotKept, StoreFailed
from entente.records import derivation
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.derivation import Made
from entente.records.jobs import LeaseLost, Progress, Stopped, enqueue, enqueue_once, task
from entente.records.models import Case, Job, Media
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import RefusalCode, Sampling

BATCH_FILES = 64  # one transaction and one log entry for so many files
BATCH_SECONDS = 5.0
# Such files are opened again when they come again: an import may have been killed before all came out.
LOOKED_AT_AGAIN = (RefusalCode.ARCHIVE, RefusalCode.UNSUPPORTED)
AFTER_ALL_ELSE = -10  # the priority of what waits until the first answers are there


def receive(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    paths: Iterable[Path],
    intake: Intake,
    *,
    laid_down: str = "",
) -> Job:
    """Ask for files and folders to be taken into ``case``; return the job that does it."""
    thing = as_received(officer, case, intake)
    with acting(officer, Act.RECEIVE, thing, purpose, step="intake", reason=f"receive: {intake.origin}"):
        return enqueue(
            "intake.receive",
            officer,
            purpose,
            case=case.pk,
            paths=[str(Path(p).absolute()) for p in paths],
            source=intake.source,
            origin=intake.origin,
            codes=list(intake.codes),
            handling_text=intake.handling_text,
            laid_down=laid_down,
        )


@task("intake.receive")
def receive_files(
    progress: Progress,
    *,
    paths: list[str],
    source: str,
    origin: str = "found",
    codes: Iterable[str] = ("H0",),
    handling_text: str = "",
    laid_down: str = "",
) -> dict[str, Any]:
    """Take every file below ``paths`` into the job's case, batch by batch; return the counts."""
    intake = Intake(source, origin, tuple(codes), handling_text)
    try:
        counts = _receive_all(progress, [Path(p) for p in paths], intake)
    except (LeaseLost, Stopped):
        raise  # the job goes on with them elsewhere
    except Exception:
        _discard(laid_down)  # it has failed for good
        raise
    _discard(laid_down)
    if evidence_store().sweep_is_due():
        with suppress(OSError, StoreFailed):  # what was received stands; the store says itself what it lacks
            sweep_store()
    return counts


def _discard(laid_down: str) -> None:
    """Take uploads away: what was kept of them is sealed."""
    if laid_down:
        shutil.rmtree(laid_down, ignore_errors=True)


def _receive_all(progress: Progress, paths: list[Path], intake: Intake) -> dict[str, int]:
    case_id = UUID(str(progress.job.case))
    total = sum(1 for _ in walk(paths))  # counted, not held: a seizure may be a million paths
    _demand_room()
    counts = {"files": total, "new": 0, "duplicate": 0, "refused": 0, "known": 0}
    known = _recorded(progress, case_id, intake)
    began = time.monotonic()
    for done, batch in _batches(seal_all(walk(paths), total, known, case_id)):
        for outcome in record(progress, case_id, intake, batch):
            counts[outcome] = counts.get(outcome, 0) + 1
        counts["files"] = max(done, total)  # an archive's members are files too
        left = time_left(done, counts["files"], time.monotonic() - began)
        progress.tell(done, counts["files"], f"{counts['new']} new, {counts['refused']} refused{left}")
    return counts


def time_left(done: int, total: int, seconds: float) -> str:
    """Say how long the rest will take, once there is enough to tell it by."""
    if done >= total or seconds < BATCH_SECONDS:
        return ""
    minutes = (total - done) * seconds / done / 60
    return f"; about {minutes:.0f} min left" if minutes >= 1 else "; less than a minute left"


def _demand_room() -> None:
    """Take nothing in where the disk has no room: one sentence, not one refused item for each file."""
    try:
        evidence_store().demand_room()
    except NotKept as fault:
        raise IntakeStopped(str(fault)) from None


def _recorded(progress: Progress, case_id: UUID, intake: Intake) -> frozenset[str]:
    """Return the SHA-256 of what the owner already has in the case, so that it is not opened twice."""
    thing = Case.thing_of(case_id, progress.officer.agency)
    with acting(progress.officer, Act.READ, thing, progress.purpose, step="intake", reason="what is held"):
        held = Media.objects.filter(case_id=case_id, owner_id=progress.officer.agency, origin=intake.origin)
        held = held.exclude(sha256="").exclude(refusal__in=LOOKED_AT_AGAIN)
        return frozenset(held.values_list("sha256", flat=True))


def _batches(items: Iterator[Sealed]) -> Iterator[tuple[int, list[Sealed]]]:
    """Group what arrives by number and by time, so that a kill loses seconds, not hours."""
    batch: list[Sealed] = []
    done, since = 0, time.monotonic()
    for item in items:
        batch.append(item)
        done += 1
        if len(batch) >= BATCH_FILES or time.monotonic() - since > BATCH_SECONDS:
            yield done, batch
            batch, since = [], time.monotonic()
    if batch:
        yield done, batch


def record(progress: Progress, case_id: UUID, intake: Intake, batch: list[Sealed]) -> list[str]:
    """Write one batch: item, occurrence, frames and log entry together."""
    officer = progress.officer
    thing = replace(Case.thing_of(case_id, officer.agency), handling=intake.handling)
    with acting(officer, Act.RECEIVE, thing, progress.purpose, step="intake") as deed:
        case = Case.objects.select_for_update().get(pk=case_id)
        fresh: list[Made] = []
        outcomes = [record_one(case, officer, intake, sealed, fresh) for sealed in batch]
        derivation.record(deed, officer, fresh)
        case.save(update_fields=["items_given"])
        deed.reason = _told(intake, outcomes)
        if set(outcomes) - {"known"}:
            announce("received", officer, progress.purpose, case_id, files=len(batch), origin=intake.origin)
        if any(sealed.sampling is Sampling.KEYS for sealed in batch):
            enqueue_once(CLOSER, officer, progress.purpose, case=case_id, priority=AFTER_ALL_ELSE)
    return outcomes


def _told(intake: Intake, outcomes: list[str]) -> str:
    """Say for the log what one batch brought: counts, never the source's own words."""
    kinds = ", ".join(f"{outcomes.count(k)} {k}" for k in sorted(set(outcomes)))
    return f"received {len(outcomes)} files ({intake.origin}): {kinds}"
