"""Items are asked of an agency's lists: who may meet whom, the comparison, and what is written down of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from entente.casework.match.compare import Comparison, HeldLists, Query, label_of
from entente.casework.match.hashes import every_turn
from entente.casework.match.index import packed
from entente.casework.match.service.keyed import AT_ONCE, KINDS, asked_as, keys_of
from entente.casework.match.service.listed import ListedHashes, rows_meant
from entente.casework.match.service.moving import every_way, frames_of, labelled_pairs
from entente.records import clock
from entente.records.models import ListedHash, ListVersion, Match, Media
from entente.vocabulary.handling import H2, union
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import (
    EMPTY_FILE_HASHES,
    PDQ_MIN_QUALITY,
    HashEntry,
    Profile,
    Turns,
    Verdict,
)


def live_entries(agency: UUID, after: int = 0) -> QuerySet[ListedHash]:
    """Return the records that may know something: not set aside, of no removed list, younger than a state."""
    live = ListedHash.objects.filter(owner_id=agency, list__removed_at=None)
    live = live.exclude(aside__in=("held", "kept"))
    return live.filter(serial__gt=after) if after else live


class AskedLists:
    """The lists of one agency, those records of them that are younger than the state ``after``."""

    def __init__(self, agency: UUID, near: ListedHashes, labels: Labels, after: int = 0) -> None:
        self.agency, self.after, self.labels, self._near = agency, after, labels, near

    def candidates(self, items: Sequence[Media]) -> dict[UUID, set[UUID]]:
        """Return by item the records that may know it: an equal digest, or a PDQ within the radius."""
        keys, live = keys_of(self.agency), live_entries(self.agency, self.after)
        found = self._met(items, live)
        pairs = [(kind, getattr(m, kind)) for m in items for kind in KINDS]
        of_item: dict[tuple[str, str], list[UUID]] = {}
        for m in items:
            for kind in KINDS:
                of_item.setdefault((kind, getattr(m, kind)), []).append(m.pk)
        for kind, named in asked_as(keys, pairs).items():
            every = list(named)
            for start in range(0, len(every), AT_ONCE):
                same = live.filter(**{f"{kind}__in": every[start : start + AT_ONCE]})
                for keyed, pk in same.values_list(kind, "pk"):
                    for item in of_item[kind, named[keyed]]:
                        found.setdefault(item, set()).add(pk)
        return found

    def _met(self, items: Sequence[Media], live: QuerySet[ListedHash]) -> dict[UUID, set[UUID]]:
        """Return by item the records that a picture, or a frame of a video in any turn, is near to."""
        met = self._near_to(items)
        rows = rows_meant(sorted({record for records in met.values() for record in records}))
        meant = [pk for several in rows.values() for pk in several]
        alive = set[UUID]()
        for start in range(0, len(meant), AT_ONCE):
            some = live.filter(pk__in=meant[start : start + AT_ONCE])
            alive.update(some.order_by().values_list("pk", flat=True))
        return {
            item: known
            for item, records in met.items()
            if (known := {pk for r in records for pk in rows.get(r, ()) if pk in alive})
        }

    def _near_to(self, items: Sequence[Media]) -> dict[UUID, set[int]]:
        """Return by item the records, as labels say them."""
        asked, owners, frames = list[NDArray[np.uint64]](), list[int](), np.zeros(len(items), np.int64)
        for place, media in enumerate(items):
            plain = packed(sorted({f.pdq for f in _frames(media) if f.quality >= PDQ_MIN_QUALITY}))
            plain, frames[place] = plain.reshape(-1, 4), len(plain)
            asked += [packed(list(pdq_of(media))).reshape(-1, 4), every_way(plain)]
            owners += [place] * len(asked[-2]) + [-1 - place] * len(asked[-1])
        if not owners:
            return {}
        pairs = self._near.search(np.vstack(asked))
        item, record = labelled_pairs(np.array(owners)[pairs.query], pairs.held, frames)
        found: dict[UUID, set[int]] = {}
        for place, one in zip(item.tolist(), record.tolist(), strict=True):
            found.setdefault(items[place].pk, set()).add(one)
        return found


class Labels:
    """How the records of an agency's lists are called: number or line, and the version that brought it."""

    def __init__(self, agency: UUID) -> None:
        self._later: dict[int, str] = {}
        self._names: dict[int, str] = {}
        first: set[UUID] = set()
        rows = ListVersion.objects.filter(owner_id=agency).order_by("serial")
        for held, serial, name in rows.values_list("list_id", "serial", "name"):
            if held in first:
                self._later[serial] = name
            first.add(held)
            self._names[serial] = name

    def version(self, row: ListedHash) -> str:
        """Return the name of the delivery that brought a record."""
        return self._names.get(row.serial, "")

    def of(self, row: ListedHash) -> str:
        """Return the name of one record within its list."""
        number = row.other.get("record") or str(row.line)
        version = self._later.get(row.serial)
        return f"{number} of version {version}"[:80] if version else number


def pdq_of(media: Media) -> set[str]:
    """Return every hash under which a picture is searched: all turns, all profiles; once each."""
    if (media.pdq_quality or 0) < PDQ_MIN_QUALITY:
        return set()
    return {value for _, _, value in every_turn(media.pdq_turns, media.pdq_raw) if value}


def _frames(media: Media) -> tuple[FrameHash, ...]:
    return tuple(FrameHash(f.t, f.pdq, f.quality) for f in media.frames.all())


def compared(
    media: Media, rows: Iterable[ListedHash], labels: Labels
) -> tuple[Comparison, dict[Any, ListedHash]]:
    """Compare one item with the records that may know it; return also who is meant by each hit."""
    held, named = HeldLists(), {}
    for row in rows:
        entry = _entry(media, row, labels)
        named[row.list.name, label_of(entry)] = row
        held.add(row.list.name, [entry], harmless=row.list.harmless)
    query = Query(
        media.md5,
        media.sha1,
        media.sha256,
        pdq_turns=_turns(media),
        pdq_quality=media.pdq_quality,
        frames=_frames(media),
        pdq_raw=media.pdq_raw,
    )
    return held.compare(query), named


def _turns(media: Media) -> dict[Profile, Turns]:
    return {Profile(profile): tuple(turns) for profile, turns in media.pdq_turns.items()}


def _entry(media: Media, row: ListedHash, labels: Labels) -> HashEntry:
    """Return a record as it is compared: the digests that it shares with the item in clear.

    One that it does not share stands as it is keyed: it says that the record is of another file.
    """
    keys, plain = keys_of(row.owner_id), {}
    for kind in KINDS:
        value, listed = getattr(media, kind), getattr(row, kind)
        if value and listed and value not in EMPTY_FILE_HASHES:
            plain[kind] = value if listed == keys.digest(kind, value) else listed
    return HashEntry(
        row.line,
        **plain,
        pdq=row.pdq,
        pdq_quality=row.pdq_quality,
        pdq_profile=row.pdq_profile,
        frames=frames_of(row.frames),
        category=row.category,
        other={"record": labels.of(row)},
    )


def write_hits(media: Media, rows: Iterable[ListedHash], labels: Labels, by: UUID) -> int:
    """Write each hit once, with what is needed to check it; a person's decision is never overwritten.

    A hit is H2 of the agency whose list it is: others in the case read on the item that it is known, and no
    list, entry, category or distance (Regulation (EU) 2016/794 art. 20). Returns how many were written anew.
    """
    comparison, named = compared(media, rows, labels)
    handling = union([media.handling, H2])
    new = 0
    for hit in comparison.hits:
        if hit.verdict is Verdict.NEW:
            continue
        row = named[hit.list_name, hit.entry]
        match, made = Match.objects.get_or_create(
            media=media,
            owner_id=row.owner_id,
            list_name=hit.list_name,
            entry=hit.entry,
            transform=str(hit.transform),
            defaults={
                "case_id": media.case_id,
                "codes": str(handling),
                "handling_text": handling.text,
                "audience": media.audience,
                "made_by_id": by,
                "made_at": clock.now(),
                "verdict": str(hit.verdict),
                "category": f"{row.list.profile} {row.category}".strip(),
                "distance": hit.distance,
                "because": hit.because.text,
                "method": hit.because.method,
                "version": hit.because.version,
                "list_version": labels.version(row),
                "profile": hit.profile,
                "segments": [asdict(s) for s in hit.segments],
                "regions": [[r.x, r.y, r.w, r.h] for r in hit.regions or ()],
                "of_list": row.list_id,
                "listed": row.pk,
                "suppresses": row.list.harmless,
            },
        )
        if not made and (match.state == "withdrawn" or match.listed is None):
            state = "proposed" if match.state == "withdrawn" else match.state  # the list says it again
            again = {
                "state": state,
                "listed": row.pk,
                "of_list": row.list_id,
                "suppresses": row.list.harmless,
            }
            Match.objects.filter(pk=match.pk).update(**again)
        new += made
    return new
