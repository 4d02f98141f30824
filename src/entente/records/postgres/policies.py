"""PostgreSQL's second wall: row-level security, forced on every guarded table.

A guarded table is created closed: row security is enabled and forced (so it binds the owner, too) and its
only policy is for the system's scope. After each migration the policies are written anew from
``records.wall`` if their text changed; while one runs, only the system's scope sees rows, so that no policy
holds on to a column that is being altered. They are derived from the code, and so they are no migration of
their own: a migration would keep an old text beside a new law.

Facts are read in scalar subselects: PostgreSQL then asks once a statement and not once a row.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.db import connections

from entente.records import guard, wall

_TYPES = {"officer": "uuid", "agency": "uuid", "now": "timestamptz"}
_NAMES = {fact: f"(SELECT entente_{fact}())" for fact in wall.FACTS}
_SYSTEM = "(SELECT entente_system())"
_WRITING = f"({_SYSTEM} OR (SELECT entente_act()) IS NOT NULL)"
# A policy on memberships that looks into memberships would ask itself for ever: while the asker's cases are
# looked up, a row is seen by its own account. The words are a setting, and whoever forges it sees the same.
_LOOKING_UP = "COALESCE(current_setting('entente.within', true), '') = 'cases'"
# Set by the function's body: a SET clause of the function's own would need a superuser's grant.
_MARK = "entente_system()"


def enclose(table: str) -> list[str]:
    """Return what closes ``table``, its owner included."""
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
    ]


def functions(schema: str) -> list[str]:
    """Return the functions that read the facts; an unset or empty setting is null."""
    made = []
    for fact in wall.FACTS:
        read = f"NULLIF(current_setting('entente.{fact}', true), '')"
        kind = _TYPES.get(fact, "text")
        if fact == "system":
            kind, read = "boolean", f"COALESCE({read} = 'on', false)"
        made.append(
            f"CREATE OR REPLACE FUNCTION entente_{fact}() RETURNS {kind} LANGUAGE sql STABLE PARALLEL SAFE"
            f" AS $wall$ SELECT ({read})::{kind} $wall$"
        )
    cases = wall.CASES.format(**_NAMES, schema=f'"{schema}".')
    made.append(
        "CREATE OR REPLACE FUNCTION entente_cases() RETURNS SETOF uuid LANGUAGE plpgsql STABLE AS $wall$"
        f" BEGIN PERFORM {_within('cases')}; RETURN QUERY {cases}; PERFORM {_within('')}; END $wall$"
    )
    return made


def policies(table: str, schema: str) -> list[str]:
    """Return what lets rows of ``table`` through: read by the wall, written only in an act."""
    names = {**_NAMES, "schema": f'"{schema}".', "cases": "SELECT entente_cases()"}
    seen = f"{_SYSTEM} OR ({wall.wall(table, names)})".replace("x_.", f'"{table}".')
    if table == "records_membership":
        seen = f"CASE WHEN {_LOOKING_UP} THEN account_id = {_NAMES['officer']} ELSE {seen} END"
    return [
        *enclose(table),
        *open_to_nobody(table),
        f'CREATE POLICY seen ON "{table}" FOR SELECT USING ({seen})',
        f'CREATE POLICY made ON "{table}" FOR INSERT WITH CHECK ({_WRITING})',
        f'CREATE POLICY changed ON "{table}" FOR UPDATE USING ({_WRITING}) WITH CHECK ({_WRITING})',
        f'CREATE POLICY erased ON "{table}" FOR DELETE USING ({_WRITING})',
    ]


def _within(what: str) -> str:
    return f"set_config('entente.within', '{what}', true)"


def open_to_nobody(table: str) -> list[str]:
    """Return what takes every policy of ``table`` away; row security stays."""
    ways = ("seen", "made", "changed", "erased", "migrated")
    return [f'DROP POLICY IF EXISTS {way} ON "{table}"' for way in ways]


def open_to_system(table: str) -> str:
    """Return what lets the system's scope through and names no column."""
    return f'CREATE POLICY migrated ON "{table}" USING ({_SYSTEM}) WITH CHECK ({_SYSTEM})'


def raise_walls(using: str) -> None:
    """Write functions and policies, unless the database has this very text already."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        schema = cursor.fetchone()[0]
        tables = sorted(set(guard.GUARDED) & set(connection.introspection.table_names(cursor)))
        text = [*functions(schema), *(sql for table in tables for sql in policies(table, schema))]
        mark = sha256("\n".join(text).encode()).hexdigest()
        cursor.execute("SELECT obj_description(to_regprocedure(%s), 'pg_proc')", [_MARK])
        if cursor.fetchone()[0] == mark:
            return
        for sql in [*text, f"COMMENT ON FUNCTION {_MARK} IS '{mark}'"]:
            cursor.execute(sql)


def leave_to_system(using: str) -> None:
    """Let only the system's scope through while a migration runs; no policy names a column then."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = sorted(set(guard.GUARDED) & set(connection.introspection.table_names(cursor)))
        for sql in functions("public")[: len(wall.FACTS)]:
            cursor.execute(sql)
        for table in tables:
            for sql in [*enclose(table), *open_to_nobody(table), open_to_system(table)]:
                cursor.execute(sql)
        cursor.execute(f"COMMENT ON FUNCTION {_MARK} IS 'a migration is under way'")


def before_migrating(sender: Any, using: str, **kwargs: Any) -> None:
    """Before the first table is altered."""
    if sender.label == "records" and connections[using].vendor == "postgresql" and kwargs.get("plan"):
        leave_to_system(using)


def after_migrating(sender: Any, using: str, **kwargs: Any) -> None:
    """After the last one."""
    if sender.label == "records" and connections[using].vendor == "postgresql":
        raise_walls(using)
