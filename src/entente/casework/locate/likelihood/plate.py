"""A number plate: P(this plate | country), by the forms that it writes and how many plates each makes.

A form is written out as sequences of signs: for each repetition one, all as likely, and within one sequence
each plate as likely as another. So the plates of a country, with those of no listed form, sum to one: a form
of few plates says more than one of many. Of no listed form is what the countries of the table write together.

References
----------
The table of ``plates``, country by country after its regulation. Abroad a car is a visitor: the floor.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
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


@dataclass(frozen=True)
class _Sequence:
    """One sequence of signs of a country's format, and the share of the country's plates that it has."""

    country: str
    rank: int
    signs: Signs
    share: float


@cache
def _by_length() -> dict[int, list[_Sequence]]:
    """Return the sequences of all countries by their number of signs."""
    found: dict[int, list[_Sequence]] = {}
    for country, row in PLATES.items():
        listed = [SHARES[min(n, len(SHARES) - 1)] for n in range(len(row.formats))]
        for rank, written in enumerate(row.formats):
            written_out = forms(written)
            share = (1 - UNLISTED) * listed[rank] / sum(listed) / len(written_out)
            for signs in written_out:
                found.setdefault(len(signs), []).append(_Sequence(country, rank, signs, share))
    return found


def shares(read: str) -> dict[str, float]:
    """Return how many of each country's plates are ``read``, by country of the table; they sum to one.

    With unread signs: how many are any of those that it can be.
    """
    listed = dict.fromkeys(PLATES, 0.0)
    for one in _by_length().get(len(read), []):
        if fits(one.signs, read):
            chance = 1.0
            for sign, allowed in zip(read, one.signs, strict=True):
                chance *= 1.0 if sign == UNREAD else 1 / len(allowed)
            listed[one.country] += one.share * chance
    other = UNLISTED * sum(listed.values()) / (1 - UNLISTED) / len(listed)
    return {country: share + other for country, share in listed.items()}


def of_form(read: str) -> dict[str, float]:
    """Return how many of each country's plates are of the formats that ``read`` fits."""
    ranks: dict[str, dict[int, float]] = {}
    for one in _by_length().get(len(read), []):
        if fits(one.signs, read):
            whole = one.share * len(forms(PLATES[one.country].formats[one.rank]))
            ranks.setdefault(one.country, {})[one.rank] = whole
    return {country: sum(ranks.get(country, {}).values()) for country in PLATES}


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
            clue.id,
            "a plate is up to {most} letters and digits, * for an unread one, not {value!r}",
            most=LONGEST,
            value=clue.value,
        )
    if len(read) - read.count(UNREAD) < LEAST_READ:
        raise ClueRefused(
            clue.id,
            "a plate with fewer than {least} signs read says nothing: {value!r}",
            least=LEAST_READ,
            value=clue.value,
        )
    form = of_form(read)
    if not any(form.values()):
        raise ClueRefused(
            clue.id,
            "no country of the table has plates like {value!r}: enter a country or region instead",
            value=clue.value,
        )
    if clue.negated:  # "not a plate of here": of its form, for that it is not this one plate says nothing
        return by_country(world, lambda code: form.get(code, nan), "plate")
    table = shares(read)
    most = max(table.values())  # one number for all places: plates are many, and a share of them is tiny
    return by_country(world, lambda code: table[code] / most if code in table else nan, "plate")
