"""Agencies of the circle, and the accounts of their officers."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models

from entente.records import clock, guard
from entente.vocabulary.agency import Agency as AgencyWord
from entente.vocabulary.agency import AgencyKind, Membership, Officer, Part, Role, Strength
from entente.vocabulary.handling import Purpose


class Agency(models.Model):
    """A partner of the circle. All who are logged in know the circle; nobody knows who else was asked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    short = models.CharField(max_length=12, unique=True)
    country = models.CharField(max_length=2)
    kind = models.CharField(max_length=24, choices=[(k.value, k.value) for k in AgencyKind])
    contact = models.CharField(max_length=200)
    votes_needed = models.PositiveSmallIntegerField(null=True)  # for a second opinion, in its cases

    class Meta:
        ordering = ["short"]
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.short

    def as_word(self) -> AgencyWord:
        """Return the vocabulary's agency."""
        return AgencyWord(self.id, self.name, self.country, AgencyKind(self.kind), self.contact)


class Account(AbstractUser):
    """An officer's account. ``username`` is the service number; no name is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="accounts")
    roles = models.JSONField(default=list)
    purposes = models.JSONField(default=list)
    language = models.CharField(max_length=5, default="en")

    REQUIRED_FIELDS = ["agency"]

    @property
    def service_number(self) -> str:
        """What pages and logs call the officer."""
        return self.username

    def as_officer(
        self, strength: Strength = Strength.HOST, parts: Iterable[tuple[Any, ...]] | None = None
    ) -> Officer:
        """Return the law's view of this account, with its memberships as they stand now.

        ``strength`` is how sure we are of the person: a page says what its session proved; the command line
        and the worker are the program itself. ``parts`` are its memberships (case, part, since, until) where
        they were just read for many accounts at once.
        """
        from entente.records.models.case import Membership as Row

        rows = parts
        if rows is None:
            with guard.system("load an officer's memberships"):
                rows = list(Row.objects.filter(account=self).values_list("case_id", "part", "since", "until"))
        return Officer(
            id=self.id,
            agency=self.agency_id,
            roles=frozenset(Role(r) for r in self.roles),
            purposes=frozenset(Purpose(p) for p in self.purposes),
            memberships=tuple(Membership(c, Part(p), since, until) for c, p, since, until in rows),
            strength=strength,
            kind=AgencyKind(self.agency.kind),
        )


class LoginLink(models.Model):
    """A log-in that works once and not for long; only its hash is kept."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    hash = models.CharField(max_length=64, unique=True)
    expires = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    @classmethod
    def issue(cls, account: Account, lasting: timedelta = timedelta(hours=12)) -> str:
        """Return a new secret for ``account``."""
        secret = secrets.token_urlsafe(24)
        cls.objects.create(
            account=account, hash=sha256(secret.encode()).hexdigest(), expires=clock.now() + lasting
        )
        return secret

    @classmethod
    def redeem(cls, secret: str) -> Account | None:
        """Return the account of an unused, unexpired secret and use it up; ``None`` otherwise."""
        now = clock.now()
        fresh = cls.objects.filter(hash=sha256(secret.encode()).hexdigest(), used_at=None, expires__gt=now)
        fresh = fresh.filter(account__is_active=True)
        if fresh.update(used_at=now) != 1:
            return None
        return cls.objects.select_related("account").get(hash=sha256(secret.encode()).hexdigest()).account
