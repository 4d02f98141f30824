"""Frames one by one at their real times, and sound in short stretches, out of the limited decoder."""

from __future__ import annotations

import io
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from entente.evidence import film, reply
from entente.evidence.film import RATE, STEPS_EACH_S, Moments
from entente.evidence.open import Through, render
from entente.vocabulary.media import Refusal, RefusalCode

TIMES = [0, 40, 80, 90, 100, 250, 300, 333, 366, 400, 700, 733, 766, 800, 833, 866, 900, 1200, 1233, 1266]


def numbered(path: Path, codec: str = "mpeg4", options: dict[str, str] | None = None) -> None:
    """A film of uneven steps whose frame n is evenly grey: 12 n + 10."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=30, options=options or {})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for n, moment in enumerate(TIMES):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 12 * n + 10, np.uint8), format="rgb24")
            frame.pts, frame.time_base = moment, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())


def tone(path: Path) -> None:
    """Two seconds of silence but for a loud tone of 440 Hz from 0.5 to 1.0 s, with a still picture."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        voice = out.add_stream("pcm_s16le", rate=16000, layout="mono")
        t = np.arange(32000) / 16000
        samples = (np.sin(2 * np.pi * 440 * t) * 16384 * ((t >= 0.5) & (t < 1.0))).astype(np.int16)
        sound = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        sound.sample_rate, sound.pts = 16000, 0
        out.mux(voice.encode(sound))
        for _ in range(10):
            out.mux(
                stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24"))
            )
        out.mux([*stream.encode(), *voice.encode()])


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("films")
    made = {"plain": folder / "plain.mp4", "reordered": folder / "reordered.mp4", "tone": folder / "tone.mov"}
    numbered(made["plain"])
    numbered(made["reordered"], options={"bf": "2", "g": "6"})  # frames stored in another order than shown
    tone(made["tone"])
    return made


def decoded(path: Path) -> dict[int, float]:
    """Milliseconds and brightness of each frame, decoded from the beginning to the end."""
    with av.open(str(path)) as film_:
        frames = [(round(f.time * 1000), f.to_ndarray(format="gray").mean()) for f in film_.decode(video=0)]
    return {moment: float(mean) for moment, mean in frames}


def grey_of(shown: bytes | Refusal) -> float:
    assert isinstance(shown, bytes), shown
    return float(np.asarray(Image.open(io.BytesIO(shown)).convert("L")).mean())


@pytest.mark.parametrize("name", ["plain", "reordered"])
def test_every_frame_is_shown_from_its_own_moment_until_the_next(films, name):
    told = film.moments(films[name], 0.0)
    assert isinstance(told, Moments)
    assert [round(t * 1000) for t in told.times] == TIMES
    known = decoded(films[name])
    for n in (0, 1, 4, 5, 9, 10, 16, 17, 18, 19):
        assert abs(grey_of(render(films[name], "clear", t=told.times[n])) - known[TIMES[n]]) < 2.5, n
    assert abs(grey_of(render(films[name], "clear", t=0.2)) - known[100]) < 2.5, (
        "between two frames the earlier stands"
    )
    assert abs(grey_of(render(films[name], "clear", t=99.0)) - known[1266]) < 2.5


def test_the_frames_around_a_second_are_told_with_their_place(films):
    told = film.moments(films["plain"], 0.41, around=2)
    assert told == Moments(7, 2, len(TIMES), (0.333, 0.366, 0.4, 0.7, 0.733))
    assert film.moments(films["plain"], 0.0, around=1) == Moments(0, 0, len(TIMES), (0.0, 0.04))
    assert film.moments(films["plain"], 50.0, around=1) == Moments(18, 1, len(TIMES), (1.233, 1.266))


def test_loudness_stands_where_the_sound_is(films):
    levels = np.frombuffer(film.loudness(films["tone"]), np.uint8)
    assert len(levels) == 2 * STEPS_EACH_S
    assert abs(int(levels[11:19].min()) - 127) <= 3
    assert abs(int(levels[11:19].max()) - 127) <= 3
    assert levels[:9].max() <= 2
    assert levels[21:].max() <= 2


def test_a_stretch_of_sound_is_a_plain_wave_of_its_length(films):
    shown = film.sound(films["tone"], 0.5, 0.5)
    with wave.open(io.BytesIO(shown)) as heard:
        assert (heard.getnchannels(), heard.getsampwidth(), heard.getframerate()) == (1, 2, RATE)
        samples = np.frombuffer(heard.readframes(heard.getnframes()), "<i2")
    assert samples.size == RATE // 2
    spectrum = np.abs(np.fft.rfft(samples))
    assert abs(float(np.fft.rfftfreq(samples.size, 1 / RATE)[spectrum.argmax()]) - 440) < 3
    quiet = film.sound(films["tone"], 1.2, 0.5)
    assert np.abs(np.frombuffer(quiet[44:], "<i2")).max() < 400
    assert film.sound(films["tone"], 0.5, 0.5) == shown


def test_what_has_no_sound_or_no_time_is_refused_with_its_reason(films, tmp_path):
    for silent in (film.loudness(films["plain"]), film.sound(films["plain"], 0, 1)):
        assert isinstance(silent, Refusal)
        assert silent.code is RefusalCode.NOT_MEDIA
        assert "no sound track" in silent.reason
    late = film.sound(films["tone"], 60.0, 1)
    assert isinstance(late, Refusal)
    assert "another second" in late.reason
    (tmp_path / "none.mp4").write_bytes(b"nothing")
    for answer in (film.moments(tmp_path / "none.mp4", 0), film.loudness(tmp_path / "gone.mp4")):
        assert isinstance(answer, Refusal)


def test_a_copy_is_changed_inside_the_decoder_and_the_grey_shows_no_finer_than_before(tmp_path):
    room = np.random.default_rng(2).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    Image.fromarray(room).save(tmp_path / "a.png")
    zoomed = Through("entente.casework.examine.adjust:adjusted", {"zoom": 8.0})
    clear, grey = (render(tmp_path / "a.png", view, through=zoomed) for view in ("clear", "grey"))
    assert Image.open(io.BytesIO(clear)).size == (100, 76), "of the clear picture all pixels of the part"
    assert Image.open(io.BytesIO(grey)).size == (20, 16), (
        "of the grey still its own pixels, enlarged by nobody"
    )
    assert render(tmp_path / "a.png", "grey", through=zoomed) == grey


@pytest.mark.parametrize(
    "data",
    [
        {"first": 0, "here": 0, "total": 1},
        {"first": 0, "here": 3, "total": 2, "times": [0.0, 1.0]},
        {"first": 1, "here": 0, "total": 2, "times": [0.0, 1.0]},
        {"first": 0, "here": 0, "total": 9, "times": [1.0, 0.0]},
        {"first": 0, "here": 0, "total": 9, "times": ["0"]},
        {"first": 0, "here": 0, "total": 9, "times": [0.0] * 4},
    ],
)
def test_moments_out_of_measure_are_nonsense(data):
    with pytest.raises(reply.Nonsense):
        reply.moments(data, 1)


def test_sound_out_of_measure_is_nonsense():
    for blob in (b"", b"abc", b"ab" * 11):
        with pytest.raises(reply.Nonsense):
            reply.samples(blob, 10)
    for blob in (b"", bytes(reply.MOST_PEAKS + 1)):
        with pytest.raises(reply.Nonsense):
            reply.peaks(blob)
