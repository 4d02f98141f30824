"""Ask the same in both worlds, and compare: status, headers and body of every answer, and what is seen after.

Normalised: nothing on any page, header or cookie but, where a data protection officer reads the log and the
tombstones, the number of an entry and the size and root of the whole tree (what partners witness; by design
they count everybody's acts). Everything
else is made equal at its source: the clock stands still, and random bytes come from a seed that begins anew
at each request, so that tokens and new identifiers agree.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import shutil
import sys
import time
import traceback
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from threading import Event
from types import SimpleNamespace
from typing import Any
from unittest import mock
from uuid import UUID

from django.core.cache import cache
from django.core.signals import got_request_exception
from django.db import connection, models, transaction
from django.dispatch import receiver
from django.test import Client
from django.test.client import ClientHandler
from django.urls import reverse

from entente.casework.match.service import scenes
from entente.cli import main
from entente.records import clock, guard, jobs
from entente.records.models import (
    CameraFinding,
    Dispatch,
    Job,
    Lead,
    Link,
    LogEntry,
    SceneFeatures,
    SeriesItem,
)
from entente.vocabulary.handling import Purpose
from tests.worlds.routes import Upload
from tests.worlds.worlds import NOW, VI, Hidden, World

MOMENT = NOW.timestamp()
HANDLER = ClientHandler(enforce_csrf_checks=False)
FAULTS: list[str] = []  # the traceback of the request that is being served


class _Browser(Client):
    """Ask without keeping copies of every template's context; middleware is made once, as when served."""

    def request(self, **request: Any) -> Any:
        return HANDLER(self._base_environ(**request))


@receiver(got_request_exception)
def _note_fault(**_sent: Any) -> None:
    FAULTS[:] = traceback.format_exc().splitlines(keepends=True)[-14:]


@dataclass(frozen=True)
class Ask:
    """One thing that is asked: of an address, a task or a verb."""

    kind: str  # route, task, verb
    name: str
    method: str = "GET"
    arguments: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    words: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Told:
    """What came back."""

    ask: Ask
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    fault: str = ""  # the traceback of a 500, for the reader of a difference; not compared


class Leak(AssertionError):
    """The two worlds were told apart."""


# --- chance and time ------------------------------------------------------------------------------------


urandom = os.urandom


class _Chance:
    """Bytes that look random and are the same in both worlds; but nonces stay as random as they are.

    The evidence store keeps what a world put there, so it draws less the second time: it has its own chance.
    """

    def __init__(self) -> None:
        self.source = random.Random(0)

    def begin(self, seed: object) -> None:
        self.source = random.Random(repr(seed))

    def __call__(self, count: int) -> bytes:
        frame = sys._getframe(1)
        for _ in range(5):
            if frame is None:
                break
            if str(frame.f_globals.get("__name__", "")).startswith(("entente.evidence", "tempfile")):
                return urandom(count)
            frame = frame.f_back
        return self.source.randbytes(count)


CHANCE = _Chance()


@contextmanager
def standing_still() -> Iterator[None]:
    """Stop the clock and replace chance, for everything that an answer is made of."""
    stopped = SimpleNamespace(**{n: getattr(time, n) for n in dir(time) if not n.startswith("_")})
    stopped.time = lambda: MOMENT
    with ExitStack() as stack:
        stack.enter_context(clock.at(NOW))
        for target in (
            "django.http.response.time",
            "django.contrib.sessions.middleware.time",
            "django.core.signing.time",
            "django.utils.cache.time",
        ):
            stack.enter_context(mock.patch(target, stopped))
        stack.enter_context(mock.patch.object(os, "urandom", CHANCE))
        stack.enter_context(mock.patch.object(random, "_urandom", CHANCE))
        yield


# Arithmetic without side effects, remembered: the same clues give the same map, the same facts the same PDF.
PURE = (
    "entente.casework.locate.engine.locate",
    "entente.casework.locate.engine.cells90",
    "entente.casework.locate.views.page.reckon",
    "entente.casework.locate.views.where.reckon",
    "entente.casework.inform.draft.draw",
    "entente.formats.product.write",
)
_known: dict[tuple[str, str], Any] = {}


def _remembering(name: str, function: Any) -> Any:
    def remembered(*given: Any, **named: Any) -> Any:
        key = (name, repr((given, sorted(named.items()))))
        if key not in _known:
            _known[key] = function(*given, **named)
        return _known[key]

    return remembered


@contextmanager
def arithmetic_remembered() -> Iterator[None]:
    """Work nothing out twice; what is worked out depends on nothing but what it is given."""
    with ExitStack() as stack:
        for name in PURE:
            module, _, function = name.rpartition(".")
            pure = getattr(import_module(module), function)
            stack.enter_context(mock.patch(name, _remembering(name, pure)))
        yield


# --- asking ---------------------------------------------------------------------------------------------


def played(world: World, who: str, asks: list[Ask], hidden: list[Hidden]) -> list[Told]:
    """Ask everything in W with ``hidden``, undo it all, and return what came back."""
    cache.clear()
    scenes._KEPT.clear()  # it goes by the ids of rows, which are the same in both worlds, and nowhere else
    world.store(hidden)
    with standing_still(), transaction.atomic():
        try:
            for each in hidden:
                each.put()
            kept = _rows_of(hidden)
            told = [_asked(world, who, ask, place) for place, ask in enumerate(asks)]
            if hidden and any(a.method == "POST" or a.kind != "route" for a in asks):
                _demand_untouched(asks, kept, _rows_of(hidden))
        finally:
            transaction.set_rollback(True)
            shutil.rmtree(world.folder / "uploads", ignore_errors=True)
    return told


def _asked(world: World, who: str, ask: Ask, place: int) -> Told:
    CHANCE.begin((who, place))
    return {"route": _request, "task": _job, "verb": _verb}[ask.kind](world, who, ask)


def _request(world: World, who: str, ask: Ask) -> Told:
    client = _Browser()
    client.cookies.load(world.cookies[who])
    at = reverse(ask.name, kwargs=ask.arguments)
    if ask.method == "POST":
        with ExitStack() as stack:
            data = {k: _opened(world, stack, v) for k, v in ask.data.items()}
            answer = client.post(at, data, query_params=ask.query)
    else:
        answer = client.generic(ask.method, at, query_params=ask.query)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    headers = [(k, v) for k, v in answer.items()]
    headers += [("Set-Cookie", morsel.OutputString()) for morsel in answer.cookies.values()]
    if ask.name in {"log", "protection", "protection-export"}:
        body, headers = _without_the_tree(body), [h for h in headers if h[0] != "Content-Length"]
    if body.startswith(b"PK") and b"head.txt" in body:
        body, headers = _without_the_head(body), [h for h in headers if h[0] != "Content-Length"]
    fault = "".join(FAULTS) if answer.status_code == 500 else ""
    FAULTS.clear()
    return Told(ask, answer.status_code, tuple(sorted(headers)), body, fault)


def _without_the_tree(body: bytes) -> bytes:
    """Take the numbers of the whole tree from the page of the log."""
    for pattern in (
        rb'class="number">\d+<',
        rb'class="mono">[^<]{40,64}<',
        rb'"(entry|seq)": \d+',
    ):
        body = re.sub(pattern, b"<", body)
    return body


PLACE_IN_TREE = {"seq", "index", "proof", "inclusion", "log", "files", "witnessed", "leaf", "size", "root"}


def _without_the_head(body: bytes) -> bytes:
    """Return a court bundle's parts without what the whole tree decides: head, places, proofs, signature."""

    def shorn(told: Any) -> Any:
        if isinstance(told, dict):
            return {
                k: shorn(v)
                for k, v in told.items()
                if k not in PLACE_IN_TREE or (k == "size" and "file" in told)
            }
        if isinstance(told, list):
            return [shorn(v) for v in told]
        if isinstance(told, str) and told.startswith("{"):
            return shorn(json.loads(told))
        return told

    with zipfile.ZipFile(io.BytesIO(body)) as bundle:
        parts = {n: bundle.read(n) for n in bundle.namelist() if n != "head.txt" and not n.endswith(".sig")}
    for name, data in parts.items():
        if name.endswith(".json"):
            parts[name] = json.dumps(shorn(json.loads(data)), sort_keys=True).encode()
    return b"\n".join(n.encode() + b" " + data for n, data in sorted(parts.items()))


def _opened(world: World, stack: ExitStack, value: Any) -> Any:
    if isinstance(value, Upload):
        return stack.enter_context(world.files[value.name].open("rb"))
    return value


def _job(world: World, who: str, ask: Ask) -> Told:
    """Put a task in the queue as ``who``, have the worker do it, and return all that its row says."""
    account = world.people[who]
    payload = dict(ask.data)
    if ask.name == "intake.receive":
        payload["paths"] = [str(world.files[payload.pop("file").name])]
    job = jobs.enqueue(ask.name, account.as_officer(), VI, case=ask.arguments["case_id"], **payload)
    jobs.work(Event(), until_empty=True)
    said = [
        (j.task, j.status, j.note, j.error, j.result, j.done, j.total, j.attempts)
        for j in Job.objects.filter(account=account).order_by("asked_at", "pk")
    ]
    Job.objects.get(pk=job.pk)
    return Told(ask, 0, (), repr(sorted(said, key=repr)).encode())


def _verb(world: World, who: str, ask: Ask) -> Told:
    """Run a verb of the command line as ``who``, and return its exit code, its words and its file."""
    out, err = io.StringIO(), io.StringIO()
    given = [str(world.files[w.name]) if isinstance(w, Upload) else str(w) for w in ask.words]
    file = world.folder / "out"
    if ask.name == "export" and not any(w.startswith(("--ask", "--confirm")) for w in given):
        given.append(f"--out={file}")
    given += [f"--as={world.people[who].username}", f"--desk={world.folder}"]
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        mock.patch("entente.web.start._set_up"),
        mock.patch("entente.records.durable.demand_durable"),  # a test's database is in memory
    ):
        try:
            code = main([ask.name, *given])
        except SystemExit as end:
            code = int(end.code or 0)
    body = f"{code}\n{out.getvalue()}\n{err.getvalue()}\n".encode()
    if file.exists():
        written = file.read_bytes()
        body += _without_the_head(written) if b"head.txt" in written else written
        file.unlink()
    return Told(ask, code, (), body)


# --- comparing ------------------------------------------------------------------------------------------

# A stranger's act may write these into hidden things, by design.
TOLD_TO_HOLDERS = {Lead, Dispatch, LogEntry}

Key = tuple[type[models.Model], Any]


def _rows_of(hidden: list[Hidden]) -> dict[Key, dict[str, Any]]:
    """Return the hidden rows as the database holds them."""
    found: dict[Key, dict[str, Any]] = {}
    quote = connection.ops.quote_name
    with guard.system("hidden rows in a test"), connection.cursor() as cursor:
        for model, ids in _ids_of(hidden).items():
            if model in TOLD_TO_HOLDERS or not ids:
                continue
            key = model._meta.pk
            marks = ", ".join(["%s"] * len(ids))
            cursor.execute(
                f"SELECT * FROM {quote(model._meta.db_table)} WHERE {quote(key.column)} IN ({marks})",
                [key.get_db_prep_value(pk, connection) for pk in ids],
            )
            names = [column[0] for column in cursor.description]
            rows = (dict(zip(names, row, strict=True)) for row in cursor.fetchall())
            found |= {(model, row[key.column]): row for row in rows}
    return found


def _ids_of(hidden: list[Hidden]) -> dict[type[models.Model], list[Any]]:
    ids: dict[type[models.Model], list[Any]] = {}
    for each in hidden:
        for model, rows in each.made.items():
            key = model._meta.pk.attname
            ids.setdefault(model, []).extend(row[key] for row in rows if isinstance(row[key], UUID))
    return ids


def _demand_untouched(asks: list[Ask], before: dict[Key, dict[str, Any]], after: dict[Key, Any]) -> None:
    """Raise where a hidden row was changed, but by what reaches hidden things on purpose.

    A hidden item stays in its series when that one becomes part of another; an erasure takes whatever quotes
    what is erased, of every originator. A camera that is taken away takes what rests on it: its findings
    and the proposals of them on which nobody decided. And a new item makes the job of another agency, in that
    agency's own name, ask its hidden pictures of what it holds now.
    """
    erases = any(a.name in {"case-protection", "clock"} and a.method == "POST" for a in asks)
    unlearns = any(a.name == "link:camera-away" and a.method == "POST" for a in asks)
    for key, row in before.items():
        now = after.get(key)
        if now is None and (erases or (unlearns and _rests_on_a_camera(key[0], row))):
            continue
        differs = {k: (v, now[k]) for k, v in row.items() if now[k] != v} if now else "it is gone"
        if key[0] is SeriesItem and now is not None and set(differs) <= {"series_id"}:
            continue
        if key[0] is SceneFeatures and now is not None and set(differs) <= {"asked_of"}:
            continue
        if differs:
            raise Leak(f"a hidden {key[0].__name__} was changed by somebody who does not see it: {differs}")


def _rests_on_a_camera(model: type[models.Model], row: dict[str, Any]) -> bool:
    if model is Link:
        return (row["kind"], row["state"]) == ("same camera", "proposed")
    return model is CameraFinding


def compare(world: World, who: str, asks: list[Ask], hidden: list[Hidden]) -> list[Told]:
    """Return what was told in W; raise ``Leak`` where W with ``hidden`` tells anything else."""
    without = played(world, who, asks, [])
    with_ = played(world, who, asks, hidden)
    for one, other in zip(without, with_, strict=True):
        if (one.status, one.headers, one.body) != (other.status, other.headers, other.body):
            raise Leak(_difference(who, hidden, one, other))
    return without


def _difference(who: str, hidden: list[Hidden], one: Told, other: Told) -> str:
    ask = one.ask
    named = f"{who} asks {ask.method} {ask.name} {ask.arguments} {ask.query} {ask.data} {ask.words}"
    lines = [named, f"hidden: {[h.name for h in hidden]}", f"status {one.status} and {other.status}"]
    lines += [f"only in one world: {h}" for h in set(one.headers) ^ set(other.headers)]
    a, b = (t.body.decode(errors="replace").splitlines() for t in (one, other))
    lines += [f"- {x}\n+ {y}" for x, y in zip(a, b, strict=False) if x != y][:6]
    if len(a) != len(b):
        lines.append(f"{len(a)} lines and {len(b)} lines")
    lines += [t.fault for t in (one, other) if t.fault]
    return "\n".join(lines)


def purpose_of(who: str, world: World) -> Purpose:
    """Return the first purpose of an account."""
    return Purpose(world.people[who].purposes[0])
