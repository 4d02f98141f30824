"""Cameras that a case knows by their reference pictures, and what was found of each item and each camera."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound


class Camera(CaseBound):
    """One camera: the pictures that a person says it took, and what their sensor noise has in common.

    The fingerprint lies sealed under ``key``. It is personal data like the pictures it comes from: handled as
    all of them are, and gone with the first of them that is erased.
    """

    name = models.CharField(max_length=40)  # camera of #3: of its first reference picture
    references = models.JSONField()  # ids of the items that it was made of
    key = models.CharField(max_length=80, blank=True)  # in the evidence store, with a key of the case
    rows = models.PositiveIntegerField(default=0)  # of its pictures, as they are stored
    columns = models.PositiveIntegerField(default=0)
    version = models.CharField(max_length=20, blank=True)  # of the method
    because = models.CharField(max_length=300, blank=True)  # why it has no fingerprint

    class Meta:
        ordering = ["made_at"]

    def __str__(self) -> str:
        return self.name


class CameraFinding(CaseBound):
    """What files and noise say of one item and one camera; without ``log10_lr`` nothing can be said."""

    camera = models.ForeignKey(Camera, models.CASCADE, related_name="findings")
    media = models.ForeignKey("records.Media", models.CASCADE, related_name="+")
    told = models.CharField(max_length=16)  # what the files say by themselves
    fitness = models.CharField(max_length=10)  # original, re-saved, resized, unfit
    because = models.CharField(max_length=16)  # why it is of that class
    z = models.FloatField(null=True)
    overlap = models.PositiveIntegerField(default=0)  # pixels
    turns = models.PositiveSmallIntegerField(default=0)
    scale = models.FloatField(default=1)
    log10_lr = models.FloatField(null=True)
    link = models.ForeignKey("records.Link", models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-log10_lr", "-z", "made_at"]
        constraints = [
            models.UniqueConstraint(fields=["camera", "media", "owner"], name="camera_finding_once")
        ]
