"""The handling of what a form makes: its codes, each with its meaning, and the words that H3 needs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from entente.vocabulary.handling import HandlingCode

CODE_NAMES = {
    HandlingCode.H0: _("H0: only to prevent and combat crime"),
    HandlingCode.H1: _("H1: not in judicial proceedings without our permission"),
    HandlingCode.H2: _("H2: not passed on without our permission"),
    HandlingCode.H3: _("H3: other restrictions, in words"),
}


class Codes(forms.MultipleChoiceField):
    """The handling codes as boxes."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **more: Any) -> None:
        offered = [(str(code), name) for code, name in CODE_NAMES.items()]
        super().__init__(**{"label": _("Handling codes"), "choices": offered, **more})


class Handled(forms.Form):
    """Part of every form that makes something: there is no moment of exposure."""

    codes = Codes(initial=["H0"])
    handling_text = forms.CharField(label=_("Restriction in words (for H3)"), required=False)

    def clean(self) -> dict[str, Any]:
        """H3 needs its words."""
        data = super().clean() or {}
        if "H3" in data.get("codes", []) and not data.get("handling_text", "").strip():
            self.add_error("handling_text", _("H3 needs its restriction in words."))
        return data


class HandledStrictly(Handled):
    """What is passed on to nobody, unless somebody says otherwise."""

    codes = Codes(initial=["H2"])


class HandledFurther(Handled):
    """Codes that add to those of what the new thing is made of."""

    codes = Codes(label=_("Further handling codes"), required=False)
