"""Holdings in several folders that answer together: in this process by threads, or on a cluster's machines.

Few large shards cost less than many small ones, as a search grows slower than the set. Each id lives in one
shard; a question goes to all. A shard that cannot answer fails the question: silence is not "not known".
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index import Pairs
from entente.casework.match.service.holdings import Holdings
from entente.workers import Engine, Outcome

Part = tuple[int, Path, bytes | None]


class ShardSilent(RuntimeError):
    """A shard could not answer, so the answer of the others is not one."""


class _Shard:
    """One folder where it lives, and which of them it is."""

    def __init__(self, part: Part) -> None:
        self._number, folder, key = part
        self._held = Holdings(folder, key)

    def search(self, queries: NDArray[Any], radius: Any) -> Pairs:
        return self._held.search(queries, radius)

    def add(self, shares: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> None:
        self._held.add(*shares[self._number])

    def remove(self, ids: NDArray[Any]) -> None:
        self._held.remove(ids)

    def count(self) -> int:
        return len(self._held)

    def compact(self) -> int:
        return self._held.compact()


class ShardedHoldings:
    """The holdings of ``folders``, in this order always: it says which shard an id lives in."""

    def __init__(self, engine: Engine, folders: Sequence[Path], key: bytes | None = None) -> None:
        if not folders:
            raise ValueError("an index has at least one shard; name a folder")
        self._folders = list(folders)
        self._shards = engine.shards(_Shard, [(n, folder, key) for n, folder in enumerate(folders)])

    def search(self, queries: NDArray[Any], radius: int | Sequence[int] | NDArray[Any]) -> Pairs:
        """Return what ``Holdings.search`` would of one index; raises ``ShardSilent``."""
        answers = self._answers(self._shards.ask("search", queries, radius))
        return Pairs.sorted(
            *(np.concatenate([getattr(a, name) for a in answers]) for name in ("query", "held", "distance"))
        )

    def add(self, hashes: NDArray[Any], ids: NDArray[Any]) -> None:
        """Hold hashes, each in its id's shard; raises ``ShardSilent`` if one did not take its own.

        Adding the same again mends that.
        """
        new, labels = np.asarray(hashes, np.uint64).reshape(-1, 4), np.asarray(ids, np.uint64)
        home = labels % np.uint64(len(self._folders))
        mine = [home == shard for shard in range(len(self._folders))]
        self._answers(self._shards.ask("add", [(new[rows], labels[rows]) for rows in mine]))

    def remove(self, ids: NDArray[Any]) -> None:
        """Silence ids in every shard; raises ``ShardSilent``."""
        self._answers(self._shards.ask("remove", np.asarray(ids, np.uint64)))

    def compact(self) -> int:
        """Merge the segments of every shard, each where it lives; return how many became others."""
        return sum(self._answers(self._shards.ask("compact")))

    def __len__(self) -> int:
        return sum(self._answers(self._shards.ask("count")))

    def close(self) -> None:
        """Let the shards go."""
        self._shards.close()

    def _answers(self, outcomes: list[Outcome[Any]]) -> list[Any]:
        silent = [f"{self._folders[o.index].name}: {o.error}" for o in outcomes if o.error]
        if silent:
            raise ShardSilent(f"shards that did not answer, so that nothing is said: {'; '.join(silent)}")
        return [outcome.value for outcome in outcomes]
