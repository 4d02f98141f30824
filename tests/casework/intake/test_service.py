"""Intake through the queue, with real files of every bad kind: each ends recorded, nothing else is lost."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from PIL import Image

from entente.casework.intake.service import Intake, evidence_store, receive, receiving
from entente.casework.prioritise.service import assign
from entente.evidence.keys import KeyRefused
from entente.evidence.store import StoreFailed
from entente.records import guard, jobs, log
from entente.records.models import Frame, Job, LogEntry, Media, Occurrence, Restriction
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media_hash import Profile
from tests.evidence.drawn import clip, encoded, png_header, scene

VI = Purpose.VICTIM_IDENTIFICATION
PICTURE = encoded(scene(seed=1), "PNG")
BAD = {
    "a text.jpg": (b"this is a letter, not a picture", "not-media"),
    "only a head.png": (PICTURE[:40], "damaged"),
    "nothing.png": (b"", "empty"),
    "enormous.png": (png_header(50_000, 50_000), "too-large"),
    "film.mp4": (b"#EXTM3U\n#EXTINF:10,\nhttp://example.org/1.ts\n", "playlist"),
}
NAMES = ["комната.png", "部屋 の 写真.png", "غرفة.png", "tab\there\nline\x1b[31m.png", "🏠.png"]


def do(circle, case, *paths, account=None, intake=None) -> Job:
    """Receive and let the queue do only that job."""
    officer = circle.officer(account or circle.it)
    job = receive(officer, VI, case, paths, intake or Intake("a phone"))
    assert jobs.run(jobs.take("test", only=job)), Job.objects.get(pk=job.pk).error
    return Job.objects.get(pk=job.pk)


def rows() -> tuple[int, ...]:
    with guard.system("test"):
        return Media.objects.count(), Occurrence.objects.count(), Frame.objects.count()


def items() -> dict[str, Media]:
    """Return every item by the name it was found under."""
    with guard.system("test"):
        return {o.name: o.media for o in Occurrence.objects.select_related("media")}


@contextmanager
def without_the_right_to_read_everything() -> Iterator[None]:
    """Work in this thread, and those it starts, as root does not: a closed file is closed (capset(2))."""
    if os.getuid():
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this thread
    held = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, held) == 0
    fewer = (ctypes.c_uint32 * 6)(*held)
    fewer[0] &= ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH out of the effective set only
    assert libc.capset(header, fewer) == 0
    try:
        yield
    finally:
        assert libc.capset(header, held) == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as it comes off a phone: one good picture, one film, and everything that can be wrong."""
    found = tmp_path / "phone"
    deep = found
    for _ in range(30):
        deep = deep / ("d" * 30)
    deep.mkdir(parents=True)
    (found / "good.png").write_bytes(PICTURE)
    clip(found / "good.mp4", seconds=3)
    (deep / "deep.png").write_bytes(encoded(scene(seed=2), "PNG"))
    (found / "cut short.png").write_bytes(PICTURE[: len(PICTURE) // 2])
    for name, (data, _) in BAD.items():
        (found / name).write_bytes(data)
    for seed, name in enumerate(NAMES, 10):
        (found / name).write_bytes(encoded(scene(seed=seed), "PNG"))
    (Path(os.fsdecode(os.fsencode(found) + b"/latin-\xe9\xff.png"))).write_bytes(
        encoded(scene(seed=3), "PNG")
    )
    (found / "link.png").symlink_to(found / "good.png")
    os.mkfifo(found / "pipe.png")
    (found / "closed.png").write_bytes(encoded(scene(seed=4), "PNG"))
    (found / "closed.png").chmod(0)
    return found


def test_every_bad_file_is_recorded_with_its_reason_and_every_good_one_is_opened(circle, case, folder):
    with without_the_right_to_read_everything():
        job = do(circle, case, folder, Path("/dev/zero"))
    found = items()
    wrong = {name: code for name, (_, code) in BAD.items()}
    wrong |= {
        "link.png": "symlink",
        "pipe.png": "not-a-file",
        "closed.png": "unreadable",
        "zero": "not-a-file",
    }
    assert {n: m.refusal for n, m in found.items() if m.refusal} == wrong
    assert all(len(m.refusal_reason.split()) > 4 for m in found.values() if m.refusal)
    good = {"good.png", "good.mp4", "cut short.png", "deep.png", "latin-\\xe9\\xff.png", *NAMES}
    assert {n for n, m in found.items() if not m.refusal} == good
    assert {n for n, m in found.items() if m.partial} == {"cut short.png"}  # what is there of it is used
    assert all(m.pdq for n, m in found.items() if n in good and m.kind == "picture")
    counted = {"new": len(good), "refused": len(wrong), "duplicate": 0, "known": 0}
    assert job.result == {"files": len(good) + len(wrong), **counted}
    with guard.system("test"):
        assert Frame.objects.filter(media=found["good.mp4"]).count() > 0
        numbers = sorted(Media.objects.values_list("number", flat=True))
    assert numbers == list(range(1, len(found) + 1))
    assert log.verify().faults == ()


def test_a_case_that_was_restricted_meanwhile_takes_nothing_in(circle, case, folder):
    job = receive(circle.officer(circle.it), VI, case, [folder / "good.png"], Intake("a phone"))
    with guard.system("restrict a case in a test"):
        Restriction.objects.create(thing=case.pk, ground="contested", by=circle.it_dpo, reason="a letter")
    assert not jobs.run(jobs.take("test", only=job))
    assert "only read" in Job.objects.get(pk=job.pk).error
    assert rows() == (0, 0, 0)


def test_what_could_be_read_is_kept_even_where_it_could_not_be_opened(circle, case, folder):
    do(circle, case, folder / "a text.jpg", folder / "only a head.png")
    for media in items().values():
        assert evidence_store().check(media.key)
        assert media.sha256


def test_what_can_be_read_by_the_second_run_takes_the_place_of_its_refusal(circle, case, folder):
    (folder / "twin.png").write_bytes((folder / "good.png").read_bytes())
    (folder / "twin.png").chmod(0)
    with without_the_right_to_read_everything():
        do(circle, case, folder)
    before = items()
    assert before["closed.png"].refusal == before["twin.png"].refusal == "unreadable"
    for name in ("closed.png", "twin.png"):
        (folder / name).chmod(0o600)
    do(circle, case, folder)
    after = items()
    assert after["closed.png"].number == before["closed.png"].number
    assert (after["closed.png"].refusal, bool(after["closed.png"].pdq)) == ("", True)
    assert after["twin.png"] == after["good.png"]
    assert "unreadable" not in {m.refusal for m in after.values()}


def test_a_second_run_changes_nothing(circle, case, folder):
    with without_the_right_to_read_everything():
        do(circle, case, folder)
        before = rows()
        with guard.system("test"):
            waiting = Job.objects.filter(task="match.check").count()
        second = do(circle, case, folder)
    assert rows() == before
    assert second.result["known"] == second.result["files"]
    with guard.system("test"):
        assert "known" in LogEntry.objects.order_by("-seq").first().told["reason"]
        assert Job.objects.filter(task="match.check").count() == waiting


def test_a_run_that_stopped_goes_on_and_ends_as_an_unbroken_one(circle, case, folder, monkeypatch):
    monkeypatch.setattr(receiving, "BATCH_FILES", 3)
    told = []

    def fails(self, done, total, note=""):
        told.append(done)
        if len(told) == 2:
            raise jobs.Stopped

    with monkeypatch.context() as broken:
        broken.setattr(jobs.Progress, "tell", fails)
        job = receive(circle.officer(circle.it), VI, case, [folder], Intake("a phone"))
        assert not jobs.run(jobs.take("test", only=job))
    halfway = rows()[0]
    job.refresh_from_db()
    assert (job.status, job.attempts, halfway) == ("ready", 0, 6)
    assert jobs.run(jobs.take("test", only=job))
    job.refresh_from_db()
    assert job.result["known"] == 6
    assert rows()[0] == job.result["files"]


def test_the_same_bytes_are_one_item_with_every_place_it_was_found(circle, case, tmp_path):
    for where in ("a", "b/c"):
        (tmp_path / where).mkdir(parents=True)
        (tmp_path / where / "x.png").write_bytes(PICTURE)
    job = do(circle, case, tmp_path / "a", tmp_path / "b")
    assert (job.result["new"], job.result["duplicate"]) == (1, 1)
    do(circle, case, tmp_path / "a", intake=Intake("a second phone"))
    with guard.system("test"):
        assert Media.objects.count() == 1
        places = sorted(Occurrence.objects.values_list("folder", "source"))
    assert places == [
        (str(tmp_path / "a"), "a phone"),
        (str(tmp_path / "a"), "a second phone"),
        (str(tmp_path / "b" / "c"), "a phone"),
    ]


def test_an_item_has_its_hashes_under_every_profile_and_of_its_stored_pixels(circle, case, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a phone held upright
    (tmp_path / "turned.jpg").write_bytes(encoded(scene(900, 1300), "JPEG", quality=95, exif=exif))
    (tmp_path / "plain.png").write_bytes(encoded(scene(900, 1300, seed=2), "PNG"))
    do(circle, case, tmp_path)
    turned, plain = items()["turned.jpg"], items()["plain.png"]
    assert set(turned.pdq_turns) == set(plain.pdq_turns) == set(Profile)
    assert turned.pdq == turned.full_turns[0] and len(turned.full_turns) == 8
    assert len(turned.pdq_raw) == 64 and turned.pdq_raw not in turned.full_turns[:1]
    near = [(int(turned.pdq_raw, 16) ^ int(turn, 16)).bit_count() for turn in turned.full_turns]
    assert min(near) <= 8  # it is one of the turns, but for rounding
    assert plain.pdq_raw == ""


def test_the_handling_is_there_from_the_first_moment(circle, case, folder):
    do(circle, case, folder / "good.png", intake=Intake("a partner", "partner", ("H0", "H3"), "ask us first"))
    media = items()["good.png"]
    assert (media.codes, media.handling_text) == ("H0 H3", "ask us first")


def test_an_outsider_receives_nothing_and_the_log_says_so(circle, case, folder):
    with guard.system("test"):
        before = LogEntry.objects.count()
    with pytest.raises(guard.Denied, match="not a member"):
        receive(circle.officer(circle.dk), VI, case, [folder], Intake("a phone"))
    assert not Job.objects.exists()
    with guard.system("test"):
        entry = LogEntry.objects.order_by("seq")[before]
    assert (entry.verb, entry.account, entry.step) == ("denied", circle.dk.pk, "intake")


def test_a_reader_may_not_receive(circle, case, folder):
    assign(circle.officer(circle.it), VI, case, circle.fr, part=Part.READER)
    with pytest.raises(guard.Denied, match="reader of a case may not receive"):
        receive(circle.officer(circle.fr), VI, case, [folder], Intake("a phone"))


def test_who_is_taken_off_before_the_work_begins_gets_nothing_in(circle, case, folder):
    from entente.casework.prioritise.service import take_off

    officer = circle.officer(circle.it)
    membership = assign(officer, VI, case, circle.fr, part=Part.MEMBER)
    job = receive(circle.officer(circle.fr), VI, case, [folder], Intake("a phone"))
    take_off(officer, VI, membership)
    assert not jobs.run(jobs.take("test", only=job))
    job.refresh_from_db()
    assert job.status == "failed"
    assert "not a member" in job.error
    assert rows() == (0, 0, 0)


@pytest.mark.parametrize("fault", [StoreFailed("the disk failed"), KeyRefused("the key is not this desk's")])
def test_a_store_that_fails_stops_the_job_with_a_sentence_and_loses_nothing(
    circle, case, folder, monkeypatch, fault
):
    do(circle, case, folder / "good.png")

    def failing(*_):
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr("entente.evidence.store.EvidenceStore.keep", failing)
        job = receive(circle.officer(circle.it), VI, case, [folder], Intake("a phone"))
        assert not jobs.run(jobs.take("test", only=job))
    job.refresh_from_db()
    assert job.status == "failed"
    assert str(fault) in job.error
    assert rows()[0] == 1
    do(circle, case, folder / "good.png", folder / "good.mp4")
    assert rows()[0] == 2


def test_the_whole_queue_ends_without_a_failed_job(circle, case, folder):
    receive(circle.officer(circle.it), VI, case, [folder / "good.png"], Intake("a phone"))
    jobs.work(Event(), until_empty=True)
    assert {(j.task, j.error) for j in Job.objects.exclude(status="done")} == set()
    assert Job.objects.filter(task="match.check", status="done").exists()
