"""Is it known? Compares one item's hashes with held lists and says in words why.

Equal digests first; then PDQ within a radius after each of the eight turns; a video by its frames. Arithmetic
only: lists come as ``HashEntry`` records, the item as a ``Query``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from entente.casework.match.hashes import every_turn
from entente.casework.match.index import NearIndex, packed
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import (
    EMPTY_FILE_HASHES,
    PDQ_MIN_QUALITY,
    PDQ_NEAR,
    Digest,
    HashEntry,
    Hit,
    Profile,
    Transform,
    Turns,
    Verdict,
)
from entente.vocabulary.reason import Reason

METHOD, VERSION = "match.compare", "1"
FRAME_GAP = 2.0  # seconds without a matching frame that end a segment
OFFSET_DRIFT = 1.0  # seconds by which two frames of one segment may shift against each other

NAMES = {Digest.SHA256: "SHA-256", Digest.SHA1: "SHA-1", Digest.MD5: "MD5"}  # the strongest first
TURNED = {
    Transform.ORIGINAL: "",
    Transform.ROTATE_90: " after turning it a quarter clockwise",
    Transform.ROTATE_180: " after turning it upside down by half a turn",
    Transform.ROTATE_270: " after turning it a quarter anticlockwise",
    Transform.MIRROR_X: " after mirroring top to bottom",
    Transform.MIRROR_Y: " after mirroring left to right",
    Transform.TRANSPOSE: " after mirroring along the falling diagonal",
    Transform.ANTITRANSPOSE: " after mirroring along the rising diagonal",
}


@dataclass(frozen=True, slots=True)
class Query:
    """The hashes of one item. ``pdq_turns``: for each profile eight, in the order of ``TURNS``, or none."""

    md5: str = ""
    sha1: str = ""
    sha256: str = ""
    pdq_turns: Mapping[Profile, Turns] = field(default_factory=dict)
    pdq_quality: int | None = None
    frames: tuple[FrameHash, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """Where two videos show the same, in seconds of each, and how many frames say so."""

    list_name: str
    entry: str
    query_start: float
    query_end: float
    match_start: float
    match_end: float
    frames: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on one item: hits, best first and never empty; segments of videos; what was not done."""

    hits: tuple[Hit, ...]
    segments: tuple[Segment, ...] = ()
    notes: tuple[Reason, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The best hit's verdict."""
        return self.hits[0].verdict


@dataclass(frozen=True, slots=True)
class _Held:
    """One searchable hash: its list, its entry, and its time where it is a video's frame."""

    list_name: str
    entry: str
    t: float | None = None


def label_of(entry: HashEntry) -> str:
    """Return how an entry is called: its record number where the list counts records, else its line."""
    return entry.other.get("record") or str(entry.line)


def _reason(text: str, points: float | None = None) -> Reason:
    return Reason(text[0].upper() + text[1:], METHOD, VERSION, points)


@dataclass
class HeldLists:
    """What is known: digests and perceptual hashes of any number of lists, each hit named by its list."""

    radius: int = PDQ_NEAR
    _digests: dict[str, list[_Held]] = field(default_factory=dict)
    _hashes: list[str] = field(default_factory=list)
    _owners: list[_Held] = field(default_factory=list)
    _index: NearIndex | None = None
    count: int = 0

    def add(self, list_name: str, entries: Iterable[HashEntry]) -> int:
        """Add a list's entries and return how many; a deletion takes the same hashes of that list away.

        Hashes of empty files and the blank PDQ are held by nobody: they would match what means nothing.
        """
        before = self.count
        for entry in entries:
            if entry.deleted:
                self._take_away(list_name, entry)
                continue
            held = _Held(list_name, label_of(entry))
            for digest in self._digests_of(entry):
                self._digests.setdefault(digest, []).append(held)
            self._hold(entry.pdq, held)
            self.count += 1
        return self.count - before

    def add_video(self, list_name: str, entry: str, frames: Iterable[FrameHash]) -> None:
        """Add a held video's frames; frames of low quality are not searched."""
        for frame in frames:
            if frame.quality >= PDQ_MIN_QUALITY:
                self._hold(frame.pdq, _Held(list_name, entry, frame.t))

    def _digests_of(self, entry: HashEntry | Query) -> list[str]:
        values = (entry.sha256, entry.sha1, entry.md5)
        return [v for v in values if v and v not in EMPTY_FILE_HASHES]

    def _hold(self, pdq: str, held: _Held) -> None:
        if pdq and pdq.strip("0"):
            self._hashes.append(pdq)
            self._owners.append(held)
            self._index = None

    def _take_away(self, list_name: str, entry: HashEntry) -> None:
        """Forget the hashes of a deleted entry, in its own list only."""
        for digest in self._digests_of(entry):
            kept = [h for h in self._digests.get(digest, ()) if h.list_name != list_name]
            if kept:
                self._digests[digest] = kept
            else:
                self._digests.pop(digest, None)
        if entry.pdq:
            pairs = zip(self._hashes, self._owners, strict=True)
            stay = [(p, h) for p, h in pairs if p != entry.pdq or h.list_name != list_name]
            self._hashes, self._owners = [p for p, _ in stay], [h for _, h in stay]
            self._index = None

    def compare(self, query: Query) -> Comparison:
        """Return the verdict on one item."""
        notes = list(_notes(query))
        hits = self._exact(query)
        known = {(hit.list_name, hit.entry) for hit in hits}
        near = self._near_picture(query)
        segments: tuple[Segment, ...] = ()
        if query.frames:
            more, segments = self._near_video(query)
            near += more
        near.sort(key=lambda hit: (hit.distance, hit.list_name, hit.entry))
        for hit in near:
            if (hit.list_name, hit.entry) not in known:
                known.add((hit.list_name, hit.entry))
                hits.append(hit)
        if not hits:
            said = "; ".join(n.text for n in notes)
            text = f"no equal hash and none within {self.radius} bits in {self.count} entries"
            hits = [
                Hit(
                    Verdict.NEW,
                    "",
                    "",
                    None,
                    Transform.ORIGINAL,
                    _reason(f"{text}; {said}" if said else text),
                )
            ]
        return Comparison(tuple(hits), segments, tuple(notes))

    def _exact(self, query: Query) -> list[Hit]:
        """Return one hit for each entry with an equal digest, by the strongest one."""
        hits: dict[_Held, Hit] = {}
        for digest, name in NAMES.items():
            value = getattr(query, digest.value)
            if not value or value in EMPTY_FILE_HASHES:
                continue
            for held in self._digests.get(value, ()):
                because = _reason(f"same {name} as entry {held.entry} of list {held.list_name}")
                hit = Hit(Verdict.EXACT, held.list_name, held.entry, 0, Transform.ORIGINAL, because)
                hits.setdefault(held, hit)
        return list(hits.values())

    def _search(self, hashes: Sequence[str]) -> list[tuple[int, _Held, int]]:
        """Return (place in ``hashes``, held, distance) within the radius."""
        if self._index is None:
            self._index = NearIndex(packed(self._hashes))
        pairs = self._index.search(packed(hashes), self.radius)
        rows = zip(pairs.query.tolist(), pairs.held.tolist(), pairs.distance.tolist(), strict=True)
        return [(q, self._owners[h], d) for q, h, d in rows]

    def _near_picture(self, query: Query) -> list[Hit]:
        """Return near hits of a picture: for each entry the profile and turn that come nearest."""
        if not query.pdq_turns or (query.pdq_quality or 0) < PDQ_MIN_QUALITY:
            return []
        asked = every_turn(query.pdq_turns)
        best: dict[tuple[str, str], tuple[int, int, _Held]] = {}
        for place, held, distance in self._search([value for _, _, value in asked]):
            key = (held.list_name, held.entry)
            candidate = (distance, place, held)
            if key not in best or candidate[:2] < best[key][:2]:
                best[key] = candidate
        return [_near_hit(held, distance, *asked[place][:2]) for distance, place, held in best.values()]

    def _near_video(self, query: Query) -> tuple[list[Hit], tuple[Segment, ...]]:
        """Return near hits of a video by its frames, and where held videos show the same."""
        frames = [f for f in query.frames if f.quality >= PDQ_MIN_QUALITY and f.pdq.strip("0")]
        if not frames:
            return [], ()
        by_entry: dict[tuple[str, str], list[tuple[float, float | None, int]]] = {}
        for place, held, distance in self._search([f.pdq for f in frames]):
            by_entry.setdefault((held.list_name, held.entry), []).append((frames[place].t, held.t, distance))
        hits, segments = [], []
        for (name, entry), rows in by_entry.items():
            hits.append(_video_hit(name, entry, rows, len(frames)))
            segments += _segments(name, entry, rows)
        return hits, tuple(segments)


def _notes(query: Query) -> Iterable[Reason]:
    """Say what was not searched, and why."""
    if not EMPTY_FILE_HASHES.isdisjoint((query.md5, query.sha1, query.sha256)):
        yield _reason("the file is empty: equal hashes mean nothing and were not searched")
    quality = query.pdq_quality
    if query.pdq_turns and (quality or 0) < PDQ_MIN_QUALITY:
        yield _reason(f"quality {quality or 0} is below {PDQ_MIN_QUALITY}: not searched by likeness")
    low = sum(f.quality < PDQ_MIN_QUALITY for f in query.frames)
    if low:
        yield _reason(
            f"{low} of {len(query.frames)} frames are below quality {PDQ_MIN_QUALITY}: not searched"
        )


def _near_hit(held: _Held, distance: int, profile: Profile, turn: Transform) -> Hit:
    where = f"entry {held.entry} of list {held.list_name}"
    if held.t is not None:
        where += f" at {held.t:.1f} s"
    under = "" if profile is Profile.FULL else f" under the profile {profile.upper()}"
    because = _reason(f"PDQ distance {distance} of 256 to {where}{TURNED[turn]}{under}", float(distance))
    return Hit(Verdict.NEAR, held.list_name, held.entry, distance, turn, because)


def _video_hit(name: str, entry: str, rows: list[tuple[float, float | None, int]], frames: int) -> Hit:
    """Return the hit of one held entry: how many of the frames meet it, and the nearest."""
    t, _, distance = min(rows, key=lambda row: (row[2], row[0]))
    met = len({row[0] for row in rows})
    text = (
        f"{met} of {frames} frames are near entry {entry} of list {name}; "
        f"the nearest at {t:.1f} s with PDQ distance {distance} of 256"
    )
    return Hit(Verdict.NEAR, name, entry, distance, Transform.ORIGINAL, _reason(text, float(met)))


def _segments(name: str, entry: str, rows: list[tuple[float, float | None, int]]) -> list[Segment]:
    """Join matching frames with one shift between the two videos into segments."""
    timed = sorted((row[0] - row[1], row[0], row[1]) for row in rows if row[1] is not None)
    open_runs: list[list[tuple[float, float, float]]] = []
    for shift in _by_shift(timed):
        run: list[tuple[float, float, float]] = []
        for row in sorted(shift, key=lambda r: r[1]):
            if run and row[1] - run[-1][1] > FRAME_GAP:
                open_runs.append(run)
                run = []
            run.append(row)
        open_runs.append(run)
    return [
        Segment(name, entry, run[0][1], run[-1][1], run[0][2], run[-1][2], len({r[1] for r in run}))
        for run in sorted(open_runs, key=lambda run: run[0][1])
        if _stands_out(run, open_runs)
    ]


def _by_shift(timed: list[tuple[float, float, float]]) -> list[list[tuple[float, float, float]]]:
    """Group (shift, query time, held time) rows, sorted by shift, where shifts lie close together."""
    groups: list[list[tuple[float, float, float]]] = []
    for row in timed:
        if groups and row[0] - groups[-1][0][0] <= OFFSET_DRIFT:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _stands_out(run: list[tuple[float, float, float]], runs: list[list[tuple[float, float, float]]]) -> bool:
    """Whether no longer run with another shift covers this stretch: a still scene has many."""
    start, end, size = run[0][1], run[-1][1], len(run)
    covering = (o for o in runs if o is not run and o[0][1] <= start and o[-1][1] >= end)
    return not any((len(o), -abs(o[0][0])) > (size, -abs(run[0][0])) for o in covering)
