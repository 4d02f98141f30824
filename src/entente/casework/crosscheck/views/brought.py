"""Documents that a lead brought: the list, and one with its parts, each taken or refused by a person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.crosscheck import service
from entente.casework.crosscheck.views.online import CATEGORY_NAMES
from entente.records.asked import uuids_of
from entente.records.door import DeskRequest, case_page
from entente.records.h3 import HandledStrictly
from entente.records.leaf import leaf_of
from entente.records.models import Agency, Brought, BroughtPart, Case
from entente.records.names import named
from entente.records.undo import Overtaken
from entente.vocabulary.brought import DocumentForm, PartKind, PartState

REFUSED = (service.NotBrought, service.OnlineRefused)
SHOWN = 100  # parts on a page
FORM_NAMES = {
    DocumentForm.CYBERTIP_XML: _("CyberTip, XML"),
    DocumentForm.CYBERTIP_JSON: _("CyberTip, the police's JSON"),
    DocumentForm.CASEUCO: "CASE/UCO",
    DocumentForm.STIX: "STIX",
    DocumentForm.MISP: "MISP",
    DocumentForm.VICS: "VICS",
}
PART_NAMES = {
    PartKind.ACCOUNT: _("account"),
    PartKind.PHONE: _("phone number"),
    PartKind.DEVICE: _("device"),
    PartKind.ADDRESS: _("network address"),
    PartKind.PAGE: _("page"),
    PartKind.FILE: _("file"),
    PartKind.SERIES: _("series"),
    PartKind.EXHIBIT: _("exhibit"),
    PartKind.CUSTODY: _("step of custody"),
    PartKind.CLUE: _("clue"),
}
ABOUT_NAMES = {
    "reported": _("of the person reported"),
    "recipient": _("of the intended recipient"),
    "victim": _("of a victim"),
    "": "",
}
STATE_NAMES = {
    PartState.PROPOSED: _("waits for a person"),
    PartState.TAKEN: _("taken"),
    PartState.REFUSED: _("refused"),
}
VALUE_NAMES = {  # a word that is not here is the document's own
    "platform": _("platform"),
    "name": _("name"),
    "as": _("kind of name"),
    "since": _("since"),
    "until": _("until"),
    "number": _("number"),
    "serial": _("serial number"),
    "address": _("address"),
    "event": _("event"),
    "at": _("time"),
    "when": _("time"),
    "url": _("address"),
    "place": _("place in the chain"),
    "giver": _("handed over by"),
    "receiver": _("taken over by"),
    "why": _("reason"),
    "because": _("reason"),
    "by": _("said by"),
    "outcome": _("outcome"),
    "description": _("description"),
    "seized_at": _("seized"),
    "items": _("items"),
    "item": _("item"),
    "kind": _("kind"),
    "value": _("value"),
    "size": _("size"),
    "category": _("category"),
    "series": _("series"),
    "profile": _("profile"),
}
DECISION_NAMES = {"take parts of a document": _("taken"), "refuse parts of a document": _("refused")}


class BringForm(HandledStrictly):
    """A document, whose it is, and how it is handled from the first moment."""

    file = forms.FileField(label=_("Document"), help_text=_("It is read in a limited process and not kept."))
    form = forms.ChoiceField(
        label=_("Format"),
        required=False,
        choices=[("", _("as it says itself")), *((str(f), name) for f, name in FORM_NAMES.items())],
    )
    profile = forms.CharField(
        label=_("Profile of the categories"),
        required=False,
        max_length=20,
        help_text=_("VICS alone: US, UK …"),
    )
    sender = forms.ModelChoiceField(
        label=_("Agency that sent it"), queryset=Agency.objects.none(), required=False, empty_label="—"
    )
    field_order = ("file", "form", "profile", "sender", "codes", "handling_text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sender"].queryset = Agency.objects.order_by("short")  # type: ignore[attr-defined]


@case_page("crosscheck")
def documents(request: DeskRequest, case: Case) -> HttpResponse:
    """List the documents of the case; bring one."""
    form = BringForm(request.POST, request.FILES) if request.method == "POST" else BringForm()
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        data = given.pop("file").read(service.LARGEST + 1)  # one that is longer is refused by the service
        try:
            row = service.bring(request.officer, request.purpose, case, data, **given)
        except REFUSED as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, _("Read. Each part waits for a person."))
            return redirect("crosscheck:document", case_id=case.pk, brought_id=row.pk)
    leaf = leaf_of(request, Brought.objects.filter(case=case).select_related("owner", "made_by"))
    parts = BroughtPart.objects.filter(brought__in=[b.pk for b in leaf]).order_by()
    counts = {
        b: (waiting, n)
        for b, waiting, n in parts.values_list("brought").annotate(
            waiting=Count("pk", filter=Q(state=str(PartState.PROPOSED))), n=Count("pk")
        )
    }
    rows = [
        {"row": b, "form": FORM_NAMES[DocumentForm(b.form)], "counts": counts.get(b.pk, (0, 0))} for b in leaf
    ]
    context = {"rows": rows, "leaf": leaf, "form": form}
    return render(request, "crosscheck/documents.html", context, status=400 if form.errors else 200)


def _document(case: Case, brought_id: UUID) -> Brought:
    return get_object_or_404(Brought.objects.select_related("owner", "made_by"), pk=brought_id, case=case)


@require_safe
@case_page("crosscheck")
def document(request: DeskRequest, case: Case, brought_id: UUID) -> HttpResponse:
    """Show one document: what it says of itself, its parts, and what could not be read."""
    row = _document(case, brought_id)
    parts = BroughtPart.objects.filter(brought=row).select_related("decided_by", "clue", "online")
    page = leaf_of(request, parts.order_by("place"), most=SHOWN)
    decided = leaf_of(request, service.decisions_of(row), "decided")
    context = {
        "row": row,
        "form_name": FORM_NAMES[DocumentForm(row.form)],
        "page": page,
        "parts": [
            {
                "part": p,
                "kind": PART_NAMES[PartKind(p.kind)],
                "about": ABOUT_NAMES[p.about],
                "state": STATE_NAMES[PartState(p.state)],
                "waits": p.state == PartState.PROPOSED,
                "value": _spoken(p.value),
            }
            for p in page.object_list
        ],
        "categories": [("", "—"), *((str(k), name) for k, name in CATEGORY_NAMES.items())],
        "decisions": [(c, DECISION_NAMES[c.what], c.before.get("n", 0)) for c in decided],
        "decided": decided,
        "untouched": not parts.exclude(state=str(PartState.PROPOSED)).exists(),
    }
    return render(request, "crosscheck/document.html", context)


def _spoken(value: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what a part says as names and texts, what stands inside it too."""
    rows: list[tuple[str, str]] = []
    for name, said in value.items():
        if isinstance(said, dict):
            rows += _spoken(said)
        elif said not in (None, "", False):
            text = ", ".join(str(s) for s in said) if isinstance(said, list) else str(said)
            rows.append((str(VALUE_NAMES.get(name, name.replace("_", " "))), str(named(text))))
    return rows


@require_POST
@case_page("crosscheck")
def decide(request: DeskRequest, case: Case, brought_id: UUID) -> HttpResponse:
    """Take or refuse the chosen parts, take a decision back, or take the whole document away."""
    row, act = _document(case, brought_id), request.POST.get("act", "")
    try:
        if act == "away":
            service.take_away(request.officer, request.purpose, row)
            messages.success(request, _("The document is out of the case again."))
            return redirect("crosscheck:documents", case_id=case.pk)
        _done(request, row, act)
    except (*REFUSED, Overtaken) as fault:
        messages.error(request, str(fault))
    return redirect("crosscheck:document", case_id=case.pk, brought_id=row.pk)


def _done(request: DeskRequest, row: Brought, act: str) -> None:
    officer, purpose, told = request.officer, request.purpose, request.POST
    if act == "undo":
        change = service.decisions_of(row).filter(pk__in=uuids_of([told.get("change", "")])).first()
        if change is None:
            raise service.NotBrought(gettext("This decision is gone; load the page again."))
        service.take_decision_back(officer, purpose, row, change)
        messages.success(request, _("Taken back: the parts wait again."))
        return
    parts = list(BroughtPart.objects.filter(brought=row, pk__in=uuids_of(told.getlist("part"))))
    if act == "take":
        names = ("category", "basis", "necessity")
        concerning = service.Concerning(**{n: told.get(n, "")[:2000] for n in names})
        n = service.take_parts(officer, purpose, row, parts, concerning)
        messages.success(request, ngettext("%(n)d part was taken.", "%(n)d parts were taken.", n) % {"n": n})
    elif act == "refuse":
        n = service.refuse_parts(officer, purpose, row, parts, told.get("because", "")[:1000])
        messages.success(
            request, ngettext("%(n)d part was refused.", "%(n)d parts were refused.", n) % {"n": n}
        )
    else:
        messages.error(request, _("Choose what to do."))
