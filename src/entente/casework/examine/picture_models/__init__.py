"""What a model that guesses a place from a picture must offer; none comes with Entente, a site may add one.

It is found by the entry point ``entente.picture_models``, covered by the conformance tests, and runs in the
closed decoder as any extractor does. It says log P(picture | cell), never a place: what it says becomes one
graded clue a medium, mixed with the error rate that it declares, and is weighed with the others. It judges
nothing, and nothing that looks for a person may be written as one.

Two things are optional. ``ready()`` is called once before the decoder is closed in. ``missing`` says which
package is not installed; such a model says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from entente.casework.examine.extractors import Picture


@dataclass(frozen=True, slots=True)
class PictureExample:
    """A picture with its known answer: the best cell, or None where the model must be silent."""

    picture: Picture
    best: str | None


@runtime_checkable
class PictureModel(Protocol):
    """Says how well a picture fits each part of the world; what it cannot tell it does not say.

    Attributes
    ----------
    error_rate : how often the place is none of those it holds likely, measured on pictures it was not made
        from; between 0 and 1. Below .05 it counts as .05
    """

    name: str
    version: str
    error_rate: float

    def look(self, picture: Picture) -> Mapping[str, float]:
        """Return log-likelihoods by H3 index of resolution 0 to 5, up to a constant; empty if it cannot tell.

        Cells that are not named are as unlikely as the least likely one that is.
        """
        ...

    def examples(self) -> Sequence[PictureExample]:
        """Return pictures with their known answers."""
        ...
