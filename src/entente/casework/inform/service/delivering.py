"""A product at the agency that got it: opened, acknowledged, and what is heard back of it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from entente.casework.inform.service.issuing import made_again
from entente.casework.inform.service.leaving import STEP
from entente.records import clock, guard
from entente.records.act import Deed, acting
from entente.records.carried import carried
from entente.records.models import Delivery, Disclosure, FollowUp
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Handling, HandlingCode, Purpose


class NotDelivered(ValueError):
    """Nothing was opened, acknowledged, asked or answered; the sentence says the mend."""


def received(officer: Officer) -> QuerySet[Delivery]:
    """Return the products that the officer's agency got, the newest first."""
    rows = Delivery.objects.filter(addressed_id=officer.agency)
    return rows.select_related("owner", "opened_by", "acknowledged_by", "instead_of").order_by("-made_at")


BOOK = "the recipient does not see the sender's book, and learns of a recall by its notice"


def recalled(deliveries: Iterable[Delivery]) -> dict[UUID, datetime]:
    """Return when each of these was called back that was, by its id: such a one is opened no more."""
    of = {d.disclosure_id: d.pk for d in deliveries}
    with guard.system(BOOK):
        rows = Disclosure.objects.filter(pk__in=list(of)).exclude(recalled_at=None).only("recalled_at")
        return {of[row.pk]: row.recalled_at for row in rows if row.recalled_at is not None}


def called_back(delivery: Delivery) -> datetime | None:
    """Return when it was called back: then it is opened no more."""
    return recalled([delivery]).get(delivery.pk)


def unacknowledged(officer: Officer) -> int:
    """Return how many products wait for the officer's agency; what was called back waits for nobody."""
    rows = Delivery.objects.filter(addressed_id=officer.agency, acknowledged_at=None)
    ids = list(rows.values_list("disclosure_id", flat=True))
    with guard.system(BOOK):
        return Disclosure.objects.filter(pk__in=ids, recalled_at=None).count()


def open_delivery(officer: Officer, purpose: Purpose, delivery: Delivery) -> Delivery:
    """Open it as its recipient; the first opening is the receipt, with who opened it."""
    with acting(officer, Act.READ, delivery.as_thing(), purpose, step=STEP, reason="open a product"):
        held = _addressed(officer, delivery)
        if held.opened_at is None:
            held.opened_at, held.opened_by_id = clock.now(), officer.id
            with guard.system("the sender sees that its product was opened"):
                held.save(update_fields=["opened_at", "opened_by"])
    return held


def paper(delivery: Delivery) -> bytes:
    """Return the PDF as it was delivered; raise ``ProductChanged`` unless it gives these bytes."""
    what = f"product {delivery.document['number']}"
    return made_again(delivery.document, delivery.crops, delivery.language, delivery.sha256, what)


def _telling(
    officer: Officer, purpose: Purpose, row: Delivery | FollowUp, reason: str, to: UUID
) -> AbstractContextManager[Deed]:
    """Write in a row that the other of the two agencies reads; the log names it as the recipient."""
    return acting(officer, Act.ALTER, row.as_thing(), purpose, step=STEP, reason=reason, recipients=[to])


def acknowledge(officer: Officer, purpose: Purpose, delivery: Delivery) -> Delivery:
    """Say, as an officer of the recipient, that the product was read and is acted on."""
    with _telling(officer, purpose, delivery, "acknowledge a product", delivery.owner_id):
        held = _addressed(officer, delivery)
        if held.opened_at is None:
            raise NotDelivered("open it first; what nobody read is not acknowledged")
        if held.acknowledged_at is None:
            held.acknowledged_at, held.acknowledged_by_id = clock.now(), officer.id
            held.save(update_fields=["acknowledged_at", "acknowledged_by"])
    return held


def ask_back(
    officer: Officer, purpose: Purpose, delivery: Delivery, *, question: str, due: datetime
) -> FollowUp:
    """Ask the recipient, as the agency that delivered it, what came of the product, by a day."""
    if not question.strip():
        raise NotDelivered("write what you want to hear back")
    if due <= clock.now():
        raise NotDelivered("the day by which you want to hear back has passed; choose a later one")
    with _telling(officer, purpose, delivery, "ask what came of a product", delivery.addressed_id):
        held = Delivery.objects.select_for_update().get(pk=delivery.pk)
        if held.owner_id != officer.agency:
            raise NotDelivered("only the agency that delivered it asks what came of it")
        row = FollowUp(
            **carried(officer, held, held.handling),
            delivery=held,
            addressed_id=held.addressed_id,
            question=question.strip(),
            due=due,
        )
        row.save()
    return row


def answer_back(officer: Officer, purpose: Purpose, asked: FollowUp, text: str) -> FollowUp:
    """Answer, as the recipient of the product; an answer given again takes the place of the one before."""
    if not text.strip():
        raise NotDelivered("write what came of it, or that nothing did yet")
    with _telling(officer, purpose, asked, "say what came of a product", asked.owner_id):
        held = FollowUp.objects.select_for_update().get(pk=asked.pk)
        if held.addressed_id != officer.agency:
            raise NotDelivered("only the agency that was asked answers")
        held.answer, held.answered_at, held.answered_by_id = text.strip(), clock.now(), officer.id
        held.save(update_fields=["answer", "answered_at", "answered_by"])
    return held


def carries(delivery: Delivery) -> Handling:
    """Return the handling that the recipient's version carries: the row itself is the sender's, and H2."""
    told = delivery.document["handling"]
    return Handling(frozenset(HandlingCode(c) for c in told["codes"].split()), told["text"])


def _addressed(officer: Officer, delivery: Delivery) -> Delivery:
    held = received(officer).filter(pk=delivery.pk).select_related(None).select_for_update().first()
    if held is None:
        raise NotDelivered("it is not addressed to your agency")
    if called_back(held):
        raise NotDelivered("it was called back by the agency that sent it; delete what you hold of it")
    return held
