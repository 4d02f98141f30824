"""Send a correction to every agency that was given the product that it corrects."""

from __future__ import annotations

from uuid import UUID

from entente.casework.inform.compose import NotComposed
from entente.casework.inform.service.disclosing import disclose
from entente.casework.inform.service.leaving import NotDisclosed
from entente.records import notice
from entente.records.models import Delivery, Product
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


def send_corrections(officer: Officer, purpose: Purpose, product: Product) -> list[UUID]:
    """Tell all past recipients what was wrong, and give each its version of what is right.

    A recipient who may have nothing of the new product is told that the old one holds no longer. Returns the
    agencies told. Source: Directive (EU) 2016/680 art. 7(3).
    """
    wrong = product.corrects
    assert wrong is not None  # noqa: S101 - asked by the one who calls
    notice.correct(officer, purpose, wrong, product.because)
    told: dict[UUID, Delivery] = {}
    for given in Delivery.objects.filter(product=wrong, owner_id=officer.agency).order_by("made_at"):
        told[given.addressed_id] = given  # the last that each was given
    for given in told.values():
        its = Purpose(given.document["purpose"])
        try:
            disclose(officer, its, product, given.addressed, instead_of=given)
        except (NotDisclosed, NotComposed):
            continue  # the notice stands: nothing takes the place of what it had
    return sorted(told, key=str)
