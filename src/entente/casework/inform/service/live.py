"""What a product stands on as the desk knows it now: withdrawn, erased or marked more strictly since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from entente.casework.inform.draft import Asked, Detail, Draft, Source
from entente.records import guard
from entente.records.leaving import things_of
from entente.records.models import CaseBound, Clue, HomeProposal, Media, Request
from entente.safeguards.access import Thing
from entente.vocabulary.handling import union

INPUTS: tuple[type[CaseBound], ...] = (Clue, HomeProposal, Media, Request)
Part = TypeVar("Part", Source, Detail, Asked)


def rows_of(ids: Iterable[str]) -> dict[str, CaseBound]:
    """Return whatever a product stands on, by id; to be called in a scope."""
    wanted = list(ids)
    return {str(r.pk): r for model in INPUTS for r in model._default_manager.filter(pk__in=wanted)}


def live_things(draft: Draft) -> dict[str, Thing]:
    """Return what the law knows now of each input; an input withdrawn or erased since is not among them."""
    with guard.system("the law reads what a product stands on, also what is withheld from the purpose"):
        return things_of(r for r in rows_of(draft.rows()).values() if _stands(r))


def _stands(row: CaseBound) -> bool:
    if isinstance(row, HomeProposal):
        return row.withdrawn_at is None
    return not (isinstance(row, Clue) and row.state == "withdrawn")


def live_handling(draft: Draft, things: dict[str, Thing]) -> Draft:
    """Return the draft with handling that may have become stricter since it was written, never looser."""

    def stricter(part: Part) -> Part:
        live = things.get(part.row)
        return replace(part, handling=union([part.handling, live.handling])) if live else part

    return replace(
        draft,
        sources=tuple(stricter(s) for s in draft.sources),
        pictures=tuple(stricter(p) for p in draft.pictures),
        requests=tuple(stricter(r) for r in draft.requests),
    )
