"""Hash lists of an agency, what could not be read of them, and what they say about the items of a case."""

from __future__ import annotations

from django.db import models

from entente.records import clock
from entente.records.models.handled import CaseBound, Guarded
from entente.safeguards.access import Shape, Thing


class HashList(Guarded):
    """A list as one agency holds it. A hash list is sensitive personal data: no other agency sees it."""

    shape = Shape.AGENCY

    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    format = models.CharField(max_length=20)
    profile = models.CharField(max_length=40, blank=True)
    model_version = models.CharField(max_length=10, blank=True)
    sha256 = models.CharField(max_length=64)
    imported_at = models.DateTimeField(default=clock.now)
    imported_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+")
    read = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    harmless = models.BooleanField(default=False)  # a known-harmless list hides, it never alerts

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="list_name_per_agency")]

    def __str__(self) -> str:
        return self.name

    def as_thing(self) -> Thing:
        """A list is its agency's."""
        return Thing(Shape.AGENCY, owner=self.owner_id, id=self.pk)


class ListedHash(Guarded):
    """One record of a list. PhotoDNA is kept and passed on, never compared."""

    shape = Shape.AGENCY

    list = models.ForeignKey(HashList, models.CASCADE, related_name="entries")
    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    line = models.PositiveIntegerField()
    md5 = models.CharField(max_length=32, blank=True, db_index=True)
    sha1 = models.CharField(max_length=40, blank=True, db_index=True)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    pdq = models.CharField(max_length=64, blank=True)
    photodna = models.TextField(blank=True)
    category = models.CharField(max_length=40, blank=True)  # opaque under the list's profile
    series = models.CharField(max_length=120, blank=True)
    victim_identified = models.BooleanField(null=True)
    other = models.JSONField(default=dict)

    class Meta:
        ordering = ["line"]

    def as_thing(self) -> Thing:
        """A record is its agency's."""
        return Thing(Shape.AGENCY, owner=self.owner_id, id=self.pk)


class ListRefusal(Guarded):
    """A record of a list that could not be read: kept, with its place and the mend."""

    shape = Shape.AGENCY

    list = models.ForeignKey(HashList, models.CASCADE, related_name="refusals")
    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    line = models.PositiveIntegerField()
    code = models.CharField(max_length=40)
    reason = models.TextField()

    class Meta:
        ordering = ["line"]

    def as_thing(self) -> Thing:
        """A refusal is its agency's."""
        return Thing(Shape.AGENCY, owner=self.owner_id, id=self.pk)


class Match(CaseBound):
    """What a list says about an item: the verdict with everything needed to check it."""

    media = models.ForeignKey("records.Media", models.CASCADE, related_name="matches")
    verdict = models.CharField(max_length=8)
    list_name = models.CharField(max_length=120)
    entry = models.CharField(max_length=80)
    category = models.CharField(max_length=80, blank=True)
    distance = models.PositiveSmallIntegerField(null=True)
    transform = models.CharField(max_length=16)
    because = models.TextField()
    method = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    segments = models.JSONField(default=list)
    state = models.CharField(max_length=10, default="proposed")  # proposed, confirmed, refused: by a person
    decided_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["media", "distance"]
        constraints = [
            models.UniqueConstraint(
                fields=["media", "owner", "list_name", "entry", "transform"], name="match_once"
            )
        ]
