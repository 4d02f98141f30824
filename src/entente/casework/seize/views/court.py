"""A bundle for a court: asked for by one, confirmed by another, written once."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from entente.casework.seize import service
from entente.casework.seize.views.forms import files_of
from entente.records.door import DeskRequest, case_page
from entente.records.models import Agency, Case, CourtExport, Exhibit
from entente.records.sentences import said
from entente.vocabulary.agency import Officer

PAGE_BYTES = 256 << 20  # of originals in a bundle that a page gives; larger ones by the command line


class CourtForm(forms.Form):
    """What originals should go to which court."""

    to: Any = forms.ModelChoiceField(label=_("Court"), queryset=Agency.objects.none())
    exhibits: Any = forms.ModelMultipleChoiceField(
        label=_("Exhibits, with their items and their whole chain"), queryset=None, required=False
    )
    items: Any = forms.ModelMultipleChoiceField(label=_("Single items"), queryset=None, required=False)

    def __init__(self, officer: Officer, case: Case, data: Any = None) -> None:
        super().__init__(data, prefix="court")
        self.fields["to"].queryset = Agency.objects.exclude(pk=officer.agency)  # type: ignore[attr-defined]
        self.fields["exhibits"].queryset = Exhibit.objects.filter(case=case)  # type: ignore[attr-defined]
        self.fields["items"].queryset = files_of(case)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Something must be chosen."""
        data = super().clean() or {}
        if not data.get("exhibits") and not data.get("items"):
            raise forms.ValidationError(_("Choose an exhibit or an item."))
        return data


@case_page("seize")
def court(request: DeskRequest, case: Case) -> HttpResponse:
    """Show what was asked for courts and in which state it is; ask for originals by POST."""
    form = CourtForm(request.officer, case, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            data = form.cleaned_data
            row = service.ask(
                request.officer, case, to=data["to"], exhibits=data["exhibits"], items=data["items"]
            )
            told = {"n": row.items}
            messages.success(request, _("%(n)s originals wait for a second officer to confirm.") % told)
            return _to_court(case)
        except ValueError as fault:
            form.add_error(None, said(fault))
    context = {
        "form": form,
        "asked": service.asked_of(case),
        "me": request.officer.id,
    }
    wrong = form.is_bound and bool(form.errors)
    return render(request, "seize/court.html", context, status=400 if wrong else 200)


def _to_court(case: Case) -> HttpResponse:
    answer = redirect("seize:court", case_id=case.pk)
    answer.status_code = 303
    return answer


@require_POST
@case_page("seize")
def court_confirm(request: DeskRequest, case: Case, export_id: UUID) -> HttpResponse:
    """Confirm, as a second officer, that so many originals go to that court."""
    row = get_object_or_404(CourtExport.objects.select_related("case", "to"), pk=export_id, case=case)
    count = request.POST.get("count", "")
    try:
        service.confirm(request.officer, row, count=int(count) if count.isdecimal() else -1)
        messages.success(request, _("It is confirmed; the lead who asked writes the bundle."))
    except ValueError as fault:
        messages.error(request, said(fault))
    return _to_court(case)


@require_POST
@case_page("seize")
def court_write(request: DeskRequest, case: Case, export_id: UUID) -> HttpResponse:
    """Give the confirmed bundle; it is held in memory alone, for it has originals in clear."""
    row = get_object_or_404(CourtExport.objects.select_related("case", "to"), pk=export_id, case=case)
    out = io.BytesIO()
    try:
        service.write_bundle(request.officer, row, out, most=PAGE_BYTES)
    except ValueError as fault:
        messages.error(request, said(fault))
        return _to_court(case)
    answer = HttpResponse(out.getvalue(), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{case.victim_number}-court.zip"'
    return answer
