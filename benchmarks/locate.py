"""A region from twelve clues: time, memory, and our rule against naive product and independent mixtures.

python -m benchmarks.locate [--small]
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from benchmarks import measure

NOW = datetime(2026, 6, 11, tzinfo=UTC)
CLUES: tuple[tuple[str, Any], ...] = (
    ("language", {"it": 0.75, "es": 0.1, "pt": 0.05, "fr": 0.05, "ro": 0.05}),
    ("mains_hz", 50),
    ("socket", "L"),
    ("sun_elevation", {"deg": 44.6, "sd": 3, "utc": "2026-05-04T08:38:00Z"}),
    ("utc_offset", 120),
    ("barcode", "4006381333931"),  # German: a false lead
    ("driving_side", "right"),
    ("currency", "EUR"),
    ("phone_number", "0171 692345"),
    ("toponym", "Fossano"),
    ("region", {"country": "IT", "admin1": "12"}),
    ("relief", "hilly"),
)

MANY: dict[str, Sequence[tuple[str, Any]]] = {
    "100 lines of text": [("text", {"string": f"scuola {n}", "script": "Latn"}) for n in range(100)],
    "100 languages": [("language", {"it": 0.9 - n / 1000, "es": 0.1 + n / 1000}) for n in range(100)],
}

WORLDS = ("W1", "W2", "W3")
RULES = ("ours", "independent", "naive")
NAIVE_ERROR = 0.005
SURE = 0.95


@dataclass(slots=True)
class Tally:
    """What one rule said of the cases of one world."""

    held: int = 0
    area: list[float] = field(default_factory=list)
    bits: list[float] = field(default_factory=list)
    sure: int = 0
    right: int = 0


def timed(times: int, act: Callable[[], Any]) -> tuple[float, float]:
    """Return the median wall and processor milliseconds of an act."""
    wall, spent = [], []
    for _ in range(times):
        start, used = time.perf_counter(), time.process_time()
        act()
        wall.append(1000 * (time.perf_counter() - start))
        spent.append(1000 * (time.process_time() - used))
    return statistics.median(wall), statistics.median(spent)


def times_of(times: int) -> measure.Figure:
    """Time the first estimate of a fresh process, and then each thing that a page asks for."""
    began = time.perf_counter()
    from entente.casework.locate.credible import areas
    from entente.casework.locate.engine import believe, locate
    from entente.casework.locate.questions import next_questions
    from entente.vocabulary.clue import clue_from_json

    clues = [clue_from_json({"id": f"c{i}", "kind": k, "value": v}) for i, (k, v) in enumerate(CLUES)]
    found = locate(clues, NOW)
    first = time.perf_counter() - began
    if locate(list(reversed(clues)), NOW).as_json() != found.as_json() or len(found.clues) != len(clues):
        raise RuntimeError("the same clues gave another answer, or one of them was not weighed")
    belief, known = believe(clues, NOW), {c.kind for c in clues}
    one_less = [clues[:i] + clues[i + 1 :] for _ in range(times) for i in range(len(clues))]
    # A sun that nobody has seen before is weighed anew each time.
    suns = [
        clue_from_json({"id": "n", "kind": "sun_elevation", "value": {**CLUES[3][1], "deg": 20 + i / 100}})
        for i in range(len(one_less))
    ]

    def estimate(some: list[Any]) -> None:
        posterior = believe(some, NOW).posterior
        areas(belief.world, posterior)

    left, more = iter(one_less), iter(suns)
    figure = measure.Figure("A region from twelve clues", "target")
    figure.add("first in a fresh process, imports and tables included, s", f"{first:.2f}")
    acts: tuple[tuple[str, int, int, Callable[[], Any]], ...] = (
        ("one clue removed: posterior and areas", 50, len(one_less), lambda: estimate(next(left))),
        ("one new clue added: posterior and areas", 50, len(suns), lambda: estimate([*clues, next(more)])),
        (
            "twelve clues explained, each left out, questions",
            1000,
            times,
            lambda: locate(clues, NOW),
        ),
        ("next questions", 1000, times, lambda: next_questions(belief.world, belief.posterior, known)),
    )
    for what, target, count, act in acts:
        wall, spent = timed(count, act)
        met = "met" if wall <= target else "missed"
        figure.add(f"{what}, median ms", f"{wall:.0f} (processor {spent:.0f})", f"≤ {target:,}", met)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6 * 1024
    figure.add("memory of this process, peak MB", f"{peak:.0f}", "≤ 300", "met" if peak <= 300 else "missed")
    figure.notes.append(f"Median of {times} to {len(one_less)}. Absolute: indicative only.")
    return figure


def beliefs(clues: list[Any]) -> dict[str, Any]:
    """Return the posterior of each rule over the same likelihoods and the same prior."""
    import numpy as np

    from entente.casework.locate.combine import group_factor, groups_of, normalised, weigh, whole
    from entente.casework.locate.likelihood import likelihood
    from entente.casework.locate.world import world

    here = world()
    weighed = [weigh(c, likelihood(c, here), here.prior) for c in clues]
    ours = {g: group_factor(m, here.prior) for g, m in groups_of(weighed).items()}
    independent, naive = here.prior.copy(), here.prior.copy()
    for one in weighed:
        ratio = one.ratio.astype(np.float64)
        independent *= ratio
        naive *= np.maximum((ratio - one.error) / (1 - one.error), 0) * (1 - NAIVE_ERROR) + NAIVE_ERROR
    return {
        "ours": normalised(ours, here.prior),
        "independent": whole(independent),
        "naive": whole(naive),
    }


def told(places: int, number: int, name: str) -> dict[str, Tally]:
    """Draw the cases of a world and count what each rule says of them."""
    import numpy as np
    from tests.casework.locate import simulated

    from entente.casework.locate import credible
    from entente.casework.locate.world import world

    here, draw = world(), np.random.default_rng(20_261_129)
    tallies = {rule: Tally() for rule in RULES}
    for _ in range(places):
        cell, clues = simulated.case(draw, number, *simulated.WORLDS[name])
        for rule, belief in beliefs(clues).items():
            tally, region = tallies[rule], credible.areas(here, belief)
            shares = credible.countries(here, belief)
            tally.held += bool(np.isin(here.cell_of[cell], region.inside90))
            tally.area.append(region.area90_km2)
            tally.bits.append(-float(np.log2(max(belief[cell], 1e-300))))
            if shares.max() >= SURE:
                tally.sure += 1
                tally.right += int(shares.argmax() == here.country[cell])
    return tallies


def compared(places: int) -> measure.Figure:
    """Compare our rule with the two others in one run over the three worlds."""
    figure = measure.Figure(
        f"How clues are put together, {places} simulated places a row", "independent; naive"
    )
    for name in WORLDS:
        for number in (3, 8):
            tallies = told(places, number, name)
            rows: dict[str, Callable[[Tally], str]] = {
                "truth in the 90 % region": lambda t: f"{t.held / places:.2f}",
                "90 % region, median thousand km²": lambda t: f"{statistics.median(t.area) / 1000:,.0f}",
                "log score, mean bits": lambda t: f"{statistics.mean(t.bits):.2f}",
                "says a country at .95 or more: right": lambda t: f"{t.right} of {t.sure}",
            }
            for what, say in rows.items():
                ours, independent, naive = (say(tallies[rule]) for rule in RULES)
                figure.add(f"{name}, {number} clues: {what}", ours, f"{independent}; {naive}")
    figure.notes.append(
        "The same likelihoods, prior and cases for all three; one seed; s.e. of a share 2-4 points."
    )
    figure.notes.append(
        "Clues are drawn from the tables that the engine uses: the reckoning is compared, no more."
    )
    return figure


SWITCH = """async (id) => {
  const box = document.getElementById(id);
  const start = performance.now();
  box.checked = !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
  await new Promise((done) => document.addEventListener("desk:brought", done, { once: true }));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""
MOVE = """async (id) => {
  const start = performance.now();
  document.getElementById(id).click();
  await new Promise((done) => document.addEventListener("desk:brought", done, { once: true }));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""


def page_times(rounds: int) -> measure.Figure:
    """Time the page and its switches with twelve clues: request to answer, and to what a browser shows."""
    from benchmarks.grid import desk

    figure = measure.Figure("The page of locate with twelve clues", "target")
    with desk(1) as held:
        from django.test import Client
        from django.urls import reverse

        from entente.casework.locate import reckon
        from entente.records.models import Account, LoginLink

        ids = with_clues(held.case)
        client, page = Client(SERVER_NAME="127.0.0.1"), reverse("locate:page", args=[held.case])
        client.post(f"/enter/{LoginLink.issue(Account.objects.get(username='IT-1001'))}/")
        client.get(page)  # imports, tables, templates

        def ask(off: list[str], part: bool = False, fresh: bool = True) -> None:
            if fresh:
                reckon._reckoned.cache_clear()
            answer = client.get(page, {"off": off}, headers={"X-Part": "where"} if part else {})
            if answer.status_code != 200 or b"<svg" not in answer.content:
                raise RuntimeError(f"the page answered {answer.status_code} without a map")

        turns = iter(ids * rounds)
        acts: tuple[tuple[str, int, Callable[[], None]], ...] = (
            ("whole page, nothing kept from before", 3 * rounds, lambda: ask([])),
            ("whole page again", 3 * rounds, lambda: ask([], fresh=False)),
            ("one clue switched off, its part of the page", 12 * rounds, lambda: ask([next(turns)], True)),
            ("a set that was asked for before", 3 * rounds, lambda: ask(ids[-1:], True, fresh=False)),
        )
        for what, count, act in acts:
            wall, spent = timed(count, act)
            met = "met" if wall <= 300 else "missed"
            figure.add(f"{what}, median ms", f"{wall:.0f} (processor {spent:.0f})", "≤ 300", met)
        for what, listed in MANY.items():
            with_clues(held.case, listed)
            ask([])
            wall, spent = timed(3 * rounds, lambda: ask([]))
            met = "met" if wall <= 300 else "missed"
            figure.add(f"{what}: whole page, median ms", f"{wall:.0f} (processor {spent:.0f})", "≤ 300", met)
        ids = with_clues(held.case)
        for what, took in in_browser(held, page, ids).items():
            wall = statistics.median(took)
            met = "met" if wall <= 300 else "missed"
            said = f"{wall:.0f} ({min(took):.0f}–{max(took):.0f})"
            figure.add(f"browser: {what}, median ms", said, "≤ 300", met)
    figure.notes.append("Request to answer in one process; in Chromium from the press to the painted part.")
    return figure


def with_clues(case: str, listed: Sequence[tuple[str, Any]] = CLUES) -> list[str]:
    """Write clues into a case, in place of those that it has; return their ids."""
    from entente.records import guard
    from entente.records.models import Account, Clue
    from entente.vocabulary.clue import ClueKind, group_of

    me = Account.objects.get(username="IT-1001")
    made = {"case_id": case, "owner_id": me.agency_id, "made_by": me, "evaluation": "B2", "because": "seen"}
    with guard.system("a benchmark writes its clues"):
        Clue.objects.filter(case=case).delete()
        rows = [
            Clue(**made, kind=k, value=v, group=group_of(ClueKind(k)), method="person", state="confirmed")
            for k, v in listed
        ]
        Clue.objects.bulk_create(rows)
    return sorted(str(row.pk) for row in rows)


def in_browser(held: Any, page: str, ids: list[str]) -> dict[str, list[float]]:
    """Return what a switch and a move of the map take in Chromium, ms; nothing where there is none."""
    from tests.story.walk import CHROMIUM

    if CHROMIUM is None:
        return {}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=CHROMIUM, args=list(held.flags))
        window = chromium.new_page(viewport={"width": 1280, "height": 900})
        window.goto(held.enter)
        window.get_by_role("button", name="Log in").click()
        window.wait_for_load_state()
        loads = []
        for _ in range(5):
            window.goto(held.base + page)
            loads.append(
                window.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart")
            )
        switched = [window.evaluate(SWITCH, f"off-{each}") for each in ids]
        again = [window.evaluate(SWITCH, f"off-{each}") for each in reversed(ids)]
        moved = [
            window.evaluate(MOVE, f"map-{way}") for way in ("out", "out", "west", "in", "fit", "world", "fit")
        ]
        chromium.close()
    return {
        "whole page loaded": loads,
        "one more clue switched off": switched,
        "switched on again, kept": again,
        "the map moved": moved,
    }


def main() -> None:
    """Print the times first, for the comparison fills the memory with its cases."""
    small = measure.wanted(__doc__.splitlines()[0])
    times_of(3 if small else 9).say()
    page_times(1 if small else 3).say()
    compared(20 if small else 100).say()


if __name__ == "__main__":
    main()
