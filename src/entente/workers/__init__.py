"""Who does the heavy work: one interface, so that a laptop and a cluster run the same code path.

Paths and small arrays go to the workers, never the bytes of evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Result]):
    """What became of one item: its place among the items, and the result or, in words, the error."""

    index: int
    value: Result | None = None
    error: str = ""


class Shards(Protocol):
    """Parts of one thing, each held by a worker; they answer together."""

    def ask(self, method: str, *arguments: Any) -> list[Outcome[Any]]:
        """Call ``method`` on every part at once; outcomes in the order of the parts, an error as a value."""
        ...

    def close(self) -> None:
        """Let the parts go."""
        ...


class Engine(Protocol):
    """Where work is done. Closing an engine ends its workers."""

    def map_batches(
        self, fn: Callable[[Item], Result], items: Iterable[Item], size: int = 16
    ) -> Iterator[Outcome[Result]]:
        """Call ``fn`` on each item, ``size`` of them a journey, and give outcomes as they come.

        Every item has exactly one outcome, whatever ``fn`` raises and whoever kills its worker. ``items`` may
        have no end: no more is taken than the workers can use.
        """
        ...

    def shards(self, build: Callable[[Part], Any], parts: Sequence[Part]) -> Shards:
        """Build one object from each part where it will live; raises what ``build`` raises."""
        ...

    def close(self) -> None:
        """End the workers."""
        ...
