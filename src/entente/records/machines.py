"""Tokens of an agency's machines: made by the officer in whose name each fetches, ended by an administrator.

Who keeps accounts has no content, and gets none by a token: nobody makes one for another. A token opens
nothing but what was opened for the agency, and only while its officer may read. It is shown once; only its
hash is kept.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256

from django.db.models import F

from entente.records import clock
from entente.records.act import acting
from entente.records.models import Account, MachineToken
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose

STEP = "machines"
LONGEST = timedelta(days=366)


class NoToken(ValueError):
    """A token could not be made as asked; the text says the mend."""


def make_token(officer: Officer, purpose: Purpose, account: Account, lasting: timedelta) -> str:
    """Return a new secret for a machine that fetches in the officer's own name, ``account``.

    Raises ``guard.Denied`` for who works on no cases, and ``NoToken``.
    """
    if not timedelta(0) < lasting <= LONGEST:
        raise NoToken(f"a token lasts from a day to {LONGEST.days} days")
    with acting(officer, Act.GRANT, _of(account), purpose, step=STEP, reason="make a machine's token"):
        if account.pk != officer.id:
            raise NoToken("a machine's token is made by the officer in whose name it fetches, by nobody else")
        if not account.is_active:
            raise NoToken("this account is closed; name one that is open")
        secret = secrets.token_urlsafe(32)
        MachineToken.objects.create(
            account=account, hash=_hash(secret), made_by_id=officer.id, expires=clock.now() + lasting
        )
    return secret


def end_tokens(officer: Officer, purpose: Purpose, account: Account) -> int:
    """End every token of ``account`` now; return how many."""
    with acting(officer, Act.ADMINISTER, _of(account), purpose, step=STEP, reason="end a machine's tokens"):
        return MachineToken.objects.filter(account=account, ended_at=None).update(ended_at=clock.now())


def account_of(secret: str) -> Account | None:
    """Return in whose name a token fetches; nothing for an unknown, ended or expired one."""
    held = MachineToken.objects.filter(hash=_hash(secret), ended_at=None, expires__gt=clock.now())
    own = held.filter(made_by=F("account"))  # none that somebody else made, as administrators once could
    found = own.filter(account__is_active=True).select_related("account__agency").first()
    return found.account if found else None


def _of(account: Account) -> Thing:
    return Thing(Shape.AGENCY, owner=account.agency_id, id=account.pk)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
