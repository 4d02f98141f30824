"""The line of packages that one card of a sender signed: what was taken of it and what waits."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.db import transaction

from entente.formats.sealed_package import Head
from entente.records import guard
from entente.records.models import Package
from entente.safeguards import sequence
from entente.safeguards.sequence import Place


def line_of(owner: UUID, head: Head) -> dict[int, Package]:
    """Return what came in the line of a header, by number."""
    rows = Package.objects.filter(owner=owner, known_as=head.sender, outgoing=False, key=head.sender_key)
    return {r.number: r for r in rows}


def waits(owner: UUID, head: Head) -> bool:
    """Whether this very package waits already."""
    with guard.system("does this package wait already?"):
        row = line_of(owner, head).get(head.number)
    return row is not None and row.state == "waits" and row.digest == head.digest()


def counted(owner: UUID, head: Head) -> int:
    """Return the number of the last package that was taken."""
    taken = [n for n, r in line_of(owner, head).items() if r.state == "taken"]
    return max(taken, default=0)


def place_of(owner: UUID, head: Head) -> Place:
    """Return where a package stands in its line: next, too early, taken already, or beside another."""
    known = {n: sequence.Link(r.digest, r.before) for n, r in line_of(owner, head).items()}
    link = sequence.Link(head.digest(), head.before)
    return sequence.place(head.number, link, known, counted(owner, head))


def waiting_file(digest: str) -> Path:
    """Return where a package is kept while it waits, sealed as it came."""
    return settings.DESK / "packages" / f"{digest}.age"


def keep_waiting(head: Head, file: BinaryIO) -> None:
    """Keep a package that came too early as it came, sealed to the own card."""
    path = waiting_file(head.digest())
    path.parent.mkdir(mode=0o700, exist_ok=True)
    file.seek(0)
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as out:
        temporary.chmod(0o600)
        shutil.copyfileobj(file, out)
    temporary.rename(path)


def forget_waiting(digest: str) -> None:
    """Destroy what was kept of a package that waited, once it is taken for good."""
    path = waiting_file(digest)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
