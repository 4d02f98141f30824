"""The board with the ten-day clock, the case's front page, the log, and the progress of jobs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.intake.service import CaseRefused, open_case
from entente.records import checkpoint, log
from entente.records.act import acting
from entente.records.door import DeskRequest, case_page, consult, desk_page
from entente.records.h3 import Handled
from entente.records.models import (
    Account,
    Case,
    Checkpoint,
    Feedback,
    Job,
    LogAlarm,
    LogEntry,
    Membership,
    PartnerLog,
    Priority,
    Stub,
)
from entente.records.names import NAMES, VERBS, named
from entente.safeguards.access import FOUNDERS, Act, Shape, Thing, opens_content
from entente.vocabulary.case import Clock, Stage
from entente.vocabulary.handling import Audience, Purpose
from entente.web.context import steps_of

PROVED = 20_000  # entries that the page proves each time; the whole log: `entente log verify`
STAGE_NAMES = {
    Stage.DISCOVERED: _("Discovered"),
    Stage.REGION: _("Region"),
    Stage.PRIORITISED: _("Prioritised"),
    Stage.CONTRIBUTIONS: _("Contributions"),
    Stage.HOME: _("Home"),
    Stage.SEARCH: _("Search"),
    Stage.SAFE: _("Safe"),
}
RESULTS = {"link.cameras": "link:cameras", "link.find": "link:found"}  # others stand on their step's page


def clock_rows(clock: Clock | None) -> dict[str, Any] | None:
    """Return what ``parts/clock.html`` draws: each stage, its day, and the slowest."""
    if clock is None:
        return None
    reached = {t.stage: t for t in clock.reached}
    stages = [
        {
            "name": STAGE_NAMES[stage],
            "reached": stage in reached,
            "at": reached[stage].at if stage in reached else None,
            "days": round((reached[stage].at - clock.discovered).total_seconds() / 86400, 1)
            if stage in reached
            else None,
            "slowest": stage is clock.slowest,
            "waiting": stage is clock.waiting_for,
        }
        for stage in Stage
    ]
    return {
        "stages": stages,
        "elapsed_days": round(clock.elapsed.total_seconds() / 86400, 1),
        "slowest": STAGE_NAMES[clock.slowest] if clock.slowest else None,
        "waiting": STAGE_NAMES[clock.waiting_for] if clock.waiting_for else None,
    }


@require_safe
@desk_page
def board(request: DeskRequest) -> HttpResponse:
    """Show the officer's cases, the most urgent first."""
    consult(request, "board")
    latest: dict[UUID, Priority] = {}
    for row in Priority.objects.order_by("made_at"):
        latest[row.case_id] = row
    cases = sorted(
        Case.objects.select_related("owner"),
        key=lambda c: (bool(c.closed_at), -(latest[c.pk].total if c.pk in latest else 0)),
    )
    rows = [{"case": c, "clock": clock_rows(c.clock()), "priority": latest.get(c.pk)} for c in cases]
    founds = bool(request.officer.roles & FOUNDERS) and opens_content(request.officer, request.purpose)
    added = Membership.objects.filter(account=request.officer.id).values("case")  # their cases stand above
    stubs = [
        {"stub": s, "status": STAGE_NAMES.get(s.status, _("Closed"))}  # type: ignore[call-overload]
        for s in Stub.objects.exclude(case__in=added)
    ]
    told = Feedback.objects.filter(addressed=request.officer.agency).select_related("owner")
    return render(request, "board.html", {"rows": rows, "feedback": told, "founds": founds, "stubs": stubs})


class NewCase(Handled):
    """A new case; its handling is chosen here, so that there is no moment of exposure."""

    number = forms.CharField(label=_("Case number"), max_length=40)
    title = forms.CharField(label=_("Operation name (never a person's name)"), max_length=120)
    victim_number = forms.CharField(label=_("Victim number (V-number)"), max_length=20)
    audience = forms.ChoiceField(
        label=_("Audience"), choices=[(a.value, a.value) for a in Audience], initial=Audience.AMBER
    )
    discovered_at = forms.DateTimeField(
        label=_("Discovered at (UTC)"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    field_order = ("number", "title", "victim_number", "codes", "handling_text", "audience", "discovered_at")


@desk_page
def new_case(request: DeskRequest) -> HttpResponse:
    """Open a case."""
    form = NewCase(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            case = open_case(request.officer, request.purpose, **form.cleaned_data)
            return redirect("case", case_id=case.pk)
        except CaseRefused as fault:
            form.add_error(None, str(fault))
    return render(request, "new_case.html", {"form": form}, status=400 if form.errors else 200)


@require_safe
@case_page("")
def case_front(request: DeskRequest, case: Case) -> HttpResponse:
    """Show the case: its clock, its people, its steps in order."""
    members = Membership.objects.filter(case=case).select_related("account__agency")
    priority = Priority.objects.filter(case=case).first()
    context = {
        "clock": clock_rows(case.clock()),
        "members": members,
        "priority": priority,
        "next": next((s for s in steps_of(case) if not s["state"]), None),
    }
    return render(request, "case.html", context)


@require_POST
@desk_page
def choose_purpose(request: DeskRequest) -> HttpResponse:
    """Choose why one is working; it goes with every act from now on."""
    chosen = request.POST.get("purpose", "")
    if chosen in request.user.purposes:  # type: ignore[union-attr]
        request.session["purpose"] = str(Purpose(chosen))
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "board")


class LogForm(forms.Form):
    """Which entries to show: by verb, case or day; never by officer, for the log does not rank staff."""

    verb = forms.ChoiceField(
        label=_("Verb"), required=False, choices=[("", _("all")), *((v, named(v)) for v in VERBS)]
    )
    case = forms.UUIDField(label=_("Case (its identifier)"), required=False)
    day = forms.DateField(
        label=_("Day (UTC)"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def asked(self) -> dict[str, str]:
        """Return what was asked for, for the address of the next page."""
        told = self.cleaned_data if self.is_valid() else {}
        return {name: str(value) for name, value in told.items() if value}

    def chosen(self, entries: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        """Return the entries that were asked for; of a question that is none, nothing."""
        if not self.is_valid():
            return entries.none()
        told = self.cleaned_data
        if told["verb"]:
            entries = entries.filter(verb=told["verb"])
        if told["case"]:
            entries = entries.filter(case=told["case"])
        return entries.filter(at__date=told["day"]) if told["day"] else entries


@require_safe
@desk_page
def log_page(request: DeskRequest) -> HttpResponse:
    """Show the agency's entries to its data protection officer, and prove the whole log."""
    thing = Thing(Shape.LOG, owner=request.officer.agency)
    with acting(request.officer, Act.AUDIT, thing, request.purpose, step="log", reason="log page"):
        form = LogForm(request.GET)
        latest = form.chosen(LogEntry.objects.select_related("opening").order_by("-seq"))
        entries = Paginator(latest, 100).get_page(request.GET.get("page"))
        entries.object_list = list(entries.object_list)
    numbers = dict(PartnerLog.objects.values_list("pk", "name"))
    numbers |= dict(Account.objects.filter(agency=request.officer.agency).values_list("pk", "username"))
    said = {
        "entries": entries,
        "form": form,
        "query": f"{urlencode(asked)}&" if (asked := form.asked()) else "",
        "rows": [(e, numbers.get(e.account, e.account) if e.account else "") for e in entries.object_list],
        "proof": log.verify(PROVED),
        "witnessed": checkpoint.witnessed(),
        "signed": Checkpoint.objects.order_by("number").last(),
        "alarms": LogAlarm.objects.select_related("partner")[:10],
    }
    return render(request, "log.html", said)


@require_safe
@desk_page
def job_progress(request: DeskRequest, job_id: UUID) -> HttpResponse:
    """Show how far a job is, to the one who asked and, while its case is theirs, to the agency's members."""
    job = get_object_or_404(Job, pk=job_id, account__agency=request.officer.agency)
    mine = job.account_id == request.officer.id
    if not (Case.objects.filter(pk=job.case).exists() if job.case else mine):
        raise Http404
    said: dict[str, Any] = {"job": job}
    if job.case and job.task in NAMES:  # the counts on the page are older than the job's end
        page = RESULTS.get(job.task, f"{job.task.partition('.')[0]}:page")
        one = f"?of={job.pk}" if job.task == "link.find" else ""
        said["job_next"] = reverse(page, args=[job.case]) + one
    return render(request, "parts/job.html", said)
