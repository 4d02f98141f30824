"""``entente init``: make a desk, or add an agency and an officer to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from entente.cli import words
from entente.evidence.keys import KeyRefused, node_key, read_passphrase, seal_key
from entente.vocabulary.agency import AgencyKind, Role
from entente.vocabulary.handling import Purpose
from entente.web import start

CASEWORK = [Purpose.VICTIM_IDENTIFICATION, Purpose.SAFEGUARDING, Purpose.PROSECUTION]


class NotAdded(ValueError):
    """The officer was not added; the text says the mend."""


def run(arguments: list[str]) -> int:
    """Make the desk; print a log-in link that works once."""
    made = words.parser("init", "make a desk, or add an agency and an officer to one")
    made.add_argument("folder", nargs="?", help="where the desk lives (default: ENTENTE_DESK)")
    made.add_argument("--agency", default="National unit", help="the agency's name")
    made.add_argument("--short", default="NU", help="its short name")
    made.add_argument("--country", default="EU", help="ISO 3166-1 alpha-2")
    made.add_argument("--kind", default=AgencyKind.NATIONAL_UNIT.value, choices=[k.value for k in AgencyKind])
    made.add_argument("--contact", default="", help="the contact route given with a hit, never a person")
    made.add_argument("--officer", default="NU-1001", help="service number")
    made.add_argument(
        "--role", action="append", choices=[r.value for r in Role], help="may be repeated (default: examiner)"
    )
    made.add_argument("--reset-keys", action="store_true", help="take an officer's lost keys away first")
    made.add_argument(
        "--seal-key",
        action="store_true",
        help="seal the node key with the passphrase in ENTENTE_PASSPHRASE_FILE",
    )
    told = made.parse_args(arguments)
    folder = start.folder_of(told.folder)
    os.umask(0o077)
    start.make_desk(folder)
    try:
        secret = _add(told)
        if told.seal_key:
            _seal_key(folder)
    except (KeyRefused, NotAdded) as fault:
        return words.refuse("init", fault)
    words.say(
        {
            "desk": str(folder),
            "agency": told.short,
            "officer": told.officer,
            "log_in_once": f"/enter/{secret}/",
        },
        told.json,
    )
    return 0


def _demand_no_keys(account: Any, *, reset: bool) -> None:
    """A one-time link is for the first enrolment: an account with keys gets one when they are taken away."""
    from allauth.mfa.models import Authenticator
    from django.conf import settings

    from entente.records import sessions
    from entente.records.accounts import has_keys

    if reset:
        Authenticator.objects.filter(user=account).delete()
        account.set_unusable_password()
        account.save()
        sessions.end(account.pk)
    elif has_keys(account) and not settings.DEMONSTRATION:
        raise NotAdded(f"{account.username} logs in with keys of its own; if they are lost, add --reset-keys")


def _seal_key(folder: Path) -> None:
    """Seal the node key with the passphrase that the site keeps elsewhere."""
    key = folder / "keys" / "node.key"
    seal_key(key, read_passphrase(key))


def _add(told: object) -> str:
    from django.conf import settings
    from django.db import transaction

    from entente.records import log
    from entente.records.models import Account, Agency, LoginLink
    from entente.safeguards.access import Act, Deny, Shape, Thing
    from entente.safeguards.accounts import fits

    node_key(settings.KEY_FOLDER / "node.key", store=settings.EVIDENCE_ROOT)
    roles = told.role or [Role.EXAMINER.value]  # type: ignore[attr-defined]
    audits = Role.DATA_PROTECTION.value in roles
    purposes = [Purpose.DATA_PROTECTION_AUDIT] if audits else CASEWORK
    kind = AgencyKind(told.kind)  # type: ignore[attr-defined]
    if isinstance(verdict := fits(frozenset(Role(r) for r in roles), frozenset(purposes), kind), Deny):
        raise NotAdded(verdict.reason)
    with transaction.atomic():
        agency, _ = Agency.objects.get_or_create(
            short=told.short,  # type: ignore[attr-defined]
            defaults={
                "name": told.agency,  # type: ignore[attr-defined]
                "country": told.country,  # type: ignore[attr-defined]
                "kind": told.kind,  # type: ignore[attr-defined]
                "contact": told.contact,  # type: ignore[attr-defined]
            },
        )
        account, new = Account.objects.get_or_create(
            username=told.officer,  # type: ignore[attr-defined]
            defaults={"agency": agency, "roles": roles, "purposes": [str(p) for p in purposes]},
        )
        if new:
            account.set_unusable_password()
            account.save()
        elif account.agency_id != agency.pk:
            raise NotAdded(f"{account.username} is of another agency; name that one with --short")
        else:
            _demand_no_keys(account, reset=told.reset_keys)  # type: ignore[attr-defined]
        secret = LoginLink.issue(account)
        thing = Thing(Shape.AGENCY, owner=agency.id)  # the account is the officer, behind a commitment
        log.append(
            account.as_officer(),
            Act.GRANT,
            thing,
            purposes[0],
            step="init",
            reason="an account was made" if new else "a log-in link was issued",
        )
    return secret
