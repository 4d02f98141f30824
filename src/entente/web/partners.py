"""Partners of other desks: their cards, which two people pin, and the legal bases of transfers."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from entente.records import circle as service
from entente.records import clock
from entente.records.door import DeskRequest, consult, desk_page
from entente.records.models import Agency, LegalBasis, PartnerKey
from entente.safeguards.access import opens_content
from entente.safeguards.card import read as read_card
from entente.safeguards.partners import RULES, Ground, NoBasis
from entente.vocabulary.agency import AgencyKind

REFUSED = (service.NotPinned, service.NotACard)
KIND_NAMES = {
    AgencyKind.NATIONAL_UNIT: _("EU unit"),
    AgencyKind.COORDINATION_CENTRE: _("Coordination centre"),
    AgencyKind.THIRD_COUNTRY: _("Third country"),
    AgencyKind.HOTLINE: _("Hotline"),
    AgencyKind.PRIVATE_PARTY: _("Private party"),
}
GROUND_NAMES = {
    Ground.UNION_LAW: _("Union law (arts 20 and 21)"),
    Ground.ADEQUACY: _("Adequacy decision (art. 25(1)(a))"),
    Ground.AGREEMENT: _("International agreement (art. 25(1)(b))"),
    Ground.COOPERATION: _("Cooperation agreement from before May 2017 (art. 25(1)(c))"),
    Ground.SAFEGUARDS: _("Appropriate safeguards (art. 25(4a))"),
    Ground.VITAL_INTERESTS: _("Derogation: vital interests of a person (art. 25(5)(a))"),
    Ground.LEGITIMATE_INTERESTS: _("Derogation: legitimate interests of the person (art. 25(5)(b))"),
    Ground.SERIOUS_THREAT: _("Derogation: immediate and serious threat (art. 25(5)(c))"),
    Ground.SINGLE_CASE: _("Derogation: a single criminal case (art. 25(5)(d))"),
    Ground.LEGAL_CLAIM: _("Derogation: a legal claim in a single case (art. 25(5)(e))"),
    Ground.ONLINE_CSAM: _("Online child sexual abuse material (art. 26b)"),
}
STATE_NAMES = {
    "proposed": _("waits for a second person"),
    "confirmed": _("in force"),
    "refused": _("refused"),
    "replaced": _("replaced by another"),
    "ended": _("ended"),
}


class CardForm(forms.Form):
    """A partner's card, as its desk shows it."""

    card = forms.CharField(
        label=_("Card of the partner"),
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono"}),
        help_text=_("The whole line that the partner's desk shows."),
    )
    kind = forms.ChoiceField(label=_("What it is, if this desk does not know it yet"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [("", "–"), *((k.value, name) for k, name in KIND_NAMES.items())]
        self.fields["kind"].choices = offered  # type: ignore[attr-defined]


class BasisForm(forms.Form):
    """A legal basis with its dates."""

    ground = forms.ChoiceField(label=_("Ground"))
    reference = forms.CharField(
        label=_("Reference"), max_length=300, help_text=_("The decision, the agreement, or the case at hand.")
    )
    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, agency: Agency, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(g.value, GROUND_NAMES[g]) for g in service.grounds_for(agency)]
        self.fields["ground"].choices = offered  # type: ignore[attr-defined]

    def told(self) -> dict[str, Any]:
        """Return what was filled in; a last day ends with its night."""
        data = dict(self.cleaned_data)
        data["since"] = _midnight(data["since"])
        data["until"] = _midnight(data["until"] + timedelta(days=1)) if data["until"] else None
        return data


@desk_page
def partners(request: DeskRequest) -> HttpResponse:
    """Show the own card, partners and what waits for a second person; propose another card."""
    sent = request.POST if request.method == "POST" else None
    form = CardForm(sent)
    own = sent is not None and sent.get("do") == "own"
    if sent is not None and (own or form.is_valid()):
        try:
            if own:
                service.propose_own(request.officer, request.purpose)
            else:
                given = form.cleaned_data
                service.propose(request.officer, request.purpose, given["card"], given["kind"])
            messages.success(request, gettext("It waits for a second person of your agency."))
            return redirect("partners")
        except REFUSED as fault:
            if own:  # no field of the form was meant
                messages.error(request, str(fault))
                return redirect("partners")
            form.add_error(None, str(fault))
    consult(request, service.STEP)
    mine, rows = request.officer.agency, PartnerKey.objects.select_related("agency", "proposed_by", "owner")
    rows = rows if opens_content(request.officer, request.purpose) else rows.none()
    held = rows.filter(known_as=mine, state="confirmed").first()
    shown = {
        "own": held,
        "own_words": service.words_of(held) if held else "",
        "asked": [_asked(request, r) for r in rows.filter(state="proposed")],
        "rows": [_partner(r) for r in rows.filter(state="confirmed").exclude(known_as=mine)],
        "old": [_asked(request, r) for r in rows.filter(state__in=("ended", "replaced", "refused"))],
        "form": form,
        "works": opens_content(request.officer, request.purpose),
        "nav": "partners",
    }
    return render(request, "partners.html", shown, status=400 if form.errors else 200)


@desk_page
def partner(request: DeskRequest, agency_id: UUID) -> HttpResponse:
    """Show one partner with its legal bases; propose another basis."""
    cards = PartnerKey.objects.filter(agency=agency_id).exclude(known_as=request.officer.agency)
    if not opens_content(request.officer, request.purpose) or not cards.exists():
        raise Http404(str(agency_id))
    agency = get_object_or_404(Agency, pk=agency_id)
    form = BasisForm(agency, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            service.propose_basis(request.officer, request.purpose, agency, **form.told())
            messages.success(request, gettext("It waits for a second person of your agency."))
            return redirect("partner", agency_id=agency.pk)
        except service.NotPinned as fault:
            form.add_error(None, str(fault))
    consult(request, service.STEP)
    bases = LegalBasis.objects.filter(agency=agency).select_related("proposed_by", "decided_by")
    now = clock.now()
    shown = {
        "agency": agency,
        "kind": KIND_NAMES[AgencyKind(agency.kind)],
        "articles": RULES[AgencyKind(agency.kind)].articles,
        "hashes_only": RULES[AgencyKind(agency.kind)].sends == {"media"},
        "without": _without_basis(request, agency),
        "bases": [
            {
                "row": b,
                "ground": GROUND_NAMES[Ground(b.ground)],
                "state": _state(b, now),
                "mine": b.proposed_by_id == request.officer.id,
            }
            for b in bases
        ],
        "cards": [_asked(request, c) for c in cards.select_related("proposed_by")],
        "form": form,
        "nav": "partners",
    }
    return render(request, "partner.html", shown, status=400 if form.errors else 200)


@require_POST
@desk_page
def card_decide(request: DeskRequest, card_id: UUID) -> HttpResponse:
    """Confirm, refuse or revoke a card."""
    row = get_object_or_404(PartnerKey, pk=card_id)
    officer, purpose, do = request.officer, request.purpose, request.POST.get("do", "")
    because = request.POST.get("because", "")
    try:
        if do == "confirm":
            service.confirm_card(officer, purpose, row, request.POST.get("words", ""))
        elif do == "revoke":
            service.revoke(officer, purpose, row, because)
        elif do == "refuse":
            service.refuse(officer, purpose, row, because)
        else:
            raise service.NotPinned(gettext("Choose what to do."))
        messages.success(request, gettext("Decided; it is in the log."))
    except service.NotPinned as fault:
        messages.error(request, str(fault))
    return redirect("partners")


@require_POST
@desk_page
def basis_decide(request: DeskRequest, basis_id: UUID) -> HttpResponse:
    """Confirm, refuse or end a legal basis."""
    row = get_object_or_404(LegalBasis, pk=basis_id)
    officer, purpose, do = request.officer, request.purpose, request.POST.get("do", "")
    because = request.POST.get("because", "")
    try:
        if do == "confirm":
            service.confirm_basis(officer, purpose, row)
        elif do == "end":
            service.end_basis(officer, purpose, row, because)
        elif do == "refuse":
            service.refuse(officer, purpose, row, because)
        else:
            raise service.NotPinned(gettext("Choose what to do."))
        messages.success(request, gettext("Decided; it is in the log."))
    except service.NotPinned as fault:
        messages.error(request, str(fault))
    return redirect("partner", agency_id=row.agency_id)


def _asked(request: DeskRequest, row: PartnerKey) -> dict[str, Any]:
    """Return a card for the page; its words only for the one who proposed it and reads them out."""
    mine = row.proposed_by_id == request.officer.id
    return {
        "row": row,
        "card": read_card(row.card),
        "kind": KIND_NAMES[AgencyKind(row.kind)],
        "own": row.known_as == row.owner_id,
        "mine": mine,
        "words": _words(row, mine=mine),
        "replaces": service.replaces(row) if row.state == "proposed" else None,
        "state": STATE_NAMES[row.state],
    }


def _words(row: PartnerKey, *, mine: bool) -> str:
    """Return the words, where nobody can type them off the page: a refused card may be proposed again."""
    if row.state == "refused" or (row.state == "proposed" and not mine):
        return ""
    return service.words_of(row)


def _partner(row: PartnerKey) -> dict[str, Any]:
    agency = row.agency
    assert agency is not None  # noqa: S101 - a confirmed card has one
    try:
        basis = GROUND_NAMES[service.basis_for(row.owner_id, agency).ground]
    except NoBasis:
        basis = None
    return {"row": row, "agency": agency, "kind": KIND_NAMES[AgencyKind(agency.kind)], "basis": basis}


def _without_basis(request: DeskRequest, agency: Agency) -> str:
    try:
        service.basis_for(request.officer.agency, agency)
    except NoBasis as fault:
        return str(fault)
    return ""


def _state(row: LegalBasis, now: datetime) -> object:
    if row.state != "confirmed":
        return STATE_NAMES[row.state]
    if row.since > now:
        return _("not yet in force")
    return STATE_NAMES["confirmed"] if row.as_basis().holds(now) else _("over")


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
