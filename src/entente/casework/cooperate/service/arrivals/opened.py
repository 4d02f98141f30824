"""What became of a package, and of those that waited for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from entente.records.models import Package


class NeedsCase(ValueError):
    """Nobody has said yet into which case of ours an originator's case goes."""


@dataclass(slots=True)
class Opened:
    """What became of a package, and of those that waited for it."""

    rows: list[Package] = field(default_factory=list)
    taken: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    refused: list[str] = field(default_factory=list)  # of things in it, each with its code

    def add(self, other: Opened) -> None:
        """Count in what became of another package."""
        self.rows += other.rows
        self.taken += other.taken
        self.unchanged += other.unchanged
        self.withdrawn += other.withdrawn
        self.refused += other.refused
