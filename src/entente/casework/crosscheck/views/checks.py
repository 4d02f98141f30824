"""The page of the cross-check: ask all partners, what came back, and who asks about ours."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.crosscheck import service
from entente.casework.link.service import in_sight
from entente.records.door import DeskRequest, case_page, consult, desk_page
from entente.records.models import Agency, Case, Check, CheckHit, Lead, PartnerKey, PrivateCheck
from entente.safeguards.access import opens_content
from entente.vocabulary.identifier import IdentifierKind

KIND_NAMES = {
    IdentifierKind.HASH: _("Media of the case: exact and near"),
    IdentifierKind.DEVICE: _("Serial numbers of devices"),
    IdentifierKind.SCREEN_NAME: _("Screen names"),
    IdentifierKind.EMAIL: _("E-mail addresses"),
    IdentifierKind.PHONE: _("Phone numbers"),
}
FIELDS = {
    IdentifierKind.SCREEN_NAME: "screen_names",
    IdentifierKind.EMAIL: "emails",
    IdentifierKind.PHONE: "phones",
    IdentifierKind.DEVICE: "devices",
}


STATE_NAMES = {
    "asked": _("asked, no answer yet"),
    "read": _("answer read"),
    "waits": _("waits for your decision"),
    "answered": _("answered"),
    "refused": _("refused"),
}


class CheckForm(forms.Form):
    """What to ask about. Typed identifiers are compared and then forgotten."""

    kinds = forms.MultipleChoiceField(
        label=_("Ask about"),
        choices=[(str(k), name) for k, name in KIND_NAMES.items()],
        initial=[str(IdentifierKind.HASH), str(IdentifierKind.DEVICE)],
        widget=forms.CheckboxSelectMultiple,
    )
    screen_names = forms.CharField(
        label=_("Screen names, one a line"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    emails = forms.CharField(
        label=_("E-mail addresses, one a line"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    phones = forms.CharField(
        label=_("Phone numbers with country code, one a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    devices = forms.CharField(
        label=_("Serial numbers, one a line"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def named(self) -> dict[str, list[str]]:
        """Return the typed lines by kind."""
        return {str(kind): self.cleaned_data[field].splitlines() for kind, field in FIELDS.items()}

    def clean(self) -> dict[str, Any]:
        """A typed line counts only where its kind is chosen: say so instead of dropping it."""
        data = super().clean() or {}
        for kind, field in FIELDS.items():
            if data.get(field, "").strip() and str(kind) not in data.get("kinds", []):
                self.add_error(field, _("Choose this kind above, or empty the field."))
        return data


@require_safe
@case_page("crosscheck")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show the checks of this agency, and who asks about its items."""
    return _page(request, case, CheckForm())


def _told_once(check: Check) -> list[tuple[CheckHit, int]]:
    """Return each hit once, with how many of our items or clues gave it."""
    rows: dict[tuple[str, str, object], tuple[CheckHit, int]] = {}
    for hit in check.found.all():
        key = (hit.kind, hit.ours, hit.holder_id)
        first, times = rows.get(key, (hit, 0))
        rows[key] = (first, times + 1)
    return list(rows.values())


def _page(
    request: DeskRequest, case: Case, form: CheckForm, private: PrivateForm | None = None
) -> HttpResponse:
    private = private or PrivateForm(request.officer.agency)
    checks = Check.objects.filter(case=case).prefetch_related("found__holder")
    leads = Lead.objects.filter(case=case).select_related("asker", "media").order_by("-made_at")
    context = {
        "form": form,
        "private": private,
        "checks": [(c, _told_once(c)) for c in checks],
        "leads": leads,
        "a_day": service.MOST_A_DAY,
        "a_minute": service.MOST_A_MINUTE,
    }
    return render(
        request, "crosscheck/page.html", context, status=400 if form.errors or private.errors else 200
    )


@require_POST
@case_page("crosscheck")
def ask(request: DeskRequest, case: Case) -> HttpResponse:
    """Ask all partners."""
    form = CheckForm(request.POST)
    if form.is_valid():
        try:
            row = service.check(
                request.officer, request.purpose, case, kinds=form.cleaned_data["kinds"], named=form.named()
            )
        except ValueError as refused:
            form.add_error(None, str(refused))
        else:
            _tell_hits(request, row.hits)
            return redirect("crosscheck:page", case_id=case.pk)
    return _page(request, case, form)


@require_POST
@case_page("crosscheck")
def ask_series(request: DeskRequest, case: Case, series_id: UUID) -> HttpResponse:
    """Ask all partners about the items of one series: a hit with its owner and the route, or nothing."""
    series = get_object_or_404(in_sight(case), pk=series_id)
    kinds = [str(IdentifierKind.HASH), str(IdentifierKind.DEVICE)]
    try:
        row = service.check(request.officer, request.purpose, case, kinds=kinds, series=series)
    except ValueError as refused:
        messages.error(request, str(refused))
    else:
        _tell_hits(request, row.hits)
    return redirect("crosscheck:page", case_id=case.pk)


def _tell_hits(request: DeskRequest, hits: int) -> None:
    """Say how many hits there are; the same sentence where a partner hides and where nothing is held."""
    text = ngettext("%(n)d hit.", "%(n)d hits.", hits) % {"n": hits}
    messages.success(request, text if hits else _("No partner answers to any of it."))


class PrivateForm(forms.Form):
    """Which partner of another desk is asked, and about what."""

    to = forms.ModelChoiceField(label=_("Partner"), queryset=Agency.objects.none())
    private_kinds = forms.MultipleChoiceField(
        label=_("Ask about"),
        choices=[(str(k), name) for k, name in KIND_NAMES.items() if k != IdentifierKind.HASH]
        + [(str(IdentifierKind.HASH), _("Media of the case: exact"))],
        initial=[str(IdentifierKind.HASH), str(IdentifierKind.DEVICE)],
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, own: UUID, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pinned = PartnerKey.objects.filter(owner=own, state="confirmed").exclude(known_as=own)
        offered = Agency.objects.filter(pk__in=list(pinned.values_list("agency_id", flat=True)))
        self.fields["to"].queryset = offered  # type: ignore[attr-defined]
        self.fields["to"].label_from_instance = lambda a: a.name  # type: ignore[attr-defined]


@require_POST
@case_page("crosscheck")
def ask_privately(request: DeskRequest, case: Case) -> HttpResponse:
    """Give the sealed question for a partner of another desk."""
    form = PrivateForm(request.officer.agency, request.POST)
    if form.is_valid():
        out, told = io.BytesIO(), form.cleaned_data
        try:
            row = service.ask_privately(
                request.officer, request.purpose, case, told["to"], out, kinds=told["private_kinds"]
            )
            return _sealed(out, f"question-{row.partner.short}.age")
        except ValueError as refused:
            form.add_error(None, str(refused))
    return _page(request, case, CheckForm(), form)


@require_safe
@desk_page
def private_checks(request: DeskRequest) -> HttpResponse:
    """List the agency's private cross-checks with partners of other desks."""
    consult(request, "crosscheck")
    works = opens_content(request.officer, request.purpose)
    rows = service.waiting(request.officer) if works else []
    told = [(r, STATE_NAMES[r.state], [KIND_NAMES[IdentifierKind(k)] for k in r.kinds]) for r in rows]
    return render(request, "crosscheck/private.html", {"rows": told, "nav": "partners"})


@require_POST
@desk_page
def private_check(request: DeskRequest, check_id: UUID) -> HttpResponse:
    """Answer a partner's question, or leave it unanswered."""
    row = get_object_or_404(PrivateCheck, pk=check_id)
    out = io.BytesIO()
    try:
        if request.POST.get("do") == "answer":
            done = service.answer(request.officer, request.purpose, row, out)
            return _sealed(out, f"answer-{done.partner.short}.age")
        service.refuse(request.officer, request.purpose, row, request.POST.get("because", ""))
        messages.success(request, gettext("Decided; it is in the log."))
    except ValueError as refused:
        messages.error(request, str(refused))
    return redirect("private-checks")


def _sealed(out: io.BytesIO, name: str) -> HttpResponse:
    answer = HttpResponse(out.getvalue(), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
