"""The items of a case as the filters know them, in a handful of queries that the guard keeps.

No stack is written down: a stored one would tell of items that its reader may not see. What is kept, in this
process alone, is the arithmetic under the digest of its own input.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.json import KT

from entente.casework.examine.facets import FACETS, Card
from entente.casework.examine.service.look import SHOW_LITTLE
from entente.casework.match.compare import stacked
from entente.records.models import Case, Clue, Media, Review, SeriesItem, Viewing
from entente.vocabulary.agency import Officer

DAY = re.compile(r"\d{4}-\d\d-\d\d")
Only = Collection[int] | None  # these items alone
KEPT = 16  # stackings kept in memory
_stackings: dict[bytes, list[int]] = {}


def cards(officer: Officer, case: Case, only: Collection[int] | None = None) -> list[Card]:
    """Return every item of ``case`` that the scope shows, or those numbers of it, in the order of numbers.

    Of some alone the stacks are not told.
    """
    media = Media.objects.filter(case=case)
    if only is not None:
        media = media.filter(number__in=only)
    rows = list(
        media.order_by("number")
        .annotate(make=KT("metadata__make"), model=KT("metadata__model"), taken=KT("metadata__taken_at"))
        .values_list(
            "number", "kind", "known", "refusal", "origin", "sha256", "pdq", "pdq_quality",
            "make", "model", "taken",
        )
    )  # fmt: skip
    heads: Sequence[int] = range(len(rows))
    if only is None:  # a part of a case knows nothing of its stacks
        looks = [(r[5], r[6], r[7]) if not r[3] and r[4] != "crop" else ("", "", None) for r in rows]
        heads = stacks_of(looks)
    clued, series = _clued(case, only), _series(case, only)
    looked, said = _looked(officer, case, only), reviewed(case, only)
    found = []
    for row, head in zip(rows, heads, strict=True):
        number, kind, known, refusal, origin = row[:5]
        taken = DAY.match(str(row[10] or ""))
        device = device_of(*row[8:10])
        values = {
            "known": (known or "waiting",) if not refusal else (),
            "kind": (kind,) if kind else (),
            "device": (device,) if device else (),
            "series": tuple(series.get(number, ())),
            "clue": clued.get(number, ("no",)),
            "looked": looked.get(number, ("nobody",)),
            "review": (said.get(number, "none"),),
            "state": ("refused" if refusal else "opened", *(("crop",) if origin == "crop" else ())),
        }
        found.append(Card(number, rows[head][0], tuple(values[f] for f in FACETS), taken[0] if taken else ""))
    return found


def device_of(make: object, model: object) -> str:
    """Return a camera's make and model as the filters write them."""
    return " ".join(text for part in (make, model) if (text := str(part or "").strip()))


def stacks_of(rows: Sequence[tuple[str, str, int | None]]) -> list[int]:
    """Return for each (SHA-256, PDQ, quality) the place of the first of its stack."""
    name = sha256("\n".join(f"{s} {p} {q}" for s, p, q in rows).encode()).digest()
    if name not in _stackings:
        found = stacked([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])
        while len(_stackings) >= KEPT:
            _stackings.pop(next(iter(_stackings)), None)
        _stackings[name] = found
    return _stackings[name]


def _clued(case: Case, only: Only) -> dict[int, tuple[str, ...]]:
    rows = _of(Clue.objects.filter(case=case), only).exclude(media=None).exclude(state="withdrawn")
    waits: dict[int, bool] = {}
    for media, state in rows.order_by().values_list("media__number", "state").distinct():
        waits[media] = waits.get(media, False) or state == "proposed"
    return {media: ("yes", "proposed") if open_ else ("yes",) for media, open_ in waits.items()}


def _series(case: Case, only: Only) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = _of(SeriesItem.objects.filter(case=case), only)
    for media, name in rows.values_list("media__number", "series__name"):
        found.setdefault(media, []).append(name)
    return found


def _looked(officer: Officer, case: Case, only: Only) -> dict[int, tuple[str, ...]]:
    """Return by item who had to see more than its grey still, as far as this officer may know."""
    found: dict[int, set[str]] = {}
    looks = _of(Viewing.objects.filter(case=case), only).exclude(view__in=SHOW_LITTLE).order_by()
    for media, account, agency in looks.values_list("media__number", "account", "owner").distinct():
        who = found.setdefault(media, {"anybody"})
        if agency == officer.agency:
            who.add("agency")
        if account == officer.id:
            who.add("me")
    return {media: tuple(who) for media, who in found.items()}


def reviewed(case: Case, only: Only = None) -> dict[int, str]:
    """Return by an item's number what was last said of it."""
    rows = _of(Review.objects.filter(case=case), only).order_by("made_at")
    return dict(rows.values_list("media__number", "state"))


def _of(rows: QuerySet[Any], only: Only) -> QuerySet[Any]:
    return rows if only is None else rows.filter(media__number__in=only)
