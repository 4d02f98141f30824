"""The page of open sources: what officers kept for the case, brought as files or fetched one by one."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from entente.casework.crosscheck import service
from entente.casework.locate import service as locate
from entente.casework.locate.views.forms import CaptureForm
from entente.casework.locate.views.home import tell_checked, tell_turned
from entente.casework.locate.views.said import said
from entente.records.door import DeskRequest, case_page
from entente.records.h3 import HandledStrictly
from entente.records.models import Capture, Case
from entente.vocabulary.handling import EVALUATIONS

REFUSED = (locate.PlaceRefused, service.NotFetched)
SHOWN = 25  # pages of a web archive that are named


class FetchForm(HandledStrictly):
    """The one address that is fetched."""

    address = forms.CharField(
        label=_("Address"),
        max_length=2000,
        widget=forms.TextInput(attrs={"inputmode": "url"}),
        help_text=_("Only this page: no link, picture or script of it is followed."),
    )
    evaluation = forms.ChoiceField(
        label=_("Your evaluation"), choices=[(e, e) for e in EVALUATIONS], initial="X4"
    )
    field_order = ("address", "evaluation", "codes", "handling_text")


@case_page("crosscheck")
def sources(request: DeskRequest, case: Case) -> HttpResponse:
    """List the pages that were kept for the case; bring one."""
    if request.method != "POST":
        return _shown(request, case)
    form = CaptureForm(request.POST, request.FILES)
    if form.is_valid():
        data = dict(form.cleaned_data)
        file = data.pop("file")
        try:
            name = str(file.name or "")
            locate.keep_page(
                request.officer, request.purpose, case, file.read(), name=name, step=service.STEP, **data
            )
        except REFUSED as fault:
            form.add_error(None, said(fault))
        else:
            messages.success(request, _("Sealed, and its digest is in the log."))
            return redirect("crosscheck:sources", case_id=case.pk)
    return _shown(request, case, form=form)


def _shown(
    request: DeskRequest, case: Case, *, form: CaptureForm | None = None, ask: FetchForm | None = None
) -> HttpResponse:
    rows = Capture.objects.filter(case=case).select_related("made_by", "owner", "candidate")
    context = {
        "captures": [(row, row.contents.get("pages", [])[:SHOWN]) for row in rows.order_by("-made_at")],
        "form": form or CaptureForm(),
        "ask": ask or FetchForm(auto_id="fetch_%s"),
        "fetches": settings.FETCHER,
        "grades": EVALUATIONS,
        "forms": (("warc", "WARC"), ("wacz", "WACZ")),
        "shown": SHOWN,
    }
    bad = bool(form and form.errors) or bool(ask and ask.errors)
    return render(request, "crosscheck/sources.html", context, status=400 if bad else 200)


@require_POST
@case_page("crosscheck")
def fetch(request: DeskRequest, case: Case) -> HttpResponse:
    """Fetch the address that the officer entered, where the site allows it."""
    form = FetchForm(request.POST, auto_id="fetch_%s")
    if form.is_valid():
        try:
            service.fetch(request.officer, request.purpose, case, **form.cleaned_data)
        except REFUSED as fault:
            form.add_error(None, said(fault))
        else:
            messages.success(request, _("Fetched and sealed; that it was fetched is in the log."))
            return redirect("crosscheck:sources", case_id=case.pk)
    return _shown(request, case, ask=form)


def _capture(case: Case, capture_id: UUID) -> Capture:
    return get_object_or_404(Capture, pk=capture_id, case=case)


@require_POST
@case_page("crosscheck")
def decide(request: DeskRequest, case: Case, capture_id: UUID) -> HttpResponse:
    """Check a page against the log, grade it anew, set it aside, or take it back in."""
    row, act = _capture(case, capture_id), request.POST.get("act")
    officer, purpose = request.officer, request.purpose
    try:
        if act == "check":
            tell_checked(request, locate.check(officer, purpose, row, step=service.STEP))
        elif act == "grade":
            service.grade_source(officer, purpose, row, request.POST.get("evaluation", ""))
            messages.success(request, gettext("Graded; both grades stand in the log."))
        elif act in {"set-aside", "take-back"}:
            keep, because = act == "take-back", request.POST.get("because", "")
            locate.turn(officer, purpose, row, keep=keep, because=because, step=service.STEP)
            tell_turned(request, keep=keep)
        else:
            messages.error(request, gettext("Choose what to do."))
    except REFUSED as fault:
        messages.error(request, said(fault))
    return redirect("crosscheck:sources", case_id=case.pk)


@require_POST
@case_page("crosscheck")
def give_out(request: DeskRequest, case: Case, capture_id: UUID) -> HttpResponse:
    """Give a page out as the file that was kept, as WARC or as WACZ; nothing of it is shown in the desk."""
    row = _capture(case, capture_id)
    try:
        data, ending = service.source_as(request.officer, request.purpose, row, request.POST.get("as", ""))
    except REFUSED as fault:
        messages.error(request, said(fault))
        return redirect("crosscheck:sources", case_id=case.pk)
    answer = HttpResponse(data, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="capture-{str(row.pk)[:8]}.{ending}"'
    return answer
