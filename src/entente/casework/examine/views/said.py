"""A clue, a note or an observation in the words of a page: fields, versions side by side, history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_lazy, ngettext

from entente.casework.examine import service, values
from entente.casework.examine.outline import as_text
from entente.records.models import Clue
from entente.records.names import named
from entente.vocabulary.clue import ClueKind

FIELDS = {
    "kind": gettext_lazy("Kind"),
    "value": gettext_lazy("Value"),
    "negated": gettext_lazy("It says: not here"),
    "because": gettext_lazy("What you see"),
    "evaluation": gettext_lazy("Evaluation"),
    "group": gettext_lazy("Group"),
    "region": gettext_lazy("Box"),
    "polygon": gettext_lazy("Outline"),
    "start": gettext_lazy("From (seconds)"),
    "end": gettext_lazy("To (seconds)"),
    "state": gettext_lazy("State"),
    "text": gettext_lazy("Note"),
    "t": gettext_lazy("At second"),
}
ACTS = {
    "edit a clue": gettext_lazy("edited"),
    "confirm a clue": gettext_lazy("confirmed"),
    "withdraw a clue": gettext_lazy("withdrawn"),
    "write a note": gettext_lazy("written"),
    "edit a note": gettext_lazy("edited"),
}


def said(name: str, value: Any, kind: str = "") -> str:
    """Return one field in words; nothing is a dash."""
    if value in (None, "", []):
        return "–"
    if name == "value" and kind:
        return values.as_text(ClueKind(kind), value)
    if name == "region":
        x, y, w, h = (f"{100 * float(v):.1f}".rstrip("0").rstrip(".") for v in value)
        return gettext("left %(x)s, top %(y)s, width %(w)s, height %(h)s per cent") % {
            **{"x": x, "y": y},
            **{"w": w, "h": h},
        }
    if name == "polygon":
        count = ngettext("%(n)d point", "%(n)d points", len(value)) % {"n": len(value)}
        return f"{count}: {as_text(value)}"
    if name == "negated":
        return gettext("yes") if str(value) == "True" else gettext("no")
    return str(named(value))


def versions(now: Mapping[str, Any], yours: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return two versions of a row side by side, field by field."""
    rows = []
    for name in (n for n in FIELDS if n in yours):
        told = said(name, now.get(name), now.get("kind", "")), said(name, yours[name], yours.get("kind", ""))
        rows.append({"field": FIELDS[name], "now": told[0], "yours": told[1], "differs": told[0] != told[1]})
    return rows


def past(row: service.Marked) -> list[dict[str, Any]]:
    """Return the history of a row in words, the newest first."""
    kind = row.kind if isinstance(row, Clue) else ""
    told = []
    for step in service.history(row):
        after = step.after.get("kind", kind)
        before = step.before.get("kind", after)
        names = [n for n in FIELDS if n in step.after or n in step.before]
        told.append(
            {
                "at": step.at,
                "by": step.by,
                "what": ACTS.get(step.what, step.what),
                "undone": step.undone,
                "fields": [
                    {
                        "field": FIELDS[n],
                        "before": said(n, step.before.get(n), before),
                        "after": said(n, step.after.get(n), after),
                    }
                    for n in names
                ],
            }
        )
        if not step.undone:
            kind = before
    return told
