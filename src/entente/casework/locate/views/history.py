"""The region since day one: each kept state with what changed, and any two of them beside each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from entente.casework.locate.explain import clue_name
from entente.casework.locate.frame import Frame, fitted
from entente.casework.locate.history import Kept, both, changed
from entente.casework.locate.likelihood import SILENT
from entente.casework.locate.map import centres, indexes, small
from entente.casework.locate.service import clues_named, kept_states, states
from entente.casework.locate.views.where import km2
from entente.casework.locate.world import ATTRIBUTION, world
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case, Clue, Milestone
from entente.vocabulary.case import Stage

A_PAGE = 12  # states
SMALL, SIDE = 180.0, 420.0  # widths of a map in the list, and of one of two beside each other
PLACES = 8  # countries and regions of two states


@require_safe
@case_page("locate")
def history(request: DeskRequest, case: Case) -> HttpResponse:
    """Show what one's own agency kept of the region, the newest first, and two states side by side."""
    officer, language = request.officer, get_language() or "en"
    order = kept_states(officer, case)
    leaf = Paginator(order[::-1], A_PAGE).get_page(request.GET.get("page"))
    shown = list(leaf.object_list)
    places = {pk: n for n, pk in enumerate(order)}
    before = {pk: order[places[pk] - 1] for pk in shown if places[pk]}
    asked = [_id(request.GET.get(name, "")) for name in ("a", "b")]
    pair = sorted((p for p in asked if p in places), key=lambda p: places[p])
    held = states(officer, case, [*shown, *before.values(), *pair])
    named = clues_named(case, [c for state in held.values() for c in state.clues])
    began = Milestone.objects.filter(case=case, stage=Stage.DISCOVERED).first()
    day_one = began.at if began else case.opened_at
    rows = [
        _row(held.get(before[pk]) if pk in before else None, held[pk], named, day_one, language)
        for pk in shown
        if pk in held
    ]
    two = [held[p] for p in pair if p in held]
    context: dict[str, Any] = {
        "rows": rows,
        "leaf": leaf,
        "a": two[0].id if two else rows[1]["state"].id if len(rows) > 1 else "",
        "b": two[-1].id if two else rows[0]["state"].id if rows else "",
        "two": _beside(two[0], two[1], named, language) if len(two) == 2 and two[0] != two[1] else None,
        "attribution": ATTRIBUTION,
    }
    return render(request, "locate/history.html", context)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _drawn(state: Kept, frame: Frame) -> SafeString:
    """Return a small map: numbers of our own arithmetic alone."""
    return mark_safe(small(state.cells50, frame))  # noqa: S308


def _row(
    before: Kept | None, state: Kept, named: Mapping[str, Clue], day_one: datetime, language: str
) -> dict[str, Any]:
    """Return one line of the history."""
    top, region = state.countries[0], state.regions[0] if state.regions else None
    return {
        "state": state,
        "day": (state.at - day_one).days,
        "country": world().name(top.country, language),
        "p": top.p,
        "region": region,
        "area50": km2(state.area50_km2),
        "area90": km2(state.area90_km2),
        "first": before is None,
        **_changes(before, state, named, language),
        "map": _drawn(state, fitted(centres(indexes(state.cells50)), SMALL)),
    }


def _changes(before: Kept | None, state: Kept, named: Mapping[str, Clue], language: str) -> dict[str, Any]:
    """Return what changed: clues that speak of a place by name, the others counted."""
    found = changed(before, state)
    words = {pk: row.as_word() for pk, row in named.items()}
    speaking = {pk: clue_name(word, language) for pk, word in words.items() if word.kind not in SILENT}
    other = (*found.come, *found.gone)
    moved = Counter((speaking[c], was, now) for c, was, now in found.otherwise if c in speaking)
    return {
        "come": _names(found.come, speaking),
        "gone": _names(found.gone, speaking),
        "silent": sum(c in words and c not in speaking for c in other),
        "unnamed": sum(c not in words for c in other),
        "otherwise": [(*said, times) for said, times in sorted(moved.items())],
    }


def _names(ids: Sequence[str], speaking: Mapping[str, str]) -> list[tuple[str, int]]:
    """Return clues by name, with how many of them read the same."""
    return sorted(Counter(speaking[c] for c in ids if c in speaking).items())


def _beside(one: Kept, two: Kept, named: Mapping[str, Clue], language: str) -> dict[str, Any]:
    """Return two states on maps of one window, with what moved between them."""
    at = np.concatenate([centres(indexes(state.cells50)) for state in (one, two)])
    frame, name = fitted(at, SIDE), world().name
    return {
        "one": one,
        "two": two,
        "maps": [(state, _drawn(state, frame)) for state in (one, two)],
        "areas": [
            ("50 %", km2(one.area50_km2), km2(two.area50_km2)),
            ("90 %", km2(one.area90_km2), km2(two.area90_km2)),
        ],
        "countries": [
            (name(s.country, language), a, b) for s, a, b in both(one.countries, two.countries, PLACES)
        ],
        "regions": [
            (f"{s.name}, {name(s.country, language)}", a, b)
            for s, a, b in both(one.regions, two.regions, PLACES)
        ],
        "other_tables": one.versions != two.versions,
        **_changes(one, two, named, language),
    }
