"""Erasure: the rows and whatever quotes them, then the keys of the bytes; a tombstone and the log prove it.

What is erased leaves its random id, when and why, and nothing of what it was. Past recipients are told to
erase it too. The keys that are still to be destroyed stand in the tombstone, so that a machine that dies in
between finishes it afterwards.

Sources: Directive (EU) 2016/680 art. 16(2), (5)-(6); Regulation (EU) 2016/794 arts 31 and 37.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.apps import apps
from django.db import models, transaction
from django.db.models.deletion import Collector

from entente.records import clock, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.durable import empty_journal
from entente.records.models import (
    Appeal,
    Camera,
    Capture,
    Case,
    CaseBound,
    Disclosure,
    Dispatch,
    Feed,
    Job,
    LogEntry,
    Media,
    Notice,
    Originator,
    Release,
    Request,
    Restriction,
    Retention,
    SceneFeatures,
    ScenePoints,
    Tombstone,
)
from entente.safeguards.access import Act, Thing
from entente.vocabulary.agency import Officer, Role, Strength
from entente.vocabulary.handling import Purpose

STEP = "erase"
DESK_ID = UUID(int=0)


class NotErased(ValueError):
    """Something was not erased; the text says the mend."""


def THE_DESK(agency: UUID) -> Officer:  # noqa: N802 - a person's name, so to say
    """Return the desk itself, acting for ``agency`` when a clock runs out and nobody spoke."""
    return Officer(
        DESK_ID,
        agency,
        frozenset({Role.DATA_PROTECTION}),
        frozenset({Purpose.DATA_PROTECTION_AUDIT}),
        strength=Strength.HOST,
    )


def erase(officer: Officer, purpose: Purpose, row: CaseBound | Case, because: str) -> Tombstone:
    """Erase one thing, or a whole case, as a lead of the case whose agency originated it."""
    _demand_reason(because)
    case = row.pk if isinstance(row, Case) else row.case_id
    return _erased(officer, purpose, row.as_thing(), case, row, because)


def erase_by_clock(officer: Officer, purpose: Purpose, held: Retention, because: str) -> Tombstone:
    """Erase what a clock is about, as its data protection officer or as the desk itself."""
    _demand_reason(because)
    with guard.system("find what a clock is about"):
        row = _row_of(held)
    return _erased(officer, purpose, held.as_thing(), held.case, row, because)


def _demand_reason(because: str) -> None:
    if not because.strip():
        raise NotErased("an erasure needs its reason; it stays in the tombstone")


def _row_of(held: Retention) -> CaseBound | Case | None:
    if held.thing is None:
        return Case.objects.filter(pk=held.case).first()
    for model in _case_models():
        if row := model._base_manager.filter(pk=held.thing).first():
            return row
    return None


def _case_models() -> Iterable[type[CaseBound]]:
    return (m for m in apps.get_models() if issubclass(m, CaseBound))


def _erased(
    officer: Officer, purpose: Purpose, thing: Thing, case: UUID, row: CaseBound | Case | None, because: str
) -> Tombstone:
    with transaction.atomic():
        with acting(officer, Act.ERASE, thing, purpose, step=STEP, reason=because.strip()):
            with guard.system("erase whatever holds or quotes it, of every originator"):
                stone = _buried(officer, case, row, because.strip())
                wiped = _wipe(row) if row is not None else _Wiped(0, [])
                Tombstone.objects.filter(pk=stone.pk).update(rows=wiped.rows, keys=wiped.keys)
            announce("erased", officer, purpose, case)
        empty_journal()
        with guard.system("the tombstone names the entry that proves it"):
            entry = LogEntry.objects.filter(verb="erase", thing=thing.id).order_by("-seq").first()
            stone.entry = entry.seq if entry else None
            stone.save(update_fields=["entry"])
            stone.refresh_from_db()
    return stone


def _buried(officer: Officer, case: UUID, row: CaseBound | Case | None, because: str) -> Tombstone:
    """Write the tombstone, stop the clocks, and tell past recipients."""
    whole = row is None or isinstance(row, Case)
    clocks = Retention.objects.filter(case=case, erased_at=None)
    if not whole:
        clocks = clocks.filter(thing=row.pk)  # type: ignore[union-attr]
    clocks.update(erased_at=clock.now())
    sent = Disclosure.objects.filter(case_id=case)
    for each in sent:
        if whole or str(row.pk) in {str(each.thing), *each.held}:  # type: ignore[union-attr]
            Notice.objects.create(
                owner_id=each.owner_id, addressed_id=each.to_id, kind="erasure", about=each.pk
            )
    owner = Case.objects.filter(pk=case).values_list("owner_id", flat=True).first() or officer.agency
    return Tombstone.objects.create(
        agency_id=owner,
        case=case,
        thing=None if whole else row.pk,  # type: ignore[union-attr]
        what="case" if whole else row._meta.model_name or "",  # type: ignore[union-attr]
        because=because,
    )


@dataclass(frozen=True, slots=True)
class _Wiped:
    """How many rows went, and the keys under which their bytes lie."""

    rows: int
    keys: list[str]


def _wipe(row: CaseBound | Case) -> _Wiped:
    """Delete the row, all that hangs on it and all that quotes it; return the keys of its bytes."""
    case = row.pk if isinstance(row, Case) else row.case_id
    keys = _crops_taken_back(case, _media_of(row))
    gone = _hanging(row)
    keys |= _keys(gone.values())
    count = 0
    if isinstance(row, Case):
        Job.objects.filter(case=case).exclude(status="running").delete()
    else:
        for quoting in _quoting(case, {str(pk) for pk in gone}):
            keys |= _keys([quoting])
            count += quoting.delete()[0]
    things = list(gone)
    for table in (Originator, Release, Restriction, Feed):
        for start in range(0, len(things), 400):
            table.objects.filter(thing__in=things[start : start + 400]).delete()
    return _Wiped(count + row.delete()[0], sorted(keys))


def _keys(rows: Iterable[models.Model]) -> set[str]:
    """Return the keys under which the bytes of these rows lie."""
    holding = (Media, SceneFeatures, ScenePoints, Camera, Appeal, Capture)
    return {row.key for row in rows if isinstance(row, holding) and row.key}


def _media_of(row: CaseBound | Case) -> set[UUID]:
    """Return the items that go: all of a case, or one with the crops of its crops."""
    if isinstance(row, Case):
        return set(Media.objects.filter(case=row).values_list("pk", flat=True))
    found: set[UUID] = set()
    level = {row.pk} if isinstance(row, Media) else set()
    while level:
        found |= level
        level = set(Media.objects.filter(parent__in=level).values_list("pk", flat=True)) - found
    return found


def _crops_taken_back(case: UUID, media: set[UUID]) -> set[str]:
    """Take the crops that go from the requests that show them; return the keys of the copies sent."""
    asked = Request.objects.filter(case_id=case, crop__in=media)
    sent = Dispatch.objects.filter(request__in=asked.values("pk")).exclude(crop_key="")
    keys = set(sent.values_list("crop_key", flat=True))
    sent.update(crop_key="")
    asked.update(crop=None)
    return keys


def _hanging(row: CaseBound | Case) -> dict[UUID, models.Model]:
    """Return the row and every row that is deleted with it, by id."""
    collector = Collector(using=row._state.db or "default", origin=row)
    collector.collect([row])
    found: dict[UUID, models.Model] = {row.pk: row}
    for instances in (*collector.data.values(), *collector.fast_deletes):
        found |= {i.pk: i for i in instances if isinstance(i.pk, UUID)}
    return found


def _quoting(case: UUID, ids: set[str]) -> Iterable[CaseBound]:
    """Iterate over rows of the case whose JSON names one of ``ids``: products, estimates, undone changes."""
    for model in _case_models():
        fields = [f.name for f in model._meta.fields if isinstance(f, models.JSONField)]
        if not fields:
            continue
        for row in model._base_manager.filter(case_id=case):
            if str(row.pk) not in ids and any(_names(getattr(row, f), ids) for f in fields):
                yield row


def _names(value: object, ids: set[str]) -> bool:
    if isinstance(value, str):
        return value in ids
    if isinstance(value, dict):
        return any(_names(v, ids) for pair in value.items() for v in pair)
    if isinstance(value, list):
        return any(_names(v, ids) for v in value)
    return False
