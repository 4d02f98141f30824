"""Write a product: choose its template, edit what is proposed, write a draft anew."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.inform.compose import NotComposed, StatementType
from entente.casework.inform.kinds import Kind, NotATemplate
from entente.casework.inform.service import NotIssued, Told, draft, proposed, redraft, submit
from entente.casework.inform.views.forms import (
    KIND_NAMES,
    STATE_NAMES,
    KindForm,
    Statements,
    WholeForm,
    clue_choices,
    language,
)
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case, Disclosure, Product

BLANK_ROWS = 2  # for what only a person can say
BLANK: dict[str, Any] = {"evaluation": "X4", "type": StatementType.ASSESSMENT.value}


@require_safe
@case_page("inform")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """List the products and offer the next one's statements, by the template asked for."""
    corrects = _corrected(request.GET.get("corrects", ""), case)
    kind = Kind(corrects.template) if corrects else _kind(request.GET.get("kind", ""))
    return shown(request, case, kind=kind, corrects=corrects)


def _kind(told: str) -> Kind:
    return Kind(told) if told in set(Kind) else Kind.VICTIM


def _corrected(told: str, case: Case) -> Product | None:
    """Return the product that the next one corrects, if its address names one."""
    if not told:
        return None
    try:
        found = Product.objects.filter(pk=told, case=case, state="issued").first()
    except (ValueError, ValidationError):
        found = None
    if found is None:
        raise Http404
    return found


def shown(
    request: DeskRequest,
    case: Case,
    status: int = 200,
    *,
    kind: Kind = Kind.VICTIM,
    corrects: Product | None = None,
    product: Product | None = None,
    **given: Any,
) -> HttpResponse:
    """Show the page of the step, or that of one draft: ``rows`` and ``whole`` are forms that were refused."""
    told, seen = proposed(request.officer, request.purpose, case, language(), kind)
    rows, whole = given.pop("rows", None), given.pop("whole", None)
    if rows is None:
        initial = [
            {"keep": True, "text": p.text, "type": p.type.value, "evaluation": p.evaluation, "clues": p.clues}
            for p in told
        ]
        if held := product or corrects:
            initial = said_in(held)
        rows = Statements(
            initial=[*initial, *([BLANK] * BLANK_ROWS)],
            form_kwargs={"choices": clue_choices(seen)},
            prefix="s",
        )
    if whole is None:
        begin = {"language": product.language if product else language()}
        whole = WholeForm(initial=begin, kind=kind, corrects=corrects, new=product is None)
    context = {
        "products": [
            {"product": p, "kind": KIND_NAMES[Kind(p.template)], "state": STATE_NAMES[p.state]}
            for p in Product.objects.filter(case=case)
            .exclude(state="dropped")
            .select_related("owner", "made_by", "approved_by")
        ],
        "disclosures": Disclosure.objects.filter(case=case).select_related("to", "made_by"),
        "draft": seen,
        "rows": rows,
        "whole": whole,
        "kind": kind,
        "kind_name": KIND_NAMES[kind],
        "kind_form": KindForm(initial={"kind": kind.value}),
        "corrects": corrects,
        "product": product,
        "fault": "",
        **given,
    }
    return render(request, "inform/page.html", context, status=status)


def said_in(product: Product) -> list[dict[str, Any]]:
    """Return the statements of a product as its form begins with them."""
    told = product.facts["draft"]
    rows = {s["id"]: s["row"] for s in told["sources"]}
    return [
        {
            "keep": True,
            "text": s["text"],
            "type": s["type"],
            "evaluation": s["evaluation"],
            "clues": [rows[c] for c in s["clues"]],
        }
        for s in told["statements"]
    ]


@require_POST
@case_page("inform")
def draft_now(request: DeskRequest, case: Case) -> HttpResponse:
    """Draft a product with the statements that were kept, and send it to review where that was chosen."""
    corrects = _corrected(request.POST.get("corrects", ""), case)
    kind = Kind(corrects.template) if corrects else _kind(request.POST.get("kind", ""))
    rows, whole = _read(request, case, kind, corrects, new=True)
    if not rows.is_valid() or not whole.is_valid():
        return _changed(request, case, rows, whole, kind=kind, corrects=corrects)
    try:
        made = draft(
            request.officer,
            request.purpose,
            case,
            statements=_told(rows),
            kind=kind,
            corrects=corrects,
            **whole.cleaned_data,
        )
        _then(request, made)
    except (NotIssued, NotComposed, NotATemplate) as fault:
        given = {"rows": rows, "whole": whole, "kind": kind, "corrects": corrects, "fault": str(fault)}
        return shown(request, case, 400, **given)
    return redirect("inform:trace", case_id=case.pk, product_id=made.pk)


@case_page("inform")
def edit(request: DeskRequest, case: Case, product_id: UUID) -> HttpResponse:
    """Write one's own draft anew."""
    product = get_object_or_404(
        Product, pk=product_id, case=case, made_by=request.officer.id, state__in=("draft", "review")
    )
    kind = Kind(product.template)
    if request.method != "POST":
        return shown(request, case, kind=kind, product=product)
    rows, whole = _read(request, case, kind, None, new=False)
    if not rows.is_valid() or not whole.is_valid():
        return _changed(request, case, rows, whole, kind=kind, product=product)
    try:
        made = redraft(
            request.officer, request.purpose, product, statements=_told(rows), **whole.cleaned_data
        )
        _then(request, made)
    except (NotIssued, NotComposed) as fault:
        given = {"rows": rows, "whole": whole, "kind": kind, "product": product, "fault": str(fault)}
        return shown(request, case, 400, **given)
    return redirect("inform:trace", case_id=case.pk, product_id=made.pk)


def _read(
    request: DeskRequest, case: Case, kind: Kind, corrects: Product | None, *, new: bool
) -> tuple[Any, WholeForm]:
    seen = proposed(request.officer, request.purpose, case, language(), kind)[1]
    rows = Statements(request.POST, form_kwargs={"choices": clue_choices(seen)}, prefix="s")
    return rows, WholeForm(request.POST, kind=kind, corrects=corrects, new=new)


def _changed(request: DeskRequest, case: Case, rows: Any, whole: WholeForm, **given: Any) -> HttpResponse:
    fault = _("A statement stands on a clue that changed since; choose its clues again.")
    if rows.is_valid():
        fault = _("Something is missing; it stands beside its field.")
    return shown(request, case, 400, rows=rows, whole=whole, fault=fault, **given)


def _told(rows: Any) -> list[Told]:
    kept = (d for d in rows.cleaned_data if d.get("keep"))
    return [(d["text"], d["type"], d["clues"], d["evaluation"]) for d in kept]


def _then(request: DeskRequest, made: Product) -> None:
    """Send the draft to review where its author said so."""
    if request.POST.get("then") == "review":
        submit(request.officer, request.purpose, made)
        told = _("Product %(number)s waits for another officer of your agency.")
    else:
        told = _("Product %(number)s is kept as a draft.")
    messages.success(request, told % {"number": made.number})
