"""What a limited decoder does with an archive: list it, measure it, give out its members one by one.

Runs inside the sandbox only. A member's name is text and never a path. Declared sizes are measured before
anything is unpacked, and again while it is, because they may lie; only one level is opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from entente.evidence import tape, zipped
from entente.evidence.entry import NotHad, demand, too_much
from entente.evidence.measure import LONGEST_NAME, MOST_BYTES
from entente.evidence.pictures import Refused
from entente.evidence.source import Source

Job = tuple[dict[str, Any], bytes]


def unpacked(source: Source, form: str) -> Iterator[Job]:
    """Iterate over ``begin`` (with a name), ``piece`` (with bytes) and ``end`` of each member, then ``done``.

    An ``end`` with ``why`` says that this member cannot be had. Raises ``Refused`` where the archive is
    over the limits or damaged: before anything was given out, except at its damaged end.
    """
    entries, pieces, fault = zipped.listed(source) if form == "zip" else tape.listed(source, form)
    given = 0
    for number, entry in enumerate(entries, 1):
        yield {"begin": number, "name": entry.name[:LONGEST_NAME]}, b""
        why = entry.refusal
        try:
            for piece in () if why else pieces(entry):
                given += len(piece)
                demand(given <= MOST_BYTES, *too_much())
                yield {"piece": number}, piece
        except NotHad as lost:
            why = lost.refusal
        yield {"end": number, **({"why": {"code": str(why.code), "reason": why.reason}} if why else {})}, b""
    if fault:
        raise Refused(fault.code, fault.reason)
    yield {"done": True}, b""
