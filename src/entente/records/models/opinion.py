"""Second opinions: a question put to several, and the votes, each its voter's own until all are cast."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import models

from entente.records.models.handled import CaseBound
from entente.safeguards.access import Shape, Thing

CHANGES = frozenset(
    {"withdrawn_at", "shown_to", "shown_to_id", "opened", "codes", "handling_text", "audience"}
)


class VoteRewritten(TypeError):
    """A vote was about to be changed; it is withdrawn and stays, and another one is cast."""


class Opinion(CaseBound):
    """Does this category of an item, or this decisive clue, stand? Nothing of its row moves with a vote."""

    media = models.ForeignKey("records.Media", models.CASCADE, related_name="opinions")
    clue = models.ForeignKey("records.Clue", models.CASCADE, null=True, related_name="opinions")
    profile = models.CharField(max_length=40, blank=True)  # of the category; blank for a clue
    model_version = models.CharField(max_length=20, blank=True)
    code = models.CharField(max_length=40, blank=True)
    needed = models.PositiveSmallIntegerField()  # votes, as it was set when the question was put
    state = models.CharField(max_length=8, default="open")  # open, divided, stands, fails
    ended_at = models.DateTimeField(null=True)
    stands_on = models.JSONField(default=list)  # ids of the votes that ended it
    decider = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    named_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    decided_because = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]

    @property
    def what(self) -> str:
        """Say what is asked, of a category with its profile and version: a bare number says nothing."""
        return f"{self.profile} {self.model_version} · {self.code}" if self.profile else ""


class WrittenOnce(models.QuerySet[Any]):
    """Votes are added; what one says is never written again."""

    def update(self, **fields: Any) -> int:
        """Withdraw, open or show; never what was said."""
        _demand_unsaid(fields)
        return super().update(**fields)

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        """As ``update``."""
        _demand_unsaid(fields)
        return super().bulk_update(objs, fields, batch_size)


def _demand_unsaid(fields: Any) -> None:
    if not set(fields) <= CHANGES:
        raise VoteRewritten("a vote is cast once; withdraw it and cast another")


class Vote(CaseBound):
    """What one person answered, and why; it belongs to that person's agency.

    Read by who cast it, by the named person before whom it was laid, and by its agency once the question has
    ended: so a query that forgot to ask cannot tell a voter what others said.
    """

    shape = Shape.BALLOT

    opinion = models.ForeignKey(Opinion, models.CASCADE, related_name="votes")
    account = models.ForeignKey("records.Account", models.PROTECT, related_name="+")
    answer = models.CharField(max_length=8)  # yes, no, unsure
    reason = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    shown_to = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    opened = models.BooleanField(default=False)

    objects = WrittenOnce.as_manager()

    class Meta:
        ordering = ["made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["opinion", "account"],
                condition=models.Q(withdrawn_at=None),
                name="one_vote_a_person",
            )
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the vote; of a cast one only its end is written."""
        if not self._state.adding:
            _demand_unsaid(kwargs.get("update_fields") or {"everything"})
        super().save(*args, **kwargs)

    def as_thing(self) -> Thing:
        """A vote is its voter's; the law also needs to know to whom it is shown."""
        seen = super().as_thing()
        return replace(seen, account=self.account_id, shown_to=self.shown_to_id, opened=self.opened)

    def as_record(self) -> dict[str, Any]:
        """Return what the vote says as plain values; the log seals its hash."""
        return {
            "vote": str(self.pk),
            "opinion": str(self.opinion_id),
            "account": str(self.account_id),
            "answer": self.answer,
            "reason": self.reason,
            "at": self.made_at.isoformat(timespec="microseconds"),
        }
