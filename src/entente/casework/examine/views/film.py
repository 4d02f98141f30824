"""A video over time: its frames one by one, its shots, how loud it is, its sound apart; only by POST."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from entente.casework.examine import service, waveform
from entente.casework.examine.service import once
from entente.casework.examine.views.address import query_of, seconds_of
from entente.casework.examine.views.look import findings_first
from entente.evidence.film import STEPS_EACH_S
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case, Media
from entente.safeguards.exposure import clock_time
from entente.vocabulary.handling import Purpose

CLOSE_S = 3.0  # a film that was looked at up to so near its end was looked at whole


def _refused(why: ValueError) -> HttpResponse:
    return HttpResponseBadRequest(str(why), content_type="text/plain; charset=utf-8")


def _asked(request: DeskRequest, case: Case, number: int) -> tuple[Media, bool]:
    media = get_object_or_404(Media, case=case, number=number)
    return media, request.GET.get("h3") == "read"


@require_POST
@case_page("examine")
def moments(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Tell the real times of the frames around a second; with ``by`` lead to the frame before or after."""
    media, read = _asked(request, case, number)
    t = seconds_of(request.POST.get("t")) or 0.0
    try:
        found = service.moments(request.officer, request.purpose, media, t, read_restriction=read)
    except ValueError as refused:
        return _refused(refused)
    if request.POST.get("by") not in {"-1", "1"}:
        near = {"first": found.first, "here": found.here, "total": found.total, "times": found.times}
        return JsonResponse(near)
    place = min(max(found.here + int(request.POST["by"]), 0), len(found.times) - 1)
    at = {"t": round(found.times[place], 3) if found.times else 0.0}
    there = reverse("examine:item", args=[case.pk, number]) + query_of("h3=read" if read else "", at)
    answer = redirect(f"{there}#bench-item")
    answer.status_code = 303
    return answer


@require_POST
@case_page("examine")
def shots(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Show the contact sheet, small and grey, with each cut as a second to go to; one look, logged first."""
    media, read = _asked(request, case, number)
    try:
        _, sheet = service.sheet(request.officer, request.purpose, media, read_restriction=read)
    except ValueError as refused:
        return _refused(refused)
    shown = [_second(t) for t in sheet.shown]
    context = {
        "media": media,
        "whole": not request.headers.get("HX-Request"),
        "picture": b64encode(sheet.picture).decode(),
        "shown": shown,
        "cuts": [_second(t) for t in sheet.starts[1:]],
        "until": clock_time(sheet.until) if sheet.until < (media.duration or 0) - CLOSE_S else "",
        "read": "&h3=read" if read else "",
    }
    return render(request, "examine/shots.html", context)


def _second(t: float) -> dict[str, Any]:
    return {"t": t, "label": clock_time(t)}


@require_POST
@case_page("examine")
def loudness(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Draw how loud the video is over time, with the same in words. No sound is sent."""
    media, read = _asked(request, case, number)
    try:
        levels = service.loudness(request.officer, request.purpose, media, read_restriction=read)
    except ValueError as refused:
        return _refused(refused)
    whole = not request.headers.get("HX-Request")
    return render(request, "examine/waveform.html", {"media": media, "whole": whole, **_wave(levels)})


def _wave(levels: bytes) -> dict[str, Any]:
    loud = waveform.loud_stretches(levels, STEPS_EACH_S)
    seconds = len(levels) / STEPS_EACH_S
    return {
        "path": waveform.path_of(waveform.columns_of(levels)),
        "wide": waveform.COLUMNS,
        "high": waveform.HEIGHT,
        "seconds": seconds,
        "length": clock_time(seconds),
        "loud": [{"start": s.start, "end": s.end, "percent": round(100 * s.peak)} for s in loud],
    }


@require_POST
@case_page("examine")
def sound(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Give a short stretch of sound for one press; like every look it is logged and counted first."""
    media, read = _asked(request, case, number)
    try:
        if not request.POST.get("purpose"):
            raise ValueError(gettext("Say for which purpose you need to hear it."))
        purpose = Purpose(request.POST["purpose"])
        start = seconds_of(request.GET.get("start")) or 0.0
        viewing, heard = service.hear(request.officer, purpose, media, start, read_restriction=read)
    except once.FindingsFirst as first:
        return findings_first(case, number, first)
    except ValueError as refused:
        return _refused(refused)
    return HttpResponse(heard, content_type="audio/wav", headers={"X-Reveal": str(viewing.pk)})
