r"""Build the relief about each cell from a coarse map of altitudes; run by hand, never at run time.

Usage, in a scratch environment (not the project's), after ``build.py``::

    pip install h5py h3 numpy
    pip download --no-deps pvlib==0.16.1 && unzip pvlib-*.whl pvlib/data/Altitude.h5
    PYTHONPATH=src python tools/world/relief.py --altitudes pvlib/data/Altitude.h5 \
        --out src/entente/casework/locate/data

Source: the map of pvlib (BSD-3), 5 minutes of arc in steps of 28 m, made from Mapzen's terrain tiles (open
data, see ``data/NOTICE.txt``). A point's class is its relief, highest less lowest of the nine points about
it, at the bounds of E. H. Hammond, Annals of the Association of American Geographers 54 (1964): plains below
91 m, mountains from 305 m. A cell gets the share of each class among the land points within 30 km, which is
about what is seen from it; the share of neighbours that differ is kept as the map's own error.
"""

from __future__ import annotations

import argparse
import io
import json
import lzma
from pathlib import Path

import h5py
import numpy as np

from entente.casework.locate.world import world

STEP_M, SEA = 28.0, 255
FLAT_BELOW_M, MOUNTAIN_FROM_M = 91.0, 305.0
SEEN_KM = 30.0
KM_A_ROW = 111.2 / 12


def classes(altitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (rows, columns) 0 flat, 1 hilly, 2 mountain, and where there is land."""
    land = altitude != SEA
    high, low = np.where(land, altitude, 0).astype(np.int16), np.where(land, altitude, 300).astype(np.int16)
    tall, deep = high.copy(), low.copy()
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            moved = (down, right)
            tall = np.maximum(tall, np.roll(high, moved, (0, 1)))
            deep = np.minimum(deep, np.roll(low, moved, (0, 1)))
    relief = (tall - deep) * STEP_M
    return np.where(relief >= MOUNTAIN_FROM_M, 2, np.where(relief >= FLAT_BELOW_M, 1, 0)), land


def disagreement(kind: np.ndarray, land: np.ndarray) -> float:
    """Return the share of neighbouring land points of another class, weighed by the width of their row."""
    width = np.cos(np.radians(90 - (np.arange(len(kind)) + 0.5) / 12))[:, None]
    both = (land & np.roll(land, -1, 1)) * width
    return float((both * (kind != np.roll(kind, -1, 1))).sum() / both.sum())


def sums(values: np.ndarray) -> np.ndarray:
    """Return the integral image of ``values``, wrapped round the date line by a quarter on each side."""
    quarter = values.shape[1] // 4
    wide = np.concatenate([values[:, -quarter:], values, values[:, :quarter]], axis=1)
    return np.pad(wide.cumsum(0, dtype=np.int64).cumsum(1), ((1, 0), (1, 0)))


def counted(image: np.ndarray, centres: np.ndarray, quarter: int) -> np.ndarray:
    """Return the sum of a map within ``SEEN_KM`` north, south, east and west of each centre."""
    row = np.clip(((90 - centres[:, 0]) * 12).astype(int), 0, image.shape[0] - 2)
    column = ((centres[:, 1] + 180) * 12).astype(int) + quarter
    tall = round(SEEN_KM / KM_A_ROW)
    wide = np.minimum(np.round(tall / np.cos(np.radians(np.clip(centres[:, 0], -85, 85)))), quarter).astype(
        int
    )
    top, bottom = np.maximum(row - tall, 0), np.minimum(row + tall + 1, image.shape[0] - 1)
    left, right = column - wide, column + wide + 1
    return image[bottom, right] - image[top, right] - image[bottom, left] + image[top, left]


def main() -> None:
    """Build the one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--altitudes", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    with h5py.File(given.altitudes) as source:
        kind, land = classes(source["Altitude"][:])
    here = world()
    centres, quarter = here.centres[here.starts], kind.shape[1] // 4
    number = [counted(sums(land & (kind == k)), centres, quarter) for k in range(3)]
    points = np.maximum(sum(number), 1)
    hilly, mountain = (np.round(15 * number[k] / points) for k in (1, 2))
    known = sum(number) > 0
    packed_shares = np.where(known, hilly * 16 + np.minimum(mountain, 15 - hilly), 255).astype(np.uint8)
    about = {"version": "relief-1", "pvlib": "0.16.1", "points": round(float(np.median(points[known]))),
             "differ": round(disagreement(kind, land), 4)}  # fmt: skip
    buffer = io.BytesIO()
    np.savez(buffer, shares=packed_shares, about=np.frombuffer(json.dumps(about).encode(), np.uint8))
    packed = lzma.compress(buffer.getvalue(), preset=9 | lzma.PRESET_EXTREME)
    (given.out / "relief.npz.xz").write_bytes(packed)
    print(f"{len(packed) / 1024:.0f} KiB; {about}; {(~known).sum()} cells without land;",
          "land by class", np.bincount(kind[land]) / land.sum())  # fmt: skip


if __name__ == "__main__":
    main()
