"""What every page knows: who is asking and why, the case in hand, and its steps in order."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from entente.casework import STEPS
from entente.vocabulary.handling import Purpose

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
PURPOSE_NAMES = {
    Purpose.VICTIM_IDENTIFICATION: _("Victim identification"),
    Purpose.SAFEGUARDING: _("Safeguarding"),
    Purpose.PROSECUTION: _("Prosecution"),
    Purpose.DATA_PROTECTION_AUDIT: _("Data protection audit"),
    Purpose.TRAINING: _("Training on synthetic material"),
}


def desk(request: HttpRequest) -> dict[str, Any]:
    """Return officer, purposes, case and steps for the layout."""
    if not hasattr(request, "officer"):
        return {}
    case, here = getattr(request, "case", None), getattr(request, "step", "")
    steps = (
        [
            {
                "slug": step,
                "number": place,
                "name": STEP_NAMES[step],
                "url": reverse(f"{step}:page", kwargs={"case_id": case.pk}),
                "state": "here" if step == here else "",
            }
            for place, step in enumerate(STEPS, 1)
        ]
        if case
        else []
    )
    return {
        "officer": request.officer,
        "account": request.user,
        "purpose": request.purpose,  # type: ignore[attr-defined]
        "purposes": [(p, PURPOSE_NAMES[Purpose(p)]) for p in request.user.purposes],  # type: ignore[union-attr]
        "case": case,
        "steps": steps,
        "step": here,
    }
