"""Every single change to a written log, and to the log's rows, is found.

The file: bits, lines left out, doubled, exchanged, and cut off, anywhere in the entries, the heads and the
seal. The rows: every column of every table of the log.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from io import BytesIO
from random import Random

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from entente.records import checkpoint, guard, heads, log, log_file, log_key
from entente.records.act import acting
from entente.records.models import LogEntry, Note, PartnerLog
from entente.records.witness import keep
from entente.safeguards.access import Act
from entente.safeguards.checkpoint import read_note
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
IN_FILE = 100_000 if LONG else 10_000
IN_ROWS = 10_000 if LONG else 1_000
MIDDLE = 7  # entries when the first head is signed


@pytest.fixture
def sealed(case, circle, tmp_path, django_capture_on_commit_callbacks):
    """A log of some entries, two signed heads, a partner that co-signed the first, and its key."""
    officer = circle.officer(circle.it)

    def note(text):
        with acting(officer, Act.ALTER, case.as_thing(), VI, step="examine", reason="nota più lunga"):
            Note.objects.create(case=case, owner=circle.agencies.it, text=text)

    with django_capture_on_commit_callbacks(execute=True):
        while log.size() < MIDDLE:
            note("x")
        first = checkpoint.make()
        other = log_key.make(tmp_path / "partner")
        key = log_key.public(other)
        partner = PartnerLog.objects.create(
            name=key.name, key=key.written(), agency=circle.agencies.dk, pinned_by=circle.dk
        )
        head = read_note(first.note).head
        line = log_key.cosign(other, key.name, head, int(first.at.timestamp()))
        keep(partner, head.size, head.root, [line])
        while log.size() < 2 * MIDDLE:
            note("y")
        with transaction.atomic():
            log.forget(officer, VI, seqs=[3], reason="asked for")
        checkpoint.make()
    assert heads.mark().head.size == log.size()
    assert log.verify().faults == ()
    return key


def written() -> bytes:
    out = BytesIO()
    notes = [checkpoint.note_at(MIDDLE), checkpoint.note_at(log.size())]
    with guard.system("test"):
        bodies = list(LogEntry.objects.order_by("seq").values_list("body", flat=True))
    private = log_key.read(settings.KEY_FOLDER)
    log_file.write(out, bodies, notes, checkpoint.own_key(), private.sign)
    return out.getvalue()


def test_a_written_log_proves_itself(sealed, tmp_path):
    path = tmp_path / "log"
    path.write_bytes(written())
    told = log_file.verify(path, pinned=checkpoint.own_key(), witnesses=[sealed])
    assert (told.faults, told.size, told.witnessed) == ([], log.size(), MIDDLE)
    assert log_file.verify(path, pinned=sealed).faults == [
        "the file is of another log, or signed by another key, than the one given"
    ]


def found(path, data: bytes) -> bool:
    """Whether the reader says that something is wrong; no key is given, so the file must prove itself."""
    path.write_bytes(data)
    try:
        return bool(log_file.verify(path).faults)
    except log_file.NotALog:
        return True


def changes(chance: Random, data: bytes):
    """Yield single changes of a file for ever, the kinds in turn."""
    lines = data.splitlines(keepends=True)
    while True:
        changed, at = bytearray(data), chance.randrange(len(data))
        changed[at] ^= 1 << chance.randrange(8)
        yield f"bit of byte {at}", bytes(changed)
        n, m = chance.randrange(len(lines)), chance.randrange(len(lines))
        yield f"line {n} left out", b"".join(lines[:n] + lines[n + 1 :])
        yield f"line {n} doubled", b"".join([*lines[: n + 1], *lines[n:]])
        if lines[n] != lines[m]:
            moved = list(lines)
            moved[n], moved[m] = moved[m], moved[n]
            yield f"lines {n} and {m} exchanged", b"".join(moved)
        yield f"cut off at {at}", data[:at]
        yield f"byte {at} left out", data[:at] + data[at + 1 :]
        yield f"something put in at {at}", data[:at] + chance.choice([b" ", b"\n", b"\r", b"0"]) + data[at:]
        yield "something put behind", data + chance.choice([b"\n", b" ", lines[n]])


def test_every_single_change_of_a_written_log_is_found(sealed, tmp_path, capsys):
    data, path, lost, tried = written(), tmp_path / "log", [], 0
    stream = changes(Random(3), data)
    while tried < IN_FILE:
        what, changed = next(stream)
        if changed == data:
            continue
        tried += 1
        if not found(path, changed):
            lost.append(what)
    with capsys.disabled():
        print(f"\nlog: {tried - len(lost):,} of {tried:,} single changes of a written log found")
    assert not lost


SEALED_TABLES = ("LogEntry", "LogOpening", "LogNode", "LogHead", "Checkpoint", "Cosignature")
# Not sealed: what may be lost only makes the log less witnessed, which the page shows.
FREE = {("records_cosignature", "id"), ("records_checkpoint", "id")}


def columns(chance: Random):
    """Return every column of every row of the log: table, key's name, key, column, value."""
    cells, rows = [], []
    with connection.cursor() as cursor:
        for name in SEALED_TABLES:
            meta = apps.get_model("records", name)._meta
            cursor.execute(f"SELECT * FROM {meta.db_table}")
            names = [c[0] for c in cursor.description]
            for row in cursor.fetchall():
                key = (meta.db_table, meta.pk.column, row[names.index(meta.pk.column)])
                cells += [(*key, n, v) for n, v in zip(names, row, strict=True)]
                rows.append(key)
    return [c for c in cells if (c[0], c[3]) not in FREE], [r for r in rows if "cosignature" not in r[0]]


def other(chance: Random, value):
    """Return another value of the same kind, as close as can be."""
    if value is None:
        return "0" * 32
    if isinstance(value, int):
        return value ^ 1 << chance.randrange(8)
    if isinstance(value, bytes | memoryview):
        changed = bytearray(value)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        return bytes(changed)
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if not value:
        return "x"
    at = chance.randrange(len(value))
    letter = chance.choice([c for c in "0123456789abcdef" if c != value[at]])
    return value[:at] + letter + value[at + 1 :]


def test_every_single_change_of_the_rows_is_found(sealed, capsys):
    if connection.vendor != "sqlite":
        pytest.skip("the rows are changed as SQLite holds them: PostgreSQL refuses half of it by type")
    chance, lost, tried = Random(4), [], 0
    with guard.system("a test tampers"):
        cells, rows = columns(chance)
        while tried < IN_ROWS:
            table, key, pk, column, value = chance.choice(cells)
            statement = f'UPDATE {table} SET "{column}" = %s WHERE {key} = %s'
            what, values = f"{table}.{column}", [other(chance, value), pk]
            if tried % 10 == 0:
                table, key, pk = chance.choice(rows)
                statement, values, what = f"DELETE FROM {table} WHERE {key} = %s", [pk], f"a row of {table}"
            seen = tampered(statement, values)
            tried += 1
            if not seen:
                lost.append((what, values))
    with capsys.disabled():
        print(f"\nlog: {tried - len(lost):,} of {tried:,} single changes of the log's rows found")
    assert not lost


def tampered(statement: str, values: list) -> bool:
    """Whether a change is refused by the database, or found; the rows are put right again."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            assert cursor.rowcount == 1
            faults = log.verify().faults
            transaction.set_rollback(True)
    except Exception as fault:
        if "IntegrityError" not in type(fault).__name__:
            raise
        return True
    return bool(faults)


def test_a_database_that_was_put_back_is_not_signed(sealed, case, circle):
    with guard.system("a test tampers"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE records_loghead SET size = 3")
        assert any("older copy" in f for f in log.verify().faults) or log.verify().faults
        with pytest.raises(checkpoint.NotSigned, match="older copy"):
            checkpoint.make()
        transaction.set_rollback(True)
