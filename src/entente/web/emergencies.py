"""Break-glass on pages: ask, confirm by a second person, end, review; and the stubs it may start from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.records import clock, emergency
from entente.records.door import DeskRequest, case_page, consult, desk_page
from entente.records.models import Agency, Answer, Case, CaseBound, Clue, Dispatch, Emergency, Media, Stub
from entente.records.names import named
from entente.safeguards.access import opens_content, protects_data

KINDS: dict[str, type[CaseBound]] = {"item": Media, "clue": Clue, "answer": Answer}


@require_safe
@desk_page
def emergencies(request: DeskRequest) -> HttpResponse:
    """List what was opened by or from the officer's agency, what waits for a second person or a review."""
    consult(request, "emergency")
    now = clock.now()
    rows = []
    for held in emergency.standing(request.officer)[:200]:
        waits = not held.confirmed_at and not held.ended_at and now <= held.asked_at + emergency.WAITS
        live = bool(held.until and held.until > now and not held.ended_at)
        rows.append(
            {
                "held": held,
                "waits": waits and opens_content(request.officer, request.purpose),
                "mine": held.asked_by_id == request.officer.id,
                "ours": held.owner_id == request.officer.agency,
                "live": live,
                "late": bool(held.review_due and not held.reviewed_at and held.review_due < now),
                "reviews": bool(held.confirmed_at)
                and not held.reviewed_at
                and protects_data(request.officer, request.purpose),
            }
        )
    return render(request, "emergencies.html", {"rows": rows, "nav": "emergencies"})


@require_POST
@desk_page
def ask_by_stub(request: DeskRequest, stub_id: UUID) -> HttpResponse:
    """Ask to be added to the case of a stub, or to read it at once because a child is at risk."""
    stub = get_object_or_404(Stub, pk=stub_id)
    why = request.POST.get("why", "")
    if request.POST.get("act") == "join":
        return _done(
            request,
            lambda: emergency.ask_to_join(request.officer, request.purpose, stub, why),
            gettext("The owner of the case was asked."),
            "board",
        )
    return _done(
        request,
        lambda: emergency.ask_to_read(request.officer, request.purpose, stub, why),
        gettext("Asked. A colleague confirms it within the hour."),
    )


@require_POST
@desk_page
def ask_by_request(request: DeskRequest, dispatch_id: UUID) -> HttpResponse:
    """Ask to read the case that a request to us belongs to."""
    held = get_object_or_404(Dispatch, pk=dispatch_id, addressed=request.officer.agency)
    return _done(
        request,
        lambda: emergency.ask_to_read(request.officer, request.purpose, held, request.POST.get("why", "")),
        gettext("Asked. A colleague confirms it within the hour."),
    )


class DiscloseForm(forms.Form):
    """What would be given to whom without its originator's release, and why it cannot wait."""

    thing = forms.ChoiceField(label=_("What must go"))
    to = forms.ModelChoiceField(
        Agency.objects.none(), label=_("To the one agency that can make the child safe")
    )
    why = forms.CharField(
        label=_("Which child is at risk (V-number), and why it cannot wait"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
    )

    def __init__(self, *given: Any, case: Case, own: UUID, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["thing"].choices = foreign_things(case, own)  # type: ignore[attr-defined]
        self.fields["to"].queryset = Agency.objects.exclude(pk=own)  # type: ignore[attr-defined]


def _called(row: CaseBound) -> str:
    """Return what the form calls a thing: an item by its number, a clue or an answer by its kind."""
    return str(named(row.kind)) if isinstance(row, Clue | Answer) else str(row)


def foreign_things(case: Case, own: UUID) -> list[tuple[str, str]]:
    """Return what the officer sees of the case and another agency originated, as choices."""
    return [
        (f"{kind}:{row.pk}", f"{_called(row)} · {row.owner} · {row.codes}")
        for kind, model in KINDS.items()
        for row in model._default_manager.filter(case=case).exclude(owner=own).select_related("owner")[:200]
    ]


@case_page("")
def emergency_in_case(request: DeskRequest, case: Case) -> HttpResponse:
    """Ask to give one thing of this case to one agency, though its originator has not released it."""
    given = request.POST if request.method == "POST" else None
    form = DiscloseForm(given, case=case, own=request.officer.agency)
    if request.method == "POST" and form.is_valid():
        kind, _colon, pk = form.cleaned_data["thing"].partition(":")
        thing = get_object_or_404(KINDS[kind], pk=pk, case=case)
        try:
            emergency.ask_to_disclose(
                request.officer, request.purpose, thing, form.cleaned_data["to"], form.cleaned_data["why"]
            )
        except emergency.NotOpened as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, gettext("Asked. A colleague confirms it within the hour."))
            return redirect("emergencies")
    return render(request, "emergency_in_case.html", {"form": form}, status=400 if form.errors else 200)


@require_POST
@desk_page
def confirm(request: DeskRequest, emergency_id: UUID) -> HttpResponse:
    """Break the glass as the second person."""
    held = get_object_or_404(Emergency, pk=emergency_id, owner=request.officer.agency)
    return _done(
        request,
        lambda: emergency.confirm(request.officer, request.purpose, held),
        gettext(
            "Opened. The provider and the data protection officers were told; the review is due in 24 hours."
        ),
    )


@require_POST
@desk_page
def end(request: DeskRequest, emergency_id: UUID) -> HttpResponse:
    """End it at once."""
    held = get_object_or_404(Emergency, pk=emergency_id)
    return _done(
        request,
        lambda: emergency.end(request.officer, request.purpose, held),
        gettext("Ended: everything that it opened is closed."),
    )


@require_POST
@desk_page
def review(request: DeskRequest, emergency_id: UUID) -> HttpResponse:
    """Review it as data protection officer."""
    held = get_object_or_404(Emergency, pk=emergency_id)
    finding, because = request.POST.get("finding", ""), request.POST.get("because", "")
    return _done(
        request,
        lambda: emergency.review(request.officer, request.purpose, held, finding=finding, because=because),
        gettext("The review is recorded."),
    )


def _done(request: DeskRequest, act: Any, said: str, back: str = "emergencies") -> HttpResponse:
    """Do the act and say so, or say why not."""
    try:
        act()
    except emergency.NotOpened as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said)
    return redirect(back)
