"""Candidate places: entered, shown with what they explain, and made the home by two people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.locate import service
from entente.casework.locate.explain import clue_name
from entente.casework.locate.views.forms import CaptureForm, PlaceForm
from entente.casework.locate.views.said import said
from entente.records.door import DeskRequest, case_page
from entente.records.models import CandidateClue, CandidatePlace, Capture, Case, Clue, HomeProposal
from entente.records.models.candidate import SAYS
from entente.records.names import named

REFUSED = (service.PlaceRefused, service.ProposalRefused)


@dataclass
class Standing:
    """How one candidate place stands, in the officer's sight."""

    place: CandidatePlace
    homes: list[HomeProposal] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)
    captures: int = 0

    @property
    def explains(self) -> int:
        """How many clues it explains."""
        return self.said["explains"]

    @property
    def fails(self) -> int:
        """How many clues it fails to explain."""
        return self.said["fails"]

    @property
    def is_home(self) -> bool:
        """Whether two people stand for it."""
        return any(h.confirmed_at for h in self.homes)


def standing(case: Case) -> list[Standing]:
    """Return the case's candidate places: homes first, then the open ones, then those set aside."""
    found = {p.pk: Standing(p) for p in CandidatePlace.objects.filter(case=case).select_related("made_by")}
    for home in _homes(case):
        if home.candidate_id in found:
            found[home.candidate_id].homes.append(home)
    newest: dict[tuple[UUID, UUID], str] = {}
    rows = CandidateClue.objects.filter(case=case).exclude(clue__state="withdrawn").order_by("made_at", "pk")
    for row in rows:
        newest[row.candidate_id, row.clue_id] = row.says
    for (place, _clue), says in newest.items():
        if place in found:
            found[place].said[says] += 1
    for place in Capture.objects.filter(case=case, state="kept").values_list("candidate_id", flat=True):
        if place in found:
            found[place].captures += 1
    return sorted(found.values(), key=lambda s: (not s.is_home, not s.homes, s.place.state != "open"))


def _homes(case: Case) -> list[HomeProposal]:
    rows = HomeProposal.objects.filter(case=case, withdrawn_at=None)
    return list(rows.select_related("made_by", "confirmed_by"))


@case_page("locate")
def candidates(request: DeskRequest, case: Case) -> HttpResponse:
    """List the candidate places; enter one."""
    form = PlaceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            row = service.enter(request.officer, request.purpose, case, **form.cleaned_data)
        except REFUSED as fault:
            form.add_error(None, said(fault))
        else:
            messages.success(
                request, _("Entered. Say which clues it explains, and which it fails to explain.")
            )
            return redirect("locate:candidate", case_id=case.pk, candidate_id=row.pk)
    context = {"places": standing(case), "form": form}
    return render(request, "locate/candidates.html", context, status=400 if form.errors else 200)


@require_safe
@case_page("locate")
def candidate(request: DeskRequest, case: Case, candidate_id: UUID) -> HttpResponse:
    """Show one candidate place: its captures, the clues, and who stands for it."""
    return _shown(request, case, _place(case, candidate_id))


def _place(case: Case, candidate_id: UUID) -> CandidatePlace:
    rows = CandidatePlace.objects.select_related("made_by", "decided_by")
    return get_object_or_404(rows, pk=candidate_id, case=case)


def _shown(
    request: DeskRequest,
    case: Case,
    place: CandidatePlace,
    form: CaptureForm | None = None,
    typed: dict[str, tuple[str, str]] | None = None,
    rest: str = "",
) -> HttpResponse:
    homes = [h for h in _homes(case) if h.candidate_id == place.pk]
    rows = _rows(case, place, typed or {})
    context = {
        "place": place,
        "homes": homes,
        "rows": rows,
        "counts": [(named(says), sum(r["says"] == says for r in rows), says) for says in SAYS],
        "unjudged": sum(not r["stands"] for r in rows),
        "left": len(service.unjudged(request.officer, place)),
        "rest": rest,
        "says": [(s, named(s)) for s in SAYS],
        "captures": Capture.objects.filter(candidate=place).select_related("made_by", "owner"),
        "form": form or CaptureForm(),
        "earlier": HomeProposal.objects.filter(candidate=place).exclude(withdrawn_at=None).count(),
    }
    bad = bool(typed) or bool(form and form.errors)
    return render(request, "locate/candidate.html", context, status=400 if bad else 200)


def _groups(case: Case) -> dict[str, list[Clue]]:
    """Return the confirmed clues in sight; the same observation from many items is one line."""
    found: dict[tuple[Any, ...], list[Clue]] = {}
    for clue in service.clues_at_hand(case):
        if clue.state == "confirmed":
            found.setdefault((clue.kind, repr(clue.value), clue.negated, clue.evaluation), []).append(clue)
    return {str(clues[0].pk): clues for clues in found.values()}


def _rows(case: Case, place: CandidatePlace, typed: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    stands, language = service.judged(place), get_language() or "en"
    rows = []
    for key, clues in _groups(case).items():
        said = [stands[c.pk] for c in clues if c.pk in stands]
        last = max(said, key=lambda row: row.made_at) if said else None
        says, because = typed.get(key) or ((last.says, last.because) if last else ("", ""))
        rows.append(
            {
                "clue": clues[0],
                "name": clue_name(clues[0].as_word(), language),
                "times": len(clues),
                "stands": last,
                "says": says,
                "because": because,
                "missing": key in typed and says and not because.strip(),
            }
        )
    return rows


@require_POST
@case_page("locate")
def judge(request: DeskRequest, case: Case, candidate_id: UUID) -> HttpResponse:
    """Say of each clue whether the place explains it; only what changed is recorded."""
    place, groups = _place(case, candidate_id), _groups(case)
    lists = [request.POST.getlist(name) for name in ("clue", "says", "because")]
    typed = {k: (s, b) for k, s, b in zip(*lists, strict=False) if k in groups}
    if any(says and not because.strip() for says, because in typed.values()):
        messages.error(request, _("Each clue that is judged needs its reason."))
        return _shown(request, case, place, typed=typed, rest=request.POST.get("rest", ""))
    stands, changed = service.judged(place), 0
    try:
        for key, (says, because) in typed.items():
            now = {
                (stands[c.pk].says, stands[c.pk].because) if c.pk in stands else ("", "") for c in groups[key]
            }
            if says and now != {(says, because.strip())}:
                service.judge(
                    request.officer, request.purpose, place, groups[key], says=says, because=because
                )
                changed += 1
        if rest := request.POST.get("rest", "").strip():
            changed += len(service.judge_rest(request.officer, request.purpose, place, because=rest))
    except REFUSED as fault:
        messages.error(request, said(fault))
    else:
        messages.success(request, gettext("Recorded: %(n)s.") % {"n": changed})
    return redirect("locate:candidate", case_id=case.pk, candidate_id=place.pk)


@require_POST
@case_page("locate")
def decide(request: DeskRequest, case: Case, candidate_id: UUID) -> HttpResponse:
    """Set a place aside, bring it back, or say that it is the home."""
    place = _place(case, candidate_id)
    officer, purpose, because = request.officer, request.purpose, request.POST.get("because", "")
    try:
        match request.POST.get("act"):
            case "set-aside":
                service.set_aside(officer, purpose, place, because=because)
                messages.success(request, _("Set aside. It can be brought back at any time."))
            case "bring-back":
                service.bring_back(officer, purpose, place)
                messages.success(request, _("Brought back."))
            case "propose":
                service.propose_home(officer, purpose, place, because=because)
                messages.success(request, _("Proposed. A second person must confirm it."))
            case _other:
                messages.error(request, _("Choose what to do with the place."))
    except REFUSED as fault:
        messages.error(request, said(fault))
    return redirect("locate:candidate", case_id=place.case_id, candidate_id=place.pk)


@require_POST
@case_page("locate")
def home_confirm(request: DeskRequest, case: Case, proposal_id: UUID) -> HttpResponse:
    """Confirm a proposed home as the second person."""
    proposal = get_object_or_404(HomeProposal, pk=proposal_id, case=case)
    try:
        service.confirm_home(request.officer, request.purpose, proposal)
    except REFUSED as fault:
        messages.error(request, said(fault))
    return redirect("locate:candidate", case_id=case.pk, candidate_id=proposal.candidate_id)


# --- captures ---------------------------------------------------------------------------------------------


@require_POST
@case_page("locate")
def bring(request: DeskRequest, case: Case, candidate_id: UUID) -> HttpResponse:
    """Seal a page that the officer kept."""
    place = _place(case, candidate_id)
    form = CaptureForm(request.POST, request.FILES)
    if form.is_valid():
        data = dict(form.cleaned_data)
        file = data.pop("file")
        try:
            service.keep_page(
                request.officer, request.purpose, place, file.read(), name=str(file.name or ""), **data
            )
        except REFUSED as fault:
            form.add_error(None, said(fault))
        else:
            messages.success(request, _("Sealed, and its digest is in the log."))
            return redirect("locate:candidate", case_id=case.pk, candidate_id=place.pk)
    return _shown(request, case, place, form)


def _capture(case: Case, capture_id: UUID) -> Capture:
    """Return a capture of a candidate place; what is kept for the case alone has its page at open sources."""
    return get_object_or_404(Capture, pk=capture_id, case=case, candidate__isnull=False)


@require_POST
@case_page("locate")
def capture(request: DeskRequest, case: Case, capture_id: UUID) -> HttpResponse:
    """Check a capture against the log, set it aside, or take it back in."""
    row, act = _capture(case, capture_id), request.POST.get("act")
    try:
        if act == "check":
            tell_checked(request, service.check(request.officer, request.purpose, row))
        elif act in {"set-aside", "take-back"}:
            keep, because = act == "take-back", request.POST.get("because", "")
            service.turn(request.officer, request.purpose, row, keep=keep, because=because)
            tell_turned(request, keep=keep)
        else:
            messages.error(request, gettext("Choose what to do."))
    except REFUSED as fault:
        messages.error(request, said(fault))
    return redirect("locate:candidate", case_id=case.pk, candidate_id=row.candidate_id)


def tell_turned(request: DeskRequest, *, keep: bool) -> None:
    """Say that a capture was set aside or taken back in."""
    aside = gettext("Set aside. It can be brought back at any time.")
    messages.success(request, gettext("Brought back.") if keep else aside)


def tell_checked(request: DeskRequest, found: service.Checked) -> None:
    """Say what a check of a capture found."""
    if found.sound:
        text = gettext(
            "The page is what was brought: its bytes, its digest and entry %(n)s of the log agree."
        )
        messages.success(request, text % {"n": found.entry})
        return
    if not found.same_digest or str(found.state) != "intact":
        messages.error(
            request, _("This page is not what was brought, or is lost. Do not rely on it; run entente fsck.")
        )
    if found.entry is None:
        messages.error(
            request, _("What is written about this page is not what the log sealed. Do not rely on it.")
        )


@require_POST
@case_page("locate")
def capture_open(request: DeskRequest, case: Case, capture_id: UUID) -> HttpResponse:
    """Give a kept page out as a file; nothing of it is shown in the desk."""
    row = _capture(case, capture_id)
    try:
        data = service.page_of(request.officer, request.purpose, row)
    except REFUSED as fault:
        messages.error(request, said(fault))
        return redirect("locate:candidate", case_id=case.pk, candidate_id=row.candidate_id)
    answer = HttpResponse(data, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="capture-{str(row.pk)[:8]}.{row.form}"'
    return answer
