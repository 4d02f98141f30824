"""The index of held videos: built once, asked with a video's frames, answered in segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index import NearIndex, Pairs
from entente.casework.match.video import families, lines
from entente.casework.match.video.along import LOOSE, along
from entente.casework.match.video.lines import Line, Meetings
from entente.casework.match.video.runs import Runs, runs_of
from entente.casework.match.video.share import distinct, shares_of
from entente.casework.match.video.turns import turned
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import PDQ_NEAR, Transform

WEIGHT, FRAMES, RUNS, LASTS_S = 2.5, 5, 3, 3.0  # least of what may be called a segment
LINED_WEIGHT, LINED_FRAMES = 1.5, 10  # least where more frames lie along the line
TWICE = 2  # times that a run may vote: what stays the same for a minute is still one picture
GAP_S = 2.5  # seconds without a met frame that end a segment
STRAY = 3  # frames that a further stretch on a proven line needs
WITHIN_S = 0.25  # seconds by which a frame may be off its line, besides the held video's sampling
WHOLE, FEW_RUNS, KNOWN_TO_FEW = 0.8, 5, 0.5  # a video of few pictures is met when nearly all of them are
MOST_LINES = 64  # of one pair of videos


@dataclass(frozen=True, slots=True)
class VideoSegment:
    """A stretch of both videos, in seconds; held second = slope x query second + a constant.

    ``frames`` of the query say so (at most about three a second are asked); ``weight`` counts each run of
    alike frames at most twice, and less the more unlike videos hold it.
    """

    query_start: float
    query_end: float
    held_start: float
    held_end: float
    slope: float
    frames: int
    weight: float


@dataclass(frozen=True, slots=True)
class VideoMatch:
    """A held video that shows the same: its segments by query time, how the query had to be turned.

    ``distance`` is the smallest of a frame in a segment, at ``nearest`` query seconds. The percentages are
    vPDQ's, of unturned frames, for exchange; they do not decide.
    """

    id: int
    segments: tuple[VideoSegment, ...]
    transform: Transform
    vpdq_query_pct: float
    vpdq_held_pct: float
    distance: int
    nearest: float

    @property
    def weight(self) -> float:
        """The weight of all segments."""
        return sum(s.weight for s in self.segments)

    @property
    def frames(self) -> int:
        """The query's frames in all segments."""
        return sum(s.frames for s in self.segments)


class Near(Protocol):
    """An exact index over hashes: ``NearIndex``, or one that keeps its hashes in files."""

    def search(self, queries: NDArray[np.uint64], radius: int) -> Pairs:
        """Return all pairs within ``radius`` bits."""
        ...


@dataclass(frozen=True, slots=True)
class _Found:
    """What one turn of the query met: rows of (query run, held run, distance), runs' hashes and weights."""

    hashes: NDArray[np.uint64]
    query: NDArray[np.int64]
    held: NDArray[np.int64]
    distance: NDArray[np.int64]
    weight: NDArray[np.float64]


class VideoIndex:
    """Held videos' runs of frames in one exact index. Made by ``build``; not changed afterwards."""

    def __init__(self, ids: Sequence[int], runs: Sequence[Runs], raw: Sequence[NDArray[np.uint64]]) -> None:
        self.ids = np.array(ids, np.int64)
        self._raw = list(raw)
        self._count = np.array([len(r) for r in runs], np.int64)
        self._first = np.concatenate([[0], np.cumsum(self._count)])[:-1].astype(np.int64)
        self._owner = np.repeat(np.arange(len(runs)), self._count)
        self._start = np.concatenate([np.zeros(0), *(r.start for r in runs)])
        self._end = np.concatenate([np.zeros(0), *(r.end for r in runs)])
        self._step = np.array([r.step for r in runs], np.float64)
        self._hashes = np.concatenate([np.zeros((0, 4), np.uint64), *(r.hashes for r in runs)])
        self._near: Near = NearIndex(self._hashes)
        self._family = np.arange(len(runs))

    @classmethod
    def build(
        cls,
        videos: Iterable[tuple[int, Sequence[FrameHash]]],
        near: Callable[[NDArray[np.uint64]], Near] = NearIndex,
    ) -> VideoIndex:
        """Return the index of (id, frames) pairs; ``near`` makes the index of run hashes (n, 4).

        Frames of any sampling; about six a second give an excerpt's bounds to a few tenths. Videos without a
        frame of quality 50 are held but never met.
        """
        ids, runs, raw = [], [], []
        for number, frames in videos:
            ids.append(number)
            runs.append(runs_of(frames))
            raw.append(distinct(frames))
        made = cls(ids, runs, raw)
        made._near = near(made._hashes)
        made._family = made._families()
        return made

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def runs(self) -> int:
        """The number of runs of alike frames that are held."""
        return len(self._owner)

    def _families(self) -> NDArray[np.int64]:
        """Return which videos are copies of each other."""
        asked, video = families.sampled(self._first, self._count)
        samples = np.bincount(video, minlength=len(self.ids))
        meets: set[tuple[int, int]] = set()
        for start in range(0, len(self.ids), families.BLOCK):
            rows = np.flatnonzero((video >= start) & (video < start + families.BLOCK))
            pairs = self._near.search(self._hashes[asked[rows]], PDQ_NEAR)
            meets |= families.shared(video[rows], pairs.query, self._owner[pairs.held], samples)
        return families.families(meets, len(self.ids))

    def search(
        self,
        frames: Sequence[FrameHash],
        transforms: Sequence[Transform] = tuple(Transform),
        *,
        radius: int = PDQ_NEAR,
    ) -> list[VideoMatch]:
        """Return the held videos that show a stretch of this one, the weightiest first.

        Each of ``transforms`` is asked; the plainest that explains most is told. Nothing is returned for
        frames that many unlike videos share, however many they are, nor for a still picture alone.
        """
        query = runs_of(frames, thin=True)
        if not len(query) or not len(self._owner):
            return []
        best: dict[int, VideoMatch] = {}
        for transform in transforms:
            found = self._met(turned(query.hashes, transform), radius)
            for video in self._candidates(found, query):
                match = self._matched(video, query, found, transform)
                if match and (video not in best or match.weight > best[video].weight):
                    best[video] = match
        whole = distinct(frames)
        told = [self._with_shares(match, whole) for match in best.items()]
        return sorted(told, key=lambda m: (-m.weight, m.id))

    def _with_shares(self, entry: tuple[int, VideoMatch], whole: NDArray[np.uint64]) -> VideoMatch:
        video, match = entry
        query, held = shares_of(whole, self._raw[video])
        return VideoMatch(
            match.id, match.segments, match.transform, query, held, match.distance, match.nearest
        )

    def _met(self, hashes: NDArray[np.uint64], radius: int) -> _Found:
        """Return what the query's runs meet; a run that many families hold weighs little."""
        pairs = self._near.search(hashes, radius)
        family = self._family[self._owner[pairs.held]]
        by, _ = families.distinct_pairs(pairs.query, family, len(self.ids))
        many = np.bincount(by, minlength=len(hashes))
        return _Found(hashes, pairs.query, pairs.held, pairs.distance, 1.0 / np.maximum(many, 1))

    def _candidates(self, found: _Found, query: Runs) -> list[int]:
        """Return the videos that could gather enough weight at all."""
        video, run = families.distinct_pairs(self._owner[found.held], found.query, len(query))
        votes = found.weight[run] * np.minimum(query.frames[run], TWICE)
        weight = np.bincount(video, votes, minlength=len(self.ids))
        runs = np.bincount(video, minlength=len(self.ids))
        may = (weight >= LINED_WEIGHT) | ((runs > 0) & ((self._count < FEW_RUNS) | (len(query) < FEW_RUNS)))
        return np.flatnonzero(may).tolist()

    def _matched(self, video: int, query: Runs, found: _Found, transform: Transform) -> VideoMatch | None:
        """Return the segments of one held video, line after line, or nothing."""
        rows = np.flatnonzero(self._owner[found.held] == video)
        held = found.held[rows]
        sharp = lines.sharpest(found.query[rows], self._start[held], self._end[held], found.distance[rows])
        rows, held = rows[sharp], held[sharp]
        run = found.query[rows]
        votes = found.weight[run] * np.minimum(query.frames[run], TWICE)
        left = Meetings(run, query.start[run], query.end[run], self._start[held], self._end[held], votes)
        within = WITHIN_S + min(1.5, 0.6 * float(self._step[video]))
        segments: list[VideoSegment] = []
        for _ in range(MOST_LINES):
            if not len(left):
                break
            line = lines.best_line(left, within)
            told, used = self._segments(video, query, found.hashes, left, line, within)
            if not told:
                break
            segments += told
            left = left.only(~np.isin(left.run, used))
        if not segments:
            return None
        segments.sort(key=lambda s: s.query_start)
        return self._told(video, query, found, rows, segments, transform)

    def _told(
        self,
        video: int,
        query: Runs,
        found: _Found,
        rows: NDArray[np.int64],
        segments: list[VideoSegment],
        transform: Transform,
    ) -> VideoMatch:
        """Return the match with the nearest frame of its segments."""
        at = query.start[found.query[rows]]
        inside = np.zeros(len(rows), bool)
        for segment in segments:
            inside |= (at >= segment.query_start) & (at <= segment.query_end)
        nearest = rows[inside][np.argmin(found.distance[rows[inside]])]
        return VideoMatch(
            int(self.ids[video]),
            tuple(segments),
            transform,
            0.0,
            0.0,
            int(found.distance[nearest]),
            float(query.start[found.query[nearest]]),
        )

    def _segments(
        self,
        video: int,
        query: Runs,
        hashes: NDArray[np.uint64],
        meetings: Meetings,
        line: Line,
        within: float,
    ) -> tuple[list[VideoSegment], NDArray[np.int64]]:
        """Return the stretches along a line of which at least one stands by itself, and the runs in them."""
        lined = self._along(video, query, hashes, meetings, line, within)
        gap = max(GAP_S, 2.5 * query.step)
        cuts = np.flatnonzero(lined.q0[1:] - lined.q1[:-1] > gap) + 1
        parts = [lined.only(part) for part in np.split(np.arange(len(lined)), cuts)]
        if not any(self._stands(video, query, part) for part in parts):
            return [], lined.run[:0]
        kept = [p for p in parts if query.frames[p.run].sum() >= STRAY or self._stands(video, query, p)]
        return [_segment(query, part, line) for part in kept], np.concatenate([p.run for p in kept])

    def _along(
        self,
        video: int,
        query: Runs,
        hashes: NDArray[np.uint64],
        meetings: Meetings,
        line: Line,
        within: float,
    ) -> Meetings:
        """Return what agrees with a line, and without weight what lies along it; a row for each query run."""
        rows = lines.agreeing(meetings, line, within)
        met = np.zeros(len(query), bool)
        met[meetings.run[rows]] = True
        own = slice(self._first[video], self._first[video] + self._count[video])
        start, end = self._start[own], self._end[own]
        far, which = along(hashes, query.start, query.end, self._hashes[own], start, end, line, within)
        more = np.flatnonzero((far <= LOOSE) & ~met)
        order = np.argsort(np.concatenate([meetings.run[rows], more]), kind="stable")
        return Meetings(
            np.concatenate([meetings.run[rows], more])[order],
            np.concatenate([meetings.q0[rows], query.start[more]])[order],
            np.concatenate([meetings.q1[rows], query.end[more]])[order],
            np.concatenate([meetings.h0[rows], start[which[more]]])[order],
            np.concatenate([meetings.h1[rows], end[which[more]]])[order],
            np.concatenate([meetings.weight[rows], np.zeros(len(more))])[order],
        )

    def _stands(self, video: int, query: Runs, part: Meetings) -> bool:
        """Whether a stretch is enough by itself: long, of several pictures, not common to many videos."""
        strong = part.only(part.weight > 0)
        if not len(strong) or part.q1.max() - part.q0.min() < LASTS_S:
            return False
        frames, runs, weight = int(query.frames[strong.run].sum()), len(strong), strong.weight.sum()
        if runs >= RUNS and frames >= FRAMES and weight >= WEIGHT:
            return True
        if runs >= RUNS and query.frames[part.run].sum() >= LINED_FRAMES and weight >= LINED_WEIGHT:
            return True
        few = [n for n in (int(self._count[video]), len(query)) if n < FEW_RUNS]
        votes = np.minimum(query.frames[strong.run], TWICE).sum()
        return frames >= FRAMES and any(runs >= WHOLE * n for n in few) and weight >= KNOWN_TO_FEW * votes


def _segment(query: Runs, part: Meetings, line: Line) -> VideoSegment:
    """Return one stretch; its held bounds lie on the line as far as frames were seen there."""
    q0, q1 = float(part.q0[0]), float(part.q1.max())
    last = int(np.argmax(part.q1))
    h0 = float(np.clip(line.at(q0), part.h0[0], part.h1[0]))
    h1 = float(np.clip(line.at(q1), part.h0[last], part.h1[last]))
    frames, weight = int(query.frames[part.run].sum()), float(part.weight.sum())
    return VideoSegment(q0, q1, h0, h1, line.slope, frames, weight)
