"""One item: its line first, then what is recorded of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from entente.casework.examine import service, values
from entente.casework.examine.outline import as_text
from entente.casework.examine.service import once
from entente.casework.examine.views import opinions
from entente.casework.examine.views.address import query_of, seconds_of
from entente.casework.examine.views.bench import bench_of, seen_of, sound_of
from entente.casework.examine.views.forms import MarkForm, NoteForm, PlaceForm, typed
from entente.casework.examine.views.grid import beside, left_of
from entente.casework.examine.views.sun import SunRefused, form_with_sun
from entente.casework.examine.views.tiles import tile_of, without_looks
from entente.casework.examine.views.words import offered
from entente.records import clock, feed
from entente.records.door import DeskRequest, case_page
from entente.records.models import (
    Case,
    Clue,
    Frame,
    Media,
    Note,
    Observation,
    Occurrence,
    Series,
    Viewing,
)
from entente.records.names import named
from entente.safeguards.access import member_part
from entente.safeguards.exposure import clock_time
from entente.vocabulary.agency import Part
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.media import Region

# what ``marked`` tells where nothing was marked
UNMARKED: dict[str, Any] = {"clues": [], "observations": [], "dealt_with": [], "marks": []}
STRIP = 120  # frames in the strip; longer videos are thinned, any second can be typed


@case_page("examine")
def item(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Show one item: its line first, then what is recorded of it; on POST record a clue."""
    media = get_object_or_404(Media, case=case, number=number)
    if request.method != "POST":
        return item_page(request, case, media)
    if "shadow" in request.POST:
        return _with_sun(request, case, media)
    form = MarkForm(request.POST)
    if form.is_valid():
        seen = form.cleaned_data["observation"]
        made_of = get_object_or_404(Observation, pk=seen, media=media) if seen else None
        try:
            clue = service.mark(
                request.officer,
                request.purpose,
                media,
                observation=made_of,
                **form.word(),
                **form.handling(),
            )
        except ValueError as refused:
            form.add_error(None, str(refused))
        else:
            return kept(request, case, media, gettext("The clue is recorded."), clue.start)
    return item_page(request, case, media, form=form)


def _with_sun(request: DeskRequest, case: Case, media: Media) -> HttpResponse:
    """Show the form with the height of the sun in it; nothing is recorded."""
    try:
        form = form_with_sun(request, media)
    except SunRefused as refused:
        messages.error(request, str(refused))
        return item_page(request, case, media, form=_as_typed(request), status=400)
    messages.success(request, gettext("The height of the sun is in the form. Read it, then record the clue."))
    return item_page(request, case, media, form=form)


@require_POST
@case_page("examine")
def observe(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Record what is seen, in words and with its place, before anybody says what it means."""
    media = get_object_or_404(Media, case=case, number=number)
    form = PlaceForm(request.POST)
    if form.is_valid():
        try:
            made = service.observe(
                request.officer,
                request.purpose,
                media,
                form.cleaned_data["because"],
                **form.place(),
                **form.handling(),
            )
        except ValueError as refused:
            form.add_error(None, str(refused))
        else:
            said = gettext("The observation is recorded; it weighs nothing yet.")
            return kept(request, case, media, said, made.start)
    return item_page(request, case, media, form=_as_typed(request), refused=form)


@require_POST
@case_page("examine")
def crop(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Keep the box, or the background beside it, as an item of its own with its own handling."""
    media = get_object_or_404(Media, case=case, number=number)
    form = PlaceForm(request.POST)
    if form.is_valid():
        place = form.place()
        region, _ = service.placed(place["region"], place["polygon"])
        t = place["start"] if media.kind == "video" else None
        try:
            made = _cut(request, media, region, t, form.handling())
        except ValueError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, gettext("The crop is kept as item %(item)s.") % {"item": made})
            return back_to(case, made)
    return item_page(request, case, media, form=_as_typed(request), refused=form)


def _cut(
    request: DeskRequest, media: Media, region: Region | None, t: float | None, handling: dict[str, Any]
) -> Media:
    if region is None:
        raise ValueError(gettext("Mark a box first; the crop is what lies inside it."))
    if request.POST.get("keep") == "background":
        return service.crop_background(request.officer, request.purpose, media, [region], t, **handling)
    return service.crop(request.officer, request.purpose, media, region, t, **handling)


def _as_typed(request: DeskRequest) -> MarkForm:
    return MarkForm(initial=typed(MarkForm, request.POST))


@require_safe
@case_page("examine")
def clues(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Give the clues and observations of an item alone: what a page asks for again when somebody marked."""
    media = get_object_or_404(Media, case=case, number=number)
    return render(request, "examine/clues.html", {"media": media, **marked(request, case, media)})


@require_safe
@case_page("examine")
def notes(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Give the notes of an item alone."""
    media = get_object_or_404(Media, case=case, number=number)
    return render(request, "examine/notes.html", {"media": media, "notes": noted(request, media)})


def item_page(
    request: DeskRequest,
    case: Case,
    media: Media,
    *,
    form: MarkForm | None = None,
    refused: Any = None,
    note_form: NoteForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the page of an item; with a form that was refused, it keeps what was typed."""
    since = feed.place(request.officer, request.purpose, case.pk, media.pk)  # before its rows are read
    context = {**_item(request, case, media, form), "live_item": media.number, "live_since": since}
    cases = context["cases"]
    begin = {"t": context["t"], "within": cases[0][0] if cases else ""}
    context["note_form"] = note_form or NoteForm(initial=begin, cases=cases)
    context["errors"] = refused or form or note_form
    bad = bool(context["errors"] and context["errors"].errors)
    return render(request, "examine/item.html", context, status=400 if bad else status)


def _item(request: DeskRequest, case: Case, media: Media, given: MarkForm | None) -> dict[str, Any]:
    reader = reads_only(request, case)
    sees = not reader or media.origin == "crop"
    told = marked(request, case, media)
    here, read = told["here"], told["read"]
    form = given or MarkForm(initial=_begun(request, media, here))
    t = here["start"] if here and here["start"] is not None else seconds_of(request.GET.get("t"))
    at = {"t": t} if media.kind == "video" and t is not None else {}
    shown = tile_of(media, request.LANGUAGE_CODE, query_of(read, at))
    if not sees:
        shown = without_looks(shown)
    known = once.assessed(request.officer, media)
    first = once.to_answer(request.officer, media, known)
    if first:  # the findings stand before the look
        shown = {**shown, "reveal_url": "", "hide_url": ""}
    edges = {**shown, "id": f"edges-{media.pk}", "reveal_url": "", "hide_url": ""}
    if "grey_url" in shown:
        edges["grey_url"] = reverse("examine:grey", kwargs={"case_id": case.pk, "number": media.number})
        edges["grey_url"] += query_of(read, {**at, "view": "edges"})
    before, after = beside(request, case, media.number)
    return {
        **told,
        "grid_left": left_of(request, case),
        "media": media,
        "item": shown,
        "edges": edges,
        "sees": sees,
        "marks_here": not reader,
        "cases": note_cases(request, case, reader),
        "bench": bench_of(request, media, read, t, sees=sees) | ({"reveal_url": ""} if first else {}),
        "sound": sound_of(media, read),
        "read": read,
        "t": t,
        "form": form,
        "moment": request.POST.get("moment", ""),
        "made_of": _observation(media, form["observation"].value()),
        **offered(form, request.officer.agency, request.LANGUAGE_CODE),
        "mark_fields": "box",
        **placed_in(form),
        "frames": frames_of(case, media, read) if media.kind == "video" and "grey_url" in shown else [],
        "notes": noted(request, media, read=read),
        "known": known,
        "known_clues": [_clue_row(c, undoable=False) for c in known.clues] if known else [],
        "findings_first": first,
        "opinions": opinions.of_item(media, request.LANGUAGE_CODE),
        "categories": opinions.offered(request),
        "series": Series.objects.filter(items__media=media),
        "crops": [tile_of(c, request.LANGUAGE_CODE, "?h3=read" if read else "") for c in media.crops.all()],
        "parent": media.parent if media.parent_id else None,
        "occurrences": Occurrence.objects.filter(media=media),
        "facts": sorted((k, v) for k, v in media.metadata.items() if v not in (None, "", [], {})),
        "tags": sorted(media.tags.items()),
        "looks": Viewing.objects.filter(media=media, account=request.officer.id).count(),
        "before": before,
        "after": after,
    }


def reads_only(request: DeskRequest, case: Case) -> bool:
    """Whether the officer is in the case as a reader: shown the line of an original, and its crops."""
    return member_part(request.officer, case.pk, clock.now()) is Part.READER


def note_cases(request: DeskRequest, case: Case, reader: bool) -> list[tuple[str, str]]:
    """Return where a note may be kept: in this case unless one only reads it, or in another of one's own."""
    here = [] if reader else [("", gettext("this case"))]
    others = service.own_cases(request.officer, request.purpose)
    return here + [(str(c.pk), f"{c.number} · {c.title}") for c in others if c.pk != case.pk]


def marked(
    request: DeskRequest, case: Case, media: Media, only: Collection[UUID] | None = None
) -> dict[str, Any]:
    """Return the clues and observations of an item, or ``only`` these; and which the address opens."""
    which = Q(media=media) if only is None else Q(media=media, pk__in=only)
    held = list(Clue.objects.filter(which).select_related("decided_by", "owner", "made_by", "observation"))
    undoable = service.changed(held)
    rows = [_clue_row(c, str(c.pk) in undoable) for c in held]
    seen = [
        _observation_row(o)
        for o in Observation.objects.filter(which).select_related("made_by", "owner", "decided_by")
    ]
    asked = request.GET.get("clue") or request.GET.get("observation") or ""
    drawn = [r["mark"] for r in [*rows, *seen] if r["mark"] and r["state"] not in {"withdrawn", "set aside"}]
    return {
        "clues": rows,
        "observations": [o for o in seen if o["state"] == "open"],
        "dealt_with": [o for o in seen if o["state"] != "open"],
        "here": next((r for r in [*rows, *seen] if str(r["id"]) == asked), None),
        "marks": drawn,
        "may_mark": not reads_only(request, case),
        "read": "h3=read" if request.GET.get("h3") == "read" else "",
    }


def noted(
    request: DeskRequest, media: Media, only: Collection[UUID] | None = None, *, read: str = ""
) -> list[dict[str, Any]]:
    """Return the notes on an item, or ``only`` these: of its case, and kept in cases of the officer's own."""
    rows = Note.objects.filter(Q(media=media) | Q(about=media.pk)).select_related("made_by", "owner", "case")
    if only is not None:
        rows = rows.filter(pk__in=only)
    own = request.officer.id
    return [{"note": n, "own": n.made_by_id == own, "seen": seen_of(n, media, read)} for n in rows]


def _begun(request: DeskRequest, media: Media, here: dict[str, Any] | None) -> dict[str, Any]:
    """Return what the form begins with: the place of what was opened, and an observation's own words."""
    second = seconds_of(request.GET.get("t"))
    if here is None:
        return {"start": second} if media.kind == "video" else {}
    begun = place_of(here)
    if here["is_observation"] and here["state"] != "set aside":
        begun |= {"because": here["text"], "observation": here["id"]}
    return begun


def place_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return the place of a clue or observation as a form begins with it."""
    box = dict(zip("xywh", row["region"], strict=True)) if row["region"] else {}
    return {**box, "polygon": as_text(row["polygon"]), "start": row["start"], "end": row["end"]}


def _observation(media: Media, seen: Any) -> Observation | None:
    try:
        return Observation.objects.filter(pk=UUID(str(seen)), media=media).first() if seen else None
    except ValueError:
        return None


def placed_in(form: PlaceForm) -> dict[str, Any]:
    """Return what the parts of box, outline and stretch begin with: what was typed, or what was opened."""
    now = {n: _shown(form[n].value()) for n in (*"xywh", "polygon", "start", "end")}
    return {
        "box": {n: now[n] for n in "xywh"},
        "outline": now["polygon"],
        "outlines": True,
        "stretch": {"start": now["start"], "end": now["end"]},
    }


def _shown(value: Any) -> Any:
    return "" if value is None else value


def _clue_row(clue: Clue, undoable: bool) -> dict[str, Any]:
    text = values.as_text(ClueKind(clue.kind), clue.value)
    return {
        **_row(clue, f"{clue.kind}: {text}"),
        "kind": named(clue.kind),
        "text": text,
        "clue": clue,
        "by_machine": clue.method != service.METHOD,
        "undoable": undoable,
        "is_observation": False,
    }


def _observation_row(seen: Observation) -> dict[str, Any]:
    return {**_row(seen, seen.text), "text": seen.text, "seen": seen, "is_observation": True}


def _row(held: Clue | Observation, label: str) -> dict[str, Any]:
    mark = None
    if held.region:
        points = " ".join(f"{x:g},{y:g}" for x, y in held.polygon) if held.polygon else ""
        box = dict(zip("xywh", held.region, strict=True))
        mark = {"id": held.pk, **box, "points": points, "label": label}
    return {
        "id": held.pk,
        "state": held.state,
        "region": held.region,
        "polygon": held.polygon,
        "start": held.start,
        "end": held.end,
        "mark": mark,
        "edition": service.edition_of(held),
    }


def frames_of(case: Case, media: Media, read: str) -> list[dict[str, Any]]:
    """Return the strip: each hashed frame's second, thinned evenly; each is asked for singly."""
    times = sorted(set(Frame.objects.filter(media=media).values_list("t", flat=True))) or [0.0]
    step = -(-len(times) // STRIP)
    kwargs = {"case_id": case.pk, "number": media.number}
    grey, clear = reverse("examine:grey", kwargs=kwargs), reverse("examine:reveal", kwargs=kwargs)
    return [
        {
            "t": round(t, 3),
            "label": clock_time(t),
            "grey_url": grey + query_of(read, {"t": t}),
            "reveal_url": clear + query_of(read, {"t": t}),
            "hide_url": reverse("examine:hide", kwargs=kwargs),
        }
        for t in times[::step]
    ]


def kept(request: DeskRequest, case: Case, media: Media, said: str, t: float | None = None) -> HttpResponse:
    """Answer that something was recorded: in a sentence to a page that stays, else by the way back to it."""
    if request.headers.get("Accept") == "text/plain":
        return HttpResponse(said, content_type="text/plain; charset=utf-8", status=201)
    messages.success(request, said)
    return back_to(case, media, t)


def back_to(case: Case, media: Media, t: float | None = None) -> HttpResponse:
    """Lead back to the page of an item, at its second."""
    answer = redirect(
        reverse("examine:item", args=[case.pk, media.number]) + query_of("", {"t": t} if t else {})
    )
    answer.status_code = 303
    return answer
