"""What is erased is in no file of the desk: neither in the database nor in its journal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.records.desk_process import Desk

SETTING = """
from datetime import timedelta
from unittest import mock
from django.db import transaction
from entente.casework.intake.service import open_case
from entente.records import clock, guard, log
from entente.records.act import acting
from entente.records.erasure import erase
from entente.records.models import Account, LogOpening, Note
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.handling import Purpose
VI = Purpose.VICTIM_IDENTIFICATION
account = Account.objects.first()
case = open_case(account.as_officer(), VI, number="1", title="Operation Larch", victim_number="V-1",
                 discovered_at=clock.now() - timedelta(1))
who = account.as_officer()
for n in range(200):
    with transaction.atomic():
        thing = Thing(Shape.AGENCY, owner=who.agency)
        log.append(who, Act.ALTER, thing, VI, step="examine", reason=f"reason {n:03}")
with acting(who, Act.ALTER, case.as_thing(), VI, step="examine"):
    told = {"case": case, "owner": account.agency}
    notes = [Note.objects.create(**told, text=f"words of note {n:03}") for n in range(200)]
with guard.system("look, in a test"):
    for opening in LogOpening.objects.filter(reason__startswith="reason"):
        print(opening.reason, opening.officer_salt, opening.reason_salt)
"""
FORGET = """
with transaction.atomic():
    assert log.forget(who, Purpose.DATA_PROTECTION_AUDIT, account=who.id, reason="asked to") > 200
"""
ERASE = """
erase(who, VI, notes[100], "asked to")
"""
LEFT = """
with mock.patch("entente.records.{where}.empty_journal"):
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A desk with one officer, made once."""
    desk = Desk(tmp_path_factory.mktemp("made") / "desk")
    desk.told("init", str(desk.folder))
    desk.end()
    return desk.folder


@pytest.fixture
def desk(made, tmp_path):
    """A desk at work, its journal open, and what its log's openings say."""
    desk = Desk(shutil.copytree(made, tmp_path / "desk"))
    desk.told("log", "key")
    code, said, err = desk.do(SETTING)
    assert code == 0, err
    desk.openings = said.split()
    yield desk
    desk.end()


def files_with(desk: Desk, what: str) -> list[str]:
    return [p.name for p in desk.folder.rglob("*") if p.is_file() and what.encode() in p.read_bytes()]


def do(desk: Desk, what: str) -> None:
    code, _, err = desk.do(what)
    assert code == 0, err


def without(where: str, act: str) -> str:
    """Return the act with the journal left as it is."""
    return LEFT.format(where=where) + "".join(f"    {line}\n" for line in act.strip().splitlines())


def test_the_salts_of_a_forgotten_officer_are_in_no_file(desk):
    salts = [word for word in desk.openings if len(word) == 64]
    assert len(salts) == 400 and all(files_with(desk, salt) for salt in salts[::40])
    do(desk, FORGET)
    assert [salt for salt in salts if files_with(desk, salt)] == []
    assert files_with(desk, "reason 1") == []


def test_an_erased_note_is_in_no_file_and_the_others_stand(desk):
    assert files_with(desk, "words of note 100")
    do(desk, ERASE)
    assert files_with(desk, "words of note 100") == []
    assert files_with(desk, "words of note 101")


@pytest.mark.parametrize(
    ("where", "act", "what"), [("log", FORGET, "reason 100"), ("erasure", ERASE, "note 100")]
)
def test_without_emptying_the_journal_they_would_be_found(desk, where, act, what):
    do(desk, without(where, act))
    assert files_with(desk, what)  # in the journal, or still in the file that the journal replaces
