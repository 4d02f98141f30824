"""A package of 1,000 things between two agencies: seal and open, against age alone over the same bytes.

    python -m benchmarks.package [--small]

A desk of its own in SQLite (WAL, synchronous=FULL): the law asked of each thing, each thing signed, the
package sealed, the books and the log written; then opened in the limited process, read twice, each signature
checked and each thing held under its handling. The peer encrypts and decrypts the same plain text with age
and does nothing else.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks import measure

THINGS, SMALL_THINGS = 1_000, 100


def main() -> None:
    """Make a desk, seal, open, and open what came before once more."""
    count = SMALL_THINGS if measure.wanted(__doc__ or "") else THINGS
    with tempfile.TemporaryDirectory() as folder:
        from entente.web import start

        os.environ.pop("DATABASE_URL", None)
        start.make_desk(Path(folder) / "desk")
        _measured(count)


def _measured(count: int) -> None:
    from pyrage import decrypt, encrypt, x25519
    from tests.casework.cooperate import exchange

    from entente.formats.sealed_package import PackageRefused

    desks = exchange.three_desks(_circle())
    exchange.filled(desks, media=count - 1)
    sealed, sealing = _timed(lambda: exchange.seal(desks, "it", "fr"))
    done, opening = _timed(lambda: exchange.opened(desks, "fr", sealed))
    assert done.taken == count and not done.refused

    def again() -> None:
        try:
            exchange.opened(desks, "fr", sealed)
        except PackageRefused:
            return
        raise AssertionError("a replay was taken")

    _, replayed = _timed(again)
    identity = x25519.Identity.generate()
    plain = os.urandom(len(sealed))
    bare, encrypting = _timed(lambda: encrypt(plain, [identity.to_public()]))
    _, decrypting = _timed(lambda: decrypt(bare, [identity]))
    figure = measure.Figure(f"A package of {count:,} things", f"age alone ({measure.named('pyrage')})")
    figure.add(
        "seal", f"{sealing:.2f} s", f"{encrypting * 1000:.0f} ms", f"{sealing / count * 1000:.1f} ms a thing"
    )
    figure.add(
        "open", f"{opening:.2f} s", f"{decrypting * 1000:.0f} ms", f"{opening / count * 1000:.1f} ms a thing"
    )
    figure.add("refuse a replay", f"{replayed:.2f} s")
    figure.add("bytes", f"{len(sealed):,}", f"{len(plain):,} given", f"{len(sealed) / count:.0f} B a thing")
    figure.say()


def _timed(act: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return act(), time.perf_counter() - began


def _circle() -> SimpleNamespace:
    """Return three agencies with an examiner each, as the tests have them."""
    from entente.records.models import Account, Agency

    agencies, people = {}, {}
    for short in ("it", "fr", "dk"):
        told = {"name": f"Unit {short}", "country": short.upper(), "kind": "national unit", "contact": "desk"}
        agencies[short] = Agency.objects.create(short=short.upper(), **told)
        people[short] = Account.objects.create(
            username=f"{short.upper()}-1001",
            agency=agencies[short],
            roles=["examiner"],
            purposes=["victim-identification"],
        )
    return SimpleNamespace(
        agencies=SimpleNamespace(**agencies), officer=lambda account: account.as_officer(), **people
    )


if __name__ == "__main__":
    main()
