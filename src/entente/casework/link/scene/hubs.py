"""What ties too many strangers: a compilation, a logo, a banner. It is listed for review and joins nothing.

Pictures are strangers where they share nothing but the one part that all of them share. A poster that hangs
in thirty pictures of one room is no hub: they share the room as well, and are one group. A logo in thirty
pictures of thirteen rooms is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from entente.casework.link.scene.points import Box

STRANGERS = 12  # groups that share nothing else; where more are tied, what ties them says nothing
SAME_PART = 0.5  # overlap over union from which two boxes of one picture are one part
SMALL_PART = 0.2  # of a picture: a logo's or a banner's part; more is the scene

Around = Mapping[
    str, Mapping[str, tuple[Box, Box]]
]  # of each picture: its neighbours, where in it, and there


@dataclass(frozen=True, slots=True)
class Tie:
    """Two pictures that share something, and where it lies in each."""

    a: str
    b: str
    score: int
    in_a: Box
    in_b: Box


@dataclass(frozen=True, slots=True)
class Crowd:
    """A picture, or a part of it, that ties strangers; ``part`` is ``None`` where several parts do."""

    of: str
    part: Box | None
    tied: tuple[str, ...]
    groups: int  # of the tied pictures, each sharing something else within

    @property
    def text(self) -> str:
        """The sentence for an officer."""
        tied = f"{len(self.tied)} pictures in {self.groups} groups that share nothing else"
        if self.part is None:
            return f"{self.of} shares its parts with {tied}: a compilation?"
        return f"one small part of {self.of} is in {tied}: a logo, a banner, a common print?"


def sorted_out(ties: Iterable[Tie]) -> tuple[list[Tie], list[Crowd]]:
    """Return the ties that may join, and what was set apart; ties over a crowd's part are not among them."""
    listed = sorted(ties, key=lambda t: (t.a, t.b))
    around = _around(listed)
    crowds = [c for name in sorted(around) for c in _crowds(name, around)]
    stamped: dict[str, list[Box]] = defaultdict(list)
    for crowd in crowds:
        if crowd.part is not None:
            stamped[crowd.of].append(crowd.part)
    whole = {crowd.of for crowd in crowds if crowd.part is None}
    kept = [t for t in listed if not ({t.a, t.b} & whole or _over(t, stamped))]
    return kept, crowds


def _around(ties: Iterable[Tie]) -> Around:
    """Return for each picture its neighbours, and where the tie lies in it and in the neighbour."""
    around: defaultdict[str, dict[str, tuple[Box, Box]]] = defaultdict(dict)
    for tie in ties:
        around[tie.a][tie.b] = (tie.in_a, tie.in_b)
        around[tie.b][tie.a] = (tie.in_b, tie.in_a)
    return around


def _crowds(name: str, around: Around) -> list[Crowd]:
    """Return the parts of one picture that tie strangers, or else itself where all its parts together do."""
    near = around[name]
    if len(near) <= STRANGERS:
        return []
    found = []
    for part, sharing in _parts(near):
        if part[2] * part[3] <= SMALL_PART and len(sharing) > STRANGERS:
            groups = _groups({n: near[n][1] for n in sharing}, around)
            if groups > STRANGERS:
                found.append(Crowd(name, part, tuple(sharing), groups))
    if found:
        return found
    groups = _groups(dict.fromkeys(near), around)
    return [Crowd(name, None, tuple(sorted(near)), groups)] if groups > STRANGERS else []


def _parts(near: Mapping[str, tuple[Box, Box]]) -> list[tuple[Box, list[str]]]:
    """Return the parts of a picture by overlap, each with who shares it; the largest crowd first."""
    parts: list[tuple[Box, list[str]]] = []
    for name, (here, _) in sorted(near.items()):
        for box, sharing in parts:
            if overlap(box, here) >= SAME_PART:
                sharing.append(name)
                break
        else:
            parts.append((here, [name]))
    return sorted(parts, key=lambda p: -len(p[1]))


def _groups(there: Mapping[str, Box | None], around: Around) -> int:
    """Return how many groups pictures make by what they share beside the part that lies ``there`` in each."""
    left, count = set(there), 0
    while left:
        count += 1
        reached = [left.pop()]
        while reached:
            one = reached.pop()
            part = there[one]
            near = {n for n in left & around[one].keys() if _beside(around[one][n][0], part)}
            left -= near
            reached.extend(near)
    return count


def _beside(box: Box, part: Box | None) -> bool:
    """Whether what is shared is something else than the part."""
    return part is None or overlap(box, part) < SAME_PART


def _over(tie: Tie, stamped: Mapping[str, list[Box]]) -> bool:
    """Whether a tie lies over a crowd's part in either of its pictures."""
    ends = ((tie.a, tie.in_a), (tie.b, tie.in_b))
    return any(overlap(box, part) >= SAME_PART for name, box in ends for part in stamped.get(name, ()))


def overlap(one: Box, other: Box) -> float:
    """Return the share of two boxes' union that both cover."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(0.0, wide) * max(0.0, high)
    either = one[2] * one[3] + other[2] * other[3] - both
    return both / either if either > 0 else 0.0
