"""Search day at full size: 20 things looked for in 60 photographs, and 3,000 seized files sorted unattended.

    [ENTENTE_BENCH_FOLDER=…] python -m benchmarks.link_search_day [--small]

It says on the error output how far it is. Killed in a named folder and started again, it goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field, fields
from pathlib import Path
from threading import Event
from typing import Any

import cv2
import numpy as np
from demo.camera import forget, shoot
from demo.rooms import HOUSE

from benchmarks import measure
from benchmarks.intake import fresh_desk
from demo import scenes
from entente.casework.seize import sight

SEIZED, SMALL_SEIZED = 3000, 60
FURTHER, SMALL_FURTHER = 30, 0
EVERY_S = 20.0  # between two lines on how far it is
DEAREST = 4  # tasks whose cost is told by name
DONE = "benchmark-goes-on"  # in a desk's folder: it was handed the seized files
LEAST_MET = 12  # of the 14 things that are there
PLAIN_RATIO, PLAIN_LEAST = 0.75, 10  # of OpenCV's tutorial on feature matching


@dataclass(slots=True)
class Met:
    """Which of the things that are there were met, and how many pairs name a thing that is not there."""

    things: set[str] = field(default_factory=set)
    false: int = 0
    seconds: float = 0.0

    def note(self, element: scenes.Element, shown: scenes.Entry) -> None:
        """Count one pair that a way calls met."""
        if element.present and element.key in shown.things:
            self.things.add(element.key)
        elif element.room != shown.room or not element.present:
            self.false += 1


def _crops() -> list[tuple[scenes.Element, sight.Features]]:
    """Return each thing of the list with the points of its crop, as the search list has it."""
    found, shots = [], {}
    for element in scenes.elements():
        view = scenes.VIEWS[element.picture]
        if element.picture not in shots:
            shots[element.picture] = shoot(HOUSE[view.room], view).picture
        picture = shots[element.picture]
        rows, columns = picture.shape[:2]
        x, y, w, h = element.region
        part = picture[int(y * rows) : int((y + h) * rows), int(x * columns) : int((x + w) * columns)]
        found.append((element, sight.features(part)))
    forget()
    return found


def _plain(crop: sight.Features, photo: sight.Features) -> bool:
    """Say what the tutorial says: enough nearest descriptors that pass the ratio test, no geometry."""
    if len(crop.descriptors) < 2 or len(photo.descriptors) < 2:
        return False
    pairs = cv2.BFMatcher().knnMatch(crop.descriptors, photo.descriptors, k=2)
    return sum(a.distance < PLAIN_RATIO * b.distance for a, b in pairs) >= PLAIN_LEAST


def _things(figure: measure.Figure, drawn: scenes.FoundManifest, *, small: bool) -> None:
    crops, ours, plain = _crops(), Met(), Met()
    for number, entry in enumerate(drawn.entries, 1):
        if number % 10 == 0:
            _say(f"{number} of {len(drawn.entries)} photographs searched")
        picture = cv2.cvtColor(np.asarray(cv2.imread(str(drawn.path(entry)))), cv2.COLOR_BGR2RGB)
        photo = sight.features(np.asarray(picture, np.uint8))
        for element, crop in crops:
            start = time.process_time()
            if sight.sighting(crop, photo):
                ours.note(element, entry)
            ours.seconds += time.process_time() - start
            start = time.process_time()
            if _plain(crop, photo):
                plain.note(element, entry)
            plain.seconds += time.process_time() - start
    present = sum(element.present for element, _ in crops)
    pairs = len(crops) * len(drawn.entries)
    figure.add(f"things met, of {present} that are there", str(len(ours.things)), str(len(plain.things)))
    figure.add(f"pairs with a thing that is not there, of {pairs:,}", str(ours.false), str(plain.false))
    each = [1000 * met.seconds / pairs for met in (ours, plain)]
    figure.add("a pair, processor ms", f"{each[0]:.1f}", f"{each[1]:.1f}", f"{each[1] / each[0]:.1f} ×")
    if not small and (len(ours.things) < LEAST_MET or ours.false):
        raise RuntimeError(f"{len(ours.things)} things met, {ours.false} false pairs")


@dataclass(slots=True)
class _State:
    """What a run has so far, in a file: one that was killed goes on with it."""

    path: Path
    rows: list[list[str]] = field(default_factory=list)  # of the things looked for
    copies: int = -1  # among the seized files; below 0: not drawn yet
    seconds: float = 0.0
    spent: dict[str, float] = field(default_factory=dict)  # processor seconds by task

    @classmethod
    def of(cls, path: Path) -> _State:
        """Return what was written, or the beginning."""
        return cls(path, **json.loads(path.read_text())) if path.exists() else cls(path)

    def write(self) -> None:
        """Write it whole or not at all."""
        spare = self.path.with_suffix(".new")
        told = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "path"}
        spare.write_text(json.dumps(told))
        spare.replace(self.path)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class _Meter:
    """Adds what a task costs to the state, and says how far it is."""

    def __init__(self, state: _State, name: str) -> None:
        self.state, self.name, self.said = state, name, 0.0
        self.clock, self.processor = time.monotonic(), measure.processor_seconds(os.getpid())

    def __call__(self, done: int, total: int) -> None:
        """Note the cost up to now; say so now and then."""
        clock, processor = time.monotonic(), measure.processor_seconds(os.getpid())
        self.state.seconds += clock - self.clock
        self.state.spent[self.name] = self.state.spent.get(self.name, 0) + processor - self.processor
        self.clock, self.processor = clock, processor
        if clock - self.said > EVERY_S:
            self.state.write()
            _say(f"{self.name}: {done:,} of {total:,}; {sum(self.state.spent.values()):.0f} processor s")
            self.said = clock


def _work(state: _State | None, stop: Event) -> None:
    """Do every job of the queue; a killed run's job is taken again when its lease has lapsed."""
    from entente.records import jobs
    from entente.records.models import Job

    while Job.objects.filter(status__in=["ready", "running"]).exists():
        job = jobs.take(jobs.this_worker())
        if job is None:
            time.sleep(1)
            continue
        meter = _Meter(state, job.task) if state else None
        jobs.run(job, stop, meter)
        if meter:
            meter(0, 0)
        if stop.is_set():
            raise SystemExit("stopped; run again with the same folder, and it goes on")
    failed = Job.objects.filter(status="failed").first()
    if failed:
        raise RuntimeError(f"{failed.task} failed: {failed.error}")


def _desk(folder: Path) -> tuple[Any, Any]:
    """Return officer and case of the desk, a fresh one where there is none."""
    if not (folder / DONE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        return fresh_desk(folder)
    from entente.web import start

    start.open_desk(folder)
    import entente.casework.flow  # the worker knows every task by it  # noqa: F401
    from entente.records import guard
    from entente.records.models import Account, Case

    with guard.system("the benchmark goes on"):
        return Account.objects.get(username="IT-1"), Case.objects.get()


def _drawn(state: _State, folder: Path, count: int) -> None:
    """Draw the found and the seized files, once."""
    if state.copies >= 0:
        return
    for name in ("found", "seized"):
        shutil.rmtree(folder / name, ignore_errors=True)
    _say(f"drawing {count:,} seized files")
    scenes.draw_found(folder / "found")
    state.copies = len(scenes.draw_seized(folder / "seized", count).of("copy"))
    state.write()


def _sorted(figure: measure.Figure, state: _State, folder: Path, count: int, stop: Event) -> None:
    """Receive the found files and then the seized ones, and see how they were sorted."""
    handed = folder / "desk" / DONE
    account, case = _desk(folder / "desk")
    officer = account.as_officer()
    from entente.casework.intake.service import Intake, receive
    from entente.casework.seize import service as seize
    from entente.records import guard
    from entente.records.models import Occurrence
    from entente.vocabulary.handling import Purpose

    vi = Purpose.VICTIM_IDENTIFICATION
    if not handed.exists():
        receive(officer, vi, case, [folder / "found"], Intake("a forum"))
        _work(None, stop)
        seize.receive_search(officer, vi, case, [folder / "seized"], origin="seized", source="a disk")
        handed.touch()
    _work(state, stop)
    state.write()
    with guard.scope(officer, vi):
        told = seize.seized_summary(case)
        places = Occurrence.objects.filter(case=case, media__origin="seized").count()
    # two copies of one picture may be drawn at one quality: they are one item, found in two places
    items = len({hashlib.sha256(p.read_bytes()).digest() for p in (folder / "seized").iterdir()})
    again, sorted_ = count - items, told.equal + told.near + told.new + told.refused
    if places != count or told.files != items or sorted_ != items:
        raise RuntimeError(f"a file was not sorted: {told}, {places} places")
    used = sum(state.spent.values())
    figure.add(f"{count:,} seized files sorted unattended, s", f"{state.seconds:.0f}")
    figure.add("the same: processor ms a file", f"{1000 * used / count:.0f}")
    for name, each in sorted(state.spent.items(), key=lambda s: -s[1])[:DEAREST]:
        figure.add(f"of these: {name}", f"{1000 * each / count:.1f}")
    figure.add(f"copies of found ones named, of {state.copies}", str(told.equal + told.near + again))
    figure.add("new to the case; by a camera of the case", f"{told.new:,}; {told.same_camera:,}")


def main() -> None:
    """Draw the search, look for the things both ways, then sort the seized files."""
    small = measure.wanted(__doc__.splitlines()[0])
    peer = f"OpenCV {cv2.__version__}: SIFT, ratio {PLAIN_RATIO}, {PLAIN_LEAST} matches"
    figure, stop = measure.Figure("Search day", peer), Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(os.environ.get("ENTENTE_BENCH_FOLDER") or name)
        folder.mkdir(parents=True, exist_ok=True)
        state = _State.of(folder / "state.json")
        if not state.rows:
            drawn = scenes.draw_search(folder / "search", SMALL_FURTHER if small else FURTHER)
            _things(figure, drawn, small=small)
            state.rows = [[r.what, r.ours, r.peer, r.ratio] for r in figure.rows]
            state.write()
        figure.rows = [measure.Row(*row) for row in state.rows]
        figure.say()
        figure.rows = []
        count = SMALL_SEIZED if small else SEIZED
        _drawn(state, folder, count)
        _sorted(figure, state, folder, count, stop)
    figure.notes.append(
        "The drawn house of the ten days: benign rooms by code. The peer is OpenCV's tutorial on feature "
        "matching with the same points (root descriptors); it has no geometry and gives no place."
    )
    figure.say()


if __name__ == "__main__":
    main()
