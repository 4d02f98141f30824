"""Review a draft: remarks, back to its author, or approved and issued by a second person."""

from __future__ import annotations

from dataclasses import replace

from entente.casework.inform.compose import compose
from entente.casework.inform.draft import as_facts, from_json, to_json
from entente.casework.inform.service.correcting import send_corrections
from entente.casework.inform.service.drafting import NotIssued, open_draft
from entente.casework.inform.service.issuing import set_from, set_on_pages
from entente.casework.inform.service.leaving import STEP
from entente.casework.inform.service.live import live_handling, live_things, rows_of
from entente.records import clock, derivation, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.carried import carried
from entente.records.models import Account, Product, Remark
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose, union


def remark(
    officer: Officer, purpose: Purpose, product: Product, text: str, on: str = "", *, back: bool = False
) -> Remark:
    """Say something of a draft or of one of its statements; ``back`` gives it back to its author."""
    if not text.strip():
        raise NotIssued("write the remark: the author reads what should be different")
    reason = "give a draft back" if back else "remark on a draft"
    with acting(officer, Act.ALTER, product.as_thing(), purpose, step=STEP, reason=reason):
        held = open_draft(product)
        if on and on not in {s["id"] for s in held.facts["document"]["statements"]}:
            raise NotIssued(f"the draft has no statement {on}; open its page anew")
        row = Remark(
            **carried(officer, held, held.handling),
            product=held,
            on=on,
            text=text.strip(),
            edition=held.issued_at,
        )
        row.save()
        row.derives_from(held)
        if back:
            held.state = "draft"
            held.save(update_fields=["state"])
    return row


def approve(officer: Officer, purpose: Purpose, product: Product, *, edition: str) -> Product:
    """Approve a draft in review and issue it, as another officer of its agency than the author.

    ``edition`` is the moment of the draft that was read: one written anew since has to be read anew. A
    correction goes to every recipient of the corrected product in the same act. Raises ``NotIssued``.
    """
    if product.made_by_id == officer.id:
        raise NotIssued("a product needs two people: another officer than its author approves it")
    if product.owner_id != officer.agency:
        raise NotIssued("a product speaks for its agency: another officer of that agency approves it")
    with acting(
        officer, Act.ALTER, product.as_thing(), purpose, step=STEP, reason="approve a product"
    ) as deed:
        held = open_draft(product)
        if held.state != "review":
            raise NotIssued("its author has not sent it to review")
        if held.issued_at.isoformat() != edition:
            raise NotIssued("the draft was written anew since you read it; read it again")
        written = from_json(held.facts["draft"])
        things = live_things(written)
        if gone := [r for r in written.rows() if r not in things]:
            raise NotIssued(
                f"{len(gone)} thing(s) that it stands on were withdrawn or erased; give it back to its author"
            )
        approver = Account.objects.get(pk=officer.id).service_number
        made = replace(
            live_handling(written, things),
            handling=union([written.handling, held.case.handling]),
            issued_at=clock.now(),
            people=(*written.people, approver),
        )
        with guard.system("the crops that it shows, by the law asked above"):
            rows = rows_of(p.row for p in made.pictures)
        document = compose(as_facts(made, held.number))
        pdf, held.sha256 = set_on_pages(document, held.crops, held.language)
        held.facts = {"document": document, "draft": to_json(made)}
        held.handling = union([held.handling, made.total_handling()])
        held.state, held.approved_by_id, held.issued_at = "issued", officer.id, made.issued_at
        held.save()
        shown = [rows[p.row].sha256 for p in made.pictures]  # type: ignore[attr-defined]
        derivation.record(deed, officer, [set_from(held, held, "product", shown, document, pdf)])
        announce("product issued", officer, purpose, held.case_id, product=str(held.pk), number=held.number)
        if held.corrects is not None:
            deed.recipients = send_corrections(officer, purpose, held)
    return held
