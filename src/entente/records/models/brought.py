"""Documents of others that a lead brought into a case, and their parts, each for a person to decide on."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound
from entente.vocabulary.brought import DocumentForm, PartKind, PartState


class Brought(CaseBound):
    """A CyberTip, a case package or a VICS file: its sender and its digest. Its bytes are not kept."""

    form = models.CharField(max_length=16, choices=[(f.value, f.value) for f in DocumentForm])
    number = models.CharField(max_length=120, blank=True)  # the report's or the case's own, as it says
    sender = models.CharField(max_length=200, blank=True)  # as it says
    at = models.CharField(max_length=40, blank=True)  # its own moment, as it says
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    facts = models.JSONField(default=list)  # sentences of the document as a whole
    left_out = models.JSONField(default=list)  # what it, or the reading, says was left out
    refused = models.JSONField(default=list)  # [line, code, why] of what could not be read

    class Meta:
        ordering = ["-made_at"]


class BroughtPart(CaseBound):
    """One part, as it was said; what came of it where a person took it."""

    brought = models.ForeignKey(Brought, models.CASCADE, related_name="parts")
    place = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in PartKind])
    value = models.JSONField()
    about = models.CharField(max_length=12, blank=True)  # reported, recipient, victim
    where = models.CharField(max_length=120)  # in the document
    evaluation = models.CharField(max_length=2, default="X4")
    state = models.CharField(max_length=10, default=PartState.PROPOSED.value)
    decided_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    decided_because = models.TextField(blank=True)
    clue = models.ForeignKey("records.Clue", models.SET_NULL, null=True, related_name="+")
    online = models.ForeignKey("records.OnlineAccount", models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["brought", "place"]
