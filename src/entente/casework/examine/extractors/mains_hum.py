"""The hum of the mains in the sound: 50 or 60 Hz, or silence about it when it is weak.

Welch's averaged periodogram (P. D. Welch, IEEE Trans. Audio Electroacoust. 15, 1967) and a comb of harmonics.
A multiple of 300 Hz belongs to both combs and is skipped.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly, welch

from entente.casework.examine.extractors import ExtractorExample, Material
from entente.vocabulary.clue import Clue, ClueKind, group_of

LEAST_SECONDS = 4.0
MOST_SECONDS = 300.0  # more adds nothing and costs time
BAND_RATE = 2000  # samples a second kept: harmonics up to 800 Hz
SEGMENT_SECONDS = 2.0
HARMONICS = 12
DRIFT = np.linspace(-0.004, 0.004, 17)  # grids stay within ±0.4 % of nominal
STRONG_DB = 7.0  # a harmonic that stands out
LEAST_STRONG = 2
LEAST_DB = 3.2  # mean prominence of the whole comb
LEAST_LEAD_DB = 2.4  # over the other comb


def _band(sound: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Return the lower band at ``BAND_RATE``; upper sound says nothing of the mains."""
    kept = np.nan_to_num(np.asarray(sound, dtype=np.float64)[: int(rate * MOST_SECONDS)])
    divisor = int(np.gcd(rate, BAND_RATE))
    return np.asarray(resample_poly(kept, BAND_RATE // divisor, rate // divisor))


def _prominence(spectrum: NDArray[np.float64], step: float, hertz: float) -> float:
    """Return by how many decibels the line at ``hertz`` stands above the median of its neighbourhood."""
    centre = round(hertz / step)
    near, far = round(1.5 / step), round(9.0 / step)
    around = np.r_[
        spectrum[max(centre - far, 1) : centre - near], spectrum[centre + near + 1 : centre + far + 1]
    ]
    floor = float(np.median(around)) if around.size else 0.0
    line = float(spectrum[centre - 1 : centre + 2].mean())
    return 10 * float(np.log10((line + 1e-20) / (floor + 1e-20)))


def comb(spectrum: NDArray[np.float64], step: float, mains: int) -> tuple[float, int]:
    """Return the comb's mean prominence in dB, at its best drift, and how many harmonics are strong."""
    orders = [k for k in range(1, HARMONICS + 1) if (k * mains) % 300 and k * mains < BAND_RATE * 0.4]
    best = (-np.inf, 0)
    for drift in DRIFT:
        lines = [_prominence(spectrum, step, k * mains * (1 + drift)) for k in orders]
        mean = float(np.mean(np.clip(lines, -3, 20)))  # clipped: one loud tone is not a comb
        best = max(best, (mean, sum(line > STRONG_DB for line in lines)))
    return best


def mains_frequency(sound: NDArray[np.float32], rate: int) -> tuple[int, float, float] | None:
    """Return (50 or 60, its comb's prominence in dB, its lead over the other), or ``None`` when unsure.

    ``sound`` is mono at ``rate`` samples a second.
    """
    if rate < BAND_RATE or len(sound) < LEAST_SECONDS * rate or not np.any(sound):
        return None
    length = int(BAND_RATE * SEGMENT_SECONDS)
    # The median over segments keeps what is there all the time; a mean would let one held note of music in.
    axis, spectrum = welch(
        _band(sound, rate), BAND_RATE, nperseg=length, noverlap=length // 2, average="median"
    )
    scores = {mains: comb(spectrum, float(axis[1]), mains) for mains in (50, 60)}
    winner, loser = sorted(scores, key=lambda m: scores[m], reverse=True)
    mean, strong = scores[winner]
    lead = mean - scores[loser][0]
    if mean < LEAST_DB or strong < LEAST_STRONG or lead < LEAST_LEAD_DB:
        return None
    return winner, mean, lead


def humming(
    mains: int | None, seconds: float, rate: int = 8000, level_db: float = -10.0
) -> NDArray[np.float32]:
    """Return quiet noise with a hum ``level_db`` against it, for examples; ``None`` gives the noise alone."""
    noise = np.random.default_rng(50).normal(0, 0.05, int(seconds * rate))
    if mains is not None:
        t = np.arange(noise.size) / rate
        hum = sum(np.sin(2 * np.pi * mains * k * t + k) / k for k in range(1, 9))
        noise = noise + hum * (0.05 * 10 ** (level_db / 20) / np.std(hum))
    return noise.astype(np.float32)


class MainsHumExtractor:
    """Listens for the grid; abstains when the comb is weak or both could be meant."""

    name = "mains_hum"
    version = "1"
    needs = frozenset({"sound"})

    def find(self, material: Material) -> list[Clue]:
        """Return one clue, or none."""
        if material.sound is None or not material.rate:
            return []
        heard = mains_frequency(material.sound, material.rate)
        if heard is None:
            return []
        mains, mean, lead = heard
        return [
            Clue(
                id="",
                kind=ClueKind.MAINS_HZ,
                value=mains,
                group=group_of(ClueKind.MAINS_HZ),
                source="",
                medium=material.medium,
                because=f"the sound hums at {mains} Hz and its harmonics, {mean:.0f} dB above its "
                f"surroundings and {lead:.0f} dB above the other grid's frequencies",
                method=self.name,
                version=self.version,
                start=0.0,
                end=round(len(material.sound) / material.rate, 3),
            )
        ]

    def examples(self) -> Sequence[ExtractorExample]:
        """Return both grids and noise alone."""
        return tuple(
            ExtractorExample(
                Material(f"hum-{mains}", sound=humming(mains, 8.0), rate=8000),
                ((ClueKind.MAINS_HZ, mains),) if mains else (),
            )
            for mains in (50, 60, None)
        )
