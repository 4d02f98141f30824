"""What other agencies told ours, and what we did: recalls, corrections, emergencies, wishes to join."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.records import notice
from entente.records.door import DeskRequest, consult, desk_page
from entente.records.models import Notice

KIND_NAMES = {
    "recall": _("Recall"),
    "correction": _("Correction"),
    "erasure": _("Erasure"),
    "emergency": _("Emergency"),
    "join": _("Wish to join"),
    "retention": _("Retention"),
    "reminder": _("Reminder"),
    "log": _("Log of a partner"),
}
WHAT_TO_DO = {
    "recall": _(
        "A permission or a membership has ended. What you hold under it is to be used no more: delete it."
    ),
    "correction": _(
        "Something that you were given was corrected. Take the correction over wherever you hold it."
    ),
    "erasure": _("Something that you were given was erased. Erase it wherever you hold it."),
    "emergency": _(
        "The glass was broken for a child at risk: what you provided was opened without your release."
    ),
    "join": _("The coordination centre asks to be added to a case. Its lead decides."),
    "reminder": _("A question to your agency waits for its answer: see the reference shelf or the requests."),
    "log": _("A partner's log was cut, rewritten or begun anew. Speak to the partner: what waits stays so."),
    "retention": _("A review date is near. Without a reason to keep, it is erased."),
}


@require_safe
@desk_page
def notices(request: DeskRequest) -> HttpResponse:
    """List what was told to the officer's agency, the open ones first."""
    consult(request, "notice")
    rows = [
        {"notice": n, "name": KIND_NAMES[n.kind], "do": WHAT_TO_DO[n.kind], "case": notice.case_meant(n)}
        for n in notice.received(request.officer)[:200]
    ]
    return render(request, "notices.html", {"rows": rows, "nav": "notices"})


@require_POST
@desk_page
def follow(request: DeskRequest, notice_id: UUID) -> HttpResponse:
    """Say that a notice was followed, and how."""
    held = get_object_or_404(Notice, pk=notice_id)
    try:
        notice.follow(request.officer, request.purpose, held, because=request.POST.get("because", ""))
    except notice.NotFollowed as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, gettext("Recorded: the agency that told it can see so."))
    return redirect("notices")
