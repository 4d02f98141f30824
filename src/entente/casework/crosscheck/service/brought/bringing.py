"""Bring a document into a case: its parts wait there for a person, handled from the first moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from entente.casework.crosscheck.service.brought.reading import DocumentRead, NotBrought, PartRead, read
from entente.records import clock, guard
from entente.records.act import acting, demand
from entente.records.carried import carried
from entente.records.models import Agency, Brought, BroughtPart, Case, Originator, Release
from entente.safeguards.access import Act
from entente.safeguards.retention import review_due
from entente.vocabulary.agency import Officer
from entente.vocabulary.brought import PartState
from entente.vocabulary.handling import Audience, Handling, HandlingCode, Purpose, narrowest, union

STEP = "crosscheck"
LARGEST = 64 << 20


def bring(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    data: bytes,
    *,
    form: str = "",
    profile: str = "",
    sender: Agency | None = None,
    codes: Iterable[str] = ("H2",),
    handling_text: str = "",
) -> Brought:
    """Propose what a document holds, as the lead of the case; the document itself is not kept.

    ``sender`` is the partner whose information it is; where the document bears a partner's handling and names
    nobody of this desk, it has to be said. Raises ``NotBrought``, ``guard.Denied``.
    """
    reason = "bring a document"
    demand(officer, Act.GRANT, case.as_thing(), purpose, step=STEP, reason=reason)  # the lead's alone
    if not 0 < len(data) <= LARGEST:
        raise NotBrought(f"a document has from 1 byte to {LARGEST >> 20} MiB")
    own = Handling(frozenset(HandlingCode(c) for c in codes), handling_text.strip())
    found = read(data, form, profile)
    if not found.parts:
        why = f": {found.refused[0][2]}" if found.refused else ""
        raise NotBrought(f"there is nothing in it that a case can take in{why}")
    origin = _origin(officer, found, sender)
    digest = sha256(data).hexdigest()
    handling = union([own, *([found.handling] if found.handling else [])])
    thing = replace(case.as_thing(), owner=officer.agency, handling=handling)
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason=reason) as deed:
        with guard.system("a document comes into a case once"):
            if Brought.objects.filter(case=case, owner_id=officer.agency, sha256=digest).exists():
                raise NotBrought("this document was brought into the case already")
        row = Brought(
            **_carried(officer, case, handling, found.audience),
            form=str(found.form),
            number=found.number,
            sender=found.sender,
            at=found.at,
            sha256=digest,
            size=len(data),
            facts=found.facts,
            left_out=found.left_out,
            refused=found.refused,
        )
        row.save()
        deed.seal(digest)
        parts = [_part(officer, case, row, own, n, p) for n, p in enumerate(found.parts, 1)]
        BroughtPart.objects.bulk_create(parts, batch_size=500)
        if origin is not None:
            _originated(origin, officer, [row, *parts])
        deed.reason = f"{reason}: {found.form}, {len(parts)} parts, {len(found.refused)} refused"
    return row


def _origin(officer: Officer, found: DocumentRead, sender: Agency | None) -> Agency | None:
    """Return whose information it is, where that is not the own agency's."""
    known = sender or Agency.objects.filter(name=found.sender).first()
    if known is not None:
        return None if known.pk == officer.agency else known
    marks = [found.handling, *(p.handling for p in found.parts)]
    if any(m.codes - {HandlingCode.H0} for m in marks if m):
        raise NotBrought(
            f"its sender ({found.sender or 'not named'}) restricted it and is no agency of this desk; choose "
            "the agency that sent it"
        )
    return None


def _part(
    officer: Officer, case: Case, row: Brought, own: Handling, place: int, said: PartRead
) -> BroughtPart:
    handling = union([own, *([said.handling] if said.handling else [])])
    return BroughtPart(
        **_carried(officer, case, handling, said.audience),
        brought=row,
        place=place,
        kind=str(said.kind),
        value=said.value,
        about=said.about,
        where=said.where,
        evaluation=said.evaluation,
    )


def _carried(
    officer: Officer, case: Case, handling: Handling, audience: Audience | None
) -> dict[str, object]:
    """Return what a row carries: never looser than the case, nor than the document marked it."""
    own = Audience(case.audience)
    return {
        **carried(officer, case, handling),
        "audience": str(narrowest([own, audience]) if audience else own),
    }


def _originated(origin: Agency, officer: Officer, rows: list[Brought | BroughtPart]) -> None:
    """Keep whose information it is; that the partner sent it is its permission for this agency."""
    with guard.system("what a partner sent is the partner's, and its agency here may have it"):
        until = review_due(clock.now())
        Originator.objects.bulk_create(Originator(thing=r.pk, agency=origin) for r in rows)
        Release.objects.bulk_create(
            Release(
                thing=r.pk,
                by=origin,
                to_id=officer.agency,
                granted=clock.now(),
                expires=until,
                reason="it sent the document",
            )
            for r in rows
        )


def take_away(officer: Officer, purpose: Purpose, brought: Brought) -> None:
    """Take a document out of the case again, where none of its parts was taken."""
    with acting(officer, Act.ALTER, brought.as_thing(), purpose, step=STEP, reason="take a document away"):
        held = Brought.objects.select_for_update().get(pk=brought.pk)
        if held.owner_id != officer.agency:
            raise NotBrought("only the agency that brought it takes it away; ask it")
        with guard.system("is any part of a document taken, a withheld one included?"):
            parts = BroughtPart.objects.filter(brought=held)
            if parts.filter(state=str(PartState.TAKEN)).exists():
                raise NotBrought("parts of it were taken; take those decisions back first")
            things = [held.pk, *parts.values_list("pk", flat=True)]
            Originator.objects.filter(thing__in=things).delete()
            Release.objects.filter(thing__in=things).delete()
            held.delete()
