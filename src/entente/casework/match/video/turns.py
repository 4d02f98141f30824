"""A hash turned without its picture: what the hash of the mirrored or rotated frame nearly is.

Reversing a side of a picture negates the odd frequencies of its cosine transform, swapping sides transposes
them. A bit says "above the median", which lies near zero: so a negated bit is the other one. Transposing is
exact; the rest misses the hash of the turned frame by 6 bits in the middle, 20 at most (323 frames of four
real videos): within the radius, with many frames to speak. So no turned hash need be kept for a frame.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entente.vocabulary.media_hash import Transform

_ODD = np.arange(16) % 2 == 0  # place 0 holds frequency 1
_ROWS, _COLUMNS = np.broadcast_to(_ODD[:, None], (16, 16)), np.broadcast_to(_ODD[None, :], (16, 16))
_NONE = np.zeros((16, 16), bool)
# How the coefficients of the turned picture come from those of the picture: transposed or not, then negated.
_HOW = {
    Transform.ORIGINAL: (False, _NONE),
    Transform.ROTATE_90: (True, _COLUMNS),
    Transform.ROTATE_180: (False, _ROWS ^ _COLUMNS),
    Transform.ROTATE_270: (True, _ROWS),
    Transform.MIRROR_X: (False, _ROWS),
    Transform.MIRROR_Y: (False, _COLUMNS),
    Transform.TRANSPOSE: (True, _NONE),
    Transform.ANTITRANSPOSE: (True, _ROWS ^ _COLUMNS),
}


def turned(hashes: NDArray[np.uint64], turn: Transform) -> NDArray[np.uint64]:
    """Return hashes (n, 4) uint64, from ``packed``, as the same frames turned would have them, nearly."""
    transposed, negated = _HOW[turn]
    raw = np.ascontiguousarray(hashes, np.uint64).astype(">u8").view(np.uint8).reshape(-1, 32)
    bits = np.unpackbits(raw, axis=1)[:, ::-1].reshape(-1, 16, 16)  # bit 0 is the lowest frequency's
    if transposed:
        bits = bits.transpose(0, 2, 1)
    flat = (bits ^ negated).reshape(-1, 256)[:, ::-1]
    return np.packbits(flat, axis=1).view(">u8").astype(np.uint64).reshape(-1, 4)
