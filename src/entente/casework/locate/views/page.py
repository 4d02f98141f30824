"""The page of locate: map and equal table, each clue's part, contradictions, what to ask next."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.locate.engine import most_trusted
from entente.casework.locate.reckon import reckon
from entente.casework.locate.refusal import in_words
from entente.casework.locate.service import clues_at_hand, sifted, weigh
from entente.casework.locate.views.ask import questions
from entente.casework.locate.views.asked import asked
from entente.casework.locate.views.home import standing
from entente.casework.locate.views.where import where
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case


@require_safe
@case_page("locate")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show where the officer's own visible clues point."""
    # what this officer may see is weighed: two officers may rightly see two maps
    rows = clues_at_hand(case)
    words, refused = sifted(rows)
    language = (get_language() or "en")[:2]
    context = where(case, rows, words, asked(request.GET, words), language)
    if request.headers.get("X-Part") == "where":
        return render(request, "locate/where.html", context)
    posterior = reckon(most_trusted(words)[0]).posterior  # what to ask next is asked with every clue
    context |= {
        "posterior": posterior,
        "refused": [
            (row, in_words(refused[str(row.pk)], language)) for row in rows if str(row.pk) in refused
        ],
        "questions": questions(request, case, posterior.next_questions),
        "places": standing(case),
    }
    return render(request, "locate/page.html", context)


@require_POST
@case_page("locate")
def keep(request: DeskRequest, case: Case) -> HttpResponse:
    """Keep the estimate as it stands, with the clues it stood on."""
    weigh(request.officer, request.purpose, case)
    messages.success(request, _("The estimate was kept with the clues it stands on."))
    return redirect("locate:page", case_id=case.pk)
