"""Give an agency its version of a product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from entente.casework.inform.compose import compose
from entente.casework.inform.draft import Asked, Detail, Draft, Source, as_facts, from_json, without
from entente.casework.inform.service.issuing import bytes_of, rows_of, set_from
from entente.casework.inform.service.leaving import (
    STEP,
    NotDisclosed,
    basis_to,
    demand_part,
    demand_rows,
    record_left,
)
from entente.formats import product as product_format
from entente.records import derivation, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.leaving import judge, originators_of, things_of
from entente.records.models import Agency, Clue, Product, Release
from entente.safeguards.access import Act, Shape, Thing
from entente.safeguards.release import LeftOut, left_out
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Audience, Purpose, narrowest, union

Part = TypeVar("Part", Source, Detail, Asked)


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
    demand_part(officer, purpose, product, to, Act.DISCLOSE)
    draft = from_json(product.facts["draft"])
    things = _live_things(draft)
    labels = {s.row: s.id for s in draft.sources} | {p.row: p.ref for p in draft.pictures}
    judged = {row: (labels.get(row, "request"), thing) for row, thing in things.items()}
    stays = judge(officer, purpose, judged, to, Act.DISCLOSE)
    missing = {row for row in draft.rows() if row not in things}
    lost = [LeftOut(labels.get(r, "request"), "", GONE, stated=False) for r in sorted(missing)]
    told = (*stays.values(), *lost)
    gone = stays.keys() | missing
    kept = [t for row, t in things.items() if row not in gone]
    cut = replace(
        without(_live_handling(draft, things), gone, left_out(told, for_recipient=True)), purpose=purpose
    )
    if not cut.statements:
        raise NotDisclosed(
            "no statement of this product may go to that agency; ask the originators to release"
        )
    demand_rows(basis_to(officer, to), to, clues=True, count=len(cut.rows()))
    return Version(cut, _thing_of(product, cut, kept), told)


GONE = "it was withdrawn or erased since the product was issued"


def disclose(officer: Officer, purpose: Purpose, product: Product, to: Agency) -> bytes:
    """Give agency ``to`` its version as PDF; what stayed behind is recorded, the recipient logged."""
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
        pdf = product_format.write(document, bytes_of(keys), language=product.language)
        draft = version.draft
        held = [*(s.row for s in draft.sources), *(p.row for p in draft.pictures)]
        held += [r.row for r in draft.requests]
        what = f"product {product.number}"
        left = record_left(officer, product, to, what, product.pk, version.told_sender, held)
        crops = [rows[p.row].sha256 for p in version.draft.pictures]  # type: ignore[attr-defined]
        # with the handling of the disclosure: nobody else in the case learns that something went
        made = set_from(product, left, "product for a recipient", crops, document, pdf)
        derivation.record(deed, officer, [made])
        announce("disclosed", officer, purpose, product.case_id, product=str(product.pk))
    return pdf


def _live_things(draft: Draft) -> dict[str, Thing]:
    """Return what the law knows now of each input; an input withdrawn or erased since is not among them."""
    with guard.system("the law reads what a product stands on, also what is withheld from the purpose"):
        rows = rows_of(draft.rows())
        standing = {k: r for k, r in rows.items() if not (isinstance(r, Clue) and r.state == "withdrawn")}
        return things_of(standing.values())


def _live_handling(draft: Draft, things: dict[str, Thing]) -> Draft:
    """Return the draft with handling that may have become stricter since it was issued, never looser."""

    def stricter(part: Part) -> Part:
        live = things.get(part.row)
        return replace(part, handling=union([part.handling, live.handling])) if live else part

    return replace(
        draft,
        sources=tuple(stricter(s) for s in draft.sources),
        pictures=tuple(stricter(p) for p in draft.pictures),
        requests=tuple(stricter(r) for r in draft.requests),
    )


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
