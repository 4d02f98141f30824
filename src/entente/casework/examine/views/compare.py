"""Two items beside each other with the same tools; and what is kept of what is seen on a bench."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from entente.casework.examine import service
from entente.casework.examine.adjust import Recipe, of_query
from entente.casework.examine.views.address import query_of, seconds_of
from entente.casework.examine.views.bench import bench_of
from entente.casework.examine.views.item import reads_only
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case, Media


@require_POST
@case_page("examine")
def keep(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Keep what is seen: as a crop of its own, or as a note that says how it was seen."""
    media = get_object_or_404(Media, case=case, number=number)
    t = seconds_of(request.POST.get("t")) if media.kind == "video" else None
    told = request.POST.get("recipe", "")
    try:
        recipe = of_query(QueryDict(told))
        if request.POST.get("keep") == "crop":
            made = service.crop(request.officer, request.purpose, media, None, t, recipe=recipe)
            messages.success(request, gettext("The crop is kept as item %(item)s.") % {"item": made})
            return _to(case, made)
        service.note(request.officer, request.purpose, media, request.POST.get("text", ""), t, recipe=recipe)
        messages.success(request, gettext("The note is kept, with how it was seen."))
    except ValueError as refused:
        messages.error(request, str(refused))
        recipe = Recipe()
    at = {"t": t} if t is not None else {}
    read = "h3=read" if request.GET.get("h3") == "read" else ""
    return _to(case, media, query_of(read, {**at, **recipe.as_query()}))


def _to(case: Case, media: Media, query: str = "") -> HttpResponse:
    answer = redirect(reverse("examine:item", args=[case.pk, media.number]) + query)
    answer.status_code = 303
    return answer


@case_page("examine")
def compare(request: DeskRequest, case: Case) -> HttpResponse:
    """Show two items beside each other, each with its line first; the grid sends the two it has chosen."""
    if request.method == "POST":
        return _chosen(request, case)
    sides = {side: _numbered(case, request.GET.get(side)) for side in ("a", "b")}
    action = reverse("examine:compare", args=[case.pk])
    read = "h3=read" if request.GET.get("h3") == "read" else ""
    benches = []
    for side, media in sides.items():
        if media is not None:
            others = {n: v for n, v in request.GET.items() if n in sides or n[:2] in {"a-", "b-"}}
            carried = {n: v for n, v in others.items() if not n.startswith(f"{side}-")}
            t = seconds_of(request.GET.get(f"{side}-t"))
            sees = media.origin == "crop" or not reads_only(request, case)
            benches.append(
                bench_of(request, media, read, t, side=side, action=action, carried=carried, sees=sees)
            )
    held = {
        "benches": benches,
        "a": request.GET.get("a", ""),
        "b": request.GET.get("b", ""),
        "absent": [side for side, media in sides.items() if media is None and request.GET.get(side)],
        "restricted": [m for m in sides.values() if m and "H3" in m.codes] if not read else [],
    }
    status = 400 if any(bench["mend"] for bench in benches) else 200
    return render(request, "examine/compare.html", held, status=status)


def _numbered(case: Case, number: str | None) -> Media | None:
    """Return the item of that number, ``None`` where there is none; hidden and absent are the same."""
    if not number or not number.isascii() or not number.isdigit() or len(number) > 9:
        return None
    return Media.objects.filter(case=case, number=int(number)).first()


def _chosen(request: DeskRequest, case: Case) -> HttpResponse:
    """Lead the two items that were chosen in a grid to their page."""
    try:
        asked = [UUID(text) for text in request.POST.getlist("item")]
    except ValueError:
        return HttpResponseBadRequest(gettext("Choose two items of this case."))
    items = list(Media.objects.filter(case=case, pk__in=asked).order_by("number"))
    if len(items) != 2:
        messages.error(request, gettext("Choose two items to compare them."))
        answer = redirect("examine:page", case_id=case.pk)
    else:
        numbers = {"a": items[0].number, "b": items[1].number}
        answer = redirect(reverse("examine:compare", args=[case.pk]) + query_of("", numbers))
    answer.status_code = 303
    return answer
