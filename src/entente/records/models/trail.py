"""The trail: each search of a case as a step that came after another."""

from __future__ import annotations

from django.db import models

from entente.records.models.handled import CaseBound


class TrailStep(CaseBound):
    """One set of filters that somebody used, after which it came; several may follow one.

    It is ``holder``'s own, and handled as the items that its device or series stands on: whoever may not
    see those may not read the step. A step that was handed over is a copy with another holder.
    """

    holder = models.ForeignKey("records.Account", models.CASCADE, related_name="+")
    parent = models.UUIDField(null=True)  # the step before; gone with its row, what follows stays
    filters = models.JSONField(default=dict)  # filter: value, as in the address
    name = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["made_at"]
