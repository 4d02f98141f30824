"""One act: ask the law, open the transaction, do it, seal it in the log; or record that it was denied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import transaction

from entente.records import checkpoint, clock, feed, guard, limits, log
from entente.records.models.agency import Account
from entente.records.models.custody import Seal
from entente.safeguards.access import Act, Deny, Thing, decide
from entente.safeguards.limits import of_act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


@dataclass(slots=True)
class Deed:
    """What the entry will say; a service may add to it while it acts."""

    reason: str = ""
    recipients: list[UUID] = field(default_factory=list)
    sealed: list[str] = field(default_factory=list)

    def seal(self, digest: str) -> None:
        """Have the entry commit to a record that the act writes, by its hash in hex."""
        self.sealed.append(digest)


@dataclass(frozen=True, slots=True)
class _Refused:
    """A denial that waits for the outermost act to end, so that its rollback does not take the entry too."""

    officer: Officer
    act: Act
    thing: Thing
    purpose: Purpose
    step: str
    reason: str
    result: str

    def seal(self) -> None:
        """Write the entry in a transaction of its own."""
        with transaction.atomic():
            log.append(
                self.officer,
                self.act,
                self.thing,
                self.purpose,
                verb="denied",
                step=self.step,
                reason=self.reason,
                result=self.result,
            )


# What was denied inside the outermost act under way; ``None`` outside any act.
_refused: ContextVar[list[_Refused] | None] = ContextVar("refused", default=None)


@contextmanager
def acting(
    officer: Officer,
    act: Act,
    thing: Thing,
    purpose: Purpose,
    *,
    step: str,
    reason: str = "",
    recipients: Iterable[UUID] = (),
) -> Iterator[Deed]:
    """Do what is inside as ``officer``, or raise ``Denied`` with a log entry that says so.

    Everything inside is one transaction with its log entry: both happen or neither does. A denial inside
    another act is written once that act has ended, done or undone: it stays in the log either way.
    """
    officer = as_now(officer)
    _ask(officer, act, thing, purpose, step, reason)
    deed = Deed(reason, list(recipients))
    with _denials_kept(), transaction.atomic(), guard.scope(officer, purpose, act), feed.gathering() as told:
        _within_limits(_Refused(officer, act, thing, purpose, step, reason, "too often"))
        yield deed
        entry = log.append(
            officer,
            act,
            thing,
            purpose,
            step=step,
            reason=deed.reason,
            recipients=deed.recipients,
            after={"sealed": deed.sealed} if deed.sealed else None,
        )
        feed.write(told, entry.seq)
        Seal.objects.bulk_create(
            Seal(digest=digest, seq=entry.seq, place=n) for n, digest in enumerate(deed.sealed)
        )
        if act in {Act.DISCLOSE, Act.EXPORT}:
            checkpoint.on_export()


def demand(officer: Officer, act: Act, thing: Thing, purpose: Purpose, *, step: str, reason: str) -> None:
    """Raise ``Denied``, with a log entry that says so, where the law says no; a yes is not written down.

    For what must be asked before anything is read or made for an act that follows, and is asked again then.
    """
    _ask(as_now(officer), act, thing, purpose, step, reason)


def _ask(officer: Officer, act: Act, thing: Thing, purpose: Purpose, step: str, reason: str) -> None:
    decision = decide(officer, thing, act, purpose, clock.now())
    if not isinstance(decision, Deny):
        return
    refused = _Refused(officer, act, thing, purpose, step, reason, decision.reason)
    waiting = _refused.get()
    if waiting is None:
        refused.seal()
    else:
        waiting.append(refused)
    raise guard.Denied(decision.reason)


def _within_limits(asked: _Refused) -> None:
    """Count the act against its named limit, if any; past it the act is denied, and the log says so."""
    limit = of_act(asked.act, asked.step, asked.reason)
    if limit is None:
        return
    try:
        limits.spend(limit, asked.officer.id)
    except limits.LimitReached:
        if (waiting := _refused.get()) is not None:  # it never is: an act keeps its denials
            waiting.append(asked)
        raise


def as_now(officer: Officer) -> Officer:
    """Return the officer as the desk knows them at this moment: a long job ends with a membership or a role.

    The strength stays what this session or program proved. A closed account may do nothing.
    """
    account = Account.objects.select_related("agency").filter(pk=officer.id).first()
    if account is None:
        return officer  # the desk itself, which has no account
    if not account.is_active:
        return replace(officer, roles=frozenset(), purposes=frozenset(), memberships=())
    return account.as_officer(officer.strength)


@contextmanager
def _denials_kept() -> Iterator[None]:
    """Write what was denied inside the outermost act after its transaction."""
    if _refused.get() is not None:
        yield
        return
    waiting: list[_Refused] = []
    token = _refused.set(waiting)
    try:
        yield
    finally:
        _refused.reset(token)
        for each in waiting:
            each.seal()
