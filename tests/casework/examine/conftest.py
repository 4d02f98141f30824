"""Real items for the examine step: a drawn room and a short clip, received by intake into a real store."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw

from entente.casework.intake.service import Intake, receive
from entente.records import guard, jobs
from entente.records.act import acting
from entente.records.models import Job, Media, Membership
from entente.safeguards.access import Act
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION


def drawn_room(size=(320, 240), shift=0) -> Image.Image:
    """A wall, a window, a rug: nothing else."""
    image = Image.new("RGB", size, (214, 205, 190))
    draw = ImageDraw.Draw(image)
    draw.rectangle((30 + shift, 30, 120 + shift, 110), fill=(120, 170, 220), outline=(60, 60, 60), width=4)
    draw.rectangle((0, 170, size[0], size[1]), fill=(120, 80, 50))
    draw.ellipse((160, 180, 300, 230), fill=(170, 40 + shift, 60))
    return image


def clip(path: Path, seconds: int = 3, rate: int = 10) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for n in range(seconds * rate):
            frame = av.VideoFrame.from_ndarray(np.asarray(drawn_room(shift=n * 3)), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())


@pytest.fixture
def folder(tmp_path) -> Path:
    found = tmp_path / "found"
    found.mkdir()
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Nordica", "D410"
    drawn_room().save(found / "a-word-not-to-show.jpg", exif=exif, quality=92)
    clip(found / "clip.mp4")
    (found / "notes.jpg").write_text("this is no picture")
    return found


@pytest.fixture
def items(case, circle, folder):
    """The received items by what they are: picture, video, refused."""
    officer = circle.officer(circle.it)
    receive(officer, VI, case, [folder], Intake("seized laptop", "found", ("H0",), ""))
    job = jobs.take("test")
    assert jobs.run(job), job.error
    with guard.scope(officer, VI):
        rows = list(Media.objects.filter(case=case))
    return {row.kind if not row.refusal else "refused": row for row in rows}


@pytest.fixture
def officer(case, circle):
    return circle.officer(circle.it)


@pytest.fixture
def reader(case, circle):
    """A specialist of Italy who may know of the case but look at nothing but crops."""
    with acting(circle.officer(circle.it), Act.GRANT, case.as_thing(), VI, step="test"):
        Membership.objects.create(case=case, account=circle.it_second, part="reader")
    return circle.officer(circle.it_second)


@pytest.fixture
def talking(officer, case, tmp_path):
    """A video of two seconds with a tone, received as an item."""
    folder = tmp_path / "talking"
    folder.mkdir()
    with av.open(str(folder / "tone.mov"), "w") as out:
        stream = out.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        voice = out.add_stream("pcm_s16le", rate=16000, layout="mono")
        samples = (np.sin(np.arange(32000) * 0.17) * 9000).astype(np.int16)
        sound = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        sound.sample_rate = 16000
        out.mux(voice.encode(sound))
        for n in range(10):
            shade = np.full((48, 64, 3), 20 * n, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(shade, format="rgb24")))
        out.mux([*stream.encode(), *voice.encode()])
    receive(officer, VI, case, [folder], Intake("seized laptop", "found", ("H0",), ""))
    with guard.system("what earlier items set off is not wanted here"):
        Job.objects.exclude(task="intake.receive").filter(status="ready").delete()
    job = jobs.take("test")
    assert jobs.run(job), job.error
    with guard.scope(officer, VI):
        return Media.objects.filter(case=case).get(mime="video/quicktime")


@pytest.fixture
def desk(client, circle, items):
    """Italy's examiner at the desk."""
    client.force_login(circle.it)
    return client
