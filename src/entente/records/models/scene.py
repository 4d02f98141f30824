"""Scene features of an item: what is needed to find parts of it again. The features lie in the store."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound


class SceneFeatures(CaseBound):
    """The features of a picture as one agency holds them, sealed under ``key``, or why there are none.

    Personal data like the picture they come from: handled as it is, and erased with it.
    """

    media = models.ForeignKey("records.Media", models.CASCADE, related_name="scenes")
    key = models.CharField(max_length=80, blank=True)  # in the evidence store, with a key of the case
    version = models.CharField(max_length=20)  # of the method; features of two are never compared
    count = models.PositiveSmallIntegerField(default=0)
    because = models.CharField(max_length=300, blank=True)  # why it cannot be searched
    asked_of = models.CharField(max_length=64, blank=True)  # digest of the held pictures it was asked of

    class Meta:
        ordering = ["made_at"]
        constraints = [models.UniqueConstraint(fields=["media", "owner"], name="scene_features_once")]
