"""One key, one decision: a small POST that a script sends without leaving the page, or a form that does."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from entente.casework.examine import facets, service
from entente.casework.examine.views import filters
from entente.casework.link import service as link
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case, Change, Media
from entente.records.models.review import STATES

KEYS = dict(zip(STATES, "nld", strict=True))
# What was done, as the button that takes it back says it.
DONE = {
    "review items": gettext_lazy("You decided on items."),
    "name a search": gettext_lazy("You named a search."),
    "hand over a search": gettext_lazy("You handed a search over."),
    "make a series": gettext_lazy("You made a series."),
    "withdraw a clue": gettext_lazy("You withdrew a clue."),
    "confirm a clue": gettext_lazy("You confirmed a clue."),
}


def decisions(case: Case) -> list[dict[str, Any]]:
    """Return the buttons below the grid, each with its one key."""
    said = [
        {
            "name": "state",
            "value": s,
            "label": filters.REVIEWS[s],
            "key": KEYS[s],
            "now": True,
            "main": s == "done",
        }
        for s in STATES
    ]
    return [*said, {"name": "state", "value": "series", "label": gettext("Make one series"), "key": "s"}]


def undo_of(request: DeskRequest, case: Case) -> dict[str, Any] | None:
    """Return the button that takes the officer's last change by hand back."""
    last = service.undoable(request.officer, case)
    if last is None:
        return None
    return {
        "text": DONE.get(last.what, gettext("You changed something by hand.")),
        "url": reverse("examine:undo", args=[case.pk]),
        "fields": {"change": last.pk, "back": back_of(request)},
    }


def back_of(request: DeskRequest) -> str:
    """Return the query of the grid as it is now."""
    view = "table" if request.GET.get("view") == "table" else ""
    return filters.address(filters.kept(request.GET), view=view, step=request.GET.get("step", ""))


def to_grid(case: Case, query: str = "", at: int = 0) -> HttpResponse:
    """Go to the grid: its filters, and the item to land on."""
    where = reverse("examine:page", args=[case.pk])
    query = "&".join(filter(None, [query, f"at={at}" if at else ""]))
    answer = redirect(f"{where}?{query}" if query else where)
    answer.status_code = 303
    return answer


def _returned(request: DeskRequest, case: Case, at: int = 0) -> HttpResponse:
    """Go back to the selection that the form came from; of its query, only what the grid knows."""
    said = {name: values[-1] for name, values in parse_qs(request.POST.get("back", "")).items()}
    view = "table" if said.get("view") == "table" else ""
    step = service.step_of(request.officer, case, said.get("step"))
    return to_grid(case, filters.address(filters.kept(said), view=view, step=step.pk if step else ""), at)


@require_POST
@case_page("examine")
def review(request: DeskRequest, case: Case) -> HttpResponse:
    """Decide on the chosen items and their copies: how they stand, or that they are one series."""
    state = request.POST.get("state", "")
    script = request.headers.get("X-Part") == "decision"
    try:
        numbers = _numbers(request, case)
        if state == "series":
            return _series(request, case, numbers)
        done = service.review(request.officer, request.purpose, case, numbers, state)
    except ValueError as refused:
        if script:
            return HttpResponseBadRequest(str(refused), content_type="text/plain; charset=utf-8")
        messages.error(request, str(refused))
        return _returned(request, case)
    told = _told(done, state)
    if script:
        items = {str(m.number): state for m in done.items}
        return JsonResponse({"change": str(done.change.pk), "told": told, "states": items})
    messages.success(request, told)
    return _returned(request, case, done.items[0].number)


def _numbers(request: DeskRequest, case: Case) -> list[int]:
    """Return the chosen items' numbers: a script names every one, a form the first of each stack."""
    if told := request.POST.get("numbers"):
        try:
            return [n for stack in facets.read(told, 10 * service.AT_ONCE) for n in stack]
        except ValueError:
            raise service.ExamineRefused(gettext("Name the items by their numbers.")) from None
    chosen = []
    for text in request.POST.getlist("item"):
        try:
            chosen.append(UUID(text))
        except ValueError:
            continue
    numbers = list(Media.objects.filter(case=case, pk__in=chosen).values_list("number", flat=True))
    if numbers and request.POST.get("copies"):
        return service.with_stacks(request.officer, case, numbers)
    return numbers


def _series(request: DeskRequest, case: Case, numbers: list[int]) -> HttpResponse:
    items = list(Media.objects.filter(case=case, number__in=numbers))
    made = link.gather(request.officer, request.purpose, case, items)
    messages.success(request, gettext("%(series)s is made.") % {"series": made.name})
    answer = redirect("link:series", case.pk, made.pk)
    answer.status_code = 303
    return answer


def _told(done: service.Reviewed, state: str) -> str:
    first, n = done.items[0], len(done.items)
    who = str(first) if n == 1 else ngettext("%(n)d item", "%(n)d items", n) % {"n": n}
    told = f"{who}: {filters.REVIEWS[state]}"
    if done.left:
        told += " · " + ngettext("%(n)d may not be altered", "%(n)d may not be altered", done.left) % {
            "n": done.left
        }
    return told


@require_POST
@case_page("examine")
def undo(request: DeskRequest, case: Case) -> HttpResponse:
    """Take one's own change back, exactly."""
    script = request.headers.get("X-Part") == "decision"
    try:
        pk = UUID(request.POST.get("change", ""))
    except ValueError:
        return HttpResponseBadRequest(gettext("Say which change is taken back."))
    change = get_object_or_404(Change, pk=pk, case=case)
    try:
        done = service.undo(request.officer, request.purpose, change)
    except ValueError as refused:
        if script:
            return HttpResponseBadRequest(str(refused), content_type="text/plain; charset=utf-8")
        messages.error(request, str(refused))
        return _returned(request, case)
    told = gettext("Taken back.")
    if script:
        return JsonResponse({"told": told, "states": {str(n): s for n, s in done.states.items()}})
    messages.success(request, told)
    return _returned(request, case, min(done.states, default=0))
