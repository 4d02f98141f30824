"""A home: proposed by one person, confirmed by another; no machine has a part in it."""

from __future__ import annotations

from entente.records import clock
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.models import Case, HomeProposal, Milestone
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.case import Stage
from entente.vocabulary.handling import Handling, HandlingCode, Purpose


class ProposalRefused(ValueError):
    """A home is proposed by one person and confirmed by another; the text says what is missing."""


def propose_home(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    *,
    place: str,
    because: str,
    codes: tuple[str, ...] = ("H2",),
) -> HomeProposal:
    """Propose the home that open sources and partners led to; it waits for a second person.

    The engine never goes below a district: the home is people's work, outside it.
    """
    if not place.strip() or not because.strip():
        raise ProposalRefused("a home proposal needs the place and the reason")
    handling = Handling(frozenset(HandlingCode(c) for c in codes))
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step="locate", reason="propose a home"):
        proposal = HomeProposal(
            case=case,
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=case.audience,
            place=place.strip(),
            because=because.strip(),
        )
        proposal.handling = handling
        proposal.save()
    return proposal


def confirm_home(officer: Officer, purpose: Purpose, proposal: HomeProposal) -> HomeProposal:
    """Confirm a proposed home as the second person."""
    if proposal.confirmed_by_id:
        raise ProposalRefused("this home was confirmed already; propose again where something changed")
    if proposal.made_by_id == officer.id:
        raise ProposalRefused("a home needs two people: another officer must confirm it")
    with acting(officer, Act.ALTER, proposal.as_thing(), purpose, step="locate", reason="confirm a home"):
        proposal.confirmed_by_id, proposal.confirmed_at = officer.id, clock.now()
        proposal.save(update_fields=["confirmed_by", "confirmed_at"])
        Milestone.reach(
            proposal.case, Stage.HOME, "a home was proposed and confirmed by two people", by=officer.id
        )
        announce("located", officer, purpose, proposal.case_id)
    return proposal
