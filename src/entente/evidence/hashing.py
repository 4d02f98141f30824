"""Hash types, compiled when this is imported: a decoder that only makes stills does without numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entente import plugins


def hashed(luma: NDArray[np.uint8]) -> dict[str, dict[str, Any]]:
    """Return every hash type's eight turns and quality of a luma plane (rows, columns)."""
    hashes = {}
    for name, each in plugins.hashes().items():
        turns, quality = each.of_luma(luma)
        hashes[name] = {"turns": list(turns), "quality": int(quality)}
    return hashes


hashed(np.zeros((96, 128), np.uint8))  # compiled before decoders are forked and limited
