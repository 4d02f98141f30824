"""What each contributor is told: what its own items did, and nothing of anybody else's.

Sources: Regulation (EU) 2016/794 art. 19 (restrictions bind the feedback too); Directive (EU) 2016/680
art. 7(3) (recipients learn of errors).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from entente.vocabulary.case import Outcome


class Effect(StrEnum):
    """What one item did."""

    USED = "used"
    CONFIRMED = "confirmed"
    NOT_USED = "not used"
    WRONG = "wrong"
    LED_TO_REGION = "led to region"
    LED_TO_HOME = "led to home"
    FOUND_IN_SEARCH = "found in search"


@dataclass(frozen=True, slots=True)
class Contribution:
    """One item of one agency. ``label`` is the contributor's own reference; nothing of the case's."""

    agency: str
    label: str
    effect: Effect


WORDS: dict[str, dict[Effect, str]] = {
    "en": {
        Effect.USED: "Your item {label} was used.",
        Effect.CONFIRMED: "Your item {label} was confirmed.",
        Effect.NOT_USED: "Your item {label} was read and not used.",
        Effect.WRONG: "Your item {label} turned out to be wrong; please tell those who had it from you.",
        Effect.LED_TO_REGION: "Your item {label} helped to find the region.",
        Effect.LED_TO_HOME: "Your item {label} helped to find the home.",
        Effect.FOUND_IN_SEARCH: "What your item {label} shows was found in the search.",
    },
    "fr": {
        Effect.USED: "Votre élément {label} a été utilisé.",
        Effect.CONFIRMED: "Votre élément {label} a été confirmé.",
        Effect.NOT_USED: "Votre élément {label} a été lu et n’a pas été utilisé.",
        Effect.WRONG: "Votre élément {label} s’est révélé faux ; avertissez vos destinataires.",
        Effect.LED_TO_REGION: "Votre élément {label} a aidé à trouver la région.",
        Effect.LED_TO_HOME: "Votre élément {label} a aidé à trouver le domicile.",
        Effect.FOUND_IN_SEARCH: "Ce que montre votre élément {label} a été trouvé à la perquisition.",
    },
    "it": {
        Effect.USED: "Il vostro elemento {label} è stato usato.",
        Effect.CONFIRMED: "Il vostro elemento {label} è stato confermato.",
        Effect.NOT_USED: "Il vostro elemento {label} è stato letto e non usato.",
        Effect.WRONG: "Il vostro elemento {label} si è rivelato errato; avvisate chi lo ha avuto da voi.",
        Effect.LED_TO_REGION: "Il vostro elemento {label} ha aiutato a trovare la regione.",
        Effect.LED_TO_HOME: "Il vostro elemento {label} ha aiutato a trovare l’abitazione.",
        Effect.FOUND_IN_SEARCH: "Ciò che mostra il vostro elemento {label} è stato trovato sul posto.",
    },
}

OUTCOMES: dict[str, dict[Outcome, str]] = {
    "en": {
        Outcome.CHILD_SAFE: "The child is safe.",
        Outcome.CHILD_NOT_FOUND: "The child was not found.",
        Outcome.SUSPECT_ARRESTED: "A suspect was arrested; the trial is pending.",
        Outcome.SUSPECT_NOT_FOUND: "The suspect was not found.",
        Outcome.CONVICTED: "There was a conviction.",
        Outcome.NO_OFFENCE: "There was no offence.",
    },
    "fr": {
        Outcome.CHILD_SAFE: "L’enfant est en sécurité.",
        Outcome.CHILD_NOT_FOUND: "L’enfant n’a pas été trouvé.",
        Outcome.SUSPECT_ARRESTED: "Un suspect a été arrêté ; le procès est à venir.",
        Outcome.SUSPECT_NOT_FOUND: "Le suspect n’a pas été trouvé.",
        Outcome.CONVICTED: "Une condamnation a été prononcée.",
        Outcome.NO_OFFENCE: "Il n’y avait pas d’infraction.",
    },
    "it": {
        Outcome.CHILD_SAFE: "Il minore è al sicuro.",
        Outcome.CHILD_NOT_FOUND: "Il minore non è stato trovato.",
        Outcome.SUSPECT_ARRESTED: "Un sospettato è stato arrestato; il processo è in attesa.",
        Outcome.SUSPECT_NOT_FOUND: "Il sospettato non è stato trovato.",
        Outcome.CONVICTED: "È stata pronunciata una condanna.",
        Outcome.NO_OFFENCE: "Non vi era reato.",
    },
}


def feedback(
    agency: str,
    contributions: Iterable[Contribution],
    outcomes: Iterable[Outcome] = (),
    *,
    outcome_may_go: bool = True,
    language: str = "en",
) -> list[str]:
    """Return the sentences for ``agency``: the outcome first, then each of its own items, in label order.

    ``outcome_may_go`` is the law's answer for the outcome itself; where it is no, only the items are told.
    An unknown language reads as English. Nothing is told to an agency that gave nothing.
    """
    own = sorted({c for c in contributions if c.agency == agency}, key=lambda c: (c.label, str(c.effect)))
    if not own:
        return []
    words, ends = WORDS.get(language, WORDS["en"]), OUTCOMES.get(language, OUTCOMES["en"])
    news = [ends[o] for o in dict.fromkeys(outcomes)] if outcome_may_go else []
    return news + [words[c.effect].format(label=c.label) for c in own]


def all_feedback(
    contributions: Iterable[Contribution],
    outcomes: Iterable[Outcome],
    *,
    may_know_outcome: frozenset[str],
    languages: dict[str, str] | None = None,
) -> dict[str, list[str]]:
    """Return every contributor's sentences by agency; who is not in ``may_know_outcome`` reads items only."""
    told, news = list(contributions), list(outcomes)
    return {
        agency: feedback(
            agency,
            told,
            news,
            outcome_may_go=agency in may_know_outcome,
            language=(languages or {}).get(agency, "en"),
        )
        for agency in sorted({c.agency for c in told})
    }
