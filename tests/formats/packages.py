"""A drawn case package with one of everything, for the tests of every format that carries a case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from entente.formats.case_package import (
    CasePackage,
    Marking,
    PackedClue,
    PackedExhibit,
    PackedItem,
    PackedSeries,
    PackedStep,
)
from entente.vocabulary.clue import Clue, ClueGroup, ClueKind
from entente.vocabulary.handling import Audience, Handling, HandlingCode, Purpose

NOON = datetime(2026, 6, 6, 12, tzinfo=UTC)
OPEN = Marking()
CLOSED = Marking(Handling(frozenset({HandlingCode.H1, HandlingCode.H3}), "call first: «è»"), Audience.RED)
BOTH = Marking(
    Handling(frozenset({HandlingCode.H0, HandlingCode.H1, HandlingCode.H3}), "call first: «è»"), Audience.RED
)


def number(n: int) -> UUID:
    """A random-looking id that is the same each time."""
    return UUID(int=0x5F0C2A9E_1111_4000_8000_000000000000 + n)


def package() -> CasePackage:
    """Two pictures, a video, a series, an exhibit that went through three hands, and clues of each reach."""
    picture = PackedItem(
        number(1),
        1,
        OPEN,
        "0cc175b9c0f1b6a831c399e269772661",
        "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
        "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
        "f8f8f0cce0f4e84d0e370a22028f67f0" * 2,
        9,
        "image/jpeg",
        "picture",
        640,
        480,
    )
    second = replace(
        picture, id=number(2), number=2, md5="1" * 31 + "2", sha1="", sha256="", pdq="", marking=CLOSED
    )
    video = PackedItem(
        number(3),
        3,
        OPEN,
        md5="2" * 31 + "3",
        size=99,
        mime="video/mp4",
        kind="video",
        width=320,
        height=240,
        seconds=12.5,
    )
    exhibit = PackedExhibit(
        number(20), "E1", OPEN, "a phone", NOON - timedelta(days=2), (number(1), number(3))
    )
    steps = tuple(
        PackedStep(
            number(30 + n),
            number(20),
            n,
            NOON - timedelta(hours=20 - n),
            giver,
            receiver,
            "imaging",
            OPEN,
            None if n == 3 else NOON - timedelta(hours=20 - n, minutes=-10),
            "" if n == 3 else "received",
        )
        for n, giver, receiver in (
            (1, "Police, Italy", "Laboratory"),
            (2, "Laboratory", "Police, Italy"),
            (3, "Police, Italy", "Court"),
        )
    )
    socket = Clue(
        str(number(40)),
        ClueKind.SOCKET,
        "L",
        ClueGroup.OBJECTS,
        "person",
        str(number(1)),
        "three round holes: «è»",
        "officer",
        "1",
        (0.1, 0.1, 0.25, 0.5),
        None,
        None,
        False,
        "B2",
        0.75,
    )
    hum = replace(
        socket,
        id=str(number(41)),
        kind=ClueKind.MAINS_HZ,
        value=50,
        medium=str(number(3)),
        region=None,
        start=1.5,
        end=4.0,
        negated=True,
    )
    place = replace(
        socket,
        id=str(number(42)),
        kind=ClueKind.GPS,
        value={"lat": 45.5, "lon": 11.25, "radius_m": 30},
        medium="",
        region=None,
    )
    clues = (
        PackedClue(number(40), socket, "Police, Italy", NOON - timedelta(hours=3), OPEN),
        PackedClue(number(41), hum, "Laboratory", NOON - timedelta(hours=2), CLOSED),
        PackedClue(number(42), place, "Police, Italy", NOON - timedelta(hours=1), OPEN),
    )
    return CasePackage(
        number(100),
        "IT-2026-001",
        "V-001",
        NOON,
        "Police, Italy",
        "desk@it.example",
        "Police, France",
        Purpose.VICTIM_IDENTIFICATION,
        BOTH,
        (picture, second, video),
        (PackedSeries(number(10), "S-1", (number(1), number(3)), OPEN),),
        (exhibit,),
        steps,
        clues,
        ("1 item was left out. H1: not for judicial proceedings.",),
    )
