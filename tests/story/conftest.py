"""The story's desk: a folder of its own with a real database file, evidence store, keys and queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from demo.ten_days import TenDays, make_circle
from django.db import connections
from django.test import override_settings

from entente.records import migrating
from tests.demo.kept import drawn_once


@contextmanager
def desk_in(folder: Path, blocker) -> Iterator[None]:
    """Work on a new desk in ``folder``, laid out as ``entente init`` does, then go back to the suite's own.

    The story is told on SQLite in a file, as the desk has it: its jobs renew leases from threads, and
    ``entente log verify`` opens the same file from another process.
    """
    keys = folder / "keys"
    keys.mkdir(mode=0o700, parents=True)
    (folder / "evidence").mkdir(mode=0o700)
    (folder / "demonstration").write_text("a story")
    (keys / "secret").write_text("the story's own secret, long enough to be one")
    kept = connections.settings["default"]
    ours = {
        **kept,
        "ENGINE": "entente.records.sqlite",
        "NAME": folder / "desk.sqlite3",
        "HOST": "",
        "PORT": "",
        "USER": "",
        "PASSWORD": "",
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA foreign_keys=ON;",
        },
    }
    with blocker.unblock():
        before = connections["default"]
        connections.settings["default"] = ours
        connections["default"] = connections.create_connection("default")
        try:
            with override_settings(
                EVIDENCE_ROOT=folder / "evidence", KEY_FOLDER=keys, HOLDINGS_ROOT=folder / "holdings"
            ):
                migrating.take_the_steps()
                yield
        finally:
            connections["default"].close()
            connections.settings["default"] = kept
            connections["default"] = before


@pytest.fixture(scope="module", autouse=True)
def _scenes_drawn_once(tmp_path_factory) -> Iterator[None]:
    with drawn_once(tmp_path_factory):
        yield


@pytest.fixture(scope="module")
def story(tmp_path_factory, django_db_blocker) -> Iterator[TenDays]:
    """The ten days, played once to the end; every test of the module looks at what they left."""
    folder = tmp_path_factory.mktemp("desk") / "desk"
    with desk_in(folder, django_db_blocker):
        make_circle()
        played = TenDays(folder / "drawn", tell=lambda line: None)
        played.desk = folder
        played.play(10)
        yield played
