"""Crops, borders, labels, screenshots: parts of held pictures found by scene, against eight PDQs alone.

python -m benchmarks.crops [--small]

Held are scenes drawn by number, rooms of the demonstration, and disjoint tiles of the photographs that come
with scikit-image and scikit-learn where those are installed (they need not import); none shows a person.
"""

from __future__ import annotations

import functools
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from demo.camera import shoot
from demo.rooms import other
from demo.scenes import see
from numpy.typing import NDArray

from benchmarks import measure
from entente.casework.match.hashes.pdq import PDQ
from entente.casework.match.index import NearIndex, packed
from entente.casework.match.scene import SceneIndex, asked, features
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY, PDQ_NEAR

HELD, ASKED, ROOMS, STRANGERS = 2_000, 150, 40, 300
SMALL_HELD, SMALL_ASKED, SMALL_ROOMS, SMALL_STRANGERS = 150, 15, 4, 20
MANY, SMALL_MANY = 20_000, 2_000  # held pictures where the candidate stage is measured by itself
MADE, SMALL_MADE = 24, 8  # rooms of one make, seen from one place
TILE = (320, 400)  # rows, columns of a tile of a photograph
PHOTOGRAPHS = {
    "skimage": (
        *(
            "data/chelsea.png",
            "data/coffee.png",
            "data/rocket.jpg",
            "data/coins.png",
            "data/motorcycle_left.png",
        ),
        *(
            "data/hubble_deep_field.jpg",
            "data/brick.png",
            "data/grass.png",
            "data/gravel.png",
            "data/ihc.png",
        ),
        *("data/retina.jpg", "data/text.png", "data/page.png"),
    ),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
}
BRIDGE = Path(__file__).resolve().parents[2] / "shared/data/pdq/dih/bridge-1-original.jpg"
WORDS = [
    *(
        "room",
        "table",
        "window",
        "lamp",
        "green",
        "seven",
        "market",
        "chair",
        "north",
        "yellow",
        "open",
        "1974",
    ),
    *("paper", "garden", "blue", "exit", "radio", "stone", "milk", "river", "42", "clock", "bread", "winter"),
]

Plane = NDArray[np.uint8]
Rng = np.random.Generator


def main() -> None:
    """Hold the pictures, ask every change of some of them both ways, print the figure."""
    small = measure.wanted(__doc__.splitlines()[0])
    count, ask, rooms, strangers = (
        (SMALL_HELD, SMALL_ASKED, SMALL_ROOMS, SMALL_STRANGERS) if small else (HELD, ASKED, ROOMS, STRANGERS)
    )
    pictures, kinds = held_pictures(count, rooms)
    scene, built = _scene(pictures)
    whole = _Whole(pictures)
    figure = measure.Figure(
        f"Parts of {len(pictures):,} held pictures found: recall of each change, {ask} asked each",
        "PDQ in eight turns, radius 31",
    )
    false, pairs, spent = 0, 0, []
    for name, change in CHANGES.items():
        rng = np.random.default_rng(11)
        places = rng.permutation(len(pictures))[:ask]
        ours = theirs = 0
        for place in places:
            query = written(np.ascontiguousarray(change(pictures[place], rng)), 75)
            found, cost = _searched(scene, query)
            spent.append(cost)
            ours += int(place) in found
            false += len(found - {int(place)})
            theirs += whole.finds(query, int(place))
        pairs += ask * (len(pictures) - 1)
        figure.add(name, f"{ours / ask:.3f}", f"{theirs / ask:.3f}")
        if name == "crop 20 %":
            assert ours / ask >= 0.95, "the bar: 95 of 100 pictures cropped by a fifth are found"
    for number in range(strangers):
        false += len(_searched(scene, written(draw(1_000_000 + number), 75))[0])
    pairs += strangers * len(pictures)
    assert false <= pairs / 10_000, "the bar: at most one false match in 10,000 pairs"
    figure.add("false matches", f"{false} of {pairs:,} pairs", "", "≤ 1 in 10,000")
    wrong, alike = _in_one_application(pictures, 20 if small else 100)
    figure.add("false matches, other pictures in one and the same application", f"{wrong} of {alike:,} pairs")
    _costs(figure, pictures, scene, built, spent)
    _among_many(figure, pictures, SMALL_MANY if small else MANY)
    _of_one_make(figure, SMALL_MADE if small else MADE)
    figure.notes.append(f"Held: {', '.join(f'{n} {k}' for k, n in kinds.items())}.")
    figure.say()


def _scene(pictures: list[Plane]) -> tuple[SceneIndex, float]:
    held = list(enumerate(features(p) for p in pictures))
    SceneIndex.build(held[:5]).search(asked(pictures[0]))  # compiled
    start = time.perf_counter()
    return SceneIndex.build(held), time.perf_counter() - start


def _searched(scene: SceneIndex, query: Plane) -> tuple[set[int], tuple[float, float]]:
    """Return what is found and the processor seconds of features and of the search."""
    start = time.process_time()
    both = asked(query)
    middle = time.process_time()
    found = {match.id for match in scene.search(both)}
    return found, (middle - start, time.process_time() - middle)


class _Whole:
    """The peer: the pictures' PDQ, asked in eight turns."""

    def __init__(self, pictures: list[Plane]) -> None:
        hashes = [PDQ.of_luma(p) for p in pictures]
        self._places = [i for i, (_, quality) in enumerate(hashes) if quality >= PDQ_MIN_QUALITY]
        self._index = NearIndex(packed([hashes[i][0][0] for i in self._places]))

    def finds(self, query: Plane, place: int) -> bool:
        turns, quality = PDQ.of_luma(query)
        if quality < PDQ_MIN_QUALITY:
            return False
        held = self._index.search(packed(list(turns)), PDQ_NEAR).held
        return place in {self._places[int(h)] for h in held}


def _in_one_application(pictures: list[Plane], count: int) -> tuple[int, int]:
    """Hold screenshots of one application, ask others of it: only its own texts and buttons are alike."""
    sized = (np.asarray(cv2.resize(p, (800, 600)), np.uint8) for p in pictures[-2 * count :])
    shots = [written(screenshot(p, np.random.default_rng(77), 0.8), 80) for p in sized]
    index = SceneIndex.build(enumerate(features(s) for s in shots[:count]))
    return sum(len(index.search(asked(s))) for s in shots[count:]), count * (len(shots) - count)


def _among_many(figure: measure.Figure, pictures: list[Plane], count: int) -> None:
    """Hold many: the features of some, and of others made of them by turning over the same bits everywhere.

    So each has the corners of a picture, as near to each other as there, and none meets another's.
    """
    rng = np.random.default_rng(21)
    own = [each for each in (features(p) for p in pictures[:500]) if not each.too_few]
    masks = rng.integers(0, 1 << 64, (-(-count // len(own)), 4), dtype=np.uint64)
    masks[0] = 0
    held = [
        replace(own[n % len(own)], words=own[n % len(own)].words ^ masks[n // len(own)]) for n in range(count)
    ]
    start = time.process_time()
    index = SceneIndex.build(list(enumerate(held)))
    built, spent, found = time.process_time() - start, [], 0
    with_enough = [n for n, p in enumerate(pictures[:500]) if not features(p).too_few]
    for n in range(40):
        query = asked(written(np.ascontiguousarray(crop(pictures[with_enough[n]], rng, 0.2)), 75))
        start = time.process_time()
        found += n in {match.id for match in index.search(query)}
        spent.append(time.process_time() - start)
    median, worst = np.median(spent) * 1e3, max(spent) * 1e3
    figure.add(f"{count:,} held: search, ms of one core, median and most", f"{median:.0f}, {worst:.0f}")
    figure.add(f"{count:,} held: crops of 20 % found", f"{found} of 40")
    figure.add(f"{count:,} held: index, MiB, and s to build", f"{index.nbytes / 2**20:,.0f}, {built:.1f}")


def _of_one_make(figure: measure.Figure, count: int) -> None:
    """Hold rooms of one maker's furniture, seen from one place, and ask each of all others."""
    rooms = [written(_room(n, same=True), 85) for n in range(count)]
    index = SceneIndex.build([(n, features(room)) for n, room in enumerate(rooms)])
    wrong = sum(m.id != n for n, room in enumerate(rooms) for m in index.search(asked(room)))
    figure.add("false matches, rooms of one make from one place", f"{wrong} of {count * (count - 1):,} pairs")


def _costs(
    figure: measure.Figure,
    pictures: list[Plane],
    scene: SceneIndex,
    built: float,
    spent: list[tuple[float, float]],
) -> None:
    sample = pictures[:100]
    start = time.process_time()
    held = [features(p) for p in sample]
    each = (time.process_time() - start) / len(sample)
    start = time.process_time()
    for picture in sample:
        PDQ.of_luma(picture)
    peer = (time.process_time() - start) / len(sample)
    asking, searching = np.median(np.array(spent), axis=0) * 1e3
    figure.add("features of a held picture, ms of one core", f"{each * 1e3:.1f}", f"{peer * 1e3:.2f}")
    figure.add("features of an asked picture and its mirror image, ms", f"{asking:.1f}")
    figure.add("search of an asked picture, both ways, ms", f"{searching:.1f}")
    stored = np.mean([len(f.to_bytes()) for f in held])
    figure.add("bytes a held picture, stored", f"{stored:,.0f}", "32")
    figure.add("bytes a held picture, index in memory", f"{scene.nbytes / len(scene):,.0f}")
    figure.add("index built, s", f"{built:.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    figure.notes.append(
        f"Held without features: {scene.skipped}. Peak memory {peak:.2f} GiB, pictures included."
    )


# --- the pictures ---------------------------------------------------------------------------------------


def held_pictures(count: int, rooms: int) -> tuple[list[Plane], dict[str, int]]:
    """Return the held luma planes as they come out of a JPEG, and how many there are of each kind."""
    tiles = [tile for path in _photographs() for tile in _tiles(path)][: count // 4]
    drawn_rooms = [_room(n) for n in range(rooms)]
    rest = count - len(tiles) - len(drawn_rooms)
    planes = [*tiles, *drawn_rooms, *(draw(n) for n in range(rest))]
    kinds = {"tiles of photographs": len(tiles), "rooms": len(drawn_rooms), "drawn scenes": rest}
    return [written(plane, 85) for plane in planes], kinds


def _photographs() -> Iterator[Path]:
    for package, names in PHOTOGRAPHS.items():
        spec = find_spec(package)
        for place in (spec and spec.submodule_search_locations) or ():
            yield from (path for name in names if (path := Path(place) / name).exists())
    if BRIDGE.exists():
        yield BRIDGE


def _tiles(path: Path) -> Iterator[Plane]:
    """Yield disjoint tiles of a photograph that show something."""
    whole = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    rows, columns = TILE
    for y in range(0, whole.shape[0] - rows + 1, rows):
        for x in range(0, whole.shape[1] - columns + 1, columns):
            yield np.ascontiguousarray(whole[y : y + rows, x : x + columns])


def _room(number: int, *, same: bool = False) -> Plane:
    across = 1800 if same else 1800 + 90 * (number % 5 - 2)
    view = see("other", across, 1200, 2600, (800, 600), seed=number)
    return cv2.cvtColor(shoot(other(f"crops {number}"), view).picture, cv2.COLOR_RGB2GRAY)


def grain(rng: Rng, rows: int, columns: int, slope: float) -> NDArray[np.float64]:
    """Return noise whose amplitude falls with frequency to the power ``slope``, as in natural pictures."""
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None])
    frequency[0, 0] = 1
    field = np.fft.irfft2(
        np.fft.rfft2(rng.standard_normal((rows, columns))) / frequency**slope, (rows, columns)
    )
    return (field - field.mean()) / field.std()


def draw(number: int) -> Plane:
    """Draw a benign scene by its number: a textured wall in slanting light, things and texts before it."""
    rng = np.random.default_rng([4, number])
    columns, rows = [(800, 600), (600, 800), (1024, 683), (640, 640), (900, 506)][rng.integers(5)]
    y, x = np.mgrid[:rows, :columns]
    angle = rng.uniform(0, 2 * np.pi)
    light = rng.uniform(0, 60) * (x * np.cos(angle) + y * np.sin(angle)) / columns
    wall = (
        rng.uniform(60, 190) + rng.uniform(8, 35) * grain(rng, rows, columns, rng.uniform(0.9, 1.8)) + light
    )
    plane = np.clip(wall, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(4, 26))):
        where = np.zeros((rows, columns), np.uint8)
        _thing(where, rng)
        x0, y0, w, h = cv2.boundingRect(where)
        if not w or not h:
            continue
        part = (slice(y0, y0 + h), slice(x0, x0 + w))
        share = where[part] / 255.0
        tone = np.full((h, w), float(rng.integers(0, 256)))
        if rng.random() < 0.5 and min(h, w) > 8:
            tone += rng.uniform(0, 25) * grain(rng, h, w, rng.uniform(0.3, 1.5))
        plane[part] = (plane[part] * (1 - share) + np.clip(tone, 0, 255) * share).astype(np.uint8)
    noisy = np.clip(plane + rng.normal(0, rng.uniform(0, 4), plane.shape), 0, 255).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(noisy, (0, 0), float(rng.uniform(0.3, 1.2))), np.uint8)


def _thing(where: Plane, rng: Rng) -> None:
    """Draw the outline of one thing, filled, into an empty plane."""
    rows, columns = where.shape
    x, y = int(rng.integers(-20, columns)), int(rng.integers(-20, rows))
    size, tilt = int(rng.integers(15, columns // 3)), float(rng.uniform(0, 180))
    around = np.array([x, y]) + rng.integers(-size, size, (int(rng.integers(3, 8)), 2))
    match int(rng.integers(5)):
        case 0:
            axes = (size, max(4, int(size * rng.uniform(0.3, 1))))
            cv2.ellipse(where, (x, y), axes, tilt, 0, 360, 255, -1)
        case 1:
            box = cv2.boxPoints(((x, y), (size, size * rng.uniform(0.3, 1.5)), tilt))
            cv2.fillPoly(where, [box.astype(np.int32)], 255)
        case 2:
            cv2.fillPoly(where, [around.astype(np.int32)], 255)
        case 3:
            cv2.polylines(where, [around.astype(np.int32)], False, 255, int(rng.integers(1, 7)), cv2.LINE_AA)
        case _:
            said = " ".join(rng.choice(WORDS, int(rng.integers(1, 4))))
            face, large = int(rng.integers(0, 5)), float(rng.uniform(0.5, 2.5))
            cv2.putText(where, said, (x, y), face, large, 255, int(rng.integers(1, 4)), cv2.LINE_AA)


# --- the changes ----------------------------------------------------------------------------------------


def written(plane: Plane, quality: int) -> Plane:
    """Return the plane as it comes out of a JPEG."""
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", plane, [1, quality])[1], 0), np.uint8)


def crop(plane: Plane, rng: Rng, share: float) -> Plane:
    """Cut ``share`` of the area away, anywhere."""
    rows, columns = (int(n * np.sqrt(1 - share)) for n in plane.shape)
    y, x = int(rng.integers(0, plane.shape[0] - rows + 1)), int(rng.integers(0, plane.shape[1] - columns + 1))
    return plane[y : y + rows, x : x + columns]


def border(plane: Plane, rng: Rng) -> Plane:
    """Add bars of one tone, 3-18 % of the longest side, each its own width."""
    bars = [int(v) for v in rng.uniform(0.03, 0.18, 4) * max(plane.shape)]
    tone = int(rng.choice([0, 255, int(rng.integers(256))]))
    return np.asarray(cv2.copyMakeBorder(plane, *bars, cv2.BORDER_CONSTANT, value=tone), np.uint8)


def label(plane: Plane, rng: Rng) -> Plane:
    """Write a bar with a sentence over the top or the bottom and two words somewhere."""
    out = plane.copy()
    rows, columns = out.shape
    bar = int(rows * rng.uniform(0.08, 0.16))
    y, ground = int(rng.choice([0, rows - bar])), int(rng.choice([0, 255]))
    out[y : y + bar] = ground
    said = "shared by " + " ".join(rng.choice(WORDS, 3))
    cv2.putText(out, said, (8, y + int(bar * 0.7)), 0, bar / 45, 255 - ground, 2, cv2.LINE_AA)
    for _ in range(2):
        at = (int(rng.integers(0, columns * 2 // 3)), int(rng.integers(20, rows)))
        cv2.putText(out, str(rng.choice(WORDS)), at, 0, 1.4, 255, 3, cv2.LINE_AA)
    return out


def screenshot(plane: Plane, rng: Rng, scale: float) -> Plane:
    """Paste the picture into a drawn application: title bar, lines of chat, buttons."""
    rows, columns = (int(n * scale) for n in plane.shape)
    small = cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA)
    width = max(int(columns / rng.uniform(0.5, 0.98)), columns + 8)
    height = max(int(rows / rng.uniform(0.4, 0.75)), rows + 120)
    ground = int(rng.choice([18, 245]))
    screen = np.full((height, width), ground, np.uint8)
    screen[:44] = ground // 2 + 60
    cv2.putText(screen, "14:07   messages", (10, 30), 0, 0.7, 255 - ground, 2, cv2.LINE_AA)
    y, x = int(rng.integers(60, height - rows - 40)), int(rng.integers(0, width - columns + 1))
    for line in range(70, height - 20, 26):
        said = " ".join(rng.choice(WORDS, int(rng.integers(2, 7))))
        cv2.putText(screen, said, (12, line), 0, 0.5, 255 - ground, 1, cv2.LINE_AA)
    for button in range(20, width - 20, 60):
        cv2.circle(screen, (button, height - 18), 10, 255 - ground, 2, cv2.LINE_AA)
    screen[y : y + rows, x : x + columns] = small
    return screen


def rotate(plane: Plane, rng: Rng, degrees: float) -> Plane:
    """Turn by a few degrees one way or the other within the same frame."""
    rows, columns = plane.shape
    about = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees * float(rng.choice([-1, 1])), 1)
    return np.asarray(cv2.warpAffine(plane, about, (columns, rows), borderValue=128), np.uint8)


def _turned(plane: Plane, rng: Rng) -> Plane:
    return np.rot90(crop(plane, rng, 0.2), int(rng.integers(1, 4)))


Change = Callable[[Plane, Rng], Plane]
CHANGES: dict[str, Change] = {
    "re-encoded only": lambda plane, rng: plane,
    **{f"crop {n} %": functools.partial(crop, share=n / 100) for n in range(5, 55, 5)},
    "border": border,
    "label": label,
    **{f"screenshot at {s}": functools.partial(screenshot, scale=s) for s in (1.0, 0.8, 0.6, 0.4)},
    **{f"turned by {d} degrees": functools.partial(rotate, degrees=d) for d in (1, 3, 6)},
    "crop 20 %, mirrored": lambda plane, rng: crop(plane, rng, 0.2)[:, ::-1],
    "crop 20 %, a quarter turn or more": _turned,
    "crop 30 % in a screenshot at 0.8": lambda plane, rng: screenshot(crop(plane, rng, 0.3), rng, 0.8),
}


if __name__ == "__main__":
    main()
