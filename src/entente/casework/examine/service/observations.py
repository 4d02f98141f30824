"""What was seen, in words, before anybody says what it means; later it is made a clue or set aside."""

from __future__ import annotations

from collections.abc import Iterable

from entente.casework.examine.service.editions import Stale, demand_edition, remember
from entente.casework.examine.service.marks import Points, demand_inside, placed
from entente.casework.examine.service.refused import ExamineRefused
from entente.casework.examine.service.written import at_least
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.models import Media, Observation
from entente.records.undo import Touched
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Region


def observe(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    text: str,
    *,
    region: Region | None = None,
    polygon: Points | None = None,
    start: float | None = None,
    end: float | None = None,
    codes: Iterable[str] = (),
    handling_text: str = "",
) -> Observation:
    """Record what is seen, with its place and without a meaning: it weighs nothing."""
    if not text.strip():
        raise ExamineRefused("write what you see first, in neutral words")
    with acting(officer, Act.ALTER, media.as_thing(), purpose, step="examine", reason="observe"):
        media = Media.objects.get(pk=media.pk)
        demand_inside(media, start, end)
        region, polygon = placed(region, polygon)
        row = Observation(
            case_id=media.case_id,
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=media.audience,
            media=media,
            text=text.strip(),
            region=[region.x, region.y, region.w, region.h] if region else None,
            polygon=[list(point) for point in polygon] if polygon else None,
            start=start,
            end=end if end is not None else start,
        )
        row.handling = at_least([media.handling], codes, handling_text)
        row.save()
        row.derives_from(media)
        announce("observed", officer, purpose, media.case_id, item=str(media.pk), observation=str(row.pk))
    return row


def set_aside(
    officer: Officer, purpose: Purpose, observation: Observation, *, edition: str = ""
) -> Observation:
    """Put an observation aside: it stays on record and waits for nobody."""
    return _moved(officer, purpose, observation, {"open"}, "set aside", "set aside an observation", edition)


def reopen(officer: Officer, purpose: Purpose, observation: Observation, *, edition: str = "") -> Observation:
    """Have an observation that was set aside wait again."""
    return _moved(officer, purpose, observation, {"set aside"}, "open", "reopen an observation", edition)


def _moved(
    officer: Officer,
    purpose: Purpose,
    observation: Observation,
    from_: set[str],
    to: str,
    what: str,
    edition: str,
) -> Observation:
    with acting(officer, Act.ALTER, observation.as_thing(), purpose, step="examine", reason=what):
        row = Observation.objects.select_for_update().get(pk=observation.pk)
        demand_edition(row, edition)
        if row.state not in from_:
            raise Stale(row)
        touched = Touched()
        touched.keep(row)
        row.state, row.decided_by_id = to, officer.id
        row.save(update_fields=["state", "decided_by"])
        remember(touched, row, officer, what)
        facts = {"item": str(row.media_id), "observation": str(row.pk)}
        announce("observed", officer, purpose, row.case_id, **facts)
    return row
