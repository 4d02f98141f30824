"""Undo: what an act by hand touched, before and after, so that it can be taken back exactly.

A row that somebody changed since is never overwritten: the change says that it was overtaken.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, models, transaction

from entente.records import clock, guard
from entente.records.models.case import Change
from entente.records.models.handled import Guarded
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import H2, Handling, union

Image = dict[str, str | None]

# A series is moved as a whole, so undoing it must reach the rows withheld from this officer too.
REASON = "take back exactly what an act touched"


class Overtaken(ValueError):
    """Somebody has changed the same rows since; the sentence says what to do."""


class Touched:
    """Collects the rows of one act: ``keep`` before altering or deleting, ``made`` after creating."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, UUID], Image | None] = {}

    def keep(self, *rows: Guarded) -> None:
        """Remember how each row stands now, unless it is remembered already."""
        for row in rows:
            self._before.setdefault(_name(row), _image(row))

    def made(self, *rows: Guarded) -> None:
        """Remember that each row was not there before."""
        for row in rows:
            self._before.setdefault(_name(row), None)

    def record(
        self, case_id: UUID, officer: Officer, what: str, handling: Handling | None = None, **facts: Any
    ) -> Change:
        """Write the change; call it last inside the act. ``facts`` are identifiers and counts."""
        rows, withheld = [], False
        with guard.system(REASON):
            there = _there(self._before)
            for (model, pk), before in self._before.items():
                row = there.get((model, pk))
                after = _image(row) if row is not None else None
                if before != after:
                    codes = str((after or before or {}).get("codes", ""))
                    withheld = withheld or "H2" in codes or "H3" in codes
                    rows.append({"model": model, "id": str(pk), **_difference(before, after)})
        # what was done to withheld rows is withheld with them
        own = [H2] if withheld else []
        handling = union([handling or Handling(), *own])
        return Change.objects.create(
            case_id=case_id,
            owner_id=officer.agency,
            made_by_id=officer.id,
            codes=str(handling),
            handling_text=handling.text,
            what=what,
            before={"rows": rows, **facts},
        )


def take_back(change: Change) -> None:
    """Restore what stood before ``change``; call it inside the act.

    Raises ``Overtaken`` when it was undone already or a row was changed since; then nothing is altered.
    """
    if change.undone_at is not None:
        raise Overtaken("this was undone already; reload the page to see how things stand")
    with guard.system(REASON):
        try:
            with transaction.atomic():
                _restore(change.before["rows"])
        except IntegrityError:
            raise Overtaken(_SINCE) from None
    change.undone_at = clock.now()
    change.save(update_fields=["undone_at"])


_SINCE = "somebody has worked on the same items since; undo the later change first, or correct it by hand"


def _restore(rows: list[dict[str, Any]]) -> None:
    """Put every row back: first what comes again, in the order of creation, then what goes."""
    there = _there((row["model"], UUID(row["id"])) for row in rows)
    for row in rows:
        _demand_unchanged(row, there.get((row["model"], UUID(row["id"]))))
    coming = [r for r in rows if r["before"] is not None and r["after"] is None]
    going = [r for r in rows if r["before"] is None]
    staying = [r for r in rows if r["before"] is not None and r["after"] is not None]
    for row in sorted(coming, key=lambda r: _rank(r["model"])):
        _manager(row["model"]).bulk_create([_row(row)])
    for row in staying:
        _manager(row["model"]).filter(pk=row["id"]).update(**_values(row["model"], row["before"]))
    gone = {r["id"] for r in going}
    for row in sorted(going, key=lambda r: -_rank(r["model"])):
        held = _manager(row["model"]).get(pk=row["id"])
        for relation in held._meta.related_objects:
            hanging = relation.related_model._base_manager.filter(**{relation.field.name: held})
            if hanging.exclude(pk__in=gone).exists():
                raise Overtaken(_SINCE)
        held.delete()


def _there(wanted: Iterable[tuple[str, UUID]]) -> dict[tuple[str, UUID], models.Model]:
    """Return those of some rows that there are, by their model's name and number."""
    numbers: dict[str, list[UUID]] = {}
    for model, pk in wanted:
        numbers.setdefault(model, []).append(pk)
    return {
        (model, pk): row
        for model, some in numbers.items()
        for pk, row in _manager(model).in_bulk(some).items()
    }


def _demand_unchanged(row: dict[str, Any], held: models.Model | None) -> None:
    if held is None or row["after"] is None:
        same = held is None and row["after"] is None
    else:
        now = _image(held)
        same = all(now[name] == value for name, value in row["after"].items())
    if not same:
        raise Overtaken(_SINCE)


def _difference(before: Image | None, after: Image | None) -> dict[str, Image | None]:
    """Keep only the columns that differ where the row was there before and after."""
    if before is None or after is None:
        return {"before": before, "after": after}
    names = [n for n in before if before[n] != after[n]]
    return {"before": {n: before[n] for n in names}, "after": {n: after[n] for n in names}}


def _image(row: models.Model) -> Image:
    """Return every column as text; ``None`` stays."""
    return {
        f.attname: None if f.value_from_object(row) is None else f.value_to_string(row)
        for f in row._meta.concrete_fields
    }


def _values(model: str, image: Image) -> dict[str, Any]:
    fields = {f.attname: f for f in _model(model)._meta.concrete_fields}
    return {n: None if v is None else fields[n].to_python(v) for n, v in image.items()}


def _row(row: dict[str, Any]) -> models.Model:
    return _model(row["model"])(**_values(row["model"], row["before"]))


def _name(row: Guarded) -> tuple[str, UUID]:
    return str(row._meta.model_name), row.pk


def _model(name: str) -> type[models.Model]:
    return apps.get_model("records", name)


def _manager(name: str) -> models.Manager[Any]:
    return _model(name)._base_manager


def _rank(name: str) -> int:
    """Return how many guarded tables besides the case a row hangs on: those it hangs on come first."""
    related = (f.related_model for f in _model(name)._meta.concrete_fields)
    return sum(isinstance(model, type) and issubclass(model, Guarded) for model in related)
