"""The store: one read, written once, durable before it is acknowledged, its names telling nothing."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from entente.evidence import seal
from entente.evidence.disk import Disk
from entente.evidence.keyring import FileKeyRing
from entente.evidence.keys import KeyRefused, make_key, node_key, read_key, seal_key
from entente.evidence.objects import Folder
from entente.evidence.open import Known, read, render
from entente.evidence.store import Damaged, Erased, EvidenceStore, NotKept, State, StoreFailed
from entente.vocabulary.media import Refusal, RefusalCode
from tests.evidence.drawn import clip, encoded, scene
from tests.evidence.power import lose_a_sync

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


FLIPS = 200


def test_of_many_flipped_bits_each_is_found_named_and_served_to_nobody(store: EvidenceStore) -> None:
    """Reference F8: one bit in each of 200 random places of the store's files."""
    chance = random.Random(8)
    held = {store.keep_bytes(chance.randbytes(n), CASE).key: n for n in (0, 1, 900, 5000, 70_000, 200_000)}
    assert {store.state(key) for key in held} == {State.INTACT}
    files = {key: placed(store, key) for key in held}
    whole = {key: path.read_bytes() for key, path in files.items()}
    served = []
    for _ in range(FLIPS):
        key = chance.choice(list(held))
        place = chance.randrange(len(whole[key]))
        changed = bytearray(whole[key])
        changed[place] ^= 1 << chance.randrange(8)
        files[key].chmod(0o600)
        files[key].write_bytes(changed)
        if store.state(key, case=CASE) is not State.DAMAGED or store.check(key):
            served.append((key, place))
        with pytest.raises(Damaged), store.open(key) as stream:
            stream.read()
        opened_ = read(store.original(key))
        assert opened_.refusal and opened_.refusal.code is RefusalCode.DAMAGED
        files[key].write_bytes(whole[key])
    assert served == []
    assert {store.state(key) for key in held} == {State.INTACT}
    assert store.state("0" * 64) is State.MISSING and not store.check("0" * 64)


def test_a_damaged_chunk_is_refused_to_a_decoder_too(store: EvidenceStore) -> None:
    picture = encoded(scene(300, 400, seed=4), "BMP")
    kept = store.keep_bytes(picture, CASE)
    assert len(picture) > 2 * 65_536
    path = placed(store, kept.key)
    data = bytearray(path.read_bytes())
    data[70_000 + 40_000] ^= 1  # the second chunk: neither the head nor the end, which are looked at first
    path.chmod(0o600)
    path.write_bytes(data)
    known = Known(kept.size, kept.md5, kept.sha1, kept.sha256)
    seen = read(store.original(kept.key), known=known)
    assert seen.refusal and seen.refusal.code is RefusalCode.DAMAGED and not seen.hashes
    shown = render(store.original(kept.key), "clear")
    assert isinstance(shown, Refusal)


def test_the_same_bytes_mend_what_was_damaged(store: EvidenceStore) -> None:
    kept = store.keep_bytes(b"x" * 5000, CASE)
    path = placed(store, kept.key)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    assert not store.check(kept.key)
    again = store.keep_bytes(b"x" * 5000, CASE)
    assert (again.key, again.fresh) == (kept.key, True)
    assert store.check(kept.key)


def test_the_same_bytes_in_two_cases_are_two_objects_that_tell_nothing_of_each_other(
    store: EvidenceStore,
) -> None:
    one, two = store.keep_bytes(b"shared" * 9000, CASE), store.keep_bytes(b"shared" * 9000, OTHER)
    assert one.key != two.key and one.fresh and two.fresh and one.sha256 == two.sha256
    assert store.key_of(one.sha256, OTHER) == two.key
    parts = [
        {p.read_bytes()[i : i + 16] for i in range(seal.HEADER, 5000, 16)}
        for p in map(placed, [store] * 2, (one.key, two.key))
    ]
    assert not parts[0] & parts[1]
    placed(store, two.key).chmod(0o600)
    placed(store, two.key).write_bytes(placed(store, one.key).read_bytes())
    with pytest.raises(Damaged):
        store.open(two.key)
    assert store.state(two.key, case=OTHER) is State.DAMAGED


def test_an_erased_case_is_gone_and_the_other_stays(store: EvidenceStore, tmp_path: Path) -> None:
    one, two = store.keep_bytes(b"shared", CASE), store.keep_bytes(b"shared", OTHER)
    assert store.forget(CASE) and not store.forget(CASE)
    for act in (store.open, store.check):
        with pytest.raises(Erased):
            act(one.key)
    with pytest.raises(Erased):
        store.keep_bytes(b"more", CASE)
    assert store.state(one.key) is State.ERASED
    refused = read(store.original(one.key)).refusal
    assert refused and refused.code is RefusalCode.ERASED
    with store.open(two.key) as stream:
        assert stream.read() == b"shared"
    assert store.remove(one.key) and not store.remove(one.key)
    assert list(store.keys()) == [two.key]
    assert opened(tmp_path).state(two.key) is State.INTACT


def test_no_plain_byte_is_ever_on_the_disk(store: EvidenceStore, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: written.append(bytes(data)) or real(handle, data))
    picture = encoded(scene(300, 400, seed=3), "PNG")
    kept = store.keep_bytes(picture, CASE)
    assert read(store.original(kept.key)).sha256 == kept.sha256
    assert not isinstance(render(store.original(kept.key), "grey"), Refusal)
    on_disk = b"".join(p.read_bytes() for p in store.root.parent.rglob("*") if p.is_file()) + b"".join(
        written
    )
    assert len(on_disk) > 2 * len(picture)
    assert not any(picture[i : i + 24] in on_disk for i in range(0, len(picture) - 24, 211))


def test_a_sealed_film_is_read_in_the_sandbox_as_the_plain_one_is(
    store: EvidenceStore, tmp_path: Path
) -> None:
    clip(tmp_path / "a.mp4")
    kept = store.keep(tmp_path / "a.mp4", CASE)
    assert read(store.original(kept.key)) == read(tmp_path / "a.mp4")
    assert render(store.original(kept.key), "clear", t=0.5) == render(tmp_path / "a.mp4", "clear", t=0.5)


class LittleRoom(Disk):
    free, total = 0, 0

    def room(self, folder: Path) -> tuple[int, int]:
        return self.free, self.total


@pytest.mark.parametrize(
    ("free", "total", "taken"),
    [
        (3 << 30, 40 << 30, True),
        (2 << 30, 40 << 30, True),
        ((2 << 30) - 1, 20 << 30, False),
        (4 << 30, 100 << 30, False),  # under 5 %
        (6 << 30, 100 << 30, True),
    ],
)
def test_nothing_is_taken_in_where_little_room_is_left(
    tmp_path: Path, free: int, total: int, taken: bool
) -> None:
    disk = LittleRoom()
    disk.free, disk.total = 1 << 40, 1 << 40
    store = opened(tmp_path, disk=disk)
    kept = store.keep_bytes(b"before", CASE)
    disk.free, disk.total = free, total
    if taken:
        assert store.keep_bytes(b"after", CASE).fresh
        return
    with pytest.raises(NotKept, match="GiB") as refused:
        store.keep_bytes(b"after", CASE)
    assert refused.value.refusal.code is RefusalCode.NO_SPACE
    assert store.check(kept.key), "what is held can be read"
    assert len(list(store.keys())) == 1


def test_a_store_that_lost_a_sync_takes_nothing_in_until_it_is_trusted_again(
    store: EvidenceStore, tmp_path: Path
) -> None:
    kept = store.keep_bytes(b"x", CASE)
    lose_a_sync(store, CASE)
    for each in (store, opened(tmp_path)):
        assert "fsck" in each.read_only
        with pytest.raises(StoreFailed, match="nothing is taken in"):
            each.keep_bytes(b"y", CASE)
        assert each.check(kept.key)
    store.trust()
    assert store.read_only == "" == opened(tmp_path).read_only
    assert store.keep_bytes(b"y", CASE).fresh


class Lying(Disk):
    """Gives one byte back as another was written."""

    place = -1  # not yet

    def pread(self, handle: int, buffer: memoryview, at: int) -> int:
        count = super().pread(handle, buffer, at)
        if at <= self.place < at + count:
            buffer[self.place - at] ^= 1
        return count


@pytest.mark.parametrize("place", [0, 20, 50, 200, 70_000])
def test_a_disk_that_gives_back_other_bytes_than_were_written_acknowledges_nothing(
    tmp_path: Path, place: int
) -> None:
    opened(tmp_path)
    disk = Lying()
    store = opened(tmp_path, disk=disk)
    disk.place = place
    with pytest.raises(StoreFailed, match="other bytes"):
        store.keep_bytes(bytes(100_000), CASE)
    assert not list(store.keys()) and not list((store.root / "incoming").iterdir())
    assert store.read_only


def test_a_store_of_the_unsealed_format_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "store" / "incoming").mkdir(parents=True)
    (tmp_path / "store" / "key-mark").write_text("ab" * 32)
    with pytest.raises(StoreFailed, match=r"before originals were sealed.*entente init"):
        opened(tmp_path)


def test_a_store_whose_case_keys_are_lost_is_refused(store: EvidenceStore, tmp_path: Path) -> None:
    store.keep_bytes(b"x", CASE)
    for path in (tmp_path / "keys").iterdir():
        path.unlink()
    with pytest.raises(KeyRefused, match=r"lost.*restore"):
        opened(tmp_path)


def test_a_case_key_that_is_lost_is_told_apart_from_damage(store: EvidenceStore, tmp_path: Path) -> None:
    kept = store.keep_bytes(b"x", CASE)
    with sqlite3.connect(tmp_path / "keys" / "case-keys.sqlite3") as base:
        base.execute("delete from case_key")
    assert store.state(kept.key, case=CASE) is State.NO_KEY
    with pytest.raises(Damaged, match="restore the case keys"):
        store.open(kept.key)


def test_orphans_are_swept_when_they_are_old_and_nothing_claims_them(store: EvidenceStore) -> None:
    claimed, old, young = (store.keep_bytes(data, CASE).key for data in (b"1", b"2", b"3"))
    day = 24 * 3600
    for key in (claimed, old):
        os.utime(placed(store, key), (time.time() - day - 60,) * 2)
    found = list(store.orphans({claimed}))
    assert [(o.key, o.case) for o in found] == [(old, CASE)]
    assert store.keep_bytes(b"2", CASE).fresh is False, "an import takes it up in this moment"
    assert not store.remove_orphan(found[0])
    os.utime(placed(store, old), (time.time() - day - 60,) * 2)
    assert store.remove_orphan(found[0])
    assert set(store.keys()) == {claimed, young}


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
        calls.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(StoreFailed, match="did not confirm"):
        store.keep_bytes(b"lost", CASE)
    assert len(calls) == len(set(calls)), "a second fsync that succeeds proves nothing"
    monkeypatch.undo()
    with pytest.raises(StoreFailed, match="fsck"):
        store.keep_bytes(b"more", CASE)
    with pytest.raises(StoreFailed, match="fsck"):
        opened(store.root.parent).keep_bytes(b"more, in another process", CASE)
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


LONG = "six words that nobody would guess"


def passphrase(folder: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    (folder / "passphrase").write_text(words + "\n", "utf-8")
    monkeypatch.setenv("ENTENTE_PASSPHRASE_FILE", str(folder / "passphrase"))


def test_a_node_key_sealed_with_a_passphrase_opens_with_it_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "node.key"
    key = make_key(path)
    seal_key(path, LONG)
    assert key.hex().encode() not in path.read_bytes() and key not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(KeyRefused, match="ENTENTE_PASSPHRASE_FILE"):
        read_key(path)
    passphrase(tmp_path, monkeypatch, LONG)
    assert read_key(path) == key == node_key(path, store=tmp_path / "none")
    seal_key(path, "quite another passphrase")
    with pytest.raises(KeyRefused, match="does not open"):
        read_key(path)
    passphrase(tmp_path, monkeypatch, "quite another passphrase")
    assert read_key(path) == key


def test_a_short_passphrase_and_a_missing_file_of_it_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "node.key"
    key = make_key(path)
    with pytest.raises(KeyRefused, match="16 characters"):
        seal_key(path, "too short")
    assert read_key(path) == key
    seal_key(path, LONG)
    monkeypatch.setenv("ENTENTE_PASSPHRASE_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(KeyRefused, match="cannot be read"):
        read_key(path)


def test_a_sealed_node_key_that_was_changed_is_refused_and_costs_nothing_absurd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "node.key"
    make_key(path)
    seal_key(path, LONG)
    passphrase(tmp_path, monkeypatch, LONG)
    whole = path.read_text("ascii")
    for changed, says in (
        (whole.replace("65536 3 4", "65536 4 4"), "does not open"),
        (whole.replace("65536 3 4", "99999999 3 4"), "damaged"),
        (whole[:-3] + ("00" if whole[-3:-1] != "00" else "11") + "\n", "does not open"),
        (whole[:-40], "damaged|does not open"),
        (whole + "more\n", "damaged"),
    ):
        path.write_text(changed, "ascii")
        with pytest.raises(KeyRefused, match=says):
            read_key(path)
