"""One act: ask the law, open the transaction, do it, seal it in the log; or record that it was denied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from entente.records import clock, guard, log
from entente.safeguards.access import Act, Deny, Thing, decide
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


@dataclass(slots=True)
class Deed:
    """What the entry will say; a service may add to it while it acts."""

    reason: str = ""
    recipients: list[UUID] = field(default_factory=list)


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

    Everything inside is one transaction with its log entry: both happen or neither does.
    """
    decision = decide(officer, thing, act, purpose, clock.now())
    if isinstance(decision, Deny):
        with transaction.atomic():
            log.append(
                officer, act, thing, purpose, verb="denied", step=step, reason=reason, result=decision.reason
            )
        raise guard.Denied(decision.reason)
    deed = Deed(reason, list(recipients))
    with transaction.atomic(), guard.scope(officer, purpose, act):
        yield deed
        log.append(officer, act, thing, purpose, step=step, reason=deed.reason, recipients=deed.recipients)
