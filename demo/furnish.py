"""What stands and hangs in the rooms: floors, papers, cloth, furniture, sockets, signs, the view."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.brush import ROOM, WALL, Colour, Points, Sheet, laid, mix, rgb, seeded
from entente.casework.examine.extractors.barcode import bars

WOOD, DARK_WOOD, PALE = rgb("b98a5e"), rgb("7a5238"), rgb("f4f0e6")
SAGE, TERRACOTTA, NAVY, OCHRE, CREAM = (
    rgb("8fa58c"),
    rgb("c06a45"),
    rgb("2f4562"),
    rgb("d9a441"),
    rgb("efe6d2"),
)
INK, BRASS, STEEL, WINE = rgb("3b3a3d"), rgb("c9a24e"), rgb("aab2b6"), rgb("8c3540")


@cache
def planks(name: str, tone: Colour) -> NDArray[np.uint8]:
    """Return a floor of boards from above."""
    rng, sheet = seeded(name), Sheet((0, 0, 1600, 900), 1.0, mix(tone, INK, 0.5))
    for row in range(9):
        x = -float(rng.uniform(0, 300))
        while x < 1600:
            length = float(rng.uniform(260, 520))
            sheet.rect(
                x + 2, row * 100 + 2, length - 4, 96, mix(tone, rgb("5b3a24"), float(rng.uniform(0, 0.35)))
            )
            for _ in range(3):
                y = row * 100 + float(rng.uniform(12, 88))
                sheet.line(
                    [(x + 8, y), (x + length - 12, y + float(rng.uniform(-8, 8)))],
                    mix(tone, DARK_WOOD, 0.45),
                    2,
                )
            x += length
    sheet.grain(0, 0, 1600, 900, name, 0.05, along=6)
    return sheet.pixels()


@cache
def cement(
    name: str, ground: Colour, motif: Colour, second: Colour, across: int = 14, down: int = 8
) -> NDArray[np.uint8]:
    """Return old cement tiles from above, each a little different from its neighbour."""
    rng, sheet = seeded(name), Sheet((0, 0, across * 120, down * 120), 1.0, mix(ground, INK, 0.35))
    for i in range(across):
        for j in range(down):
            x, y = i * 120, j * 120
            age = float(rng.uniform(0, 0.16))
            g, m, s = (mix(c, CREAM, age) for c in (ground, motif, second))
            sheet.rect(x + 1, y + 1, 118, 118, g)
            for cx, cy in ((x, y), (x + 120, y), (x, y + 120), (x + 120, y + 120)):
                sheet.pen.pieslice((cx - 44, cy - 44, cx + 44, cy + 44), *_quarter(cx - x, cy - y), fill=m)
            sheet.poly([(x + 60, y + 18), (x + 102, y + 60), (x + 60, y + 102), (x + 18, y + 60)], s)
            sheet.oval(x + 42, y + 42, 36, 36, m)
            sheet.oval(x + 52, y + 52, 16, 16, g)
            if rng.random() < 0.12:
                a, b = rng.uniform(10, 110, 2)
                sheet.line([(x + a, y + 4), (x + b, y + 60), (x + a * 0.8, y + 116)], mix(g, INK, 0.4), 2)
    return sheet.pixels()


def _quarter(dx: float, dy: float) -> tuple[int, int]:
    """Return the angles of the quarter disc that lies inside its tile."""
    start = {(False, False): 0, (True, False): 90, (True, True): 180, (False, True): 270}[(dx > 0, dy > 0)]
    return start, start + 90


def walls(
    sheet: Sheet, paint: Colour, floor: NDArray[np.uint8], skirting: Colour, ceiling: float = 0
) -> None:
    sheet.rect(0, 0, ROOM[0], WALL, paint)
    sheet.grain(0, 0, ROOM[0], WALL, "plaster", 0.012)
    if ceiling:
        sheet.rect(0, 0, ROOM[0], ceiling, mix(paint, (255, 255, 255), 0.6))
        sheet.rect(0, ceiling - 10, ROOM[0], 10, mix(paint, INK, 0.15))
    laid(floor, sheet)
    sheet.fade(0, WALL, ROOM[0], ROOM[1] - WALL, 0.8, 1.05)
    sheet.rect(0, WALL - 74, ROOM[0], 74, skirting)
    sheet.rect(0, WALL - 74, ROOM[0], 8, mix(skirting, (255, 255, 255), 0.5))
    sheet.fade(0, WALL - 20, ROOM[0], 24, 1.0, 0.8)


def fern_paper(sheet: Sheet, top: float, bottom: float, ground: Colour, leaf: Colour) -> None:
    """Hang a paper of fern sprigs, printed by hand: no two are quite alike."""
    rng = seeded("ferns")
    sheet.rect(0, top, ROOM[0], bottom - top, ground)
    for x in range(0, ROOM[0], 150):
        sheet.rect(x, top, 75, bottom - top, mix(ground, leaf, 0.07))
    for column in range(25):
        for row in range(int((bottom - top) / 130) + 1):
            x = column * 150 + 37 + float(rng.normal(0, 6))
            y = top + row * 130 + (65 if column % 2 else 0) + float(rng.normal(0, 5))
            lean, size, tint = (
                float(rng.normal(0, 0.25)),
                float(rng.uniform(0.8, 1.15)),
                float(rng.uniform(0, 0.35)),
            )
            if y < bottom - 60 and sheet.seen(x - 60, y - 60, 120, 120):
                _sprig(sheet, x, y, lean + (0.5 if row % 2 else -0.5), size, mix(leaf, ground, tint))


def _sprig(sheet: Sheet, x: float, y: float, lean: float, size: float, leaf: Colour) -> None:
    dx, dy = np.sin(lean), -np.cos(lean)
    sheet.line([(x, y), (x + 90 * size * dx, y + 90 * size * dy)], leaf, 4)
    for step in range(1, 6):
        cx, cy = x + 16 * step * size * dx, y + 16 * step * size * dy
        long = (34 - 4 * step) * size
        for side in (-1, 1):
            tip = cx + side * long * -dy + 10 * dx, cy + side * long * dx + 10 * dy
            sheet.poly(
                [
                    (cx, cy),
                    (cx + (tip[0] - cx) * 0.5 + 7 * dx, cy + (tip[1] - cy) * 0.5 + 7 * dy),
                    tip,
                    (cx + (tip[0] - cx) * 0.5 - 5 * dx, cy + (tip[1] - cy) * 0.5 - 5 * dy),
                ],
                leaf,
            )


def frame(sheet: Sheet, x: float, y: float, w: float, h: float, wood: Colour, mount: float = 0) -> None:
    sheet.shadow(x, y, w, h, 26, 0.4, 12)
    sheet.rect(x - 18, y - 18, w + 36, h + 36, wood)
    sheet.rect(x - 18, y - 18, w + 36, 6, mix(wood, (255, 255, 255), 0.35))
    sheet.rect(x - 4, y - 4, w + 8, h + 8, mix(wood, INK, 0.5))
    if mount:
        sheet.rect(x, y, w, h, PALE)


def sailing_poster(sheet: Sheet, x: float, y: float) -> None:
    """A poster with three sailing boats, 520 × 700."""
    sheet.shadow(x, y, 520, 700, 20, 0.3, 8)
    sheet.rect(x, y, 520, 700, CREAM)
    for band in range(14):
        sheet.rect(x + 30, y + 30 + band * 22, 460, 23, mix(rgb("f2c48d"), rgb("7fb0bd"), band / 13))
    sheet.oval(x + 320, y + 90, 110, 110, rgb("f6e7b4"))
    sheet.poly(
        [
            (x + 30, y + 338),
            (x + 110, y + 262),
            (x + 170, y + 300),
            (x + 260, y + 230),
            (x + 350, y + 312),
            (x + 420, y + 280),
            (x + 490, y + 338),
        ],
        rgb("5f8590"),
    )
    rng = seeded("sea")
    for band in range(12):
        sheet.rect(x + 30, y + 336 + band * 20, 460, 21, mix(rgb("4b8a9c"), NAVY, band / 13))
    for _ in range(70):
        a, b, c = float(rng.uniform(40, 440)), float(rng.uniform(346, 560)), float(rng.uniform(14, 46))
        sheet.line([(x + a, y + b), (x + a + c / 2, y + b - 5), (x + a + c, y + b)], rgb("a9d0d3"), 3)
    boats = (
        (130, 470, 1.0, WINE, PALE),
        (280, 420, 0.7, NAVY, rgb("f0b35c")),
        (390, 510, 1.15, TERRACOTTA, CREAM),
    )
    for bx, by, k, hull, sail in boats:
        cx, cy = x + bx, y + by
        sheet.poly(
            [(cx - 70 * k, cy), (cx + 70 * k, cy), (cx + 46 * k, cy + 30 * k), (cx - 48 * k, cy + 30 * k)],
            hull,
        )
        sheet.line([(cx, cy), (cx, cy - 160 * k)], DARK_WOOD, 6 * k)
        sheet.poly([(cx + 6 * k, cy - 155 * k), (cx + 64 * k, cy - 12 * k), (cx + 6 * k, cy - 12 * k)], sail)
        sheet.poly(
            [(cx - 6 * k, cy - 140 * k), (cx - 50 * k, cy - 12 * k), (cx - 6 * k, cy - 12 * k)],
            mix(sail, hull, 0.3),
        )
        sheet.line([(cx + 6 * k, cy - 70 * k), (cx + 36 * k, cy - 70 * k)], mix(sail, INK, 0.3), 3)
    sheet.words(x + 260, y + 592, "REGATA DEL LAGO", 44, NAVY, True, True)
    sheet.words(x + 260, y + 646, "tre vele - estate", 26, TERRACOTTA, False, True)


def socket_l(sheet: Sheet, x: float, y: float, units: int = 3) -> None:
    """An Italian plate with type L outlets (CEI 23-50): three round holes in a line, 210 × 140."""
    sheet.shadow(x, y, 210, 140, 10, 0.35, 5)
    sheet.rect(x, y, 210, 140, rgb("f6f4ee"), 12, rgb("cfcabf"), 2)
    sheet.rect(x + 20, y + 22, 170, 96, rgb("e9e6de"), 4, rgb("c5c0b5"), 2)
    for unit in range(units):
        left = x + 24 + unit * 55
        sheet.rect(left, y + 26, 52, 88, rgb("fbfaf6"), 3, rgb("d2cdc2"), 2)
        if unit == 1 and units == 3:  # the middle module is a blank
            sheet.line([(left + 10, y + 106), (left + 42, y + 106)], rgb("d8d4ca"), 2)
            continue
        for hole in range(3):
            sheet.oval(left + 17, y + 35 + hole * 26, 18, 18, rgb("d9d5cb"))
            sheet.oval(left + 20, y + 38 + hole * 26, 12, 12, rgb("26241f"))


def socket_f(sheet: Sheet, x: float, y: float) -> None:
    """A type F outlet (CEE 7/3): round well, two holes, earth clips above and below, 150 × 150."""
    sheet.shadow(x, y, 150, 150, 10, 0.35, 5)
    sheet.rect(x, y, 150, 150, rgb("f6f4ee"), 12, rgb("cfcabf"), 2)
    sheet.oval(x + 20, y + 20, 110, 110, rgb("d8d4c9"), rgb("bdb8ac"), 2)
    sheet.oval(x + 27, y + 27, 96, 96, rgb("ebe8e0"))
    for side in (20, 118):  # the guide notches
        sheet.rect(x + side, y + 64, 12, 22, rgb("d8d4c9"))
    for hole in (46, 88):
        sheet.oval(x + hole, y + 67, 17, 17, rgb("26241f"))
    for clip in (22, 110):
        sheet.rect(x + 65, y + clip, 20, 18, rgb("b9bcc0"), 2, rgb("8d9094"), 2)


def switch(sheet: Sheet, x: float, y: float, keys: int = 2) -> None:
    sheet.shadow(x, y, 190, 140, 10, 0.35, 5)
    sheet.rect(x, y, 190, 140, rgb("f6f4ee"), 12, rgb("cfcabf"), 2)
    for key in range(keys):
        w = 150 / keys
        sheet.rect(x + 20 + key * w, y + 24, w - 3, 92, rgb("fcfbf7"), 3, rgb("cbc6bb"), 2)
        sheet.rect(x + 20 + key * w, y + 70, w - 3, 46, rgb("efece5"), 3)
        sheet.oval(x + 20 + key * w + w / 2 - 5, y + 34, 8, 8, rgb("7fae7a"))


def lamp(sheet: Sheet, x: float, y: float, shade: Colour = CREAM) -> None:
    """A table lamp standing on (x, y)."""
    sheet.oval(x - 60, y - 24, 120, 26, mix(BRASS, INK, 0.2))
    sheet.line([(x, y - 14), (x, y - 200)], BRASS, 14)
    sheet.oval(x - 30, y - 120, 60, 60, BRASS, mix(BRASS, INK, 0.4), 3)
    sheet.poly([(x - 62, y - 320), (x + 62, y - 320), (x + 118, y - 170), (x - 118, y - 170)], shade)
    for rib in range(-3, 4):
        sheet.line([(x + rib * 18, y - 320), (x + rib * 35, y - 170)], mix(shade, OCHRE, 0.35), 3)
    sheet.rect(x - 120, y - 176, 240, 10, mix(shade, TERRACOTTA, 0.6))


def quilt(sheet: Sheet, x: float, y: float, w: float, h: float) -> None:
    """A patchwork of stripes, dots, checks and leaves."""
    rng = seeded("quilt")
    tones = [
        rgb(c)
        for c in ("c8553d", "e8c07d", "588b8b", "ffd5c2", "f28f3b", "2d3047", "93b7be", "a4606a", "e0ddcf")
    ]
    side = 150
    for row in range(int(h / side) + 1):
        for column in range(int(w / side) + 1):
            a, b = (tones[int(k)] for k in rng.choice(len(tones), 2, replace=False))
            px, py = x + column * side, y + row * side
            pw, ph = min(side, x + w - px), min(side, y + h - py)
            kind, turn = int(rng.integers(5)), int(rng.integers(18, 34))
            if pw <= 0 or ph <= 0:
                continue
            sheet.rect(px, py, pw, ph, a)
            _cloth(sheet, px, py, pw, ph, b, kind, turn)
            for stitch in range(0, int(pw) - 14, 22):
                sheet.line([(px + stitch + 4, py + 5), (px + stitch + 14, py + 5)], PALE, 3)
    sheet.grain(x, y, w, h, "quilt", 0.05)


def _cloth(sheet: Sheet, x: float, y: float, w: float, h: float, tone: Colour, kind: int, step: int) -> None:
    if kind == 0:
        for i in range(0, int(w), step):
            sheet.rect(x + i, y, min(step / 2, w - i), h, tone)
    elif kind == 1:
        for i in range(0, int(w) - step // 2, step):
            for j in range(0, int(h) - step // 2, step):
                sheet.oval(x + i + 4, y + j + 4, step / 2, step / 2, tone)
    elif kind == 2:
        for i in range(0, int(w), step):
            for j in range(0, int(h), step):
                if (i // step + j // step) % 2:
                    sheet.rect(x + i, y + j, min(step, w - i), min(step, h - j), tone)
    elif kind == 3 and min(w, h) > 100:
        sheet.poly(
            [(x + w / 2, y + 12), (x + w - 12, y + h / 2), (x + w / 2, y + h - 12), (x + 12, y + h / 2)], tone
        )
        sheet.oval(x + w / 2 - step / 2, y + h / 2 - step / 2, step, step, PALE)
    elif min(w, h) > 100:
        for lean in (-0.9, 0.0, 0.9):
            _sprig(sheet, x + w / 2, y + h * 0.85, lean, 0.8, tone)


def books(sheet: Sheet, x: float, y: float, w: float, h: float, name: str) -> None:
    """A row of books standing on (x, y + h)."""
    rng = seeded(name)
    tones = [
        rgb(c)
        for c in ("8c3540", "2f4562", "d9a441", "5d7a5a", "c06a45", "e6dcc4", "4a4e58", "7f9aa6", "a98467")
    ]
    at = x
    while at < x + w - 24:
        wide = float(rng.uniform(22, 58))
        wide = min(wide, x + w - at)
        tall = h * float(rng.uniform(0.68, 0.97))
        tone = tones[int(rng.integers(len(tones)))]
        top = y + h - tall
        sheet.rect(at, top, wide - 2, tall, tone, 3)
        sheet.rect(at, top, 4, tall, mix(tone, (255, 255, 255), 0.3))
        for band in rng.uniform(0.08, 0.9, 2):
            sheet.rect(at + 3, top + tall * float(band), wide - 8, 7, mix(tone, OCHRE, 0.7))
        if wide > 34:
            sheet.rect(at + 8, top + tall * 0.25, wide - 18, tall * 0.22, mix(tone, PALE, 0.8))
            for row in range(3):
                sheet.rect(at + 12, top + tall * 0.28 + row * 14, wide - 26, 5, mix(tone, INK, 0.5))
        at += wide


def skyline(sheet: Sheet, x: float, y: float, w: float, h: float) -> None:
    """Snowy Alps far off, vineyard hills, roofs, and a church tower with its clock; about 900 × 800."""
    for band in range(40):
        sheet.rect(x, y + band * h / 40, w, h / 40 + 1, mix(rgb("8fbfdd"), rgb("f7ead2"), band / 39))
    rng = seeded("alps")
    peaks = np.interp(
        np.arange(0, 1.001, 0.02), (0, 0.2, 0.36, 0.44, 0.6, 0.8, 1), (0.4, 0.5, 0.62, 0.92, 0.55, 0.6, 0.45)
    )
    line = [
        (x + w * i / 50, y + h * (0.62 - 0.5 * (p - 0.3 + float(rng.normal(0, 0.018)))))
        for i, p in enumerate(peaks)
    ]
    sheet.poly([*line, (x + w, y + h), (x, y + h)], rgb("9fb2c6"))
    for (ax, ay), (bx, by) in pairwise(line):
        sheet.poly([(ax, ay), (bx, by), (bx - 6, by + 0.07 * h), (ax + 4, ay + 0.06 * h)], rgb("eef3f6"))
    for layer, (level, tone) in enumerate(((0.62, "86a383"), (0.71, "6f9166"), (0.81, "5b7d4f"))):
        wave = [
            (x + w * i / 40, y + h * (level + 0.035 * np.sin(i / (3.1 + layer) + 2.2 * layer)))
            for i in range(41)
        ]
        sheet.poly([*wave, (x + w, y + h), (x, y + h)], rgb(tone))
        for row in range(16):  # vines in rows
            vx = x + w * (row + 0.5) / 16
            sheet.line(
                [(vx, y + h * (level + 0.06)), (vx + (row - 8) * 4, y + h * (level + 0.13))],
                mix(rgb(tone), INK, 0.2),
                4,
            )
    _tower(sheet, x + w * 0.68, y + h * 0.86, h / 800)
    for house in range(9):
        hx, wide = x + w * (0.02 + 0.108 * house), w * 0.1
        hy = y + h * (0.86 + 0.03 * float(rng.random()))
        sheet.rect(hx, hy, wide, y + h - hy, mix(rgb("e9d8b6"), TERRACOTTA, float(rng.uniform(0, 0.25))))
        sheet.poly(
            [(hx - 6, hy + 4), (hx + wide / 2, hy - 34), (hx + wide + 6, hy + 4)],
            mix(TERRACOTTA, WINE, float(rng.uniform(0, 0.4))),
        )
        for pane in (0.25, 0.6):
            sheet.rect(hx + wide * pane, hy + 22, 14, 20, rgb("58707c"))


def _tower(sheet: Sheet, x: float, y: float, k: float) -> None:
    brick = rgb("b9744f")
    sheet.rect(x - 34 * k, y - 340 * k, 68 * k, 400 * k, brick)
    sheet.rect(x + 10 * k, y - 340 * k, 24 * k, 400 * k, mix(brick, INK, 0.22))
    for band in (-340, -230, -120):
        sheet.rect(x - 40 * k, y + band * k, 80 * k, 10 * k, CREAM)
    for arch in (-20, 6):
        sheet.rect(x + arch * k, y - 310 * k, 14 * k, 60 * k, rgb("3a4048"), 7 * k)
    sheet.oval(x - 22 * k, y - 205 * k, 44 * k, 44 * k, PALE, INK, 3)
    sheet.line([(x, y - 183 * k), (x, y - 199 * k)], INK, 3 * k)
    sheet.line([(x, y - 183 * k), (x + 12 * k, y - 178 * k)], INK, 3 * k)
    sheet.poly([(x - 40 * k, y - 340 * k), (x, y - 450 * k), (x + 40 * k, y - 340 * k)], rgb("7c8a86"))
    sheet.line([(x, y - 450 * k), (x, y - 486 * k)], INK, 4 * k)
    sheet.line([(x - 12 * k, y - 472 * k), (x + 12 * k, y - 472 * k)], INK, 4 * k)


def window(sheet: Sheet, x: float, y: float, w: float = 900, h: float = 900) -> None:
    sheet.rect(x - 46, y - 46, w + 92, h + 92, rgb("fbf9f3"), 4, rgb("d8d3c6"), 3)
    skyline(sheet, x, y, w, h)
    sheet.rect(x + w / 2 - 16, y, 32, h, rgb("fbf9f3"), 0, rgb("d8d3c6"), 2)
    sheet.rect(x, y + h * 0.3, w, 18, rgb("fbf9f3"), 0, rgb("d8d3c6"), 2)
    sheet.rect(x - 80, y + h + 40, w + 160, 34, rgb("f4f1e8"), 0, rgb("cfc9bb"), 2)
    for side, sx in ((-1, x - 190), (1, x + w + 20)):
        for fold in range(6):
            sheet.rect(
                sx + fold * 29, y - 110, 30, h + 260, mix(rgb("d6dccf"), SAGE, 0.25 + 0.45 * (fold % 2))
            )
        sheet.grain(sx, y - 110, 174, h + 260, f"curtain{side}", 0.04, along=0.2)
    sheet.rect(x - 240, y - 132, w + 480, 22, DARK_WOOD, 11)


def mountain_painting(sheet: Sheet, x: float, y: float, w: float, h: float, name: str) -> None:
    """A framed painting of a valley; the name decides which."""
    rng = seeded(name)
    frame(sheet, x, y, w, h, mix(BRASS, DARK_WOOD, float(rng.uniform(0.1, 0.8))))
    warm = float(rng.random())
    for band in range(20):
        sheet.rect(
            x,
            y + band * h / 20,
            w,
            h / 20 + 1,
            mix(mix(rgb("7fa7c4"), rgb("e6b48a"), warm), CREAM, band / 19),
        )
    for layer in range(5):
        level = 0.3 + 0.15 * layer
        walk = np.cumsum(rng.normal(0, 0.035, 24))
        ridge = [
            (x + w * i / 23, y + h * float(np.clip(level + v - walk.mean(), 0.1, 0.98)))
            for i, v in enumerate(walk)
        ]
        tone = mix(mix(rgb("8ea6b4"), rgb("3f5b46"), layer / 4), TERRACOTTA, float(rng.uniform(0, 0.35)))
        sheet.poly([*ridge, (x + w, y + h), (x, y + h)], tone)
    for _ in range(140):  # the painter's dabs
        dx, dy = x + w * float(rng.uniform(0.02, 0.96)), y + h * float(rng.uniform(0.3, 0.97))
        dab = mix(mix(OCHRE, rgb("2f4a39"), float(rng.random())), PALE, float(rng.uniform(0, 0.6)))
        sheet.oval(dx, dy, float(rng.uniform(5, 17)), float(rng.uniform(4, 9)), dab)
    for _ in range(26):
        tx, ty = x + w * float(rng.uniform(0.03, 0.95)), y + h * float(rng.uniform(0.72, 0.95))
        sheet.poly(
            [(tx, ty), (tx + 11, ty + 34), (tx - 11, ty + 34)],
            mix(rgb("2f4a39"), OCHRE, float(rng.uniform(0, 0.4))),
        )
    sheet.grain(x, y, w, h, name, 0.05)


def product_box(
    sheet: Sheet,
    x: float,
    y: float,
    lines: Points | tuple[str, ...],
    code: str,
    paint: Colour,
    w: float = 330,
    h: float = 430,
) -> None:
    """A cardboard packet with a name, a drawing and a code that a reader really reads."""
    first, second, third = lines  # type: ignore[misc]
    sheet.shadow(x, y, w, h, 18, 0.4, 10)
    sheet.rect(x, y, w, h, paint, 4)
    sheet.rect(x, y, w, 90, mix(paint, INK, 0.35), 4)
    sheet.words(x + w / 2, y + 20, str(first), 44, PALE, True, True)
    sheet.words(x + w / 2, y + 104, str(second), 28, INK, False, True)
    rng = seeded(str(first))
    for _ in range(9):
        cx, cy, r = (
            x + float(rng.uniform(50, w - 50)),
            y + float(rng.uniform(165, 240)),
            float(rng.uniform(16, 30)),
        )
        sheet.oval(
            cx - r, cy - r, 2 * r, 2 * r, mix(OCHRE, WINE, float(rng.random())), mix(paint, INK, 0.5), 3
        )
        sheet.oval(cx - r / 3, cy - r / 3, r, r, mix(OCHRE, PALE, 0.5))
    sheet.words(x + 18, y + 276, str(third), 22, INK)
    art = cv2.merge([np.pad(bars(code, 4, 150), ((10, 0), (0, 0)), constant_values=255)] * 3)
    wide, left = w - 40, x + 20
    sheet.rect(left, y + h - 128, wide, 118, (255, 255, 255))
    sheet.patch(left, y + h - 128, wide, 92, art)
    sheet.words(left + wide / 2, y + h - 36, f"{code[0]} {code[1:7]} {code[7:]}", 24, INK, False, True)
