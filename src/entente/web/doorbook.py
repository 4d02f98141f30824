"""What is written of log-ins and keys: each a sealed entry of the account's own agency, and no content."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.signals import authentication_step_completed, password_changed, password_set
from allauth.account.signals import user_logged_in as entered
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import transaction
from django.dispatch import receiver

from entente.records import log, sessions
from entente.records.models import Account
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.handling import Purpose

logger = logging.getLogger(__name__)


def write(account: Account, reason: str, *, verb: str = "admin", result: str = "done") -> None:
    """Seal that something happened to ``account`` by its own officer, or by whoever tried to be."""
    purpose = Purpose(account.purposes[0]) if account.purposes else Purpose.DATA_PROTECTION_AUDIT
    thing = Thing(Shape.AGENCY, owner=account.agency_id)  # the account is the officer, behind a commitment
    with transaction.atomic():
        log.append(
            account.as_officer(),
            Act.ADMINISTER,
            thing,
            purpose,
            verb=verb,
            step="door",
            reason=reason,
            result=result,
        )


@receiver(user_logged_in)
def begin(sender: object, request: Any, user: Account, **_: Any) -> None:
    """Start the clocks of the log-in; one without them has ended."""
    sessions.begin(request.session)


@receiver(authentication_step_completed)
def proved_again(sender: object, request: Any, **said: Any) -> None:
    """A new key of the session with each new proof: whoever held the old one did not give it."""
    if said.get("reauthenticated"):
        request.session.cycle_key()


@receiver(entered)
def logged_in(sender: object, request: Any, user: Account, **_: Any) -> None:
    """A log-in through the door; by what is said in words."""
    write(user, "logged in")


@receiver(user_login_failed)
def refused(sender: object, credentials: dict[str, Any], **_: Any) -> None:
    """A wrong password for an account that is there; for another, the console is told."""
    tried = Account.objects.filter(username=str(credentials.get("username", ""))).first()
    if tried is not None:
        write(tried, "a log-in with a wrong password", verb="denied", result="denied")
    else:
        logger.warning("a log-in with a service number that this desk does not have")


@receiver(authentication_failed)
def not_proved(sender: object, user: Account, **_: Any) -> None:
    """A password was right, and the code after it was not."""
    write(user, "a wrong second factor", verb="denied", result="denied")


@receiver(authenticator_added)
def enrolled(sender: object, user: Account, authenticator: Any, **_: Any) -> None:
    """A key more."""
    write(user, f"enrolled: {authenticator.type}")


@receiver(authenticator_reset)
def renewed(sender: object, user: Account, authenticator: Any, **_: Any) -> None:
    """New recovery codes."""
    write(user, f"made anew: {authenticator.type}")


@receiver(authenticator_removed)
def removed(sender: object, user: Account, authenticator: Any, **_: Any) -> None:
    """A key less."""
    write(user, f"removed: {authenticator.type}")


@receiver([password_set, password_changed])
def password(sender: object, user: Account, **_: Any) -> None:
    """Another password; Django ends the account's other log-ins, whose seal was made with the old one."""
    write(user, "another password")
