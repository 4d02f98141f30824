"""The second wall: the same law once more, kept by the database itself, in case the first forgets.

One SQL text for each shape, written from the requirement (DESIGN §4) and not from ``records.guard``: it is
the second opinion. Both databases read it. On PostgreSQL the texts are row-level security policies
(``records.postgres``), on SQLite temporary views under unguessable names, with an authorizer that refuses
every other way to a guarded table (``records.sqlite``). Who asks comes from the guard's scope through SQL
functions, the ``FACTS``; without a scope they are null and no row is seen. Whatever is unknown - a shape, a
handling code, an audience - is withheld.

Limit: this is a wall against a query that forgot the law, not against code that runs as the application:
who may call Python may open a system scope, and who may run any SQL as PostgreSQL's role may set the facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from entente.records import clock, guard
from entente.records.guard import Scope
from entente.safeguards.access import Act, Shape
from entente.vocabulary.handling import Purpose

# What the database is told of who asks. ``act`` is empty while nothing may be written.
FACTS = ("officer", "agency", "kind", "roles", "purposes", "purpose", "act", "system", "now")
LOOKING = frozenset({None, Act.READ, Act.AUDIT})

# Reached by membership alone: what is in the rows is not handled, or binds only what leaves the case.
MEMBERS_ALONE = frozenset({"records_case", "records_membership", "records_milestone"})

_SWORN = "{purposes} LIKE '%,' || {purpose} || ',%'"
_CONTENT = (
    f"{_SWORN} AND {{purpose}} IN ('victim-identification', 'safeguarding', 'prosecution')"
    " AND {roles} NOT LIKE '%,administrator,%' AND {roles} NOT LIKE '%,data protection officer,%'"
)
_PROTECTS = (
    f"{_SWORN} AND {{purpose}} = 'data-protection-audit' AND {{roles}} LIKE '%,data protection officer,%'"
)
_COORDINATES = "{kind} = 'coordination centre' AND {roles} LIKE '%,coordinator,%'"

# The cases whose member the officer is now.
CASES = (
    "SELECT m_.case_id FROM {schema}records_membership m_ WHERE m_.account_id = {officer}"
    " AND m_.since <= {now} AND (m_.until IS NULL OR m_.until > {now})"
)

# H2, H3 and anything unknown leave a remainder here; for a court H1 does, too (H0 is taken out twice).
_OPEN = (
    "x_.codes <> '' AND TRIM(REPLACE(REPLACE(x_.codes, 'H0', ''),"
    " CASE WHEN {purpose} = 'prosecution' THEN 'H0' ELSE 'H1' END, '')) = ''"
    " AND x_.audience IN ('TLP:CLEAR', 'TLP:GREEN', 'TLP:AMBER')"
)
_AGREED = (
    "EXISTS (SELECT 1 FROM {schema}records_release r_ WHERE r_.thing = x_.id AND r_.to_id = {agency}"
    " AND r_.granted <= {now} AND r_.expires > {now} AND (r_.withdrawn IS NULL OR r_.withdrawn > {now})"
)
_CONSENT = (
    f"(x_.owner_id = {{agency}} OR {_AGREED} AND r_.by_id = x_.owner_id))"
    " AND NOT EXISTS (SELECT 1 FROM {schema}records_originator o_ WHERE o_.thing = x_.id"
    f" AND o_.agency_id <> {{agency}} AND NOT {_AGREED} AND r_.by_id = o_.agency_id))"
)
MEMBERS = f"{_CONTENT} AND x_.{{key}} IN ({{cases}})"
_CLEARED = f"{MEMBERS} AND (({_OPEN}) OR ({_CONSENT}))"

# A new shape is one more text here; until it has one, its rows are seen by nobody.
WALLS: dict[Shape, str] = {
    Shape.CASE: _CLEARED,
    Shape.ADDRESSED: f"({_CLEARED}) OR ({_CONTENT} AND x_.addressed_id = {{agency}})",
    Shape.AGENCY: f"{_CONTENT} AND x_.owner_id = {{agency}}",
    Shape.LOG: f"{_PROTECTS} AND x_.agency_id = {{agency}}",
    Shape.CLOCK: f"{_PROTECTS} AND x_.agency_id = {{agency}}",
    Shape.TOLD: f"(({_CONTENT}) OR ({_PROTECTS})) AND {{agency}} IN (x_.owner_id, x_.addressed_id)",
    Shape.PERSON: f"{_SWORN} AND {{officer}} IN (x_.account_id, x_.shown_to_id)",
    Shape.BALLOT: (
        f"{MEMBERS} AND ({{officer}} IN (x_.account_id, x_.shown_to_id)"
        " OR (x_.opened AND x_.owner_id = {agency}))"
    ),
    Shape.STUB: f"{_CONTENT} AND {_COORDINATES}",
}
NOBODY = "1 = 0"


def wall(table: str, names: Mapping[str, str]) -> str:
    """Return the SQL condition on ``x_``, a row of ``table``; ``names`` is how this database asks a fact."""
    text = MEMBERS if table in MEMBERS_ALONE else WALLS.get(guard.GUARDED[table], NOBODY)
    return text.format(**{"cases": CASES.format(**names), **names, "key": _key(table)})


def _key(table: str) -> str:
    return "id" if table == "records_case" else "case_id"


def held() -> Scope | None:
    """Return the scope in force, or nothing; unlike ``guard.current`` it never raises."""
    return guard._scope.get()


def may_write(scope: Scope | None) -> bool:
    """Whether guarded rows may be written: in an act that writes, or by the system."""
    return scope is not None and (scope.officer is None or scope.act not in LOOKING)


def facts(scope: Scope | None) -> dict[str, object]:
    """Return the facts but the time, as text, identifiers as they are; nothing without a scope."""
    if scope is None:
        return {}
    if scope.officer is None or scope.purpose is None:
        return {"system": "on"}
    officer = scope.officer
    return {
        "officer": officer.id,
        "agency": officer.agency,
        "kind": str(getattr(officer, "kind", "") or ""),
        "roles": _listed(officer.roles),
        "purposes": _listed(officer.purposes),
        "purpose": str(Purpose(scope.purpose)),
        "act": str(scope.act) if may_write(scope) else "",
    }


def now() -> datetime:
    """Return the moment at which memberships and releases are judged."""
    return clock.now()


def _listed(words: frozenset) -> str:
    return f",{','.join(sorted(str(w) for w in words))},"
