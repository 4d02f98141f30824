"""Proving the whole log: every row is recomputed from the entries' own bytes and compared.

The entries are read once, in spans of ``SPAN`` leaves that are subtrees of their own, so that a log of any
length takes the same memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from entente.records import guard, heads, stamp
from entente.records.models.log_entry import LogEntry, LogHead, LogNode
from entente.safeguards import commitment, strict_json, tree

LEVEL = 12
SPAN = 1 << LEVEL
SHOWN = 50  # faults of one kind that are told one by one
_COLUMNS = ("id", "seq", "body", "leaf", "at", "agency_id", "account", "case", "thing", "verb", "step")
_OPENED = ("officer", "session", "reason")
_OPENING = ("id", "agency_id", *(f for o in _OPENED for f in (o, f"{o}_salt")), "state_salt")


@dataclass(frozen=True, slots=True)
class Proof:
    """What ``verify`` found: the size and root that the entries give, the faults, and from where it read."""

    size: int
    root: str
    faults: tuple[str, ...]
    since: int = 0


@dataclass(slots=True)
class _Walk:
    """The state of one reading."""

    size: int
    frontier: list[bytes]
    wanted: set[int]
    roots: dict[int, bytes] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)  # entries without an opening
    erased: list[str] = field(default_factory=list)  # what sealed erasures say
    made: dict[int, bytes] = field(default_factory=dict)  # nodes recomputed and not yet found stored
    stored: dict[int, bytes] = field(default_factory=dict)  # and the other way round

    def fault(self, says: str) -> None:
        if len(self.faults) < 10 * SHOWN:
            self.faults.append(says)

    def span(self, leaves: list[bytes]) -> None:
        """Take the next leaves, ``SPAN`` of them but for the last time."""
        levels = [leaves]
        while len(levels[-1]) > 1:
            below = levels[-1]
            levels.append([tree.node_hash(*pair) for pair in zip(below[::2], below[1::2], strict=False)])
        for size in sorted(w for w in self.wanted if self.size <= w <= self.size + len(leaves)):
            inside = [levels[n][i] for n, i in tree.subtrees(0, size - self.size)]
            self.roots[size] = tree.root_of([*self.frontier, *inside])
        for level, nodes in enumerate(levels[1:], 1):
            first = self.size >> level
            self.made |= {tree.place(level, first + i): node for i, node in enumerate(nodes)}
        self._join(levels, len(leaves))

    def _join(self, levels: list[list[bytes]], count: int) -> None:
        edge = [levels[n][i] for n, i in tree.subtrees(0, count)]
        if count == SPAN:  # one whole subtree joins the edge like a leaf of a smaller tree
            carry, index, level = edge[0], self.size >> LEVEL, LEVEL
            while index & 1:
                carry, index, level = tree.node_hash(self.frontier.pop(), carry), index >> 1, level + 1
                self.made[tree.place(level, index)] = carry
            edge = [carry]
        self.frontier += edge
        self.size += count

    def meet(self, nodes: Iterable[tuple[int, bytes]]) -> None:
        """Compare stored nodes with the recomputed ones; those of larger subtrees meet later."""
        self.stored.update((place, bytes(node)) for place, node in nodes)
        for place in self.made.keys() & self.stored.keys():
            if self.made.pop(place) != self.stored.pop(place):
                self.fault(f"the stored node {place} of the tree was changed")


def verify(last: int | None = None) -> Proof:
    """Recompute the log and compare every row with it: entries, columns, openings, nodes, head, signatures.

    ``last`` reads about that many of the latest entries only, and takes the tree before them as stored.
    """
    try:
        return _verify(last)
    except (ValueError, TypeError) as fault:  # a column holds what its kind cannot: it was written by hand
        return Proof(0, "", (f"a row of the log cannot be read: {fault}",))


def _verify(last: int | None) -> Proof:
    with guard.system("verify the log"):
        head = LogHead.objects.filter(pk=1).first()
        begin = 0 if last is None or head is None else max(0, head.size - last) >> LEVEL << LEVEL
        signed = heads.rows()
        walk = _Walk(begin, _frontier(begin), {h.size for h in signed if h.size >= begin})
        if begin == 0 and 0 in walk.wanted:
            walk.roots[0] = tree.root([])
        rows = LogEntry.objects.filter(seq__gte=begin).order_by("seq")
        columns = [*_COLUMNS, *(f"opening__{name}" for name in _OPENING)]
        _read(walk, rows.values_list(*columns).iterator(chunk_size=SPAN))
        walk.meet(LogNode.objects.filter(place__gte=2 * walk.size).values_list("place", "hash"))
        _nodes_left(walk, begin)
        _openings_left(walk, begin)
        root = tree.root_of(walk.frontier).hex()
        _head(walk, head, root)
        faults = [*walk.faults, *heads.faults(signed, walk.roots, walk.size, begin)]
        faults += stamp.faults() if begin == 0 else []
    return Proof(walk.size, root, tuple(faults), begin)


def _frontier(begin: int) -> list[bytes]:
    places = [tree.place(level, index) for level, index in tree.subtrees(0, begin)]
    held = dict(LogNode.objects.filter(place__in=places).values_list("place", "hash"))
    return [bytes(held.get(place, b"")) for place in places]


def _read(walk: _Walk, rows: Iterator[tuple[Any, ...]]) -> None:
    while chunk := list(islice(rows, SPAN)):
        leaves = []
        for offset, row in enumerate(chunk):
            entry = dict(zip(_COLUMNS, row, strict=False))
            if entry["seq"] != walk.size + offset:
                walk.fault(f"entry {walk.size + offset} is missing: the next one is {entry['seq']}")
            leaf = tree.leaf_hash(entry["body"].encode())
            if leaf.hex() != entry["leaf"]:
                walk.fault(f"entry {entry['seq']} was changed")
            leaves.append(leaf)
            for says in _differs(walk, entry, row[len(_COLUMNS) :]):
                walk.fault(f"entry {entry['seq']}: {says}")
        low = 2 * walk.size
        walk.span(leaves)
        kept = LogNode.objects.filter(place__gte=low, place__lt=2 * walk.size)
        walk.meet(kept.values_list("place", "hash"))


def _differs(walk: _Walk, entry: dict[str, Any], opening: tuple[Any, ...]) -> list[str]:
    """The columns repeat the body so that they can be searched; they must say the same."""
    try:
        body = strict_json.loads(entry["body"])
        told = {name: _written(entry[name]) for name in ("seq", "at", "verb", "step", "case", "thing")}
        told["agency"] = _written(entry["agency_id"])
        if "entry" not in body:  # from before persons stood behind commitments
            told["officer"] = _written(entry["account"])
            del told["at"]
            return [f"the column {k} differs from the sealed body" for k, v in told.items() if body[k] != v]
        told["entry"] = str(entry["id"])
        if "erased" in body:
            walk.erased.append(body["erased"])
        says = [f"the column {k} differs from the sealed body" for k, v in told.items() if body[k] != v]
        return says + _opens(walk, entry, body, dict(zip(_OPENING, opening, strict=True)))
    except (ValueError, LookupError, TypeError):
        return ["its body is not the JSON of an entry"]


def _opens(walk: _Walk, entry: dict[str, Any], body: dict[str, Any], opening: dict[str, Any]) -> list[str]:
    if opening["id"] is None:
        walk.missing.append(entry["seq"])
        return ["its column account was not erased with its opening"] if entry["account"] else []
    salts = {name: bytes.fromhex(opening[f"{name}_salt"]) for name in _OPENED}
    says = [
        f"its {name} is not what was sealed"
        for name in _OPENED
        if not commitment.opens(body[name], name, salts[name], opening[name])
    ]
    if _written(entry["account"]) != opening["officer"]:
        says.append("the column account differs from the sealed officer")
    if opening["id"] != entry["id"] or opening["agency_id"] != entry["agency_id"]:
        says.append("its opening belongs to another entry")
    if bool(opening["state_salt"]) != ("before" in body or "after" in body):
        says.append("the salt of its states is lost")
    return says


def _written(value: Any) -> Any:
    """Return a column's value as the body writes it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else "" if value is None else value


def _nodes_left(walk: _Walk, begin: int) -> None:
    for place in sorted(walk.made)[:SHOWN]:
        walk.fault(f"the node {place} of the tree is missing")
    strangers = sorted(p for p in walk.stored if p >= 2 * begin)[:SHOWN]
    for place in strangers:
        walk.fault(f"the stored node {place} belongs to no entries")


def _openings_left(walk: _Walk, begin: int) -> None:
    """What opens an entry may be gone only where a sealed erasure says so."""
    spans = [each.partition("-") for text in walk.erased for each in text.split()]
    erased = [(int(a), int(b or a)) for a, _, b in spans]
    lost = [s for s in walk.missing if not any(a <= s <= b for a, b in erased)]
    for seq in lost[:SHOWN]:
        walk.fault(f"entry {seq}: what opens it is gone, and no sealed erasure says so")


def _head(walk: _Walk, head: LogHead | None, root: str) -> None:
    size = head.size if head else 0
    if size != walk.size:
        walk.fault(f"the head says {size} entries, the log holds {walk.size}")
    elif head and head.root != root:
        walk.fault("the root of the entries is not the root of the head")
    elif head and head.frontier != [h.hex() for h in walk.frontier]:
        walk.fault("the growing edge of the head is not that of the entries")
