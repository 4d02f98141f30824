"""Django's sqlite3 backend, with compilers that ask the law and the second wall on every connection."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.operations import DatabaseOperations as Plain
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor as PlainEditor

from entente.records import guard, wall
from entente.records.sqlite.warden import Warden

# One writer of this process after the other. SQLite's own queue is a sleep of up to 100 ms, again and again,
# that whoever comes later may win; other processes wait there all the same.
_TURN = threading.Lock()
STATEMENTS = 512  # kept prepared for each connection: the warden is asked once for each


class DatabaseOperations(Plain):
    """The guard's compilers instead of Django's."""

    compiler_module = "entente.records.compiler"

    def execute_sql_flush(self, sql_list: Iterable[str]) -> None:
        """Empty the tables for a test."""
        with guard.system("empty the tables"):
            super().execute_sql_flush(sql_list)


class DatabaseSchemaEditor(PlainEditor):
    """Changes the schema in the system's scope, the second wall's views out of the way."""

    connection: DatabaseWrapper
    _remaking = False

    def __enter__(self) -> Any:
        """Take the views away first: SQLite changes no table under a view. They come back when needed."""
        self.connection.raze()
        return super().__enter__()

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Run one statement of a migration."""
        with guard.system("the schema changes"):
            super().execute(sql, params)

    def create_model(self, model: Any) -> None:
        """Make a table with its indexes; a table that is being made anew gets them when it has its name."""
        super().create_model(model)
        self._nothing_left()

    def add_field(self, model: Any, field: Any) -> None:
        """Add a column with its index."""
        super().add_field(model, field)
        self._nothing_left()

    def _remake_table(self, *args: Any, **kwargs: Any) -> None:
        self._remaking = True
        try:
            super()._remake_table(*args, **kwargs)  # type: ignore[misc]
        finally:
            self._remaking = False

    def _nothing_left(self) -> None:
        """Leave no statement for the end: Django would note the step as done in a transaction after its own.

        A desk whose power went off between the two would have the tables and be refused them ever after.
        """
        if not self._remaking:
            for statement in self.deferred_sql:
                self.execute(statement)
            self.deferred_sql.clear()


class Cursor(base.SQLiteCursorWrapper):
    """Marks each statement with the scope's kind, and reads its rows in the scope that asked for them."""

    connection: Connection
    _asked: guard.Scope | None = None

    def execute(self, query: str, params: Any = None) -> Any:
        """Run one statement."""
        self._asked = wall.held()
        return super().execute(self.connection.marked(query), params)

    def executemany(self, query: str, param_list: Any) -> Any:
        """Run one statement many times."""
        self._asked = wall.held()
        return super().executemany(self.connection.marked(query), param_list)

    @contextmanager
    def _as_asked(self) -> Iterator[None]:
        """SQLite finds rows as they are fetched: by then another scope may be open."""
        token = guard._scope.set(self._asked)
        try:
            yield
        finally:
            guard._scope.reset(token)

    def fetchone(self) -> Any:
        """Return the next row."""
        if wall.held() is self._asked:
            return super().fetchone()
        with self._as_asked():
            return super().fetchone()

    def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        """Return the next rows."""
        if wall.held() is self._asked:
            return super().fetchmany(*args, **kwargs)
        with self._as_asked():
            return super().fetchmany(*args, **kwargs)

    def fetchall(self) -> Any:
        """Return the rows that are left."""
        if wall.held() is self._asked:
            return super().fetchall()
        with self._as_asked():
            return super().fetchall()

    def __next__(self) -> Any:
        if wall.held() is self._asked:
            return super().__next__()
        with self._as_asked():
            return super().__next__()


class Connection(sqlite3.Connection):
    """A connection with no way past its warden: no copy of the whole, no cursor without marks."""

    warden: Warden | None = None  # not yet, while the connection is being set up

    def marked(self, query: str) -> str:
        """Return ``query`` under the mark of the scope in force."""
        return self.warden.marked(query) if self.warden else query

    def cursor(self, factory: Any = Cursor) -> Any:
        """Return a cursor that marks its statements."""
        return super().cursor(factory if issubclass(factory, Cursor) else Cursor)

    def _system_only(self) -> None:
        scope = wall.held()
        if scope is None or scope.officer is not None:
            raise guard.ScopeMissing("the database as a whole is copied by the system only")

    def blobopen(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse outside the system's scope: SQLite does not ask the warden here."""
        self._system_only()
        return super().blobopen(*args, **kwargs)

    def backup(self, *args: Any, **kwargs: Any) -> None:
        """Refuse outside the system's scope: SQLite does not ask the warden here."""
        self._system_only()
        super().backup(*args, **kwargs)

    def serialize(self, *args: Any, **kwargs: Any) -> bytes:
        """Refuse outside the system's scope: SQLite does not ask the warden here."""
        self._system_only()
        return super().serialize(*args, **kwargs)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose every statement passes the guard, and then the warden."""

    ops_class = DatabaseOperations
    SchemaEditorClass = DatabaseSchemaEditor
    _standing: set[str] = set()  # the views that this connection has
    _fresh: set[str] = set()  # those that the transaction under way made: undone, it takes them along
    _has_turn = False

    @cached_property
    def warden(self) -> Warden:
        """The second wall of this thread; made when the first statement is, so that all tables are known."""
        return Warden()

    def get_connection_params(self) -> dict[str, Any]:
        """Return Django's parameters with our connection."""
        return {"cached_statements": STATEMENTS, **super().get_connection_params(), "factory": Connection}

    def get_new_connection(self, conn_params: Any) -> Any:
        """Open a connection and raise the wall on it."""
        made = super().get_new_connection(conn_params)
        self.warden.raise_on(made, self._stored)
        made.warden = self.warden
        self._standing, self._fresh = set(), set()
        return made

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor that marks its statements."""
        return self.connection.cursor(Cursor)

    def check_constraints(self, table_names: Any = None) -> None:
        """Look for broken foreign keys in all rows, whoever may see them."""
        with guard.system("check foreign keys"):
            super().check_constraints(table_names)

    def raze(self) -> None:
        """Take the wall's views away while the schema is changed."""
        self.ensure_connection()
        self.warden.raze(self.connection)
        self._standing.clear()
        self._fresh.clear()

    def _stand(self, table: str) -> None:
        """Make a view when it is first needed: most statements of a request need few of them."""
        if table not in self._standing:
            self.ensure_connection()
            self.warden.build(self.connection, table)
            self._standing.add(table)
            if not self.autocommit:
                self._fresh.add(table)

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._give_turn()
            raise

    def _take_turn(self) -> None:
        if self.is_in_memory_db():  # a test's, in which one connection serves all threads
            return
        if not _TURN.acquire(timeout=self.settings_dict["OPTIONS"].get("timeout", 5)):
            with self.wrap_database_errors:
                raise sqlite3.OperationalError("database is locked")
        self._has_turn = True

    def _give_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            _TURN.release()

    def _commit(self) -> Any:
        done = super()._commit()  # type: ignore[misc]
        self._fresh.clear()
        self._give_turn()  # where it fails, Django rolls back
        return done

    def _forget_fresh(self) -> None:
        """Take it that no view of this transaction stands; every one is made again when it is needed."""
        self._standing -= self._fresh
        self._fresh.clear()

    def _rollback(self) -> Any:
        self._forget_fresh()
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _savepoint_rollback(self, sid: str) -> None:
        self._forget_fresh()
        super()._savepoint_rollback(sid)  # type: ignore[misc]

    def readable(self, table: str) -> str:
        """Return what stands for ``table`` in a statement of the scope in force."""
        scope = wall.held()
        if scope is None or scope.officer is None:
            return table
        self._stand(table)
        return self.warden.views[table]

    def behind(self, sql: str) -> str:
        """Return the first wall's condition, reading behind the second."""
        text, needed = self.warden.behind(sql)
        for table in needed:
            self._stand(table)
        return text

    def own_write(self, table: str) -> str:
        """Return the mark of a statement that the guard's compiler wrote to change ``table``."""
        return self.warden.own.get(table, "")

    def _stored(self, value: Any) -> Any:
        """Write a fact as the columns have it."""
        if isinstance(value, UUID):
            return value.hex
        return self.ops.adapt_datetimefield_value(value) if hasattr(value, "tzinfo") else value
