"""SQLite's second wall: who stands at the tables of one connection.

Each guarded table has a temporary view with the wall's condition, under a name that nobody can guess (a
table expression could take a known name and pass for the view). SQLite asks ``Warden.allows`` while it
prepares a statement, and tells for each column the innermost view it is read through: in an officer's scope
only through one of ours. The catalogue, other databases and the schema are closed there.

SQLite asks once for each prepared statement, and Python keeps those: ``marked`` gives the text a mark of the
scope's kind, so that what the system prepared is never run for an officer.
"""

from __future__ import annotations

import re
import secrets
import sqlite3
from contextvars import ContextVar
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey

from entente.records import guard, wall

OK, DENY = sqlite3.SQLITE_OK, sqlite3.SQLITE_DENY
READ, INSERT, UPDATE, DELETE = (
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_INSERT,
    sqlite3.SQLITE_UPDATE,
    sqlite3.SQLITE_DELETE,
)
WRITES = frozenset({INSERT, UPDATE, DELETE})
PLAIN = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
    | {sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT}
)
# SQLite's own tables: the catalogue, the statements prepared, the pages. Only their sequence is harmless.
CATALOGUE = ("sqlite_", "pragma_", "dbstat", "bytecode", "tables_used")
CATALOGUE_OF_MAIN = frozenset({"sqlite_master", "sqlite_schema", "sqlite_sequence"})

NAMES = {fact: f"entente_{fact}()" for fact in wall.FACTS} | {"schema": "main."}
# The asker's own memberships, all that the first wall's own conditions read of them.
MINE = "mine"

# The table that the statement being prepared writes, where our own compiler wrote it.
_writing: ContextVar[str] = ContextVar("writing", default="")


# Of a table that a statement reads no column of, SQLite names no view as the source: so one is always read.
A_COLUMN = "typeof(x_.id) <> 'null'"


class Warden:
    """Names, marks and decisions for the connections of one thread."""

    def __init__(self) -> None:
        self.views = {table: f"w_{secrets.token_hex(16)}" for table in guard.GUARDED}
        # what the first wall's own text reads: only the asker's memberships
        self.mine = f"w_{secrets.token_hex(16)}"
        self._sources = frozenset({*self.views.values(), self.mine})
        token = secrets.token_hex(16)
        self._marks = {kind: f" /*{token}{kind}*/" for kind in ("nobody", "system", "act")}
        self._ends = _foreign_ends()
        self._own = {f"/*{token}{table}*/": table for table in self._ends}
        self.own = {table: mark for mark, table in self._own.items()}
        named = {**self.views, "records_membership": self.mine}
        self._behind = re.compile(rf"\b({'|'.join(map(re.escape, named))})(?= \w+_\b)")
        self._named = named

    def behind(self, sql: str) -> tuple[str, list[str]]:
        """Return the first wall's condition reading behind the second, and which views it needs."""
        tables = self._behind.findall(sql)
        if not tables:
            return sql, tables
        needed = [MINE if table == "records_membership" else table for table in tables]
        return self._behind.sub(lambda m: self._named[m[1]], sql), needed

    def marked(self, sql: str) -> str:
        """Return ``sql`` under the mark of the scope in force; note what it writes, if it is ours."""
        own = self._own.get(sql[sql.rfind("/*") :], "") if sql.endswith("*/") else ""
        _writing.set(own)
        scope = wall.held()
        if scope is None:
            return sql + self._marks["nobody"]
        if scope.officer is None:
            return sql + self._marks["system"]
        return sql + self._marks["act"] if wall.may_write(scope) else sql

    def allows(
        self, action: int, first: str | None, second: str | None, base: str | None, source: str | None
    ) -> int:
        """Answer SQLite: may the statement being prepared do this? Called some ten times for each."""
        if action in PLAIN:
            return DENY if second == "load_extension" else OK
        scope = wall.held()
        if scope is not None and scope.officer is None:
            return DENY if action == sqlite3.SQLITE_PRAGMA and first == "writable_schema" else OK
        if action == READ:
            return self._may_read(first or "", second or "", source, scope is None)
        if action in WRITES:
            return self._may_write(first or "", scope)
        if action == sqlite3.SQLITE_PRAGMA and scope is None:
            return DENY if first == "writable_schema" else OK
        return DENY

    def _may_read(self, table: str, column: str, source: str | None, outside: bool) -> int:
        if table in self.views:
            if source in self._sources:
                return OK
            own = _writing.get()
            return OK if own and (table == own or (table, column) in self._ends[own]) else DENY
        if table.lower().startswith(CATALOGUE):
            return OK if outside and table in CATALOGUE_OF_MAIN else DENY
        return OK

    def _may_write(self, table: str, scope: guard.Scope | None) -> int:
        if table in self.views:
            return OK if wall.may_write(scope) and _writing.get() == table else DENY
        return DENY if table.lower().startswith(CATALOGUE) else OK

    def raise_on(self, connection: sqlite3.Connection, tell: Any) -> None:
        """Put the functions and this warden on a fresh connection; ``tell`` adapts a value."""
        for fact in wall.FACTS:
            connection.create_function(f"entente_{fact}", 0, _asked(fact, tell), deterministic=True)
        connection.set_authorizer(self.allows)

    def build(self, connection: sqlite3.Connection, table: str) -> None:
        """Make the view of ``table``, unless it stands."""
        if table == MINE:
            view, table, text = self.mine, "records_membership", "x_.account_id = entente_officer()"
        else:
            view, text = self.views[table], wall.wall(table, NAMES)
        with guard.system("the second wall is built"):
            connection.execute(
                f"CREATE TEMP VIEW IF NOT EXISTS {view} AS SELECT x_.* FROM main.{table} x_"
                f" WHERE ({text}) AND {A_COLUMN}"
            )

    def raze(self, connection: sqlite3.Connection) -> None:
        """Take the views away, so that the schema can be changed under them."""
        with guard.system("the schema changes"):
            for view in self._sources:
                connection.execute(f"DROP VIEW IF EXISTS temp.{view}")


@cache
def _foreign_ends() -> dict[str, frozenset[tuple[str, str]]]:
    """Return, for each table, the columns that SQLite reads by itself to keep its foreign keys."""
    ends: dict[str, set[tuple[str, str]]] = {}
    models = apps.get_models(include_auto_created=True)
    for model in models:
        ends.setdefault(model._meta.db_table, set())
    for model in models:
        table = model._meta.db_table
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey):
                other = field.related_model._meta.db_table
                ends[table].add((other, str(field.target_field.column)))
                ends.setdefault(other, set()).add((table, str(field.column)))
    return {table: frozenset(columns) for table, columns in ends.items()}


def _asked(fact: str, tell: Any) -> Any:
    """Return the SQL function of one fact, as the scope of the moment has it."""
    if fact == "now":
        return lambda: tell(wall.now()) if wall.held() is not None else None
    kept: tuple[guard.Scope | None, Any] = (None, None)

    def ask() -> Any:
        nonlocal kept
        scope, known = wall.held(), kept  # one pair, read once: threads may share a connection
        if scope is None:
            return None
        if known[0] is not scope:
            value = wall.facts(scope).get(fact)
            known = kept = (scope, None if value is None else tell(value))
        return known[1]

    return ask
