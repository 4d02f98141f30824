"""Rows of one table by the thousand: past Django's models, never past the guard or the second wall.

Django makes an object of each row, asks each of its fields twice, and writes some forty rows a statement:
that was three quarters of what a hash list took to come in. Here a row is a tuple, and one statement is
prepared for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Field, Lookup, Model, UUIDField

from entente.records import guard

# Kinds whose values both databases take as they are.
_PLAIN = frozenset(
    {"BinaryField", "BooleanField", "CharField", "TextField"}
    | {"IntegerField", "PositiveIntegerField", "PositiveSmallIntegerField"}
)
ROOM_KB = 32 * 1024  # of pages that SQLite keeps in memory; by itself 2 MB, less than the tops of the indexes


@UUIDField.register_lookup
class Among(Lookup):
    """``id__among``: ``id__in`` for up to 30,000 of the same kind, none of which is looked at one by one."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Return the condition and its values."""
        left, params = self.process_lhs(compiler, connection)
        native = connection.features.has_native_uuid_field
        asked = [one if native else one.hex for one in self.rhs]
        return f"{left} IN ({', '.join(['%s'] * len(asked)) or 'NULL'})", (*params, *asked)


def insert(
    model: type[Model], same: Mapping[str, Any], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write ``rows``, each the values of ``names``; the columns in ``same`` are alike in all of them.

    Every column is named: no default is filled in. Raises ``ScopeMissing`` outside an act, as any write does.
    """
    table = model._meta.db_table
    connection: Any = connections[DEFAULT_DB_ALIAS]  # of our own backend
    guard.writing(table)
    fields = {field.attname: field for field in model._meta.concrete_fields}
    if fields.keys() != {*same, *names} or len(fields) != len(same) + len(names):
        raise TypeError(f"rows of {table} name each of these once: {', '.join(sorted(fields))}")
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(fields[name].column)) for name in (*same, *names))
    places = ", ".join(["%s"] * len(fields))
    alike = tuple(fields[name].get_db_prep_save(value, connection) for name, value in same.items())
    text = f"INSERT INTO {quote(table)} ({columns}) VALUES ({places})"  # noqa: S608 - names of our own columns
    stored = _stored(connection, alike, [fields[name] for name in names], rows)
    with connection.cursor() as cursor:
        cursor.executemany(text + connection.own_write(table), stored)


def _stored(
    connection: Any, alike: tuple[Any, ...], fields: Sequence[Field], rows: Iterable[Sequence[Any]]
) -> Iterator[tuple[Any, ...]]:
    """Yield rows as this database stores them."""
    made = [(n, _keeper(f, connection)) for n, f in enumerate(fields) if f.get_internal_type() not in _PLAIN]
    for row in rows:
        values = list(row)
        for n, keep in made:
            values[n] = keep(values[n])
        yield (*alike, *values)


def _keeper(field: Field, connection: Any) -> Callable[[Any], Any]:
    """Return what makes a field's values what this database stores."""
    if isinstance(field, UUIDField) and not connection.features.has_native_uuid_field:
        return _hex
    return partial(field.get_db_prep_save, connection=connection)


def _hex(one: UUID | None) -> str | None:
    """Return what Django ends with on SQLite, after it has asked twice whether it is an id at all."""
    return one.hex if one else None


@contextmanager
def room() -> Iterator[None]:
    """Let SQLite keep more of its indexes in memory for a while: long lists touch all of them."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "sqlite":
        yield
        return
    with guard.system("room for a long list"), connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size")
        (before,) = cursor.fetchone()
        cursor.execute(f"PRAGMA cache_size = -{ROOM_KB}")
    try:
        yield
    finally:
        with guard.system("room for a long list"), connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = {int(before)}")
