"""How a picture is laid out and lit so that something in it can be read: a recipe, and the copy it makes.

A recipe is a few numbers. The same recipe on the same pixels gives the same pixels, so it can stand in the
record of a look or of a crop and be followed again. The order is fixed: straighten, flip, turn, rotate, zoom,
make smaller, stretch, brightness and contrast, sharpen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from entente.casework.examine.laid import Layout, QuadRefused, demand_quad, laid_out, layout
from entente.vocabulary.media import Region

CORNERS = tuple(f"c{n}{axis}" for n in (1, 2, 3, 4) for axis in "xy")  # clockwise from the top left
# name: least, most, step of the slider, what it is when nothing is done; angle in degrees, clockwise
MEASURES: dict[str, tuple[float, float, float, float]] = {
    "angle": (-45, 45, 0.1, 0),
    "zoom": (1, 16, 0.1, 1),
    "across": (0, 1, 0.01, 0.5),  # centre of the part that is zoomed to, in fractions
    "down": (0, 1, 0.01, 0.5),
    "brightness": (-100, 100, 1, 0),  # per cent of full scale, added
    "contrast": (0, 400, 5, 100),  # per cent, about middle grey
    "stretch": (0, 20, 0.5, 0),  # per cent of the pixels at each end that go to black and to white; 0: off
    "amount": (0, 500, 10, 0),  # of unsharp mask, per cent; 0: off
    "radius": (0.3, 20, 0.1, 2),  # its standard deviation, in pixels of the copy
    "threshold": (0, 255, 1, 0),  # differences below it are left alone
}
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_DIGITS = 4


class RecipeRefused(ValueError):
    """A recipe that cannot be followed; the sentence names the number and the mend."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done to a copy. ``corners`` are of the picture, in fractions, clockwise from the top left."""

    corners: tuple[float, ...] = ()
    flip: bool = False  # left to right; with two quarter turns: upside down
    turn: int = 0  # quarter turns clockwise
    angle: float = 0.0
    zoom: float = 1.0
    across: float = 0.5
    down: float = 0.5
    brightness: float = 0.0
    contrast: float = 100.0
    stretch: float = 0.0
    amount: float = 0.0
    radius: float = 2.0
    threshold: float = 0.0

    def __post_init__(self) -> None:
        if self.turn not in range(4):
            raise RecipeRefused("a picture is turned by 0, 1, 2 or 3 quarters")
        for name, (least, most, _, _) in MEASURES.items():
            if not least <= getattr(self, name) <= most:  # what is no number is not between them either
                raise RecipeRefused(f"{name} lies between {least:g} and {most:g}")
        if self.corners:
            try:
                demand_quad(self.corners)
            except QuadRefused as refused:
                raise RecipeRefused(str(refused)) from None

    def as_json(self) -> dict[str, Any]:
        """Return what differs from doing nothing, ready for JSON."""
        told = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return told | ({"corners": list(self.corners)} if self.corners else {})

    def as_query(self) -> dict[str, str]:
        """Return the fields of an address or a form that say the same."""
        told = {name: str(int(v) if isinstance(v, bool) else v) for name, v in self.as_json().items()}
        told.pop("corners", None)
        return told | {name: str(v) for name, v in zip(CORNERS, self.corners, strict=False)}


def of_json(told: Mapping[str, Any]) -> Recipe:
    """Return the recipe that ``as_json`` wrote; raises ``RecipeRefused``."""
    try:
        return Recipe(**{**told, "corners": tuple(float(v) for v in told.get("corners", ()))})
    except (TypeError, ValueError) as fault:
        raise RecipeRefused(str(fault)) from None


def of_query(told: Mapping[str, Any], prefix: str = "") -> Recipe:
    """Return the recipe of an address or a form; other fields are not read. Raises ``RecipeRefused``."""
    given = {name: told.get(prefix + name, "") for name in (*MEASURES, *CORNERS, "flip", "turn")}
    numbers = {name: _number(name, value) for name, value in given.items() if value not in {"", None}}
    corners = tuple(numbers.pop(name) for name in CORNERS if name in numbers)
    if corners and len(corners) != len(CORNERS):
        raise RecipeRefused("four corners have eight numbers: give all of them, or none")
    flip, turn = bool(numbers.pop("flip", 0)), numbers.pop("turn", 0)
    return Recipe(corners=corners, flip=flip, turn=int(turn) if turn in range(4) else 4, **numbers)


def _number(name: str, value: Any) -> float:
    try:
        return round(float(value), _DIGITS)
    except ValueError:
        raise RecipeRefused(f"{name} is a number") from None


def shown_part(recipe: Recipe, columns: int, rows: int) -> Region:
    """Return the box of the whole picture around what a recipe shows of it."""
    return _layout(recipe, columns, rows).around()


def adjusted(rgb: NDArray[np.uint8], told: Mapping[str, Any], longest: int) -> NDArray[np.uint8]:
    """Return a copy of (rows, columns, 3) made by the recipe ``told``, no side over ``longest``."""
    recipe = of_json(told)
    rows, columns = rgb.shape[:2]
    plan = _layout(recipe, columns, rows)
    small = _shrunk(laid_out(rgb, plan), longest)
    if recipe.stretch:
        inside = _shrunk(laid_out(np.full((rows, columns), 255, np.uint8), plan), longest) > 127
        small = stretched(small, recipe.stretch, inside)
    small = lit(small, recipe.brightness, recipe.contrast)
    return sharpened(small, recipe.amount, recipe.radius, recipe.threshold)


def _layout(recipe: Recipe, columns: int, rows: int) -> Layout:
    return layout(
        columns,
        rows,
        corners=recipe.corners,
        flip=recipe.flip,
        turn=recipe.turn,
        angle=recipe.angle,
        zoom=recipe.zoom,
        centre=(recipe.across, recipe.down),
    )


def _shrunk(pixels: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    rows, columns = pixels.shape[:2]
    scale = longest / max(rows, columns)
    if scale >= 1:
        return pixels
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def stretched(rgb: NDArray[np.uint8], share: float, inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return ``rgb`` with ``share`` per cent of its pixels at each end black and white, the rest spread.

    The ends are percentiles of the brightness ``inside``; all colours are moved alike, so hues stay.
    """
    luma = (rgb @ LUMA)[inside]
    if luma.size == 0:
        return rgb
    low, high = (float(v) for v in np.percentile(luma, (share, 100 - share)))
    if high <= low:
        return rgb  # an even surface has nothing to spread
    return _by_table(rgb, (np.arange(256) - low) * (255 / (high - low)))


def lit(rgb: NDArray[np.uint8], brightness: float, contrast: float) -> NDArray[np.uint8]:
    """Return (v - 127.5) * contrast + 127.5 + brightness for each value v, both given in per cent."""
    if brightness == 0 and contrast == 100:
        return rgb
    return _by_table(rgb, (np.arange(256) - 127.5) * (contrast / 100) + 127.5 + brightness * 2.55)


def sharpened(rgb: NDArray[np.uint8], amount: float, radius: float, threshold: float) -> NDArray[np.uint8]:
    """Return v + amount * (v - blurred v) where the difference reaches ``threshold``: unsharp mask."""
    if amount == 0:
        return rgb
    values = rgb.astype(np.float32)
    more = values - cv2.GaussianBlur(values, (0, 0), radius, borderType=cv2.BORDER_REFLECT_101)
    more[np.abs(more) < threshold] = 0
    return _bytes(values + (amount / 100) * more)


def _by_table(rgb: NDArray[np.uint8], table: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.asarray(cv2.LUT(rgb, _bytes(table)), np.uint8)


def _bytes(values: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
