"""Draft a product over what the officer sees, write it anew, send it to review, take it off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from django.db.models import Max

from entente.casework.inform import kinds
from entente.casework.inform.compose import Statement, StatementType, compose
from entente.casework.inform.draft import Draft, as_facts, narrowed, to_json
from entente.casework.inform.kinds import Kind
from entente.casework.inform.service.leaving import STEP
from entente.casework.inform.service.live import rows_of
from entente.casework.inform.service.standing import gather
from entente.casework.locate.world import world
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.models import Account, Agency, Case, Originator, Product, Release
from entente.safeguards.access import Act, cleared
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Evaluation, Purpose

Told = tuple[str, StatementType | str, Sequence[str | UUID], Evaluation | str]
OPEN = ("draft", "review")


class NotIssued(ValueError):
    """A product could not be written or issued as asked; the sentence says the mend."""


def draft(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    *,
    statements: Iterable[Told],
    language: str = "en",
    kind: Kind = Kind.VICTIM,
    about: str = "",
    corrects: Product | None = None,
    because: str = "",
) -> Product:
    """Draft a product: statements of a person over the confirmed clues that the officer sees.

    ``statements`` are (text, fact or assessment, ids of clues or of confirmed homes, evaluation). One that
    ``corrects`` another says what was wrong with it, ``because``; both are of one kind. Raises ``NotIssued``,
    ``kinds.NotATemplate``, or ``compose.NotComposed`` for a statement that stands on nothing.
    """
    if corrects is not None:
        _demand_correction(officer, corrects, because)
        kind, about = Kind(corrects.template), corrects.facts["draft"].get("about", "")
    about = kinds.about(kind, about, frozenset(world().at_country))
    made = _written(officer, purpose, case, statements, language, kind, about)
    made = _correcting(made, corrects, because)
    thing = replace(case.as_thing(), owner=officer.agency, handling=made.total_handling())
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason="draft a product"):
        Case.objects.select_for_update().get(pk=case.pk)
        with guard.system("an agency numbers its own products, those withheld from this purpose too"):
            own = Product.objects.filter(case=case, owner_id=officer.agency)
            last = own.aggregate(last=Max("number"))["last"]
        row = Product(
            case=case,
            owner_id=officer.agency,
            made_by_id=officer.id,
            number=(last or 0) + 1,
            template=str(kind),
            corrects=corrects,
            because=because.strip(),
        )
        _keep(row, made)
        _demand_readable(officer, purpose, row)
    return row


def redraft(
    officer: Officer, purpose: Purpose, product: Product, *, statements: Iterable[Told], language: str = "en"
) -> Product:
    """Write a draft anew, as its author; one that was in review is a draft again."""
    kind, about = Kind(product.template), product.facts["draft"].get("about", "")
    made = _written(officer, purpose, product.case, statements, language, kind, about)
    with acting(officer, Act.ALTER, product.as_thing(), purpose, step=STEP, reason="write a draft anew"):
        held = _own_draft(officer, product)
        _forget_sources(held)
        held.state = "draft"
        _keep(held, _correcting(made, held.corrects, held.because))
        _demand_readable(officer, purpose, held)
    return held


def submit(officer: Officer, purpose: Purpose, product: Product) -> Product:
    """Send a draft to review, as its author."""
    with acting(officer, Act.ALTER, product.as_thing(), purpose, step=STEP, reason="send to review"):
        held = _own_draft(officer, product)
        held.state = "review"
        held.save(update_fields=["state"])
    return held


def drop(officer: Officer, purpose: Purpose, product: Product) -> Product:
    """Take a draft off, as its author; its number is not given again."""
    with acting(officer, Act.ALTER, product.as_thing(), purpose, step=STEP, reason="take a draft off"):
        held = _own_draft(officer, product)
        held.state = "dropped"
        held.save(update_fields=["state"])
    return held


def _own_draft(officer: Officer, product: Product) -> Product:
    held = open_draft(product)
    if held.made_by_id != officer.id:
        raise NotIssued("only its author changes a draft; say in a remark what should be different")
    return held


def open_draft(product: Product) -> Product:
    """Return the draft as it stands, locked; raise ``NotIssued`` for what is issued or taken off."""
    held = Product.objects.select_for_update().get(pk=product.pk)
    if held.state not in OPEN:
        raise NotIssued(f"product {held.number} is no draft any more; open its page anew")
    return held


def _demand_correction(officer: Officer, corrects: Product, because: str) -> None:
    if corrects.owner_id != officer.agency or corrects.state != "issued":
        raise NotIssued("only an issued product of the own agency is corrected")
    if not because.strip():
        raise NotIssued("say what was wrong and what is right; the recipients read these words")


def _correcting(made: Draft, corrects: Product | None, because: str) -> Draft:
    return replace(made, corrects=corrects.number, because=because.strip()) if corrects else made


def _written(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    statements: Iterable[Told],
    language: str,
    kind: Kind,
    about: str,
) -> Draft:
    """Return the draft of what is in sight, with the statements said, cut to what its template holds."""
    with guard.scope(officer, purpose):
        issuer = Agency.objects.get(pk=officer.agency)
        seen = gather(case, purpose, issuer, language, clock.now(), kind, about)
        author = Account.objects.get(pk=officer.id).service_number
    made = narrowed(replace(seen, statements=_read_statements(statements, seen), people=(author,)))
    compose(as_facts(made, 1))  # what makes no product is refused now
    return made


def _keep(row: Product, made: Draft) -> None:
    """Write the draft into its row, inside the act."""
    with guard.system("what a draft stands on, by the law asked above"):
        inputs = rows_of(made.rows())
    row.language, row.audience, row.handling = made.language, str(made.audience), made.total_handling()
    row.facts = {"document": compose(as_facts(made, row.number)), "draft": to_json(made)}
    row.crops = {p.ref: inputs[p.row].key for p in made.pictures}  # type: ignore[attr-defined]
    row.issued_at = made.issued_at
    row.save()
    row.derives_from(*inputs.values())


def _demand_readable(officer: Officer, purpose: Purpose, row: Product) -> None:
    """Refuse what its own author could not open: an originator's permission binds the whole."""
    if not cleared(officer.agency, row.as_thing(), purpose, clock.now()):
        raise NotIssued(
            "what its originator gave with a restriction is in it beside what was not released to you; "
            "ask it to release that, or take a template that holds only what the statements stand on"
        )


def _forget_sources(row: Product) -> None:
    """Let go of what the row derived from: written anew, it derives from what it stands on now."""
    with guard.system("a draft written anew derives from other things"):
        Originator.objects.filter(thing=row.pk).delete()
        Release.objects.filter(thing=row.pk, account=None).delete()  # carried ones, which nobody gave


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
