"""Profiles of accounts: the list, one profile with its hours and lines, and what people decide on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.crosscheck import posting, service
from entente.casework.examine import service as examine
from entente.records.door import DeskRequest, case_page
from entente.records.h3 import HandledStrictly
from entente.records.models import AccountLine, Case, Clue, OnlineAccount, PostingFile, Series
from entente.vocabulary.handling import EVALUATIONS
from entente.vocabulary.online import ANALYSED, Concerned, LineKind
from entente.vocabulary.suspect import Said

CATEGORY_NAMES = {
    Concerned.SUSPECT: _("suspect"),
    Concerned.LIKELY_OFFENDER: _("likely offender"),
    Concerned.CONTACT: _("contact or associate"),
    Concerned.WITNESS: _("witness"),
    Concerned.VICTIM: _("victim"),
    Concerned.INFORMANT: _("informant"),
}
STATEMENT_NAMES = {Said.FACT: _("fact"), Said.ASSESSMENT: _("assessment")}
LINE_NAMES = {
    LineKind.NAME: _("other name"),
    LineKind.DEVICE: _("device"),
    LineKind.SERIES: _("shared series"),
}
DIFFER_NAMES = {
    "separators": _("points and dashes"),
    "accents": _("accents"),
    "lookalikes": _("signs that look alike"),
    "digits": _("digits at the end"),
    "slip": _("one slip of the pen"),
    "slips": _("two slips of the pen"),
}
CLUE_STATES = {"proposed": _("proposed"), "confirmed": _("confirmed"), "withdrawn": _("withdrawn")}
REFUSED = (service.OnlineRefused, examine.ExamineRefused)
GRADES = [(e, e) for e in EVALUATIONS]


def _choices(names: dict[Any, Any]) -> list[tuple[str, Any]]:
    return [("", "—"), *((str(value), name) for value, name in names.items())]


class AccountForm(HandledStrictly):
    """An account from a lawful record; whom it concerns has no default."""

    platform = forms.CharField(label=_("Platform"), max_length=80)
    name = forms.CharField(label=_("Screen name"), max_length=120)
    category = forms.ChoiceField(label=_("Whom it concerns"), choices=_choices(CATEGORY_NAMES))
    necessity = forms.CharField(
        label=_("Why it is strictly necessary"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For a victim, a witness, a contact or an informant."),
    )
    source = forms.CharField(label=_("Who gave the record"), max_length=200)
    basis = forms.CharField(label=_("Under which law or order"), max_length=300)
    since = forms.DateField(label=_("It covers from"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("It covers to"), widget=forms.DateInput(attrs={"type": "date"}))
    evaluation = forms.ChoiceField(label=_("Evaluation"), choices=GRADES, initial="X4")
    field_order = (
        "platform", "name", "category", "necessity", "source", "basis", "since", "until", "evaluation",
        "codes", "handling_text",
    )  # fmt: skip


class LineForm(forms.Form):
    """A line of a profile; whether it is a fact has no default."""

    kind = forms.ChoiceField(label=_("What it is about"), choices=_choices(LINE_NAMES))
    value = forms.CharField(label=_("Name or serial number"), required=False, max_length=200)
    series = forms.ModelChoiceField(
        label=_("Series"), queryset=Series.objects.none(), required=False, empty_label="—"
    )
    said = forms.ChoiceField(label=_("Fact or assessment"), choices=_choices(STATEMENT_NAMES))
    evaluation = forms.ChoiceField(label=_("Evaluation"), choices=GRADES, initial="X4")
    because = forms.CharField(
        label=_("On what it rests"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("No message of anybody: name the record and the place in it."),
    )

    def __init__(self, case: Case, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["series"].queryset = Series.objects.filter(case=case)  # type: ignore[attr-defined]


class TimesForm(forms.Form):
    """A file of posting times."""

    times = forms.FileField(label=_("File of times"), help_text=_("CSV, JSON, or one time a line."))
    utc = forms.BooleanField(label=_("Times without an offset are UTC"), required=False)


class TextForm(forms.Form):
    """Texts of the account, to weigh their languages."""

    text = forms.CharField(
        label=_("Texts, one a line"),
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("They are weighed and forgotten. Leave out what others wrote."),
    )


@case_page("crosscheck")
def accounts(request: DeskRequest, case: Case) -> HttpResponse:
    """List the accounts of the case; record one."""
    form = AccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            row = service.record_account(request.officer, request.purpose, case, **form.cleaned_data)
        except REFUSED as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, _("Recorded. Bring its posting times, or add a line."))
            return redirect("crosscheck:account", case_id=case.pk, online_id=row.pk)
    rows = OnlineAccount.objects.filter(case=case).select_related("owner")
    context = {
        "rows": [(row, CATEGORY_NAMES[Concerned(row.category)], _named(row)) for row in rows],
        "form": form,
    }
    return render(request, "crosscheck/accounts.html", context, status=400 if form.errors else 200)


def _named(row: OnlineAccount) -> bool:
    """Whether a list may show the name: never that of a victim, a witness or a contact."""
    return Concerned(row.category) in ANALYSED


@require_safe
@case_page("crosscheck")
def account(request: DeskRequest, case: Case, online_id: UUID) -> HttpResponse:
    """Show a profile: the record, the hours, the languages, names alike, and the lines."""
    return _shown(request, case, _account(case, online_id))


def _account(case: Case, online_id: UUID) -> OnlineAccount:
    rows = OnlineAccount.objects.select_related("owner", "made_by", "decided_by")
    return get_object_or_404(rows, pk=online_id, case=case)


def _shown(request: DeskRequest, case: Case, row: OnlineAccount, **given: forms.Form) -> HttpResponse:
    counts = service.hours_of(row)
    lines = AccountLine.objects.filter(online=row).select_related("made_by", "owner", "series")
    clues = Clue.objects.filter(online=row).select_related("made_by", "decided_by")
    bad = any(form.errors for form in given.values())
    start, fewest = posting.quiet(counts)
    context = {
        "row": row,
        "category": CATEGORY_NAMES[Concerned(row.category)],
        "analysed": _named(row),
        "files": PostingFile.objects.filter(online=row).select_related("made_by"),
        "whole": sum(counts),
        "fewest": posting.FEWEST,
        "hours": posting.hours(counts),
        "width": posting.WIDTH,
        "quiet": (start, (start + posting.QUIET) % 24, fewest),
        "offsets": [(f"{o:+d}", share) for o, share in posting.offsets(counts)],
        "lines": [(one, LINE_NAMES[LineKind(one.kind)], STATEMENT_NAMES[Said(one.said)]) for one in lines],
        "clues": [(clue, CLUE_STATES[clue.state], _weights(clue)) for clue in clues],
        "near": [(n, [DIFFER_NAMES[d] for d in n.how.differ_in]) for n in service.near_names(row)],
        "line_form": given.get("line_form") or LineForm(case, auto_id="line_%s"),
        "times_form": given.get("times_form") or TimesForm(auto_id="times_%s"),
        "text_form": given.get("text_form") or TextForm(auto_id="text_%s"),
    }
    return render(request, "crosscheck/account.html", context, status=400 if bad else 200)


def _weights(clue: Clue) -> list[tuple[str, float]]:
    """Return the largest weights of a language clue."""
    return list(clue.value.items())[:5] if isinstance(clue.value, dict) else []


@require_POST
@case_page("crosscheck")
def times(request: DeskRequest, case: Case, online_id: UUID) -> HttpResponse:
    """Take a file of posting times."""
    row, form = _account(case, online_id), TimesForm(request.POST, request.FILES, auto_id="times_%s")

    def take(given: dict[str, Any]) -> str:
        file, utc = given["times"], given["utc"]
        done = service.take_times(
            request.officer, request.purpose, row, file.read(), name=str(file.name or ""), utc=utc
        )
        return gettext("Counted %(n)s times; %(bad)s lines were refused.") % {
            "n": done.taken,
            "bad": done.bad,
        }

    return _told(request, case, row, "times_form", form, take)


def _told(
    request: DeskRequest,
    case: Case,
    row: OnlineAccount,
    name: str,
    form: forms.Form,
    act: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    """Do ``act`` with what a sound form holds, say what it returns and go back; or show what is wrong."""
    if form.is_valid():
        try:
            says = act(form.cleaned_data)
        except REFUSED as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, says)
            return _back(row)
    return _shown(request, case, row, **{name: form})


def _back(row: OnlineAccount) -> HttpResponse:
    return redirect("crosscheck:account", case_id=row.case_id, online_id=row.pk)


@require_POST
@case_page("crosscheck")
def texts(request: DeskRequest, case: Case, online_id: UUID) -> HttpResponse:
    """Weigh the languages of texts that the officer brings; the texts are not kept."""
    row, form = _account(case, online_id), TextForm(request.POST, auto_id="text_%s")

    def weigh(given: dict[str, Any]) -> str:
        service.weigh_texts(request.officer, request.purpose, row, given["text"])
        return gettext("Proposed. It counts when a person has confirmed it.")

    return _told(request, case, row, "text_form", form, weigh)


@require_POST
@case_page("crosscheck")
def line(request: DeskRequest, case: Case, online_id: UUID) -> HttpResponse:
    """Add a line to a profile."""
    row, form = _account(case, online_id), LineForm(case, request.POST, auto_id="line_%s")

    def add(given: dict[str, Any]) -> str:
        service.add_line(request.officer, request.purpose, row, **given)
        return gettext("Added.")

    return _told(request, case, row, "line_form", form, add)


@require_POST
@case_page("crosscheck")
def decide(request: DeskRequest, case: Case, online_id: UUID) -> HttpResponse:
    """Propose the hours, confirm or withdraw a clue, set a line or the account aside, or take it back in."""
    row, act = _account(case, online_id), request.POST.get("act", "")
    try:
        _done(request, row, act)
    except examine.Stale:
        messages.error(request, _("It was decided meanwhile; see how it stands."))
    except REFUSED as fault:
        messages.error(request, str(fault))
    return _back(row)


def _done(request: DeskRequest, row: OnlineAccount, act: str) -> None:
    officer, purpose, because = request.officer, request.purpose, request.POST.get("because", "")
    if act == "propose-hours":
        service.propose_hours(officer, purpose, row)
        messages.success(request, _("Proposed. It counts when a person has confirmed it."))
    elif act in {"confirm", "withdraw"}:
        clue = get_object_or_404(Clue, pk=_id(request, "clue"), online=row)
        decided = examine.confirm if act == "confirm" else examine.withdraw
        decided(officer, purpose, clue)
        messages.success(request, _("Decided; it is in the log."))
    elif act in {"line-aside", "line-back"}:
        one = get_object_or_404(AccountLine, pk=_id(request, "line"), online=row)
        service.turn_line(officer, purpose, one, keep=act == "line-back", because=because)
    elif act in {"aside", "back"}:
        service.turn_account(officer, purpose, row, keep=act == "back", because=because)
    else:
        messages.error(request, _("Choose what to do."))


def _id(request: DeskRequest, name: str) -> UUID | None:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        return None
