"""What was asked of an item and does not fit it."""

from __future__ import annotations


class ExamineRefused(ValueError):
    """What was asked of an item does not fit it; the sentence says the mend."""
