"""An item's points by the site's own network. Runs inside a limited decoder; asked for by name.

The network's bytes are held before the decoder is limited, and are looked at after: a file that breaks OpenCV
breaks a process that can do nothing. What a network answers is checked: its author is a stranger.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from entente.casework.link.scene.points import MOST, SIDE, Points, placed
from entente.casework.link.scene.seen import text_of
from entente.casework.link.scene.words import MIDDLE
from entente.casework.match.scene.seen import Seen

TO_SITE = "entente.casework.link.scene.site_seen:to_site"
HOLD = "entente.casework.link.scene.site_seen:hold"
LOOK = 128  # numbers of a description
FINE = 400  # steps of one: descriptions have the length 1, and few of their numbers reach 127 / 400
EDGE = 1.0  # pixels by which a point may lie beyond the picture
_HELD: list[tuple[str, bytes]] = []
_OPEN: dict[str, Any] = {}

Floats = NDArray[np.float32]


class Nonsense(ValueError):
    """What no vetted network answers; the file, its kind or its size in the setting is wrong."""


def hold(told: str, data: bytes) -> None:
    """Keep the network's bytes and what is told of it; nothing of it is looked at here."""
    _HELD[:] = [(told, data)]


def to_site(seen: Seen) -> list[list[Any]]:
    """Return the points of a picture, or of the frames that are seen of a video: seconds, and base64."""
    return [[t, text_of(_points(rgb))] for t, rgb in seen.frames]


def _points(rgb: NDArray[np.uint8]) -> Points:
    """Return the strongest points of a picture, placed as our own are."""
    at, looks, scores = found(*_network(), rgb)
    best = np.argsort(-scores, kind="stable")[:MOST]
    rows, columns = rgb.shape[:2]
    share = min(1.0, SIDE / max(rows, columns))
    fine = np.clip(np.round(looks[best] * FINE) + MIDDLE, 0, 255).astype(np.uint8)
    width, height = (max(1, round(n * share)) for n in (columns, rows))
    return placed(at[best] * share, fine, width, height)


def _network() -> tuple[str, tuple[int, int], Any]:
    """Return the held network's kind and size, and itself as OpenCV takes it."""
    told, data = _HELD[0]
    kind, width, height = told.split()
    return alone("points", lambda: opened(kind, (int(width), int(height)), data))


def alone(name: str, make: Callable[[], Any]) -> Any:
    """Return a network that is kept open; of the site's two only one is, for a decoder's memory."""
    if name not in _OPEN:
        _OPEN.clear()
        _OPEN[name] = make()
    return _OPEN[name]


def opened(kind: str, size: tuple[int, int], data: bytes) -> tuple[str, tuple[int, int], Any]:
    """Return a network as ``found`` takes it. Raises ``Nonsense`` for bytes that are none."""
    held = np.frombuffer(data, np.uint8)
    try:
        if kind == "DISK":
            return kind, size, cv2.DISK.createFromMemory(held, MOST, 0.0, size)
        return kind, size, cv2.dnn.readNetFromONNX(held)
    except cv2.error as fault:
        raise Nonsense(f"OpenCV cannot open it as {kind}: {line(fault)}") from None


def found(
    kind: str, size: tuple[int, int], network: Any, rgb: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], Floats, Floats]:
    """Return places in pixels (n, 2), descriptions (n, 128) of length 1, and scores. Raises ``Nonsense``."""
    bgr = np.ascontiguousarray(rgb[:, :, ::-1])
    try:
        at, looks, scores = (_of_disk if kind == "DISK" else _of_aliked)(network, size, bgr)
    except cv2.error as fault:
        raise Nonsense(f"it does not answer as {kind} does: {line(fault)}") from None
    _demand_sense(at, looks, scores, rgb.shape)
    return at, looks / np.linalg.norm(looks, axis=1, keepdims=True), scores


def _of_disk(network: Any, size: tuple[int, int], bgr: NDArray[np.uint8]) -> tuple[Any, Any, Any]:
    kept, raw = network.detectAndCompute(bgr, None)
    looks = np.zeros((0, LOOK), np.float32) if raw is None else np.asarray(raw)
    at = np.array([k.pt for k in kept], np.float64).reshape(-1, 2)
    return at, looks, np.array([k.response for k in kept], np.float32)


def _of_aliked(network: Any, size: tuple[int, int], bgr: NDArray[np.uint8]) -> tuple[Any, Any, Any]:
    """Ask as ``cv2.ALIKED`` does, which takes its network from no memory but from a path alone."""
    network.setInput(cv2.dnn.blobFromImage(bgr, 1 / 255, size, swapRB=True), "image")
    at, looks, scores = network.forward(["keypoints", "descriptors", "scores"])
    shapes = f"{at.shape}, {looks.shape}, {scores.shape}"
    if at.size % 2 or not at.size // 2 == scores.size == looks.size // max(1, looks.shape[-1]):
        raise Nonsense(f"its points, descriptions and scores do not fit each other: {shapes}")
    rows, columns = bgr.shape[:2]
    places = (at.reshape(-1, 2).astype(np.float64) + 1) / 2 * (columns, rows)
    return places, looks.reshape(-1, looks.shape[-1]), scores.reshape(-1)


def _demand_sense(at: NDArray[np.float64], looks: Any, scores: Any, shape: tuple[int, ...]) -> None:
    if looks.ndim != 2 or looks.shape != (len(at), LOOK) or looks.dtype != np.float32:
        raise Nonsense(
            f"{len(at)} points have descriptions of the shape {looks.shape}, not {LOOK} floats each"
        )
    if not (np.isfinite(at).all() and np.isfinite(looks).all() and np.isfinite(scores).all()):
        raise Nonsense("it gives a number that is none (NaN or infinite)")
    if len(at) and ((at < -EDGE).any() or (at > np.array(shape[1::-1]) + EDGE).any()):
        raise Nonsense("it gives points outside the picture; is the size in the setting its own?")
    if (np.linalg.norm(looks, axis=1) < 1e-6).any():
        raise Nonsense("it gives points that look like nothing")


def line(fault: Exception) -> str:
    """Return what is wrong, without where OpenCV was built."""
    return " ".join(str(fault).split("error: ")[-1].split())[:200]
