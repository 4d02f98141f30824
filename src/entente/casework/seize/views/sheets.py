"""Search sheets for a phone: make one, call it back, take in what was ticked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from entente.casework.seize import service
from entente.records.door import DeskRequest, case_page
from entente.records.leaf import leaf_of
from entente.records.models import Case, Element, SearchSheet, SheetTick
from entente.vocabulary.search_sheet import MOST_BYTES, SheetFault, SheetRefused, Ticked

ANSWERS = {
    str(Ticked.FOUND): _("Found"),
    str(Ticked.NOT_HERE): _("Not here"),
    str(Ticked.NOT_LOOKED): _("Not looked"),
}
REFUSALS = {
    SheetFault.TOO_LARGE: _("The file is too large for ticks. Nothing was taken in."),
    SheetFault.NOT_TICKS: _("The file is not as a search sheet saves it. Nothing was taken in."),
    SheetFault.OTHER_SHEET: _("The file is of a sheet that this case does not have. Nothing was taken in."),
    SheetFault.WITHDRAWN: _("The file is of a sheet that was withdrawn. Nothing was taken in."),
    SheetFault.NOT_ON_SHEET: _("The file names an element that is not on its sheet. Nothing was taken in."),
    SheetFault.AHEAD: _(
        "A tick is dated more than a day ahead: the phone’s clock is wrong. Set it, take those ticks back on "
        "the sheet, tick again and save. Nothing was taken in."
    ),
    SheetFault.NOT_LOOKED_AT: _("Look at each crop first, and say that no person is on any of them."),
    SheetFault.NOTHING_LISTED: _("No element is listed yet."),
}


class MakeForm(forms.Form):
    """What is said when a sheet leaves the desk."""

    no_person = forms.BooleanField(
        label=_("I looked at each crop of the list: no person is on any of them"), required=False
    )


class TicksForm(forms.Form):
    """The file that a sheet saved."""

    file = forms.FileField(
        label=_("File of ticks"), help_text=_("It is what “Save what was ticked” wrote on the phone.")
    )


@require_GET
@case_page("seize")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show the sheets that left, and what was ticked on them."""
    return _page(request, case)


def _page(request: DeskRequest, case: Case, **forms_given: Any) -> HttpResponse:
    ticks = SheetTick.objects.filter(case=case).select_related("element", "made_by", "taken_back_by")
    leaf = leaf_of(request, ticks.order_by("element__number", service.COUNTS_AT.desc(), "-made_at", "pk"))
    sheets = SearchSheet.objects.filter(case=case).select_related("made_by", "withdrawn_by")
    context = {
        "make_form": MakeForm(prefix="make"),
        "ticks_form": TicksForm(prefix="ticks"),
        "sheets": leaf_of(request, sheets.order_by("-made_at", "pk"), "sheets"),
        "ticks": [(t, ANSWERS[t.answer]) for t in leaf],
        "leaf": leaf,
        "elements": Element.objects.filter(case=case).count(),
        **forms_given,
    }
    wrong = any(f.is_bound and f.errors for f in forms_given.values())
    return render(request, "seize/sheets.html", context, status=400 if wrong else 200)


def _back(case: Case) -> HttpResponse:
    answer = redirect("seize:sheets", case_id=case.pk)
    answer.status_code = 303
    return answer


@require_POST
@case_page("seize")
def make(request: DeskRequest, case: Case) -> HttpResponse:
    """Give a new sheet as one file for a phone; the service records its making."""
    form = MakeForm(request.POST, prefix="make")
    form.is_valid()
    try:
        row, made = service.make_sheet(
            request.officer,
            request.purpose,
            case,
            no_person=form.cleaned_data["no_person"],
            language=(get_language() or "en")[:2],
        )
    except SheetRefused as fault:
        form.add_error(None, REFUSALS[fault.fault])
        return _page(request, case, make_form=form)
    answer = HttpResponse(made, content_type="application/octet-stream")
    answer["Content-Disposition"] = (
        f'attachment; filename="{case.victim_number}-search-{row.digest[:8]}.html"'
    )
    return answer


@require_POST
@case_page("seize")
def withdraw(request: DeskRequest, case: Case, sheet_id: UUID) -> HttpResponse:
    """Call a sheet back."""
    row = get_object_or_404(SearchSheet, pk=sheet_id, case=case)
    service.withdraw_sheet(request.officer, request.purpose, row)
    messages.success(request, _("The sheet is withdrawn. Whoever carries it must delete it."))
    return _back(case)


@require_POST
@case_page("seize")
def take(request: DeskRequest, case: Case) -> HttpResponse:
    """Take in what was ticked."""
    form = TicksForm(request.POST, request.FILES, prefix="ticks")
    if form.is_valid():
        try:
            data = form.cleaned_data["file"].read(MOST_BYTES + 1)
            taken = service.take_ticks(request.officer, request.purpose, case, data)
        except SheetRefused as fault:
            form.add_error("file", REFUSALS[fault.fault])
        else:
            said = _("%(new)s ticks were taken in; %(held)s were held already; %(gone)s elements are gone.")
            told = {"new": taken.new, "held": taken.held, "gone": taken.gone}
            messages.success(request, said % told)
            return _back(case)
    return _page(request, case, ticks_form=form)


@require_POST
@case_page("seize")
def take_back(request: DeskRequest, case: Case, tick_id: UUID) -> HttpResponse:
    """Take one tick back."""
    row = get_object_or_404(SheetTick, pk=tick_id, case=case)
    service.take_tick_back(request.officer, request.purpose, row)
    messages.success(request, _("The tick is taken back."))
    return _back(case)
