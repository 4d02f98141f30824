"""Documents of others brought into a case: read, proposed part by part, decided on by people."""

from entente.casework.crosscheck.service.brought.bringing import LARGEST, bring, take_away
from entente.casework.crosscheck.service.brought.deciding import (
    DECISIONS,
    Concerning,
    decisions_of,
    refuse_parts,
    take_decision_back,
    take_parts,
)
from entente.casework.crosscheck.service.brought.reading import NotBrought

__all__ = [
    "DECISIONS",
    "LARGEST",
    "Concerning",
    "NotBrought",
    "bring",
    "decisions_of",
    "refuse_parts",
    "take_away",
    "take_decision_back",
    "take_parts",
]
