"""Ways around SQLite's second wall, each tried in an officer's scope by SQL that forgot the law."""

from __future__ import annotations

import sqlite3
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, transaction

from entente.records import guard, wall
from entente.records.act import acting
from entente.records.models import Case, Clue, Media, Note
from entente.records.sqlite.warden import CATALOGUE
from entente.safeguards.access import Act
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
pytestmark = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL has walls of its own: policies_on_postgres.py"
)


@pytest.fixture
def hidden(case, circle):
    """An item and a note of Italy's, Denmark's officer outside, and Denmark's own case beside it."""
    from entente.casework.intake.service import open_case

    it, dk = circle.officer(circle.it), circle.officer(circle.dk)
    with acting(it, Act.RECEIVE, case.as_thing(), VI, step="intake"):
        item = Media.objects.create(case=case, owner=circle.agencies.it, number=1, source="SECRET")
        Note.objects.create(case=case, owner=circle.agencies.it, media=item, text="SECRET")
    own = open_case(dk, VI, number="DK-1", title="Oak", victim_number="V-9", discovered_at=case.opened_at)
    return SimpleNamespace(item=item, case=case, it=it, dk=circle.officer(circle.dk), own=own)


def told(sql, *params):
    """Return what the statement answers, or the refusal."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()
    except DatabaseError as refused:
        return refused


ATTACKS = {
    "a plain read": "SELECT source FROM records_media",
    "a read of main": "SELECT source FROM main.records_media",
    "only a count": "SELECT count(*) FROM records_media",
    "only whether there is one": "SELECT EXISTS (SELECT 1 FROM records_media)",
    "the row's number": "SELECT rowid FROM records_media",
    "a join with what is open": "SELECT m.source FROM records_agency JOIN records_media m ON true",
    "an alias that is a table's": "SELECT x_.source FROM records_media x_",
    "a subquery": "SELECT (SELECT source FROM records_media)",
    "a subquery in the order": "SELECT id FROM records_agency ORDER BY (SELECT source FROM records_media)",
    "a table expression": "WITH v AS (SELECT source FROM records_media) SELECT * FROM v",
    "a table expression named as a view": "WITH w_0 AS (SELECT source FROM records_media) SELECT * FROM w_0",
    "a table expression named as a table": (
        "WITH records_media AS (SELECT source FROM main.records_media) SELECT * FROM records_media"
    ),
    "a recursive one": (
        "WITH RECURSIVE v(s) AS (SELECT source FROM records_media UNION SELECT s FROM v) SELECT s FROM v"
    ),
    "one that is materialised": "WITH v AS MATERIALIZED (SELECT source FROM records_media) SELECT * FROM v",
    "a union": "SELECT short FROM records_agency UNION SELECT source FROM records_media",
    "a window": "SELECT first_value(source) OVER () FROM records_media",
    "a group": "SELECT group_concat(source) FROM records_media",
    "values": "VALUES ((SELECT source FROM records_media))",
    "a change that returns": "UPDATE records_media SET source = source RETURNING source",
    "an erasure that returns": "DELETE FROM records_media RETURNING source",
    "a subquery in RETURNING": (
        "UPDATE records_agency SET name = name RETURNING (SELECT source FROM records_media)"
    ),
    "a change from it": "UPDATE records_agency SET name = m.source FROM records_media m RETURNING name",
    "an insert from it": (
        "INSERT INTO auth_group (name) SELECT source FROM records_media WHERE true RETURNING name"
    ),
    "an insert that collides": (
        "INSERT INTO records_media (id) SELECT id FROM records_media WHERE true ON CONFLICT DO NOTHING"
    ),
    "a temporary copy": "CREATE TEMP TABLE t AS SELECT source FROM records_media",
    "a copy": "CREATE TABLE t AS SELECT source FROM records_media",
    "a view": "CREATE TEMP VIEW t AS SELECT source FROM records_media",
    "a trigger": (
        "CREATE TEMP TRIGGER t AFTER UPDATE ON records_agency BEGIN SELECT source FROM records_media; END"
    ),
    "an index on it": "CREATE INDEX t ON records_media (source)",
    "another name": "ALTER TABLE records_media RENAME TO t",
    "another database": "ATTACH DATABASE ':memory:' AS t",
    "a file": "VACUUM INTO '/nowhere/copy'",
    "the schema": "SELECT sql FROM sqlite_master",
    "the schema under its other name": "SELECT sql FROM sqlite_schema",
    "the views' names": "SELECT name FROM sqlite_temp_master",
    "the views' names under the other": "SELECT name FROM sqlite_temp_schema",
    "what was prepared": "SELECT sql FROM sqlite_stmt",
    "the pages' sizes": "SELECT name FROM dbstat",
    "the columns": "PRAGMA table_info(records_media)",
    "the columns as a table": "SELECT name FROM pragma_table_info('records_media')",
    "the tables as a table": "SELECT name FROM pragma_table_list",
    "a schema that may be written": "PRAGMA writable_schema = ON",
    "unchecked keys": "PRAGMA foreign_keys = OFF",
    "statistics": "ANALYZE",
    "a loaded extension": "SELECT load_extension('x')",
    "how it would be found": "EXPLAIN SELECT source FROM records_media",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_officer_gets_past_the_wall_in_no_way(attack, hidden):
    for act in (None, Act.ALTER):
        with guard.scope(hidden.dk, VI, act):
            answer = told(ATTACKS[attack])
        assert isinstance(answer, DatabaseError), answer
        assert "SECRET" not in str(answer)


@pytest.mark.parametrize("attack", [a for a, sql in ATTACKS.items() if "records_media" in sql])
def test_nobody_gets_past_it_without_a_scope(attack, hidden):
    assert "SECRET" not in str(told(ATTACKS[attack]))
    with guard.system("all is as it was"):
        assert Media.objects.get().source == "SECRET"


def test_the_names_of_the_views_are_found_nowhere(hidden):
    names = connection.warden._sources
    assert len(names) == len(guard.GUARDED) + 1 and all(len(n) == 34 for n in names)
    with guard.scope(hidden.dk, VI):
        for table in (*CATALOGUE, "sqlite_temp_master", "sqlite_stmt", "pragma_database_list"):
            assert isinstance(told(f"SELECT * FROM {table}"), DatabaseError), table
        answer = told("SELECT no_such_column FROM records_media")
    assert not any(name in str(answer) for name in names)


def test_a_view_under_its_right_name_shows_only_what_the_law_allows(hidden):
    """The name is no secret of the law's: who knows it gets the rows that the wall lets through."""
    with guard.scope(hidden.it, VI):
        view = connection.readable("records_media")
    with guard.scope(hidden.dk, VI):
        assert told(f"SELECT source FROM {view}") == []
    with guard.scope(hidden.it, VI):
        assert told(f"SELECT source FROM {view}") == [("SECRET",)]
    assert told(f"SELECT source FROM {view}") == []


def test_what_the_system_prepared_is_not_run_for_an_officer(hidden):
    sql = "SELECT source FROM records_media"
    with guard.system("prepare it"):
        assert told(sql) == told(sql) == [("SECRET",)]
    with guard.scope(hidden.dk, VI):
        assert isinstance(told(sql), DatabaseError)
        for mark in ("/**/", "/*system*/", "--", ";"):
            assert isinstance(told(f"{sql} {mark}"), DatabaseError)
    assert isinstance(told(sql), DatabaseError)


def test_what_an_act_prepared_is_not_run_by_who_only_looks(hidden):
    with guard.scope(hidden.it, VI, Act.ALTER):
        assert Media.objects.filter(number=1).update(source="SECRET") == 1
    own = connection.warden.own["records_media"]
    sql = f"UPDATE records_media SET source = 'changed' {own}"
    with guard.scope(hidden.it, VI, Act.ALTER):
        assert told(sql) == []  # the guard's own compiler would have limited it to what is seen
    with guard.scope(hidden.it, VI):
        assert isinstance(told(sql), DatabaseError)


def test_the_connection_below_django_s_is_behind_the_wall_too(hidden):
    raw = connection.connection
    with guard.scope(hidden.dk, VI):
        for way in (
            lambda: raw.execute("SELECT source FROM records_media").fetchall(),
            lambda: raw.cursor(sqlite3.Cursor).execute("SELECT source FROM records_media"),
            lambda: list(raw.iterdump()),
            lambda: raw.blobopen("records_media", "source", 1),
            lambda: raw.serialize(),
            lambda: raw.backup(sqlite3.connect(":memory:")),
        ):
            with pytest.raises((sqlite3.DatabaseError, guard.ScopeMissing)):
                way()


def test_a_query_of_django_s_that_names_a_table_by_hand_finds_nothing(hidden, first_wall_off):
    with guard.scope(hidden.dk, VI):
        for forgotten in (
            lambda: list(Case.objects.extra(tables=["records_media"], select={"s": "records_media.source"})),
            lambda: list(Case.objects.extra(where=["EXISTS (SELECT 1 FROM records_note)"])),
            lambda: list(Media.objects.raw("SELECT * FROM records_media")),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                forgotten()
        assert [c.title for c in Case.objects.all()] == ["Oak"]


# --- what it must not cost --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (lambda c: Media.objects.filter(case=c), "(case_id=?)"),
        (lambda c: Media.objects.filter(pk=c.pk), "(id=?)"),
        (lambda c: Media.objects.filter(case=c, sha256="a" * 64), "records_media"),
        (lambda c: Clue.objects.filter(case=c).select_related("media"), "(case_id=?)"),
        (lambda c: Note.objects.filter(media__case=c), "(media_id=?)"),
    ],
)
def test_the_walls_leave_the_indexes_in_use(hidden, rows, index):
    with guard.scope(hidden.it, VI):
        plan = rows(hidden.case).explain()
    assert index in plan
    scans = [line for line in plan.splitlines() if "SCAN" in line and "SUBQUERY" not in line]
    assert not [s for s in scans if "x_" in s], plan


def test_the_wall_itself_looks_memberships_and_releases_up_by_index(hidden):
    names = dict.fromkeys(wall.FACTS, "'x'") | {"schema": ""}
    with guard.system("read the plan"):
        text = wall.wall("records_media", names)
        plan = "\n".join(
            r[3] for r in told(f"EXPLAIN QUERY PLAN SELECT * FROM records_media x_ WHERE {text}")
        )
    for table in ("m_", "r_", "o_"):
        assert f"SEARCH {table} USING" in plan, plan
