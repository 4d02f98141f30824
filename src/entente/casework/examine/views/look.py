"""The doors through which an item can be looked at.

No GET gives a picture: every look is a POST, so that nothing is opened by a link, a prefetch or a back
button, and the log knows of each.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from entente.casework.examine import service
from entente.casework.examine.adjust import of_query
from entente.casework.examine.service import once
from entente.casework.examine.views.address import seconds_of
from entente.casework.examine.views.grid import beside
from entente.records.door import DeskRequest, case_page
from entente.records.models import (
    Case,
    Media,
    Viewing,
)
from entente.vocabulary.handling import Purpose


def _look(request: DeskRequest, case: Case, number: int, view: str) -> HttpResponse:
    """Answer one look: the picture, never kept by the browser, with the name of the act."""
    media = get_object_or_404(Media, case=case, number=number)
    read, t = request.GET.get("h3") == "read", seconds_of(request.GET.get("t"))
    try:
        how: dict[str, Any] = {"recipe": of_query(request.GET), "read_restriction": read}
        purpose = Purpose(request.POST.get("purpose") or str(request.purpose))
        if view == "clear":
            if not request.POST.get("purpose"):
                raise ValueError(gettext("Say for which purpose you need to see it."))
            looked = service.reveal(request.officer, purpose, media, t, **how)
        else:
            looked = service.show_grey(request.officer, purpose, media, view, t, **how)
    except once.FindingsFirst as first:
        return findings_first(case, number, first)
    except ValueError as refused:
        return HttpResponseBadRequest(str(refused), content_type="text/plain; charset=utf-8")
    viewing, picture = looked
    kind = "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
    return HttpResponse(picture, content_type=kind, headers={"X-Reveal": str(viewing.pk)})


def findings_first(case: Case, number: int, first: once.FindingsFirst) -> HttpResponse:
    """Refuse a look until others' findings are read: the item's page shows them, and scripts lead there."""
    where = {"X-Findings": reverse("examine:item", args=[case.pk, number])}
    told = "\n".join([str(first), gettext("Read the findings")])
    return HttpResponse(told, content_type="text/plain; charset=utf-8", status=409, headers=where)


@require_POST
@case_page("examine")
def grey(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Give the small grey still, or with ``view=edges`` the line drawing."""
    return _look(request, case, number, "edges" if request.GET.get("view") == "edges" else "grey")


@require_POST
@case_page("examine")
def reveal(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Give the clear picture for one press."""
    return _look(request, case, number, "clear")


@require_POST
@case_page("examine")
def answer_once(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Note whether a look is needed beside the findings; going on without leads to the next item."""
    media = get_object_or_404(Media, case=case, number=number)
    here = redirect("examine:item", case.pk, number)
    needed = request.POST.get("needed")
    try:
        if needed not in {"yes", "no"}:
            raise ValueError(gettext("Say whether you need to see it."))
        once.answer(request.officer, request.purpose, media, needed=needed == "yes")
    except ValueError as refused:
        messages.error(request, str(refused))
    else:
        if needed == "no":
            messages.success(request, gettext("A look was avoided."))
            _, after = beside(request, case, number)
            here = redirect("examine:item", case.pk, after) if after else redirect("examine:page", case.pk)
    here.status_code = 303
    return here


@require_POST
@case_page("examine")
def hide(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Note how long a look lasted."""
    try:
        viewing = get_object_or_404(
            Viewing, pk=UUID(request.POST.get("reveal", "")), media__number=number, case=case
        )
        service.hide(request.officer, request.purpose, viewing, int(request.POST.get("milliseconds", "0")))
    except ValueError as refused:
        return HttpResponseBadRequest(str(refused), content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)
