"""Search day: elements seen in the media, and what was found in the home."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound
from entente.vocabulary.search_sheet import Ticked


class Element(CaseBound):
    """A thing seen in the media that would be recognised in the home."""

    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    room = models.CharField(max_length=60, blank=True)
    clue = models.ForeignKey("records.Clue", models.SET_NULL, null=True, related_name="+")
    crop = models.ForeignKey("records.Media", models.SET_NULL, null=True, related_name="+")
    seen_at = models.FloatField(null=True)
    evaluation = models.CharField(max_length=2, default="X4")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="element_number_once")]


class ElementMatch(CaseBound):
    """An element met a photo of the searched place: proposed with a reason, confirmed by a person."""

    element = models.ForeignKey(Element, models.CASCADE, related_name="found")
    media = models.ForeignKey("records.Media", models.CASCADE, related_name="+")
    because = models.TextField()
    method = models.CharField(max_length=40)
    distance = models.PositiveSmallIntegerField(null=True)
    t = models.FloatField(null=True)  # second at which it was met, where the file is a video
    place = models.JSONField(null=True)  # the crop's four corners there, [x, y] as fractions
    state = models.CharField(max_length=10, default="proposed")  # proposed, confirmed, refused
    decided_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["element", "media", "owner"], name="element_found_once")
        ]


class SearchSheet(CaseBound):
    """A list that left for a search on a phone: its digest says what it showed; it can be called back."""

    digest = models.CharField(max_length=64)  # of all that it says; it stands on the sheet itself
    language = models.CharField(max_length=2)
    elements = models.JSONField()  # number on the sheet → id of the element
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["-made_at"]


class SheetTick(CaseBound):
    """What was ticked at the search for one element, as a named person took it in; it confirms nothing."""

    sheet = models.ForeignKey(SearchSheet, models.CASCADE, related_name="+")
    element = models.ForeignKey(Element, models.CASCADE, related_name="+")
    answer = models.CharField(max_length=10, choices=[(t.value, t.value) for t in Ticked])
    by = models.CharField(max_length=40)  # the service number that the file says
    at = models.DateTimeField()  # by the phone's clock
    place = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=300, blank=True)
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["element__number", "-at"]
