"""The words that an agency's vocabularies offer in the form of a clue."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from entente.casework.examine import values
from entente.casework.examine.views.forms import MarkForm
from entente.records import vocabularies
from entente.vocabulary.clue import ClueKind

LIST = "words"  # the id of the list that the page holds
OBJECTS = ("objects", "sockets")


def offered(form: MarkForm, agency: UUID, language: str) -> dict[str, Any]:
    """Word the kinds of ``form`` as the agency does, and return the words and hints for its page.

    A kind that is offered no more can be read, and stays where a clue has it already.
    """
    kinds = vocabularies.in_force(agency, "clue_kinds")
    now = str(form["kind"].value() or "")
    form.fields["kind"].choices = [  # type: ignore[attr-defined]
        (t.code, t.label(language)) for t in kinds.terms if not t.deprecated or t.code == now
    ]
    form.fields["value"].widget.attrs["list"] = LIST
    words = [
        (code if name == "sockets" else label, label)
        for name in OBJECTS
        for code, label in vocabularies.choices(agency, name, language)
    ]
    hints = [
        (kinds.label(k, language), t.hint(language) if (t := kinds.term(k)) else values.HINTS[k])
        for k in ClueKind
    ]
    return {"words": words, "hints": hints}
