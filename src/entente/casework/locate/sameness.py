"""Which clues say the same: what is told twice, or read twice from one sign, counts once."""

from __future__ import annotations

import json
from collections.abc import Sequence

from entente.casework.locate.combine import error_of
from entente.casework.locate.likelihood import SILENT
from entente.casework.locate.likelihood.words import written
from entente.vocabulary.clue import Clue, ClueGroup, ClueKind


def canonical(clue: Clue) -> str:
    """Return the key that decides order and sameness: what is said, by which source, how far trusted."""
    value = json.dumps(clue.value, sort_keys=True, ensure_ascii=True, default=str)
    return json.dumps([clue.kind, value, clue.negated, clue.group, _voice(clue)])


def _voice(clue: Clue) -> str:
    return clue.source if clue.group in (ClueGroup.PARTNER, ClueGroup.ANALYST) else ""


def evidence(clue: Clue) -> str:
    """Return the key of what a clue tells of a place: of a text the script and its rare letters, no more.

    However many lines are in Latin letters, that they are is seen once.
    """
    if clue.kind is ClueKind.TEXT and (told := written(clue.value)):
        return json.dumps([clue.kind, "as written", *told, clue.negated, clue.group, _voice(clue)])
    return canonical(clue)


def distinct(clues: Sequence[Clue]) -> tuple[list[Clue], dict[str, list[str]]]:
    """Return each observation once, in canonical order, and the ids that say the same.

    The same hum in twenty clips is one observation; two partners who say the same are two. Of equal
    ones the best graded counts.
    """
    told: dict[str, list[Clue]] = {}
    for clue in clues:
        told.setdefault(canonical(clue), []).append(clue)
    best, same = [], {}
    for key in sorted(told):
        ranked = sorted(told[key], key=_trust)
        best.append(ranked[0])
        same[ranked[0].id] = sorted({c.id for c in ranked})
    return best, same


def _trust(clue: Clue) -> tuple[float, str, str]:
    return error_of(clue), clue.evaluation, clue.id


def counted(clues: Sequence[Clue]) -> tuple[list[Clue], dict[str, Clue]]:
    """Return the clues that are weighed, in canonical order, and what each other observation counts with.

    The second is by ``canonical``: a text counts with the language that was read from the same sign, else
    with the most trusted text that tells no more and no less than it.
    """
    speaking = [c for c in clues if c.kind not in SILENT]
    best, _ = distinct(speaking)
    seen: dict[str, list[Clue]] = {}
    for clue in speaking:
        seen.setdefault(canonical(clue), []).append(clue)
    languages = [c for c in best if c.kind is ClueKind.LANGUAGE]
    stands: dict[str, Clue] = {}
    for clue in sorted(best, key=_trust):
        stands.setdefault(evidence(clue), clue)
    weighed, with_it = [], {}
    for clue in best:
        other = _read_from(seen[canonical(clue)], languages, seen) or stands[evidence(clue)]
        if other is clue:
            weighed.append(clue)
        else:
            with_it[canonical(clue)] = other
    # a text may count with one that itself counts with a language
    return weighed, {key: with_it.get(canonical(one), one) for key, one in with_it.items()}


def _read_from(texts: Sequence[Clue], languages: Sequence[Clue], seen: dict[str, list[Clue]]) -> Clue | None:
    """Return the language that was read from a sign of which ``texts`` are the words, if one was."""
    if texts[0].kind is not ClueKind.TEXT or texts[0].negated:
        return None
    for language in languages:
        alike = seen[canonical(language)]
        if not language.negated and any(one_sign(a, b) for a in texts for b in alike):
            return language
    return None


def one_sign(one: Clue, two: Clue) -> bool:
    """Whether two readings may be of one sign: of one source group and medium, and no two places in it."""
    if one.group != two.group or _voice(one) != _voice(two) or one.medium != two.medium:
        return False
    if one.region is None or two.region is None:
        return True
    (x, y, w, h), (x2, y2, w2, h2) = one.region, two.region
    return x < x2 + w2 and x2 < x + w and y < y2 + h2 and y2 < y + h
