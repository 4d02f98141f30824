"""`entente hash`: a contract for machines, a safe line for people."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from entente.cli import main
from tests.evidence.drawn import clip, encoded, scene


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.png").write_bytes(encoded(scene(), "PNG"))
    (tmp_path / "in" / "deep" / "b.txt").write_bytes(b"not media")
    clip(tmp_path / "in" / "deep" / "c.mp4", seconds=3)
    return tmp_path / "in"


def test_json_lines_are_what_the_contract_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hash", str(folder), "--json"]) == 1
    picture, refused, film = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert list(picture) == (
        ["path", "kind", "bytes", "md5", "sha1", "sha256", "pdq", "pdq_quality", "width", "height", "frames"]
    )
    data = (folder / "a.png").read_bytes()
    assert picture["path"] == str(folder / "a.png")
    assert (picture["kind"], picture["bytes"], picture["frames"]) == ("picture", len(data), [])
    assert picture["sha256"] == hashlib.sha256(data).hexdigest()
    assert len(picture["pdq"]) == 64 and (picture["width"], picture["height"]) == (320, 240)
    assert refused["refused"]["code"] == "not-media" and refused["refused"]["reason"]
    assert refused["sha256"] == hashlib.sha256(b"not media").hexdigest() and "pdq" not in refused
    assert film["kind"] == "video" and film["pdq"] is None
    assert [set(f) for f in film["frames"]] == [{"t", "pdq", "quality"}] * len(film["frames"]) and film[
        "frames"
    ]


def test_other_profiles_and_the_stored_pixels_are_told_besides_where_they_differ(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "turned.jpg").write_bytes(encoded(scene(1300, 1700), "JPEG", exif=exif))
    assert main(["hash", str(tmp_path), "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert set(whole["pdq_profiles"]) == {"thumb512", "nearest512"} and whole["pdq_raw"] != whole["pdq"]
    assert "rough" not in whole
    assert main(["hash", str(tmp_path), "--json", "--first-pass"]) == 0
    rough = json.loads(capsys.readouterr().out)
    assert rough["rough"] is True and "pdq_profiles" not in rough
    assert (int(rough["pdq"], 16) ^ int(whole["pdq"], 16)).bit_count() <= 4
    assert main(["hash", str(tmp_path), "--first-pass"]) == 0
    assert "rough: of a smaller copy" in capsys.readouterr().out


def test_exit_codes_tell_done_refusals_and_wrong_use(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hash", str(folder / "a.png")]) == 0
    assert main(["hash", str(folder / "nowhere.png")]) == 1
    assert main(["hash"]) == 2
    assert main(["hash", "--nonsense", str(folder)]) == 2
    assert main(["hash", "--help"]) == 0
    capsys.readouterr()


def test_a_name_cannot_speak_to_the_terminal_or_break_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["red\x1b[31m\n.png", os.fsdecode(b"\xff\xfe.png"), "комната.png"]
    for name in names:
        (tmp_path / name).write_bytes(encoded(scene(), "PNG"))
    assert main(["hash", str(tmp_path), "--json"]) == 0
    out = capsys.readouterr().out
    assert out.isascii() and {json.loads(line)["path"] for line in out.splitlines()} == {
        str(tmp_path / name) for name in names
    }
    assert main(["hash", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "комната.png" in out


def test_no_desk_is_needed(folder: Path) -> None:
    code = (
        "import sys; from entente.cli import main; main(['hash', sys.argv[1]]); "
        "raise SystemExit('django' in ' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_reader_that_leaves_early_is_no_error(folder: Path) -> None:
    command = f"{sys.executable} -m entente.cli hash --json {folder} | head -c 10"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
