"""What to ask next: expected information times the chance of an answer, divided by its cost.

Information is reckoned over first-order divisions: H(answer) − Σ belief·H(answer | division), in bits.
Chances and costs are judged; the yes/no question to a country uses the rates of ``tables``.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from entente.casework.locate import credible
from entente.casework.locate.likelihood.grid import installed
from entente.casework.locate.likelihood.ground import RELIEF, seen
from entente.casework.locate.likelihood.shares import district_weights
from entente.casework.locate.likelihood.words import language_shares
from entente.casework.locate.tables import DRIVES_LEFT, FALSE_YES, HERTZ_60, RECOGNISED
from entente.casework.locate.world import World
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.place import Question

Floats = NDArray[np.float64]
_Partner = tuple[str, str, float, float, str]  # kind, question, gain, cost, country
_MOST = 8
# kind: (chance of an answer, cost in rough units of a quarter of an hour, the question)
_LOOK = {
    ClueKind.SOCKET: (0.30, 1.0, "Is a power socket in view, and of which type?"),
    ClueKind.MAINS_HZ: (0.40, 0.5, "Does the sound carry mains hum of 50 or 60 Hz?"),
    ClueKind.DRIVING_SIDE: (0.10, 1.0, "Is a road, a car's steering wheel or a road sign in view?"),
    ClueKind.CURRENCY: (0.10, 1.0, "Is a price, a receipt or money in view, in which currency?"),
    ClueKind.SPEECH: (0.35, 1.5, "Which languages are spoken, also on television or radio?"),
    ClueKind.LANGUAGE: (0.45, 1.0, "Which languages are written on labels, books or packages?"),
    ClueKind.PHONE_NUMBER: (0.05, 1.0, "Is a phone number in view, on a van, a sign or a sticker?"),
    ClueKind.RELIEF: (0.20, 0.5, "Is land in view through a window or outside: flat, hilly or mountainous?"),
    ClueKind.UTC_OFFSET: (0.15, 0.5, "Does a file or a chat carry a time with its offset from UTC?"),
}


def entropy(shares: Floats) -> Floats:
    """Return bits along the last axis; empty shares count nothing."""
    safe = np.where(shares > 0, shares, 1.0)
    bits: Floats = -np.sum(safe * np.log2(safe), axis=-1)
    return bits


def information(belief: Floats, answers: Floats) -> float:
    """Return the bits that an answer would give on average.

    Parameters
    ----------
    belief : (m,) sums to one; answers : (m, k) P(answer | row), rows sum to one
    """
    return _gained(belief, answers, entropy(answers))


def _gained(belief: Floats, answers: Floats, bits: Floats) -> float:
    return max(float(entropy(belief @ answers) - belief @ bits), 0.0)


@lru_cache(maxsize=len(ClueKind))
def _asked(here: World, kind: ClueKind) -> tuple[Floats, Floats]:
    """Return P(answer | division) and its bits; the tables do not change while a process lives."""
    found = _answers(here, kind)
    return found, entropy(found)


def _answers(here: World, kind: ClueKind) -> Floats:
    """Return P(answer | division) for a kind, (districts, answers)."""
    countries = here.countries
    if kind is ClueKind.SPEECH or kind is ClueKind.LANGUAGE:
        found = np.stack(list(language_shares(str(kind), here).values()), axis=1)
        return _whole(found)
    if kind is ClueKind.RELIEF:
        return _relief_answers(here)
    if kind is ClueKind.SOCKET:
        table = installed()
        rows = [[table.get(c, {}).get(x, 0.0) for x in "ABCDEFGHIJKLMNO"] for c in countries]
    elif kind is ClueKind.MAINS_HZ:
        rows = [[float(c in HERTZ_60)] for c in countries]
    elif kind is ClueKind.DRIVING_SIDE:
        rows = [[float(c in DRIVES_LEFT)] for c in countries]
    elif kind is ClueKind.UTC_OFFSET:
        return _offset_answers(here)
    else:
        fact = "currency" if kind is ClueKind.CURRENCY else "phone"
        values = [here.facts[c][fact] for c in countries]
        listed = sorted(set(values))
        rows = [[0.9 * (v == x) for x in listed] for v in values]
    return _whole(np.array(rows)[here.country_of_district])


def _relief_answers(here: World) -> Floats:
    """Return P(flat, hilly, mountain | division), by the prior inside it."""
    inside = district_weights(here)
    rows = [np.bincount(here.district, here.prior * seen(here, kind), len(inside)) for kind in RELIEF]
    return _whole(np.stack(rows, axis=1) / inside[:, None])


def _whole(found: Floats) -> Floats:
    """Add the answer "something else", so that each row sums to one."""
    rest = np.clip(1 - found.sum(axis=1, keepdims=True), 0, 1)
    whole = np.concatenate([found, rest], axis=1)
    shares: Floats = whole / whole.sum(axis=1, keepdims=True)
    return shares


def _offset_answers(here: World) -> Floats:
    """Return P(offset | division), by the zone of each division's most people."""
    listed = sorted({o for _, shares in here.zones for o in shares})
    zone = np.zeros(len(here.districts), np.intp)
    order = np.argsort(here.people, kind="stable")
    zone[here.district[order]] = here.zone[order]
    table = np.array([[shares.get(o, 0.0) for o in listed] for _, shares in here.zones])
    return _whole(table[zone])


def next_questions(here: World, posterior: Floats, known: AbstractSet[ClueKind]) -> tuple[Question, ...]:
    """Return up to eight questions, the best first: what to look for, and whom to ask."""
    districts = credible.districts(here, posterior)
    asked = [
        (str(kind), ask, _gained(districts, *_asked(here, kind)) * chance, cost, "")
        for kind, (chance, cost, ask) in _LOOK.items()
        if kind not in known
    ]
    asked += _partners(here, posterior, districts)
    rows = [Question(k, a, round(gain, 4), cost, of) for k, a, gain, cost, of in asked if gain >= 0.001]
    return tuple(sorted(rows, key=lambda q: (-q.gain_bits / q.cost, q.kind, q.ask))[:_MOST])


def _partners(here: World, posterior: Floats, districts: Floats) -> list[_Partner]:
    """Return the questions to partners of the three leading countries: is it yours, and where in it?"""
    shares = credible.countries(here, posterior)
    yes, found = RECOGNISED["country"], []
    for row in np.lexsort((np.arange(len(shares)), -np.round(shares, 9)))[:3]:
        p, code = float(shares[row]), here.countries[row]
        name = here.name(code)
        rates = np.array([[yes, 1 - yes], [FALSE_YES, 1 - FALSE_YES]])  # as the answer is weighed
        gain = information(np.array([p, 1 - p]), rates)
        found.append(("country", f"Ask {name}: is this yours?", 0.6 * gain, 4.0, code))
        inside = districts[here.country_of_district == row] / max(p, 1e-12)
        gain = RECOGNISED["region"] * p * float(entropy(inside))
        found.append(("region", f"Ask {name}: who recognises the region?", 0.35 * gain, 8.0, code))
    return found
