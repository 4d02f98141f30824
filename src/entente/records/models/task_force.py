"""Task forces of a centre: who has a seat, and which datasets agencies brought; no level is kept here."""

from __future__ import annotations

from django.db import models

from entente.records import clock
from entente.records.models.handled import Guarded
from entente.safeguards.access import Shape, Thing


class TaskForce(Guarded):
    """A centre's own: its name, what it is about, and whether those with a seat may know each other."""

    shape = Shape.AGENCY

    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)  # an operation's; never a person's
    about = models.TextField()
    circle_known = models.BooleanField(default=False)  # chosen once: seats were taken under it
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    decided_because = models.TextField(blank=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return self.name

    def as_thing(self) -> Thing:
        """It is the centre's own; an agency with a seat sees its seat."""
        return Thing(Shape.AGENCY, owner=self.owner_id, id=self.pk)


class _Between(Guarded):
    """Known to the one who tells and the one who is told; each agency has its own row and sees no other's."""

    shape = Shape.TOLD

    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    addressed = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    force = models.ForeignKey(TaskForce, models.CASCADE, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    decided_because = models.TextField(blank=True)

    class Meta:
        abstract = True

    def as_thing(self) -> Thing:
        """It is between the two."""
        return Thing(Shape.TOLD, owner=self.owner_id, addressed=self.addressed_id, id=self.pk)


class Seat(_Between):
    """The centre's invitation to one agency, and what became of it; all that the agency sees of the force."""

    name = models.CharField(max_length=80)
    about = models.TextField()
    circle_known = models.BooleanField(default=False)
    state = models.CharField(max_length=8, default="invited")  # invited, joined, declined, ended

    class Meta(_Between.Meta):
        abstract = False
        ordering = ["made_at"]


class ForceDataset(_Between):
    """A case, or a series of it, that its agency brought: to the centre a number and how far it came."""

    seat = models.ForeignKey(Seat, models.CASCADE, related_name="+")
    case = models.ForeignKey("records.Case", models.CASCADE, related_name="+")
    series = models.ForeignKey("records.Series", models.CASCADE, null=True, related_name="+")
    number = models.PositiveIntegerField()
    kept = models.BooleanField(default=False)  # counted for its agency and the centre alone
    withdrawn_at = models.DateTimeField(null=True)

    class Meta(_Between.Meta):
        abstract = False
        ordering = ["owner", "number"]
        constraints = [
            models.UniqueConstraint(fields=["force", "owner", "number"], name="dataset_number_once")
        ]

    def __str__(self) -> str:
        return f"D-{self.number}"
