"""Candidate places: where the child may live, entered by people, with captures and what each explains."""

from __future__ import annotations

from typing import Any

from django.db import models

from entente.records.models.handled import CaseBound

SAYS = ("explains", "fails", "cannot say")  # of one clue, by a person


class CandidatePlace(CaseBound):
    """A place that may be the home. People enter it; no machine proposes, ranks or chooses one."""

    place = models.TextField()  # an address or a description
    because = models.TextField()  # what led there
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    state = models.CharField(max_length=10, default="open")  # open, set aside
    decided_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_because = models.TextField(blank=True)

    class Meta:
        ordering = ["-made_at"]


class Capture(CaseBound):
    """A page of an open source as an officer kept it: sealed like an original, its record sealed in the log.

    It belongs to a candidate place or to the case alone. ``how`` says whether the officer brought it, or had
    one address fetched that the officer entered. ``as_record`` is what the log's entry commits to.
    """

    candidate = models.ForeignKey(CandidatePlace, models.CASCADE, null=True, related_name="captures")
    address = models.TextField()  # where the officer found it
    taken_at = models.DateTimeField()  # when the officer kept it
    name = models.CharField(max_length=200)  # of the file that was brought
    form = models.CharField(max_length=8)  # html, mhtml, pdf, png, jpeg, webp, gif, warc, wacz
    how = models.CharField(max_length=8, default="brought")  # brought, fetched
    evaluation = models.CharField(
        max_length=2, default="X4"
    )  # by the analyst: Regulation 2016/794 art. 29(6)
    contents = models.JSONField(default=dict)  # of a web archive: counts, and its first pages
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=80)
    state = models.CharField(max_length=10, default="kept")  # kept, set aside
    decided_by = models.ForeignKey("records.Account", models.PROTECT, null=True, related_name="+")
    decided_because = models.TextField(blank=True)

    class Meta:
        ordering = ["made_at"]

    def as_record(self) -> dict[str, Any]:
        """Return what was brought as plain values; how it stands since is no part of it."""
        return {
            "kind": "capture",
            "id": str(self.pk),
            "case": str(self.case_id),
            "candidate": str(self.candidate_id or ""),
            "address": self.address,
            "taken_at": self.taken_at.isoformat(timespec="microseconds"),
            "name": self.name,
            "form": self.form,
            "size": self.size,
            "sha256": self.sha256,
            "agency": str(self.owner_id),
            "by": str(self.made_by_id or ""),
            "at": self.made_at.isoformat(timespec="microseconds"),
            **({"how": self.how} if self.how != "brought" else {}),  # older records were sealed without it
        }


class CandidateClue(CaseBound):
    """What a person says of one clue at one candidate place; the newest in sight is how it stands.

    Rows are added and never changed. Each carries the handling and the originators of place and clue.
    """

    candidate = models.ForeignKey(CandidatePlace, models.CASCADE, related_name="clues")
    clue = models.ForeignKey("records.Clue", models.CASCADE, related_name="+")
    says = models.CharField(max_length=10, choices=[(s, s) for s in SAYS])
    because = models.TextField()

    class Meta:
        ordering = ["made_at"]
