"""Case keys: made once, wrapped, and when they are destroyed no byte of them is left."""

from __future__ import annotations

import os
import random
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest

from entente.evidence.faults import Erased
from entente.evidence.keyring import FileKeyRing, NoKey
from entente.evidence.keys import KeyRefused

NODE = bytes(range(32))


@pytest.fixture
def ring(tmp_path: Path) -> FileKeyRing:
    made = FileKeyRing(tmp_path / "keys" / "case-keys.sqlite3", NODE)
    made.begin()
    return made


def cases(count: int) -> list[UUID]:
    chance = random.Random(1)
    return [UUID(bytes=chance.randbytes(16)) for _ in range(count)]


def bytes_of(ring: FileKeyRing) -> bytes:
    """Return what lies on the disk: the database and its journal files."""
    return b"".join(p.read_bytes() for p in sorted(ring.path.parent.iterdir()))


def wrapped(ring: FileKeyRing, case: UUID) -> bytes:
    with sqlite3.connect(f"file:{ring.path}?mode=ro", uri=True) as base:
        (found,) = base.execute("select wrapped from case_key where case_id = ?", (case.bytes,)).fetchone()
    return bytes(found)


def test_a_case_gets_one_key_and_keeps_it(ring: FileKeyRing) -> None:
    one, two = cases(2)
    key = ring.case_key(one, make=True)
    assert len(key) == 32 and key != ring.case_key(two, make=True)
    assert FileKeyRing(ring.path, NODE).case_key(one) == key
    assert key not in bytes_of(ring), "it lies there wrapped only"
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in ring.path.parent.iterdir())


def test_of_many_that_ask_at_once_all_get_the_same_key(ring: FileKeyRing) -> None:
    (case,) = cases(1)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: ring.case_key(case, make=True), range(24)))) == 1


@pytest.mark.parametrize("count", [1, 12, 400])
def test_of_an_erased_key_no_byte_is_left_in_database_or_journal(ring: FileKeyRing, count: int) -> None:
    given = cases(count)
    plain = {case: ring.case_key(case, make=True) for case in given}
    sealed = {case: wrapped(ring, case) for case in given}
    before = bytes_of(ring)
    assert all(sealed[case] in before for case in given), "they were there, so this test can fail"
    gone = random.Random(2).sample(given, max(1, count // 10))
    for case in gone:
        assert ring.forget(case)
    after = bytes_of(ring)
    for case in gone:
        # not even a piece: eight bytes in a row of the wrapped key, its nonce and its tag among them
        pieces = [sealed[case][i : i + 8] for i in range(0, len(sealed[case]) - 7)]
        assert not any(piece in after for piece in pieces)
        assert plain[case] not in after
    assert all(sealed[case] in after for case in set(given) - set(gone))
    assert all(ring.case_key(case) == plain[case] for case in set(given) - set(gone))


def test_without_overwriting_and_emptied_journal_the_bytes_would_be_left(tmp_path: Path) -> None:
    """The same look at a database as it comes: what the two settings are for."""
    path = tmp_path / "plain.sqlite3"
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("pragma journal_mode=wal")
    base.execute("create table k (c blob primary key, w blob)")
    secret = os.urandom(60)
    base.execute("insert into k values (?, ?)", (b"c", secret))
    base.execute("delete from k")
    assert secret in b"".join(p.read_bytes() for p in tmp_path.iterdir())


def test_an_erased_case_is_told_apart_from_a_lost_key_and_never_gets_another(ring: FileKeyRing) -> None:
    one, two = cases(2)
    ring.case_key(one, make=True)
    assert ring.forget(one) and not ring.forget(one)
    for make in (False, True):
        with pytest.raises(Erased):
            ring.case_key(one, make=make)
    assert set(ring.erased()) == {one}
    with pytest.raises(NoKey):
        ring.case_key(two)
    assert not ring.forget(two), "a case that never had a key gets none after it was erased"
    with pytest.raises(Erased):
        ring.case_key(two, make=True)


def test_an_erasure_is_seen_by_every_thread_and_process_at_once(ring: FileKeyRing) -> None:
    (case,) = cases(1)
    other = FileKeyRing(ring.path, NODE)
    other.case_key(case, make=True)
    ring.forget(case)
    with pytest.raises(Erased):
        other.case_key(case)
    child = os.fork()
    if child == 0:
        try:
            ring.case_key(case)
        except Erased:
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def test_another_node_key_opens_nothing(ring: FileKeyRing) -> None:
    (case,) = cases(1)
    ring.case_key(case, make=True)
    stranger = FileKeyRing(ring.path, bytes(32))
    with pytest.raises(KeyRefused, match="another node key"):
        stranger.case_key(case)
    assert stranger.mark() != ring.mark() and stranger.name(b"x") != ring.name(b"x")
    assert len({ring.mark(), ring.name(b"entente sealed store"), NODE.hex()}) == 3


def test_a_wrapped_key_does_not_open_for_another_case(ring: FileKeyRing) -> None:
    one, two = cases(2)
    ring.case_key(one, make=True), ring.case_key(two, make=True)
    moved = wrapped(ring, one)
    with sqlite3.connect(ring.path) as base:
        base.execute("update case_key set wrapped = ? where case_id = ?", (moved, two.bytes))
    with pytest.raises(KeyRefused):
        ring.case_key(two)


def test_a_lost_database_of_keys_is_told_and_not_begun_again(ring: FileKeyRing) -> None:
    again = FileKeyRing(ring.path.with_name("gone.sqlite3"), NODE)
    with pytest.raises(KeyRefused, match=r"lost.*restore"):
        again.demand()
    with pytest.raises(KeyRefused):
        again.case_key(cases(1)[0])
    assert not again.path.exists()


def test_a_key_whose_erasure_is_in_the_way_of_another_is_told_and_completed_later(
    ring: FileKeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    (case,) = cases(1)
    ring.case_key(case, make=True)
    sealed = wrapped(ring, case)
    monkeypatch.setattr("entente.evidence.keyring.BUSY_S", 0.1)
    impatient = FileKeyRing(ring.path, NODE)
    reader = sqlite3.connect(ring.path, isolation_level=None)
    reader.execute("begin")
    reader.execute("select * from case_key").fetchall()
    with pytest.raises(KeyRefused, match="again"):
        impatient.forget(case)
    with pytest.raises(Erased):
        ring.case_key(case)
    reader.execute("commit")
    impatient.forget(case)
    assert sealed not in bytes_of(ring)


def test_a_broken_database_of_keys_is_a_sentence(ring: FileKeyRing) -> None:
    (case,) = cases(1)
    ring.case_key(case, make=True)
    elsewhere = ring.path.with_name("broken.sqlite3")
    elsewhere.write_bytes(b"no database" * 1000)
    with pytest.raises(KeyRefused, match="restore"):
        FileKeyRing(elsewhere, NODE).case_key(case)
    with sqlite3.connect(ring.path) as base:
        base.execute("drop table case_key")
    with pytest.raises(KeyRefused, match="check the disk"):
        ring.case_key(case)


def test_a_disk_that_fails_while_the_database_is_begun_is_a_sentence(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from entente.evidence.keyring import FileKeyRing; from entente.evidence.keys import KeyRefused\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "try: FileKeyRing(Path(sys.argv[1]), bytes(32)).begin()\n"
        "except KeyRefused as fault: print('told', fault)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "k.sqlite3")], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("told"), done.stderr
    ring = FileKeyRing(tmp_path / "k.sqlite3", NODE)
    ring.begin()  # and when the disk is well again it goes on
    assert ring.case_key(UUID(int=1), make=True)
