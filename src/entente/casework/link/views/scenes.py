"""Find this object: a box on an item is looked for in the others; and the comparison of all of a case."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from entente.casework.link import service
from entente.casework.link.scene.drawing import drawn
from entente.casework.link.scene.site import in_force
from entente.casework.link.views.series import tile_of
from entente.records.asked import uuid_of
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case, Media
from entente.records.sentences import said
from entente.vocabulary.media import Region


@require_POST
@case_page("link")
def compare(request: DeskRequest, case: Case) -> HttpResponse:
    """Ask for a comparison of the case's items by their points."""
    service.ask_to_compare(request.officer, request.purpose, case)
    messages.success(request, gettext("The items are being compared. This takes a while."))
    return redirect("link:page", case_id=case.pk)


@require_POST
@case_page("link")
def find(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Ask for what a box of an item shows, in the other items."""
    media = get_object_or_404(Media, case=case, number=number)
    try:
        region, t = _box(request), _number(request, "start")
        job = service.ask_to_find(
            request.officer,
            request.purpose,
            media,
            region,
            t,
            read_h3=request.POST.get("h3", request.GET.get("h3")) == "read",
        )
    except ValueError as refused:
        messages.error(request, said(refused))
        return redirect("examine:item", case_id=case.pk, number=media.number)
    return redirect(f"{reverse('link:found', kwargs={'case_id': case.pk})}?of={job.pk}")


@require_safe
@case_page("link")
def found(request: DeskRequest, case: Case) -> HttpResponse:
    """Show the candidates of a search as neutral lines with the points that agree."""
    searches = service.searches(request.officer, case)
    wanted = uuid_of(request.GET.get("of", "")) or (searches[0].pk if searches else None)
    search = service.search(request.officer, case, wanted) if wanted else None
    rows = [_row(request, search, each, n) for n, each in enumerate(search.candidates)] if search else []
    context = {
        "search": search,
        "searches": searches,
        "jobs": [search.job] if search and search.job.status != "done" else [],
        "told": search.job.result if search else {},
        "rows": rows,
        "matcher": in_force(),
        "most_paired": service.MOST_PAIRED,
        "matched": service.last_of_site(request.officer, case),
    }
    return render(request, "link/found.html", context)


def _row(request: DeskRequest, search: service.Search, each: service.Candidate, place: int) -> dict[str, Any]:
    one, other = ((float(m.width or 4), float(m.height or 3)) for m in (search.media, each.media))
    return {
        "found": each,
        "t": each.t if each.media.kind == "video" else None,
        "item": {**tile_of(each.media, request.LANGUAGE_CODE), "id": f"found-{place}"},
        "drawing": drawn(each.pairs, one, other, search.region),
    }


def _box(request: HttpRequest) -> Region | None:
    sides = [_number(request, name) for name in ("x", "y", "w", "h")]
    x, y, w, h = (v if v is not None else 0.0 for v in sides)
    return Region(x, y, w, h) if None not in sides else None


def _number(request: HttpRequest, name: str) -> float | None:
    text = request.POST.get(name, "").strip()
    try:
        return float(text) if text else None
    except ValueError:
        raise ValueError(gettext("The box is given by numbers between 0 and 1.")) from None
