"""Private set intersection of identifiers: the asker learns which of its own the other holds, nothing more.

The protocol is that of ``openmined-psi`` (ECDH; the answer is a Golomb-compressed set), for partners that
keep to it: the asker blinds its identifiers, the holder blinds them again and gives its own blinded set. Each
question has a number that goes into every identifier, so that two answers cannot be laid beside each other.
Whoever holds learns how many were asked, never which and never what met; whoever asks learns how many are
held.

Source: Meadows, "A more efficient cryptographic matchmaking protocol" (IEEE S&P 1986); Angelou et al.,
"Asymmetric Private Set Intersection with Applications to Contact Tracing" (2020).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from entente.vocabulary.identifier import IdentifierKind, normalise

MOST_ASKED = 10_000  # identifiers in one question
MOST_HELD = 2_000_000  # identifiers that one answer is made of
LONGEST_ELEMENT = 64  # bytes of one blinded identifier in a question; a point of P-256 and its frame are 35
FRAME = 1024  # bytes of a question besides
FALSE_HITS = 1e-9  # the chance that a whole question brings one hit that is none
_LENGTHS = struct.Struct("!QQ")


class NotPrivate(ValueError):
    """A private cross-check could not be made; the text says the mend."""


def element(number: UUID, kind: IdentifierKind | str, text: str) -> str:
    """Return an identifier as both sides write it for one question: in its one spelling, under its kind."""
    kind = IdentifierKind(kind)
    return f"entente private check v1|{number}|{kind}|{normalise(kind, text)}"


def protocol() -> Any:
    """Return the library; raise ``NotPrivate`` with the mend where it is not installed."""
    try:
        import private_set_intersection.python as found
    except ImportError:
        raise NotPrivate(
            "private cross-checks need the package openmined-psi; install entente[private]"
        ) from None
    return found


def question(elements: Sequence[str]) -> tuple[bytes, bytes]:
    """Return the asker's secret key and its blinded question."""
    if not 0 < len(elements) <= MOST_ASKED:
        raise NotPrivate(
            f"a question has up to {MOST_ASKED:,} identifiers, and this would have {len(elements):,}"
        )
    client = protocol().client.CreateWithNewKey(True)
    return client.GetPrivateKeyBytes(), client.CreateRequest(list(elements)).SerializeToString()


def answer(request: bytes, asked: int, elements: Iterable[str]) -> tuple[bytes, int]:
    """Return what the holder sends back, and how many identifiers it was made of."""
    held = sorted(set(elements))
    if len(held) > MOST_HELD:
        raise NotPrivate(f"an answer is made of up to {MOST_HELD:,} identifiers; narrow the kinds")
    psi = protocol()
    blinded = psi.Request()
    _parsed(blinded, request)
    if len(blinded.encrypted_elements) != asked or not blinded.reveal_intersection:
        raise NotPrivate("the question is not what its package says; refuse it and tell the partner")
    server = psi.server.CreateWithNewKey(True)
    # the set may not be empty: one element that nobody can ask for stands for none
    setup = server.CreateSetupMessage(FALSE_HITS, asked, held or ["none"], psi.DataStructure.GCS)
    told = setup.SerializeToString()
    back = _sound(lambda: server.ProcessRequest(blinded)).SerializeToString()
    return _LENGTHS.pack(len(told), len(back)) + told + back, len(held)


def met(key: bytes, told: bytes, asked: int) -> list[int]:
    """Return the places of those of the asker's identifiers that the holder has too."""
    if len(told) < _LENGTHS.size:
        raise NotPrivate("the answer is cut short; have it sent again")
    first, second = _LENGTHS.unpack_from(told)
    if _LENGTHS.size + first + second != len(told):
        raise NotPrivate("the answer is cut short; have it sent again")
    psi = protocol()
    setup, back = psi.ServerSetup(), psi.Response()
    _parsed(setup, told[_LENGTHS.size : _LENGTHS.size + first])
    _parsed(back, told[_LENGTHS.size + first :])
    if len(back.encrypted_elements) != asked:
        raise NotPrivate("the answer is to another question; have it sent again")
    client = psi.client.CreateFromKey(key, True)
    return sorted(_sound(lambda: client.GetIntersection(setup, back)))


def _parsed(message: Any, data: bytes) -> None:
    _sound(lambda: message.ParseFromString(data))


def _sound(work: Callable[[], Any]) -> Any:
    """Return what the library makes of foreign bytes; raise ``NotPrivate`` where it can make nothing."""
    try:
        return work()
    except Exception as fault:  # the library's own, whatever it is called
        raise NotPrivate(f"what came is no message of the protocol ({type(fault).__name__})") from None
