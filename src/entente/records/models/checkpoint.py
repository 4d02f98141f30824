"""Signed heads of the log, and the partners who co-sign them and whose heads we co-sign."""

from __future__ import annotations

import uuid

from django.db import models

from entente.records import clock


class Checkpoint(models.Model):
    """One signed head. ``note`` is what was signed; the other columns repeat it for searching."""

    number = models.PositiveBigIntegerField(unique=True)  # gapless, so that a lost one is missed
    size = models.PositiveBigIntegerField()
    root = models.CharField(max_length=64)
    at = models.DateTimeField()
    note = models.TextField()

    class Meta:
        ordering = ["number"]


class PartnerLog(models.Model):
    """A partner's log: the pinned key, the last head of it that we co-signed, and where to ask it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255, unique=True)
    key = models.CharField(max_length=400)
    url = models.URLField(blank=True)
    agency = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")  # that pinned the key
    pinned_at = models.DateTimeField(default=clock.now)
    pinned_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+")
    held_size = models.PositiveBigIntegerField(default=0)
    held_note = models.TextField(blank=True)
    held_at = models.DateTimeField(null=True)
    # the largest head of *our* log that it says it holds
    claims = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["name"]


class Cosignature(models.Model):
    """A partner's statement that one of our heads only grew from those it saw before."""

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="cosignatures")
    partner = models.ForeignKey(PartnerLog, models.PROTECT, related_name="+")
    line = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["checkpoint", "partner"], name="cosigned_once")]


class LogAlarm(models.Model):
    """What must not happen between logs: a head that shrank, a fork, a rewritten past. It stays."""

    at = models.DateTimeField(default=clock.now)
    partner = models.ForeignKey(PartnerLog, models.PROTECT, related_name="+", null=True)
    says = models.TextField()
    evidence = models.TextField(blank=True)

    class Meta:
        ordering = ["-at"]


class LogStamp(models.Model):
    """An authority's token (RFC 3161) that a signed head existed at a time."""

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="stamps")
    at = models.DateTimeField()
    token = models.BinaryField()

    class Meta:
        ordering = ["at"]
