"""A part of a held picture is recognised in another case, proposed with its place, and forgotten with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from entente.casework.intake.service import Intake, evidence_store, open_case, receive
from entente.casework.match.scene import TOO_FEW, Features
from entente.casework.match.scene.seen import TO_ASK, TO_HOLD
from entente.casework.match.service import decide_match, scenes
from entente.casework.match.service.marks import remark
from entente.casework.prioritise.service import assign
from entente.casework.seize.service.reproduce import Again, reproduce
from entente.records import guard, jobs
from entente.records.erasure import erase
from entente.records.jobs import enqueue
from entente.records.models import Derivation, Job, Match, Media, SceneFeatures
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose
from tests.casework.match.scene.drawn import pasted, scene
from tests.casework.match.test_lists import run_all

VI = Purpose.VICTIM_IDENTIFICATION


def in_colour(plane: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", cv2.merge([plane] * 3), [1, 85])[1].tobytes()


def laid_down(folder: Path, **pictures: np.ndarray) -> Path:
    folder.mkdir()
    for name, plane in pictures.items():
        (folder / f"{name}.jpg").write_bytes(in_colour(plane))
    return folder


def taken(circle, case, folder: Path, account=None) -> None:
    officer = circle.officer(account or circle.it)
    job = receive(officer, VI, case, [folder], Intake("a phone"))
    assert jobs.run(jobs.take("test", only=job)), Job.objects.get(pk=job.pk).error


def searched(circle, case, account=None) -> dict[str, int]:
    job = enqueue("match.scenes", circle.officer(account or circle.it), VI, case=case.pk)
    assert jobs.run(jobs.take("test", only=job)), Job.objects.get(pk=job.pk).error
    return Job.objects.get(pk=job.pk).result


def opened_by(circle, account, number: str):
    return open_case(
        circle.officer(account),
        VI,
        number=number,
        title="Operation Alder",
        victim_number="V-002",
        discovered_at=datetime.now(UTC) - timedelta(days=1),
    )


@pytest.fixture
def older(circle, tmp_path):
    """Another case of the same agency that holds three pictures, with their features."""
    case = opened_by(circle, circle.it, "IT-2026-002")
    taken(circle, case, laid_down(tmp_path / "older", a=scene(1), b=scene(2), c=scene(3)))
    assert searched(circle, case) == {"asked": 3, "proposed": 0, "too_few": 0}
    return case


def matches(case) -> list[Match]:
    with guard.system("test"):
        return list(Match.objects.filter(case=case).select_related("media", "held"))


def test_a_crop_and_a_screenshot_of_another_cases_pictures_are_proposed(
    circle, case, older, tmp_path
) -> None:
    folder = laid_down(
        tmp_path / "new",
        crop=np.ascontiguousarray(scene(1)[60:420, 60:560][:, ::-1]),
        shot=pasted(scene(2), 0.8),
        new=scene(9),
    )
    taken(circle, case, folder)
    assert searched(circle, case) == {"asked": 3, "proposed": 2, "too_few": 0}
    mirrored, shot = sorted(matches(case), key=lambda m: m.transform)
    assert (mirrored.transform, shot.transform) == ("mirror-y", "original")
    assert (mirrored.verdict, mirrored.state, mirrored.method) == ("scene", "proposed", "match.scene")
    assert mirrored.regions[0] == pytest.approx([0, 0, 1, 1], abs=0.02)
    assert mirrored.regions[1] == pytest.approx([60 / 640, 60 / 480, 500 / 640, 360 / 480], abs=0.02)
    assert "corners lie in one arrangement after mirroring" in mirrored.because
    with guard.system("test"):
        assert set(Media.objects.filter(case=case).values_list("known", flat=True)) == {"", "new"}
        assert not Media.objects.filter(case=case, known="scene").exists(), "a person has not said so"


def test_what_is_met_in_another_case_is_no_other_agencys_to_read(circle, case, older, tmp_path) -> None:
    taken(circle, case, laid_down(tmp_path / "new", crop=scene(1)[60:420, 60:560]))
    searched(circle, case)
    [match] = matches(case)
    assert "H2" in match.codes.split()
    assign(circle.officer(circle.it), VI, case, circle.dk, part=Part.MEMBER)
    with guard.scope(circle.officer(circle.dk), VI):
        assert Media.objects.get(case=case).known == "new", "what Italy holds is not told"
        assert not Match.objects.filter(case=case).exists()
    decide_match(circle.officer(circle.it), VI, match, confirmed=True)
    with guard.scope(circle.officer(circle.dk), VI):
        assert Media.objects.get(case=case).known == "scene", "an officer of Italy said so"
        assert not Match.objects.filter(case=case).exists()
    assert str(match.held_id) == match.entry and "IT-2026-002" not in match.because + match.list_name


def test_another_agency_is_not_asked_and_learns_nothing(circle, older, tmp_path) -> None:
    theirs = opened_by(circle, circle.au, "AU-2026-001")
    taken(circle, theirs, laid_down(tmp_path / "new", crop=scene(1)[60:420, 60:560]), circle.au)
    assert searched(circle, theirs, circle.au) == {"asked": 1, "proposed": 0, "too_few": 0}
    assert matches(theirs) == []


def test_a_person_confirms_and_then_the_item_is_held_as_known_in_its_own_case(
    circle, case, older, tmp_path
) -> None:
    taken(circle, case, laid_down(tmp_path / "new", crop=scene(1)[30:450, 30:610]))
    searched(circle, case)
    [match] = matches(case)
    decide_match(circle.officer(circle.it), VI, match, confirmed=True)
    taken(circle, case, laid_down(tmp_path / "more", part=scene(1)[80:440, 100:560]))
    assert searched(circle, case)["proposed"] == 2  # the older case's picture and the confirmed one
    decide_match(circle.officer(circle.it), VI, match, confirmed=False)
    with guard.system("test"):
        assert Media.objects.get(pk=match.media_id).known == "new"


def test_it_does_only_what_is_missing(circle, case, older, tmp_path) -> None:
    taken(circle, case, laid_down(tmp_path / "new", crop=scene(1)[60:420, 60:560], blank=scene(8)))
    assert searched(circle, case)["asked"] == 2
    assert searched(circle, case) == {"asked": 0, "proposed": 0, "too_few": 0}
    taken(circle, older, laid_down(tmp_path / "older still", d=scene(8)))
    searched(circle, older)
    # more is held now; the picture that is the same scene whole is found as well
    assert searched(circle, case)["asked"] == 2
    assert len(matches(case)) == 1  # the same bytes: the lists' and the digests' affair


def test_where_nothing_is_held_a_picture_is_asked_of_nothing_until_something_is(
    circle, case, tmp_path, monkeypatch
) -> None:
    wanted, real = [], scenes.read

    def watched(file, **how):
        wanted.append(how["extract"])
        return real(file, **how)

    monkeypatch.setattr(scenes, "read", watched)
    taken(circle, case, laid_down(tmp_path / "new", crop=scene(1)[60:420, 60:560]))
    assert searched(circle, case) == {"asked": 1, "proposed": 0, "too_few": 0}
    assert searched(circle, case)["asked"] == 0
    other = opened_by(circle, circle.it, "IT-2026-002")
    taken(circle, other, laid_down(tmp_path / "old", a=scene(1)))
    searched(circle, other)
    assert searched(circle, case)["proposed"] == 1
    assert wanted == [[TO_HOLD], [TO_HOLD, TO_ASK], [TO_HOLD, TO_ASK]]


def test_two_workers_at_one_case_end_well(circle, case, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(scenes, "AT_ONCE", 1)
    taken(circle, case, laid_down(tmp_path / "new", a=scene(1), b=scene(2)))
    job = enqueue("match.scenes", circle.officer(circle.it), VI, case=case.pk)
    other: list[dict[str, int]] = []

    def meanwhile(done: int, total: int) -> None:
        if not other:
            other.append(searched(circle, case))

    assert jobs.run(jobs.take("test", only=job), watch=meanwhile), Job.objects.get(pk=job.pk).error
    assert other[0]["asked"] == 1, "it went on where the first was"
    with guard.system("test"):
        assert SceneFeatures.objects.filter(case=case).count() == 2


def test_a_featureless_picture_says_so_and_is_not_asked_again(circle, case, older, tmp_path) -> None:
    taken(circle, case, laid_down(tmp_path / "new", grey=np.full((480, 640), 120, np.uint8)))
    assert searched(circle, case) == {"asked": 1, "proposed": 0, "too_few": 1}
    with guard.system("test"):
        row = SceneFeatures.objects.get(case=case)
    assert (row.because, row.key, row.count) == (TOO_FEW, "", 0)
    assert searched(circle, case)["asked"] == 0


def test_features_are_sealed_derived_and_made_again_to_the_bit(circle, older) -> None:
    with guard.system("test"):
        row = SceneFeatures.objects.filter(case=older).select_related("media").first()
        derived = Derivation.objects.get(thing=row.pk)
    with evidence_store().open(row.key) as stream:
        kept = Features.from_bytes(stream.read()[16:])
    assert len(kept) == row.count
    assert not any(
        kept.to_bytes()[24:80] in p.read_bytes() for p in evidence_store().root.rglob("*") if p.is_file()
    )
    again = [r for r in reproduce(circle.officer(circle.it), VI, row.media) if r.derivation.pk == derived.pk]
    assert [(r.verdict, r.because) for r in again] == [(Again.SAME, "")]


def test_erasing_the_held_picture_takes_its_features_and_the_match_along(
    circle, case, older, tmp_path
) -> None:
    taken(circle, case, laid_down(tmp_path / "new", crop=scene(1)[60:420, 60:560]))
    searched(circle, case)
    [match] = matches(case)
    with guard.system("test"):
        key = SceneFeatures.objects.get(media=match.held).key
        held = match.held
    stone = erase(circle.officer(circle.it), VI, held, "the clock ran out")
    assert key in stone.keys
    assert matches(case) == []
    with guard.system("test"):
        assert Media.objects.get(case=case).known == "new"
    assert searched(circle, case)["proposed"] == 0


def test_damaged_features_are_left_out_and_nothing_else_is_lost(circle, case, older, tmp_path) -> None:
    with guard.system("test"):
        first, second, *_ = SceneFeatures.objects.filter(case=older).order_by("media__occurrences__name")
    path = next(p for p in evidence_store().root.rglob("*") if first.key in p.name)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-9] + b"123456789")
    taken(circle, case, laid_down(tmp_path / "new", a=scene(1)[60:420, 60:560], b=scene(2)[60:420, 60:560]))
    assert searched(circle, case)["proposed"] == 1
    assert [m.held_id for m in matches(case)] == [second.media_id]


def test_what_hangs_on_a_confirmed_match_falls_and_stands_with_it(circle, case, older, tmp_path) -> None:
    officer = circle.officer(circle.it)
    taken(circle, case, laid_down(tmp_path / "new", crop=scene(1)[30:450, 30:610]))
    searched(circle, case)
    [match] = matches(case)
    taken(circle, case, laid_down(tmp_path / "more", part=scene(1)[80:440, 100:560]))
    Job.objects.all().delete()
    decide_match(officer, VI, match, confirmed=True)
    assert sorted(Job.objects.values_list("task", flat=True)) == ["match.scenes", "prioritise.rank"]
    run_all()
    of_older = {m.pk: m.held_id for m in matches(case)}
    [hanging] = [pk for pk, held in of_older.items() if held == match.media_id]

    def standing() -> tuple[str, str]:
        with guard.system("test"):
            row = Match.objects.get(pk=hanging)
            Match.objects.filter(media=row.media, held__case=older).update(state="refused")
            remark([row.media_id])
            return row.state, Media.objects.get(pk=row.media_id).known

    assert standing() == ("proposed", "new")
    decide_match(officer, VI, match, confirmed=None)
    assert standing() == ("withdrawn", "new")
    decide_match(officer, VI, match, confirmed=True)
    assert standing() == ("proposed", "new")
    decide_match(officer, VI, match, confirmed=False)
    assert standing() == ("withdrawn", "new")
    assert "prioritise.rank" in [job.task for job in run_all()]


def test_features_that_were_opened_once_are_not_opened_again_and_erased_ones_are_let_go(
    circle, case, older, tmp_path, monkeypatch
) -> None:
    store, opened = evidence_store(), []
    real = store.open
    monkeypatch.setattr(store, "open", lambda key: opened.append(key) or real(key))
    with guard.system("test"):
        keys = set(SceneFeatures.objects.filter(case=older).values_list("key", flat=True))
    taken(circle, case, laid_down(tmp_path / "new", a=scene(1)[60:420, 60:560]))
    assert searched(circle, case)["proposed"] == 1
    assert keys <= set(opened)
    opened.clear()
    taken(circle, case, laid_down(tmp_path / "more", b=scene(2)[60:420, 60:560]))
    assert searched(circle, case)["proposed"] == 1
    assert not keys & set(opened)
    assert scenes._KEPT
    with guard.system("test"):
        erase(circle.officer(circle.it), VI, older, "the court says so")
    assert not scenes._KEPT
