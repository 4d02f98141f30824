"""The store: one read, written once, durable before it is acknowledged, its names telling nothing."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from entente.evidence.keyring import FileKeyRing
from entente.evidence.keys import KeyRefused, make_key, node_key, read_key
from entente.evidence.objects import Folder
from entente.evidence.store import EvidenceStore, NotKept, StoreFailed
from entente.vocabulary.media import RefusalCode

KEY = bytes(range(32))
CASE, OTHER = UUID(int=1), UUID(int=2)
ROOT = Path(__file__).parents[2]


def opened(folder: Path, key: bytes = KEY, **given: Any) -> EvidenceStore:
    return EvidenceStore(folder / "store", FileKeyRing(folder / "keys" / "case-keys.sqlite3", key), **given)


def placed(store: EvidenceStore, key: str) -> Path:
    assert isinstance(store.objects, Folder)
    return store.objects.path(key)


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return opened(tmp_path)


def test_an_original_is_kept_with_its_digests_and_comes_back_as_it_was(
    store: EvidenceStore, tmp_path: Path
) -> None:
    data = os.urandom(9_000_001)  # over two buffers
    (tmp_path / "a").write_bytes(data)
    kept = store.keep(tmp_path / "a", CASE)
    assert kept.fresh and kept.size == len(data)
    assert kept.md5 == hashlib.md5(data).hexdigest()
    assert kept.sha1 == hashlib.sha1(data).hexdigest()
    assert kept.sha256 == hashlib.sha256(data).hexdigest()
    with store.open(kept.key) as stream:
        assert stream.read() == data
    assert store.has(kept.key) and store.check(kept.key) and list(store.keys()) == [kept.key]


def test_the_name_of_an_original_does_not_tell_its_hash(store: EvidenceStore, tmp_path: Path) -> None:
    kept = store.keep_bytes(b"known content", CASE)
    names = "".join(str(p) for p in store.root.rglob("*"))
    assert not any(digest in names for digest in (kept.md5, kept.sha1, kept.sha256))
    other = opened(tmp_path / "other", bytes(32)).keep_bytes(b"known content", CASE)
    assert other.key != kept.key and other.sha256 == kept.sha256
    assert store.key_of(kept.sha256, CASE) == kept.key


def test_the_same_bytes_twice_are_held_once(store: EvidenceStore) -> None:
    first, second = store.keep_bytes(b"same", CASE), store.keep_bytes(b"same", CASE)
    assert (first.fresh, second.fresh) == (True, False) and first.key == second.key
    assert not list((store.root / "incoming").iterdir())


def test_of_many_that_keep_the_same_bytes_at_once_exactly_one_is_fresh(store: EvidenceStore) -> None:
    data = os.urandom(300_000)
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda _: store.keep_bytes(data, CASE), range(24)))
    assert sum(k.fresh for k in kept) == 1 and len({k.key for k in kept}) == 1
    assert not list((store.root / "incoming").iterdir())


def test_an_original_is_read_only(store: EvidenceStore) -> None:
    path = placed(store, store.keep_bytes(b"x", CASE).key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert stat.S_IMODE((store.root / "incoming").stat().st_mode) == 0o700


def test_one_flipped_bit_is_found(store: EvidenceStore) -> None:
    kept = store.keep_bytes(os.urandom(5000), CASE)
    path = placed(store, kept.key)
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[4321] ^= 4
    path.write_bytes(data)
    assert not store.check(kept.key)
    assert not store.check("0" * 64)


def test_a_key_that_is_none_never_becomes_a_path(store: EvidenceStore) -> None:
    for bad in ("../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 63 + "/"):
        with pytest.raises(ValueError, match="64"):
            store.has(bad)


def test_links_pipes_and_nothing_are_not_kept(store: EvidenceStore, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe")
    for name, code in (
        ("link", RefusalCode.SYMLINK),
        ("pipe", RefusalCode.NOT_A_FILE),
        ("gone", RefusalCode.UNREADABLE),
    ):
        with pytest.raises(NotKept) as refused:
            store.keep(tmp_path / name, CASE)
        assert refused.value.refusal.code is code
    assert not list(store.keys()) and not list((store.root / "incoming").iterdir())


def test_a_failed_fsync_is_final_and_acknowledges_nothing(
    store: EvidenceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def failing(handle: int) -> None:
        calls.append(handle)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(StoreFailed, match="did not confirm"):
        store.keep_bytes(b"lost", CASE)
    assert len(calls) == 1, "a second fsync that succeeds proves nothing"
    monkeypatch.undo()
    assert not list(store.keys()) and not list((store.root / "incoming").iterdir())


def test_a_full_disk_is_a_refusal_that_leaves_nothing_half_written(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from entente.evidence.store import NotKept\n"
        "from tests.evidence.test_store import CASE, opened\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "store = opened(Path(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: store.keep_bytes(bytes(5_000_000), CASE)\n"
        "except NotKept as error: print(error.refusal.code)\n"
        "print(store.keep_bytes(b'small', CASE).fresh, len(list((store.root / 'incoming').iterdir())))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "s")],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.stdout.split() == ["no-space", "True", "0"], done.stderr


def test_a_keeper_killed_in_the_middle_leaves_whole_originals_only(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from tests.evidence.test_store import CASE, opened\n"
        "store = opened(Path(sys.argv[1])); print('ready', flush=True)\n"
        "while True: print(store.keep_bytes(os.urandom(200_000), CASE).key, flush=True)\n"
    )
    acknowledged: list[str] = []
    for _ in range(3):
        keeper = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "s")], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert keeper.stdout is not None and keeper.stdout.readline() == "ready\n"
        time.sleep(0.15)
        keeper.send_signal(signal.SIGKILL)
        lines = keeper.communicate()[0].splitlines(keepends=True)
        acknowledged += [line.strip() for line in lines if line.endswith("\n")]
    store = opened(tmp_path / "s")
    assert len(acknowledged) > 3
    assert set(acknowledged) <= set(store.keys())
    assert all(store.check(key) for key in list(store.keys()))
    left = len(list((store.root / "incoming").iterdir()))
    assert store.sweep() == 0, "a fresh temporary file may belong to a running import"
    assert store.sweep(older_than_s=0) == left


def test_a_store_is_not_opened_with_another_key(store: EvidenceStore, tmp_path: Path) -> None:
    kept = store.keep_bytes(b"x", CASE)
    with pytest.raises(StoreFailed, match="another node key"):
        opened(tmp_path, bytes(32))
    (store.root / "key-mark").unlink()
    with pytest.raises(StoreFailed, match="restore"):
        opened(tmp_path)
    assert store.check(kept.key)


def test_the_node_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "node.key"
    key = node_key(path, store=tmp_path / "store")
    assert len(key) == 32 and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert node_key(path, store=tmp_path / "store") == key == read_key(path)
    with pytest.raises(KeyRefused, match="already"):
        make_key(path)
    assert read_key(path) == key and [p.name for p in path.parent.iterdir()] == ["node.key"]


def test_a_lost_key_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    opened(tmp_path, node_key(path, store=tmp_path / "store")).keep_bytes(b"x", CASE)
    path.unlink()
    with pytest.raises(KeyRefused, match=r"lost.*restore"):
        node_key(path, store=tmp_path / "store")


def test_a_key_that_is_open_damaged_or_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    make_key(path)
    path.chmod(0o640)
    with pytest.raises(KeyRefused, match="open to others"):
        read_key(path)
    path.chmod(0o600)
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(KeyRefused):
        read_key(tmp_path / "link")
    for bad in ("", "zz" * 32, "00" * 31):
        path.write_text(bad)
        with pytest.raises(KeyRefused, match="damaged"):
            read_key(path)
