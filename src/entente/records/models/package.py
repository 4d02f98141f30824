"""Packages between desks: what went and came, what was told of each thing, and what partners told us."""

from __future__ import annotations

import uuid

from django.db import models

from entente.records import clock
from entente.records.models.handled import CaseBound, Guarded
from entente.safeguards.access import Shape, Thing


class _OfAgency(Guarded):
    """An agency's own book of its exchange: numbers, digests and counts, and no content."""

    shape = Shape.AGENCY

    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    def as_thing(self) -> Thing:
        """It is its agency's."""
        return Thing(Shape.AGENCY, owner=self.owner_id, id=self.pk)


class Package(_OfAgency):
    """One package that went or came. Its number counts in the line of the sender's card to its recipient."""

    partner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    known_as = models.UUIDField()  # the number by which the partner calls itself
    outgoing = models.BooleanField()
    key = models.CharField(max_length=64)  # of the card that signed it
    number = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64, db_index=True)
    before = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=20)
    case = models.UUIDField(null=True)  # ours; the page names it to those who are in it
    purpose = models.CharField(max_length=40)
    basis = models.CharField(max_length=60, blank=True)
    codes = models.CharField(max_length=16, default="H0")
    count = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    issued = models.DateTimeField()
    expires = models.DateTimeField()
    log = models.TextField(blank=True)  # the signed head of the sender's log
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    state = models.CharField(max_length=8)  # sent; waits, taken
    left_out = models.JSONField(default=list)  # sentences: of the sender, or of what was not taken here
    receipt = models.JSONField(default=dict)  # what the other side says became of it

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "known_as", "outgoing", "key", "number"], name="package_number_once"
            )
        ]


class SentThing(_OfAgency):
    """What was last said of a thing to one partner, so that a withdrawal reaches everybody who was told."""

    to = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    origin = models.UUIDField()  # whose thing it is, as that agency calls itself
    thing = models.UUIDField(db_index=True)
    case = models.UUIDField()
    kind = models.CharField(max_length=8)
    version = models.PositiveBigIntegerField()
    content = models.CharField(max_length=64)
    withdrawn = models.BooleanField(default=False)
    package = models.ForeignKey(Package, models.PROTECT, related_name="things")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "to", "thing"], name="last_said_of_a_thing")]


class PartnerCase(_OfAgency):
    """Where what an originator sends of one of its cases goes here.

    Its things go into a case of ours, which an officer named. What it addressed to this agency (requests,
    products) stands in ``shell``: a case of the partner's own, without a member, a title or a clock.
    """

    known_as = models.UUIDField()
    theirs = models.UUIDField()
    case = models.UUIDField(null=True)
    shell = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "known_as", "theirs"], name="partners_case_once")
        ]


class PrivateCheck(_OfAgency):
    """A private cross-check with one partner: who asked, how much, and what went over; nobody's identifiers.

    ``secret`` is the asker's key and which of its identifiers stands where, sealed, until the answer was
    read; ``request`` is the partner's blinded question, until an officer decided on it.
    """

    partner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    outgoing = models.BooleanField()
    case = models.UUIDField(null=True)  # ours, that asks
    number = models.UUIDField(default=uuid.uuid4)  # by which both sides call it
    kinds = models.JSONField(default=list)
    asked = models.PositiveIntegerField()
    held = models.PositiveIntegerField(null=True)  # with how many it was compared
    hits = models.PositiveIntegerField(null=True)  # the asker alone knows
    secret = models.BinaryField(default=bytes)
    request = models.BinaryField(default=bytes)
    state = models.CharField(max_length=8)  # asked, read; waits, answered, refused
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey("records.Account", models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    because = models.CharField(max_length=300, blank=True)
    messages = models.JSONField(default=list)  # what went over: which way, how many bytes, SHA-256

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "outgoing", "number"], name="private_check_once")
        ]


class PartnerThing(CaseBound):
    """What an originator elsewhere said of one of its things; ``owner`` is that originator.

    Handling, audience and releases are those that bind here. A withdrawn thing keeps its number and nothing
    of what it was.
    """

    holder = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")  # to whom it was sent
    origin = models.UUIDField()  # the originator, as it calls itself
    thing = models.UUIDField(default=uuid.uuid4)
    kind = models.CharField(max_length=8)
    version = models.PositiveBigIntegerField()
    withdrawn = models.BooleanField(default=False)
    statement = models.JSONField()  # as its originator signed it
    signature = models.CharField(max_length=128)
    markings = models.JSONField(default=dict)  # what others added to its handling
    taken_as = models.ForeignKey("records.Clue", models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["made_at"]
        constraints = [
            models.UniqueConstraint(fields=["holder", "origin", "thing"], name="told_of_a_thing_once")
        ]

    @property
    def body(self) -> dict[str, object]:
        """What is said of the thing."""
        told = self.statement.get("body")
        return told if isinstance(told, dict) else {}
