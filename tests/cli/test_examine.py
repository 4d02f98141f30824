"""`entente examine`: clues as JSON lines, refusals named, three exit codes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from demo.brush import rgb
from demo.camera import PHONE, exif, shoot, write
from demo.rooms import PACKET_CODE, kitchen
from demo.scenes import FIRST, VIEWS

from entente.cli import main
from entente.cli.examine import run
from entente.vocabulary.clue import clue_from_json

ALWAYS = {"barcode", "metadata"}  # what else is found depends on the extra `text`


@pytest.fixture(scope="module")
def kitchen_photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("case") / "IMG_0422.JPG"
    write(path, shoot(kitchen, VIEWS["IMG_0422.JPG"]).picture, exif(PHONE, FIRST))
    return path


def test_it_prints_clue_objects(kitchen_photo, capsys) -> None:
    assert run([str(kitchen_photo), "--json"]) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    clues = [clue for clue in printed if clue["method"] in ALWAYS]
    assert {clue["kind"]: clue["value"] for clue in clues} == {
        "barcode": PACKET_CODE,
        "device": {"make": PHONE.make, "model": PHONE.model, "serial": PHONE.serial},
        "time": "2026-06-06T18:41:07+02:00",
        "utc_offset": 120,
    }
    for clue in clues:
        assert clue["medium"] == str(kitchen_photo)
        assert clue_from_json(clue).as_json() == {
            **clue,
            "region": tuple(clue["region"]) if clue["region"] else None,
        }


def test_a_damaged_file_is_named_and_the_others_are_examined(kitchen_photo, tmp_path, capsys) -> None:
    empty = tmp_path / "IMG_0420.JPG"
    empty.touch()
    assert run([str(empty), str(kitchen_photo), "--json"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["path"] == str(empty)
    assert lines[0]["refused"]["code"] == "empty"
    assert sum(line.get("method") in ALWAYS for line in lines) == 4


def test_clues_of_several_files_have_ids_of_their_own_and_locate_reads_them_all(
    kitchen_photo, tmp_path, capsys
) -> None:
    (tmp_path / "IMG_0420.JPG").touch()
    run([str(kitchen_photo), str(kitchen_photo), str(tmp_path / "IMG_0420.JPG"), "--json"])
    printed = capsys.readouterr().out
    lines = [line for line in map(json.loads, printed.splitlines()) if "id" in line]
    ids = [line["id"] for line in lines]
    assert len(ids) == len(set(ids))
    assert sum(line["method"] in ALWAYS for line in lines) == 8
    clues = tmp_path / "clues.jsonl"
    clues.write_text(printed)
    assert main(["locate", str(clues), "--json"]) == 0  # what was refused is no clue
    assert {c["id"] for c in json.loads(capsys.readouterr().out)["clues"]} <= set(ids)


def test_a_file_without_clues_says_so(tmp_path, capsys) -> None:
    write(tmp_path / "plain.png", np.full((80, 90, 3), rgb("8fa58c"), np.uint8))
    assert run([str(tmp_path)]) == 0
    assert "no clue proposed" in capsys.readouterr().out


def test_wrong_use_is_two(capsys) -> None:
    assert run([]) == 2
    assert "PATH" in capsys.readouterr().err
