"""PDQ of JPEGs, decoding included: ours against threatexchange, the same bits demanded of every picture.

python -m benchmarks.pdq [--small]
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from benchmarks import measure
from entente.casework.match.hashes.pdq import PDQ
from entente.evidence.canvas import Canvas
from entente.evidence.pictures import open_picture
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY

# rows, columns, pictures, pictures in a quick look, the ratio that the issue asks for, and how soft they are:
# so that JPEGs are about as large as those of photographs (2,500, 210 and 40 kB)
SIZES = {
    "12 MP": (3024, 4032, 12, 3, 12, 1.2),
    "1.6 MP": (1086, 1448, 30, 8, 8, 1.45),
    "512 px": (384, 512, 60, 15, 8, 1.4),
}
TIMES = 5
CANVAS = Canvas()  # as each decoder of the program has one


def drawn(rows: int, columns: int, seed: int, softness: float = 1.25) -> NDArray[np.uint8]:
    """Return a drawn picture with the detail of a photograph: 1/f noise in three colours, and flat shapes."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :])
    frequency[0, 0] = 1.0
    noise = np.fft.rfft2(rng.standard_normal((rows, columns))) / frequency**softness
    grey = np.fft.irfft2(noise, s=(rows, columns))
    grey *= rng.uniform(30, 55) / grey.std()
    tints = rng.uniform(0.7, 1.2, 3)
    picture = np.clip(grey[..., None] * tints + rng.uniform(90, 160, 3), 0, 255).astype(np.uint8)
    for _ in range(12):
        top, left = int(rng.integers(0, rows)), int(rng.integers(0, columns))
        picture[top : top + rows // 5, left : left + columns // 6] //= 2
    return picture


def _jpegs(rows: int, columns: int, count: int, softness: float) -> Iterator[bytes]:
    for seed in range(count):
        buffer = io.BytesIO()
        Image.fromarray(drawn(rows, columns, seed, softness)).save(buffer, "JPEG", quality=85)
        yield buffer.getvalue()


@dataclass
class Spent:
    """Milliseconds of processor that each way took for each picture, and what it said."""

    each: dict[str, list[float]] = field(default_factory=dict)
    said: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, ways: dict[str, Callable[[bytes], Any]], data: bytes, turn: int) -> None:
        """Take each way's best of ``TIMES``, in turn, so that noise hits all alike."""
        best: dict[str, float] = dict.fromkeys(ways, float("inf"))
        for again in range(TIMES):
            names = list(ways)[:: 1 if (turn + again) % 2 else -1]
            for name in names:
                begun = time.process_time()
                answer = ways[name](data)
                best[name] = min(best[name], (time.process_time() - begun) * 1e3)
                if again == 0:
                    self.said.setdefault(name, []).append(answer)
        for name, spent in best.items():
            self.each.setdefault(name, []).append(spent)

    def mean(self, name: str) -> float:
        """Return the mean over the pictures: what a day's worth of them costs."""
        return statistics.fmean(self.each[name])


def _decoded(data: bytes) -> NDArray[np.uint8]:
    """Decode onto the canvas, as the program does."""
    rows, columns = simplejpeg.decode_jpeg_header(data)[:2]
    return simplejpeg.decode_jpeg(data, "RGB", buffer=CANVAS.lend(rows * columns * 3))


def _whole(data: bytes) -> tuple[str, int]:
    turns, quality = PDQ.of_rgb(_decoded(data))
    CANVAS.wipe()
    return turns[0], quality


def _shown(data: bytes) -> Any:
    """As a decoder of ours does it: header, EXIF orientation, eight turns under each of three profiles."""
    answer = PDQ.of_picture(open_picture(data, "jpeg", CANVAS).rgb())
    CANVAS.wipe()
    return answer


def _plane(data: bytes) -> tuple[str, int]:
    turns, quality = PDQ.of_luma(simplejpeg.decode_jpeg(data, "GRAY")[..., 0])
    return turns[0], quality


def _rough(data: bytes) -> tuple[str, int]:
    scaled = open_picture(data, "jpeg").scaled()
    if scaled is None:
        return _plane(data)
    turns, quality = PDQ.of_scaled(scaled.luma, scaled.rows, scaled.columns, scaled.eighths)
    return turns[0], quality


def _pure(data: bytes) -> None:
    simplejpeg.decode_jpeg(data, "RGB")


def _alone(data: bytes) -> None:
    """Decode onto the canvas and nothing else: what no hash of the whole picture can be faster than."""
    _decoded(data)
    CANVAS.wipe()


def _distances(spent: Spent, name: str) -> str:
    """Return how far a way that is not exact was off: median and most, of pictures that are searched."""
    pairs = zip(spent.said["whole"], spent.said[name], strict=True)
    apart = [PDQ.distance(a[0], b[0]) for a, b in pairs if a[1] >= PDQ_MIN_QUALITY]
    return f"bits off: {statistics.median(apart):.0f} / {max(apart)}" if apart else ""


def _size(figure: measure.Figure, name: str, small: bool, peer: Callable[[bytes], Any]) -> None:
    """Measure one size of pictures and add its rows."""
    rows, columns, many, few, target, softness = SIZES[name]
    ways = {"peer": peer, "whole": _whole, "shown": _shown, "plane": _plane, "rough": _rough}
    ways |= {"pure": _pure, "alone": _alone}
    spent, size = Spent(), []
    for turn, data in enumerate(_jpegs(rows, columns, few if small else many, softness)):
        size.append(len(data))
        spent.add(ways, data, turn)
    ours, theirs = spent.said["whole"], spent.said["peer"]
    if ours != [(str(value), int(quality)) for value, quality in theirs]:
        raise RuntimeError(f"{name}: hashes or qualities differ from the peer's")
    cost = {way: spent.mean(way) for way in ways}
    told = f"{name}, {len(size)} pictures of {statistics.fmean(size) / 1000:,.0f} kB"
    ratio = cost["peer"] / cost["whole"]
    figure.add(f"{told}: ms", f"{cost['whole']:.2f}", f"{cost['peer']:.1f}", f"{ratio:.1f} × (≥ {target})")
    figure.add(
        "– decoding alone, the bound: ms",
        f"{cost['alone']:.2f}",
        f"{cost['peer']:.1f}",
        f"would give {cost['peer'] / cost['alone']:.1f} ×",
    )
    figure.add("– share of decoding's speed, onto the canvas too", f"{cost['alone'] / cost['whole']:.0%}")
    figure.add(
        "– share of pure decoding's speed, fresh memory each",
        f"{cost['pure'] / cost['whole']:.0%}",
        "",
        "≥ 80 %",
    )
    figure.add(
        "– header, EXIF, all three profiles with eight turns: ms",
        f"{cost['shown']:.2f}",
        f"{cost['peer']:.1f}",
        f"{cost['peer'] / cost['shown']:.1f} ×",
    )
    for way, what in (("plane", "the decoder's luma plane"), ("rough", "decoded smaller (first pass)")):
        figure.add(
            f"– {what}: ms; {_distances(spent, way)}",
            f"{cost[way]:.2f}",
            f"{cost['peer']:.1f}",
            f"{cost['peer'] / cost[way]:.1f} ×",
        )


def main() -> None:
    """Hash pictures of three sizes both ways, demand equality, print the figure."""
    # the yardstick only: the program itself does without it
    from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes

    small = measure.wanted(__doc__.splitlines()[0])
    figure = measure.Figure(
        "PDQ of a JPEG, decoding included, bit for bit",
        measure.named("threatexchange", "pdqhash", "Pillow") + ", pdq_from_bytes",
    )
    warm = next(_jpegs(1200, 1600, 1, 1.2))
    for way in (_whole, _shown, _plane, _rough):
        way(warm)  # compiled
    for name in SIZES:
        _size(figure, name, small, pdq_from_bytes)
    figure.notes.append(
        "Processor time of one thread; each picture's best of five, taken in turn; the mean of all."
    )
    figure.notes.append(
        "Hash and quality equal for every picture. Drawn pictures with the detail of photographs."
    )
    figure.say()


if __name__ == "__main__":
    main()
