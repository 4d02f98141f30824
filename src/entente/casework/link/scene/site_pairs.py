"""Which points of two pictures belong together, by the site's second network. Runs inside a limited decoder.

It is asked as ``cv2.LightGlueMatcher`` of OpenCV 5.0 asks: places from -1 to 1, descriptions, and for an
answer pairs of numbers with their scores. That class reads an answer without looking at its type and length,
so the network is asked here, and its answer looked at first.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from entente.casework.link.scene.kept import Stream
from entente.casework.link.scene.points import MOST, Points
from entente.casework.link.scene.site_seen import Nonsense, alone, line
from entente.casework.link.scene.words import MIDDLE

TO_PAIR = "entente.casework.link.scene.site_pairs:to_pair"
HOLD = "entente.casework.link.scene.site_pairs:hold"
LONGEST = 8 * MOST  # characters of one answer's pairs
_LENGTH = struct.Struct("<I")
_HELD: list[bytes] = []

Pairs = NDArray[np.int64]  # (n, 2): places of points in the asked and in the held picture


def hold(told: str, data: bytes) -> None:
    """Keep the network's bytes; nothing of it is looked at here."""
    _HELD[:] = [data]


def packed(pictures: Sequence[Points]) -> bytes:
    """Return pictures' points as the file that ``to_pair`` reads."""
    return b"".join(_LENGTH.pack(len(data)) + data for data in (each.to_bytes() for each in pictures))


def to_pair(file: Stream, told: dict[str, Any]) -> dict[str, Any]:
    """Return the pairs, as text, of each two pictures whose numbers ``told["asked"]`` gives; or the error."""
    pictures = _pictures(file)
    try:
        network = alone("pairs", lambda: opened(_HELD[0]))
        found = [paired(network, pictures[one], pictures[other]) for one, other in told["asked"]]
    except Nonsense as fault:
        return {"error": str(fault)}
    return {"pairs": [base64.b64encode(each.astype("<u2").tobytes()).decode() for each in found]}


def _pictures(file: Stream) -> list[Points]:
    found = []
    while head := file.read(_LENGTH.size):
        found.append(Points.from_bytes(file.read(*_LENGTH.unpack(head))))
    return found


def opened(data: bytes) -> Any:
    """Return a network as ``paired`` takes it. Raises ``Nonsense`` for bytes that are none."""
    try:
        return cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
    except cv2.error as fault:
        raise Nonsense(f"OpenCV cannot open it as LightGlue: {line(fault)}") from None


def paired(network: Any, asked: Points, held: Points) -> Pairs:
    """Return which points belong together, of a score of 0 and more. Raises ``Nonsense``."""
    try:
        for n, each in enumerate((asked, held)):
            network.setInput((each.places / np.float32(65535) * 2 - 1).astype(np.float32)[None], f"kpts{n}")
            network.setInput(looks_of(each)[None], f"desc{n}")
        pairs, scores = network.forward(["matches0", "mscores0"])
    except cv2.error as fault:
        raise Nonsense(f"it does not answer as LightGlue does: {line(fault)}") from None
    if scores is None or scores.size == 0:
        return np.zeros((0, 2), np.int64)
    told = f"pairs {pairs.shape} {pairs.dtype}, scores {scores.shape} {scores.dtype}"
    if pairs.shape != (scores.size, 2) or pairs.dtype != np.int64 or scores.dtype != np.float32:
        raise Nonsense(f"it answers otherwise than LightGlue does: {told}")
    if not np.isfinite(scores).all():
        raise Nonsense("it gives a score that is no number (NaN or infinite)")
    good = pairs[(scores.reshape(-1) >= 0) & (pairs != -1).all(axis=1)]  # -1: this point has no other
    demand_sense(good, asked, held)
    return good


def looks_of(each: Points) -> NDArray[np.float32]:
    """Return descriptions as the first network gave them, of length 1; they were kept in whole numbers."""
    looks = each.looks.astype(np.float32) - MIDDLE
    return looks / np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-6)


def demand_sense(pairs: Pairs, asked: Points, held: Points) -> None:
    """Demand that pairs are of points that are there, each of them once. Raises ``Nonsense``."""
    if (pairs < 0).any() or (pairs >= (len(asked), len(held))).any():
        raise Nonsense("it pairs points that are not there")
    if any(len(np.unique(side)) != len(side) for side in pairs.T):
        raise Nonsense("it pairs one point with two")


def pairs_of(answer: Any, asks: Sequence[tuple[Points, Points]]) -> list[Pairs]:
    """Return the pairs in a decoder's answer, which is not trusted. Raises ``Nonsense``."""
    if isinstance(answer, dict) and "error" in answer:
        raise Nonsense(str(answer["error"])[:300])
    told = answer.get("pairs") if isinstance(answer, dict) else None
    if not isinstance(told, list) or len(told) != len(asks):
        raise Nonsense("the decoder gave an answer without sense")
    found = []
    for text, (asked, held) in zip(told, asks, strict=True):
        try:
            flat = np.frombuffer(base64.b64decode(text[:LONGEST], validate=True), "<u2")
            pairs = flat.astype(np.int64).reshape(-1, 2)
        except (TypeError, ValueError, LookupError):
            raise Nonsense("the decoder gave an answer without sense") from None
        demand_sense(pairs, asked, held)
        found.append(pairs)
    return found
