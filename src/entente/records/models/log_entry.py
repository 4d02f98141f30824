"""The sealed log's rows: the entry's own bytes and columns to search by, what opens it, and the tree."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models

from entente.records.models.handled import Guarded
from entente.safeguards import strict_json
from entente.safeguards.access import Shape, Thing


class LogEntry(Guarded):
    """One sealed entry. ``body`` is what is sealed; the other columns repeat it for searching."""

    shape = Shape.LOG

    seq = models.PositiveBigIntegerField(unique=True)
    body = models.TextField()
    leaf = models.CharField(max_length=64)
    at = models.DateTimeField()
    agency = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    account = models.UUIDField(null=True, db_index=True)  # null once forgotten
    case = models.UUIDField(null=True, db_index=True)
    thing = models.UUIDField(null=True)
    verb = models.CharField(max_length=10)
    step = models.CharField(max_length=20)

    class Meta:
        ordering = ["seq"]

    @property
    def told(self) -> dict[str, Any]:
        """The sealed body with its personal fields opened, unless erased; a changed one may be empty."""
        try:
            told = strict_json.loads(self.body)
        except ValueError:
            return {}
        if not isinstance(told, dict):
            return {}
        try:
            return told | self.opening.values()
        except ObjectDoesNotExist:
            return told | dict.fromkeys(LogOpening.PERSONAL, "") if "entry" in told else told

    def as_thing(self) -> Thing:
        """An entry is read by the data protection officer of the agency that acted."""
        return Thing(Shape.LOG, owner=self.agency_id, id=self.pk)


class LogOpening(Guarded):
    """What an entry's commitments stand for: the only place of the log that knows a person.

    It has the entry's own id. Erasing it leaves the entry, its leaf and the tree as they were.
    """

    shape = Shape.LOG
    PERSONAL = ("officer", "session", "reason")

    entry = models.OneToOneField(LogEntry, models.CASCADE, related_name="opening")
    agency = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    officer = models.CharField(max_length=36)
    session = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    # 32 random bytes each, in hex; that of the states is empty where no state was sealed
    officer_salt = models.CharField(max_length=64)
    session_salt = models.CharField(max_length=64)
    reason_salt = models.CharField(max_length=64)
    state_salt = models.CharField(max_length=64, blank=True)

    def values(self) -> dict[str, str]:
        """Return the personal fields by name."""
        return {field: getattr(self, field) for field in self.PERSONAL}

    def as_thing(self) -> Thing:
        """Read by whom the entry is read."""
        return Thing(Shape.LOG, owner=self.agency_id, id=self.pk)


class LogNode(models.Model):
    """The hash of one complete subtree above the leaves, under ``tree.place(level, index)``."""

    place = models.BigIntegerField(primary_key=True)
    hash = models.BinaryField(max_length=32)


class LogHead(models.Model):
    """The one row that holds the tree's size, root and frontier; locked while an entry is sealed."""

    size = models.PositiveBigIntegerField(default=0)
    root = models.CharField(max_length=64, blank=True)
    frontier = models.JSONField(default=list)
