"""The page of close: what became of the child, what each contributor will read, and the case's end."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from entente.casework.close import service
from entente.records import clock
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case, Change, Feedback, Outcome
from entente.safeguards.access import leads
from entente.vocabulary.case import Outcome as OutcomeWord
from entente.vocabulary.case import ReshareWish

OUTCOME_NAMES = {
    OutcomeWord.CHILD_SAFE: _("The child is safe"),
    OutcomeWord.CHILD_NOT_FOUND: _("The child was not found"),
    OutcomeWord.SUSPECT_ARRESTED: _("A suspect was arrested; the trial is pending"),
    OutcomeWord.SUSPECT_NOT_FOUND: _("The suspect was not found"),
    OutcomeWord.CONVICTED: _("There was a conviction"),
    OutcomeWord.NO_OFFENCE: _("There was no offence"),
}


class OutcomeForm(forms.Form):
    """What became of the persons; no names."""

    what = forms.ChoiceField(label=_("Outcome"), choices=[(w.value, n) for w, n in OUTCOME_NAMES.items()])
    text = forms.CharField(
        label=_("In words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Never a person's name; it stays in the case and is not sent."),
    )


WISH_NAMES = {
    ReshareWish.NOT_ASKED: _("Nobody has asked yet"),
    ReshareWish.EACH: _("Be told of each re-share"),
    ReshareWish.NEVER: _("Be told of none"),
}


class WishForm(forms.Form):
    """Whether the person who was harmed wishes to be told of re-shares."""

    wish = forms.ChoiceField(
        label=_("They wish to"), choices=[(w.value, n) for w, n in WISH_NAMES.items()], required=False
    )
    reason = forms.CharField(
        label=_("How they were asked"), max_length=500, help_text=_("Never a person's name.")
    )


class ReasonForm(forms.Form):
    """Why a case is closed or opened again."""

    reason = forms.CharField(label=_("Reason"), max_length=500)


@case_page("close")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show outcomes, the feedback as it would be sent, and the history; record an outcome by POST."""
    form = OutcomeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            service.record_outcome(request.officer, request.purpose, case, data["what"], data["text"])
            messages.success(request, _("The outcome is recorded. The contributors are not told yet."))
            return _back(case)
        except service.NotClosed as fault:
            form.add_error(None, str(fault))
    return _page(request, case, outcome_form=form)


def _page(request: DeskRequest, case: Case, **forms_given: forms.Form) -> HttpResponse:
    told = service.preview(request.officer, request.purpose, case)
    outcomes = Outcome.objects.filter(case=case).select_related("made_by")
    context: dict[str, Any] = {
        "outcome_form": OutcomeForm(),
        "reason_form": ReasonForm(),
        "wish_form": WishForm(initial={"wish": case.reshare_wish}),
        "wish": WISH_NAMES[ReshareWish(case.reshare_wish)],
        "wishes": [
            {"row": c, "name": WISH_NAMES[ReshareWish(c.before["is"])]}
            for c in Change.objects.filter(case=case, what=service.WISH).select_related("made_by")
        ],
        "outcomes": [{"row": o, "name": OUTCOME_NAMES[OutcomeWord(o.what)]} for o in outcomes],
        "told": told,
        "unsent": sum(not t.sent for t in told),
        "sent": Feedback.objects.filter(case=case).select_related("addressed", "made_by"),
        "turns": Change.objects.filter(case=case, what__in=[service.CLOSE, service.REOPEN]).select_related(
            "made_by"
        ),
        "leads": leads(request.officer, case.pk, clock.now()),
        **forms_given,
    }
    wrong = any(f.is_bound and f.errors for f in forms_given.values())
    return render(request, "close/page.html", context, status=400 if wrong else 200)


def _back(case: Case) -> HttpResponse:
    answer = redirect("close:page", case_id=case.pk)
    answer.status_code = 303
    return answer


@require_POST
@case_page("close")
def tell(request: DeskRequest, case: Case) -> HttpResponse:
    """Send each contributor its feedback."""
    sent = service.tell_contributors(request.officer, request.purpose, case)
    messages.success(request, _("%(n)s agencies were told.") % {"n": len(sent)})
    return _back(case)


@require_POST
@case_page("close")
def wish(request: DeskRequest, case: Case) -> HttpResponse:
    """Record whether the person who was harmed wishes to be told of re-shares."""
    form = WishForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            service.record_wish(request.officer, request.purpose, case, data["wish"], data["reason"])
            messages.success(request, _("The wish is recorded. It binds from now on."))
            return _back(case)
        except service.NotClosed as fault:
            form.add_error(None, str(fault))
    return _page(request, case, wish_form=form)


@require_POST
@case_page("close")
def turn(request: DeskRequest, case: Case) -> HttpResponse:
    """Close the case, or open it again."""
    form = ReasonForm(request.POST)
    if form.is_valid():
        act = service.reopen if case.closed_at else service.close_case
        try:
            act(request.officer, request.purpose, case, form.cleaned_data["reason"])
            return _back(case)
        except service.NotClosed as fault:
            form.add_error(None, str(fault))
    return _page(request, case, reason_form=form)


urlpatterns = [
    path("", page, name="page"),
    path("tell/", tell, name="tell"),
    path("wish/", wish, name="wish"),
    path("turn/", turn, name="turn"),
]
