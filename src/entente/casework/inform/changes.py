"""What changed between two versions that one recipient got, from these two alone: nothing else shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

SAYS = {
    "en": {
        "gone": "No longer said: “{text}”",
        "new": "Newly said: “{text}”",
        "graded": "Another type or evaluation ({was} → {now}): “{text}”",
        "region": "Where the clues point was computed anew.",
        "handling": "The handling is {now} now; it was {was}.",
        "none": "The statements stand as they were; what they stand on changed.",
    },
    "fr": {
        "gone": "N’est plus affirmé : « {text} »",
        "new": "Nouvellement affirmé : « {text} »",
        "graded": "Autre type ou autre cote ({was} → {now}) : « {text} »",
        "region": "Ce que les indices désignent a été recalculé.",
        "handling": "Le traitement est désormais {now} ; il était {was}.",
        "none": "Les énoncés restent tels quels ; ce qui les fonde a changé.",
    },
    "it": {
        "gone": "Non più affermato: «{text}»",
        "new": "Ora affermato: «{text}»",
        "graded": "Altro tipo o altro grado ({was} → {now}): «{text}»",
        "region": "Dove portano gli indizi è stato ricalcolato.",
        "handling": "Il trattamento ora è {now}; era {was}.",
        "none": "Gli enunciati restano quelli; è cambiato ciò su cui poggiano.",
    },
}


def between(was: Mapping[str, Any], now: Mapping[str, Any], language: str) -> list[str]:
    """Return the sentences that say what ``now`` says otherwise than ``was``, both composed documents."""
    says = SAYS.get(language, SAYS["en"])
    old, new = _said(was), _said(now)
    told = [says["gone"].format(text=text) for text in old if text not in new]
    told += [says["new"].format(text=text) for text in new if text not in old]
    for text in old:
        if text in new and old[text] != new[text]:
            told.append(says["graded"].format(text=text, was=_grades(old[text]), now=_grades(new[text])))
    if _place(was) != _place(now):
        told.append(says["region"])
    if _marked(was) != _marked(now):
        told.append(says["handling"].format(was=_marked(was), now=_marked(now)))
    return told or [says["none"]]


def _said(document: Mapping[str, Any]) -> dict[str, Counter[tuple[str, str]]]:
    found: dict[str, Counter[tuple[str, str]]] = {}
    for s in document["statements"]:
        found.setdefault(s["text"], Counter())[(s["type"], s["evaluation"])] += 1
    return found


def _grades(grades: Counter[tuple[str, str]]) -> str:
    return ", ".join(f"{kind} {grade}" for kind, grade in sorted(grades))


def _place(document: Mapping[str, Any]) -> Any:
    region = document.get("region") or {}
    return (region.get("countries"), region.get("regions"))


def _marked(document: Mapping[str, Any]) -> str:
    handling = document["handling"]
    return " ".join(filter(None, (handling["codes"], handling["audience"], handling["text"])))
