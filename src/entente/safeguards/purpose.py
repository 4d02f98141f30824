"""The acts of the law, and which of them each purpose allows. What is not written here is refused.

Sources: Regulation (EU) 2016/794 art. 18 (processing only for the purposes given) and art. 28(1)(b);
Directive (EU) 2016/680 art. 4(1)(b) and, for the log, art. 25(2).
"""

from __future__ import annotations

from enum import StrEnum

from entente.vocabulary.handling import Purpose


class Act(StrEnum):
    """What can be done to a thing."""

    READ = "read"
    REVEAL = "reveal"  # see media in clear, or hear it
    RECEIVE = "receive"  # create
    ALTER = "alter"
    MERGE = "merge"
    DISCLOSE = "disclose"  # to one agency
    EXPORT = "export"
    ERASE = "erase"
    GRANT = "grant"  # memberships, releases
    AUDIT = "audit"
    EMERGENCY = "emergency"  # break the glass for a child at risk: two people, one action, a review
    ADMINISTER = "administer"  # accounts and keys of the own agency; no content


ALLOWED: dict[Purpose, frozenset[Act]] = {
    # the whole of the work: from a find to a name
    Purpose.VICTIM_IDENTIFICATION: frozenset(Act) - {Act.AUDIT},
    # to make a child safe: read, look if needed, record, tell; no joining of series, nothing erased
    Purpose.SAFEGUARDING: frozenset(
        {Act.READ, Act.REVEAL, Act.RECEIVE, Act.ALTER, Act.DISCLOSE, Act.EXPORT, Act.GRANT}
        | {Act.EMERGENCY, Act.ADMINISTER}
    ),
    # evidence as it stands: nothing is altered, joined or erased for a court
    Purpose.PROSECUTION: frozenset({Act.READ, Act.REVEAL, Act.DISCLOSE, Act.EXPORT}),
    # the log and the clocks, and no content; to review an emergency, to erase what must go
    Purpose.DATA_PROTECTION_AUDIT: frozenset({Act.READ, Act.AUDIT, Act.ERASE, Act.ADMINISTER}),
    # exercises on drawn scenes: nothing leaves, nobody is let in
    Purpose.TRAINING: frozenset({Act.READ, Act.RECEIVE, Act.ALTER, Act.MERGE}),
}


def allows(purpose: Purpose, act: Act) -> bool:
    """Whether ``act`` may be done for ``purpose`` at all; anything unknown is no."""
    return act in ALLOWED.get(purpose, frozenset())
