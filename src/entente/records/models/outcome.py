"""What became of the case, what each contributor is told, and each re-share as new harm."""

from __future__ import annotations

from django.db import models

from entente.records import clock
from entente.records.models.handled import CaseBound
from entente.safeguards.access import Shape


class Outcome(CaseBound):
    """A recorded outcome; a named officer writes it."""

    what = models.CharField(max_length=40)
    text = models.TextField(blank=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["at"]


class Feedback(CaseBound):
    """What one contributor is told about what its items did."""

    shape = Shape.ADDRESSED

    addressed = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    sentences = models.JSONField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]


class Reshare(CaseBound):
    """An item of the case was met again: one more harm, counted."""

    media = models.ForeignKey("records.Media", models.CASCADE, related_name="reshares")
    seen_at = models.DateTimeField(default=clock.now)
    source = models.CharField(max_length=200)
    because = models.TextField()
    told_at = models.DateTimeField(null=True)  # when the person who was harmed was told of it
    told_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["seen_at"]
        constraints = [
            models.UniqueConstraint(fields=["media", "source", "because", "owner"], name="reshare_once")
        ]
