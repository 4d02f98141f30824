"""What is found in lines of writing: phone numbers, towns, languages."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from entente.casework.examine.extractors import Material, Written, missing_of
from entente.casework.examine.extractors.language import LanguageExtractor
from entente.casework.examine.extractors.phone_number import PhoneNumberExtractor, numbers_in
from entente.casework.examine.extractors.run import found_in
from entente.casework.examine.extractors.toponym import ToponymExtractor, places_in
from entente.casework.examine.gazetteer import gazetteer, plain
from entente.casework.locate.likelihood import likelihood
from entente.casework.locate.world import world
from entente.vocabulary.clue import Clue, ClueGroup, ClueKind, clue_from_json

needs_phonenumbers = pytest.mark.skipif(
    not find_spec("phonenumbers"), reason="the extra `text` is not installed"
)
needs_lingua = pytest.mark.skipif(not find_spec("lingua"), reason="the extra `text` is not installed")


def lines(*strings: str) -> Material:
    return Material("m", texts=tuple(Written(s, "Latn", (0.1, 0.2, 0.3, 0.1), 4.0) for s in strings))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Tel.0171692345", ["0171692345"]),
        ("Telefono: (0171) 69-23-45", ["(0171) 69-23-45"]),
        ("Τηλ. 2310 227777", ["2310 227777"]),
        ("+39 0171 692345 / +39 0171 692346", ["+39 0171 692345", "+39 0171 692346"]),
        ("0039 0171 692345", ["0039 0171 692345"]),
        ("08.00-12.30 15.00-19.30", []),
        ("06.06.2026", []),
        ("P.IVA 01234567890", []),
        ("8004120650420", []),
        ("", []),
    ],
)
def test_only_what_is_announced_or_international_is_a_number(text: str, numbers: list[str]) -> None:
    assert numbers_in(text) == numbers


@needs_phonenumbers
def test_a_number_that_is_valid_nowhere_is_left_out() -> None:
    assert PhoneNumberExtractor().find(lines("+999 123 456 789", "Tel. 00000000")) == []


@needs_phonenumbers
def test_a_number_says_where_it_stands_and_is_said_once() -> None:
    (clue,) = PhoneNumberExtractor().find(lines("Tel. 0171 692345", "Tel. 0171 692345"))
    assert (clue.value, clue.region, clue.start) == ("0171 692345", (0.1, 0.2, 0.3, 0.1), 4.0)
    assert "countries" in clue.because


def test_what_is_proposed_is_what_locate_can_weigh() -> None:
    """One table and one folding; were they two, locate would refuse what is proposed."""
    for name in ("Fossano", "Αθήνα", "São Paulo", "Saint-Étienne", "Москва", "L'Aquila"):
        for said, people in places_in(name):
            assert people == max(round(float(gazetteer().people[r])) for r in gazetteer().rows(plain(said)))
            assert likelihood(
                clue_from_json({"id": "t", "kind": "toponym", "value": said}), world()
            ).values.any()
        assert places_in(name)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Comune di Fossano", ["Fossano"]),
        ("FOSSANO (CN)", ["FOSSANO"]),
        ("San Francisco Giants", ["San Francisco"]),
        ("Mercato Centro Bar", []),  # each is a town somewhere
        ("pane fresco", []),
        ("Bra", []),  # too short to be told from a word
        ("", []),
    ],
)
def test_a_town_is_a_capitalised_name_that_is_no_everyday_word(text: str, found: list[str]) -> None:
    assert [name for name, _ in places_in(text)] == found


def test_a_town_is_said_once_however_it_is_written() -> None:
    assert [c.value for c in ToponymExtractor().find(lines("Fossano", "FOSSANO"))] == ["Fossano"]


@needs_lingua
def test_a_language_is_a_whole_vector_and_never_certain() -> None:
    (clue,) = LanguageExtractor().find(lines("Farmacia comunale, chiuso il lunedì"))
    assert next(iter(clue.value)) == "it" and len(clue.value) > 1
    assert max(clue.value.values()) <= 0.97
    assert sum(clue.value.values()) == pytest.approx(1, abs=0.05)


def test_of_a_few_letters_no_language_is_said() -> None:
    assert LanguageExtractor().find(lines("Pane", "Uscita", "1234 5678 9012 3456")) == []


class Reader:
    """Reads one line, as the extractor of writing would."""

    name, version, needs = "reader", "1", frozenset({"metadata"})

    def find(self, material: Material) -> list[Clue]:
        value = {"string": "Comune di Fossano", "script": "Latn"}
        return [Clue("", ClueKind.TEXT, value, ClueGroup.OBJECTS, "", "m", "read", "reader", "1")]


def test_what_reads_text_comes_after_whatever_found_it() -> None:
    answer = found_in(Material("m", {"make": "x"}), [ToponymExtractor(), Reader()])
    assert [(c["kind"], c["method"]) for c in answer["clues"]] == [("text", "reader"), ("toponym", "toponym")]
    assert answer["refused"] == []


def test_an_extractor_that_lacks_a_package_is_passed_over() -> None:
    absent = Reader()
    absent.missing = "install it"
    assert missing_of(absent) == "install it"
    assert found_in(Material("m", {"make": "x"}), [absent]) == {"clues": [], "refused": []}
