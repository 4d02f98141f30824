"""The folders of the ten days: what was found, what was known, what partners hold, what the search sees.

Everything is drawn, seeded and benign: empty rooms, things, landscapes. One seed gives one set of pictures.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from demo.brush import Box
from demo.camera import (
    CAMERA,
    PHONE,
    POLICE,
    STRANGER,
    Device,
    Picture,
    Shot,
    View,
    exif,
    forget,
    placed,
    shoot,
    write,
)
from demo.clip import film, house_sound, passing
from demo.landscapes import landscape
from demo.rooms import HOUSE, THINGS, Thing, german_packet, hotel, other
from entente.casework.match.hashes.pdq import PDQ
from entente.vocabulary.media_hash import HashEntry

ABSENT = frozenset(thing.key for thing in THINGS if not thing.stays)
FIRST = datetime(2026, 6, 6, 18, 41, 7)  # noqa: DTZ001 - a camera's own clock; its offset is its own tag
KNOWN = 12  # scenes of the known set


@dataclass(frozen=True, slots=True)
class Element:
    """One of the twenty things a search looks for, and the best picture of it: file name and box in it."""

    key: str
    words: str
    room: str
    picture: str
    region: Box  # x, y, w, h as fractions
    present: bool  # whether the search of day 9 sees it


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a folder and the truth about it."""

    name: str
    kind: str  # picture | clip | damaged
    role: str  # original | copy | known | false lead | damaged | partner | search | unrelated
    room: str = ""
    device: Device | None = None
    copy_of: str = ""
    change: str = ""
    things: dict[str, Box] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundManifest:
    """A drawn folder and the truth about every file in it."""

    folder: Path
    entries: tuple[Entry, ...]

    def of(self, role: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.role == role)

    def path(self, entry: Entry) -> Path:
        return self.folder / entry.name


def see(
    room: str, cx: float, cy: float, w: float, size: tuple[int, int] = (1600, 1200), **how: float
) -> View:
    """Return a view of ``room`` around a point, ``w`` units wide, kept inside the room."""
    w = min(w, 3600, 2400 * size[0] / size[1])
    h = w * size[1] / size[0]
    x, y = min(max(cx - w / 2, 0), 3600 - w), min(max(cy - h / 2, 0), 2400 - h)
    return View(room, (x, y, w, h), size, **how)  # type: ignore[arg-type]


LARGE, WIDE, SMALL = (4000, 3000), (1920, 1280), (1024, 768)
# name, view, device, stripped of its tags
FOUND: tuple[tuple[str, View, Device | None], ...] = (
    ("IMG_0412.JPG", see("bedroom", 1750, 1150, 3200, LARGE), PHONE),
    ("IMG_0413.JPG", see("bedroom", 1500, 1220, 2200, turn=0.06, gain=0.92), PHONE),
    ("IMG_0414.HEIC", see("bedroom", 2450, 900, 1900, turn=-0.08, warmth=0.05), PHONE),
    ("DSC_1187.JPG", see("bedroom", 1350, 1280, 1900, WIDE, gain=1.02, warmth=-0.05), CAMERA),
    ("DSC_1188.JPG", see("bedroom", 780, 1340, 900, (2400, 1800), turn=0.05), CAMERA),
    ("photo_2026-06-08_19-02.jpg", see("bedroom", 2350, 820, 1500, SMALL, gain=0.8, noise=6), None),
    ("a81f30c2.webp", see("bedroom", 1900, 1200, 2400, (1280, 960), tilt=2.0), None),
    ("IMG_0415.JPG", see("living", 1800, 1200, 3200, WIDE), PHONE),
    ("IMG_0416.JPG", see("living", 1090, 900, 2060, turn=0.05), PHONE),
    ("IMG_0417.JPG", see("living", 2600, 1100, 1900, gain=0.85, warmth=0.08), PHONE),
    ("DSC_1190.TIF", see("living", 800, 780, 1200, (1500, 1125)), CAMERA),
    ("DSC_1191.JPG", see("living", 1650, 1450, 2000, WIDE, turn=-0.06, gain=1.02), CAMERA),
    ("77c0e9.png", see("living", 2400, 1250, 2200, SMALL, tilt=-1.5, noise=5), None),
    ("IMG_0421.JPG", see("kitchen", 1700, 1150, 3200, LARGE), PHONE),
    ("IMG_0422.JPG", see("kitchen", 1050, 1000, 1250, turn=0.03), PHONE),
    ("IMG_0423.HEIC", see("kitchen", 2450, 850, 1700, warmth=0.04, gain=0.93), PHONE),
    ("DSC_1195.JPG", see("kitchen", 1500, 1050, 1700, WIDE, gain=0.9), CAMERA),
    ("DSC_1196.JPG", see("kitchen", 2850, 800, 1100, turn=-0.05, gain=0.94), CAMERA),
    ("received_55120.jpeg", see("kitchen", 1300, 950, 2000, SMALL, noise=5, gain=1.03), None),
    ("IMG_0430.JPG", see("hallway", 1700, 1200, 3200, WIDE), PHONE),
    ("IMG_0431.JPG", see("hallway", 1300, 1250, 1500, turn=0.06), PHONE),
    ("DSC_1201.JPG", see("hallway", 2300, 1100, 1900, WIDE, warmth=-0.05), CAMERA),
    ("DSC_1202.JPG", see("hallway", 1100, 1250, 900), CAMERA),
    ("f00d17.jpg", see("hallway", 1900, 1250, 2400, (640, 480), noise=6, gain=0.85), None),
)
VIEWS = {name: view for name, view, _ in FOUND}


def _quarter_turn(picture: Picture) -> Picture:
    return np.ascontiguousarray(np.rot90(picture, -1))


def _mirror(picture: Picture) -> Picture:
    return np.ascontiguousarray(picture[:, ::-1])


def _smaller(picture: Picture) -> Picture:
    return cv2.resize(picture, None, fx=0.45, fy=0.45, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _trimmed(picture: Picture) -> Picture:
    rows, columns = picture.shape[:2]
    return picture[rows // 50 : rows - rows // 50, columns // 50 : columns - columns // 50]


def _grey(picture: Picture) -> Picture:
    return cv2.merge([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)] * 3).astype(np.uint8)


def _same(picture: Picture) -> Picture:
    return picture


Change = Callable[[Picture], Picture]
# of which, under which name, what was done to it, JPEG quality
RESHARED: tuple[tuple[str, str, str, Change, int], ...] = (
    ("IMG_0413.JPG", "fwd_001.jpg", "re-encoded", _same, 38),
    ("IMG_0416.JPG", "fwd_002.jpg", "resized", _smaller, 80),
    ("IMG_0422.JPG", "fwd_003.jpg", "mirrored", _mirror, 82),
    ("DSC_1187.JPG", "fwd_004.jpg", "rotated", _quarter_turn, 82),
    ("DSC_1191.JPG", "fwd_005.webp", "re-encoded", _same, 60),
    ("IMG_0431.JPG", "fwd_006.jpg", "trimmed", _trimmed, 80),
    ("DSC_1195.JPG", "fwd_007.jpg", "grey", _grey, 75),
    ("DSC_1201.JPG", "fwd_008.png", "resized", _smaller, 0),
)
KNOWN_SHARED: tuple[tuple[int, str, str, Change, int], ...] = (
    (0, "old_0001.jpg", "exact", _same, 0),
    (3, "old_0002.jpg", "exact", _same, 0),
    (5, "old_0003.jpg", "re-encoded", _same, 40),
    (7, "old_0004.jpg", "resized", _smaller, 80),
    (8, "old_0005.jpg", "mirrored", _mirror, 82),
    (10, "old_0006.jpg", "rotated", _quarter_turn, 82),
)


def draw_found(folder: Path, seed: int = 7) -> FoundManifest:
    """Draw the folder as first found: 40 pictures, 3 clips, 4 damaged files; return the truth about each."""
    folder.mkdir(parents=True, exist_ok=True)
    shots: dict[str, Picture] = {}
    entries = []
    for number, (name, view, device) in enumerate(FOUND):
        shot = _taken(
            folder / name, view, device, FIRST + timedelta(days=number // 9, minutes=7 * (number % 9)), seed
        )
        shots[name] = shot.picture
        entries.append(Entry(name, "picture", "original", view.room, device, things=shot.things))
    for source, name, change, act, quality in RESHARED:
        write(folder / name, act(shots[source]), None, quality)
        entries.append(Entry(name, "picture", "copy", VIEWS[source].room, copy_of=source, change=change))
    entries += _known_copies(folder)
    entries += _leads(folder)
    entries += _clips(folder, seed)
    entries += _damaged(folder)
    forget()
    return FoundManifest(folder, tuple(entries))


def _taken(
    path: Path, view: View, device: Device | None, taken: datetime, seed: int = 7, **draw: frozenset[str]
) -> Shot:
    """Shoot a view of the house and write it with the device's tags."""
    shot = shoot(HOUSE[view.room], _with_seed(view, seed), **draw)
    write(path, shot.picture, exif(device, taken if device else None), 88)
    return shot


def _with_seed(view: View, seed: int) -> View:
    """Return the view with another piece of noise."""
    return view.moved(0, 0, seed=seed)


def _known_view(number: int) -> View:
    return see("other", 1800 + 90 * (number % 5 - 2), 1200, 2600, (1200, 900), seed=number)


def _known_picture(number: int) -> Picture:
    return shoot(other(f"known {number}"), _known_view(number)).picture


def draw_known(folder: Path) -> FoundManifest:
    """Draw the known set: rooms of other houses, ``known_000.jpg`` and on."""
    entries = []
    for number in range(KNOWN):
        name = f"known_{number:03d}.jpg"
        write(folder / name, _known_picture(number), None, 88)
        entries.append(Entry(name, "picture", "known", "other"))
    forget()
    return FoundManifest(folder, tuple(entries))


def known_hashes(folder: Path) -> list[HashEntry]:
    """Return a list record for each file of ``draw_known``'s folder, with digests and PDQ."""
    entries = []
    for line, path in enumerate(sorted(folder.glob("known_*.jpg")), 1):
        data = path.read_bytes()
        luma = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        turns, _ = PDQ.of_luma(luma)
        entries.append(
            HashEntry(
                line=line,
                md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
                sha1=hashlib.sha1(data, usedforsecurity=False).hexdigest(),
                sha256=hashlib.sha256(data).hexdigest(),
                pdq=turns[0],
                category="benign training scene",
                series=f"known series {line % 3 + 1}",
                victim_identified=line % 2 == 0,
                size=len(data),
                mime="image/jpeg",
                paths=(path.name,),
            )
        )
    return entries


def _known_copies(folder: Path) -> list[Entry]:
    entries = []
    for number, name, change, act, quality in KNOWN_SHARED:
        # an exact copy is written in the same way as the known set's own file, so its bytes are the same
        write(folder / name, act(_known_picture(number)), None, quality or 88)
        entries.append(
            Entry(name, "picture", "known", "other", copy_of=f"known_{number:03d}.jpg", change=change)
        )
    return entries


def draw_false_leads(folder: Path) -> FoundManifest:
    """Draw the two false leads: a French hotel room by another camera in March, a German packet."""
    return FoundManifest(folder, tuple(_leads(folder)))


def _leads(folder: Path) -> list[Entry]:
    room = shoot(hotel, see("hotel", 1600, 1100, 3000, WIDE))
    march = datetime(2026, 3, 3, 9, 12, 44)  # noqa: DTZ001 - a camera's own clock
    write(folder / "P3030021.JPG", room.picture, exif(STRANGER, march, (43.9493, 4.8055)), 88)
    packet = shoot(german_packet, see("packet", 1800, 1150, 2200))
    write(folder / "scan_114.jpg", packet.picture, None, 90)
    return [
        Entry("P3030021.JPG", "picture", "false lead", "hotel", STRANGER),
        Entry("scan_114.jpg", "picture", "false lead", "packet"),
    ]


def _clips(folder: Path, seed: int) -> list[Entry]:
    """Film the house: a phone's MP4 through two rooms, a stripped MKV, a WebM with another sound codec."""
    size = (640, 360)
    walk = [
        *_pass("living", (900, 950, 1700), (2500, 1150, 1500), size, 60),
        *_pass("bedroom", (900, 1250, 1500), (2300, 900, 1500), size, 60),
    ]
    tags = {
        "creation_time": "2026-06-07T18:14:05Z",
        "com.apple.quicktime.creationdate": "2026-06-07T20:14:05+0200",
        "com.apple.quicktime.make": PHONE.make,
        "com.apple.quicktime.model": PHONE.model,
    }
    film(folder / "VID_0419.MP4", walk, house_sound(10, 50, seed), tags=tags)
    kitchen = _pass("kitchen", (900, 1000, 1400), (2500, 1000, 1600), size, 72)
    film(folder / "clip_b.mkv", kitchen, house_sound(6, 50, seed + 1), tags=None)
    hall = _pass("hallway", (700, 1100, 1600), (2500, 1200, 1700), size, 60)
    film(folder / "clip_c.webm", hall, house_sound(5, None, seed + 2), video="libvpx", audio="libopus")
    return [
        Entry("VID_0419.MP4", "clip", "original", "living bedroom", PHONE),
        Entry("clip_b.mkv", "clip", "original", "kitchen"),
        Entry("clip_c.webm", "clip", "original", "hallway"),
    ]


def _pass(
    room: str,
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    size: tuple[int, int],
    frames: int,
) -> list[Picture]:
    return list(passing(HOUSE[room], see(room, *start, size), see(room, *end, size), frames))


def _damaged(folder: Path) -> list[Entry]:
    whole = (folder / "IMG_0417.JPG").read_bytes()
    (folder / "IMG_0418.JPG").write_bytes(whole[: len(whole) * 2 // 5])
    (folder / "IMG_0420.JPG").write_bytes(b"")
    (folder / "readme.jpg").write_text("questo file non è una fotografia\n", encoding="utf-8")
    clip = (folder / "VID_0419.MP4").read_bytes()
    (folder / "VID_0424.MP4").write_bytes(clip[: clip.rindex(b"moov") - 4])
    changes = {
        "IMG_0418.JPG": "cut off",
        "IMG_0420.JPG": "empty",
        "readme.jpg": "text",
        "VID_0424.MP4": "no index",
    }
    return [Entry(name, "damaged", "damaged", change=change) for name, change in changes.items()]


def draw_partner_media(folder: Path) -> dict[str, FoundManifest]:
    """Draw what the five partners hold, a folder a country: DK AU CA FR NL."""
    day = FIRST + timedelta(days=1)
    views = {
        "DK": (
            ("dk-114.jpg", see("bedroom", 2100, 1000, 2300, turn=0.05, gain=1.1)),
            ("dk-115.jpg", see("bedroom", 1600, 1150, 2000, WIDE, tilt=1.5, warmth=0.07)),
            ("dk-116.jpg", see("bedroom", 2500, 750, 1300, gain=0.88)),
        ),
        "NL": (("nl-007.jpg", see("kitchen", 1150, 1000, 1500, turn=-0.04)),),
    }
    held = {country: [] for country in ("DK", "AU", "CA", "FR", "NL")}
    for country, taken in views.items():
        for name, view in taken:
            shot = _taken(folder / country / name, view, None, day)
            held[country].append(Entry(name, "picture", "partner", view.room, things=shot.things))
    shot = shoot(HOUSE["bedroom"], _with_seed(VIEWS["IMG_0413.JPG"], 7))
    write(folder / "AU" / "au-2231.jpg", _smaller(shot.picture), None, 70)
    held["AU"].append(
        Entry("au-2231.jpg", "picture", "partner", "bedroom", copy_of="IMG_0413.JPG", change="resized")
    )
    lake = landscape(4471, (1600, 1200))
    write(folder / "CA" / "IMG_0388.JPG", lake, exif(PHONE, FIRST - timedelta(days=20)), 88)
    held["CA"].append(Entry("IMG_0388.JPG", "picture", "partner", "landscape", PHONE))
    room = shoot(hotel, see("hotel", 1900, 1150, 2400, turn=0.05))
    write(folder / "FR" / "fr-51.jpg", room.picture, None, 85)
    held["FR"].append(Entry("fr-51.jpg", "picture", "partner", "hotel"))
    forget()
    return {country: FoundManifest(folder / country, tuple(entries)) for country, entries in held.items()}


def draw_search(folder: Path, further: int = 0) -> FoundManifest:
    """Draw the police photographs of day 9: each of the 14 things that stayed, and the rooms around them.

    ``further`` photographs walk along the walls from nearer by, as a searching officer takes many.
    """
    entries, taken = [], datetime(2026, 6, 18, 7, 30)  # noqa: DTZ001 - a camera's own clock
    views = [_close(thing) for thing in THINGS if thing.stays]
    for room in HOUSE:
        views += [
            see(room, cx, 1200, 2300, WIDE, turn=turn, gain=0.98)
            for cx, turn in ((1150, 0.04), (1800, 0), (2450, -0.04), (1500, 0.02))
        ]
    for number in range(further):
        room, step = list(HOUSE)[number % len(HOUSE)], number // len(HOUSE)
        views.append(see(room, 900 + 230 * step, 1000 + 60 * (step % 3), 1500, SMALL, gain=0.96))
    for number, view in enumerate(views, 1):
        name = f"PE{number:04d}.JPG"
        shot = _taken(folder / name, view, POLICE, taken + timedelta(minutes=3 * number), 9, without=ABSENT)
        entries.append(Entry(name, "picture", "search", view.room, POLICE, things=shot.things))
    forget()
    return FoundManifest(folder, tuple(entries))


def _close(thing: Thing) -> View:
    """Return the view of one thing with a little of what is around it."""
    x, y, w, h = thing.box
    wide = max(w, h * 4 / 3) * 1.5
    return see(
        thing.room, x + w / 2 + 0.06 * w, y + h / 2, max(wide, 620), turn=0.05, gain=0.97, warmth=-0.03
    )


def draw_seized(folder: Path, n: int = 300, seed: int = 9) -> FoundManifest:
    """Draw ``n`` seized files: a tenth originals of the phone, a tenth copies of found ones, else hills."""
    rng, entries = random.Random(seed), []
    wide = {
        room: shoot(draw, see(room, 1800, 1200, 3600, (1440, 960), noise=0)).picture
        for room, draw in HOUSE.items()
    }
    for number in range(n):
        kind, name = number % 10, f"IMG_{5000 + number}.JPG"
        taken = FIRST - timedelta(days=rng.randrange(200), minutes=rng.randrange(900))
        if kind == 3:
            room = rng.choice(list(HOUSE))
            x, y = rng.randrange(0, 480), rng.randrange(0, 320)
            picture = _sensor(wide[room][y : y + 640, x : x + 960], number)
            write(folder / name, picture, exif(PHONE, taken), 88)
            entries.append(Entry(name, "picture", "original", room, PHONE))
        elif kind == 7:
            source = rng.choice([name for name, view in VIEWS.items() if view.size != LARGE])
            room = VIEWS[source].room
            picture = _cached(source)
            write(folder / name, picture, None, rng.randrange(45, 85))
            entries.append(Entry(name, "picture", "copy", room, copy_of=source, change="re-encoded"))
        else:
            write(
                folder / name,
                landscape(seed * 100_003 + number),
                exif(PHONE, taken) if kind == 5 else None,
                82,
            )
            entries.append(Entry(name, "picture", "unrelated", "landscape", PHONE if kind == 5 else None))
    _small.clear()
    forget()
    return FoundManifest(folder, tuple(entries))


_small: dict[str, Picture] = {}


def _cached(name: str) -> Picture:
    """Return a found picture made smaller, drawn once."""
    if name not in _small:
        picture = shoot(HOUSE[VIEWS[name].room], _with_seed(VIEWS[name], 7)).picture
        _small[name] = cv2.resize(
            picture, (800, 800 * picture.shape[0] // picture.shape[1]), interpolation=cv2.INTER_AREA
        )
    return _small[name]


def _sensor(picture: Picture, number: int) -> Picture:
    """Add noise of its own to a cut-out."""
    noise = np.random.default_rng(number).integers(-5, 6, picture.shape, np.int8)
    return cv2.add(picture, noise, dtype=cv2.CV_8U).astype(np.uint8)


def elements() -> list[Element]:
    """Return the twenty things of the search list, each with the found picture that shows it largest."""
    listed = []
    for thing in THINGS:
        best: tuple[float, str, Box] | None = None
        for name, view in VIEWS.items():
            box = _placed(thing, view)
            if box and (best is None or box[2] * view.size[0] * _whole(box) > best[0]):
                best = box[2] * view.size[0] * _whole(box), name, box
        if best is None:
            raise ValueError(f"no found picture shows the {thing.words}")
        listed.append(Element(thing.key, thing.words, thing.room, best[1], best[2], thing.stays))
    return listed


def _whole(box: Box) -> float:
    """Prefer a box that does not touch the picture's edge."""
    x, y, w, h = box
    return 1.0 if x > 0 and y > 0 and x + w < 1 and y + h < 1 else 0.4


def _placed(thing: Thing, view: View) -> Box | None:
    """Return where a thing is in a view, without drawing it."""
    return placed(thing.box, view) if thing.room == view.room else None
