"""``entente compare``: one line a file, and exit codes that a script can trust."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from demo.postcards import postcard
from PIL import Image

from entente import plugins
from entente.casework.match.hashes.pdq import PDQ
from entente.cli.compare import format_of, run
from entente.formats import ListFormat
from tests.evidence.drawn import clip


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


@pytest.mark.parametrize("name", sorted(n for n, f in plugins.formats().items() if isinstance(f, ListFormat)))
def test_each_format_is_told_by_its_first_bytes(name: str, tmp_path: Path) -> None:
    for number, example in enumerate(plugins.formats()[name].examples()):
        if not example.data.strip():
            continue
        path = tmp_path / str(number)
        path.write_bytes(example.data)
        assert format_of(path) == name, example.data[:200]


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """A folder of two known pictures and a known film."""
    folder = tmp_path / "held"
    (folder / "deep").mkdir(parents=True)
    for number in (1, 2):
        Image.fromarray(postcard(number)).save(folder / f"{number}.jpg", quality=90)
    clip(folder / "deep" / "film.mp4", seconds=8)
    return folder


def test_a_part_of_a_picture_in_a_held_folder_is_a_scene_with_both_regions(
    held: Path, tmp_path: Path, capsys
) -> None:
    Image.fromarray(postcard(1)[120:, :480]).save(tmp_path / "part.jpg", quality=80)
    assert run([str(tmp_path / "part.jpg"), "--against", str(held), "--json"]) == 0
    (line,) = _lines(capsys)
    assert list(line)[:8] == (
        ["path", "verdict", "list", "entry", "distance", "transform", "because", "segments"]
    )
    assert (line["verdict"], line["list"], line["entry"], line["distance"]) == (
        "scene",
        "held",
        "1.jpg",
        None,
    )
    shown, known = line["why"]["region_query"], line["why"]["region_match"]
    assert known[0] * 720 == pytest.approx(shown[0] * 480, abs=10)
    assert known[1] * 540 == pytest.approx(120 + shown[1] * 420, abs=10)
    assert line["why"]["method"] == "match.scene"


def test_a_film_of_a_held_folder_is_known_by_its_stretch(held: Path, tmp_path: Path, capsys) -> None:
    film = clip(tmp_path / "again.mkv", container="matroska", seconds=8, options={"crf": "32"})
    assert run([str(film), "--against", str(held), "--json"]) == 0
    (line,) = _lines(capsys)
    assert (line["verdict"], line["entry"]) == ("near", "deep/film.mp4")
    (stretch,) = line["segments"]
    assert set(stretch) == {"query_start", "query_end", "match_start", "match_end"}
    assert abs(stretch["match_start"] - stretch["query_start"]) < 0.5
    assert stretch["query_end"] > 5


def test_a_picture_of_a_listed_vpdq_video_is_near_at_its_second(scene: Path, tmp_path: Path, capsys) -> None:
    turns, _ = PDQ.of_luma(PDQ.examples()[0].luma)
    other = np.random.default_rng(1)
    frames = [f"{n},90,{other.bytes(32).hex() if n != 4 else turns[0]},{n:.3f}" for n in range(9)]
    known = tmp_path / "film.txt"
    known.write_text("\n".join(frames) + "\n")
    assert run([str(scene), "--against", str(known), "--json"]) == 0
    (line,) = _lines(capsys)
    assert line["verdict"] == "near" and "at 4.0 s" in line["because"]
    assert line["segments"][0]["match_start"] == 4.0


def test_what_is_harmless_stays_new_and_is_marked(scene: Path, tmp_path: Path, capsys) -> None:
    harmless = tmp_path / "wallpapers.txt"
    harmless.write_text(hashlib.sha1(scene.read_bytes()).hexdigest())
    nothing = tmp_path / "known.txt"
    nothing.write_text("ab" * 16)
    words = [str(scene), "--against", str(nothing), "--harmless", str(harmless)]
    assert run([*words, "--json"]) == 0
    (line,) = _lines(capsys)
    assert (line["verdict"], line["list"], line["harmless"]) == ("new", None, True)
    assert "Known as harmless" in line["because"]


def test_lists_that_disagree_are_said_to(scene: Path, tmp_path: Path, capsys) -> None:
    digest = hashlib.sha1(scene.read_bytes()).hexdigest()
    for name in ("known.txt", "harmless.txt"):
        (tmp_path / name).write_text(digest)
    words = [
        str(scene),
        "--against",
        str(tmp_path / "known.txt"),
        "--harmless",
        str(tmp_path / "harmless.txt"),
    ]
    assert run([*words, "--json"]) == 0
    (line,) = _lines(capsys)
    assert line["verdict"] == "exact" and "harmless" not in line
    assert "it stays known" in line["contradictions"][0]
    assert run(words) == 0
    assert "contradiction: known.txt knows it" in capsys.readouterr().out


def test_a_flat_hash_of_a_list_is_told_and_meets_nothing(tmp_path: Path, capsys) -> None:
    turns, _ = PDQ.of_luma(PDQ.examples()[0].luma)
    known = tmp_path / "known.csv"
    known.write_text(f"pdq\n{'0' * 62}03\n{turns[0]}\n")
    (tmp_path / "media").mkdir()
    Image.fromarray(np.full((64, 64, 3), 9, np.uint8)).save(tmp_path / "media" / "flat.png")
    assert run([str(tmp_path / "media"), "--against", str(known), "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["verdict"] == "new"
    assert "known.csv:2: blank-pdq" in said.err


def test_a_name_cannot_speak_to_the_terminal(scene: Path, tmp_path: Path, capsys) -> None:
    named = scene.rename(scene.with_name("red\x1b[31m\n.png"))
    known = tmp_path / "known.txt"
    known.write_text("ab" * 16)
    assert run([str(named), "--against", str(known)]) == 0
    assert "\x1b" not in capsys.readouterr().out
