"""Review: what an officer said of an item with one key."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound

STATES = ("nothing", "again", "done")  # nothing to see, to look at again, done


class Review(CaseBound):
    """One decision on one item: who and when are the row's. The newest in sight is how the item stands.

    Rows are added and never changed, so that no decision meets another that its officer may not see.
    """

    media = models.ForeignKey("records.Media", models.CASCADE, related_name="reviews")
    state = models.CharField(max_length=8, choices=[(s, s) for s in STATES])

    class Meta:
        ordering = ["made_at"]
