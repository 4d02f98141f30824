"""A disk that is really full: a desk on a small file system of its own, filled to the brim and freed again.

    unshare -m python -m tests.faults.full FOLDER SEED…

Needs root and a mount namespace, in which nobody else sees the small disk. Prints one JSON object for each
seed. ``FOLDER`` holds ``plain`` (a desk), ``phone`` and ``big`` (pictures); what goes wrong is named in
``bad``, and how often a page was refused for want of room in ``refused``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.imports import QUIET, faults_in
from tests.faults.warm import Warm

MIB = 1 << 20


class SmallDisk:
    """One file system in memory with a desk on it, and a ballast that takes what is left."""

    def __init__(self, place: Path, size: int) -> None:
        self.place, self.ballast = place, place / "ballast"
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True)

    def fill(self, leave: int) -> None:
        """Take all but ``leave`` bytes, rounded to pages."""
        with self.ballast.open("ab") as out:
            free = os.statvfs(self.place).f_bavail * os.statvfs(self.place).f_bsize
            out.write(bytes(max(0, free - leave) // 4096 * 4096))

    def free(self) -> None:
        """Give the ballast's room back."""
        self.ballast.unlink(missing_ok=True)

    def close(self) -> None:
        """Take the file system away."""
        subprocess.run(["umount", str(self.place)], check=True)


def trial(warm: Warm, folder: Path, seed: int) -> dict[str, Any]:
    """Fill one disk while the desk works on it, free it, and see that nothing is lost."""
    dice = Random(seed)
    size = dice.randint(8, 16) * MIB
    disk = SmallDisk(folder / "disk", size)
    bad: list[str] = []
    refused = 0
    try:
        shutil.copytree(folder / "plain", warm.desk)
        assert warm.do("receive_to_the_brim", str(folder / "phone"))["code"] == 1
        case, number = warm.do("case_and_item")
        (session,) = warm.do("logged_in", 1)
        page, note = f"/cases/{case}/", f"/cases/{case}/examine/items/{number}/note/"
        disk.fill(dice.randint(0, 400_000))
        bad += said(warm.do("receive_to_the_brim", str(folder / "big")))
        for leave in (dice.randint(0, 60_000), 0):
            disk.fill(leave)
            for status, named in warm.do("browsed", session, [["/"], [page], [note, f"at {leave}"]]):
                refused += status == 503
                if status not in (200, 302, 303, 503) or (status == 503 and not named):
                    bad.append(f"a page answered {status} on a full disk")
            bad += said(warm.do("receive", str(folder / "phone")))
            bad += said(warm.do("command", "log", "verify"))
        disk.free()
        answers = warm.do("browsed", session, [["/"], [page], [note, "with room again"]])
        if [status for status, _ in answers][:2] != [200, 200] or answers[2][0] not in (302, 303):
            bad.append(f"pages after room was made: {answers}")
        again = warm.do("receive_to_the_brim", str(folder / "big"))
        if again["told"] is None or again["told"]["refused"]:
            bad.append(f"the import after room was made: {again}")
        examined = warm.do("examined")
        bad += faults_in(examined)
        if len(examined["state"][0]) != 3 + len(list((folder / "big").iterdir())):
            bad.append(f"{len(examined['state'][0])} items at the end")
    finally:
        disk.close()
    return {"seed": seed, "size": size, "refused": refused, "bad": bad}


def said(told: dict[str, Any]) -> list[str]:
    """A command on a full disk is done or says in a sentence that it is full."""
    if told["code"] not in (*QUIET, 2) or "Traceback" in told["error"]:
        return [f"no sentence: {told}"]
    return []


def main() -> None:
    folder, seeds = Path(sys.argv[1]), [int(s) for s in sys.argv[2:]]
    (folder / "disk").mkdir(exist_ok=True)
    warm = Warm(folder / "disk" / "desk", beside=folder / "desk")
    try:
        for seed in seeds:
            sys.stdout.write(json.dumps(trial(warm, folder, seed)) + "\n")
            sys.stdout.flush()
    finally:
        warm.close()


if __name__ == "__main__":
    main()
