"""In the case: what was asked, of whom, and what came back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.cooperate import service
from entente.casework.cooperate.clue_value import said
from entente.casework.cooperate.views.forms import POLICE, AskForm
from entente.casework.cooperate.views.names import ANSWER_NAMES, kind_name
from entente.casework.locate.world import world
from entente.records import circle, clock
from entente.records.act import acting
from entente.records.door import DeskRequest, case_page
from entente.records.leaf import leaf_of
from entente.records.models import Agency, Answer, Appeal, Case, Dispatch, Request
from entente.safeguards.access import Act
from entente.vocabulary.clue import ClueKind

USUAL = timedelta(days=3)  # in which an answer is due, where nobody says otherwise
REQUESTS = 20  # on a page, each with its answers


@require_safe
@case_page("cooperate")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show what was asked, of whom, and what came back; and the form, filled in where Locate led here."""
    form = AskForm(officer=request.officer, case=case, initial=_led_here(request))
    return _case_page(request, case, form)


def _led_here(request: DeskRequest) -> dict[str, Any]:
    """Return what a question of Locate fills in: kind, country, whom it goes to. Nothing is sent."""
    kind, country = request.GET.get("kind", ""), request.GET.get("country", "")
    if kind not in set(ClueKind):
        return {}
    found: dict[str, Any] = {"asks": kind, "due": clock.now() + USUAL}
    if country not in world().at_country:
        return found
    name = world().name(country, (request.LANGUAGE_CODE or "en")[:2])
    ours = Agency.objects.filter(country=country, kind__in=POLICE).exclude(pk=request.officer.agency)
    found["agencies"] = [a.pk for a in ours]
    if kind == ClueKind.COUNTRY:
        found["about"] = country
        found["question"] = gettext("Is this place in %(country)s: do you recognise it as yours?")
    else:
        found["question"] = gettext("Do you recognise the region of %(country)s in which this place lies?")
    found["question"] %= {"country": name}
    return found


def _case_page(request: DeskRequest, case: Case, form: AskForm) -> HttpResponse:
    own = leaf_of(request, Request.objects.filter(case=case).select_related("crop", "owner"), most=REQUESTS)
    sent: dict[UUID, list[Dispatch]] = {}
    for each in service.outbox(request.officer).filter(request__in=[r.pk for r in own]):
        sent.setdefault(each.request_id, []).append(each)
    given: dict[UUID, list[Answer]] = {}
    ids = [d.pk for some in sent.values() for d in some]
    for row in Answer.objects.filter(dispatch_id__in=ids).select_related("addressed", "taken_as"):
        given.setdefault(row.dispatch_id, []).append(row)
    rows = [
        {
            "request": asked,
            "dispatches": [
                {
                    "dispatch": d,
                    "late": d.state == "sent" and d.due < clock.now(),
                    "answers": given.get(d.pk, []),
                }
                for d in sent.get(asked.pk, [])
            ],
        }
        for asked in own
    ]
    context = {
        "form": form,
        "rows": rows,
        "leaf": own,
        "agency_id": request.officer.agency,
        "appeals": Appeal.objects.filter(case=case).count(),
    }
    return render(request, "cooperate/page.html", context, status=400 if form.errors else 200)


@require_POST
@case_page("cooperate")
def send(request: DeskRequest, case: Case) -> HttpResponse:
    """Ask."""
    form = AskForm(request.POST, officer=request.officer, case=case)
    if form.is_valid():
        data = {k: v for k, v in form.cleaned_data.items() if k != "sure"}
        try:
            service.ask(request.officer, request.purpose, case, **data)
        except ValueError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The request was sent to each agency by itself."))
            if any(circle.of_another_desk(request.officer.agency, a.pk) for a in data["agencies"]):
                messages.warning(request, _("For partners of other desks it waits under Packages: seal it."))
            return redirect("cooperate:page", case_id=case.pk)
    return _case_page(request, case, form)


@require_POST
@case_page("cooperate")
def withdraw(request: DeskRequest, case: Case, request_id: UUID) -> HttpResponse:
    """Take a request back."""
    asked = get_object_or_404(Request, pk=request_id, case=case)
    try:
        service.withdraw(request.officer, request.purpose, asked)
    except ValueError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The request was withdrawn. It is gone from the desks it was sent to."))
    return redirect("cooperate:page", case_id=case.pk)


@case_page("cooperate")
def answer(request: DeskRequest, case: Case, answer_id: UUID) -> HttpResponse:
    """Show one answer; where it is H3, its restriction first, at each opening."""
    row = get_object_or_404(Answer.objects.select_related("addressed", "taken_as"), pk=answer_id, case=case)
    sent = get_object_or_404(Dispatch, pk=row.dispatch_id, owner=request.officer.agency)
    if "H3" in row.codes and "read" not in request.POST:
        return render(request, "cooperate/restriction.html", {"thing": row, "sender": row.addressed})
    with acting(
        request.officer, Act.READ, row.as_thing(), request.purpose, step="cooperate", reason="open an answer"
    ):
        value = said(row.clue_value)
    names = {"kind": ANSWER_NAMES[row.kind], "clue": kind_name(row.clue_kind), "value": value}
    return render(request, "cooperate/answer.html", {"answer": row, "dispatch": sent, **names})


@require_POST
@case_page("cooperate")
def take(request: DeskRequest, case: Case, answer_id: UUID) -> HttpResponse:
    """Take an answer as a clue."""
    row = get_object_or_404(Answer, pk=answer_id, case=case)
    try:
        service.take(request.officer, request.purpose, row)
    except ValueError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The answer is a clue of the case now, with its provider's grade."))
    return redirect("cooperate:page", case_id=case.pk)
