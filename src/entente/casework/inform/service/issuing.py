"""Issue a product over what the officer sees, and make it again byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Max

from entente.casework.inform.compose import Statement, StatementType, compose
from entente.casework.inform.draft import Draft, as_facts, to_json
from entente.casework.inform.service.leaving import STEP
from entente.casework.inform.service.standing import gather
from entente.casework.intake.service import evidence_store
from entente.evidence import tools
from entente.formats import product as product_format
from entente.records import clock, derivation, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.derivation import Made
from entente.records.models import Agency, Case, CaseBound, Clue, HomeProposal, Media, Product, Request
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Evaluation, Purpose

INPUTS: tuple[type[CaseBound], ...] = (Clue, HomeProposal, Media, Request)
Told = tuple[str, StatementType | str, Sequence[str | UUID], Evaluation | str]


class NotIssued(ValueError):
    """A product could not be issued as asked; the sentence says the mend."""


class ProductChanged(RuntimeError):
    """A product no longer gives the bytes that were issued: evidence, program or record was changed."""


def issue(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    *,
    statements: Iterable[Told],
    language: str = "en",
) -> Product:
    """Issue a product: statements of a person over the confirmed clues that the officer sees.

    ``statements`` are (text, fact or assessment, ids of clues or of confirmed homes, evaluation). Raises
    ``NotIssued`` or ``compose.NotComposed`` for a statement that stands on nothing or on what is not there.
    """
    with guard.scope(officer, purpose):
        issuer = Agency.objects.get(pk=officer.agency)
        draft = gather(case, purpose, issuer, language, clock.now())
    draft = replace(draft, statements=_read_statements(statements, draft))
    thing = replace(case.as_thing(), owner=officer.agency, handling=draft.total_handling())
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason="issue a product") as deed:
        Case.objects.select_for_update().get(pk=case.pk)
        with guard.system("an agency numbers its own products, those withheld from this purpose too"):
            own = Product.objects.filter(case=case, owner_id=officer.agency)
            last = own.aggregate(last=Max("number"))["last"]
            inputs = rows_of(draft.rows())
        number = (last or 0) + 1
        crops = {p.ref: inputs[p.row].key for p in draft.pictures}  # type: ignore[attr-defined]
        document = compose(as_facts(draft, number))
        pdf = product_format.write(document, bytes_of(crops), language=language)
        row = Product(
            case=case,
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=str(draft.audience),
            number=number,
            language=language,
            facts={"document": document, "draft": to_json(draft)},
            crops=crops,
            sha256=hashlib.sha256(pdf).hexdigest(),
            issued_at=draft.issued_at,
        )
        row.handling = draft.total_handling()
        row.save()
        row.derives_from(*inputs.values())
        shown = [inputs[p.row].sha256 for p in draft.pictures]  # type: ignore[attr-defined]
        derivation.record(deed, officer, [set_from(row, row, "product", shown, document, pdf)])
        announce("product issued", officer, purpose, case.pk, product=str(row.pk), number=number)
    return row


def set_from(
    row: Product, thing: CaseBound, what: str, crops: Sequence[str], document: Mapping[str, Any], pdf: bytes
) -> Made:
    """Return how a product's pages were set from a document and crops (SHA-256), to be recorded."""
    return Made(
        what=what,
        sources=[row, thing],
        inputs=crops,
        tool=product_format.TOOL,
        version=tools.versions(**product_format.VERSIONS),
        parameters={"document": tools.output_of(tools.canonical(document)), "language": row.language},
        output=tools.output_of(pdf),
        media=Media.objects.filter(case=row.case_id, sha256__in=crops).first(),
        thing=thing.pk,
    )


def _read_statements(told: Iterable[Told], draft: Draft) -> tuple[Statement, ...]:
    """Return the statements over the draft's own numbers; a clue that is not confirmed cannot carry one."""
    numbers = {s.row: s.id for s in draft.sources}
    statements = []
    for text, kind, clues, evaluation in told:
        if not text.strip():
            raise NotIssued("a statement is empty; write it or take it off")
        if unknown := [c for c in clues if str(c) not in numbers]:
            raise NotIssued(
                f"“{text.strip()}” stands on {len(unknown)} clue(s) that are not confirmed in this case; "
                "confirm them first or choose others"
            )
        grade = Evaluation.parse(str(evaluation))
        on = tuple(numbers[str(c)] for c in clues)
        statements.append(Statement(text.strip(), StatementType(kind), on, grade))
    return tuple(statements)


def bytes_of(crops: dict[str, str]) -> dict[str, bytes]:
    """Return the bytes of the crops of a product; raise ``ProductChanged`` where one is gone or damaged."""
    store = evidence_store()
    try:
        found = {}
        for ref, key in crops.items():
            with store.open(key) as stream:
                found[ref] = stream.read()
        return found
    except OSError as fault:
        raise ProductChanged("a crop of the product is no longer in the evidence store") from fault


def rows_of(ids: Iterable[str]) -> dict[str, CaseBound]:
    """Return whatever a product stands on, by id; to be called in a scope."""
    wanted = list(ids)
    return {str(r.pk): r for model in INPUTS for r in model._default_manager.filter(pk__in=wanted)}


def regenerate(product: Product) -> bytes:
    """Make the PDF of an issued product again; raise ``ProductChanged`` unless it is the issued bytes."""
    crops = bytes_of(product.crops)
    pdf = product_format.write(product.facts["document"], crops, language=product.language)
    if hashlib.sha256(pdf).hexdigest() != product.sha256:
        raise ProductChanged(
            f"product {product.number} no longer gives the bytes that were issued; compare the crops in the "
            "evidence store (entente fsck) and the program's version with those of its day"
        )
    return pdf
