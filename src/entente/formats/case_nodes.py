"""What every case format does alike in reading: nodes gathered by their ids, and the one case among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from entente.formats import ListRefused
from entente.formats.case_package import MOST_NODES, CasePackage, ReadPackage, Told, believed, sound
from entente.formats.salvage import Place
from entente.vocabulary.media_hash import RecordRefusal


class Nodes:
    """The nodes of one package by their ids, in the order of the text, and each that was not believed.

    ``kind`` is what the format calls one of them.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.held: dict[str, Told] = {}
        self.refused: list[RecordRefusal] = []

    def take(self, id_: str, value: dict[str, Any], place: Place) -> None:
        """Keep a node; one whose id was there before is refused, and a package with too many altogether."""
        if len(self.held) >= MOST_NODES:
            raise ListRefused("too-long", f"more than {MOST_NODES} {self.kind}s; have it sent in parts")
        if id_ in self.held:
            self.no(place, "twice", f"a second {self.kind} has the id {id_[:80]}")
        else:
            self.held[id_] = (id_, value, place)

    def no(self, place: Place, code: str, why: str) -> None:
        """Remember what could not be believed."""
        self.refused.append(RecordRefusal(place.line, code, f"{why}; it was left out"))

    def those(self, wanted: Callable[[dict[str, Any]], bool]) -> list[Told]:
        """Return the nodes that are wanted, in the order of the text."""
        return [told for told in self.held.values() if wanted(told[1])]

    def each(self, read: Callable[[Told], Any], nodes: Iterable[Told], kind: str) -> tuple[Any, ...]:
        """Return what ``read`` makes of each node; one that says nonsense costs itself."""
        return believed(read, nodes, kind, self.refused)

    def whole(self, package: CasePackage, id_of: Callable[[str], UUID]) -> ReadPackage:
        """Return the package as far as it is sound, with all that was refused on the way."""
        lines: dict[UUID, int] = {}
        for id_, _, place in self.held.values():
            try:
                lines[id_of(id_)] = place.line
            except ValueError:
                continue  # its own reading refuses it
        read = sound(package, lines)
        return ReadPackage(read.package, (*self.refused, *read.refusals))


def the_one(found: Sequence[Told], what: str) -> Told:
    """Return the case of a package; raise ``ListRefused`` where there is none, or several."""
    if len(found) != 1:
        raise ListRefused("not-a-case", f"this {what % len(found)}; a case package has one")
    return found[0]
