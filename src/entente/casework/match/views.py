"""The page of match: which items are known, nearly known or new, and why."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, Sum
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente import plugins
from entente.casework.match.service import (
    NotDecided,
    Provenance,
    check,
    decide,
    decide_match,
    import_list,
    remove_list,
)
from entente.casework.match.service.why import Explained, counted, explain, stacks_of
from entente.formats import ListRefused, ReadOptions
from entente.records import clock, vocabularies
from entente.records.act import acting
from entente.records.door import DeskRequest, case_page, consult, desk_page
from entente.records.jobs import asked_by
from entente.records.models import Case, HashList, Job, Match, Media, Quarantine
from entente.safeguards import access
from entente.safeguards.access import Act, Deny, Shape, Thing
from entente.safeguards.exposure import neutral_label
from entente.vocabulary.media import MediaKind, Sampling
from entente.vocabulary.media_hash import PDQ_NEAR, Verdict

PAGE_ROWS = 100


@case_page("match")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show the verdicts with their reasons; compare what was not yet compared."""
    if request.method == "POST":
        check(request.officer, request.purpose, case)
        messages.success(request, _("The items are being compared with your agency's hash lists."))
        return redirect("match:page", case_id=case.pk)
    counts, stacks = counted(case.pk), stacks_of(case.pk)
    copies = Counter(stacks.values())
    matches = _paged(request, Match.objects.filter(case=case).select_related("media", "decided_by"))
    for match in matches:
        match.stack = copies[stacks.get(match.media_id)]
    kinds = ("exact", "near", "scene", "harmless", "new", "waiting")
    parts = Match.objects.filter(case=case, verdict=str(Verdict.SCENE), state="proposed")
    context = {
        "parts": parts.values("media").distinct().count(),
        "counts": {k: counts.get(k, (0, None))[0] for k in kinds},
        "stacks": {k: counts.get(k, (0, None))[1] for k in kinds},
        "matches": matches,
        "first_pass": Media.objects.filter(case=case, refusal="", decoded__pass=str(Sampling.KEYS)).count(),
        "jobs": asked_by(request.officer.agency, case.pk, "match.check")[:2],
    }
    return render(request, "match/page.html", context)


def _paged(request: DeskRequest, rows: Any) -> Any:
    return Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))


@require_safe
@case_page("match")
def why(request: DeskRequest, case: Case, match_id: UUID) -> HttpResponse:
    """Show why an item matched: both sides, what agrees as lines and boxes, and no picture unasked."""
    match = get_object_or_404(Match.objects.select_related("media", "decided_by"), pk=match_id, case=case)
    told = explain(match)
    context = {
        "why": told,
        "m": match,
        "item": _own(match.media, request.LANGUAGE_CODE),
        "limit": PDQ_NEAR,
        "regions": [
            {"name": name, "box": [round(100 * v) for v in box]}
            for name, box in zip((_("This item"), _("What is held")), match.regions, strict=False)
        ],
        "held_url": reverse("list", args=[told.of_list.pk]) if told.of_list else "",
        "category": _category(request, told),
    }
    return render(request, "match/why.html", context)


def _category(request: DeskRequest, told: Explained) -> dict[str, Any] | None:
    """Return what a category means under exactly its list's scheme; where that is unknown, that it is."""
    code = told.listed.category if told.listed else told.match.category
    if not code:
        return None
    profile, model = (told.of_list.profile, told.of_list.model_version) if told.of_list else ("", "")
    scheme = vocabularies.of_scheme(request.officer.agency, profile, model) if profile else None
    term = scheme.term(code) if scheme else None
    return {
        "code": code,
        "profile": f"{profile} {model}".strip(),
        "label": term.label(request.LANGUAGE_CODE) if term and term.labels else "",
    }


def _own(media: Media, language: str) -> dict[str, Any]:
    """Return what ``parts/veil`` and ``parts/look`` need of the agency's own item."""
    at = {"case_id": media.case_id, "number": media.number}
    kind = MediaKind(media.kind) if media.kind else MediaKind.PICTURE
    size = neutral_label(kind, media.width, media.height, media.duration, language=language)
    item: dict[str, Any] = {
        "id": media.pk,
        "label": f"{media} · {size}",
        "url": reverse("examine:item", kwargs=at),
    }
    if media.key and not media.refusal and "H3" not in media.codes:
        item |= {f"{act}_url": reverse(f"examine:{act}", kwargs=at) for act in ("grey", "reveal", "hide")}
    return item


@require_POST
@case_page("match")
def decide_one(request: DeskRequest, case: Case, match_id: UUID) -> HttpResponse:
    """Confirm or refuse a proposed match, or take that decision back."""
    match = get_object_or_404(Match, pk=match_id, case=case)
    says: dict[str, bool | None] = {"confirm": True, "refuse": False, "reopen": None}
    said = request.POST.get("say", "")
    if said not in says:
        return HttpResponseBadRequest(_("Say confirm, refuse or reopen."))
    decide_match(request.officer, request.purpose, match, confirmed=says[said])
    return redirect("match:page", case_id=case.pk)


class ListForm(forms.Form):
    """A hash list to take in."""

    name = forms.CharField(label=_("Name"), max_length=120)
    format = forms.ChoiceField(label=_("Format"))
    version = forms.CharField(
        label=_("Version"),
        max_length=40,
        required=False,
        help_text=_("As the provider calls this delivery. A further one of a list that you hold needs it."),
    )
    profile = forms.CharField(
        label=_("Profile"), required=False, help_text=_("Whose categories these are, such as US or UK.")
    )
    model = forms.CharField(
        label=_("Model version"),
        max_length=10,
        required=False,
        help_text=_("Of the profile's categories: the same code may mean the opposite in another version."),
    )
    knows = forms.ChoiceField(
        label=_("What it knows"),
        choices=[
            ("", _("Material to find")),
            ("harmless", _("Harmless files")),
            ("software", _("Known software")),
        ],
        required=False,
        help_text=_("A list of the harmless hides equal files; it never hides what another list knows."),
    )
    provider = forms.CharField(label=_("Who gave it"), max_length=200, required=False)
    given_on = forms.DateField(
        label=_("Given on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    basis = forms.CharField(
        label=_("On what basis"),
        max_length=200,
        required=False,
        help_text=_("An agreement, a law, a request."),
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
    standing = HashList.objects.filter(removed_at=None)
    waiting = Quarantine.objects.filter(state="held").count()
    context = {"form": shown, "lists": standing, "waiting_aside": waiting, "nav": "lists"}
    return render(request, "match/lists.html", context, status=400 if form.errors else 200)


def _imported(request: DeskRequest, data: dict[str, Any]) -> HashList:
    """Lay the upload down for the length of the import."""
    with tempfile.NamedTemporaryFile(dir=settings.DESK) as laid:
        for chunk in data["file"].chunks():
            laid.write(chunk)
        laid.flush()
        options = ReadOptions(profile=data["profile"], model=data["model"], kind=data["kind"])
        return import_list(
            request.officer,
            request.purpose,
            Path(laid.name),
            name=data["name"],
            format=data["format"],
            options=options,
            version=data["version"],
            harmless=data["knows"] == "harmless",
            software=data["knows"] == "software",
            provenance=Provenance(data["provider"], data["given_on"], data["basis"]),
        )


@require_safe
@desk_page
def one_list(request: DeskRequest, list_id: UUID) -> HttpResponse:
    """Show one list: where it comes from, its versions, votes, what was set aside, what could not be read."""
    held = get_object_or_404(HashList, pk=list_id)
    with acting(
        request.officer, Act.READ, held.as_thing(), request.purpose, step="match", reason="hash list"
    ):
        refusals = _paged(request, held.refusals.all())
        refusals.object_list = list(refusals.object_list)
        votes = held.entries.aggregate(
            said_yes=Sum("positive"),
            said_no=Sum("negative"),
            divided=Count("pk", filter=Q(disputed__gt=0) | Q(positive__gt=0, negative__gt=0)),
        )
        context = {
            "held": held,
            "refusals": refusals,
            "versions": list(held.versions.select_related("taken_by")),
            "aside": list(held.quarantines.select_related("decided_by")[:PAGE_ROWS]),
            "votes": {name: n or 0 for name, n in votes.items()},
            "met": Match.objects.filter(of_list=held.pk).exclude(state="withdrawn").count(),
            "jobs": Job.objects.filter(
                task__in=("match.backwards", "lists.purge"),
                payload__held=str(held.pk),
                account_id=request.officer.id,
            ).order_by("-asked_at")[:2],
            "nav": "lists",
            "remove": {
                "id": "remove",
                "act": _("Remove this list"),
                "text": _("What only it knew counts as new again. Its matches stay on record as withdrawn."),
                "url": reverse("list-remove", args=[held.pk]),
            },
        }
    return render(request, "match/list.html", context)


@require_POST
@desk_page
def list_remove(request: DeskRequest, list_id: UUID) -> HttpResponse:
    """Take a whole list away again."""
    held = get_object_or_404(HashList, pk=list_id, removed_at=None)
    remove_list(request.officer, request.purpose, held)
    messages.success(request, _("The list knows nothing any more; its records are being taken away."))
    return redirect("lists")


@require_POST
@desk_page
def list_aside(request: DeskRequest, list_id: UUID, aside_id: UUID) -> HttpResponse:
    """Release a record that was set aside, or keep it aside, with the reason."""
    row = get_object_or_404(Quarantine, pk=aside_id, list_id=list_id)
    if (said := request.POST.get("say")) not in {"release", "keep"}:
        return HttpResponseBadRequest(_("Say release or keep."))
    try:
        decide(
            request.officer,
            request.purpose,
            row,
            release=said == "release",
            said=request.POST.get("reason", ""),
        )
    except NotDecided as fault:
        messages.error(request, str(fault))
    return redirect("list", list_id=list_id)


list_urlpatterns = [
    path("", lists, name="lists"),
    path("<uuid:list_id>/", one_list, name="list"),
    path("<uuid:list_id>/remove/", list_remove, name="list-remove"),
    path("<uuid:list_id>/aside/<uuid:aside_id>/", list_aside, name="list-aside"),
]
urlpatterns = [
    path("", page, name="page"),
    path("<uuid:match_id>/", why, name="why"),
    path("<uuid:match_id>/decide/", decide_one, name="decide"),
]
