"""A picture's features from what a decoder shows of it. Runs inside a limited decoder; asked for by name."""

from __future__ import annotations

import base64
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from entente.casework.match.scene.corners import Asked, Features, FeaturesDamaged, asked, features

TO_HOLD = "entente.casework.match.scene.seen:to_hold"
TO_ASK = "entente.casework.match.scene.seen:to_ask"
LONGEST = 1 << 20  # characters of one answer


class Seen(Protocol):
    """What a decoder shows of a medium (``evidence.decode.Decoded``)."""

    kind: str
    frames: list[tuple[float, NDArray[np.uint8]]]


def to_hold(seen: Seen) -> list[str]:
    """Return the features under which a picture is held, as base64; a video has none."""
    return [_text(features(_luma(seen)))] if seen.kind == "picture" else []


def to_ask(seen: Seen) -> list[str]:
    """Return the features with which a picture is asked about, plain and mirrored, as base64."""
    if seen.kind != "picture":
        return []
    both = asked(_luma(seen))
    return [_text(both.plain), _text(both.mirrored)]


def held_of(answer: dict[str, Any]) -> Features | None:
    """Return the features in a decoder's answer; ``None`` where it gave none. It is not trusted."""
    found = _checked(answer, 1)
    return found[0] if found else None


def asked_of(answer: dict[str, Any]) -> Asked | None:
    """Return the asked features in a decoder's answer; ``None`` where it gave none. It is not trusted."""
    found = _checked(answer, 2)
    return Asked(*found) if found else None


def _checked(answer: dict[str, Any], count: int) -> list[Features]:
    told = answer.get("value")
    if not isinstance(told, list) or len(told) != count:
        return []
    try:
        return [Features.from_bytes(base64.b64decode(text[:LONGEST], validate=True)) for text in told]
    except (FeaturesDamaged, TypeError, ValueError):
        return []


def _text(found: Features) -> str:
    return base64.b64encode(found.to_bytes()).decode()


def _luma(seen: Seen) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(seen.frames[0][1], cv2.COLOR_RGB2GRAY), np.uint8)


def _warm() -> None:
    """Find corners once, before the decoder is limited: OpenCV looks at the machine when first used."""
    rows, columns = np.indices((240, 320))
    squares = ((rows // 17 * 7 + columns // 13 * 5) % 11 * 23).astype(np.uint8)
    asked(squares)
    cv2.cvtColor(np.dstack([squares] * 3), cv2.COLOR_RGB2GRAY)


cv2.ocl.setUseOpenCL(
    False
)  # it would look for a graphics card's libraries, and a limited decoder dies of that
_warm()
