"""Counting against the named limits, in our own small table that forgets after the longest window.

Not counted from the log: the log is kept for years and never serves to measure people; these rows are gone
after a day. A use inside an act is written in the act's transaction; a refused use is not counted again.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from hashlib import sha256
from math import ceil

from django.conf import settings

from entente.records import clock, guard
from entente.records.models.session import Spent
from entente.safeguards.limits import LIMITS, Limit, Window, again_at, sentence

TIDIED_EVERY = 100  # uses between two times that what no window needs is forgotten
KEPT = max(window.span for limit in LIMITS.values() for window in limit.windows)


class LimitReached(guard.Denied):
    """A limit is reached; the text says when it goes again, ``wait_seconds`` for how long it does not."""

    def __init__(self, limit: Limit, window: Window, wait: timedelta) -> None:
        self.limit = limit
        self.wait_seconds = max(1, ceil(wait.total_seconds()))
        super().__init__(sentence(limit, window, timedelta(seconds=self.wait_seconds)))


def spend(limit: Limit | str, who: object) -> None:
    """Count one use of ``limit`` by ``who`` (an officer, an account, an address); raise ``LimitReached``."""
    held = LIMITS[limit] if isinstance(limit, str) else limit
    demand(held, who)
    row = Spent.objects.create(limit=held.name, who=_name(who), at=clock.now())
    if row.pk % TIDIED_EVERY == 0:
        Spent.objects.filter(at__lt=clock.now() - KEPT).delete()


def demand(limit: Limit | str, who: object) -> None:
    """Raise ``LimitReached`` if one more use does not fit; count nothing. One query for all windows."""
    held = LIMITS[limit] if isinstance(limit, str) else limit
    now = clock.now()
    longest = max((w.span for w in held.windows), default=timedelta(0))
    rows = Spent.objects.filter(limit=held.name, who=_name(who), at__gt=now - longest)
    uses = list(rows.order_by("-at").values_list("at", flat=True)[: max(w.most for w in held.windows)])
    for window in held.windows:
        if (again := again_at(window, uses, now)) is not None:
            raise LimitReached(held, window, again - now)


def _name(who: object) -> str:
    """Keep no address and no tried number in clear: a keyed hash counts as well."""
    return hmac.new(settings.SECRET_KEY.encode(), str(who).encode(), sha256).hexdigest()
