"""The site's own matcher, tried before it is trusted with an item, and asked in a limited decoder.

Its second network, where it has one, is tried and asked beside the first: refused, it stops only itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from entente.casework.link.scene.agreement import LEAST_PAIRS
from entente.casework.link.scene.points import Points
from entente.casework.link.scene.seen import points_of
from entente.casework.link.scene.site import MatcherRefused, Matching, SiteMatcher, in_force
from entente.casework.link.scene.site_pairs import HOLD as HOLD_PAIRS
from entente.casework.link.scene.site_pairs import TO_PAIR, Pairs, packed, pairs_of
from entente.casework.link.scene.site_seen import HOLD, TO_SITE, Nonsense
from entente.evidence.holding import Holding, HoldingRefused, vetted
from entente.evidence.memory import in_memory
from entente.evidence.open import Known, Opened, Through, read, told
from entente.evidence.sandbox import SandboxFailed
from entente.vocabulary.media import Sampling

LIMIT_S = 180.0  # for one picture: a network may take half a minute, for a decoder starts no thread
FRAMES = 8  # of a video
PAIR_LIMIT_S = 60.0  # for two pictures' points


@dataclass(frozen=True, slots=True)
class Asked:
    """What the site's network found in one item: seconds and points, or why nothing was."""

    shots: list[tuple[float, Points]]
    because: str = ""


def tried() -> SiteMatcher | None:
    """Return the site's matcher, or ``None`` where it has none.

    Its file is demanded to be the vetted one, each time; it is shown a drawn picture, once for a process, but
    again where it failed: a decoder may have died of something else. Raises ``MatcherRefused`` with the mend.
    """
    matcher = in_force()
    if matcher is None:
        return None
    _demand_vetted(matcher)
    _of_a_drawing(matcher)
    return matcher


def tried_matching(matcher: SiteMatcher) -> None:
    """Try the second network of a tried matcher, if it has one; raises ``MatcherRefused`` with the mend.

    It is asked which points of a drawn picture belong to those of the same.
    """
    matching = matcher.matching
    if matching is None:
        return
    _demand_vetted(matching)
    _pairs_a_drawing(matcher, matching)


def usable() -> tuple[SiteMatcher | None, str]:
    """Return the site's matcher, and why it, or else its second network, cannot be used.

    Our own points are compared all the same; where the second network is refused, the first one's points are
    compared as ours are.
    """
    matcher = None
    try:
        matcher = tried()
        if matcher:
            tried_matching(matcher)
    except MatcherRefused as refused:
        return (replace(matcher, set_aside=True) if matcher else None), str(refused)
    return matcher, ""


def _demand_vetted(one: SiteMatcher | Matching) -> None:
    try:
        vetted(one.path, one.sha256)
    except HoldingRefused as refused:
        raise MatcherRefused(f"the site's matcher {one.name}: {refused}") from None


@contextmanager
def _vetted_still(one: SiteMatcher | Matching) -> Iterator[None]:
    """Tell a decoder that cannot start because the file was changed after its trial from one that fails."""
    try:
        yield
    except SandboxFailed:
        _demand_vetted(one)
        raise


def asked_of(matcher: SiteMatcher, file: Any, known: Known | None = None, frames: int = 1) -> Asked:
    """Return what the network finds in a file; touches no database. The decoder's answer is checked.

    Raises ``MatcherRefused`` where its own file is no more the vetted one.
    """
    with _vetted_still(matcher):
        opened = read(
            file,
            known=known,
            extract=[TO_SITE],
            sampling=Sampling.KEYS if frames > 1 else Sampling.SPARSE,
            limit_s=LIMIT_S * frames,
            seen=frames,
            holding=Holding(HOLD, matcher.told, matcher.path, matcher.sha256),
        )
    answer = opened.extracted.get(TO_SITE, {})
    shots = [(t, each) for t, each in points_of(answer) if len(each)]
    return Asked(shots, "" if shots else _because(opened, answer))


def paired(matching: Matching, asks: Sequence[tuple[Points, Points]]) -> list[Pairs]:
    """Return which points of each two pictures belong together, by one call of a decoder for all.

    Touches no database. Raises ``MatcherRefused`` where it gave no answer, or one without sense, or
    its file is no more the vetted one.
    """
    pictures = {id(each): each for ask in asks for each in ask}
    numbers = {each: n for n, each in enumerate(pictures)}
    asked = [[numbers[id(one)], numbers[id(other)]] for one, other in asks]
    with _vetted_still(matching), in_memory(packed(list(pictures.values()))) as handle:
        answer = told(
            handle,
            Through(TO_PAIR, {"asked": asked}),
            limit_s=PAIR_LIMIT_S * len(asks),
            holding=Holding(HOLD_PAIRS, "", matching.path, matching.sha256),
        )
    if answer.refusal:
        raise MatcherRefused(answer.refusal.reason)
    try:
        return pairs_of(answer.data.get("told"), asks)
    except Nonsense as fault:
        raise MatcherRefused(str(fault)) from None


def _because(opened: Opened, answer: dict[str, Any]) -> str:
    """Return why there are no points; empty where the network saw the item and found none."""
    if opened.refusal:
        return opened.refusal.reason
    return str(answer["error"])[:300] if "error" in answer else ""


@lru_cache(maxsize=4)
def _of_a_drawing(matcher: SiteMatcher) -> Points:
    """Return what the network finds in rectangles; raises ``MatcherRefused``, which is not remembered."""
    drawn = np.full((480, 640, 3), 120, np.uint8)
    for n in range(60):
        x, y, grey = n * 97 % 560, n * 61 % 410, n * 83 % 256
        cv2.rectangle(drawn, (x, y), (x + 30 + n, y + 20 + n % 50), (grey, 255 - grey, n * 4), -1)
    with in_memory(cv2.imencode(".png", drawn)[1].tobytes()) as handle:
        asked = asked_of(matcher, handle)
    if not asked.shots:
        because = asked.because or "it finds no point in sixty rectangles"
        raise MatcherRefused(
            f"the site's matcher {matcher.name} {matcher.version} fails on a drawn picture: {because}; "
            "mend its file, kind or size in the setting, or take ENTENTE_MATCHER away"
        )
    return asked.shots[0][1]


@lru_cache(maxsize=4)
def _pairs_a_drawing(matcher: SiteMatcher, matching: Matching) -> None:
    """Demand that the second network pairs a drawing with itself; a refusal is not remembered."""
    drawing = _of_a_drawing(matcher)
    because = ""
    try:
        [pairs] = paired(matching, [(drawing, drawing)])
        if len(pairs) < min(LEAST_PAIRS, len(drawing)):
            because = f"of {len(drawing)} points it pairs {len(pairs)} with those of the same picture"
    except MatcherRefused as refused:
        because = str(refused)
    if because:
        raise MatcherRefused(
            f"the site's matcher {matching.name} {matching.version} fails on a drawn picture: {because}; "
            "mend its file in the setting, or take the table [matching] away"
        )
