"""Search day: elements seen in the media, and what was found in the home."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound


class Element(CaseBound):
    """A thing seen in the media that would be recognised in the home."""

    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    room = models.CharField(max_length=60, blank=True)
    clue = models.ForeignKey("records.Clue", models.SET_NULL, null=True, related_name="+")
    crop = models.ForeignKey("records.Media", models.SET_NULL, null=True, related_name="+")
    seen_at = models.FloatField(null=True)
    evaluation = models.CharField(max_length=2, default="X4")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="element_number_once")]


class ElementMatch(CaseBound):
    """An element met a photo of the searched place: proposed with a reason, confirmed by a person."""

    element = models.ForeignKey(Element, models.CASCADE, related_name="found")
    media = models.ForeignKey("records.Media", models.CASCADE, related_name="+")
    because = models.TextField()
    method = models.CharField(max_length=40)
    distance = models.PositiveSmallIntegerField(null=True)
    t = models.FloatField(null=True)  # second at which it was met, where the file is a video
    place = models.JSONField(null=True)  # the crop's four corners there, [x, y] as fractions
    state = models.CharField(max_length=10, default="proposed")  # proposed, confirmed, refused
    decided_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["element", "media", "owner"], name="element_found_once")
        ]
