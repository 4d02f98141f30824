"""W and W with hidden things tell the same to those from whom they are hidden, whatever these ask.

Not tested: how long an answer takes (a machine that runs other things is too noisy to tell), and accounts,
which are known by design: an agency's to its own administrator, a service number to a lead who names it.
``python -m pytest tests/worlds -s`` prints the figure of bar B1. See ``routes`` for how to add an address.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass, field
from zlib import crc32

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from entente.cli import VERBS as ALL_VERBS
from entente.records import guard, jobs
from tests.worlds.drawing import METHODS, OTHERS, STRATA, examples, in_every_way, reads, routes
from tests.worlds.replay import Ask, Leak, compare
from tests.worlds.routes import DOORS, FORMS, NO_ASKER, NO_DESK, TASKS, VERBS
from tests.worlds.worlds import APART, ASKERS, SCENES, World

pytestmark = pytest.mark.django_db

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
EXAMPLES = int(os.environ.get("TWO_WORLDS", "5000" if LONG else "500"))
# An address that reads no case is asked less often than one that does.
SHARE = {"route": 8, "door": 2, "task": 8, "verb": 24}
# To do its work it needs the lead who asked, a bundle that is confirmed, and one not yet written.
MORE = {"route seize:court-write": 40}
# However many addresses there are: it works only on an exhibit of a case in which the asker may do so.
LEAST = {"verb reproduce": 18}
BEHIND_ONE_WALL = max(60, EXAMPLES // 5)


@dataclass
class Figure:
    """What was really asked, counted as it is asked: bar B1 is printed from nothing else."""

    asked: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)
    examples: Counter[str] = field(default_factory=Counter)
    differences: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)
    faults: set[str] = field(default_factory=set)
    worked: set[str] = field(default_factory=set)  # verbs that did what they were asked
    bundles: set[str] = field(default_factory=set)  # ways by which originals really left for a court

    def compare(self, world: World, stratum: str, who: str, hidden: list[str], asks: list[Ask]) -> None:
        """Ask in both worlds and count; a difference is counted and raised."""
        try:
            told = compare(world, who, asks, [world.hidden[h] for h in hidden])
        except Leak:
            self.differences.add(f"{stratum}: {who} {asks[0].data}")
            raise
        finally:
            self.examples[stratum] += 1
        self.hidden.update(hidden)
        for each in told:
            self.asked[each.ask.kind, each.ask.name, each.ask.method] += 1
            self.statuses[each.status] += 1
            if each.ask.kind == "verb" and each.status < 2:
                self.worked.add(each.ask.name)
            if b"\ncustody.json " in each.body:
                self.bundles.add(each.ask.kind)
            if each.status >= 500:
                self.faults.add(f"{each.ask.method} {each.ask.name} {each.ask.data}\n{each.fault}")

    def names(self, kind: str) -> set[str]:
        """Return the names that were asked of one kind."""
        return {name for k, name, _ in self.asked if k == kind}

    def line(self) -> str:
        """Return the figure in a line."""
        served = {(name, method) for kind, name, method in self.asked if kind == "route"}
        return (
            f"B1: {self.examples.total()} examples, {self.asked.total()} requests in each of two worlds; "
            f"{len(self.names('route'))} routes × {len({m for _, m in served})} methods "
            f"({len(served)} pairs asked), {len(self.names('task'))} tasks, {len(self.names('verb'))} verbs, "
            f"{len(self.hidden)} scenes of hidden things; {len(self.differences)} differences; "
            f"statuses {dict(self.statuses.most_common())}"
        )


BOTH, SECOND = Figure(), Figure()  # with both walls, and with the second alone


def _shares(most: int) -> dict[str, int]:
    """Return how many examples each stratum gets: one at least, ``most`` together at least."""
    weights = [MORE.get(s, SHARE[s.partition(" ")[0]]) for s in STRATA]
    ends = [round(most * sum(weights[:n]) / sum(weights)) for n in range(len(weights) + 1)]
    return {s: max(LEAST.get(s, 1), ends[n + 1] - ends[n]) for n, s in enumerate(STRATA)}


SHARES = _shares(EXAMPLES)


def test_every_address_task_and_verb_is_listed():
    assert routes().keys() == FORMS.keys() | DOORS.keys()
    assert jobs.TASKS.keys() == TASKS.keys() | NO_ASKER.keys()
    assert ALL_VERBS.keys() == VERBS.keys() | NO_DESK.keys()


def test_something_of_every_guarded_table_is_hidden(world):
    hidden = {m._meta.db_table for each in world.hidden.values() for m in each.made}
    # analysts of the centre see a stub of every case but those at TLP:RED, which have none
    assert guard.GUARDED.keys() - hidden <= APART | {"records_stub"}
    assert world.hidden.keys() == SCENES.keys() | {"acts"}


def drawn(stratum: str, most: int):
    """Return what bounds a test to so many examples: each stratum's own, the same each time but when long."""

    def bounded(test):
        chance = random.randrange(2**32) if LONG else crc32(stratum.encode())
        test = settings(
            max_examples=most,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink] if LONG else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(test)
        return seed(chance)(test)

    return bounded


@pytest.mark.parametrize("stratum", STRATA)
def test_what_is_hidden_changes_nothing_that_is_told(world, stratum):
    BOTH.begun.add(stratum)

    @drawn(stratum, SHARES[stratum])
    @given(examples(world, stratum))
    def same(example):
        who, hidden, asks = example
        BOTH.compare(world, stratum, who, hidden, asks if BOTH.examples[stratum] else in_every_way(asks))

    same()


def test_without_the_first_wall_the_second_hides_it_all_the_same(world, first_wall_off):
    """Reads alone: who may write what is asked of the first wall, and is not the database's to know."""
    SECOND.begun.update(strata := reads(world))
    for stratum in strata:
        _read_alike(world, stratum, -(-BEHIND_ONE_WALL // len(strata)))


def _read_alike(world: World, stratum: str, most: int) -> None:
    @drawn(f"behind the second wall {stratum}", most)
    @given(examples(world, stratum, ways=(("GET",),), askers=tuple(a for a in ASKERS if a != "nobody")))
    def same(example):
        who, hidden, asks = example
        SECOND.compare(world, stratum, who, hidden, asks)

    same()


def test_every_address_task_and_verb_was_asked(world):
    """Run last: the figure of B1, and that nothing listed was left out."""
    if BOTH.begun != set(STRATA):
        pytest.skip("the whole file has to run for this")
    print(f"\n{BOTH.line()}\nB2, the second wall alone: {SECOND.line().removeprefix('B1: ')}")
    pairs = {(name, method) for name in FORMS | DOORS for method in METHODS + OTHERS}
    left = pairs - {(name, method) for kind, name, method in BOTH.asked if kind == "route"}
    assert not left, sorted(left)
    assert BOTH.names("task") == TASKS.keys()
    assert BOTH.names("verb") == BOTH.worked == VERBS.keys()
    assert "route" in BOTH.bundles
    assert BOTH.hidden.keys() == world.hidden.keys()
    assert SECOND.examples.keys() == SECOND.begun
    served = BOTH.statuses.total() - BOTH.statuses[405]  # each address is asked by methods it does not serve
    assert BOTH.statuses[200] > served / 3, "those who ask are mostly turned away"
    # behind one wall the law may say yes and no at once: a fault of the double's, and in both worlds
    assert not BOTH.faults, "\n".join(sorted(BOTH.faults))
    assert not BOTH.differences | SECOND.differences
