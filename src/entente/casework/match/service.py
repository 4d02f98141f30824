"""Is it known? Hash lists of the agency are taken in, and every item of a case is asked of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from entente import plugins
from entente.casework.match.compare import Comparison, HeldLists, Query, label_of
from entente.casework.match.index import NearIndex, packed
from entente.formats import ListRefused, ReadOptions, Record
from entente.records import guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.jobs import Progress, enqueue, task
from entente.records.models import Case, HashList, Job, ListedHash, ListRefusal, Match, Media
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Handling, HandlingCode, Purpose, union
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY, PDQ_NEAR, HashEntry, Verdict

CHUNK_RECORDS = 5_000  # one transaction and one log entry for so many records of a list
CHUNK_ITEMS = 200


def import_list(
    officer: Officer,
    purpose: Purpose,
    path: Path,
    *,
    name: str,
    format: str,  # noqa: A002 - the word of the command line
    options: ReadOptions | None = None,
    harmless: bool = False,
    tell: Any = None,
) -> HashList:
    """Take a hash list in, chunk by chunk in bounded memory; run again, it goes on where it stopped.

    Raises ``ListRefused`` where the list as a whole cannot be read as asked.
    """
    reader = plugins.formats().get(format)
    if reader is None:
        known = ", ".join(sorted(plugins.formats()))
        raise ListRefused("format", f"no format {format!r}; the formats are: {known}")
    digest = _digest(path)
    held = _begin(officer, purpose, name, format, digest, options or ReadOptions(), harmless)
    with path.open("rb") as stream:
        records = reader.read(stream, options or ReadOptions())
        for _ in islice(records, held.read):
            pass  # read before the last stop
        while chunk := list(islice(records, CHUNK_RECORDS)):
            _take_in(officer, purpose, held, chunk)
            if tell:
                tell(held.read)
    return held


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _begin(
    officer: Officer,
    purpose: Purpose,
    name: str,
    format: str,  # noqa: A002
    digest: str,
    options: ReadOptions,
    harmless: bool,
) -> HashList:
    """Return the list's row: a new one, or the one of the same bytes to go on with."""
    thing = Thing(Shape.AGENCY, owner=officer.agency)
    with acting(officer, Act.RECEIVE, thing, purpose, step="match", reason="import a hash list"):
        held = HashList.objects.filter(owner_id=officer.agency, name=name).first()
        if held and held.sha256 != digest:
            raise ListRefused(
                "name", f"the agency already has another list {name!r}; give this one a new name"
            )
        return held or HashList.objects.create(
            owner_id=officer.agency,
            name=name,
            format=format,
            profile=options.profile,
            sha256=digest,
            imported_by_id=officer.id,
            harmless=harmless,
        )


def _take_in(officer: Officer, purpose: Purpose, held: HashList, chunk: list[Record]) -> None:
    """Write one chunk: entries, deletions and refusals, with the counts, together."""
    with acting(officer, Act.ALTER, held.as_thing(), purpose, step="match") as deed:
        entries = [r for r in chunk if isinstance(r, HashEntry)]
        kept = [e for e in entries if not e.deleted]
        ListedHash.objects.bulk_create([_row(held, e) for e in kept], batch_size=1000)
        for entry in entries:
            if entry.deleted:
                _delete(held, entry)
        refused = [r for r in chunk if not isinstance(r, HashEntry)]
        ListRefusal.objects.bulk_create(
            [
                ListRefusal(list=held, owner_id=held.owner_id, line=r.line, code=r.code, reason=r.reason)
                for r in refused
            ]
        )
        HashList.objects.filter(pk=held.pk).update(
            read=F("read") + len(chunk), added=F("added") + len(kept), refused=F("refused") + len(refused)
        )
        deed.reason = f"{len(chunk)} records of a hash list"
        held.refresh_from_db(fields=["read", "added", "refused"])


def _row(held: HashList, entry: HashEntry) -> ListedHash:
    return ListedHash(
        list=held,
        owner_id=held.owner_id,
        line=entry.line,
        md5=entry.md5,
        sha1=entry.sha1,
        sha256=entry.sha256,
        pdq=entry.pdq,
        photodna=entry.photodna,
        category=entry.category,
        series=entry.series,
        victim_identified=entry.victim_identified,
        other=entry.other,
    )


def _delete(held: HashList, entry: HashEntry) -> None:
    """Take away what the provider withdrew: the records of this list with one of its hashes."""
    same = Q()
    for field in ("md5", "sha1", "sha256", "pdq"):
        if value := getattr(entry, field):
            same |= Q(**{field: value})
    if same:
        ListedHash.objects.filter(same, list=held).delete()


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
    asked = list(media.pdq_turns) if (media.pdq_quality or 0) >= PDQ_MIN_QUALITY else []
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
        Query(media.md5, media.sha1, media.sha256, tuple(media.pdq_turns), media.pdq_quality, tuple(frames))
    )


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
