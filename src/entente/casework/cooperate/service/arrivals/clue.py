"""A partner's clue becomes a proposed one of the case."""

from __future__ import annotations

from entente.casework.cooperate.service.sealing import STEP
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.models import Clue, PartnerThing
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import ClueGroup
from entente.vocabulary.handling import Purpose


class NotTaken(ValueError):
    """A partner's clue could not be taken; the text says the mend."""


def take_clue(officer: Officer, purpose: Purpose, row: PartnerThing) -> Clue:
    """Take a partner's clue into the case as a proposed one, with its grade, handling and originator.

    Raises ``NotTaken``.
    """
    with acting(officer, Act.ALTER, row.as_thing(), purpose, step=STEP, reason="take a partner's clue"):
        held = PartnerThing.objects.select_for_update().get(pk=row.pk)
        if held.kind != "clue" or held.withdrawn:
            raise NotTaken("only a clue that its originator has not withdrawn can be taken")
        if held.taken_as_id is not None:
            return Clue.objects.get(pk=held.taken_as_id)
        told = held.body
        if told.get("value") is None:
            raise NotTaken("it says nothing: it has no value; ask its originator for it anew")
        clue = Clue(
            case_id=held.case_id,
            owner_id=officer.agency,
            made_by_id=officer.id,
            kind=str(told.get("kind", ""))[:20],
            value=told.get("value"),
            group=str(ClueGroup.PARTNER),
            source=f"package of {held.owner.short}",
            negated=told.get("negated") is True,
            evaluation=str(told.get("evaluation", "X4"))[:2],
            because=str(told.get("because", ""))[:2000],
            method="partner package",
            version="1",
            codes=held.codes,
            handling_text=held.handling_text,
            audience=held.audience,
        )
        try:
            clue.as_word()
        except ValueError as fault:  # refused before it is written
            raise NotTaken(f"it makes no clue: {fault}; ask its originator for it anew") from None
        clue.save()
        clue.derives_from(held)
        held.taken_as = clue
        held.save(update_fields=["taken_as"])
        announce("clue changed", officer, purpose, held.case_id, clue=str(clue.pk))
    return clue
