"""Clues as recorded, the notes beside them, and where they point."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound
from entente.vocabulary.clue import Clue as ClueWord
from entente.vocabulary.clue import ClueGroup, ClueKind


class Clue(CaseBound):
    """One observation of a case; proposed by a method or made by a person, confirmed by a person."""

    media = models.ForeignKey("records.Media", models.CASCADE, null=True, related_name="clues")
    kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in ClueKind])
    value = models.JSONField()
    group = models.CharField(max_length=12, choices=[(g.value, g.value) for g in ClueGroup])
    source = models.CharField(max_length=200)
    region = models.JSONField(null=True)  # [x, y, w, h] in fractions; round a polygon, the box about it
    polygon = models.JSONField(null=True)  # [[x, y], …] in fractions: the outline, finer than the box
    start = models.FloatField(null=True)  # seconds
    end = models.FloatField(null=True)
    negated = models.BooleanField(default=False)
    evaluation = models.CharField(max_length=2, default="X4")
    reliability = models.FloatField(null=True)
    because = models.TextField()
    method = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    words = models.JSONField(default=list)  # what was chosen from a vocabulary, with its version
    state = models.CharField(max_length=10, default="proposed")  # proposed, confirmed, withdrawn
    decided_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    observation = models.ForeignKey("records.Observation", models.SET_NULL, null=True, related_name="clues")
    # the account of whose behaviour it was made; erased with it
    online = models.ForeignKey("records.OnlineAccount", models.CASCADE, null=True, related_name="clues")

    class Meta:
        ordering = ["made_at"]

    def as_word(self) -> ClueWord:
        """Return the vocabulary's clue, the shape every method reads."""
        return ClueWord(
            id=str(self.pk),
            kind=ClueKind(self.kind),
            value=self.value,
            group=ClueGroup(self.group),
            source=self.source,
            medium=str(self.media_id or ""),
            because=self.because,
            method=self.method,
            version=self.version,
            region=tuple(self.region) if self.region else None,
            start=self.start,
            end=self.end,
            negated=self.negated,
            evaluation=self.evaluation,
            reliability=self.reliability,
        )


class Observation(CaseBound):
    """What an officer saw, in words and with its place, before anybody said what it means.

    It weighs nothing: only a clue that is made of it does.
    """

    media = models.ForeignKey("records.Media", models.CASCADE, related_name="observations")
    text = models.TextField()
    region = models.JSONField(null=True)
    polygon = models.JSONField(null=True)
    start = models.FloatField(null=True)
    end = models.FloatField(null=True)
    state = models.CharField(max_length=10, default="open")  # open, clue, set aside
    decided_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["made_at"]


class Note(CaseBound):
    """A remark on an item, in the case of the person who made it.

    On an item of another case it hangs on nothing there: ``about`` is that item's id and ``elsewhere`` names
    it by number and case, so that the case of the note carries no content of the other.
    """

    media = models.ForeignKey("records.Media", models.CASCADE, null=True, related_name="notes")
    text = models.TextField()
    t = models.FloatField(null=True)
    recipe = models.JSONField(default=dict)  # how the item was adjusted when it was seen
    about = models.UUIDField(null=True, db_index=True)
    elsewhere = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["made_at"]


class Estimate(CaseBound):
    """Where the clues of the case pointed at one moment: the posterior and the clues it stood on."""

    posterior = models.JSONField()
    clues = models.JSONField()  # ids, in order

    class Meta:
        ordering = ["-made_at"]
        get_latest_by = "made_at"


class Priority(CaseBound):
    """The score of a case at one moment, each factor with points and reason."""

    total = models.FloatField()
    factors = models.JSONField()
    version = models.CharField(max_length=20)

    class Meta:
        ordering = ["-made_at"]
        get_latest_by = "made_at"


class HomeProposal(CaseBound):
    """A candidate place is the home: said by one person, confirmed by another; ``place`` as it read then."""

    candidate = models.ForeignKey("records.CandidatePlace", models.CASCADE, related_name="proposals")
    place = models.TextField()
    because = models.TextField()
    confirmed_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    confirmed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)  # its place was set aside

    class Meta:
        ordering = ["-made_at"]
