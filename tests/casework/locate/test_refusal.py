"""Every refusal of the engine speaks English, French and Italian, and repeats no long value."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tests.casework.locate.clues import clue

from entente.casework import locate
from entente.casework.locate.engine import sift
from entente.casework.locate.likelihood import SILENT
from entente.casework.locate.refusal import ClueRefused, in_words
from entente.casework.locate.refusal_words import FRENCH_AND_ITALIAN
from entente.vocabulary import clue as vocabulary

RAISED = {"ClueRefused": 1, "NotAClue": 0, "ValueError": 0}  # which argument is the text


def raised() -> set[str]:
    """The texts of every refusal in the engine's sources and in the vocabulary of clues."""
    folder = Path(locate.__file__).parent
    files = [*folder.glob("likelihood/*.py"), folder / "engine.py", Path(vocabulary.__file__)]
    found = set(SILENT.values())
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        named = {
            node.targets[0].id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        }
        for call in ast.walk(tree):
            name = getattr(getattr(call, "func", None), "id", "")
            if isinstance(call, ast.Call) and name in RAISED and len(call.args) > RAISED[name]:
                text = call.args[RAISED[name]]
                if isinstance(text, ast.Name):
                    found.add(named[text.id])
                elif isinstance(text, ast.Constant):
                    found.add(text.value)
                else:  # what another refusal or table said, passed on
                    assert ast.unparse(text) in {"str(wrong)", "SILENT[clue.kind]"}, ast.unparse(text)
    return found


def test_each_refusal_is_in_french_and_italian_and_none_is_left_over():
    cli = {"a clue is an object with kind and value"}
    assert raised() | cli == set(FRENCH_AND_ITALIAN)


@pytest.mark.parametrize("text", FRENCH_AND_ITALIAN)
def test_all_three_name_the_same_values(text):
    fields = [
        set(re.findall(r"\{(\w+)(?:![rs])?(?::[^}]*)?\}", t)) for t in (text, *FRENCH_AND_ITALIAN[text])
    ]
    assert fields[0] == fields[1] == fields[2]
    assert len({text, *FRENCH_AND_ITALIAN[text]}) == 3


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "no country has the code 'ZZ'"), ("fr", "aucun pays n’a le code"), ("it", "nessun paese ha il")],
)
def test_a_country_that_does_not_exist_is_refused_in_the_reader_s_language(language, words):
    (why,) = sift([clue("bad", "country", "ZZ")])[1]
    assert why.clue_id == "bad" and words in in_words(why, language) and "ZZ" in in_words(why, language)
    assert str(why).startswith("clue bad: no country")


def test_a_long_value_is_not_repeated_and_braces_in_it_are_no_names():
    (why,) = sift([clue("bad", "socket", "{clue_id}" + "x" * 10_000)])[1]
    assert len(why.reason) < 300 and "{clue_id}" in why.reason
    assert ClueRefused("a", "a position is {lat, lon, radius_m}").reason.endswith("radius_m}")
