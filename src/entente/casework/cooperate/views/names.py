"""The words of the pages of asking and answering."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import InformationGrade, SourceGrade

KIND_NAMES = {
    ClueKind.REGION: _("region (IT, Tuscany)"),
    ClueKind.COUNTRY: _("country (IT)"),
    ClueKind.TOPONYM: _("place name"),
    ClueKind.TEXT: _("written text"),
    ClueKind.LANGUAGE: _("written language (it)"),
    ClueKind.SPEECH: _("spoken language (it)"),
    ClueKind.SOCKET: _("socket type (L)"),
    ClueKind.DRIVING_SIDE: _("driving side (left or right)"),
    ClueKind.CURRENCY: _("currency (EUR)"),
    ClueKind.PHONE_NUMBER: _("phone number"),
    ClueKind.BARCODE: _("barcode"),
    ClueKind.PLATE: _("number plate"),
    ClueKind.GPS: _("position (43.77, 11.25, 500)"),
    ClueKind.RELIEF: _("relief (flat, hilly or mountain)"),
    ClueKind.HOLIDAY: _("holiday (its day, 2025-06-24 or 06-24)"),
    ClueKind.OBJECT: _("object"),
    ClueKind.DEVICE: _("device (make, model, serial)"),
}
ANSWER_NAMES = {
    "answer": _("Answer"),
    "partial": _("Part of an answer; more will follow"),
    "ours": _("Yes, this is ours"),
    "not ours": _("Not ours: this place is not in our country"),
    "cannot say": _("We cannot say"),
    "seen it": _("We have seen this; the item stays with us"),
}
OPEN_ANSWERS = {k: n for k, n in ANSWER_NAMES.items() if k not in {"ours", "cannot say"}}
URGENCY_NAMES = {"normal": _("Normal"), "urgent": _("Urgent"), "child at risk": _("Child at risk")}
SOURCE_NAMES = {
    SourceGrade.X: _("X: cannot be assessed"),
    SourceGrade.A: _("A: no doubt, or always reliable"),
    SourceGrade.B: _("B: mostly reliable"),
    SourceGrade.C: _("C: mostly unreliable"),
}
INFORMATION_NAMES = {
    InformationGrade.UNCORROBORATED: _("4: not known personally, not corroborated"),
    InformationGrade.CORROBORATED: _("3: not known personally, corroborated"),
    InformationGrade.PERSONAL: _("2: known personally to the source"),
    InformationGrade.SURE: _("1: not in doubt"),
}


def choices(names: dict[Any, Any]) -> list[tuple[str, Any]]:
    """Return words as the choices of a field."""
    return [(str(value), name) for value, name in names.items()]


def kind_name(kind: str) -> str:
    """Return the kind's name without its brackets: the example there would lead whoever is asked."""
    return str(KIND_NAMES.get(ClueKind(kind), kind)).partition(" (")[0] if kind else ""
