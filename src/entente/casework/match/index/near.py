"""The index of one process: hashes in memory, their places as answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index.masking import masking
from entente.casework.match.index.pairs import Pairs, asked_as
from entente.casework.match.index.tables import Table

SCAN_BELOW = 2_000  # held hashes; tables are faster here already, but a few questions do not repay them
FEW = 1_000  # queries that are compared with everything before tables are built: these take as long to make


class NearIndex:
    """Held hashes, (n, 4) uint64 from ``packed``, which stay as they are; duplicates keep their places."""

    def __init__(self, held: NDArray[np.uint64]) -> None:
        self._held = np.ascontiguousarray(held, dtype=np.uint64).reshape(-1, 4).view()
        self._held.flags.writeable = False
        self._table: Table | None = None
        self._asked = 0

    def __len__(self) -> int:
        return len(self._held)

    def build(self) -> None:
        """Build the tables now, so that threads may ask."""
        if self._table is None and len(self._held) >= SCAN_BELOW:
            places = np.arange(len(self._held), dtype=np.uint64)
            self._table = Table.of(masking().apply(self._held), places)

    def search(self, queries: NDArray[Any], radius: int | Sequence[int] | NDArray[np.integer[Any]]) -> Pairs:
        """Return all pairs within ``radius`` bits, one radius for all or one for each query (negative: none).

        ``queries`` is (m, 4) uint64. Exact: equal as a set to comparing everything with everything.
        """
        asked, radii = asked_as(queries, radius)
        self._asked += len(asked)
        if self._asked > FEW:
            self.build()
        if self._table is None:
            # numba comes with the first search: the web process imports every service and rarely makes one
            from entente.casework.match.index.loops import scan

            rows = scan(asked, radii, self._held)
            return Pairs.sorted(rows[:, 0], rows[:, 1], rows[:, 2])
        return Pairs.sorted(*self._table.search(masking().apply(asked), radii))
