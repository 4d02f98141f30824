"""The page of prioritise: the score with each factor's reason, and who is on the case."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.prioritise.service import NotAssigned, assign, demand_lead, rank, set_risk, take_off
from entente.records import clock
from entente.records.door import DeskRequest, case_page
from entente.records.models import Account, Case, Membership, Priority
from entente.records.names import named
from entente.safeguards.access import leads
from entente.vocabulary.agency import Part


class AssignForm(forms.Form):
    """Put a person on the case by service number."""

    service_number = forms.CharField(label=_("Service number"))
    part = forms.ChoiceField(
        label=_("Part"), choices=[(p.value, named(p)) for p in Part], initial=Part.MEMBER
    )
    task = forms.CharField(label=_("Task"), required=False, max_length=120)

    def clean_service_number(self) -> Account:
        """Find the account, whatever agency it is of."""
        found = Account.objects.filter(
            username=self.cleaned_data["service_number"].strip(), is_active=True
        ).first()
        if found is None:
            raise forms.ValidationError(_("No officer has this service number; ask the partner for it."))
        return found


class RiskForm(forms.Form):
    """Whether a child is at risk now, and why."""

    at_risk = forms.BooleanField(label=_("A child is at risk now"), required=False)
    because = forms.CharField(
        label=_("Reason"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


@require_safe
@case_page("prioritise")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show score and people."""
    return _shown(request, case)


def _shown(request: DeskRequest, case: Case, status: int = 200, **forms_: Any) -> HttpResponse:
    context = {
        "priority": Priority.objects.filter(case=case).first(),
        "history": Priority.objects.filter(case=case)[1:6],
        "members": Membership.objects.filter(case=case).select_related("account__agency"),
        "leads": leads(request.officer, case.pk, clock.now()),
        "form": AssignForm(),
        "risk": RiskForm(initial={"at_risk": case.child_at_risk, "because": case.child_at_risk_because}),
        **forms_,
    }
    return render(request, "prioritise/page.html", context, status=status)


@require_POST
@case_page("prioritise")
def score_now(request: DeskRequest, case: Case) -> HttpResponse:
    """Score the case as its facts stand now."""
    rank(request.officer, request.purpose, case)
    return redirect("prioritise:page", case_id=case.pk)


@require_POST
@case_page("prioritise")
def risk(request: DeskRequest, case: Case) -> HttpResponse:
    """Say whether a child is at risk."""
    form = RiskForm(request.POST)
    if form.is_valid():
        try:
            set_risk(request.officer, request.purpose, case, **form.cleaned_data)
            return redirect("prioritise:page", case_id=case.pk)
        except NotAssigned as fault:
            form.add_error("because", str(fault))
    return _shown(request, case, 400, risk=form)


@require_POST
@case_page("prioritise")
def add(request: DeskRequest, case: Case) -> HttpResponse:
    """Put a person on the case."""
    demand_lead(request.officer, request.purpose, case)
    form = AssignForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            assign(
                request.officer,
                request.purpose,
                case,
                data["service_number"],
                part=Part(data["part"]),
                task=data["task"],
            )
            messages.success(request, _("Assigned. The case is on that officer's board now."))
            return redirect("prioritise:page", case_id=case.pk)
        except NotAssigned as fault:
            form.add_error("service_number", str(fault))
    return _shown(request, case, 400, form=form)


@require_POST
@case_page("prioritise")
def end(request: DeskRequest, case: Case, membership_id: UUID) -> HttpResponse:
    """Take a person off the case."""
    membership = get_object_or_404(Membership, pk=membership_id, case=case, until=None)
    try:
        take_off(request.officer, request.purpose, membership)
        messages.success(request, _("Taken off. Everything ended with it at once."))
    except NotAssigned as fault:
        messages.error(request, str(fault))
    return redirect("prioritise:page", case_id=case.pk)


urlpatterns = [
    path("", page, name="page"),
    path("score/", score_now, name="score"),
    path("risk/", risk, name="risk"),
    path("assign/", add, name="assign"),
    path("members/<uuid:membership_id>/end/", end, name="end"),
]
