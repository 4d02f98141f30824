"""The sealed form: what is changed, moved, cut off or added is refused; what is read was verified."""

from __future__ import annotations

import os
import random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.evidence import seal
from entente.evidence.faults import Damaged

CASE, KEY, CASE_KEY, NAME = UUID(int=7), bytes(range(32)), bytes(32), "ab" * 32
SEALED = seal.CHUNK + seal.TAG


def sealed(data: bytes, pieces: int = 1) -> bytes:
    facts = seal.new_facts(CASE)
    sealer = seal.Sealer(KEY, facts)
    step = max(1, -(-len(data) // pieces))
    body = b"".join(sealer.update(data[i : i + step]) for i in range(0, len(data), step))
    return facts + seal.wrap(KEY, CASE_KEY, facts, NAME) + body + sealer.finish()


class Blob:
    """Counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        self.data, self.read = data, 0

    def pread(self, buffer: memoryview, at: int) -> int:
        piece = self.data[at : at + len(buffer)]
        buffer[: len(piece)] = piece
        self.read += len(piece)
        return len(piece)


def source(data: bytes) -> seal.SealedSource:
    key = seal.unwrap(data[: seal.HEADER], CASE_KEY, NAME)
    return seal.SealedSource(Blob(data).pread, len(data), key)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000, 64 * 65_536 * 2 + 5])
@pytest.mark.parametrize("pieces", [1, 7])
def test_every_length_comes_back(size: int, pieces: int) -> None:
    data = os.urandom(size)
    read = source(sealed(data, pieces))
    assert (read.size, read.whole(), read.case) == (size, data, CASE)


@given(
    st.integers(0, 200_000), st.lists(st.tuples(st.integers(0, 210_000), st.integers(0, 140_000)), max_size=8)
)
def test_any_range_is_the_plain_range(size: int, ranges: list[tuple[int, int]]) -> None:
    data = random.Random(size).randbytes(size)
    read = source(sealed(data))
    for at, length in ranges:
        read.seek(at)
        assert read.read(length) == data[at : at + length]
        assert read.tell() == max(at, min(at + length, size)) if at <= size else read.tell() == at


def test_a_range_opens_only_the_chunks_that_it_touches() -> None:
    blob = Blob(sealed(os.urandom(100 * seal.CHUNK)))
    read = seal.SealedSource(blob.pread, len(blob.data), KEY)
    blob.read = 0
    read.seek(50 * seal.CHUNK - 5)
    assert len(read.read(10)) == 10
    assert blob.read <= 2 * SEALED
    blob.read = 0
    read.seek(50 * seal.CHUNK)
    read.read(100)
    read.read(100)
    assert blob.read <= SEALED, "small reads of one chunk open it once"


def test_one_flipped_bit_anywhere_is_refused() -> None:
    data = sealed(os.urandom(2 * seal.CHUNK + 100))
    places = [*range(seal.HEADER), *random.Random(1).sample(range(seal.HEADER, len(data)), 200)]
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 1 << (place % 8)
        with pytest.raises(Damaged):
            seal.case_of(bytes(changed[: seal.HEADER]))
            source(bytes(changed)).whole()


def chunks(data: bytes) -> list[bytes]:
    body = data[seal.HEADER :]
    return [body[i : i + SEALED] for i in range(0, len(body), SEALED)]


@pytest.mark.parametrize(
    "order",
    [
        [1, 0, 2, 3],  # moved
        [0, 1, 2],  # cut off at a chunk
        [0, 1, 3],  # one in the middle taken out
        [0, 1, 2, 3, 3],  # added
        [0, 0, 1, 2, 3],  # doubled
        [3],
        [],
    ],
)
def test_chunks_that_were_moved_cut_off_or_added_are_refused(order: list[int]) -> None:
    data = sealed(os.urandom(3 * seal.CHUNK + 100))
    parts = chunks(data)
    with pytest.raises(Damaged):
        source(data[: seal.HEADER] + b"".join(parts[i] for i in order)).whole()


@pytest.mark.parametrize("lost", [1, 50, 116, seal.TAG, 2 * seal.CHUNK])
def test_a_file_cut_off_anywhere_is_refused_before_a_byte_is_read(lost: int) -> None:
    data = sealed(os.urandom(3 * seal.CHUNK + 100))
    with pytest.raises(Damaged):
        source(data[:-lost])
    with pytest.raises(Damaged):
        source(data + bytes(lost))


def test_a_chunk_of_another_object_with_the_same_key_is_refused() -> None:
    one, two = sealed(bytes(3 * seal.CHUNK)), sealed(bytes(3 * seal.CHUNK))
    mixed = one[: seal.HEADER] + chunks(two)[0] + b"".join(chunks(one)[1:])
    with pytest.raises(Damaged):
        source(mixed).whole()


def test_an_object_is_bound_to_its_name_its_case_and_its_cases_key() -> None:
    header = sealed(b"x")[: seal.HEADER]
    assert seal.unwrap(header, CASE_KEY, NAME) == KEY
    elsewhere = header[:10] + UUID(int=8).bytes + header[26:]
    for wrong in (
        (header, CASE_KEY, "cd" * 32),
        (header, bytes([1] * 32), NAME),
        (elsewhere, CASE_KEY, NAME),
    ):
        with pytest.raises(Damaged):
            seal.unwrap(*wrong)


def test_no_two_seals_of_the_same_bytes_are_alike() -> None:
    one, two = sealed(bytes(1000)), sealed(bytes(1000))
    assert one[seal.HEADER - seal.WRAP - seal.PREFIX :] != two[seal.HEADER - seal.WRAP - seal.PREFIX :]
    assert one[seal.HEADER :] != two[seal.HEADER :]


def test_a_format_or_algorithm_of_tomorrow_is_told_and_not_guessed() -> None:
    header = bytearray(sealed(b"x")[: seal.HEADER])
    for place in (8, 9):
        other = bytearray(header)
        other[place] = 9
        with pytest.raises(Damaged, match="format or algorithm"):
            seal.case_of(bytes(other))
    with pytest.raises(Damaged, match="begin"):
        seal.case_of(b"\xff\xd8" + bytes(header[2:]))
