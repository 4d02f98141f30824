"""The named limits: how often anyone may do what is costly, or what answers a question by trial.

One table. Whoever reads it knows every limit of the desk; ``records.limits`` counts, ``docs/limits.md`` is
made from it, and a test reaches each. Counts are of the one who acts, over all cases and all log-ins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from entente.safeguards.purpose import Act

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Per(StrEnum):
    """Who counts."""

    OFFICER = "officer"
    ACCOUNT = "account tried"  # before anybody is known: the one that is tried
    ADDRESS = "network address"
    PARTNER = "partner of another desk"


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``most`` in any span of ``span``."""

    most: int
    span: timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """One line of the table; several windows hold together."""

    name: str
    windows: tuple[Window, ...]
    per: Per
    why: str


def sentence(limit: Limit, window: Window, wait: timedelta) -> str:
    """Say which limit was reached and when it goes again."""
    most = f"no more than {window.most} {limit.name} in {in_words(window.span)}"
    return f"{most}; it goes again in {in_words(wait)}"


def _limit(name: str, per: Per, why: str, *windows: tuple[int, timedelta]) -> Limit:
    return Limit(name, tuple(Window(most, span) for most, span in windows), per, why)


TABLE: tuple[Limit, ...] = (
    _limit("log-in tries", Per.ACCOUNT, "a password is not found by trial", (10, 5 * MINUTE), (60, DAY)),
    _limit("log-in pages", Per.ADDRESS, "one machine does not try many accounts", (60, 5 * MINUTE)),
    _limit(
        "second-factor tries",
        Per.ACCOUNT,
        "a code of six digits is not found by trial",
        (8, 5 * MINUTE),
        (40, DAY),
    ),
    _limit("one-time links", Per.ADDRESS, "a link is not found by trial", (20, 5 * MINUTE)),
    _limit("answers of a provider", Per.ADDRESS, "each makes the desk ask the provider", (30, 5 * MINUTE)),
    _limit("looks in clear", Per.OFFICER, "exposure, and copying by eye or camera", (300, HOUR), (2000, DAY)),
    _limit("grey looks", Per.OFFICER, "each decodes a file", (3000, HOUR), (20_000, DAY)),
    _limit("cross-checks", Per.OFFICER, "hit or no hit answers “is it known?”", (20, MINUTE), (200, DAY)),
    _limit(
        "private cross-checks",
        Per.OFFICER,
        "each is thousands of questions at once",
        (4, HOUR),
        (12, DAY),
    ),
    _limit(
        "questions of a partner",
        Per.PARTNER,
        "no partner reads our holdings out by asking",
        (3, HOUR),
        (8, DAY),
    ),
    _limit(
        "checks of items against lists", Per.OFFICER, "as a cross-check, and costly", (60, HOUR), (300, DAY)
    ),
    _limit(
        "hash lists imported",
        Per.OFFICER,
        "a list decides what is known; a flood hides it",
        (20, HOUR),
        (100, DAY),
    ),
    _limit(
        "addresses fetched",
        Per.OFFICER,
        "a page that an officer reads, never a site page by page",
        (20, HOUR),
        (60, DAY),
    ),
    _limit("receipts of files", Per.OFFICER, "each makes the worker open files", (120, HOUR), (1000, DAY)),
    _limit("disclosures", Per.OFFICER, "no one carries the holdings away in slices", (120, HOUR), (500, DAY)),
    _limit("exports", Per.OFFICER, "as a disclosure, with originals", (40, HOUR), (150, DAY)),
    _limit("requests written", Per.OFFICER, "each costs a partner's hour", (60, HOUR), (200, DAY)),
    _limit("jobs asked for", Per.OFFICER, "the queue is everybody's", (300, HOUR), (3000, DAY)),
    _limit("documents made", Per.OFFICER, "each runs the typesetter", (60, HOUR), (300, DAY)),
    _limit(
        "cases opened",
        Per.OFFICER,
        "a case number is unique within an agency: a question by trial",
        (60, HOUR),
        (200, DAY),
    ),
    _limit("grants", Per.OFFICER, "rights are not given away in bulk", (120, HOUR), (500, DAY)),
    _limit("checks of the log", Per.OFFICER, "each reads the whole log", (60, HOUR), (300, DAY)),
    _limit("heads asked for by a witness", Per.ADDRESS, "each makes a proof", (120, HOUR)),
    _limit("questions of machines", Per.ADDRESS, "each judges a case; no token by trial", (1200, HOUR)),
    _limit("fetches by machines", Per.OFFICER, "as an export, of who opened it", (600, HOUR), (5000, DAY)),
    _limit(
        "changes of accounts",
        Per.OFFICER,
        "a stolen administrator's desk does little",
        (60, HOUR),
        (200, DAY),
    ),
)
LIMITS = {limit.name: limit for limit in TABLE}

# Which limit an act spends, by act and step; the first that fits. ``None`` for a step: any.
_ACTS: tuple[tuple[Act, str | None, str, str], ...] = (
    # act, step, how its reason begins, limit
    (Act.REVEAL, "examine", "look: clear", "looks in clear"),
    (Act.REVEAL, "cooperate", "crop shown clear", "looks in clear"),
    (Act.REVEAL, "examine", "look: ", "grey looks"),
    (Act.REVEAL, "cooperate", "crop shown ", "grey looks"),
    (Act.MERGE, "crosscheck", "private: ask", "private cross-checks"),
    (Act.MERGE, "crosscheck", "", "cross-checks"),
    (Act.RECEIVE, "cooperate", "set down an identifier", "cross-checks"),
    (Act.RECEIVE, "match", "import a hash list", "hash lists imported"),
    (Act.RECEIVE, "intake", "open a case", "cases opened"),
    (Act.RECEIVE, "intake", "receive: ", "receipts of files"),
    (Act.RECEIVE, "crosscheck", "fetch an address", "addresses fetched"),
    (Act.RECEIVE, "seize", "files of the search", "receipts of files"),
    (Act.RECEIVE, "cooperate", "write a request", "requests written"),
    (Act.EXPORT, "inform", "a machine fetches", "fetches by machines"),
    (Act.EXPORT, None, "", "exports"),
    (Act.DISCLOSE, None, "", "disclosures"),
    (Act.GRANT, None, "", "grants"),
    (Act.AUDIT, None, "", "checks of the log"),
)


def of_act(act: Act, step: str, reason: str) -> Limit | None:
    """Return the limit that an act spends, or ``None`` where it is neither costly nor an oracle."""
    for its_act, its_step, begins, name in _ACTS:
        if act is its_act and its_step in {None, step} and reason.startswith(begins):
            return LIMITS[name]
    return None


def again_at(window: Window, uses: list[datetime], now: datetime) -> datetime | None:
    """Return when one more fits into ``window`` after ``uses`` (any order), or ``None`` if it fits now."""
    inside = sorted(at for at in uses if at > now - window.span)
    if len(inside) < window.most:
        return None
    return inside[-window.most] + window.span


def in_words(span: timedelta) -> str:
    """Say a span as an officer would: ``45 seconds``, ``5 minutes``, ``an hour``, ``a day``."""
    seconds = ceil(span.total_seconds())
    for size, one, many in (
        (86400, "a day", "days"),
        (3600, "an hour", "hours"),
        (60, "a minute", "minutes"),
    ):
        if seconds >= size:
            count = -(-seconds // size)
            return one if count == 1 else f"{count} {many}"
    return "a second" if seconds == 1 else f"{seconds} seconds"
