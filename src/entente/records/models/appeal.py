"""Appeals to the public: a sanitised crop that two people let out, and the tips that came back."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound


class Appeal(CaseBound):
    """One object asked of the public: proposed by one person, approved by another, never by the same.

    ``key`` is the copy that would be public, byte for byte: fresh, without metadata.
    """

    number = models.CharField(max_length=12)  # A- and eight signs by chance: it is public, and counts nothing
    crop = models.ForeignKey("records.Media", models.CASCADE, related_name="+")
    words = models.JSONField()  # {language: {title, text}}
    place = models.CharField(max_length=200, blank=True)  # where it may be from, as far as it may be said
    contact = models.CharField(max_length=300)  # where tips go: the agency's own page, post or telephone
    statement = models.TextField()  # why this may be public, and how it was handled; not public itself
    key = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, default="proposed")
    # proposed; approved or refused by the second person; exported; withdrawn
    decided_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    exported_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    because = models.TextField(blank=True)  # why it was refused or withdrawn

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return self.number


class TipFile(CaseBound):
    """One file of tips on an appeal: how many became clues, and which lines could not be read, and why."""

    appeal = models.ForeignKey(Appeal, models.CASCADE, related_name="tips")
    sha256 = models.CharField(max_length=64)
    read = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=list)  # names of columns that were dropped: personal, or unknown
    refused = models.JSONField(default=list)  # [{line, code, reason}]; no text of the line

    class Meta:
        ordering = ["-made_at"]
