"""Series: what belongs together, each link with its reason and a person's decision."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound


class Series(CaseBound):
    """A set of items that belong together, as people decided it."""

    name = models.CharField(max_length=80)  # S-1, S-2 …; never a person's name
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["made_at"]
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return self.name


class SeriesItem(CaseBound):
    """One item in one series."""

    series = models.ForeignKey(Series, models.CASCADE, related_name="items")
    media = models.ForeignKey("records.Media", models.CASCADE, related_name="in_series")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "media"], name="in_series_once")]


class Link(CaseBound):
    """A proposed reason why two items belong together, and what a person said of it."""

    a = models.ForeignKey("records.Media", models.CASCADE, related_name="+")
    b = models.ForeignKey("records.Media", models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    grade = models.CharField(max_length=30, blank=True)  # how strong within its kind
    weight = models.FloatField()
    because = models.TextField()
    method = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default="proposed")  # proposed, accepted, refused, set aside
    decided_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)
    where = models.JSONField(default=dict)  # in which part of both items, with the points that say so

    class Meta:
        ordering = ["-weight", "made_at"]
        constraints = [models.UniqueConstraint(fields=["a", "b", "kind", "owner"], name="link_once")]
