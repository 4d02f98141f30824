"""Give an agency its version of a product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from entente.casework.inform.changes import between
from entente.casework.inform.compose import compose
from entente.casework.inform.draft import Draft, as_facts, from_json, narrowed, without
from entente.casework.inform.service.issuing import set_from, set_on_pages
from entente.casework.inform.service.leaving import (
    STEP,
    NotDisclosed,
    basis_to,
    demand_part,
    demand_rows,
    record_left,
)
from entente.casework.inform.service.live import live_handling, live_things, rows_of
from entente.records import derivation, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.carried import carried
from entente.records.leaving import judge, originators_of
from entente.records.models import Agency, Delivery, Product, Release
from entente.safeguards.access import Act, Shape, Thing
from entente.safeguards.release import LeftOut, left_out
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Audience, Purpose, narrowest


@dataclass(frozen=True, slots=True)
class Version:
    """A product as one agency would get it, and what stays behind."""

    draft: Draft
    thing: Thing  # what the law is asked about when it leaves
    stays: tuple[LeftOut, ...]

    @property
    def told_sender(self) -> list[str]:
        """Everything that stays behind, for the one who sends."""
        return left_out(self.stays, for_recipient=False)

    @property
    def told_recipient(self) -> list[str]:
        """What the recipient reads of it."""
        return left_out(self.stays, for_recipient=True)


def version_for(officer: Officer, purpose: Purpose, product: Product, to: Agency) -> Version:
    """Return the product as agency ``to`` may have it, and what stays behind; nothing leaves yet.

    For the purpose of prosecution it is the court's version: H1 stays behind, and its absence is stated.
    Raises ``guard.Denied`` for an officer who may disclose nothing here, ``NotDisclosed`` if nothing is left.
    """
    if to.pk == officer.agency:
        raise NotDisclosed("the product is already at this agency; choose another")
    if product.state != "issued":
        raise NotDisclosed("a draft goes nowhere: another officer of its agency has to approve it first")
    demand_part(officer, purpose, product, to, Act.DISCLOSE)
    with guard.scope(officer, purpose):
        right = Product.objects.filter(corrects=product, state="issued").order_by("number").last()
    if right is not None:
        raise NotDisclosed(f"it holds no longer: product {right.number} corrects it; disclose that one")
    draft = from_json(product.facts["draft"])
    things = live_things(draft)
    labels = {s.row: s.id for s in draft.sources} | {p.row: p.ref for p in draft.pictures}
    judged = {row: (labels.get(row, "request"), thing) for row, thing in things.items()}
    stays = judge(officer, purpose, judged, to, Act.DISCLOSE)
    missing = {row for row in draft.rows() if row not in things}
    lost = [LeftOut(labels.get(r, "request"), "", GONE, stated=False) for r in sorted(missing)]
    told = (*stays.values(), *lost)
    gone = stays.keys() | missing
    kept = [t for row, t in things.items() if row not in gone]
    cut = without(live_handling(draft, things), gone, left_out(told, for_recipient=True))
    cut = replace(narrowed(cut), purpose=purpose)
    if not cut.statements:
        raise NotDisclosed(
            "no statement of this product may go to that agency; ask the originators to release"
        )
    demand_rows(basis_to(officer, to), to, clues=True, count=len(cut.rows()))
    return Version(cut, _thing_of(product, cut, kept), told)


GONE = "it was withdrawn or erased since the product was issued"


def disclose(
    officer: Officer, purpose: Purpose, product: Product, to: Agency, *, instead_of: Delivery | None = None
) -> Delivery:
    """Give agency ``to`` its version; what stayed behind is recorded, the recipient logged.

    As a correction it takes the place of what the agency had, ``instead_of``, and says what changed.
    """
    version = version_for(officer, purpose, product, to)
    with acting(
        officer,
        Act.DISCLOSE,
        version.thing.going_to(to.pk),
        purpose,
        step=STEP,
        reason="disclose a product",
        recipients=[to.pk],
    ) as deed:
        with guard.system("the crops that may go, by the law asked above"):
            rows = rows_of([p.row for p in version.draft.pictures])
        keys = {p.ref: rows[p.row].key for p in version.draft.pictures}  # type: ignore[attr-defined]
        document = compose(as_facts(version.draft, product.number))
        pdf, sha256 = set_on_pages(document, keys, product.language)
        held, what = version.draft.rows(), f"product {product.number}"
        left = record_left(officer, product, to, what, product.pk, version.told_sender, held)
        crops = [rows[p.row].sha256 for p in version.draft.pictures]  # type: ignore[attr-defined]
        # with the handling of the disclosure: nobody else in the case learns that something went
        made = set_from(product, left, "product for a recipient", crops, document, pdf)
        derivation.record(deed, officer, [made])
        row = Delivery(
            **carried(officer, left, left.handling),
            product=product,
            disclosure=left,
            addressed=to,
            document=document,
            crops=keys,
            language=product.language,
            sha256=sha256,
            instead_of=instead_of,
            changes=between(instead_of.document, document, product.language) if instead_of else [],
            because=product.because if instead_of else "",
        )
        row.save()
        if product.handling.restricted:
            row.derives_from(product)
        announce("disclosed", officer, purpose, product.case_id, product=str(product.pk))
    return row


def _thing_of(product: Product, cut: Draft, kept: Sequence[Thing]) -> Thing:
    """Return the recipient's version as the law sees it: originators and releases of what it still holds."""
    case = product.case
    originators = {o for t in kept for o in originators_of(t)}
    releases = [r for t in kept for r in t.releases] + list(product.as_thing().releases)
    handling = cut.total_handling()
    if case.handling.restricted:  # binds what leaves the case, whoever made the product
        originators.add(case.owner_id)
        releases += [r.as_permission() for r in Release.objects.filter(thing=case.pk)]
    return Thing(
        Shape.CASE,
        owner=product.owner_id,
        case=product.case_id,
        id=product.pk,
        handling=handling,
        originators=frozenset(originators),
        releases=tuple(releases),
        audience=narrowest([Audience(product.audience), *(t.audience for t in kept)]),
    )
