"""What shelters a person who looks: own limits, own breaks, views avoided, and who may read the totals."""

from __future__ import annotations

from django.db import models

from entente.records import clock
from entente.records.models.handled import Guarded
from entente.safeguards.access import Shape, Thing


class Own(Guarded):
    """A row that belongs to one person; ``shown_to`` is the one other who may read it, if any."""

    shape = Shape.PERSON

    account = models.ForeignKey("records.Account", models.CASCADE, related_name="+")
    shown_to = models.ForeignKey("records.Account", models.CASCADE, related_name="+", null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True

    def as_thing(self) -> Thing:
        """It is the person's own."""
        return Thing(
            Shape.PERSON,
            owner=self.account.agency_id,
            id=self.pk,
            account=self.account_id,
            shown_to=self.shown_to_id,
        )


class Shelter(Own):
    """The limits that a person sets for the own looking; nothing set, no cue."""

    day_minutes = models.PositiveSmallIntegerField(null=True)
    sitting_minutes = models.PositiveSmallIntegerField(null=True)
    looks_in_a_row = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account"], name="own_limits_once")]


class Rest(Own):
    """A break that a person took, or a pause that the person ended by going on."""

    kind = models.CharField(max_length=8)  # break, on
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at"]


class Spared(Own):
    """What a person answered to: the findings stand here, do you need to see it?"""

    media = models.ForeignKey("records.Media", models.CASCADE, related_name="+")
    needed = models.BooleanField()  # False: went on without a look

    class Meta:
        ordering = ["at"]


class Consent(Own):
    """Totals may be read by one named person, who reads the row while it stands."""

    to = models.ForeignKey("records.Account", models.CASCADE, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at"]


class TotalsRead(Own):
    """Somebody read a person's totals by consent; the person is told."""

    reader = models.ForeignKey("records.Account", models.CASCADE, related_name="+")

    class Meta:
        ordering = ["-at"]
