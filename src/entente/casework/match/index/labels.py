"""Records of lists as the labels of an index: a whole number that says which record, and which part of it.

The files hold 63 bits a label and a record's id has 128, so a label holds the first 44 of them. Two records
may share these: whoever looks a record up gets both, and the comparison after it reads everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index.pairs import packed

LEFT_OUT = 84  # bits of an id that a label does not hold; all that are fixed in a UUID lie among them
_RECORD, _RUNS = 19, 16  # bits below the record's, and below the number of runs
MOST_RUNS = 3  # a video of so many runs or more says 3; a picture says 0

Labels = NDArray[np.uint64]
Said = tuple[UUID, str, NDArray[np.uint64]]


def labelled(records: Iterable[Said]) -> tuple[NDArray[np.uint64], Labels]:
    """Return hashes (n, 4) and their labels: of each record its picture's, if any, and its video's runs."""
    text, rows, runs, labels = list[str](), list[int](), [np.empty((0, 4), np.uint64)], list[int]()
    for record, picture, video in records:
        base = (record.int >> LEFT_OUT) << _RECORD
        if picture:
            text.append(picture)
            rows.append(base)
        base |= min(MOST_RUNS, len(video)) << _RUNS
        runs.append(video)
        # of a video with more runs than that, two far apart share a label: it needs three, and has them
        labels += [base | (n & (1 << _RUNS) - 1) for n in range(len(video))]
    return np.vstack([packed(text), *runs]), np.array(rows + labels, np.uint64)


def record_of(labels: Labels) -> Labels:
    """Return the record of each label."""
    return labels >> np.uint64(_RECORD)


def runs_of_video(labels: Labels) -> NDArray[np.int64]:
    """Return how many runs the video of each label has, at most three; 0: it is a picture."""
    return ((labels >> np.uint64(_RUNS)) & np.uint64(MOST_RUNS)).astype(np.int64)


def ids_between(records: Iterable[int]) -> Iterator[tuple[UUID, UUID]]:
    """Yield the first and the last id that each record may have."""
    for record in records:
        yield UUID(int=record << LEFT_OUT), UUID(int=((record + 1) << LEFT_OUT) - 1)


def record_of_id(record: UUID) -> int:
    """Return what labels say of a record."""
    return record.int >> LEFT_OUT
