"""The index of near hashes at ten million: ours against PDQIndex, faiss and the AVX-512 flat scan.

python -m benchmarks.match [--small] [--sources FOLDER] [--long HASHES]

Each way runs in fresh processes, one core, alone; the pairs of all must be equal as sets. ``--sources`` names
a checkout of facebook/ThreatExchange, whose ``pdq/cpp/index/flat.h`` is built with g++ into a temporary
folder; without it that peer is left out, and it is said. ``--long`` measures shards of such sizes instead.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import measure

RADIUS = 31
CENTRES, MANY = 1_000, 50  # pictures held in many variants: real lists have clumps, chance alone has none
BATCH = 512
TARGETS = {"PDQIndex": 40, "faiss Flat": 95, "AVX-512 flat": 25}
DATA = Path(__file__).parents[2] / "shared" / "data"
Hashes = NDArray[np.uint64]

SCAN = r"""
#include <pdq/cpp/index/flat.h>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <vector>
using facebook::pdq::hashing::Hash256;
static std::vector<Hash256> read(const char* path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  std::vector<Hash256> out(in.tellg() / 32);
  in.seekg(0);
  in.read(reinterpret_cast<char*>(out.data()), out.size() * 32);
  return out;
}
int main(int, char** given) {
  const auto held = read(given[1]), asked = read(given[2]);
  std::ofstream out(given[3], std::ios::binary);
  double best = 1e9;
  for (int round = 0; round < atoi(given[4]); round++) {
    std::vector<std::pair<size_t, size_t>> found;
    std::vector<std::array<uint64_t, 2>> pairs;
    const clock_t start = clock();
    for (size_t first = 0; first + 8 <= asked.size(); first += 8) {
      std::array<Hash256, 8> eight;
      std::copy(asked.begin() + first, asked.begin() + first + 8, eight.begin());
      facebook::pdq::index::Flat flat(eight);
      found.clear();
      flat.queryAll(held.data(), held.size(), 31, found);
      for (const auto& pair : found) pairs.push_back({first + pair.second, pair.first});
    }
    best = std::min(best, double(clock() - start) / CLOCKS_PER_SEC);
    if (!round) out.write(reinterpret_cast<const char*>(pairs.data()), pairs.size() * 16);
  }
  std::printf("%d %f\n", int(facebook::pdq::index::Flat::SIMD_ACCELERATED), best);
}
"""


# -- what is searched


def flipped(hashes: Hashes, bits: NDArray[np.int64], rng: np.random.Generator) -> Hashes:
    """Return (n, 4) hashes with so many bits of each turned over."""
    out = np.empty_like(hashes)
    for start in range(0, len(hashes), 10_000):
        rows = slice(start, start + 10_000)
        drawn = rng.random((len(hashes[rows]), 256)).argsort(axis=1).argsort(axis=1) < bits[rows, None]
        out[rows] = hashes[rows] ^ np.packbits(drawn, axis=1, bitorder="little").view(np.uint64)
    return out


def drawn(held: int, asked: int, seed: int = 0) -> tuple[Hashes, Hashes]:
    """Return held hashes with clumps and queries: half near something held (0-40 bits), half by chance."""
    rng = np.random.default_rng(seed)
    pool = rng.integers(0, 1 << 64, (held, 4), dtype=np.uint64)
    variants = min(CENTRES * MANY, held // 4)
    centres = np.repeat(pool[-variants // MANY :], MANY, axis=0)[:variants]
    pool[:variants] = flipped(centres, rng.integers(0, 21, variants), rng)
    near = flipped(pool[rng.integers(0, held, asked // 2)], rng.integers(0, 41, asked // 2), rng)
    queries = np.vstack([near, rng.integers(0, 1 << 64, (asked - len(near), 4), dtype=np.uint64)])
    return pool, queries[rng.permutation(asked)]


def variants_of(pictures: int, hashes: Hashes, seed: int = 1) -> Hashes:
    """Return 24 hashes for each picture: 8 turns, which are unlike, in 3 profiles, 4 to 12 bits apart."""
    rng = np.random.default_rng(seed)
    turns = rng.integers(0, 1 << 64, (pictures * 8, 4), dtype=np.uint64)
    turns[::8] = hashes[rng.integers(0, len(hashes), pictures)]
    return flipped(np.repeat(turns, 3, axis=0), rng.integers(4, 13, pictures * 24), rng)


def pictured(pictures: int, held: int, asked: int) -> tuple[Hashes, Hashes]:
    """Return the hashes of distinct benign pictures with changes, and of others of their changes."""
    import cv2

    from entente.casework.match.hashes.pdq import PDQHash
    from entente.casework.match.index import packed

    photographs = [cv2.imread(str(p), cv2.IMREAD_GRAYSCALE) for p in sorted(DATA.rglob("*.jpg"))]
    kernel, texts = PDQHash(), []
    each = -(-(held + asked) // (8 * pictures))
    for seed in range(pictures):
        rng = np.random.default_rng([7, seed])
        plane = _picture(rng, photographs)
        for _ in range(each):
            texts.extend(kernel.of_luma(_changed(plane, rng))[0])
    hashes = packed(texts)
    hashes = hashes[np.random.default_rng(8).permutation(len(hashes))]
    return hashes[:held], hashes[held : held + asked]


def _picture(rng: np.random.Generator, photographs: list[Any]) -> NDArray[np.uint8]:
    """Return one picture of 144 by 192: a texture, a drawn scene, or a part of a photograph."""
    import cv2

    kind, size = rng.integers(3 if photographs else 2), (144, 192)
    if kind == 2:
        whole = photographs[rng.integers(len(photographs))]
        high, wide = (int(n * rng.uniform(0.15, 0.6)) for n in whole.shape)
        top, left = rng.integers(whole.shape[0] - high), rng.integers(whole.shape[1] - wide)
        return cv2.resize(
            whole[top : top + high, left : left + wide], size[::-1], interpolation=cv2.INTER_AREA
        )
    away = np.hypot(np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])[None]) + 1e-3
    grey = np.fft.irfft2(np.fft.rfft2(rng.standard_normal(size)) / away ** rng.uniform(0.8, 2), s=size)
    plane = np.clip(128 + grey / grey.std() * (40 if kind == 0 else 12), 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(5, 25)) if kind else 0):
        x, y, w, h = rng.integers(0, 192), rng.integers(0, 144), rng.integers(5, 120), rng.integers(5, 90)
        shade = int(rng.integers(256))
        if rng.random() < 0.5:
            cv2.rectangle(plane, (int(x), int(y)), (int(x + w), int(y + h)), shade, -1)
        else:
            cv2.ellipse(
                plane, (int(x), int(y)), (int(w) // 2, int(h) // 2), int(rng.integers(180)), 0, 360, shade, -1
            )
    return plane


def _changed(plane: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a picture as it comes back: cut a little, other light, softened, noisy, smaller."""
    import cv2

    top, left, below, right = (int(n) for n in rng.integers(0, 5, 4))
    out = plane[top : plane.shape[0] - below, left : plane.shape[1] - right].astype(np.float32)
    out = out * rng.uniform(0.7, 1.3) + rng.uniform(-25, 25) + rng.normal(0, rng.uniform(0, 8), out.shape)
    if rng.random() < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.5))
    small = rng.uniform(0.6, 1)
    out = cv2.resize(out, None, fx=small, fy=small, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.clip(out, 0, 255).astype(np.uint8))


# -- the ways, each in a process of its own


def fastest(work: Callable[[], Any], rounds: int = 5) -> float:
    """Return the processor's seconds of the fastest of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def told_peak() -> float:
    """Return the most memory that this process had, in GiB, mapped files included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _desk() -> None:
    """Set Django up: the services of a step come with its models, though the index uses none."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entente.web.settings")
    django.setup()


def build(folder: Path) -> dict[str, Any]:
    """Make the holdings of ``held.npy``."""
    _desk()
    from entente.casework.match.service.holdings import Holdings

    held = np.load(folder / "held.npy", mmap_mode="r")
    Holdings(folder / "warm").add(np.zeros((30_000, 4), np.uint64), np.arange(30_000))  # compiled
    holdings = Holdings(folder / "holdings")
    start = time.process_time()
    holdings.add(held, np.arange(len(held)))
    return {"seconds": time.process_time() - start, "peak": told_peak(), "bytes": holdings.nbytes / len(held)}


def ours(folder: Path) -> dict[str, Any]:
    """Open the holdings, search in batches, singly and in all variants, add one and disable one."""
    _desk()
    from entente.casework.match.service.holdings import Holdings

    asked, variants = np.load(folder / "asked.npy"), np.load(folder / "variants.npy")
    Holdings(folder / "warm").search(asked[:2], RADIUS)  # compiled
    start = time.perf_counter()
    held = Holdings(folder / "holdings")
    opened = time.perf_counter() - start
    pairs = held.search(asked, RADIUS)
    np.save(folder / "ours.npy", np.stack([pairs.query, pairs.held], axis=1))

    def batches() -> None:
        for first in range(0, len(asked), BATCH):
            held.search(asked[first : first + BATCH], RADIUS)

    def singly() -> None:
        for query in asked[:BATCH]:
            held.search(query, RADIUS)

    def in_variants() -> None:
        for first in range(0, len(variants), 24):
            held.search(variants[first : first + 24], RADIUS)

    out = {
        "opened": opened,
        "rate": len(asked) / fastest(batches),
        "single": fastest(singly) / BATCH,
        "pictures": len(variants) / 24 / fastest(in_variants),
        "peak": told_peak(),
        "count": len(held),
    }
    new = np.random.default_rng(9).integers(0, 1 << 64, (1, 4), dtype=np.uint64)
    start = time.perf_counter()
    held.add(new, [1 << 40])
    if held.search(new, RADIUS).held.tolist() != [1 << 40]:
        raise RuntimeError("what was added is not found")
    out["add"] = time.perf_counter() - start
    start = time.perf_counter()
    held.remove([1 << 40])
    if len(held.search(new, RADIUS)):
        raise RuntimeError("what was disabled is found")
    out["disable"] = time.perf_counter() - start
    return out


def flat(folder: Path) -> dict[str, Any]:
    """Scan with faiss, one thread."""
    import faiss  # the yardstick only: the program itself does without it

    faiss.omp_set_num_threads(1)
    held, asked = np.load(folder / "held.npy"), np.load(folder / "asked.npy")
    index = faiss.IndexBinaryFlat(256)
    index.add(held.view(np.uint8))
    best, parts = float("inf"), []
    for first in range(0, len(asked), BATCH):
        rows = asked[first : first + BATCH]
        start = time.process_time()
        # faiss keeps what is nearer than its radius, not at it
        ends, _, places = index.range_search(rows.view(np.uint8), RADIUS + 1)
        best = min(best, (time.process_time() - start) / len(rows))
        query = np.repeat(np.arange(len(rows)), np.diff(ends.astype(np.int64))) + first
        parts.append(np.stack([query, places], axis=1))
    np.save(folder / "flat.npy", np.concatenate(parts))
    return {"rate": 1 / best}


def pdqindex(folder: Path) -> dict[str, Any]:
    """Ask PDQIndex through its library, one query a call as it offers; then add one."""
    import faiss
    from threatexchange.signal_type.pdq.pdq_index import PDQIndex

    faiss.omp_set_num_threads(1)
    held, asked = np.load(folder / "held.npy", mmap_mode="r"), np.load(folder / "asked.npy")[:256]
    texts = [row.astype(">u8").tobytes().hex() for row in asked]
    start = time.process_time()
    index = PDQIndex((row.astype(">u8").tobytes().hex(), place) for place, row in enumerate(held))
    built = time.process_time() - start
    found = [[match.metadata for match in index.query(text)] for text in texts]  # which also warms it
    spent = fastest(lambda: [index.query(text) for text in texts], 3)
    start = time.perf_counter()
    index.add("f" * 64, -1)
    added = time.perf_counter() - start
    rows = [(q, place) for q, places in enumerate(found) for place in places]
    np.save(folder / "pdqindex.npy", np.array(rows, dtype=np.int64).reshape(-1, 2))
    return {"rate": len(texts) / spent, "built": built, "add": added, "peak": told_peak()}


def pictures(folder: Path) -> dict[str, Any]:
    """Search hashes of real pictures and drawn ones, in the same process, in turn."""
    from entente.casework.match.index import Table, masking

    told = json.loads((folder / "pictures.json").read_text())
    held, asked = pictured(**told)
    sets = {"pictures": (held, asked), "random": drawn(len(held), len(asked), 3)}
    order, best, found = masking(), {}, {}
    tables = {name: Table.of(order.apply(h), np.arange(len(h))) for name, (h, _) in sets.items()}
    radii = np.full(BATCH, RADIUS)
    for _ in range(5):
        for name, (_, queries) in sets.items():
            masked = order.apply(queries)

            def work(name: str = name, masked: Hashes = masked) -> None:
                found[name] = sum(
                    len(tables[name].search(masked[i : i + BATCH], radii[: len(masked[i : i + BATCH])])[0])
                    for i in range(0, len(masked), BATCH)
                )

            best[name] = min(best.get(name, float("inf")), fastest(work, 1))
    few = np.arange(0, len(asked), 20)
    rows = np.stack(tables["pictures"].search(order.apply(asked[few]), np.full(len(few), RADIUS))[:2], axis=1)
    whole = {
        (q, int(h)) for q, row in enumerate(asked[few])
        for h in np.flatnonzero(np.bitwise_count(held ^ row).sum(axis=1) <= RADIUS)
    }  # fmt: skip
    if {(int(q), int(h)) for q, h in rows} != whole:
        raise RuntimeError("the pairs of the pictures differ from a comparison with everything")
    return {"rate": {n: len(asked) / s for n, s in best.items()}, "found": found, "compared": len(whole)}


PARTS = {"build": build, "ours": ours, "flat": flat, "pdqindex": pdqindex, "pictures": pictures}


def scan_built(folder: Path, sources: Path | None) -> tuple[Path | None, str]:
    """Build the AVX-512 flat scan; return the program, or none and why."""
    if sources is None or not (sources / "pdq/cpp/index/flat.h").exists():
        return None, "no checkout of facebook/ThreatExchange was named with --sources"
    if not shutil.which("g++"):
        return None, "there is no g++"
    (folder / "scan.cpp").write_text(SCAN)
    parts = [str(sources / f"pdq/cpp/common/{n}.cpp") for n in ("pdqhamming", "pdqhashtypes")]
    command = ["g++", "-std=c++17", "-O3", "-march=native", "-I", str(sources), "-o", str(folder / "scan")]
    ran = subprocess.run([*command, str(folder / "scan.cpp"), *parts], capture_output=True, text=True)
    return (folder / "scan", "") if ran.returncode == 0 else (None, ran.stderr.strip().splitlines()[-1])


def scanned(folder: Path, program: Path, asked: int) -> dict[str, Any]:
    """Run the AVX-512 flat scan on the first queries, in eights."""
    np.load(folder / "asked.npy")[:asked].tofile(folder / "asked.bin")
    if not (folder / "held.bin").exists():
        np.load(folder / "held.npy", mmap_mode="r").tofile(folder / "held.bin")
    files = [str(folder / name) for name in ("held.bin", "asked.bin", "scan.bin")]
    simd, seconds = subprocess.run(
        [str(program), *files, "3"], check=True, capture_output=True, text=True
    ).stdout.split()
    np.save(folder / "scan.npy", np.fromfile(folder / "scan.bin", np.int64).reshape(-1, 2))
    return {"rate": asked / float(seconds), "simd": simd == "1"}


def part(name: str, folder: Path) -> dict[str, Any]:
    """Run one way in a fresh process on one core."""
    limits = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.match", "--part", name, "--folder", str(folder)],
        env={**os.environ, **limits}, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def equal(folder: Path, name: str, asked: int) -> int:
    """Demand that a way found the pairs that ours did for the first queries; return how many."""
    mine, theirs = np.load(folder / "ours.npy"), np.load(folder / f"{name}.npy")
    first, second = ({tuple(r) for r in rows[rows[:, 0] < asked].tolist()} for rows in (mine, theirs))
    if first != second or not first:
        raise RuntimeError(f"the pairs differ: ours {len(first)}, {name} {len(second)}")
    return len(first)


# -- the table


def main() -> None:
    """Run each way, compare the pairs, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a quick look, not a figure to quote")
    parser.add_argument("--sources", type=Path, help="a checkout of facebook/ThreatExchange")
    parser.add_argument("--long", type=int, nargs="*", help="measure shards of so many hashes instead")
    parser.add_argument("--plain", action="store_true", help="with --long: without sketches")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.part:
        sys.stdout.write(json.dumps(PARTS[told.part](told.folder)) + "\n")
        return
    with tempfile.TemporaryDirectory(prefix="entente-bench-match-") as spare:
        if told.long:
            shards(Path(spare), told.long, sketch=not told.plain)
        else:
            searched(Path(spare), told.sources, small=told.small)


def searched(folder: Path, sources: Path | None, *, small: bool) -> None:
    """Print the index's rows of the table."""
    held, asked = drawn(*((200_000, 1024) if small else (10_000_000, 2048)))
    np.save(folder / "held.npy", held)
    np.save(folder / "asked.npy", asked)
    np.save(folder / "variants.npy", variants_of(32 if small else 128, held))
    size = {"pictures": 500, "held": 20_000, "asked": 1000}
    (folder / "pictures.json").write_text(
        json.dumps(size if small else {"pictures": 21_000, "held": 1_000_000, "asked": 8000})
    )
    count = len(held)
    del held
    made, best = part("build", folder), part("ours", folder)
    figure = measure.Figure(f"Near search, {count:,} held, ≤ {RADIUS} bits, exact, one core", "peer")
    figure.add("lookups/s, batches of 512", f"{best['rate']:,.0f}")
    runs: dict[str, float] = {}
    if find_spec("faiss"):
        runs["faiss Flat"] = part("flat", folder)["rate"]
        figure.notes.append(f"{equal(folder, 'flat', len(asked)):,} pairs equal those of faiss Flat as sets.")
    program, why = scan_built(folder, sources)
    if program:
        few = min(256, len(asked))
        runs["AVX-512 flat"] = scanned(folder, program, few)["rate"]
        figure.notes.append(f"{equal(folder, 'scan', few):,} pairs equal those of the AVX-512 flat scan.")
        (folder / "held.bin").unlink()
    else:
        figure.notes.append(f"The AVX-512 flat scan of the PDQ sources was left out: {why}.")
    peer = None
    if find_spec("threatexchange"):
        tries = [part("pdqindex", folder) for _ in range(1 if small else 3)]
        peer = max(tries, key=lambda run: run["rate"])
        runs["PDQIndex"] = peer["rate"]
        told = ", ".join(f"{run['rate']:.0f}" for run in tries)
        figure.notes.append(
            f"PDQIndex in {len(tries)} fresh processes, alone: {told} lookups/s; the best counts; "
            f"{equal(folder, 'pdqindex', 256):,} pairs equal."
        )
    else:
        figure.notes.append("PDQIndex was left out: threatexchange is not installed.")
    for name, rate in runs.items():
        target = f"target {TARGETS[name]} ×"
        figure.add(
            f"… against {name}",
            f"{best['rate']:,.0f}",
            f"{rate:,.0f}",
            f"{best['rate'] / rate:.0f} × ({target})",
        )
    figure.add("one query a call, µs", f"{best['single'] * 1e6:.0f}", "target 250")
    figure.add("24 variants (8 turns, 3 profiles), pictures/s", f"{best['pictures']:.0f}", "target 400")
    figure.add("bytes a hash, all files, ids included", f"{made['bytes']:.1f}", "target 190")
    against = (lambda key, form: form.format(peer[key])) if peer else (lambda key, form: "")
    figure.add("peak memory to build, GiB", f"{made['peak']:.2f}", against("peak", "{:.2f}"), "target 3")
    figure.add("peak memory to search, GiB", f"{best['peak']:.2f}", "mapped file included")
    figure.add("built, s of processor", f"{made['seconds']:.1f}", against("built", "{:.0f}"))
    figure.add(
        "one hash added and found, ms", f"{best['add'] * 1e3:.1f}", against("add", "{:.1f} s"), "target 1 s"
    )
    figure.add("one disabled and silent, ms", f"{best['disable'] * 1e3:.1f}", "", "target 1 s")
    figure.add("opened, ms", f"{best['opened'] * 1e3:.1f}", "", "target 50")
    seen = part("pictures", folder)
    a, b = seen["rate"]["pictures"], seen["rate"]["random"]
    figure.add(
        "lookups/s, hashes of pictures, 1 M", f"{a:,.0f}", f"random: {b:,.0f}", f"{a / b:.2f} (target .5)"
    )
    figure.notes.append(
        f"Pictures: {size['pictures'] if small else 21_000:,} distinct, with changes and turns; "
        f"{seen['found']['pictures']:,} pairs against {seen['found']['random']:,} of the random set; "
        f"{seen['compared']:,} of them compared with a scan."
    )
    figure.notes.append("Seconds are the processor's, the fastest of five rounds (peers: three).")
    figure.say()


def shards(folder: Path, sizes: list[int], *, sketch: bool) -> None:
    """Print what one shard of each size costs: memory, building, queries."""
    from entente.casework.match.index import ARRAYS, Table, made, masking
    from entente.casework.match.index.plan import thresholds

    kind = "sketch" if sketch else "plain"
    figure = measure.Figure(f"One shard, ≤ {RADIUS} bits, exact, one core, {kind}", "")
    for count in sizes:
        rng = np.random.default_rng(count)
        order = masking()
        asked = rng.integers(0, 1 << 64, (1024, 4), dtype=np.uint64)
        held = np.empty((count, 4), np.uint64)
        for first in range(0, count, 1 << 20):
            held[first : first + (1 << 20)] = rng.integers(
                0, 1 << 64, (len(held[first : first + (1 << 20)]), 4), dtype=np.uint64
            )
        asked[:512] = flipped(held[rng.integers(0, count, 512)], rng.integers(0, RADIUS + 1, 512), rng)
        start, parts = time.process_time(), dict.fromkeys(ARRAYS, 0)
        files = {name: (folder / name).open("wb") for name in ARRAYS}
        for name, array in made(held, np.arange(count, dtype=np.uint64), sketch=sketch):
            files[name].write(memoryview(np.ascontiguousarray(array).reshape(-1).view(np.uint8)))
            parts[name] += array.nbytes
        for file in files.values():
            file.close()
        built = time.process_time() - start
        del held, array
        peak = told_peak()
        mapped = {n: np.memmap(folder / n, t, "r") if parts[n] else np.empty(0, t) for n, t in ARRAYS.items()}
        table = Table(mapped)
        radii = np.full(len(asked), RADIUS)
        found = table.search(asked, radii)  # also brings the files into memory
        if len(set(found[0].tolist()) & set(range(512))) != 512:
            raise RuntimeError("a planted hash was not found")
        spent = fastest(lambda table=table, asked=asked, radii=radii: table.search(asked, radii), 3)
        limits = thresholds(table.plan, len(table.held), RADIUS)
        figure.add(
            f"{count:,}",
            f"{len(asked) / spent:,.0f} lookups/s",
            f"{table.nbytes / count:.0f} B a hash, {table.nbytes / 2**30:.1f} GiB",
            f"built in {built:.0f} s, peak {peak:.1f} GiB",
        )
        figure.notes.append(f"{count:,}: chunks {table.plan.widths}, looked around {limits}.")
        del table, order
    figure.say()


if __name__ == "__main__":
    main()
