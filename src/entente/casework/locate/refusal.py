"""A clue that cannot be weighed: which one, why, and the mend."""

from __future__ import annotations


class ClueRefused(ValueError):
    """Raised for a clue whose value is not what its kind needs; the other clues can still be weighed."""

    def __init__(self, clue_id: str, reason: str) -> None:
        super().__init__(f"clue {clue_id or '(no id)'}: {reason}")
        self.clue_id = clue_id
        self.reason = reason
