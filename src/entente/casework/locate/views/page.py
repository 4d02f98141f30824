"""The page of locate: map and equal table, each clue's part, contradictions, what to ask next."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.locate import engine
from entente.casework.locate.explain import explain
from entente.casework.locate.likelihood import SILENT
from entente.casework.locate.map import Row, draw, table
from entente.casework.locate.service import clues_at_hand, sifted, weigh
from entente.casework.locate.views.forms import HomeForm
from entente.records import clock
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case, HomeProposal

COUNTRIES_SHOWN, REGIONS_SHOWN = 12, 24


_ID = re.compile(r" \([0-9a-f-]{36}\)")  # the row that a sentence names, for machines


@require_safe
@case_page("locate")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show where the officer's own visible clues point."""
    return shown(request, case, HomeForm())


def shown(request: DeskRequest, case: Case, form: HomeForm, status: int = 200) -> HttpResponse:
    """Weigh what this officer may see: two officers may rightly see two maps."""
    rows = clues_at_hand(case)
    words, refused = sifted(rows)
    now = clock.now()
    posterior = engine.locate(words, now)
    language = get_language() or "en"
    outer = engine.cells90(words, now) if words else ()
    # the SVG is drawn by our own arithmetic from numbers and our own tables, with text escaped there
    drawn = mark_safe(draw(posterior, outer, str(_("Where the clues point")))) if words else ""  # noqa: S308
    parts = _parts(words, posterior, language)
    context = {
        "posterior": posterior,
        "contradictions": [_ID.sub("", told) for told in posterior.contradictions],
        "map": drawn,
        "rows": _worth_a_line(table(posterior, language)),
        "parts": [p for p in parts if not p["silent"]],
        "silent": [p for p in parts if p["silent"]],
        "refused": [(row, refused[str(row.pk)]) for row in rows if str(row.pk) in refused],
        "homes": HomeProposal.objects.filter(case=case).select_related("made_by", "confirmed_by"),
        "form": form,
    }
    return render(request, "locate/page.html", context, status=status)


def _worth_a_line(rows: tuple[Row, ...]) -> list[Row]:
    """Return the likeliest countries, then the likeliest regions: what the map's shade can show."""
    countries = [r for r in rows if not r.region]
    regions = [r for r in rows if r.region]
    return [*countries[:COUNTRIES_SHOWN], *regions[:REGIONS_SHOWN]]


def _parts(words: list[Any], posterior: Any, language: str) -> list[dict[str, Any]]:
    """Return what each clue does, the strongest first; the same observation from many items is one row."""
    weights = {w.id: w for w in posterior.clues}
    ordered = sorted(words, key=lambda c: (-abs(weights[c.id].log10_bf) if c.id in weights else 0.0, c.id))
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for clue, says in zip(ordered, explain(posterior, words, language), strict=True):
        silent = clue.kind in SILENT or clue.id not in weights
        row = {"clue": clue, "weight": weights.get(clue.id), "says": says, "silent": silent, "times": 0}
        rows.setdefault((says, clue.evaluation), row)["times"] += 1
    return list(rows.values())


@require_POST
@case_page("locate")
def keep(request: DeskRequest, case: Case) -> HttpResponse:
    """Keep the estimate as it stands, with the clues it stood on."""
    weigh(request.officer, request.purpose, case)
    messages.success(request, _("The estimate was kept with the clues it stands on."))
    return redirect("locate:page", case_id=case.pk)
