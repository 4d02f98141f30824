"""What belongs with it: proposes links between items, each with its reason, and groups them into series.

A proposal is shown, never applied against a person's word: *must* and *must not* are hard. What ties too
many strangers together (a compilation, one name pattern over hundreds of files) is listed as a hub and links
nothing.
"""

from __future__ import annotations

import heapq
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np

from entente.casework.match.hashes import TURNS
from entente.casework.match.index import NearIndex, packed
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import EMPTY_FILE_HASHES, PDQ_MIN_QUALITY, PDQ_NEAR, Transform, Turns
from entente.vocabulary.reason import Reason

METHOD, VERSION = "link.series", "1"
STRONG = 0.6  # weight from which a link joins by itself; below it only a person joins
NAME_GAP = 20  # missing numbers between two files of one run
HUB_FILES = 100  # files of one name pattern in one folder: the pattern says nothing any more
HUB_STRANGERS = 12  # items that meet only in one video: a compilation

_NUMBERED = re.compile(r"(?P<head>.*?)(?P<number>\d{1,9})(?P<tail>\D*)")
_CAMERA = re.compile(r"(IMG|DSC|DSCF|DSCN|PICT|MVI|GOPR|GX|DJI|VID|MOV|SAM|P|CIMG|HPIM)[_-]?", re.IGNORECASE)
_NO_SERIAL = re.compile(r"[0\s.\-x]*|none|unknown|n/?a|1234567890?", re.IGNORECASE)


class LinkKind(StrEnum):
    """What ties two items."""

    SAME_FILE = "same file"
    NEAR_PICTURE = "near picture"
    NEAR_FRAME = "near frame"
    SAME_DEVICE = "same device"
    NAME_RUN = "name run"


@dataclass(frozen=True, slots=True)
class Item:
    """What the arithmetic may know of one item."""

    id: str
    digests: frozenset[str] = frozenset()
    pdq_turns: Turns = ()  # of the FULL profile
    pdq_quality: int = 0
    frames: tuple[FrameHash, ...] = ()
    device: tuple[str, str, str] | None = None  # make, model, serial
    folder: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A proposed tie of two items; ``a`` sorts before ``b``; weight 0-1."""

    a: str
    b: str
    kind: LinkKind
    weight: float
    because: Reason


@dataclass(frozen=True, slots=True)
class Hub:
    """What ties too many to mean anything: shown for review, joins nothing."""

    items: tuple[str, ...]
    because: Reason


@dataclass(frozen=True, slots=True)
class Proposal:
    """Links, strongest first, and hubs."""

    links: tuple[Link, ...]
    hubs: tuple[Hub, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Groups of two and more, largest first; the links held back by a person's word; contradicting words."""

    groups: tuple[tuple[str, ...], ...]
    held_back: tuple[Link, ...]
    contradictions: tuple[tuple[str, str], ...]


def _link(a: str, b: str, kind: LinkKind, weight: float, text: str) -> Link:
    first, second = sorted((a, b))
    return Link(first, second, kind, round(weight, 3), Reason(text, METHOD, VERSION, round(weight, 3)))


def _same_files(items: Sequence[Item]) -> Iterator[Link]:
    """Chain the items that share a digest."""
    held: dict[str, list[str]] = defaultdict(list)
    for item in items:
        for digest in item.digests - EMPTY_FILE_HASHES:
            held[digest].append(item.id)
    for digest, ids in sorted(held.items()):
        for a, b in pairwise(ids):
            yield _link(a, b, LinkKind.SAME_FILE, 1.0, f"Same file: equal {_digest_name(digest)}")


def _digest_name(digest: str) -> str:
    return {32: "MD5", 40: "SHA-1", 64: "SHA-256"}.get(len(digest), "digest")


def _weight_of(distance: int) -> float:
    """Return 1 for equal hashes, falling to 0.7 at the radius."""
    return 1.0 - 0.3 * distance / PDQ_NEAR


def _near_pictures(items: Sequence[Item]) -> Iterator[Link]:
    """Link pictures whose PDQ are near after any turn; equal ones are chained, so that links stay few."""
    by_hash: dict[str, list[str]] = defaultdict(list)
    turns: dict[str, tuple[str, ...]] = {}
    for item in items:
        if item.pdq_turns and item.pdq_quality >= PDQ_MIN_QUALITY and item.pdq_turns[0].strip("0"):
            by_hash[item.pdq_turns[0]].append(item.id)
            turns.setdefault(item.pdq_turns[0], item.pdq_turns)
    for ids in by_hash.values():
        for a, b in pairwise(ids):
            yield _link(a, b, LinkKind.NEAR_PICTURE, 1.0, "Same picture: equal PDQ")
    hashes = list(by_hash)
    if len(hashes) < 2:
        return
    pairs = NearIndex(packed(hashes)).search(packed([t for h in hashes for t in turns[h]]), PDQ_NEAR)
    best: dict[tuple[int, int], tuple[int, int]] = {}
    for q, h, d in zip(pairs.query.tolist(), pairs.held.tolist(), pairs.distance.tolist(), strict=True):
        owner, turn = divmod(q, len(TURNS))
        if owner < h and (d, turn) < best.get((owner, h), (999, 0)):
            best[owner, h] = (d, turn)
    for (i, j), (distance, turn) in best.items():
        turned = "" if TURNS[turn] is Transform.ORIGINAL else f" ({TURNS[turn].value})"
        text = f"Near picture: PDQ distance {distance} of 256{turned}"
        yield _link(
            by_hash[hashes[i]][0], by_hash[hashes[j]][0], LinkKind.NEAR_PICTURE, _weight_of(distance), text
        )


def _near_frames(items: Sequence[Item]) -> tuple[list[Link], list[Hub]]:
    """Link videos with each other and with pictures by near frames; set compilations apart."""
    rows = [(i.id, f.t, f.pdq) for i in items for f in i.frames if f.quality >= PDQ_MIN_QUALITY]
    rows += [(i.id, -1.0, t) for i in items if i.pdq_quality >= PDQ_MIN_QUALITY for t in i.pdq_turns[:1]]
    rows = [row for row in rows if row[2].strip("0")]
    asked = [k for k, row in enumerate(rows) if row[1] >= 0]
    if not asked:
        return [], []
    codes = packed([row[2] for row in rows])
    pairs = NearIndex(codes).search(codes[np.array(asked)], PDQ_NEAR)
    met: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for q, h, d in zip(pairs.query.tolist(), pairs.held.tolist(), pairs.distance.tolist(), strict=True):
        (one, t, _), (other, u, _) = rows[asked[q]], rows[h]
        if one != other and (u < 0 or one < other):
            met[one, other].append((d, t))
    links = [_frame_link(one, other, seen) for (one, other), seen in met.items()]
    return _without_compilations(links, {i.id for i in items if i.frames})


def _frame_link(one: str, other: str, seen: list[tuple[int, float]]) -> Link:
    distance, t = min(seen)
    count = len({when for _, when in seen})
    weight = _weight_of(distance) * (1.0 if count >= 3 else 0.85)
    text = f"{count} frames near, the nearest at {t:.1f} s of {one} with PDQ distance {distance} of 256"
    return _link(one, other, LinkKind.NEAR_FRAME, weight, text)


def _without_compilations(links: list[Link], videos: set[str]) -> tuple[list[Link], list[Hub]]:
    """Set apart each video that ties more strangers than a series would."""
    near: dict[str, set[str]] = defaultdict(set)
    for link in links:
        near[link.a].add(link.b)
        near[link.b].add(link.a)
    hubs = []
    for video in sorted(videos):
        strangers = [i for i in near[video] if not (near[i] & near[video])]
        if len(strangers) > HUB_STRANGERS:
            text = f"{video} shares frames with {len(strangers)} items that have nothing else in common"
            hubs.append(Hub((video, *sorted(strangers)), Reason(text, METHOD, VERSION)))
    apart = {hub.items[0] for hub in hubs}
    return [link for link in links if not {link.a, link.b} & apart], hubs


def _same_devices(items: Sequence[Item]) -> Iterator[Link]:
    """Chain the items of one camera: make, model and a serial that is one."""
    held: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for item in items:
        if item.device and not _NO_SERIAL.fullmatch(item.device[2].strip()):
            make, model, serial = (part.strip().casefold() for part in item.device)
            held[make, model, serial].append(item.id)
    for (make, model, serial), ids in sorted(held.items()):
        text = f"Same device: {make} {model}, serial {serial}"
        for a, b in pairwise(ids):
            yield _link(a, b, LinkKind.SAME_DEVICE, 0.9, text)


def _name_runs(items: Sequence[Item]) -> tuple[list[Link], list[Hub]]:
    """Chain numbered names of one folder; a pattern over too many files is a hub."""
    held: dict[tuple[str, str, str, int], list[tuple[int, Item]]] = defaultdict(list)
    for item in items:
        if found := _NUMBERED.fullmatch(item.name):
            key = (item.folder, found["head"].casefold(), found["tail"].casefold(), len(found["number"]))
            held[key].append((int(found["number"]), item))
    links, hubs = [], []
    for (folder, head, tail, width), members in sorted(held.items()):
        pattern = f"{head}{'#' * width}{tail}"
        members.sort(key=lambda m: (m[0], m[1].id))
        if len(members) > HUB_FILES:
            where = folder or "(none)"
            text = f"{len(members)} files of folder {where} are named {pattern}: too many to mean a series"
            hubs.append(Hub(tuple(m.id for _, m in members), Reason(text, METHOD, VERSION)))
            continue
        known = bool(_CAMERA.fullmatch(head))
        for (low, a), (high, b) in pairwise(members):
            if high - low <= NAME_GAP:
                says = "a camera's numbering" if known else "one numbering"
                text = f"{a.name} and {b.name} in one folder: {says} ({pattern}), {high - low} apart"
                links.append(_link(a.id, b.id, LinkKind.NAME_RUN, 0.5 if known else 0.35, text))
    return links, hubs


def propose(items: Iterable[Item]) -> Proposal:
    """Return every link that hashes, devices and names speak for, each with its reason, and the hubs."""
    listed = sorted(items, key=lambda item: item.id)
    frames, compilations = _near_frames(listed)
    names, patterns = _name_runs(listed)
    links = [*_same_files(listed), *_near_pictures(listed), *frames, *_same_devices(listed), *names]
    unique = {(link.a, link.b, link.kind, link.because.text): link for link in links if link.a != link.b}
    ordered = sorted(unique.values(), key=lambda link: (-link.weight, link.a, link.b, link.kind))
    return Proposal(tuple(ordered), tuple(compilations + patterns))


class _Union:
    """Joins items under constraints: which roots may never meet."""

    def __init__(self, apart: Iterable[tuple[str, str]]) -> None:
        self.parent: dict[str, str] = {}
        self.members: dict[str, set[str]] = {}
        self.enemies: dict[str, set[str]] = defaultdict(set)
        for a, b in apart:
            self.enemies[a].add(b)
            self.enemies[b].add(a)

    def root(self, item: str) -> str:
        self.members.setdefault(item, {item})
        node = self.parent.setdefault(item, item)
        while self.parent[node] != node:
            self.parent[node] = self.parent[self.parent[node]]
            node = self.parent[node]
        return node

    def join(self, a: str, b: str) -> bool:
        """Join two items' groups unless a person keeps any two of them apart."""
        one, other = self.root(a), self.root(b)
        if one == other:
            return True
        if len(self.members[one]) < len(self.members[other]):
            one, other = other, one
        if any(self.enemies.get(m, set()) & self.members[one] for m in self.members[other]):
            return False
        self.parent[other] = one
        self.members[one] |= self.members.pop(other)
        return True


def series(
    links: Iterable[Link],
    must: Iterable[tuple[str, str]] = (),
    must_not: Iterable[tuple[str, str]] = (),
    accepted: Iterable[tuple[str, str]] = (),
) -> Series:
    """Group items by strong or accepted links under people's words.

    ``must`` and ``must_not`` are pairs that people wrote; no link overrides them. Where they contradict each
    other the items stay apart and the pair is returned, for people to settle. ``accepted`` are pairs whose
    weak link a person confirmed. The strongest links are applied first.
    """
    union, contradictions, held_back = _Union(must_not), [], []
    for a, b in must:
        if not union.join(a, b):
            contradictions.append((a, b))
    confirmed = {frozenset(pair) for pair in accepted}
    for link in sorted(links, key=lambda k: (-k.weight, k.a, k.b)):
        strong = link.weight >= STRONG or frozenset((link.a, link.b)) in confirmed
        if strong and not union.join(link.a, link.b):
            held_back.append(link)
    groups = [tuple(sorted(m)) for m in union.members.values() if len(m) > 1]
    return Series(tuple(sorted(groups, key=lambda g: (-len(g), g))), tuple(held_back), tuple(contradictions))


def why(a: str, b: str, links: Iterable[Link]) -> tuple[Link, ...]:
    """Return the path of links from ``a`` to ``b`` whose weakest link is strongest, or nothing."""
    around: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        around[link.a].append(link)
        around[link.b].append(link)
    queue: list[tuple[float, int, str, tuple[Link, ...]]] = [(-1.0, 0, a, ())]
    seen: set[str] = set()
    while queue:
        weakest, steps, here, path = heapq.heappop(queue)
        if here == b:
            return path
        if here in seen:
            continue
        seen.add(here)
        for link in around[here]:
            there = link.b if link.a == here else link.a
            if there not in seen:
                heapq.heappush(queue, (max(weakest, -link.weight), steps + 1, there, (*path, link)))
    return ()
