"""Outside any case: whom we are asked to investigate, and for the centre the pauses between two agencies."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from entente.casework.cooperate.service import deconfliction, investigations
from entente.casework.cooperate.views.suspects import ASKED_NAMES, PAUSE_NAMES, words_of
from entente.records.door import DeskRequest, consult, desk_page
from entente.records.leaf import leaf_of, waits_first
from entente.records.models import PauseOfTwo
from entente.records.names import named
from entente.safeguards.access import opens_content


@require_safe
@desk_page
def coordination(request: DeskRequest) -> HttpResponse:
    """List what the agency is asked to investigate, and the pauses that a centre may lift."""
    consult(request, "cooperate")
    works = opens_content(request.officer, request.purpose)
    asked = leaf_of(request, investigations.asked_of_us(request.officer) if works else [])
    between: Any = PauseOfTwo.objects.select_related("one", "other", "decided_by")
    pauses = leaf_of(
        request, between.order_by(waits_first("open"), "-made_at", "pk") if works else [], "pauses"
    )
    context = {
        "asked": [{"row": a, "state": ASKED_NAMES.get(a.state, a.state), **words_of(a)} for a in asked],
        "pauses": [
            {
                "row": p,
                "state": PAUSE_NAMES.get(p.state, p.state),
                "kind": named(p.kind),
                "between": f"{p.one}, {p.other}",
            }
            for p in pauses
        ],
        "leaf": asked,
        "pause_leaf": pauses,
        "coordinates": request.officer.coordinates,
        "nav": "requests",
    }
    return render(request, "cooperate/coordination.html", context)


@require_POST
@desk_page
def answer(request: DeskRequest, investigation_id: UUID) -> HttpResponse:
    """Take a suspect on, decline, or hand it back."""
    held = get_object_or_404(investigations.asked_of_us(request.officer), pk=investigation_id)
    reason = request.POST.get("reason", "")[:500]
    try:
        take_on = _either(request, "take-on", "decline")
        investigations.answer(request.officer, request.purpose, held, take_on=take_on, because=reason)
        messages.success(request, gettext("Recorded. The agency that asked reads it."))
    except ValueError as fault:
        messages.error(request, str(fault))
    return redirect("coordination")


def _either(request: DeskRequest, yes: str, no: str) -> bool:
    """Return which of two acts was chosen; neither is done because nothing was."""
    if (do := request.POST.get("do")) not in {yes, no}:
        raise ValueError(gettext("Choose what to do."))
    return do == yes


@require_POST
@desk_page
def decide_pause(request: DeskRequest, pause_id: UUID) -> HttpResponse:
    """Lift a pause as the centre, or set it again."""
    held = get_object_or_404(PauseOfTwo, pk=pause_id)
    reason = request.POST.get("reason", "")[:500]
    try:
        lift = _either(request, "lift", "again")
        deconfliction.decide(request.officer, request.purpose, held, lift=lift, because=reason)
        messages.success(request, gettext("Recorded. Both sides read it."))
    except ValueError as fault:
        messages.error(request, str(fault))
    return redirect("coordination")
