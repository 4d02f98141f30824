"""A camera is made of reference pictures, items are compared with it, and it goes with what made it."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from demo.sensors import Sensor
from django.urls import reverse
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from entente.casework.intake.service import Intake, evidence_store, receive
from entente.casework.link import service
from entente.casework.link.camera import VERSION
from entente.casework.link.service.cameras import CameraRefused, know, numbered, take_away
from entente.casework.prioritise.service import assign
from entente.records import guard, jobs
from entente.records.erasure import erase
from entente.records.jobs import enqueue
from entente.records.models import Camera, CameraFinding, Change, Derivation, Job, Link, Media
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
SIZE = (288, 352)
OWN, OTHER = Sensor(1, 1, SIZE, 0.012), Sensor(2, 1, SIZE, 0.012)


def run(circle, case, task: str, **told) -> dict:
    job = enqueue(task, circle.officer(circle.it), VI, case=case.pk, **told)
    assert jobs.run(jobs.take("test", only=job)), Job.objects.get(pk=job.pk).error
    return Job.objects.get(pk=job.pk).result


@pytest.fixture
def items(circle, case, tmp_path) -> dict[str, Media]:
    """Three flat fields and a picture of one sensor, one of another of its model, and a cut one."""
    folder = tmp_path / "phone"
    folder.mkdir()
    pictures = {f"a{n}": OWN.flat(n) for n in range(3)}
    pictures |= {"b": OWN.picture(5), "c": OTHER.picture(5), "d": OWN.picture(6)[:200, :300].copy()}
    for name, picture in pictures.items():
        cv2.imwrite(str(folder / f"{name}.png"), picture)
    job = receive(circle.officer(circle.it), VI, case, [folder], Intake("a phone"))
    assert jobs.run(jobs.take("test", only=job)), Job.objects.get(pk=job.pk).error
    with guard.system("test"):
        rows = Media.objects.filter(case=case).prefetch_related("occurrences")
        return {row.occurrences.first().name.removesuffix(".png"): row for row in rows}


def findings() -> dict[str, CameraFinding]:
    with guard.system("test"):
        rows = CameraFinding.objects.select_related("media", "link", "camera")
        return {row.media.occurrences.first().name.removesuffix(".png"): row for row in rows}


def test_a_camera_from_its_pictures_to_its_end(circle, case, items, client) -> None:
    officer = circle.officer(circle.it)
    with guard.scope(officer, VI):
        references = numbered(case, ", ".join(str(items[f"a{n}"].number) for n in range(3)))
    camera = know(officer, VI, case, references)
    assert run(circle, case, "link.cameras") == {"cameras": 1, "compared": 3, "proposed": 1}
    found = findings()
    assert set(found) == {"b", "c", "d"}
    assert found["b"].z > 8 and found["b"].log10_lr >= 1 and found["b"].overlap == SIZE[0] * SIZE[1]
    assert (found["c"].log10_lr, found["c"].because) in {(None, "no sign"), (None, "between")}
    assert (found["d"].fitness, found["d"].because, found["d"].z) == ("unfit", "shape", None)
    with guard.scope(officer, VI):
        link = Link.objects.get(kind="same camera")
        camera = Camera.objects.get(pk=camera.pk)
        derived = Derivation.objects.get(thing=camera.pk)
    assert {link.a_id, link.b_id} == {min(references, key=lambda m: m.number).pk, items["b"].pk}
    assert "supports" in link.because and "z " in link.because and "png" not in link.because
    assert derived.what == "sensor pattern" and set(derived.inputs) == {m.sha256 for m in references}
    assert run(circle, case, "link.cameras")["compared"] == 0, "only what is missing"

    with guard.system("what an older version of the arithmetic left"):
        Camera.objects.update(version="older")
        CameraFinding.objects.filter(pk=found["c"].pk).update(log10_lr=4.0, fitness="original", because="")
        Link.objects.filter(pk=link.pk).update(weight=0.2, version="older")
    with guard.scope(officer, VI):
        assert service.standings(officer, case)[2].left == 3
    assert run(circle, case, "link.cameras") == {"cameras": 1, "compared": 3, "proposed": 1}
    anew = findings()
    assert {n: (f.log10_lr, f.because) for n, f in anew.items()} == {
        n: (f.log10_lr, f.because) for n, f in found.items()
    }, "nothing of it stayed"
    with guard.scope(officer, VI):
        link = Link.objects.get(kind="same camera")
    assert (link.pk, link.version) == (anew["b"].link_id, VERSION)

    client.force_login(circle.it)
    text = client.get(reverse("link:cameras", args=[case.pk])).content.decode()
    assert "cannot say" in text and "speaks" in text and "another shape or size" in text
    assert "Video is unfit" in text

    key = camera.key
    take_away(officer, VI, camera)
    with guard.system("test"):
        assert not Camera.objects.exists() and not CameraFinding.objects.exists()
        assert not Link.objects.filter(kind="same camera").exists()
    evidence_store().remove(key)  # as happens once the act is committed
    with guard.scope(officer, VI):
        service.undo(officer, VI, Change.objects.get(what="take a camera away"))
    assert set(findings()) == {"b", "c", "d"}
    run(circle, case, "link.cameras")
    with guard.system("test"):
        again = Camera.objects.get()
    assert evidence_store().has(again.key), "its fingerprint is made anew"

    stone = erase(officer, VI, references[1], "the clock ran out")
    assert again.key in stone.keys
    with guard.system("test"):
        assert not Camera.objects.exists() and not CameraFinding.objects.exists()
        assert not Link.objects.filter(kind="same camera").exists()


def test_what_no_camera_can_be_made_of_and_the_page_that_says_so(circle, case, items, client) -> None:
    officer = circle.officer(circle.it)
    with guard.scope(officer, VI):
        two, mixed = numbered(case, "1-2"), [items["a0"], items["a1"], items["d"]]
        many = ", ".join(f"{n}-{n + 60}" for n in range(1, 900, 61))
        for text in ("one", "3-1", "1-900", many):
            with pytest.raises(CameraRefused):
                numbered(case, text)
    with pytest.raises(CameraRefused, match="at least 3"):
        know(officer, VI, case, two)
    with pytest.raises(CameraRefused, match="of one size"):
        know(officer, VI, case, mixed)
    with guard.system("test"):
        assert not Camera.objects.exists()

    client.force_login(circle.it)
    there = reverse("link:cameras", args=[case.pk])
    assert "No camera is known here" in client.get(there).content.decode()
    told = client.post(reverse("link:camera-know", args=[case.pk]), {"numbers": "nothing"}, follow=True)
    assert "is no item number" in told.content.decode()
    ids = [str(items[f"a{n}"].pk) for n in range(3)]
    answer = client.post(reverse("link:camera-know", args=[case.pk]), {"item": [*ids, "no-id"]})
    assert answer.status_code == 303
    assert Job.objects.filter(task="link.cameras", case=case.pk).count() == 1
    with guard.system("test"):
        camera = Camera.objects.get()
    assert client.post(reverse("link:camera-compare", args=[case.pk])).status_code == 303
    assert client.post(reverse("link:camera-away", args=[case.pk, camera.pk])).status_code == 303
    with guard.system("test"):
        assert not Camera.objects.exists()


def test_another_agency_sees_no_camera_of_withheld_pictures_and_a_reader_makes_none(
    circle, case, items, client
) -> None:
    officer = circle.officer(circle.it)
    with guard.system("test"):
        Media.objects.filter(pk=items["a1"].pk).update(codes="H2")
    camera = know(officer, VI, case, [items[f"a{n}"] for n in range(3)])
    run(circle, case, "link.cameras")
    assert "H2" in camera.codes
    assign(officer, VI, case, circle.dk, part=Part.MEMBER)
    with guard.scope(circle.officer(circle.dk), VI):
        assert not Camera.objects.exists() and not CameraFinding.objects.exists()
        assert not Link.objects.filter(kind="same camera").exists()
    assign(officer, VI, case, circle.it_second, part=Part.READER)
    with pytest.raises(guard.Denied):
        know(circle.officer(circle.it_second), VI, case, [items[f"a{n}"] for n in range(3)])


def test_nothing_of_a_decoder_is_believed_that_is_no_plane() -> None:
    from entente.casework.link.camera.answer import learned_of, residual_of
    from entente.casework.link.camera.seen import to_compare, to_learn

    class Seen:
        kind = "picture"
        frames = [(0.0, np.dstack([OWN.picture(3)[..., 0]] * 3))]

    told = to_compare(Seen())
    noise = residual_of({"value": told})
    assert noise.shape == SIZE and 0.3 < noise.std() < 5
    plane, luma = learned_of({"value": to_learn(Seen())})
    assert (plane == noise).all() and abs(int(luma.mean()) - 120) < 80
    for wrong in (
        [],
        None,
        told[:2],
        [1, 2, told[2]],
        [*told[:2], "A" * 8],
        [*told[:2], 5],
        ["288", 352, told[2]],
    ):
        assert residual_of({"value": wrong}) is None
    assert residual_of({"error": "it died"}) is None


def _filmed(path: Path, *, stabilised: bool, crf: int, smaller: int = 1) -> Path:
    """Write a film of the sensor's own flat fields, the best case there is."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = SIZE[1] // smaller, SIZE[0] // smaller, "yuv420p"
        stream.options = {"crf": str(crf), "preset": "veryfast"}
        for i in range(20):
            seen = np.roll(OWN.flat(i), (3 * i % 7 - 3, 5 * i % 9 - 4) if stabilised else (0, 0), axis=(0, 1))
            seen = cv2.resize(seen, (stream.width, stream.height), interpolation=cv2.INTER_AREA)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(seen), format="bgr24")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def test_of_what_lies_at_no_known_place_the_noise_says_nothing_and_never_that_it_is_another_camera(
    circle, case, tmp_path, client
) -> None:
    """A cut of the same shape, a camera's zoom, and films: stabilised, as a messenger sends, untouched."""
    folder = tmp_path / "phone"
    folder.mkdir()
    for n in range(3):
        cv2.imwrite(str(folder / f"a{n}.png"), OWN.flat(n))
    for place, (top, left) in {"cut": (5, 9), "corner": (0, 0)}.items():
        cv2.imwrite(str(folder / f"{place}.png"), OWN.picture(6)[top : top + 270, left : left + 330])
    zoomed = cv2.resize(OWN.picture(7)[72:216, 88:264], SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    words = Image.Exif()
    words[271], words[272], words.get_ifd(0x8769)[41988] = "Nordica", "D410", IFDRational(2, 1)
    Image.fromarray(zoomed[..., ::-1]).save(folder / "zoomed.jpg", quality=95, exif=words)
    _filmed(folder / "stabilised.mp4", stabilised=True, crf=15)
    _filmed(folder / "messenger.mp4", stabilised=False, crf=33, smaller=2)
    _filmed(folder / "untouched.mp4", stabilised=False, crf=8)
    officer = circle.officer(circle.it)
    job = receive(officer, VI, case, [folder], Intake("a phone"))
    assert jobs.run(jobs.take("test", only=job)), Job.objects.get(pk=job.pk).error
    with guard.system("test"):
        rows = Media.objects.filter(case=case).prefetch_related("occurrences")
        flat = [row for row in rows if row.occurrences.first().name.startswith("a")]
        own = next(row for row in rows if row.occurrences.first().name == "zoomed.jpg")
    with pytest.raises(CameraRefused, match=f"^{own}: zoomed, so no camera"):
        know(officer, VI, case, [*flat, own])
    with guard.scope(officer, VI):
        [device] = service.cameras.devices(case)
    assert (device.items, device.references) == ((own,), ()), "nor is it offered"
    know(officer, VI, case, flat)
    assert run(circle, case, "link.cameras") == {"cameras": 1, "compared": 6, "proposed": 0}
    found = {name.partition(".")[0]: row for name, row in findings().items()}
    assert {name: row.log10_lr for name, row in found.items()} == dict.fromkeys(found), "nothing is said"
    for name in ("cut", "corner"):
        assert (found[name].fitness, found[name].because) in {("resized", "no sign"), ("resized", "between")}
        assert found[name].z is not None and found[name].z < 6
    assert (found["zoomed"].fitness, found["zoomed"].because, found["zoomed"].z) == ("unfit", "zoomed", None)
    for name in ("stabilised", "messenger", "untouched"):
        assert (found[name].fitness, found[name].because, found[name].z) == ("unfit", "video", None)
    with guard.system("test"):
        assert not Link.objects.filter(case=case, kind="same camera").exists()
    client.force_login(circle.it)
    text = client.get(reverse("link:cameras", args=[case.pk])).content.decode()
    assert text.count("cannot say") == 6 and "against this camera" not in text
    assert "zoomed by the camera" in text and text.count("its noise lies nowhere") == 3
