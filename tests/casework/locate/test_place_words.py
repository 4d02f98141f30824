"""Every sentence of a refused place, page or home stands in three languages, with the same values."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest
from django.utils.translation import override

import entente
from entente.casework.locate.place_words import OF_PLACES
from entente.casework.locate.refusal import in_words
from entente.casework.locate.service import PlaceRefused
from entente.casework.locate.views.said import said
from entente.vocabulary.clue import SaidInWords

ROOM = Path(entente.__file__).parent / "casework"
FILES = sorted([*(ROOM / "locate" / "service").glob("*.py"), *(ROOM / "crosscheck").rglob("*.py")])


def raised() -> list[str]:
    """The first word of each refusal in the services, as it stands in the source."""
    found = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and name in {"PlaceRefused", "ProposalRefused"}:
                assert isinstance(node.args[0], ast.Constant), (
                    f"{path.name}:{node.lineno}: give values by name"
                )
                found.append(node.args[0].value)
    return found


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_each_sentence_is_there_and_none_is_left_over():
    assert set(raised()) == set(OF_PLACES)


@pytest.mark.parametrize("text", OF_PLACES)
def test_each_language_says_it_with_the_same_values(text):
    french, italian = OF_PLACES[text]
    assert names(text) == names(french) == names(italian)
    assert len({text, french, italian}) == 3


@pytest.mark.parametrize(("language", "word"), [("en", "latitude comes"), ("fr", "d’abord"), ("it", "prima")])
def test_a_page_says_it_in_the_officer_s_language(language, word):
    fault = PlaceRefused("there is no such position on the earth; latitude comes first")
    with override(language):
        assert word in said(fault)
    assert said(ValueError("of another kind")) == "of another kind"


def test_values_stand_in_each():
    fault = SaidInWords("a kept page has {most} MiB at most; keep the part that matters", most=64)
    assert all("64" in in_words(fault, language) for language in ("en", "fr", "it", "de"))
    assert str(fault).startswith("a kept page has 64 MiB")
