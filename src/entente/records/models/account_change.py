"""A change of an account that widens its rights: asked by one, confirmed by another."""

from __future__ import annotations

import uuid

from django.db import models

from entente.records import clock
from entente.records.models.agency import Account, Agency


class AccountChange(models.Model):
    """What an administrator asked for; nothing of it holds before a second person has confirmed it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="+")  # none: a new one
    service_number = models.CharField(max_length=150)
    what = models.CharField(max_length=12)  # make, widen, reset, reopen
    roles = models.JSONField(default=list)
    purposes = models.JSONField(default=list)
    asked_by = models.ForeignKey(Account, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=10, default="waiting")  # waiting, confirmed, refused
    decided_by = models.ForeignKey(Account, models.CASCADE, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at"]
