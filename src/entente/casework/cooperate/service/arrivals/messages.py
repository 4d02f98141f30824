"""The messages of a package, each by itself: one that cannot be read here costs itself alone."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from entente.casework.cooperate.service.sealing.messages import VERSION
from entente.formats.sealed_package import Code, PackageRefused, read_line
from entente.records import guard
from entente.records.models import Package
from entente.safeguards.statement import read_handling
from entente.vocabulary.handling import Audience, Handling

LARGEST_CROP = 8 << 20  # bytes
LONGEST = 20_000  # characters of a text
Reader = Callable[["Came"], None]


class NotRead(ValueError):
    """One message is not taken; the text says the mend."""


class Came:
    """One message that came, read field by field; whatever is not as it should be raises ``NotRead``."""

    def __init__(self, told: dict[str, Any]) -> None:
        """``told`` is the line as it was read."""
        self.told, self.notes = told, list[str]()  # notes: what the one who opens it should know
        self.id = self.number("id")
        self.withdrawn = told.get("withdrawn") is True
        self.handling, self.audience = Handling(), Audience.AMBER
        if not self.withdrawn:
            try:
                self.handling = read_handling(told["codes"], told["restriction"])
                self.audience = Audience(told["audience"])
            except (KeyError, ValueError, TypeError):
                raise NotRead("a message without its handling; ask for it anew") from None

    def text(self, name: str, most: int = LONGEST) -> str:
        """Return a text."""
        value = self.told.get(name)
        if not isinstance(value, str) or len(value) > most:
            raise NotRead(f"a message whose {name} cannot be read; ask for it anew")
        return value

    def number(self, name: str) -> UUID:
        """Return a number by which one side calls a thing."""
        with suppress(ValueError):
            return UUID(self.text(name, 36))
        raise NotRead(f"a message whose {name} cannot be read; ask for it anew")

    def moment(self, name: str) -> datetime:
        """Return a moment, which has its time zone."""
        with suppress(ValueError, OverflowError):
            at = datetime.fromisoformat(self.text(name, 40))
            if at.tzinfo is not None:
                return at.astimezone(UTC)
        raise NotRead(f"a message whose {name} cannot be read; ask for it anew")

    def texts(self, name: str, most: int = 100, longest: int = LONGEST) -> list[str]:
        """Return a list of texts."""
        value = self.told.get(name)
        if not isinstance(value, list) or len(value) > most:
            raise NotRead(f"a message whose {name} cannot be read; ask for it anew")
        if not all(isinstance(x, str) and len(x) <= longest for x in value):
            raise NotRead(f"a message whose {name} cannot be read; ask for it anew")
        return value

    def one_of(self, name: str, words: object) -> str:
        """Return a text that is one of the words known here."""
        value = self.text(name, 60)
        if value not in words:  # type: ignore[operator]
            raise NotRead(f"a message whose {name} is “{value}”, which is not known here; ask for it anew")
        return value

    def attached(self) -> dict[str, bytes]:
        """Return what is attached, by its name."""
        value = self.told.get("attached", {})
        if not isinstance(value, dict) or len(value) > 50:
            raise NotRead("a message whose crops cannot be read; ask for it anew")
        try:
            found = {name: b64decode(data, validate=True) for name, data in value.items()}
        except (binascii.Error, TypeError, ValueError):
            raise NotRead("a message whose crops cannot be read; ask for it anew") from None
        if any(len(data) > LARGEST_CROP for data in found.values()):
            raise NotRead("a message with a crop over 8 MiB; ask for a smaller one")
        return found


def take_messages(row: Package, data: bytes, readers: Mapping[str, Reader]) -> list[str]:
    """Take each message of a package and return what was refused, each sentence with its count."""
    lines = data.splitlines()
    if len(lines) != row.count:
        raise PackageRefused(
            Code.NONSENSE, "it holds another number of messages than it says; ask for it anew"
        )
    refused: list[str] = []
    codes: set[str] = set()
    with guard.system("what a partner addressed to this agency is held under its own handling"):
        for line in lines:
            try:
                came = _read(line, readers)
                codes |= {str(c) for c in came.handling.codes}
                with transaction.atomic():
                    readers[came.told["what"]](came)
                refused += came.notes
            except (NotRead, PackageRefused) as fault:
                refused.append(str(fault))
            except (OverflowError, DataError, IntegrityError):
                refused.append("a message that cannot be kept; ask the partner for another")
    if not codes <= set(row.codes.split()):
        raise PackageRefused(
            Code.LOOSENED, "its header is looser than what is in it; have the sender seal it again"
        )
    return [f"{refused.count(says)} × {says}" for says in sorted(set(refused))]


def _read(line: bytes, readers: Mapping[str, Reader]) -> Came:
    told = read_line(line)
    what, version = str(told.get("what"))[:20], told.get("v")
    if what not in readers or version != VERSION:
        raise NotRead(
            f"a message “{what}”, version {str(version)[:8]}, not known at this desk: bring it up to date"
        )
    return Came(told)
