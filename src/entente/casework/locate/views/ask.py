"""What to ask next, on the page: each question in the reader's language, with whom it may be put to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from entente.casework.locate.service import asking
from entente.casework.locate.world import world
from entente.records.door import DeskRequest
from entente.records.models import Case
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.place import Question

SHOWN = 8
QUESTIONS = {
    ClueKind.SOCKET: _("Is a power socket in view, and of which type?"),
    ClueKind.MAINS_HZ: _("Does the sound carry mains hum of 50 or 60 Hz?"),
    ClueKind.DRIVING_SIDE: _("Is a road, a car's steering wheel or a road sign in view?"),
    ClueKind.CURRENCY: _("Is a price, a receipt or money in view, in which currency?"),
    ClueKind.SPEECH: _("Which languages are spoken, also on television or radio?"),
    ClueKind.LANGUAGE: _("Which languages are written on labels, books or packages?"),
    ClueKind.PHONE_NUMBER: _("Is a phone number in view, on a van, a sign or a sticker?"),
    ClueKind.RELIEF: _("Is land in view through a window or outside: flat, hilly or mountainous?"),
    ClueKind.UTC_OFFSET: _("Does a file or a chat carry a time with its offset from UTC?"),
}


def questions(request: DeskRequest, case: Case, posed: Iterable[Question]) -> list[dict[str, Any]]:
    """Return what the panel shows of each question."""
    found = asking(request.officer, case, posed)
    return [{"asking": a, "text": _text(a.question)} for a in found[:SHOWN]]


def _text(question: Question) -> str:
    if not question.about:
        return str(QUESTIONS.get(ClueKind(question.kind), question.ask))
    name = world().name(question.about, (get_language() or "en")[:2])
    if question.kind == ClueKind.COUNTRY:
        return gettext("Ask %(country)s: is this yours?") % {"country": name}
    return gettext("Ask %(country)s: who recognises the region?") % {"country": name}
