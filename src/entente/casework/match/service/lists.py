"""Hash lists of an agency are taken in, chunk by chunk, whatever stops them on the way."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path
from typing import Any

from django.db.models import F, Q

from entente import plugins
from entente.formats import ListRefused, ReadOptions, Record
from entente.records.act import acting
from entente.records.models import HashList, ListedHash, ListRefusal
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media_hash import HashEntry

CHUNK_RECORDS = 5_000  # one transaction and one log entry for so many records of a list


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
