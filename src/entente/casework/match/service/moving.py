"""Videos of hash lists: their frames as one field of a record, and the hashes that look for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index.labels import record_of, runs_of_video
from entente.casework.match.video.runs import runs_of
from entente.casework.match.video.turns import turned
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import Transform

_FRAME = np.dtype([("t", "<f8"), ("quality", "u1"), ("pdq", "u1", 32)])
NO_HASHES = np.zeros((0, 4), np.uint64)
NEEDED = 3  # runs of a listed video that an item must meet, unless the video has fewer: one is a title card


def packed_frames(frames: Sequence[FrameHash]) -> bytes:
    """Return frames in 41 bytes each."""
    rows = np.zeros(len(frames), _FRAME)
    rows["t"] = [f.t for f in frames]
    rows["quality"] = [f.quality for f in frames]
    if frames:
        rows["pdq"] = np.frombuffer(bytes.fromhex("".join(f.pdq for f in frames)), np.uint8).reshape(-1, 32)
    return rows.tobytes()


def frames_of(held: bytes | memoryview) -> tuple[FrameHash, ...]:
    """Return the frames of a record; raises ``ValueError`` for bytes that are cut short."""
    rows = np.frombuffer(bytes(held), _FRAME)
    return tuple(FrameHash(float(r["t"]), r["pdq"].tobytes().hex(), int(r["quality"])) for r in rows)


def looked_for(held: bytes | memoryview) -> NDArray[np.uint64]:
    """Return the hashes (n, 4) of a listed video's runs of alike frames, by which it is looked for."""
    return runs_of(frames_of(held)).hashes if len(held) else NO_HASHES


def every_way(plain: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return hashes (n, 4) turned all eight ways, (8 x n, 4), turn after turn."""
    return np.vstack([turned(plain, turn) for turn in Transform])


def met_enough(
    item: NDArray[np.int64],
    record: NDArray[np.int64],
    run: NDArray[np.int64],
    runs: NDArray[np.int64],
    frames: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the (items, records) of which enough runs met.

    The first three have a row for each meeting of an item's frame with a run of a record; ``runs`` counts
    those of each record, ``frames`` those of each item: who has fewer need only meet with these.
    """
    if not len(item):
        return item, record
    met = np.unique(np.stack([item, record, run], axis=1), axis=0)
    pairs, count = np.unique(met[:, :2], axis=0, return_counts=True)
    enough = count >= np.minimum(NEEDED, np.minimum(runs[pairs[:, 1]], frames[pairs[:, 0]]))
    return pairs[enough, 0], pairs[enough, 1]


def labelled_pairs(
    owner: NDArray[np.int64], labels: NDArray[np.int64], frames: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the (items, records) that met, of hashes of an item and labels that each was near to.

    ``owner`` is an item's place, or -1 - place for a frame of a video; ``frames`` counts these. A
    listed picture is met by whatever is near, a listed video by a picture, or by enough frames.
    """
    record, runs = (
        record_of(labels.astype(np.uint64)).astype(np.int64),
        runs_of_video(labels.astype(np.uint64)),
    )
    alone = (owner >= 0) | (runs == 0)
    item = np.where(owner < 0, -1 - owner, owner)
    if alone.all():
        return item, record
    moving = np.flatnonzero(~alone)
    records, place = np.unique(record[moving], return_inverse=True)
    of_each = np.zeros(len(records), np.int64)
    of_each[place] = runs[moving]
    enough, which = met_enough(item[moving], place, labels[moving], of_each, frames)
    return np.concatenate([item[alone], enough]), np.concatenate([record[alone], records[which]])
