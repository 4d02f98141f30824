"""The language of what was written, as a whole vector: never the top label alone.

``lingua`` (Apache-2.0, 75 languages, its models in its package) with its full models: they take nearly 1 GB
and some ten seconds, once, in the process that decoders are forked from. Its small models were measured too:
wrong in two of five short lines, and sure of it. A line of one or two words is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

from entente.casework.examine.extractors import ExtractorExample, Material, Written
from entente.casework.examine.extractors.reading import MISSING
from entente.plugins import installed
from entente.vocabulary.clue import Clue, ClueKind, group_of

LEAST_WORDS = 2
LEAST_LETTERS = 14
MOST_LINES = 5  # of a medium, the longest
LEAST_WEIGHT = 0.001
MOST_WEIGHT = 0.97  # what it is surest of was right in 97 of 100 phrases, not in 99


@cache
def _detector() -> Any:
    from lingua import LanguageDetectorBuilder

    return LanguageDetectorBuilder.from_all_languages().build()


def weights_of(text: str) -> dict[str, float]:
    """Return the weight of each language (ISO 639-1), the most likely first; they add up to about 1."""
    found = [
        (v.language.iso_code_639_1.name.lower(), v.value)
        for v in _detector().compute_language_confidence_values(text)
    ]
    first, second = found[0], found[1:]
    over = max(first[1] - MOST_WEIGHT, 0.0)
    rest = sum(w for _, w in second)
    shared = [(tag, w + over * (w / rest if rest > 0 else 1 / len(second))) for tag, w in second]
    return {tag: round(w, 3) for tag, w in [(first[0], first[1] - over), *shared] if w >= LEAST_WEIGHT}


class LanguageExtractor:
    """Weighs the languages of a line of writing; says nothing of a few letters."""

    name = "language"
    needs = frozenset({"text"})

    @cached_property
    def missing(self) -> str:
        """What is not installed, or nothing."""
        return "" if installed("lingua") else MISSING

    @property
    def version(self) -> str:
        """The version; another where nothing can be weighed."""
        return "1-absent" if self.missing else "1"

    def ready(self) -> None:
        """Load the models that most lines need: those of Latin, Greek and Cyrillic letters."""
        for text in ("una frase qualunque", "μια φράση", "какая-то фраза"):
            weights_of(text)

    def find(self, material: Material) -> list[Clue]:
        """Return one clue for each of the longest lines."""
        lines: dict[str, Written] = {}
        for line in () if self.missing else material.texts:
            letters = sum(c.isalpha() for c in line.string)
            words = sum(any(c.isalpha() for c in word) for word in line.string.split())
            if letters >= LEAST_LETTERS and words >= LEAST_WORDS:
                lines.setdefault(line.string, line)
        longest = sorted(lines.values(), key=lambda line: -len(line.string))[:MOST_LINES]
        return [self._clue(material.medium, line) for line in longest]

    def _clue(self, medium: str, line: Written) -> Clue:
        weights = weights_of(line.string)
        top = ", ".join(f"{tag} {100 * weight:.0f} %" for tag, weight in list(weights.items())[:3])
        return Clue(
            id="",
            kind=ClueKind.LANGUAGE,
            value=weights,
            group=group_of(ClueKind.LANGUAGE),
            source="",
            medium=medium,
            because=f"the letters of {line.string!r} are most like {top}",
            method=self.name,
            version=self.version,
            region=line.region,
            start=line.start,
            end=line.start,
        )

    def examples(self) -> Sequence[ExtractorExample]:
        """Return a single word, of which nothing is said, and where it can be weighed a Greek line."""
        word = ExtractorExample(Material("word", texts=(Written("Pane", "Latn"),)), ())
        if self.missing:
            return (word,)
        line = "Ανοιχτά όλη μέρα"
        greek = Material("greek", texts=(Written(line, "Grek"),))
        return (word, ExtractorExample(greek, ((ClueKind.LANGUAGE, weights_of(line)),)))
