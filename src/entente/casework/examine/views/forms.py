"""The forms of an item: what is seen and where, as a clue, an observation, a crop or a note."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from entente.casework.examine import values
from entente.casework.examine.outline import OutlineRefused, read_outline
from entente.records.h3 import HandledFurther
from entente.records.names import named
from entente.vocabulary.clue import ClueGroup, ClueKind
from entente.vocabulary.handling import EVALUATIONS
from entente.vocabulary.media import Region

MOST_TEXT = 4000  # characters of an outline, or of a note


def _placed(name: str) -> forms.HiddenInput:
    """Return the widget of a field that the page draws itself, under the id it has there."""
    return forms.HiddenInput(
        attrs={"id": f"box-{name}" if name not in {"start", "end"} else f"stretch-{name}"}
    )


class HandlingForm(HandledFurther):
    """How something new may be handled: said when it is made, and never looser than what it is made of."""

    def handling(self) -> dict[str, Any]:
        """Return what a service takes."""
        return {n: self.cleaned_data.get(n) or "" for n in ("codes", "handling_text")}


class PlaceForm(HandlingForm):
    """What is seen, and where: a box, an outline, a stretch of time; by number or by hand."""

    because = forms.CharField(
        label=gettext_lazy("What you see"),
        help_text=gettext_lazy("In neutral words. It is the observation, or the reason of the clue."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    x = forms.FloatField(label=gettext_lazy("Left"), required=False, widget=_placed("x"))
    y = forms.FloatField(label=gettext_lazy("Top"), required=False, widget=_placed("y"))
    w = forms.FloatField(label=gettext_lazy("Width"), required=False, widget=_placed("w"))
    h = forms.FloatField(label=gettext_lazy("Height"), required=False, widget=_placed("h"))
    polygon = forms.CharField(
        label=gettext_lazy("Outline"), required=False, max_length=MOST_TEXT, widget=_placed("polygon")
    )
    start = forms.FloatField(label=gettext_lazy("From (seconds)"), required=False, widget=_placed("start"))
    end = forms.FloatField(label=gettext_lazy("To (seconds)"), required=False, widget=_placed("end"))

    def clean(self) -> dict[str, Any]:
        """Read the outline and the box; an outline says where the box is."""
        data = super().clean()
        data["region"] = data["points"] = None
        try:
            data["points"] = read_outline(data.get("polygon") or "")
        except OutlineRefused as refused:
            self.add_error("polygon", str(refused))
        try:
            data["region"] = None if data["points"] else region_of(data)
        except ValueError as refused:
            self.add_error(None, str(refused))
        return data

    def place(self) -> dict[str, Any]:
        """Return what a service takes."""
        data = self.cleaned_data
        return {
            "region": data["region"],
            "polygon": data["points"],
            "start": data["start"],
            "end": data["end"],
        }


class MarkForm(PlaceForm):
    """A clue as an officer types it."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=[(k.value, named(k)) for k in ClueKind])
    value = forms.CharField(label=gettext_lazy("Value"), max_length=values.LONGEST)
    negated = forms.BooleanField(label=gettext_lazy("It says: not here"), required=False)
    evaluation = forms.ChoiceField(
        label=gettext_lazy("Evaluation"), choices=[(e, e) for e in EVALUATIONS], initial="X4"
    )
    group = forms.ChoiceField(
        label=gettext_lazy("Group"),
        required=False,
        choices=[("", gettext_lazy("as usual for the kind")), *((g.value, named(g)) for g in ClueGroup)],
    )
    observation = forms.UUIDField(required=False, widget=forms.HiddenInput)

    field_order = ("because", "kind", "value", "negated", "evaluation", "group", "codes", "handling_text")

    def clean(self) -> dict[str, Any]:
        """Read the value by its kind."""
        data = super().clean()
        if "kind" in data and "value" in data:
            try:
                data["parsed"] = values.parse(ClueKind(data["kind"]), data["value"])
            except values.ValueRefused as refused:
                self.add_error("value", str(refused))
        return data

    def word(self) -> dict[str, Any]:
        """Return what a service takes, the place included."""
        data = self.cleaned_data
        return {
            "kind": ClueKind(data["kind"]),
            "value": data["parsed"],
            "group": ClueGroup(data["group"]) if data["group"] else None,
            "evaluation": data["evaluation"],
            "because": data["because"],
            "negated": data["negated"],
            **self.place(),
        }


class EditForm(MarkForm):
    """A clue that stands, with the edition it was opened with; its handling was said when it was made."""

    edition = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        for name in ("codes", "handling_text", "observation"):
            del self.fields[name]


class NoteForm(HandlingForm):
    """A note, and in which of the officer's cases it is kept."""

    text = forms.CharField(
        label=gettext_lazy("Note"), max_length=MOST_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )
    t = forms.FloatField(
        label=gettext_lazy("At second"),
        required=False,
        widget=forms.NumberInput(attrs={"min": "0", "step": "any"}),
    )
    within = forms.ChoiceField(label=gettext_lazy("Kept in"), required=False)
    edition = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    field_order = ("text", "t", "within", "codes", "handling_text", "edition")

    def __init__(
        self, data: Any = None, *, initial: Any = None, cases: list[tuple[str, str]] | None = None
    ) -> None:
        super().__init__(data, initial=initial, auto_id="note-%s")
        self.fields["within"].choices = cases or []  # type: ignore[attr-defined]
        if all(value == "" for value, _ in cases or []):
            self.fields["within"].widget = forms.HiddenInput()

    def leave_out(self, *names: str) -> NoteForm:
        """Return the form without some of its fields."""
        for name in names:
            del self.fields[name]
        return self


def region_of(data: Any) -> Region | None:
    """Return the box of a form, ``None`` when it has none; raises ``ValueError`` for half a box."""
    given = [data.get(n) for n in "xywh"]
    if all(v in {None, ""} for v in given):
        return None
    if any(v in {None, ""} for v in given):
        raise ValueError(gettext("A box needs four numbers: left, top, width and height."))
    return Region(*(float(v) for v in given))


def typed(form: type[forms.Form], data: Any) -> dict[str, Any]:
    """Return what was typed, to begin a form with: nothing is lost where something else was refused."""
    several = {n for n, f in form.base_fields.items() if isinstance(f, forms.MultipleChoiceField)}
    return {n: data.getlist(n) if n in several else data.get(n) for n in form.base_fields if n in data}
