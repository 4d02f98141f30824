"""Why two things match, as lines and boxes: no picture, only where they agree. Arithmetic for page and print.

A ``Drawing`` is in units of its own ``width`` and ``height``; whoever draws it gives it colours and an equal
table beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from entente.vocabulary.media_hash import PDQ_NEAR, Transform

SIDE, APART = 240.0, 120.0  # of a frame; between two
BAR, BETWEEN = 26.0, 90.0  # heights of a time bar and of the room between two
LONG = 600.0  # of a time bar
CELL = 10.0  # of a bit
Box = tuple[float, float, float, float]

# The letter F in a frame, as the asked picture would show it if what is held stands upright.
_LETTER = ((0.3, 0.8), (0.3, 0.2), (0.7, 0.2), (0.3, 0.2), (0.3, 0.5), (0.6, 0.5))
_BACK = {  # turning the asked picture so gives the held one; the letter is drawn as asked
    Transform.ORIGINAL: lambda x, y: (x, y),
    Transform.ROTATE_90: lambda x, y: (y, 1 - x),
    Transform.ROTATE_180: lambda x, y: (1 - x, 1 - y),
    Transform.ROTATE_270: lambda x, y: (1 - y, x),
    Transform.MIRROR_X: lambda x, y: (x, 1 - y),
    Transform.MIRROR_Y: lambda x, y: (1 - x, y),
    Transform.TRANSPOSE: lambda x, y: (y, x),
    Transform.ANTITRANSPOSE: lambda x, y: (1 - y, 1 - x),
}


@dataclass(slots=True)
class Drawing:
    """Shapes: ``frames`` hold things, ``marks`` agree, ``ties`` join the two sides, ``dots`` differ."""

    width: float
    height: float
    frames: list[Box] = field(default_factory=list)
    marks: list[Box] = field(default_factory=list)
    ties: list[str] = field(default_factory=list)  # points of polygons
    strokes: list[str] = field(default_factory=list)  # points of lines
    dots: list[Box] = field(default_factory=list)
    words: list[tuple[float, float, str]] = field(default_factory=list)


def regions(
    asked: Box,
    held: Box,
    shape: tuple[float, float],
    held_shape: tuple[float, float] | None = None,
    *,
    mirrored: bool = False,
) -> Drawing:
    """Draw the same part in two frames; boxes in fractions, shapes are width and height of the pictures."""
    (w, h), (v, g) = fitted(shape), fitted(held_shape or shape)
    left, right = (0.0, 0.0, w, h), (w + APART, 0.0, v, g)
    a, b = _within(asked, left), _within(held, right)
    drawing = Drawing(w + APART + v, max(h, g), frames=[left, right], marks=[a, b])
    near, far = a[0] + a[2], b[0]
    drawing.ties.append(_points([(near, a[1]), (far, b[1]), (far, b[1] + b[3]), (near, a[1] + a[3])]))
    if mirrored:
        drawing.strokes += [_letter(left, Transform.MIRROR_Y), _letter(right, Transform.ORIGINAL)]
    return drawing


def fitted(shape: tuple[float, float]) -> tuple[float, float]:
    """Return width and height with the longer one at ``SIDE``, and neither too thin to see."""
    scale = SIDE / max(*shape, 1)
    return max(shape[0] * scale, 40), max(shape[1] * scale, 40)


def stretches(segments: Sequence[Mapping[str, float]], asked_s: float, held_s: float) -> Drawing:
    """Draw two time bars, the asked video's above, and which stretch is which; lengths in seconds."""
    asked_s = max([asked_s, *(s["query_end"] for s in segments), 1.0])
    held_s = max([held_s, *(s["match_end"] for s in segments), 1.0])
    low = BAR + BETWEEN
    bars: list[Box] = [(0, 0, LONG, BAR), (0, low, LONG, BAR)]
    drawing = Drawing(LONG, low + BAR, frames=bars)
    for s in segments:
        a, b = (s[k] / asked_s * LONG for k in ("query_start", "query_end"))
        c, d = (s[k] / held_s * LONG for k in ("match_start", "match_end"))
        b, d = max(b, a + 3), max(d, c + 3)  # a picture's single second must be seen too
        drawing.marks += [(a, 0, b - a, BAR), (c, low, d - c, BAR)]
        drawing.ties.append(_points([(a, BAR), (b, BAR), (d, low), (c, low)]))
    return drawing


def bits(asked: str, held: str) -> Drawing:
    """Draw the 256 bits of two PDQ hashes in hex as a square; each bit that differs is a dot."""
    differ = int(asked, 16) ^ int(held, 16)
    drawing = Drawing(16 * CELL, 16 * CELL, frames=[(0, 0, 16 * CELL, 16 * CELL)])
    for place in range(256):
        if differ >> place & 1:
            row, column = divmod(place, 16)
            drawing.dots.append((column * CELL + 1, row * CELL + 1, CELL - 2, CELL - 2))
    return drawing


def distance(value: int) -> Drawing:
    """Draw a distance on the scale from 0 to 256 with the line at which pictures are near."""
    drawing = Drawing(LONG, BAR, frames=[(0, 0, LONG, BAR)])
    drawing.marks.append((0, 0, max(2.0, value / 256 * LONG), BAR))
    limit = PDQ_NEAR / 256 * LONG
    drawing.strokes.append(_points([(limit, -4), (limit, BAR + 4)]))
    return drawing


def turned(turn: Transform) -> Drawing:
    """Draw how the asked picture stands against the held one: the same letter in two frames."""
    side = SIDE / 2
    left, right = (0.0, 0.0, side, side), (side + APART / 2, 0.0, side, side)
    strokes = [_letter(left, turn), _letter(right, Transform.ORIGINAL)]
    return Drawing(2 * side + APART / 2, side, frames=[left, right], strokes=strokes)


def _letter(frame: Box, turn: Transform) -> str:
    x, y, w, h = frame
    return _points([(x + w * a, y + h * b) for a, b in (_BACK[turn](*at) for at in _LETTER)])


def _within(box: Box, frame: Box) -> Box:
    x, y, w, h = frame
    return x + box[0] * w, y + box[1] * h, box[2] * w, box[3] * h


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
