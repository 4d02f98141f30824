"""The page of search day: the list and its papers, what was found, and each pair for a person to decide."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from entente.casework.examine.views.tiles import tile_of
from entente.casework.intake.views import ReceiveForm, laid_down
from entente.casework.seize import service
from entente.formats.checklist import Paper
from entente.formats.typesetting import NotSet
from entente.records import clock
from entente.records.door import DeskRequest, case_page
from entente.records.jobs import asked_by
from entente.records.models import (
    Account,
    Agency,
    Case,
    Clue,
    CourtExport,
    Element,
    ElementMatch,
    Exhibit,
    ExhibitItem,
    Media,
    Transfer,
)
from entente.safeguards.access import Act, Deny, decide
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import EVALUATIONS, HandlingCode

PAGE_BYTES = 256 << 20  # of originals in a bundle that a page gives; larger ones by the command line


class ElementForm(forms.Form):
    """A thing to look for."""

    name = forms.CharField(label=_("What to look for"), max_length=120)
    room = forms.CharField(label=_("Room"), max_length=60, required=False)
    crop: Any = forms.ModelChoiceField(label=_("Crop"), queryset=None, required=False)
    clue: Any = forms.ModelChoiceField(label=_("Clue"), queryset=None, required=False)
    seen_at = forms.FloatField(label=_("Seen at (seconds)"), min_value=0, required=False)
    evaluation = forms.ChoiceField(label=_("Evaluation"), choices=[(e, e) for e in EVALUATIONS], initial="X4")

    def __init__(self, case: Case, data: Any = None) -> None:
        super().__init__(data, prefix="element")
        crops, clues = self.fields["crop"], self.fields["clue"]
        crops.queryset = Media.objects.filter(case=case, origin="crop", refusal="")  # type: ignore[attr-defined]
        held = Clue.objects.filter(case=case).exclude(state="withdrawn").select_related("media")
        clues.queryset = held.order_by("media__number", "kind")  # type: ignore[attr-defined]
        clues.label_from_instance = _clue_line  # type: ignore[attr-defined]


def _clue_line(clue: Clue) -> str:
    """Return a clue with its item: many items bear the same."""
    place = f"#{clue.media.number} · " if clue.media else ""
    return place + service.in_words(clue.kind, clue.value)


class FoundForm(ReceiveForm):
    """Photographs of the search, or seized files."""

    origin = forms.ChoiceField(
        label=_("What they are"),
        choices=[("search", _("Photographs of the search")), ("seized", _("Seized files"))],
    )


class Moment(forms.DateTimeField):
    """A moment in UTC, as a person reads it off a paper."""

    def __init__(self, **given: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **given)


class ExhibitForm(forms.Form):
    """A seized object or file, as the court will know it and as it was when it was taken."""

    number = forms.CharField(label=_("Exhibit number"), max_length=40)
    description = forms.CharField(label=_("Description"), max_length=200)
    place = forms.CharField(label=_("Where it was seized"), max_length=200, required=False)
    seized_at = Moment(label=_("When (UTC)"), required=False)
    seized_by = forms.CharField(
        label=_("Seized by"), max_length=60, required=False, help_text=_("A service number, never a name.")
    )
    device = forms.CharField(
        label=_("Device"), max_length=200, required=False, help_text=_("Make, model and serial number.")
    )
    warrant = forms.CharField(label=_("Reference of the warrant"), max_length=120, required=False)
    seal = forms.CharField(label=_("Seal number"), max_length=60, required=False)
    condition = forms.CharField(label=_("Condition"), max_length=200, required=False)
    items: Any = forms.ModelMultipleChoiceField(
        label=_("Items that came from it"), queryset=Media.objects.none(), required=False
    )
    codes = forms.MultipleChoiceField(
        label=_("Further handling codes"),
        choices=[(c.value, c.value) for c in HandlingCode],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("They add to those of the case and of the items."),
    )
    handling_text = forms.CharField(label=_("Restriction in words (for H3)"), required=False)

    def __init__(self, case: Case, data: Any = None) -> None:
        super().__init__(data, prefix="exhibit")
        self.fields["items"].queryset = _files(case)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """H3 with its words."""
        data = super().clean() or {}
        if "H3" in data.get("codes", []) and not data.get("handling_text", "").strip():
            self.add_error("handling_text", _("H3 needs its restriction in words."))
        return data


def _files(case: Case) -> Any:
    """Return the files that may have come from an exhibit: what was seized or photographed, then the rest."""
    return Media.objects.filter(case=case).exclude(origin="crop").order_by("-origin", "number")


SEALS = [
    ("intact", _("intact")),
    ("broken", _("broken")),
    ("renewed", _("renewed")),
    ("none", _("there is none")),
]


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
        self.fields["items"].queryset = _files(case)  # type: ignore[attr-defined]


class CourtForm(forms.Form):
    """What originals should go to which court."""

    to: Any = forms.ModelChoiceField(label=_("Court"), queryset=Agency.objects.none())
    exhibits: Any = forms.ModelMultipleChoiceField(
        label=_("Exhibits, with their items and their whole chain"), queryset=None, required=False
    )
    items: Any = forms.ModelMultipleChoiceField(label=_("Single items"), queryset=None, required=False)

    def __init__(self, officer: Officer, case: Case, data: Any = None) -> None:
        super().__init__(data, prefix="court")
        self.fields["to"].queryset = Agency.objects.exclude(pk=officer.agency)  # type: ignore[attr-defined]
        self.fields["exhibits"].queryset = Exhibit.objects.filter(case=case)  # type: ignore[attr-defined]
        self.fields["items"].queryset = _files(case)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Something must be chosen."""
        data = super().clean() or {}
        if not data.get("exhibits") and not data.get("items"):
            raise forms.ValidationError(_("Choose an exhibit or an item."))
        return data


@case_page("seize")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show the list, the papers, what was found and what waits for a decision; list an element by POST."""
    form = ElementForm(case, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            service.list_element(request.officer, request.purpose, case, **form.cleaned_data)
            messages.success(request, _("The element is on the list."))
            return _back(case)
        except ValueError as fault:
            form.add_error(None, str(fault))
    return _page(request, case, element_form=form)


def _page(request: DeskRequest, case: Case, **forms_given: Any) -> HttpResponse:
    language = get_language() or "en"
    elements = list(Element.objects.filter(case=case).select_related("crop__parent", "clue"))
    found = ElementMatch.objects.filter(case=case).select_related("element__crop", "media", "decided_by")
    pairs = [_pair(m, language) for m in found.order_by("state", "element__number", "media__number")[:300]]
    context = {
        "element_form": ElementForm(case),
        "found_form": FoundForm(prefix="found", agency=request.user.agency.short),  # type: ignore[union-attr]
        "exhibit_form": ExhibitForm(case),
        "elements": [{"row": e, "tile": _crop_tile(e, language)} for e in elements],
        "pairs": [p for p in pairs if p["row"].state == "proposed"],
        "decided": [p for p in pairs if p["row"].state != "proposed"],
        "coverage": service.coverage_of(case, language)[1],
        "seized": service.seized_summary(case),
        "photos": Media.objects.filter(case=case, origin="search").count(),
        "exhibits": Exhibit.objects.filter(case=case).prefetch_related("items__media"),
        "jobs": asked_by(request.officer.agency, case.pk, "seize.compare")[:2],
        **forms_given,
    }
    wrong = any(f.is_bound and f.errors for f in forms_given.values())
    return render(request, "seize/page.html", context, status=400 if wrong else 200)


def _crop_tile(element: Element, language: str) -> dict[str, Any] | None:
    """Return the tile of an element's crop under the usual shelter, with an id of its own on the page."""
    if element.crop is None:
        return None
    return {**tile_of(element.crop, language), "id": f"element-{element.number}"}


def _pair(match: ElementMatch, language: str) -> dict[str, Any]:
    """Return what the queue shows of one pair: both tiles side by side."""
    seen = tile_of(match.element.crop, language) if match.element.crop else None
    return {
        "row": match,
        "seen": seen and {**seen, "id": f"seen-{match.pk}"},
        "met": {**tile_of(match.media, language), "id": f"met-{match.pk}"},
    }


def _back(case: Case) -> HttpResponse:
    answer = redirect("seize:page", case_id=case.pk)
    answer.status_code = 303
    return answer


@require_POST
@case_page("seize")
def from_clues(request: DeskRequest, case: Case) -> HttpResponse:
    """List what confirmed clues show."""
    made = service.elements_from_clues(request.officer, request.purpose, case)
    messages.success(request, _("%(n)s elements were listed from clues.") % {"n": len(made)})
    return _back(case)


@require_GET
@case_page("seize", consults=False)  # the service records the printing itself
def checklist(request: DeskRequest, case: Case, paper: str) -> HttpResponse:
    """Give the checklist as a PDF to print or to carry."""
    language = (get_language() or "en")[:2]
    try:
        made = service.checklist(request.officer, request.purpose, case, cast(Paper, paper), language)
    except NotSet as fault:
        messages.error(request, str(fault))
        return _back(case)
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{case.victim_number}-checklist-{paper}.pdf"'
    return answer


@require_POST
@case_page("seize")
def receive(request: DeskRequest, case: Case) -> HttpResponse:
    """Take in photographs of the search or seized files."""
    agency = request.user.agency.short  # type: ignore[union-attr]
    form = FoundForm(request.POST, request.FILES, prefix="found", agency=agency)
    if form.is_valid():
        data = form.cleaned_data
        thing = replace(case.as_thing(), owner=request.officer.agency)
        verdict = decide(request.officer, thing, Act.RECEIVE, request.purpose, clock.now())
        given = data.get("found") or []
        uploads = "" if isinstance(verdict, Deny) else laid_down(given)
        try:
            service.receive_search(
                request.officer,
                request.purpose,
                case,
                [Path(p) for p in (uploads, data.get("folder")) if p],
                origin=data["origin"],
                source=data["source"],
                codes=data["codes"],
                handling_text=data["handling_text"],
                laid_down=uploads,
            )
            messages.success(request, _("The files are being received."))
            return _back(case)
        except ValueError as fault:
            form.add_error(None, str(fault))
    return _page(request, case, found_form=form)


@require_POST
@case_page("seize")
def compare(request: DeskRequest, case: Case) -> HttpResponse:
    """Ask for a comparison of the list with what was found."""
    service.ask_to_compare(request.officer, request.purpose, case)
    messages.success(request, _("The elements are being compared with what was found."))
    return _back(case)


@require_POST
@case_page("seize")
def decide_pair(request: DeskRequest, case: Case, match_id: UUID) -> HttpResponse:
    """Say whether an element was met."""
    match = get_object_or_404(ElementMatch, pk=match_id, case=case)
    said = request.POST.get("say")
    if said in {"same", "other"}:
        service.decide(request.officer, request.purpose, match, same=said == "same")
    return _back(case)


@require_POST
@case_page("seize")
def exhibit(request: DeskRequest, case: Case) -> HttpResponse:
    """Record an exhibit."""
    form = ExhibitForm(case, request.POST)
    if form.is_valid():
        try:
            row = service.exhibit(request.officer, request.purpose, case, **form.cleaned_data)
            messages.success(request, _("The exhibit is recorded."))
            return _to_chain(row)
        except ValueError as fault:
            form.add_error(None, str(fault))
    return _page(request, case, exhibit_form=form)


# --- who held an exhibit --------------------------------------------------------------------------------


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
    return named + [(str(r.pk), f"{r.place}: {r._meta.model_name}") for r in held.records]


def _to_chain(row: Exhibit) -> HttpResponse:
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
            return _to_chain(row)
        except ValueError as fault:
            form.add_error(None, str(fault))
    return _chain_page(request, case, row, over_form=form)


@require_POST
@case_page("seize")
def sign(request: DeskRequest, case: Case, transfer_id: UUID) -> HttpResponse:
    """Sign for an exhibit, refuse it, or take it back before it was signed for."""
    step = get_object_or_404(Transfer.objects.select_related("exhibit"), pk=transfer_id, case=case)
    if request.POST.get("take-back"):
        form = SignForm()
        said: dict[str, Any] = {
            "outcome": "taken back", "when": max(clock.now(), step.when), "seal_state": step.seal_state,
        }  # fmt: skip
    else:
        form = SignForm(request.POST)
        said = form.cleaned_data if form.is_valid() else {}
    if said:
        try:
            service.sign(request.officer, request.purpose, step, **said)
            messages.success(request, _("It stands in the chain."))
            return _to_chain(step.exhibit)
        except ValueError as fault:
            if form.is_bound:
                form.add_error(None, str(fault))
            else:
                messages.error(request, str(fault))
                return _to_chain(step.exhibit)
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
            return _to_chain(row)
        except ValueError as fault:
            form.add_error(None, str(fault))
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
            return _to_chain(row)
        except ValueError as fault:
            form.add_error(None, str(fault))
    return _chain_page(request, case, row, items_form=form)


# --- for a court ----------------------------------------------------------------------------------------


@case_page("seize")
def court(request: DeskRequest, case: Case) -> HttpResponse:
    """Show what was asked for courts and in which state it is; ask for originals by POST."""
    form = CourtForm(request.officer, case, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            data = form.cleaned_data
            row = service.ask(
                request.officer, case, to=data["to"], exhibits=data["exhibits"], items=data["items"]
            )
            told = {"n": row.items}
            messages.success(request, _("%(n)s originals wait for a second officer to confirm.") % told)
            return _to_court(case)
        except ValueError as fault:
            form.add_error(None, str(fault))
    context = {
        "form": form,
        "asked": service.asked_of(case),
        "me": request.officer.id,
    }
    wrong = form.is_bound and bool(form.errors)
    return render(request, "seize/court.html", context, status=400 if wrong else 200)


def _to_court(case: Case) -> HttpResponse:
    answer = redirect("seize:court", case_id=case.pk)
    answer.status_code = 303
    return answer


@require_POST
@case_page("seize")
def court_confirm(request: DeskRequest, case: Case, export_id: UUID) -> HttpResponse:
    """Confirm, as a second officer, that so many originals go to that court."""
    row = get_object_or_404(CourtExport.objects.select_related("case", "to"), pk=export_id, case=case)
    count = request.POST.get("count", "")
    try:
        service.confirm(request.officer, row, count=int(count) if count.isdigit() else -1)
        messages.success(request, _("It is confirmed; the lead who asked writes the bundle."))
    except ValueError as fault:
        messages.error(request, str(fault))
    return _to_court(case)


@require_POST
@case_page("seize")
def court_write(request: DeskRequest, case: Case, export_id: UUID) -> HttpResponse:
    """Give the confirmed bundle; it is held in memory alone, for it has originals in clear."""
    row = get_object_or_404(CourtExport.objects.select_related("case", "to"), pk=export_id, case=case)
    out = io.BytesIO()
    try:
        service.write_bundle(request.officer, row, out, most=PAGE_BYTES)
    except ValueError as fault:
        messages.error(request, str(fault))
        return _to_court(case)
    answer = HttpResponse(out.getvalue(), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{case.victim_number}-court.zip"'
    return answer


urlpatterns = [
    path("court/", court, name="court"),
    path("court/<uuid:export_id>/confirm/", court_confirm, name="court-confirm"),
    path("court/<uuid:export_id>/write/", court_write, name="court-write"),
    path("", page, name="page"),
    path("from-clues/", from_clues, name="from-clues"),
    path("checklist/<str:paper>/", checklist, name="checklist"),
    path("receive/", receive, name="receive"),
    path("compare/", compare, name="compare"),
    path("matches/<uuid:match_id>/", decide_pair, name="decide"),
    path("exhibits/", exhibit, name="exhibit"),
    path("exhibits/<uuid:exhibit_id>/", custody, name="custody"),
    path("exhibits/<uuid:exhibit_id>/hand-over/", hand_over, name="hand-over"),
    path("exhibits/<uuid:exhibit_id>/correct/", correct, name="correct"),
    path("exhibits/<uuid:exhibit_id>/items/", put_in, name="put-in"),
    path("transfers/<uuid:transfer_id>/", sign, name="sign"),
]
