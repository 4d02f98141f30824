"""Suspects under numbers, who investigates whom, and the pause where two work on the same identifier."""

from __future__ import annotations

from django.db import models

from entente.records import clock
from entente.records.models.handled import CaseBound, Guarded
from entente.safeguards.access import Shape, Thing
from entente.vocabulary.suspect import DataSubject, Said, SuspectPart


class _Stands(CaseBound):
    """What a person says of a suspect: the part, the category, whether it is known, and how sure."""

    number = models.PositiveIntegerField()
    part = models.CharField(max_length=24, choices=[(p.value, p.value) for p in SuspectPart])
    category = models.CharField(max_length=16, choices=[(c.value, c.value) for c in DataSubject])
    said = models.CharField(max_length=10, choices=[(s.value, s.value) for s in Said])
    evaluation = models.CharField(max_length=2, default="X4")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"SU-{self.number}"


class Suspect(_Stands):
    """A suspect of a case; never a name, only ever a number."""

    because = models.TextField()
    state = models.CharField(max_length=10, default="open")  # open, set aside
    decided_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    decided_because = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="suspect_number_once")]


class SuspectIdentifier(CaseBound):
    """An identifier that somebody works on: a screen name, an address, a number, a serial. Nothing else."""

    suspect = models.ForeignKey(Suspect, models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=200)  # in its one spelling
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_because = models.TextField(blank=True)

    class Meta:
        ordering = ["made_at"]
        indexes = [models.Index(fields=["kind", "value"], name="identifier_worked_on")]


class Investigation(_Stands):
    """The question to one agency whether it investigates a suspect: all that it sees of the case by it."""

    shape = Shape.ADDRESSED

    suspect = models.ForeignKey(Suspect, models.CASCADE, related_name="investigations")
    addressed = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    asked_because = models.TextField()
    state = models.CharField(max_length=10, default="asked")  # asked, taken on, declined, taken back
    answered_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer_because = models.TextField(blank=True)

    class Meta:
        ordering = ["-made_at"]


class Pause(CaseBound):
    """One side of two that work on the same identifier: who the other is and the way to them; no more.

    H2, so that in a joint case only its own agency's members learn of it. The other side has its own row.
    """

    identifier = models.ForeignKey(SuspectIdentifier, models.CASCADE, related_name="pauses")
    pair = models.UUIDField(db_index=True)  # the same on both sides
    other = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    contact = models.CharField(max_length=200)
    state = models.CharField(max_length=8, default="open")  # open, lifted, ended
    agreed_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    agreed_because = models.TextField(blank=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_because = models.TextField(blank=True)  # the centre's words, or that both agreed

    class Meta:
        ordering = ["-made_at"]


class PauseOfTwo(Guarded):
    """What a centre sees of a pause: which two, over which kind of identifier, since when. Nothing else."""

    shape = Shape.AGENCY

    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")  # the centre
    pair = models.UUIDField(db_index=True)
    one = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    other = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    # gone with either side's identifier: what is erased leaves nothing here
    of_one = models.ForeignKey(Pause, models.CASCADE, related_name="+")
    of_other = models.ForeignKey(Pause, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=8, default="open")  # open, lifted, ended
    made_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    decided_because = models.TextField(blank=True)

    class Meta:
        ordering = ["-made_at"]

    def as_thing(self) -> Thing:
        """It is the centre's own."""
        return Thing(Shape.AGENCY, owner=self.owner_id, id=self.pk)
