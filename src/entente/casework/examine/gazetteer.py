"""Names of places with at least 5,000 inhabitants, found in writing here and weighed by ``locate``.

The packaged table is a part of the program, as constant as a table of numbers in a source file: no case, desk
or user file is opened. Built by ``tools/world/build.py``; attribution in ``data/NOTICE.txt``.
"""

from __future__ import annotations

import io
import lzma
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

_DEGREES = 180 / 32767  # one step of a packed coordinate

Floats = NDArray[np.float64]


def plain(name: str) -> str:
    """Fold a name for comparison: no accents, no punctuation, lower case."""
    text = unicodedata.normalize("NFKD", name).casefold()
    kept = "".join(c if c.isalnum() else " " for c in text if not unicodedata.combining(c))
    return " ".join(kept.split())


@dataclass(frozen=True)
class Gazetteer:
    """Names of places of at least 5,000 inhabitants, with homonyms.

    ``names`` is one text, a folded name a line: searched in milliseconds, in a tenth of a dict's memory.
    ``country`` holds rows of the countries' codes in their order.
    """

    names: str
    country: NDArray[np.intp]
    people: Floats
    lat: Floats
    lon: Floats

    def rows(self, name: str) -> list[int]:
        """Return the lines that read exactly ``name``, folded by ``plain``."""
        found, line, wanted = [], 0, f"\n{name}\n"
        last = 0
        at = self.names.find(wanted)
        while name and at >= 0:
            line += self.names.count("\n", last, at)
            found.append(line)
            last = at
            at = self.names.find(wanted, at + 1)
        return found

    def most(self, name: str) -> int:
        """Return the people of the largest place called ``name``, 0 where there is none."""
        return round(max((float(self.people[row]) for row in self.rows(name)), default=0.0))


@cache
def gazetteer() -> Gazetteer:
    """Load the packaged names; once in a process, only when a place name is met."""
    packed = (files("entente.casework.examine") / "data" / "gazetteer.npz.xz").read_bytes()
    read = np.load(io.BytesIO(lzma.decompress(packed)))
    return Gazetteer(
        names="\n" + read["names"].tobytes().decode() + "\n",
        country=read["country"].astype(np.intp),
        people=np.exp(read["people"] / 255 * np.log(5e7)),
        lat=read["lat"] * _DEGREES,
        lon=read["lon"] * _DEGREES,
    )
