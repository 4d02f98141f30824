"""The items of a case as neutral lines, filtered."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from entente.casework.examine import service
from entente.casework.examine.views.tiles import tile_of
from entente.records.door import DeskRequest, case_page
from entente.records.jobs import asked_by
from entente.records.models import (
    Case,
    Clue,
    Media,
    Series,
    Viewing,
)

TILES = 240  # a page of the grid


FILTERS = {
    "known": (
        gettext_lazy("Known or new"),
        {
            "exact": gettext_lazy("Exact"),
            "near": gettext_lazy("Near"),
            "scene": gettext_lazy("Same scene"),
            "harmless": gettext_lazy("Harmless"),
            "new": gettext_lazy("New"),
        },
    ),
    "kind": (gettext_lazy("Kind"), {"picture": gettext_lazy("Pictures"), "video": gettext_lazy("Videos")}),
    "clue": (
        gettext_lazy("Clues"),
        {
            "yes": gettext_lazy("With clues"),
            "proposed": gettext_lazy("To decide"),
            "no": gettext_lazy("None"),
        },
    ),
    "state": (
        gettext_lazy("State"),
        {"opened": gettext_lazy("Opened"), "refused": gettext_lazy("Refused"), "crop": gettext_lazy("Crops")},
    ),
}


def chosen(case: Case, query: Any) -> QuerySet[Media]:
    """Return the items that the filters of ``query`` leave."""
    items = Media.objects.filter(case=case).annotate(
        clued=Exists(Clue.objects.filter(media=OuterRef("pk")).exclude(state="withdrawn")),
        to_decide=Exists(Clue.objects.filter(media=OuterRef("pk"), state="proposed")),
    )
    if query.get("known") in FILTERS["known"][1]:
        items = items.filter(known=query["known"])
    if query.get("kind") in FILTERS["kind"][1]:
        items = items.filter(kind=query["kind"])
    tests = {"yes": Q(clued=True), "proposed": Q(to_decide=True), "no": Q(clued=False)}
    items = items.filter(tests.get(query.get("clue", ""), Q()))
    states = {"opened": Q(refusal=""), "refused": ~Q(refusal=""), "crop": Q(origin="crop")}
    items = items.filter(states.get(query.get("state", ""), Q()))
    if series := query.get("series", ""):
        items = items.filter(in_series__series__name=series).distinct()
    return items.order_by("number")


@require_safe
@case_page("examine")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show the items as neutral lines; nothing is rendered before it is asked for."""
    leaf = Paginator(chosen(case, request.GET), TILES).get_page(request.GET.get("page"))
    tiles = []
    for media in leaf.object_list:
        tile = tile_of(media, request.LANGUAGE_CODE)
        if media.to_decide:  # type: ignore[attr-defined]  # annotated by chosen()
            tile["states"].append(gettext("clues to decide"))
        elif media.clued:  # type: ignore[attr-defined]
            tile["states"].append(gettext("clues"))
        tiles.append(tile)
    kept = {k: v for k, v in request.GET.items() if k in {*FILTERS, "series"} and v}
    context = {
        "items": tiles,
        "leaf": leaf,
        "query": urlencode(kept) + "&" if kept else "",
        "filters": [
            {"name": name, "label": label, "options": options.items(), "now": kept.get(name, "")}
            for name, (label, options) in FILTERS.items()
        ],
        "series": list(Series.objects.filter(case=case, items__media__isnull=False).distinct()),
        "series_now": kept.get("series", ""),
        "total": Media.objects.filter(case=case).count(),
        "jobs": asked_by(request.officer.agency, case.pk, "examine.suggest")[:1],
        "exposure": service.exposure_of(request.officer, request.purpose, case),
        "greys": Viewing.objects.filter(
            case=case, account=request.officer.id, view__in=["grey", "edges"]
        ).count(),
        "decisions": [{"value": "gather", "label": gettext("Make one series"), "key": "s"}],
    }
    return render(request, "examine/page.html", context)


@require_POST
@case_page("examine")
def suggest(request: DeskRequest, case: Case) -> HttpResponse:
    """Ask for proposed clues."""
    service.ask_to_suggest(request.officer, request.purpose, case)
    messages.success(request, gettext("The extractors are looking; proposals appear on the items."))
    return redirect("examine:page", case_id=case.pk)
