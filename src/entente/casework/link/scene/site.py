"""A site's own matcher: which network it vetted, and how often it was wrong by the site's own measure.

None comes with Entente. The network is a file of the site's, in the form that OpenCV's own classes take; what
it finds goes the way of our own points and is one proposal among others. Its weight is what the site
measured, and never so high that it joins anything by itself. Whoever starts the program reads the setting.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from entente.casework.link.scene.agreement import VERSION, WORKING
from entente.casework.link.series.network import STRONG

METHOD, GRADE = "site matcher", "site matcher"  # of a link that it found
MOST_WEIGHT = STRONG - 0.01  # below what would join a pair by itself: a person or other evidence must
LEAST_WEIGHT = 0.5
MOST_SIDE, STEP = 2048, 16  # pixels of the picture that a network looks at; its sides are multiples
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,18}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KEYS = {"name", "version", "kind", "file", "sha256", "size", "source", "measured"}
_MEASURED = {"on", "points", "links", "false"}
_MATCHING = {"name", "version", "file", "sha256", "source"}


class MatcherRefused(ValueError):
    """A site's matcher that cannot be used; the sentence says why, and the mend."""


class Kind(StrEnum):
    """Which of OpenCV's classes takes the network."""

    DISK = "DISK"
    ALIKED = "ALIKED"


@dataclass(frozen=True, slots=True)
class Matching:
    """A site's second network: it says which points of two pictures belong together, as LightGlue does."""

    name: str
    version: str
    path: str
    sha256: str
    source: str

    @property
    def named(self) -> str:
        """Name, version, kind and digest, for the reason of a link."""
        return f"{self.name} {self.version} (LightGlue, SHA-256 {self.sha256[:12]})"


@dataclass(frozen=True, slots=True)
class SiteMatcher:
    """A network that a site vetted, and what it measured.

    ``size`` is the width and height of the picture that it looks at. Of ``links`` pairs that agreed in
    ``points`` points and more, ``false`` did not belong together; ``on`` says in which pictures. Measured
    with ``matching``, where there is one; ``set_aside`` says that it is refused now.
    """

    name: str
    version: str
    kind: Kind
    path: str
    sha256: str
    size: tuple[int, int]
    source: str
    on: str
    points: int
    links: int
    false: int
    matching: Matching | None = None
    set_aside: bool = False

    @property
    def weight(self) -> float:
        """How much a link weighs: few measured pairs say little, and no number of them says enough."""
        return min(MOST_WEIGHT, round((self.links - self.false + 1) / (self.links + 2), 3))

    @property
    def pairing(self) -> Matching | None:
        """The second network, where there is one that can be used."""
        return None if self.set_aside else self.matching

    @property
    def stated(self) -> str:
        """Name, version and kind of all files, and the declared error, for the reason of a link."""
        more = f" with {self.matching.named}" if self.matching else ""
        return f"{self._named}{more}, by its site's measure wrong in {self.false} of {self.links} links"

    def reason(self, paired: bool) -> str:
        """Say what found a link; what was measured with the second network is not claimed without it."""
        if self.matching and not paired:
            return f"{self._named}, by mutual neighbours without {self.matching.named}: not measured so"
        return self.stated

    def weighs(self, paired: bool) -> float:
        """How much a link weighs that the second network ``paired``, or not."""
        return LEAST_WEIGHT if self.matching and not paired else self.weight

    @property
    def _named(self) -> str:
        return f"{self.name} {self.version} ({self.kind})"

    @property
    def told(self) -> str:
        """What the decoder needs to know: the kind, the width and the height."""
        return f"{self.kind} {self.size[0]} {self.size[1]}"

    @property
    def mark(self) -> str:
        """Ten letters that are others as soon as anything of it is: points of two are never compared."""
        known = {**asdict(self), "path": ""}
        del known["set_aside"]
        if self.matching:
            known["matching"]["path"] = ""
        else:
            del known["matching"]
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:10]


def version_of(site: SiteMatcher | None) -> str:
    """Return the version of an item's points where all are found that are looked for."""
    return f"{VERSION}+{site.mark}" if site else VERSION


def fit(version: str, site: SiteMatcher | None) -> bool:
    """Whether an item's points can be compared: by this network, or without one by our own points."""
    return version == version_of(site) if site else version.split("+")[0] == VERSION


def read(text: str, file: str) -> SiteMatcher:
    """Return the matcher that ``text`` sets up; raise ``MatcherRefused`` naming ``file``.

    A network's path without a folder lies beside the setting.
    """
    try:
        held = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise MatcherRefused(f"matcher {file}: no TOML: {fault}") from None
    measured = held.get("measured")
    if set(held) - {"matching"} != _KEYS or not isinstance(measured, dict) or set(measured) != _MEASURED:
        raise MatcherRefused(
            f"matcher {file}: it has {', '.join(sorted(_KEYS - {'measured'}))}, and a table [measured] with "
            f"{', '.join(sorted(_MEASURED))}; no more and no less, but for a table [matching]"
        )
    _demand_written(held, file)
    _demand_line(measured["on"], "on", file)
    if held["kind"] not in list(Kind):
        raise MatcherRefused(f"matcher {file}: kind is {' or '.join(Kind)}, not {held['kind']!r}")
    points, links, false = (_count(measured[name], name, file) for name in ("points", "links", "false"))
    if points < WORKING:
        raise MatcherRefused(f"matcher {file}: points is {WORKING} or more: fewer that agree are no reason")
    size = _size(held["size"], file)
    made = SiteMatcher(
        held["name"], held["version"], Kind(held["kind"]), _beside(file, held["file"]), held["sha256"], size,
        held["source"].strip(), measured["on"].strip(), points, links, false, _matching(held, file),
    )  # fmt: skip
    if false > links or made.weight <= LEAST_WEIGHT:
        raise MatcherRefused(f"matcher {file}: {false} of {links} links were false: it says nothing")
    return made


def _matching(held: dict[str, Any], file: str) -> Matching | None:
    told = held.get("matching")
    if told is None:
        return None
    if not isinstance(told, dict) or set(told) != _MATCHING:
        raise MatcherRefused(
            f"matcher {file}: the table [matching] has {', '.join(sorted(_MATCHING))}; no more and no less"
        )
    _demand_written(told, file, "matching.")
    path = _beside(file, told["file"])
    return Matching(told["name"], told["version"], path, told["sha256"], told["source"].strip())


def _demand_written(held: dict[str, Any], file: str, within: str = "") -> None:
    """Demand what is said of either network's file."""
    for name, fits in (("name", _NAME), ("version", _NAME), ("sha256", _DIGEST)):
        if not isinstance(held[name], str) or not fits.fullmatch(held[name]):
            why = f"{within}{name} is written as {fits.pattern}, not {held[name]!r}"
            raise MatcherRefused(f"matcher {file}: {why}")
    for name in ("file", "source"):
        _demand_line(held[name], within + name, file)


def _demand_line(value: Any, name: str, file: str) -> None:
    if not (isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= 300):
        raise MatcherRefused(f"matcher {file}: say {name} in one line")


def _beside(file: str, named: str) -> str:
    return named if named.startswith("/") else file[: file.rfind("/") + 1] + named


def _count(value: Any, name: str, file: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise MatcherRefused(f"matcher {file}: {name} is a whole number, not {value!r}")
    return value


def _size(value: Any, file: str) -> tuple[int, int]:
    right = isinstance(value, list) and len(value) == 2 and all(type(n) is int for n in value)
    if not right or any(n % STEP or not STEP <= n <= MOST_SIDE for n in value):
        raise MatcherRefused(
            f"matcher {file}: size is [width, height] in multiples of {STEP} up to {MOST_SIDE}, not {value!r}"
        )
    return value[0], value[1]


_IN_FORCE: list[SiteMatcher] = []


def use(matcher: SiteMatcher | None) -> None:
    """Have ``matcher`` stand for the life of this process; ``None`` is none."""
    _IN_FORCE[:] = [matcher] if matcher else []


def in_force() -> SiteMatcher | None:
    """Return the site's matcher, or ``None``."""
    return _IN_FORCE[0] if _IN_FORCE else None
