"""The vocabularies as an agency changed them: each version whole, none ever overwritten."""

from __future__ import annotations

import uuid

from django.db import models

from entente.records import clock
from entente.records.models.agency import Account, Agency


class VocabularyVersion(models.Model):
    """One version of one vocabulary at one agency; the one with the highest serial is in force there.

    Where an agency changed nothing there is no row, and the file that came with the program holds.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    name = models.CharField(max_length=40)
    serial = models.PositiveIntegerField()
    version = models.CharField(max_length=40)
    text = models.TextField()  # the whole file, as `wordfile.write` writes it
    what = models.CharField(max_length=200)  # what was done to make it
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["name", "-serial"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "name", "serial"], name="vocabulary_serial_once"),
            models.UniqueConstraint(fields=["agency", "name", "version"], name="vocabulary_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
