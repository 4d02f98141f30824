"""``entente fsck`` on a real desk: what is damaged, lost, erased or left over is named, and nothing else."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

from entente.casework.intake import service
from entente.casework.intake.service import Intake, receive, receiving
from entente.cli import fsck
from entente.records import guard, jobs
from entente.records.models import Job, Media
from entente.vocabulary.handling import Purpose
from tests.evidence.drawn import encoded, scene
from tests.evidence.power import lose_a_sync

VI = Purpose.VICTIM_IDENTIFICATION
DAY = 24 * 3600 + 60


@pytest.fixture
def desk(circle, case, tmp_path: Path) -> SimpleNamespace:
    """A case with eight pictures, received for real."""
    folder = tmp_path / "phone"
    folder.mkdir()
    for n in range(8):
        (folder / f"{n}.png").write_bytes(encoded(scene(60 + n, 80, seed=n), "PNG"))
    job = receive(circle.officer(circle.it), VI, case, [folder], Intake("a phone"))
    assert jobs.run(jobs.take("test", only=job))
    store = service.evidence_store()
    with guard.system("test"):
        items = {m.key: m.number for m in Media.objects.filter(case=case)}
    return SimpleNamespace(
        store=store, items=items, case=case, folder=folder, officer=circle.officer(circle.it)
    )


def found(desk: SimpleNamespace) -> fsck.Found:
    return fsck.read_all(desk.store, service.claims())


def damage(desk: SimpleNamespace, key: str, chance: random.Random) -> None:
    path = desk.store.objects.path(key)
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.chmod(0o600)
    path.write_bytes(data)


def test_a_sound_store_is_said_to_be_sound(desk):
    seen = found(desk)
    assert (seen.intact, seen.clean, seen.without_a_row) == (8, True, [])


def test_every_damaged_item_is_named_by_case_and_number_and_no_other(desk):
    chance = random.Random(3)
    for key in (hurt := chance.sample(sorted(desk.items), 5)):
        damage(desk, key, chance)
    desk.store.remove(gone := next(k for k in desk.items if k not in hurt))
    seen = found(desk)
    assert sorted(seen.changed) == sorted(f"case {desk.case.pk} item {desk.items[k]}" for k in hurt)
    assert seen.missing == [f"case {desk.case.pk} item {desk.items[gone]}"]
    assert (seen.intact, seen.clean) == (2, False)


def test_a_row_that_speaks_of_other_bytes_is_named(desk):
    key = next(iter(desk.items))
    with guard.system("test"):
        Media.objects.filter(key=key).update(sha256="0" * 64)
    assert found(desk).changed == [f"case {desk.case.pk} item {desk.items[key]}"]


def test_an_object_under_another_items_name_is_named(desk):
    one, two, *_ = desk.items
    path = desk.store.objects.path(one)
    path.chmod(0o600)
    path.write_bytes(desk.store.objects.path(two).read_bytes())
    assert found(desk).changed == [f"case {desk.case.pk} item {desk.items[one]}"]


def test_an_erased_case_is_told_as_erased_and_is_no_fault(desk):
    desk.store.forget(desk.case.pk)
    seen = found(desk)
    assert len(seen.erased) == 8 and seen.clean and seen.intact == 0


def test_the_store_takes_things_in_again_only_after_everything_was_found_intact(desk):
    lose_a_sync(desk.store, desk.case.pk)
    key = next(iter(desk.items))
    whole = desk.store.objects.path(key).read_bytes()
    damage(desk, key, random.Random(4))
    assert fsck._state(desk.store, found(desk).clean).startswith("read-only")
    assert desk.store.read_only
    desk.store.objects.path(key).write_bytes(whole)
    assert "takes things in again" in fsck._state(desk.store, found(desk).clean)
    assert fsck._state(desk.store, clean=True) == "sound"


def test_while_the_store_is_read_only_an_import_fails_with_a_sentence_and_loses_nothing(desk):
    lose_a_sync(desk.store, desk.case.pk)
    job = receive(desk.officer, VI, desk.case, [desk.folder], Intake("again"))
    assert not jobs.run(jobs.take("test", only=job))
    job.refresh_from_db()
    assert "fsck" in job.error
    assert found(desk).intact == 8


def test_a_full_disk_fails_the_import_once_and_not_each_file(desk, monkeypatch):
    monkeypatch.setattr(type(desk.store._disk), "room", lambda *_: (1 << 30, 100 << 30))
    job = receive(desk.officer, VI, desk.case, [desk.folder], Intake("again"))
    assert not jobs.run(jobs.take("test", only=job))
    job.refresh_from_db()
    assert "free space" in job.error
    with guard.system("test"):
        assert Media.objects.filter(case=desk.case).count() == 8


def test_what_a_broken_import_left_is_swept_after_a_day_and_not_while_one_is_open(desk):
    store = desk.store
    old = [store.keep_bytes(bytes([n]) * 50, desk.case.pk).key for n in range(2)]
    young = store.keep_bytes(b"just placed", desk.case.pk).key
    elsewhere = store.keep_bytes(b"of another case", UUID(int=5)).key
    left = store.root / "incoming" / "left"
    left.write_bytes(b"sealed half")
    long_ago = time.time() - DAY
    for path in (left, *(store.objects.path(k) for k in (*desk.items, *old, elsewhere))):
        os.utime(path, (long_ago, long_ago))
    assert len(found(desk).without_a_row) == 4

    opened = receive(desk.officer, VI, desk.case, [desk.folder], Intake("a phone"))
    assert service.sweep_store() == {"temporary": 1, "orphans": 1}
    assert set(store.keys()) == {*desk.items, *old, young}
    Job.objects.filter(pk=opened.pk).update(status="failed")
    assert service.sweep_store() == {"temporary": 0, "orphans": 2}
    assert set(store.keys()) == {*desk.items, young}
    assert found(desk).clean


def test_an_import_sweeps_once_a_day(desk, monkeypatch):
    swept = []
    monkeypatch.setattr(receiving, "sweep_store", lambda: swept.append(1))
    for aged in (False, True, False):
        if aged:
            os.utime(desk.store.root / "swept", (time.time() - DAY,) * 2)
        job = receive(desk.officer, VI, desk.case, [desk.folder], Intake("a phone"))
        assert jobs.run(jobs.take("test", only=job))
    assert swept == [1]
