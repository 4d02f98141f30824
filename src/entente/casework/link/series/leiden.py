"""Communities of one network by Leiden: the one place where the library is named.

Traag, Waltman and van Eck, From Louvain to Leiden, Scientific Reports 9 (2019) 5233. A seed makes it repeat.
"""

from __future__ import annotations

import graspologic_native
import numpy as np
from numpy.typing import NDArray

SEED, CYCLES = 1, 2

Places = NDArray[np.int64]
Strengths = NDArray[np.float64]


def communities(nodes: int, u: Places, v: Places, strength: Strengths) -> Places:
    """Return the community of each node, by modularity of the weighted edges ``u`` – ``v``."""
    from scipy.sparse import coo_array  # 20 MB and a quarter of a second that only a series needs

    both = (np.concatenate([u, v]), np.concatenate([v, u]))
    matrix = coo_array((np.concatenate([strength, strength]), both), shape=(nodes, nodes)).tocsr()
    _, found = graspologic_native.leiden_csr(
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32),
        matrix.data.astype(np.float64),
        nodes,
        iterations=CYCLES,
        seed=SEED,
    )
    return np.fromiter((found[n] for n in range(nodes)), np.int64, nodes)
