"""Who knows what: an officer's own fields of knowledge, so that partners can ask the right person."""

from __future__ import annotations

from django.db import models

from entente.records import clock
from entente.records.models.agency import Account


class Specialist(models.Model):
    """An officer's fields of knowledge, as codes of the vocabulary ``fields_of_knowledge``, said by themself.

    Known in the circle, as service numbers are; it says nothing of any case.
    """

    account = models.OneToOneField(Account, models.CASCADE, primary_key=True, related_name="specialist")
    fields = models.JSONField(default=list)
    changed_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return str(self.account)
