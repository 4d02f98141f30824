"""Digests of lists stand keyed: a stolen table names no file, and two agencies' tables cannot be compared.

HMAC-SHA-256 under the agency's list key (``evidence.keyring``), cut to the digest's own length; PhotoDNA is
sealed with AES-256-GCM. Here records and the key ring meet; neither knows the other.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction

from entente.casework.intake.service import evidence_store
from entente.records import guard, log
from entente.records.erasure import THE_DESK
from entente.records.models import HashList, ListedHash, ListVersion
from entente.safeguards.access import Act
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media_hash import EMPTY_FILE_HASHES, HashEntry

KINDS = ("md5", "sha1", "sha256")
NONCE = 12
SEALED = "s1:"  # version and algorithm of a sealed value
AT_ONCE = 500  # values in one query
STANDING_ROWS = 2_000  # keyed in one transaction


class ListKeys:
    """The keys of one agency's lists."""

    def __init__(self, agency: UUID) -> None:
        store = evidence_store()
        self._digests = store.list_key(agency, "digests")
        self._rows = store.list_key(agency, "rows")
        self._sealing = AESGCM(store.list_key(agency, "photodna"))

    def digest(self, kind: str, value: str) -> str:
        """Return what stands in a list for a digest in hex; nothing for nothing, or for an empty file's."""
        if not value or value in EMPTY_FILE_HASHES:
            return ""
        return hmac.digest(self._digests, f"{kind}:{value}".encode(), "sha256").hex()[: len(value)]

    def row(self, held: UUID, entry: HashEntry) -> UUID:
        """Return the id of a record: the same words of the same list have the same, and stand once."""
        said = (entry.md5, entry.sha1, entry.sha256, entry.pdq, entry.photodna, entry.category, entry.series)
        text = "\0".join((*said, str(entry.victim_identified), *(f"{f.t}{f.pdq}" for f in entry.frames)))
        return UUID(bytes=hmac.digest(self._rows, held.bytes + text.encode(), "sha256")[:16], version=4)

    def seal(self, row: UUID, photodna: str) -> str:
        """Return a PhotoDNA value sealed for its record."""
        if not photodna:
            return ""
        nonce = secrets.token_bytes(NONCE)
        sealed = nonce + self._sealing.encrypt(nonce, photodna.encode(), row.bytes)
        return SEALED + base64.b64encode(sealed).decode()

    def unseal(self, row: UUID, sealed: str) -> str:
        """Return the PhotoDNA value of a record, to pass it on; raises ``ValueError`` for one of another."""
        if not sealed:
            return ""
        raw = base64.b64decode(sealed.removeprefix(SEALED))
        try:
            return self._sealing.decrypt(raw[:NONCE], raw[NONCE:], row.bytes).decode()
        except InvalidTag:
            raise ValueError(
                "this PhotoDNA value was changed or is another record's; import it again"
            ) from None


@lru_cache(maxsize=64)
def _keys(store: int, agency: UUID) -> ListKeys:
    return ListKeys(agency)


def keys_of(agency: UUID) -> ListKeys:
    """Return the keys of an agency's lists, kept for the life of the process and its store."""
    return _keys(id(evidence_store()), agency)


def asked_as(keys: ListKeys, digests: Sequence[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Return by kind what (kind, digest) pairs are called in the lists, each with its digest."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    for kind, value in digests:
        if keyed := keys.digest(kind, value):
            found[kind][keyed] = value
    return found


def listed_elsewhere(digests: Iterable[str], but: UUID) -> Iterator[tuple[str, UUID]]:
    """Yield (digest, owner) for each digest on a list of another agency than ``but``; in the system's scope.

    Lists of the harmless, removed lists and records set aside give nothing.
    """
    key_standing_lists()
    by_length = {32: "md5", 40: "sha1", 64: "sha256"}
    pairs = [(by_length[len(d)], d) for d in digests if len(d) in by_length]
    lists = HashList.objects.exclude(owner_id=but).filter(harmless=False, removed_at=None)
    for owner in sorted(set(lists.values_list("owner_id", flat=True)), key=str):
        live = ListedHash.objects.filter(owner_id=owner, list__harmless=False, list__removed_at=None)
        live = live.exclude(aside__in=("held", "kept"))
        for kind, named in asked_as(keys_of(owner), pairs).items():
            every = list(named)
            for start in range(0, len(every), AT_ONCE):
                same = {f"{kind}__in": every[start : start + AT_ONCE]}
                for keyed in live.filter(**same).values_list(kind, flat=True):
                    yield named[keyed], owner


def key_standing_lists() -> int:
    """Key the lists that stand in clear from before there were keys; return how many records were keyed.

    A piece at a time, each with its log entry: what is keyed has a version, so it goes on where it stopped.
    """
    done = 0
    with guard.system("digests of standing lists are keyed"):
        for held in HashList.objects.filter(keyed=False):
            version = _first_version(held)
            while piece := list(held.entries.filter(serial=0).order_by("pk")[:STANDING_ROWS]):
                done += _key(held, version, piece)
            HashList.objects.filter(pk=held.pk).update(keyed=True)
    return done


def _first_version(held: HashList) -> ListVersion:
    """Return the version of a list from before there were versions."""
    known = held.versions.first()
    if known:
        return known
    with transaction.atomic():
        return ListVersion.objects.create(
            list=held,
            owner_id=held.owner_id,
            serial=next_serial(held.owner_id),
            name="1",
            sha256=held.sha256,
            taken_at=held.imported_at,
            taken_by_id=held.imported_by_id,
            read=held.read,
            added=held.added,
            refused=held.refused,
            complete=True,
            backwards="done",
        )


def next_serial(agency: UUID) -> int:
    """Return the next state of an agency's lists; inside a transaction."""
    last = (
        ListVersion.objects.filter(owner_id=agency)
        .order_by("-serial")
        .values_list("serial", flat=True)
        .first()
    )
    return (last or 0) + 1


def _key(held: HashList, version: ListVersion, piece: list[ListedHash]) -> int:
    keys = keys_of(held.owner_id)
    for row in piece:
        for kind in KINDS:
            setattr(row, kind, keys.digest(kind, getattr(row, kind)))
        row.photodna = keys.seal(row.pk, row.photodna)
        row.serial = version.serial
    desk, audit = THE_DESK(held.owner_id), Purpose.DATA_PROTECTION_AUDIT
    with transaction.atomic():
        ListedHash.objects.bulk_update(piece, [*KINDS, "photodna", "serial"], batch_size=200)
        log.append(
            desk,
            Act.ALTER,
            held.as_thing(),
            audit,
            step="match",
            reason=f"key {len(piece)} records of a list",
        )
    return len(piece)
