"""A clue as a row of its case: with the item's originators, never looser than the item."""

from __future__ import annotations

from entente.records.models import Clue, Media
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import Clue as ClueWord
from entente.vocabulary.handling import Handling


def written(officer: Officer, media: Media, word: ClueWord, handling: Handling, state: str) -> Clue:
    """Write one clue of an item, with the item's originators."""
    row = Clue(
        case_id=media.case_id,
        owner_id=officer.agency,
        made_by_id=officer.id,
        audience=media.audience,
        media=media,
        kind=str(word.kind),
        value=word.value,
        group=str(word.group),
        source=word.source,
        region=list(word.region) if word.region else None,
        start=word.start,
        end=word.end,
        negated=word.negated,
        evaluation=word.evaluation,
        reliability=word.reliability,
        because=word.because,
        method=word.method,
        version=word.version,
        state=state,
        decided_by_id=officer.id if state == "confirmed" else None,
    )
    row.handling = handling
    row.save()
    row.derives_from(media)
    return row
