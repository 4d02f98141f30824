"""What one agency must be told by another: recalls, corrections, erasures, emergencies, wishes to join."""

from __future__ import annotations

from django.db import models

from entente.records import clock
from entente.records.models.handled import Guarded
from entente.safeguards.access import Shape, Thing

KINDS = ["recall", "correction", "erasure", "emergency", "join", "retention", "reminder", "log"]


class Notice(Guarded):
    """A notice to one agency; no recipient learns of another."""

    shape = Shape.TOLD

    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")  # who tells
    addressed = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=[(k, k) for k in KINDS])
    about = models.UUIDField(null=True)  # the disclosure, emergency or stub that the recipient knows
    text = models.TextField()
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    read_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)  # the recipient says that it followed it
    done_because = models.TextField(blank=True)

    class Meta:
        ordering = ["-made_at"]

    def as_thing(self) -> Thing:
        """A notice is known to the one who tells and the one who is told."""
        return Thing(Shape.TOLD, owner=self.owner_id, addressed=self.addressed_id, id=self.pk)
