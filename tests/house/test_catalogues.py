"""The desk speaks French and Italian whole: no entry untranslated, none guessed, no page left out."""

from __future__ import annotations

import ast
import gettext
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.house.house import PACKAGE, files, modules, short, tree

LANGUAGES = ("fr", "it")
LOCALE = PACKAGE / "web" / "locale"
_PLACE = re.compile(r"%\(\w+\)s|%[a-z]\b|\{\w*\}")
_TAG = re.compile(r"{%-?\s*(?:trans|translate)\s+(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')")
_CALLS = {"_", "gettext", "gettext_lazy", "pgettext", "ngettext", "ngettext_lazy"}


@dataclass
class Entry:
    """One entry of a catalogue: what is said, how it is said in the other language, and its flags."""

    flags: set[str] = field(default_factory=set)
    said: str = ""
    plural: str = ""
    translated: list[str] = field(default_factory=list)


def catalogue(language: str) -> list[Entry]:
    """Read a catalogue; it fails where there is none."""
    path = LOCALE / language / "LC_MESSAGES" / "django.po"
    assert path.is_file(), f"{short(path)} is missing: run `make messages` and translate it"
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> list[Entry]:
    """Read the entries of a catalogue in the form of GNU gettext, the header and obsolete ones left out."""
    entries = []
    for block in re.split(r"\n\s*\n", text):
        entry, part = Entry(), ""
        for line in block.splitlines():
            if line.startswith("#,"):
                entry.flags |= {f.strip() for f in line[2:].split(",")}
            keyword = re.match(r"(msgid_plural|msgid|msgstr(?:\[\d+\])?|msgctxt)\s+(\".*\")", line)
            if keyword:
                part, value = keyword.group(1), ast.literal_eval(keyword.group(2))
            elif line.startswith('"'):
                value = ast.literal_eval(line)
            else:
                continue
            _add(entry, part, value, begins=bool(keyword))
        if entry.said:
            entries.append(entry)
    return entries


def _add(entry: Entry, part: str, value: str, *, begins: bool) -> None:
    if part == "msgid":
        entry.said += value
    elif part == "msgid_plural":
        entry.plural += value
    elif part.startswith("msgstr"):
        if begins:
            entry.translated.append("")
        entry.translated[-1] += value


def places_kept(entry: Entry) -> bool:
    """Whether every translation has the places of its text; a singular may leave the number out."""
    wanted = set(_PLACE.findall(entry.said)) | set(_PLACE.findall(entry.plural))
    given = [set(_PLACE.findall(text)) for text in entry.translated]
    return all(g <= wanted if entry.plural else g == wanted for g in given)


def texts_of_pages() -> set[str]:
    """Return every plain text that a template or a module asks to be translated."""
    found = set()
    for path in files(PACKAGE, ".html"):
        found |= {ast.literal_eval(t) for t in _TAG.findall(path.read_text(encoding="utf-8"))}
    for path in modules():
        for node in ast.walk(tree(path)):
            called = node.func if isinstance(node, ast.Call) else None
            name = called.id if isinstance(called, ast.Name) else ""
            if (
                name in _CALLS
                and isinstance(node, ast.Call)
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(str(node.args[0].value))
    return found


def test_the_reader_of_catalogues_sees_what_it_must() -> None:
    guessed, empty = '#, fuzzy\nmsgid "a"\nmsgstr "b"\n', 'msgid ""\n"long "\n"text"\nmsgstr ""\n'
    text = "\n".join((guessed, empty, '#~ msgid "old"\n#~ msgstr ""\n'))
    first, second = parse(text)
    assert "fuzzy" in first.flags
    assert (second.said, second.translated) == ("long text", [""])


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_entry_is_untranslated_or_guessed(language: str) -> None:
    entries = catalogue(language)
    assert len(entries) > 100
    assert [e.said for e in entries if "fuzzy" in e.flags] == []
    assert [e.said for e in entries if not e.translated or not all(t.strip() for t in e.translated)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_the_places_where_values_go(language: str) -> None:
    assert [e.said for e in catalogue(language) if not places_kept(e)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_a_page_is_in_the_catalogue(language: str) -> None:
    held = {e.said.replace("%%", "%") for e in catalogue(language)}  # in templates Django doubles it
    assert sorted(texts_of_pages() - held) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_says_the_same(language: str) -> None:
    path: Path = LOCALE / language / "LC_MESSAGES" / "django.mo"
    assert path.is_file(), f"{short(path)} is missing: run `make messages`"
    with path.open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    plain = [e for e in catalogue(language) if not e.plural]
    assert [e.said for e in plain if compiled.gettext(e.said) != e.translated[0]] == []
