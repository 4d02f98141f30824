"""The camera: takes a view of a room, adds its own noise, and writes a real file with the tags it writes."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

from demo.brush import ROOM, Box, Sheet
from demo.rooms import Without

Picture = NDArray[np.uint8]
Room = Callable[[Sheet, Without], None]

MAKE, MODEL, SERIAL, LENS, SOFTWARE = 0x010F, 0x0110, 0xA431, 0xA434, 0x0131
TAKEN, OFFSET, WRITTEN, EXIF, GPS = 0x9003, 0x9011, 0x0132, 0x8769, 0x8825


@dataclass(frozen=True, slots=True)
class Device:
    """A camera, with the number that ties its files together."""

    make: str
    model: str
    serial: str
    offset: str = "+02:00"


PHONE = Device("Lumera", "L9 Compact", "LC9-4471902")  # took most of what was found
CAMERA = Device("Nordica", "D410", "4102207")  # took the rest of it
STRANGER = Device("Kestrel", "K2", "K2-880013", "+01:00")  # the early false lead
POLICE = Device("Polaris", "Evidence 20", "PE20-00318")  # search day


@dataclass(frozen=True, slots=True)
class View:
    """Where a camera stands: the window of the room it frames, how far it is turned, and the light."""

    room: str
    frame: Box
    size: tuple[int, int] = (1600, 1200)
    turn: float = 0.0  # to the side: -0.2 to 0.2
    tilt: float = 0.0  # degrees
    gain: float = 1.0
    warmth: float = 0.0  # -0.15 (cold) to 0.15 (warm)
    noise: float = 3.0
    seed: int = 0

    def moved(self, dx: float, dy: float, **changes: object) -> View:
        """Return the same view from a step aside."""
        x, y, w, h = self.frame
        return replace(self, frame=(x + dx, y + dy, w, h), **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture and where the named things of the room are in it, as fractions."""

    picture: Picture
    things: dict[str, Box]


@cache
def _sheet(room: Room, without: Without, zone: Box, scale: float) -> Sheet:
    sheet = Sheet(zone, scale)
    room(sheet, without)
    return sheet


def forget() -> None:
    """Give the drawn rooms' memory back."""
    _sheet.cache_clear()


@cache
def _static() -> NDArray[np.int8]:
    """Return a sheet of sensor noise that every picture cuts its own piece from."""
    noise = np.random.default_rng(410).standard_normal((1031, 1543, 3), np.float32) * 16
    return np.clip(noise, -120, 120).astype(np.int8)


def _noisy(picture: Picture, view: View) -> Picture:
    """Add the noise of the sensor, and the gain and warmth of the light."""
    rows, columns = picture.shape[:2]
    rng = np.random.default_rng(zlib.crc32(repr(view).encode()))
    tile = np.roll(_static(), tuple(int(v) for v in rng.integers(0, 1000, 2)), (0, 1))
    noise = np.tile(tile, (rows // 1031 + 1, columns // 1543 + 1, 1))[:rows, :columns]
    colour = [view.gain * (1 + view.warmth), view.gain, view.gain * (1 - view.warmth), 0]
    lit = cv2.multiply(picture, tuple(colour), dtype=cv2.CV_16S)
    return cv2.addWeighted(lit, 1.0, noise.astype(np.int16), view.noise / 16, 0, dtype=cv2.CV_8U)


def _corners(view: View) -> NDArray[np.float32]:
    """Return where the picture's four corners lie in the room."""
    x, y, w, h = view.frame
    t = abs(view.turn)
    left, right = (t, 0.0) if view.turn < 0 else (0.0, t)
    points = np.array(
        [
            (x, y + h * left / 2),
            (x + w, y + h * right / 2),
            (x + w, y + h - h * right / 2),
            (x, y + h - h * left / 2),
        ],
        np.float64,
    )
    middle, a = points.mean(0), np.radians(view.tilt)
    spin = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    return ((points - middle) @ spin.T + middle).astype(np.float32)


def placed(box: Box, view: View) -> Box | None:
    """Return where a box of the room is in a view, as fractions; ``None`` when less than half of it is in."""
    x, y, w, h = box
    target = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    move = cv2.getPerspectiveTransform(_corners(view), target)
    points = np.array([[(x, y), (x + w, y), (x + w, y + h), (x, y + h)]], np.float32)
    spots = cv2.perspectiveTransform(points, move)[0]
    low, high = spots.min(0), spots.max(0)
    inside = np.maximum(np.minimum(high, 1) - np.maximum(low, 0), 0)
    if inside.prod() < 0.5 * float((high - low).prod()):
        return None
    low, high = np.clip(low, 0, 1), np.clip(high, 0, 1)
    return tuple(round(float(v), 5) for v in (*low, *(high - low)))  # type: ignore[return-value]


def _zone(corners: NDArray[np.float32], view: View) -> tuple[Box, float]:
    """Return which part of the room to draw and how large: a close-up is drawn large, not enlarged."""
    if view.frame[2] >= 1300 or view.size[0] / view.frame[2] <= 1.2:
        return (0, 0, *ROOM), 1.0
    low = np.maximum(np.floor(corners.min(0) / 100) * 100 - 100, 0)
    high = np.minimum(np.ceil(corners.max(0) / 100) * 100 + 100, ROOM)
    zone = (float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))
    return zone, min(3.0, view.size[0] / view.frame[2] * 1.2)


def shoot(room: Room, view: View, without: Without = frozenset()) -> Shot:
    """Take ``view`` of a room: the picture, and the boxes of the things that are at least half in it."""
    corners = _corners(view)
    zone, scale = _zone(corners, view)
    sheet = _sheet(room, without, zone, scale)
    w, h = view.size
    source = (corners - np.array(zone[:2], np.float32)) * scale
    target = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32)
    move = cv2.getPerspectiveTransform(source.astype(np.float32), target)
    flat = np.asarray(sheet.image)
    shrink = view.frame[2] * scale / w
    if shrink > 1.4:  # keep fine lines from flickering
        flat = cv2.GaussianBlur(flat, (0, 0), 0.35 * shrink)
    picture = cv2.warpPerspective(
        flat, move, view.size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    boxes = {key: placed(box, view) for key, box in sheet.things.items()}
    return Shot(_noisy(picture, view), {key: box for key, box in boxes.items() if box})


def exif(device: Device | None, taken: datetime | None, gps: tuple[float, float] | None = None) -> Image.Exif:
    """Return the tags that a device writes; nothing when it is unknown."""
    tags = Image.Exif()
    if device:
        tags[MAKE], tags[MODEL] = device.make, device.model
        inner = tags.get_ifd(EXIF)
        inner[SERIAL] = device.serial
        if taken:
            stamp = taken.strftime("%Y:%m:%d %H:%M:%S")
            tags[WRITTEN], inner[TAKEN], inner[OFFSET] = stamp, stamp, device.offset
    if gps:
        place = tags.get_ifd(GPS)
        for ref, tag, value, letters in ((1, 2, gps[0], "NS"), (3, 4, gps[1], "EW")):
            degrees, minutes = divmod(abs(value) * 60, 60)
            place[ref] = letters[value < 0]
            place[tag] = (float(degrees), float(int(minutes)), round((minutes % 1) * 60, 3))
    return tags


def write(path: Path, picture: Picture, tags: Image.Exif | None = None, quality: int = 90) -> None:
    """Write a picture in the format of the name's ending, with its tags."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image, kind = Image.fromarray(picture), path.suffix.lower()
    data = tags.tobytes() if tags is not None and len(tags) else b""
    if kind in {".jpg", ".jpeg"}:
        image.save(path, "JPEG", quality=quality, exif=data)
    elif kind == ".webp":
        image.save(path, "WEBP", quality=quality, method=1, exif=data)
    elif kind == ".heic":
        heif = pillow_heif.from_pillow(image)
        heif.save(path, quality=quality, exif=data or None, enc_params={"preset": "ultrafast"})
    elif kind == ".png":
        image.save(path, "PNG", compress_level=1, exif=data or None)
    else:
        image.save(path, "TIFF", exif=data or None)
