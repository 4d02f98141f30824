"""My exposure: one's own figures, limits, breaks and consents; and a colleague's totals, by consent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from entente.casework.examine.service import shelter as service
from entente.records.door import DeskRequest, consult, desk_page
from entente.records.models import Account, Consent, TotalsRead
from entente.safeguards.shelter import Limits, told

VIEWS = {
    "clear": gettext_lazy("in clear"),
    "sound": gettext_lazy("heard"),
    "crop": gettext_lazy("a crop in clear"),
    "grey": gettext_lazy("a grey still"),
    "edges": gettext_lazy("a line drawing"),
    "sheet": gettext_lazy("a contact sheet, grey"),
}
LIMITS = {
    "day_minutes": gettext_lazy("Minutes a day"),
    "sitting_minutes": gettext_lazy("Minutes at one sitting"),
    "looks_in_a_row": gettext_lazy("Looks in a row"),
}


class LimitsForm(forms.Form):
    """One's own limits; empty for none."""

    day_minutes = forms.IntegerField(label=LIMITS["day_minutes"], required=False, min_value=1)
    sitting_minutes = forms.IntegerField(label=LIMITS["sitting_minutes"], required=False, min_value=1)
    looks_in_a_row = forms.IntegerField(label=LIMITS["looks_in_a_row"], required=False, min_value=1)


@require_safe
@desk_page
def own_exposure(request: DeskRequest) -> HttpResponse:
    """Show the officer's own figures; nobody else's are on this page."""
    consult(request, "shelter")
    return _page(request, None)


def _page(request: DeskRequest, form: LimitsForm | None) -> HttpResponse:
    limits = service.limits_of(request.officer)
    held = service.ledger(request.officer)
    given = Consent.objects.filter(account=request.officer.id).select_related("to")
    context = {
        "ledger": held,
        "by_view": [(VIEWS.get(v, v), n, seconds) for v, n, seconds in held.by_view],
        "form": form or LimitsForm(initial={n: getattr(limits, n) for n in LIMITS}),
        "consents": given,
        "reads": TotalsRead.objects.filter(account=request.officer.id).select_related("reader")[:50],
        "colleagues": service.consented_to(request.officer),
        "limit_names": LIMITS,
    }
    return render(request, "examine/own.html", context, status=400 if form else 200)


@require_POST
@desk_page
def own_limits(request: DeskRequest) -> HttpResponse:
    """Set one's own limits."""
    form = LimitsForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    limits = Limits(**{n: form.cleaned_data[n] for n in LIMITS})

    def act() -> str:
        service.set_limits(request.officer, request.purpose, limits)
        return gettext("Your limits are kept. They remind you; they never lock.")

    return _done(request, act)


@require_POST
@desk_page
def own_break(request: DeskRequest) -> HttpResponse:
    """Begin a break, come back from it, or go on after a pause."""
    acts = {"begin": service.take_break, "end": service.end_break, "on": service.go_on}

    def act() -> str:
        wanted = acts.get(request.POST.get("act", ""))
        if wanted is None:
            raise ValueError(gettext("Choose to begin a break, to come back or to go on."))
        wanted(request.officer, request.purpose)
        return ""

    return _done(request, act)


@require_POST
@desk_page
def own_consent(request: DeskRequest) -> HttpResponse:
    """Let a colleague read one's totals, or withdraw that."""

    def act() -> str:
        if wanted := request.POST.get("withdraw"):
            given = Consent.objects.filter(account=request.officer.id, pk=_uuid(wanted)).first()
            if given is None:
                raise ValueError(gettext("There is no such consent."))
            service.withdraw_consent(request.officer, request.purpose, given)
            return gettext("The consent is withdrawn. Nothing can be read from now on.")
        service.consent(request.officer, request.purpose, request.POST.get("to", ""))
        return gettext("The consent is given. You are told of every reading here.")

    return _done(request, act)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)  # the id of nothing


@require_POST
@desk_page
def totals(request: DeskRequest, consent_id: UUID) -> HttpResponse:
    """Show a colleague's totals of the weeks that are over; the colleague is told."""
    given = get_object_or_404(Consent, pk=consent_id, shown_to=request.officer.id, withdrawn_at=None)
    try:
        weeks = service.read_totals(request.officer, request.purpose, given)
    except ValueError as refused:
        messages.error(request, str(refused))
        return redirect("own-exposure")
    rows = [(week, [told(t.looks), told(t.avoided), told(t.breaks)], _minutes(t)) for week, t in weeks]
    whose = Account.objects.get(pk=given.account_id)
    return render(request, "examine/totals.html", {"rows": rows, "whose": whose})


def _minutes(of: Any) -> str:
    """Say whole minutes; of few looks, none."""
    return f"{of.minutes:.0f}" if told(of.looks).isdigit() else "–"


def _done(request: DeskRequest, act: Callable[[], str]) -> HttpResponse:
    try:
        if said := act():
            messages.success(request, said)
    except ValueError as refused:
        messages.error(request, str(refused))
    back = request.POST.get("next", "")
    there = redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "own-exposure")
    there.status_code = 303
    return there


own_urlpatterns = [
    path("", own_exposure, name="own-exposure"),
    path("limits/", own_limits, name="own-limits"),
    path("break/", own_break, name="own-break"),
    path("consent/", own_consent, name="own-consent"),
    path("totals/<uuid:consent_id>/", totals, name="exposure-totals"),
]
