"""Open a case, restricted from the first moment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction

from entente.records import clock, retention
from entente.records.act import acting
from entente.records.models import Case, Membership, Milestone, Stub
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.agency import Officer, Part
from entente.vocabulary.case import Stage
from entente.vocabulary.handling import Purpose

# The victim's number goes on pages, papers and file names: a name must not fit where it stands.
V_NUMBER = re.compile(r"V-(unknown|[A-Z]{0,4}\d[\dA-Z./-]*)")


class CaseRefused(ValueError):
    """A case could not be opened as asked; the text says the mend."""


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
        if not V_NUMBER.fullmatch(victim_number):
            raise CaseRefused(
                "a victim is a V-number such as V-2026-031 (V-unknown before it has one), no name"
            )
        if discovered_at > clock.now():
            raise CaseRefused("the moment of discovery has not come yet; write it in UTC")
        case = _numbered(
            number,
            id=case_id,
            owner_id=officer.agency,
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
        Stub.renew(case)
        retention.begin(case)
    return case


def _numbered(number: str, **given: Any) -> Case:
    """Write the case; the database itself knows of numbers that this officer may not see."""
    try:
        with transaction.atomic():
            return Case.objects.create(number=number, **given)
    except IntegrityError:
        raise CaseRefused(f"the agency already has a case {number}; choose another number") from None
