"""Receive, seal, open: the acts of intake."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import uuid4

from entente.records.act import acting
from entente.records.models import Case, Membership, Milestone
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.agency import Officer, Part
from entente.vocabulary.case import Stage
from entente.vocabulary.handling import Purpose


def open_case(
    officer: Officer,
    purpose: Purpose,
    *,
    number: str,
    title: str,
    victim_number: str,
    discovered_at: datetime,
    codes: Iterable[str] = ("H0",),
    handling_text: str = "",
    audience: str = "TLP:AMBER",
) -> Case:
    """Open a case with its handling set from the first moment; the opener is its lead."""
    case_id = uuid4()
    thing = Thing(Shape.CASE, owner=officer.agency, id=case_id)
    with acting(officer, Act.RECEIVE, thing, purpose, step="intake", reason="open a case"):
        case = Case.objects.create(
            id=case_id,
            owner_id=officer.agency,
            number=number,
            title=title,
            victim_number=victim_number,
            opened_by_id=officer.id,
            codes=" ".join(sorted(codes)),
            handling_text=handling_text,
            audience=audience,
        )
        Membership.objects.create(case=case, account_id=officer.id, part=Part.LEAD, added_by_id=officer.id)
        Milestone.objects.create(
            case=case, stage=Stage.DISCOVERED, at=discovered_at, because="found media", by_id=officer.id
        )
    return case
