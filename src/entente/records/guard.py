"""Every query asks the law: a guarded table is read only inside a scope, written only inside an act.

A thin database backend (``records.sqlite``, ``records.postgres``) replaces each occurrence of a guarded
table by a filtered subselect, so joins, prefetches, counts and subqueries cannot forget it. No scope, no
rows: the query raises ``ScopeMissing``. The predicate of each shape says in SQL what
``safeguards.access.readable`` says in Python; ``tests/records/test_guard.py`` holds them equal on random
rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from entente.records import clock
from entente.safeguards.access import Act, Shape, opens_content, protects_data
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import ORIGINATOR_ONLY, Purpose


class ScopeMissing(RuntimeError):
    """A guarded table was touched outside a scope, or written outside an act."""


class Denied(PermissionError):
    """The law said no; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Who is asking, and for what. ``officer`` is ``None`` for the system's own written reason."""

    officer: Officer | None
    purpose: Purpose | None
    act: Act | None = None
    reason: str = ""


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)

# Table name → shape; filled by the models as they are defined.
GUARDED: dict[str, Shape] = {}


def current() -> Scope:
    """Return the scope in force or raise ``ScopeMissing``."""
    scope = _scope.get()
    if scope is None:
        raise ScopeMissing("no scope: open one with guard.scope(officer, purpose)")
    return scope


@contextmanager
def scope(officer: Officer, purpose: Purpose, act: Act | None = None) -> Iterator[None]:
    """See what ``officer`` may see for ``purpose``; write only when an ``act`` is under way."""
    token = _scope.set(Scope(officer, purpose, act))
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def system(reason: str) -> Iterator[None]:
    """Let the program itself see everything, for a reason in writing; never to fill a page."""
    if not reason.strip():
        raise ScopeMissing("the system scope needs a reason in writing")
    token = _scope.set(Scope(None, None, None, reason))
    try:
        yield
    finally:
        _scope.reset(token)


def writing(table: str) -> None:
    """Raise unless ``table`` may be written now."""
    if table not in GUARDED:
        return
    held = current()
    if held.officer is not None and held.act in {None, Act.READ, Act.AUDIT}:
        raise ScopeMissing(f"{table} is written only inside an act")


def predicate(table: str, alias: str) -> tuple[str, list[Any]] | None:
    """Return the SQL that keeps the readable rows of ``table``; ``None`` inside the system scope."""
    held = current()
    if held.officer is None or held.purpose is None:
        return None
    officer, purpose = held.officer, held.purpose
    shape = GUARDED[table]
    if purpose not in officer.purposes:
        return "1=0", []
    if shape in {Shape.LOG, Shape.CLOCK}:
        return (
            (f"{alias}.agency_id = %s", [officer.agency]) if protects_data(officer, purpose) else ("1=0", [])
        )
    if shape is Shape.TOLD:
        if not opens_content(officer, purpose) and not protects_data(officer, purpose):
            return "1=0", []
        return f"({alias}.owner_id = %s OR {alias}.addressed_id = %s)", [officer.agency, officer.agency]
    own = f"{alias}.account_id = %s OR {alias}.shown_to_id = %s"
    if shape is Shape.PERSON:
        return f"({own})", [officer.id, officer.id]
    if not opens_content(officer, purpose):
        return "1=0", []
    if shape is Shape.BALLOT:
        opened = f"({alias}.opened AND {alias}.owner_id = %s)"
        member, params = _member(alias, "case_id", officer)
        return f"{member} AND ({own} OR {opened})", [*params, officer.id, officer.id, officer.agency]
    if shape is Shape.STUB:
        return ("1=1" if officer.coordinates else "1=0"), []
    if shape is Shape.AGENCY:
        return f"{alias}.owner_id = %s", [officer.agency]
    return _case_predicate(table, alias, officer, purpose)


def _case_predicate(table: str, alias: str, officer: Officer, purpose: Purpose) -> tuple[str, list[Any]]:
    sql, params = _member(alias, "id" if table == "records_case" else "case_id", officer)
    if table not in {"records_case", "records_membership", "records_milestone"}:
        clearance, more = _clearance(alias, officer, purpose)
        sql, params = f"{sql} AND {clearance}", [*params, *more]
    if GUARDED[table] is Shape.ADDRESSED:
        sql, params = f"({alias}.addressed_id = %s OR ({sql}))", [officer.agency, *params]
    return sql, params


def _member(alias: str, key: str, officer: Officer) -> tuple[str, list[Any]]:
    now = clock.now()
    sql = (
        f"{alias}.{key} IN (SELECT m_.case_id FROM records_membership m_ WHERE m_.account_id = %s"
        " AND m_.since <= %s AND (m_.until IS NULL OR m_.until > %s))"
    )
    return sql, [officer.id, now, now]


def _clearance(alias: str, officer: Officer, purpose: Purpose) -> tuple[str, list[Any]]:
    """H2, H3, strict audience always, H1 for prosecution: every originator is one's own or agrees."""
    now = clock.now()
    strict = ", ".join(f"'{a}'" for a in sorted(ORIGINATOR_ONLY))
    bound = [
        f"{alias}.codes LIKE '%%H2%%'",
        f"{alias}.codes LIKE '%%H3%%'",
        f"{alias}.audience IN ({strict})",
    ]
    if purpose is Purpose.PROSECUTION:
        bound.append(f"{alias}.codes LIKE '%%H1%%'")
    in_force = "r_.granted <= %s AND r_.expires > %s AND (r_.withdrawn IS NULL OR r_.withdrawn > %s)"
    owner = (
        f"({alias}.owner_id = %s OR {alias}.id IN (SELECT r_.thing FROM records_release r_"
        f" WHERE r_.by_id = {alias}.owner_id AND r_.to_id = %s AND {in_force}))"
    )
    others = (
        f"{alias}.id NOT IN (SELECT o_.thing FROM records_originator o_ WHERE o_.agency_id <> %s"
        " AND NOT EXISTS (SELECT 1 FROM records_release r_ WHERE r_.thing = o_.thing"
        f" AND r_.by_id = o_.agency_id AND r_.to_id = %s AND {in_force}))"
    )
    me, when = officer.agency, [now, now, now]
    return f"(NOT ({' OR '.join(bound)}) OR ({owner} AND {others}))", [me, me, *when, me, me, *when]
