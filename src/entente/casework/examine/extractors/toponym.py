"""Names of towns in what was written, from the packaged gazetteer (GeoNames, CC BY 4.0).

A name is proposed as it stands on the sign, never a place: its homonyms are weighed by ``locate``. The table
is that step's own; only its file is read here, because a step may not use a later one.
"""

from __future__ import annotations

import io
import lzma
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from entente.casework.examine.extractors import ExtractorExample, Material, Written
from entente.vocabulary.clue import Clue, ClueKind, group_of

MOST_WORDS = 4  # of a name
LEAST_LETTERS = 4
LEAST_PEOPLE = 15_000  # for a name of one word: hamlets are called like half the dictionary
PEOPLE_STEP = np.log(5e7) / 255  # of the packed logarithm
# Words of signs that are towns somewhere too.
_ORDINARY = """
mercato market centro center centre bank salida sale halle essen bath reading orange nice post casa
piazza plaza park garden school college station central nord sud est ovest north south east west norte
este oeste open stop exit vendita same most more over best china burger king star gold silver victoria
regina santa saint male come date time mobile normal union progreso libertad independencia dolores carmen
jose maria rosario martinez kids moda viva fort point lake river hill
"""
ORDINARY = frozenset(_ORDINARY.split())


@dataclass(frozen=True, slots=True)
class Names:
    """Folded names, one a line, and how many live in each."""

    lines: str
    people: NDArray[np.float64]

    def most(self, name: str) -> int:
        """Return the people of the largest place called ``name``, 0 where there is none."""
        best, last, line = 0.0, 0, 0
        at = self.lines.find(f"\n{name}\n")
        while name and at >= 0:
            line += self.lines.count("\n", last, at)
            best = max(best, float(self.people[line]))
            last = at
            at = self.lines.find(f"\n{name}\n", at + 1)
        return round(best)


@cache
def names() -> Names:
    """Load the packaged names, once."""
    packed = lzma.decompress(
        (files("entente.casework") / "locate" / "data" / "gazetteer.npz.xz").read_bytes()
    )
    held = np.load(io.BytesIO(packed))
    return Names("\n" + held["names"].tobytes().decode() + "\n", np.exp(held["people"] * PEOPLE_STEP))


def folded(name: str) -> str:
    """Fold a name as the table is folded: no accents, no punctuation, lower case."""
    text = unicodedata.normalize("NFKD", name).casefold()
    kept = "".join(c if c.isalnum() else " " for c in text if not unicodedata.combining(c))
    return " ".join(kept.split())


def _candidates(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (first, last, words), the longest first, that begin with a capital and hold no digit."""
    words = text.replace(",", " , ").split()
    for count in range(min(MOST_WORDS, len(words)), 0, -1):
        for first in range(len(words) - count + 1):
            part = words[first : first + count]
            if (
                part[0][:1].isupper()
                and part[-1][:1].isupper()
                and not any(c.isdigit() for w in part for c in w)
            ):
                yield first, first + count, " ".join(part).strip(".:;!?()\"'")


def places_in(text: str) -> list[tuple[str, int]]:
    """Return (name, people of the largest so called) in ``text``; of names within names the longest."""
    taken: set[int] = set()
    found = []
    for first, last, name in _candidates(text):
        plain = folded(name)
        if taken & set(range(first, last)) or len(plain) < LEAST_LETTERS:
            continue
        one = " " not in plain
        if one and plain in ORDINARY:
            continue
        people = names().most(plain)
        if people >= (LEAST_PEOPLE if one else 1):
            taken |= set(range(first, last))
            found.append((name, people))
    return found


class ToponymExtractor:
    """Finds towns' names in lines of writing; leaves out short ones and everyday words."""

    name = "toponym"
    version = "1"
    needs = frozenset({"text"})

    def ready(self) -> None:
        """Load the table."""
        names()

    def find(self, material: Material) -> list[Clue]:
        """Return one clue a name, from the line where it was first read."""
        found: dict[str, tuple[Written, str, int]] = {}
        for line in material.texts:
            for name, people in places_in(line.string):
                found.setdefault(folded(name), (line, name, people))
        return [
            Clue(
                id="",
                kind=ClueKind.TOPONYM,
                value=name,
                group=group_of(ClueKind.TOPONYM),
                source="",
                medium=material.medium,
                because=f"{line.string!r} holds a name of which the largest place has {people:,} people",
                method=self.name,
                version=self.version,
                region=line.region,
                start=line.start,
                end=line.start,
            )
            for line, name, people in found.values()
        ]

    def examples(self) -> Sequence[ExtractorExample]:
        """Return a sign with a town, one in Greek, and one with none."""
        town, greek, none = (
            Material(name, texts=(Written(name, script),))
            for name, script in (
                ("Farmacia di Fossano", "Latn"),
                ("ΘΕΣΣΑΛΟΝΙΚΗ", "Grek"),
                ("Mercato", "Latn"),
            )
        )
        return (
            ExtractorExample(town, ((ClueKind.TOPONYM, "Fossano"),)),
            ExtractorExample(greek, ((ClueKind.TOPONYM, "ΘΕΣΣΑΛΟΝΙΚΗ"),)),
            ExtractorExample(none, ()),
        )
