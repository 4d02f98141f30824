"""The proposals with their reasons, one key each; the series that people made; and undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from entente.casework.link import service
from entente.casework.link.scene.drawing import drawn
from entente.casework.link.views.reasons import told, two_items
from entente.casework.match.overlay import Drawing
from entente.records.asked import uuid_of, uuids_of
from entente.records.door import DeskRequest, case_page
from entente.records.jobs import asked_by
from entente.records.leaf import leaf_of
from entente.records.models import Case, Change, Link, Media, Series, SeriesItem
from entente.records.sentences import said
from entente.safeguards.exposure import neutral_label
from entente.vocabulary.media import MediaKind

QUEUE = 60  # proposals a page
MEMBERS = 120  # items of a series a page
GROUPS = 40  # suggested groups shown, the largest first
FIRST = 4  # links of a bridge that are read at once
CHANGES = 12  # the latest changes shown

WHAT = {
    "accept a link": gettext_lazy("accepted a link"),
    "accept links": gettext_lazy("accepted links"),
    "refuse a link": gettext_lazy("refused a link"),
    "refuse links": gettext_lazy("refused links"),
    "tie two items": gettext_lazy("said that two belong together"),
    "keep two apart": gettext_lazy("kept two apart"),
    "make a series": gettext_lazy("made a series"),
    "merge series": gettext_lazy("merged series"),
    "split a series": gettext_lazy("split a series"),
    "move an item": gettext_lazy("moved an item"),
    "make a camera": gettext_lazy("made a camera"),
    "take a camera away": gettext_lazy("took a camera away"),
}


def tile_of(media: Media, language: str, at: int | None = None, of: int | None = None) -> dict[str, Any]:
    """Return what a tile shows of an item: its number and measures; looking goes through examine's doors."""
    held = {"case_id": media.case_id, "number": media.number}
    label = f"{media} · " + (
        neutral_label(
            MediaKind(media.kind), media.width, media.height, media.duration, at, of, language=language
        )
        if media.kind and not media.refusal
        else gettext("not opened")
    )
    tile = {
        "id": media.pk,
        "label": label,
        "verdict": media.known,
        "codes": media.codes,
        "url": reverse("examine:item", kwargs=held),
    }
    if media.key and not media.refusal and "H3" not in media.codes:
        tile |= {
            f"{name}_url": reverse(f"examine:{name}", kwargs=held) for name in ("grey", "reveal", "hide")
        }
    return tile


@require_safe
@case_page("link")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show the proposals, strongest first, the groups they suggest, and the series."""
    suggested = service.suggested(case)
    leaf = leaf_of(request, suggested.waiting, most=QUEUE)
    where = dict(Link.objects.filter(pk__in=[link.pk for link in leaf]).values_list("pk", "where"))
    rows = [
        {
            "link": link,
            "a": {**tile_of(link.a, request.LANGUAGE_CODE), "id": f"{link.pk}-a"},
            "b": {**tile_of(link.b, request.LANGUAGE_CODE), "id": f"{link.pk}-b"},
            "points": _points(link, where.get(link.pk)),
        }
        for link in leaf.object_list
    ]
    done = [
        asked_by(request.officer.agency, case.pk, task).filter(status="done").first()
        for task in ("link.propose", "link.scenes")
    ]
    counted = service.in_sight(case).annotate(n=Count("items"))
    context = {
        "rows": rows,
        "leaf": leaf,
        "undecided": len(suggested.waiting),
        "groups": [
            {
                "items": items,
                "links": links,
                "weakest": min(links, key=lambda k: k.weight),
                "all": _all(links),
            }
            for items, links in suggested.groups[:GROUPS]
        ],
        "bridges": [
            {"of": b, "first": b.links[:FIRST], "rest": b.links[FIRST:], "all": _all(b.links)}
            for b in suggested.bridges[:GROUPS]
        ],
        "disagreed": suggested.disagreed,
        "series": leaf_of(request, counted.order_by("made_at", "pk"), "series"),
        "refused": Link.objects.filter(case=case, state="refused").count(),
        "hubs": [h for job in done if job for h in job.result.get("hubs", [])[:GROUPS]],
        "ties": suggested.hubs[:GROUPS],
        "standings": service.standings(request.officer, case),
        "changes": changes_of(case),
        "decisions": [
            {"value": "accept", "label": gettext("Belongs together"), "key": "a", "main": True},
            {"value": "refuse", "label": gettext("Does not"), "key": "r"},
        ],
    }
    return render(request, "link/page.html", context)


def _all(links: Sequence[Link]) -> str:
    """Return links as one field of a form: near pictures of one evening make more than a form may have."""
    return ",".join(str(link.pk) for link in links)


def _points(link: Link, where: Mapping[str, Any] | None) -> Drawing | None:
    """Return where a link's items show the same, as a drawing."""
    if not where:
        return None
    one, other = ((float(m.width or 4), float(m.height or 3)) for m in (link.a, link.b))
    return drawn(where["pairs"], one, other)


def changes_of(case: Case, only: Series | None = None) -> list[dict[str, Any]]:
    """Return the latest decisions of this step, of one series if it is named, with what they are called."""
    rows = service.changes(case).iterator(CHANGES)
    if only is not None:
        touched = {str(only.pk), *(str(i) for i in only.items.values_list("pk", flat=True))}
        rows = (c for c in rows if touched & {r["id"] for r in c.before["rows"]})
    return [{"change": c, "what": WHAT[c.what]} for c in islice(rows, CHANGES)]


@require_safe
@case_page("link")
def series(request: DeskRequest, case: Case, series_id: UUID) -> HttpResponse:
    """Show one series: its items as neutral tiles, the reason of each link, and what can be done with it."""
    held = get_object_or_404(service.in_sight(case), pk=series_id)
    inside = SeriesItem.objects.filter(series=held)
    leaf = leaf_of(request, inside.select_related("media").order_by("media__number", "pk"), most=MEMBERS)
    members, first, of = [m.media for m in leaf], leaf.start_index(), leaf.paginator.count
    ids = inside.values("media")
    links = Link.objects.filter(a__in=ids, b__in=ids).select_related("a", "b", "decided_by", "made_by")
    context = {
        "series": held,
        "leaf": leaf,
        "items": [tile_of(m, request.LANGUAGE_CODE, n, of) for n, m in enumerate(members, first)],
        "members": members,
        "links": leaf_of(request, links.order_by("-weight", "made_at", "pk"), "links"),
        "others": service.in_sight(case).exclude(pk=held.pk),
        "changes": changes_of(case, held),
        "decisions": [
            {"value": "split", "label": gettext("Split off"), "key": "s", "main": True},
            {"value": "take-out", "label": gettext("Take out"), "key": "t"},
        ],
        "asked": bool(request.GET.get("a") or request.GET.get("b")),
        **_asked_of(request, case, held),
    }
    return render(request, "link/series.html", context)


def _asked_of(request: DeskRequest, case: Case, held: Series) -> dict[str, Any]:
    """Return the reasons for two members that were asked about."""
    pair = two_items(case, request.GET)
    inside = SeriesItem.objects.filter(series=held, media__in=pair or ())
    return told(case, pair if len(set(inside.values_list("media", flat=True))) == 2 else None)


def _series_page(held: Series | None, case: Case) -> HttpResponse:
    there = held is not None and Series.objects.filter(pk=held.pk).exists()
    answer = redirect("link:series", case.pk, held.pk) if there and held else redirect("link:page", case.pk)
    answer.status_code = 303
    return answer


@require_POST
@case_page("link")
def propose(request: DeskRequest, case: Case) -> HttpResponse:
    """Ask for proposals."""
    service.ask_to_propose(request.officer, request.purpose, case)
    messages.success(request, gettext("Links are being looked for."))
    return _series_page(None, case)


@require_POST
@case_page("link")
def decide(request: DeskRequest, case: Case) -> HttpResponse:
    """Accept or refuse the chosen links, all in one act."""
    chosen = uuids_of(",".join(request.POST.getlist("item")).split(","))
    links = list(Link.objects.filter(case=case, pk__in=chosen))
    try:
        if request.POST.get("decision") == "accept":
            service.accept_all(request.officer, request.purpose, links)
            messages.success(request, _accepted(len(links)))
        elif request.POST.get("decision") == "refuse":
            service.refuse_all(request.officer, request.purpose, links)
            messages.success(request, _refused(len(links)))
        else:
            return HttpResponseBadRequest(gettext("Choose to accept or to refuse."))
    except ValueError as refused:
        messages.error(request, said(refused))
    return _series_page(None, case)


@require_POST
@case_page("link")
def gather(request: DeskRequest, case: Case) -> HttpResponse:
    """Make one series of the chosen items."""
    items = list(Media.objects.filter(case=case, pk__in=uuids_of(request.POST.getlist("item"))))
    try:
        made = service.gather(request.officer, request.purpose, case, items)
    except ValueError as refused:
        messages.error(request, said(refused))
        return redirect("examine:page", case_id=case.pk)
    return _series_page(made, case)


@require_POST
@case_page("link")
def change_series(request: DeskRequest, case: Case, series_id: UUID) -> HttpResponse:
    """Merge another series in, split items off, take items out or move them."""
    held = get_object_or_404(service.in_sight(case), pk=series_id)
    items = list(Media.objects.filter(case=case, pk__in=uuids_of(request.POST.getlist("item"))))
    decision = request.POST.get("decision", "")
    try:
        if decision == "merge":
            other = get_object_or_404(service.in_sight(case), pk=uuid_of(request.POST.get("other")))
            service.merge(request.officer, request.purpose, held, other)
        elif decision == "split":
            held = service.split(request.officer, request.purpose, held, items)
        elif decision in {"take-out", "move"}:
            if not items:
                raise service.SeriesRefused("no item was chosen; choose at least one")
            to = (
                get_object_or_404(service.in_sight(case), pk=uuid_of(request.POST.get("to")))
                if decision == "move"
                else None
            )
            for media in items:
                service.move(request.officer, request.purpose, media, to)
        else:
            return HttpResponseBadRequest(gettext("Choose to merge, to split or to move."))
    except ValueError as refused:
        messages.error(request, said(refused))
    return _series_page(held, case)


@require_POST
@case_page("link")
def undo(request: DeskRequest, case: Case, change_id: UUID) -> HttpResponse:
    """Take a change back."""
    change = get_object_or_404(Change, pk=change_id, case=case, what__in=service.CHANGES)
    try:
        service.undo(request.officer, request.purpose, change)
        messages.success(request, gettext("It stands as before."))
    except ValueError as refused:
        messages.error(request, said(refused))
    return _series_page(None, case)


def _accepted(n: int) -> str:
    return ngettext("%(n)d link accepted.", "%(n)d links accepted.", n) % {"n": n}


def _refused(n: int) -> str:
    return ngettext("%(n)d link refused.", "%(n)d links refused.", n) % {"n": n}
