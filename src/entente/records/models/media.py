"""Items: each distinct file of a case, where it was found, its frames, and who had to look."""

from __future__ import annotations

from django.db import models

from entente.records import clock
from entente.records.models.handled import CaseBound
from entente.vocabulary.media import Sampling
from entente.vocabulary.media_hash import Profile, Turns

ORIGINS = ["found", "partner", "open source", "seized", "search", "crop"]


class Media(CaseBound):
    """One distinct file of a case, opened or refused. The original is in the evidence store under ``key``."""

    number = models.PositiveIntegerField()  # the item number in the case: #12
    origin = models.CharField(max_length=12, choices=[(o, o) for o in ORIGINS], default="found")
    source = models.CharField(max_length=200)
    size = models.BigIntegerField(default=0)
    md5 = models.CharField(max_length=32, blank=True)
    sha1 = models.CharField(max_length=40, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    key = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=8, blank=True)  # picture, video, or nothing where refused
    mime = models.CharField(max_length=60, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    duration = models.FloatField(null=True)
    pdq = models.CharField(max_length=64, blank=True)
    pdq_turns = models.JSONField(default=dict)  # profile: eight, in the order of Transform
    pdq_raw = models.CharField(max_length=64, blank=True)  # of the stored pixels, where shown turned
    pdq_quality = models.PositiveSmallIntegerField(null=True)
    metadata = models.JSONField(default=dict)  # normalised: make, model, serial, taken_at, gps…
    tags = models.JSONField(default=dict)  # raw, as read
    partial = models.BooleanField(default=False)
    decoded = models.JSONField(default=dict)  # frames decoded, expected, errors
    refusal = models.CharField(max_length=16, blank=True)
    refusal_reason = models.TextField(blank=True)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="crops")
    region = models.JSONField(null=True)  # [x, y, w, h] of the parent, in fractions
    t = models.FloatField(null=True)  # second of the parent
    known = models.CharField(
        max_length=8, blank=True
    )  # exact, near, scene, harmless, new; blank before match

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="item_number_once"),
            models.UniqueConstraint(
                fields=["case", "owner", "sha256", "origin"],
                condition=~models.Q(sha256="") & ~models.Q(origin="crop"),
                name="file_once_per_case_and_origin",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def first_pass(self) -> bool:
        """Whether a video was looked at by its key frames alone so far."""
        return bool(self.decoded.get("pass") == Sampling.KEYS)

    @property
    def full_turns(self) -> Turns:
        """The eight turns of the FULL profile: enough between items that were hashed here."""
        return tuple(self.pdq_turns.get(Profile.FULL, ()))


class Occurrence(CaseBound):
    """One place where a file was found: a path in a batch. Many may name one file."""

    media = models.ForeignKey(Media, models.CASCADE, related_name="occurrences")
    folder = models.TextField(blank=True)
    name = models.TextField()
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["made_at"]
        constraints = [
            models.UniqueConstraint(fields=["media", "folder", "name", "source"], name="occurrence_once")
        ]


class Frame(CaseBound):
    """One hashed frame of a video: its second, its PDQ and quality."""

    media = models.ForeignKey(Media, models.CASCADE, related_name="frames")
    t = models.FloatField()
    pdq = models.CharField(max_length=64)
    quality = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["t"]


class Viewing(CaseBound):
    """Somebody had to look: what was shown, how long, and why. The rest are views avoided."""

    media = models.ForeignKey(Media, models.CASCADE, related_name="viewings")
    account = models.ForeignKey("records.Account", models.PROTECT, related_name="+")
    view = models.CharField(max_length=8)  # grey, edges, crop, clear, sound
    purpose = models.CharField(max_length=40)
    at = models.DateTimeField(default=clock.now)
    milliseconds = models.PositiveIntegerField(default=0)
    t = models.FloatField(null=True)
    recipe = models.JSONField(default=dict)  # how it was adjusted; the same recipe shows the same again

    class Meta:
        ordering = ["at"]
