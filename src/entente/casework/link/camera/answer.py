"""What a decoder answers about a picture's noise, read back. It is not trusted.

``seen`` makes it; these lines are apart, since whoever only reads an answer needs no compiled loops.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entente.casework.link.camera.plane import LEAST, SIDE, Plane

TO_COMPARE = "entente.casework.link.camera.seen:to_compare"
TO_LEARN = "entente.casework.link.camera.seen:to_learn"
STEP = 16.0  # parts of a grey value
LONGEST = 4 * SIDE * SIDE // 3 + 4096  # characters of one answer


def residual_of(answer: dict[str, Any]) -> Plane | None:
    """Return the residual in a decoder's answer; ``None`` where it gave none."""
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


def _fine(plane: NDArray[np.uint8]) -> Plane:
    return ((plane.astype(np.float32) - 128) / np.float32(STEP)).astype(np.float32)
