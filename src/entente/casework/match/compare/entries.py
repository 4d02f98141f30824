"""The entries of all held lists, by number: whose they are, how they are called, and what was withdrawn."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from entente.casework.match.compare.answer import label_of
from entente.casework.match.compare.digests import Digests
from entente.casework.match.compare.words import NAMES
from entente.vocabulary.media_hash import (
    BLANK_HASHES,
    DIGEST_HEX,
    EMPTY_FILE_HASHES,
    PDQ_HEX,
    PDQ_MIN_QUALITY,
    Digest,
    HashEntry,
)

NOTHING = EMPTY_FILE_HASHES | BLANK_HASHES  # values that stand for no file


@dataclass(frozen=True, slots=True)
class HeldList:
    """A list, or one version of it, as it is held."""

    name: str
    version: str = ""
    harmless: bool = False
    profile: str = ""  # whose categories


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A deletion: the hashes that a list took back, and how many entries there were when it did."""

    of_list: str
    before: int
    hashes: tuple[tuple[str, str], ...]  # of any kind: (kind, value)


class Entries:
    """Entries by number, with their digests and PDQ hashes in flat arrays."""

    def __init__(self) -> None:
        self.digests = {kind: Digests(DIGEST_HEX[kind]) for kind in NAMES}
        self.pdq = Digests(PDQ_HEX)
        self.voted: dict[int, tuple[int, int, int]] = {}  # for, against, disputed; where there are any
        self._lists: list[HeldList] = []
        self._places: dict[HeldList, int] = {}
        self._list = array("I")
        self._line = array("Q")
        self._called: dict[int, str] = {}  # where its name is not its line
        self._category = array("I")
        self._codes: dict[str, int] = {}
        self._categories: list[str] = []
        self._withdrawn: list[Withdrawn] = []
        self._gone: set[int] = set()

    def __len__(self) -> int:
        return len(self._line)

    def add(self, held: HeldList, entry: HashEntry) -> int:
        """Take an entry in and return its number."""
        number = len(self)
        place = self._places.setdefault(held, len(self._lists))
        if place == len(self._lists):
            self._lists.append(held)
        self._list.append(place)
        self._line.append(entry.line)
        code = self._codes.setdefault(entry.category, len(self._codes))
        if code == len(self._categories):
            self._categories.append(entry.category)
        self._category.append(code)
        if (label := label_of(entry)) != str(entry.line):
            self._called[number] = label
        if entry.positive or entry.negative or entry.disputed:
            self.voted[number] = entry.positive, entry.negative, entry.disputed
        for kind, digests in self.digests.items():
            if (value := getattr(entry, kind.value)) and value not in NOTHING:
                digests.add(value, number)
        good = entry.pdq_quality is None or entry.pdq_quality >= PDQ_MIN_QUALITY
        if entry.pdq and good and entry.pdq not in NOTHING:
            self.pdq.add(entry.pdq, number)
        return number

    def withdraw(self, list_name: str, entry: HashEntry) -> None:
        """Note a deletion: it is worked out when something is asked, not one by one."""
        told = [(kind.value, getattr(entry, kind.value)) for kind in Digest] + [("pdq", entry.pdq)]
        hashes = tuple((kind, value) for kind, value in told if value and value not in NOTHING)
        self._withdrawn.append(Withdrawn(list_name, len(self), hashes))

    @property
    def gone(self) -> set[int]:
        """The numbers of withdrawn entries: those of the same list that came before the deletion."""
        for deletion in self._withdrawn:
            for kind, value in deletion.hashes:
                held = self.pdq if kind == "pdq" else self.digests[Digest(kind)]
                self._gone.update(
                    n
                    for n in held.find(value)
                    if n < deletion.before and self.list_of(n).name == deletion.of_list
                )
        self._withdrawn.clear()
        return self._gone

    def list_of(self, number: int) -> HeldList:
        """Return the list of an entry."""
        return self._lists[self._list[number]]

    def label(self, number: int) -> str:
        """Return how an entry is called in its list."""
        return self._called.get(number) or str(self._line[number])

    def category(self, number: int) -> str:
        """Return the category that its list gives an entry, opaque text of the list's profile."""
        return self._categories[self._category[number]]

    def where(self, number: int) -> str:
        """Return an entry in words."""
        held = self.list_of(number)
        version = f", version {held.version}" if held.version else ""
        return f"entry {self.label(number)} of list {held.name}{version}"
