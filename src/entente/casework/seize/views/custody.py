"""Who held an exhibit: hand over, sign, correct, put items in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from entente.casework.seize import service
from entente.casework.seize.views.forms import Moment, files_of
from entente.records import clock
from entente.records.door import DeskRequest, case_page
from entente.records.models import Account, Case, Exhibit, ExhibitItem, Transfer
from entente.records.sentences import said
from entente.vocabulary.agency import Officer

SEALS = [
    ("intact", _("intact")),
    ("broken", _("broken")),
    ("renewed", _("renewed")),
    ("none", _("there is none")),
]
RECORDS = {"transfer": _("Handover"), "receipt": _("Receipt"), "correction": _("Correction")}


class HandOverForm(forms.Form):
    """What the giver signs."""

    to: Any = forms.ModelChoiceField(label=_("Received by"), queryset=None)
    when = Moment(label=_("When it left your hands (UTC)"))
    from_place = forms.CharField(label=_("From (place)"), max_length=200)
    to_place = forms.CharField(label=_("To (place)"), max_length=200)
    why = forms.CharField(label=_("Why"), max_length=300)
    seal = forms.CharField(label=_("Seal number"), max_length=60, required=False)
    seal_state = forms.ChoiceField(label=_("The seal is"), choices=SEALS)

    def __init__(self, officer: Officer, row: Exhibit, data: Any = None) -> None:
        super().__init__(data, prefix="over", initial={"seal": row.seal})
        may = [a.pk for a in service.who_may_receive(officer, row)]
        self.fields["to"].queryset = Account.objects.filter(pk__in=may).order_by("username")  # type: ignore[attr-defined]


class SignForm(forms.Form):
    """What the receiver signs."""

    outcome = forms.ChoiceField(
        label=_("You say"),
        choices=[("received", _("I have it")), ("refused", _("I do not take it"))],
    )
    when = Moment(label=_("When you had it in hand (UTC)"))
    seal_state = forms.ChoiceField(label=_("The seal is"), choices=SEALS)
    condition = forms.CharField(label=_("Condition"), max_length=200, required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="sign")


class CorrectForm(forms.Form):
    """A correction beside a record."""

    of = forms.ChoiceField(label=_("Record"))
    text = forms.CharField(label=_("What it should have said"), widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, records: Sequence[tuple[str, str]], data: Any = None) -> None:
        super().__init__(data, prefix="correct")
        self.fields["of"].choices = records  # type: ignore[attr-defined]


class ItemsForm(forms.Form):
    """Items that came from an exhibit."""

    items: Any = forms.ModelMultipleChoiceField(label=_("Items"), queryset=None)

    def __init__(self, case: Case, data: Any = None) -> None:
        super().__init__(data, prefix="items")
        self.fields["items"].queryset = files_of(case)  # type: ignore[attr-defined]


@require_GET
@case_page("seize")
def custody(request: DeskRequest, case: Case, exhibit_id: UUID) -> HttpResponse:
    """Show an exhibit's chain in order, with its gaps named."""
    return _chain_page(request, case, get_object_or_404(Exhibit, pk=exhibit_id, case=case))


def _chain_page(request: DeskRequest, case: Case, row: Exhibit, **forms_given: Any) -> HttpResponse:
    held = service.chain_of(row)
    waits = next((h for h in held.handovers if h.passing == "waiting"), None)
    step = next((r for r in reversed(held.records) if isinstance(r, Transfer)), None) if waits else None
    me = request.officer.id
    context = {
        "exhibit": row,
        "held": held,
        "records": [_record_line(r) for r in held.records],
        "items": ExhibitItem.objects.filter(exhibit=row).select_related("media"),
        "derivations": service.derivations_of(row),
        "step": step,
        "mine_to_sign": step is not None and step.to_id == me,
        "mine_to_take_back": step is not None and step.made_by_id == me,
        "over_form": HandOverForm(request.officer, row),
        "sign_form": SignForm(),
        "correct_form": CorrectForm(_choices(held)),
        "items_form": ItemsForm(case),
        **forms_given,
    }
    wrong = any(f.is_bound and f.errors for f in forms_given.values())
    return render(request, "seize/custody.html", context, status=400 if wrong else 200)


def _record_line(record: Any) -> dict[str, Any]:
    return {"row": record, "kind": record._meta.model_name}


def _choices(held: service.Chain) -> list[tuple[str, str]]:
    named = [(str(held.exhibit.pk), str(_("the exhibit as it was seized")))]
    return named + [(str(r.pk), f"{r.place}: {RECORDS[str(r._meta.model_name)]}") for r in held.records]


def to_chain(row: Exhibit) -> HttpResponse:
    """Lead to the page of who held an exhibit."""
    answer = redirect("seize:custody", case_id=row.case_id, exhibit_id=row.pk)
    answer.status_code = 303
    return answer


@require_POST
@case_page("seize")
def hand_over(request: DeskRequest, case: Case, exhibit_id: UUID) -> HttpResponse:
    """Sign that an exhibit left one's hands."""
    row = get_object_or_404(Exhibit, pk=exhibit_id, case=case)
    form = HandOverForm(request.officer, row, request.POST)
    if form.is_valid():
        try:
            service.hand_over(request.officer, request.purpose, row, **form.cleaned_data)
            messages.success(request, _("You signed; the receiver signs for it here."))
            return to_chain(row)
        except ValueError as fault:
            form.add_error(None, said(fault))
    return _chain_page(request, case, row, over_form=form)


@require_POST
@case_page("seize")
def sign(request: DeskRequest, case: Case, transfer_id: UUID) -> HttpResponse:
    """Sign for an exhibit, refuse it, or take it back before it was signed for."""
    step = get_object_or_404(Transfer.objects.select_related("exhibit"), pk=transfer_id, case=case)
    if request.POST.get("take-back"):
        form = SignForm()
        given: dict[str, Any] = {
            "outcome": "taken back", "when": max(clock.now(), step.when), "seal_state": step.seal_state,
        }  # fmt: skip
    else:
        form = SignForm(request.POST)
        given = form.cleaned_data if form.is_valid() else {}
    if given:
        try:
            service.sign(request.officer, request.purpose, step, **given)
            messages.success(request, _("It stands in the chain."))
            return to_chain(step.exhibit)
        except ValueError as fault:
            if form.is_bound:
                form.add_error(None, said(fault))
            else:
                messages.error(request, said(fault))
                return to_chain(step.exhibit)
    return _chain_page(request, case, step.exhibit, sign_form=form)


@require_POST
@case_page("seize")
def correct(request: DeskRequest, case: Case, exhibit_id: UUID) -> HttpResponse:
    """Write a correction beside a record."""
    row = get_object_or_404(Exhibit, pk=exhibit_id, case=case)
    form = CorrectForm(_choices(service.chain_of(row)), request.POST)
    if form.is_valid():
        try:
            data = form.cleaned_data
            service.correct(request.officer, request.purpose, row, UUID(data["of"]), data["text"])
            messages.success(request, _("The correction stands beside the record."))
            return to_chain(row)
        except ValueError as fault:
            form.add_error(None, said(fault))
    return _chain_page(request, case, row, correct_form=form)


@require_POST
@case_page("seize")
def put_in(request: DeskRequest, case: Case, exhibit_id: UUID) -> HttpResponse:
    """Say that items came from an exhibit."""
    row = get_object_or_404(Exhibit, pk=exhibit_id, case=case)
    form = ItemsForm(case, request.POST)
    if form.is_valid():
        try:
            service.put_in(request.officer, request.purpose, case, row, form.cleaned_data["items"])
            messages.success(request, _("The items belong to the exhibit."))
            return to_chain(row)
        except ValueError as fault:
            form.add_error(None, said(fault))
    return _chain_page(request, case, row, items_form=form)
