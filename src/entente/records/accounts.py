"""Acts on accounts: each asks the law, is sealed as ``admin``, and touches no case.

What widens rights waits for a second person (another administrator or the data protection officer of the
agency); where there is none it holds at once, and the log says that nobody else was there. What narrows,
closes or ends holds at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import transaction

from entente.records import clock, guard, limits, log, sessions
from entente.records.models import Account, AccountChange, LoginLink
from entente.safeguards.access import Act, Allow, Deny, Shape, Thing, decide
from entente.safeguards.accounts import KEEPERS, Change, Held, may_change, may_confirm, widens
from entente.vocabulary.agency import AgencyKind, Officer, Role
from entente.vocabulary.handling import Purpose

STEP = "accounts"


class NotDone(ValueError):
    """The act was not done; the text says the mend."""


def make(
    officer: Officer, purpose: Purpose, number: str, roles: Iterable[str], purposes: Iterable[str]
) -> AccountChange | Account:
    """Make an account of the officer's agency; what waits for a second person is returned as a change."""
    number = number.strip()
    after = Held(None, number, officer.agency, _roles(roles), _purposes(purposes))
    with _changing(officer, purpose, Change.MAKE, None, after) as told:
        if Account.objects.filter(username=number).exists():
            raise NotDone(f"there is an account {number} already; take another number, or reopen it")
        return _do_or_wait(told, officer, Change.MAKE, None, after)


def set_rights(
    officer: Officer, purpose: Purpose, account: Account, roles: Iterable[str], purposes: Iterable[str]
) -> AccountChange | Account:
    """Give an account these roles and purposes in place of those that it has."""
    before = held(account)
    after = replace(before, roles=_roles(roles), purposes=_purposes(purposes))
    with _changing(officer, purpose, Change.RIGHTS, before, after) as told:
        return _do_or_wait(told, officer, Change.RIGHTS, before, after, account)


def close(officer: Officer, purpose: Purpose, account: Account) -> None:
    """Close an account: its log-ins end now, its unused links are worth nothing."""
    with _changing(officer, purpose, Change.CLOSE, held(account), held(account)):
        Account.objects.filter(pk=account.pk).update(is_active=False)
        sessions.end(account.pk)


def reopen(officer: Officer, purpose: Purpose, account: Account) -> AccountChange | Account:
    """Open a closed account again."""
    with _changing(officer, purpose, Change.REOPEN, held(account), held(account)) as told:
        return _do_or_wait(told, officer, Change.REOPEN, held(account), held(account), account)


def reset_keys(officer: Officer, purpose: Purpose, account: Account) -> AccountChange | Account:
    """Take an account's passkeys, password and codes away, for one who lost them."""
    with _changing(officer, purpose, Change.RESET, held(account), held(account)) as told:
        return _do_or_wait(told, officer, Change.RESET, held(account), held(account), account)


def enrolment_link(officer: Officer, purpose: Purpose, account: Account) -> str:
    """Return the secret of a one-time link for the first enrolment of an account without keys."""
    with _changing(officer, purpose, Change.LINK, held(account), held(account)):
        if has_keys(account):
            raise NotDone("this account has keys of its own; have them reset first if they are lost")
        if not account.is_active:
            raise NotDone("this account is closed; reopen it first")
        return LoginLink.issue(account)


def end_sessions(officer: Officer, purpose: Purpose, account: Account) -> int:
    """End all log-ins of an account now; return how many."""
    with _changing(officer, purpose, Change.END, held(account), held(account)):
        return sessions.end(account.pk)


def confirm(officer: Officer, purpose: Purpose, change: AccountChange) -> Account:
    """Be the second person; the rights are judged again as they stand now."""
    with _deciding(officer, purpose, change, "confirm"):
        asker = change.asked_by
        what = Change(change.what)
        before = held(change.account) if change.account else None
        after = _after(change)
        verdict = may_change(asker.as_officer(), what, before, after, *_place(officer))
        if not asker.is_active or isinstance(verdict, Deny):
            raise NotDone("who asked may not do this any more; refuse it")
        _decided(officer, change, "confirmed")
        return _do(what, after, change.account)


def refuse(officer: Officer, purpose: Purpose, change: AccountChange) -> None:
    """Refuse what another asked for."""
    with _deciding(officer, purpose, change, "refuse"):
        _decided(officer, change, "refused")


def held(account: Account) -> Held:
    """Return what an account holds now."""
    return Held(
        account.pk, account.username, account.agency_id, _roles(account.roles), _purposes(account.purposes)
    )


def has_keys(account: Account) -> bool:
    """Whether an account has a passkey or an authenticator app."""
    own = (Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP)
    return Authenticator.objects.filter(user_id=account.pk, type__in=own).exists()


def second_person(officer: Officer, about: Account | None) -> bool:
    """Whether the agency has anybody else who may confirm."""
    others = Account.objects.filter(agency=officer.agency, is_active=True).exclude(pk=officer.id)
    if about is not None:
        others = others.exclude(pk=about.pk)
    return any(_roles(a.roles) & KEEPERS for a in others)


def _do_or_wait(
    told: list[str],
    officer: Officer,
    what: Change,
    before: Held | None,
    after: Held,
    account: Account | None = None,
) -> AccountChange | Account:
    if not widens(what, before, after):
        return _do(what, after, account)
    if not second_person(officer, account):
        told.append("no second person is there")
        return _do(what, after, account)
    told.append("waits for a second person")
    waiting = AccountChange.objects.filter(
        agency_id=officer.agency, service_number=after.number, state="waiting"
    )
    if waiting.exists():
        raise NotDone("a change of this account waits already for a second person; have it decided first")
    return AccountChange.objects.create(
        agency_id=officer.agency,
        account=account,
        service_number=after.number,
        what=str(what),
        roles=sorted(after.roles),
        purposes=sorted(after.purposes),
        asked_by_id=officer.id,
    )


def _do(what: Change, after: Held, account: Account | None) -> Account:
    if account is None:
        if Account.objects.filter(username=after.number).exists():
            raise NotDone(f"there is an account {after.number} already; refuse this")
        account = Account(username=after.number, agency_id=after.agency)
        account.set_unusable_password()
    account.roles, account.purposes = sorted(after.roles), sorted(after.purposes)
    if what is Change.REOPEN:
        account.is_active = True
    if what is Change.RESET:
        Authenticator.objects.filter(user=account).delete()
        LoginLink.objects.filter(account=account, used_at=None).delete()
        account.set_unusable_password()
        sessions.end(account.pk)
    account.save()
    return account


def _after(change: AccountChange) -> Held:
    pk = change.account_id
    roles, purposes = _roles(change.roles), _purposes(change.purposes)
    return Held(pk, change.service_number, change.agency_id, roles, purposes)


def _decided(officer: Officer, change: AccountChange, state: str) -> None:
    rows = AccountChange.objects.filter(pk=change.pk, state="waiting")
    if rows.update(state=state, decided_by_id=officer.id, decided_at=clock.now()) != 1:
        raise NotDone("this was decided already")


def _roles(given: Iterable[str]) -> frozenset[Role]:
    try:
        return frozenset(Role(r) for r in given)
    except ValueError:
        raise NotDone(f"the roles are: {', '.join(Role)}") from None


def _purposes(given: Iterable[str]) -> frozenset[Purpose]:
    try:
        return frozenset(Purpose(p) for p in given)
    except ValueError:
        raise NotDone(f"the purposes are: {', '.join(Purpose)}") from None


def _place(officer: Officer) -> tuple[AgencyKind, str]:
    """Return the kind of the officer's agency, and how its service numbers begin."""
    agency = Account.objects.select_related("agency").get(pk=officer.id).agency
    return AgencyKind(agency.kind), f"{agency.short}-"


@contextmanager
def _changing(
    officer: Officer, purpose: Purpose, what: Change, before: Held | None, after: Held
) -> Iterator[list[str]]:
    """Ask the law twice: whether one keeps accounts at all, and whether one may do this to that account."""
    owner = before.agency if before else after.agency
    thing = Thing(Shape.AGENCY, owner=owner, id=before.id if before else None)
    verdict = decide(officer, thing, Act.ADMINISTER, purpose, clock.now())
    if isinstance(verdict, Allow):
        verdict = may_change(officer, what, before, after, *_place(officer))
    reason = f"{what}: {', '.join(sorted(after.roles))}"
    with _sealed(officer, purpose, thing, _about(reason, "account", thing.id), verdict) as told:
        yield told


@contextmanager
def _deciding(officer: Officer, purpose: Purpose, change: AccountChange, word: str) -> Iterator[None]:
    thing = Thing(Shape.AGENCY, owner=change.agency_id)
    verdict = may_confirm(officer, change.agency_id, change.asked_by_id, change.account_id)
    whose = ("account", change.account_id) if change.account_id else ("request", change.pk)
    with _sealed(officer, purpose, thing, _about(f"{word}: {change.what}", *whose), verdict):
        yield


def _about(reason: str, what: str, pk: UUID | None) -> str:
    """Name the account in the reason: it is behind a commitment and can be forgotten; a thing's id cannot."""
    return f"{reason}; {what} {pk}" if pk else reason


@contextmanager
def _sealed(
    officer: Officer, purpose: Purpose, thing: Thing, reason: str, verdict: Allow | Deny
) -> Iterator[list[str]]:
    """Do what is inside with its entry in one transaction; a denial is an entry of its own."""
    thing = replace(thing, id=None)  # the log says whose agency's accounts, and no account in clear
    if isinstance(verdict, Allow):
        try:
            limits.demand("changes of accounts", officer.id)
        except limits.LimitReached as reached:
            _deny(officer, purpose, thing, reason, str(reached))
            raise
    else:
        _deny(officer, purpose, thing, reason, verdict.reason)
        raise guard.Denied(verdict.reason)
    with transaction.atomic():
        limits.spend("changes of accounts", officer.id)
        told = [reason]
        yield told
        log.append(officer, Act.ADMINISTER, thing, purpose, verb="admin", step=STEP, reason="; ".join(told))


def _deny(officer: Officer, purpose: Purpose, thing: Thing, reason: str, why: str) -> None:
    with transaction.atomic():
        log.append(
            officer, Act.ADMINISTER, thing, purpose, verb="denied", step=STEP, reason=reason, result=why
        )
