"""The page of match: which items are known, nearly known or new, and why."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente import plugins
from entente.casework.match.service import check, decide_match, import_list
from entente.formats import ListRefused, ReadOptions
from entente.records import clock
from entente.records.act import acting
from entente.records.door import DeskRequest, case_page, consult, desk_page
from entente.records.jobs import asked_by
from entente.records.models import Case, HashList, Match, Media
from entente.safeguards import access
from entente.safeguards.access import Act, Deny, Shape, Thing

PAGE_ROWS = 100


@case_page("match")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show the verdicts with their reasons; compare what was not yet compared."""
    if request.method == "POST":
        check(request.officer, request.purpose, case)
        messages.success(request, _("The items are being compared with your agency's hash lists."))
        return redirect("match:page", case_id=case.pk)
    items = Media.objects.filter(case=case, refusal="").exclude(origin="crop")
    counts = {
        row["known"] or "waiting": row["n"]
        for row in items.values("known").annotate(n=Count("id")).order_by()
    }
    context = {
        "counts": {k: counts.get(k, 0) for k in ("exact", "near", "new", "waiting")},
        "matches": _paged(request, Match.objects.filter(case=case).select_related("media", "decided_by")),
        "jobs": asked_by(request.officer.agency, case.pk, "match.check")[:2],
    }
    return render(request, "match/page.html", context)


def _paged(request: DeskRequest, rows: Any) -> Any:
    return Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))


@require_POST
@case_page("match")
def decide(request: DeskRequest, case: Case, match_id: UUID) -> HttpResponse:
    """Confirm or refuse a proposed match."""
    match = get_object_or_404(Match, pk=match_id, case=case)
    said = request.POST.get("say")
    if said not in {"confirm", "refuse"}:
        return HttpResponseBadRequest(_("Say confirm or refuse."))
    decide_match(request.officer, request.purpose, match, confirmed=said == "confirm")
    return redirect("match:page", case_id=case.pk)


class ListForm(forms.Form):
    """A hash list to take in."""

    name = forms.CharField(label=_("Name"), max_length=120)
    format = forms.ChoiceField(label=_("Format"))
    profile = forms.CharField(
        label=_("Profile"), required=False, help_text=_("Whose categories these are, such as US or UK.")
    )
    kind = forms.ChoiceField(
        label=_("Unnamed columns of 64 digits hold"),
        choices=[("", "–"), ("sha256", "SHA-256"), ("pdq", "PDQ")],
        required=False,
    )
    file = forms.FileField(label=_("File"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].choices = [(n, n) for n in sorted(plugins.formats())]  # type: ignore[attr-defined]


@desk_page
def lists(request: DeskRequest) -> HttpResponse:
    """Show the agency's lists; take one in."""
    consult(request, "match")
    form = ListForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            held = _imported(request, data)
            messages.success(request, _("%(n)s entries were added.") % {"n": held.added})
            return redirect("list", list_id=held.pk)
        except ListRefused as fault:
            form.add_error(None, str(fault))
    mine = Thing(Shape.AGENCY, owner=request.officer.agency)
    verdict = access.decide(request.officer, mine, Act.RECEIVE, request.purpose, clock.now())
    shown = None if isinstance(verdict, Deny) else form  # who may not import is not asked to
    context = {"form": shown, "lists": HashList.objects.all(), "nav": "lists"}
    return render(request, "match/lists.html", context, status=400 if form.errors else 200)


def _imported(request: DeskRequest, data: dict[str, Any]) -> HashList:
    """Lay the upload down for the length of the import."""
    with tempfile.NamedTemporaryFile(dir=settings.DESK) as laid:
        for chunk in data["file"].chunks():
            laid.write(chunk)
        laid.flush()
        options = ReadOptions(profile=data["profile"], kind=data["kind"])
        return import_list(
            request.officer,
            request.purpose,
            Path(laid.name),
            name=data["name"],
            format=data["format"],
            options=options,
        )


@require_safe
@desk_page
def one_list(request: DeskRequest, list_id: UUID) -> HttpResponse:
    """Show one list: its counts, and each record that could not be read, with its line."""
    held = get_object_or_404(HashList, pk=list_id)
    with acting(
        request.officer, Act.READ, held.as_thing(), request.purpose, step="match", reason="hash list"
    ):
        refusals = _paged(request, held.refusals.all())
        refusals.object_list = list(refusals.object_list)
    return render(request, "match/list.html", {"held": held, "refusals": refusals, "nav": "lists"})


list_urlpatterns = [path("", lists, name="lists"), path("<uuid:list_id>/", one_list, name="list")]
urlpatterns = [path("", page, name="page"), path("<uuid:match_id>/decide/", decide, name="decide")]
