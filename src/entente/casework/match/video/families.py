"""Which held videos are copies of each other: copies count once when it is asked how common a frame is.

Without it the video that is most known, held in hundreds of copies, would be met by frames that look like
a common title card.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLES = 8  # runs asked of each video, spread over it
COPY = 0.6  # share of the samples that both ways must be met
BLOCK = 256  # videos asked at once

Places = NDArray[np.int64]


def sampled(first: Places, count: Places) -> tuple[Places, Places]:
    """Return run numbers spread over each video and the video of each; ``first`` and ``count`` are (n,)."""
    videos, runs = [], []
    for video, (start, many) in enumerate(zip(first.tolist(), count.tolist(), strict=True)):
        asked = min(SAMPLES, many)
        places = (2 * np.arange(asked) + 1) * many // (2 * asked) if asked else np.zeros(0, np.int64)
        runs.append(start + places)
        videos.append(np.full(asked, video))
    if not runs:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(runs).astype(np.int64), np.concatenate(videos).astype(np.int64)


def distinct_pairs(one: Places, other: Places, others: int) -> tuple[Places, Places]:
    """Return each (one, other) once, sorted; ``other`` lies below ``others``."""
    keys = np.unique(one * others + other)
    return keys // others, keys % others


def shared(video: Places, sample: Places, other: Places, samples: Places) -> set[tuple[int, int]]:
    """Return the (video, other) pairs where enough of the video's samples are met by the other.

    ``sample`` and ``other`` are a row for each meeting, ``video`` is that of each sample; ``samples`` counts
    those of each video.
    """
    count_of = max(1, len(samples))
    met, whom = distinct_pairs(sample, other, count_of)
    pairs, count = np.unique(video[met] * count_of + whom, return_counts=True)
    a, b = pairs // count_of, pairs % count_of
    enough = (count >= COPY * samples[a]) & (a != b)
    return set(zip(a[enough].tolist(), b[enough].tolist(), strict=True))


def families(meets: set[tuple[int, int]], videos: int) -> NDArray[np.int64]:
    """Return the family (n,) of each video: joined where each of two meets the other.

    A compilation meets its parts but they do not meet it: it joins nobody.
    """
    parent = list(range(videos))

    def root(video: int) -> int:
        while parent[video] != video:
            parent[video] = parent[parent[video]]
            video = parent[video]
        return video

    for a, b in sorted(meets):
        if a < b and (b, a) in meets:
            parent[root(b)] = root(a)
    return np.array([root(v) for v in range(videos)], np.int64)
