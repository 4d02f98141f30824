"""A list of videos in the desk: an item of a case is known by a stretch, forwards, backwards and turned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from django.urls import reverse

from entente.casework.intake.service import closer, sealing
from entente.casework.match.service import import_list
from entente.casework.match.service.moving import frames_of, met_enough, packed_frames
from entente.evidence.open import read
from entente.formats.vpdq import write_signals
from entente.records import guard, jobs
from entente.records.models import Compared, Derivation, Frame, Job, ListedHash, Match, Media
from entente.vocabulary.media import FrameHash, Refusal, RefusalCode, Sampling
from tests.casework.match.test_lists import run_all
from tests.casework.match.test_service import VI, checked, taken
from tests.evidence.drawn import scene


def _film(path: Path, shots: list[tuple[int, int, int]], *, mirrored: bool = False) -> Path:
    """Write shots (drawn room, first step, seconds) at 8 frames a second; a room is panned over."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        pts = 0
        for room, first, seconds in shots:
            for step in range(first, first + 8 * seconds):
                shown = np.roll(scene(120, 160, seed=room + step // 16), 2 * step, axis=1)
                frame = av.VideoFrame.from_ndarray(
                    np.ascontiguousarray(shown[:, ::-1] if mirrored else shown), format="rgb24"
                )
                frame.pts, pts = pts, pts + 1
                out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> tuple[Path, Path]:
    """A list of three held films, and a folder of what is found."""
    folder = tmp_path_factory.mktemp("films")
    held = [_film(folder / f"held{n}.mp4", [(100 * n, 0, 16)]) for n in range(3)]
    signals = folder / "list.json"
    with signals.open("wb") as stream:
        write_signals([read(path, sampling=Sampling.DENSE).frames for path in held], stream)
    found = folder / "found"
    found.mkdir()
    _film(found / "excerpt inside.mp4", [(1000, 0, 12), (100, 32, 8), (2000, 0, 10)])
    _film(found / "mirrored.mp4", [(200, 20, 10)], mirrored=True)
    _film(found / "other.mp4", [(3000, 0, 14)])
    return signals, found


def _held(circle, signals: Path) -> None:
    import_list(circle.officer(circle.it), VI, signals, name="films", format="vpdq")


def _matches() -> dict[str, tuple[str, str, str, list]]:
    with guard.system("test"):
        rows = Match.objects.select_related("media")
        return {m.media.occurrences.get().name: (m.verdict, m.entry, m.transform, m.segments) for m in rows}


def test_an_item_is_known_by_a_stretch_of_a_listed_video(circle, case, drawn):
    signals, found = drawn
    _held(circle, signals)
    with guard.system("test"):
        rows = list(ListedHash.objects.order_by("line"))
    assert [len(frames_of(r.frames)) > 40 for r in rows] == [True] * 3
    taken(circle, case, found)
    checked(circle, case)
    known = _matches()
    assert set(known) == {"excerpt inside.mp4", "mirrored.mp4"}
    verdict, entry, transform, segments = known["excerpt inside.mp4"]
    assert (verdict, entry, transform) == ("near", "2", "original")
    assert abs(segments[0]["query_start"] - 12) <= 1 and abs(segments[0]["match_start"] - 4) <= 1
    assert known["mirrored.mp4"][1:3] == ("3", "mirror-y")


def test_a_list_of_videos_is_matched_backwards_and_says_the_same(circle, case, drawn):
    signals, found = drawn
    taken(circle, case, found)
    checked(circle, case)
    assert _matches() == {}
    _held(circle, signals)
    run_all()
    back = _matches()
    assert set(back) == {"excerpt inside.mp4", "mirrored.mp4"}
    with guard.system("test"):
        Match.objects.all().delete()
        Compared.objects.all().delete()
        Media.objects.update(known="")
    checked(circle, case)
    assert _matches() == back


def test_a_video_that_comes_again_is_one_record_and_another_is_another(circle, drawn):
    signals, _ = drawn
    _held(circle, signals)
    import_list(circle.officer(circle.it), VI, signals, name="films", format="vpdq", version="2")
    with guard.system("test"):
        assert ListedHash.objects.count() == 3


def test_frames_come_out_of_a_record_as_they_went_in():
    frames = (FrameHash(0.125, "ab" * 32, 100), FrameHash(7.5, "01" * 32, 0))
    assert frames_of(packed_frames(frames)) == frames
    assert frames_of(packed_frames(())) == frames_of(b"") == ()
    with pytest.raises(ValueError, match="size"):
        frames_of(packed_frames(frames)[:-1])


def test_one_common_title_card_makes_nobody_a_candidate_unless_it_is_all_there_is():
    one = np.zeros(1, np.int64)
    item, record = met_enough(one, one, one, np.array([50]), np.array([80]))
    assert len(item) == len(record) == 0
    assert len(met_enough(one, one, one, np.array([1]), np.array([80]))[0]) == 1
    assert len(met_enough(one, one, one, np.array([50]), np.array([1]))[0]) == 1
    three = np.zeros(3, np.int64)
    assert len(met_enough(three, three, np.arange(3), np.array([50]), np.array([80]))[0]) == 1


@pytest.mark.parametrize("first", ["list", "items"])
def test_a_listed_picture_is_found_mirrored_in_a_video_whichever_came_first(circle, case, tmp_path, first):
    found = tmp_path / "found"
    found.mkdir()
    film = _film(found / "film.mp4", [(500, 0, 6)], mirrored=True)
    whole = _film(tmp_path / "plain.mp4", [(500, 0, 6)])
    still = read(whole).frames[5].pdq
    listed = tmp_path / "l.csv"
    listed.write_text(f"pdq,category\n{still},1\n")

    def take_list() -> None:
        import_list(circle.officer(circle.it), VI, listed, name="stills", format="hashlist")

    if first == "list":
        take_list()
    taken(circle, case, film.parent)
    checked(circle, case)
    if first == "items":
        take_list()
        run_all()
    assert _matches()["film.mp4"][2] == "mirror-y"


def test_a_large_seizure_is_answered_by_key_frames_first_and_then_looked_at_closely(
    client, circle, case, drawn, monkeypatch
):
    monkeypatch.setattr(sealing, "LARGE", 3)
    signals, found = drawn
    _held(circle, signals)
    run_all()
    taken(circle, case, found)
    with guard.system("test"):
        few = Frame.objects.count()
        assert all(m.first_pass for m in Media.objects.all())
    checked(circle, case)  # as the queue would: what was received is asked before anything is looked at again
    client.force_login(circle.it)
    address = reverse("match:page", args=[case.pk])
    assert "3 videos were compared by their key frames so far" in client.get(address).content.decode()
    done = [job.task for job in run_all()]
    assert done.count("intake.look-closer") == 1
    assert (
        done.index("match.check")
        < done.index("intake.look-closer")
        < len(done) - done[::-1].index("match.check")
    )  # asked, looked at closely, and asked again
    with guard.system("test"):
        assert Frame.objects.count() > 4 * few
        assert not any(m.first_pass for m in Media.objects.all())
        passes = [d.parameters.get("sampling", "") for d in Derivation.objects.filter(what="hashes")]
    assert sorted(passes) == ["", "", "", *["key-frames"] * 3]
    assert set(_matches()) == {"excerpt inside.mp4", "mirrored.mp4"}
    assert "key frames so far" not in client.get(address).content.decode()


def test_a_closer_look_that_was_killed_goes_on_and_one_that_fails_keeps_the_key_frames(
    circle, case, drawn, monkeypatch
):
    monkeypatch.setattr(sealing, "LARGE", 3)
    taken(circle, case, drawn[1])
    job = Job.objects.get(task="intake.look-closer")
    real, seen = closer.read, []

    def dies(file, **how):
        seen.append(how)
        if len(seen) == 2:
            raise jobs.Stopped
        if len(seen) == 4:
            return replace(real(file, **how), refusal=Refusal(RefusalCode.TIMEOUT, "it took too long"))
        return real(file, **how)

    monkeypatch.setattr(closer, "read", dies)
    assert not jobs.run(jobs.take("test", only=job))
    assert jobs.run(jobs.take("test", only=job))
    assert len(seen) == 4  # the first of the three was not looked at twice
    with guard.system("test"):
        left = [m for m in Media.objects.all() if m.first_pass]
        assert [m.decoded["closer"] for m in left] == ["it took too long"]
        assert left[0].frames.exists()
