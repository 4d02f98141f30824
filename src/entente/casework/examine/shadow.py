"""How high the sun stands, from an upright thing and its shadow, with an error estimate."""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, degrees, hypot, isfinite

HEIGHT_ERROR = 0.03  # of a height measured on a picture
SHADOW_ERROR = 0.10  # of a shadow's length: it runs towards or away from the camera by up to some 25°
LEAST_SD = 1.0  # degrees: the shadow's edge is blurred by the sun's half degree, the thing leans


def elevation_of(height: float, shadow: float) -> tuple[float, float]:
    """Return (elevation, standard error) in degrees of a ``height`` and a ``shadow`` in one unit.

    Raises ``ValueError`` for lengths that are none.
    """
    if not (isfinite(height) and isfinite(shadow) and height > 0 and shadow > 0):
        raise ValueError("the height and the shadow are lengths above 0, in the same unit")
    # d(atan(h/s)) = (s dh - h ds) / (h² + s²)
    error = height * shadow * hypot(HEIGHT_ERROR, SHADOW_ERROR) / (height**2 + shadow**2)
    return degrees(atan2(height, shadow)), max(degrees(error), LEAST_SD)


def lengths_of(points: Sequence[tuple[float, float]], wide: float, high: float) -> tuple[float, float]:
    """Return the height and the shadow in pixels of a picture ``wide`` × ``high``.

    Parameters
    ----------
    points : the top of the thing, its foot and the tip of its shadow, in fractions of the picture

    Raises ``ValueError`` where there are not three.
    """
    if len(points) != 3:
        raise ValueError(
            f"three points are needed, the top, the foot and the shadow's tip; not {len(points)}"
        )
    top, foot, tip = points
    return (
        hypot((top[0] - foot[0]) * wide, (top[1] - foot[1]) * high),
        hypot((tip[0] - foot[0]) * wide, (tip[1] - foot[1]) * high),
    )
