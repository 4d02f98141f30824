"""A new list, or a new record, is matched backwards: every item that its agency sees is asked (``sight``).

The index stands over the held items, all turns and profiles of each; the list's records are the queries. A
hit is the list's agency's (H2), and its item counts as known in its case. The job of the list's owner speaks
of its own records only: not of items, nor of cases that the owner is not in.
"""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from numpy.typing import NDArray

from entente.casework.match.index import NearIndex, packed
from entente.casework.match.service import flood
from entente.casework.match.service.asking import Labels, live_entries, write_hits
from entente.casework.match.service.keyed import KINDS, ListKeys, key_standing_lists, keys_of
from entente.casework.match.service.marks import remark
from entente.casework.match.service.moving import NO_HASHES, every_way, looked_for, met_enough
from entente.casework.match.service.sight import cases_of, seen_by
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.jobs import Progress, enqueue, task
from entente.records.models import (
    Compared,
    Frame,
    HashList,
    Job,
    ListedHash,
    ListVersion,
    Match,
    Media,
    Quarantine,
)
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media_hash import BLANK_HASHES, PDQ_MIN_QUALITY, PDQ_NEAR

PIECE_ITEMS = 500_000  # in one index: half a million pictures are 12 million hashes, some 4 GB at work
ASKED_AT_ONCE = 16_384  # records in one search: what is told of progress, and bounds the pairs in memory
WRITTEN_AT_ONCE = 200  # items in one transaction
_TURN = re.compile('"([0-9a-f]{64})"')
WHY = "a list is matched backwards with the items of the cases that its agency works on"


def match_backwards(officer: Officer, purpose: Purpose, held: HashList, delivery: ListVersion) -> Job:
    """Ask for a delivery to be matched with everything held; inside the act that completed it."""
    ListVersion.objects.filter(pk=delivery.pk).update(backwards="running")
    return enqueue(
        "match.backwards", officer, purpose, held=str(held.pk), delivery=str(delivery.pk), began=_moment()
    )


def match_again(officer: Officer, purpose: Purpose, row: Quarantine) -> Job:
    """Ask for one record that was released to be matched with everything held; inside the act of release."""
    return enqueue(
        "match.backwards", officer, purpose, held=str(row.list_id), record=str(row.listed), began=_moment()
    )


def _moment() -> str:
    return clock.now().isoformat()


@dataclass(frozen=True, slots=True)
class _Records:
    """The records that ask: their ids, their PDQ where they have one, their keyed digests sorted."""

    ids: list[str]
    pdq: NDArray[np.uint64]  # (m, 4)
    asks: NDArray[np.int64]  # (m,) place in ``ids`` of each PDQ
    digests: dict[str, tuple[NDArray[np.uint64], NDArray[np.int64]]]  # sorted 64 bits, and whose they are
    runs: NDArray[np.uint64]  # (k, 4) of videos
    runs_of: NDArray[np.int64]  # (k,) place in ``ids`` of each run


@dataclass(frozen=True, slots=True)
class _Items:
    """A piece of what is held: ids, all their hashes, and the place in ``ids`` of each hash."""

    ids: list[str]
    last: UUID | None  # the last id in the order of the keys
    hashes: NDArray[np.uint64]
    of: NDArray[np.int64]
    digests: dict[str, NDArray[np.uint64]]  # keyed, 64 bits; 0 where there is none
    frames_from: int  # place in ``hashes`` from which on they are videos' frames


@task("match.backwards")
def backwards(
    progress: Progress, *, held: str, began: str, delivery: str = "", record: str = "", after: str = ""
) -> dict[str, Any]:
    """Match a delivery, or one record, with everything held; killed, it goes on after its last piece."""
    officer, purpose = progress.officer, progress.purpose
    key_standing_lists()
    row = HashList(pk=UUID(held), owner_id=officer.agency)
    with acting(officer, Act.ALTER, row.as_thing(), purpose, step="match", reason="match a list backwards"):
        asking = live_entries(officer.agency).filter(list_id=UUID(held))
        if delivery:
            asking = asking.filter(serial=ListVersion.objects.get(pk=delivery).serial)
        else:
            asking = asking.filter(pk=record)
        columns = (Cast("pk", TextField()), *KINDS, "pdq", "pdq_quality", "frames")
        records = _read(asking.order_by("pk").values_list(*columns).iterator(10_000))
        labels = Labels(officer.agency)
    cases = cases_of(officer.agency)
    if records.ids:
        _Run(progress, records, labels, cases, after).go()
    with acting(
        officer, Act.ALTER, row.as_thing(), purpose, step="match", reason="a list was matched backwards"
    ):
        if delivery:
            _advance(officer, delivery, datetime.fromisoformat(began), cases)
        met = Match.objects.filter(of_list=held).count()  # those that this officer may see
    return {"records": len(records.ids), "matches_in_your_cases": met}


def _advance(officer: Officer, delivery: str, began: datetime, cases: Collection[UUID]) -> None:
    """Note that items asked up to the state before this delivery were now asked of it too."""
    done = ListVersion.objects.get(pk=delivery)
    ListVersion.objects.filter(pk=delivery).update(backwards="done")
    asked = Compared.objects.filter(owner_id=officer.agency, serial=done.serial - 1, made_at__lt=began)
    asked.filter(case_id__in=cases).update(serial=done.serial)


def _read(rows: Iterable[tuple[Any, ...]]) -> _Records:
    """Return the records that ask, packed as they are read: a million take some 150 MB."""
    ids: list[str] = []
    pdq, asks = [packed([])], list[int]()
    runs, runs_of = [NO_HASHES], list[int]()
    prefixes: dict[str, list[int]] = {kind: [] for kind in KINDS}
    whose: dict[str, list[int]] = {kind: [] for kind in KINDS}
    rest = iter(rows)
    while piece := list(islice(rest, 50_000)):
        hashes = []
        for pk, md5, sha1, sha256, value, quality, frames in piece:
            for kind, digest in zip(KINDS, (md5, sha1, sha256), strict=True):
                if digest:
                    prefixes[kind].append(int(digest[:16], 16))
                    whose[kind].append(len(ids))
            if value and (quality is None or quality >= PDQ_MIN_QUALITY):
                hashes.append(value)
                asks.append(len(ids))
            if len(frames):
                runs.append(looked_for(frames))
                runs_of += [len(ids)] * len(runs[-1])
            ids.append(pk)
        pdq.append(packed(hashes))
    digests = {}
    for kind in (kind for kind in KINDS if prefixes[kind]):
        values = np.array(prefixes[kind], np.uint64)
        order = np.argsort(values, kind="stable")
        digests[kind] = values[order], np.array(whose[kind], np.int64)[order]
    return _Records(
        ids, np.vstack(pdq), np.array(asks, np.int64), digests, np.vstack(runs), np.array(runs_of, np.int64)
    )


class _Run:
    """One run over everything held, piece by piece."""

    def __init__(
        self, progress: Progress, records: _Records, labels: Labels, cases: Collection[UUID], after: str
    ) -> None:
        self.progress, self.records, self.labels, self.cases = progress, records, labels, cases
        self.agency, self.by = progress.officer.agency, progress.officer.id
        self.after = UUID(after) if after else None
        with guard.system(WHY):
            self.most, _ = flood.limit()
            self.total = _held(self.cases, None).count()
            self.done = self.total - _held(self.cases, self.after).count()
        self._listed: NearIndex | None = None
        self.met: dict[int, int] = {}  # place of a record: distinct items that it met

    def go(self) -> None:
        """Ask of each piece; a piece that was done is noted in the job, so that it is not done again."""
        while True:
            with guard.system(WHY):
                items = _load(keys_of(self.agency), self.cases, self.after, list(self.records.digests))
            if not items.ids:
                return
            hits = self._candidates(items)
            self._write(items, hits)
            self.after, self.done = items.last, self.done + len(items.ids)
            mine = Job.objects.filter(pk=self.progress.job.pk, token=self.progress.job.token)
            mine.update(payload={**self.progress.job.payload, "after": str(self.after)})
            self._tell(0.0)

    def _tell(self, within: float) -> None:
        """Say how far it is in records of the list, the one thing that its owner may count."""
        share = min(1.0, (self.done + within) / max(self.total, 1))
        self.progress.tell(int(share * len(self.records.ids)), len(self.records.ids), "")

    def _candidates(self, items: _Items) -> dict[int, set[int]]:
        """Return by place of an item the places of the records that may know it; floods are cut."""
        found: dict[int, set[int]] = {}
        for item, record in self._pairs(items):
            per_record = np.unique(np.stack([record, item], axis=1), axis=0)
            places, starts, counts = np.unique(per_record[:, 0], return_index=True, return_counts=True)
            for place, start, count in zip(places.tolist(), starts.tolist(), counts.tolist(), strict=True):
                room = max(0, self.most - self.met.get(place, 0))
                self.met[place] = self.met.get(place, 0) + count
                for one in per_record[start : start + min(count, room), 1].tolist():
                    found.setdefault(one, set()).add(place)
        return found

    def _pairs(self, items: _Items) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield (items, records) that meet: equal digests, then PDQ within the radius, on all cores."""
        for kind, (values, whose) in self.records.digests.items():
            yield _equal(items.digests[kind], values, whose)
        pdq, asks = self.records.pdq, self.records.asks
        if not len(items.hashes) or not (len(pdq) or len(self.records.runs)):
            return
        index = NearIndex(items.hashes)
        yield from self._videos(items, index)
        if not len(pdq):
            return
        yield from self._turned_frames(items)
        starts = range(0, len(pdq), ASKED_AT_ONCE)
        if len(starts) > 1:
            index.build()  # once, before the threads
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
            searched = threads.map(lambda s: index.search(pdq[s : s + ASKED_AT_ONCE], PDQ_NEAR), starts)
            for start, pairs in zip(starts, searched, strict=True):
                self._tell(len(items.ids) * start / len(pdq))
                if len(pairs):
                    yield items.of[pairs.held], asks[pairs.query + start]

    def _videos(
        self, items: _Items, index: NearIndex
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield (items, records) where a listed video's runs in any turn meet a picture or enough frames."""
        own, of = self.records.runs, self.records.runs_of
        runs = np.bincount(of, minlength=len(self.records.ids))
        frames = np.bincount(items.of[items.frames_from :], minlength=len(items.ids))
        moving: list[NDArray[np.int64]] = [np.zeros((3, 0), np.int64)]
        for start in range(0, len(own), ASKED_AT_ONCE // 8):
            part = own[start : start + ASKED_AT_ONCE // 8]
            pairs = index.search(every_way(part), PDQ_NEAR)
            run = start + pairs.query % len(part)
            still = pairs.held < items.frames_from
            yield items.of[pairs.held[still]], of[run[still]]
            moving.append(np.stack([items.of[pairs.held[~still]], of[run[~still]], run[~still]]))
        item, record, run = np.concatenate(moving, axis=1)
        yield met_enough(item, record, run, runs, frames)

    def _turned_frames(self, items: _Items) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield (items, records) where a frame of an item, mirrored or rotated, is a listed picture.

        The frames ask, not the list: it may be much larger, and plain frames are asked with the pictures.
        """
        frames = items.hashes[items.frames_from :]
        listed = self._listed = self._listed or NearIndex(self.records.pdq if len(frames) else NO_HASHES)
        for start in range(0, len(frames), ASKED_AT_ONCE // 8):
            part = frames[start : start + ASKED_AT_ONCE // 8]
            pairs = listed.search(every_way(part)[len(part) :], PDQ_NEAR)
            item = items.of[items.frames_from + start + pairs.query % len(part)]
            yield item, self.records.asks[pairs.held]

    def _write(self, items: _Items, hits: dict[int, set[int]]) -> None:
        """Compare those that may meet, write the hits, and work out anew what the items count as."""
        every = sorted(hits)
        for start in range(0, len(every), WRITTEN_AT_ONCE):
            places = every[start : start + WRITTEN_AT_ONCE]
            with guard.system(WHY), transaction.atomic():
                self._write_some(
                    {UUID(items.ids[p]): [UUID(self.records.ids[r]) for r in hits[p]] for p in places}
                )
            self._tell(0.0)
        floods = {UUID(self.records.ids[p]): n for p, n in self.met.items() if n > self.most}
        if floods:
            with guard.system(WHY), transaction.atomic():
                flood.set_aside(floods, *flood.limit())

    def _write_some(self, pairs: dict[UUID, list[UUID]]) -> None:
        seen = seen_by(self.agency, pairs)
        asked = {pk for item in seen for pk in pairs[item]}
        rows = ListedHash.objects.select_related("list").in_bulk(list(asked))
        items = list(Media.objects.filter(pk__in=seen).prefetch_related("frames"))
        for media in items:
            write_hits(media, [rows[pk] for pk in pairs[media.pk] if pk in rows], self.labels, self.by)
        remark(media.pk for media in items)


def _equal(
    asked: NDArray[np.uint64], values: NDArray[np.uint64], whose: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the (items, records) whose 64 bits are equal; the comparison after it reads all bits."""
    first, last = np.searchsorted(values, asked, "left"), np.searchsorted(values, asked, "right")
    counts = np.where(asked == 0, 0, last - first)
    item = np.repeat(np.arange(len(asked)), counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return item, whose[np.repeat(first, counts) + offset]


def _held(cases: Collection[UUID], after: UUID | None) -> Any:
    """Return the cases' items after ``after`` in the order of their keys; in the system's scope."""
    rows = Media.objects.filter(refusal="", case_id__in=cases).exclude(origin="crop").order_by("pk")
    return rows.filter(pk__gt=after) if after else rows


def _end(cases: Collection[UUID], after: UUID | None) -> UUID | None:
    """Return the id with which the next piece ends, or nothing where all is done."""
    rest = _held(cases, after).values_list("pk", flat=True)
    return rest[PIECE_ITEMS - 1 : PIECE_ITEMS].first() or rest.last()


def _load(keys: ListKeys, cases: Collection[UUID], after: UUID | None, kinds: Collection[str]) -> _Items:
    """Return the next piece of what is held, packed as it is read; digests of those kinds that are asked.

    Keys and turns are taken as the database's own text: a million objects of each would take a minute. Where
    the piece ends is asked with keys alone: a database that sorts the hashes along takes twice as long.
    """
    last = _end(cases, after)
    ids: list[str] = []
    hashes, of = [packed([])], array("q")
    digests: dict[str, list[int]] = {kind: [] for kind in kinds}
    as_text = [Cast("pk", TextField()), Cast("pdq_turns", TextField())]
    columns = (*as_text, "pdq_raw", "pdq_quality", *kinds)
    held: Any = _held(cases, after).filter(pk__lte=last) if last else Media.objects.none()
    rows = held.order_by().values_list(*columns).iterator(10_000)
    while piece := list(islice(rows, 10_000)):
        text: list[str] = []
        for pk, turns, raw, quality, *values in piece:
            for kind, value in zip(kinds, values, strict=True):
                keyed = keys.digest(kind, value)
                digests[kind].append(int(keyed[:16], 16) if keyed else 0)
            if (quality or 0) >= PDQ_MIN_QUALITY:
                own = set(_TURN.findall(turns))
                if raw:
                    own.add(raw)
                own -= BLANK_HASHES
                text += own
                of.extend([len(ids)] * len(own))
            ids.append(pk)
        hashes.append(packed(text))
    frames_from = len(of)
    if last:
        good = Frame.objects.filter(quality__gte=PDQ_MIN_QUALITY, media_id__lte=last)
        good = good.filter(media_id__gt=after) if after else good
        frames = good.order_by().values_list("pdq", Cast("media_id", TextField())).iterator(10_000)
        place = {pk: n for n, pk in enumerate(ids)} if good.exists() else {}
        while some := list(islice(frames, 50_000)):
            mine = [(pdq, place[m]) for pdq, m in some if m in place]
            hashes.append(packed([pdq for pdq, _ in mine]))
            of.extend([n for _, n in mine])
    packed_digests = {kind: np.array(values, np.uint64) for kind, values in digests.items()}
    return _Items(ids, last, np.vstack(hashes), np.frombuffer(of, np.int64), packed_digests, frames_from)
