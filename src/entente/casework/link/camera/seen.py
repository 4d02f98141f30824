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

from entente.casework.link.camera.answer import STEP
from entente.casework.link.camera.plane import LEAST, Plane, middle
from entente.casework.link.camera.residual import residual


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


def _text(plane: NDArray[np.uint8]) -> str:
    return base64.b64encode(np.ascontiguousarray(plane).tobytes()).decode()


def _coarse(noise: Plane) -> NDArray[np.uint8]:
    return np.clip(np.round(noise * STEP) + 128, 0, 255).astype(np.uint8)


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
