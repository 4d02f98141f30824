"""How long, and what was erased: clocks, the reasons to keep, restrictions, and tombstones."""

from __future__ import annotations

from django.db import models

from entente.records import clock
from entente.records.models.handled import Guarded
from entente.safeguards.access import Shape, Thing
from entente.safeguards.retention import Ground


class _Clockwork(Guarded):
    """A row about a case without its content, for the data protection officer of the owning agency."""

    shape = Shape.CLOCK

    agency = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    case = models.UUIDField(db_index=True)
    thing = models.UUIDField(null=True)  # one object of the case; nothing for the case as a whole
    what = models.CharField(max_length=40)  # case, media, clue, answer…

    class Meta:
        abstract = True

    def as_thing(self) -> Thing:
        """A clock is kept by the data protection officer."""
        return Thing(Shape.CLOCK, owner=self.agency_id, id=self.pk)


class Retention(_Clockwork):
    """One clock (Regulation (EU) 2016/794 art. 31): when it must be reviewed, and what became of it."""

    started = models.DateTimeField()
    provider_limit = models.DateTimeField(null=True)
    due = models.DateTimeField(db_index=True)
    asked_at = models.DateTimeField(null=True)  # when the owner was asked for a reason to keep
    erased_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due"]
        constraints = [models.UniqueConstraint(fields=["case", "thing"], name="clock_once")]


class KeepReview(_Clockwork):
    """A decision to keep, with its reason; without one it does not count."""

    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey("records.Account", models.PROTECT, related_name="+")
    reason = models.TextField()

    class Meta:
        ordering = ["at"]


class Tombstone(_Clockwork):
    """That something was erased, when, why, and the log entry that proves it; nothing of what it was."""

    at = models.DateTimeField(default=clock.now)
    because = models.TextField()
    rows = models.PositiveIntegerField(default=0)
    entry = models.PositiveBigIntegerField(null=True)  # number in the log
    keys = models.JSONField(default=list)  # of bytes whose keys still stand; empty once they are destroyed
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at"]


class Restriction(models.Model):
    """Kept for a named ground alone (art. 31(6)): only read, until it is lifted. Read by the law itself."""

    thing = models.UUIDField(db_index=True)
    ground = models.CharField(max_length=80, choices=[(g.value, g.value) for g in Ground])
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey("records.Account", models.PROTECT, related_name="+")
    reason = models.TextField()
    lifted_at = models.DateTimeField(null=True)

    @classmethod
    def binds(cls, *things: object) -> bool:
        """Whether any of ``things`` (identifiers) is restricted now."""
        return cls.objects.filter(thing__in=[t for t in things if t], lifted_at=None).exists()
