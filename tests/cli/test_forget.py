"""A data protection officer takes a person who left out of the log, which goes on proving itself."""

from __future__ import annotations

import json

import pytest

from entente.cli import log as command
from entente.records import guard, log
from entente.records.models import LogEntry


@pytest.fixture
def desk(monkeypatch, case):
    """The desk is open already; the command acts on it."""
    monkeypatch.setattr(command.start, "open_desk", lambda _: None)
    monkeypatch.setattr(command.start, "folder_of", lambda _: None)


def forget(number, *, by="IT-9002", reason="left the agency"):
    return command.run(["forget", number, "--as", by, "--reason", reason, "--json"])


def test_a_closed_account_is_named_no_more_and_the_log_proves_itself(desk, circle, capsys):
    circle.it.is_active = False
    circle.it.save()
    assert forget("IT-1001") == 0
    assert json.loads(capsys.readouterr().out)["forgotten"] >= 1
    with guard.system("test"):
        assert not LogEntry.objects.filter(account=circle.it.pk).exists()
    assert log.verify().faults == ()


@pytest.mark.parametrize(
    ("number", "by", "reason", "says"),
    [
        ("IT-1001", "IT-9002", "left", "close it first"),
        ("DK-1001", "IT-9002", "left", "of your agency"),
        ("IT-1001", "IT-1002", "left", "data-protection-audit"),
        ("IT-1001", "IT-9002", " ", "--reason"),
    ],
)
def test_who_may_not_or_says_too_little_forgets_nobody(desk, circle, capsys, number, by, reason, says):
    entries = log.size()
    assert forget(number, by=by, reason=reason) == 2
    assert says in capsys.readouterr().err
    with guard.system("test"):
        assert LogEntry.objects.filter(account=circle.it.pk).exists()
    assert log.size() - entries <= 1  # the denial
