"""Pages of suspects: those of a case; one with its identifiers and pauses, and who investigates it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entente.casework.cooperate.service import deconfliction, investigations, suspects
from entente.casework.cooperate.views.forms import UNUSUAL
from entente.casework.cooperate.views.names import INFORMATION_NAMES, SOURCE_NAMES, choices
from entente.casework.cooperate.views.rows import row_meant
from entente.records import clock
from entente.records.door import DeskRequest, case_page
from entente.records.h3 import Handled
from entente.records.leaf import leaf_of, waits_first
from entente.records.models import Agency, Case, Investigation, Pause, Suspect, SuspectIdentifier
from entente.records.names import named
from entente.safeguards.access import member_part
from entente.vocabulary.agency import Part
from entente.vocabulary.suspect import DataSubject, Said, Standing, SuspectPart

PART_NAMES = {
    SuspectPart.ABUSER: _("abuser"),
    SuspectPart.ENABLER: _("encourager or enabler"),
    SuspectPart.DISTRIBUTOR: _("distributor"),
    SuspectPart.UNCLEAR: _("not clear yet"),
}
CATEGORY_NAMES = {DataSubject.SUSPECT: _("suspect"), DataSubject.LIKELY_OFFENDER: _("likely offender")}
SAID_NAMES = {Said.FACT: _("fact"), Said.ASSESSMENT: _("assessment")}
ASKED_NAMES = {
    "asked": _("asked"),
    investigations.TAKE_ON: _("investigates"),
    investigations.DECLINE: _("declined, or handed back"),
    "taken back": _("question taken back"),
}
PAUSE_NAMES = {"open": _("pause"), "lifted": _("lifted"), "ended": _("ended")}
SAYS, IDENTIFY, INVESTIGATE = "says_%s", "identify_%s", "ask_%s"  # three forms on one page


class StandingForm(forms.Form):
    """What a person says of a suspect."""

    part = forms.ChoiceField(label=_("Part"), choices=choices(PART_NAMES), initial=SuspectPart.UNCLEAR)
    category = forms.ChoiceField(label=_("Recorded as"), choices=choices(CATEGORY_NAMES))
    said = forms.ChoiceField(label=_("Known or thought"), choices=choices(SAID_NAMES), initial="assessment")
    source = forms.ChoiceField(label=_("Source"), choices=choices(SOURCE_NAMES), initial="X")
    information = forms.ChoiceField(label=_("Information"), choices=choices(INFORMATION_NAMES), initial="4")
    because = forms.CharField(
        label=_("On what this rests"),
        help_text=_("Never a person's name. It stays in the case."),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=2000,
    )

    def standing(self) -> Standing:
        """Return it as the vocabulary has it."""
        d = self.cleaned_data
        grade = d["source"] + d["information"]
        return Standing.of(d["part"], d["category"], d["said"], grade, d["because"])


class NewForm(Handled, StandingForm):
    """A new suspect; its handling is chosen here, so that there is no moment of exposure."""

    field_order = ("part", "category", "said", "source", "information", "because", "codes", "handling_text")


class IdentifierForm(Handled):
    """An identifier of a suspect that the case works on."""

    kind = forms.ChoiceField(
        label=_("Kind"), choices=[(str(k), named(k)) for k in deconfliction.KINDS], initial="screen name"
    )
    text = forms.CharField(
        label=_("Identifier"),
        max_length=200,
        help_text=_("As the platform writes it; never a person's name."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("kind", "text", "codes", "handling_text")


class InvestigateForm(Handled):
    """Which agency is asked to investigate, and why."""

    to = forms.ModelChoiceField(
        Agency.objects.filter(kind__in=[str(k) for k in investigations.INVESTIGATE]),
        label=_("Agency"),
        help_text=_("It sees number, part and grade, and the words below; nothing else of the case."),
    )
    because = forms.CharField(
        label=_("Why this agency"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )
    sure = forms.BooleanField(
        label=_("I have checked that we may write to an agency outside the usual circle"), required=False
    )
    field_order = ("to", "because", "codes", "handling_text", "sure")

    def __init__(self, *args: Any, ours: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ours = ours
        self.fields["to"].label_from_instance = lambda a: a.name  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Warn before the first question to a unit of a third country."""
        data = super().clean()
        to = data.get("to")
        if to is not None and not data.get("sure") and unusual(to, self.ours):
            text = gettext(
                "This would be our first question to %(name)s. Check the legal basis and tick this box."
            )
            self.add_error("sure", text % {"name": to.name})
        return data


def unusual(to: Agency, ours: UUID) -> bool:
    """Whether it is outside the usual circle and was never asked to investigate."""
    if to.pk == ours or to.kind not in UNUSUAL:
        return False
    return not Investigation.objects.filter(owner_id=ours, addressed=to).exists()


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=500)


@case_page("cooperate")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """List the suspects of the case with who investigates whom; set one down."""
    sent = request.method == "POST"
    form = NewForm(request.POST) if sent else NewForm()
    if sent and form.is_valid():
        data = form.cleaned_data
        try:
            made = suspects.set_down(
                request.officer,
                request.purpose,
                case,
                form.standing(),
                codes=data["codes"],
                handling_text=data["handling_text"],
            )
        except ValueError as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, gettext("%(number)s is set down.") % {"number": made})
            return redirect("cooperate:suspect", case_id=case.pk, suspect_id=made.pk)
    held = Suspect.objects.filter(case=case).select_related("owner", "made_by", "decided_by")
    leaf = leaf_of(request, held.order_by(waits_first("open"), "number"))
    context = {"rows": _rows(list(leaf)), "leaf": leaf, "form": form, "works": _works(request, case)}
    return render(request, "cooperate/suspects.html", context, status=400 if form.errors else 200)


def _works(request: DeskRequest, case: Case) -> bool:
    return member_part(request.officer, case.pk, clock.now()) in {Part.LEAD, Part.MEMBER}


def _rows(held: list[Suspect]) -> list[dict[str, Any]]:
    taken: dict[UUID, list[str]] = {}
    asked: dict[UUID, list[str]] = {}
    for row in Investigation.objects.filter(suspect__in=held).select_related("addressed"):
        stands = {investigations.TAKE_ON: taken, "asked": asked}.get(row.state)
        if stands is not None:
            stands.setdefault(row.suspect_id, []).append(row.addressed.short)
    pauses = Pause.objects.filter(identifier__suspect__in=held, state="open")
    paused = set(pauses.values_list("identifier__suspect_id", flat=True))
    return [
        {
            "row": s,
            **words_of(s),
            "taken": taken.get(s.pk, []),
            "asked": asked.get(s.pk, []),
            "two": len(taken.get(s.pk, [])) > 1,
            "paused": s.pk in paused,
        }
        for s in held
    ]


def words_of(row: Suspect | Investigation) -> dict[str, Any]:
    """Return what is said of a suspect in the reader's words."""
    return {
        "part": PART_NAMES[SuspectPart(row.part)],
        "category": CATEGORY_NAMES[DataSubject(row.category)],
        "said": SAID_NAMES[Said(row.said)],
    }


@case_page("cooperate")
def suspect(request: DeskRequest, case: Case, suspect_id: UUID) -> HttpResponse:
    """Show one suspect; every act on it goes through here, named by the field ``do``."""
    held = get_object_or_404(
        Suspect.objects.select_related("owner", "made_by", "decided_by"), pk=suspect_id, case=case
    )
    given: dict[str, forms.Form] = {}
    if request.method == "POST":
        do = request.POST.get("do", "")
        if do not in ACTS:
            messages.error(request, gettext("Choose what to do."))
            return redirect("cooperate:suspect", case_id=case.pk, suspect_id=held.pk)
        name, make, act = ACTS[do]
        form = make(request) if name else None
        try:
            if form is None or form.is_valid():
                act(request, held, form.cleaned_data if form is not None else {}, form)
                messages.success(request, gettext("Recorded."))
                return redirect("cooperate:suspect", case_id=case.pk, suspect_id=held.pk)
        except ValueError as fault:  # the refusals of all three services
            if form is None:
                messages.error(request, str(fault))
            else:
                form.add_error(None, str(fault))
        if form is not None:
            given[name] = form
    return _suspect_page(request, case, held, given)


def _suspect_page(
    request: DeskRequest, case: Case, held: Suspect, given: dict[str, forms.Form]
) -> HttpResponse:
    mine = request.officer.agency
    says = {n: getattr(held, n) for n in ("part", "category", "said", "because")}
    says |= {"source": held.evaluation[:1], "information": held.evaluation[1:]}
    asked = Investigation.objects.filter(suspect=held).select_related("addressed", "owner", "answered_by")
    taken = [a for a in asked if a.state == investigations.TAKE_ON]
    context = {
        "suspect": held,
        "words": words_of(held),
        "mine": held.owner_id == mine,
        "agency_id": mine,
        "works": _works(request, case),
        "last": suspects.last_said(held),
        "identifiers": [
            {"row": i, "kind": named(i.kind), "pauses": _pauses(i)}
            for i in SuspectIdentifier.objects.filter(suspect=held).select_related("owner", "made_by")
        ],
        "asked": [{"row": a, "state": ASKED_NAMES.get(a.state, a.state)} for a in asked],
        "two": len(taken) > 1,
        "says": StandingForm(initial=says, auto_id=SAYS),
        "identify": IdentifierForm(auto_id=IDENTIFY),
        "investigate": InvestigateForm(ours=mine, auto_id=INVESTIGATE),
        "wrong": next((f for f in given.values() if f.errors), None),
        "tried": {n: request.POST.get(n, "") for n in ("do", "row", "reason")},
        **given,
    }
    status = 400 if any(f.errors for f in given.values()) else 200
    return render(request, "cooperate/suspect.html", context, status=status)


def _pauses(row: SuspectIdentifier) -> list[dict[str, Any]]:
    held = Pause.objects.filter(identifier=row).select_related("other", "agreed_by")
    return [{"row": p, "state": PAUSE_NAMES.get(p.state, p.state)} for p in held]


# --- acts -------------------------------------------------------------------------------------------------


def _restate(request: DeskRequest, held: Suspect, data: dict[str, Any], form: Any) -> None:
    suspects.restate(request.officer, request.purpose, held, form.standing())


def _take_back(request: DeskRequest, held: Suspect, data: dict[str, Any], form: Any) -> None:
    suspects.take_back(request.officer, request.purpose, held)


def _aside(request: DeskRequest, held: Suspect, data: dict[str, Any], form: Any) -> None:
    suspects.set_aside(request.officer, request.purpose, held, data["reason"])


def _back(request: DeskRequest, held: Suspect, data: dict[str, Any], form: Any) -> None:
    suspects.bring_back(request.officer, request.purpose, held, data["reason"])


def _identify(request: DeskRequest, held: Suspect, data: dict[str, Any], form: Any) -> None:
    deconfliction.add_identifier(request.officer, request.purpose, held, **data)


def _identifier(request: DeskRequest, held: Suspect) -> SuspectIdentifier:
    return row_meant(request, SuspectIdentifier.objects.filter(suspect=held))


def _pause(request: DeskRequest, held: Suspect) -> Pause:
    return row_meant(request, Pause.objects.filter(identifier__suspect=held))


def _withdraw(request: DeskRequest, held: Suspect, data: dict[str, Any], form: Any) -> None:
    row = _identifier(request, held)
    deconfliction.withdraw_identifier(request.officer, request.purpose, row, data["reason"])


def _again(request: DeskRequest, held: Suspect, data: dict[str, Any], form: Any) -> None:
    deconfliction.work_on_again(request.officer, request.purpose, _identifier(request, held), data["reason"])


def _agree(request: DeskRequest, held: Suspect, data: dict[str, Any], form: Any) -> None:
    deconfliction.agree(request.officer, request.purpose, _pause(request, held), data["reason"])


def _pause_again(request: DeskRequest, held: Suspect, data: dict[str, Any], form: Any) -> None:
    deconfliction.pause_again(request.officer, request.purpose, _pause(request, held), data["reason"])


def _ask(request: DeskRequest, held: Suspect, data: dict[str, Any], form: Any) -> None:
    told = {n: data[n] for n in ("because", "codes", "handling_text")}
    investigations.ask(request.officer, request.purpose, held, data["to"], **told)


def _ask_no_more(request: DeskRequest, held: Suspect, data: dict[str, Any], form: Any) -> None:
    row = row_meant(request, Investigation.objects.filter(suspect=held))
    investigations.take_back(request.officer, request.purpose, row, data["reason"])


def _reason(request: DeskRequest) -> forms.Form:
    do, row = request.POST.get("do", ""), request.POST.get("row", "") or "one"
    at = f"{do}-{row}".replace("%", "%%")
    return ReasonForm(request.POST, auto_id=f"%s-{at}")  # the field of that very row


# do → the form's place on the page, how it is read, the act
ACTS: dict[str, tuple[str, Any, Any]] = {
    "restate": ("says", lambda r: StandingForm(r.POST, auto_id=SAYS), _restate),
    "take-back": ("", None, _take_back),
    "set-aside": ("reason", _reason, _aside),
    "bring-back": ("reason", _reason, _back),
    "identify": ("identify", lambda r: IdentifierForm(r.POST, auto_id=IDENTIFY), _identify),
    "withdraw": ("reason", _reason, _withdraw),
    "work-again": ("reason", _reason, _again),
    "agree": ("reason", _reason, _agree),
    "pause-again": ("reason", _reason, _pause_again),
    "ask": (
        "investigate",
        lambda r: InvestigateForm(r.POST, ours=r.officer.agency, auto_id=INVESTIGATE),
        _ask,
    ),
    "ask-no-more": ("reason", _reason, _ask_no_more),
}
