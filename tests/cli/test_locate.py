"""``entente locate``: shapes, exit codes, refusals by index."""

from __future__ import annotations

import io
import json
import time

import pytest

from entente.cli import main

CLUES = [
    {"id": "a", "kind": "language", "value": {"it": 0.9}, "reliability": 0.9},
    {"id": "b", "kind": "socket", "value": "L", "reliability": 0.93},
]


def test_it_prints_one_object_of_the_design(tmp_path, capsys):
    (tmp_path / "c.json").write_text(json.dumps(CLUES))
    assert main(["locate", str(tmp_path / "c.json"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {
        "countries",
        "regions",
        "area50_km2",
        "area90_km2",
        "cells50",
        "clues",
        "contradictions",
        "next_questions",
        "engine_version",
        "tables_version",
    }
    assert found["countries"][0]["code"] == "IT"
    assert set(found["clues"][0]) == {"id", "log10_bf", "p_misleading", "without"}


def test_it_reads_json_lines_from_standard_input(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(json.dumps(c) for c in CLUES)))
    assert main(["locate", "-"]) == 0
    shown = capsys.readouterr().out
    assert "Italy" in shown and "supports" in shown and "km²" in shown


def test_it_refuses_a_bad_clue_by_its_index_and_weighs_the_others(tmp_path, capsys):
    bad = [
        CLUES[0],
        {"kind": "socket", "value": 7},
        "text",
        {"kind": "bogus", "value": 1},
        {"kind": "gps"},
        CLUES[1],
    ]
    (tmp_path / "c.json").write_text(json.dumps(bad))
    assert main(["locate", str(tmp_path / "c.json"), "--json"]) == 1
    said = capsys.readouterr()
    assert [f"clue number {i} refused" in said.err for i in range(6)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    assert json.loads(said.out)["countries"][0]["code"] == "IT"


def test_it_draws_the_map(tmp_path, capsys):
    (tmp_path / "c.json").write_text(json.dumps(CLUES))
    assert main(["locate", str(tmp_path / "c.json"), "--map", str(tmp_path / "m.svg")]) == 0
    assert (tmp_path / "m.svg").read_text().startswith("<svg")


def test_wrong_use_is_2(tmp_path, capsys):
    (tmp_path / "c.json").write_text("{not json")
    assert main(["locate", str(tmp_path / "c.json")]) == 2
    assert main(["locate", str(tmp_path / "absent.json")]) == 2
    assert main(["locate"]) == 2
    assert "line 1" in capsys.readouterr().err


def test_an_empty_list_gives_the_prior(tmp_path, capsys):
    (tmp_path / "c.json").write_text("[]")
    assert main(["locate", str(tmp_path / "c.json"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["area90_km2"] > 1e7


def test_ten_thousand_clues_are_refused_at_once_with_the_limit(tmp_path, capsys):
    many = [{"kind": "phone_number", "value": f"+39 0171 {i:06d}"} for i in range(10_000)]
    (tmp_path / "c.json").write_text(json.dumps(many))
    start = time.perf_counter()
    assert main(["locate", str(tmp_path / "c.json")]) == 2
    assert time.perf_counter() - start < 10  # 1 s on an idle core; minutes where each is tried
    said = capsys.readouterr()
    assert "10000 different clues: keep the 100 best" in said.err and not said.out


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ("indice numéro 1 refusé", "aucun pays n’a le code 'ZZ'", "genre d’indice inconnu")),
        (
            "it",
            ("indizio numero 1 rifiutato", "nessun paese ha il codice 'ZZ'", "tipo di indizio sconosciuto"),
        ),
    ],
)
def test_refusals_are_in_the_language_of_the_sentences(tmp_path, capsys, language, words):
    bad = [CLUES[0], {"kind": "country", "value": "ZZ"}, {"kind": "bogus", "value": 1}]
    (tmp_path / "c.json").write_text(json.dumps(bad))
    assert main(["locate", str(tmp_path / "c.json"), "--language", language]) == 1
    said = capsys.readouterr().err
    assert all(word in said for word in words), said
    assert main(["locate", str(tmp_path / "c.json"), "--language", language, "--tables", "tables-0"]) == 2
    assert "tables-0" in (said := capsys.readouterr().err) and "install the version" not in said
