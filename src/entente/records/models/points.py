"""Points of an item by which the same thing or place is found in others. The points lie in the store."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound


class ScenePoints(CaseBound):
    """The points of an item as one agency holds them, sealed under ``key``, or why there are none.

    Personal data like the item they come from: handled as it is, and erased with it.
    """

    media = models.ForeignKey("records.Media", models.CASCADE, related_name="points")
    key = models.CharField(max_length=80, blank=True)  # in the evidence store, with a key of the case
    version = models.CharField(max_length=20)  # of the method; points of two are never compared
    count = models.PositiveIntegerField(default=0)
    because = models.CharField(max_length=300, blank=True)  # why it cannot be compared
    asked = models.BooleanField(default=False)  # it was compared with those that were asked before it

    class Meta:
        ordering = ["made_at"]
        constraints = [models.UniqueConstraint(fields=["media", "owner"], name="scene_points_once")]
