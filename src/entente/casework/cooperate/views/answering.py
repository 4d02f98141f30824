"""Outside any case: what an agency is asked, and its answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.cooperate import service
from entente.casework.cooperate.clue_value import said
from entente.casework.cooperate.views.forms import AnswerForm, ReleaseForm, YesNoForm
from entente.casework.cooperate.views.names import ANSWER_NAMES, kind_name
from entente.records import clock, release, vocabularies
from entente.records.door import DeskRequest, consult, desk_page
from entente.records.leaf import leaf_of
from entente.records.models import Agency, Answer, Dispatch, Release


@require_safe
@desk_page
def requests(request: DeskRequest) -> HttpResponse:
    """List what is asked of the officer's agency, and what it asked: neutral lines, no question."""
    consult(request, service.STEP)
    now = clock.now()
    leaves = {
        "incoming": leaf_of(request, service.inbox(request.officer)),
        "outgoing": leaf_of(request, service.outbox(request.officer), "sent"),
    }
    rows, sent = (
        [{"dispatch": d, "asks": kind_name(d.asks), "late": d.state == "sent" and d.due < now} for d in leaf]
        for leaf in leaves.values()
    )
    context = {"rows": rows, "sent": sent, **leaves, "nav": "requests"}
    return render(request, "cooperate/requests.html", context)


def mine(request: DeskRequest, dispatch_id: UUID) -> Dispatch:
    """Return the dispatch, if it is addressed to the officer's agency; withdrawn and absent are one 404."""
    return get_object_or_404(service.inbox(request.officer), pk=dispatch_id)


@desk_page
def dispatch(request: DeskRequest, dispatch_id: UUID) -> HttpResponse:
    """Open a request as its recipient; where it is H3, its restriction first, at each opening."""
    held = mine(request, dispatch_id)
    if "H3" in held.codes and "read" not in request.POST:
        context = {"thing": held, "sender": held.owner, "nav": "requests"}
        return render(request, "cooperate/restriction.html", context)
    held = service.read_dispatch(request.officer, request.purpose, held)
    form = _answer_form(held)
    if held.field:
        form.fields["clue_value"].widget.attrs["autofocus"] = True
    return _dispatch_page(request, held, form)


def _answer_form(held: Dispatch, given: Any = None) -> forms.Form:
    """Return the form that fits the question: yes or no, or an open answer."""
    if held.about:
        return YesNoForm(given, about=held.about)
    return AnswerForm(given, initial={"clue_kind": held.asks, "kind": "answer" if held.field else None})


def _dispatch_page(request: DeskRequest, held: Dispatch, form: forms.Form) -> HttpResponse:
    given = Answer.objects.filter(dispatch_id=held.pk, addressed=request.officer.agency)
    answers = [
        {
            "answer": row,
            "kind": ANSWER_NAMES[row.kind],
            "clue": kind_name(row.clue_kind),
            "value": said(row.clue_value),
            "form": ReleaseForm(auto_id=f"release-{row.pk}-%s"),
            "releases": Release.objects.filter(
                thing=row.pk, by=request.officer.agency, withdrawn=None, expires__gt=clock.now()
            ).select_related("to"),
        }
        for row in given
    ]
    context = {
        "dispatch": held,
        "answers": answers,
        "form": form,
        "asks": kind_name(held.asks),
        "field": service.field_name(request.officer, held.field, request.LANGUAGE_CODE),
        "words": [
            label
            for name in ("objects", "sockets")
            for _code, label in vocabularies.choices(request.officer.agency, name, request.LANGUAGE_CODE)
        ],
        "action": reverse("dispatch-answer", args=[held.pk]),
        "item": _crop_item(held),
        "also_asked": service.also_asked(request.officer, held),
        "nav": "requests",
    }
    return render(request, "cooperate/dispatch.html", context, status=400 if form.errors else 200)


def _crop_item(held: Dispatch) -> dict[str, str] | None:
    """Return what ``parts/veil.html`` and ``parts/look.html`` read; nothing is shown unasked."""
    if not held.crop_key:
        return None
    return {
        "id": str(held.pk),
        "label": gettext("Crop sent with the request"),
        "grey_url": reverse("dispatch-crop", args=[held.pk]),
        "reveal_url": reverse("dispatch-reveal", args=[held.pk]),
        "hide_url": reverse("dispatch-hide", args=[held.pk]),
    }


@require_POST
@desk_page
def give_answer(request: DeskRequest, dispatch_id: UUID) -> HttpResponse:
    """Answer."""
    held = mine(request, dispatch_id)
    form = _answer_form(held, request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            service.answer(
                request.officer,
                request.purpose,
                held,
                kind=data["kind"],
                text=data["text"],
                clue_kind=data["clue_kind"],
                clue_value=data["value"],
                evaluation=data["source"] + data["information"],
                codes=data["codes"],
                handling_text=data["handling_text"],
            )
        except ValueError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The answer was sent to the agency that asked, and to nobody else."))
            return _after(request, held)
    if "H3" in held.codes and held.read_at is None:
        return redirect("dispatch", dispatch_id=held.pk)  # nobody read its restriction yet
    return _dispatch_page(request, service.read_dispatch(request.officer, request.purpose, held), form)


def _after(request: DeskRequest, held: Dispatch) -> HttpResponse:
    """Go on to the next open question of the shelf, so that answering needs no way back and forth."""
    if not held.field:
        return redirect("requests")
    coming = service.open_questions(request.officer).exclude(pk=held.pk).first()
    return redirect("dispatch", dispatch_id=coming.pk) if coming else redirect("shelf")


@require_POST
@desk_page
def change_release(request: DeskRequest, dispatch_id: UUID, answer_id: UUID) -> HttpResponse:
    """Release an answer of ours to a further agency, or end a release."""
    held = mine(request, dispatch_id)
    row = get_object_or_404(Answer, pk=answer_id, dispatch_id=held.pk, addressed=request.officer.agency)
    try:
        if "withdraw" in request.POST:
            to = get_object_or_404(Agency, pk=request.POST["withdraw"])
            release.withdraw(request.officer, request.purpose, row, to)
            messages.success(request, _("The release has ended, here and on what was made from the answer."))
        else:
            _release(request, row)
    except ValueError as refused:
        messages.error(request, str(refused))
    return redirect("dispatch", dispatch_id=held.pk)


def _release(request: DeskRequest, row: Answer) -> None:
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        raise release.NotReleased(gettext("A release needs an agency, a day and a reason."))
    until = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    day = form.cleaned_data["until"]
    until = until.replace(year=day.year, month=day.month, day=day.day)
    to, reason = form.cleaned_data["to"], form.cleaned_data["reason"]
    release.release(request.officer, request.purpose, row, to, until, reason)
    messages.success(request, _("The release is recorded."))
