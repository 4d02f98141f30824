"""The log: one entry an act, in its transaction, and every tampering found."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from entente.records import guard, log
from entente.records.act import acting
from entente.records.models import LogEntry, LogHead, Note
from entente.safeguards.access import Act
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION


def note(case, circle, text):
    with acting(circle.officer(circle.it), Act.ALTER, case.as_thing(), VI, step="examine", reason="note"):
        return Note.objects.create(case=case, owner=circle.agencies.it, text=text)


def entries():
    with guard.system("test"):
        return list(LogEntry.objects.order_by("seq"))


def test_an_act_and_its_entry_happen_together_or_not_at_all(case, circle):
    before = len(entries())
    note(case, circle, "a socket by the door")
    assert len(entries()) == before + 1
    with (
        pytest.raises(RuntimeError),
        acting(circle.officer(circle.it), Act.ALTER, case.as_thing(), VI, step="examine"),
    ):
        Note.objects.create(case=case, owner=circle.agencies.it, text="lost")
        raise RuntimeError
    assert len(entries()) == before + 1
    with guard.system("test"):
        assert not Note.objects.filter(text="lost")


def test_a_denied_act_is_recorded_with_its_reason(case, circle):
    with (
        pytest.raises(guard.Denied),
        acting(circle.officer(circle.dk), Act.ALTER, case.as_thing(), VI, step="examine"),
    ):
        raise AssertionError("must not run")
    last = entries()[-1]
    assert last.verb == "denied"
    assert "not a member" in last.body


def test_the_log_holds_no_names_no_content_and_no_hashes(case, circle):
    note(case, circle, "wallpaper with blue boats")
    body = entries()[-1].body
    assert "boats" not in body
    assert "IT-1001" not in body
    assert str(circle.it.pk) not in body and "note" not in body


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE records_logentry SET body = replace(body, 'alter', 'erase') WHERE seq = 1",
        "UPDATE records_logentry SET verb = 'erase' WHERE seq = 1",
        "DELETE FROM records_logentry WHERE seq = 1",
        "DELETE FROM records_logentry WHERE seq = 3",
        "UPDATE records_loghead SET size = 3",
        "UPDATE records_loghead SET root = replace(root, substr(root, 1, 1), 'z')",
    ],
)
def test_tampering_is_found(case, circle, tampering):
    for n in range(3):
        note(case, circle, f"note {n}")
    assert log.verify().faults == ()
    with tampering_with() as cursor:
        cursor.execute(tampering)
        assert cursor.rowcount == 1
        assert log.verify().faults


@contextmanager
def tampering_with():
    """A database that somebody writes to behind the desk's back, put right again afterwards."""
    with guard.system("a test tampers"), transaction.atomic(), connection.cursor() as cursor:
        yield cursor
        transaction.set_rollback(True)


def test_two_entries_that_changed_places_are_found(case, circle):
    for n in range(3):
        note(case, circle, f"note {n}")
    with tampering_with() as cursor:
        for old, new in ((1, 99), (2, 1), (99, 2)):
            cursor.execute("UPDATE records_logentry SET seq = %s WHERE seq = %s", [new, old])
        assert log.verify().faults


def test_the_root_is_the_rfc_9162_root_of_all_entries(case, circle):
    from entente.safeguards import tree

    for n in range(5):
        note(case, circle, f"note {n}")
    leaves = [tree.leaf_hash(e.body.encode()) for e in entries()]
    with guard.system("test"):
        assert LogHead.objects.get().root == tree.root(leaves).hex()
        assert LogHead.objects.get().size == len(leaves)
