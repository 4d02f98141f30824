"""What a warm child does on its desk: real commands, real services, and the reading of what is held."""

from __future__ import annotations

import io
import json
import traceback
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

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


def logged_in(many: int) -> list[str]:
    """Log the desk's officer in ``many`` times as a browser is, by a second factor; return the cookies."""
    from allauth.account.internal.flows.login import record_authentication
    from django.http import HttpRequest
    from django.test import Client

    from entente.records import sessions
    from entente.records.models import Account

    _read_settings_again()
    account = Account.objects.get(username="NU-1001")
    cookies = []
    for _ in range(many):
        browser = Client()
        browser.force_login(account)
        request = HttpRequest()
        request.session, request.user = browser.session, account
        sessions.begin(request.session)
        record_authentication(request, account, method="mfa", reauthenticated=True)
        request.session.save()
        cookies.append(request.session.session_key)  # a new one with each proof
    return cookies


def _read_settings_again() -> None:
    """Take from the desk what the warm program, started before there was one, could not read."""
    from django.conf import settings

    settings.SECRET_KEY = (Path(settings.KEY_FOLDER) / "secret").read_text().strip()
    settings.DEMONSTRATION = True
    mark = Path(settings.DESK) / "demonstration"
    if not mark.exists():
        mark.write_text("a test\n")


def notes() -> list[str]:
    """Return the texts of all notes."""
    from entente.records import guard
    from entente.records.models import Note

    with guard.system("what a test compares"):
        return sorted(Note.objects.values_list("text", flat=True))


def case_and_item() -> list[Any]:
    """Return the case's identifier and the number of an item that is open."""
    from entente.records import guard
    from entente.records.models import Case, Media

    with guard.system("what a test needs"):
        case = Case.objects.get(number=CASE)
        return [str(case.pk), Media.objects.filter(case=case, refusal="").first().number]


def altered(step: str) -> int:
    """Return how many acts of altering the log holds for a step."""
    from entente.records import guard
    from entente.records.models import LogEntry

    with guard.system("what a test compares"):
        return LogEntry.objects.filter(verb="alter", step=step).count()


def migrated() -> None:
    """Bring the tables up to date, as ``entente init`` does on a desk that is there already."""
    from entente.records import migrating

    migrating.take_the_steps()


def migrated_in_steps(folder: str) -> list[str]:
    """Bring the tables up to date, and keep a copy of the database after each step; return their paths."""
    import sqlite3
    from contextlib import closing

    from django.conf import settings
    from django.core.management.commands.migrate import Command

    kept: list[str] = []
    tell = Command.migration_progress_callback

    def told(self: Command, action: str, *rest: Any) -> None:
        tell(self, action, *rest)
        if action == "apply_success":
            kept.append(str(Path(folder) / f"{len(kept):02d}.sqlite3"))
            now = sqlite3.connect(settings.DATABASES["default"]["NAME"])
            with closing(now), closing(sqlite3.connect(kept[-1])) as copy:
                now.backup(copy)

    with mock.patch.object(Command, "migration_progress_callback", told):
        migrated()
    return kept


def prepared(folder: str) -> None:
    """Lay out work for every kind of task: two cases, a list, a clue, an element of a search."""
    from entente.casework.examine import service as examine
    from entente.casework.intake.service import Intake, receive
    from entente.casework.link import service as link
    from entente.casework.match import service as match
    from entente.casework.seize import service as seize
    from entente.records import guard
    from entente.records.models import Account, Case, Media
    from entente.vocabulary.clue import ClueKind
    from entente.vocabulary.handling import Purpose
    from entente.vocabulary.media import Region
    from tests.evidence.drawn import clip, encoded, scene

    purpose = Purpose.VICTIM_IDENTIFICATION
    open_case("NU-2")
    officer = Account.objects.get(username="NU-1001").as_officer()
    with guard.scope(officer, purpose):
        cases = {c.number: c for c in Case.objects.all()}
        case = cases[CASE]
        for target in cases.values():
            _finish(receive(officer, purpose, target, [Path(folder)], Intake(SOURCE)))
        film = Path(folder).with_name("film")
        film.mkdir(exist_ok=True)
        clip(film / "film.mp4", codec="mpeg4", seconds=2)
        # its key frames first, the rest later
        with mock.patch("entente.casework.intake.service.sealing.LARGE", 1):
            _finish(receive(officer, purpose, case, [film], Intake(SOURCE)))
        items = list(Media.objects.filter(case=case, kind="picture").order_by("sha256"))
        walls = Path(folder).with_name("walls")
        walls.mkdir(exist_ok=True)
        for n in range(3):
            (walls / f"{n}.png").write_bytes(encoded(scene(60, 80, seed=7 + n), "PNG"))
        _finish(receive(officer, purpose, case, [walls], Intake(SOURCE)))
        flat = Media.objects.filter(case=case, kind="picture").exclude(pk__in=[m.pk for m in items])
        link.cameras.know(officer, purpose, case, list(flat))
        box = Region(0.1, 0.1, 0.5, 0.5)
        crop = examine.crop(officer, purpose, items[0], box)
        examine.mark(
            officer,
            purpose,
            items[0],
            kind=ClueKind.SOCKET,
            value="L",
            region=box,
            evaluation="A1",
            because="three round holes in a row",
        )
        seize.list_element(officer, purpose, case, name="a lamp", room="bedroom", crop=crop, evaluation="A1")
        _finish(
            seize.receive_search(officer, purpose, case, [Path(folder)], origin="seized", source="laptop")
        )
        listed = Path(folder).with_name("list.csv")
        listed.write_text(f"md5,category\n{items[0].md5},1\n")
        match.import_list(officer, purpose, listed, name="ours", format="hashlist")
        gone = match.import_list(officer, purpose, listed, name="not ours", format="hashlist")
        match.remove_list(officer, purpose, gone)
    with guard.system("leave the queue empty"):
        from entente.records.models import Job

        Job.objects.all().delete()


def _finish(job: Any) -> None:
    """Run one job here and now."""
    from entente.records import jobs

    assert jobs.run(jobs.take("here", only=job))


def tasks() -> list[str]:
    """Return the name of every task there is."""
    from entente.records.jobs import TASKS

    return sorted(TASKS)


def asked(task: str, folder: str) -> str:
    """Put one task in the queue for the case; return the job."""
    from entente.records import guard, jobs
    from entente.records.models import Account, Case
    from entente.vocabulary.handling import Purpose

    officer, purpose = (
        Account.objects.get(username="NU-1001").as_officer(),
        Purpose.VICTIM_IDENTIFICATION,
    )
    with guard.scope(officer, purpose):
        case = Case.objects.get(number=CASE)
        payload = _payload(task, folder)
    return str(jobs.enqueue(task, officer, purpose, case=case.pk, **payload).pk)


def _payload(task: str, folder: str) -> dict[str, Any]:
    """Return what a task is told beside its case; inside the officer's scope."""
    from entente.records.models import HashList, ListVersion, Media

    if task == "link.find":
        item = Media.objects.filter(case__number=CASE, kind="picture").order_by("number").first()
        return {"item": item.number, "region": [0.1, 0.1, 0.8, 0.8], "t": None}
    if task == "intake.receive":
        return {"paths": [folder], "source": "another phone"}
    if task == "match.backwards":
        delivery = ListVersion.objects.get(list__name="ours")
        held = str(delivery.list_id)
        return {"held": held, "delivery": str(delivery.pk), "began": "2026-06-01T10:00:00+00:00"}
    if task == "lists.purge":
        return {"held": str(HashList.objects.exclude(removed_at=None).get().pk)}
    return {}


def worked(job: str, later: bool = False) -> str:
    """Take the job and run it; ``later``: when the lease of whoever had it is over. Return how it stands."""
    from datetime import timedelta

    from entente.records import clock, jobs
    from entente.records.models import Job

    wait = jobs.LEASE + timedelta(seconds=1) if later else timedelta(0)
    with clock.at(clock.now() + wait):
        taken = jobs.take("worker", only=Job.objects.get(pk=job))
        if taken:
            jobs.run(taken)
    row = Job.objects.get(pk=job)
    return f"{row.status} {row.error}".strip()


def done_so_far() -> dict[str, list[str]]:
    """Return every row that work leaves, without identifiers, moments, the log and how often it was tried."""
    import re
    import sqlite3

    from django.conf import settings
    from django.db import connections

    connections.close_all()
    base = sqlite3.connect(settings.DATABASES["default"]["NAME"])
    tables = [r[0] for r in base.execute("select name from sqlite_master where type = 'table'")]
    aside = re.compile("django_|auth_|account_|mfa_|sqlite_|records_(log|job|session|spent|checkpoint)")
    own = re.compile(
        r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:[\d.+:]+|[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}(?![0-9a-f])"
    )
    held = {}
    for table in sorted(t for t in tables if not aside.match(t)):
        if table in {"records_derivation", "records_seal"}:
            own = re.compile(own.pattern + "|[0-9a-f]{32,}")  # hashes of what has identifiers in it
        # a seal names its entry of the log by number; who goes on where another was killed reads once more
        what = "digest, place" if table == "records_seal" else "*"
        held[table] = sorted(own.sub("…", str(row)) for row in base.execute(f'select {what} from "{table}"'))
    held["records_estimate"] = sorted(
        set(held["records_estimate"])
    )  # weighed again, the same clues say the same
    held["records_job"] = sorted(map(str, base.execute("select task, status from records_job")))
    base.close()
    return held


def receive_to_the_brim(folder: str) -> dict[str, Any]:
    """Receive without the room that imports must leave free, so that the disk really fills up."""
    from entente.casework.intake import service

    service.evidence_store().demand_room = lambda: None  # type: ignore[method-assign]
    return receive(folder)


def browsed(session: str, pages: list[list[str]]) -> list[list[Any]]:
    """Ask for pages, or post a note to them; return each status, and whether the page names the disk."""
    from django.conf import settings
    from django.test import Client

    _read_settings_again()
    settings.ALLOWED_HOSTS = ["testserver"]
    browser = Client(raise_request_exception=False)
    answers = []
    for address, *note in pages:
        browser.cookies[settings.SESSION_COOKIE_NAME] = session
        given = browser.post(address, {"text": note[0]}) if note else browser.get(address)
        answers.append([given.status_code, "disk" in given.content.decode() if given.content else False])
    return answers
