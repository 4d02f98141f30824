"""``entente export``: counts, what was left out, exit codes, and a file that is never overwritten."""

import io
import json

import pikepdf
import pytest

from entente.cli import main
from entente.formats import ReadOptions
from entente.formats.vics import VICS
from entente.records import guard
from entente.records.models import Disclosure, Media
from entente.vocabulary.handling import Purpose
from tests.casework.inform.test_service import at_work, issued, socket  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(at_work, evidence_desk, monkeypatch):  # noqa: F811
    """The test's desk as a folder that the command line opens."""
    (evidence_desk / "keys" / "secret").write_text("for the tests")
    monkeypatch.setenv("ENTENTE_DESK", str(evidence_desk))
    # the tests' database lies in memory and promises nothing; tests/faults/test_start.py sees it refused
    monkeypatch.setattr("entente.records.durable.demand_durable", lambda: None)
    return evidence_desk


def export(desk, *more, to="FR", out="out.json", officer="IT-1001", case="IT-2026-001"):
    words = ["export", case, "--to", to, "--out", str(desk / out), "--as", officer, "--desk", str(desk)]
    return main([*words, "--json", *more])


def test_it_writes_vics_that_reads_back(circle, desk, capsys):
    assert export(desk) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["items"], report["to"], report["left_out"]) == (2, "FR", [])
    back = list(VICS.read(io.BytesIO((desk / "out.json").read_bytes()), ReadOptions(profile="Default")))
    assert len(back) == 2


def test_what_was_left_out_is_told_and_the_exit_code_says_so(circle, desk, capsys, at_work):  # noqa: F811
    with guard.system("the test makes one Denmark's"):
        media = Media.objects.filter(case=at_work).first()
        Media.objects.filter(pk=media.pk).update(owner=circle.agencies.dk)
    assert export(desk) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["items"] == 1
    assert report["left_out"] == ["1 item was left out. An originator has not released it to that agency."]


def test_it_overwrites_nothing_and_leaves_no_half_file(desk, capsys):
    (desk / "out.json").write_text("mine")
    assert export(desk) == 2
    assert (desk / "out.json").read_text() == "mine"
    assert export(desk, out="new.json", to="XX") == 2
    assert export(desk, out="new.json", case="IT-0") == 2
    assert export(desk, out="new.json", officer="DK-1001") == 2
    assert export(desk, "--format", "pdf", out="new.json") == 2
    assert export(desk, out="new.json", to="IT") == 2
    assert not (desk / "new.json").exists()
    assert "already at this agency" in capsys.readouterr().err


def test_it_writes_the_recipients_version_of_the_latest_product(circle, desk, capsys, at_work):  # noqa: F811
    assert export(desk, "--format", "product", out="p.pdf") == 2
    assert "issue one first" in capsys.readouterr().err
    socket(circle, at_work)
    issued(circle, at_work)
    assert export(desk, "--format", "product", out="p.pdf") == 0
    with pikepdf.open(desk / "p.pdf") as pdf:
        assert "facts.json" in pdf.attachments
    with guard.scope(circle.officer(circle.it), Purpose.VICTIM_IDENTIFICATION):
        assert Disclosure.objects.get().to == circle.agencies.fr


def machines(desk, *words, officer="IT-1001"):
    return main(["machines", *words, "--as", officer, "--desk", str(desk), "--json"])


def test_a_case_is_opened_for_machines_closed_again_and_a_token_is_shown_once(circle, desk, capsys):
    assert export(desk, "--format", "stix") == 0
    assert json.loads((desk / "out.json").read_text())["type"] == "bundle"
    capsys.readouterr()
    assert machines(desk, "open", "IT-2026-001", "--to", "FR") == 0
    assert json.loads(capsys.readouterr().out)["to"] == "FR"
    assert machines(desk, "open", "IT-2026-001", "--to", "FR") == 2
    assert machines(desk, "close", "IT-2026-001", "--to", "FR") == 0
    assert json.loads(capsys.readouterr().out)["closed"] == 1
    assert machines(desk, "token", "IT-1001", "--days", "30") == 0
    assert len(json.loads(capsys.readouterr().out)["token"]) > 40
    assert machines(desk, "token", "FR-1001") == 2  # of another agency
    assert machines(desk, "token", "IT-1001", officer="IT-9001") == 2  # an administrator makes none
    assert machines(desk, "token", "IT-1001", "--days", "999999999") == 2
    assert machines(desk, "end-tokens", "IT-1001", officer="IT-9001") == 0
    assert json.loads(capsys.readouterr().out) == {"ended": 1}
