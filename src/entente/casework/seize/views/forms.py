"""Parts of forms that several pages of the search day share."""

from __future__ import annotations

from typing import Any

from django import forms

from entente.records.models import Case, Media


class Moment(forms.DateTimeField):
    """A moment in UTC, as a person reads it off a paper."""

    def __init__(self, **given: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **given)


def files_of(case: Case) -> Any:
    """Return the files that may have come from an exhibit: what was seized or photographed, then the rest."""
    return Media.objects.filter(case=case).exclude(origin="crop").order_by("-origin", "number")
