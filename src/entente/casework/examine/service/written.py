"""A clue as a row of its case: with the item's originators, never looser than the item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from entente.records import vocabularies
from entente.records.models import Clue, Media, Observation
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import Clue as ClueWord
from entente.vocabulary.handling import Handling, HandlingCode, union


def written(
    officer: Officer,
    media: Media,
    word: ClueWord,
    handling: Handling,
    state: str,
    *,
    polygon: Sequence[Sequence[float]] | None = None,
    observation: Observation | None = None,
) -> Clue:
    """Write one clue of an item, with the originators of the item and of the observation it was made of."""
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
        polygon=[list(point) for point in polygon] if polygon else None,
        start=word.start,
        end=word.end,
        negated=word.negated,
        evaluation=word.evaluation,
        reliability=word.reliability,
        because=word.because,
        method=word.method,
        version=word.version,
        words=vocabularies.recorded(officer.agency, str(word.kind), word.value),
        state=state,
        decided_by_id=officer.id if state == "confirmed" else None,
        observation=observation,
    )
    row.handling = handling
    row.save()
    row.derives_from(media, *([observation] if observation else []))
    return row


def at_least(inputs: Iterable[Handling], codes: Iterable[str], text: str) -> Handling:
    """Return the handling of something made of ``inputs``, with what its maker adds; it loosens nothing."""
    added = frozenset(HandlingCode(c) for c in codes)
    return union([*inputs, *([Handling(added, text)] if added else [])])
