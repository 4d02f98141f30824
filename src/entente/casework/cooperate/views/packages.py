"""Pages of packages between desks: what would go and seal it; what went and came, open it, receipts."""

from __future__ import annotations

import io
import shutil
import tempfile
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from entente.casework.cooperate.service import arrivals, sealing
from entente.formats.sealed_package import Kind, PackageRefused
from entente.records import circle, clock, release
from entente.records.asked import uuid_of
from entente.records.door import DeskRequest, case_page, consult, desk_page
from entente.records.exchange_key import ExchangeKeyRefused
from entente.records.leaf import leaf_of
from entente.records.models import Agency, Case, Clue, Media, Package, PartnerKey, PartnerThing
from entente.safeguards.access import opens_content
from entente.safeguards.partners import NoBasis
from entente.safeguards.retention import review_due

REFUSED = (sealing.NotSealed, circle.NotPinned, NoBasis, ExchangeKeyRefused, release.NotReleased)
KIND_NAMES: dict[str, Any] = {
    Kind.THINGS: _("things of a case"),
    Kind.RECEIPT: _("receipt"),
    Kind.QUESTION: _("private question"),
    Kind.ANSWER: _("private answer"),
    Kind.REQUESTS: _("requests and answers"),
    Kind.PRODUCTS: _("products and receipts"),
}
STATE_NAMES = {"sent": _("sent"), "waits": _("waits for an earlier one"), "taken": _("taken")}
WAITS_FOR_PEOPLE = _("waits: its sender's log is another")
THING_NAMES = {"media": _("file"), "clue": _("clue")}


class OpenForm(forms.Form):
    """A package, and the case of ours where a case not met before goes."""

    file = forms.FileField(label=_("Package"))
    case = forms.ModelChoiceField(
        label=_("Case, where nothing of the partner's case came before"),
        queryset=Case.objects.none(),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["case"].queryset = Case.objects.order_by("number")  # type: ignore[attr-defined]
        self.fields["case"].label_from_instance = lambda c: c.number  # type: ignore[attr-defined]


@case_page("cooperate")
def case_packages(request: DeskRequest, case: Case) -> HttpResponse:
    """Show what a package of the case would hold for a partner, seal it, call things back."""
    partners = _partners(request)
    asked = request.POST if request.method == "POST" else request.GET
    to = next((a for a in partners if str(a.pk) == asked.get("to", "")), None)
    fault = ""
    if request.method == "POST":
        try:
            if asked.get("do") == "call-back":
                return _called_back(request, case, to)
            if asked.get("do") == "release" and to is not None:
                return _released(request, case, to)
            if asked.get("do") == "take":
                return _taken(request, case)
            if asked.get("do") == "seal" and to is not None:
                return _sealed(request, case, to)
            fault = gettext("Choose a partner that has a card in force.")
            if to is not None:
                fault = gettext("Choose what to do.")
        except REFUSED as refused:
            fault = str(refused)
    plan = None
    if to is not None:
        try:
            plan = sealing.plan(request.officer, request.purpose, case, to)
        except REFUSED as refused:
            fault = fault or str(refused)
    sent = sealing.told_things(request.officer.agency, case)
    back = sealing.called_back(request.officer.agency, case, to) if to is not None else []
    told = PartnerThing.objects.filter(case=case, holder=request.officer.agency).select_related("owner")
    leaves = {
        "sent": leaf_of(request, sent, "sent"),
        "back": leaf_of(request, back, "back"),
        "came": leaf_of(request, told.order_by("owner__short", "kind", "thing"), "came"),
    }
    context = {
        "partners": partners,
        "to": to,
        "plan": plan,
        "fault": fault,
        **{name: [(row, THING_NAMES[row.kind]) for row in leaf] for name, leaf in leaves.items()},
        **{f"{name}_leaf": leaf for name, leaf in leaves.items()},
    }
    return render(request, "cooperate/case_packages.html", context, status=400 if fault else 200)


def _partners(request: DeskRequest) -> list[Agency]:
    """Return the partners with a card in force."""
    mine = request.officer.agency
    rows = PartnerKey.objects.filter(owner=mine, state="confirmed").exclude(known_as=mine)
    return [r.agency for r in rows.select_related("agency").order_by("agency__short") if r.agency]


def _sealed(request: DeskRequest, case: Case, to: Agency) -> HttpResponse:
    out = io.BytesIO()
    row, _plan = sealing.seal(request.officer, request.purpose, case, to, out)
    return _file(out, row)


def _file(out: io.BytesIO, row: Package) -> HttpResponse:
    answer = HttpResponse(out.getvalue(), content_type="application/octet-stream")
    name = f"package-{row.number}-{row.partner.short}.age"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _called_back(request: DeskRequest, case: Case, to: Agency | None) -> HttpResponse:
    """Take back that a partner may have a thing; the next package says so."""
    given = uuid_of(request.POST.get("thing", ""))
    told = sealing.told_things(request.officer.agency, case)
    sent = told.filter(thing=given, to=to).first() if given and to is not None else None
    row = _row(case, sent.thing) if sent is not None else None
    if row is None:
        messages.error(request, gettext("Nothing of that was sent to this partner."))
    else:
        release.withdraw(request.officer, request.purpose, row, to)
        messages.success(request, gettext("Called back. Seal a package, so that the partner is told."))
    return redirect("cooperate:packages", case_id=case.pk)


def _row(case: Case, number: UUID) -> Media | Clue | None:
    return (
        Media.objects.filter(case=case, pk=number).first()
        or Clue.objects.filter(case=case, pk=number).first()
    )


def _released(request: DeskRequest, case: Case, to: Agency) -> HttpResponse:
    """Let a partner have again what was called back from it; the next package holds it."""
    ticked, until = request.POST.getlist("thing"), review_due(clock.now())
    reason = request.POST.get("reason", "")[:300]
    back = sealing.called_back(request.officer.agency, case, to)
    rows = [row for sent in back if str(sent.thing) in ticked and (row := _row(case, sent.thing)) is not None]
    for row in rows:
        release.release(request.officer, request.purpose, row, to, until, reason)
    if rows:
        messages.success(request, gettext("Released anew. The next package holds it."))
    else:
        messages.error(request, gettext("Tick what may go again."))
    return redirect(f"{reverse('cooperate:packages', args=[case.pk])}?to={to.pk}")


def _taken(request: DeskRequest, case: Case) -> HttpResponse:
    """Take a partner's clue into the case."""
    given = uuid_of(request.POST.get("thing", ""))
    rows = PartnerThing.objects.filter(case=case, holder=request.officer.agency)
    row = rows.filter(pk=given).first() if given else None
    try:
        if row is None:
            raise arrivals.NotTaken(gettext("That is not among what partners sent of this case."))
        arrivals.take_clue(request.officer, request.purpose, row)
        messages.success(request, gettext("The clue waits for a person under Examine."))
    except arrivals.NotTaken as fault:
        messages.error(request, str(fault))
    return redirect("cooperate:packages", case_id=case.pk)


@desk_page
def packages(request: DeskRequest) -> HttpResponse:
    """List what went, came and waits; open a package, or seal what waits for a partner."""
    if request.POST.get("seal"):
        return _posted(request)
    sent = request.method == "POST"
    form = OpenForm(request.POST, request.FILES) if sent else OpenForm()
    if sent and form.is_valid():
        try:
            given = form.cleaned_data
            with given["file"].open("rb") as file, tempfile.TemporaryFile() as held:
                shutil.copyfileobj(file, held, 1 << 20)
                held.flush()  # a file with a descriptor: the limited process is given nothing else
                done = arrivals.open_package(request.officer, request.purpose, held, given["case"])
        except (PackageRefused, arrivals.NeedsCase, circle.NotPinned, ExchangeKeyRefused) as fault:
            form.add_error(None, str(fault))
        else:
            said = gettext("Taken: %(taken)d new, %(withdrawn)d withdrawn, %(refused)d refused.")
            counts = {"taken": done.taken, "withdrawn": done.withdrawn, "refused": len(done.refused)}
            messages.success(request, said % counts)
            return redirect("packages")
    consult(request, "packages")
    works = opens_content(request.officer, request.purpose)
    all_rows = Package.objects.select_related("partner", "by") if works else Package.objects.none()
    rows = leaf_of(request, all_rows)
    numbers = dict(Case.objects.filter(pk__in=[r.case for r in rows if r.case]).values_list("pk", "number"))
    context = {
        "rows": [
            {
                "row": r,
                "kind": KIND_NAMES.get(r.kind, r.kind),  # one that is not known here has its own name
                "state": WAITS_FOR_PEOPLE if r.state == "waits" and r.left_out else STATE_NAMES[r.state],
                "case": numbers.get(r.case, "") if r.case else "",
                "receipt": r.receipt and STATE_NAMES.get(r.receipt.get("state", ""), ""),
            }
            for r in rows
        ],
        "leaf": rows,
        "form": form,
        "waiting": _waiting(request) if works else [],
        "works": works,
        "nav": "partners",
    }
    return render(request, "cooperate/packages.html", context, status=400 if form.errors else 200)


def _waiting(request: DeskRequest) -> list[dict[str, Any]]:
    """Return what waits for each partner of another desk, by kind of package."""
    found = []
    for to in _partners(request):
        for kind in sealing.POSTS:
            due = sealing.due(request.officer, request.purpose, to, kind)
            if due.goes or due.stays:
                found.append({"to": to, "kind": kind, "name": KIND_NAMES[kind], "due": due})
    return found


def _posted(request: DeskRequest) -> HttpResponse:
    """Seal what of one kind waits for a partner."""
    given = request.POST.get("to", "")
    to = next((a for a in _partners(request) if str(a.pk) == given), None)
    kind = next((k for k in sealing.POSTS if k == request.POST["seal"]), None)
    out = io.BytesIO()
    try:
        if to is None or kind is None:
            raise sealing.NotSealed(gettext("Choose a partner that has a card in force."))
        row, _due = sealing.post(request.officer, request.purpose, to, kind, out)
    except REFUSED as fault:
        messages.error(request, str(fault))
        return redirect("packages")
    return _file(out, row)


@require_POST
@desk_page
def receipt(request: DeskRequest, package_id: UUID) -> HttpResponse:
    """Give the receipt of a package that came, sealed to its sender."""
    row = get_object_or_404(Package, pk=package_id, outgoing=False)
    out = io.BytesIO()
    try:
        made = sealing.receipt(request.officer, request.purpose, row, out)
    except REFUSED as fault:
        messages.error(request, str(fault))
        return redirect("packages")
    return _file(out, made)
