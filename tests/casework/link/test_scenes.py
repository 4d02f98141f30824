"""A thing is found again in other items: proposed with its points, listed for a box, gone when erased."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from django.urls import reverse

from entente.casework.intake.service import evidence_store
from entente.casework.link import service
from entente.casework.link.service import indexed
from entente.casework.link.service.scenes import APART, KIND
from entente.records import guard, jobs
from entente.records.erasure import erase
from entente.records.jobs import enqueue
from entente.records.models import Derivation, Job, Link, Media, ScenePoints
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Region
from tests.casework.link.scene.drawn import ASIDE, BOX, room
from tests.casework.match.test_scenes import laid_down, taken

VI = Purpose.VICTIM_IDENTIFICATION


def ran(circle, name: str, case, **payload) -> Job:
    job = enqueue(name, circle.officer(circle.it), VI, case=case.pk, **payload)
    assert jobs.run(jobs.take("test", only=job)), Job.objects.get(pk=job.pk).error
    return Job.objects.get(pk=job.pk)


@pytest.fixture
def rooms(circle, case, tmp_path):
    """Three rooms; one poster hangs in two of them."""
    taken(circle, case, laid_down(tmp_path / "a", a=room(101, 3), b=room(102, 3, ASIDE), c=room(103)))
    with guard.system("test"):
        return {m.occurrences.get().name[0]: m for m in Media.objects.filter(case=case)}


def links(case) -> list[Link]:
    with guard.system("test"):
        return list(Link.objects.filter(case=case, kind=str(KIND)).select_related("a", "b"))


def test_the_same_thing_is_proposed_once_with_its_place_and_found_for_a_box(
    circle, case, rooms, tmp_path, client
) -> None:
    told = ran(circle, "link.scenes", case).result
    assert (told["looked"], told["compared"], told["made"], told["hubs"]) == (3, 3, 1, [])
    [link] = links(case)
    assert {link.a_id, link.b_id} == {rooms["a"].pk, rooms["b"].pk} and link.state == "proposed"
    assert "points lie in both" in link.because and link.method == "link.scene" and link.weight >= 0.6
    pair = link.where["pairs"][0]
    first = link.a_id == rooms["a"].pk
    x, y = pair[:2] if first else pair[2:]
    assert BOX[0] <= x <= BOX[0] + BOX[2] and BOX[1] <= y <= BOX[1] + BOX[3]
    again = ran(circle, "link.scenes", case).result
    assert (again["looked"], again["compared"], again["made"]) == (0, 0, 0), "what is done is not done again"

    taken(circle, case, laid_down(tmp_path / "later", d=room(104, 3)))
    more = ran(circle, "link.scenes", case).result
    assert (more["looked"], more["compared"], more["made"]) == (1, 1, 2), "one more, without those before"

    officer = circle.officer(circle.it)
    job = service.ask_to_find(officer, VI, rooms["a"], Region(*BOX), None)
    assert jobs.run(jobs.take("test", only=job)), Job.objects.get(pk=job.pk).error
    with guard.scope(officer, VI):
        search = service.search(officer, case, job.pk)
        assert search is not None and search.media.pk == rooms["a"].pk
        met = {c.media.number: c for c in search.candidates}
        assert rooms["b"].number in met and rooms["a"].number not in met and rooms["c"].number not in met
        x, y = np.array(met[rooms["b"].number].pairs)[:, :2].mean(axis=0)
    assert BOX[0] < x < BOX[0] + BOX[2] and BOX[1] < y < BOX[1] + BOX[3], "placed in the whole item"
    with guard.scope(circle.officer(circle.au), VI):
        assert service.search(circle.officer(circle.au), case, job.pk) is None, "another agency reads nothing"

    client.force_login(circle.it)
    page = client.get(f"{reverse('link:found', args=[case.pk])}?of={job.pk}").content.decode()
    assert "points lie in both" in page and "<polyline" in page and "What is out of reach" in page
    assert "<img" not in page and "later" not in page, "nothing is shown, no file is named"
    queue = client.get(reverse("link:page", args=[case.pk])).content.decode()
    assert "same object or scene" in queue and "<polyline" in queue
    asked = client.post(reverse("link:find", args=[case.pk, rooms["a"].number]), {"x": "0.1"}, follow=True)
    assert "mark a box around the thing first" in asked.content.decode()

    _erased_with_its_item(circle, case, rooms)


def _erased_with_its_item(circle, case, rooms) -> None:
    with guard.system("test"):
        row = ScenePoints.objects.get(media=rooms["a"])
        assert Derivation.objects.filter(thing=row.pk, what="scene points").exists()
        assert row.key and evidence_store().has(row.key)
        rows = indexed.in_sight(circle.agencies.it.pk, case.pk)
        kept = indexed.held(circle.agencies.it.pk, case.pk, rows)
        assert indexed.held(circle.agencies.it.pk, case.pk, rows) is kept
    erase(circle.officer(circle.it), VI, rooms["a"], "no longer needed")
    with guard.system("test"):
        assert not ScenePoints.objects.filter(pk=row.pk).exists()
        assert indexed.held(circle.agencies.it.pk, case.pk, rows) is not kept, "nothing of it stays in memory"
    found = ran(circle, "link.find", case, item=rooms["a"].number, region=list(BOX), t=None).result
    assert "no more in sight" in found["refused"] and found["found"] == []


def test_a_box_without_a_pattern_and_one_that_is_missing_are_refused_with_their_mend(
    circle, case, tmp_path
) -> None:
    plain = np.full((300, 400), 120, np.uint8)
    cv2.circle(plain, (40, 40), 20, 20, -1)
    taken(circle, case, laid_down(tmp_path / "a", a=plain))
    with guard.system("test"):
        media = Media.objects.get(case=case)
    officer = circle.officer(circle.it)
    with pytest.raises(service.FindRefused, match="mark a box"):
        service.ask_to_find(officer, VI, media, None, None)
    told = ran(circle, "link.find", case, item=media.number, region=[0.5, 0.5, 0.3, 0.3], t=None).result
    assert "draw it larger" in told["refused"] and told["found"] == []


def test_what_ties_strangers_is_listed_and_its_links_wait_for_nobody(
    circle, case, rooms, monkeypatch
) -> None:
    monkeypatch.setattr("entente.casework.link.scene.hubs.STRANGERS", 0)
    told = ran(circle, "link.scenes", case).result
    assert told["hubs"] and "share nothing else" in told["hubs"][0][1]
    [link] = links(case)
    assert link.state == APART
    with guard.scope(circle.officer(circle.it), VI):
        assert service.waiting(case) == [] and service.why(case, link.a, link.b) == []


def filmed(path: Path, codec: str, *shots: np.ndarray, each: int) -> None:
    """Write a film of still shots, 25 frames a second, with a key frame only where the encoder sets one."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        stream.codec_context.gop_size = 10_000
        stream.options = {"crf": "20", "preset": "veryfast"} if codec == "libx264" else {}
        if codec == "mpeg4":
            stream.options = {"qscale": "3", "sc_threshold": "1000000000"}
        for i in range(each * len(shots)):
            frame = av.VideoFrame.from_ndarray(cv2.merge([shots[i // each]] * 3), format="rgb24")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode())


def test_a_room_in_a_video_and_a_still_of_it_are_proposed_with_the_second(
    circle, case, tmp_path, client
) -> None:
    """In one film it has a key frame of its own, in the other no frame but the first is one."""
    folder = laid_down(tmp_path / "a", still=room(101, 3, ASIDE), late=room(104, 8, ASIDE))
    filmed(folder / "still.mp4", "libx264", room(110), room(103, 3), room(112), each=30)
    filmed(folder / "late.mp4", "mpeg4", room(113), room(114), room(105, 8), each=30)
    filmed(folder / "other.mp4", "libx264", room(120), room(121), each=30)
    taken(circle, case, folder)
    told = ran(circle, "link.scenes", case).result
    assert (told["looked"], told["compared"], told["made"]) == (5, 5, 2)
    client.force_login(circle.it)
    queue = client.get(reverse("link:page", args=[case.pk])).content.decode()
    found = set()
    for link in links(case):
        film, still = sorted((link.a, link.b), key=lambda m: m.kind == "picture")
        with guard.system("test"):
            name, of = (m.occurrences.get().name for m in (film, still))
        found.add((name, of))
        start, end = {"still.mp4": (1.2, 2.4), "late.mp4": (2.4, 3.6)}[name]
        second = link.where["t"][0 if link.a_id == film.pk else 1]
        assert start <= second < end, "where the poster hangs"
        assert "points lie in both" in link.because and link.state == "proposed"
        assert f"at second {second:.1f} of #{film.number}" in link.because
        assert f"at second {second:.1f} of #{film.number}" in queue and "<polyline" in queue
    assert found == {("still.mp4", "still.jpg"), ("late.mp4", "late.jpg")}
