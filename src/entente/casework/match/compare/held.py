"""What is held: lists, videos, pictures with their features; one call compares an item with all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from entente.casework.match import standing
from entente.casework.match.compare import words
from entente.casework.match.compare.answer import Comparison, Query
from entente.casework.match.compare.entries import NOTHING, Entries, HeldList
from entente.casework.match.compare.moving import HeldVideos
from entente.casework.match.compare.words import NAMES, reason
from entente.casework.match.hashes import every_turn
from entente.casework.match.index import NearIndex
from entente.casework.match.scene import TOO_FEW, Features, SceneIndex, SceneMatch
from entente.vocabulary.media import Region, Segment
from entente.vocabulary.media_hash import (
    EMPTY_FILE_HASHES,
    PDQ_MIN_QUALITY,
    PDQ_NEAR,
    HashEntry,
    Hit,
    Profile,
    Transform,
    Verdict,
)
from entente.vocabulary.reason import Reason

_FIRST = {Verdict.EXACT: 0, Verdict.NEAR: 1, Verdict.SCENE: 2}
_LEAST_SIDE = 1e-4  # of a region, in fractions


@dataclass
class HeldLists:
    """What is known: digests, perceptual hashes, videos and features of any number of lists.

    Each hit names its list and entry. Indexes are built when something is first asked of them.
    """

    radius: int = PDQ_NEAR
    count: int = 0
    _entries: Entries = field(default_factory=Entries)
    _videos: HeldVideos = field(default_factory=HeldVideos)
    _scenes: list[tuple[int, Features]] = field(default_factory=list)
    _near: tuple[NearIndex, NDArray[np.uint64]] | None = None
    _scene: SceneIndex | None = None

    def add(
        self,
        list_name: str,
        entries: Iterable[HashEntry],
        *,
        version: str = "",
        harmless: bool = False,
        profile: str = "",
        scenes: Iterable[Features | None] = (),
    ) -> int:
        """Add a list's entries and return how many; a deletion takes the entries with its hashes away.

        ``profile`` says whose categories they are; ``scenes`` are the features of the entries' pictures, in
        their order. Hashes of empty files and blank values are held by nobody: they match what means nothing.
        """
        held, before, parts = HeldList(list_name, version, harmless, profile), self.count, iter(scenes)
        for entry in entries:
            features = next(parts, None)
            self._near = None
            if entry.deleted:
                self._entries.withdraw(list_name, entry)
                continue
            number = self._entries.add(held, entry)
            self.count += 1
            if entry.frames:
                self._videos.add(number, entry.frames)
            if features is not None:
                self._scenes.append((number, features))
                self._scene = None
        return self.count - before

    def ready(self) -> HeldLists:
        """Build every index now, so that several threads may compare; nothing is added after that."""
        self._index()[0].search(np.zeros((1, 4), np.uint64), 0)
        for digests in (*self._entries.digests.values(), self._entries.pdq):
            digests.find("00" * digests.bytes)
        self._videos.ready()
        self._parts()
        return self

    def compare(self, query: Query) -> Comparison:
        """Return the answer on one item."""
        notes = list(_notes(query))
        met = self._exact(query, notes)
        self._add(met, self._near_picture(query))
        if query.frames:
            self._add(met, self._moving(query))
        known = any(not hit.harmless for hit in met.values())
        if query.scene is not None and not known:  # it only proposes: not asked where more is known
            self._add(met, self._scenic(query, notes))
        hits = sorted(met.items(), key=lambda m: (m[1].harmless, *_rank(m[1]), m[0]))
        ordered = [hit for _, hit in hits]
        if not ordered or ordered[0].harmless:
            ordered.insert(0, self._new(ordered, notes))
        return Comparison(tuple(ordered), tuple(self._contradictions(met)), tuple(notes))

    def _add(self, met: dict[int, Hit], more: Iterable[tuple[int, Hit]]) -> None:
        """Add hits of entries that were not met by something better, nor taken back by their list."""
        gone = self._entries.gone
        for number, hit in more:
            if number not in gone:
                met.setdefault(number, hit)

    def _hit(
        self,
        number: int,
        verdict: Verdict,
        distance: int | None,
        transform: Transform,
        because: Reason,
        *,
        profile: str = "",
        segments: tuple[Segment, ...] = (),
        regions: tuple[Region, Region] | None = None,
    ) -> Hit:
        held = self._entries.list_of(number)
        return Hit(
            verdict,
            held.name,
            self._entries.label(number),
            distance,
            transform,
            because,
            list_version=held.version,
            profile=profile,
            category=self._entries.category(number),
            harmless=held.harmless,
            segments=segments,
            regions=regions,
        )

    def _exact(self, query: Query, notes: list[Reason]) -> dict[int, Hit]:
        """Return one hit for each entry with an equal digest, by the strongest one.

        Where a stronger digest differs, a list of the harmless is not believed: two files of one MD5 can be
        made on purpose. A known list's word stands, and what contradicts it is said.
        """
        met: dict[int, Hit] = {}
        gone = self._entries.gone
        for digest in NAMES:
            value = getattr(query, digest.value)
            if not value or value in NOTHING:
                continue
            for number in self._entries.digests[digest].find(value):
                if number in met or number in gone:
                    continue
                because = words.exact(digest, self._entries.where(number))
                if other := self._stronger(query, number):
                    because = reason(f"{because.text}, but another {other}: one of them is wrong, or made so")
                    notes.append(because)
                    if self._entries.list_of(number).harmless:
                        continue
                met[number] = self._hit(number, Verdict.EXACT, 0, Transform.ORIGINAL, because)
        return met

    def _stronger(self, query: Query, number: int) -> str:
        """Return the digest of an entry that says it is another file, or nothing."""
        for digest, name in NAMES.items():
            asked, held = getattr(query, digest.value), self._entries.digests[digest].of(number)
            if asked and held and asked != held:
                return name
        return ""

    def _index(self) -> tuple[NearIndex, NDArray[np.uint64]]:
        """Return the index of the entries' PDQ hashes, and the entry of each of its rows."""
        if self._near is None:
            pdq, gone = self._entries.pdq, self._entries.gone
            owners = pdq.entries().copy()
            rows = np.ascontiguousarray(pdq.rows()).view(">u8").astype(np.uint64).reshape(-1, 4)
            stay = ~np.isin(owners, np.fromiter(gone, np.uint64, len(gone)))
            self._near = NearIndex(rows[stay]), owners[stay]
        return self._near

    def _search(self, hashes: NDArray[np.uint64]) -> list[tuple[int, int, int]]:
        """Return (place in ``hashes``, entry, distance) within the radius."""
        index, owners = self._index()
        if not len(owners):
            return []
        pairs = index.search(hashes, self.radius)
        return list(
            zip(pairs.query.tolist(), owners[pairs.held].tolist(), pairs.distance.tolist(), strict=True)
        )

    def _near_picture(self, query: Query) -> list[tuple[int, Hit]]:
        """Return near hits of a picture: for each entry the profile and turn that come nearest."""
        if not query.pdq_turns or (query.pdq_quality or 0) < PDQ_MIN_QUALITY:
            return []
        asked = every_turn({str(p): turns for p, turns in query.pdq_turns.items()}, query.pdq_raw)
        hashes = _packed([value for _, _, value in asked])
        best: dict[int, tuple[int, int]] = {}
        for place, number, distance in self._search(hashes):
            best[number] = min(best.get(number, (257, 0)), (distance, place))
        found = []
        for number, (distance, place) in best.items():
            profile, turn, _ = asked[place]
            because = words.near(distance, self._entries.where(number), turn, profile)
            found.append((number, self._hit(number, Verdict.NEAR, distance, turn, because, profile=profile)))
        return found + self._stills(hashes, [turn for _, turn, _ in asked], [p for p, _, _ in asked])

    def _stills(
        self, hashes: NDArray[np.uint64], turns: Sequence[Transform], profiles: Sequence[Profile]
    ) -> list[tuple[int, Hit]]:
        """Return held videos in which a picture stands."""
        found = []
        for still in self._videos.stills(hashes, self.radius):
            turn, profile = turns[still.place], profiles[still.place]
            because = words.still(still.distance, self._entries.where(still.number), still.t, turn)
            at = (Segment(0.0, 0.0, still.t, still.t, 1),)
            hit = self._hit(
                still.number, Verdict.NEAR, still.distance, turn, because, profile=profile, segments=at
            )
            found.append((still.number, hit))
        return found

    def _moving(self, query: Query) -> list[tuple[int, Hit]]:
        """Return near hits of a video: held videos by their segments, then held pictures by a frame."""
        found = []
        for number, hit in self._videos.met(query.frames, self.radius, self._search):
            because = hit.said(self._entries.where(number))
            found.append(
                (
                    number,
                    self._hit(number, Verdict.NEAR, hit.distance, hit.turn, because, segments=hit.segments),
                )
            )
        return found

    def _scenic(self, query: Query, notes: list[Reason]) -> list[tuple[int, Hit]]:
        """Return the held pictures of which this one shows a part."""
        if not self._scenes or query.scene is None:
            return []
        plain = query.scene if isinstance(query.scene, Features) else query.scene.plain
        if plain.too_few:
            notes.append(reason(TOO_FEW))
        return [(match.id, self._of_scene(match)) for match in self._parts().search(query.scene)]

    def _parts(self) -> SceneIndex:
        """Return the index of the pictures' features."""
        if self._scene is None:
            self._scene = SceneIndex.build(self._scenes)
        return self._scene

    def _of_scene(self, match: SceneMatch) -> Hit:
        told = match.because
        text = f"{told.text}, {self._entries.where(match.id)}"
        turn = Transform.MIRROR_Y if match.mirrored else Transform.ORIGINAL
        regions = _region(match.region_query), _region(match.region_held)
        because = reason(text, told.points, told.method, told.version)
        return self._hit(match.id, Verdict.SCENE, None, turn, because, regions=regions)

    def _new(self, harmless: Sequence[Hit], notes: Sequence[Reason]) -> Hit:
        """Return the hit that says that no list of known material knows it."""
        text = f"no equal hash and none within {self.radius} bits in {self.count} entries"
        same = next((h for h in harmless if h.verdict is Verdict.EXACT), None)
        if same:
            told = same.because.text
            text = f"known as harmless: {told[0].lower()}{told[1:]}; no other list knows it"
        said = "; ".join(n.text for n in notes)
        because = reason(f"{text}; {said}" if said else text)
        return Hit(Verdict.NEW, "", "", None, Transform.ORIGINAL, because)

    def _contradictions(self, met: dict[int, Hit]) -> list[Reason]:
        """Return where the lists that know it disagree, or their own voters do."""
        said = []
        for number, hit in met.items():
            held, votes = self._entries.list_of(number), self._entries.voted.get(number, (0, 0, 0))
            said.append(
                standing.Said(
                    held.name,
                    hit.entry,
                    hit.verdict.value,
                    suppresses=held.harmless,
                    profile=held.profile,
                    category=hit.category,
                    positive=votes[0],
                    negative=votes[1],
                    disputed=votes[2],
                )
            )
        return standing.contradictions(said)


def _rank(hit: Hit) -> tuple[int, float]:
    """Order hits: the same bytes, then the nearest, then the most corners."""
    if hit.verdict is Verdict.SCENE:
        return _FIRST[hit.verdict], -(hit.because.points or 0)
    return _FIRST[hit.verdict], float(hit.distance or 0)


def _packed(hashes: Sequence[str]) -> NDArray[np.uint64]:
    return np.frombuffer(bytes.fromhex("".join(hashes)), ">u8").astype(np.uint64).reshape(-1, 4)


def _region(box: tuple[float, float, float, float]) -> Region:
    """Return a box that lies inside the picture, whatever rounding did to it."""
    x, y = (min(max(v, 0.0), 1 - _LEAST_SIDE) for v in box[:2])
    w, h = max(box[2], _LEAST_SIDE), max(box[3], _LEAST_SIDE)
    return Region(x, y, min(w, 1 - x), min(h, 1 - y))


def _notes(query: Query) -> Iterable[Reason]:
    """Say what was not searched, and why."""
    if not EMPTY_FILE_HASHES.isdisjoint((query.md5, query.sha1, query.sha256)):
        yield reason("the file is empty: equal hashes mean nothing and were not searched")
    quality = query.pdq_quality
    if query.pdq_turns and (quality or 0) < PDQ_MIN_QUALITY:
        yield reason(f"quality {quality or 0} is below {PDQ_MIN_QUALITY}: not searched by likeness")
    if query.unseen:
        yield reason(f"its parts were not looked at: {query.unseen}")
    low = sum(f.quality < PDQ_MIN_QUALITY for f in query.frames)
    if low:
        yield reason(f"{low} of {len(query.frames)} frames are below quality {PDQ_MIN_QUALITY}: not searched")
