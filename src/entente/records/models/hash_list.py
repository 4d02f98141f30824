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
    repeated = models.PositiveIntegerField(default=0)  # records that say again what one before them said
    withdrawn = models.PositiveIntegerField(default=0)
    never_held = models.PositiveIntegerField(default=0)  # withdrawn though the list never gave them
    harmless = models.BooleanField(default=False)  # a known-harmless list hides, it never alerts
    software = models.BooleanField(default=False)  # harmless because it is known software
    provider = models.CharField(max_length=200, blank=True)  # who gave it
    given_on = models.DateField(null=True)
    basis = models.CharField(max_length=200, blank=True)  # under what agreement or law
    codes = models.CharField(max_length=16, default="H2")  # the provider's handling codes
    handling_text = models.TextField(blank=True)
    keyed = models.BooleanField(default=True)  # its digests stand under the agency's list key
    removed_at = models.DateTimeField(null=True)  # asked no more; its records are being taken away

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="list_name_per_agency")]

    def __str__(self) -> str:
        return self.name

    def as_thing(self) -> Thing:
        """A list is its agency's."""
        return Thing(Shape.AGENCY, owner=self.owner_id, id=self.pk)


class ListVersion(Guarded):
    """One delivery of a list: what its bytes brought, and whether it was matched backwards yet.

    ``serial`` counts the deliveries of an agency, over all of its lists: it is the state of its lists.
    """

    shape = Shape.AGENCY

    list = models.ForeignKey(HashList, models.CASCADE, related_name="versions")
    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    serial = models.PositiveIntegerField()
    name = models.CharField(max_length=40)  # as the provider calls it, such as 2026-11
    sha256 = models.CharField(max_length=64)
    taken_at = models.DateTimeField(default=clock.now)
    taken_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+")
    read = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    withdrawn = models.PositiveIntegerField(default=0)
    never_held = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    complete = models.BooleanField(default=False)
    backwards = models.CharField(max_length=8, blank=True)  # blank, running, done

    class Meta:
        ordering = ["serial"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "serial"], name="list_state_once"),
            models.UniqueConstraint(fields=["list", "name"], name="version_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def as_thing(self) -> Thing:
        """A delivery is its agency's."""
        return Thing(Shape.AGENCY, owner=self.owner_id, id=self.pk)


class ListedHash(Guarded):
    """One record of a list. PhotoDNA is kept sealed and passed on, never compared.

    ``md5``, ``sha1`` and ``sha256`` are no digests: they are keyed with the agency's list key and cut to the
    same length, so that a stolen table names no file (``casework.match.service.keyed``).
    """

    shape = Shape.AGENCY

    list = models.ForeignKey(HashList, models.CASCADE, related_name="entries")
    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    serial = models.PositiveIntegerField(default=0)  # of the version that brought it; 0 before versions
    line = models.PositiveIntegerField()
    md5 = models.CharField(max_length=32, blank=True, db_index=True)
    sha1 = models.CharField(max_length=40, blank=True, db_index=True)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    pdq = models.CharField(max_length=64, blank=True)
    pdq_quality = models.PositiveSmallIntegerField(null=True)
    pdq_profile = models.CharField(max_length=12, blank=True)
    frames = models.BinaryField(default=bytes, blank=True)  # of a held video, packed: `service.moving`
    photodna = models.TextField(blank=True)
    category = models.CharField(max_length=40, blank=True)  # opaque under the list's profile
    series = models.CharField(max_length=120, blank=True)
    victim_identified = models.BooleanField(null=True)
    other = models.JSONField(default=dict)
    positive = models.PositiveIntegerField(default=0)  # votes of those who share the list
    negative = models.PositiveIntegerField(default=0)
    disputed = models.PositiveIntegerField(default=0)
    aside = models.CharField(max_length=8, blank=True)  # held, kept, released: see Quarantine

    class Meta:
        ordering = ["line"]
        indexes = [models.Index(fields=["owner", "serial"], name="entries_by_state")]

    def as_thing(self) -> Thing:
        """A record is its agency's."""
        return Thing(Shape.AGENCY, owner=self.owner_id, id=self.pk)


class Quarantine(Guarded):
    """A record set aside because it would match everything: why, what it met, and what a person decided."""

    shape = Shape.AGENCY

    list = models.ForeignKey(HashList, models.CASCADE, related_name="quarantines")
    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    listed = models.UUIDField(db_index=True)  # the ListedHash
    entry = models.CharField(max_length=80)
    cause = models.CharField(max_length=8)  # flood: it met too much; blank: it is nearly all zeros or ones
    met = models.PositiveIntegerField(default=0)  # distinct items
    most = models.PositiveIntegerField(default=0)  # more than so many are a flood
    reason = models.TextField()
    at = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=8, default="held")  # held, kept, released
    decided_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)
    said = models.TextField(blank=True)  # the person's reason

    class Meta:
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["listed"], name="set_aside_once")]

    def as_thing(self) -> Thing:
        """It is its agency's."""
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
    list_version = models.CharField(max_length=40, blank=True)  # the delivery that brought the entry
    profile = models.CharField(max_length=12, blank=True)  # under which PDQ came nearest
    segments = models.JSONField(default=list)  # of videos, in seconds of both
    regions = models.JSONField(default=list)  # of a scene: [x, y, w, h] of the item, and of what is held
    # the held picture that a scene is a part of, perhaps of another case: erased with it
    held = models.ForeignKey("records.Media", models.CASCADE, null=True, related_name="+")
    of_list = models.UUIDField(
        null=True, db_index=True
    )  # no keys of the database: what a list said outlives it
    listed = models.UUIDField(null=True, db_index=True)
    suppresses = models.BooleanField(default=False)  # a list of the harmless says so
    # proposed; confirmed, refused: by a person; withdrawn: by the list; set aside: see Quarantine
    state = models.CharField(max_length=10, default="proposed")
    decided_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["media", "distance"]
        constraints = [
            models.UniqueConstraint(
                fields=["media", "owner", "list_name", "entry", "transform"], name="match_once"
            )
        ]


class Compared(CaseBound):
    """Up to which state of its agency's lists an item was asked; ``serial`` is that of ``ListVersion``."""

    media = models.ForeignKey("records.Media", models.CASCADE, related_name="+")
    serial = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["media", "owner"], name="compared_once")]
