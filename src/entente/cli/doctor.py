"""``entente doctor``: name each missing part and what is lost without it; never a silent "not ready"."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from entente import plugins
from entente.casework.examine.extractors import missing_of
from entente.casework.examine.picture_models.extractor import all_extractors
from entente.cli import words
from entente.evidence import calls
from entente.evidence.open import read
from entente.evidence.sandbox import SandboxFailed, shared
from entente.web import start

PARTS = {
    "pillow_heif": "HEIC pictures of phones are refused as unsupported",
    "av": "videos are refused as unsupported",
    "typst": "no intelligence product and no search checklist can be made",
    "uvicorn": "the desk cannot be served",
}
POSTGRES = {"psycopg": "the PostgreSQL of DATABASE_URL cannot be used (install entente[postgres])"}
LAYERS = {
    "session": "a decoder shares our terminal and its signals",
    "environment": "a decoder sees our settings",
    "user": "a decoder runs as root",
    "limits": "a decoder may eat all memory and time",
    "no-new-privileges": "a decoder may gain rights",
    "system calls": "a decoder that a file takes over could open other files and reach the network; install "
    "libseccomp (libseccomp.so.2) and pyseccomp",
}
LEAST_FREE = 2 << 30  # bytes; below it intake should not begin


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is there, and what is lost without it."""

    what: str
    there: bool
    says: str


def run(arguments: list[str]) -> int:
    """Look at everything; exit 1 where something is missing."""
    made = words.on_desk(words.parser("doctor", "name what is missing and what is lost without it"))
    told = made.parse_args(arguments)
    findings = [*_installed(), *_decoder(), *_plugins(), *_desk(told.desk)]
    if told.json:
        words.say({"findings": [{"what": f.what, "there": f.there, "says": f.says} for f in findings]}, True)
    else:
        for found in findings:
            sys.stdout.write(f"{'ok     ' if found.there else 'MISSING'}  {found.what}: {found.says}\n")
    return 0 if all(f.there for f in findings) else 1


def _installed() -> list[Finding]:
    asked = PARTS | (POSTGRES if os.environ.get("DATABASE_URL") else {})
    there = {name: importlib.util.find_spec(name) is not None for name in asked}
    found = [Finding(n, there[n], "installed" if there[n] else lost) for n, lost in asked.items()]
    new_enough = sqlite3.sqlite_version_info >= (3, 35)
    return [*found, Finding("SQLite", new_enough, f"{sqlite3.sqlite_version}; 3.35 or newer is needed")]


def _decoder() -> list[Finding]:
    """Open a real picture in a real limited decoder."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        Image.effect_noise((96, 96), 60).save(file, "PNG")
        file.flush()
        try:
            opened = read(Path(file.name))
            held = shared().ask(file.fileno(), "layers", {}, limit_s=10).data.get("layers", [])
        except (SandboxFailed, OSError) as fault:
            return [Finding("decoder", False, f"no file can be opened: {fault}")]
    if opened.refusal:
        return [Finding("decoder", False, f"a good picture was refused: {opened.refusal.reason}")]
    return [Finding("decoder", True, "opens a picture within its limits"), *layers(held)]


def layers(held: list[str]) -> list[Finding]:
    """Name each layer of the sandbox that does not hold here, as a decoder itself found it."""
    wanted = [name for name in LAYERS if name != "user" or os.getuid() == 0]
    lost = [name for name in wanted if name not in held]
    if not lost:
        return [Finding("sandbox", True, ", ".join(held))]
    why = {"system calls": f" ({calls.MISSING})"} if calls.MISSING else {}
    return [Finding(f"sandbox: {name}", False, LAYERS[name] + why.get(name, "")) for name in lost]


def _plugins() -> list[Finding]:
    plugins.hashes(), plugins.extractors(), plugins.picture_models(), plugins.formats()
    broken = [
        Finding(f"{b.group}: {b.name}", False, f"{b.distribution}: {b.reason}") for b in plugins.broken()
    ]
    lacking = [
        Finding(f"extractor: {name}", True, f"finds nothing here: {why}")
        for name, each in all_extractors().items()
        if (why := missing_of(each))
    ]
    return [*(broken or [Finding("plug-ins", True, "all of them load")]), *lacking]


def site_matcher() -> list[Finding]:
    """Have each network of the site's own matcher, where it has one, try a drawing in a limited decoder."""
    from entente.casework.link import service

    try:
        matcher = service.tried()
    except ValueError as refused:
        return [Finding("matcher", False, str(refused))]
    if matcher is None:
        lost = "a bare room seen from the other side, and day against night, stay out of reach"
        return [Finding("matcher", True, f"the site has set up none of its own (ENTENTE_MATCHER): {lost}")]
    found = [Finding("matcher", True, f"{matcher.stated}; a link weighs {matcher.weight}")]
    try:
        service.tried_matching(matcher)
    except ValueError as refused:
        found.append(Finding("matching", False, f"{refused}; until then mutual neighbours are compared"))
    return found


def _desk(given: str | None) -> list[Finding]:
    folder = start.folder_of(given)
    try:
        start.open_desk(folder)
    except start.NoDesk as fault:
        return [Finding("desk", False, str(fault))]
    free = shutil.disk_usage(folder).free
    private = not folder.stat().st_mode & 0o077
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    clock = "" if behind else start.clock_warning()
    return [
        Finding("desk", True, str(folder)),
        Finding(
            "folder", private, "for its owner only" if private else f"others can read it: chmod 700 {folder}"
        ),
        Finding("disk", free >= LEAST_FREE, f"{free >> 30} GiB free; intake needs at least 2"),
        Finding(
            "tables",
            not behind,
            "up to date" if not behind else f"run `entente init {folder}` to bring them up",
        ),
        Finding("clock", not clock, clock or "not before the last entry of the log"),
        *site_matcher(),
    ]
