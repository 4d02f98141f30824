"""Handling is given in one way in every form: the codes with their meaning, H3 never without words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django import forms
from django.urls import get_resolver

from entente.records.h3 import CODE_NAMES, Handled, HandledFurther, HandledStrictly


def _below(base: type[forms.Form]) -> Iterator[type[forms.Form]]:
    for each in base.__subclasses__():
        yield each
        yield from _below(each)


def test_all_forms_with_handling_stand_on_one():
    """No page has boxes of its own: a form with codes is ``Handled`` and offers all four with words."""
    assert get_resolver().url_patterns  # all pages are loaded
    every = {f for f in _below(forms.Form) if f.__module__.startswith("entente.")}  # not those of other tests
    made = {f for f in every if {"codes", "handling_text"} & set(f.base_fields)}
    assert len(made) > 10
    assert [f.__qualname__ for f in made if not issubclass(f, Handled)] == []
    offered = [(str(code), str(name)) for code, name in CODE_NAMES.items()]
    for form in made:
        assert [(v, str(n)) for v, n in form.base_fields["codes"].choices] == offered, form


@pytest.mark.parametrize(
    ("form", "first"), [(Handled, ["H0"]), (HandledStrictly, ["H2"]), (HandledFurther, None)]
)
def test_h3_needs_its_words(form, first):
    assert form.base_fields["codes"].initial == first
    assert "handling_text" in form({"codes": ["H3"]}).errors
    assert not form({"codes": ["H3"], "handling_text": "only by telephone"}).errors
    assert bool(form({}).errors) is (form is not HandledFurther)
