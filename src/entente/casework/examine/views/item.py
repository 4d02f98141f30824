"""One item: its line first, then what is recorded of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from entente.casework.examine import service, values
from entente.casework.examine.views.tiles import tile_of
from entente.records.door import DeskRequest, case_page
from entente.records.models import (
    Case,
    Clue,
    Frame,
    Media,
    Note,
    Occurrence,
    Series,
    Viewing,
)
from entente.records.names import named
from entente.safeguards.exposure import clock_time
from entente.vocabulary.clue import ClueGroup, ClueKind
from entente.vocabulary.handling import EVALUATIONS, HandlingCode
from entente.vocabulary.media import Region

STRIP = 120  # frames in the strip; longer videos are thinned, any second can be typed


class MarkForm(forms.Form):
    """A clue as an officer types it; the box and the stretch of time stand beside it, by number or hand."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=[(k.value, named(k)) for k in ClueKind])
    value = forms.CharField(label=gettext_lazy("Value"), max_length=values.LONGEST)
    negated = forms.BooleanField(label=gettext_lazy("It says: not here"), required=False)
    because = forms.CharField(
        label=gettext_lazy("Because"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    evaluation = forms.ChoiceField(
        label=gettext_lazy("Evaluation"), choices=[(e, e) for e in EVALUATIONS], initial="X4"
    )
    group = forms.ChoiceField(
        label=gettext_lazy("Group"),
        required=False,
        choices=[
            ("", gettext_lazy("as usual for the kind")),
            *((g.value, named(g)) for g in ClueGroup),
        ],
    )
    codes = forms.MultipleChoiceField(
        label=gettext_lazy("Further handling codes"),
        required=False,
        choices=[(c.value, c.value) for c in HandlingCode],
        widget=forms.CheckboxSelectMultiple,
    )
    handling_text = forms.CharField(label=gettext_lazy("Restriction in words (for H3)"), required=False)
    x = forms.FloatField(required=False, widget=forms.HiddenInput)
    y = forms.FloatField(required=False, widget=forms.HiddenInput)
    w = forms.FloatField(required=False, widget=forms.HiddenInput)
    h = forms.FloatField(required=False, widget=forms.HiddenInput)
    start = forms.FloatField(required=False, widget=forms.HiddenInput)
    end = forms.FloatField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Read the value by its kind, the box as a region, H3 with its words."""
        data = super().clean() or {}
        if "kind" in data and "value" in data:
            try:
                data["parsed"] = values.parse(ClueKind(data["kind"]), data["value"])
            except values.ValueRefused as refused:
                self.add_error("value", str(refused))
        if "H3" in data.get("codes", []) and not data.get("handling_text", "").strip():
            self.add_error("handling_text", gettext("H3 needs its restriction in words."))
        try:
            data["region"] = region_of(data)
        except ValueError as refused:
            self.add_error(None, str(refused))
        return data


def region_of(data: Any) -> Region | None:
    """Return the box of a form, ``None`` when it has none; raises ``ValueError`` for half a box."""
    given = [data.get(n) for n in "xywh"]
    if all(v in {None, ""} for v in given):
        return None
    if any(v in {None, ""} for v in given):
        raise ValueError(gettext("A box needs four numbers: left, top, width and height."))
    return Region(*(float(v) for v in given))


@case_page("examine")
def item(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Show one item: its line first, then what is recorded of it; on POST record a clue."""
    media = get_object_or_404(Media, case=case, number=number)
    form = MarkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            service.mark(
                request.officer,
                request.purpose,
                media,
                kind=ClueKind(data["kind"]),
                value=data["parsed"],
                region=data["region"],
                start=data["start"],
                end=data["end"],
                group=ClueGroup(data["group"]) if data["group"] else None,
                evaluation=data["evaluation"],
                because=data["because"],
                codes=data["codes"],
                handling_text=data["handling_text"],
                negated=data["negated"],
            )
        except ValueError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, gettext("The clue is recorded."))
            return _back(case, media, data["start"])
    return render(
        request, "examine/item.html", _item(request, case, media, form), status=400 if form.errors else 200
    )


def _item(request: DeskRequest, case: Case, media: Media, form: MarkForm) -> dict[str, Any]:
    clues = [_clue_row(c) for c in Clue.objects.filter(media=media).select_related("decided_by", "owner")]
    here = next((c for c in clues if str(c["id"]) == request.GET.get("clue", "")), None)
    t = here["start"] if here and here["start"] is not None else seconds_of(request.GET.get("t"))
    read = "h3=read" if request.GET.get("h3") == "read" else ""
    at = {"t": t} if media.kind == "video" and t is not None else {}
    shown = tile_of(media, request.LANGUAGE_CODE, query_of(read, at))
    edges = {**shown, "id": f"edges-{media.pk}", "reveal_url": "", "hide_url": ""}
    if "grey_url" in shown:
        edges["grey_url"] = reverse("examine:grey", kwargs={"case_id": case.pk, "number": media.number})
        edges["grey_url"] += query_of(read, {**at, "view": "edges"})
    same = Media.objects.filter(case=case)
    return {
        "media": media,
        "item": shown,
        "edges": edges,
        "read": read,
        "t": t,
        "form": form,
        "hints": [(named(k), values.HINTS[k]) for k in ClueKind],
        "clues": clues,
        "here": here,
        "marks": [c["mark"] for c in clues if c["mark"] and c["state"] != "withdrawn"],
        "mark_fields": "box",
        "box": _box(form, here),
        "stretch": {"start": form["start"].value() or t or "", "end": form["end"].value() or ""},
        "frames": _frames(case, media, read) if media.kind == "video" and "grey_url" in shown else [],
        "notes": Note.objects.filter(media=media).select_related("made_by", "owner"),
        "series": Series.objects.filter(items__media=media),
        "crops": [tile_of(c, request.LANGUAGE_CODE, "?h3=read" if read else "") for c in media.crops.all()],
        "parent": media.parent if media.parent_id else None,
        "occurrences": Occurrence.objects.filter(media=media),
        "facts": sorted((k, v) for k, v in media.metadata.items() if v not in (None, "", [], {})),
        "tags": sorted(media.tags.items()),
        "looks": Viewing.objects.filter(media=media, account=request.officer.id).count(),
        "before": same.filter(number__lt=media.number).order_by("-number").first(),
        "after": same.filter(number__gt=media.number).order_by("number").first(),
    }


def query_of(read: str, fields: dict[str, Any]) -> str:
    """Return the query of an address, the read restriction first; empty where nothing goes with it."""
    text = "&".join(filter(None, [read, urlencode(fields)]))
    return f"?{text}" if text else ""


def seconds_of(text: str | None) -> float | None:
    """Return the second that an address names, ``None`` where it names none."""
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _box(form: MarkForm, here: dict[str, Any] | None) -> dict[str, Any]:
    """Return the box to begin with: what was typed, or the clue that was opened."""
    if form.is_bound:
        return {n: form[n].value() or "" for n in "xywh"}
    return dict(zip("xywh", here["region"], strict=True)) if here and here["region"] else {}


def _clue_row(clue: Clue) -> dict[str, Any]:
    text = values.as_text(ClueKind(clue.kind), clue.value)
    mark = None
    if clue.region:
        mark = {"id": clue.pk, **dict(zip("xywh", clue.region, strict=True)), "label": f"{clue.kind}: {text}"}
    return {
        "id": clue.pk,
        "kind": named(clue.kind),
        "text": text,
        "clue": clue,
        "state": clue.state,
        "region": clue.region,
        "start": clue.start,
        "end": clue.end,
        "mark": mark,
        "by_machine": clue.method != service.METHOD,
    }


def _frames(case: Case, media: Media, read: str) -> list[dict[str, Any]]:
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


def _back(case: Case, media: Media, t: float | None = None) -> HttpResponse:
    answer = redirect(
        reverse("examine:item", args=[case.pk, media.number]) + query_of("", {"t": t} if t else {})
    )
    answer.status_code = 303
    return answer


DECISIONS = {"confirm": service.confirm, "withdraw": service.withdraw}


@require_POST
@case_page("examine")
def decide(request: DeskRequest, case: Case, number: int, clue_id: UUID) -> HttpResponse:
    """Confirm or withdraw a clue, or take the last decision back."""
    media = get_object_or_404(Media, case=case, number=number)
    clue = get_object_or_404(Clue, pk=clue_id, media=media)
    decision = request.POST.get("decision", "")
    try:
        if decision == "restore":
            service.restore(request.officer, request.purpose, clue)
        elif decision in DECISIONS:
            DECISIONS[decision](request.officer, request.purpose, clue, seen=request.POST.get("seen", ""))
        else:
            return HttpResponseBadRequest(gettext("Choose to confirm, to withdraw or to restore."))
    except ValueError as refused:
        messages.error(request, str(refused))
    return _back(case, media, clue.start)


@require_POST
@case_page("examine")
def note(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Add a note."""
    media = get_object_or_404(Media, case=case, number=number)
    t = seconds_of(request.POST.get("t"))
    try:
        service.note(request.officer, request.purpose, media, request.POST.get("text", ""), t)
    except ValueError as refused:
        messages.error(request, str(refused))
    return _back(case, media, t)


@require_POST
@case_page("examine")
def crop(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Keep the box, or the background beside it, as an item of its own."""
    media = get_object_or_404(Media, case=case, number=number)
    t = seconds_of(request.POST.get("start")) if media.kind == "video" else None
    try:
        region = region_of(request.POST)
        if region is None:
            raise ValueError(gettext("Mark a box first; the crop is what lies inside it."))
        if request.POST.get("keep") == "background":
            made = service.crop_background(request.officer, request.purpose, media, [region], t)
        else:
            made = service.crop(request.officer, request.purpose, media, region, t)
    except ValueError as refused:
        messages.error(request, str(refused))
        return _back(case, media, t)
    messages.success(request, gettext("The crop is kept as item %(item)s.") % {"item": made})
    return _back(case, made)
