"""A home: one person says that a candidate place is it, another confirms; no machine has a part in it."""

from __future__ import annotations

from entente.casework.locate.service.places import STEP, demand_open, judged, unjudged
from entente.records import clock
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.carried import carried
from entente.records.models import CandidatePlace, Capture, HomeProposal, Milestone
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.case import Stage
from entente.vocabulary.clue import SaidInWords
from entente.vocabulary.handling import Purpose, union


class ProposalRefused(SaidInWords):
    """A home is proposed by one person and confirmed by another; the text says what is missing."""


def propose_home(officer: Officer, purpose: Purpose, place: CandidatePlace, *, because: str) -> HomeProposal:
    """Say that a candidate place is the home; it waits for a second person.

    It carries the handling and the originators of the place, of its captures and of all that was said of
    clues there: it stands on them.
    """
    if not because.strip():
        raise ProposalRefused("say why this place is the home; the second person reads it")
    with acting(officer, Act.ALTER, place.as_thing(), purpose, step=STEP, reason="propose a home"):
        demand_open(place)
        if HomeProposal.objects.filter(candidate=place, withdrawn_at=None).exists():
            raise ProposalRefused("somebody stands for this place already; confirm that")
        if left := len(unjudged(officer, place)):
            raise ProposalRefused(
                "say first which clues this place explains, which it fails to explain, and of which one "
                "cannot say; not judged yet: {left}",
                left=left,
            )
        said = list(judged(place).values())
        stands_on = [place, *Capture.objects.filter(candidate=place, state="kept"), *said]
        handling = union([row.handling for row in stands_on])
        proposal = HomeProposal(
            candidate=place,
            place=place.place,
            because=because.strip(),
            **carried(officer, place.case, handling),
        )
        proposal.save()
        proposal.derives_from(*stands_on)
    return proposal


def confirm_home(officer: Officer, purpose: Purpose, proposal: HomeProposal) -> HomeProposal:
    """Confirm a proposed home as the second person."""
    if proposal.confirmed_by_id:
        raise ProposalRefused("this home was confirmed already; propose again where something changed")
    if proposal.made_by_id == officer.id:
        raise ProposalRefused("a home needs two people: another officer must confirm it")
    with acting(officer, Act.ALTER, proposal.as_thing(), purpose, step=STEP, reason="confirm a home"):
        held = HomeProposal.objects.select_for_update().get(pk=proposal.pk)
        if held.withdrawn_at is not None:
            raise ProposalRefused("its place was set aside; bring the place back and propose again")
        if held.confirmed_by_id:
            raise ProposalRefused("this home was confirmed already; propose again where something changed")
        held.confirmed_by_id, held.confirmed_at = officer.id, clock.now()
        held.save(update_fields=["confirmed_by", "confirmed_at"])
        Milestone.reach(
            held.case, Stage.HOME, "a home was proposed and confirmed by two people", by=officer.id
        )
        announce("located", officer, purpose, held.case_id)
    return held
