"""What changed, for those who look on; and the hours that each one has spent on a case."""

from __future__ import annotations

import uuid

from django.db import models

from entente.records import clock


class Feed(models.Model):
    """One change, named and never described: whoever would tell it asks the guard for ``thing`` itself.

    ``serial`` is the number of the act's entry in the log, so the feed is complete up to the newest one.
    Outside it is never said, because its gaps would count what is hidden: there a change is its ``key``.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    serial = models.BigIntegerField(db_index=True)
    case = models.ForeignKey("records.Case", models.CASCADE, related_name="+")
    media = models.ForeignKey("records.Media", models.CASCADE, null=True, related_name="+")
    what = models.CharField(max_length=12)
    thing = models.UUIDField(db_index=True)
    at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        ordering = ["serial", "id"]


class Hours(models.Model):
    """How long an officer had a case open and was at work on it, by day. Their own, and nobody else's."""

    account = models.ForeignKey("records.Account", models.CASCADE, related_name="+")
    case = models.ForeignKey("records.Case", models.CASCADE, related_name="+")
    day = models.DateField()  # in UTC
    seconds = models.PositiveIntegerField(default=0)
    last = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["account", "case", "day"], name="hours_by_day")]


class HoursConsent(models.Model):
    """An officer lets their hours on one case count in the total of their agency; taken back by deletion."""

    account = models.ForeignKey("records.Account", models.CASCADE, related_name="+")
    case = models.ForeignKey("records.Case", models.CASCADE, related_name="+")
    since = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "case"], name="hours_consent_once")]
