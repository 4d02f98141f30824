"""Pages of task forces: the list, the centre's page with its board, and the page of an agency with a seat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entente.casework.cooperate.funnel import Level
from entente.casework.cooperate.service import task_forces
from entente.casework.cooperate.views.forms import UNUSUAL
from entente.casework.cooperate.views.rows import row_meant
from entente.records.door import DeskRequest, consult, desk_page
from entente.records.leaf import leaf_of
from entente.records.models import Agency, Case, ForceDataset, Seat, Series, TaskForce
from entente.safeguards.access import opens_content
from entente.vocabulary.agency import Officer

LEVEL_NAMES = {
    Level.DATASET: _("Datasets"),
    Level.COUNTRY: _("Likely country"),
    Level.SENT: _("Sent to a partner"),
    Level.IDENTITY: _("Identity information"),
    Level.SAFE: _("Safeguarded"),
}
CAME = LEVEL_NAMES | {Level.DATASET: _("brought")}  # of one dataset
SEAT_NAMES = {
    "invited": _("invited"),
    "joined": _("has a seat"),
    "declined": _("declined"),
    "ended": _("seat ended"),
}


class OpenForm(forms.Form):
    """A new task force."""

    name = forms.CharField(label=_("Name of the task force (never a person's name)"), max_length=80)
    about = forms.CharField(
        label=_("What it is about"),
        help_text=_("Those who are invited read it."),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=2000,
    )
    circle_known = forms.BooleanField(
        label=_("Agencies with a seat may know of each other"),
        required=False,
        help_text=_("Chosen once: seats are taken under it."),
    )


class InviteForm(forms.Form):
    """Who is invited."""

    to = forms.ModelChoiceField(Agency.objects.none(), label=_("Agency"))
    sure = forms.BooleanField(
        label=_("I have checked that we may write to an agency outside the usual circle"), required=False
    )

    def __init__(self, *args: Any, officer: Officer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.officer = officer
        self.fields["to"].queryset = Agency.objects.exclude(pk=officer.agency)  # type: ignore[attr-defined]
        self.fields["to"].label_from_instance = lambda a: a.name  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Warn before the first invitation of an agency outside the usual circle."""
        data = super().clean() or {}
        to = data.get("to")
        if to is not None and not data.get("sure") and self._unusual(to):
            text = gettext(
                "This would be our first question to %(name)s. Check the legal basis and tick this box."
            )
            self.add_error("sure", text % {"name": to.name})
        return data

    def _unusual(self, to: Agency) -> bool:
        before = Seat.objects.filter(owner_id=self.officer.agency, addressed=to)
        return to.kind in UNUSUAL and not before.exists()


class BringForm(forms.Form):
    """A case of our own, or a series of it."""

    what = forms.ChoiceField(label=_("Case, or series of a case"))
    kept = forms.BooleanField(
        label=_("Count it for us and the centre alone"),
        required=False,
        help_text=_("What is restricted is counted so in any case."),
    )

    def __init__(self, *args: Any, officer: Officer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = list(Case.objects.filter(owner_id=officer.agency).order_by("number"))
        parts = Series.objects.filter(case__in=[c.pk for c in held]).select_related("case")
        self.things: dict[str, tuple[Case, Series | None]] = {f"case:{c.pk}": (c, None) for c in held}
        self.things |= {f"series:{s.pk}": (s.case, s) for s in parts}
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            (key, f"{case.number} · {series}" if series else case.number)
            for key, (case, series) in self.things.items()
        ]


@desk_page
def page(request: DeskRequest) -> HttpResponse:
    """List the centre's task forces and our agency's seats; open one."""
    form = OpenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = task_forces.open_force(request.officer, request.purpose, **form.cleaned_data)
            return redirect("task-force", force_id=made.pk)
        except ValueError as fault:
            form.add_error(None, str(fault))
    consult(request, "cooperate")
    works = opens_content(request.officer, request.purpose)
    seats = leaf_of(request, task_forces.our_seats(request.officer) if works else [])
    forces = leaf_of(
        request,
        TaskForce.objects.order_by(F("ended_at").asc(nulls_first=True), "-made_at") if works else [],
        "led",
    )
    context = {
        "forces": forces,
        "seat_leaf": seats,
        "seats": [{"row": s, "state": SEAT_NAMES.get(s.state, s.state)} for s in seats],
        "form": form,
        "coordinates": request.officer.coordinates and works,
        "nav": "requests",
    }
    return render(request, "cooperate/task_forces.html", context, status=400 if form.errors else 200)


def _funnel(board: task_forces.Board, *, inside: bool) -> list[dict[str, Any]]:
    """Return the ladder by level: the counts of what is in sight, and what may be told outside."""
    told = board.counts if inside else {}
    return [
        {"name": LEVEL_NAMES[level], "n": told.get(level), "outside": board.outside.get(level)}
        for level in Level
    ]


@desk_page
def force(request: DeskRequest, force_id: UUID) -> HttpResponse:
    """Show a task force of ours with its board; invite, end a seat, end the force or go on."""
    held = get_object_or_404(TaskForce, pk=force_id)
    invite = InviteForm(officer=request.officer)
    if request.method == "POST":
        act = FORCE_ACTS.get(request.POST.get("do", ""))
        if act is None:
            invite = InviteForm(request.POST, officer=request.officer)
            act = _invite if invite.is_valid() else None
        if act is not None:
            _done(request, lambda: act(request, held, invite))
            return redirect("task-force", force_id=held.pk)
    consult(request, "cooperate")
    board = task_forces.board_of(held)
    datasets, seats = leaf_of(request, board.rows), leaf_of(request, task_forces.seats(held), "seats")
    context = {
        "force": held,
        "leaf": datasets,
        "seat_leaf": seats,
        "seats": [{"row": s, "state": SEAT_NAMES.get(s.state, s.state)} for s in seats],
        "rows": [{"row": d, "level": CAME[level]} for d, level in datasets],
        "funnel": _funnel(board, inside=True),
        "invite": invite,
        "coordinates": request.officer.coordinates,
        "nav": "requests",
    }
    return render(request, "cooperate/task_force.html", context, status=400 if invite.errors else 200)


def _done(request: DeskRequest, act: Callable[[], Any]) -> None:
    try:
        act()
        messages.success(request, gettext("Recorded."))
    except ValueError as fault:
        messages.error(request, str(fault))


def _because(request: DeskRequest) -> str:
    return request.POST.get("reason", "")[:500]


def _invite(request: DeskRequest, held: TaskForce, form: InviteForm) -> None:
    task_forces.invite(request.officer, request.purpose, held, form.cleaned_data["to"])


def _end_seat(request: DeskRequest, held: TaskForce, form: InviteForm) -> None:
    row = row_meant(request, task_forces.seats(held))
    task_forces.end_seat(request.officer, request.purpose, row, _because(request))


def _end(request: DeskRequest, held: TaskForce, form: InviteForm) -> None:
    task_forces.turn(request.officer, request.purpose, held, ended=True, because=_because(request))


def _go_on(request: DeskRequest, held: TaskForce, form: InviteForm) -> None:
    task_forces.turn(request.officer, request.purpose, held, ended=False, because=_because(request))


FORCE_ACTS = {"end-seat": _end_seat, "end": _end, "go-on": _go_on}


@desk_page
def seat(request: DeskRequest, seat_id: UUID) -> HttpResponse:
    """Show the seat of our agency: answer, bring datasets, take them out, read the board."""
    held = get_object_or_404(task_forces.our_seats(request.officer), pk=seat_id)
    if request.method == "POST":
        act = SEAT_ACTS.get(request.POST.get("do", ""), _unknown)
        _done(request, lambda: act(request, held))
        return redirect("seat", seat_id=held.pk)
    consult(request, "cooperate")
    board, circle = None, []
    if held.state == "joined":
        try:
            board = task_forces.board_at(request.officer, held)
            circle = task_forces.circle_of(request.officer, held)
        except task_forces.NotInForce:
            board = None  # the force has ended
    rows = leaf_of(request, board.rows if board else [])
    numbers = dict(Case.objects.filter(pk__in=[d.case_id for d, _ in rows]).values_list("pk", "number"))
    parts = dict(Series.objects.filter(pk__in=[d.series_id for d, _ in rows]).values_list("pk", "name"))
    context = {
        "seat": held,
        "state": SEAT_NAMES.get(held.state, held.state),
        "board": board,
        "circle": circle,
        "leaf": rows,
        "rows": [
            {
                "row": d,
                "level": CAME[level],
                "case": numbers.get(d.case_id, ""),
                "series": parts.get(d.series_id, "") if d.series_id else "",
            }
            for d, level in rows
        ],
        "funnel": _funnel(board, inside=False) if board else [],
        "bring": BringForm(officer=request.officer) if board else None,
        "nav": "requests",
    }
    return render(request, "cooperate/seat.html", context)


def _unknown(request: DeskRequest, held: Seat) -> None:
    raise task_forces.NotInForce(gettext("Choose what to do."))


def _join(request: DeskRequest, held: Seat) -> None:
    task_forces.answer(request.officer, request.purpose, held, join=True)


def _decline(request: DeskRequest, held: Seat) -> None:
    task_forces.answer(request.officer, request.purpose, held, join=False, because=_because(request))


def _leave(request: DeskRequest, held: Seat) -> None:
    task_forces.end_seat(request.officer, request.purpose, held, _because(request))


def _bring(request: DeskRequest, held: Seat) -> None:
    form = BringForm(request.POST, officer=request.officer)
    if not form.is_valid():
        raise task_forces.NotInForce(gettext("Choose a case of ours, or a series of one."))
    case, series = form.things[form.cleaned_data["what"]]
    kept = form.cleaned_data["kept"]
    task_forces.bring(request.officer, request.purpose, held, case, series, kept=kept)


def _take_out(request: DeskRequest, held: Seat) -> None:
    row = row_meant(request, ForceDataset.objects.filter(seat=held, owner_id=request.officer.agency))
    task_forces.take_out(request.officer, request.purpose, row, _because(request))


SEAT_ACTS = {"join": _join, "decline": _decline, "leave": _leave, "bring": _bring, "take-out": _take_out}
