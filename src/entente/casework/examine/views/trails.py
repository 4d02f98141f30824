"""The search history of a case: shown as a nested list, named, opened again, handed over."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from entente.casework.examine import service
from entente.casework.examine.views import filters
from entente.casework.examine.views.deciding import to_grid
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case, TrailStep


def trail_of(request: DeskRequest, case: Case, here: TrailStep | None) -> dict[str, Any]:
    """Return the search history for ``examine/trail.html``; the step in use is marked."""
    view = "table" if request.GET.get("view") == "table" else ""
    where = reverse("examine:page", args=[case.pk])

    def shown(branch: service.Branch) -> dict[str, Any]:
        step = branch.step
        return {
            "text": step.name or filters.in_words(step.filters),
            "more": filters.in_words(step.filters) if step.name else "",
            "url": f"{where}?{filters.address(step.filters, view=view, step=step.pk)}",
            "here": here is not None and step.pk == here.pk,
            "from": step.made_by if step.made_by_id != step.holder_id else None,
            "after": [shown(each) for each in branch.after],
        }

    return {
        "trail": [shown(branch) for branch in service.trail(request.officer, case)],
        "colleagues": service.colleagues(request.officer, case) if here else [],
    }


@require_POST
@case_page("examine")
def trail(request: DeskRequest, case: Case, step_id: UUID) -> HttpResponse:
    """Name a step, or hand it over with those before it."""
    step = service.step_of(request.officer, case, str(step_id))
    if step is None:
        raise Http404
    try:
        if request.POST.get("do") == "hand over":
            to = next(
                (a for a in service.colleagues(request.officer, case) if str(a.pk) == request.POST.get("to")),
                None,
            )
            if to is None:
                raise service.ExamineRefused(gettext("Choose a colleague who is in the case."))
            service.hand_over(request.officer, request.purpose, step, to)
            messages.success(request, gettext("The search was handed to %(who)s.") % {"who": to.username})
        else:
            service.name_step(request.officer, request.purpose, step, request.POST.get("name", ""))
            messages.success(request, gettext("The search has its name."))
    except ValueError as refused:
        messages.error(request, str(refused))
    return to_grid(case, filters.address(filters.kept(step.filters), step=step.pk))
