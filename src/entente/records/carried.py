"""What every row of a case carries from the moment it is made: there is no moment of exposure."""

from __future__ import annotations

from typing import Any

from entente.records.models import Case, CaseBound
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Handling


def carried(officer: Officer, source: Case | CaseBound, handling: Handling) -> dict[str, Any]:
    """Return the fields of a row that ``officer`` makes in the case of ``source``, for the same audience."""
    return {
        "case_id": source.pk if isinstance(source, Case) else source.case_id,
        "owner_id": officer.agency,
        "made_by_id": officer.id,
        "audience": source.audience,
        "codes": str(handling),
        "handling_text": handling.text,
    }
