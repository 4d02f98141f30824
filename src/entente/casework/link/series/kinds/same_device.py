"""Items whose files name one camera: make, model and a serial that is one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from entente.casework.link.series.evidence import Hub, Item, Link, LinkKind, chain

_NO_SERIAL = re.compile(r"[0\s.\-x]*|none|unknown|n/?a|1234567890?", re.IGNORECASE)


def find(items: Sequence[Item]) -> tuple[list[Link], list[Hub]]:
    """Chain the items of one camera; blank and invented serials do not count."""
    held: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for item in items:
        if item.device and not _NO_SERIAL.fullmatch(item.device[2].strip()):
            make, model, serial = (part.strip().casefold() for part in item.device)
            held[make, model, serial].append(item.id)
    return [
        tie
        for (make, model, serial), ids in sorted(held.items())
        for tie in chain(ids, LinkKind.SAME_DEVICE, "serial", f"Same device: {make} {model}, serial {serial}")
    ], []
