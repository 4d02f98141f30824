"""Names of towns in what was written, from the packaged gazetteer (GeoNames, CC BY 4.0).

A name is proposed as it stands on the sign, never a place: its homonyms are weighed by ``locate``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from entente.casework.examine.extractors import ExtractorExample, Material, Written
from entente.casework.examine.gazetteer import gazetteer, plain
from entente.vocabulary.clue import Clue, ClueKind, group_of

MOST_WORDS = 4  # of a name
LEAST_LETTERS = 4
LEAST_PEOPLE = 15_000  # for a name of one word: hamlets are called like half the dictionary
# Words of signs that are towns somewhere too.
_ORDINARY = """
mercato market centro center centre bank salida sale halle essen bath reading orange nice post casa
piazza plaza park garden school college station central nord sud est ovest north south east west norte
este oeste open stop exit vendita same most more over best china burger king star gold silver victoria
regina santa saint male come date time mobile normal union progreso libertad independencia dolores carmen
jose maria rosario martinez kids moda viva fort point lake river hill
"""
ORDINARY = frozenset(_ORDINARY.split())


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
        bare = plain(name)
        if taken & set(range(first, last)) or len(bare) < LEAST_LETTERS:
            continue
        one = " " not in bare
        if one and bare in ORDINARY:
            continue
        people = gazetteer().most(bare)
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
        gazetteer()

    def find(self, material: Material) -> list[Clue]:
        """Return one clue a name, from the line where it was first read."""
        found: dict[str, tuple[Written, str, int]] = {}
        for line in material.texts:
            for name, people in places_in(line.string):
                found.setdefault(plain(name), (line, name, people))
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
