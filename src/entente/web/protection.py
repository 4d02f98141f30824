"""The data protection desk: clocks and their proposals, restrictions, tombstones, reviews, and the export.

It shows what the log and the clocks say, never content. It counts and sorts by nothing of a person: the log
is for lawfulness, not for ranking staff (Directive (EU) 2016/680 art. 25(2)).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.records import emergency, erasure, guard, notice, retention
from entente.records.act import acting
from entente.records.door import DeskRequest, case_page, desk_page
from entente.records.models import (
    CandidatePlace,
    Case,
    CaseBound,
    Clue,
    Disclosure,
    Emergency,
    Guarded,
    KeepReview,
    LogEntry,
    Media,
    Notice,
    Restriction,
    Retention,
    Tombstone,
)
from entente.records.names import VERBS, named
from entente.safeguards.access import Act, Shape, Thing
from entente.safeguards.retention import Fate, Ground
from entente.vocabulary.agency import Officer

FATE_NAMES = {
    Fate.KEEP: _("kept"),
    Fate.ASK: _("a reason to keep is due"),
    Fate.RESTRICT: _("restricted"),
    Fate.ERASE: _("is erased now"),
}
GROUND_NAMES = {
    Ground.PROTECTED_INTEREST: _("erasure would harm a person who needs protection"),
    Ground.CONTESTED: _("its accuracy is contested"),
    Ground.LEGAL_CLAIM: _("it is needed for a legal claim or as evidence"),
}
# What an export tells besides the log: the record's name, the table, its moment, its columns.
EXPORTED: tuple[tuple[str, type[Guarded], str, tuple[str, ...]], ...] = (
    ("clock", Retention, "started", ("case", "thing", "what", "provider_limit", "due", "erased_at")),
    ("keep", KeepReview, "at", ("case", "thing", "at", "reason")),
    ("tombstone", Tombstone, "at", ("case", "thing", "what", "at", "because", "rows", "entry")),
    ("notice", Notice, "made_at", ("kind", "owner_id", "addressed_id", "about", "made_at", "done_at")),
    ("emergency", Emergency, "asked_at", ("act", "case", "why", "confirmed_at", "until", "finding")),
)


ERASABLE: dict[str, type[CaseBound]] = {"item": Media, "clue": Clue, "place": CandidatePlace}


class ClockForm(forms.Form):
    """What to do with a clock: restrict on a ground, or erase now, with the reason."""

    ground = forms.ChoiceField(
        label=_("Ground"), choices=[(g.value, n) for g, n in GROUND_NAMES.items()], required=False
    )
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class PeriodForm(forms.Form):
    """Which entries go into an export: a period, and perhaps one verb."""

    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))
    verb = forms.ChoiceField(
        label=_("Verb"), required=False, choices=[("", _("all")), *((v, named(v)) for v in VERBS)]
    )


def _auditing(request: DeskRequest, reason: str) -> Any:
    thing = Thing(Shape.LOG, owner=request.officer.agency)
    return acting(request.officer, Act.AUDIT, thing, request.purpose, step="protection", reason=reason)


@require_safe
@desk_page
def protection(request: DeskRequest) -> HttpResponse:
    """Show the agency's clocks, the nearest date first, what was erased, and what waits for a review."""
    with _auditing(request, "data protection desk"):
        clocks = [
            {
                "clock": c,
                "fate": FATE_NAMES[retention.fate_of(c)],
                "restricted": Restriction.binds(c.thing, c.case),
                "form": ClockForm(auto_id=f"{c.pk}_%s"),
            }
            for c in Retention.objects.filter(erased_at=None)[:200]
        ]
        context = {
            "clocks": clocks,
            "tombstones": list(Tombstone.objects.all()[:200]),
            "late": Emergency.objects.filter(emergency.unreviewed()).count(),
            "open_reviews": Emergency.objects.filter(confirmed_at__isnull=False, reviewed_at=None).count(),
            "form": PeriodForm(),
            "nav": "protection",
        }
    return render(request, "protection.html", context)


@require_POST
@desk_page
def change_clock(request: DeskRequest, clock_id: UUID) -> HttpResponse:
    """Restrict, lift, or erase now what a clock is about."""
    held = get_object_or_404(Retention, pk=clock_id, erased_at=None)
    form, act = ClockForm(request.POST), request.POST.get("act", "")
    officer, purpose = request.officer, request.purpose
    try:
        if act == "lift":
            retention.lift(officer, purpose, held)
            messages.success(request, gettext("The restriction is lifted; the clock runs again."))
        elif not form.is_valid():
            raise retention.NotKept(gettext("Give the reason; it is kept with the decision."))
        elif act == "erase":
            erasure.erase_by_clock(officer, purpose, held, form.cleaned_data["reason"])
            messages.success(request, gettext("Erased. The tombstone and its entry in the log prove it."))
        else:
            retention.restrict(
                officer, purpose, held, form.cleaned_data["ground"], form.cleaned_data["reason"]
            )
            messages.success(request, gettext("Restricted: from now on it is only read."))
    except (retention.NotKept, erasure.NotErased) as refused:
        messages.error(request, str(refused))
    return redirect("protection")


@require_POST
@desk_page
def export(request: DeskRequest) -> HttpResponse:
    """Give the agency's log, clocks, reviews, tombstones and notices of a period as JSON lines."""
    form = PeriodForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Give the first and the last day."))
        return redirect("protection")
    told = form.cleaned_data
    since = datetime.combine(told["since"], time.min, UTC)
    until = datetime.combine(told["until"], time.max, UTC)
    with _auditing(request, f"export {told['since']} to {told['until']}"):
        lines = list(exported(request.officer, since, until, told["verb"]))
    answer = HttpResponse("".join(lines), content_type="application/jsonl")
    answer["Content-Disposition"] = 'attachment; filename="data-protection.jsonl"'
    return answer


def exported(officer: Officer, since: datetime, until: datetime, verb: str = "") -> Iterator[str]:
    """Iterate over JSON lines, each with its ``kind``; what the scope does not show is not among them."""
    entries = LogEntry.objects.filter(at__range=(since, until)).order_by("seq")
    if verb:
        entries = entries.filter(verb=verb)
    for entry in entries.iterator():
        yield _line("entry", {"seq": entry.seq, **entry.told})
    for kind, model, moment, names in EXPORTED:
        rows = model._base_manager.filter(**{f"{moment}__range": (since, until)}).order_by(moment)
        for row in rows:
            yield _line(kind, {"id": row.pk, **{n: getattr(row, n) for n in names}})


def _line(kind: str, told: dict[str, Any]) -> str:
    return json.dumps({"record": kind, **told}, default=str, ensure_ascii=False, sort_keys=True) + "\n"


# --- in a case ----------------------------------------------------------------------------------------------


class CaseForm(forms.Form):
    """One decision of the case's own people: keep, erase, limit or correct."""

    act = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            ("keep", _("keep the case for another period")),
            ("limit", _("set the provider's limit on an item, clue or place")),
            ("correct", _("tell past recipients of an item, clue or place what is right")),
            ("erase", _("erase an item, clue or place")),
            ("erase-case", _("erase the whole case")),
        ],
    )
    thing = forms.ChoiceField(label=_("Item, clue or candidate place"), required=False)
    until = forms.DateField(
        label=_("Until (provider's limit)"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    reason = forms.CharField(
        label=_("Reason, or the right words"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    sure = forms.BooleanField(label=_("I know that what is erased cannot come back"), required=False)

    def __init__(self, *given: Any, case: Case, **more: Any) -> None:
        super().__init__(*given, **more)
        items = Media.objects.filter(case=case).order_by("number")[:2000]
        clues = Clue.objects.filter(case=case).order_by("made_at")[:2000]
        places = CandidatePlace.objects.filter(case=case).order_by("made_at")[:2000]
        a_place = gettext("place")
        self.fields["thing"].choices = [  # type: ignore[attr-defined]
            ("", "–"),
            *((f"item:{m.pk}", f"{m}") for m in items),
            *((f"clue:{c.pk}", f"{c.kind} {c.made_at:%Y-%m-%d %H:%M}") for c in clues),
            *((f"place:{p.pk}", f"{a_place} {p.made_at:%Y-%m-%d %H:%M}") for p in places),
        ]

    def clean(self) -> dict[str, Any]:
        """An erasure needs its tick, a thing where one is meant, a limit its day."""
        data = super().clean() or {}
        act = data.get("act")
        if act in {"erase", "erase-case"} and not data.get("sure"):
            self.add_error("sure", _("Tick it: nothing brings back what is erased."))
        if act in {"limit", "correct", "erase"} and not data.get("thing"):
            self.add_error("thing", _("Choose the item, clue or place."))
        if act == "limit" and not data.get("until"):
            self.add_error("until", _("Give the day of the provider's limit."))
        return data


@case_page("")
def case_protection(request: DeskRequest, case: Case) -> HttpResponse:
    """Show how long the case is kept and what went out of it; keep, limit, correct or erase."""
    form = CaseForm(request.POST if request.method == "POST" else None, case=case)
    if request.method == "POST" and form.is_valid():
        try:
            return _decided(request, case, form.cleaned_data)
        except ValueError as refused:
            form.add_error(None, str(refused))
    with guard.system("the case's own people read its clock"):
        held = Retention.objects.filter(case=case.pk, thing=None).first()
        reviews = list(KeepReview.objects.filter(case=case.pk))
    context = {
        "form": form,
        "held": held,
        "reviews": reviews,
        "restricted": Restriction.binds(case.pk),
        "disclosures": Disclosure.objects.filter(case=case).select_related("to"),
    }
    return render(request, "case_protection.html", context, status=400 if form.errors else 200)


def _decided(request: DeskRequest, case: Case, told: dict[str, Any]) -> HttpResponse:
    officer, purpose, act, reason = request.officer, request.purpose, told["act"], told["reason"]
    if act == "keep":
        retention.keep(officer, purpose, case, reason)
        messages.success(request, gettext("Kept, with its reason, until the next review."))
    elif act == "erase-case":
        erasure.erase(officer, purpose, case, reason)
        messages.success(request, gettext("The case is erased. Its tombstone and the log prove it."))
        return redirect("board")
    else:
        _decide_on(officer, purpose, _chosen(case, told["thing"]), told)
        messages.success(request, gettext("Done, and recorded."))
    return redirect("case-protection", case_id=case.pk)


def _decide_on(officer: Officer, purpose: Any, row: CaseBound, told: dict[str, Any]) -> None:
    if told["act"] == "limit":
        retention.limit(officer, purpose, row, datetime.combine(told["until"], time.min, UTC))
    elif told["act"] == "correct":
        notice.correct(officer, purpose, row, told["reason"])
    else:
        erasure.erase(officer, purpose, row, told["reason"])


def _chosen(case: Case, name: str) -> CaseBound:
    kind, _colon, pk = name.partition(":")
    model: type[CaseBound] = ERASABLE[kind]
    return get_object_or_404(model, pk=pk, case=case)
