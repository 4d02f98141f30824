"""A number plate: which countries write plates of that form; forms that several share are shared.

References
----------
The table of ``plates``, country by country after its regulation. Abroad a car is a visitor: the floor.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import product
from math import nan

from entente.casework.locate.likelihood.shares import Likelihood, by_country
from entente.casework.locate.plates import PLATES, SHARES, UNLISTED
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.world import World
from entente.vocabulary.clue import Clue

UNREAD = "*"
LEAST_READ, LONGEST = 4, 11
_LETTERS, _DIGITS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), frozenset("0123456789")
_ITEM = re.compile(
    r"(\((?P<words>[^)]+)\)|\[(?P<set>[^\]]+)\]|(?P<one>[A9]))(\{(?P<least>\d)(,(?P<most>\d))?\})?|."
)
# Cyrillic and Greek capitals that look like Latin ones are read as those.
_LOOKS = str.maketrans("АВЕКМНОРСТУХІΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXIABEZHIKMNOPTYX")

Signs = tuple[frozenset[str], ...]


@cache
def forms(written: str) -> tuple[Signs, ...]:
    """Return every sequence of signs that a format allows, its repetitions written out."""
    found: list[Signs] = []
    for one in written.split():
        parts = [_item(item) for item in _ITEM.finditer(one)]
        found += [sum(choice, ()) for choice in product(*parts)]
    return tuple(found)


def _item(item: re.Match[str]) -> list[Signs]:
    """Return what one item of a format may be."""
    least = int(item["least"] or 1)
    most = int(item["most"] or least)
    if item["words"]:
        once = [signs for word in item["words"].split("|") for signs in forms(_literal(word))]
    elif item["set"]:
        once = [(frozenset(item["set"]),)]
    else:
        once = [({"A": _LETTERS, "9": _DIGITS}[item["one"]] if item["one"] else frozenset(item[0]),)]
    return [sum(some, ()) for n in range(least, most + 1) for some in product(once, repeat=n)]


def _literal(word: str) -> str:
    """Return a word whose own letters stand for themselves; sets and digits in it stay what they are."""
    return re.sub(r"\[[^\]]+\]|[A-Z]", lambda m: m[0] if m[0].startswith("[") else f"[{m[0]}]", word)


def fits(signs: Signs, read: str) -> bool:
    """Say whether what was read can be of these signs; an unread one can be any."""
    return len(signs) == len(read) and all(r == UNREAD or r in s for s, r in zip(signs, read, strict=True))


@cache
def _by_length() -> dict[int, list[tuple[str, int, Signs]]]:
    """Return (country, rank of the format, signs) by the number of signs."""
    found: dict[int, list[tuple[str, int, Signs]]] = {}
    for country, (formats, _) in PLATES.items():
        for rank, written in enumerate(formats):
            for signs in forms(written):
                found.setdefault(len(signs), []).append((country, rank, signs))
    return found


def shares(read: str) -> dict[str, float]:
    """Return how many of each country's plates look like ``read``; those of the table without one: 0."""
    ranks: dict[str, set[int]] = {}
    for country, rank, signs in _by_length().get(len(read), []):
        if rank not in ranks.get(country, set()) and fits(signs, read):
            ranks.setdefault(country, set()).add(rank)
    return {c: sum(_share(c, rank) for rank in ranks.get(c, ())) for c in PLATES}


def _share(country: str, rank: int) -> float:
    """Return the share of a country's plates that are of its format number ``rank``."""
    count = len(PLATES[country][0])
    listed = [SHARES[min(n, len(SHARES) - 1)] for n in range(count)]
    return (1 - UNLISTED) * listed[rank] / sum(listed)


def plain(text: str) -> str:
    """Return the signs of a plate: capitals without accents, no blanks, strokes or points."""
    apart = unicodedata.normalize("NFKD", text.upper())
    bare = "".join(c for c in apart if not unicodedata.combining(c))
    return re.sub(r"[\s.·•\-–—_/|]", "", bare).translate(_LOOKS).replace("?", UNREAD)


def plate(clue: Clue, world: World) -> Likelihood:
    """Read what can be read of a plate, with * for each sign that cannot."""
    read = plain(clue.value) if isinstance(clue.value, str) else ""
    if not read or len(read) > LONGEST or not re.fullmatch(r"[A-Z0-9*]+", read):
        raise ClueRefused(
            clue.id, f"a plate is up to {LONGEST} letters and digits, * for an unread one, not {clue.value!r}"
        )
    if len(read) - read.count(UNREAD) < LEAST_READ:
        raise ClueRefused(
            clue.id, f"a plate with fewer than {LEAST_READ} signs read says nothing: {clue.value!r}"
        )
    table = shares(read)
    if not any(table.values()):
        raise ClueRefused(
            clue.id,
            f"no country of the table has plates like {clue.value!r}: enter a country or region instead",
        )
    return by_country(world, lambda code: table.get(code, nan), "plate")
