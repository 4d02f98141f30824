"""A packet's units: one wrong bit of a length or a type is set right, and what is whole is left alone."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.evidence import units

UNITS = [
    b"\x65\x88" + bytes(range(1, 90)),
    b"\x41\x9a" + bytes(range(1, 200)),
    b"\x01\x9e" + bytes(range(3, 60)),
]
STARTS = [0, 4 + len(UNITS[0]), 8 + len(UNITS[0]) + len(UNITS[1])]


def _with(packet: bytes, at: int, bit: int) -> bytes:
    damaged = bytearray(packet)
    damaged[at] ^= 1 << bit
    return bytes(damaged)


def _packet(*bodies: bytes) -> bytes:
    return b"".join(len(body).to_bytes(4, "big") + body for body in bodies)


PACKET = _packet(*UNITS)


@pytest.mark.parametrize("at", STARTS)
def test_a_length_of_a_unit_is_set_right_whichever_of_its_bits_is_wrong(at: int) -> None:
    assert units.set_right(memoryview(PACKET), 4, True) is None
    for bit in range(32):
        damaged = _with(PACKET, at + bit // 8, bit % 8)
        assert units.set_right(memoryview(damaged), 4, True) == PACKET, bit
        assert units.set_right(memoryview(damaged), 4, False) == PACKET, bit


@pytest.mark.parametrize("bit", [1, 2, 3, 4])
def test_a_predicted_picture_that_says_it_refreshes_everything_is_one_of_the_others(bit: int) -> None:
    at = STARTS[1] + 4
    damaged = _with(PACKET, at, bit)
    assert units.set_right(memoryview(damaged), 4, True) == PACKET
    assert units.set_right(memoryview(damaged), 4, False) is None, "of H.264 alone"


@pytest.mark.parametrize(
    "whole",
    [
        _packet(b"\x09\xf0", *UNITS),  # what begins a picture is two bytes, whatever follows it
        _packet(UNITS[0], b"\x00" + UNITS[1]),  # a type that the standard leaves to makers
        _packet(*[bytes([1]) * 1020] * (units.MOST + 20)),  # a bit turned would skip the next one
        PACKET + bytes(4),
        PACKET + bytes(64),
        b"\0\0\0\1" + b"\x41" * 513,  # behind a start code; a bit turned would fill the packet
    ],
    ids=["delimiter", "own", "many", "padded", "padded-long", "start-codes"],
)
def test_a_whole_packet_stays(whole: bytes) -> None:
    assert units.set_right(memoryview(whole), 4, True) is None
    assert units.set_right(memoryview(whole), 4, False) is None


def test_units_that_nothing_can_be_told_of_stay() -> None:
    noise = random.Random(1).randbytes(3000)
    for data in (b"", b"\0\0", bytes(40), b"\xff" * 40, PACKET[:-7], noise):
        assert units.set_right(memoryview(data), 4, True) is None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40), max_size=80), st.binary(max_size=9), st.integers(1, 4))
def test_any_bytes_stay_as_many_and_a_bit_of_one_length_is_all_that_is_turned(
    bodies: list[bytes], rest: bytes, width: int
) -> None:
    data = b"".join(len(body).to_bytes(width, "big") + body for body in bodies)
    assert units.set_right(memoryview(data), width, False) is None
    found = units.set_right(memoryview(data + rest), width, False)
    apart = int.from_bytes(found, "big") ^ int.from_bytes(data + rest, "big") if found else 1
    assert apart.bit_count() == 1 and (found is None or len(found) == len(data + rest))
    found = units.set_right(memoryview(rest + data), width, True)
    assert found is None or (len(found) == len(rest + data) and found != rest + data)
