"""The near hashes of an agency's lists, in files that all processes of the machine share.

Each agency has a folder of its own, masked with its own key; only jobs in its name open it (H2). The rows are
the truth. A complete delivery is added, and which ones are in stands in a small file: what a crash left out
is added by whoever comes next. What the rows do not say any more counts no longer at once, as every answer is
read from the rows again, and leaves the files with the next tidying. A damaged file is named, and made again
from the rows.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from shutil import rmtree
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from entente.casework.intake.service import evidence_store
from entente.casework.match.index import Pairs
from entente.casework.match.index.labels import Said, ids_between, labelled, record_of, record_of_id
from entente.casework.match.service import manifest
from entente.casework.match.service.holdings import Holdings, rebuild
from entente.casework.match.service.lock import lock
from entente.casework.match.service.moving import looked_for
from entente.casework.match.service.present import IndexKeyWrong
from entente.casework.match.service.segment_file import IndexDamaged
from entente.records import guard, log
from entente.records.erasure import THE_DESK
from entente.records.models import ListedHash, ListVersion
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY, PDQ_NEAR

STATE = "ROWS"  # which deliveries the files hold
TURN = "ROWS-LOCK"  # whoever brings files and rows together takes turns
AT_ONCE = 50_000  # records that are text at one time
IDS_AT_ONCE = 1_000_000  # keys that are compared with the files at one time
RANGES = 100  # records in one query
WHY = "files of hash lists are brought up to their rows"


@dataclass(frozen=True, slots=True)
class _State:
    """Deliveries that the files hold, with how many records each withdrew when files and rows were compared.

    ``adding``: those that were begun; ``owed``: something that was taken away is still in a file.
    """

    held: dict[str, int]
    adding: list[str]
    owed: bool


class ListedHashes:
    """The open files of one agency's lists, up to the last delivery that is complete."""

    def __init__(self, agency: UUID) -> None:
        caught_up(agency)
        self._agency = agency
        try:
            self._held = _opened(agency)
        except (IndexDamaged, IndexKeyWrong) as fault:
            self._held = _made_again(agency, str(fault))

    def search(self, asked: NDArray[np.uint64]) -> Pairs:
        """Return all pairs within the radius of PDQ; ``held`` are labels (``index.labels``)."""
        try:
            return self._held.search(asked, PDQ_NEAR)
        except IndexDamaged as fault:
            self._held.close()
            self._held = _made_again(self._agency, str(fault))
            return self._held.search(asked, PDQ_NEAR)

    def close(self) -> None:
        """Let the files go."""
        self._held.close()


@contextmanager
def listed_hashes(agency: UUID) -> Iterator[ListedHashes]:
    """Open an agency's files, brought up to its rows."""
    held = ListedHashes(agency)
    try:
        yield held
    finally:
        held.close()


def rows_meant(records: Iterable[int]) -> dict[int, list[UUID]]:
    """Return by record, as labels say it, the ids of the rows that may be meant, of whatever agency.

    In the system's scope: a scope's own condition would make the database read all rows of the agency.
    """
    found: dict[int, list[UUID]] = {}
    rest = iter(records)
    with guard.system("which rows the labels of an index mean; the caller asks again in its own scope"):
        while some := list(islice(rest, RANGES)):
            for pk in _rows_of(some).values_list("pk", flat=True):
                found.setdefault(record_of_id(pk), []).append(pk)
    return found


def _rows_of(records: Iterable[int]) -> QuerySet[ListedHash]:
    within = Q()
    for first, last in ids_between(records):
        within |= Q(pk__gte=first, pk__lte=last)
    return ListedHash.objects.filter(within).order_by()


def caught_up(agency: UUID) -> None:
    """Add to the files what complete deliveries brought since; at once, where there is nothing.

    Outside a transaction where it may be: a large list takes its time.
    """
    state = _state(agency)
    if state and not state.adding and _deliveries(agency).keys() <= state.held.keys():
        return
    fault = ""
    with _turn(agency):
        state = _state(agency)
        try:
            if state is None:
                fault = "" if _is_new(agency) else "which deliveries it holds is not known"
                _make(agency)
            else:
                _add(agency, state)
        except (IndexDamaged, IndexKeyWrong) as damage:
            fault = str(damage)
            _make(agency)
    if fault:
        _tell(agency, fault)


def tidy(agency: UUID) -> bool:
    """Check the files, take out of them what the rows do not say any more, and merge small segments.

    Killed, it begins again with the next call, and what it had published stays. Returns whether the files
    hold nothing that was taken away; otherwise another process is at it.
    """
    caught_up(agency)
    fault = ""
    with _turn(agency):
        state = _state(agency)
        if state is None:
            return False
        try:
            with _opened(agency) as held:
                held.check()
                now = _deliveries(agency)
                still = {delivery: withdrawn for delivery, withdrawn in now.items() if delivery in state.held}
                if still != state.held or state.owed:
                    _put(agency, _State(state.held, state.adding, owed=True))
                    held.remove(_not_said(agency, held))
                    _put(agency, _State(still, state.adding, owed=True))
        except (IndexDamaged, IndexKeyWrong) as damage:
            fault = str(damage)
            _make(agency)
    if fault:
        _tell(agency, fault)
    return _merged(agency)


def tidy_lists() -> None:
    """Tidy the files of every agency; a fault of one is said after all others had their turn."""
    root, faults = Path(settings.HOLDINGS_ROOT), list[Exception]()
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        if len(folder.name) == len(str(UUID(int=0))):  # longer: a folder that is being made in its place
            try:
                tidy(UUID(folder.name))
            except (OSError, DatabaseError) as fault:
                faults.append(fault)
    if faults:
        raise faults[0]


def _merged(agency: UUID) -> bool:
    state = _state(agency)
    whole = state is None or state.owed
    with _opened(agency) as held:
        held.compact(whole=whole)
        if whole and not held.swept:
            return False
    if state and state.owed:
        with _turn(agency):
            if (state := _state(agency)) is not None:
                _put(agency, _State(state.held, state.adding, owed=False))
    return True


def _add(agency: UUID, state: _State) -> None:
    """Add the deliveries that are missing; those that were begun before without what is there already."""
    new = sorted(_deliveries(agency).keys() - state.held.keys())
    owed = state.owed or not set(state.adding) <= set(new)  # begun, and removed meanwhile
    _put(agency, _State(state.held, sorted({*state.adding, *new}), owed))
    with _opened(agency) as held:
        there = held.labels() if state.adding else None
        for hashes, labels in _batches(agency, new):
            fresh = np.isin(labels, there, invert=True) if there is not None else np.ones(len(labels), bool)
            held.add(hashes[fresh], labels[fresh])
    # what it withdrew counts from zero: the entries of others that it took away are still in the files
    _put(agency, _State({**state.held, **dict.fromkeys(new, 0)}, [], owed))


def _make(agency: UUID) -> None:
    """Make the files anew from the rows."""
    folder = _folder(agency)
    for left in folder.parent.glob(f"{folder.name}.rebuilt-*"):
        rmtree(left)  # of one who was killed at it
    now = _deliveries(agency)
    rebuild(folder, _batches(agency, sorted(now)), _key(agency)).close()
    _put(agency, _State(now, [], owed=False))


def _made_again(agency: UUID, fault: str) -> Holdings:
    with _turn(agency):
        _make(agency)
    _tell(agency, fault)
    return _opened(agency)


def _tell(agency: UUID, fault: str) -> None:
    """Say in the log that files were made again, and why."""
    logging.getLogger(__name__).error("the files of hash lists were made again: %s", fault)
    with guard.system(WHY), transaction.atomic():
        log.append(
            THE_DESK(agency),
            Act.ALTER,
            Thing(Shape.AGENCY, owner=agency),
            Purpose.DATA_PROTECTION_AUDIT,
            step="match",
            reason=f"the files of its hash lists were made again from the rows: {fault}"[:500],
        )


def _batches(agency: UUID, deliveries: list[str]) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.uint64]]]:
    """Yield hashes and labels of what deliveries brought and the rows still say."""
    with guard.system(WHY):
        serials = list(ListVersion.objects.filter(pk__in=deliveries).values_list("serial", flat=True))
        rows = ListedHash.objects.filter(owner_id=agency, serial__in=serials, list__removed_at=None)
        rows = rows.exclude(pdq="", frames=b"").order_by("pk")
        rest = rows.values_list("pk", "pdq", "pdq_quality", "frames").iterator(10_000)
        while some := list(islice(rest, AT_ONCE)):
            yield labelled(_said(*row) for row in some)


def _said(pk: UUID, pdq: str, quality: int | None, frames: bytes | memoryview) -> Said:
    """Return a record's hashes; a picture of low quality is searched by its digests alone."""
    good = quality is None or quality >= PDQ_MIN_QUALITY
    return pk, pdq if good else "", looked_for(frames)


def _not_said(agency: UUID, held: Holdings) -> NDArray[np.uint64]:
    """Return the labels whose record no row of a list that counts has any more."""
    labels = held.labels()
    gone = np.ones(len(labels), bool)
    with guard.system(WHY):
        rows = ListedHash.objects.filter(owner_id=agency, list__removed_at=None).order_by()
        keys = (record_of_id(pk) for pk in rows.values_list("pk", flat=True).iterator(10_000))
        while len(some := np.fromiter(islice(keys, IDS_AT_ONCE), np.uint64)):
            gone &= ~np.isin(record_of(labels), some)
    return labels[gone]


def _deliveries(agency: UUID) -> dict[str, int]:
    """Return the complete deliveries of lists that count, and how many records each withdrew."""
    with guard.system(WHY):
        rows = ListVersion.objects.filter(owner_id=agency, complete=True, list__removed_at=None)
        return {str(pk): withdrawn for pk, withdrawn in rows.order_by().values_list("pk", "withdrawn")}


def _folder(agency: UUID) -> Path:
    return Path(settings.HOLDINGS_ROOT) / str(agency)


def _key(agency: UUID) -> bytes:
    return evidence_store().list_key(agency, "near hashes")


def _opened(agency: UUID) -> Holdings:
    return Holdings(_folder(agency), _key(agency))


@contextmanager
def _turn(agency: UUID) -> Iterator[None]:
    folder = _folder(agency)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock(folder, TURN):
        yield


def _is_new(agency: UUID) -> bool:
    return not (_folder(agency) / manifest.NAME).exists()


def _state(agency: UUID) -> _State | None:
    """Return what the files hold; nothing where that is not known."""
    path = _folder(agency) / STATE
    try:
        told: dict[str, Any] = manifest.told_by(path, path.read_bytes())
        return _State(**told)
    except (FileNotFoundError, IndexDamaged):
        return None


def _put(agency: UUID, state: _State) -> None:
    manifest.put(_folder(agency), STATE, asdict(state))
