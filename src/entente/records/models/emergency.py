"""Break-glass: a child is at risk now, two people open one way for a short time, and it is reviewed."""

from __future__ import annotations

from django.db import models

from entente.records import clock
from entente.records.models.handled import Guarded
from entente.safeguards.access import Shape, Thing


class Emergency(Guarded):
    """One emergency: who asked and who confirmed, the one act that it allows, until when, and its review.

    What it opens stands in the rows that open anything else: a membership as reader, or a release for one
    agency. Both carry this row and end with it.
    """

    shape = Shape.TOLD

    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")  # of those who ask
    addressed = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")  # the provider
    case = models.UUIDField()
    thing = models.UUIDField(null=True)  # what would be disclosed; nothing for reading the case
    act = models.CharField(max_length=10)  # read, disclose
    to = models.ForeignKey("records.Agency", models.PROTECT, null=True, related_name="+")
    why = models.TextField()
    asked_at = models.DateTimeField(default=clock.now)
    asked_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    until = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)  # a disclosure is one action
    ended_at = models.DateTimeField(null=True)
    review_due = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    finding = models.CharField(max_length=12, blank=True)  # justified, unjustified
    finding_because = models.TextField(blank=True)

    class Meta:
        ordering = ["-asked_at"]

    def as_thing(self) -> Thing:
        """An emergency is known to those who ask, to the provider, and to the officers who review it."""
        return Thing(Shape.TOLD, owner=self.owner_id, addressed=self.addressed_id, id=self.pk)
