"""What Hypothesis draws: who asks, what is hidden, and what is asked, one stratum after another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.urls import get_resolver
from hypothesis import assume
from hypothesis import strategies as st

from tests.worlds.replay import Ask
from tests.worlds.routes import DOORS, FORMS, QUERIES, TASKS, VERBS, Pool, Upload
from tests.worlds.worlds import APART_FROM, ASKERS, KNOWN_TO, World

METHODS = ("GET", "HEAD", "POST")
OTHERS = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")  # served nowhere
STRATA = [
    *(f"route {name}" for name in FORMS),
    *(f"door {name}" for name in DOORS),
    *(f"task {name}" for name in TASKS),
    *(f"verb {name}" for name in VERBS),
]
# Members of the joint case see most, so they could be told most.
OFTEN = ("au", "au", "au", "au", "au_reader", *ASKERS)
# After a change: what the asker then sees.
LOOKS = ("board", "requests", "case", "lists")


def with_others(asks: list[Ask]) -> list[Ask]:
    """Ask the first address with the methods that are served nowhere, too."""
    first = asks[0]
    if first.kind != "route":
        return asks
    return [replace(first, method=method) for method in OTHERS] + asks


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


def _value(draw: Any, world: World, value: Any) -> Any:
    if isinstance(value, Pool):
        return str(draw(st.sampled_from(world.pools[value.of])))
    return value


def _form(draw: Any, world: World, fields: dict[str, list[Any]]) -> dict[str, Any]:
    """Draw a form: filled in as it should be, with drawn values, or nothing at all."""
    how = draw(st.sampled_from(["drawn", "as it should be", "drawn", "empty"]))
    if how == "empty":
        return {}
    filled: dict[str, Any] = {}
    for name, values in fields.items():
        value = values[0] if how == "as it should be" else draw(st.sampled_from([*values, None]))
        if value is not None:
            filled[name] = _value(draw, world, value)
    return filled


def _asks_of(draw: Any, world: World, name: str, methods: tuple[str, ...]) -> list[Ask]:
    fields = FORMS.get(name, DOORS.get(name, {}))
    arguments = {n: draw(st.sampled_from(world.pools[n])) for n in routes()[name]}
    queries: list[dict[str, Any]] = [{}, {}, *QUERIES.get(name, [])]
    query = {k: _value(draw, world, v) for k, v in draw(st.sampled_from(queries)).items()}
    return [
        Ask("route", name, method, arguments, query, _form(draw, world, fields) if method == "POST" else {})
        for method in methods
    ]


@st.composite
def examples(draw: Any, world: World, stratum: str) -> tuple[str, list[str], list[Ask]]:
    """Draw who asks, what is hidden from them, and what they ask: the stratum's own first, then more."""
    kind, _, name = stratum.partition(" ")
    assume(
        draw(st.integers(0, 2**32))
    )  # never the simplest example of all: every stratum would spend one on it
    who = draw(st.sampled_from(OFTEN if kind in {"route", "door"} else OFTEN[:-1]))
    hidden = _hidden(draw, world, who)
    asks: list[Ask] = []
    if kind == "route" or kind == "door":
        asks += _asks_of(draw, world, name, METHODS)
    elif kind == "task":
        data = dict(TASKS[name])
        if name == "intake.receive":
            data["file"] = draw(st.sampled_from(FORMS["intake:page"]["found"]))
        case = draw(st.sampled_from(world.pools["case_id"]))
        asks.append(Ask("task", name, "", {"case_id": case}, {}, data))
    else:
        words = [draw(st.sampled_from(choices)) for choices in VERBS[name]]
        asks.append(Ask("verb", name, words=tuple(words)))
    case = asks[0].arguments.get("case_id", world.joint.pk)
    asks += _more(draw, world, name, case)
    if any(world.hidden[h].hits for h in hidden):
        asks = [a for a in asks if not (a.name == "crosscheck:ask" and a.method == "POST")]
    return who, hidden, asks


def _more(draw: Any, world: World, name: str, case: Any) -> list[Ask]:
    """Look at what the asker sees afterwards, and at one page more."""
    step = f"{name.partition(':')[0]}:page"
    looks = [Ask("route", "board"), Ask("route", draw(st.sampled_from(LOOKS)), arguments={})]
    looks[1] = Ask("route", looks[1].name, arguments={"case_id": case} if looks[1].name == "case" else {})
    if step in FORMS:
        looks.append(Ask("route", step, arguments={"case_id": case}))
    pages = [n for n in FORMS if n.endswith(":page")]
    other = draw(st.sampled_from(pages))
    looks.append(Ask("route", other, arguments={"case_id": case}))
    return looks


def _hidden(draw: Any, world: World, who: str) -> list[str]:
    """Draw some of what is hidden from ``who``; of those that write the same, one."""
    known = KNOWN_TO.get(who, set())
    names = [n for n in world.hidden if n not in known]
    drawn = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
    for group in APART_FROM:
        inside = [n for n in drawn if n in group]
        drawn = [n for n in drawn if n not in inside[1:]]
    return drawn


__all__ = ["STRATA", "Upload", "examples", "routes"]
