"""What may leave a case: the officer's part in it asked, and what left and what stayed written down."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from entente.records import circle, emergency, leaving
from entente.records.act import acting
from entente.records.models import Agency, Case, CaseBound, Disclosure, Media, Product
from entente.safeguards.access import Act
from entente.safeguards.partners import CLUE, MEDIA, RULES, Basis, NoBasis, demand_transfer
from entente.safeguards.release import LeftOut
from entente.vocabulary.agency import AgencyKind, Officer
from entente.vocabulary.handling import H2, Purpose, union

STEP = "inform"


class NotDisclosed(ValueError):
    """Nothing could leave as asked; the sentence says the mend."""


def demand_part(officer: Officer, purpose: Purpose, product: Product, to: Agency, act: Act) -> None:
    """Ask whether the officer has the product and a part that lets anything leave; a no stands in the log.

    H1 is hidden under prosecution: the court's version is cut by one who may have the product for the work.
    """
    court = purpose is Purpose.PROSECUTION and Purpose.VICTIM_IDENTIFICATION in officer.purposes
    reading = Purpose.VICTIM_IDENTIFICATION if court else purpose
    with acting(
        officer, Act.READ, product.as_thing(), reading, step=STEP, reason="open a product to disclose"
    ):
        pass
    demand_leave(officer, purpose, product.case, to, act)


def demand_leave(officer: Officer, purpose: Purpose, case: Case, to: Agency, act: Act) -> None:
    """Raise ``guard.Denied``, with its log entry, where the officer's part lets nothing leave this case.

    Raises ``NotDisclosed`` for a partner of another desk where there is no legal basis in force.
    """
    demand_lead(officer, purpose, case, to, act)
    basis_to(officer, to)


def demand_lead(officer: Officer, purpose: Purpose, case: Case, to: Agency, act: Act) -> None:
    """Raise ``guard.Denied`` for the officer's part alone: to call back needs no legal basis."""
    leaving.demand_lead(officer, act, case, to, purpose, step=STEP, reason="let something leave")


def basis_to(officer: Officer, to: Agency) -> Basis | None:
    """Return on which basis a partner of another desk may be sent something; raise ``NotDisclosed``.

    Nothing for an agency that works on this desk itself: no card of it was ever pinned.
    """
    if not circle.of_another_desk(officer.agency, to.pk):
        return None
    try:
        return circle.basis_for(officer.agency, to)
    except NoBasis as fault:
        raise NotDisclosed(str(fault)) from None


def not_sent(basis: Basis | None, to: Agency, row: CaseBound, label: str) -> LeftOut | None:
    """Say why a row may not go to that kind of partner: some are sent the facts of files alone."""
    kind = AgencyKind(to.kind)
    if basis is None or isinstance(row, Media) or CLUE in RULES[kind].sends:
        return None
    why = f"a {kind} is sent hashes and facts of files alone ({RULES[kind].articles})"
    return LeftOut(label, str(row.handling), why, stated=False)


def demand_rows(basis: Basis | None, to: Agency, *, clues: bool, count: int) -> None:
    """Raise ``NotDisclosed`` where so many things, or things of that kind, may not go on the basis."""
    if basis is None:
        return
    try:
        demand_transfer(AgencyKind(to.kind), basis, [CLUE if clues else MEDIA], count)
    except NoBasis as fault:
        raise NotDisclosed(str(fault)) from None


def record_left(
    officer: Officer,
    source: Product | Case,
    to: Agency,
    what: str,
    thing: UUID,
    told: Sequence[str],
    held: Sequence[str],
) -> Disclosure:
    """Write down what left (``held``, so that it can be called back) and what stayed.

    H2, for nobody else in the case learns to whom something went.
    """
    row = Disclosure(
        case_id=source.case_id if isinstance(source, Product) else source.pk,
        owner_id=officer.agency,
        made_by_id=officer.id,
        audience=source.audience,
        to=to,
        what=what,
        thing=thing,
        left_out=list(told),
        held=list(held),
    )
    row.handling = union([source.handling, H2])
    row.save()
    if isinstance(source, Product) and source.handling.restricted:
        row.derives_from(source)
    emergency.used([UUID(each) for each in held], to.pk)
    return row
