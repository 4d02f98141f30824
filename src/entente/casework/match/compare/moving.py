"""Held videos: which stretch of which is shown, where a picture stands, and videos too short to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.compare import words
from entente.casework.match.index import NearIndex
from entente.casework.match.video import VideoIndex, VideoMatch
from entente.casework.match.video.runs import searchable, thinned
from entente.casework.match.video.turns import turned
from entente.vocabulary.media import FrameHash, Segment
from entente.vocabulary.media_hash import Transform
from entente.vocabulary.reason import Reason

SHORT_S, FEW = 3.0, 5  # below either a video is too short to be told by the order of its frames
NEARLY_ALL = 0.8  # of a short video's frames

Search = Callable[[NDArray[np.uint64]], list[tuple[int, int, int]]]


@dataclass(frozen=True, slots=True)
class Still:
    """A picture that stands in a held video: the place of its hash among those asked, and the second."""

    place: int
    number: int
    distance: int
    t: float


@dataclass(frozen=True, slots=True)
class Moving:
    """What a video met: how it is said, the nearest distance, the turn, the stretches of both."""

    said: Callable[[str], Reason]
    distance: int
    turn: Transform
    segments: tuple[Segment, ...]


class HeldVideos:
    """Videos by the number of their entry. Indexes are built when something is first asked."""

    def __init__(self) -> None:
        self._frames: dict[int, tuple[FrameHash, ...]] = {}
        self._videos: VideoIndex | None = None
        self._index: NearIndex | None = None
        self._owner = np.zeros(0, np.int64)
        self._time = np.zeros(0, np.float64)

    def add(self, number: int, frames: Iterable[FrameHash]) -> None:
        """Hold a video's frames."""
        self._frames[number] = tuple(frames)
        self._videos = self._index = None

    def _near(self) -> NearIndex:
        """Return the index of every frame that says something."""
        if self._index is None:
            parts = [(number, *searchable(frames)) for number, frames in self._frames.items()]
            hashes = [np.zeros((0, 4), np.uint64), *(h for _, _, h in parts)]
            self._owner = np.concatenate([np.full(len(t), n, np.int64) for n, t, _ in parts] or [self._owner])
            self._time = np.concatenate([np.zeros(0), *(t for _, t, _ in parts)])
            self._index = NearIndex(np.concatenate(hashes))
        return self._index

    def ready(self) -> None:
        """Build the indexes now."""
        if self._frames:
            self._near().search(np.zeros((1, 4), np.uint64), 0)
            self._index_of_videos()

    def _index_of_videos(self) -> VideoIndex:
        if self._videos is None:
            self._videos = VideoIndex.build(self._frames.items())
        return self._videos

    def stills(self, hashes: NDArray[np.uint64], radius: int) -> list[Still]:
        """Return for each held video the frame nearest to any of ``hashes`` (n, 4)."""
        if not self._frames or not len(index := self._near()):
            return []
        pairs = index.search(hashes, radius)
        best: dict[int, Still] = {}
        for at in np.lexsort((pairs.held, pairs.query, pairs.distance)).tolist():
            held = int(pairs.held[at])
            number = int(self._owner[held])
            still = Still(int(pairs.query[at]), number, int(pairs.distance[at]), float(self._time[held]))
            best.setdefault(number, still)
        return list(best.values())

    def met(self, frames: Sequence[FrameHash], radius: int, pictures: Search) -> Iterator[tuple[int, Moving]]:
        """Yield what a video met: held videos by segments, short ones by their frames, then pictures."""
        if self._frames:
            for match in self._index_of_videos().search(frames, radius=radius):
                yield match.id, _by_segments(match)
            yield from self._short(frames, radius)
        yield from _pictured(frames, pictures)

    def _short(self, frames: Sequence[FrameHash], radius: int) -> Iterator[tuple[int, Moving]]:
        """Yield held videos met by nearly all frames of a short video: of this one, or of the held one."""
        times, hashes = _thin(frames)
        if not len(times):
            return
        index, asked_short = self._near(), _is_short(times)
        lengths = np.bincount(self._owner, minlength=1)
        for turn in Transform:
            pairs = index.search(turned(hashes, turn), radius)
            for number in np.unique(self._owner[pairs.held]).tolist():
                own = self._owner[pairs.held] == number
                query, held, far = pairs.query[own], pairs.held[own], pairs.distance[own]
                met, of = len(np.unique(query)), len(times)
                if not asked_short or met < NEARLY_ALL * of:
                    if not _is_short(self._time[self._owner == number]):
                        continue
                    met, of = len(np.unique(held)), int(lengths[number])
                if met >= NEARLY_ALL * of:
                    yield number, _by_frames(met, of, turn, times[query], self._time[held], far)


def _thin(frames: Sequence[FrameHash]) -> tuple[NDArray[np.float64], NDArray[np.uint64]]:
    times, hashes = searchable(frames)
    kept = thinned(times)
    return times[kept], hashes[kept]


def _is_short(times: NDArray[np.float64]) -> bool:
    return len(times) > 0 and (len(times) < FEW or bool(times.max() - times.min() < SHORT_S))


def _by_segments(match: VideoMatch) -> Moving:
    segments = tuple(
        Segment(s.query_start, s.query_end, s.held_start, s.held_end, s.frames, s.slope)
        for s in match.segments
    )
    longest = max(segments, key=lambda s: s.query_end - s.query_start)

    def said(where: str) -> Reason:
        clock, more = words.clock, len(segments) - 1
        text = (
            f"{clock(longest.query_start)} to {clock(longest.query_end)} shows what {where} shows from "
            f"{clock(longest.match_start)} to {clock(longest.match_end)}{words.TURNED[match.transform]}"
        )
        if abs(longest.slope - 1) > 0.02:
            text += f", at {longest.slope:.2f} times the speed"
        if more:
            text += f", and {more} more stretch{'es' if more > 1 else ''}"
        text += f"; {match.frames} frames say so, the nearest with PDQ distance {match.distance} of 256"
        return words.reason(text, float(match.frames))

    return Moving(said, match.distance, match.transform, segments)


def _by_frames(
    met: int,
    of: int,
    turn: Transform,
    asked: NDArray[np.float64],
    held: NDArray[np.float64],
    far: NDArray[np.int64],
) -> Moving:
    stretch = Segment(
        float(asked.min()), float(asked.max()), float(held.min()), float(held.max()), len(np.unique(asked))
    )
    return Moving(lambda where: words.too_short(met, of, where, turn), int(far.min()), turn, (stretch,))


def _pictured(frames: Sequence[FrameHash], pictures: Search) -> Iterator[tuple[int, Moving]]:
    """Yield held pictures that stand in a video, in any turn."""
    times, hashes = _thin(frames)
    if not len(times):
        return
    asked = np.concatenate([turned(hashes, turn) for turn in Transform])
    met: dict[int, list[tuple[int, int]]] = {}
    for place, number, distance in pictures(asked):
        met.setdefault(number, []).append((distance, place))
    for number, rows in met.items():
        distance, place = min(rows)
        turn, at = tuple(Transform)[place // len(times)], float(times[place % len(times)])
        seen = sorted(
            {float(times[p % len(times)]) for _, p in rows if p // len(times) == place // len(times)}
        )
        segment = Segment(seen[0], seen[-1], 0.0, 0.0, len(seen))

        def said(
            where: str,
            met: int = len(seen),
            at: float = at,
            distance: int = distance,
            turn: Transform = turn,
        ) -> Reason:
            return words.pictured(met, len(times), where, at, distance, turn)

        yield number, Moving(said, distance, turn, (segment,))
