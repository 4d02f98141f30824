"""Drawn series put together again: ours against plain components and Leiden's modularity, in one run.

python -m benchmarks.link_series [--small]
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks import measure
from benchmarks.drawn_series import Drawn, Score, drawn, score
from entente.casework.link.series import LinkKind, link, series
from entente.casework.link.series.leiden import communities
from entente.casework.link.series.network import Network, network, strong_pairs

SEED = 7  # another than that of the weights
COUNT, SMALL = 50_000, 3_000
# What is laid over the true links: false ones, compilations in 50,000 items; what F1 must be at least.
NOISE = (
    ("no noise", 0.0, 0, None),
    ("5 % false links", 0.05, 0, 0.97),
    ("5 % false links, 100 compilations", 0.05, 100, 0.94),
    ("20 % false links, 250 compilations", 0.2, 250, None),
)
Groups = Sequence[Sequence[str]]


def components(found: Drawn) -> Groups:
    """Group by plain components of the pairs whose evidence is strong."""
    net, names = _network(found)
    ends = coo_array((np.ones(len(net.u)), (net.u, net.v)), shape=(net.nodes, net.nodes))
    return _groups(connected_components(ends, directed=False)[1], names)


def modularity(found: Drawn) -> Groups:
    """Group by Leiden's communities of the whole network."""
    net, names = _network(found)
    return _groups(communities(net.nodes, net.u, net.v, net.strength), names)


def ours(found: Drawn) -> Groups:
    """Group as the desk does."""
    return series(found.links).groups


def _network(found: Drawn) -> tuple[Network, list[str]]:
    pairs = strong_pairs(found.links)
    names = sorted({i for pair in pairs for i in pair})
    return network(pairs, (), {name: n for n, name in enumerate(names)}), names


def _groups(of: np.ndarray, names: Sequence[str]) -> Groups:
    held: dict[int, list[str]] = defaultdict(list)
    for place, name in enumerate(names):
        held[int(of[place])].append(name)
    return list(held.values())


def timed(act: Callable[[], Groups], truth: dict[str, int]) -> tuple[Score, float]:
    """Return how good a grouping is, and the processor seconds it took."""
    start = time.process_time()
    groups = act()
    spent = time.process_time() - start
    return score(groups, truth), spent


def one_more(found: Drawn) -> float:
    """Return the processor seconds of grouping again after one item came: only its component is split."""
    first = found.items[0].id
    new = link(first, "new", LinkKind.NEAR_PICTURE, "1-8", "one more")
    start = time.process_time()
    series((*found.links, new))
    return time.process_time() - start


def _both(found: Score) -> str:
    return f"{found.precision:.3f} / {found.recall:.3f}"


def main() -> int:
    """Measure; 1 where a figure is missed."""
    missed = False
    small = measure.wanted(__doc__ or "")
    count = SMALL if small else COUNT
    figure = measure.Figure(
        f"Drawn series put together again, {count:,} items",
        f"components; {measure.named('graspologic-native')} by modularity",
    )
    for what, false, compilations, least in NOISE:
        found = drawn(SEED, count, false=false, compilations=compilations * count // COUNT)
        of_ours, spent = timed(lambda found=found: ours(found), found.truth)
        plain, _ = timed(lambda found=found: components(found), found.truth)
        leiden, leiden_s = timed(lambda found=found: modularity(found), found.truth)
        again = one_more(found)
        target = f" (at least {least})" if least else ""
        figure.add(
            f"{what}: B-cubed F1{target}",
            f"{of_ours.f1:.3f}",
            f"{plain.f1:.3f}; {leiden.f1:.3f}",
            f"{of_ours.f1 / plain.f1:.2f}; {of_ours.f1 / leiden.f1:.2f}",
        )
        figure.add("… precision / recall", _both(of_ours), f"{_both(plain)}; {_both(leiden)}")
        figure.add("… biggest false merge, items", f"{of_ours.strays}", f"{plain.strays}; {leiden.strays}")
        figure.add(
            "… processor seconds; again after one more item",
            f"{spent:.1f}; {again:.1f}",
            f"–; {leiden_s:.1f}",
        )
        figure.notes.append(f"{what}: {len(found.links) / len(found.truth):.1f} links an item.")
        if least and of_ours.f1 < least:
            missed = True
            figure.notes.append(f"{what}: MISSED, {of_ours.f1:.4f} is below {least}.")
    figure.notes.append("Drawn data: it compares ways to group, and says nothing of real series.")
    figure.say()
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
