"""SQL compilers that put the guard into every statement.

Django's compiler is not a public interface: it is pinned to 5.2 and ``tests/records/test_guard.py`` is
the tripwire. Technique: each BaseTable or Join of a guarded table is compiled to a filtered subselect under
the same alias.
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
        if kept is None:
            return sql, params
        quote = self.quote_name_unless_alias  # type: ignore[attr-defined]
        table = quote(node.table_name)
        plain = node.table_alias in (None, node.table_name)
        alias = table if plain else quote(node.table_alias)
        old = table if plain else f"{table} {node.table_alias}"
        if old not in sql:
            raise guard.ScopeMissing(f"the guard does not recognise this statement: {sql}")
        chosen = f"(SELECT * FROM {table} x_ WHERE {kept[0]}) {alias}"
        return sql.replace(old, chosen, 1), [*self._adapt(kept[1]), *params]


class _Writing(_Guarded):
    """Let only readable rows be changed, and only inside an act."""

    query: Any

    def _restrict(self, sql: str, params: Any) -> tuple[str, tuple[Any, ...]]:
        table = self.query.get_meta().db_table
        guard.writing(table)
        if table not in guard.GUARDED or not sql:
            return sql, params
        kept = guard.predicate(table, "x_")
        if kept is None:
            return sql, params
        quote = self.connection.ops.quote_name
        joint = " AND " if " WHERE " in sql else " WHERE "
        limit = (
            f"{joint}{quote(table)}.{quote('id')} IN (SELECT x_.id FROM {quote(table)} x_ WHERE {kept[0]})"
        )
        return sql + limit, (*params, *self._adapt(kept[1]))


class SQLCompiler(_Guarded, compiler.SQLCompiler):
    """SELECT."""


class SQLAggregateCompiler(_Guarded, compiler.SQLAggregateCompiler):
    """SELECT over a subquery."""


class SQLInsertCompiler(_Guarded, compiler.SQLInsertCompiler):
    """INSERT."""

    def as_sql(self, with_limits: bool = True, with_col_aliases: bool = False) -> Any:
        """Refuse outside an act."""
        guard.writing(self.query.get_meta().db_table)
        return super().as_sql()


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
