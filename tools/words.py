"""Learn the vocabulary of ``casework.link.scene`` from pictures drawn by code, and write it.

    python tools/words.py [--pictures 360] [--out src/entente/casework/link/scene/data/words.xz]

No photograph goes in, so the file has no author but this repository and its licence. The numbers of the drawn
pictures are used by no test and no benchmark. Takes some minutes of one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from benchmarks.crops import draw
from demo.postcards import postcard
from numpy.typing import NDArray

from entente.casework.link.scene.points import points
from entente.casework.link.scene.words import AT_ONCE, COUNT, SIGNS, Vocabulary, packed, turned

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "src/entente/casework/link/scene/data/words.xz"
FIRST = 7_000_000  # number of the first drawn picture
EACH = 400  # looks taken of one picture at most, so that none fills the vocabulary
ROUNDS = 12


def main() -> None:
    """Draw, look, learn, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=360)
    parser.add_argument("--out", type=Path, default=OUT)
    told = parser.parse_args()
    looks = seen(told.pictures)
    vocabulary = learnt(looks)
    told.out.write_bytes(packed(vocabulary))
    print(f"{len(looks):,} looks, {COUNT} words, {told.out.stat().st_size:,} bytes")


def seen(pictures: int) -> NDArray[np.uint8]:
    """Return looks of drawn pictures, two postcards for each scene, at several sizes."""
    rng = np.random.default_rng(5)
    found = []
    for number in range(FIRST, FIRST + pictures):
        if number % 3:
            size = (720, 540) if number % 2 else (1024, 768)
            plane = cv2.cvtColor(postcard(number, size), cv2.COLOR_RGB2GRAY)
        else:
            plane = draw(number)
        looks = points(np.asarray(plane, np.uint8)).looks
        found.append(looks[rng.permutation(len(looks))[:EACH]])
    return np.concatenate(found)


def learnt(looks: NDArray[np.uint8]) -> Vocabulary:
    """Return the words: Lloyd's k-means from looks drawn by chance; a word without looks takes a far one."""
    rng = np.random.default_rng(6)
    centres = looks[rng.choice(len(looks), COUNT, replace=False)].copy()
    for _ in range(ROUNDS):
        words, far = assigned(looks, centres)
        order = np.argsort(words, kind="stable")
        count = np.bincount(words, minlength=COUNT)
        sums = np.zeros((COUNT, 128))
        sums[count > 0] = np.add.reduceat(
            looks[order], (np.cumsum(count) - count)[count > 0], dtype=np.float64
        )
        empty = np.flatnonzero(count == 0)
        mean = sums / np.maximum(count, 1)[:, None]
        mean[empty] = looks[np.argsort(-far, kind="stable")[: len(empty)]]
        centres = np.round(mean).astype(np.uint8)
    return Vocabulary(centres, middles(looks, assigned(looks, centres)[0]))


def assigned(
    looks: NDArray[np.uint8], centres: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return each look's nearest centre, and how far it is."""
    held = centres.astype(np.float32)
    square = (held**2).sum(axis=1)
    words, far = np.empty(len(looks), np.int64), np.empty(len(looks), np.float32)
    for start in range(0, len(looks), AT_ONCE):
        own = looks[start : start + AT_ONCE].astype(np.float32)
        apart = square - 2 * (own @ held.T)
        words[start : start + AT_ONCE] = apart.argmin(axis=1)
        far[start : start + AT_ONCE] = apart.min(axis=1) + (own**2).sum(axis=1)
    return words, far


def middles(looks: NDArray[np.uint8], words: NDArray[np.int64]) -> NDArray[np.int16]:
    """Return the median of what the turn shows of each word's looks; of a word with few, of all."""
    shown = turned(looks)
    found = np.tile(np.median(shown, axis=0), (COUNT, 1))
    order = np.argsort(words, kind="stable")
    cuts = np.searchsorted(words[order], np.arange(COUNT + 1))
    for word in range(COUNT):
        own = shown[order[cuts[word] : cuts[word + 1]]]
        if len(own) >= SIGNS // 8:
            found[word] = np.median(own, axis=0)
    return np.round(found).astype(np.int16)


if __name__ == "__main__":
    main()
