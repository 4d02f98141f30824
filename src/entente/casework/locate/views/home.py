"""A home: proposed by one person, confirmed by another."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from entente.casework.locate.service import ProposalRefused, confirm_home, propose_home
from entente.casework.locate.views.forms import HomeForm
from entente.casework.locate.views.page import shown
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case, HomeProposal


@require_POST
@case_page("locate")
def home(request: DeskRequest, case: Case) -> HttpResponse:
    """Propose a home."""
    form = HomeForm(request.POST)
    if form.is_valid():
        try:
            propose_home(request.officer, request.purpose, case, **form.cleaned_data)
            messages.success(request, _("Proposed. A second person must confirm it."))
            return redirect("locate:page", case_id=case.pk)
        except ProposalRefused as fault:
            form.add_error(None, str(fault))
    return shown(request, case, form, 400)


@require_POST
@case_page("locate")
def home_confirm(request: DeskRequest, case: Case, proposal_id: UUID) -> HttpResponse:
    """Confirm a proposed home as the second person."""
    proposal = get_object_or_404(HomeProposal, pk=proposal_id, case=case)
    try:
        confirm_home(request.officer, request.purpose, proposal)
    except ProposalRefused as fault:
        messages.error(request, str(fault))
    return redirect("locate:page", case_id=case.pk)
