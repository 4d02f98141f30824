"""The cameras that a case knows: what files say, what noise says, and what cannot be said."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from entente.casework.link import service
from entente.casework.link.scale import in_force
from entente.casework.link.views.series import changes_of
from entente.records.asked import uuids_of
from entente.records.door import DeskRequest, case_page
from entente.records.jobs import asked_by
from entente.records.models import Camera, CameraFinding, Case, Media
from entente.records.sentences import said

SHOWN = 100  # findings of a camera
OFFERED = 60  # reference pictures of a device, the first in the case

TOLD = {
    "same serial": gettext_lazy("same serial number"),
    "other serial": gettext_lazy("another serial number"),
    "same model": gettext_lazy("same make and model"),
    "other model": gettext_lazy("another make or model"),
    "same layout": gettext_lazy("the same kinds of tags"),
    "nothing": gettext_lazy("nothing"),
}
FITNESS = {
    "original": gettext_lazy("original"),
    "re-saved": gettext_lazy("saved again"),
    "resized": gettext_lazy("made smaller"),
    "unfit": gettext_lazy("unfit"),
}
BECAUSE = {
    "video": gettext_lazy("a video: stabilised or recompressed, its noise lies nowhere"),
    "shape": gettext_lazy("another shape or size: cut, or another mode of a camera"),
    "zoomed": gettext_lazy("zoomed by the camera: a part of the sensor made larger, where is not known"),
    "unread": gettext_lazy("it cannot be read, or is too small"),
    "too little": gettext_lazy("too few pixels lie over each other"),
    "between": gettext_lazy("the noise speaks for neither"),
    "no sign": gettext_lazy("no noise of it is found, and saving again may have taken it away"),
}


@require_safe
@case_page("link")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show what the files say first, then each camera with what was found of each item."""
    held = service.cameras.cameras(case)
    context = {
        "devices": [
            {"device": d, "items": d.references[:OFFERED], "enough": len(d.references) >= 3}
            for d in service.cameras.devices(case)
        ],
        "cameras": [_shown(each, request.LANGUAGE_CODE) for each in held],
        "jobs": asked_by(request.officer.agency, case.pk, "link.cameras")[:1],
        "changes": changes_of(case),
        "scale": in_force(),
    }
    return render(request, "link/cameras.html", context)


def _shown(camera: Camera, language: str) -> dict[str, Any]:
    """Return a camera with its reference pictures in sight, and its findings, the strongest first."""
    rows = CameraFinding.objects.filter(camera=camera).select_related("media")
    ordered = rows.order_by(
        F("log10_lr").desc(nulls_last=True), F("z").desc(nulls_last=True), "media__number"
    )
    return {
        "camera": camera,
        "references": Media.objects.filter(pk__in=camera.references).order_by("number"),
        "findings": [_said(row, language) for row in ordered[:SHOWN]],
        "more": max(0, rows.count() - SHOWN),
    }


def _said(row: CameraFinding, language: str) -> dict[str, Any]:
    """Return a finding in words; without a ratio, why nothing can be said."""
    word = None if row.log10_lr is None else in_force().word(row.log10_lr, language)
    if word is None or row.log10_lr is None:
        says = gettext("cannot say")
    elif row.log10_lr > 0:
        says = gettext("speaks %(word)s for this camera") % {"word": word}
    else:
        says = gettext("speaks %(word)s against this camera") % {"word": word}
    return {
        "row": row,
        "says": says,
        "silent": word is None,
        "told": TOLD.get(row.told, row.told),
        "fitness": FITNESS.get(row.fitness, row.fitness),
        "because": BECAUSE.get(row.because, "") if word is None else "",
        "ratio": round(10 ** abs(row.log10_lr)) if row.log10_lr is not None else None,
        "millions": row.overlap / 1e6,
    }


def _back(case: Case) -> HttpResponse:
    answer = redirect("link:cameras", case.pk)
    answer.status_code = 303
    return answer


@require_POST
@case_page("link")
def know(request: DeskRequest, case: Case) -> HttpResponse:
    """Make a camera of the chosen or written reference pictures, and have the items compared with it."""
    try:
        items = _chosen(request, case)
        service.cameras.know(request.officer, request.purpose, case, items)
        service.cameras.ask_to_compare(request.officer, request.purpose, case)
        messages.success(request, gettext("The camera is learned, and the items are compared with it."))
    except ValueError as refused:
        messages.error(request, said(refused))
    return _back(case)


def _chosen(request: DeskRequest, case: Case) -> list[Media]:
    if written := request.POST.get("numbers", "").strip():
        return service.cameras.numbered(case, written)
    return list(Media.objects.filter(case=case, pk__in=uuids_of(request.POST.getlist("item"))))


@require_POST
@case_page("link")
def compare(request: DeskRequest, case: Case) -> HttpResponse:
    """Ask for the comparison of what is new."""
    service.cameras.ask_to_compare(request.officer, request.purpose, case)
    messages.success(request, gettext("Items are being compared with the cameras."))
    return _back(case)


@require_POST
@case_page("link")
def away(request: DeskRequest, case: Case, camera_id: UUID) -> HttpResponse:
    """Take a camera away, with what was found of it."""
    held = get_object_or_404(service.cameras.cameras(case), pk=camera_id)
    service.cameras.take_away(request.officer, request.purpose, held)
    messages.success(request, gettext("The camera is taken away; links that were decided stay."))
    return _back(case)
