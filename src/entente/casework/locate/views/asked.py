"""What an address asks of the page of locate: which clues are switched off, and where the map looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict

from entente.casework.locate.frame import View, read_view
from entente.casework.locate.sameness import canonical
from entente.vocabulary.clue import Clue, ClueGroup

GROUPS = frozenset(str(g) for g in ClueGroup)


@dataclass(frozen=True)
class Asked:
    """Clues and source groups that are left out for this page alone, and the map's window if one is named."""

    off: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    view: View | None = None

    @property
    def something_off(self) -> bool:
        """Whether anything is left out."""
        return bool(self.off or self.groups)

    def looking(self, view: View | None) -> Asked:
        """Return the same with another window."""
        return replace(self, view=view)

    def also_off(self, clue: str) -> Asked:
        """Return the same without one clue more."""
        return replace(self, off=tuple(sorted({*self.off, clue})))

    def query(self) -> str:
        """Return the address's query that asks for this."""
        given = {"off": self.off, "group": self.groups, "map": [self.view.as_text()] if self.view else []}
        return urlencode(given, doseq=True)


def asked(query: QueryDict, words: Sequence[Clue]) -> Asked:
    """Return what a query asks of these clues; what names none of them asks nothing."""
    off, known = set(query.getlist("off")), {c.id for c in words}
    groups = GROUPS & set(query.getlist("group")) & {str(c.group) for c in words}
    return Asked(tuple(sorted(off & known)), tuple(sorted(groups)), read_view(query.get("map", "")))


@dataclass(frozen=True)
class Line:
    """One observation as the page lists it: all clues that say it alike, from however many items."""

    clues: tuple[Clue, ...]
    off: bool

    @property
    def clue(self) -> Clue:
        """The clue that stands for them."""
        return self.clues[0]

    def id(self, off: Iterable[str] = ()) -> str:
        """Return the id that switches the line: one that an address names already, else the first."""
        named = {c.id for c in self.clues} & set(off)
        return min(named) if named else self.clue.id


def lines(words: Sequence[Clue], wish: Asked) -> list[Line]:
    """Return the observations of clues; one of which any clue is switched off is off as a whole."""
    alike: dict[tuple[str, str], list[Clue]] = {}
    for clue in sorted(words, key=lambda c: c.id):
        alike.setdefault((canonical(clue), f"{clue.evaluation} {clue.reliability}"), []).append(clue)
    off = set(wish.off)
    return [
        Line(tuple(same), not off.isdisjoint(c.id for c in same) or str(same[0].group) in wish.groups)
        for same in alike.values()
    ]
