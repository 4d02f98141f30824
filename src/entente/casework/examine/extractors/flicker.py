"""The flicker of lamps in the brightness of consecutive frames: mains of 50 or 60 Hz, or nothing.

A lamp on the mains flickers at twice its frequency; a camera of so many frames a second sees the alias. At 30
frames 100 Hz is seen at 10 Hz and 120 Hz stands still; at 25 frames 120 Hz is seen at 5 Hz and 100 Hz stands
still. What stands still cannot be called.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from entente.casework.examine.extractors import ExtractorExample, Material
from entente.vocabulary.clue import Clue, ClueKind, group_of

Floats = NDArray[np.float64]

LEAST_FRAMES = 75
STEADY = 0.05  # of the distance of two frames: with more, there is no frame rate
SLOWEST = 1.0  # Hz: below, people and clouds change the light
APART = 1.0  # Hz between the two aliases and from half the frame rate
WIDTH = 0.2  # Hz: grids stay within ±0.1 Hz of nominal and lamps flicker at twice that; cameras nearly so
PIECES = 6  # of the film, each of which must find the beat in step with the others
LEAST_STEADY = 0.97  # 1: as a clock
SPAN = 30  # frames over which the phase is read, every third of it
LEAST_PHASE_SD = 0.05  # radians: no camera keeps time better
MOST_WANDER = (
    1.6  # of a lamp's phase, in units of what the noise explains: what wanders more only resembles one
)
LEAST_BRIGHT = 0.3  # of the frame's brightness: darker strips, such as bars at the sides, are not asked
LEAST_EVERYWHERE = (
    0.3  # of the beat's depth must be in each strip: a lamp lights the room, a fan is in a part
)
LEAST_DB = 18.0  # over the median of the spectrum
LEAST_LEAD_DB = 8.0  # over every other frequency: what moves in step is no lamp


def alias(hertz: float, rate: float) -> float:
    """Return the frequency at which ``rate`` frames a second show a light of ``hertz``."""
    return float(abs(hertz - rate * round(hertz / rate)))


def frame_rate(times: Floats) -> float | None:
    """Return the frames a second, or ``None`` where they do not come steadily."""
    steps = np.diff(times)
    if len(times) < LEAST_FRAMES or np.any(steps <= 0):
        return None
    if np.any(abs(steps - steps.mean()) > STEADY * steps.mean()):
        return None
    return float(1 / steps.mean())


def spectrum_of(values: Floats, rate: float) -> tuple[Floats, Floats]:
    """Return frequencies and power in dB of the brightness without its slow change."""
    at = np.linspace(-1, 1, len(values))
    flat = values - np.polynomial.polynomial.polyval(at, np.polynomial.polynomial.polyfit(at, values, 4))
    power = abs(np.fft.rfft(flat * np.hanning(len(flat)), 4 * len(flat))) ** 2
    hertz = np.fft.rfftfreq(4 * len(flat), 1 / rate).astype(np.float64)
    return hertz, np.asarray(10 * np.log10(power + 1e-9), np.float64)


def steadiness(values: Floats, rate: float, hertz: float) -> float:
    """Return how well the beat at ``hertz`` keeps its phase over the pieces: 1 as a clock, 0 not at all."""
    turned = (values - values.mean()) * np.exp(-2j * np.pi * hertz * np.arange(len(values)) / rate)
    pieces = np.array([(piece * np.hanning(len(piece))).sum() for piece in np.array_split(turned, PIECES)])
    return float(abs(pieces.sum()) / max(abs(pieces).sum(), 1e-12))


def wander(values: Floats, rate: float, hertz: float) -> float:
    """Return how far the beat's phase strays from a straight line, in units of what the noise explains.

    A lamp follows the grid, whose phase is straight over some seconds; a rhythm that is only nearly a clock's
    has a phase that walks.
    """
    at = np.arange(len(values))
    trend = np.polynomial.polynomial.polyfit(at / len(at), values, 4)
    flat = values - np.polynomial.polynomial.polyval(at / len(at), trend)
    turned = flat * np.exp(-2j * np.pi * hertz * at / rate)
    starts = np.arange(0, len(at) - SPAN + 1, SPAN // 3)
    window = np.hanning(SPAN) / np.hanning(SPAN).sum()
    beats = np.array([(turned[first : first + SPAN] * window).sum() for first in starts])
    phase = np.unwrap(np.angle(beats))
    slope, height = np.polyfit(starts, phase, 1)
    straight = slope * starts + height
    size = float(abs((beats * np.exp(-1j * straight)).mean()))
    beat = 2 * size * np.cos(2 * np.pi * hertz * at / rate + slope * (at - SPAN / 2) + height)
    explained = float(np.std(flat - beat)) / (2 * size) * np.sqrt(2 * float((window**2).sum()))
    return float(np.sqrt(np.mean((phase - straight) ** 2)) / np.hypot(explained, LEAST_PHASE_SD))


def everywhere(strips: Floats, whole: Floats, rate: float, hertz: float) -> float:
    """Return the least part of the beat's depth that any strip has, in step with the whole frame.

    Parameters
    ----------
    strips : (n, m) brightness of upright strips; their rows share one instant even where a shutter rolls
    """
    bright = strips.mean(axis=0) >= LEAST_BRIGHT * whole.mean()
    if bright.sum() < 2:
        return 0.0
    strips = strips[:, bright]
    wave = np.exp(-2j * np.pi * hertz * np.arange(len(whole)) / rate) * np.hanning(len(whole))
    beat = ((whole - whole.mean()) * wave).sum() / max(whole.mean(), 1.0)
    own = ((strips - strips.mean(axis=0)) * wave[:, None]).sum(axis=0) / np.maximum(strips.mean(axis=0), 1.0)
    return float(np.real(own * np.conj(beat)).min() / max(abs(beat) ** 2, 1e-12))


def mains_of(times: Floats, values: Floats) -> tuple[int, float, float] | None:
    """Return (50 or 60, the alias in Hz, its lead in dB), or ``None`` when unsure.

    Parameters
    ----------
    values : (n,) brightness of the whole frame, or (n, 1 + m) of it and of its strips
    """
    values, strips = (values, None) if values.ndim == 1 else (values[:, 0], values[:, 1:])
    rate = frame_rate(times)
    if rate is None:
        return None
    seen = {mains: alias(2 * mains, rate) for mains in (50, 60)}
    if abs(seen[50] - seen[60]) < APART:
        return None
    hertz, level = spectrum_of(values, rate)
    usable = hertz >= SLOWEST - WIDTH
    floor = float(np.median(level[usable]))
    for mains, at in seen.items():
        if not SLOWEST <= at <= rate / 2 - WIDTH / 2:
            continue
        near = abs(hertz - at) <= WIDTH
        others = usable & (abs(hertz - at) > WIDTH + 2.5 * rate / len(values))
        lead = float(level[near].max() - level[others].max())
        found = float(hertz[near][level[near].argmax()])
        if level[near].max() - floor < LEAST_DB or lead < LEAST_LEAD_DB:
            continue
        if steadiness(values, rate, found) < LEAST_STEADY or wander(values, rate, found) > MOST_WANDER:
            continue
        if strips is None or everywhere(strips, values, rate, found) >= LEAST_EVERYWHERE:
            return mains, at, lead
    return None


def lit(mains: int | None, rate: float, seconds: float = 5.0, depth: float = 0.02) -> tuple[Floats, Floats]:
    """Return times and brightness of a room under a lamp, for examples; ``None`` is daylight."""
    times = np.arange(int(rate * seconds)) / rate
    noise = np.random.default_rng(60).normal(0, 0.05, times.size)
    lamp = depth * np.cos(2 * np.pi * 2 * mains * times + 0.4) if mains else 0.0
    return times, 110 * (1 + 0.05 * np.sin(0.5 * times) + lamp) + noise


class FlickerExtractor:
    """Watches the light; abstains where the alias stands still, is weak, or something else beats."""

    name = "flicker"
    version = "2"
    needs = frozenset({"brightness"})

    def find(self, material: Material) -> list[Clue]:
        """Return one clue, or none."""
        if material.brightness is None:
            return []
        times, values = (np.asarray(each, np.float64) for each in material.brightness)
        called = mains_of(times, values)
        if called is None:
            return []
        mains, at, lead = called
        return [
            Clue(
                id="",
                kind=ClueKind.MAINS_HZ,
                value=mains,
                group=group_of(ClueKind.MAINS_HZ),
                source="",
                medium=material.medium,
                because=f"the light beats at {at:.1f} Hz, as a lamp on {mains} Hz does in this many frames a "
                f"second, {lead:.0f} dB above every other beat",
                method=self.name,
                version=self.version,
                start=round(float(times[0]), 3),
                end=round(float(times[-1]), 3),
            )
        ]

    def examples(self) -> Sequence[ExtractorExample]:
        """Return a lamp that is seen, one that stands still, and daylight."""
        return (
            ExtractorExample(Material("lamp", brightness=lit(50, 30.0)), ((ClueKind.MAINS_HZ, 50),)),
            ExtractorExample(Material("lamp-25", brightness=lit(60, 25.0)), ((ClueKind.MAINS_HZ, 60),)),
            ExtractorExample(Material("still", brightness=lit(60, 30.0)), ()),
            ExtractorExample(Material("daylight", brightness=lit(None, 30.0)), ()),
        )
