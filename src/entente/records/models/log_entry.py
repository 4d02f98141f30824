"""The sealed log's rows: the entry's own bytes, its leaf, and columns to search by."""

from __future__ import annotations

import json
from typing import Any

from django.db import models

from entente.records.models.handled import Guarded
from entente.safeguards.access import Shape, Thing


class LogEntry(Guarded):
    """One sealed entry. ``body`` is what is sealed; the other columns repeat it for searching."""

    shape = Shape.LOG

    seq = models.PositiveBigIntegerField(unique=True)
    body = models.TextField()
    leaf = models.CharField(max_length=64)
    at = models.DateTimeField()
    agency = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    account = models.UUIDField()
    case = models.UUIDField(null=True, db_index=True)
    thing = models.UUIDField(null=True)
    verb = models.CharField(max_length=10)
    step = models.CharField(max_length=20)

    class Meta:
        ordering = ["seq"]

    @property
    def told(self) -> dict[str, Any]:
        """The sealed body: purpose, reason and the rest that has no column; a changed one may be empty."""
        try:
            told = json.loads(self.body)
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}

    def as_thing(self) -> Thing:
        """An entry is read by the data protection officer of the agency that acted."""
        return Thing(Shape.LOG, owner=self.agency_id, id=self.pk)


class LogHead(models.Model):
    """The one row that holds the tree's size, root and frontier; locked while an entry is sealed."""

    size = models.PositiveBigIntegerField(default=0)
    root = models.CharField(max_length=64, blank=True)
    frontier = models.JSONField(default=list)
