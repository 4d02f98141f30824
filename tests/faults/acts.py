"""What a warm child does on its desk: real commands, real services, and the reading of what is held."""

from __future__ import annotations

import io
import json
import traceback
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CASE = "NU-1"
SOURCE = "a phone"
CRASHED = 70


def command(*words: str) -> dict[str, Any]:
    """Run one ``entente`` command in this process; return its exit code and what it said."""
    from entente import cli

    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = cli.main([*words, "--json"])
        except SystemExit as end:
            code = int(end.code or 0)
        except Exception:  # what an officer would see as a crash
            code = CRASHED
            traceback.print_exc()
    said = out.getvalue().strip()
    return {"code": code, "told": json.loads(said) if said else None, "error": err.getvalue()}


def receive(folder: str) -> dict[str, Any]:
    """Receive a folder into the case."""
    return command("receive", folder, "--case", CASE, "--source", SOURCE)


def make(folder: str) -> dict[str, Any]:
    """Make the desk."""
    return command("init", folder)


def open_case(number: str = CASE) -> None:
    """Open the case as the desk's only officer."""
    from entente.casework.intake.service import open_case
    from entente.records.models import Account
    from entente.vocabulary.handling import Purpose

    open_case(
        Account.objects.get(username="NU-1001").as_officer(),
        Purpose.VICTIM_IDENTIFICATION,
        number=number,
        title="Operation Larch",
        victim_number=f"V-{number.rpartition('-')[2]}",
        discovered_at=datetime(2026, 6, 9, 9, 0, tzinfo=UTC),
    )


def examined() -> dict[str, Any]:
    """Return what ``fsck`` and ``log verify`` say, and the state that an intake leaves."""
    return {"fsck": command("fsck"), "log": command("log", "verify"), "state": state()}


def state(number: str = CASE) -> list[Any]:
    """Return what a case holds, without the numbers and identifiers, which follow the order of the work."""
    from entente.records import guard
    from entente.records.models import Frame, Media, Occurrence

    with guard.system("what a test compares"):
        held = Media.objects.filter(case__number=number)
        items = held.values_list(
            "size", "md5", "sha1", "sha256", "kind", "pdq", "refusal", "codes", "origin", "source"
        )
        seen = Occurrence.objects.filter(media__in=held)
        places = seen.values_list("media__sha256", "folder", "name", "source")
        frames = Frame.objects.filter(media__in=held).count()
        return [sorted(map(list, items)), sorted(map(list, places)), frames]


def resumed(folder: str) -> dict[str, Any]:
    """Look at what a fault left, run the same intake again, and look once more."""
    return {"before": examined(), "again": receive(folder), "after": examined()}


def play(folder: str) -> None:
    """Do what officers do on a first day: an intake, a list, notes, looks, clues, a series, jobs."""
    from threading import Event

    from entente.casework.examine import service as examine
    from entente.casework.link import service as link
    from entente.casework.match import service as match
    from entente.records import guard, jobs
    from entente.records.models import Account, Case, Media
    from entente.vocabulary.clue import ClueKind
    from entente.vocabulary.handling import Purpose
    from entente.vocabulary.media import Region

    purpose = Purpose.VICTIM_IDENTIFICATION
    open_case("NU-2")
    receive(folder)
    officer = Account.objects.get(username="NU-1001").as_officer()
    listed = Path(folder).with_name("list.csv")
    with guard.scope(officer, purpose):
        items = list(Media.objects.filter(refusal="").order_by("number"))
        case = Case.objects.get(number=CASE)
        listed.write_text(f"md5,category\n{items[0].md5},1\n")
        match.import_list(officer, purpose, listed, name="ours", format="hashlist")
        jobs.work(Event(), until_empty=True)
        for number, item in enumerate(items):
            examine.note(officer, purpose, item, f"a socket by the door, seen {number} times")
            look, _ = examine.reveal(officer, purpose, item)
            examine.hide(officer, purpose, look, 1500)
        clue = examine.mark(
            officer,
            purpose,
            items[0],
            kind=ClueKind.SOCKET,
            value="L",
            region=Region(0.1, 0.1, 0.3, 0.3),
            evaluation="A1",
            because="three round holes in a row",
        )
        examine.withdraw(officer, purpose, clue, seen=clue.state)
        series = link.gather(officer, purpose, case, items[:2])
        link.split(officer, purpose, series, items[:1])
        jobs.work(Event(), until_empty=True)


def recorded(folder: str) -> list[list[list[Any]]]:
    """Play; return each committed transaction as the rows that it changed: [table, rowid, row or null]."""
    import sqlite3

    from django.conf import settings
    from django.db.backends.base.base import BaseDatabaseWrapper

    base = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
    done: list[list[list[Any]]] = []
    held = content(base)
    plain = BaseDatabaseWrapper._commit

    def commit(self: Any) -> None:
        nonlocal held
        plain(self)
        now = content(base)
        if changes := _differences(held, now):
            done.append(changes)
        held = now

    BaseDatabaseWrapper._commit = commit
    play(folder)
    base.close()
    return done


def content(base: Any) -> dict[str, dict[int, list[Any]]]:
    """Return every row of every table of an open SQLite database, by its row number."""
    tables = base.execute(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite%' order by name"
    )
    return {
        t: {row[0]: list(row[1:]) for row in base.execute(f'select rowid, * from "{t}"')}
        for (t,) in list(tables)
    }


def _differences(old: dict[str, Any], new: dict[str, Any]) -> list[list[Any]]:
    changes = []
    for table, rows in new.items():
        before = old.get(table, {})
        changes += [[table, n, row] for n, row in rows.items() if before.get(n) != row]
        changes += [[table, n, None] for n in before if n not in rows]
    return changes


def weaker(old: str, new: str, *words: str) -> dict[str, Any]:
    """Run a command on a database whose settings promise less than the desk's own."""
    from django.db import connections

    options = connections["default"].settings_dict["OPTIONS"]
    assert old in options["init_command"]
    options["init_command"] = options["init_command"].replace(old, new)
    return command(*words)


def received_in_orders(folder: str, seeds: list[int]) -> list[list[Any]]:
    """Deliver the same files in many orders, some twice, each order into its own case; return the states."""
    from random import Random

    files = sorted(str(p) for p in Path(folder).iterdir())
    for seed in seeds:
        dice = Random(seed)
        number = f"NU-2026-{seed:03}"
        open_case(number)
        deliveries = [dice.sample(files, dice.randint(1, len(files))) for _ in range(dice.randint(1, 2))]
        deliveries.append(dice.sample(files, len(files)))
        dice.shuffle(deliveries)
        for paths in deliveries:
            told = command("receive", *paths, "--case", number, "--source", SOURCE)
            assert told["told"], told
    return [state(f"NU-2026-{seed:03}") for seed in seeds]
