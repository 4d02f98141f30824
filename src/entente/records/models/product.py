"""Intelligence products: what they stand on, what was said of a draft, to whom they went, what came back."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound
from entente.safeguards.access import Shape


class Product(CaseBound):
    """A product from its draft on. Issued, it is made from ``facts`` and ``crops`` and gives ``sha256``.

    ``made_by`` wrote it; ``approved_by`` is another officer of the same agency.
    """

    number = models.PositiveIntegerField()
    template = models.CharField(max_length=24, default="victim identification")
    language = models.CharField(max_length=5, default="en")
    facts = models.JSONField()
    crops = models.JSONField(default=dict)  # reference name → key in the evidence store
    state = models.CharField(max_length=8, default="draft")  # draft, review, issued, dropped
    sha256 = models.CharField(max_length=64, blank=True)
    issued_at = models.DateTimeField()  # of a draft: when it was written last
    approved_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    corrects = models.ForeignKey("self", models.CASCADE, related_name="corrections", null=True)
    because = models.TextField(blank=True)  # what was wrong with the one that it corrects

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "owner", "number"], name="product_number_once")
        ]


class Remark(CaseBound):
    """What an officer said of a draft, or of one of its statements."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="remarks")
    on = models.CharField(max_length=8, blank=True)  # S1, S2 …; blank: the whole
    text = models.TextField()
    edition = models.DateTimeField()  # of the draft that it was said of

    class Meta:
        ordering = ["made_at"]


class Disclosure(CaseBound):
    """Something left: what, to which agency, and what was left out and why."""

    to = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    what = models.CharField(max_length=60)
    thing = models.UUIDField()
    left_out = models.JSONField(default=list)
    held = models.JSONField(default=list)  # ids of all that was in it, for a recall
    recalled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]


class Delivery(CaseBound):
    """A product as one agency got it: all that it ever sees of the case. Its receipts are the recipient's."""

    shape = Shape.ADDRESSED

    product = models.ForeignKey(Product, models.CASCADE, related_name="deliveries")
    disclosure = models.OneToOneField(Disclosure, models.CASCADE, related_name="delivery")
    addressed = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    document = models.JSONField()
    crops = models.JSONField(default=dict)
    language = models.CharField(max_length=5, default="en")
    sha256 = models.CharField(max_length=64)
    instead_of = models.ForeignKey("self", models.CASCADE, related_name="+", null=True)
    changes = models.JSONField(default=list)  # of a correction: sentences, from the recipient's own versions
    because = models.TextField(blank=True)  # of a correction: what was wrong
    opened_at = models.DateTimeField(null=True)
    opened_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    theirs = models.UUIDField(null=True)  # came by package: the sender's own number of it

    class Meta:
        ordering = ["-made_at"]


class FollowUp(CaseBound):
    """What the issuer wants to hear back of a product that was delivered, by when, and the answer."""

    shape = Shape.ADDRESSED

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="follow_ups")
    addressed = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    question = models.TextField()
    due = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    theirs = models.UUIDField(null=True)  # came by package: the asker's own number of it

    class Meta:
        ordering = ["due"]
