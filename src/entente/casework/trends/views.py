"""The page of trends: this case's re-shares over time, and figures over the officer's cases."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Max, Min
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.cooperate.funnel import Level
from entente.casework.trends import chart, service
from entente.records.door import DeskRequest, case_page
from entente.records.jobs import asked_by
from entente.records.models import Case, Milestone, Reshare
from entente.vocabulary.case import Stage

WIDTH, HEIGHT = 720, 160
LEVEL_NAMES = {
    Level.DATASET: _("Datasets"),
    Level.COUNTRY: _("Likely country"),
    Level.SENT: _("Sent to a partner"),
    Level.IDENTITY: _("Identity information"),
    Level.SAFE: _("Safeguarded"),
}
STAGE_NAMES = {
    Stage.REGION: _("Region"),
    Stage.PRIORITISED: _("Prioritised"),
    Stage.CONTRIBUTIONS: _("Contributions"),
    Stage.HOME: _("Home"),
    Stage.SEARCH: _("Search"),
    Stage.SAFE: _("Safe"),
}


@require_safe
@case_page("trends")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show the re-shares of this case, then figures over all cases that the officer sees."""
    rows = Reshare.objects.filter(case=case).select_related("media")
    days = chart.by_day(r.seen_at for r in rows)
    safe = Milestone.objects.filter(case=case, stage=Stage.SAFE).first()
    told = service.board_figures(request.officer, request.purpose)
    clock = told.clock
    context = {
        "bars": chart.bars(days, WIDTH, HEIGHT),
        "width": WIDTH,
        "height": HEIGHT,
        "days": days,
        "total": len(rows),
        "wish": case.reshare_wish,
        "waiting": service.to_be_told(case).filter(owner=request.officer.agency).count(),
        "told": rows.exclude(told_at=None).count(),
        "own_told": rows.filter(told_by=request.officer.id).exists(),
        "since_safe": sum(r.seen_at >= safe.at for r in rows) if safe else None,
        "items": rows.order_by("media__number", "seen_at")[:300],
        "sources": rows.values("source")
        .annotate(n=Count("id"), first=Min("seen_at"), last=Max("seen_at"))
        .order_by("-n", "source"),
        "figures": told,
        "funnel": [(LEVEL_NAMES[level], n, told.publishable[level]) for level, n in told.funnel.items()],
        "stages": [
            (STAGE_NAMES[s], clock.behind[s], round(m.total_seconds() / 86400, 1), s is clock.slowest)
            for s, m in clock.median.items()
        ],
        "jobs": asked_by(request.officer.agency, case.pk, "trends.count")[:1],
    }
    return render(request, "trends/page.html", context)


@require_POST
@case_page("trends")
def told(request: DeskRequest, case: Case) -> HttpResponse:
    """Record that the person who was harmed was told of what waited, or take that back."""
    try:
        if request.POST.get("say") == "not after all":
            count = service.take_back_told(request.officer, request.purpose, case)
            messages.success(request, _("%(n)s re-shares wait again.") % {"n": count})
        else:
            count = service.record_told(request.officer, request.purpose, case)
            messages.success(
                request, _("It is recorded that they were told of %(n)s re-shares.") % {"n": count}
            )
    except service.NotTold as fault:
        messages.error(request, str(fault))
    answer = redirect("trends:page", case_id=case.pk)
    answer.status_code = 303
    return answer


@require_POST
@case_page("trends")
def recount(request: DeskRequest, case: Case) -> HttpResponse:
    """Ask for the re-shares to be counted."""
    service.ask_to_count(request.officer, request.purpose, case)
    messages.success(request, _("The re-shares are being counted."))
    answer = redirect("trends:page", case_id=case.pk)
    answer.status_code = 303
    return answer


@require_POST
@case_page("trends")
def figures(request: DeskRequest, case: Case) -> HttpResponse:
    """Give the figures for policy as CSV."""
    made = service.export_figures(request.officer, request.purpose, (get_language() or "en")[:2])
    answer = HttpResponse(made, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="figures.csv"'
    return answer


urlpatterns = [
    path("", page, name="page"),
    path("told/", told, name="told"),
    path("count/", recount, name="count"),
    path("figures/", figures, name="figures"),
]
