"""A desk that would lose work or has lost its keys does not start; it says the mend and makes nothing up."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from django.db import IntegrityError, OperationalError

from entente.records.durable import disk_fault

PORT_NOT_REACHED = ("serve", "--no-worker", "--port", "1")


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file() and "sqlite3" not in p.name}


@pytest.mark.parametrize(
    ("promised", "instead"),
    [
        ("synchronous=FULL", "synchronous=NORMAL"),
        ("synchronous=FULL", "synchronous=OFF"),
        ("journal_mode=WAL", "journal_mode=DELETE"),
        ("foreign_keys=ON", "foreign_keys=OFF"),
        ("secure_delete=ON", "secure_delete=OFF"),
    ],
)
def test_a_database_that_promises_less_is_not_worked_with(ground, promised, instead):
    ground.put_back()
    for words in (("worker", "--until-empty"), PORT_NOT_REACHED, ("log", "verify")):
        told = ground.warm.do("weaker", promised, instead, *words)
        assert (told["code"], told["told"]) == (2, None), told
        assert promised.partition("=")[0] in told["error"]
        assert "set it to" in told["error"]


@pytest.fixture
def filled(ground):
    ground.put_back()
    assert ground.warm.do("receive", str(ground.phone))["code"] == 1
    return ground


def lost(desk: Path) -> None:
    (desk / "keys" / "node.key").unlink()


def another(desk: Path) -> None:
    key = desk / "keys" / "node.key"
    key.chmod(0o600)
    key.write_text("7" * 64 + "\n")


def damaged(desk: Path) -> None:
    key = desk / "keys" / "node.key"
    key.chmod(0o600)
    key.write_text("no key\n")


def open_to_others(desk: Path) -> None:
    (desk / "keys" / "node.key").chmod(0o644)


@pytest.mark.parametrize("harm", [lost, another, damaged, open_to_others])
def test_without_its_key_a_desk_does_not_start_and_none_is_made_up(filled, harm):
    harm(filled.desk)
    before = everything(filled.desk)
    for words in (
        ("receive", str(filled.phone), "--case", "NU-1", "--source", "x"),
        ("worker", "--until-empty"),
        PORT_NOT_REACHED,
    ):
        told = filled.warm.do("command", *words)
        assert told["code"] == 2, told
        assert "key" in told["error"]
        assert told["error"].count("\n") == 1
    assert everything(filled.desk) == before


def test_a_desk_whose_own_secret_is_lost_is_no_desk(filled):
    (filled.desk / "keys" / "secret").unlink()
    told = filled.warm.do("command", *PORT_NOT_REACHED)
    assert told["code"] == 2
    assert "entente init" in told["error"]
    assert not (filled.desk / "keys" / "secret").exists()


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "full"),
        (OSError(errno.EIO, "Input/output error"), "fails"),
        (OperationalError("database or disk is full"), "full"),
        (OperationalError("disk I/O error"), "check the disk"),
        (OperationalError("database is locked"), "do it again"),
        (FileNotFoundError(errno.ENOENT, "No such file"), ""),
        (IntegrityError("UNIQUE constraint failed"), ""),
        (OperationalError("no such table: records_case"), ""),
        (ValueError("disk"), ""),
    ],
)
def test_a_failing_disk_is_said_and_no_other_fault_is_taken_for_one(fault, says):
    told = disk_fault(fault)
    assert says in told
    assert bool(told) == bool(says)
