"""Forms of locate."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from entente.vocabulary.handling import HandlingCode


class HomeForm(forms.Form):
    """A proposed home; a second person must confirm it."""

    place = forms.CharField(label=_("Place"), widget=forms.Textarea(attrs={"rows": 2}))
    because = forms.CharField(label=_("What led there"), widget=forms.Textarea(attrs={"rows": 3}))
    codes = forms.MultipleChoiceField(
        label=_("Handling codes"),
        choices=[(c.value, c.value) for c in HandlingCode if c is not HandlingCode.H3],
        initial=["H2"],
        widget=forms.CheckboxSelectMultiple,
    )
