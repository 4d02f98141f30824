"""The files of an agency's lists: always what the rows say, whoever was killed and whatever was damaged."""

from __future__ import annotations

import secrets
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from entente.casework import flow
from entente.casework.intake.service import evidence_store
from entente.casework.match.index import packed
from entente.casework.match.index.labels import labelled, record_of, record_of_id, runs_of_video
from entente.casework.match.service import holdings, listed, remove_list
from entente.casework.match.service.holdings import Holdings
from entente.casework.match.service.listed import caught_up, listed_hashes, rows_meant, tidy
from entente.casework.match.service.present import IndexKeyWrong
from entente.casework.match.service.publishing import Publisher
from entente.records import guard
from entente.records.models import ListedHash, ListVersion, LogEntry
from tests.casework.match.test_lists import run_all
from tests.casework.match.test_service import VI, take_in, written


def key_of(agency: UUID) -> bytes:
    return evidence_store().list_key(agency, "near hashes")


def drawn(count: int) -> list[str]:
    return [secrets.token_hex(32) for _ in range(count)]


def given(circle, folder: Path, hashes, name="ours", account=None, version="", taken_back=()):
    rows = [*(f"{h},1," for h in hashes), *(f"{h},1,true" for h in taken_back)]
    path = written(folder / f"{secrets.token_hex(4)}.csv", rows, "pdq,category,deleted")
    return take_in(circle, path, name=name, account=account, version=version)


def found(agency: UUID, hashes) -> set[str]:
    """The PDQ of the rows that the agency's files answer with, each asked for itself."""
    with listed_hashes(agency) as held:
        pairs = held.search(packed(list(hashes)).reshape(-1, 4))
    rows = rows_meant(record_of(pairs.held.astype(np.uint64)).tolist())
    with guard.system("test"):
        every = [pk for several in rows.values() for pk in several]
        return set(ListedHash.objects.filter(pk__in=every).values_list("pdq", flat=True))


@pytest.fixture
def italy(circle) -> UUID:
    return circle.agencies.it.pk


@pytest.fixture
def folder(italy, settings) -> Path:
    return settings.HOLDINGS_ROOT / str(italy)


def test_what_is_imported_is_in_the_agencys_files_and_in_no_other_ones(circle, italy, tmp_path, settings):
    ours, theirs = drawn(3), drawn(2)
    given(circle, tmp_path, ours)
    given(circle, tmp_path, theirs, account=circle.dk)
    assert found(italy, ours + theirs) == set(ours)
    assert found(circle.agencies.dk.pk, ours + theirs) == set(theirs)
    with pytest.raises(IndexKeyWrong):
        Holdings(settings.HOLDINGS_ROOT / str(italy), key_of(circle.agencies.dk.pk))
    everything = b"".join(p.read_bytes() for p in settings.HOLDINGS_ROOT.rglob("*") if p.is_file())
    assert not any(bytes.fromhex(h) in everything for h in ours + theirs)


def test_a_listed_hash_of_quality_below_50_is_kept_and_not_searched(circle, italy, tmp_path):
    low, good, untold = drawn(3)
    rows = [f"{low},1,49", f"{good},1,50", f"{untold},1,"]
    held = take_in(circle, written(tmp_path / "l.csv", rows, "pdq,category,pdq_quality"))
    assert (held.added, held.refused) == (3, 0)
    assert found(italy, [low, good, untold]) == {good, untold}


def test_a_version_is_added_to_what_is_there(circle, italy, tmp_path, monkeypatch):
    first, second = drawn(3), drawn(3)
    given(circle, tmp_path, first)
    monkeypatch.setattr(listed, "_make", lambda agency: pytest.fail("the files were made anew"))
    given(circle, tmp_path, second, version="2")
    assert found(italy, first + second) == {*first, *second}


def test_who_was_killed_before_the_files_is_caught_up_with_by_the_next(circle, italy, tmp_path, monkeypatch):
    first, second = drawn(3), drawn(3)
    given(circle, tmp_path, first)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Holdings, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            given(circle, tmp_path, second, version="2")
    with guard.system("test"):
        assert ListVersion.objects.filter(complete=True).count() == 2
    assert found(italy, first + second) == {*first, *second}


def test_who_was_killed_half_way_leaves_nothing_twice(circle, italy, tmp_path, folder, monkeypatch):
    given(circle, tmp_path, drawn(2))
    hashes, put = drawn(6), listed._put

    def dies(agency, state):
        if len(state.held) == 2:
            raise KeyboardInterrupt  # all is added, and nobody noted it
        put(agency, state)

    with monkeypatch.context() as patch:
        patch.setattr(listed, "_put", dies)
        with pytest.raises(KeyboardInterrupt):
            given(circle, tmp_path, hashes, version="2")
    with Holdings(folder, key_of(italy)) as held:
        assert len(held) == 8
    assert found(italy, hashes) == set(hashes)
    with Holdings(folder, key_of(italy)) as held:
        assert len(held) == 8


def test_a_database_from_before_does_not_hide_what_comes_again_under_the_same_number(circle, italy, tmp_path):
    first, lost, again = drawn(2), drawn(2), drawn(2)
    given(circle, tmp_path, first)
    given(circle, tmp_path, lost, version="2")
    with guard.system("the database is restored from before the second version"):
        ListedHash.objects.filter(serial=2).delete()
        ListVersion.objects.filter(serial=2).delete()
    given(circle, tmp_path, again, version="2")
    assert found(italy, first + lost + again) == {*first, *again}
    assert tidy(italy)
    with listed_hashes(italy) as held:
        assert len(held.search(packed(lost))) == 0  # and they left the files


@pytest.mark.parametrize("what", ["*.delta", "MANIFEST", listed.STATE, "*.index"])
def test_a_damaged_file_is_named_and_made_again_from_the_rows(
    circle, italy, tmp_path, folder, monkeypatch, what
):
    monkeypatch.setattr(holdings, "BULK", 4)
    few, many = drawn(2), drawn(6)
    given(circle, tmp_path, many)
    given(circle, tmp_path, few, version="2")
    path = sorted(folder.glob(what), key=lambda p: p.stat().st_size)[-1]
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if what != "*.delta" else 4150] ^= 4
    path.write_bytes(data)
    assert found(italy, few + many) == {*few, *many}
    with guard.system("test"):
        told = LogEntry.objects.order_by("-seq").first().told["reason"]
    assert "made again from the rows" in told
    assert path.name in told or what == listed.STATE


def test_files_that_are_gone_are_made_again(circle, italy, tmp_path, folder):
    hashes = drawn(3)
    given(circle, tmp_path, hashes)
    for path in folder.iterdir():
        path.unlink()
    assert found(italy, hashes) == set(hashes)


def test_an_entry_taken_back_leaves_the_files_with_the_next_tidying(circle, italy, tmp_path, folder):
    kept, gone = drawn(3), drawn(2)
    given(circle, tmp_path, kept + gone)
    given(circle, tmp_path, [], version="2", taken_back=gone)
    assert found(italy, kept + gone) == set(kept)  # at once: the rows are the truth
    flow.tend()
    with Holdings(folder, key_of(italy)) as held:
        assert len(held) == 3
        assert held.swept
    given(circle, tmp_path, gone, version="3")  # and comes back when a list says it again
    flow.tend()
    assert found(italy, kept + gone) == {*kept, *gone}


def test_a_removed_list_takes_its_bytes_along_before_its_row_goes(
    circle, italy, tmp_path, folder, monkeypatch
):
    kept, gone = drawn(3), drawn(5)
    given(circle, tmp_path, kept)
    held = given(circle, tmp_path, gone, name="other")
    seen = []
    real = listed._merged

    def busy(agency):
        seen.append(real(agency))
        return len(seen) > 1  # the first time somebody else merges

    monkeypatch.setattr(listed, "_merged", busy)
    remove_list(circle.officer(circle.it), VI, held)
    run_all()
    assert len(seen) == 2
    with Holdings(folder, key_of(italy)) as files:
        assert len(files) == 3
        assert files.swept
    assert found(italy, kept + gone) == set(kept)


def test_many_small_deliveries_become_few_segments_and_a_kill_loses_nothing(
    circle, italy, tmp_path, folder, monkeypatch
):
    monkeypatch.setattr(holdings, "BULK", 3)
    hashes = drawn(12)
    for n in range(4):
        given(circle, tmp_path, hashes[3 * n : 3 * n + 3], version=str(n + 1))
    assert len(list(folder.glob("*.index"))) == 4

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Publisher, "swap", killed)
        with pytest.raises(KeyboardInterrupt):
            tidy(italy)
    assert found(italy, hashes) == set(hashes)
    flow.tend()
    assert len(list(folder.glob("*.index"))) == 1
    assert found(italy, hashes) == set(hashes)


def test_records_whose_labels_are_alike_are_both_meant(circle, italy, tmp_path):
    given(circle, tmp_path, drawn(1))
    with guard.system("test"):
        row = ListedHash.objects.get()
        twin = ListedHash.objects.get()
        twin.pk = UUID(int=row.pk.int ^ 1)
        twin.pdq = drawn(1)[0]
        twin.save(force_insert=True)
    (meant,) = rows_meant([record_of_id(row.pk)]).values()
    assert set(meant) == {row.pk, twin.pk}


def test_a_row_is_looked_up_by_its_key_and_never_by_reading_an_agencys_rows(circle):
    with guard.system("test"):
        plan = listed._rows_of(range(1, 90)).values_list("pk").explain()
    assert "SEARCH" in plan
    assert "SCAN" not in plan


def test_labels_say_which_record_and_how_many_runs():
    one, other = UUID(int=secrets.randbits(128)), UUID(int=secrets.randbits(128))
    film = np.arange(20, dtype=np.uint64).reshape(5, 4)
    hashes, labels = labelled([(one, "1" * 64, film), (other, "", film[:2])])
    assert hashes.shape == (8, 4)
    assert record_of(labels).tolist() == [record_of_id(one)] * 6 + [record_of_id(other)] * 2
    assert runs_of_video(labels).tolist() == [0, 3, 3, 3, 3, 3, 2, 2]
    assert len(set(labels.tolist())) == 8
    assert int(labels.max()) < 1 << 63


def test_nothing_new_opens_at_once_and_locks_nothing(circle, italy, tmp_path, monkeypatch):
    given(circle, tmp_path, drawn(2))
    monkeypatch.setattr(listed, "_turn", lambda agency: pytest.fail("a turn was taken"))
    caught_up(italy)
