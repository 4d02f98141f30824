"""Twelve nodes, each a desk of its own, a day apart: how long until every one has what the others recorded?

    python -m benchmarks.nodes [--small]

Twelve processes with twelve stores in SQLite (WAL, synchronous=FULL), which meet by files alone. Two officers
of each pin the card of each other, words read out, and set down a legal basis. Then every node records its
share of 10,000 items, seals a package for each other node, and opens the eleven that came, in an order of its
own. As many nodes work at a time as the machine has cores. At the end each is asked what it holds of each.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import measure

NODES, ITEMS, SMALL_ITEMS = 12, 10_000, 240
TARGET_S = 600
COUNTRIES = ("AT", "BE", "CZ", "DE", "ES", "FI", "FR", "IT", "NL", "PL", "PT", "SE")


class Node:
    """One node's process; ``do`` has it do one act and waits."""

    def __init__(self, folder: Path, short: str) -> None:
        """Start it: its desk is made first."""
        self.short, self.folder = short, folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.nodes", "--node", str(folder), short],
            env={k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "ENTENTE_DESK"}},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, act: str, *given: Any) -> Any:
        """Have it done; raise ``RuntimeError`` where the process ends instead."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([act, *given]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"node {self.short} is gone; see its messages above")
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(20)


class Desk:
    """What a node does, in its own process."""

    def __init__(self, folder: Path, short: str) -> None:
        """Make the desk with one agency, two officers and one case."""
        from entente.web import start

        start.make_desk(folder)
        from entente.casework.intake.service import open_case
        from entente.records import clock
        from entente.records.models import Account, Agency
        from entente.vocabulary.handling import Purpose

        self.purpose = Purpose.VICTIM_IDENTIFICATION
        told = {"name": f"National unit {short}", "country": short, "kind": "national unit"}
        self.agency = Agency.objects.create(short=short, contact=f"desk@{short.lower()}.example", **told)
        rights = {"agency": self.agency, "roles": ["examiner"], "purposes": [str(self.purpose)]}
        first, second = (Account.objects.create(username=f"{short}-{n}", **rights) for n in (1001, 1002))
        opened = {"number": f"{short}-1", "title": "Operation Elm", "victim_number": "V-001"}
        day = clock.now() - timedelta(days=1)
        self.case = open_case(first.as_officer(), self.purpose, discovered_at=day, **opened)
        self.first, self.second = first.as_officer(), second.as_officer()

    def card(self) -> dict[str, str]:
        """Make the agency's own card by two people; return it and its words."""
        from entente.records import circle

        row = circle.propose_own(self.first, self.purpose)
        words = circle.words_of(row)
        circle.confirm_card(self.second, self.purpose, row, words)
        return {"card": row.card, "words": words}

    def pin(self, cards: list[dict[str, str]]) -> int:
        """Pin the others' cards by two people and set down a legal basis for each."""
        from entente.records import circle, clock

        for told in cards:
            row = circle.propose(self.first, self.purpose, told["card"], "national unit")
            held = circle.confirm_card(self.second, self.purpose, row, told["words"])
            assert held.agency is not None
            basis = circle.propose_basis(
                self.first,
                self.purpose,
                held.agency,
                ground="union law",
                reference="a benchmark",
                since=clock.now() - timedelta(days=1),
            )
            circle.confirm_basis(self.second, self.purpose, basis)
        return len(cards)

    def record(self, items: int) -> int:
        """Record items of the case, with digests and no picture."""
        from entente.records import guard
        from entente.records.models import Media

        told: dict[str, Any] = {"case": self.case, "owner": self.agency, "made_by_id": self.first.id}
        with guard.system("a benchmark's items"):
            Media.objects.bulk_create(
                Media(
                    number=n,
                    codes="H0",
                    size=5,
                    kind="picture",
                    md5=hashlib.md5(f"{self.agency.short} {n}".encode(), usedforsecurity=False).hexdigest(),
                    sha256=hashlib.sha256(f"{self.agency.short} {n}".encode()).hexdigest(),
                    **told,
                )
                for n in range(1, items + 1)
            )
        return items

    def seal(self, folder: str) -> int:
        """Seal a package for every partner; return how many things went."""
        from entente.casework.cooperate.service import sealing
        from entente.records.models import Agency

        gone = 0
        for to in Agency.objects.exclude(pk=self.agency.pk):
            with (Path(folder) / f"{self.agency.short}-{to.short}").open("wb") as out:
                gone += len(sealing.seal(self.first, self.purpose, self.case, to, out)[1].goes)
        return gone

    def open(self, folder: str) -> int:
        """Open every package that came, in an order of this node's own; return how many things were taken."""
        from entente.casework.cooperate.service import arrivals

        came = sorted(Path(folder).glob(f"*-{self.agency.short}"))
        random.Random(self.agency.short).shuffle(came)
        taken = 0
        for path in came:
            with path.open("rb") as file:
                taken += arrivals.open_package(self.first, self.purpose, file, self.case).taken
        return taken

    def holds(self) -> dict[str, str]:
        """Return, of each agency, a digest of the items held of it: of this one, its own."""
        from entente.records import guard
        from entente.records.models import Media, PartnerThing

        held: dict[str, list[str]] = {}
        with guard.system("what a benchmark compares"):
            held[self.agency.short] = list(Media.objects.values_list("sha256", flat=True))
            for row in PartnerThing.objects.select_related("owner"):
                held.setdefault(row.owner.short, []).append(str(row.body["sha256"]))
        return {
            short: hashlib.sha256("".join(sorted(all_)).encode()).hexdigest() for short, all_ in held.items()
        }


def serve(folder: Path, short: str) -> None:
    """Be a node until the other side is gone."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the program prints is not for the other side
    desk = Desk(folder, short)
    for line in sys.stdin:
        act, *given = json.loads(line)
        out.write(json.dumps(getattr(desk, act)(*given)) + "\n")
        out.flush()


def main() -> int:
    """Run all twelve and print the figure; 1 where a node has not what the others recorded, or late."""
    if sys.argv[1:2] == ["--node"]:
        serve(Path(sys.argv[2]), sys.argv[3])
        return 0
    each = -(-(SMALL_ITEMS if measure.wanted(__doc__ or "") else ITEMS) // NODES)
    with tempfile.TemporaryDirectory(prefix="entente-nodes-") as folder:
        post = Path(folder) / "post"
        post.mkdir()
        nodes = [Node(Path(folder) / short, short) for short in COUNTRIES]
        try:
            return _measured(nodes, post, each)
        finally:
            for node in nodes:
                node.close()


def _measured(nodes: list[Node], post: Path, each: int) -> int:
    with ThreadPoolExecutor(os.cpu_count() or 2) as together:

        def all_do(act: Callable[[Node], Any]) -> list[Any]:
            return list(together.map(act, nodes))

        cards = all_do(lambda node: node.do("card"))
        all_do(lambda node: node.do("pin", [c for n, c in zip(nodes, cards, strict=True) if n is not node]))
        all_do(lambda node: node.do("record", each))
        began = time.monotonic()
        sealed = sum(all_do(lambda node: node.do("seal", str(post))))
        between = time.monotonic()
        taken = sum(all_do(lambda node: node.do("open", str(post))))
        ended = time.monotonic()
        held = all_do(lambda node: node.do("holds"))
    alike = all(h == held[0] for h in held) and len(held[0]) == len(nodes)
    size = sum(p.stat().st_size for p in post.iterdir())
    figure = measure.Figure(f"Twelve nodes a day apart, {each * NODES:,} items", "target")
    figure.add(f"seal {NODES * (NODES - 1)} packages, {sealed:,} things", f"{between - began:.0f} s")
    figure.add(f"open them, {taken:,} things taken", f"{ended - between:.0f} s")
    met = alike and ended - began <= TARGET_S
    figure.add("caught up", f"{ended - began:.0f} s", f"≤ {TARGET_S} s", "met" if met else "missed")
    figure.add("every node holds what every node recorded", "yes" if alike else "no", "yes")
    figure.add("bytes that travelled", f"{size:,}")
    figure.say()
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
