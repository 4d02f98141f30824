"""What is written of log-ins and keys: each a sealed entry of the account's own agency, and no content."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_set
from allauth.account.signals import user_logged_in as entered
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import transaction
from django.dispatch import receiver

from entente.records import log, sessions
from entente.records.models import Account
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.handling import Purpose


def write(account: Account, reason: str, *, verb: str = "admin", result: str = "done") -> None:
    """Seal that something happened to ``account`` by its own officer, or by whoever tried to be."""
    purpose = Purpose(account.purposes[0]) if account.purposes else Purpose.DATA_PROTECTION_AUDIT
    thing = Thing(Shape.AGENCY, owner=account.agency_id, id=account.pk)
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


@receiver(entered)
def logged_in(sender: object, request: Any, user: Account, **_: Any) -> None:
    """A log-in through the door; by what is said in words."""
    write(user, "logged in")


@receiver(user_login_failed)
def refused(sender: object, credentials: dict[str, Any], **_: Any) -> None:
    """A wrong password for an account that is there; one that is not has no agency to tell."""
    tried = Account.objects.filter(username=str(credentials.get("username", ""))).first()
    if tried is not None:
        write(tried, "a log-in with a wrong password", verb="denied", result="denied")


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
