"""The reason that every score and verdict carries: what was found, by which method, at which version."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence for an officer, and what is needed to reach it again."""

    text: str
    method: str
    version: str
    points: float | None = None
