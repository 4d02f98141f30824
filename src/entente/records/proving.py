"""Proving the whole log: every row is recomputed from the entries' own bytes and compared.

The entries are read once, in spans of ``SPAN`` leaves that are subtrees of their own, so that a log of any
length takes the same memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import CharField, ExpressionWrapper, F
from django.db.models.functions import Cast

from entente.records import guard, heads, stamp
from entente.records.models.log_entry import LogEntry, LogHead, LogNode
from entente.safeguards import commitment, tree

LEVEL = 12
SPAN = 1 << LEVEL
SHOWN = 50  # faults of one kind that are told one by one
_decode = json.JSONDecoder().decode  # our own sealed bytes, which the leaf binds; no stranger's
_REPEATED = ("seq", "at", "agency", "case", "thing", "verb", "step")


class _Cells(NamedTuple):
    """One entry with its opening, as the database holds them."""

    id: str
    seq: int
    body: str
    leaf: str
    at: str
    agency: str
    account: str | None
    case: str | None
    thing: str | None
    verb: str
    step: str
    opening: str | None
    opened_by: str
    officer: str
    officer_salt: str
    session: str
    session_salt: str
    reason: str
    reason_salt: str
    state_salt: str


_PATHS = {"agency": "agency_id", "opening": "opening__id", "opened_by": "opening__agency_id"} | {
    name: f"opening__{name}" for name in _Cells._fields[-7:]
}


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

    def meet(self, nodes: Iterable[tuple[int, bytes | memoryview]]) -> None:
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
        # as plain text: a million times seven identifiers and a moment need not become objects
        cells: list[Any] = [ExpressionWrapper(F(_PATHS.get(n, n)), CharField()) for n in _Cells._fields]
        if connection.vendor == "sqlite":  # its driver would make a moment of the column all the same
            cells[_Cells._fields.index("at")] = Cast("at", CharField())
        _read(walk, rows.values_list(*cells).iterator(chunk_size=SPAN))
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
        for expected, row in enumerate(chunk, walk.size):
            cells = _Cells(*row) if type(row[0]) is str else _Cells(*map(_plain, row))
            leaf = tree.leaf_hash(cells.body.encode())
            leaves.append(leaf)
            if cells.seq == expected and leaf.hex() == cells.leaf and _sound(cells):
                continue
            if cells.seq != expected:
                walk.fault(f"entry {expected} is missing: the next one is {cells.seq}")
            if leaf.hex() != cells.leaf:
                walk.fault(f"entry {cells.seq} was changed")
            for says in _differs(walk, cells):
                walk.fault(f"entry {cells.seq}: {says}")
        low = 2 * walk.size
        walk.span(leaves)
        kept = LogNode.objects.filter(place__gte=low, place__lt=2 * walk.size)
        walk.meet(kept.values_list("place", "hash"))


def _plain(cell: Any) -> Any:
    """Return a cell as SQLite holds it: PostgreSQL has types for what is text there."""
    if isinstance(cell, UUID):
        return cell.hex
    if isinstance(cell, datetime):
        return str(cell.astimezone(UTC).replace(tzinfo=None))
    return cell


def _written(told: dict[str, Any]) -> dict[str, Any]:
    """Return what the columns must be for a body, as SQLite holds them."""
    when = told["at"].replace("T", " ").removesuffix("+00:00").removesuffix(".000000")
    return {
        "seq": told["seq"],
        "at": when,
        "agency": told["agency"].replace("-", ""),
        "case": told["case"].replace("-", "") or None,
        "thing": told["thing"].replace("-", "") or None,
        "verb": told["verb"],
        "step": told["step"],
    }


def _sound(cells: _Cells) -> bool:
    """Whether an entry of the usual kind, with its opening, is right in every cell."""
    try:
        told = _decode(cells.body)
        columns = {name: getattr(cells, name) for name in _REPEATED}
        return (
            "erased" not in told
            and _written(told) == columns
            and told["entry"].replace("-", "") == cells.id == cells.opening
            and cells.agency == cells.opened_by
            and cells.account == cells.officer.replace("-", "")
            and bool(cells.state_salt) == ("before" in told or "after" in told)
            and not _misfits(cells, told)
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        return False


def _misfits(cells: _Cells, told: dict[str, Any]) -> list[str]:
    values = {"officer": cells.officer, "session": cells.session, "reason": cells.reason}
    salts = {"officer": cells.officer_salt, "session": cells.session_salt, "reason": cells.reason_salt}
    return [
        f"its {name} is not what was sealed"
        for name, value in values.items()
        if commitment.commit(name, bytes.fromhex(salts[name]), value) != told[name]
    ]


def _differs(walk: _Walk, cells: _Cells) -> list[str]:
    """The columns repeat the body so that they can be searched; say which of them say another thing."""
    try:
        told = _decode(cells.body)
        wanted = _written(told)
        if "entry" not in told:  # from before persons stood behind commitments; its clock was read twice
            wanted = {**wanted, "at": cells.at, "account": told["officer"].replace("-", "")}
        elif told["entry"].replace("-", "") != cells.id:
            return ["it has another entry's name"]
        says = [
            f"the column {name} differs from the sealed body"
            for name, value in wanted.items()
            if getattr(cells, name) != value
        ]
        return says + (_opens(walk, cells, told) if "entry" in told else [])
    except (ValueError, LookupError, TypeError, AttributeError):
        return ["its body is not the JSON of an entry"]


def _opens(walk: _Walk, cells: _Cells, told: dict[str, Any]) -> list[str]:
    if "erased" in told:
        walk.erased.append(told["erased"])
    if cells.opening is None:
        walk.missing.append(cells.seq)
        return ["its column account was not erased with its opening"] if cells.account else []
    says = []
    if cells.account != cells.officer.replace("-", ""):
        says.append("the column account differs from the sealed officer")
    if cells.opening != cells.id or cells.opened_by != cells.agency:
        says.append("its opening belongs to another entry")
    if bool(cells.state_salt) != ("before" in told or "after" in told):
        says.append("the salt of its states is lost")
    try:
        return says + _misfits(cells, told)
    except ValueError:
        return [*says, "a salt of its opening is damaged"]


def _nodes_left(walk: _Walk, begin: int) -> None:
    for place in sorted(walk.made)[:SHOWN]:
        walk.fault(f"the node {place} of the tree is missing")
    strangers = sorted(p for p in walk.stored if p >= 2 * begin)[:SHOWN]
    for place in strangers:
        walk.fault(f"the stored node {place} belongs to no entries")


def _openings_left(walk: _Walk, begin: int) -> None:
    """What opens an entry may be gone only where a sealed erasure says so."""
    spans = sorted(each.partition("-") for text in walk.erased for each in text.split())
    erased = {seq for a, _, b in spans for seq in range(int(a), int(b or a) + 1)} if walk.missing else set()
    lost = [seq for seq in walk.missing if seq not in erased]
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
