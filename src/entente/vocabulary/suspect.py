"""Suspects as a case speaks of them: a number, and the part that a person gave them.

A suspect has no name here. Sources: Regulation (EU) 2016/794 Annex II B (who may be recorded), art. 29
(evaluation); Directive (EU) 2016/680 arts 6 and 7 (kinds of persons apart, facts apart from assessments).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from entente.vocabulary.handling import Evaluation


class SuspectPart(StrEnum):
    """What a suspect is thought to have done; a named person says it, never a machine."""

    ABUSER = "abuser"
    ENABLER = "encourager or enabler"
    DISTRIBUTOR = "distributor"
    UNCLEAR = "not clear yet"


class DataSubject(StrEnum):
    """Under which category of persons somebody is recorded (Annex II B); without one nobody is."""

    SUSPECT = "suspect"
    LIKELY_OFFENDER = "likely offender"


class Said(StrEnum):
    """Whether it is known or thought."""

    FACT = "fact"
    ASSESSMENT = "assessment"


@dataclass(frozen=True, slots=True)
class Standing:
    """What one person says of a suspect: part, category, whether it is known, how sure, and why."""

    part: SuspectPart
    category: DataSubject
    said: Said
    evaluation: Evaluation
    because: str

    @classmethod
    def of(cls, part: str, category: str, said: str, evaluation: str, because: str) -> Standing:
        """Read it from plain words; raise ``ValueError`` with the mend."""
        if not because.strip():
            raise ValueError("say on what this rests; the reason stays with the suspect")
        for words, given in ((SuspectPart, part), (DataSubject, category), (Said, said)):
            if given not in set(words):
                raise ValueError(f"{given!r} is not one of: {', '.join(words)}")
        grade = Evaluation.parse(evaluation)
        return cls(SuspectPart(part), DataSubject(category), Said(said), grade, because.strip())
