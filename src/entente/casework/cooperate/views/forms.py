"""The forms of asking and answering, each with its handling."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from entente.casework.cooperate import service
from entente.casework.cooperate.clue_value import STATED, parse
from entente.casework.cooperate.views.names import (
    ANSWER_NAMES,
    INFORMATION_NAMES,
    KIND_NAMES,
    OPEN_ANSWERS,
    SOURCE_NAMES,
    URGENCY_NAMES,
    choices,
)
from entente.casework.locate.world import world
from entente.records.h3 import Handled
from entente.records.models import Agency, Case, Media
from entente.vocabulary.agency import AgencyKind, Officer
from entente.vocabulary.clue import ClueKind

POLICE = (str(AgencyKind.NATIONAL_UNIT), str(AgencyKind.THIRD_COUNTRY))
UNUSUAL = {AgencyKind.THIRD_COUNTRY, AgencyKind.HOTLINE, AgencyKind.PRIVATE_PARTY}


class Asking(Handled):
    """What every question has, to partners and to specialists."""

    asks = forms.ChoiceField(
        label=_("Clue that would answer it"),
        required=False,
        choices=[("", _("open question")), *choices(KIND_NAMES)],
    )
    due = forms.DateTimeField(
        label=_("Answer due (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    urgency = forms.ChoiceField(label=_("Urgency"), choices=choices(URGENCY_NAMES))
    sure = forms.BooleanField(
        label=_("I have checked that we may write to the agencies outside the usual circle"), required=False
    )


class AskForm(Asking):
    """A question to named agencies."""

    question = forms.CharField(
        label=_("Question"),
        help_text=_("One precise question. Partners see it, and nothing else of the case."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    agencies = forms.ModelMultipleChoiceField(
        Agency.objects.none(),
        label=_("To"),
        help_text=_("Each gets a request of its own and does not learn who else was asked."),
        widget=forms.CheckboxSelectMultiple,
    )
    circle_known = forms.BooleanField(
        label=_("Those asked may know of each other"),
        required=False,
        help_text=_("Chosen once, for this request. Each then reads who else was asked."),
    )
    about = forms.ChoiceField(
        label=_("Yes or no: is this yours?"),
        required=False,
        help_text=_(
            "Its agencies answer with yes, not ours, or cannot say; the answer is a clue of this country."
        ),
    )
    crop = forms.ModelChoiceField(
        Media.objects.none(), label=_("Crop to show"), required=False, empty_label=_("none")
    )
    field_order = (
        *("question", "agencies", "circle_known", "asks", "about", "crop", "due", "urgency"),
        *("codes", "handling_text", "sure"),
    )

    def __init__(self, *args: Any, officer: Officer, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.officer = officer
        self.fields["agencies"].queryset = Agency.objects.exclude(pk=officer.agency)  # type: ignore[attr-defined]
        self.fields["agencies"].label_from_instance = lambda a: a.name  # type: ignore[attr-defined]
        self.fields["about"].choices = [("", _("no, an open question")), *countries(officer)]  # type: ignore[attr-defined]
        crops = Media.objects.filter(case=case, origin="crop")
        self.fields["crop"].queryset = crops  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Warn before the first request to an agency outside the usual circle."""
        data = super().clean()
        warn_of_unusual(self, self.officer, data.get("agencies") or (), sure=bool(data.get("sure")))
        return data


def warn_of_unusual(form: forms.Form, officer: Officer, to: Iterable[Agency], *, sure: bool) -> None:
    """Add the warning to ``sure`` before the first question to an agency outside the usual circle."""
    asked_before = set(service.outbox(officer).values_list("addressed_id", flat=True))
    unusual = {a.pk: a for a in to if a.kind in UNUSUAL and a.pk not in {*asked_before, officer.agency}}
    if unusual and not sure:
        names = ", ".join(a.name for a in unusual.values())
        text = gettext(
            "This would be our first request to %(names)s. Check the legal basis and tick this box."
        )
        form.add_error("sure", text % {"names": names})


class AnswerForm(Handled):
    """What a partner knows, with its own grade."""

    kind = forms.ChoiceField(label=_("Answer"), choices=choices(OPEN_ANSWERS), widget=forms.RadioSelect)
    text = forms.CharField(label=_("In words"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    clue_kind = forms.ChoiceField(
        label=_("Clue that you state"),
        required=False,
        choices=[("", _("none")), *((str(k), KIND_NAMES[k]) for k in STATED)],
    )
    clue_value = forms.CharField(
        label=_("Its value"),
        required=False,
        help_text=_("As in the brackets beside the kind."),
        widget=forms.TextInput(attrs={"list": "words"}),
    )
    source = forms.ChoiceField(label=_("Source"), choices=choices(SOURCE_NAMES), initial="X")
    information = forms.ChoiceField(label=_("Information"), choices=choices(INFORMATION_NAMES), initial="4")
    field_order = [
        "kind",
        "text",
        "clue_kind",
        "clue_value",
        "source",
        "information",
        "codes",
        "handling_text",
    ]

    def clean(self) -> dict[str, Any]:
        """Read the value by its kind."""
        data = super().clean()
        data["value"] = None
        if data.get("kind") == "seen it" and not data.get("clue_value"):
            data["clue_kind"] = ""  # the kind that was asked for stands there by itself
        if data.get("clue_kind") and data.get("kind") != "not ours":
            try:
                data["value"] = parse(ClueKind(data["clue_kind"]), data.get("clue_value", ""))
            except ValueError as refused:
                self.add_error("clue_value", str(refused))
        return data


class YesNoForm(Handled):
    """The answer to "is this yours?", with its grade; the region only where somebody recognises it."""

    kind = forms.ChoiceField(label=_("Is this yours?"), widget=forms.RadioSelect)
    admin1 = forms.ChoiceField(
        label=_("Region, if recognised"),
        required=False,
        help_text=_("Only with yes. Leave it empty if unsure."),
    )
    text = forms.CharField(label=_("In words"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    source = forms.ChoiceField(label=_("Source"), choices=choices(SOURCE_NAMES), initial="X")
    information = forms.ChoiceField(label=_("Information"), choices=choices(INFORMATION_NAMES), initial="4")
    field_order = ("kind", "admin1", "text", "source", "information", "codes", "handling_text")

    def __init__(self, *args: Any, about: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about = about
        self.fields["kind"].choices = [(k, ANSWER_NAMES[k]) for k in service.YES_OR_NO]  # type: ignore[attr-defined]
        inside = sorted((name, code) for country, code, name in world().districts if country == about)
        self.fields["admin1"].choices = [("", "–"), *((code, name) for name, code in inside)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A region goes with yes alone."""
        data = super().clean()
        data["clue_kind"], data["value"] = "", None
        if data.get("admin1"):
            data["clue_kind"] = str(ClueKind.REGION)
            data["value"] = {"country": self.about, "admin1": data["admin1"]}
            if data.get("kind") != "ours":
                self.add_error("admin1", _("A region goes with yes alone."))
        return data


class ReleaseForm(forms.Form):
    """The originator's own permission for one agency."""

    to = forms.ModelChoiceField(Agency.objects.all(), label=_("Agency"))
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label=_("Reason"))


def countries(officer: Officer) -> list[tuple[str, str]]:
    """Return the countries that have an agency in the circle which can be asked, by name."""
    held = Agency.objects.filter(kind__in=POLICE).exclude(pk=officer.agency)
    language = (get_language() or "en")[:2]
    known = {c for c in held.values_list("country", flat=True) if c in world().at_country}
    return sorted(((c, world().name(c, language)) for c in known), key=lambda pair: pair[1])
