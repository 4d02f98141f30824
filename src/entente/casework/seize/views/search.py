"""The search day: what is looked for, what was found, and each pair for a person to decide."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from entente.casework.examine.values import as_text
from entente.casework.examine.views.tiles import tile_of
from entente.casework.intake.views import ReceiveForm, laid_down
from entente.casework.link import service as link
from entente.casework.seize import elements as words
from entente.casework.seize import service
from entente.casework.seize.views.custody import to_chain
from entente.casework.seize.views.forms import Moment, files_of
from entente.casework.seize.views.sheets import ANSWERS
from entente.formats.checklist import Paper
from entente.formats.typesetting import NotSet
from entente.records import clock
from entente.records.asked import uuids_of
from entente.records.door import DeskRequest, case_page
from entente.records.h3 import Codes, HandledFurther
from entente.records.jobs import asked_by
from entente.records.models import Case, Clue, Element, ElementMatch, Exhibit, Media, SheetTick
from entente.records.names import named
from entente.records.sentences import said
from entente.safeguards.access import Act, Deny, decide
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import EVALUATIONS

BELONGS = 100  # files proposed for a series that a page shows, the strongest first
MOST_REASONS = 4


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
    if clue.kind == ClueKind.OBJECT:
        return f"{place}{clue.value}"
    return f"{place}{named(clue.kind)}: {as_text(ClueKind(clue.kind), clue.value)}"


class FoundForm(ReceiveForm):
    """Photographs of the search, or seized files."""

    origin = forms.ChoiceField(
        label=_("What they are"),
        choices=[("search", _("Photographs of the search")), ("seized", _("Seized files"))],
    )


class ExhibitForm(HandledFurther):
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
    codes = Codes(
        label=_("Further handling codes"),
        required=False,
        help_text=_("They add to those of the case and of the items."),
    )
    field_order = (
        *("number", "description", "place", "seized_at", "seized_by", "device", "warrant", "seal"),
        *("condition", "items", "codes", "handling_text"),
    )

    def __init__(self, case: Case, data: Any = None, begun: ElementMatch | None = None) -> None:
        first = {"description": begun.element.name, "items": [begun.media_id]} if begun else None
        super().__init__(data, prefix="exhibit", initial=first)
        self.fields["items"].queryset = files_of(case)  # type: ignore[attr-defined]


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
            form.add_error(None, said(fault))
    return _page(request, case, element_form=form)


def _page(request: DeskRequest, case: Case, **forms_given: Any) -> HttpResponse:
    language = get_language() or "en"
    elements = list(Element.objects.filter(case=case).select_related("crop__parent", "clue"))
    found = ElementMatch.objects.filter(case=case).select_related(
        "element__crop__parent", "element__clue__media", "media", "decided_by"
    )
    seized = service.seized_summary(case)
    pairs = [_pair(m, language) for m in found.order_by("state", "element__number", "media__number")[:300]]
    ticks = service.ticks_of(case)
    context = {
        "element_form": ElementForm(case),
        "found_form": FoundForm(prefix="found", agency=request.user.agency.short),  # type: ignore[union-attr]
        "exhibit_form": ExhibitForm(case, begun=_confirmed(request, case)),
        "elements": [_line(e, language, ticks.get(e.pk)) for e in elements],
        "pairs": [p for p in pairs if p["row"].state == "proposed"],
        "decided": [p for p in pairs if p["row"].state != "proposed"],
        "coverage": service.coverage_of(case, language)[1],
        "seized": seized,
        "belongs": [_belonging(b) for b in seized.sorting.belongs[:BELONGS]],
        "more": max(0, len(seized.sorting.belongs) - BELONGS),
        "photos": Media.objects.filter(case=case, origin="search").count(),
        "exhibits": Exhibit.objects.filter(case=case).prefetch_related("items__media"),
        "jobs": asked_by(request.officer.agency, case.pk, "seize.compare")[:2],
        **forms_given,
    }
    wrong = any(f.is_bound and f.errors for f in forms_given.values())
    return render(request, "seize/page.html", context, status=400 if wrong else 200)


def _line(element: Element, language: str, tick: SheetTick | None) -> dict[str, Any]:
    """Return what the list shows of an element: its crop's tile, and what was ticked at the search."""
    answer = ANSWERS[tick.answer] if tick else ""
    return {"row": element, "tile": _crop_tile(element, language), "tick": tick, "answer": answer}


def _confirmed(request: DeskRequest, case: Case) -> ElementMatch | None:
    """Return the confirmed pair that the address names, with which an exhibit's record begins."""
    try:
        named = UUID(request.GET.get("exhibit", ""))
    except ValueError:
        return None
    pairs = ElementMatch.objects.filter(case=case, state=words.MatchState.CONFIRMED)
    return pairs.select_related("element").filter(pk=named).first()


def _crop_tile(element: Element, language: str) -> dict[str, Any] | None:
    """Return the tile of an element's crop under the usual shelter, with an id of its own on the page."""
    if element.crop is None:
        return None
    return {**tile_of(element.crop, language), "id": f"element-{element.number}"}


def _pair(match: ElementMatch, language: str) -> dict[str, Any]:
    """Return what the queue shows of one pair: both tiles side by side."""
    seen = tile_of(match.element.crop, language) if match.element.crop else None
    at = f"?t={match.t:.3f}" if match.t is not None else ""
    return {
        "row": match,
        "seen": seen and {**seen, "id": f"seen-{match.pk}"},
        "seen_in": service.seen_in(match.element),
        "met": {**tile_of(match.media, language, at), "id": f"met-{match.pk}"},
        "at": at,
        "where": _where(match.place),
    }


def _belonging(each: service.Belongs) -> dict[str, Any]:
    """Return what the page says of a file proposed for a series: the strongest reason first."""
    return {"of": each, "first": each.links[0], "further": each.links[1:MOST_REASONS]}


def _where(corners: list[list[float]] | None) -> dict[str, int] | None:
    """Return the box around four corners in per cent of the picture, as a person looks for it."""
    if not corners:
        return None
    across, down = (sorted(min(100, max(0, round(100 * c[axis]))) for c in corners) for axis in (0, 1))
    return {"left": across[0], "right": across[-1], "top": down[0], "bottom": down[-1]}


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
        messages.error(request, said(fault))
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
            form.add_error(None, said(fault))
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
    if said not in {"same", "other"}:
        return HttpResponseBadRequest(gettext("Choose whether it is the same thing."))
    service.decide(request.officer, request.purpose, match, same=said == "same")
    return _back(case)


@require_POST
@case_page("seize")
def belongs(request: DeskRequest, case: Case) -> HttpResponse:
    """Say that a seized file belongs to a series, or does not: by the links that proposed it, in one act."""
    say = {"belongs": link.accept_all, "not": link.refuse_all}.get(request.POST.get("say", ""))
    if say is None:
        return HttpResponseBadRequest(gettext("Choose whether it belongs to the series."))
    try:
        say(request.officer, request.purpose, link.waiting(case, uuids_of(request.POST.getlist("item"))))
    except ValueError as refused:
        messages.error(request, said(refused))
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
            return to_chain(row)
        except ValueError as fault:
            form.add_error(None, said(fault))
    return _page(request, case, exhibit_form=form)
