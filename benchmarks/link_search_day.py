"""Search day at full size: 20 things looked for in 60 photographs, and 3,000 seized files sorted unattended.

python -m benchmarks.link_search_day [--small]
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

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
    for entry in drawn.entries:
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


def _sorted(figure: measure.Figure, folder: Path, count: int) -> None:
    """Receive the found files and then the seized ones on a fresh desk, and see how they were sorted."""
    scenes.draw_found(folder / "found")
    seized = scenes.draw_seized(folder / "seized", count)
    account, case = fresh_desk(folder / "desk")
    officer = account.as_officer()
    from entente.casework.intake.service import Intake, receive
    from entente.casework.seize import service as seize
    from entente.records import guard, jobs
    from entente.vocabulary.handling import Purpose

    vi = Purpose.VICTIM_IDENTIFICATION
    receive(officer, vi, case, [folder / "found"], Intake("a forum"))
    jobs.work(Event(), until_empty=True)
    start, spent = time.monotonic(), measure.processor_seconds(os.getpid())
    seize.receive_search(officer, vi, case, [folder / "seized"], origin="seized", source="a disk")
    jobs.work(Event(), until_empty=True)
    took, used = time.monotonic() - start, measure.processor_seconds(os.getpid()) - spent
    with guard.scope(officer, vi):
        told = seize.seized_summary(case)
    copies = len(seized.of("copy"))
    if told.files != count or told.equal + told.near + told.new + told.refused != count:
        raise RuntimeError(f"a file was not sorted: {told}")
    figure.add(f"{count:,} seized files sorted unattended, s", f"{took:.0f}")
    figure.add("the same: processor ms a file", f"{1000 * used / count:.0f}")
    figure.add(f"copies of found ones named, of {copies}", str(told.equal + told.near))
    figure.add("new to the case; by a camera of the case", f"{told.new:,}; {told.same_camera:,}")


def main() -> None:
    """Draw the search, look for the things both ways, then sort the seized files."""
    small = measure.wanted(__doc__.splitlines()[0])
    peer = f"OpenCV {cv2.__version__}: SIFT, ratio {PLAIN_RATIO}, {PLAIN_LEAST} matches"
    figure = measure.Figure("Search day", peer)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        drawn = scenes.draw_search(folder / "search", SMALL_FURTHER if small else FURTHER)
        _things(figure, drawn, small=small)
        _sorted(figure, folder, SMALL_SEIZED if small else SEIZED)
    figure.notes.append(
        "The drawn house of the ten days: benign rooms by code. The peer is OpenCV's tutorial on feature "
        "matching with the same points (root descriptors); it has no geometry and gives no place."
    )
    figure.say()


if __name__ == "__main__":
    main()
