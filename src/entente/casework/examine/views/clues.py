"""A clue that stands is decided or edited; an observation is set aside; what changed meanwhile is shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from entente.casework.examine import service, values
from entente.casework.examine.views.address import query_of
from entente.casework.examine.views.forms import EditForm
from entente.casework.examine.views.item import back_to, frames_of, place_of, placed_in, reads_only
from entente.casework.examine.views.said import past, versions
from entente.casework.examine.views.tiles import tile_of
from entente.casework.examine.views.words import offered
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case, Clue, Media, Observation
from entente.vocabulary.clue import ClueKind, group_of

DECISIONS = {"confirm": service.confirm, "withdraw": service.withdraw}


@require_POST
@case_page("examine")
def decide(request: DeskRequest, case: Case, number: int, clue_id: UUID) -> HttpResponse:
    """Confirm or withdraw a clue, or take the last change back."""
    media = get_object_or_404(Media, case=case, number=number)
    clue = get_object_or_404(Clue, pk=clue_id, media=media)
    decision, edition = request.POST.get("decision", ""), request.POST.get("edition", "")
    who = request.officer, request.purpose
    try:
        if decision == "restore":
            service.restore(*who, clue, edition=edition)
        elif decision in DECISIONS:
            DECISIONS[decision](*who, clue, seen=request.POST.get("seen", ""), edition=edition)
        else:
            return HttpResponseBadRequest(gettext("Choose to confirm, to withdraw or to restore."))
    except service.Stale as stale:
        return _conflict(request, media, stale.row)
    except ValueError as refused:
        messages.error(request, str(refused))
    return back_to(case, media, clue.start)


def _conflict(request: DeskRequest, media: Media, clue: service.Marked) -> HttpResponse:
    """Show how a clue stands now and what was done to it meanwhile; the choice is the officer's again."""
    context = {
        "media": media,
        "clue": clue,
        "edition": service.edition_of(clue),
        "rows": versions(_fields(clue), _fields(clue)),
        "past": past(clue),
    }
    return render(request, "examine/conflict.html", context, status=409)


@case_page("examine")
def edit(request: DeskRequest, case: Case, number: int, clue_id: UUID) -> HttpResponse:
    """Show a clue with its place and history; on POST change it, or show what another changed meanwhile."""
    media = get_object_or_404(Media, case=case, number=number)
    clue = get_object_or_404(Clue.objects.select_related("owner", "observation"), pk=clue_id, media=media)
    form = EditForm(request.POST) if request.method == "POST" else EditForm(initial=_begun(clue))
    more: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            service.edit(
                request.officer, request.purpose, clue, edition=form.cleaned_data["edition"], **form.word()
            )
        except service.Stale as stale:
            again = request.POST.copy()
            again["edition"] = service.edition_of(stale.row)
            form.data = again
            more = {"conflict": versions(_fields(stale.row), _typed(form, clue))}
        except ValueError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, gettext("The clue is changed; what it was stays in its history."))
            return back_to(case, media, form.cleaned_data["start"])
    status = 409 if more else 400 if form.errors else 200
    return render(
        request, "examine/edit.html", {**_page(request, case, media, clue, form), **more}, status=status
    )


def _page(request: DeskRequest, case: Case, media: Media, clue: Clue, form: EditForm) -> dict[str, Any]:
    read = "h3=read" if request.GET.get("h3") == "read" else ""
    at = {"t": clue.start} if media.kind == "video" and clue.start is not None else {}
    shown = tile_of(media, request.LANGUAGE_CODE, query_of(read, at))
    return {
        "media": media,
        "clue": clue,
        "item": shown,
        "read": read,
        "t": clue.start,
        "form": form,
        "may_mark": not reads_only(request, case),
        "graded": clue.owner_id == request.officer.agency,
        **offered(form, request.officer.agency, request.LANGUAGE_CODE),
        "mark_fields": "box",
        **placed_in(form),
        "frames": frames_of(case, media, read) if media.kind == "video" and "grey_url" in shown else [],
        "past": past(clue),
        "edition": service.edition_of(clue),
    }


def _begun(clue: Clue) -> dict[str, Any]:
    kind = ClueKind(clue.kind)
    row = {"region": clue.region, "polygon": clue.polygon, "start": clue.start, "end": clue.end}
    return {
        "kind": clue.kind,
        "value": values.as_text(kind, clue.value),
        "negated": clue.negated,
        "because": clue.because,
        "evaluation": clue.evaluation,
        "group": "" if clue.group == str(group_of(kind)) else clue.group,
        "edition": service.edition_of(clue),
        **place_of(row),
    }


def _fields(row: Any) -> dict[str, Any]:
    names = ("kind", "value", "negated", "because", "evaluation", "group")
    return {n: getattr(row, n) for n in (*names, "region", "polygon", "start", "end", "state")}


def _typed(form: EditForm, clue: Clue) -> dict[str, Any]:
    """Return what was typed as the fields of a clue; the state is no part of it."""
    word = form.word()
    region, polygon = service.placed(word["region"], word["polygon"])
    return {
        **word,
        "kind": str(word["kind"]),
        "because": word["because"] or clue.because,
        "group": str(word["group"] or group_of(word["kind"])),
        "region": [region.x, region.y, region.w, region.h] if region else None,
        "polygon": polygon,
        "end": word["end"] if word["end"] is not None else word["start"],
    }


MOVES = {"set-aside": service.set_aside, "reopen": service.reopen}


@require_POST
@case_page("examine")
def observation(request: DeskRequest, case: Case, number: int, observation_id: UUID) -> HttpResponse:
    """Set an observation aside, or have it wait again."""
    media = get_object_or_404(Media, case=case, number=number)
    seen = get_object_or_404(Observation, pk=observation_id, media=media)
    move = MOVES.get(request.POST.get("decision", ""))
    if move is None:
        return HttpResponseBadRequest(gettext("Choose to set it aside or to reopen it."))
    try:
        move(request.officer, request.purpose, seen, edition=request.POST.get("edition", ""))
    except ValueError as refused:
        messages.error(request, str(refused))
    return back_to(case, media, seen.start)
