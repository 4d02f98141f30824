"""SQL compilers that put the guard into every statement.

Django's compiler is not a public interface: it is pinned to 5.2 and ``tests/records/test_guard.py`` is
the tripwire. Technique: each BaseTable or Join of a guarded table is compiled to a filtered subselect under
the same alias. What the subselect reads is the second wall's (``records.wall``): on SQLite a view in place
of the table, whatever the guard's condition says or fails to say.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models.sql import compiler
from django.db.models.sql.datastructures import BaseTable, Join

from entente.records import guard


class _Guarded:
    """Filter what is read."""

    connection: Any

    def _adapt(self, params: list[Any]) -> list[Any]:
        """Write identifiers and times as this database stores them."""
        ops = self.connection.ops
        native = self.connection.features.has_native_uuid_field
        return [
            (p if native else p.hex)
            if isinstance(p, UUID)
            else ops.adapt_datetimefield_value(p)
            if hasattr(p, "tzinfo")
            else p
            for p in params
        ]

    def compile(self, node: Any) -> tuple[str, Any]:
        """Compile ``node``; a guarded table becomes the subselect of its readable rows."""
        sql, params = super().compile(node)  # type: ignore[misc]
        if not isinstance(node, BaseTable | Join) or node.table_name not in guard.GUARDED:
            return sql, params
        kept = guard.predicate(node.table_name, "x_")
        readable = self.connection.readable(node.table_name)
        if kept is None and readable == node.table_name:
            return sql, params
        quote = self.quote_name_unless_alias  # type: ignore[attr-defined]
        table = quote(node.table_name)
        plain = node.table_alias in (None, node.table_name)
        alias = table if plain else quote(node.table_alias)
        old = table if plain else f"{table} {node.table_alias}"
        if old not in sql:
            raise guard.ScopeMissing(f"the guard does not recognise this statement: {sql}")
        where, more = self._condition(kept)
        chosen = f"(SELECT * FROM {quote(readable)} x_{where}) {alias}"
        return sql.replace(old, chosen, 1), [*more, *params]

    def _condition(self, kept: tuple[str, list[Any]] | None) -> tuple[str, list[Any]]:
        """Return the guard's condition as a WHERE; without one the second wall is alone."""
        if kept is None:
            return "", []
        return f" WHERE {self.connection.behind(kept[0])}", self._adapt(kept[1])


class _Writing(_Guarded):
    """Let only readable rows be changed, and only inside an act."""

    query: Any

    def _restrict(self, sql: str, params: Any) -> tuple[str, tuple[Any, ...]]:
        table = self.query.get_meta().db_table
        guard.writing(table)
        if not sql:
            return sql, params
        if table not in guard.GUARDED:
            return sql + self.connection.own_write(table), params
        kept = guard.predicate(table, "x_")
        readable = self.connection.readable(table)
        own = self.connection.own_write(table)
        if kept is None and readable == table:
            return sql + own, params
        quote = self.connection.ops.quote_name
        joint = " AND " if " WHERE " in sql else " WHERE "
        where, more = self._condition(kept)
        limit = f"{joint}{quote(table)}.{quote('id')} IN (SELECT x_.id FROM {quote(readable)} x_{where})"
        return sql + limit + own, (*params, *more)


class SQLCompiler(_Guarded, compiler.SQLCompiler):
    """SELECT."""


class SQLAggregateCompiler(_Guarded, compiler.SQLAggregateCompiler):
    """SELECT over a subquery."""


class SQLInsertCompiler(_Guarded, compiler.SQLInsertCompiler):
    """INSERT."""

    def as_sql(self, with_limits: bool = True, with_col_aliases: bool = False) -> Any:
        """Refuse outside an act."""
        table = self.query.get_meta().db_table
        guard.writing(table)
        own = self.connection.own_write(table)
        return [(sql + own, params) for sql, params in super().as_sql()]


class SQLUpdateCompiler(_Writing, compiler.SQLUpdateCompiler):
    """UPDATE."""

    def as_sql(self, with_limits: bool = True, with_col_aliases: bool = False) -> Any:
        """Limit to readable rows."""
        return self._restrict(*super().as_sql())


class SQLDeleteCompiler(_Writing, compiler.SQLDeleteCompiler):
    """DELETE."""

    def as_sql(self, with_limits: bool = True, with_col_aliases: bool = False) -> Any:
        """Limit to readable rows."""
        return self._restrict(*super().as_sql())
