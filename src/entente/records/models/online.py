"""Accounts on platforms from lawful records: whom they concern, when they posted, and lines with a grade."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound
from entente.vocabulary.online import Concerned, LineKind
from entente.vocabulary.suspect import Said


class OnlineAccount(CaseBound):
    """An account on a platform, recorded by a person from a lawful record. It is an account, not a person."""

    platform = models.CharField(max_length=80)
    name = models.CharField(max_length=120)  # the screen name as the record writes it
    spelling = models.CharField(max_length=120)  # its one spelling, for comparing
    category = models.CharField(max_length=24, choices=[(c.value, c.value) for c in Concerned])
    necessity = models.TextField(blank=True)  # why it is strictly necessary: victims, witnesses and others
    source = models.CharField(max_length=200)  # the platform or partner that gave the record
    basis = models.CharField(max_length=300)  # the law, order or request under which it was given
    since = models.DateField()  # the days that the record covers
    until = models.DateField()
    evaluation = models.CharField(max_length=2, default="X4")
    state = models.CharField(max_length=10, default="open")  # open, set aside
    decided_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    decided_because = models.TextField(blank=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.platform} {str(self.pk)[:8]}"


class PostingFile(CaseBound):
    """The times of one file, as counts by hour of UTC; the times themselves are not kept."""

    online = models.ForeignKey(OnlineAccount, models.CASCADE, related_name="posting")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    counts = models.JSONField()  # 24, by hour of UTC
    taken = models.PositiveIntegerField()
    bad = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=list)  # [line, why] of the first bad lines

    class Meta:
        ordering = ["made_at"]


class AccountLine(CaseBound):
    """One line of a profile: a fact or an assessment of a named person, with its grade and its reason."""

    online = models.ForeignKey(OnlineAccount, models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in LineKind])
    value = models.CharField(max_length=200)
    spelling = models.CharField(max_length=200, blank=True)  # of a name or a device, for comparing
    series = models.ForeignKey("records.Series", models.CASCADE, null=True, related_name="+")
    said = models.CharField(max_length=10, choices=[(s.value, s.value) for s in Said])
    evaluation = models.CharField(max_length=2, default="X4")
    because = models.TextField()
    state = models.CharField(max_length=10, default="stands")  # stands, set aside
    decided_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    decided_because = models.TextField(blank=True)

    class Meta:
        ordering = ["kind", "made_at"]
