"""A picture's residual from what a decoder shows of it. Runs inside a limited decoder; asked for by name.

Of a picture as displayed, in brightness, its middle. What leaves the decoder is small: the residual in steps
of a sixteenth of a grey value, as one byte a pixel, and for a reference picture its brightness beside it.
"""

from __future__ import annotations

import base64
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from entente.casework.link.camera.fingerprint import SIDE, middle
from entente.casework.link.camera.residual import LEAST, Plane, residual

TO_COMPARE = "entente.casework.link.camera.seen:to_compare"
TO_LEARN = "entente.casework.link.camera.seen:to_learn"
STEP = 16.0  # parts of a grey value
LONGEST = 4 * SIDE * SIDE // 3 + 4096  # characters of one answer


class Seen(Protocol):
    """What a decoder shows of a medium (``evidence.decode.Decoded``)."""

    kind: str
    frames: list[tuple[float, NDArray[np.uint8]]]


def to_compare(seen: Seen) -> list[Any]:
    """Return rows, columns and the residual of a picture's middle; a video or a tiny picture has none."""
    luma = _luma(seen)
    return [] if luma is None else [*luma.shape, _text(_coarse(residual(luma)))]


def to_learn(seen: Seen) -> list[Any]:
    """Return the same and the brightness of the middle, to make a fingerprint of."""
    luma = _luma(seen)
    return [] if luma is None else [*luma.shape, _text(_coarse(residual(luma))), _text(luma)]


def residual_of(answer: dict[str, Any]) -> Plane | None:
    """Return the residual in a decoder's answer; ``None`` where it gave none. It is not trusted."""
    planes = _planes(answer, 1)
    return _fine(planes[0]) if planes else None


def learned_of(answer: dict[str, Any]) -> tuple[Plane, NDArray[np.uint8]] | None:
    """Return residual and brightness in a decoder's answer; ``None`` where it gave none."""
    planes = _planes(answer, 2)
    return (_fine(planes[0]), planes[1]) if planes else None


def _planes(answer: dict[str, Any], count: int) -> list[NDArray[np.uint8]]:
    told = answer.get("value")
    if not isinstance(told, list) or len(told) != 2 + count:
        return []
    rows, columns = told[:2]
    if not all(type(side) is int and LEAST <= side <= SIDE for side in (rows, columns)):
        return []
    try:
        found = [_bytes(text, rows * columns) for text in told[2:]]
    except (TypeError, ValueError):
        return []
    return [np.frombuffer(data, np.uint8).reshape(rows, columns) for data in found]


def _bytes(text: str, size: int) -> bytes:
    """Return exactly ``size`` bytes."""
    if len(text) > LONGEST:
        raise ValueError("longer than a plane can be")
    data = base64.b64decode(text, validate=True)
    if len(data) != size:
        raise ValueError("a plane of another size")
    return data


def _text(plane: NDArray[np.uint8]) -> str:
    return base64.b64encode(np.ascontiguousarray(plane).tobytes()).decode()


def _coarse(noise: Plane) -> NDArray[np.uint8]:
    return np.clip(np.round(noise * STEP) + 128, 0, 255).astype(np.uint8)


def _fine(plane: NDArray[np.uint8]) -> Plane:
    return ((plane.astype(np.float32) - 128) / np.float32(STEP)).astype(np.float32)


def _luma(seen: Seen) -> NDArray[np.uint8] | None:
    if seen.kind != "picture" or min(seen.frames[0][1].shape[:2]) < LEAST:
        return None
    rgb = middle(seen.frames[0][1])
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def _warm() -> None:
    """Compile the loops before the decoder is limited."""
    residual(np.random.default_rng(1).integers(0, 255, (LEAST, LEAST + 2), np.uint8))


cv2.ocl.setUseOpenCL(
    False
)  # it would look for a graphics card's libraries, and a limited decoder dies of that
_warm()
