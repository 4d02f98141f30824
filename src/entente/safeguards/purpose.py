"""Which acts each purpose allows. The list is closed: what is not written here is refused.

Sources: Regulation (EU) 2016/794 art. 18 (processing only for the purposes given) and art. 28(1)(b);
Directive (EU) 2016/680 art. 4(1)(b) and, for the log, art. 25(2).
"""

from __future__ import annotations

from entente.safeguards.access import Act
from entente.vocabulary.handling import Purpose

ALLOWED: dict[Purpose, frozenset[Act]] = {
    # the whole of the work: from a find to a name
    Purpose.VICTIM_IDENTIFICATION: frozenset(Act) - {Act.AUDIT},
    # to make a child safe: read, look if needed, record, tell; no joining of series, nothing erased
    Purpose.SAFEGUARDING: frozenset(
        {Act.READ, Act.REVEAL, Act.RECEIVE, Act.ALTER, Act.DISCLOSE, Act.EXPORT, Act.GRANT}
    ),
    # evidence as it stands: nothing is altered, joined or erased for a court
    Purpose.PROSECUTION: frozenset({Act.READ, Act.REVEAL, Act.DISCLOSE, Act.EXPORT}),
    # the log alone, and no content
    Purpose.DATA_PROTECTION_AUDIT: frozenset({Act.READ, Act.AUDIT}),
    # exercises on drawn scenes: nothing leaves, nobody is let in
    Purpose.TRAINING: frozenset({Act.READ, Act.RECEIVE, Act.ALTER, Act.MERGE}),
}


def allows(purpose: Purpose, act: Act) -> bool:
    """Whether ``act`` may be done for ``purpose`` at all; anything unknown is no."""
    return act in ALLOWED.get(purpose, frozenset())


def compatible(collected_for: frozenset[Purpose], purpose: Purpose) -> bool:
    """Whether what was collected for some purposes may be used for ``purpose`` (art. 4(2) of the Directive).

    Safeguarding a child is open to whatever was collected to identify one; an audit looks at the log and not
    at the material, so it stands open always; nothing else widens by itself, and nothing leaks into training.
    """
    if purpose in collected_for or purpose is Purpose.DATA_PROTECTION_AUDIT:
        return True
    return purpose is Purpose.SAFEGUARDING and Purpose.VICTIM_IDENTIFICATION in collected_for
