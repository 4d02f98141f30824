"""Forms of the product: its statements, its template, its language, its recipient, what is asked back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from entente.casework.inform.compose import StatementType
from entente.casework.inform.draft import Draft
from entente.casework.inform.kinds import Kind
from entente.casework.locate.world import world
from entente.formats.typesetting import LANGUAGES
from entente.records.models import Agency, Product
from entente.vocabulary.handling import EVALUATIONS

LANGUAGE_NAMES = {"en": "English", "fr": "Français", "it": "Italiano"}
TYPES = [(StatementType.FACT.value, _("Fact")), (StatementType.ASSESSMENT.value, _("Assessment"))]
KIND_NAMES = {
    Kind.VICTIM: _("Victim identification package"),
    Kind.COUNTRY: _("Case package for a country"),
    Kind.SUSPECT: _("A suspect’s activity"),
    Kind.SITUATION: _("Situation report"),
}
STATE_NAMES = {
    "draft": _("draft"),
    "review": _("in review"),
    "issued": _("issued"),
    "dropped": _("taken off"),
}


class StatementForm(forms.Form):
    """One statement: kept or not, its words, its type, its grade and the clues that it stands on."""

    keep = forms.BooleanField(label=_("Include"), required=False)
    text = forms.CharField(
        label=_("Statement"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    type = forms.ChoiceField(label=_("Type"), choices=TYPES)
    evaluation = forms.ChoiceField(label=_("Evaluation"), choices=[(e, e) for e in EVALUATIONS])
    clues = forms.MultipleChoiceField(label=_("Clues"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, choices: list[tuple[str, str]] | None = None, **kwargs: Any) -> None:
        """Offer the clues of the case."""
        super().__init__(*args, **kwargs)
        self.fields["clues"].choices = choices or []  # type: ignore[attr-defined]


Statements = forms.formset_factory(StatementForm, extra=0, max_num=200)


class KindForm(forms.Form):
    """Which template the next product has."""

    kind = forms.ChoiceField(label=_("Template"), choices=[(k.value, n) for k, n in KIND_NAMES.items()])


class WholeForm(forms.Form):
    """What is said once of a product: its language, what it is about, what was wrong with another."""

    language = forms.ChoiceField(label=_("Language"), choices=[(c, LANGUAGE_NAMES[c]) for c in LANGUAGES])
    about = forms.CharField(label=_("About"), max_length=20)
    because = forms.CharField(
        label=_("What was wrong, and what is right"),
        help_text=_("Every recipient of the product that this one corrects reads these words."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, kind: Kind, corrects: Product | None, new: bool, **kwargs: Any) -> None:
        """Keep the fields that a product of this template has."""
        super().__init__(*args, **kwargs)
        if corrects is None or not new:
            del self.fields["because"]
        if not new or corrects is not None or kind not in {Kind.COUNTRY, Kind.SUSPECT}:
            del self.fields["about"]
        elif kind is Kind.COUNTRY:
            told = (get_language() or "en")[:2]
            names = sorted((world().name(code, told), code) for code in world().at_country)
            choices = [(code, name) for name, code in names]
            self.fields["about"] = forms.ChoiceField(label=_("Country"), choices=choices)
        else:
            self.fields["about"].label = _("Reference of the suspect")
            self.fields["about"].help_text = _("Such as SU-1. A person is never named here.")


class RemarkForm(forms.Form):
    """What an officer says of a draft, or of one of its statements."""

    on = forms.ChoiceField(label=_("About"), required=False)
    text = forms.CharField(label=_("Remark"), widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, statements: list[str], **kwargs: Any) -> None:
        """Offer the statements of the draft."""
        super().__init__(*args, **kwargs)
        self.fields["on"].choices = [("", _("the whole")), *((s, s) for s in statements)]  # type: ignore[attr-defined]


class AskBackForm(forms.Form):
    """What is asked back of one recipient, and by when."""

    question = forms.CharField(label=_("Question"), widget=forms.Textarea(attrs={"rows": 2}))
    due = forms.DateTimeField(
        label=_("Answer due (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class ToForm(forms.Form):
    """To which agency, and whether for a court."""

    to = forms.ModelChoiceField(label=_("Agency"), queryset=Agency.objects.none())
    court = forms.BooleanField(
        label=_("For judicial proceedings"),
        required=False,
        help_text=_("H1 information stays behind, and its absence is stated."),
    )

    def __init__(self, *args: Any, own: UUID, **kwargs: Any) -> None:
        """Offer every agency of the circle but one's own."""
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = Agency.objects.exclude(pk=own)  # type: ignore[attr-defined]
        self.fields["to"].label_from_instance = lambda a: a.name  # type: ignore[attr-defined]


def language() -> str:
    """Return the reader's language, if products are written in it."""
    told = (get_language() or "en")[:2]
    return told if told in LANGUAGES else "en"


def clue_choices(draft: Draft) -> list[tuple[str, str]]:
    """Return what a statement may stand on."""
    return [(s.row, f"{s.id} · {s.text[:90]} ({s.item})") for s in draft.sources]
