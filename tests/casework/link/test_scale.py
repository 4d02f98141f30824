"""The verbal scale is a table with its source; a site's own replaces it, a bad one is refused by name."""

from __future__ import annotations

import json

import pytest

from entente.casework.link import scale
from entente.casework.locate.explain import strength
from entente.cli import main
from entente.web import start
from tests.casework.locate.clues import article

LEVEL = '[[level]]\nfrom = {0}\nen = "{1}"\nfr = "{1} fr"\nit = "{1} it"\n'
HEAD = 'name = "House"\nsource = "our quality manual, page 4"\n'
OURS = HEAD + LEVEL.format(3, "somewhat") + LEVEL.format(1000, "much")


@pytest.fixture
def packaged_again():
    yield
    scale.use(None)


def test_the_packaged_one_is_the_guidelines():
    held = scale.packaged()
    assert "ENFSI" in held.source and held.bounds == (2, 10, 100, 1_000, 10_000, 1_000_000)
    assert {len(w) for w in held.words.values()} == {6} and set(held.words) == {"en", "fr", "it"}
    assert scale.in_force() is held


def test_a_sites_own_replaces_it_whole(packaged_again):
    scale.use(scale.read(OURS, "house.toml"))
    assert [strength(x) for x in (0.3, 0.5, -2.9, 3.0, 9.0)] == [None, "somewhat", "somewhat", "much", "much"]
    assert strength(4.0, "fr") == "much fr"
    scale.use(None)
    assert strength(9.0) == "extremely strongly"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "name and its source"),
        ("{", "no TOML"),
        (HEAD, "level"),
        (HEAD.replace("source", "sauce") + LEVEL.format(2, "a"), "unknown sauce"),
        (HEAD + LEVEL.format(0.5, "a"), "begin at 1"),
        (HEAD + LEVEL.format(10, "a") + LEVEL.format(2, "b"), "rise"),
        (HEAD + LEVEL.format(2, "a") + LEVEL.format(3, "a"), "two levels"),
        (HEAD + LEVEL.format('"two"', "a"), "begins at a number"),
        (HEAD + LEVEL.format("inf", "a"), "begins at a number"),
        (HEAD + LEVEL.format(2, ""), "no word of one line in en"),
        (HEAD + LEVEL.format(2, "a") + 'de = "b"\n', "no more and no less"),
        (HEAD + "".join(LEVEL.format(n + 1, f"w{n}") for n in range(13)), "1 to 12"),
    ],
)
def test_a_bad_table_is_refused_by_its_name_with_the_mend(text, says):
    with pytest.raises(scale.ScaleRefused, match=rf"house\.toml: .*{says}"):
        scale.read(text, "house.toml")


def test_the_command_line_takes_one_and_names_a_bad_one(tmp_path, capsys, monkeypatch, packaged_again):
    clues, own, bad = tmp_path / "c.json", tmp_path / "own.toml", tmp_path / "bad.toml"
    clues.write_text(json.dumps([c.as_json() for c in article()[:3]]))
    own.write_text(OURS)
    bad.write_text(HEAD)
    assert main(["locate", str(clues), "--scale", str(own)]) == 0
    shown = capsys.readouterr().out
    assert "somewhat supports" in shown and "words House" in shown
    assert main(["locate", str(clues), "--scale", str(bad)]) == 2
    assert "bad.toml" in capsys.readouterr().err
    monkeypatch.setenv("ENTENTE_VERBAL_SCALE", str(tmp_path / "absent.toml"))
    assert main(["locate", str(clues)]) == 2


def test_a_desk_does_not_start_with_a_bad_one(tmp_path, monkeypatch, packaged_again):
    bad = tmp_path / "bad.toml"
    bad.write_text(HEAD)
    monkeypatch.setenv("ENTENTE_VERBAL_SCALE", str(bad))
    with pytest.raises(start.NoDesk, match=r"ENTENTE_VERBAL_SCALE: .*bad\.toml"):
        start.speak_as_the_site()
    bad.write_text(OURS)
    start.speak_as_the_site()
    assert scale.in_force().name == "House"


def test_tables_of_another_version_are_refused_and_those_in_use_named(tmp_path, capsys):
    clues = tmp_path / "c.json"
    clues.write_text(json.dumps([c.as_json() for c in article()[:2]]))
    assert main(["locate", str(clues), "--json"]) == 0
    version = json.loads(capsys.readouterr().out)["tables_version"]
    assert main(["locate", str(clues), "--json", "--tables", version]) == 0
    capsys.readouterr()
    assert main(["locate", str(clues), "--tables", "tables-1 world-0"]) == 2
    said = capsys.readouterr().err
    assert version in said and "tables-1 world-0" in said
