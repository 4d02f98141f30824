"""Hash lists of an agency are taken in, chunk by chunk whatever stops them on the way, and taken away."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from entente import plugins
from entente.casework.match import standing
from entente.casework.match.service.backwards import match_backwards
from entente.casework.match.service.keyed import KINDS, ListKeys, key_standing_lists, keys_of, next_serial
from entente.casework.match.service.listed import caught_up, tidy
from entente.casework.match.service.marks import withdraw
from entente.casework.match.service.moving import packed_frames
from entente.formats import ListRefused, ReadOptions, Record
from entente.records import bulk, clock
from entente.records.act import acting
from entente.records.jobs import Progress, enqueue, task
from entente.records.models import HashList, Job, ListedHash, ListRefusal, ListVersion, Quarantine
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import H2, Handling, Purpose
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

CHUNK_RECORDS = 20_000  # one transaction and one log entry for so many records of a list
WAIT_S = 0.5
FIRST = "1"  # the name of a version that nobody named


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a list comes from: who gave it, when, on what basis, and how it must be handled."""

    provider: str = ""
    given_on: date | None = None
    basis: str = ""
    handling: Handling = H2


def import_list(
    officer: Officer,
    purpose: Purpose,
    path: Path,
    *,
    name: str,
    format: str,  # noqa: A002 - the word of the command line
    options: ReadOptions | None = None,
    harmless: bool = False,
    software: bool = False,
    version: str = "",
    provenance: Provenance | None = None,
    tell: Callable[[int], object] | None = None,
) -> HashList:
    """Take a hash list in, chunk by chunk in bounded memory; run again, it goes on where it stopped.

    A further delivery of a list that is held needs the name of its ``version``. When all of it is in, it is
    matched backwards against everything held. Raises ``ListRefused`` where the list as a whole cannot be
    read as asked.
    """
    reader = plugins.formats().get(format)
    if reader is None:
        known = ", ".join(sorted(plugins.formats()))
        raise ListRefused("format", f"no format {format!r}; the formats are: {known}")
    key_standing_lists()
    told = options or ReadOptions()
    new = HashList(
        owner_id=officer.agency,
        name=name,
        format=format,
        profile=told.profile,
        model_version=told.model,
        sha256=_digest(path),
        imported_by_id=officer.id,
        harmless=harmless or software,
        software=software,
    )
    _say_where_from(new, provenance or Provenance())
    held, delivery = _begin(officer, purpose, new, version)
    with path.open("rb") as stream, bulk.room():
        records = reader.read(stream, told)
        for _ in islice(records, delivery.read):
            pass  # read before the last stop
        while chunk := list(islice(records, CHUNK_RECORDS)):
            _take_in(officer, purpose, held, delivery, chunk)
            if tell:
                tell(delivery.read)
    _complete(officer, purpose, held, delivery)
    return held


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _say_where_from(held: HashList, told: Provenance) -> None:
    held.provider, held.given_on, held.basis = told.provider, told.given_on, told.basis
    held.codes, held.handling_text = str(told.handling), told.handling.text


def _begin(officer: Officer, purpose: Purpose, new: HashList, version: str) -> tuple[HashList, ListVersion]:
    """Return the list's row and the delivery's: new ones, or those of the same bytes to go on with."""
    thing = Thing(Shape.AGENCY, owner=officer.agency)
    with acting(officer, Act.RECEIVE, thing, purpose, step="match", reason="import a hash list"):
        held = HashList.objects.filter(owner_id=officer.agency, name=new.name).first()
        if held is None:
            new.save(force_insert=True)
            held = new
        elif known := held.versions.filter(sha256=new.sha256).first():
            return held, known
        else:
            _demand_successor(held, new, version)
        delivery = ListVersion.objects.create(
            list=held,
            owner_id=officer.agency,
            serial=next_serial(officer.agency),
            name=version or FIRST,
            sha256=new.sha256,
            taken_by_id=officer.id,
        )
        return held, delivery


def _demand_successor(held: HashList, new: HashList, version: str) -> None:
    """Refuse bytes that are no further version of ``held``; nothing is translated between profiles."""
    if not version:
        raise ListRefused(
            "name",
            f"the agency already has another list {new.name!r}; give it a new name, or name its version",
        )
    if held.versions.filter(name=version).exists():
        raise ListRefused("version", f"version {version!r} is held with other bytes; name another")
    if (held.profile, held.model_version) != (new.profile, new.model_version):
        was = f"{held.profile} {held.model_version}".strip() or "no profile"
        raise ListRefused(
            "profile", f"the list stands under {was}; import categories of another model as another list"
        )
    if held.harmless != new.harmless:
        raise ListRefused("harmless", "a list that alerts and one that hides have different names")
    HashList.objects.filter(pk=held.pk).update(sha256=new.sha256)


def _complete(officer: Officer, purpose: Purpose, held: HashList, delivery: ListVersion) -> None:
    """Note that all of a delivery is in, and ask for what is held to be matched with it."""
    if delivery.complete and delivery.backwards:
        return
    with acting(officer, Act.ALTER, held.as_thing(), purpose, step="match", reason="a hash list is complete"):
        ListVersion.objects.filter(pk=delivery.pk).update(complete=True)
        match_backwards(officer, purpose, held, delivery)
    caught_up(held.owner_id)  # cut off before, the next job that asks does it


@dataclass
class _Counts:
    """What one chunk did."""

    added: int = 0
    repeated: int = 0
    withdrawn: int = 0
    never_held: int = 0
    refused: int = 0


def _take_in(
    officer: Officer, purpose: Purpose, held: HashList, delivery: ListVersion, chunk: list[Record]
) -> None:
    """Write one chunk in its order: entries, deletions and refusals, with the counts, together."""
    keys, counts = keys_of(held.owner_id), _Counts()
    with acting(officer, Act.ALTER, held.as_thing(), purpose, step="match") as deed:
        refused = [r for r in chunk if isinstance(r, RecordRefusal)]
        counts.refused = len(refused)
        entries = (r for r in chunk if isinstance(r, HashEntry))
        for deleted, run in groupby(entries, key=lambda e: e.deleted):
            if deleted:
                refused += _withdraw(held, keys, list(run), counts)
            else:
                _add(held, delivery, keys, list(run), counts)
        ListRefusal.objects.bulk_create(
            [
                ListRefusal(list=held, owner_id=held.owner_id, line=r.line, code=r.code, reason=r.reason)
                for r in refused
            ]
        )
        changes = {name: F(name) + n for name, n in vars(counts).items()}
        for row in (held, delivery):
            type(row)._base_manager.filter(pk=row.pk).update(read=F("read") + len(chunk), **changes)
            row.refresh_from_db(fields=["read", *changes])
        deed.reason = f"{len(chunk)} records of a hash list"


def _add(
    held: HashList, delivery: ListVersion, keys: ListKeys, entries: list[HashEntry], counts: _Counts
) -> None:
    """Write the entries that the list does not hold yet; one said again only brings its votes."""
    by_id: dict[UUID, HashEntry] = {}
    for entry in entries:
        by_id.setdefault(keys.row(held.pk, entry), entry)
    known = set(ListedHash.objects.filter(pk__among=by_id, list=held).values_list("pk", flat=True))
    new = {pk: e for pk, e in by_id.items() if pk not in known} if known else by_id
    alike = {"list_id": held.pk, "owner_id": held.owner_id, "serial": delivery.serial}
    bulk.insert(ListedHash, alike, COLUMNS, (_row(keys, pk, e) for pk, e in new.items()))
    for pk in known:
        if (e := by_id[pk]).positive or e.negative or e.disputed:
            votes = {"positive": e.positive, "negative": e.negative, "disputed": e.disputed}
            ListedHash.objects.filter(pk=pk).update(**votes)
    _say_why_aside(held, new)
    counts.added += len(new)
    counts.repeated += len(entries) - len(new)


COLUMNS = (
    *("id", "line", "md5", "sha1", "sha256", "pdq", "pdq_quality", "pdq_profile", "frames", "photodna"),
    *("category", "series", "victim_identified", "other", "positive", "negative", "disputed", "aside"),
)


def _row(keys: ListKeys, pk: UUID, entry: HashEntry) -> tuple[Any, ...]:
    """Return an entry's values of ``COLUMNS``."""
    return (
        pk,
        entry.line,
        keys.digest("md5", entry.md5),
        keys.digest("sha1", entry.sha1),
        keys.digest("sha256", entry.sha256),
        entry.pdq,
        entry.pdq_quality,
        entry.pdq_profile[:12],
        packed_frames(entry.frames) if entry.frames else b"",
        keys.seal(pk, entry.photodna),
        entry.category[:40],
        entry.series[:120],
        entry.victim_identified,
        entry.other,
        entry.positive,
        entry.negative,
        entry.disputed,
        "held" if _why_aside(entry) else "",
    )


def _why_aside(entry: HashEntry) -> str:
    """Return why an entry is set aside from the start, or the empty text."""
    return standing.blank_reason(entry.pdq) if entry.pdq else ""


def _say_why_aside(held: HashList, new: Mapping[UUID, HashEntry]) -> None:
    """Keep on record why a new entry is set aside from the start."""
    Quarantine.objects.bulk_create(
        [
            Quarantine(
                list=held,
                owner_id=held.owner_id,
                listed=pk,
                entry=entry.other.get("record") or str(entry.line),
                cause="blank",
                reason=why,
            )
            for pk, entry in new.items()
            if (why := _why_aside(entry))
        ]
    )


def _withdraw(
    held: HashList, keys: ListKeys, entries: list[HashEntry], counts: _Counts
) -> Iterator[RecordRefusal]:
    """Take away what the provider withdrew; yield a refusal for what the list never held."""
    gone: list[UUID] = []
    named = _named(held, [e for e in entries if not _hashed(e)])
    for entry in entries:
        same = Q(pk__in=named.get(_name_of(entry.other), ()))
        for kind in KINDS:
            if keyed := keys.digest(kind, getattr(entry, kind)):
                same |= Q(**{kind: keyed})
        if entry.pdq:
            same |= Q(pdq=entry.pdq)
        found = list(ListedHash.objects.filter(same, list=held).values_list("pk", flat=True))
        gone += found
        counts.withdrawn += len(found)
        counts.never_held += not found
        ListedHash.objects.filter(pk__in=found).delete()
        if not found:
            what = "the list withdraws an entry that it never gave: nothing was taken away, ask its provider"
            yield RecordRefusal(entry.line, "never-held", what)
    Quarantine.objects.filter(listed__in=gone).delete()
    withdraw(Q(listed__in=gone), "the list took the entry back")


def _hashed(entry: HashEntry) -> bool:
    return bool(entry.md5 or entry.sha1 or entry.sha256 or entry.pdq)


def _name_of(other: Mapping[str, str]) -> tuple[str, str]:
    return other.get("member", ""), other.get("id", "")


def _named(held: HashList, entries: Sequence[HashEntry]) -> dict[tuple[str, str], list[UUID]]:
    """Return which rows are of the member and the id that a deletion without a hash names."""
    found: dict[tuple[str, str], list[UUID]] = {}
    wanted = {_name_of(e.other) for e in entries if e.other.get("id")}
    ids = sorted({one for _, one in wanted})
    for start in range(0, len(ids), 400):
        rows = ListedHash.objects.filter(list=held, other__id__in=ids[start : start + 400])
        for pk, other in rows.values_list("pk", "other"):
            if (name := _name_of(other)) in wanted:
                found.setdefault(name, []).append(pk)
    return found


def remove_list(officer: Officer, purpose: Purpose, held: HashList) -> Job:
    """Take a whole list away as one act: it knows nothing from now on; its records go in the background."""
    with acting(officer, Act.ALTER, held.as_thing(), purpose, step="match", reason="remove a hash list"):
        HashList.objects.filter(pk=held.pk).update(
            removed_at=clock.now(), name=f"{held.name[:70]} (removed, {str(held.pk)[:8]})"
        )
        withdraw(Q(of_list=held.pk), "the list was removed")
        return enqueue("lists.purge", officer, purpose, held=str(held.pk))


@task("lists.purge")
def purge(progress: Progress, *, held: str) -> dict[str, Any]:
    """Delete the records of a removed list, chunk by chunk, then the list."""
    officer, purpose = progress.officer, progress.purpose
    thing = Thing(Shape.AGENCY, owner=officer.agency, id=UUID(held))
    gone, total = 0, 0
    while True:
        with acting(officer, Act.ALTER, thing, purpose, step="match") as deed:
            row = HashList.objects.filter(pk=held).exclude(removed_at=None).first()
            if row is None:
                deed.reason = "a removed list is gone"
                return {"deleted": gone}
            total = total or row.entries.count()
            some = list(row.entries.order_by("pk").values_list("pk", flat=True)[:CHUNK_RECORDS])
            ListedHash.objects.filter(pk__in=some).delete()
            deed.reason = f"{len(some)} records of a removed list"
        gone += len(some)
        progress.tell(gone, total, "")
        if not some:
            _forget(progress, row)


def _forget(progress: Progress, held: HashList) -> None:
    """Let the hashes of a removed list leave the files, then the list the table: what is gone is gone."""
    while not tidy(held.owner_id):
        progress.tell(0, 0, "the files are being merged")  # by another process, which has to end first
        time.sleep(WAIT_S)
    reason = "the files hold nothing of a removed list"
    officer, thing = progress.officer, held.as_thing()
    with acting(officer, Act.ALTER, thing, progress.purpose, step="match", reason=reason):
        held.delete()
