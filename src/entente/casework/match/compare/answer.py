"""What is asked of the lists, and the answer: hits, best first, with everything needed to check them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from entente.casework.match.scene import Asked, Features
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import HashEntry, Hit, Profile, Turns, Verdict
from entente.vocabulary.reason import Reason


@dataclass(frozen=True, slots=True)
class Query:
    """The hashes of one item. ``pdq_turns``: for each profile eight, in the order of ``TURNS``, or none.

    ``pdq_raw`` is the hash of the stored pixels where they are displayed turned; ``scene`` the features of a
    picture, where parts of it are to be known too, ``unseen`` why there are none.
    """

    md5: str = ""
    sha1: str = ""
    sha256: str = ""
    pdq_turns: Mapping[Profile, Turns] = field(default_factory=dict)
    pdq_quality: int | None = None
    frames: tuple[FrameHash, ...] = ()
    pdq_raw: str = ""
    scene: Asked | Features | None = None
    unseen: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answer on one item: hits, what decides first, never empty.

    ``contradictions`` say where lists that know it disagree; ``notes`` what was not searched.
    """

    hits: tuple[Hit, ...]
    contradictions: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The verdict of the lists of known material: the first hit's."""
        return self.hits[0].verdict

    @property
    def harmless(self) -> bool:
        """Whether a list of the harmless holds the very same bytes and no other list knows it."""
        return self.verdict is Verdict.NEW and any(
            h.harmless and h.verdict is Verdict.EXACT for h in self.hits
        )


def label_of(entry: HashEntry) -> str:
    """Return how an entry is called: its record number where the list counts records, else its line."""
    return entry.other.get("record") or str(entry.line)
