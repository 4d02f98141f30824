"""W and W with hidden things tell the same to those from whom they are hidden, whatever these ask.

Not tested: how long an answer takes (a machine that runs other things is too noisy to tell), and accounts,
which are known by design: an agency's to its own administrator, a service number to a lead who names it.
``python -m pytest tests/worlds -s`` prints the figure of bar B1. See ``routes`` for how to add an address.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from entente.cli import VERBS as ALL_VERBS
from entente.records import guard, jobs
from tests.worlds.drawing import METHODS, OTHERS, STRATA, examples, in_every_way, routes
from tests.worlds.replay import compare
from tests.worlds.routes import DOORS, FORMS, NO_DESK, TASKS, VERBS
from tests.worlds.worlds import APART, SCENES

pytestmark = pytest.mark.django_db

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
EXAMPLES = int(os.environ.get("TWO_WORLDS", "5000" if LONG else "500"))
# An address that reads no case is asked less often than one that does.
SHARE = {"route": 8, "door": 2, "task": 6, "verb": 8}
WHOLE = sum(SHARE[s.partition(" ")[0]] for s in STRATA)

asked: Counter[tuple[str, str, str]] = Counter()
statuses: Counter[int] = Counter()
faults: set[str] = set()
done: Counter[str] = Counter()


def share(stratum: str) -> int:
    """Return how many examples a stratum gets."""
    return max(1, round(EXAMPLES * SHARE[stratum.partition(" ")[0]] / WHOLE))


def test_every_address_task_and_verb_is_listed():
    assert routes().keys() == FORMS.keys() | DOORS.keys()
    assert jobs.TASKS.keys() == TASKS.keys()
    assert ALL_VERBS.keys() == VERBS.keys() | NO_DESK.keys()


def test_something_of_every_guarded_table_is_hidden(world):
    hidden = {m._meta.db_table for each in world.hidden.values() for m in each.made}
    # analysts of the centre see a stub of every case but those at TLP:RED, which have none
    assert guard.GUARDED.keys() - hidden <= APART | {"records_stub"}
    assert world.hidden.keys() == SCENES.keys() | {"acts"}


@pytest.mark.parametrize("stratum", STRATA)
def test_what_is_hidden_changes_nothing_that_is_told(world, stratum):
    @settings(
        max_examples=share(stratum),
        deadline=None,
        database=None,
        derandomize=not LONG,
        phases=[Phase.generate, Phase.shrink] if LONG else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(examples(world, stratum))
    def same(example):
        who, hidden, asks = example
        if not done[stratum]:
            asks = in_every_way(asks)
        told = compare(world, who, asks, [world.hidden[h] for h in hidden])
        done[stratum] += 1
        for each in told:
            asked[each.ask.kind, each.ask.name, each.ask.method] += 1
            statuses[each.status] += 1
            if each.status >= 500:
                faults.add(f"{each.ask.method} {each.ask.name} {each.ask.data}")

    same()


def test_every_address_was_asked_with_every_method(world):
    """Run last: the figure of B1."""
    if done.keys() != set(STRATA):
        pytest.skip("the whole file has to run for this")
    missing = [
        (name, method)
        for name in FORMS | DOORS
        for method in METHODS + OTHERS
        if not asked["route", name, method]
    ]
    print(
        f"\nB1: {sum(done.values())} examples, {sum(asked.values())} requests in each of two worlds, "
        f"{len(FORMS | DOORS)} addresses × {len(METHODS + OTHERS)} methods, {len(TASKS)} tasks, "
        f"{len(VERBS)} verbs, {len(SCENES) + 1} scenes of hidden things; 0 differences; "
        f"statuses {dict(statuses.most_common())}"
    )
    assert not missing
    assert statuses[200] > sum(statuses.values()) / 3, "those who ask are mostly turned away"
    assert not faults, "\n".join(sorted(faults))
