"""The matched points of two items as a drawing: two frames, a dot for each point, a line for each pair."""

from __future__ import annotations

from collections.abc import Sequence

from entente.casework.link.scene.points import Box
from entente.casework.match.overlay import APART, Drawing, fitted

MOST_LINES = 30  # more would be one grey field
DOT = 4.0


def drawn(
    pairs: Sequence[Sequence[float]],
    shape: tuple[float, float],
    other: tuple[float, float],
    box: Box | None = None,
) -> Drawing:
    """Draw pairs of points (x, y, x, y in fractions) in two shapes (width, height); ``box`` was asked."""
    (w, h), (v, g) = fitted(shape), fitted(other)
    drawing = Drawing(w + APART + v, max(h, g), frames=[(0.0, 0.0, w, h), (w + APART, 0.0, v, g)])
    if box:
        drawing.marks.append((box[0] * w, box[1] * h, box[2] * w, box[3] * h))
    step = max(1, -(-len(pairs) // MOST_LINES))
    for x, y, u, z in pairs[::step]:
        a, b = (x * w, y * h), (w + APART + u * v, z * g)
        drawing.strokes.append(f"{a[0]:.1f},{a[1]:.1f} {b[0]:.1f},{b[1]:.1f}")
        drawing.dots += [(p[0] - DOT / 2, p[1] - DOT / 2, DOT, DOT) for p in (a, b)]
    return drawing
