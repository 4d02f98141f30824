"""Pages of the agency that got a product, outside any case: opened, acknowledged, answered."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from entente.casework.inform.kinds import Kind
from entente.casework.inform.service import (
    NotDelivered,
    ProductChanged,
    acknowledge,
    answer_back,
    carries,
    open_delivery,
    paper,
    recalled,
    received,
)
from entente.casework.inform.views.files import as_json, as_pdf
from entente.casework.inform.views.forms import KIND_NAMES
from entente.formats.typesetting import NotSet
from entente.records import clock
from entente.records.door import DeskRequest, consult, desk_page
from entente.records.models import Delivery, FollowUp

STEP = "inform"


@require_safe
@desk_page
def products(request: DeskRequest) -> HttpResponse:
    """List the products that the officer's agency got: neutral lines, no content."""
    consult(request, STEP)
    rows = _lines(list(received(request.officer)))
    return render(request, "inform/received.html", {"rows": rows, "nav": "products"})


def _lines(held: list[Delivery]) -> list[dict[str, Any]]:
    """Return the neutral line of each; the database is asked as often for many as for one."""
    back, now = recalled(held), clock.now()
    due: dict[UUID, list[datetime]] = {}
    open_ones = FollowUp.objects.filter(delivery__in=[d.pk for d in held], answered_at=None)
    for delivery, day in open_ones.values_list("delivery", "due"):
        due.setdefault(delivery, []).append(day)
    return [
        {
            "delivery": d,
            "kind": KIND_NAMES[Kind(d.document.get("kind", Kind.VICTIM))],
            "codes": str(carries(d)),
            "called_back": back.get(d.pk),
            "asked": len(due.get(d.pk, ())),
            "late": any(day < now for day in due.get(d.pk, ())),
        }
        for d in held
    ]


@desk_page
def delivery(request: DeskRequest, delivery_id: UUID) -> HttpResponse:
    """Show from whom a product is and under which handling; by POST open it, keep it, acknowledge, answer.

    Where it is H3 its restriction is shown first, at each opening.
    """
    held = get_object_or_404(received(request.officer), pk=delivery_id)
    if request.method != "POST":
        consult(request, STEP)
        return _shown(request, held)
    handling = carries(held)
    if handling.text and "read" not in request.POST:
        thing = SimpleNamespace(codes=str(handling), handling_text=handling.text)
        context = {"thing": thing, "sender": held.owner, "nav": "products"}
        return render(request, "cooperate/restriction.html", context)
    try:
        held = open_delivery(request.officer, request.purpose, held)
        return _done(request, held)
    except (NotDelivered, ProductChanged, NotSet) as refused:
        messages.error(request, str(refused))
        return _shown(request, held, 400)


def _done(request: DeskRequest, held: Delivery) -> HttpResponse:
    do, of = request.POST.get("do", "open"), f"product-from-{held.owner.short.lower()}"
    case, number = held.document["case"], held.document["number"]
    if do == "pdf":
        return as_pdf(paper(held), case, number, of)
    if do == "facts":
        return as_json(held.document, case, number, of)
    if do == "acknowledge":
        held = acknowledge(request.officer, request.purpose, held)
        messages.success(request, _("Acknowledged: the agency that sent it can see so."))
    elif do.startswith("answer:"):
        asked = get_object_or_404(FollowUp, pk__in=_ids(do), delivery=held, addressed=request.officer.agency)
        answer_back(request.officer, request.purpose, asked, request.POST.get("answer", ""))
        messages.success(request, _("Answered: the agency that asked can see it."))
    return _shown(request, held, opened=True)


def _ids(do: str) -> list[UUID]:
    try:
        return [UUID(do.partition(":")[2])]
    except ValueError:
        return []


def _shown(request: DeskRequest, held: Delivery, status: int = 200, *, opened: bool = False) -> HttpResponse:
    (line,) = _lines([held])
    context = {
        **line,
        "line": line,
        "opened": opened,
        "document": held.document,
        "handling": carries(held),
        "follow_ups": FollowUp.objects.filter(delivery=held).select_related("answered_by") if opened else [],
        "nav": "products",
    }
    return render(request, "inform/delivery.html", context, status=status)
