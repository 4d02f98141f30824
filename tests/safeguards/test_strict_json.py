"""Strict JSON: what two readers could understand differently is refused, everything else is read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.safeguards.strict_json import DEEPEST, NotStrict, loads
from tests.evidence.corpus import json_suite

SUITE = json_suite()
TWICE = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}
# Older editions of the suite ask for these; RFC 8259 leaves the first open (6), forbids the second (8.1).
OLDER = {
    "y_number_neg_int_huge_exp.json",
    "y_number_pos_double_huge_exp.json",
    "y_number_real_pos_overflow.json",
    "y_number_real_neg_overflow.json",
    "y_number_huge_exp.json",
    "y_string_utf16BE_no_BOM.json",
    "y_string_utf16LE_no_BOM.json",
}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('{"handling": "H3", "handling": "H0"}', "'handling' twice"),
        ('[{"a": {"b": 1, "\\u0062": 2}}]', "'b' twice"),
        ("NaN", "NaN"),
        ('{"p": Infinity}', "Infinity"),
        ("[-Infinity]", "-Infinity"),
        ("1e999", "too large"),
        ("[" * 200_000, "deeper"),
        ("[" * 101 + "]" * 101, "deeper"),
        ('{"a":' * 150 + "1" + "}" * 150, "deeper"),
        ("9" * 200_000, "digits"),
        ("0." + "3" * 200, "longer"),
        (b"\xef\xbb\xbf{}", "no JSON"),
        (b'"\xff"', "no UTF-8"),
        ('"\\ud800"', "surrogate"),
        ('"\ud800"', "surrogate"),
        ("{'a': 1}", "no JSON"),
        ("[1,]", "no JSON"),
        ("", "no JSON"),
        ("{} {}", "no JSON"),
    ],
)
def test_it_refuses_and_says_what(text: str | bytes, word: str) -> None:
    with pytest.raises(NotStrict, match=word):
        loads(text)


def test_it_reads_to_the_depth_that_it_allows() -> None:
    assert loads("[" * DEEPEST + "]" * DEEPEST)
    with pytest.raises(NotStrict):
        loads("[[[]]]", deepest=2)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**80), 10**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_what_was_written_is_read_the_same(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert loads(text) == loads(text.encode("utf-8")) == value


@given(st.text() | st.binary())
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    try:
        value = loads(text)
    except NotStrict:
        return
    assert json.loads(text) == value


@pytest.mark.skipif(not SUITE, reason="no JSONTestSuite here: `make corpus` fetches it")
def test_the_test_suite_of_parsers_is_refused_and_read_as_it_must() -> None:
    must_refuse = [p for p in SUITE if p.name.startswith("n_")]
    must_read = [p for p in SUITE if p.name.startswith("y_") and p.name not in OLDER]
    either = [p for p in SUITE if p.name.startswith("i_") or p.name in OLDER]
    accepted = [p.name for p in SUITE if _reads(p.read_bytes())]
    print(
        f"\nJSONTestSuite: {len(SUITE)} files; must refuse {len(must_refuse)}, "
        f"refused {sum(p.name not in accepted for p in must_refuse)}; must accept {len(must_read)}, "
        f"accepted {sum(p.name in accepted for p in must_read)}; either {len(either)}, "
        f"accepted {sum(p.name in accepted for p in either)}"
    )
    assert not [p.name for p in must_refuse if p.name in accepted]
    assert {p.name for p in must_read if p.name not in accepted} <= TWICE


def _reads(data: bytes) -> bool:
    try:
        loads(data)
    except NotStrict:
        return False
    return True
