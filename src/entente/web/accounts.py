"""Accounts: one's own log-ins; and, for who keeps them, the accounts of the own agency. No case content."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.examine.service.opinions import set_needed_of_agency
from entente.records import accounts as service
from entente.records import guard, limits, sessions
from entente.records.door import DeskRequest, consult, desk_page
from entente.records.models import Account, AccountChange
from entente.safeguards.access import UNSURE
from entente.safeguards.accounts import KEEPERS, ROLES_OF
from entente.safeguards.opinion import LEAST, MOST
from entente.vocabulary.agency import AgencyKind, Role
from entente.web.context import PURPOSE_NAMES

ROLE_NAMES = {
    Role.EXAMINER: _("Examiner"),
    Role.INVESTIGATOR: _("Investigator"),
    Role.COORDINATOR: _("Coordinator"),
    Role.PROSECUTOR: _("Prosecutor"),
    Role.DATA_PROTECTION: _("Data protection officer"),
    Role.ADMINISTRATOR: _("Administrator"),
}
WHAT_NAMES = {
    "make": _("a new account"),
    "rights": _("other rights"),
    "reopen": _("opened again"),
    "reset": _("its keys taken away"),
}


@require_safe
@login_required
def own_sessions(request: HttpRequest) -> HttpResponse:
    """Show where one is logged in."""
    held = sessions.of_account(_own(request))
    return render(request, "account/sessions.html", {"sessions": held, "here": request.session.session_key})


@require_POST
@login_required
def end_own_sessions(request: HttpRequest) -> HttpResponse:
    """End all of one's log-ins but this one, at once."""
    ended = sessions.end(_own(request), but=request.session.session_key)
    said = ngettext("%(n)d other log-in was ended.", "%(n)d other log-ins were ended.", ended)
    messages.success(request, said % {"n": ended})
    return redirect("own-sessions")


class Rights(forms.Form):
    """Roles and purposes; what the agency may not hold is not offered."""

    roles = forms.MultipleChoiceField(label=_("Roles"), widget=forms.CheckboxSelectMultiple)
    purposes = forms.MultipleChoiceField(label=_("Purposes"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, kind: AgencyKind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(r.value, name) for r, name in ROLE_NAMES.items() if r in ROLES_OF[kind]]
        self.fields["roles"].choices = offered  # type: ignore[attr-defined]
        self.fields["purposes"].choices = [(p.value, n) for p, n in PURPOSE_NAMES.items()]  # type: ignore[attr-defined]


class NewAccount(Rights):
    """A new account of the own agency."""

    number = forms.CharField(label=_("Service number"), max_length=40)
    field_order = ["number", "roles", "purposes"]


def keepers_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a page for administrators and data protection officers; everybody else is told so."""

    @desk_page
    @wraps(view)
    def opened(request: DeskRequest, **kwargs: Any) -> HttpResponse:
        if not request.officer.roles & KEEPERS:
            raise guard.Denied("accounts are kept by an administrator")
        return view(request, **kwargs)

    return opened


@require_safe
@keepers_page
def accounts(request: DeskRequest) -> HttpResponse:
    """List the accounts of the own agency, and what waits for a second person."""
    consult(request, "accounts")
    mine = Account.objects.filter(agency=request.officer.agency).order_by("username")
    waiting = AccountChange.objects.filter(agency=request.officer.agency, state="waiting")
    rows = [(a, _named(a.roles), service.has_keys(a)) for a in mine]
    asked = [(c, WHAT_NAMES.get(c.what, c.what), _named(c.roles)) for c in waiting.select_related("asked_by")]
    return render(
        request,
        "accounts.html",
        {"rows": rows, "asked": asked, "keeps": _keeps(request), "least": LEAST, "most": MOST},
    )


@keepers_page
def new_account(request: DeskRequest) -> HttpResponse:
    """Make an account."""
    form = NewAccount(_kind(request), request.POST or None, initial={"number": f"{_short(request)}-"})
    if request.method == "POST" and form.is_valid():
        try:
            made = service.make(request.officer, request.purpose, **form.cleaned_data)
            _tell(request, made, gettext("The account was made. Issue its one-time link now."))
            return redirect("accounts")
        except (service.NotDone, guard.Denied) as fault:
            _unless_step_up(fault)
            form.add_error(None, str(fault))
    return render(request, "account_new.html", {"form": form}, status=400 if form.errors else 200)


@keepers_page
def account(request: DeskRequest, account_id: UUID) -> HttpResponse:
    """Show one account of the own agency and change its rights."""
    row = _found(request, account_id)
    kept = {"roles": row.roles, "purposes": row.purposes}
    form = Rights(_kind(request), request.POST or None, initial=kept)
    if request.method == "POST" and form.is_valid():
        try:
            done = service.set_rights(request.officer, request.purpose, row, **form.cleaned_data)
            _tell(request, done, gettext("The rights were changed. They hold from the next page on."))
            return redirect("account", account_id=row.pk)
        except (service.NotDone, guard.Denied) as fault:
            _unless_step_up(fault)
            form.add_error(None, str(fault))
    if request.method != "POST" or form.errors:
        consult(request, "account")
    shown = {"row": row, "form": form, "keys": service.has_keys(row), "keeps": _keeps(request)}
    shown["log_ins"] = len(sessions.of_account(row.pk))
    return render(request, "account_one.html", shown, status=400 if form.errors else 200)


@require_POST
@keepers_page
def account_link(request: DeskRequest, account_id: UUID) -> HttpResponse:
    """Issue the one-time link for the first enrolment; it is shown this once."""
    row = _found(request, account_id)
    try:
        secret = service.enrolment_link(request.officer, request.purpose, row)
    except service.NotDone as fault:
        return _not_done(request, row, fault)
    address = request.build_absolute_uri(reverse("enter", args=[secret]))
    return render(request, "account_link.html", {"row": row, "address": address})


def _act(do: Callable[..., Any], said: object) -> Callable[..., HttpResponse]:
    """Make the page of one act on one account."""

    @require_POST
    @keepers_page
    def act(request: DeskRequest, account_id: UUID) -> HttpResponse:
        row = _found(request, account_id)
        try:
            _tell(request, do(request.officer, request.purpose, row), str(said))
        except service.NotDone as fault:
            return _not_done(request, row, fault)
        return redirect("account", account_id=row.pk)

    return act


account_close = _act(service.close, _("The account is closed and its log-ins have ended."))
account_reopen = _act(service.reopen, _("The account is open again."))
account_reset = _act(service.reset_keys, _("Its keys are gone. Issue a one-time link for new ones."))
account_end = _act(service.end_sessions, _("Its log-ins have ended."))


@require_POST
@keepers_page
def account_change(request: DeskRequest, asked_id: UUID) -> HttpResponse:
    """Confirm or refuse, as the second person, what another asked for."""
    change = get_object_or_404(AccountChange, pk=asked_id, agency=request.officer.agency, state="waiting")
    do = service.confirm if request.POST.get("decision") == "confirm" else service.refuse
    try:
        do(request.officer, request.purpose, change)
        messages.success(request, gettext("Decided; it is in the log."))
    except service.NotDone as fault:
        messages.error(request, str(fault))
    return redirect("accounts")


@require_POST
@keepers_page
def agency_votes(request: DeskRequest) -> HttpResponse:
    """Set how many votes a second opinion needs in the agency's cases."""
    asked = request.POST.get("needed", "")
    try:
        number = int(asked) if asked.isascii() and asked.isdigit() else 0
        set_needed_of_agency(request.officer, request.purpose, number)
        messages.success(request, gettext("New questions in your agency's cases need that many votes."))
    except ValueError as fault:
        messages.error(request, str(fault))
    return redirect("accounts")


def _own(request: HttpRequest) -> UUID:
    account = request.user
    assert isinstance(account, Account)  # noqa: S101 - login_required says so
    return account.pk


def _found(request: DeskRequest, account_id: UUID) -> Account:
    return get_object_or_404(Account, pk=account_id, agency=request.officer.agency)


def _kind(request: DeskRequest) -> AgencyKind:
    return AgencyKind(request.user.agency.kind)  # type: ignore[union-attr]


def _short(request: DeskRequest) -> str:
    return str(request.user.agency.short)  # type: ignore[union-attr]


def _keeps(request: DeskRequest) -> bool:
    """Whether one changes accounts; a data protection officer sees them and confirms."""
    return Role.ADMINISTRATOR in request.officer.roles


def _named(roles: list[str]) -> list[str]:
    return [str(ROLE_NAMES[Role(r)]) for r in roles]


def _tell(request: DeskRequest, done: Any, said: str) -> None:
    waits = isinstance(done, AccountChange)
    text = (
        gettext("It waits for a second person to confirm; until then nothing has changed.") if waits else said
    )
    messages.success(request, text)


def _unless_step_up(fault: Exception) -> None:
    """A refusal stands in the form; for want of a passkey, or of time, there is a page of its own."""
    if isinstance(fault, limits.LimitReached) or str(fault) == UNSURE:
        raise fault


def _not_done(request: DeskRequest, row: Account, fault: Exception) -> HttpResponse:
    messages.error(request, str(fault))
    return redirect("account", account_id=row.pk)
