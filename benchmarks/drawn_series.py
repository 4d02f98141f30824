"""Drawn series: cameras × scenes × edits × name patterns, false links and compilations, from one seed.

Nothing is a picture here: an item is what the program keeps of one, drawn by chance. What is measured on it
holds for drawn data. ``links`` of the items are found by the program itself; false links and compilations
are laid over them, so that their share is exactly what was asked for.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from entente.casework.link.series import Item, Link, LinkKind, link, propose
from entente.vocabulary.media import FrameHash

LARGEST = 500
STRANGERS = 12  # items of as many series that one compilation ties
EDITS = ((0, 4, 0.35), (2, 8, 0.25), (8, 16, 0.2), (14, 24, 0.12), (22, 31, 0.08))  # bits, from, to, share
# What chance and carelessness draw, by kind and grade: runs of names in a shared folder most of all.
FALSE: tuple[tuple[LinkKind, str, float], ...] = (
    (LinkKind.NAME_RUN, "camera", 0.3),
    (LinkKind.NAME_RUN, "other", 0.4),
    (LinkKind.NEAR_PICTURE, "25-31", 0.12),
    (LinkKind.NEAR_PICTURE, "17-24", 0.04),
    (LinkKind.NEAR_PICTURE, "9-16", 0.02),
    (LinkKind.NEAR_FRAME, "few 25-31", 0.06),
    (LinkKind.NEAR_FRAME, "few 17-24", 0.03),
    (LinkKind.SAME_DEVICE, "serial", 0.03),
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Items, the links between them, and which series each item is truly of."""

    items: tuple[Item, ...]
    links: tuple[Link, ...]
    truth: dict[str, int]


def drawn(seed: int, count: int, *, false: float = 0.05, compilations: int = 0) -> Drawn:
    """Return ``count`` items in series, their links, and a share of false links and compilations on top."""
    chance = random.Random(seed)
    items: list[Item] = []
    truth: dict[str, int] = {}
    number = 0
    while len(items) < count:
        size = min(LARGEST, int(2 * (1 - chance.random()) ** -0.9), count - len(items))
        made = _series(chance, number, size, len(items))
        items += made
        truth |= {item.id: number for item in made}
        number += 1
    links = list(propose(items).links)
    links += _false(chance, truth, round(false * len(links)))
    for n in range(compilations):
        name, own = f"c{n:06}", number + n
        truth[name] = own
        links += _compilation(chance, name, items)
    return Drawn(tuple(items), tuple(links), truth)


@dataclass(slots=True)
class _Camera:
    device: tuple[str, str, str] | None
    head: str
    counter: int
    folder: str


def _series(chance: random.Random, number: int, size: int, start: int) -> list[Item]:
    """Draw one series: each item of one camera in one scene, new or an edit of an earlier one."""
    cameras = [_camera(chance, number, n) for n in range(min(1 + int(chance.expovariate(1.2)), 4))]
    scenes: list[list[Item]] = [[] for _ in range(min(1 + int(chance.expovariate(0.9)), 6))]
    made: list[Item] = []
    for n in range(size):
        scene = chance.choice(scenes)
        item = _item(chance, f"i{start + n:07}", chance.choice(cameras), scene, made)
        scene.append(item)
        made.append(item)
    return made


def _camera(chance: random.Random, number: int, n: int) -> _Camera:
    keeps = chance.random() < 0.92  # the rest went through a platform that strips it
    device = ("Nordica", f"D{chance.randrange(9)}", f"{number:05}{n}7") if keeps else None
    head = chance.choice(("IMG_", "DSC", "P", "scan ", "photo-", "room"))
    return _Camera(device, head, chance.randrange(8000), f"/{number}/{n}")


def _item(
    chance: random.Random, name: str, camera: _Camera, scene: Sequence[Item], earlier: Sequence[Item]
) -> Item:
    """Draw one item; it keeps of its camera what its way through the net left."""
    camera.counter += chance.choice((1, 1, 1, 2, 5, 40))
    device = camera.device if chance.random() < 0.96 else None
    named = f"{camera.head}{camera.counter:04}.jpg" if chance.random() < 0.6 else f"{name[::-1]}x.jpg"
    of = chance.choice(scene[-6:] or earlier) if earlier else None
    frames: tuple[FrameHash, ...] = ()
    code, digest = chance.getrandbits(256), f"{chance.getrandbits(256):064x}"
    if of is not None and chance.random() < 0.8:
        code = _edited(chance, int(of.pdq_turns[0], 16))
        if chance.random() < 0.08:
            code, digest = int(of.pdq_turns[0], 16), next(iter(of.digests))
    if earlier and chance.random() < 0.1:
        frames = _film(chance, earlier)
    return Item(name, frozenset({digest}), (f"{code:064x}",) * 8, 100, frames, device, camera.folder, named)


def _edited(chance: random.Random, code: int) -> int:
    low, high, _ = chance.choices(EDITS, [share for _, _, share in EDITS])[0]
    for bit in chance.sample(range(256), chance.randint(low, high)):
        code ^= 1 << bit
    return code


def _film(chance: random.Random, earlier: Sequence[Item]) -> tuple[FrameHash, ...]:
    """Draw a film that passes through what the series holds, and through what it does not."""
    seen = chance.sample(earlier, min(len(earlier), chance.randint(1, 3)))
    codes = [_edited(chance, int(item.pdq_turns[0], 16)) for item in seen]
    codes += [chance.getrandbits(256) for _ in range(3)]
    return tuple(FrameHash(float(t), f"{c:064x}", 90) for t, c in enumerate(codes))


def _false(chance: random.Random, truth: dict[str, int], many: int) -> list[Link]:
    """Tie strangers: by the kinds and grades that chance draws."""
    names, links = list(truth), []
    while len(links) < many:
        a, b = chance.choice(names), chance.choice(names)
        if truth[a] != truth[b]:
            kind, grade, _ = chance.choices(FALSE, [share for *_, share in FALSE])[0]
            links.append(link(a, b, kind, grade, f"drawn {len(links)}"))
    return links


def _compilation(chance: random.Random, name: str, items: Sequence[Item]) -> list[Link]:
    """Tie one film to strangers whose clips it holds."""
    grades = ("several 1-8", "several 9-16", "few 1-8", "few 9-16")
    return [
        link(name, item.id, LinkKind.NEAR_FRAME, chance.choice(grades), f"clip {n} of {name}")
        for n, item in enumerate(chance.sample(items, STRANGERS))
    ]


@dataclass(frozen=True, slots=True)
class Score:
    """B-cubed precision, recall and F1; the biggest false merge in items of series that are not its own."""

    precision: float
    recall: float
    f1: float
    strays: int


def score(groups: Iterable[Sequence[str]], truth: dict[str, int]) -> Score:
    """Judge a grouping against the truth; who is in no group is alone."""
    of = {item: n for n, group in enumerate(groups) for item in group}
    place = {item: of.get(item, -1 - k) for k, item in enumerate(truth)}
    both = Counter((place[i], truth[i]) for i in truth)
    found, real = Counter(place.values()), Counter(truth.values())
    total = sum(n * n / found[g] for (g, _), n in both.items()) / len(truth)
    recall = sum(n * n / real[t] for (_, t), n in both.items()) / len(truth)
    largest: dict[int, int] = defaultdict(int)
    for (g, _), n in both.items():
        largest[g] = max(largest[g], n)
    strays = max(found[g] - largest[g] for g in found)
    return Score(total, recall, 2 * total * recall / (total + recall), strays)
