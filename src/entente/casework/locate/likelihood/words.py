"""What is written and said: languages as whole weight vectors, a text's script, names of places.

References
----------
Unicode CLDR, territory-language information (share of people, official status); ISO 15924 (scripts).
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Any

import numpy as np

from entente.casework.examine.gazetteer import gazetteer, plain
from entente.casework.examine.values import script_of
from entente.casework.locate.likelihood.clock import number
from entente.casework.locate.likelihood.shares import Likelihood, district_weights, elsewhere
from entente.casework.locate.likelihood.statements import distance_km
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.tables import FROM_ELSEWHERE, LETTERS, REGIONAL_LANGUAGES, SCRIPTS
from entente.casework.locate.world import Floats, World
from entente.vocabulary.clue import Clue

# How much of what is met is in a language, by its official rank (none, regional, official): judged.
_RANK = {"language": (0.08, 0.5, 1.0), "speech": (0.2, 0.7, 1.0)}
_SAME = {"nb": "no", "nn": "no", "gsw": "de", "fil": "tl", "iw": "he", "in": "id", "cmn": "zh", "arb": "ar"}
_LOCAL, _LOCAL_KM = 0.5, 12.0  # half the place names on show are of the neighbourhood (judged)
_MOST_HOMONYMS = 40
_LATIN = frozenset({"Latn", "Zyyy", "Latin"})


def base(tag: str) -> str:
    """Return a language tag's first part, with variants of one language joined."""
    first = tag.strip().lower().replace("_", "-").split("-")[0]
    return _SAME.get(first, first)


@lru_cache(maxsize=4)
def language_shares(kind: str, world: World) -> dict[str, Floats]:
    """Return P(language | division) for every language of the tables, each (districts,)."""
    by_country: dict[str, dict[str, float]] = {}
    for code, fact in world.facts.items():
        mix: Counter[str] = Counter()
        for tag, (share, rank) in fact["languages"].items():
            mix[base(tag)] += share * _RANK[kind][rank]
        total = sum(mix.values())
        by_country[code] = {tag: share / total for tag, share in mix.items()} if total else {}
    table: dict[str, Floats] = {}
    for i, (code, _, _) in enumerate(world.districts):
        for tag, share in by_country[code].items():
            table.setdefault(tag, np.zeros(len(world.districts)))[i] = share
    for tag, places in REGIONAL_LANGUAGES.items():
        for place, share in places.items():
            _set_share(table, tag, world.at_district[place], share)
    return table


def _set_share(table: dict[str, Floats], tag: str, row: int, share: float) -> None:
    """Give a language its regional share and shrink the others to the rest."""
    others = 1 - table[tag][row]
    for column in table.values():
        column[row] *= (1 - share) / max(others, 1e-9)
    table[tag][row] = share


def _weigh(clue: Clue, world: World, weights: dict[str, float], kind: str) -> Likelihood:
    """Return Σ weight·P(language | place): the whole vector of the detector, not its first guess."""
    table = language_shares(kind, world)
    prior = district_weights(world)
    known = {base(t) for t in weights} & set(table)
    if not known:
        raise ClueRefused(
            clue.id, "no country's tables know the language {tags}", tags=", ".join(sorted(weights))
        )
    values = np.zeros(len(prior))
    total = sum(weights.values())
    for tag in sorted(weights):
        values += weights[tag] / total * (table[base(tag)] if base(tag) in known else 0.0)
    bare = [code for code, fact in world.facts.items() if not fact["languages"]]
    values[np.isin(world.country_of_district, [world.at_country[c] for c in bare])] = np.nan
    return Likelihood(world.district, elsewhere(values, prior, kind))


def _vector(clue: Clue) -> dict[str, float]:
    """Read {tag: weight}; weights are positive or zero and need not sum to one."""
    if not isinstance(clue.value, dict) or not clue.value:
        raise ClueRefused(
            clue.id, '{kind} is weights of tags such as {{"it": 0.9, "es": 0.1}}', kind=str(clue.kind)
        )
    weights = {str(t): number(clue, w, f"{clue.kind} {t}") for t, w in clue.value.items()}
    if min(weights.values()) < 0 or sum(weights.values()) <= 0:
        raise ClueRefused(clue.id, "weights of languages are not negative and not all zero")
    return weights


def language(clue: Clue, world: World) -> Likelihood:
    """Read the languages of what is written."""
    return _weigh(clue, world, _vector(clue), "language")


def speech(clue: Clue, world: World) -> Likelihood:
    """Read the languages of what is said."""
    return _weigh(clue, world, _vector(clue), "speech")


def written(value: Any) -> tuple[str, str] | None:
    """Return all that a text tells of a place, its script and its rare letters; None where it is none."""
    if isinstance(value, str):
        value = {"string": value}
    if not isinstance(value, dict) or not str(value.get("string", "")).strip():
        return None
    string = str(value["string"])
    script = str(value.get("script") or script_of(string))
    latin = script in _LATIN
    return script, "".join(sorted(set(string.lower()) & set(LETTERS))) if latin else ""


def text(clue: Clue, world: World) -> Likelihood:
    """Read {string, script}: only the script and rare letters speak; weak for the Latin script."""
    told = written(clue.value)
    if told is None:
        raise ClueRefused(clue.id, "a text is {string, script} with something written in it")
    script, letters = told
    table = language_shares("language", world)
    if script in SCRIPTS:
        weights = dict.fromkeys((base(t) for t in SCRIPTS[script].split()), 1.0)
    elif script in _LATIN:
        others = {base(t) for tags in SCRIPTS.values() for t in tags.split()}
        weights = dict.fromkeys(sorted(set(table) - others), 1.0)
        for letter in letters:
            users = {base(t) for t in LETTERS[letter].split()}
            weights = {t: w * (1.0 if t in users else 0.15) for t, w in weights.items()}
    else:
        raise ClueRefused(
            clue.id,
            "no table knows the script {script!r}: give an ISO 15924 code such as Latn",
            script=script,
        )
    values = sum(
        (w * table[t] for t, w in sorted(weights.items()) if t in table), np.zeros(len(world.districts))
    )
    return Likelihood(world.district, elsewhere(np.clip(values, 0, 1), district_weights(world), "text"))


@lru_cache(maxsize=2)
def _named(world: World) -> tuple[dict[str, list[int]], dict[str, list[str]]]:
    """Return the rows of divisions and the codes of countries by folded name."""
    divisions: dict[str, list[int]] = {}
    for i, (_, _, name) in enumerate(world.districts):
        divisions.setdefault(plain(name), []).append(i)
    countries: dict[str, list[str]] = {}
    for code, fact in world.facts.items():
        for folded in {plain(n) for n in fact["names"].values()}:
            countries.setdefault(folded, []).append(code)
    return divisions, countries


def toponym(clue: Clue, world: World) -> Likelihood:
    """Read a name on a sign: near by, in the country by size, or anywhere; all homonyms count.

    The name of a division or a country counts for all its places.
    """
    name = plain(str(clue.value)) if isinstance(clue.value, str) else ""
    rows = gazetteer().rows(name)
    divisions, countries = _named(world)[0].get(name, []), _named(world)[1].get(name, [])
    if not name or not (rows or divisions or countries):
        raise ClueRefused(
            clue.id, "no place of 5,000 people, region or country is called {value!r} here", value=clue.value
        )
    values = _named_here(world, rows, divisions, countries)
    away = FROM_ELSEWHERE["toponym"] * max(float(world.prior @ values), 1e-15)
    return Likelihood(None, np.clip((1 - FROM_ELSEWHERE["toponym"]) * values + away, 1e-15, 1.0))


def toponym_within(clue: Clue, small: World, _whole: World) -> Floats:
    """Return how likely the name is to be met in each of some small cells, up to a constant within one."""
    name = plain(str(clue.value))
    named = _named(_whole)
    return _named_here(small, gazetteer().rows(name), named[0].get(name, []), named[1].get(name, [])) + 1e-12


def _named_here(world: World, rows: list[int], divisions: list[int], countries: list[str]) -> Floats:
    """Return how often the name of these towns, divisions and countries is met at each place."""
    values = np.zeros(len(world.cell))
    if rows:
        values += _near_towns(world, sorted(rows, key=lambda r: (-gazetteer().people[r], r))[:_MOST_HOMONYMS])
    for row in divisions:
        values += _LOCAL * (world.district == row)
    for code in countries:
        values += 0.5 * _LOCAL * (world.country == world.at_country[code])
    return values


def _near_towns(world: World, rows: list[int]) -> Floats:
    """Return how often each homonym would be named: by distance, and in its country by its size."""
    names = gazetteer()
    values = np.zeros(len(world.cell))
    for row in rows:
        far = distance_km(world, names.lat[row], names.lon[row])
        home = world.country == names.country[row]
        share = names.people[row] / max(world.facts[world.countries[names.country[row]]]["population"], 1)
        values += _LOCAL * np.exp(-far / _LOCAL_KM) + home * (1 - _LOCAL) * min(share, 1.0)
    return np.clip(values, 0.0, 1.0)
