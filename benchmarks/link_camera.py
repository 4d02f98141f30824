"""Same camera: residuals against the public reference, AUC, calibration, search of many cameras.

python -m benchmarks.link_camera [--small]

PRNU_PYTHON names an interpreter that can import the reference (github.com/polimi-ispl/prnu-python, with the
numpy it pins); without it the peer is its published algorithm, written here in numpy and scipy. SENSORS names
a folder with flat/ and natural/ pictures MODEL_BODY_NUMBER.JPG of real cameras; without it, or such a folder
beside the project, real bodies are left out, and the figure says so.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
from demo.sensors import Picture, Sensor, again, smaller
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks import measure
from entente.casework.link.camera import (
    auc,
    cllr,
    compared,
    fingerprint,
    fit,
    held_out,
    middle,
)
from entente.casework.link.camera.calibrate import Calibration
from entente.casework.link.camera.fitness import CALIBRATED, Fitness
from entente.casework.link.camera.residual import GREY, LEVELS, NOISE, Plane, centre, residual
from entente.casework.link.camera.signs import search
from entente.casework.link.camera.wavelet import BACK_HIGH, BACK_LOW, HIGH, LOW, TAPS, halved

SIX = (2000, 3008)
CAMERAS, SMALL_CAMERAS = 10_000, 500
BESIDE = Path(__file__).resolve().parents[2] / "shared/data/prnu"
CHANGES: dict[str, tuple[Fitness, Callable[[Picture], Picture]]] = {
    "original": (Fitness.ORIGINAL, lambda p: p),
    "re-saved at 75": (Fitness.RE_SAVED, lambda p: again(p, 75)),
    "re-saved at 50": (Fitness.RE_SAVED, lambda p: again(p, 50)),
    "three quarters, saved at 85": (Fitness.RESIZED, lambda p: smaller(p, 0.75, 85)),
    "half, saved at 90": (Fitness.RESIZED, lambda p: smaller(p, 0.5, 90)),
    "three fifths, saved at 75": (Fitness.RESIZED, lambda p: smaller(p, 0.6, 75)),
}
Groups = list[tuple[list[float], list[float]]]


def main() -> None:
    """Print the figure; what is below a bar stops it."""
    small = measure.wanted(__doc__.splitlines()[0])
    figure = measure.Figure("Same camera: the noise of sensors", peer_name())
    try:
        _speed(figure, small)
        _search(figure, SMALL_CAMERAS if small else CAMERAS)
        size, cameras, pictures = ((384, 512), 4, 3) if small else ((768, 1024), 6, 6)
        strong = 4 if small else 1
        sensors = [Sensor(n, n // 2, size, 0.0015 * 1.12**n * strong) for n in range(cameras)]
        _real(figure, _accuracy(figure, sensors, pictures, small))
    finally:
        figure.say()


# --- speed ------------------------------------------------------------------------------------------------


def peer_name() -> str:
    """Name whom the residual is measured against."""
    return "prnu-python" if os.environ.get("PRNU_PYTHON") else "its published algorithm in numpy"


def _speed(figure: measure.Figure, small: bool) -> None:
    size = (500, 752) if small else SIX
    picture = cv2.cvtColor(Sensor(1, 1, size).picture(1), cv2.COLOR_BGR2RGB)
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    (theirs, cost), (theirs_grey, cost_grey) = (_peer(p, 1 if small else 2) for p in (picture, luma))
    ours, own = _timed(lambda: residual(picture), 5)
    grey, own_grey = _timed(lambda: residual(luma), 5)
    apart, apart_grey = float(np.abs(ours - theirs).max()), float(np.abs(grey - theirs_grey).max())
    what = f"{size[1]} x {size[0]}, one core"
    figure.add(f"residual of colours, {what}, s", f"{own:.3f}", f"{cost:.2f}", f"{cost / own:.1f} x")
    figure.add("of brightness alone, s", f"{own_grey:.3f}", f"{cost:.2f}", f"{cost / own_grey:.1f} x")
    figure.add(
        "of brightness alone, s, both", f"{own_grey:.3f}", f"{cost_grey:.2f}", f"{cost_grey / own_grey:.1f} x"
    )
    figure.add("largest difference, colours and brightness", f"{apart:.1e}, {apart_grey:.1e}", "≤ 1e-5")
    alike = float(np.corrcoef(ours.ravel(), grey.ravel())[0, 1])
    figure.add("correlation of both ways", f"{alike:.4f}")
    assert max(apart, apart_grey) <= 1e-5, "the bar: the reference's result to 1e-5"
    assert small or (cost / own >= 12 and cost / own_grey >= 20), "the bar: 12 times, and 20 times"


def _timed(act: Callable[[], Plane], times: int) -> tuple[Plane, float]:
    """Return the result and the least processor seconds, after one run that compiles."""
    result, spent = act(), []
    for _ in range(times):
        start = time.process_time()
        result = act()
        spent.append(time.process_time() - start)
    return result, min(spent)


RUN = """
import sys, time, numpy as np, prnu
picture, spent = np.load(sys.argv[1]), []
for _ in range(int(sys.argv[3])):
    start = time.process_time()
    found = prnu.extract_single(picture.copy())
    spent.append(time.process_time() - start)
np.save(sys.argv[2], found)
print(min(spent))
"""


def _peer(picture: Picture, times: int) -> tuple[Plane, float]:
    """Return the peer's residual and its least processor seconds."""
    python = os.environ.get("PRNU_PYTHON")
    if not python:
        return _timed(lambda: published(picture), times)
    with tempfile.TemporaryDirectory() as spare:
        given, found = Path(spare) / "in.npy", Path(spare) / "out.npy"
        np.save(given, picture)
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        told = subprocess.run(
            [python, "-c", RUN, given, found, str(times)],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, **one},
        )
        return np.load(found), float(told.stdout.split()[-1])


def published(picture: Picture) -> Plane:
    """Return the residual by the steps that the reference publishes, one array operation after the other."""
    planes = [picture] if picture.ndim == 2 else [picture[..., c] for c in range(3)]
    noise = np.zeros(picture.shape[:2], np.float32)
    for plane, weight in zip(planes, (1.0,) if len(planes) == 1 else GREY, strict=True):
        noise += np.float32(weight) * _denoised(plane.astype(np.float32))
    centre(noise)
    spectrum = np.fft.fft2(noise.astype(np.float64))
    height = np.abs(spectrum / noise.size**0.5)
    kept = _wiener(height, float(noise.std(ddof=1, dtype=np.float64)) ** 2)
    height[height == 0] = 1
    return np.real(np.fft.ifft2(spectrum * kept / height)).astype(np.float32)


def _wiener(values: NDArray[np.floating], variance: float) -> NDArray[np.floating]:
    energy = values**2
    means = np.stack([ndimage.uniform_filter(energy, side, mode="constant") for side in (3, 5, 7, 9)], axis=2)
    over = np.maximum(means.astype(np.float64) - variance, 0)
    return values * variance / (over.min(axis=2) + variance)


def _denoised(plane: Plane) -> Plane:
    details, smooth = [], plane
    for _ in range(LEVELS):
        low, high = _filtered(smooth, LOW), _filtered(smooth, HIGH)
        parts = [_filtered(one.T, taps).T for one in (low, high) for taps in (LOW, HIGH)]
        smooth = parts[0]
        details.append([_wiener(part, float(NOISE)).astype(np.float32) for part in parts[1:]])
    back = np.zeros_like(smooth)
    for (along, down, both), shape in zip(
        reversed(details), reversed([plane.shape, *(d[0].shape for d in details[:-1])]), strict=True
    ):
        low = _joined(back.T, along.T, shape[1]).T
        high = _joined(down.T, both.T, shape[1]).T
        back = _joined(low, high, shape[0])
    return back


def _filtered(plane: Plane, taps: NDArray[np.float32]) -> Plane:
    """Filter down the columns and keep every second row; taps beyond the lower edge are added backwards."""
    rows, height = halved(plane.shape[0]), plane.shape[0]
    padded = np.pad(plane, ((6, 7), (0, 0)), mode="symmetric")
    out = np.zeros((rows, plane.shape[1]), np.float32)
    for j in range(TAPS):
        out += taps[j] * padded[7 - j : 7 - j + 2 * rows : 2]
    for k in range(height // 2, rows):
        beyond = 2 * k + 2 - height
        out[k] = 0
        for j in [*reversed(range(beyond)), *range(beyond, TAPS)]:
            out[k] += taps[j] * padded[2 * k + 7 - j]
    return out


def _joined(low: Plane, high: Plane, rows: int) -> Plane:
    out = np.zeros((2 * len(low) - 6, low.shape[1]), np.float32)
    for odd in (0, 1):
        for i in range(4):
            part = slice(i, i + len(low) - 3)
            out[odd::2] += BACK_LOW[6 + odd - 2 * i] * low[part] + BACK_HIGH[6 + odd - 2 * i] * high[part]
    return out[:rows]


# --- search -----------------------------------------------------------------------------------------------


def _search(figure: measure.Figure, cameras: int) -> None:
    rng = np.random.default_rng(3)
    held = rng.integers(0, 2**63, (cameras, 1024 * 1024 // 64), np.uint64)
    asked = np.ascontiguousarray(
        held[cameras // 2][None] ^ (held[0] & held[1])[None]
    )  # a quarter of its bits
    search(held[:2], asked)
    found, wall, own = _searched(held, asked)
    few = held[: max(1, cameras // 20)]
    start = time.process_time()
    peer = [int(np.bitwise_count(row ^ asked[0]).sum()) for row in few]
    theirs = (time.process_time() - start) * cameras / len(few)
    bits = 64 * held.shape[1]
    assert np.allclose(found[: len(few), 0], (bits - 2 * np.array(peer)) / bits**0.5)
    assert int(found[:, 0].argmax()) == cameras // 2
    what = f"search of {cameras:,} cameras at 1024 x 1024"
    figure.add(
        f"{what}, processor s (numpy.bitwise_count)", f"{own:.2f}", f"{theirs:.2f}", f"{theirs / own:.1f} x"
    )
    _, four_wall, four = _searched(held, np.repeat(asked, 4, axis=0))
    figure.add("the same in four turns, processor s", f"{four:.2f}")
    figure.add("the same by the clock on the wall, s, one turn and four", f"{wall:.2f}, {four_wall:.2f}")
    assert own <= 0.5, "the bar: half a second"


def _searched(
    held: NDArray[np.uint64], asked: NDArray[np.uint64]
) -> tuple[NDArray[np.float64], float, float]:
    """Return z, and the least seconds by the wall and of the processor."""
    walls, spent = [], []
    for _ in range(4):
        wall, own = time.perf_counter(), time.process_time()
        found = search(held, asked)
        walls.append(time.perf_counter() - wall)
        spent.append(time.process_time() - own)
    return found, min(walls), min(spent)


# --- accuracy ---------------------------------------------------------------------------------------------


def _luma(picture: Picture) -> Picture:
    return middle(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8))


def _learned(pictures: Iterable[Picture]) -> Plane:
    return fingerprint((residual(luma), luma) for luma in map(_luma, pictures))


def _accuracy(
    figure: measure.Figure, sensors: list[Sensor], pictures: int, small: bool
) -> dict[Fitness, Calibration]:
    held = [_learned(s.flat(n) for n in range(pictures)) for s in sensors]
    taken = [[s.picture(n) for n in range(pictures)] for s in sensors]
    by_class: dict[Fitness, Groups] = {}
    curves: dict[Fitness, Calibration] = {}
    for name, (fitness, change) in CHANGES.items():
        groups = [_scores([change(p) for p in own], sensors[n].size, held, n) for n, own in enumerate(taken)]
        by_class.setdefault(fitness, []).extend(groups)
        same, other = ([z for g in groups for z in g[side]] for side in (0, 1))
        figure.add(
            f"AUC of {len(same)} + {len(other)} pairs, {name}",
            f"{auc(same, other):.3f}",
            "",
            f"z {min(same):.1f} to {max(same):.0f}; other cameras ≤ {max(other):.1f}",
        )
        assert small or name != "original" or auc(same, other) >= 0.99, "the bar: originals are told apart"
    for fitness, groups in by_class.items():
        merged = [
            (
                [z for g in groups[n :: len(sensors)] for z in g[0]],
                [z for g in groups[n :: len(sensors)] for z in g[1]],
            )
            for n in range(len(sensors))
        ]
        curves[fitness] = held_out(merged)
        _told(figure, f"calibration of {fitness}, cameras held out in turn", curves[fitness])
    worst = max(abs(curves[f].log10_lr(z) - CALIBRATED[f].log10_lr(z)) for f in curves for z in range(-2, 40))
    figure.notes.append(f"The curves that are shipped differ from these by at most {worst:.2f} of log10 LR.")
    return curves


def _told(figure: measure.Figure, what: str, taught: Calibration) -> None:
    line = f"log10 LR = {taught.offset:.2f} + {taught.slope:.3f} z, pairs {taught.same} + {taught.other}"
    figure.add(f"{what}: Cllr", f"{taught.cllr:.3f}", "", line)


def _scores(
    pictures: list[Picture], size: tuple[int, int], held: list[Plane], own: int
) -> tuple[list[float], list[float]]:
    """Return z of one camera's pictures against its own fingerprint, and against those of the others."""
    same: list[float] = []
    other: list[float] = []
    for picture in pictures:
        how = fit((picture.shape[0], picture.shape[1]), size)
        assert how is not None
        noise = residual(_luma(picture))
        for n, camera in enumerate(held):
            (same if n == own else other).append(compared(noise, camera, how).z)
    return same, other


def _real(figure: measure.Figure, curves: dict[Fitness, Calibration]) -> None:
    """Measure on real cameras where there are pictures of them."""
    folder = Path(os.environ["SENSORS"]) if "SENSORS" in os.environ else BESIDE
    flats = _bodies(folder / "flat")
    if not flats:
        figure.notes.append("Real bodies: left out, no pictures here (see the head of this file).")
        return
    natural = _bodies(folder / "natural")
    bodies = sorted(flats)
    sizes = {b: cv2.imread(str(flats[b][0])).shape[:2] for b in bodies}
    held = {b: _learned(cv2.imread(str(p)) for p in flats[b]) for b in bodies}
    for name, (fitness, change) in CHANGES.items():
        same: list[float] = []
        other: list[float] = []
        for body, paths in natural.items():
            for path in paths:
                picture = change(cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION))
                noise = residual(_luma(picture))
                for each in bodies:
                    how = fit((picture.shape[0], picture.shape[1]), sizes[each])
                    if how:
                        (same if each == body else other).append(compared(noise, held[each], how).z)
        given = curves[fitness]
        worth = cllr([given.log10_lr(z) for z in same], [given.log10_lr(z) for z in other])
        figure.add(
            f"{len(bodies)} real bodies, {len(same)} + {len(other)} pairs, {name}: AUC, Cllr of these curves",
            f"{auc(same, other):.3f}, {worth:.3f}",
            "",
            f"z {min(same):.1f} to {max(same):.0f}; other bodies ≤ {max(other):.1f}",
        )


def _bodies(folder: Path) -> dict[str, list[Path]]:
    """Return pictures by body; a name is MODEL_BODY_NUMBER."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.[Jj][Pp][Gg]")) if folder.is_dir() else ():
        found.setdefault(path.stem.rpartition("_")[0], []).append(path)
    return found


if __name__ == "__main__":
    main()
