"""Identifiers: one spelling for the same thing, no guess, refusals with the mend."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.vocabulary.identifier import IdentifierKind, NotComparable, normalise

K = IdentifierKind


@pytest.mark.parametrize(
    ("kind", "spellings", "one"),
    [
        (K.SCREEN_NAME, ["Blue_Fox", "@blue_fox", " ＢＬＵＥ_fox ", "blue\u200b_fox"], "blue_fox"),
        (K.EMAIL, ["A.B@Example.ORG", "<a.b@example.org>", "mailto:a.b@example.org"], "a.b@example.org"),
        (K.EMAIL, ["x@Bücher.example", "x@xn--bcher-kva.example"], "x@xn--bcher-kva.example"),
        (K.PHONE, ["+39 06 123-4567", "0039061234567", "tel:+39(06)1234567"], "+39061234567"),
        (K.DEVICE, ["sn-12 34:ab", "SN1234AB"], "SN1234AB"),
        (K.HASH, ["900150983CD24FB0D6963F7D28E17F72", " 900150983cd24fb0d6963f7d28e17f72\n"],
         "900150983cd24fb0d6963f7d28e17f72"),
    ],
)  # fmt: skip
def test_spellings_of_one_thing_become_one(kind, spellings, one):
    assert {normalise(kind, s) for s in spellings} == {one}


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        (K.SCREEN_NAME, "j.smith", "jsmith"),
        (K.EMAIL, "a.b@example.org", "ab@example.org"),
        (K.EMAIL, "a+x@example.org", "a@example.org"),
        (K.DEVICE, "SN00O1", "SN0001"),
    ],
)
def test_different_things_stay_different(kind, first, second):
    assert normalise(kind, first) != normalise(kind, second)


@pytest.mark.parametrize(
    ("kind", "text", "mend"),
    [
        (K.SCREEN_NAME, "two words", "no spaces"),
        (K.SCREEN_NAME, "@", "no spaces"),
        (K.EMAIL, "nobody", "name@domain.tld"),
        (K.EMAIL, "a@b@c.org", "name@domain.tld"),
        (K.PHONE, "06 1234567", "country code"),
        (K.PHONE, "+39 ext", "country code"),
        (K.DEVICE, "0000000", "not all the same"),
        (K.HASH, "abc", "32, 40 or 64"),
        (K.HASH, "d41d8cd98f00b204e9800998ecf8427e", "empty file"),
        (K.HASH, " \u200b ", "is empty"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_mend(kind, text, mend):
    with pytest.raises(NotComparable, match=mend) as refused:
        normalise(kind, text)
    assert refused.value.kind is kind


@given(st.sampled_from(list(K)), st.text(max_size=40))
def test_normalising_twice_changes_nothing_and_nothing_else_is_raised(kind, text):
    try:
        once = normalise(kind, text)
    except NotComparable:
        return
    assert normalise(kind, once) == once
