"""The hum of the mains: right or silent, through a real sound encoder too."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from demo.clip import RATE, film, house_sound
from scipy.signal import chirp

from entente.casework.examine.extractors import Material
from entente.casework.examine.extractors.mains_hum import MainsHumExtractor, humming, mains_frequency


def through_aac(sound: np.ndarray, rate: int, bit_rate: int = 64_000) -> tuple[np.ndarray, int]:
    """Encode to AAC and back."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=rate, layout="mono")
        stream.bit_rate = bit_rate
        for at in range(0, len(sound), 1024):
            frame = av.AudioFrame.from_ndarray(sound[None, at : at + 1024].copy(), "fltp", "mono")
            frame.sample_rate, frame.pts = rate, at
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as back:
        pieces = [frame.to_ndarray()[0] for frame in back.decode(audio=0)]
    return np.concatenate(pieces), rate


@pytest.mark.parametrize("mains", [50, 60])
@pytest.mark.parametrize("level", [-10.0, -20.0])
def test_it_hears_the_grid_through_aac(mains: int, level: float) -> None:
    heard = mains_frequency(*through_aac(humming(mains, 12.0, 44100, level), 44100))
    assert heard is not None
    assert heard[0] == mains


def test_it_is_silent_about_noise_through_aac() -> None:
    assert mains_frequency(*through_aac(humming(None, 12.0, 44100), 44100)) is None


def test_it_is_silent_when_the_hum_is_weak() -> None:
    assert mains_frequency(humming(50, 12.0, 16000, -45.0), 16000) is None


@pytest.mark.parametrize("seed", range(12))
def test_music_whose_notes_lie_near_a_grid_is_no_grid(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rate, pieces = 16000, []
    for _ in range(24):
        pitch, t = 55 * 2 ** (rng.integers(0, 36) / 12), np.arange(rate // 2) / rate
        pieces.append(sum(np.sin(2 * np.pi * pitch * k * t) / k for k in range(1, 6)))
    music = np.concatenate(pieces) + 0.2 * rng.standard_normal(12 * rate)
    assert mains_frequency((music * 0.1).astype(np.float32), rate) is None


def test_a_rising_tone_is_no_grid() -> None:
    t = np.arange(12 * 16000) / 16000
    tone = chirp(t, 40, 12, 700) + 0.01 * np.random.default_rng(0).standard_normal(t.size)
    assert mains_frequency(tone.astype(np.float32), 16000) is None


def test_both_grids_together_are_a_doubt() -> None:
    both = humming(50, 12.0, 16000, 0.0) + humming(60, 12.0, 16000, 0.0)
    assert mains_frequency(both, 16000) is None


@pytest.mark.parametrize(
    "sound",
    [np.zeros(0, np.float32), np.zeros(200_000, np.float32), np.full(200_000, np.nan, np.float32)],
    ids=["nothing", "silence", "not numbers"],
)
def test_it_is_silent_about_empty_sound(sound: np.ndarray) -> None:
    assert mains_frequency(sound, 16000) is None


def test_a_second_of_sound_is_too_little() -> None:
    assert mains_frequency(humming(50, 1.0, 16000, 0.0), 16000) is None


def test_the_clue_says_what_was_heard_and_is_ungraded() -> None:
    (clue,) = MainsHumExtractor().find(Material("V-1", sound=house_sound(8.0), rate=RATE))
    assert (clue.value, clue.group, clue.evaluation) == (50, "scene", "X4")
    assert "50 Hz" in clue.because
    assert clue.end == pytest.approx(8.0)


def test_the_demo_films_carry_their_hum(tmp_path) -> None:
    path = tmp_path / "clip.mp4"
    film(path, [np.zeros((64, 96, 3), np.uint8)] * 24, house_sound(6.0, 60))
    with av.open(str(path)) as clip:
        stream = clip.streams.audio[0]
        sound = np.concatenate([f.to_ndarray()[0] for f in clip.decode(stream)])
        heard = mains_frequency(sound, stream.rate)
    assert heard is not None
    assert heard[0] == 60
