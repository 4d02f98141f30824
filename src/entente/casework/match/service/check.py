"""Every item of a case is asked of its agency's hash lists; a person decides on what is proposed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import Q

from entente.casework.match.compare import Comparison, HeldLists, Query, label_of
from entente.casework.match.hashes import every_turn
from entente.casework.match.index import NearIndex, packed
from entente.records import guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.jobs import Progress, enqueue, task
from entente.records.models import Case, Job, ListedHash, Match, Media
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Handling, HandlingCode, Purpose, union
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY, PDQ_NEAR, HashEntry, Profile, Turns, Verdict

CHUNK_ITEMS = 200


def check(officer: Officer, purpose: Purpose, case: Case) -> Job:
    """Ask for every unasked item of ``case`` to be compared with the agency's lists."""
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step="match", reason="compare with hash lists"):
        return enqueue("match.check", officer, purpose, case=case.pk)


@task("match.check")
def check_items(progress: Progress) -> dict[str, Any]:
    """Compare the case's items with the lists of the officer's agency, as both stand now.

    Items that were compared before are compared again: a list that grew may know them by now.
    """
    officer, purpose = progress.officer, progress.purpose
    case_id = UUID(str(progress.job.case))
    thing = Thing(Shape.CASE, owner=officer.agency, case=case_id, id=case_id)
    counts = {str(v): 0 for v in Verdict}
    with acting(officer, Act.READ, thing, purpose, step="match", reason="read the agency's hash lists"):
        near = _NearLists.of_agency()
        items = Media.objects.filter(case_id=case_id, refusal="").exclude(origin="crop")
        waiting = list(items.values_list("pk", flat=True))
    for start in range(0, len(waiting), CHUNK_ITEMS):
        part = waiting[start : start + CHUNK_ITEMS]
        with acting(officer, Act.ALTER, thing, purpose, step="match", reason=f"compare {len(part)} items"):
            for media in Media.objects.filter(pk__in=part).prefetch_related("frames"):
                counts[_decide(officer, media, near)] += 1
            announce("matched", officer, purpose, case_id, items=len(part))
        progress.tell(start + len(part), len(waiting), f"{counts['exact']} exact, {counts['near']} near")
    return counts


class _NearLists:
    """The perceptual hashes of the agency's lists in one index, each with the record it came from."""

    def __init__(self, hashes: list[str], rows: list[UUID]) -> None:
        self._index = NearIndex(packed(hashes))
        self._rows = rows

    @classmethod
    def of_agency(cls) -> _NearLists:
        """Read the lists that the scope shows: the officer's own agency's."""
        hashes, rows = [], []
        for pdq, pk in ListedHash.objects.exclude(pdq="").order_by("pk").values_list("pdq", "pk").iterator():
            hashes.append(pdq)
            rows.append(pk)
        return cls(hashes, rows)

    def candidates(self, hashes: Iterable[str]) -> set[UUID]:
        """Return the records within PDQ's radius of any of ``hashes``."""
        asked = [h for h in hashes if h]
        if not asked or not len(self._index):
            return set()
        return {self._rows[int(place)] for place in self._index.search(packed(asked), PDQ_NEAR).held}


def _decide(officer: Officer, media: Media, near: _NearLists) -> str:
    """Compare one item with the records that may meet it, write the hits, return the verdict."""
    frames = [FrameHash(f.t, f.pdq, f.quality) for f in media.frames.all()]
    good = (media.pdq_quality or 0) >= PDQ_MIN_QUALITY
    asked = [value for _, _, value in every_turn(media.pdq_turns)] if good else []
    asked += [f.pdq for f in frames if f.quality >= PDQ_MIN_QUALITY]
    same = Q(pk__in=near.candidates(asked))
    for field in ("md5", "sha1", "sha256"):
        if value := getattr(media, field):
            same |= Q(**{field: value})
    rows = list(ListedHash.objects.filter(same).select_related("list"))
    comparison = _compared(media, frames, rows)
    _write(officer, media, comparison, rows)
    return _mark(media.pk)


def _mark(media_id: UUID) -> str:
    """Write on the item the best verdict that nobody refused, whoever's list gave it, and return it.

    Other agencies' matches are theirs alone; that the item is known is the hit that its case may learn.
    """
    with guard.system("an item is known when any agency's list knows it"):
        standing = Match.objects.filter(media_id=media_id).exclude(state="refused")
        held = set(standing.values_list("verdict", flat=True))
    best = next((v for v in (Verdict.EXACT, Verdict.NEAR, Verdict.SCENE) if v in held), Verdict.NEW)
    Media.objects.filter(pk=media_id).update(known=str(best))
    return str(best)


def _compared(media: Media, frames: list[FrameHash], rows: list[ListedHash]) -> Comparison:
    held = HeldLists()
    for row in rows:
        held.add(row.list.name, [_entry(row)])
    return held.compare(
        Query(media.md5, media.sha1, media.sha256, _turns(media), media.pdq_quality, tuple(frames))
    )


def _turns(media: Media) -> dict[Profile, Turns]:
    return {Profile(profile): tuple(turns) for profile, turns in media.pdq_turns.items()}


def _entry(row: ListedHash) -> HashEntry:
    return HashEntry(row.line, row.md5, row.sha1, row.sha256, row.pdq, category=row.category, other=row.other)


def _write(officer: Officer, media: Media, comparison: Comparison, rows: list[ListedHash]) -> None:
    """Write each hit once, with what is needed to check it; a person's decision is never overwritten.

    A hit is H2 of the agency whose list it is: others in the case read on the item that it is known, and no
    list, entry, category or distance (Regulation (EU) 2016/794 art. 20).
    """
    handling = union([media.handling, Handling(frozenset({HandlingCode.H2}))])
    category = {(r.list.name, label_of(_entry(r))): f"{r.list.profile} {r.category}".strip() for r in rows}
    for hit in comparison.hits:
        if hit.verdict is Verdict.NEW:
            continue
        segments = [
            asdict(s) for s in comparison.segments if (s.list_name, s.entry) == (hit.list_name, hit.entry)
        ]
        Match.objects.get_or_create(
            media=media,
            owner_id=officer.agency,
            list_name=hit.list_name,
            entry=hit.entry,
            transform=str(hit.transform),
            defaults={
                "case_id": media.case_id,
                "codes": str(handling),
                "handling_text": handling.text,
                "audience": media.audience,
                "made_by_id": officer.id,
                "verdict": str(hit.verdict),
                "category": category.get((hit.list_name, hit.entry), ""),
                "distance": hit.distance,
                "because": hit.because.text,
                "method": hit.because.method,
                "version": hit.because.version,
                "segments": segments,
            },
        )


def decide_match(officer: Officer, purpose: Purpose, match: Match, *, confirmed: bool) -> Match:
    """A named person confirms or refuses what the machine proposed; refused, the item counts as new."""
    said = "confirm" if confirmed else "refuse"
    with acting(officer, Act.ALTER, match.as_thing(), purpose, step="match", reason=f"{said} a match"):
        match.state = "confirmed" if confirmed else "refused"
        match.decided_by_id = officer.id
        match.save(update_fields=["state", "decided_by"])
        _mark(match.media_id)
    return match
