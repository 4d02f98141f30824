"""Django's postgresql backend, with compilers that ask the law and row-level security told who asks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql import base
from django.db.backends.postgresql.features import DatabaseFeatures as PlainFeatures
from django.db.backends.postgresql.operations import DatabaseOperations as Plain
from django.db.backends.postgresql.psycopg_any import register_tzloader
from django.db.backends.postgresql.schema import DatabaseSchemaEditor as PlainEditor
from django.db.models.signals import post_migrate, pre_migrate

from entente.records import guard, wall
from entente.records.postgres import policies

# How old the moment may be at which the second wall judges; the first takes the moment of each statement.
STALE = timedelta(milliseconds=50)
_TELL = "SELECT " + ", ".join(f"set_config('entente.{fact}', %s, false)" for fact in wall.FACTS)

pre_migrate.connect(policies.before_migrating, dispatch_uid="second wall, before")
post_migrate.connect(policies.after_migrating, dispatch_uid="second wall, after")


class DatabaseOperations(Plain):
    """The guard's compilers instead of Django's."""

    compiler_module = "entente.records.compiler"


class DatabaseFeatures(PlainFeatures):
    """What PostgreSQL can do behind the guard."""

    # a guarded table is a subselect, and its other columns do not hang on a primary key there
    allows_group_by_selected_pks = False


class DatabaseSchemaEditor(PlainEditor):
    """Creates guarded tables closed."""

    def create_model(self, model: Any) -> None:
        """Create the table; only the system sees a row until the policies are there."""
        super().create_model(model)
        if model._meta.db_table in guard.GUARDED:
            table = model._meta.db_table
            for sql in [*policies.enclose(table), policies.open_to_system(table)]:
                self.execute(sql, None)


class Told:
    """What one connection was last told of who asks.

    Settings belong to the transaction in which they were made: what takes it back takes them back, so they
    are told again after every rollback.
    """

    def __init__(self) -> None:
        self._scope: guard.Scope | str | None = "nothing yet"
        self._now: datetime | None = None

    def forget(self) -> None:
        """Tell it all again with the next statement."""
        self._scope = "nothing any more"

    def tell(self, connection: Any, scope: guard.Scope | None) -> None:
        """Tell ``connection`` the facts of ``scope`` unless it knows them."""
        officer = scope is not None and scope.officer is not None
        told: guard.Scope | str | None = "the system" if scope is not None and not officer else scope
        now = wall.now() if officer else None
        if told is self._scope and (now is None or self._recent(now)):
            return
        if connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
            return  # nothing but taking it back can be run now
        known = wall.facts(scope) | ({"now": now} if now else {})
        self._scope = "being told"
        plain = psycopg.ClientCursor(connection)
        plain.execute(_TELL, [_text(known.get(fact)) for fact in wall.FACTS])
        self._scope, self._now = told, now

    def wrote(self) -> None:
        """After a change by this connection a membership may be newer than the moment it was told."""
        self._now = None

    def _recent(self, now: datetime) -> bool:
        return self._now is not None and timedelta(0) <= now - self._now < STALE


def _text(value: object) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)


class _Telling:
    """Tells the database who asks before each statement and each portion of rows."""

    connection: Any
    _asked: guard.Scope | None = None

    def _tell(self) -> None:
        self.connection.told.tell(self.connection, self._asked)

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Any:
        """Run one statement."""
        self._asked = wall.held()
        self._tell()
        try:
            return super().execute(query, params, **kwargs)  # type: ignore[misc]
        finally:
            self._done(query)

    def executemany(self, query: Any, params_seq: Any, **kwargs: Any) -> Any:
        """Run one statement many times."""
        self._asked = wall.held()
        self._tell()
        try:
            return super().executemany(query, params_seq, **kwargs)  # type: ignore[misc]
        finally:
            self._done(query)

    def _done(self, query: Any) -> None:
        if not isinstance(query, str) or query[:8].upper() == "ROLLBACK":
            self.connection.told.forget()
        elif query[:6] != "SELECT":
            self.connection.told.wrote()


class Cursor(_Telling, base.Cursor):
    """Django's cursor."""


class ServerBindingCursor(_Telling, base.ServerBindingCursor):
    """Django's cursor with parameters bound by the server."""


class ServerSideCursor(_Telling, base.ServerSideCursor):
    """Django's cursor whose rows stay with the server: found as they are fetched, in another scope maybe."""

    def fetchone(self) -> Any:
        """Return the next row."""
        self._tell()
        return super().fetchone()  # type: ignore[misc]

    def fetchmany(self, size: int = 0) -> Any:
        """Return the next rows."""
        self._tell()
        return super().fetchmany(size)  # type: ignore[misc]

    def fetchall(self) -> Any:
        """Return the rows that are left."""
        self._tell()
        return super().fetchall()  # type: ignore[misc]


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose every statement passes the guard, and then the policies."""

    ops_class = DatabaseOperations
    features_class = DatabaseFeatures
    SchemaEditorClass = DatabaseSchemaEditor

    def get_connection_params(self) -> dict[str, Any]:
        """Return Django's parameters with a cursor that tells who asks."""
        params = super().get_connection_params()
        bound = params["cursor_factory"] is base.ServerBindingCursor
        return {**params, "cursor_factory": ServerBindingCursor if bound else Cursor}

    def get_new_connection(self, conn_params: Any) -> Any:
        """Open a connection that was told nothing yet."""
        made = super().get_new_connection(conn_params)
        made.told = Told()
        return made

    def init_connection_state(self) -> None:
        """Refuse a role that row-level security does not bind."""
        super().init_connection_state()
        plain = psycopg.Cursor(self.connection)
        plain.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)"
        )
        if found := plain.fetchone():
            raise ImproperlyConfigured(
                f"PostgreSQL's role {found[0]} passes row-level security by: give the desk a role of its own"
                " (CREATE ROLE … LOGIN NOSUPERUSER NOBYPASSRLS) that owns its database"
            )

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor that tells who asks, with the rows kept here or at the server."""
        made = super().create_cursor(name)
        if name and isinstance(made, base.ServerSideCursor):
            rows: Any = ServerSideCursor
            hold = self.connection.autocommit
            made = rows(self.connection, name=name, scrollable=False, withhold=hold)
            register_tzloader(self.timezone, made)
        return made

    def _rollback(self) -> Any:
        self.connection.told.forget()
        return super()._rollback()  # type: ignore[misc]

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]
        except BaseException:
            self.connection.told.forget()
            raise

    def readable(self, table: str) -> str:
        """Return what stands for ``table`` in a statement: itself, behind its policy."""
        return table

    def behind(self, sql: str) -> str:
        """Return the first wall's condition; what it reads is behind policies of its own."""
        return sql

    def own_write(self, table: str) -> str:
        """PostgreSQL needs no mark on a write: its policies ask for the act."""
        return ""
