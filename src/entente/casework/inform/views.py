"""Pages of the intelligence product: issue it, trace it, take it, let it leave."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.inform.compose import NotComposed, StatementType
from entente.casework.inform.draft import Draft
from entente.casework.inform.service import (
    NotDisclosed,
    NotIssued,
    ProductChanged,
    Told,
    disclose,
    issue,
    proposed,
    regenerate,
    version_for,
)
from entente.formats.typesetting import LANGUAGES, NotSet
from entente.records.door import DeskRequest, case_page
from entente.records.models import Agency, Case, Clue, Disclosure, Product
from entente.vocabulary.handling import EVALUATIONS, Purpose

BLANK_ROWS = 2  # for what only a person can say
LANGUAGE_NAMES = {"en": "English", "fr": "Français", "it": "Italiano"}
TYPES = [(StatementType.FACT.value, _("Fact")), (StatementType.ASSESSMENT.value, _("Assessment"))]


class StatementForm(forms.Form):
    """One statement: kept or not, its words, its type, its grade and the clues that it stands on."""

    keep = forms.BooleanField(label=_("Include"), required=False)
    text = forms.CharField(
        label=_("Statement"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    type = forms.ChoiceField(label=_("Type"), choices=TYPES)
    evaluation = forms.ChoiceField(label=_("Evaluation"), choices=[(e, e) for e in EVALUATIONS])
    clues = forms.MultipleChoiceField(label=_("Clues"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, choices: list[tuple[str, str]] | None = None, **kwargs: Any) -> None:
        """Offer the clues of the case."""
        super().__init__(*args, **kwargs)
        self.fields["clues"].choices = choices or []  # type: ignore[attr-defined]


class LanguageForm(forms.Form):
    """The language that the product is written in."""

    language = forms.ChoiceField(label=_("Language"), choices=[(c, LANGUAGE_NAMES[c]) for c in LANGUAGES])


class ToForm(forms.Form):
    """To which agency, and whether for a court."""

    to = forms.ModelChoiceField(label=_("Agency"), queryset=Agency.objects.none())
    court = forms.BooleanField(
        label=_("For judicial proceedings"),
        required=False,
        help_text=_("H1 information stays behind, and its absence is stated."),
    )

    def __init__(self, *args: Any, own: UUID, **kwargs: Any) -> None:
        """Offer every agency of the circle but one's own."""
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = Agency.objects.exclude(pk=own)  # type: ignore[attr-defined]
        self.fields["to"].label_from_instance = lambda a: a.name  # type: ignore[attr-defined]


Statements = forms.formset_factory(StatementForm, extra=0, max_num=200)


def _language() -> str:
    told = (get_language() or "en")[:2]
    return told if told in LANGUAGES else "en"


def _choices(draft: Draft) -> list[tuple[str, str]]:
    return [(s.row, f"{s.id} · {s.text[:90]} ({s.item})") for s in draft.sources]


@require_safe
@case_page("inform")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """List the products and offer the next one's statements."""
    return _shown(request, case)


def _shown(request: DeskRequest, case: Case, status: int = 200, **given: Any) -> HttpResponse:
    told, draft = proposed(request.officer, request.purpose, case, _language())
    rows = given.pop("rows", None)
    if rows is None:
        initial = [
            {"keep": True, "text": p.text, "type": p.type.value, "evaluation": p.evaluation, "clues": p.clues}
            for p in told
        ]
        blank: dict[str, Any] = {"evaluation": "X4", "type": StatementType.ASSESSMENT.value}
        rows = Statements(
            initial=[*initial, *([blank] * BLANK_ROWS)], form_kwargs={"choices": _choices(draft)}, prefix="s"
        )
    context = {
        "products": Product.objects.filter(case=case).select_related("owner", "made_by"),
        "disclosures": Disclosure.objects.filter(case=case).select_related("to", "made_by"),
        "draft": draft,
        "rows": rows,
        "language_form": LanguageForm(initial={"language": _language()}),
        "fault": "",
        **given,
    }
    return render(request, "inform/page.html", context, status=status)


@require_POST
@case_page("inform")
def issue_now(request: DeskRequest, case: Case) -> HttpResponse:
    """Issue a product with the statements that were kept."""
    draft = proposed(request.officer, request.purpose, case, _language())[1]
    rows = Statements(request.POST, form_kwargs={"choices": _choices(draft)}, prefix="s")
    chosen = LanguageForm(request.POST)
    if not rows.is_valid() or not chosen.is_valid():
        fault = _("A statement stands on a clue that changed since; choose its clues again.")
        return _shown(request, case, 400, rows=rows, language_form=chosen, fault=fault)
    told: list[Told] = [
        (d["text"], d["type"], d["clues"], d["evaluation"]) for d in rows.cleaned_data if d.get("keep")
    ]
    try:
        made = issue(
            request.officer,
            request.purpose,
            case,
            statements=told,
            language=chosen.cleaned_data["language"],
        )
    except (NotIssued, NotComposed, NotSet, ProductChanged) as fault:
        return _shown(request, case, 400, rows=rows, language_form=chosen, fault=str(fault))
    messages.success(request, _("Product %(number)s was issued.") % {"number": made.number})
    return redirect("inform:page", case_id=case.pk)


def _product(case: Case, product_id: UUID) -> Product:
    return get_object_or_404(Product.objects.select_related("case", "owner"), pk=product_id, case=case)


def _as_file(pdf: bytes, case: Case, number: int, of: str = "product") -> HttpResponse:
    """Return a PDF to keep; its name holds the case number only."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", case.number).strip("-") or "case"
    response = HttpResponse(pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{of}-{number}.pdf"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
@case_page("inform")
def download(request: DeskRequest, case: Case, product_id: UUID) -> HttpResponse:
    """Hand out the product as issued; the consultation is in the log."""
    product = _product(case, product_id)
    try:
        return _as_file(regenerate(product), case, product.number)
    except (ProductChanged, NotSet) as fault:
        return _shown(request, case, 500, fault=str(fault))


@require_safe
@case_page("inform")
def trace(request: DeskRequest, case: Case, product_id: UUID) -> HttpResponse:
    """Show each statement → clue → item → person, and which clues stand no longer."""
    product = _product(case, product_id)
    document, draft = product.facts["document"], product.facts["draft"]
    rows = {s["id"]: s["row"] for s in draft["sources"]}
    texts = {c["id"]: c for c in document["clues"]}
    now = {
        str(c.pk): c
        for c in Clue.objects.filter(case=case, pk__in=list(rows.values())).select_related("media")
    }
    statements = [
        {
            **s,
            "trace": [{**t, **_now(now.get(rows[t["clue"]])), "says": texts[t["clue"]]} for t in s["trace"]],
        }
        for s in document["statements"]
    ]
    context = {"product": product, "document": document, "statements": statements}
    return render(request, "inform/trace.html", context)


def _now(clue: Clue | None) -> dict[str, Any]:
    """Return what the desk knows of a clue today: its item to link to, and whether it was withdrawn."""
    if clue is None:
        return {"number": None, "withdrawn": False}
    return {"number": clue.media.number if clue.media else None, "withdrawn": clue.state == "withdrawn"}


@case_page("inform")
def leave(request: DeskRequest, case: Case, product_id: UUID) -> HttpResponse:
    """Choose an agency and see beforehand what would stay behind, or let the product go."""
    product = _product(case, product_id)
    given = request.POST if request.method == "POST" else request.GET
    form = ToForm(given or None, own=request.officer.agency)
    if not given or not form.is_valid():
        status = 400 if given else 200
        return render(request, "inform/leave.html", {"product": product, "form": form}, status=status)
    to, purpose = form.cleaned_data["to"], request.purpose
    if form.cleaned_data["court"]:
        purpose = Purpose.PROSECUTION
    context: dict[str, Any] = {"product": product, "form": form, "to": to}
    try:
        if request.method == "POST":
            pdf = disclose(request.officer, purpose, product, to)
            return _as_file(pdf, case, product.number, f"product-for-{to.short.lower()}")
        context["version"] = version_for(request.officer, purpose, product, to)
    except (NotDisclosed, NotComposed, NotSet, ProductChanged) as fault:
        form.add_error("to", str(fault))
        return render(request, "inform/leave.html", context, status=400)
    return render(request, "inform/leave.html", context)


urlpatterns = [
    path("", page, name="page"),
    path("issue/", issue_now, name="issue"),
    path("products/<uuid:product_id>/", trace, name="trace"),
    path("products/<uuid:product_id>/pdf/", download, name="pdf"),
    path("products/<uuid:product_id>/leave/", leave, name="leave"),
]
