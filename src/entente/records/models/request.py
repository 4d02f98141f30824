"""Questions to partners and their answers. Recipients learn of each other only where the asker lets them."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound
from entente.safeguards.access import Shape


class Request(CaseBound):
    """A precise question of a case; each recipient gets a dispatch of its own."""

    question = models.TextField()
    asks = models.CharField(max_length=20, blank=True)  # the clue kind that would answer it
    crop = models.ForeignKey("records.Media", models.PROTECT, null=True, related_name="+")
    due = models.DateTimeField()
    purpose = models.CharField(max_length=40)
    urgency = models.CharField(max_length=12, default="normal")  # normal, urgent, child at risk
    withdrawn_at = models.DateTimeField(null=True)
    field = models.CharField(max_length=120, blank=True)  # a question of the shelf: a word of a field
    about = models.CharField(max_length=2, blank=True)  # "is this yours?", asked of this country
    circle_known = models.BooleanField(default=False)  # those asked may know of each other

    class Meta:
        ordering = ["-made_at"]


class Dispatch(CaseBound):
    """The question as one agency got it: all it ever sees of the case."""

    shape = Shape.ADDRESSED

    request = models.ForeignKey(Request, models.CASCADE, related_name="dispatches")
    addressed = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    question = models.TextField()
    asks = models.CharField(max_length=20, blank=True)
    crop_key = models.CharField(max_length=80, blank=True)
    due = models.DateTimeField()
    purpose = models.CharField(max_length=40)
    urgency = models.CharField(max_length=12, default="normal")
    read_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default="sent")  # sent, answered, withdrawn
    field = models.CharField(max_length=120, blank=True)
    about = models.CharField(max_length=2, blank=True)
    circle_known = models.BooleanField(default=False)
    # the specialist whom it is for, of the agency addressed; none: whoever is there
    specialist = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    reminded_at = models.DateTimeField(null=True)
    theirs = models.UUIDField(null=True)  # came by package: the asker's own number of it
    others = models.JSONField(default=list)  # came by package: who was asked as well, if those may know

    class Meta:
        ordering = ["-made_at"]


class Answer(CaseBound):
    """What a partner said: its words, its grade, its handling. ``addressed`` is the agency that answered."""

    shape = Shape.ADDRESSED

    dispatch = models.ForeignKey(Dispatch, models.CASCADE, related_name="answers")
    addressed = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)  # answer, partial, ours, not ours, cannot say, seen it
    text = models.TextField(blank=True)
    clue_kind = models.CharField(max_length=20, blank=True)
    clue_value = models.JSONField(null=True)
    evaluation = models.CharField(max_length=2, default="X4")
    taken_as = models.ForeignKey("records.Clue", models.SET_NULL, null=True, related_name="+")
    theirs = models.UUIDField(null=True)  # came by package: the partner's own number of it

    class Meta:
        ordering = ["made_at"]


class Check(CaseBound):
    """A cross-check: how many identifiers were asked under which kinds; never the identifiers in clear."""

    kinds = models.JSONField()
    asked = models.PositiveIntegerField()
    hits = models.PositiveIntegerField()

    class Meta:
        ordering = ["-made_at"]


class CheckHit(CaseBound):
    """A hit: which kind of identifier of ours, who owns the other, and the route to them. Nothing more."""

    of = models.ForeignKey(Check, models.CASCADE, related_name="found")
    kind = models.CharField(max_length=20)
    ours = models.CharField(max_length=200)
    holder = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    contact = models.CharField(max_length=200)
    media = models.ForeignKey("records.Media", models.CASCADE, null=True, related_name="+")


class Lead(CaseBound):
    """Tells the holder's own case that somebody asked about its item: agency and contact, nothing more."""

    media = models.ForeignKey("records.Media", models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=20)
    asker = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    contact = models.CharField(max_length=200)
