"""What Hypothesis draws: who asks, what is hidden, and what is asked, one stratum after another."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any

from django.urls import get_resolver
from hypothesis import assume
from hypothesis import strategies as st

from tests.worlds.replay import Ask, played
from tests.worlds.routes import DOORS, FORMS, QUERIES, TASKS, VERBS, Pool, Upload
from tests.worlds.worlds import APART_FROM, ASKERS, KNOWN_TO, Named, World, absent

METHODS = ("GET", "HEAD", "POST")
OTHERS = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")  # served nowhere
STRATA = [
    *(f"route {name}" for name in FORMS),
    *(f"door {name}" for name in DOORS),
    *(f"task {name}" for name in TASKS),
    *(f"verb {name}" for name in VERBS),
]
# Members of the joint case see most, so they could be told most.
OFTEN = ("au",) * 8 + ("au_second", "au_reader", "au_reader", *ASKERS)
# Whose work an address is.
WORK: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("dispatch", ("fr", "au")),
    ("requests", ("fr", "au")),
    ("coordination", ("fr", "eu", "au")),
    ("investigation", ("fr", "au")),
    ("pause", ("eu",)),
    ("stub", ("eu",)),
    ("emergenc", ("au", "au_second", "au_dpo", "fr")),
    ("protection", ("au_dpo", "it_dpo")),
    ("clock", ("au_dpo", "it_dpo")),
    ("log", ("au_dpo", "it_dpo")),
    ("account", ("it_admin", "au")),
    ("new-account", ("it_admin",)),
    ("seize:court-confirm", ("au_second",)),
    ("seize:court-write", ("au",)),
    ("seize:sign", ("au", "au_second")),
)
# After a change: what the asker then sees outside the case.
LOOKS = ("board", "requests", "lists", "emergencies", "notices")
METHODS_DRAWN = (("POST",), ("POST",), ("GET",), ("GET", "POST"))


def reads(world: World) -> list[str]:
    """Return the strata of the listed addresses that serve a GET."""
    asks = [
        Ask("route", name, arguments={n: world.joint.pk if n == "case_id" else absent(n) for n in names})
        for name, names in routes().items()
        if name in FORMS
    ]
    return [f"route {told.ask.name}" for told in played(world, "au", asks, []) if told.status != 405]


def in_every_way(asks: list[Ask]) -> list[Ask]:
    """Ask the first address with every method, those that are served nowhere too."""
    first = asks[0]
    if first.kind != "route":
        return asks
    bare = replace(first, data={})
    left = [m for m in METHODS + OTHERS if m not in {a.method for a in asks if a.name == first.name}]
    return [replace(bare, method=method) for method in left] + asks


@cache
def routes() -> dict[str, list[str]]:
    """Return every named address of the resolver with the names of its arguments."""
    found: dict[str, list[str]] = {}

    def walk(patterns: Any, space: str, arguments: list[str]) -> None:
        for each in patterns:
            here = [*arguments, *each.pattern.regex.groupindex]
            if hasattr(each, "url_patterns"):
                walk(each.url_patterns, f"{each.namespace}:" if each.namespace else space, here)
            else:
                assert each.name, f"{each.pattern} has no name"
                found[space + each.name] = here

    walk(get_resolver().url_patterns, "", [])
    return found


def _named(draw: Any, world: World, name: str, hidden: list[str]) -> list[Named]:
    """Return what a name can stand for: of what is there, or of what is hidden here, or nothing."""
    withheld = [n for scene in hidden for n in world.withheld[scene].get(name, ())]
    there = world.there[name]
    which = draw(st.sampled_from(["there", "there", "withheld", "withheld", "absent"]))
    if which == "withheld" and withheld:
        return withheld
    return there if which != "absent" and there else [Named(absent(name))]


def _value(draw: Any, world: World, value: Any, hidden: list[str]) -> Any:
    if isinstance(value, Pool):
        return str(draw(st.sampled_from(_named(draw, world, value.of, hidden))).value)
    return value


def _form(draw: Any, world: World, fields: dict[str, list[Any]], hidden: list[str]) -> dict[str, Any]:
    """Draw a form: as it should be, with drawn values, with one field left out, or empty."""
    how = draw(st.sampled_from([*["drawn", "as it should be"] * 2, "one missing", "empty"]))
    if how == "empty" or not fields:
        return {}
    missing = draw(st.sampled_from(sorted(fields))) if how == "one missing" else None
    filled: dict[str, Any] = {}
    for name, values in fields.items():
        apart = isinstance(values[0], Upload) or how == "drawn"  # any upload is as good as another
        value = draw(st.sampled_from([values[0], *values])) if apart else values[0]
        if name != missing:
            filled[name] = _value(draw, world, value, hidden)
    return filled


def _arguments(draw: Any, world: World, names: list[str], hidden: list[str]) -> dict[str, Any]:
    """Draw an address: the thing first, then the case and the item that it is in, mostly."""
    given: dict[str, Any] = {}
    fits: dict[str, Any] = {}
    if draw(st.sampled_from([True, True, True, False])):
        things = [n for n in reversed(names) if n != "case_id"][:1]
        for name in things:
            named = draw(st.sampled_from(_named(draw, world, name, hidden)))
            given[name], fits = named.value, named.goes_with
    for name in names:
        if name in given:
            continue
        if name in fits:
            given[name] = fits[name]
        elif name == "case_id" and draw(st.sampled_from([True, True, False])):
            given[name] = world.joint.pk
        else:
            given[name] = draw(st.sampled_from(_named(draw, world, name, hidden))).value
    return given


def _asks_of(
    draw: Any, world: World, name: str, hidden: list[str], ways: tuple[tuple[str, ...], ...]
) -> list[Ask]:
    fields = FORMS.get(name, DOORS.get(name, {}))
    arguments = _arguments(draw, world, routes()[name], hidden)
    queries: list[dict[str, Any]] = [{}, {}, *QUERIES.get(name, [])]
    query = {k: _value(draw, world, v, hidden) for k, v in draw(st.sampled_from(queries)).items()}
    return [
        Ask(
            "route",
            name,
            method,
            arguments,
            query,
            _form(draw, world, fields, hidden) if method == "POST" else {},
        )
        for method in draw(st.sampled_from(ways))
    ]


def _asker(draw: Any, kind: str, name: str) -> str:
    if kind not in {"route", "door"}:
        others = [w for w in OFTEN if w != "nobody"]
        if kind == "verb":  # most of them by somebody whose verb it is
            return str(draw(st.sampled_from(["au", "au", "au_second", draw(st.sampled_from(others))])))
        return "au" if draw(st.booleans()) else str(draw(st.sampled_from(others)))
    at_work = [w for start, who in WORK if name.startswith(start) for w in who]
    if at_work and draw(st.booleans()):
        return str(draw(st.sampled_from(at_work)))
    return str(draw(st.sampled_from(OFTEN)))


# What says hit or no hit to hidden lists, by design (H2): a cross-check; and an item that is compared with
# the lists of those who are in its case, of which the case reads that it is known, and not from whom.
SAYS_HIT = {"crosscheck:ask", "intake.receive", "receive", "match.check"}


@st.composite
def examples(
    draw: Any,
    world: World,
    stratum: str,
    ways: tuple[tuple[str, ...], ...] = METHODS_DRAWN,
    askers: tuple[str, ...] = (),
) -> tuple[str, list[str], list[Ask]]:
    """Draw who asks, what is hidden from them, and what they ask: one address, task or verb, then a look."""
    kind, _, name = stratum.partition(" ")
    # never the simplest example of all: every stratum would spend one on it
    assume(draw(st.integers(0, 2**32)))
    who = draw(st.sampled_from(askers)) if askers else _asker(draw, kind, name)
    hidden = _hidden(draw, world, who)
    if kind in {"route", "door"}:
        asks = _asks_of(draw, world, name, hidden, ways)
    elif kind == "task":
        data = {n: _value(draw, world, v, hidden) for n, v in TASKS[name].items()}
        if name == "intake.receive":
            data["file"] = draw(st.sampled_from(FORMS["intake:page"]["found"]))
        case = _arguments(draw, world, ["case_id"], hidden)
        asks = [Ask("task", name, "", case, {}, data)]
    else:
        chosen = [draw(st.sampled_from(choices)) for choices in VERBS[name]]
        parts = [w for c in chosen for w in (c if isinstance(c, tuple) else (c,))]
        words = [_value(draw, world, w, hidden) for w in parts]
        asks = [Ask("verb", name, words=tuple(words))]
    if any(a.method == "POST" or a.kind != "route" for a in asks):
        asks += _looks(draw, name, asks[0].arguments.get("case_id", world.joint.pk))
    if name in SAYS_HIT:
        hidden = [h for h in hidden if not world.hidden[h].hits]
    return who, hidden, asks


def _looks(draw: Any, name: str, case: Any) -> list[Ask]:
    """Look at what the asker sees afterwards: where it was done, and one page more."""
    step = f"{re.split('[:.]', name)[0]}:page"
    pages = ["case", "case-protection", *sorted(n for n in FORMS if n.endswith(":page"))]
    items = ["examine:page"] if name in {"intake.receive", "receive", "link:gather"} else []
    inside = [step if step in FORMS else "case", *items, draw(st.sampled_from(pages))]
    outside = [draw(st.sampled_from(LOOKS))] if draw(st.booleans()) else []
    looks = dict.fromkeys(inside)
    return [
        *(Ask("route", n, arguments={"case_id": case}) for n in looks),
        *(Ask("route", n) for n in outside),
    ]


def _hidden(draw: Any, world: World, who: str) -> list[str]:
    """Draw what is hidden from ``who``: much of it, or some; of scenes that write the same, one."""
    known = KNOWN_TO.get(who, set())
    names = [n for n in world.hidden if n not in known]
    how = draw(st.sampled_from(["much", "some", "without hits"]))
    if how == "some":
        drawn = draw(st.lists(st.sampled_from(names), min_size=1, max_size=5, unique=True))
    else:
        drawn = [n for n in draw(st.permutations(names)) if how == "much" or not world.hidden[n].hits]
    for group in APART_FROM:
        inside = [n for n in drawn if n in group]
        drawn = [n for n in drawn if n not in inside[1:]]
    return drawn


__all__ = ["STRATA", "Upload", "examples", "in_every_way", "routes"]
