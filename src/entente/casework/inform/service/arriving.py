"""Products of a partner's desk, held as those of an agency of this desk are; and what came back of ours."""

from __future__ import annotations

from typing import Any

from entente.casework.cooperate.service.arrivals import (
    TAKERS,
    Came,
    NotRead,
    forget_crops,
    keep_crop,
    shell_of,
    take_messages,
)
from entente.casework.inform import reading
from entente.casework.inform.service.issuing import ProductChanged, set_on_pages
from entente.casework.inform.service.posting import PRODUCT, QUESTION, RECEIPT, REPLY
from entente.formats.sealed_package import Kind
from entente.formats.typesetting import NotSet
from entente.records import clock
from entente.records.models import Case, Delivery, Disclosure, FollowUp, Notice, Package, Product
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose

LANGUAGES = {"en", "fr", "it"}
EMPTIED: dict[str, Any] = {
    "statements": [], "clues": [], "pictures": [], "sources": [], "requests": [], "left_out": [],
    "region": None,
}  # fmt: skip


def take_products(officer: Officer, purpose: Purpose, row: Package, data: bytes) -> list[str]:
    """Take a package of products, questions back, receipts and replies."""
    return take_messages(
        row,
        data,
        {
            PRODUCT: lambda came: _product(officer, row, came),
            QUESTION: lambda came: _question(officer, row, came),
            RECEIPT: lambda came: _receipt(officer, row, came),
            REPLY: lambda came: _reply(officer, row, came),
        },
    )


# --- a partner's product --------------------------------------------------------------------------------


def _product(officer: Officer, row: Package, came: Came) -> None:
    mine = Delivery.objects.filter(owner=row.partner, addressed=officer.agency)
    held = mine.select_related("disclosure").filter(theirs=came.id).first()
    if came.withdrawn:
        if held is not None:
            _call_back(row, held)
        return
    if held is not None and held.disclosure.recalled_at is None:
        return  # a product as it was delivered never changes; what is right comes as another
    try:
        document = reading.document(came.told.get("document"))
    except reading.NotADocument as fault:
        raise NotRead(f"a product: {fault}") from None
    if not reading.handling_of(document).codes <= came.handling.codes:
        raise NotRead("a product whose message is looser than the product; have the sender seal it again")
    shell = shell_of(officer, row, came.number("case"))
    keys = {ref: keep_crop(shell, row, data).key for ref, data in came.attached().items()}
    language = came.one_of("language", LANGUAGES)
    sha256 = _on_pages(document, keys, language)
    if sha256 != came.text("sha256", 64):
        came.notes.append(
            f"product {document['number']} gives other bytes here than there: another version of the program"
        )
    if held is None:
        held = _delivered(officer, row, came, shell, document)
    held.document, held.crops, held.language, held.sha256 = document, keys, language, sha256
    held.changes, held.because = came.texts("changes", 200), came.text("because")
    if earlier := came.text("instead_of", 36):
        held.instead_of = next((d for d in mine if str(d.theirs) == earlier), None)
        _tell(row, held, "correction", held.because)
    held.save()
    Disclosure.objects.filter(pk=held.disclosure_id).update(recalled_at=None)


def _on_pages(document: dict[str, Any], keys: dict[str, str], language: str) -> str:
    try:
        return set_on_pages(document, keys, language)[1]
    except (NotSet, ProductChanged) as fault:
        raise NotRead(f"a product that cannot be set on pages here: {fault}") from None


def _delivered(officer: Officer, row: Package, came: Came, shell: Case, document: dict[str, Any]) -> Delivery:
    """Return the unsaved delivery, and make what it hangs on in the shell: product and disclosure."""
    told: dict[str, Any] = {
        "case": shell,
        "owner": row.partner,
        "codes": str(came.handling),
        "handling_text": came.handling.text,
        "audience": str(came.audience),
        "made_at": came.moment("at"),
    }
    product, _ = Product.objects.get_or_create(
        case=shell,
        owner=row.partner,
        number=document["number"],
        defaults=told
        | {"template": document["kind"], "facts": {}, "state": "issued", "issued_at": document["issued_at"]},
    )
    what = f"product {document['number']}"
    book = Disclosure.objects.create(to_id=officer.agency, what=what, thing=product.pk, **told)
    return Delivery(product=product, disclosure=book, addressed_id=officer.agency, theirs=came.id, **told)


def _call_back(row: Package, held: Delivery) -> None:
    """Keep the number of what was called back, and nothing of what it was; we are told to delete copies."""
    if held.disclosure.recalled_at is not None:
        return
    forget_crops(held.case_id, set(held.crops.values()))
    held.document, held.crops, held.changes, held.because = {**held.document, **EMPTIED}, {}, [], ""
    held.save()
    Disclosure.objects.filter(pk=held.disclosure_id).update(recalled_at=clock.now())
    FollowUp.objects.filter(delivery=held).delete()
    _tell(row, held, "recall", "")


def _tell(row: Package, held: Delivery, kind: str, text: str) -> None:
    Notice.objects.create(
        owner=row.partner, addressed_id=held.addressed_id, kind=kind, about=held.disclosure_id, text=text
    )


def _question(officer: Officer, row: Package, came: Came) -> None:
    mine = Delivery.objects.filter(owner=row.partner, addressed=officer.agency)
    held = mine.filter(theirs=came.number("product"), disclosure__recalled_at=None).first()
    if held is None:
        raise NotRead("a question about a product that is not held here; ask for the product")
    FollowUp.objects.get_or_create(
        delivery=held,
        theirs=came.id,
        defaults={
            "case_id": held.case_id,
            "owner": row.partner,
            "addressed_id": officer.agency,
            "codes": str(came.handling),
            "handling_text": came.handling.text,
            "audience": str(came.audience),
            "made_at": came.moment("at"),
            "question": came.text("question"),
            "due": came.moment("due"),
        },
    )


# --- what came back of ours -----------------------------------------------------------------------------


def _receipt(officer: Officer, row: Package, came: Came) -> None:
    given = Delivery.objects.filter(owner=officer.agency, addressed=row.partner, theirs=None, pk=came.id)
    held = given.first()
    if held is None:
        raise NotRead("a receipt of what was not delivered to that partner; tell it so")
    held.opened_at = held.opened_at or came.moment("opened")
    if came.text("acknowledged", 40):
        held.acknowledged_at = held.acknowledged_at or came.moment("acknowledged")
    held.save(update_fields=["opened_at", "acknowledged_at"])


def _reply(officer: Officer, row: Package, came: Came) -> None:
    asked = FollowUp.objects.filter(owner=officer.agency, addressed=row.partner, theirs=None, pk=came.id)
    held = asked.first()
    if held is None:
        raise NotRead("a reply to what was not asked of that partner; tell it so")
    held.answer, held.answered_at = came.text("text"), came.moment("at")
    held.save(update_fields=["answer", "answered_at"])


TAKERS[Kind.PRODUCTS] = take_products
