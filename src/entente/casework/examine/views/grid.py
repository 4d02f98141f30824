"""The items of a case as neutral lines: one selection, filtered, as a grid or as a table."""

from __future__ import annotations

import sys
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from entente.casework.examine import facets, service
from entente.casework.examine.views import filters
from entente.casework.examine.views.deciding import decisions, to_grid, undo_of
from entente.casework.examine.views.tiles import tiles_of
from entente.casework.examine.views.trails import trail_of
from entente.records.door import DeskRequest, case_page
from entente.records.jobs import asked_by
from entente.records.models import Case, Media, Viewing

WINDOW = 48  # tiles that come with the page; scripts bring the others as one scrolls
AT_ONCE = 120  # items in one further window
LEFT = "grid"  # in the session: how the grid of the last case was left, for the way back and the next item


def left_of(request: DeskRequest, case: Case) -> str:
    """Return the query with which this log-in left the grid of a case, open for a further part."""
    left = request.session.get(LEFT, {})
    return str(left["query"]) if left.get("case") == str(case.pk) else ""


def beside(request: DeskRequest, case: Case, number: int) -> tuple[int | None, int | None]:
    """Return the items before and after one, in the order in which this log-in left the grid.

    An item that a decision took out of the filter since keeps its place; one that is in no order (the grid
    was never opened, or the link came from elsewhere) stands between the numbers about it.
    """
    left = request.session.get(LEFT, {})
    order = str(left.get("order", "")) if left.get("case") == str(case.pk) else ""
    stacks = facets.read(order, sys.maxsize)
    place = next((n for n, stack in enumerate(stacks) if number in stack), None)
    seen = Media.objects.filter(case=case)
    if place is None:
        before = seen.filter(number__lt=number).order_by("-number")
        after = seen.filter(number__gt=number).order_by("number")
        return _first(before), _first(after)
    firsts = [stack[0] for stack in stacks]
    return _nearest(seen, firsts[:place][::-1]), _nearest(seen, firsts[place + 1 :])


def _first(rows: QuerySet[Media]) -> int | None:
    return rows.values_list("number", flat=True).first()


def _nearest(seen: QuerySet[Media], numbers: list[int]) -> int | None:
    """Return the first of ``numbers`` that is still in sight, asked for some at a time."""
    for n in range(0, len(numbers), WINDOW):
        near = numbers[n : n + WINDOW]
        here = set(seen.filter(number__in=near).values_list("number", flat=True))
        if here:
            return next(number for number in near if number in here)
    return None


@require_safe
@case_page("examine")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show the items as neutral lines; nothing is rendered before it is asked for."""
    context = selection(request, case)
    request.session[LEFT] = {"case": str(case.pk), "query": context["query"], "order": context["order"]}
    if request.headers.get("X-Part") == "selection":
        return render(request, "examine/selection.html", context)
    context |= {
        "jobs": asked_by(request.officer.agency, case.pk, "examine.suggest")[:1],
        "exposure": service.exposure_of(request.officer, request.purpose, case),
        "greys": Viewing.objects.filter(
            case=case, account=request.officer.id, view__in=["grey", "edges"]
        ).count(),
    }
    return render(request, "examine/page.html", context)


def selection(request: DeskRequest, case: Case) -> dict[str, Any]:
    """Return what the selection of an address shows: filters with counts, one window of tiles, the trail."""
    asked = filters.kept(request.GET)
    held = service.cards(request.officer, case)
    left = facets.narrowed(held, filters.wanted(asked))
    leaf = _leaf(request, left)
    view = "table" if request.GET.get("view") == "table" else ""
    step = service.step_of(request.officer, case, request.GET.get("step"))
    known = {card.number: card for card in held}
    items = tiles_of(request.officer, case, leaf.object_list, request.LANGUAGE_CODE, known)
    first = leaf.start_index()
    for place, tile in enumerate(items, first):
        tile |= {"place": place, "of": len(left.stacks)}
    query = filters.address(asked, view=view, step=step.pk if step else "")
    other = filters.address(asked, view="" if view else "table", step=step.pk if step else "")
    return {
        "items": items,
        "leaf": leaf,
        "order": facets.written(left.stacks),
        "first": max(0, first - 1),
        "left": left,
        "total": len(held),
        "view": view,
        "query": f"{query}&" if query else "",
        "here": query,
        "other": other,
        "at": _number(request.GET.get("at")),
        "filters": filters.fields(asked, left),
        "asked": asked,
        "step": step,
        "decisions": decisions(case),
        "undo": undo_of(request, case),
        **trail_of(request, case, step),
    }


def _leaf(request: DeskRequest, left: facets.Narrowed) -> Any:
    """Return the page that was asked for, or the one that holds the item to return to."""
    pages = Paginator(left.stacks, WINDOW)
    at = _number(request.GET.get("at"))
    place = next((n for n, stack in enumerate(left.stacks) if at in stack), None) if at else None
    return pages.get_page(request.GET.get("page") if place is None else place // WINDOW + 1)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0


@require_safe
@case_page("examine")
def tiles(request: DeskRequest, case: Case) -> HttpResponse:
    """Show a further window of tiles: those of the items whose numbers are named."""
    try:
        stacks = facets.read(request.GET.get("n", ""), AT_ONCE)
    except ValueError:
        return HttpResponseBadRequest(gettext("Ask for items by their numbers, not too many at once."))
    items = tiles_of(request.officer, case, stacks, request.LANGUAGE_CODE)
    rows = request.GET.get("view") == "table"
    return render(request, "examine/window.html", {"items": items, "view": "table" if rows else ""})


@require_POST
@case_page("examine")
def filter_(request: DeskRequest, case: Case) -> HttpResponse:
    """Use a set of filters: it becomes a step of the search history, and the page shows what is left."""
    asked = filters.kept(request.POST)
    parent = service.step_of(request.officer, case, request.POST.get("step"))
    step = service.keep(request.officer, request.purpose, case, asked, parent)
    view = "table" if request.POST.get("view") == "table" else ""
    return to_grid(case, filters.address(asked, view=view, step=step.pk if step else ""))


@require_POST
@case_page("examine")
def suggest(request: DeskRequest, case: Case) -> HttpResponse:
    """Ask for proposed clues."""
    service.ask_to_suggest(request.officer, request.purpose, case)
    messages.success(request, gettext("The extractors are looking; proposals appear on the items."))
    return redirect("examine:page", case_id=case.pk)
