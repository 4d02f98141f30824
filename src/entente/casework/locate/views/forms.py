"""Forms of locate: a candidate place, and a page that an officer kept."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from entente.records.h3 import HandledStrictly
from entente.vocabulary.handling import EVALUATIONS


class PlaceForm(HandledStrictly):
    """A place that may be the home."""

    place = forms.CharField(
        label=_("Address or description"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    because = forms.CharField(
        label=_("What led there"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    lat = forms.FloatField(label=_("Latitude"), required=False, min_value=-90, max_value=90)
    lon = forms.FloatField(label=_("Longitude"), required=False, min_value=-180, max_value=180)
    field_order = ("place", "because", "lat", "lon", "codes", "handling_text")


class CaptureForm(HandledStrictly):
    """A page of an open source that the officer kept as a file."""

    file = forms.FileField(
        label=_("Kept page"), help_text=_("HTML, MHTML, PDF, WARC, WACZ, or a picture of it.")
    )
    address = forms.CharField(
        label=_("Address where it was found"),
        max_length=2000,
        widget=forms.TextInput(attrs={"inputmode": "url"}),
    )
    taken_at = forms.DateTimeField(
        label=_("Time of capture (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    evaluation = forms.ChoiceField(
        label=_("Your evaluation"),
        choices=[(e, e) for e in EVALUATIONS],
        initial="X4",
        help_text=_("What comes from public sources is graded by the analyst."),
    )
    field_order = ("file", "address", "taken_at", "evaluation", "codes", "handling_text")
