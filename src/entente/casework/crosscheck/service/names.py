"""Names and devices of recorded accounts among what a cross-check asks about and compares with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from entente.casework.crosscheck.alike import alike
from entente.records.models import AccountLine, Case, OnlineAccount
from entente.vocabulary.handling import Audience
from entente.vocabulary.identifier import IdentifierKind
from entente.vocabulary.online import LineKind

KINDS = {IdentifierKind.SCREEN_NAME: LineKind.NAME, IdentifierKind.DEVICE: LineKind.DEVICE}
_HOLDER = ("owner_id", "case_id", "audience", "case__audience")


def of_accounts(case: Case, kind: IdentifierKind) -> Iterator[str]:
    """Iterate over the spellings of one kind that the case's accounts have, as far as they are in sight."""
    if kind not in KINDS:
        return
    if kind is IdentifierKind.SCREEN_NAME:
        yield from OnlineAccount.objects.filter(case=case, state="open").values_list("spelling", flat=True)
    lines = AccountLine.objects.filter(case=case, kind=str(KINDS[kind]), state="stands", online__state="open")
    yield from lines.values_list("spelling", flat=True)


def held_like(
    names: Iterable[tuple[IdentifierKind, str]], asker: UUID, case: UUID
) -> Iterator[tuple[IdentifierKind, str, dict[str, Any]]]:
    """Iterate over accounts of others that carry one of ``names``, and who holds them.

    Devices are the same or not; names may be another spelling. The asker is not told which it was.
    """
    asked = set(names)
    for kind, spelling, row in _held({kind for kind, _ in asked}, asker, case):
        for ours in (value for one, value in asked if one is kind):
            same = ours == spelling if kind is IdentifierKind.DEVICE else alike(ours, spelling) is not None
            if same:
                yield kind, ours, row


def _held(
    kinds: set[IdentifierKind], asker: UUID, case: UUID
) -> Iterator[tuple[IdentifierKind, str, dict[str, Any]]]:
    """Iterate over what others recorded of the kinds asked about: spellings are compared by us."""
    if IdentifierKind.SCREEN_NAME in kinds:
        accounts = OnlineAccount.objects.exclude(owner_id=asker).exclude(case_id=case).filter(state="open")
        for row in accounts.values("spelling", *_HOLDER).iterator():
            yield IdentifierKind.SCREEN_NAME, row.pop("spelling"), {**row, "media": None}
    for kind, line in KINDS.items():
        if kind not in kinds:
            continue
        lines = AccountLine.objects.exclude(owner_id=asker).exclude(case_id=case)
        rows = lines.filter(kind=str(line), state="stands", online__state="open")
        for row in rows.values("spelling", *_HOLDER).iterator():
            yield kind, row.pop("spelling"), {**row, "media": None}


def of_agency(agency: UUID, kind: IdentifierKind) -> Iterator[str]:
    """Iterate over the spellings that one agency holds; nothing that is TLP:RED."""
    if kind not in KINDS:
        return
    red, more = str(Audience.RED), {"owner_id": agency}
    if kind is IdentifierKind.SCREEN_NAME:
        accounts = OnlineAccount.objects.filter(state="open", **more).exclude(audience=red)
        yield from accounts.exclude(case__audience=red).values_list("spelling", flat=True)
    lines = AccountLine.objects.filter(kind=str(KINDS[kind]), state="stands", online__state="open", **more)
    held = lines.exclude(audience=red).exclude(case__audience=red)
    yield from held.values_list("spelling", flat=True)
