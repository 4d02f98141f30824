"""The site's own matcher, tried before it is trusted with an item, and asked in a limited decoder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from entente.casework.link.scene.points import Points
from entente.casework.link.scene.seen import points_of
from entente.casework.link.scene.site import MatcherRefused, SiteMatcher, in_force
from entente.casework.link.scene.site_seen import HOLD, TO_SITE
from entente.evidence.holding import Holding, HoldingRefused, vetted
from entente.evidence.open import Known, Opened, read
from entente.vocabulary.media import Sampling

LIMIT_S = 180.0  # for one picture: a network may take half a minute, for a decoder starts no thread
FRAMES = 8  # of a video


@dataclass(frozen=True, slots=True)
class Asked:
    """What the site's network found in one item: seconds and points, or why nothing was."""

    shots: list[tuple[float, Points]]
    because: str = ""


def tried() -> SiteMatcher | None:
    """Return the site's matcher, or ``None`` where it has none.

    Its file is demanded to be the vetted one, each time; it is shown a drawn picture, once for a process.
    Raises ``MatcherRefused`` with the mend.
    """
    matcher = in_force()
    if matcher is None:
        return None
    try:
        vetted(matcher.path, matcher.sha256)
    except HoldingRefused as refused:
        raise MatcherRefused(f"the site's matcher {matcher.name}: {refused}") from None
    if because := _of_a_drawing(matcher):
        raise MatcherRefused(
            f"the site's matcher {matcher.name} {matcher.version} fails on a drawn picture: {because}; "
            "mend its file, kind or size in the setting, or take ENTENTE_MATCHER away"
        )
    return matcher


def usable() -> tuple[SiteMatcher | None, str]:
    """Return the site's matcher, or why it cannot be used: our own points are compared all the same."""
    try:
        return tried(), ""
    except MatcherRefused as refused:
        return None, str(refused)


def asked_of(matcher: SiteMatcher, file: Any, known: Known | None = None, frames: int = 1) -> Asked:
    """Return what the network finds in a file; touches no database. The decoder's answer is checked."""
    opened = read(
        file,
        known=known,
        extract=[TO_SITE],
        sampling=Sampling.KEYS if frames > 1 else Sampling.SPARSE,
        limit_s=LIMIT_S * frames,
        seen=frames,
        holding=Holding(HOLD, matcher.told, matcher.path, matcher.sha256),
    )
    told = opened.extracted.get(TO_SITE, {})
    shots = [(t, each) for t, each in points_of(told) if len(each)]
    return Asked(shots, "" if shots else _because(opened, told))


def _because(opened: Opened, told: dict[str, Any]) -> str:
    """Return why there are no points; empty where the network saw the item and found none."""
    if opened.refusal:
        return opened.refusal.reason
    return str(told["error"])[:300] if "error" in told else ""


@lru_cache(maxsize=4)
def _of_a_drawing(matcher: SiteMatcher) -> str:
    """Return what is wrong when the network sees rectangles; empty where it answers with sense."""
    drawn = np.full((480, 640, 3), 120, np.uint8)
    for n in range(60):
        x, y, grey = n * 97 % 560, n * 61 % 410, n * 83 % 256
        cv2.rectangle(drawn, (x, y), (x + 30 + n, y + 20 + n % 50), (grey, 255 - grey, n * 4), -1)
    handle = os.memfd_create("drawing")
    try:
        os.write(handle, cv2.imencode(".png", drawn)[1].tobytes())
        asked = asked_of(matcher, handle)
    finally:
        os.close(handle)
    return asked.because or ("" if asked.shots else "it finds no point in sixty rectangles")
