"""Accounts on platforms as lawful records show them: whom they concern, and what is said of them.

Sources: Regulation (EU) 2016/794 Annex II B (categories of persons), art. 30 (who needs a necessity apart);
Directive (EU) 2016/680 arts 6 and 7 (kinds of persons apart, facts apart from assessments).
"""

from __future__ import annotations

from enum import StrEnum


class Concerned(StrEnum):
    """The category of the person whose account it is; without one nothing is recorded."""

    SUSPECT = "suspect"
    LIKELY_OFFENDER = "likely offender"
    CONTACT = "contact or associate"
    WITNESS = "witness"
    VICTIM = "victim"
    INFORMANT = "informant"


class LineKind(StrEnum):
    """What a line of a profile is about."""

    NAME = "other name"  # a screen name that the same account, or another of one person, carries
    DEVICE = "device"
    SERIES = "shared series"


# How these behave is analysed; of the others only what the case needs of them is recorded.
ANALYSED = frozenset({Concerned.SUSPECT, Concerned.LIKELY_OFFENDER})
# These need it written down why the record is strictly necessary.
NEEDS_NECESSITY = frozenset(set(Concerned) - ANALYSED)
