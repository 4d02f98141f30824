"""Cases, who is in them, and when each stage of the ten-day clock was reached."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import models

from entente.records import clock
from entente.records.models.handled import CaseBound, Guarded
from entente.safeguards.access import Shape, Thing
from entente.vocabulary.agency import Part
from entente.vocabulary.case import Clock, Stage
from entente.vocabulary.case import clock as read_clock
from entente.vocabulary.handling import Handling, HandlingCode


class Case(Guarded):
    """One case. Its title is an operation's name; the victim is only ever a V-number."""

    shape = Shape.CASE

    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    number = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    victim_number = models.CharField(max_length=20)
    opened_at = models.DateTimeField(default=clock.now)
    opened_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+")
    codes = models.CharField(max_length=16, default="H0")
    handling_text = models.TextField(blank=True)
    audience = models.CharField(max_length=20, default="TLP:AMBER")
    child_at_risk = models.BooleanField(default=False)
    child_at_risk_because = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True)
    votes_needed = models.PositiveSmallIntegerField(null=True)  # for a second opinion; the agency's if none
    # whether the person who was harmed wishes to be told of re-shares: each, never; blank where nobody asked
    reshare_wish = models.CharField(max_length=5, blank=True)
    items_given = models.PositiveIntegerField(default=0)  # the last item number given out

    class Meta:
        # per agency, so that the number of another agency's case cannot be felt for
        constraints = [models.UniqueConstraint(fields=["owner", "number"], name="case_number_per_agency")]
        ordering = ["opened_at"]

    def __str__(self) -> str:
        return self.number

    @property
    def handling(self) -> Handling:
        """The codes of the case as a whole."""
        return Handling(frozenset(HandlingCode(c) for c in self.codes.split()), self.handling_text)

    def as_thing(self) -> Thing:
        """Return what the law needs to know; a case's own handling binds what leaves it, not its members."""
        return self.thing_of(self.pk, self.owner_id)

    @staticmethod
    def thing_of(case: UUID, owner: UUID) -> Thing:
        """Return a case as the law sees it by its number alone, for what ``owner`` does there."""
        # here, not above: clocks are guarded rows of their own
        from entente.records.models.retention import Restriction

        return Thing(Shape.CASE, owner=owner, case=case, id=case, restricted=Restriction.binds(case))

    def reached(self) -> dict[Stage, datetime]:
        """Return the first moment of each stage reached."""
        found: dict[Stage, datetime] = {}
        for stage, at in Milestone.objects.filter(case=self).order_by("at").values_list("stage", "at"):
            found.setdefault(Stage(stage), at)
        return found

    def clock(self) -> Clock | None:
        """Return the ten-day clock as it stands."""
        return read_clock(self.reached(), clock.now())


class Membership(Guarded):
    """Need to know: an account in a case, with its part and its dates."""

    shape = Shape.CASE

    case = models.ForeignKey(Case, models.CASCADE, related_name="memberships")
    account = models.ForeignKey("records.Account", models.CASCADE, related_name="+")
    part = models.CharField(max_length=8, choices=[(p.value, p.value) for p in Part])
    task = models.CharField(max_length=120, blank=True)
    since = models.DateTimeField(default=clock.now)
    until = models.DateTimeField(null=True)
    added_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    emergency = models.ForeignKey("records.Emergency", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["since"]

    def as_thing(self) -> Thing:
        """A membership is part of its case."""
        return Thing(Shape.CASE, owner=None, case=self.case_id, id=self.pk)


class Milestone(Guarded):
    """A stage of the clock was reached."""

    shape = Shape.CASE

    case = models.ForeignKey(Case, models.CASCADE, related_name="milestones")
    stage = models.CharField(max_length=16, choices=[(s.value, s.value) for s in Stage])
    at = models.DateTimeField(default=clock.now)
    because = models.TextField()
    by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["case", "stage"], name="stage_once")]

    def as_thing(self) -> Thing:
        """A milestone is part of its case."""
        return Thing(Shape.CASE, owner=None, case=self.case_id, id=self.pk)

    @classmethod
    def reach(
        cls, case: Case, stage: Stage, because: str, by: object = None, at: datetime | None = None
    ) -> bool:
        """Record that ``case`` reached ``stage``, once; return whether it was new."""
        made = cls.objects.get_or_create(
            case=case, stage=stage, defaults={"because": because, "at": at or clock.now(), "by_id": by}
        )
        if made[1]:
            # here, not above: a stub is made from a case
            from entente.records.models.stub import Stub

            Stub.renew(case)
        return made[1]


class Change(CaseBound):
    """Something done by hand, with what was there before, so that it can be undone."""

    what = models.CharField(max_length=40)  # such as "merge series"
    before = models.JSONField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]
