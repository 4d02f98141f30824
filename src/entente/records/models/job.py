"""Heavy work waiting, under way or done: one row a job, taken by lease."""

from __future__ import annotations

import uuid

from django.db import models

from entente.records import clock


class Job(models.Model):
    """One job. ``token`` is the fencing number: only the worker that holds it may report.

    Not guarded, because the worker takes jobs of every agency; pages show a job only to the account that
    asked for it or, through ``case``, to the members of the case.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    case = models.UUIDField(null=True)
    account = models.ForeignKey("records.Account", models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=40)
    status = models.CharField(max_length=8, default="ready", db_index=True)  # ready, running, done, failed
    priority = models.SmallIntegerField(default=0)
    asked_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=60, blank=True)
    token = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-asked_at"]
