"""Writing on signs, packaging and screens, proposed line by line with its box.

``reading`` says how; what is read twice in the frames of a video is said once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import cv2
import numpy as np

from entente.casework.examine.extractors import ExtractorExample, Material, Picture, reading
from entente.vocabulary.clue import Clue, ClueKind, group_of

MOST_FRAMES = 4  # of a video: each costs about a second
MOST_LINES = 60  # a page of a book is not sixty clues
SAME = 0.85  # two readings of one line in different frames


def sign(words: str, angle: float = 0.0) -> Picture:
    """Draw ``words`` (ASCII) on a wall, for examples."""
    wall = np.full((260, 760, 3), (196, 188, 176), np.uint8)
    cv2.putText(wall, words, (60, 145), cv2.FONT_HERSHEY_DUPLEX, 1.7, (24, 30, 60), 3, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((380, 130), angle, 1)
    return np.asarray(cv2.warpAffine(wall, turn, (760, 260), borderValue=(196, 188, 176)), np.uint8)


class TextExtractor:
    """Reads what is written; a line that it is not sure of it leaves out."""

    name = "text"
    needs = frozenset({"picture"})

    @cached_property
    def missing(self) -> str:
        """What is not installed, or nothing."""
        return reading.missing()

    @property
    def version(self) -> str:
        """The version; another where nothing can be read, so that items are read when it can."""
        return "2-absent" if self.missing else "2"

    def ready(self) -> None:
        """Load the models."""
        reading.finder(), reading.readers()

    def find(self, material: Material) -> list[Clue]:
        """Return one clue a line, the surest first where there are too many."""
        if self.missing:
            return []
        kept: list[tuple[float | None, reading.Line]] = []
        for t, picture in _looked_at(material):
            for line in reading.lines_of(picture):
                twin = next(
                    (n for n, (_, k) in enumerate(kept) if reading.alike(k.string, line.string) >= SAME), None
                )
                if twin is None or t is None:
                    kept.append((t, line))
                elif line.sure > kept[twin][1].sure:
                    kept[twin] = (t, line)
        if len(kept) > MOST_LINES:
            kept = sorted(kept, key=lambda each: -each[1].sure)[:MOST_LINES]
        return [
            Clue(
                id="",
                kind=ClueKind.TEXT,
                value={"string": line.string, "script": line.script},
                group=group_of(ClueKind.TEXT),
                source="",
                medium=material.medium,
                because=f"read by {line.reader}, {100 * line.sure:.0f} % sure of its letters",
                method=self.name,
                version=self.version,
                region=line.box,
                start=t,
                end=t,
            )
            for t, line in kept
        ]

    def examples(self) -> Sequence[ExtractorExample]:
        """Return a wall without writing and, where it can be read, a sign."""
        wall = ExtractorExample(Material("wall", picture=sign("")), ())
        if self.missing:
            return (wall,)
        value = {"string": "FARMACIA CENTRALE", "script": "Latn"}
        return (
            wall,
            ExtractorExample(Material("sign", picture=sign(value["string"])), ((ClueKind.TEXT, value),)),
        )


def _looked_at(material: Material) -> list[tuple[float | None, Picture]]:
    """Return the picture, or a few frames spread over the video."""
    if material.picture is not None:
        return [(None, material.picture)]
    count = min(MOST_FRAMES, len(material.frames))
    steps = np.linspace(0, len(material.frames) - 1, count).round().astype(int)
    return [material.frames[n] for n in steps]
