"""What PostgreSQL keeps by itself; ``test_postgres.py`` runs this file on a cluster of its own."""

from __future__ import annotations

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, connections, transaction

from entente.records import guard, wall
from entente.records.act import acting
from entente.records.models import Media
from entente.records.postgres import policies
from entente.safeguards.access import Act
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION


def rows(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


@pytest.fixture
def item(case, circle):
    with acting(circle.officer(circle.it), Act.RECEIVE, case.as_thing(), VI, step="intake"):
        return Media.objects.create(case=case, owner=circle.agencies.it, number=1, source="SECRET")


@pytest.fixture
def stranger():
    """A plain connection of the desk's own role, which owns every table, and was told nothing."""
    own = connection.settings_dict
    with psycopg.connect(dbname=own["NAME"], user=own["USER"], host=own["HOST"], autocommit=True) as plain:
        yield plain


@pytest.mark.django_db(transaction=True)
def test_the_owner_of_the_tables_sees_no_row_of_them_unless_told_who_asks(item, stranger):
    for table in guard.GUARDED:
        assert stranger.execute(f'SELECT count(*) FROM "{table}"').fetchone() == (0,), table
        assert stranger.execute(f'TABLE "{table}"').fetchall() == [], table
    assert stranger.execute("SELECT count(*) FROM records_agency").fetchone() != (0,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stranger.execute("SET row_security = off; SELECT count(*) FROM records_media")
    with guard.system("it is there"):
        assert Media.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_owner_changes_no_row_unless_in_an_act(item, stranger):
    assert stranger.execute("UPDATE records_media SET source = 'changed'").rowcount == 0
    assert stranger.execute("DELETE FROM records_media").rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stranger.execute(
            "INSERT INTO records_logentry (id, seq, body, leaf, at, agency_id, verb, step)"
            " SELECT gen_random_uuid(), 999, 'x', 'x', now(), id, 'x', 'x' FROM records_agency LIMIT 1"
        )


@pytest.mark.django_db
def test_row_security_is_forced_on_every_guarded_table():
    found = rows("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
    assert {name for (name,) in found} == set(guard.GUARDED)
    found = rows("SELECT tablename, policyname, permissive FROM pg_policies")
    assert {(t, p) for t, p, _ in found} == {
        (t, p) for t in guard.GUARDED for p in ("seen", "made", "changed", "erased")
    }


@pytest.mark.django_db
def test_no_view_and_no_function_of_its_owner_s_rights_goes_around_the_policies():
    assert (
        rows(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
            " AND NOT COALESCE(c.reloptions::text ~ 'security_invoker=(true|on)', false)"
        )
        == []
    )
    assert (
        rows(
            "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
        )
        == []
    )


@pytest.mark.django_db
def test_a_migration_leaves_rows_to_the_system_and_puts_the_policies_back(case, circle, item):
    connection.check_constraints()
    policies.leave_to_system("default")
    with guard.scope(circle.officer(circle.it), VI):
        assert not Media.objects.exists()
    with guard.system("a migration's own scope"):
        assert Media.objects.exists()
    policies.raise_walls("default")
    with guard.scope(circle.officer(circle.it), VI):
        assert Media.objects.exists()
    call_command("migrate", verbosity=0)  # nothing to do, so nothing is written anew
    with guard.scope(circle.officer(circle.it), VI):
        assert Media.objects.exists()


@pytest.mark.django_db
def test_a_table_is_created_closed():
    from django.db import models

    class Later(models.Model):
        class Meta:
            app_label, db_table = "later", "records_later"

    guard.GUARDED["records_later"] = next(iter(wall.WALLS))
    try:
        with connection.schema_editor() as editor:
            editor.create_model(Later)
        assert rows("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'records_later'") == [(True,)]
    finally:
        del guard.GUARDED["records_later"]


@pytest.mark.django_db
def test_what_the_law_says_of_settings_holds_after_every_way_back(case, circle, item):
    it, dk = circle.officer(circle.it), circle.officer(circle.dk)
    sql = "SELECT count(*) FROM records_media"
    with guard.scope(it, VI):
        assert rows(sql) == [(1,)]
        with pytest.raises(psycopg.Error), transaction.atomic(), guard.scope(dk, VI):
            assert rows(sql) == [(0,)]
            with connection.connection.cursor() as raw:
                raw.execute("SELECT 1/0")
        assert rows(sql) == [(1,)]
    assert rows(sql) == [(0,)]
    with guard.scope(dk, VI), connection.connection.cursor() as raw:
        assert raw.execute(sql).fetchall() == [(0,)]


@pytest.mark.django_db
def test_the_lookups_of_the_walls_use_their_indexes(case, circle, item):
    with guard.system("many rows"):
        Media.objects.bulk_create(
            Media(case=case, owner_id=circle.it.agency_id, number=n, source="s") for n in range(2, 3000)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE records_media")  # or the planner takes the table for empty
    with guard.scope(circle.officer(circle.it), VI):
        plan = Media.objects.filter(pk=item.pk).explain()
    assert "Index Scan using records_media_pkey" in plan, plan


@pytest.mark.django_db
def test_a_role_that_passes_row_security_by_is_refused():
    own = connection.settings_dict
    other = connections.create_connection("default")
    other.settings_dict = {**own, "USER": "postgres"}
    with pytest.raises(ImproperlyConfigured, match="NOBYPASSRLS"):
        other.connect()
    other.close()
