"""Partners of other desks: the keys that two people confirmed, and the legal bases for what goes there."""

from __future__ import annotations

from django.db import models

from entente.records import clock
from entente.records.models.handled import Guarded
from entente.safeguards.access import Shape, Thing
from entente.safeguards.partners import Basis, Ground


class _OfAgency(Guarded):
    """What one agency of this desk holds about a partner; two people of it confirm it."""

    shape = Shape.AGENCY

    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    proposed_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    because = models.CharField(max_length=300, blank=True)  # why it was refused or ended
    state = models.CharField(
        max_length=10, default="proposed"
    )  # proposed, confirmed, refused, ended; a card also: replaced

    class Meta:
        abstract = True
        ordering = ["-proposed_at"]

    def as_thing(self) -> Thing:
        """It is its agency's."""
        return Thing(Shape.AGENCY, owner=self.owner_id, id=self.pk)


class PartnerKey(_OfAgency):
    """A partner's card as it was pinned. Never deleted: what it signed is checked against it for good."""

    agency = models.ForeignKey(
        "records.Agency", models.PROTECT, related_name="+", null=True
    )  # once confirmed
    known_as = models.UUIDField(db_index=True)  # the number by which the partner calls itself
    kind = models.CharField(max_length=24)  # as the first of the two people chose it
    card = models.TextField()  # the very text whose words were compared
    signing = models.CharField(max_length=64)  # Ed25519, in hex
    encryption = models.CharField(max_length=80)  # an age recipient

    class Meta(_OfAgency.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "known_as"],
                condition=models.Q(state="confirmed"),
                name="one_key_of_a_partner_in_force",
            )
        ]


class LegalBasis(_OfAgency):
    """On what transfers to a partner rest, from when and until when."""

    agency = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    ground = models.CharField(max_length=40)
    reference = models.CharField(max_length=300)  # the decision, the agreement, or the case at hand
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    def as_basis(self) -> Basis:
        """Return the law's view of it."""
        return Basis(Ground(self.ground), self.since, self.until, self.ended_at)
