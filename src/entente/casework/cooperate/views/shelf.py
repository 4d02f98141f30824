"""The reference shelf: questions of one's own fields, past answers, and the page to ask specialists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from entente.casework.cooperate import service
from entente.casework.cooperate.clue_value import said
from entente.casework.cooperate.views.asking import USUAL
from entente.casework.cooperate.views.forms import Asking, warn_of_unusual
from entente.casework.cooperate.views.names import kind_name
from entente.records import clock, vocabularies
from entente.records.door import DeskRequest, case_page, consult, desk_page
from entente.records.leaf import leaf_of
from entente.records.models import Account, Agency, Answer, Case, Dispatch, Media
from entente.safeguards.access import FOUNDERS
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import ClueKind

FIELDS = "fields_of_knowledge"
QUESTIONS = [
    ("sold", _("Where is this sold?")),
    ("used", _("Where is this used?")),
    ("made", _("Where is this made?")),
    ("heard", _("Where is this heard?")),
    ("what", _("What is this?")),
]


class FieldsForm(forms.Form):
    """Which fields one knows."""

    fields_known = forms.MultipleChoiceField(
        label=_("Fields that I know"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Partners see your service number beside them, and may ask you."),
    )

    def __init__(self, *args: Any, officer: Officer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fields_known"].choices = _fields(officer)  # type: ignore[attr-defined]


class ShelfForm(Asking):
    """A question with its crop, to named specialists or to agencies."""

    asked = forms.ChoiceField(
        label=_("Question"), choices=QUESTIONS, widget=forms.RadioSelect, initial="sold"
    )
    question = forms.CharField(
        label=_("In your words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("They see this and the crop, and nothing else of the case."),
    )
    crop = forms.ModelChoiceField(
        Media.objects.none(), label=_("Crop to show"), help_text=_("Always a crop, never a whole item.")
    )
    field = forms.ChoiceField(label=_("Field of knowledge"))
    people = forms.MultipleChoiceField(
        label=_("Specialists"), required=False, widget=forms.CheckboxSelectMultiple
    )
    agencies = forms.ModelMultipleChoiceField(
        Agency.objects.none(), label=_("Or agencies"), required=False, widget=forms.CheckboxSelectMultiple
    )
    field_order = (
        *("asked", "question", "crop", "field", "people", "agencies", "asks", "due", "urgency"),
        *("codes", "handling_text", "sure"),
    )

    def __init__(self, *args: Any, officer: Officer, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.officer = officer
        names = dict(_fields(officer))
        self.fields["field"].choices = list(names.items())  # type: ignore[attr-defined]
        self.fields["crop"].queryset = Media.objects.filter(case=case, origin="crop")  # type: ignore[attr-defined]
        self.fields["people"].choices = [  # type: ignore[attr-defined]
            (
                str(s.account_id),
                f"{s.account.service_number}: {', '.join(names.get(c, c) for c in s.fields)}",
            )
            for s in service.circle(officer)
        ]
        self.fields["agencies"].queryset = Agency.objects.exclude(pk=officer.agency)  # type: ignore[attr-defined]
        self.fields["agencies"].label_from_instance = lambda a: a.name  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Warn before the first question to an agency outside the usual circle, or to its specialist."""
        data = super().clean()
        named = Account.objects.filter(pk__in=data.get("people") or ()).select_related("agency")
        to = [*(data.get("agencies") or ()), *(p.agency for p in named)]
        warn_of_unusual(self, self.officer, to, sure=bool(data.get("sure")))
        return data

    def asking(self) -> dict[str, Any]:
        """Return what the service takes."""
        data = {n: v for n, v in self.cleaned_data.items() if n not in {"asked", "people", "sure"}}
        head = str(dict(QUESTIONS)[self.cleaned_data["asked"]])
        data["question"] = f"{head} {data['question']}".strip()
        data["people"] = list(Account.objects.filter(pk__in=self.cleaned_data["people"]))
        return data


def _given(request: DeskRequest) -> Any:
    """Return what was sent: an empty form that was sent is one with everything missing."""
    return request.POST if request.method == "POST" else None


# --- in the case: those who ask ---------------------------------------------------------------------------


@case_page("cooperate")
def ask(request: DeskRequest, case: Case) -> HttpResponse:
    """Ask specialists about a crop."""
    form = ShelfForm(_given(request), officer=request.officer, case=case, initial=_led_here(request))
    if request.method == "POST" and form.is_valid():
        try:
            service.ask_specialists(request.officer, request.purpose, case, **form.asking())
        except ValueError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The question was put to each of them by itself."))
            return redirect("cooperate:page", case_id=case.pk)
    return render(request, "cooperate/shelf_ask.html", {"form": form}, status=400 if form.errors else 200)


def _led_here(request: DeskRequest) -> dict[str, Any]:
    """Return what a question of Locate fills in: its kind, the field, and who knows that field."""
    field, kind = request.GET.get("field", ""), request.GET.get("kind", "")
    if kind not in set(ClueKind):
        return {}
    knowing = [str(s.account_id) for s in service.circle(request.officer) if field in s.fields]
    return {"field": field, "asks": kind, "asked": "what", "people": knowing, "due": clock.now() + USUAL}


@require_POST
@case_page("cooperate")
def remind(request: DeskRequest, case: Case, sent_id: UUID) -> HttpResponse:
    """Remind whoever was asked."""
    sent = get_object_or_404(Dispatch, pk=sent_id, case=case, owner=request.officer.agency)
    try:
        service.remind(request.officer, request.purpose, sent)
    except ValueError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The reminder went out."))
    return redirect("cooperate:page", case_id=case.pk)


# --- outside any case: those who know ---------------------------------------------------------------------


@desk_page
def shelf(request: DeskRequest) -> HttpResponse:
    """List the open questions of one's fields and find past answers; say which fields one knows."""
    officer = request.officer
    form = FieldsForm(_given(request), officer=officer, initial={"fields_known": service.fields_of(officer)})
    if request.method == "POST" and form.is_valid():
        try:
            service.set_fields(officer, request.purpose, form.cleaned_data["fields_known"])
        except service.NotAnswered as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, gettext("Your fields are known to the circle now."))
            return redirect("shelf")
    consult(request, service.STEP)
    now, language = clock.now(), request.LANGUAGE_CODE
    words, field = request.GET.get("q", "")[:200], request.GET.get("field", "")[:40]
    found = leaf_of(request, service.past_answers(officer, words, field), most=25)
    waiting = leaf_of(request, service.open_questions(officer), "open")
    context = {
        "form": form,
        "knows": bool(officer.roles & FOUNDERS),
        "rows": [
            {
                "dispatch": d,
                "field": service.field_name(officer, d.field, language),
                "named": d.specialist_id == officer.id,
                "late": d.due < now,
            }
            for d in waiting
        ],
        "found": [_found(request, row) for row in found],
        "page": found,
        "waiting": waiting,
        "q": words,
        "fields": _fields(officer),
        "field": field,
        "nav": "shelf",
    }
    return render(request, "cooperate/shelf.html", context, status=400 if form.errors else 200)


def _found(request: DeskRequest, row: Answer) -> dict[str, Any]:
    ours = row.dispatch.owner_id == request.officer.agency
    to_us = ours and any(m.case == row.case_id for m in request.officer.memberships)
    url = (
        reverse("cooperate:answer", args=[row.case_id, row.pk])
        if to_us
        else reverse("dispatch", args=[row.dispatch_id])
    )
    return {
        "answer": row,
        "field": service.field_name(request.officer, row.dispatch.field, request.LANGUAGE_CODE),
        "clue": kind_name(row.clue_kind),
        "value": said(row.clue_value),
        "url": url,
        "hidden": "H3" in row.codes and row.addressed_id != request.officer.agency,
    }


def _fields(officer: Officer) -> list[tuple[str, str]]:
    return vocabularies.choices(officer.agency, FIELDS, (get_language() or "en")[:2])
