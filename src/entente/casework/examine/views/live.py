"""Together, live: the stream of an open page, the part that it fetches, who is here, and one's own hours."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.template import loader
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from entente.casework.examine.service import hours, together
from entente.casework.examine.views import item as page
from entente.casework.examine.views import opinions
from entente.casework.examine.views.tiles import tile_of
from entente.records import feed
from entente.records.door import DeskRequest, case_page
from entente.records.models import Account, Case, Media

EVENTS = "text/event-stream"
# nothing in between may gather what should arrive at once
FLOWS = {"X-Accel-Buffering": "no"}


@require_safe
@case_page("examine")
def live(request: DeskRequest, case: Case) -> HttpResponse:
    """Tell an open page of changes and of who else is here; at once where it does not wait for a stream."""
    if case.closed_at is not None:
        return HttpResponse(status=204)  # a browser asks no more after this
    seat = _seat(request, case)
    waits = request.method == "GET" and EVENTS in request.headers.get("Accept", "")
    if waits and together.ROOM.has_place(seat.account):
        told = together.ROOM.told(seat)
        return StreamingHttpResponse(told, content_type=f"{EVENTS}; charset=utf-8", headers=FLOWS)  # type: ignore[return-value]
    now = together.ROOM.once(seat, request.officer)
    return HttpResponse(now, content_type=f"{EVENTS}; charset=utf-8", headers=FLOWS)


def _seat(request: DeskRequest, case: Case) -> together.Seat:
    account: Account = request.user  # type: ignore[assignment]
    media, since = None, request.headers.get("Last-Event-ID") or request.GET.get("since")
    if (number := request.GET.get("item", "")).isdigit():
        media = get_object_or_404(Media, case=case, number=int(number)).pk
    return together.Seat(
        account=account.pk,
        number=account.service_number,
        agency=account.agency.short,
        strength=request.officer.strength,
        purpose=request.purpose,
        session=request.session.session_key or "",
        case=case.pk,
        media=media,
        told=feed.newest() if since is None else feed.serial_of(since),
    )


@require_safe
@case_page("examine")
def part(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Give the rows of an item that changed, each as the page shows it, with the sentence to say of it."""
    media = get_object_or_404(Media, case=case, number=number)
    marks = {*_asked(request, "clue"), *_asked(request, "observation")}
    told = page.marked(request, case, media, marks) if marks else page.UNMARKED
    crops, asked, notes = (_asked(request, what) for what in ("crop", "opinion", "note"))
    context = {
        **told,
        "here": None,  # what changed is not what the address opens
        "questions": [q for q in _questions(request, media) if q["opinion"].pk in asked] if asked else [],
        "media": media,
        "seen": [*told["observations"], *told["dealt_with"]],
        "notes": page.noted(request, media, notes) if notes else [],
        "crops": [tile_of(c, request.LANGUAGE_CODE) for c in media.crops.filter(pk__in=crops)]
        if crops
        else [],
    }
    return HttpResponse(_alone(request, "examine/live.html", {**context, "case": case}))


def _questions(request: DeskRequest, media: Media) -> list[dict[str, Any]]:
    return opinions.of_item(media, request.LANGUAGE_CODE)


def _alone(request: DeskRequest, name: str, context: dict[str, Any]) -> str:
    """Render a part without what the layout needs: ten windows ask for it at each mark of one."""
    needed = {"officer": request.officer, "csrf_token": get_token(request)}
    return str(loader.get_template(name).render({**context, **needed}))


def _asked(request: DeskRequest, what: str) -> list[UUID]:
    found = []
    for text in request.GET.getlist(what)[: together.IDS]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


@require_POST
@case_page("examine")
def beat(request: DeskRequest, case: Case) -> HttpResponse:
    """Count the officer's own time on the case, at the word of a page that is open and worked on."""
    if case.closed_at is None:
        hours.count(request.officer, case)
    return HttpResponse(status=204)


@case_page("examine")
def own_hours(request: DeskRequest, case: Case) -> HttpResponse:
    """Show one's own hours on the case, and to its lead the totals that were agreed to."""
    if request.method == "POST":
        hours.agree(request.officer, request.purpose, case, request.POST.get("agree") == "yes")
        return redirect("examine:hours", case_id=case.pk)
    days = [(day, _as_time(seconds)) for day, seconds in hours.own(request.officer, case)]
    totals = [
        (t.agency, t.officers, gettext("not agreed to by all") if t.seconds is None else _as_time(t.seconds))
        for t in hours.totals(request.officer, case)
    ]
    context = {
        "days": days,
        "all": _as_time(sum(s for _, s in hours.own(request.officer, case))),
        "agrees": hours.agrees(request.officer, case),
        "totals": totals,
        "kept": hours.KEPT.days,
    }
    return render(request, "examine/hours.html", context)


def _as_time(seconds: int) -> str:
    """Write a span as hours and minutes, as a duty roster does."""
    minutes = seconds // 60
    return f"{minutes // 60}:{minutes % 60:02d}"
