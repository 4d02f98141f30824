"""``entente compare``: one line a file, and exit codes that a script can trust."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from entente.casework.match.hashes.pdq import PDQ
from entente.cli.compare import run


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """A drawn scene as PNG, in a folder of its own."""
    folder = tmp_path / "media"
    folder.mkdir()
    luma = PDQ.examples()[0].luma
    Image.fromarray(np.dstack([luma] * 3)).save(folder / "scene.png")
    return folder / "scene.png"


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_listed_file_is_exact_and_names_list_and_entry(scene: Path, tmp_path: Path, capsys) -> None:
    known = tmp_path / "known.txt"
    known.write_text("# ours\n" + hashlib.sha1(scene.read_bytes()).hexdigest() + "\n")
    assert run([str(scene.parent), "--against", str(known), "--json"]) == 0
    (line,) = _lines(capsys)
    assert (line["verdict"], line["list"], line["entry"]) == ("exact", "known.txt", "2")
    assert line["because"] == "Same SHA-1 as entry 2 of list known.txt"
    assert {"path", "distance", "transform", "segments"} <= set(line)


def test_a_mirrored_file_is_near_and_names_its_turn(scene: Path, tmp_path: Path, capsys) -> None:
    turned = PDQ.of_luma(PDQ.examples()[0].luma[:, ::-1])[0][0]
    known = tmp_path / "known.csv"
    known.write_text(f"pdq\n{turned}\n")
    assert run([str(scene), "--against", str(known), "--json"]) == 0
    (line,) = _lines(capsys)
    assert (line["verdict"], line["transform"]) == ("near", "mirror-y")
    assert line["distance"] <= 10


def test_an_unlisted_file_is_new_and_a_refused_record_is_said(scene: Path, tmp_path: Path, capsys) -> None:
    known = tmp_path / "known.txt"
    known.write_text("ab" * 16 + "\nnothing\n")
    assert run([str(scene), "--against", str(known)]) == 1
    said = capsys.readouterr()
    assert ": new: No equal hash" in said.out
    assert "known.txt:2: no-hash" in said.err


def test_a_file_that_cannot_be_opened_is_refused_and_the_others_are_compared(
    scene: Path, tmp_path: Path, capsys
) -> None:
    (scene.parent / "a.jpg").write_text("this is no picture")
    known = tmp_path / "known.txt"
    known.write_text("ab" * 16)
    assert run([str(scene.parent), "--against", str(known), "--json"]) == 1
    first, second = _lines(capsys)
    assert set(first) == {"path", "refused"}
    assert second["verdict"] == "new"


def test_a_damaged_file_is_still_known_by_its_digest(tmp_path: Path, capsys) -> None:
    (tmp_path / "a.jpg").write_text("this is no picture")
    known = tmp_path / "known.txt"
    known.write_text(hashlib.md5(b"this is no picture").hexdigest())
    assert run([str(tmp_path / "a.jpg"), "--against", str(known), "--json"]) == 1
    (line,) = _lines(capsys)
    assert (line["verdict"], line["entry"]) == ("exact", "1")
    assert "refused" in line


def test_two_lists_of_different_shapes_are_read_by_their_first_bytes(
    scene: Path, tmp_path: Path, capsys
) -> None:
    md5 = hashlib.md5(scene.read_bytes()).hexdigest()
    vics = tmp_path / "set.json"
    context = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media"
    vics.write_text(json.dumps({"@odata.context": context, "value": [{"MD5": md5.upper()}]}))
    icse = tmp_path / "icse.csv"
    icse.write_text(f"MD5;SHA1;PhotoDNA;Image ID\n{md5};;;9\n")
    assert run([str(scene), "--against", str(vics), str(icse), "--json"]) == 0
    (line,) = _lines(capsys)
    assert [line["list"], line["others"][0]["list"]] == ["set.json", "icse.csv"]


@pytest.mark.parametrize("words", [[], ["x.png"], ["x.png", "--against", "no-such-list"]])
def test_wrong_use_is_2(words: list[str]) -> None:
    assert run(words) == 2


def test_a_list_of_64_digits_without_kind_is_wrong_use_and_says_the_mend(
    scene: Path, tmp_path: Path, capsys
) -> None:
    known = tmp_path / "known.txt"
    known.write_text("1f" * 32)
    assert run([str(scene), "--against", str(known)]) == 2
    assert "name the kind" in capsys.readouterr().err
    assert run([str(scene), "--against", str(known), "--kind", "pdq"]) == 0
