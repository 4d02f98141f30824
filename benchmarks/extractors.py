"""Mains hum through noise and codecs, product codes through blur: wrong, silent, right; there is no peer.

python -m benchmarks.extractors [--small]
"""

from __future__ import annotations

import io
from collections import Counter
from itertools import product

import av
import cv2
import numpy as np
from scipy.signal import resample_poly

from benchmarks import measure
from entente.casework.examine.extractors import Material
from entente.casework.examine.extractors.barcode import BarcodeExtractor, bars, checksum_holds
from entente.casework.examine.extractors.mains_hum import mains_frequency

RATE, SECONDS = 48_000, 10
LEVELS = (-10, -20, -30)  # dB of the hum against the background
CODECS = {
    "as recorded": None,
    "AAC 64 kbit/s": ("aac", "mp4", 64_000),
    "Opus 24 kbit/s": ("libopus", "ogg", 24_000),
}


def background(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Return ten seconds of white or pink noise, or of something like a voice."""
    white = rng.normal(0, 1, RATE * SECONDS)
    if kind == "white":
        return white
    spectrum = np.fft.rfft(white)
    spectrum[1:] /= np.sqrt(np.arange(1, spectrum.size))
    pink = np.fft.irfft(spectrum, white.size)
    pink /= pink.std()
    if kind == "pink":
        return pink
    t = np.arange(white.size) / RATE
    pitch = 2 * np.pi * np.cumsum(rng.uniform(90, 180) + 25 * np.sin(2 * np.pi * 0.7 * t)) / RATE
    voice = sum(np.sin(k * pitch) / k for k in range(1, 12)) * (np.sin(2 * np.pi * 1.9 * t) > -0.3)
    return voice / voice.std() + 0.3 * pink


def recorded(mains: int | None, level: float, kind: str, seed: int) -> np.ndarray:
    """Return a recording with a hum ``level`` dB against its background, or without one."""
    rng = np.random.default_rng(seed)
    sound = background(kind, rng)
    if mains:
        t = np.arange(sound.size) / RATE
        drift = mains * (1 + rng.uniform(-0.002, 0.002))
        hum = sum(np.sin(2 * np.pi * drift * k * t + rng.uniform(0, 6)) / k for k in range(1, 9))
        sound = sound + hum * (sound.std() * 10 ** (level / 20) / hum.std())
    return (0.1 * sound / sound.std()).astype(np.float32)


def through(sound: np.ndarray, codec: tuple[str, str, int] | None) -> np.ndarray:
    """Return the sound as it comes back from a codec."""
    if codec is None:
        return sound
    name, container, bits = codec
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as out:
        stream = out.add_stream(name, rate=RATE, layout="mono", bit_rate=bits)
        resampler = av.AudioResampler(stream.codec_context.format, "mono", RATE)
        frame = av.AudioFrame.from_ndarray(np.clip(sound, -1, 1)[None], format="flt", layout="mono")
        frame.sample_rate = RATE
        for piece in resampler.resample(frame):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    buffer.seek(0)
    with av.open(buffer) as back:
        to = av.AudioResampler("flt", "mono", RATE)
        pieces = [p.to_ndarray().ravel() for f in back.decode(audio=0) for p in to.resample(f)]
    return np.concatenate(pieces)


def heard(times: int, figure: measure.Figure) -> int:
    """Add how the hum was called in each codec at each level; return the wrong calls."""
    wrong = 0
    for (said, codec), level in product(CODECS.items(), (*LEVELS, None)):
        calls: Counter[str] = Counter()
        for mains, kind, n in product((50, 60), ("white", "pink", "voice"), range(times)):
            there = mains if level is not None else None
            sound = through(recorded(there, level or 0, kind, 1000 * mains + 10 * n + len(kind)), codec)
            call = mains_frequency(resample_poly(sound, 1, 6).astype(np.float32), RATE // 6)
            calls["silent" if call is None else "right" if call[0] == there else "wrong"] += 1
        at = "no hum" if level is None else f"hum {level} dB"
        figure.add(
            f"{said}, {at}: right, silent, wrong", f"{calls['right']}, {calls['silent']}, {calls['wrong']}"
        )
        wrong += calls["wrong"]
    return wrong


def seen(code: str, module: int, rng: np.random.Generator) -> np.ndarray:
    """Return a frame with ``code``, turned, blurred and noisy as drawn."""
    table = np.full((700, 1000, 3), 176, np.uint8)
    art = bars(code, module)
    table[220 : 220 + art.shape[0], 250 : 250 + art.shape[1]] = art[..., None]
    turn = cv2.getRotationMatrix2D((500, 350), float(rng.uniform(-25, 25)), 1)
    table = cv2.warpAffine(table, turn, (1000, 700), borderValue=(176, 176, 176))
    blurred = cv2.GaussianBlur(table, (0, 0), float(rng.uniform(0.6, 1.5)))
    return np.clip(blurred + rng.normal(0, 8, table.shape), 0, 255).astype(np.uint8)


def read(times: int, figure: measure.Figure) -> int:
    """Add how codes were read in two frames of a video; return the wrong ones."""
    rng, wrong = np.random.default_rng(13), 0
    for module in (2, 3):
        calls: Counter[str] = Counter()
        for _ in range(times):
            twelve = "".join(str(d) for d in rng.integers(0, 10, 12))
            code = next(twelve + d for d in "0123456789" if checksum_holds(twelve + d))
            frames = [(float(t), seen(code, module, rng)) for t in (0, 1)]
            values = {clue.value for clue in BarcodeExtractor().find(Material("m", frames=frames))}
            calls["wrong" if values - {code} else "right" if values else "silent"] += 1
        what = f"codes of {module} px a module, blurred, turned, two frames: right, silent, wrong"
        figure.add(what, f"{calls['right']}, {calls['silent']}, {calls['wrong']}")
        wrong += calls["wrong"]
    return wrong


def main() -> None:
    """Listen and read; one wrong call ends it with an error."""
    few = measure.wanted(__doc__.splitlines()[0])
    figure = measure.Figure("What extractors hear and read", "peer: none")
    wrong = heard(1 if few else 4, figure) + read(4 if few else 30, figure)
    figure.say()
    if wrong:
        raise SystemExit(f"benchmarks: {wrong} wrong calls; an extractor that is unsure must be silent")


if __name__ == "__main__":
    main()
