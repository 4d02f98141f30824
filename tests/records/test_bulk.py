"""Rows by the thousand meet the same two walls as one row does."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from entente.records import bulk, guard
from entente.records.act import acting
from entente.records.models import HashList, ListRefusal
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
NAMES = ("id", "line", "code", "reason")


@pytest.fixture
def held(circle):
    it = circle.agencies.it
    with acting(circle.officer(circle.it), Act.RECEIVE, Thing(Shape.AGENCY, owner=it.pk), VI, step="match"):
        return HashList.objects.create(
            owner=it, name="ours", format="hashlist", sha256="0" * 64, imported_by=circle.it
        )


def put(held, count: int = 3):
    """Write some rows of a list and return their ids."""
    ids = [uuid4() for _ in range(count)]
    rows = ((pk, n, "broken", "cut short; ask for it again") for n, pk in enumerate(ids))
    bulk.insert(ListRefusal, {"list_id": held.pk, "owner_id": held.owner_id}, NAMES, rows)
    return ids


def test_rows_are_written_inside_an_act_as_the_models_read_them(circle, held):
    with acting(circle.officer(circle.it), Act.ALTER, held.as_thing(), VI, step="match"):
        ids = put(held)
    with guard.system("test"):
        told = {r.pk: (r.line, r.list_id, r.owner_id, r.code) for r in ListRefusal.objects.all()}
    assert told == {pk: (n, held.pk, held.owner_id, "broken") for n, pk in enumerate(ids)}


def test_no_row_is_written_outside_an_act(circle, held):
    with pytest.raises(guard.ScopeMissing):
        put(held)
    with guard.scope(circle.officer(circle.it), VI), pytest.raises(guard.ScopeMissing):
        put(held)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the mark on a write is SQLite's")
def test_the_second_wall_stands_where_the_first_forgot(circle, held, monkeypatch):
    monkeypatch.setattr(guard, "writing", lambda table: None)
    with guard.scope(circle.officer(circle.it), VI), transaction.atomic(), pytest.raises(DatabaseError):
        put(held)


@pytest.mark.parametrize("names", [NAMES[:-1], (*NAMES, "line"), (*NAMES[:-1], "why")])
def test_every_column_is_named_once(circle, held, names):
    alike = {"list_id": held.pk, "owner_id": held.owner_id}
    with guard.system("test"), pytest.raises(TypeError, match="name each of these once"):
        bulk.insert(ListRefusal, alike, names, [])


def test_thousands_of_ids_are_asked_in_the_askers_scope(circle, held):
    with acting(circle.officer(circle.it), Act.ALTER, held.as_thing(), VI, step="match"):
        ids = put(held)
    asked = [*ids[:2], *(uuid4() for _ in range(2_000))]
    with guard.scope(circle.officer(circle.it), VI):
        assert set(ListRefusal.objects.filter(pk__among=asked).values_list("pk", flat=True)) == set(ids[:2])
        assert not ListRefusal.objects.filter(pk__among=[]).exists()
    with guard.scope(circle.officer(circle.dk), VI):
        assert not ListRefusal.objects.filter(pk__among=asked).exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own memory of pages")
def test_the_room_for_a_long_list_is_given_back(circle):
    def size():
        with guard.system("test"), connection.cursor() as cursor:
            return cursor.execute("PRAGMA cache_size").fetchone()[0]

    before = size()
    with pytest.raises(KeyError), bulk.room():
        assert size() == -bulk.ROOM_KB
        raise KeyError
    assert size() == before
