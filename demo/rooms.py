"""The empty house in Piedmont and other rooms, each drawn in room units on a sheet.

``without`` leaves named things out: on search day some have been taken away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from demo.brush import ROOM, WALL, Box, Colour, Sheet, light, mix, rgb, seeded
from demo.furnish import (
    BRASS,
    CREAM,
    DARK_WOOD,
    INK,
    NAVY,
    OCHRE,
    PALE,
    SAGE,
    STEEL,
    TERRACOTTA,
    WINE,
    WOOD,
    _cloth,
    books,
    cement,
    fern_paper,
    frame,
    lamp,
    mountain_painting,
    planks,
    product_box,
    quilt,
    sailing_poster,
    skyline,
    socket_f,
    socket_l,
    switch,
    walls,
    window,
)

PACKET_CODE = "8004120650420"  # registered in Italy
GERMAN_CODE = "4006381333931"  # prefix 400-440
Without = frozenset[str]
PALETTE = ("8fa58c", "c06a45", "2f4562", "d9a441", "a98467", "7f9aa6", "8c3540", "d8cfc0", "5d7a5a")


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing that a search would look for: its key, the words for it, its room, its box in room units."""

    key: str
    words: str
    room: str
    box: Box
    stays: bool = True  # False: no longer there on search day


THINGS = (
    Thing("poster", "poster with three sailing boats", "bedroom", (2330, 330, 520, 700)),
    Thing("fern-paper", "wallpaper with fern sprigs", "bedroom", (80, 160, 560, 640)),
    Thing("bed-socket", "type L socket left of the bed", "bedroom", (480, 1270, 210, 140)),
    Thing("quilt", "patchwork quilt", "bedroom", (1000, 1370, 1200, 640)),
    Thing("headboard", "headboard with a carved rosette", "bedroom", (960, 830, 1280, 480)),
    Thing("star-cushion", "cushion with an embroidered star", "bedroom", (1740, 1130, 330, 270), stays=False),
    Thing("window-view", "window on hills and a church tower", "living", (330, 330, 900, 900)),
    Thing("stove", "green tiled stove", "living", (2980, 620, 480, 1130)),
    Thing("bookshelf", "bookshelf with a red encyclopaedia", "living", (2240, 480, 600, 1260)),
    Thing("sofa", "striped sofa with wooden feet", "living", (1060, 1270, 1080, 600)),
    Thing("valley", "painting of a valley in a brass frame", "living", (1440, 420, 560, 420)),
    Thing("diamond-rug", "rug with diamonds", "living", (700, 2010, 1800, 330), stays=False),
    Thing("backsplash", "blue cement tiles above the worktop", "kitchen", (300, 740, 1680, 420)),
    Thing("rooster", "plate with a painted rooster", "kitchen", (2210, 330, 270, 270)),
    Thing("calendar", "calendar with a mountain hut", "kitchen", (2700, 420, 430, 620)),
    Thing("bakery-bag", "paper bag of a bakery", "kitchen", (1390, 850, 270, 390), stays=False),
    Thing("packet", "packet of hazelnut biscuits", "kitchen", (850, 850, 300, 390), stays=False),
    Thing("moka", "red moka pot", "kitchen", (560, 990, 190, 250), stays=False),
    Thing("radiator", "radiator with cast leaves under the mirror", "hallway", (1300, 1190, 800, 480)),
    Thing("umbrella-stand", "umbrella stand with blue glaze", "hallway", (2560, 1340, 240, 500), stays=False),
)
BOX = {thing.key: thing.box for thing in THINGS}


def _mark(sheet: Sheet, *keys: str) -> None:
    for key in keys:
        sheet.name(key, *BOX[key])


def bedroom(sheet: Sheet, without: Without = frozenset()) -> None:
    walls(sheet, rgb("e8e4d4"), planks("bedroom", rgb("c69a6b")), rgb("efe9da"))
    fern_paper(sheet, 0, WALL - 74, rgb("e9e6d3"), rgb("6f8f76"))
    sheet.rect(0, WALL - 74, ROOM[0], 74, rgb("efe9da"))
    sailing_poster(sheet, *BOX["poster"][:2])
    # the wardrobe
    sheet.shadow(2960, 420, 600, 1400, 50, 0.4)
    sheet.rect(2960, 420, 600, 1420, WOOD)
    for door in (2985, 3270):
        sheet.rect(door, 470, 260, 1290, mix(WOOD, OCHRE, 0.12), 4, DARK_WOOD, 4)
        for panel in (500, 1130):
            sheet.rect(
                door + 35, panel, 190, 580, mix(WOOD, DARK_WOOD, 0.18), 4, mix(WOOD, DARK_WOOD, 0.6), 3
            )
    sheet.grain(2960, 420, 600, 1420, "wardrobe", 0.06, along=0.15)
    for knob in (3228, 3280):
        sheet.oval(knob, 1120, 26, 26, BRASS, DARK_WOOD, 3)
    # the bed
    sheet.shadow(900, 830, 1400, 1180, 60, 0.45)
    x, y, w, h = BOX["headboard"]
    sheet.rect(x, y, w, h + 560, DARK_WOOD, 60)
    sheet.rect(x + 40, y + 40, w - 80, h, mix(DARK_WOOD, WOOD, 0.4), 40, mix(DARK_WOOD, INK, 0.4), 4)
    for petal in np.arange(0, 2 * np.pi, np.pi / 6):
        px, py = x + w / 2 + 82 * np.cos(petal), y + 160 + 82 * np.sin(petal)
        sheet.oval(px - 34, py - 34, 68, 68, mix(DARK_WOOD, WOOD, 0.65), mix(DARK_WOOD, INK, 0.4), 4)
    sheet.oval(x + w / 2 - 42, y + 118, 84, 84, WOOD, mix(DARK_WOOD, INK, 0.4), 4)
    _garland(sheet, x, y, w)
    sheet.grain(x, y, w, h, "headboard", 0.07, along=5)
    for px in (1060, 1640):
        sheet.rect(px, 1150, 500, 260, rgb("f7f4ec"), 80, rgb("d9d3c4"), 4)
        sheet.fade(px, 1150, 500, 260, 1.0, 0.9)
        for hem in range(4):
            sheet.line([(px + 40, 1185 + hem * 8), (px + 460, 1180 + hem * 8)], rgb("c9d2d6"), 2)
    quilt(sheet, *BOX["quilt"])
    sheet.fade(*BOX["quilt"], 1.03, 0.82)
    if "star-cushion" not in without:
        _star_cushion(sheet)
    for foot in (980, 2150):
        sheet.rect(foot, 2010, 70, 90, DARK_WOOD, 8)
    _night_table(sheet, 690, 1480)
    socket_l(sheet, *BOX["bed-socket"][:2])
    sheet.line([(560, 1322), (590, 1480), (680, 1560)], PALE, 9)
    mountain_painting(sheet, 120, 880, 300, 380, "bedroom picture")
    sheet.rect(560, 2190, 2300, 120, WINE, 10)
    _cloth(sheet, 600, 2205, 2220, 90, OCHRE, 2, 45)
    light(sheet, 200, 500, 3600, 0.32)
    _mark(sheet, "poster", "fern-paper", "bed-socket", "quilt", "headboard", *({"star-cushion"} - without))


def _garland(sheet: Sheet, x: float, y: float, w: float) -> None:
    """Carve leaves and berries to both sides of the rosette, and the grain of the board."""
    rng = seeded("garland")
    dark, pale = mix(DARK_WOOD, INK, 0.45), mix(WOOD, OCHRE, 0.3)
    for _ in range(60):
        a, b, long = float(rng.uniform(60, w - 260)), float(rng.uniform(50, 460)), float(rng.uniform(60, 200))
        sheet.line(
            [(x + a, y + b), (x + a + long, y + b + float(rng.normal(0, 5)))], mix(DARK_WOOD, INK, 0.3), 3
        )
    for side in (-1, 1):
        for k in range(9):
            cx = x + w / 2 + side * (170 + 48 * k)
            cy = y + 160 + 34 * np.sin(k * 0.8) + float(rng.normal(0, 8))
            up = -1 if k % 2 else 1
            size = float(rng.uniform(26, 44))
            tip = (cx + side * size, cy - up * size)
            sheet.poly(
                [(cx - side * 20, cy), (cx, cy - up * size * 0.9), tip, (cx + side * 18, cy)], pale, dark
            )
            sheet.line([(cx - side * 18, cy), tip], dark, 4)
            sheet.oval(cx - 9, cy + up * 18, 19, 19, WINE if k % 3 == 0 else pale, dark, 3)


def _star_cushion(sheet: Sheet) -> None:
    x, y, w, h = BOX["star-cushion"]
    sheet.shadow(x, y, w, h, 20, 0.35)
    sheet.rect(x, y, w, h, NAVY, 46, mix(NAVY, INK, 0.5), 4)
    ring = [
        (x + w / 2 + r * np.sin(k * np.pi / 8), y + h / 2 - r * np.cos(k * np.pi / 8))
        for k in range(16)
        for r in [108 if k % 4 == 0 else (84 if k % 2 == 0 else 40)]
    ]
    sheet.poly(ring, OCHRE)
    sheet.oval(x + w / 2 - 26, y + h / 2 - 26, 52, 52, PALE, WINE, 6)


def _night_table(sheet: Sheet, x: float, y: float) -> None:
    sheet.shadow(x, y, 270, 430, 30, 0.4)
    sheet.rect(x, y, 270, 420, WOOD, 6)
    sheet.rect(x - 14, y - 20, 298, 30, mix(WOOD, DARK_WOOD, 0.4), 6)
    for drawer in (30, 160):
        sheet.rect(x + 22, y + drawer, 226, 110, mix(WOOD, OCHRE, 0.15), 4, DARK_WOOD, 3)
        sheet.oval(x + 122, y + drawer + 42, 26, 26, BRASS, DARK_WOOD, 3)
    sheet.grain(x, y, 270, 420, "night table", 0.06, along=4)
    lamp(sheet, x + 150, y - 20)
    sheet.rect(x + 20, y - 48, 88, 14, WINE)
    sheet.rect(x + 14, y - 34, 100, 14, SAGE)


def living(sheet: Sheet, without: Without = frozenset()) -> None:
    walls(sheet, rgb("e7d9bf"), planks("living", rgb("a9744a")), rgb("f1eadb"))
    sheet.rect(0, 0, ROOM[0], 130, rgb("f3ecdd"))
    for beam in range(6):
        sheet.rect(160 + beam * 620, 0, 150, 130, mix(DARK_WOOD, INK, 0.15))
        sheet.grain(160 + beam * 620, 0, 150, 130, f"beam{beam}", 0.1, along=0.3)
    window(sheet, *BOX["window-view"])
    mountain_painting(sheet, *BOX["valley"], "valley")
    _clock(sheet, 1720, 1010)
    _bookshelf(sheet)
    _stove(sheet)
    if "diamond-rug" not in without:
        _rug(sheet)
    _sofa(sheet)
    _plant(sheet, 260, 1790)
    _side_table(sheet, 2120, 1560)
    switch(sheet, 2030, 960)
    light(sheet, 780, 780, 3300, 0.34)
    keys = {"window-view", "stove", "bookshelf", "sofa", "valley", "diamond-rug"}
    _mark(sheet, *sorted(keys - without))


def _clock(sheet: Sheet, x: float, y: float) -> None:
    sheet.shadow(x - 95, y - 95, 190, 190, 20, 0.35)
    sheet.oval(x - 100, y - 100, 200, 200, DARK_WOOD)
    sheet.oval(x - 82, y - 82, 164, 164, PALE)
    for hour in range(12):
        a = hour * np.pi / 6
        inner = 58 if hour % 3 == 0 else 66
        sheet.line(
            [(x + inner * np.sin(a), y - inner * np.cos(a)), (x + 76 * np.sin(a), y - 76 * np.cos(a))], INK, 6
        )
    sheet.line([(x, y), (x + 26, y + 34)], INK, 8)
    sheet.line([(x, y), (x - 40, y + 44)], WINE, 5)
    sheet.oval(x - 8, y - 8, 16, 16, BRASS)


def _bookshelf(sheet: Sheet) -> None:
    x, y, w, h = BOX["bookshelf"]
    sheet.shadow(x, y, w, h, 50, 0.42)
    sheet.rect(x, y, w, h, DARK_WOOD)
    for row in range(5):
        top = y + 24 + row * 246
        sheet.rect(x + 22, top, w - 44, 222, mix(DARK_WOOD, INK, 0.55))
        if row == 2:  # the encyclopaedia
            for volume in range(12):
                left = x + 30 + volume * 44
                sheet.rect(left, top + 30, 41, 192, mix(WINE, INK, 0.06 * (volume % 3)), 3)
                for band in (56, 64, 170):
                    sheet.rect(left + 4, top + band, 33, 4, OCHRE)
                sheet.words(left + 20, top + 96, "ABCDEFGILMPS"[volume], 30, OCHRE, True, True)
        else:
            books(sheet, x + 28, top, (w - 60) * (1.0, 0.6, 0, 0.8, 0.95)[row], 218, f"shelf {row}")
        if row == 1:
            sheet.oval(x + 430, top + 90, 110, 132, rgb("4f86a0"), NAVY, 4)
            sheet.rect(x + 465, top + 62, 40, 44, rgb("4f86a0"), 8)
            for ring in (120, 150, 180):
                sheet.line(
                    [(x + 440, top + ring), (x + 485, top + ring + 12), (x + 530, top + ring)], CREAM, 5
                )
    sheet.grain(x, y, w, h, "shelf", 0.04, along=0.3)


def _stove(sheet: Sheet) -> None:
    x, y, w, h = BOX["stove"]
    sheet.shadow(x, y, w, h, 50, 0.42)
    sheet.rect(x + 150, 0, 130, y, mix(SAGE, INK, 0.25))
    rng = seeded("stove")
    for row in range(8):
        for column in range(4):
            px, py = x + column * 120, y + 60 + row * 128
            tone = mix(rgb("4f7d62"), rgb("8fb08a"), float(rng.uniform(0, 0.45)))
            sheet.rect(px + 2, py + 2, 116, 124, tone, 8, mix(tone, INK, 0.5), 4)
            sheet.oval(px + 26, py + 30, 66, 66, mix(tone, PALE, 0.22), mix(tone, INK, 0.35), 4)
            sheet.poly(
                [(px + 59, py + 42), (px + 80, py + 63), (px + 59, py + 84), (px + 38, py + 63)],
                mix(tone, INK, 0.2),
            )
    sheet.rect(x - 24, y, w + 48, 66, rgb("5e8a6d"), 10, mix(SAGE, INK, 0.5), 4)
    sheet.rect(x + 120, y + 700, 240, 210, mix(INK, STEEL, 0.15), 12, rgb("22211f"), 6)
    for slot in range(5):
        sheet.rect(x + 150 + slot * 38, y + 740, 18, 120, mix(TERRACOTTA, OCHRE, 0.4), 6)
    sheet.rect(x - 30, y + h - 60, w + 60, 70, rgb("8c8275"), 4)


def _rug(sheet: Sheet) -> None:
    x, y, w, h = BOX["diamond-rug"]
    sheet.poly([(x + 120, y), (x + w - 120, y), (x + w, y + h), (x, y + h)], WINE)
    sheet.poly(
        [(x + 150, y + 22), (x + w - 150, y + 22), (x + w - 50, y + h - 22), (x + 50, y + h - 22)],
        rgb("d8c39a"),
    )
    for row in range(3):
        level = y + 55 + row * 82
        for k in range(13):
            cx = x + w / 2 + (k - 6) * (w - 260 + row * 70) / 13.5
            tone = (NAVY, TERRACOTTA, rgb("5d7a5a"))[(k + row) % 3]
            sheet.poly([(cx, level), (cx + 54, level + 36), (cx, level + 72), (cx - 54, level + 36)], tone)
            sheet.poly(
                [(cx, level + 20), (cx + 24, level + 36), (cx, level + 52), (cx - 24, level + 36)], CREAM
            )
    sheet.grain(x, y, w, h, "rug", 0.06)


def _sofa(sheet: Sheet) -> None:
    x, y, w, h = BOX["sofa"]
    sheet.shadow(x, y + 60, w, h - 40, 60, 0.5, 30)
    for foot in (x + 60, x + w - 120):
        sheet.poly(
            [(foot, y + h - 70), (foot + 60, y + h - 70), (foot + 45, y + h + 20), (foot + 15, y + h + 20)],
            DARK_WOOD,
        )
    cloth, stripe = rgb("e5dcc3"), rgb("5d7f8c")
    sheet.rect(x + 40, y, w - 80, 380, cloth, 60, mix(cloth, INK, 0.35), 4)
    for k in range(1, 17):
        sheet.rect(x + 40 + k * 57, y + 6, 20, 330, mix(stripe, TERRACOTTA, 0.85 if k % 3 == 0 else 0))
    sheet.fade(x + 40, y, w - 80, 380, 1.04, 0.9)
    for cushion in (x + 110, x + w / 2 + 4):
        sheet.rect(cushion, y + 270, w / 2 - 116, 150, cloth, 40, mix(cloth, INK, 0.35), 4)
        for k in range(1, 7):
            sheet.rect(cushion + k * 57, y + 274, 20, 142, mix(stripe, TERRACOTTA, 0.85 if k % 3 == 0 else 0))
    sheet.rect(x + 20, y + 400, w - 40, 140, mix(cloth, INK, 0.08), 20, mix(cloth, INK, 0.35), 4)
    for arm in (x, x + w - 130):
        sheet.rect(arm, y + 150, 130, 400, mix(cloth, OCHRE, 0.15), 50, mix(cloth, INK, 0.35), 4)
    sheet.rect(x + 190, y + 120, 230, 210, TERRACOTTA, 36, mix(TERRACOTTA, INK, 0.4), 4)
    _cloth(sheet, x + 215, y + 145, 180, 160, CREAM, 1, 34)
    sheet.grain(x, y, w, h, "sofa", 0.04)


def _plant(sheet: Sheet, x: float, y: float) -> None:
    rng = seeded("plant")
    for leaf in range(34):
        a, long = float(rng.uniform(-1.25, 1.25)), float(rng.uniform(260, 560))
        tip = x + long * np.sin(a), y - 200 - long * np.cos(a)
        bend = x + long * 0.5 * np.sin(a * 0.5), y - 200 - long * 0.6
        tone = mix(rgb("3f6b47"), rgb("9dbb74"), float(rng.random()))
        sheet.poly(
            [(x - 8, y - 190), (bend[0] - 26, bend[1]), tip, (bend[0] + 26, bend[1] + 12), (x + 8, y - 190)],
            tone,
        )
        sheet.line([(x, y - 190), bend, tip], mix(tone, INK, 0.25), 3)
        _ = leaf
    sheet.shadow(x - 110, y - 190, 220, 250, 30, 0.35)
    sheet.poly([(x - 130, y - 200), (x + 130, y - 200), (x + 95, y + 80), (x - 95, y + 80)], TERRACOTTA)
    sheet.rect(x - 142, y - 210, 284, 50, mix(TERRACOTTA, PALE, 0.15), 8)
    for k in range(7):
        sheet.poly(
            [
                (x - 105 + k * 32, y - 60),
                (x - 90 + k * 32, y - 85),
                (x - 75 + k * 32, y - 60),
                (x - 90 + k * 32, y - 35),
            ],
            CREAM,
        )


def _side_table(sheet: Sheet, x: float, y: float) -> None:
    sheet.line([(x, y), (x - 30, y + 330)], DARK_WOOD, 22)
    sheet.line([(x + 90, y), (x + 120, y + 330)], DARK_WOOD, 22)
    sheet.oval(x - 95, y - 34, 280, 66, WOOD, DARK_WOOD, 4)
    lamp(sheet, x + 50, y - 6, rgb("e9c6a0"))


def kitchen(sheet: Sheet, without: Without = frozenset()) -> None:
    walls(sheet, rgb("e6ddc6"), cement("kitchen", rgb("d9d0bd"), rgb("7c8f86"), rgb("b5654a")), rgb("e8dfcc"))
    x, y, w, h = BOX["backsplash"]
    sheet.patch(x, y, w, h, cement("backsplash", rgb("e9e4d2"), rgb("3d6a8f"), rgb("7ea6bd"), 16, 4))
    _cupboards(sheet)
    _hob(sheet)
    if "moka" not in without:
        _moka(sheet)
    if "packet" not in without:
        px, py, pw, ph = BOX["packet"]
        product_box(
            sheet,
            px,
            py,
            ("NOCCIOLE", "biscotti di Langa", "peso netto 350 g"),
            PACKET_CODE,
            rgb("e6b566"),
            pw,
            ph,
        )
    if "bakery-bag" not in without:
        _bakery_bag(sheet)
    _jars(sheet)
    socket_f(sheet, 2060, 980)
    socket_l(sheet, 2240, 985)
    _plates(sheet)
    _calendar(sheet)
    _table(sheet)
    light(sheet, 2600, 300, 3400, 0.26)
    keys = {"backsplash", "rooster", "calendar", "bakery-bag", "packet", "moka"}
    _mark(sheet, *sorted(keys - without))


def _cupboards(sheet: Sheet) -> None:
    paint = rgb("7d9a8f")
    sheet.shadow(300, 60, 1680, 620, 40, 0.4)
    for k in range(4):
        sheet.rect(300 + k * 420, 60, 420, 620, paint, 0, mix(paint, INK, 0.35), 4)
        sheet.rect(345 + k * 420, 110, 330, 520, mix(paint, PALE, 0.14), 6, mix(paint, INK, 0.3), 4)
        sheet.oval(640 + k * 420 - (250 if k % 2 else 0), 560, 28, 28, BRASS, DARK_WOOD, 3)
    sheet.grain(300, 60, 1680, 620, "cupboard", 0.025)
    sheet.rect(240, 1240, 2240, 60, rgb("cfc7b8"), 4, rgb("9d9486"), 3)
    sheet.grain(240, 1240, 2240, 60, "marble", 0.06, along=3)
    for k in range(5):
        sheet.rect(260 + k * 440, 1300, 440, 500, paint, 0, mix(paint, INK, 0.35), 4)
        sheet.rect(300 + k * 440, 1340, 360, 400, mix(paint, PALE, 0.14), 6, mix(paint, INK, 0.3), 4)
        sheet.rect(430 + k * 440, 1370, 100, 18, BRASS, 9)
    sheet.grain(260, 1300, 2200, 500, "cupboard low", 0.03)
    sheet.rect(260, 1790, 2200, 40, mix(INK, paint, 0.3))


def _hob(sheet: Sheet) -> None:
    sheet.rect(420, 1215, 420, 28, mix(INK, STEEL, 0.3), 6)
    for k in (470, 660):
        sheet.rect(k, 1200, 130, 18, INK, 4)


def _moka(sheet: Sheet) -> None:
    x, y, _, _ = BOX["moka"]
    red = rgb("b8382f")
    sheet.poly([(x + 30, y + 230), (x + 130, y + 230), (x + 116, y + 130), (x + 44, y + 130)], STEEL)
    sheet.rect(x + 40, y + 118, 80, 18, mix(STEEL, INK, 0.4), 4)
    sheet.poly([(x + 44, y + 120), (x + 116, y + 120), (x + 134, y + 34), (x + 26, y + 34)], red)
    sheet.poly(
        [(x + 62, y + 120), (x + 78, y + 120), (x + 74, y + 34), (x + 52, y + 34)], mix(red, PALE, 0.35)
    )
    sheet.poly([(x + 26, y + 34), (x + 134, y + 34), (x + 96, y + 12), (x + 64, y + 12)], mix(red, INK, 0.2))
    sheet.oval(x + 70, y - 4, 20, 22, INK)
    sheet.line([(x + 130, y + 44), (x + 176, y + 54), (x + 168, y + 130)], INK, 14)
    sheet.poly([(x + 28, y + 36), (x + 6, y + 40), (x + 36, y + 66)], red)


def _bakery_bag(sheet: Sheet) -> None:
    x, y, w, h = BOX["bakery-bag"]
    paper = rgb("d8b98a")
    sheet.shadow(x, y + 20, w, h - 20, 18, 0.35)
    teeth = [(x + k * w / 18, y + (0 if k % 2 else 14)) for k in range(19)]
    sheet.poly([*teeth, (x + w, y + h), (x, y + h)], paper)
    sheet.fade(x, y + 14, w, h - 14, 1.03, 0.92, 1.04, 0.9)
    sheet.words(x + w / 2, y + 48, "PANETTERIA", 38, WINE, True, True)
    sheet.words(x + w / 2, y + 96, "del Campanile", 32, WINE, False, True)
    for k in range(7):
        a = (k - 3) * 0.32
        cx, cy = x + w / 2 + 74 * np.sin(a), y + 236 - 74 * np.cos(a)
        sheet.oval(cx - 11, cy - 22, 22, 40, OCHRE, mix(OCHRE, DARK_WOOD, 0.6), 3)
    sheet.line([(x + w / 2, y + 190), (x + w / 2, y + 268)], mix(OCHRE, DARK_WOOD, 0.6), 5)
    sheet.words(x + w / 2, y + 284, "pane caldo dalle 6", 26, INK, False, True)
    sheet.words(x + w / 2, y + 326, "tel. 0171 692345", 32, INK, True, True)


def _jars(sheet: Sheet) -> None:
    labels = (("SALE", "e9e3d3"), ("RISO", "d9c9a3"), ("CAFFÈ", "6b4a35"))
    for k, (label, content) in enumerate(labels):
        x = 1740 + k * 100
        if k == 2:
            x = 1950
        sheet.rect(x, 1070, 88, 170, rgb(content), 12, mix(STEEL, INK, 0.3), 3)
        sheet.rect(x - 4, 1050, 96, 30, WOOD, 6, DARK_WOOD, 3)
        sheet.rect(x + 8, 1120, 72, 52, PALE, 4)
        sheet.words(x + 44, 1134, label, 22, INK, True, True)


def _plates(sheet: Sheet) -> None:
    x, y, w, h = BOX["rooster"]
    sheet.shadow(x + 10, y + 10, w - 20, h - 20, 24, 0.35)
    sheet.oval(x, y, w, h, PALE, rgb("c9c2b0"), 4)
    sheet.oval(x + 12, y + 12, w - 24, h - 24, rgb("3d6a8f"))
    sheet.oval(x + 30, y + 30, w - 60, h - 60, PALE)
    cx, cy = x + w / 2, y + h / 2
    for k in range(28):
        a = k * np.pi / 14
        sheet.oval(cx + 114 * np.cos(a) - 6, cy + 114 * np.sin(a) - 6, 12, 12, OCHRE)
    sheet.oval(cx - 52, cy - 14, 90, 66, TERRACOTTA, WINE, 4)
    for k in range(4):
        sheet.line(
            [(cx - 40, cy + 6), (cx - 74 + k * 6, cy - 30 - k * 12), (cx - 40 + k * 8, cy - 52 - k * 6)],
            (NAVY, rgb("4f7d62"), OCHRE, WINE)[k],
            10,
        )
    sheet.poly([(cx + 10, cy), (cx + 46, cy + 10), (cx + 50, cy - 50), (cx + 26, cy - 54)], OCHRE)
    sheet.oval(cx + 22, cy - 74, 34, 34, TERRACOTTA)
    for k in range(3):
        sheet.oval(cx + 20 + k * 10, cy - 90, 14, 22, WINE)
    sheet.poly([(cx + 54, cy - 62), (cx + 72, cy - 54), (cx + 52, cy - 48)], OCHRE)
    for k in (-14, 10):
        sheet.line([(cx + k, cy + 50), (cx + k, cy + 76), (cx + k + 12, cy + 80)], INK, 5)
    for k, name in enumerate(("left plate", "right plate")):
        px = 2140 + k * 230
        rng = seeded(name)
        sheet.oval(px, 650, 190, 190, PALE, rgb("c9c2b0"), 4)
        for ring in (14, 34, 54):
            tone = mix(NAVY, TERRACOTTA, float(rng.random()))
            sheet.oval(px + ring, 650 + ring, 190 - 2 * ring, 190 - 2 * ring, None, tone, 6)
        for a in np.arange(0, 2 * np.pi, np.pi / 5):
            sheet.oval(
                px + 95 + 40 * np.cos(a) - 9,
                745 + 40 * np.sin(a) - 9,
                18,
                18,
                mix(OCHRE, WINE, float(rng.random())),
            )


def _calendar(sheet: Sheet) -> None:
    x, y, w, h = BOX["calendar"]
    sheet.shadow(x, y, w, h, 22, 0.35)
    sheet.rect(x, y, w, h, PALE)
    skyline(sheet, x + 14, y + 14, w - 28, 230)
    sheet.rect(x, y + 250, w, 74, WINE)
    sheet.words(x + w / 2, y + 260, "GIUGNO 2026", 46, PALE, True, True)
    sheet.words(x + w / 2, y + 334, "lunedì 8 giugno", 36, INK, True, True)
    for k, day in enumerate(("L", "M", "M", "G", "V", "S", "D")):
        sheet.words(x + 42 + k * 58, y + 388, day, 24, WINE if k == 6 else INK, True, True)
    for day in range(1, 31):  # 1 June 2026 is a Monday
        row, column = divmod(day - 1, 7)
        cx, cy = x + 42 + column * 58, y + 424 + row * 37
        if day == 8:
            sheet.oval(cx - 22, cy - 6, 44, 38, None, TERRACOTTA, 5)
        sheet.words(cx, cy, str(day), 24, WINE if column == 6 or day == 2 else INK, False, True)


def _table(sheet: Sheet) -> None:
    sheet.shadow(2520, 1620, 1000, 160, 50, 0.45, 60)
    for leg in (2600, 3360):
        sheet.rect(leg, 1640, 60, 560, DARK_WOOD)
    sheet.rect(2500, 1590, 1020, 70, WOOD, 8)
    sheet.rect(2540, 1580, 940, 240, rgb("efe6d2"))
    _cloth(sheet, 2540, 1580, 940, 240, rgb("c8553d"), 2, 40)
    sheet.fade(2540, 1580, 940, 240, 1.05, 0.86)
    sheet.oval(2820, 1440, 360, 150, rgb("4f86a0"), NAVY, 5)
    for k, tone in enumerate(("d9483b", "e8a33d", "d9483b", "9bb355", "e8a33d")):
        sheet.oval(2840 + k * 62, 1390 + (k % 2) * 22, 92, 92, rgb(tone), mix(rgb(tone), INK, 0.3), 3)
    sheet.rect(2806, 1480, 388, 26, mix(rgb("4f86a0"), PALE, 0.2), 13)
    for chair in (2660, 3180):
        sheet.rect(chair, 1330, 190, 30, WOOD, 10)
        for slat in range(4):
            sheet.rect(chair + 8 + slat * 50, 1350, 24, 240, mix(WOOD, DARK_WOOD, 0.3), 6)


def hallway(sheet: Sheet, without: Without = frozenset()) -> None:
    walls(sheet, rgb("dcd6c4"), cement("hallway", rgb("c9b99b"), rgb("8c3f35"), rgb("3f5b63")), rgb("7a5238"))
    sheet.rect(0, 1100, ROOM[0], WALL - 1174, mix(SAGE, PALE, 0.25))
    sheet.rect(0, 1090, ROOM[0], 22, mix(SAGE, INK, 0.15))
    sheet.grain(0, 1100, ROOM[0], WALL - 1174, "dado", 0.02)
    _front_door(sheet)
    frame(sheet, 1410, 420, 560, 600, mix(BRASS, DARK_WOOD, 0.3))
    sheet.rect(1410, 420, 560, 600, rgb("c9d6d8"))
    for k in range(5):
        sheet.poly(
            [(1410 + k * 110, 1020), (1560 + k * 82, 420), (1600 + k * 74, 420), (1470 + k * 100, 1020)],
            rgb("d9e4e5"),
        )
    _radiator(sheet)
    _coats(sheet)
    if "umbrella-stand" not in without:
        _umbrellas(sheet)
    switch(sheet, 1010, 1000)
    switch(sheet, 1010, 830, 1)
    socket_l(sheet, 1010, 1500)
    mountain_painting(sheet, 3060, 420, 380, 280, "hall engraving")
    sheet.rect(2980, 1180, 520, 40, DARK_WOOD, 6)
    for leg in (3010, 3440):
        sheet.rect(leg, 1220, 34, 590, DARK_WOOD)
    books(sheet, 3030, 1080, 190, 100, "phone books")
    sheet.oval(3290, 1100, 120, 80, rgb("4f86a0"), NAVY, 4)
    sheet.rect(180, 2080, 560, 120, mix(DARK_WOOD, OCHRE, 0.3), 6)
    sheet.words(460, 2108, "BENVENUTI", 64, CREAM, True, True)
    light(sheet, 460, 700, 3600, 0.36)
    _mark(sheet, *sorted({"radiator", "umbrella-stand"} - without))


def _front_door(sheet: Sheet) -> None:
    sheet.shadow(150, 260, 640, 1560, 40, 0.35)
    sheet.rect(130, 240, 680, 1580, DARK_WOOD)
    sheet.rect(180, 290, 580, 1530, rgb("4f6d62"), 0, mix(rgb("4f6d62"), INK, 0.5), 4)
    for py, ph in ((350, 380), (790, 420), (1270, 480)):
        for px in (230, 490):
            sheet.rect(px, py, 220, ph, mix(rgb("4f6d62"), PALE, 0.12), 4, mix(rgb("4f6d62"), INK, 0.4), 4)
            if py == 350:
                for band in range(6):
                    sheet.rect(
                        px + 16,
                        py + 16 + band * 58,
                        188,
                        54,
                        mix(OCHRE, rgb("9dc3cf"), (band * 3 + px) % 5 / 4),
                    )
    sheet.oval(690, 1020, 46, 46, BRASS, DARK_WOOD, 4)
    sheet.grain(180, 290, 580, 1530, "door", 0.04, along=0.2)


def _radiator(sheet: Sheet) -> None:
    x, y, w, h = BOX["radiator"]
    rng = seeded("radiator")
    sheet.shadow(x, y, w, h, 30, 0.4)
    for rib in range(13):
        left = x + rib * 61
        sheet.rect(left, y, 54, h, rgb("f1eee6"), 24, rgb("bdb7a9"), 3)
        sheet.rect(left + 10, y + 24, 10, h - 48, (255, 255, 255), 5)
        sheet.rect(left + 38, y + 24, 8, h - 48, rgb("d3cdbf"), 4)
        for cast in range(5):  # leaves and knobs in the iron, worn differently on each rib
            cy, size = y + 60 + cast * 82 + float(rng.normal(0, 5)), float(rng.uniform(9, 17))
            worn = mix(rgb("8f897c"), rgb("c3bdae"), float(rng.random()))
            sheet.poly(
                [
                    (left + 27, cy - size),
                    (left + 27 + size, cy),
                    (left + 27, cy + size * 1.4),
                    (left + 27 - size, cy),
                ],
                worn,
            )
            if rng.random() < 0.6:
                sheet.oval(left + 27 - size / 3, cy + 24, size * 0.8, size * 0.8, mix(worn, INK, 0.4))
    for pipe in (x + 60, x + w - 90):
        sheet.rect(pipe, y + h, 24, 120, rgb("d8d2c4"))
    sheet.rect(x + w, y + 40, 56, 34, rgb("e8e4da"), 8, rgb("a9a396"), 3)
    sheet.oval(x + w + 40, y + 24, 60, 66, PALE, rgb("a9a396"), 3)


def _coats(sheet: Sheet) -> None:
    sheet.shadow(2260, 540, 560, 90, 16, 0.35)
    sheet.rect(2240, 540, 580, 90, WOOD, 8)
    sheet.grain(2240, 540, 580, 90, "rack", 0.08, along=5)
    for k, tone in enumerate(("6b7f93", "b5654a", "d9c9a3")):
        x = 2330 + k * 180
        sheet.oval(x - 16, 580, 32, 32, BRASS, DARK_WOOD, 3)
        c = rgb(tone)
        if k < 2:
            sheet.poly(
                [
                    (x - 20, 612),
                    (x + 20, 612),
                    (x + 96, 720),
                    (x + 110, 1180),
                    (x - 100, 1190),
                    (x - 90, 720),
                ],
                c,
            )
            for fold in (-50, -8, 40):
                sheet.line([(x + fold * 0.3, 640), (x + fold, 1180)], mix(c, INK, 0.3), 6)
            for button in range(5):
                sheet.oval(x + 8, 740 + button * 84, 18, 18, mix(c, INK, 0.6))
        else:  # a straw hat
            sheet.oval(x - 110, 600, 220, 90, c, mix(c, DARK_WOOD, 0.4), 4)
            sheet.oval(x - 62, 560, 124, 90, mix(c, PALE, 0.2), mix(c, DARK_WOOD, 0.4), 4)
            sheet.rect(x - 62, 622, 124, 18, WINE)


def _umbrellas(sheet: Sheet) -> None:
    x, y, w, h = BOX["umbrella-stand"]
    for k, tone in enumerate((WINE, NAVY, OCHRE)):
        ux = x + 60 + k * 55
        sheet.poly(
            [(ux - 18, y + 240), (ux + 18, y + 240), (ux + 8 + k * 6, y + 30), (ux - 4 + k * 6, y + 30)], tone
        )
        sheet.line(
            [
                (ux + k * 6, y + 30),
                (ux + k * 6, y - 40),
                (ux + 26 + k * 6, y - 50),
                (ux + 34 + k * 6, y - 30),
            ],
            DARK_WOOD,
            10,
        )
    sheet.shadow(x + 20, y + 210, w - 40, h - 210, 26, 0.4)
    sheet.poly([(x, y + 200), (x + w, y + 200), (x + w - 34, y + h), (x + 34, y + h)], rgb("35668c"))
    sheet.rect(x - 8, y + 186, w + 16, 34, rgb("4f86a0"), 12)
    rng = seeded("glaze")
    for k in range(26):
        cx, cy = x + 44 + float(rng.uniform(0, w - 96)), y + 240 + float(rng.uniform(0, h - 270))
        sheet.oval(cx, cy, 22, 14, mix(rgb("9fc4d4"), PALE, float(rng.random())))
        _ = k


def hotel(sheet: Sheet, without: Without = frozenset()) -> None:
    """A French hotel room: the early false lead."""
    walls(sheet, rgb("b9c4cc"), planks("hotel", rgb("8d6f57")), rgb("f0ede6"))
    for x in range(0, ROOM[0], 120):
        sheet.rect(x, 0, 8, WALL - 74, rgb("a9b6bf"))
    sheet.shadow(1000, 700, 1600, 1200, 50, 0.4)
    sheet.rect(1000, 760, 1600, 700, rgb("3d4a57"), 12)
    for k in range(8):
        for j in range(3):
            sheet.oval(1090 + k * 200, 830 + j * 150, 22, 22, BRASS)
    sheet.rect(980, 1420, 1640, 560, PALE, 30, rgb("cfc9bd"), 4)
    _cloth(sheet, 980, 1720, 1640, 150, rgb("8c3540"), 0, 40)
    for px in (1080, 1900):
        sheet.rect(px, 1270, 620, 230, PALE, 70, rgb("cfc9bd"), 4)
    mountain_painting(sheet, 1400, 200, 800, 420, "hotel print")
    for px in (760, 2840):
        sheet.rect(px - 110, 1500, 240, 330, DARK_WOOD, 6)
        lamp(sheet, px, 1500, rgb("e8dfc9"))
    sheet.shadow(200, 500, 380, 560, 20, 0.3)
    sheet.rect(200, 500, 380, 560, PALE, 6, BRASS, 8)
    sheet.words(390, 540, "HÔTEL".replace("Ô", "O"), 62, NAVY, True, True)
    sheet.words(390, 616, "DE LA GARE", 48, NAVY, True, True)
    for k, line in enumerate(("petit déjeuner", "de 7 h à 10 h", "tél. 04 90 00 00 00", "chambre 214")):
        sheet.words(390, 730 + k * 70, line, 38, INK, False, True)
    switch(sheet, 2960, 980, 1)
    light(sheet, 3300, 600, 3800, 0.4)


def german_packet(sheet: Sheet, without: Without = frozenset()) -> None:
    """A German product on a table: true reading, false lead."""
    sheet.rect(0, 0, ROOM[0], 1300, rgb("d7dcd6"))
    sheet.grain(0, 0, ROOM[0], 1300, "wall of the packet", 0.03)
    sheet.patch(0, 1200, ROOM[0], 1200, planks("packet table", WOOD))
    sheet.fade(0, 1200, ROOM[0], 1200, 0.85, 1.08)
    packet = Sheet((0, 0, 330, 430), 4.0)
    lines = ("ZWIEBACK", "knusprig und fein", "Inhalt 450 g")
    product_box(packet, 0, 0, lines, GERMAN_CODE, rgb("c9d6df"))
    sheet.shadow(1300, 330, 1000, 1303, 50, 0.45, 30)
    sheet.patch(1300, 330, 1000, 1303, packet.pixels())
    books(sheet, 300, 800, 700, 560, "cook books")
    for k in range(4):
        sheet.oval(2560 + k * 190, 1440 + (k % 2) * 90, 230, 230, (TERRACOTTA, OCHRE, SAGE, WINE)[k], INK, 3)
    light(sheet, 600, 300, 3600, 0.3)


def other(name: str) -> Callable[[Sheet, Without], None]:
    """Return a room of another house, furnished by its name alone."""

    def draw(sheet: Sheet, without: Without = frozenset()) -> None:
        rng = seeded(f"other {name}")

        def tone() -> Colour:
            return rgb(str(rng.choice(PALETTE)))

        floor = (
            planks(f"p{name}", mix(WOOD, tone(), 0.4))
            if rng.random() < 0.5
            else cement(f"c{name}", CREAM, tone(), tone())
        )
        walls(sheet, mix(PALE, tone(), float(rng.uniform(0.15, 0.6))), floor, PALE)
        if rng.random() < 0.5:
            step = int(rng.integers(90, 260))
            stripe = mix(PALE, tone(), 0.5)
            for x in range(0, ROOM[0], step):
                sheet.rect(x, 0, step * float(rng.uniform(0.2, 0.6)), WALL - 74, stripe)
        slots = [float(v) for v in rng.permutation([120, 960, 1800, 2640])]
        for x in slots[:2]:
            mountain_painting(
                sheet,
                x + float(rng.uniform(0, 160)),
                float(rng.uniform(200, 420)),
                float(rng.uniform(420, 640)),
                float(rng.uniform(320, 560)),
                f"{name} {x}",
            )
        for x in slots[1:3]:
            sheet.shadow(x, 980, 700, 820, 40, 0.4)
            sheet.rect(x, 980, 700, 820, mix(WOOD, tone(), 0.3))
            for row in range(3):
                sheet.rect(x + 24, 1004 + row * 264, 652, 240, mix(DARK_WOOD, INK, 0.5))
                books(
                    sheet,
                    x + 30,
                    1004 + row * 264,
                    640 * float(rng.uniform(0.4, 1)),
                    238,
                    f"{name} books {x} {row}",
                )
        x = slots[3]
        sheet.shadow(x, 1300, 780, 560, 50, 0.45)
        sheet.rect(x, 1200, 780, 420, tone(), 60, INK, 4)
        _cloth(sheet, x + 60, 1240, 660, 300, tone(), int(rng.integers(0, 3)), int(rng.integers(40, 90)))
        sheet.rect(x - 30, 1560, 840, 280, mix(tone(), PALE, 0.2), 40, INK, 4)
        if rng.random() < 0.6:
            _plant(sheet, slots[0] + 350, 1760)
        lamp(sheet, slots[1] + 350, 980, mix(tone(), PALE, 0.5))
        light(sheet, float(rng.uniform(0, 3600)), float(rng.uniform(100, 900)), 3600, 0.35)

    return draw


HOUSE = {"living": living, "bedroom": bedroom, "kitchen": kitchen, "hallway": hallway}
