"""What stands for a partner of products: ours with what we ask back, and receipts of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from entente.casework.cooperate.service.sealing import POSTS, Message, Post, Told
from entente.casework.inform.compose import compose
from entente.casework.inform.draft import as_facts
from entente.casework.inform.service.delivering import carries
from entente.casework.inform.service.disclosing import version_for
from entente.casework.inform.service.leaving import NotDisclosed
from entente.formats.sealed_package import Kind
from entente.records import guard
from entente.records.models import Agency, Delivery, FollowUp
from entente.safeguards.access import Thing
from entente.safeguards.commitment import canonical
from entente.safeguards.strict_json import loads
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Audience, Purpose, union

PRODUCT, QUESTION, RECEIPT, REPLY = "product", "question", "receipt", "reply"
CHANGED = "what may go to that agency changed since; disclose the product to it again"


def gather(officer: Officer, purpose: Purpose, to: Agency, told: Told) -> Iterator[Message]:
    """Return what stands for ``to``: products that were not called back, questions, receipts and replies."""
    del told
    with guard.system("what is addressed to a partner of another desk, whoever's case it is of"):
        given = Delivery.objects.filter(owner=officer.agency, addressed=to, theirs=None)
        given = given.filter(disclosure__recalled_at=None)
        mine = list(given.select_related("product__case").order_by("made_at"))
        asked = list(FollowUp.objects.filter(delivery__in=mine).order_by("made_at"))
        came = Delivery.objects.filter(owner=to, addressed=officer.agency).exclude(theirs=None)
        opened = list(came.exclude(opened_at=None))
        answered = FollowUp.objects.filter(delivery__in=came).exclude(theirs=None).exclude(answered_at=None)
        found = [_product(officer, purpose, d, to) for d in mine]
        found += [_question(officer, purpose, f, to) for f in asked]
        found += [_receipt(d) for d in opened]
        found += [_reply(f) for f in answered.order_by("answered_at")]
    return iter(found)


def _leaving(of: Delivery, owner: UUID, to: Agency) -> Thing:
    """Return what the officer's part in the case is asked for; the product is judged as it is sealed."""
    return replace(of.product.case.as_thing(), owner=owner).going_to(to.pk)


def _product(officer: Officer, purpose: Purpose, row: Delivery, to: Agency) -> Message:
    made = Message(
        PRODUCT,
        row.pk,
        row.case_id,
        row.pk,
        {
            "case": str(row.case_id),
            "document": row.document,
            "language": row.language,
            "sha256": row.sha256,
            "instead_of": str(row.instead_of_id or ""),
            "changes": list(row.changes),
            "because": row.because,
            "at": row.made_at.isoformat(),
        },
        union([row.handling, carries(row)]),
        Audience(row.document["handling"]["audience"]),
        dict(row.crops),
    )
    return made.for_officer(officer, purpose, _leaving(row, officer.agency, to))


def _question(officer: Officer, purpose: Purpose, row: FollowUp, to: Agency) -> Message:
    told = {"product": str(row.delivery_id), "question": row.question, "due": row.due.isoformat()}
    made = Message(
        QUESTION,
        row.pk,
        row.case_id,
        row.pk,
        told | {"at": row.made_at.isoformat()},
        row.handling,
        Audience(row.audience),
    )
    return made.for_officer(officer, purpose, _leaving(row.delivery, officer.agency, to))


def _receipt(row: Delivery) -> Message:
    assert row.theirs is not None and row.opened_at is not None  # noqa: S101 - asked for so
    done = row.acknowledged_at.isoformat() if row.acknowledged_at else ""
    told = {"opened": row.opened_at.isoformat(), "acknowledged": done}
    return Message(RECEIPT, row.pk, row.case_id, row.theirs, told, free=True)


def _reply(row: FollowUp) -> Message:
    assert row.theirs is not None and row.answered_at is not None  # noqa: S101 - asked for so
    told = {"text": row.answer, "at": row.answered_at.isoformat()}
    return Message(REPLY, row.pk, row.case_id, row.theirs, told, row.handling, Audience(row.audience))


def _again(officer: Officer, purpose: Purpose, to: Agency, message: Message) -> str:
    """Return why a product may not go any more as it was disclosed: the law is asked anew as it is sealed."""
    if message.what != PRODUCT:
        return ""
    with guard.system("a product that is about to be sealed"):
        row = Delivery.objects.select_related("product__case").get(pk=message.thing)
    try:
        version = version_for(officer, Purpose(row.document["purpose"]), row.product, to)
    except (NotDisclosed, guard.Denied) as fault:
        return str(fault)
    made = loads(canonical(compose(as_facts(version.draft, row.product.number))))
    return "" if made == row.document else CHANGED


KINDS = frozenset({PRODUCT, QUESTION, RECEIPT, REPLY})
POSTS[Kind.PRODUCTS] = Post(gather, KINDS, frozenset({QUESTION, RECEIPT, REPLY}), _again)
