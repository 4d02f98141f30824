"""What every page knows: who is asking and why, the case in hand, and its steps in order."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from entente.casework import STEPS
from entente.casework.cooperate.service import waiting
from entente.casework.examine.service.shelter import state
from entente.casework.inform.service import unacknowledged
from entente.records import models, sessions
from entente.safeguards.access import opens_content
from entente.safeguards.accounts import KEEPERS
from entente.vocabulary.handling import Purpose
from entente.web import oidc

STEP_NAMES = {
    "intake": _("Intake"),
    "match": _("Match"),
    "link": _("Series"),
    "examine": _("Examine"),
    "locate": _("Locate"),
    "prioritise": _("Prioritise"),
    "cooperate": _("Cooperate"),
    "crosscheck": _("Cross-check"),
    "inform": _("Inform"),
    "seize": _("Search day"),
    "close": _("Close"),
    "trends": _("Trends"),
}
# A step has results once the case has one of these rows.
RESULTS = {
    "intake": models.Media.objects.all,
    "match": lambda: models.Media.objects.exclude(known=""),
    "link": models.SeriesItem.objects.all,  # a series of withheld items alone is as none
    "examine": models.Clue.objects.all,
    "locate": models.Estimate.objects.all,
    "prioritise": models.Priority.objects.all,
    "cooperate": models.Request.objects.all,
    "crosscheck": models.Check.objects.all,
    "inform": models.Product.objects.all,
    "seize": models.Element.objects.all,
    "close": models.Outcome.objects.all,
    "trends": models.Reshare.objects.all,
}
PURPOSE_NAMES = {
    Purpose.VICTIM_IDENTIFICATION: _("Victim identification"),
    Purpose.SAFEGUARDING: _("Safeguarding"),
    Purpose.PROSECUTION: _("Prosecution"),
    Purpose.DATA_PROTECTION_AUDIT: _("Data protection audit"),
    Purpose.TRAINING: _("Training on synthetic material"),
}


def place(request: HttpRequest) -> dict[str, Any]:
    """Return what a page says of the desk itself: a demonstration or not, who vouches, dark or light."""
    held = request.COOKIES
    return {
        "demonstration": settings.DEMONSTRATION,
        "providers": oidc.providers,  # read where they are shown
        "theme": held.get("__Host-theme", held.get("theme", "")),
        "stills": held.get("__Host-stills", held.get("stills", "")),
    }


def desk(request: HttpRequest) -> dict[str, Any]:
    """Return officer, purposes, case and steps for the layout."""
    if not hasattr(request, "officer"):
        return {}
    case, here = getattr(request, "case", None), getattr(request, "step", "")
    return {
        "officer": request.officer,
        "keeps_accounts": bool(request.officer.roles & KEEPERS),
        "rest": int(sessions.IDLE.total_seconds()) + 30,  # s; a page left alone empties itself
        "account": request.user,
        "purpose": request.purpose,  # type: ignore[attr-defined]
        "purposes": [(p, PURPOSE_NAMES[Purpose(p)]) for p in request.user.purposes],  # type: ignore[union-attr]
        "waiting": waiting(request.officer) if opens_content(request.officer, request.purpose) else None,  # type: ignore[attr-defined]
        "open_notices": models.Notice.objects.filter(addressed=request.officer.agency, done_at=None).count(),
        "new_products": unacknowledged(request.officer),
        "shelter": state(request.officer),
        "case": case,
        "steps": steps_of(case, here) if case else [],
        "step": here,
    }


def steps_of(case: models.Case, here: str = "") -> list[dict[str, Any]]:
    """Return the steps in order: ``here``, ``done`` where a step has results, or not begun. One query."""
    asked = {step: Exists(rows().filter(case=OuterRef("pk"))) for step, rows in RESULTS.items()}
    done = models.Case.objects.filter(pk=case.pk).values(**asked).first() or {}
    return [
        {
            "slug": step,
            "number": place,
            "name": STEP_NAMES[step],
            "url": reverse(f"{step}:page", kwargs={"case_id": case.pk}),
            "state": "here" if step == here else "done" if done.get(step) else "",
        }
        for place, step in enumerate(STEPS, 1)
    ]
