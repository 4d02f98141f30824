"""How sure the desk is who sits there: read from what this log-in has proved, never from the account.

allauth writes each step of a log-in with its time into the session. A one-time link proves nothing but that
it was handed over, so on a real desk it opens the account's own pages for enrolment and nothing else; on a
demonstration desk it counts as confirmed, which a banner says on every page.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from entente.records import clock
from entente.vocabulary.agency import Strength

CONFIRMED_FOR = timedelta(minutes=5)
WORKS = frozenset({Strength.SECOND_FACTOR, Strength.PASSKEY, Strength.CONFIRMED, Strength.HOST})
LINK, OIDC = "link", "oidc"


def strength_of(request: HttpRequest) -> Strength:
    """Return how sure this session's log-in is, now."""
    proofs = get_authentication_records(request, request.user)
    if any(p.get("method") == LINK for p in proofs) and settings.DEMONSTRATION:
        return Strength.CONFIRMED
    passkeys = [p for p in proofs if p.get("type") == Authenticator.Type.WEBAUTHN]
    if any(_fresh(p) for p in passkeys):
        return Strength.CONFIRMED
    if passkeys:
        return Strength.PASSKEY
    if any(_second(p) for p in proofs):
        return Strength.SECOND_FACTOR
    return Strength.PASSWORD if any(p.get("method") in {"password", OIDC} for p in proofs) else Strength.NONE


def may_enrol(request: HttpRequest) -> bool:
    """Whether this session may change with what one logs in.

    By a passkey confirmed just now; or by a one-time link while the account has no passkey. A code or a
    password alone never leads to a passkey: else whoever phished one would reveal and export.
    """
    if strength_of(request) is Strength.CONFIRMED:
        return True
    proofs = get_authentication_records(request, request.user)
    return any(p.get("method") == LINK for p in proofs) and not has_passkey(request.user)


def has_passkey(account: Any) -> bool:
    """Whether the account has a passkey."""
    return Authenticator.objects.filter(user_id=account.pk, type=Authenticator.Type.WEBAUTHN).exists()


def _fresh(proof: dict[str, Any]) -> bool:
    age = clock.now().timestamp() - float(proof.get("at", 0))
    return -5 <= age <= CONFIRMED_FOR.total_seconds()


def _second(proof: dict[str, Any]) -> bool:
    """A code after a password; or the agency's own provider, where the agency answers for a second factor."""
    return proof.get("method") == "mfa" or bool(proof.get("method") == OIDC and proof.get("second_factor"))
