"""The same files delivered in any order, in parts, or twice end in the same case."""

from __future__ import annotations

from tests.faults.conftest import LONG

ORDERS = 100 if LONG else 12


def test_any_order_of_deliveries_ends_in_the_same_items(ground):
    ground.put_back()
    first, *others = ground.warm.do("received_in_orders", str(ground.phone), list(range(ORDERS)))
    items, places, _ = first
    assert (len(items), len(places)) == (3, 4)
    assert [n for n, other in enumerate(others, 1) if other != first] == []
    assert ground.warm.do("command", "fsck")["code"] == 0
    assert ground.warm.do("command", "log", "verify")["told"]["faults"] == []
