"""The held hashes in files: what is acknowledged is found by every process, what is damaged is refused."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from entente.casework.match.service import delta_file, holdings, publishing
from entente.casework.match.service.holdings import Holdings, rebuild
from entente.casework.match.service.lock import lock
from entente.casework.match.service.present import IndexKeyWrong
from entente.casework.match.service.segment_file import IndexDamaged, write_arrays

KEY = bytes(range(32))


def random(seed: int, count: int) -> NDArray[np.uint64]:
    return np.random.default_rng(seed).integers(0, 2**64, (count, 4), dtype=np.uint64)


def near(hashes: NDArray[np.uint64], seed: int = 0, bits: int = 20) -> NDArray[np.uint64]:
    chosen = np.random.default_rng(seed).random((len(hashes), 256)).argsort(axis=1).argsort(axis=1) < bits
    return hashes ^ np.packbits(chosen, axis=1, bitorder="little").view(np.uint64)


def found(held: Holdings, queries: NDArray[np.uint64], radius: int = 31) -> list[tuple[int, int, int]]:
    pairs = held.search(queries, radius)
    return list(zip(pairs.query.tolist(), pairs.held.tolist(), pairs.distance.tolist(), strict=True))


@pytest.fixture
def small_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holdings, "BULK", 300)
    monkeypatch.setattr(publishing, "DELTA_MOST", 200)


def test_an_empty_folder_becomes_an_index_that_finds_nothing(tmp_path: Path) -> None:
    with Holdings(tmp_path / "held") as held:
        assert len(held) == 0 and found(held, random(1, 2)) == []
        held.add(random(1, 0), [])
        held.remove([])
        assert held.compact() == 0
        held.add(random(1, 1), [7])
        assert found(held, random(1, 1)) == [(0, 7, 0)]


@pytest.mark.usefixtures("small_bulk")
@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "masked"])
def test_what_two_processes_add_remove_and_merge_equals_a_dictionary(
    tmp_path: Path, key: bytes | None
) -> None:
    """A drawn play of adds in bulk and singly, removals, returns and merges, seen by another opening."""
    rng = np.random.default_rng(2)
    pool = random(2, 4000)
    writers = [Holdings(tmp_path, key), Holdings(tmp_path, key)]
    reader = Holdings(tmp_path, key)
    truth: dict[int, int] = {}  # id → its row of the pool
    for step in range(60):
        held = writers[step % 2]
        rows = rng.integers(0, len(pool), int(rng.choice([1, 40, 350])))
        ids = rng.permutation(5000)[: len(rows)]
        ids = ids[[int(i) not in truth for i in ids]]
        held.add(pool[rows[: len(ids)]], ids)
        truth |= dict(zip(ids.tolist(), rows.tolist(), strict=False))
        if step % 3 == 0:
            gone = rng.permutation(list(truth))[:60]
            held.remove(gone)
            for each in gone.tolist():
                del truth[each]
        if step % 7 == 6:
            held.compact(whole=bool(step % 2))
        asked = rng.integers(0, len(pool), 30)
        expected = sorted(
            (q, i, 20)
            for q, row in enumerate(asked.tolist())
            for i, held_row in truth.items()
            if held_row == row
        )
        assert found(reader, near(pool[asked], step)) == expected, f"step {step}"
        assert len(reader) == len(truth)
    writers[0].compact()
    assert len(list(tmp_path.glob("*.index"))) == 1 and len(list(tmp_path.glob("*.delta"))) == 1
    for each in (*writers, reader, again := Holdings(tmp_path, key)):
        assert len(each) == len(truth)
    again.check()
    for each in (*writers, reader, again):
        each.close()


def test_the_same_added_twice_is_one_answer_and_another_hash_of_an_id_is_another(tmp_path: Path) -> None:
    hashes = random(3, 2)
    with Holdings(tmp_path) as held:
        held.add(hashes[[0, 0]], [5, 5])
        held.add(near(hashes[:1]), [5])
        assert found(held, hashes) == [(0, 5, 0), (0, 5, 20)]


def test_an_id_that_was_removed_and_added_again_is_found_again(tmp_path: Path) -> None:
    hashes = random(4, 1)
    with Holdings(tmp_path) as held:
        for _ in range(2):
            held.add(hashes, [1])
            held.compact()
            held.remove([1, 99])  # a list may delete what it never added
            assert found(held, hashes) == [] and len(held) == 0
        held.add(hashes, [1])
        assert found(held, hashes) == [(0, 1, 0)] and len(held) == 1


@pytest.mark.parametrize(
    ("ids", "says"), [([1, 2], "1 hashes and 2 ids"), ([-1], "0 to"), ([2**63], "0 to"), ([0.5], "0 to")]
)
def test_ids_that_cannot_be_held_are_refused_and_nothing_is_added(
    tmp_path: Path, ids: list[Any], says: str
) -> None:
    with Holdings(tmp_path) as held:
        with pytest.raises(ValueError, match=says):
            held.add(random(1, 1), np.array(ids))
        assert len(held) == 0


def test_another_key_is_refused_and_no_hash_stands_in_a_masked_file(tmp_path: Path) -> None:
    hashes = random(5, 400)
    with Holdings(tmp_path, KEY) as held:
        held.add(hashes, np.arange(400))
        held.compact()
        held.add(hashes[:1], [999])
    for key in (None, bytes(32)):
        with pytest.raises(IndexKeyWrong, match="another key"):
            Holdings(tmp_path, key)
    with pytest.raises(ValueError, match="16 bytes"):
        Holdings(tmp_path, b"short")
    written = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert not any(row.tobytes() in written for row in hashes)


# -- damage


def filled(folder: Path) -> Path:
    with Holdings(folder) as held:
        held.add(random(6, 500), np.arange(500))
        held.add(random(6, 5), np.arange(5))
        held.remove([3])
        held.compact()
        held.add(random(7, 3), [501, 502, 503])
        held.remove([501, 10])
        held.search(random(6, 1), 31)
    return folder


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def cut_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def lengthened(path: Path) -> None:
    with path.open("ab") as out:
        out.write(b"\0")


def emptied(path: Path) -> None:
    os.truncate(path, 0)


@pytest.mark.parametrize("harm", [cut, cut_half, lengthened, emptied, Path.unlink])
@pytest.mark.parametrize("pattern", ["*.index", "*.delta", "MANIFEST"])
def test_a_file_cut_short_or_gone_is_refused_by_its_name(
    tmp_path: Path, pattern: str, harm: Callable[[Path], None]
) -> None:
    (path,) = filled(tmp_path).glob(pattern)
    harm(path)
    if (pattern, harm) == ("*.delta", lengthened):  # what a crash leaves behind the last record that counts
        with Holdings(tmp_path) as held:
            assert len(held) == 504
        return
    with pytest.raises(IndexDamaged, match=f"{path.name} is damaged.*rebuild") as told:
        Holdings(tmp_path)
    assert told.value.path.name == path.name


@pytest.mark.parametrize("pattern", ["*.index", "*.delta", "MANIFEST"])
def test_one_flipped_bit_is_refused_by_the_name_of_the_file(tmp_path: Path, pattern: str) -> None:
    (path,) = filled(tmp_path).glob(pattern)
    whole = path.read_bytes()
    rng = np.random.default_rng(8)
    places = [*rng.integers(0, len(whole), 150).tolist(), 0, 20, 33, 40, len(whole) - 1]
    if pattern == "*.delta":  # heads and records: between them is nothing
        places = [*range(0, 40, 3), *range(512, 552, 3), *range(4096, len(whole), 5)]
    for at in places:
        harmed = bytearray(whole)
        harmed[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(harmed)
        with pytest.raises(IndexDamaged, match=path.name):
            Holdings(tmp_path)
    path.write_bytes(whole)
    Holdings(tmp_path).close()


def test_a_bit_that_flips_under_an_unchanged_date_is_found_by_the_check(tmp_path: Path) -> None:
    (path,) = filled(tmp_path).glob("*.index")
    held = Holdings(tmp_path)
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[5000] ^= 16
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(IndexDamaged, match=path.name):
        held.check()


def test_a_damaged_index_is_rebuilt_in_its_place_and_open_readers_go_on(tmp_path: Path) -> None:
    folder = filled(tmp_path / "held")
    reader = Holdings(folder)
    (path,) = folder.glob("*.index")
    path.unlink()
    new = rebuild(folder, [(random(6, 500), np.arange(500)), (random(7, 3), np.arange(500, 503))])
    assert len(new) == len(reader) == 503
    assert found(reader, random(7, 1)) == [(0, 500, 0)]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["held"]


# -- processes and power


def _adds(folder: Path, start: int, count: int) -> None:
    with Holdings(folder) as held:
        for i in range(start, start + count):
            held.add(random(i, 1), [i])


@pytest.mark.usefixtures("small_bulk")
def test_processes_that_add_at_once_lose_nothing_while_one_merges(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")  # spawned, they would need the desk's settings
    held = Holdings(tmp_path)
    workers = [context.Process(target=_adds, args=(tmp_path, k * 1000, 150)) for k in range(2)]
    for each in workers:
        each.start()
    while any(each.is_alive() for each in workers):
        held.compact(whole=False)
        time.sleep(0.02)
    for each in workers:
        each.join()
        assert each.exitcode == 0
    ids = [k * 1000 + i for k in range(2) for i in range(150)]
    asked = np.vstack([random(i, 1) for i in ids])
    assert found(held, asked, 0) == [(q, i, 0) for q, i in enumerate(ids)]


def test_a_writer_killed_at_any_moment_leaves_what_it_acknowledged(tmp_path: Path) -> None:
    """A child adds, tells each acknowledged id and is killed: all it told is found, and writing goes on."""
    for round_ in range(3):
        folder = tmp_path / str(round_)
        Holdings(folder).close()
        told, pipe = os.pipe()
        child = os.fork()
        if child == 0:
            with Holdings(folder) as held:
                for i in range(100_000):
                    held.add(random(i, 1), [i])
                    os.write(pipe, i.to_bytes(4, "little"))
        os.close(pipe)
        time.sleep(0.3 + 0.05 * round_)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(told, "rb") as stream:
            acknowledged = len(stream.read()) // 4
        with Holdings(folder) as held:
            assert acknowledged > 0 and len(held) in (acknowledged, acknowledged + 1)
            held.add(random(10**6, 1), [10**6])
            held.compact()
            asked = np.vstack([random(i, 1) for i in (*range(acknowledged), 10**6)])
            pairs = held.search(asked, 0)
            assert pairs.held.tolist() == [*range(acknowledged), 10**6]


def test_records_that_were_never_acknowledged_are_not_seen_and_written_over(tmp_path: Path) -> None:
    with Holdings(tmp_path) as held:
        held.add(random(1, 1), [1])
        (path,) = tmp_path.glob("*.delta")
        with path.open("ab") as out:
            out.write(b"\xff" * 30)  # the power went while a record was written
        with Holdings(tmp_path) as again:
            assert len(again) == 1
            again.add(random(2, 1), [2])
        assert found(held, random(2, 1)) == [(0, 2, 0)]


def test_what_an_interrupted_build_left_is_swept_away_by_the_next_merge(tmp_path: Path) -> None:
    def breaks() -> Any:
        yield "held", np.zeros(4, np.uint64)
        raise OSError("no room")

    with Holdings(tmp_path) as held:
        with pytest.raises(OSError, match="no room"):
            write_arrays(tmp_path / "aa.index", breaks())
        (tmp_path / "bb.index").write_bytes(b"orphan")
        assert len(held) == 0
        held.add(random(1, 2), [1, 2])
        held.compact()
        held.remove([1])
        assert held.compact() == 1
        names = {p.suffix for p in tmp_path.iterdir()}
        assert not (tmp_path / "bb.index").exists() and ".part" not in names
        assert found(held, random(1, 2)) == [(1, 2, 0)]


def test_a_second_merge_at_the_same_time_stands_back(tmp_path: Path) -> None:
    with Holdings(tmp_path) as held, lock(tmp_path, "COMPACT"):
        held.add(random(1, 2), [1, 2])
        assert held.compact() == 0


def test_a_merge_tells_how_far_it_is(tmp_path: Path) -> None:
    told = []
    with Holdings(tmp_path) as held:
        held.add(random(1, 2), [1, 2])
        held.compact()
        held.add(random(2, 2), [3, 4])
        held.compact(lambda done, of, said: told.append((done, of, said)))
    assert [t[0] for t in told] == [0, 1, 2] and told[-1][2] == "4 hashes in one segment"


def test_a_head_of_the_delta_cannot_be_put_back_unseen(tmp_path: Path) -> None:
    """A reader that saw more records than the file now counts refuses it."""
    with Holdings(tmp_path) as held:
        (path,) = tmp_path.glob("*.delta")
        old = path.read_bytes()
        held.add(random(1, 1), [1])
        assert len(held) == 1
        path.write_bytes(old)
        with pytest.raises(IndexDamaged, match="records that it held are gone"):
            held.search(random(1, 1), 31)


def test_the_manifest_is_small_and_names_no_hash(tmp_path: Path) -> None:
    filled(tmp_path)
    told = (tmp_path / "MANIFEST").read_text()
    assert len(told) < 600 and json.loads(told.partition(" ")[2])["segments"][0]["count"] == 503
    assert delta_file.RECORD.itemsize == 48
