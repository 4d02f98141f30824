"""The crop of a request at whoever is asked, shown when it is asked for."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from entente.casework.cooperate import service
from entente.casework.cooperate.views.answering import mine
from entente.records.door import DeskRequest, desk_page
from entente.records.models import Dispatch
from entente.vocabulary.handling import Purpose


@require_POST
@desk_page
def dispatch_crop(request: DeskRequest, dispatch_id: UUID) -> HttpResponse:
    """Serve the crop small and grey, when it was asked for."""
    return _picture(request, mine(request, dispatch_id), request.purpose, "grey")


@require_POST
@desk_page
def dispatch_reveal(request: DeskRequest, dispatch_id: UUID) -> HttpResponse:
    """Serve the crop in clear for as long as it is held; the log knows first."""
    held = mine(request, dispatch_id)
    try:
        purpose = Purpose(request.POST.get("purpose", ""))
    except ValueError:
        return HttpResponse(
            gettext("Say for which purpose."), status=400, content_type="text/plain; charset=utf-8"
        )
    return _picture(request, held, purpose, "clear")


@require_POST
@desk_page
def dispatch_hide(request: DeskRequest, dispatch_id: UUID) -> HttpResponse:
    """Note how long a look at the crop lasted."""
    held = mine(request, dispatch_id)
    try:
        look, lasted = UUID(request.POST.get("reveal", "")), int(request.POST.get("milliseconds", "0"))
        service.crop_hidden(request.officer, request.purpose, held, look, lasted)
    except ValueError as refused:
        return HttpResponse(str(refused), status=400, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)


def _picture(request: DeskRequest, held: Dispatch, purpose: Purpose, view: str) -> HttpResponse:
    try:
        looked, data = service.crop_copy(request.officer, purpose, held, view)
    except service.NotAnswered as refused:
        raise Http404(str(refused)) from None
    return HttpResponse(data, content_type="image/jpeg", headers={"X-Reveal": str(looked.pk)})
