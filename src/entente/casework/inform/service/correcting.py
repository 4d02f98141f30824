"""Send a correction to every agency that was given the product that it corrects."""

from __future__ import annotations

from uuid import UUID

from entente.casework.inform.compose import NotComposed
from entente.casework.inform.service.delivering import recalled
from entente.casework.inform.service.disclosing import disclose
from entente.casework.inform.service.leaving import NotDisclosed
from entente.records import notice
from entente.records.models import Delivery, Product
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


def send_corrections(officer: Officer, purpose: Purpose, product: Product) -> list[UUID]:
    """Tell all past recipients what was wrong, and give each its version of what is right.

    Who may have nothing of the new product, or had the old one called back, reads the notice alone that it
    holds no longer. Returns the agencies told. Source: Directive (EU) 2016/680 art. 7(3).
    """
    wrong = product.corrects
    assert wrong is not None  # noqa: S101 - asked by the one who calls
    notice.correct(officer, purpose, wrong, product.because)
    told: dict[UUID, Delivery] = {}
    for given in Delivery.objects.filter(product=wrong, owner_id=officer.agency).order_by("made_at"):
        told[given.addressed_id] = given  # the last that each was given
    back = recalled(told.values())
    for given in told.values():
        if given.pk in back:
            continue  # whoever called it back decides whether the agency has anything of it again
        its = Purpose(given.document["purpose"])
        try:
            disclose(officer, its, product, given.addressed, instead_of=given)
        except (NotDisclosed, NotComposed):
            continue  # the notice stands: nothing takes the place of what it had
    return sorted(told, key=str)
