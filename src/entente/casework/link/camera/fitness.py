"""What a picture is worth for its camera: original, saved again, made smaller, or unfit, and why it is that.

Said from what the file tells of itself and from its size. What was sent through a messenger has neither the
camera's size nor its words; a stabilised video has no pixel where the sensor had it. Of both nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from entente.casework.link.camera.calibrate import Calibration
from entente.casework.link.camera.compare import LEAST_OVERLAP, Fit, Likeness, fit


class Fitness(StrEnum):
    """How much of a sensor a picture can still hold."""

    ORIGINAL = "original"
    RE_SAVED = "re-saved"
    RESIZED = "resized"
    UNFIT = "unfit"


# Learned on drawn sensors, measured on real ones (docs/methods/camera.md); `make bench-link` prints these.
CALIBRATED = {
    Fitness.ORIGINAL: Calibration(-1.47, 0.344, 36, 180, 0.112),
    Fitness.RE_SAVED: Calibration(-1.02, 0.513, 72, 360, 0.545),
    Fitness.RESIZED: Calibration(-0.91, 0.644, 108, 540, 0.610),
}
NEUTRAL = 0.30103  # log10 of 2: below it, a ratio is about neutral
TOO_LITTLE, BETWEEN, NO_SIGN = "too little", "between", "no sign"  # why nothing can be said
_EDITED = re.compile(
    r"photoshop|lightroom|gimp|snapseed|picasa|acdsee|paint|imagemagick|instagram|whatsapp|telegram|facebook",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Described:
    """What a file says of its making, as far as a camera is concerned."""

    kind: str = "picture"
    rows: int = 0
    columns: int = 0
    make: str = ""
    model: str = ""
    serial: str = ""
    software: str = ""
    zoom: float = 1.0  # times that the camera made a part of its picture larger
    layout: frozenset[str] = frozenset()  # the names of what it tells, without what they say


@dataclass(frozen=True, slots=True)
class Worth:
    """The class of a picture for one camera, how it is laid over, and the reason in a code."""

    fitness: Fitness
    how: Fit | None
    because: str


def unfit(picture: Described) -> str:
    """Return why a picture is unfit for any camera, also to learn it from; nothing where it may be fit."""
    if picture.kind != "picture":
        return "video"
    return "zoomed" if picture.zoom > 1 else ""


def worth(picture: Described, camera: tuple[int, int]) -> Worth:
    """Return what a picture is worth for a camera whose pictures have (rows, columns)."""
    if why := unfit(picture):
        return Worth(Fitness.UNFIT, None, why)
    how = fit((picture.rows, picture.columns), camera)
    if how is None:
        return Worth(Fitness.UNFIT, None, "shape")
    if how.scale < 1:
        return Worth(Fitness.RESIZED, how, "smaller")
    if _EDITED.search(picture.software):
        return Worth(Fitness.RE_SAVED, how, "edited")
    if not (picture.make or picture.model):
        return Worth(Fitness.RE_SAVED, how, "stripped")
    return Worth(Fitness.ORIGINAL, how, "whole")


class Told(StrEnum):
    """What files say by themselves of whether one camera made them: asked before any pixel."""

    SERIAL = "same serial"
    OTHER_SERIAL = "other serial"
    MODEL = "same model"
    OTHER_MODEL = "other model"
    LAYOUT = "same layout"
    NOTHING = "nothing"


_NO_SERIAL = re.compile(r"[0\s.\-x]*|none|unknown|n/?a|1234567890?", re.IGNORECASE)


def told(picture: Described, references: Iterable[Described]) -> Told:
    """Return the most that metadata says of a picture and a camera's reference pictures."""
    known = list(references)
    named = {_device(r) for r in known} - {("", "")}
    serials = {r.serial.strip().casefold() for r in known if not _NO_SERIAL.fullmatch(r.serial.strip())}
    own = picture.serial.strip().casefold()
    if serials and own and not _NO_SERIAL.fullmatch(own):
        return Told.SERIAL if own in serials and _device(picture) in named | {("", "")} else Told.OTHER_SERIAL
    if named and _device(picture) != ("", ""):
        return Told.MODEL if _device(picture) in named else Told.OTHER_MODEL
    if picture.layout and any(picture.layout == r.layout for r in known):
        return Told.LAYOUT
    return Told.NOTHING


def _device(one: Described) -> tuple[str, str]:
    return one.make.strip().casefold(), one.model.strip().casefold()


def evaluated(fitness: Fitness, found: Likeness) -> tuple[float | None, str]:
    """Return log10 of the likelihood ratio, or ``None`` and why nothing can be said.

    Noise that is not found speaks against the camera in an original alone: saving again and shrinking take
    it away.
    """
    if fitness is Fitness.UNFIT or found.overlap < LEAST_OVERLAP:
        return None, TOO_LITTLE
    ratio = CALIBRATED[fitness].log10_lr(found.z)
    if abs(ratio) < NEUTRAL:
        return None, BETWEEN
    return (ratio, "") if ratio > 0 or fitness is Fitness.ORIGINAL else (None, NO_SIGN)
