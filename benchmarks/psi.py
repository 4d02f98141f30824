"""A private cross-check of 10,000 identifiers against 1,000,000: time and bytes, against the plain list.

    python -m benchmarks.psi [--small]

The plain way is what is done without it: the asker sends its list, or the holder sends its own, a line each,
and the other compares with a set. One round, since the holder's side alone takes minutes of one core.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from benchmarks import measure
from entente.casework.crosscheck import private

ASKED, HELD, BOTH = 10_000, 1_000_000, 100
SMALL_ASKED, SMALL_HELD = 1_000, 20_000


def digests(first: int, count: int) -> list[str]:
    """Return made-up SHA-256 digests in hex."""
    return [hashlib.sha256(f"item {n}".encode()).hexdigest() for n in range(first, first + count)]


def timed(act: Callable[[], Any]) -> tuple[Any, float]:
    """Return what an act gave, and its seconds of processor time."""
    began = time.process_time()
    return act(), time.process_time() - began


def main() -> None:
    """Ask, answer and read once; then the plain way with the same lists."""
    small = measure.wanted(__doc__ or "")
    asked, held = (SMALL_ASKED, SMALL_HELD) if small else (ASKED, HELD)
    ours, theirs = digests(0, asked), digests(asked - BOTH, held)
    number = UUID(int=1)
    mine, spelled = timed(lambda: [private.element(number, "hash", d) for d in ours])
    others, _ = timed(lambda: [private.element(number, "hash", d) for d in theirs])
    (key, request), asking = timed(lambda: private.question(mine))
    (told, _count), answering = timed(lambda: private.answer(request, asked, others))
    found, reading = timed(lambda: private.met(key, told, asked))
    assert found == list(range(asked - BOTH, asked)), "exactly those that both hold"
    plain_ours, plain_theirs = "\n".join(ours).encode(), "\n".join(theirs).encode()
    same, comparing = timed(lambda: set(plain_ours.split(b"\n")) & set(plain_theirs.split(b"\n")))
    assert len(same) == BOTH

    figure = measure.Figure(
        f"Private cross-check of {asked:,} identifiers against {held:,}", "the plain list sent and compared"
    )
    sent = len(request) + len(told)
    figure.add("question, processor", f"{spelled + asking:.1f} s")
    figure.add("answer, processor of the holder", f"{answering:.1f} s")
    figure.add("reading, processor", f"{reading:.1f} s", f"{comparing:.2f} s (comparing)")
    figure.add("question, bytes", f"{len(request):,}", f"{len(plain_ours):,} (the asker's list disclosed)")
    figure.add("answer, bytes", f"{len(told):,}", f"{len(plain_theirs):,} (the holder's list disclosed)")
    figure.add(
        "both ways against the holder's list",
        f"{sent:,}",
        f"{len(plain_theirs):,}",
        f"{sent / len(plain_theirs):.2f}",
    )
    figure.notes.append(f"Hits: {len(found)}, exactly those that both hold. {measure.named('openmined-psi')}")
    figure.say()


if __name__ == "__main__":
    main()
