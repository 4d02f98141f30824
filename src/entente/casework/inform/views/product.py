"""One product: traced, reviewed, approved, taken as a file, disclosed, followed up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.inform.compose import NotComposed
from entente.casework.inform.kinds import Kind
from entente.casework.inform.service import (
    NotDelivered,
    NotDisclosed,
    NotIssued,
    ProductChanged,
    approve,
    ask_back,
    disclose,
    drop,
    preview,
    regenerate,
    remark,
    submit,
    version_for,
)
from entente.casework.inform.views.files import as_json, as_pdf
from entente.casework.inform.views.forms import KIND_NAMES, STATE_NAMES, AskBackForm, RemarkForm, ToForm
from entente.formats.typesetting import NotSet
from entente.records import circle, clock
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case, Clue, Delivery, FollowUp, Product, Remark
from entente.vocabulary.handling import Purpose


def _product(case: Case, product_id: UUID, **more: Any) -> Product:
    held = Product.objects.select_related("case", "owner", "made_by", "approved_by", "corrects")
    return get_object_or_404(held, pk=product_id, case=case, **more)


@require_safe
@case_page("inform")
def trace(request: DeskRequest, case: Case, product_id: UUID) -> HttpResponse:
    """Show each statement → clue → item → person, what was said of it, and where it went."""
    return _shown(request, case, _product(case, product_id))


def _shown(
    request: DeskRequest,
    case: Case,
    product: Product,
    status: int = 200,
    *,
    remark_form: RemarkForm | None = None,
    asking: dict[UUID, AskBackForm] | None = None,
    fault: str = "",
) -> HttpResponse:
    document = product.facts["document"]
    own = product.owner_id == request.officer.agency
    author = product.made_by_id == request.officer.id
    context = {
        "product": product,
        "document": document,
        "kind": KIND_NAMES[Kind(product.template)],
        "state": STATE_NAMES[product.state],
        "open": product.state in {"draft", "review"},
        "author": author,
        "may_approve": product.state == "review" and own and not author,
        "edition": product.issued_at.isoformat(),
        "statements": _traced(case, product),
        "remarks": Remark.objects.filter(product=product).select_related("made_by", "owner"),
        "remark_form": remark_form or RemarkForm(statements=[s["id"] for s in document["statements"]]),
        "corrected": Product.objects.filter(corrects=product, state="issued").first(),
        "deliveries": _deliveries(product, asking or {}),
        "wrong": remark_form or next(iter((asking or {}).values()), None),
        "fault": fault,
    }
    return render(request, "inform/trace.html", context, status=status)


def _traced(case: Case, product: Product) -> list[dict[str, Any]]:
    document, draft = product.facts["document"], product.facts["draft"]
    rows = {s["id"]: s["row"] for s in draft["sources"]}
    texts = {c["id"]: c for c in document["clues"]}
    now = {
        str(c.pk): c
        for c in Clue.objects.filter(case=case, pk__in=list(rows.values())).select_related("media")
    }
    return [
        {
            **s,
            "trace": [{**t, **_now(now.get(rows[t["clue"]])), "says": texts[t["clue"]]} for t in s["trace"]],
        }
        for s in document["statements"]
    ]


def _now(clue: Clue | None) -> dict[str, Any]:
    """Return what the desk knows of a clue today: its item to link to, and whether it was withdrawn."""
    if clue is None:
        return {"number": None, "withdrawn": False}
    return {"number": clue.media.number if clue.media else None, "withdrawn": clue.state == "withdrawn"}


def _deliveries(product: Product, asking: dict[UUID, AskBackForm]) -> list[dict[str, Any]]:
    """Return where it went, with its receipts and what came back; each for who may see that it went."""
    people = ("addressed", "made_by", "opened_by", "acknowledged_by", "disclosure")
    rows = Delivery.objects.filter(product=product).select_related(*people)
    asked: dict[UUID, list[dict[str, Any]]] = {}
    now = clock.now()
    for f in FollowUp.objects.filter(delivery__in=[r.pk for r in rows]).select_related("answered_by"):
        late = f.answered_at is None and f.due < now
        asked.setdefault(f.delivery_id, []).append({"asked": f, "late": late})
    return [
        {"delivery": r, "follow_ups": asked.get(r.pk, []), "form": asking.get(r.pk) or _ask_form(r)}
        for r in rows
    ]


def _ask_form(held: Delivery, given: Any = None) -> AskBackForm:
    return AskBackForm(given, auto_id=f"ask-{held.pk}-%s")


@require_POST
@case_page("inform")
def review(request: DeskRequest, case: Case, product_id: UUID) -> HttpResponse:
    """Send to review, remark, give back, approve, take off; or ask a recipient what came of it."""
    product = _product(case, product_id)
    do = request.POST.get("do", "")
    try:
        if do in {"remark", "back"}:
            form = RemarkForm(
                request.POST, statements=[s["id"] for s in product.facts["document"]["statements"]]
            )
            if not form.is_valid():
                return _shown(request, case, product, 400, remark_form=form)
            remark(request.officer, request.purpose, product, back=do == "back", **form.cleaned_data)
            told = _("Your remark stands with the draft.")
        elif do == "approve":
            approve(request.officer, request.purpose, product, edition=request.POST.get("edition", ""))
            told = _("The product is issued.")
        elif do == "ask":
            held = _delivered(request, product)
            asking = _ask(request, held)
            if asking.errors:
                return _shown(request, case, product, 400, asking={held.pk: asking})
            told = _("The recipient sees your question with the product.")
        elif do == "drop":
            drop(request.officer, request.purpose, product)
            messages.success(request, _("The draft was taken off."))
            return redirect("inform:page", case_id=case.pk)
        elif do == "submit":
            submit(request.officer, request.purpose, product)
            told = _("The draft waits for another officer of your agency.")
        else:
            raise NotIssued(gettext("Choose what to do."))
    except (NotIssued, NotDelivered, NotComposed, NotSet, ProductChanged) as fault:
        return _shown(request, case, product, 400, fault=str(fault))
    messages.success(request, told)
    return redirect("inform:trace", case_id=case.pk, product_id=product.pk)


def _delivered(request: DeskRequest, product: Product) -> Delivery:
    held = Delivery.objects.filter(product=product, pk__in=_ids(request.POST.get("delivery", ""))).first()
    if held is None:
        raise NotDelivered(gettext("Choose the recipient whom you ask."))
    return held


def _ask(request: DeskRequest, held: Delivery) -> AskBackForm:
    """Ask, and return the form: with its errors, and what was typed, where nothing was asked."""
    form = _ask_form(held, request.POST)
    if form.is_valid():
        try:
            ask_back(request.officer, request.purpose, held, **form.cleaned_data)
        except NotDelivered as fault:
            form.add_error(None, str(fault))
    return form


def _ids(told: str) -> list[UUID]:
    try:
        return [UUID(told)]
    except ValueError:
        return []


@require_safe
@case_page("inform")
def pdf(request: DeskRequest, case: Case, product_id: UUID) -> HttpResponse:
    """Hand out the product as issued, or the pages of a draft; the consultation is in the log."""
    product = _product(case, product_id)
    try:
        if product.state != "issued":
            return as_pdf(preview(product), case.number, product.number, "draft")
        return as_pdf(regenerate(product), case.number, product.number)
    except (ProductChanged, NotSet) as fault:
        return _shown(request, case, product, 500, fault=str(fault))


@require_safe
@case_page("inform")
def facts(request: DeskRequest, case: Case, product_id: UUID) -> HttpResponse:
    """Hand out the facts of an issued product for machines."""
    product = _product(case, product_id, state="issued")
    return as_json(product.facts["document"], case.number, product.number)


@case_page("inform")
def leave(request: DeskRequest, case: Case, product_id: UUID) -> HttpResponse:
    """Choose an agency and see beforehand what would stay behind, or let the product go."""
    product = _product(case, product_id, state="issued")
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
            disclose(request.officer, purpose, product, to)
            if circle.of_another_desk(request.officer.agency, to.pk):
                messages.warning(request, _("For partners of other desks it waits under Packages: seal it."))
            else:
                messages.success(request, _("The product is with %(agency)s.") % {"agency": to.name})
            return redirect("inform:trace", case_id=case.pk, product_id=product.pk)
        context["version"] = version_for(request.officer, purpose, product, to)
    except (NotDisclosed, NotComposed, NotSet, ProductChanged) as fault:
        form.add_error("to", str(fault))
        return render(request, "inform/leave.html", context, status=400)
    return render(request, "inform/leave.html", context)
