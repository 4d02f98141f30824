"""``entente reproduce`` and ``entente export --format court``: what is printed, and the exit codes."""

import json

import pytest

from entente.cli import main
from tests.casework.seize.test_court import program_of, ready, verify  # noqa: F401 - a fixture
from tests.casework.seize.test_custody import change, cut, phone, second  # noqa: F401 - fixtures
from tests.casework.seize.test_service import it, item  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(evidence_desk, monkeypatch):
    """The test's desk as a folder that the command line opens."""
    (evidence_desk / "keys" / "secret").write_text("for the tests")
    monkeypatch.setenv("ENTENTE_DESK", str(evidence_desk))
    # the database of these tests lives in memory; what a real one must promise is tried in tests/faults
    monkeypatch.setattr("entente.records.durable.demand_durable", lambda: None)
    return evidence_desk


def run(*words, officer="IT-1001"):
    return main([*words, "--as", officer])


def test_it_prints_one_line_a_derivation_and_says_same(desk, ready, capsys):  # noqa: F811
    assert run("reproduce", "E1") == 0
    out = capsys.readouterr().out
    assert out.count("same  ") >= 4
    assert "differs" not in out
    assert run("reproduce", "#1", "--case", "IT-2026-001", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == {"same": 5}
    assert {d["what"] for d in told["derivations"]} == {"hashes", "crop", "clues", "scene features"}


def test_what_differs_and_what_cannot_be_made_end_with_1(desk, cut, capsys):  # noqa: F811
    change(cut, parameters={**cut.parameters, "region": [0.0, 0.0, 0.5, 0.5]})
    assert run("reproduce", "#1") == 1
    assert "differs" in capsys.readouterr().out
    change(cut, version={**cut.version, "pillow": "1.0"})
    assert run("reproduce", "#1") == 1
    assert "pillow was 1.0" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [("E9",), ("#9",), ("E1", "--case", "none"), ("E1", "--purpose", "curiosity")]
)
def test_wrong_use_ends_with_2(desk, ready, words, capsys):  # noqa: F811
    assert run("reproduce", *words) == 2
    assert capsys.readouterr().err.startswith("entente reproduce:")


def test_another_agency_cannot_make_it_again(desk, ready, capsys):  # noqa: F811
    assert run("reproduce", "E1", officer="FR-1001") == 2
    assert "no exhibit or item" in capsys.readouterr().err


def test_two_people_write_a_bundle_for_a_court(desk, ready, capsys, tmp_path):  # noqa: F811
    court = ("export", "IT-2026-001", "--format", "court", "--to", "EU")
    assert run(*court, "--ask", "--exhibit", "E9") == 2
    assert run(*court) == 2
    assert run(*court, "--ask", "--exhibit", "E1", "--json") == 0
    asked = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (asked["state"], asked["originals"]) == ("asked", 1)
    out = tmp_path / "court.zip"
    assert run(*court, "--out", str(out)) == 2
    assert not out.exists()
    confirm = (*court, "--confirm", asked["request"])
    assert run(*confirm, officer="IT-1002") == 2
    assert "say so with --count 1" in capsys.readouterr().err
    assert run(*confirm, "--count", "1") == 2
    assert run(*confirm, "--count", "1", officer="IT-1002") == 0
    capsys.readouterr()
    assert run(*court, "--out", str(out), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    code, said = verify(program_of(out, tmp_path), out, "--key", told["key"])
    assert code == 0, said
    assert run(*court, "--out", str(tmp_path / "twice.zip")) == 2
