"""Intelligence products: the facts they stand on, so that they can be made again byte for byte."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound


class Product(CaseBound):
    """One issued product. The PDF is made from ``facts`` and ``crops``; ``sha256`` is what it must give."""

    number = models.PositiveIntegerField()
    language = models.CharField(max_length=5, default="en")
    facts = models.JSONField()
    crops = models.JSONField(default=dict)  # reference name → key in the evidence store
    sha256 = models.CharField(max_length=64)
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "owner", "number"], name="product_number_once")
        ]


class Disclosure(CaseBound):
    """Something left: what, to which agency, and what was left out and why."""

    to = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    what = models.CharField(max_length=60)
    thing = models.UUIDField()
    left_out = models.JSONField(default=list)
    held = models.JSONField(default=list)  # ids of all that was in it, for a recall
    recalled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]
