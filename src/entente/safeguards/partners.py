"""Partners of other desks: on which legal basis something may go to which kind of partner, and what.

The rules of each kind are data. They say only what a transfer needs besides handling codes and originators,
which bind everywhere. Source: Regulation (EU) 2016/794 arts 20, 21, 25, 26 and 26b; where a figure is ours
and not the Regulation's, its line says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from entente.vocabulary.agency import AgencyKind


class Ground(StrEnum):
    """On what a transfer to a partner may rest."""

    UNION_LAW = "union law"  # arts 20 and 21
    ADEQUACY = "adequacy decision"  # art. 25(1)(a)
    AGREEMENT = "international agreement"  # art. 25(1)(b)
    COOPERATION = "cooperation agreement"  # art. 25(1)(c): concluded before 1 May 2017
    SAFEGUARDS = "appropriate safeguards"  # art. 25(4a)
    VITAL_INTERESTS = "vital interests of a person"  # art. 25(5)(a)
    LEGITIMATE_INTERESTS = "legitimate interests of the person"  # art. 25(5)(b)
    SERIOUS_THREAT = "immediate and serious threat"  # art. 25(5)(c)
    SINGLE_CASE = "single criminal case"  # art. 25(5)(d)
    LEGAL_CLAIM = "legal claim in a single case"  # art. 25(5)(e)
    ONLINE_CSAM = "online child sexual abuse material"  # art. 26b


DEROGATIONS = frozenset(
    {
        Ground.VITAL_INTERESTS,
        Ground.LEGITIMATE_INTERESTS,
        Ground.SERIOUS_THREAT,
        Ground.SINGLE_CASE,
        Ground.LEGAL_CLAIM,
    }
)
DEROGATION_LASTS = timedelta(days=30)  # ours: a derogation is for a case at hand and never lasting
DEROGATION_MOST = 20  # things in one package; ours: a derogation is never for bulk

MEDIA, CLUE = "media", "clue"
WHOLE = frozenset({MEDIA, CLUE})


@dataclass(frozen=True, slots=True)
class KindRule:
    """What one kind of partner needs and may be sent; ``articles`` names the source."""

    grounds: frozenset[Ground]
    sends: frozenset[str]  # the kinds of things that may go there
    articles: str


RULES: dict[AgencyKind, KindRule] = {
    AgencyKind.NATIONAL_UNIT: KindRule(frozenset({Ground.UNION_LAW}), WHOLE, "arts 7, 20 and 22"),
    AgencyKind.COORDINATION_CENTRE: KindRule(frozenset({Ground.UNION_LAW}), WHOLE, "arts 18, 20 and 21"),
    AgencyKind.THIRD_COUNTRY: KindRule(
        frozenset({Ground.ADEQUACY, Ground.AGREEMENT, Ground.COOPERATION, Ground.SAFEGUARDS}) | DEROGATIONS,
        WHOLE,
        "art. 25",
    ),
    # to take material down they need its hash, and nothing of who is in it or where
    AgencyKind.HOTLINE: KindRule(frozenset({Ground.ONLINE_CSAM}), frozenset({MEDIA}), "arts 26 and 26b"),
    AgencyKind.PRIVATE_PARTY: KindRule(
        frozenset({Ground.ONLINE_CSAM}), frozenset({MEDIA}), "arts 26 and 26b"
    ),
}


class NoBasis(ValueError):
    """Nothing may go to that partner, or not this; the text says the mend."""


@dataclass(frozen=True, slots=True)
class Basis:
    """One recorded legal basis, as two people confirmed it."""

    ground: Ground
    since: datetime
    until: datetime | None
    ended: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it is in force at ``now``."""
        last = min((end for end in (self.until, self.ended) if end), default=None)
        return self.since <= now and (last is None or now < last)


def demand_basis(kind: AgencyKind, held: Iterable[Basis], now: datetime) -> Basis:
    """Return the basis in force that bears most, a lasting one before a derogation; raise ``NoBasis``."""
    rule = RULES[kind]
    good = [b for b in held if b.ground in rule.grounds and b.holds(now)]
    if not good:
        wanted = ", ".join(sorted(rule.grounds))
        raise NoBasis(
            f"there is no legal basis in force for a {kind} ({rule.articles}); record one of: {wanted}"
        )
    return min(good, key=lambda b: (b.ground in DEROGATIONS, b.ground))


def demand_transfer(kind: AgencyKind, basis: Basis, kinds: Iterable[str], count: int) -> None:
    """Raise ``NoBasis`` where these things may not go to such a partner on that basis."""
    strange = sorted(set(kinds) - RULES[kind].sends)
    if strange:
        raise NoBasis(f"a {kind} is not sent {', '.join(strange)} ({RULES[kind].articles}); leave that out")
    if basis.ground in DEROGATIONS and count > DEROGATION_MOST:
        raise NoBasis(
            f"a derogation is for a case at hand: {DEROGATION_MOST} things at most, and these are {count}"
        )


def demand_dates(kind: AgencyKind, basis: Basis) -> None:
    """Raise ``NoBasis`` where a basis could not be recorded so."""
    if basis.ground not in RULES[kind].grounds:
        wanted = ", ".join(sorted(RULES[kind].grounds))
        raise NoBasis(f"{basis.ground} is no basis for a {kind}; choose one of: {wanted}")
    if basis.until is not None and basis.until <= basis.since:
        raise NoBasis("a legal basis ends after it begins; correct the dates")
    if basis.ground in DEROGATIONS and (basis.until is None or basis.until - basis.since > DEROGATION_LASTS):
        raise NoBasis(f"a derogation ends within {DEROGATION_LASTS.days} days; give its last day")


# Sixteen bits are five letters that can be said over a bad line: consonant, vowel, consonant, vowel,
# consonant (D. Wilkerson, "A Proposal for Proquints", arXiv 0901.4016).
_CONSONANTS, _VOWELS = "bdfghjklmnprstvz", "aiou"
WORDS = 8  # 128 bits


def spoken(data: bytes) -> str:
    """Return eight words by which two people compare over the telephone what each of them holds."""
    digest = sha256(b"entente v1: words of a partner's card\n" + data).digest()
    pairs = (int.from_bytes(digest[n : n + 2], "big") for n in range(0, 2 * WORDS, 2))
    return " ".join(_word(pair) for pair in pairs)


def _word(sixteen: int) -> str:
    c, v = _CONSONANTS, _VOWELS
    return (
        c[sixteen >> 12 & 15] + v[sixteen >> 10 & 3] + c[sixteen >> 6 & 15] + v[sixteen >> 4 & 3]
        + c[sixteen & 15]
    )  # fmt: skip


def same_words(typed: str, held: str) -> bool:
    """Whether what was read out is what is held; case, hyphens and the number of blanks do not matter."""
    return " ".join(typed.lower().replace("-", " ").split()) == held
