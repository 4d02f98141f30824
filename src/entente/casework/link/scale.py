"""The verbal scale: which word a likelihood ratio is given; packaged after ENFSI, or a site's own table.

The packaged table is a part of the program. A site's file is read by whoever starts the program and handed in
as text: this file opens none but its own.

References
----------
ENFSI Guideline for Evaluative Reporting in Forensic Science (2015). Laboratories cut the top of the scale
differently, so the table can be replaced, as a whole and with its source.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import isfinite
from typing import Any

LANGUAGES = ("en", "fr", "it")
MOST_LEVELS, LONGEST_WORD = 12, 60
_KEYS = {"name", "source", "level"}


class ScaleRefused(ValueError):
    """A table that is no verbal scale: which file, what is wrong, and the mend."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Lower bounds of the ratio, rising, and the word of each by language."""

    name: str
    source: str
    bounds: tuple[float, ...]
    words: dict[str, tuple[str, ...]]

    def word(self, log10_ratio: float, language: str) -> str | None:
        """Return the word for a ratio either way, None where it is about neutral."""
        ratio = 10 ** min(abs(log10_ratio), 300)
        level = sum(ratio >= bound for bound in self.bounds)
        return self.words[language][level - 1] if level else None


def read(text: str, file: str) -> Scale:
    """Return the scale that ``text`` writes; raise ``ScaleRefused`` naming ``file``."""
    try:
        held = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ScaleRefused(f"verbal scale {file}: no TOML: {fault}") from None
    if strange := sorted(set(held) - _KEYS):
        raise ScaleRefused(
            f"verbal scale {file}: unknown {', '.join(strange)}; it has name, source and levels"
        )
    name, source, levels = (held.get(key) for key in ("name", "source", "level"))
    if not _said(name) or not _said(source):
        raise ScaleRefused(f"verbal scale {file}: say its name and its source, each in one line")
    if not isinstance(levels, list) or not 1 <= len(levels) <= MOST_LEVELS:
        raise ScaleRefused(f"verbal scale {file}: 1 to {MOST_LEVELS} tables [[level]] are needed")
    bounds = tuple(_bound(level, n, file) for n, level in enumerate(levels, 1))
    if bounds[0] < 1 or tuple(sorted(set(bounds))) != bounds:
        raise ScaleRefused(f"verbal scale {file}: the bounds begin at 1 or more and rise, not {bounds}")
    words = {language: tuple(str(level[language]).strip() for level in levels) for language in LANGUAGES}
    for language, said in words.items():
        if len(set(said)) < len(said):
            raise ScaleRefused(f"verbal scale {file}: one word of {language} stands for two levels")
    return Scale(str(name).strip(), str(source).strip(), bounds, words)


def _said(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and len(value) <= 300


def _bound(level: Any, at: int, file: str) -> float:
    """Return a level's lower bound, its words checked."""
    if not isinstance(level, dict) or set(level) != {"from", *LANGUAGES}:
        raise ScaleRefused(f"verbal scale {file}: level {at} has from, en, fr and it, no more and no less")
    bound = level["from"]
    if isinstance(bound, bool) or not isinstance(bound, (int, float)) or not isfinite(bound):
        raise ScaleRefused(f"verbal scale {file}: level {at} begins at a number, not {bound!r}")
    for language in LANGUAGES:
        if not _said(level[language]) or len(level[language]) > LONGEST_WORD:
            raise ScaleRefused(f"verbal scale {file}: level {at} has no word of one line in {language}")
    return float(bound)


@cache
def packaged() -> Scale:
    """Return the scale that comes with the program."""
    text = (files("entente.casework.link") / "data" / "verbal_scale.toml").read_bytes().decode()
    return read(text, "verbal_scale.toml")


_IN_FORCE: list[Scale] = []


def use(scale: Scale | None) -> None:
    """Have ``scale`` stand for the life of this process; None is the packaged one."""
    _IN_FORCE[:] = [scale] if scale else []


def in_force() -> Scale:
    """Return the site's scale, or the packaged one."""
    return _IN_FORCE[0] if _IN_FORCE else packaged()
