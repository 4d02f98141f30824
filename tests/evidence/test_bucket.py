"""The same store over a bucket: a real client against a local server that speaks S3."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from entente.evidence.bucket import PART, Bucket
from entente.evidence.faults import Damaged, Erased, StoreFailed
from entente.evidence.keyring import FileKeyRing
from entente.evidence.open import read, render
from entente.evidence.store import EvidenceStore, State
from entente.vocabulary.media import Refusal
from tests.evidence.drawn import clip, encoded, scene

pytest.importorskip("obstore", reason="obstore is not installed: the store over a bucket is not tried")
pytest.importorskip("moto.server", reason="moto is not installed: the store over a bucket is not tried")

CASE, OTHER = UUID(int=1), UUID(int=2)
NAMES = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server: str, tmp_path: Path) -> SimpleNamespace:
    """A fresh bucket, its client, and a store over it."""
    import boto3

    name = f"evidence-{tmp_path.name.replace('_', '-')[:40].strip('-').lower()}-{os.getpid()}"
    client = boto3.client("s3", endpoint_url=server, **NAMES)
    client.create_bucket(Bucket=name)
    (tmp_path / "store" / "incoming").mkdir(parents=True)

    def objects() -> Bucket:
        return Bucket(
            f"s3://{name}/desk",
            tmp_path / "store" / "incoming",
            endpoint=server,
            access_key_id="test",
            secret_access_key="test",
            region="us-east-1",
            client_options={"allow_http": True},
        )

    def store() -> EvidenceStore:
        return EvidenceStore(
            tmp_path / "store", FileKeyRing(tmp_path / "keys" / "case-keys.sqlite3", bytes(32)), objects()
        )

    def listed() -> list[str]:
        return [each["Key"] for each in client.list_objects_v2(Bucket=name).get("Contents", [])]

    return SimpleNamespace(client=client, name=name, objects=objects, store=store, listed=listed)


@pytest.mark.parametrize("size", [0, 5000, PART + 3_000_001])
def test_an_original_goes_in_once_and_comes_back(bucket: SimpleNamespace, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "a").write_bytes(data)
    store = bucket.store()
    kept = store.keep(tmp_path / "a", CASE)
    assert kept.fresh and kept.size == size and not store.keep(tmp_path / "a", CASE).fresh
    again = bucket.store()
    with again.open(kept.key) as stream:
        assert stream.read() == data
        stream.seek(size // 2)
        assert stream.read(100) == data[size // 2 : size // 2 + 100]
    assert again.state(kept.key, case=CASE) is State.INTACT and list(again.keys()) == [kept.key]
    assert sorted(bucket.listed()) == [
        "desk/key-mark",
        f"desk/objects/{kept.key[:2]}/{kept.key[2:4]}/{kept.key}",
    ]
    assert not list((tmp_path / "store" / "incoming").iterdir())


def test_of_many_that_keep_the_same_bytes_at_once_exactly_one_creates_it(bucket: SimpleNamespace) -> None:
    store = bucket.store()
    with ThreadPoolExecutor(6) as pool:
        kept = list(pool.map(lambda _: store.keep_bytes(b"same" * 999, CASE), range(12)))
    assert sum(k.fresh for k in kept) == 1 and len({k.key for k in kept}) == 1


def test_a_range_fetches_only_what_it_touches(
    bucket: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import obstore

    store = bucket.store()
    kept = store.keep_bytes(os.urandom(3_000_000), CASE)
    fetched = []
    real = obstore.get_range
    monkeypatch.setattr(obstore, "get_range", lambda *a, **k: fetched.append(k["length"]) or real(*a, **k))
    with store.open(kept.key) as stream:
        stream.seek(1_500_000)
        assert len(stream.read(1000)) == 1000
    assert 0 < sum(fetched) < 400_000


def test_a_decoder_opens_what_lies_in_a_bucket(bucket: SimpleNamespace, tmp_path: Path) -> None:
    store = bucket.store()
    clip(tmp_path / "a.mp4")
    film = store.keep(tmp_path / "a.mp4", CASE)
    assert read(store.original(film.key)) == read(tmp_path / "a.mp4")
    picture = store.keep_bytes(encoded(scene(), "PNG"), CASE)
    assert not isinstance(render(store.original(picture.key), "grey"), Refusal)
    assert read(store.original("0" * 64)).refusal


def test_what_was_changed_moved_or_erased_in_a_bucket_is_not_given_out(bucket: SimpleNamespace) -> None:
    store = bucket.store()
    one, two = store.keep_bytes(b"1" * 999, CASE), store.keep_bytes(b"2" * 999, OTHER)
    place = {k.key: f"desk/objects/{k.key[:2]}/{k.key[2:4]}/{k.key}" for k in (one, two)}
    sealed = bucket.client.get_object(Bucket=bucket.name, Key=place[one.key])["Body"].read()
    assert b"1" * 16 not in sealed
    changed = bytearray(sealed)
    changed[len(changed) // 2] ^= 1
    for body in (bytes(changed), sealed[:-1], sealed + b"x"):
        bucket.client.put_object(Bucket=bucket.name, Key=place[one.key], Body=body)
        assert store.state(one.key) is State.DAMAGED
        with pytest.raises(Damaged):
            store.open(one.key).read()
    assert store.keep_bytes(b"1" * 999, CASE).fresh and store.check(one.key), "the same bytes mend it"
    bucket.client.put_object(Bucket=bucket.name, Key=place[two.key], Body=sealed)
    with pytest.raises(Damaged):
        store.open(two.key)
    store.forget(CASE)
    with pytest.raises(Erased):
        store.open(one.key)
    assert store.remove(one.key) and store.state(one.key) is State.MISSING


def test_orphans_in_a_bucket_are_found_and_removed(bucket: SimpleNamespace) -> None:
    store = bucket.store()
    claimed, left = store.keep_bytes(b"1", CASE).key, store.keep_bytes(b"2", CASE).key
    assert list(store.orphans({claimed})) == [], "they are young"
    (orphan,) = store.orphans({claimed}, older_than_s=-60)
    assert (orphan.key, orphan.case) == (left, CASE)
    assert not store.remove_orphan(orphan)
    assert store.remove_orphan(orphan, older_than_s=-60) and list(store.keys()) == [claimed]


def test_a_bucket_that_is_not_there_is_a_sentence(
    bucket: SimpleNamespace, server: str, tmp_path: Path
) -> None:
    objects = Bucket(
        "s3://no-such-bucket",
        tmp_path,
        endpoint=server,
        access_key_id="x",
        secret_access_key="x",
        region="us-east-1",
        client_options={"allow_http": True},
    )
    with pytest.raises(StoreFailed, match="check its address"):
        list(objects.names())
