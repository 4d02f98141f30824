"""What a clue extractor must offer; each is a file here or a stranger's package.

An extractor is found by the entry point ``entente.extractors`` and covered by the conformance tests. It gets
decoded material inside the sandbox and may read no file, open no connection and start no process.

Two things are optional. ``ready()`` is called once before the decoder is closed in: there it loads its models
and tables. ``missing`` says which package is not installed; such an extractor finds nothing, and ``entente
doctor`` and the job say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from entente.vocabulary.clue import Clue, ClueKind

NEEDS = frozenset({"metadata", "picture", "sound", "brightness", "text"})

# The name to give as ``extract`` to ``evidence.open.read``: who asks need not load what looks.
FIND_ALL = f"{__name__}.run:find_all"

Picture = NDArray[np.uint8]  # (rows, columns, 3), RGB, as displayed


@dataclass(frozen=True, slots=True)
class Written:
    """A line of writing that was read in the medium, with its script (ISO 15924) and where it stands."""

    string: str
    script: str
    region: tuple[float, float, float, float] | None = None
    start: float | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """One medium, decoded: what it carries, what it shows, what it sounds like.

    ``medium`` is the id that clues point back to; ``metadata`` the normalised dictionary of intake;
    ``frames`` pairs of seconds and picture; ``sound`` mono float32 in -1 to 1 at ``rate`` samples a second;
    ``texts`` what the extractors of writing read, for those that need ``text``;
    ``brightness`` seconds and mean luma of consecutive frames from the beginning: (n,) of the whole frame, or
    (n, 1 + m) of the whole and of m upright strips from left to right.
    """

    medium: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    picture: Picture | None = None
    frames: Sequence[tuple[float, Picture]] = ()
    sound: NDArray[np.float32] | None = None
    rate: int | None = None
    texts: Sequence[Written] = ()
    brightness: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None


@dataclass(frozen=True, slots=True)
class ExtractorExample:
    """Material with its known answer: every (kind, value) that must be found, and no other."""

    material: Material
    expected: tuple[tuple[ClueKind, Any], ...]


@runtime_checkable
class ClueExtractor(Protocol):
    """Proposes clues; what it is not sure of it does not say."""

    name: str
    version: str
    needs: frozenset[str]  # of NEEDS

    def find(self, material: Material) -> list[Clue]:
        """Return the clues of one medium, empty when it cannot tell. ``id`` and ``source`` may stay empty."""
        ...

    def examples(self) -> Sequence[ExtractorExample]:
        """Return material with its known answers."""
        ...


def missing_of(extractor: object) -> str:
    """Return what an extractor lacks here, empty when it can work."""
    return str(getattr(extractor, "missing", ""))
