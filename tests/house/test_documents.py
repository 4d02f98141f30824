"""Documents that cannot rot: links lead somewhere, terms exist, recipes run, every setting is said."""

from __future__ import annotations

import io
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from entente.casework.examine.extractors import NEEDS, ClueExtractor
from entente.casework.match.hashes import TURNS, HashType
from entente.cli import VERBS
from entente.formats import ListFormat
from entente.records import wordfile
from entente.vocabulary.media_hash import HashEntry, RecordRefusal
from tests.conformance.picture_models import conforms
from tests.house import documents as pages
from tests.house.house import PACKAGE, ROOT, documents, files, names_of, short

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*) recipe=(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_SETTING = re.compile(r"\b(?:ENTENTE_[A-Z_]+|DATABASE_URL)\b")
GLOSSARY = ROOT / "GLOSSARY.md"
SECURITY = ROOT / "SECURITY.md"
RUNNING = ROOT / "docs" / "running.md"


def prose(path: Path) -> str:
    """Return a page without its code blocks."""
    return re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def headings(path: Path) -> set[str]:
    """Return the anchors of a page, as its host makes them."""
    found = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in found}


def cells(path: Path) -> list[list[str]]:
    """Return the rows of every table of a page, heads and rules left out."""
    rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    split = [[c.strip() for c in re.split(r"(?<!\\)\|", row.strip("|"))] for row in rows]
    return [row for row in split if not set("".join(row)) <= set("-: ")]


def lost_paths(pattern: str, below: Path) -> list[tuple[str, str]]:
    """Return each path that a page names by ``pattern`` and that is not below the folder."""
    named = [
        (short(p), path) for p in documents() for path in re.findall(pattern, p.read_text(encoding="utf-8"))
    ]
    return [(page, path) for page, path in named if not (below / path).exists()]


@pytest.mark.parametrize("page", documents(), ids=short)
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for target in _LINK.findall(prose(page)):
        if re.match(r"https?://|mailto:", target):
            continue
        where, _, anchor = target.partition("#")
        place = (page.parent / where).resolve() if where else page
        if not place.exists() or (anchor and anchor not in headings(place)):
            lost.append(target)
    assert lost == []


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_the_readme_gives_targets_that_the_makefile_has() -> None:
    targets = set(
        re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    for page in documents():
        text = page.read_text(encoding="utf-8")
        code = [
            *re.findall(r"^```\n.*?^```", text, re.DOTALL | re.MULTILINE),
            *re.findall(r"`make [^`]+`", text),
        ]
        asked = {word for block in code for word in re.findall(r"\bmake ([a-z0-9-]+)", block)}
        assert asked <= targets, (short(page), asked - targets)


def test_every_term_of_the_glossary_leads_to_what_exists() -> None:
    rows = cells(GLOSSARY)[1:]
    assert len(rows) > 40
    assert [row[0].lower() for row in rows] == sorted(row[0].lower() for row in rows), (
        "in the order of the alphabet"
    )
    lost = []
    for term, meaning, _, where in rows:
        path, _, name = where.strip("`").partition(":")
        module = PACKAGE / path
        if not meaning or not module.is_file() or (name and name not in names_of(module)):
            lost.append((term, where))
    assert lost == []


def test_every_property_names_a_module_and_a_test_that_exist() -> None:
    rows = [row for row in cells(SECURITY) if len(row) == 3 and "::" in row[2]]
    assert len(rows) > 30
    lost = []
    for _, module, test in rows:
        path, _, name = test.strip("`").partition("::")
        if (
            not (PACKAGE / module.strip("`")).is_file()
            or not (ROOT / path).is_file()
            or name not in names_of(ROOT / path)
            or not name.startswith("test_")
        ):
            lost.append((module, test))
    assert lost == []


def test_every_test_that_a_document_names_exists() -> None:
    assert lost_paths(r"`(tests/[\w/]+(?:\.py|/))`", ROOT) == []


def test_every_module_that_a_document_names_exists() -> None:
    rooms = "casework|records|evidence|formats|safeguards|vocabulary|web|cli|workers"
    assert lost_paths(rf"`((?!\S*NAME)(?:{rooms})/[\w/]+\.py)`", PACKAGE) == []


@pytest.mark.parametrize("page", pages.PAGES, ids=short)
def test_a_derived_page_is_what_the_code_says_now(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "<!-- derived:" in text
    assert pages.derived(text) == text, f"run `make docs`: {short(page)} is old"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_the_command_line_is_there_and_documented(verb: str) -> None:
    assert (PACKAGE / "cli" / f"{verb}.py").is_file()
    assert f"`entente {verb}`" in RUNNING.read_text(encoding="utf-8")


def test_every_verb_that_a_document_uses_exists() -> None:
    for page in documents():
        used = re.findall(r"(?:`|^)entente ([a-z]+)\b", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(used) <= set(VERBS), short(page)


def test_everything_that_can_be_set_is_documented() -> None:
    places = [
        *files(PACKAGE, ".py"),
        *files(ROOT / "demo", ".py"),
        *files(ROOT / "tests", ".py"),
        ROOT / "conftest.py",
    ]
    asked = {
        name
        for p in places
        if p.name != Path(__file__).name
        for name in _SETTING.findall(p.read_text(encoding="utf-8"))
    }
    documented = {row[0].strip("`") for row in cells(RUNNING)}
    assert asked
    assert asked - documented == set()
    assert {d for d in documented if d.startswith("ENTENTE_")} - asked == set(), (
        "documented, and asked for nowhere"
    )


def test_every_plug_in_has_its_method_or_format_written_down() -> None:
    points = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    text = "".join(p.read_text(encoding="utf-8") for p in documents())
    for group, named in points.items():
        for name in named:
            assert f"`{name}`" in text, (group, name)
    for name in points["entente.hashes"]:
        assert (ROOT / "docs" / "methods" / f"{name}.md").is_file(), name


def test_every_method_says_its_claim_its_source_its_measure_and_its_limits() -> None:
    for page in files(ROOT / "docs" / "methods", ".md"):
        text = page.read_text(encoding="utf-8")
        for part in ("**Claim.**", "ource", "Measured", "how a court may attack it"):
            assert part in text, (short(page), part)


def test_every_decision_says_its_context_its_choice_and_its_cost() -> None:
    found = files(ROOT / "docs" / "decisions", ".md")
    assert [int(p.name[:4]) for p in found] == list(range(1, len(found) + 1))
    for page in found:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.name[:4]} "), short(page)
        for part in ("**Context.**", "**Choice.**", "**Cost.**"):
            assert part in text, (short(page), part)


def recipe(kind: str) -> tuple[Any, str, str]:
    """Run a recipe as it is written; return its object, its entry-point name and its group."""
    blocks = {
        (lang, k): body
        for lang, k, body in _FENCE.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    }
    entry = tomllib.loads(blocks["toml", kind])["project"]["entry-points"]
    ((group, named),) = entry.items()
    ((name, target),) = named.items()
    module = ModuleType("recipe")
    exec(compile(blocks["python", kind], f"CONTRIBUTING.md, {kind}", "exec"), module.__dict__)  # our own page
    return getattr(module, target.split(":")[1])(), name, group


def test_the_recipe_of_a_hash_type_is_a_hash_type() -> None:
    made, name, group = recipe("hashes")
    assert isinstance(made, HashType)
    assert (made.name, group) == (name, "entente.hashes")
    (example,) = made.examples()
    turns, quality = made.of_luma(example.luma)
    assert (turns[0], quality, len(turns)) == (example.hash, example.quality, len(TURNS))
    mirrored, _ = made.of_luma(np.ascontiguousarray(example.luma[:, ::-1]))
    assert made.distance(mirrored[0], turns[5]) == 0


def test_the_recipe_of_an_extractor_is_an_extractor() -> None:
    made, name, group = recipe("extractors")
    assert isinstance(made, ClueExtractor)
    assert (made.name, group) == (name, "entente.extractors")
    assert made.needs <= NEEDS
    for example in made.examples():
        assert [(c.kind, c.value) for c in made.find(example.material)] == list(example.expected)


def test_the_recipe_of_a_picture_model_is_one_and_keeps_to_its_word() -> None:
    made, name, group = recipe("picture_models")
    conforms(made)
    assert (made.name, group) == (name, "entente.picture_models")


def test_the_recipe_of_a_format_is_a_format() -> None:
    made, name, group = recipe("formats")
    assert isinstance(made, ListFormat)
    assert (made.name, group) == (name, "entente.formats")
    for example in made.examples():
        records = list(made.read(io.BytesIO(example.data)))
        assert tuple(r for r in records if isinstance(r, HashEntry)) == example.entries
        assert tuple(r.code for r in records if isinstance(r, RecordRefusal)) == example.refusals


def test_the_recipe_of_a_vocabulary_is_a_vocabulary() -> None:
    blocks = {
        k: body for _, k, body in _FENCE.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    }
    made = wordfile.read(blocks["vocabularies"].encode(), "roofs.toml")
    assert [t.code for t in made.offered()] == ["pantile"]
    assert wordfile.read(wordfile.write(made), "roofs.toml") == made


def test_the_groups_of_the_recipes_are_those_that_are_looked_for() -> None:
    points = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    assert {recipe(kind)[2] for kind in ("hashes", "extractors", "formats")} == set(points)


def test_the_licence_is_the_one_that_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "AGPL-3.0-or-later"
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in text
    assert "Version 3, 19 November 2007" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert project["license"] in (ROOT / "README.md").read_text(encoding="utf-8")
