"""Vocabularies: files read strictly, versions that keep what was recorded, acts of an administrator."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.casework.examine.values import HINTS
from entente.records import guard, vocabularies, wordfile
from entente.records.models import LogEntry, VocabularyVersion
from entente.records.vocabularies import NotTaken
from entente.records.wordfile import WordsRefused
from entente.vocabulary.agency import Strength
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Audience, HandlingCode, InformationGrade, Purpose, SourceGrade
from entente.vocabulary.terms import LANGUAGES, Term, TermRefused, Word, numbers

VI = Purpose.VICTIM_IDENTIFICATION
HEAD = """name = "things"
version = "1"
date = 2026-11-29
title = { en = "Things", fr = "Choses", it = "Cose" }
source = "a test"
licence = "CC0-1.0"
"""
ENTRY = """
[[entry]]
code = "lamp"
labels = { en = "lamp", fr = "lampe", it = "lampada" }
"""
BOTH = HEAD + ENTRY


def logged() -> list[str]:
    with guard.system("read the log in a test"):
        return [e.verb for e in LogEntry.objects.filter(step="vocabularies").order_by("seq")]


def said(en: str) -> dict[str, str]:
    return {"en": en, "fr": f"{en} fr", "it": f"{en} it"}


# --- the files that come with the program ------------------------------------------------------------------


def test_the_programs_own_codes_are_all_worded_in_three_languages():
    held = wordfile.shipped()
    codes = {name: {t.code for t in one.terms} for name, one in held.items()}
    assert codes["clue_kinds"] == {str(k) for k in ClueKind} == {str(k) for k in HINTS}
    assert codes["sockets"] == set("ABCDEFGHIJKLMNO")
    assert codes["evaluation_source"] == {str(g) for g in SourceGrade}
    assert codes["evaluation_information"] == {str(g) for g in InformationGrade}
    assert codes["handling_codes"] == {str(c) for c in HandlingCode}
    assert codes["audiences"] == {a.removeprefix("TLP:").replace("+", "-") for a in Audience}
    for one in held.values():
        for term in one.terms:
            assert one.verbatim or all(term.labels[language] for language in LANGUAGES)
    for kind, hint in HINTS.items():
        assert held["clue_kinds"].term(kind).hint("en") == hint
    assert len(held["objects"].terms) > 60


def test_the_same_number_means_opposite_things_in_two_schemes_and_neither_is_taken_for_the_other():
    us, dhs = (wordfile.shipped()[n] for n in ("categories_us_2_0", "categories_dhs_old"))
    assert us.label("0") == "Non-Pertinent" and dhs.label("0") == "Uncategorized"
    assert us.scheme != dhs.scheme
    for name in ("categories_uk_2_0", "categories_canada_2_0"):
        assert not wordfile.shipped()[name].known and not wordfile.shipped()[name].terms
    assert not wordfile.shipped()["sections"].known and len(wordfile.shipped()["sections"].terms) == 3


# --- the reader ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (HEAD.replace('name = "things"\n', ""), "lacks: name"),
        (BOTH + ENTRY, "line 12, entry 'lamp': this code stands twice"),
        (BOTH.replace(', it = "lampada"', ""), "line 8, entry 'lamp': its label is missing in: it"),
        (BOTH + 'parent = "nowhere"\n', "line 8, entry 'lamp': its parent 'nowhere'"),
        (BOTH + 'colour = "red"\n', "line 8, entry 'lamp': it has names that mean nothing here: colour"),
        (BOTH + 'deprecated = "true"\n', "deprecated is true or false"),
        (BOTH + 'replaced_by = "lamp"\n', "a term that is replaced is deprecated"),
        (BOTH.replace('"lamp"\n', '"la mp"\n'), "line 8, entry 'la mp': a code has"),
        (BOTH.replace("2026-11-29", '"2026-11-29"'), "its date is a day"),
        (BOTH.replace('version = "1"', 'version = "first"'), "a version is numbers"),
        (BOTH.replace('"CC0-1.0"', '""'), "names its source and its licence"),
        (BOTH.replace('"lampe"', '" lampe"'), "a line of text without spaces around it"),
        (BOTH.replace('"lampe"', '"la\\u0007mpe"'), "a line of text"),
        (BOTH.replace('"lampe"', '"' + "x" * 301 + '"'), "at most 300"),
        (BOTH.replace('"lampe"', '"""lampe"""'), "line 10: a text stands on one line"),
        (BOTH.replace("[[entry]]", "[entry]"), "each entry begins with a line"),
        (HEAD + 'name = "again"\n', "it is no TOML"),
        (HEAD + 'scheme = { profile = "US" }\n', "its scheme lacks: model_version"),
        (HEAD + 'scheme = { profile = "US", model_version = " " }\n', "names its profile and its model"),
        ("\ufeff" + HEAD, "it is no TOML"),
    ],
)
def test_a_file_is_refused_with_its_place_and_the_mend(text, place):
    with pytest.raises(WordsRefused) as refused:
        wordfile.read(text.encode(), "things.toml")
    assert str(refused.value).startswith("things.toml")
    assert place in str(refused.value)


def test_what_is_no_text_or_too_large_is_refused():
    for data in (b"\xff\xfe", b"#" * (wordfile.LARGEST + 1), b"a = " + b"[" * 5000):
        with pytest.raises(WordsRefused):
            wordfile.read(data, "x.toml")


def test_terms_that_replace_each_other_in_a_ring_are_refused():
    ring = BOTH + 'deprecated = true\nreplaced_by = "torch"\n'
    ring += ENTRY.replace("lamp", "torch") + 'deprecated = true\nreplaced_by = "lamp"\n'
    with pytest.raises(WordsRefused, match="back to itself"):
        wordfile.read(ring.encode(), "x.toml")


line = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,8}", fullmatch=True), line, line, st.booleans()
        ),
        unique_by=lambda t: t[0],
        max_size=6,
    )
)
def test_a_vocabulary_survives_its_file_and_equal_ones_are_equal_bytes(rows):
    base = wordfile.read(BOTH.encode(), "x.toml")
    terms = tuple(
        Term(code, {"en": en, "fr": fr, "it": fr}, {"en": fr}, "", old) for code, en, fr, old in rows
    )
    held = replace(base, terms=terms)
    data = wordfile.write(held)
    assert wordfile.read(data, "x.toml") == held
    assert wordfile.write(wordfile.read(data, "x.toml")) == data


def test_a_word_is_never_a_bare_code():
    word = Word("objects", "1+2", "lamp")
    assert Word.parse(str(word)) == word
    for text in ("lamp", "objects lamp", "objects 1 la mp", "objects one lamp"):
        with pytest.raises(TermRefused):
            Word.parse(text)
    assert numbers("2026.1+3") == ((2026, 1), 3) > numbers("2026.1") > numbers("2025.12+9")


# --- at an agency ----------------------------------------------------------------------------------------


@pytest.fixture
def admin(circle):
    return circle.it_admin.as_officer(Strength.CONFIRMED)


def test_a_change_makes_a_version_and_what_was_recorded_keeps_its_meaning(circle, admin):
    it = admin.agency
    before = vocabularies.word(it, "objects", "lamp")
    vocabularies.add(admin, VI, "objects", Term("globe", said("globe"), parent="furniture"), seen="1")
    vocabularies.rename(admin, VI, "objects", "lamp", said("table lamp"), seen="1+1")
    vocabularies.deprecate(admin, VI, "objects", "lamp", replaced_by="globe", seen="1+2")
    now = vocabularies.in_force(it, "objects")
    assert now.version == "1+3" and now.term("globe").parent == "furniture"
    assert vocabularies.label(it, before) == "lamp"
    assert vocabularies.label(it, replace(before, version="1+2"), "fr") == "table lamp fr"
    assert "lamp" not in {t.code for t in now.offered()}
    with pytest.raises(NotTaken, match="take globe"):
        vocabularies.word(it, "objects", "lamp")
    assert vocabularies.in_force(circle.agencies.fr.pk, "objects").version == "1"  # nobody else's
    assert logged() == ["admin"] * 3


def test_undo_puts_an_earlier_version_back_and_loses_nothing(admin):
    vocabularies.add(admin, VI, "objects", Term("globe", said("globe")), seen="1")
    vocabularies.restore(admin, VI, "objects", "1", seen="1+1")
    now = vocabularies.in_force(admin.agency, "objects")
    assert now.version == "1+2" and now.term("globe").deprecated
    vocabularies.restore(admin, VI, "objects", "1+1", seen="1+2")
    assert not vocabularies.in_force(admin.agency, "objects").term("globe").deprecated
    with pytest.raises(NotTaken, match="nothing was changed"):
        vocabularies.restore(admin, VI, "objects", "1+1", seen="1+3")
    with pytest.raises(NotTaken, match="not kept"):
        vocabularies.restore(admin, VI, "objects", "7", seen="1+3")


def test_a_newer_file_is_taken_and_what_it_lacks_is_deprecated(admin):
    vocabularies.take(admin, VI, BOTH.encode(), "things.toml", seen="")
    with pytest.raises(NotTaken, match="not newer"):
        vocabularies.take(admin, VI, BOTH.encode(), "things.toml", seen="1")
    newer = (HEAD + ENTRY.replace("lamp", "torch")).replace('version = "1"', 'version = "2"')
    coming = vocabularies.coming_from(
        vocabularies.in_force(admin.agency, "things"), wordfile.read(newer.encode(), "t")
    )
    told = vocabularies.compare(vocabularies.in_force(admin.agency, "things"), coming)
    assert (told.added, told.deprecated) == (("torch",), ("lamp",))
    vocabularies.take(admin, VI, newer.encode(), "things.toml", seen="1")
    assert vocabularies.in_force(admin.agency, "things") == coming
    assert wordfile.read(vocabularies.export(admin, VI, "things"), "x") == coming


def test_what_may_not_be_changed_is_not(admin):
    def refused(match):
        return pytest.raises(NotTaken, match=match)

    with refused("reads the codes"):
        vocabularies.add(admin, VI, "clue_kinds", Term("smell", said("smell")), seen="1")
    with refused("own words"):
        vocabularies.rename(admin, VI, "categories_us_2_0", "0", {"en": "fine"}, seen="1")
    with refused("somebody changed it since"):
        vocabularies.deprecate(admin, VI, "objects", "lamp", seen="0")
    with refused("is there already"):
        vocabularies.add(admin, VI, "objects", Term("lamp", said("x")), seen="1")
    with refused("no other term"):
        vocabularies.deprecate(admin, VI, "objects", "lamp", replaced_by="nothing", seen="1")
    with refused("no term"):
        vocabularies.rename(admin, VI, "objects", "nothing", said("x"), seen="1")
    with refused("there is no vocabulary"):
        vocabularies.in_force(admin.agency, "nothing")
    us = wordfile.shipped()["categories_us_2_0"]
    other = replace(us, version="2", scheme=wordfile.shipped()["categories_dhs_old"].scheme)
    with refused("never equated"):
        vocabularies.take(admin, VI, wordfile.write(other), "x.toml", seen="1")
    assert not VocabularyVersion.objects.exists()


def test_only_an_administrator_who_confirmed_changes_words(circle, admin):
    for officer in (
        circle.officer(circle.it),
        circle.it.as_officer(Strength.CONFIRMED),
        circle.it_admin.as_officer(Strength.PASSKEY),  # the confirmation of the last minutes is missing
        circle.it_dpo.as_officer(Strength.CONFIRMED),
    ):
        with pytest.raises(guard.Denied):
            vocabularies.deprecate(officer, VI, "objects", "lamp", seen="1")
    assert not VocabularyVersion.objects.exists()
    assert logged() == ["denied"] * 4


def test_a_scheme_is_found_by_profile_and_model_version_and_by_nothing_near_it(admin):
    found = vocabularies.of_scheme(admin.agency, "US", "2.0")
    assert found and found.name == "categories_us_2_0"
    for profile, model in (("US", "1.3"), ("US", ""), ("us", "2.0"), ("VIC_US", "2.0"), ("", "")):
        assert vocabularies.of_scheme(admin.agency, profile, model) is None
    assert len(vocabularies.schemes(admin.agency)) == 7


def test_what_was_chosen_in_any_language_is_recorded_with_its_version(admin):
    it = admin.agency
    assert vocabularies.recorded(it, "object", "Interruttore della luce") == ["objects 1 light_switch"]
    assert vocabularies.recorded(it, "object", "a thing nobody listed") == []
    assert vocabularies.recorded(it, "socket", "CF") == ["sockets 1 C", "sockets 1 F"]
    assert vocabularies.recorded(it, "country", "IT") == []
    vocabularies.rename(admin, VI, "objects", "light_switch", said("switch"), seen="1")
    assert vocabularies.recorded(it, "object", "switch") == ["objects 1+1 light_switch"]
    assert vocabularies.label(it, Word.parse("objects 1 light_switch"), "fr") == "interrupteur"
