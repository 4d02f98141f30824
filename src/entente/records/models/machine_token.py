"""Tokens with which a machine of an agency fetches what was opened for that agency, in an officer's name."""

from __future__ import annotations

import uuid

from django.db import models

from entente.records import clock
from entente.records.models.agency import Account


class MachineToken(models.Model):
    """One token. Only its hash is kept; it acts as ``account``, with the rights that account has then."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    expires = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["made_at"]
