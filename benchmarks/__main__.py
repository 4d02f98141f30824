"""The figures, one benchmark after the other: ``python -m benchmarks [NAME …] [--small]``.

Each runs as a process of its own within a time limit, in a temporary folder that goes with it.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile

LIMIT_S = 600.0  # the longest is the intake of a thousand pictures, most of it the peer's
LONG_S = {"faults": 3600.0, "match": 3600.0, "crops": 3600.0, "video_match": 1800.0, "list_import": 3600.0,
          "backwards": 3600.0, "bulk": 1800.0, "hostile": 1800.0, "psi": 1800.0, "nodes": 1800.0,
          "link_scene": 3600.0, "link_search_day": 3600.0, "link_video": 1800.0}  # fmt: skip
NAMES = {
    "intake": "the whole intake against hashlib, Pillow and pdqhash",
    "pdq": "PDQ of JPEGs against threatexchange, the same bits demanded",
    "match": "near search of ten million hashes against PDQIndex, faiss and a flat scan",
    "crops": "parts of known pictures, borders, labels, screenshots",
    "link_scene": "a thing in two pictures found again; unlike pictures; an index of 30,000",
    "video_hash": "hashes of every frame against vpdq",
    "video_match": "held videos found in others, against vPDQ's rules",
    "link_series": "drawn series put together again, against plain components and Leiden's modularity",
    "link_search_day": "20 things in 60 photographs of a search; 3,000 seized files sorted",
    "link_video": "damaged videos: frames recovered and what is said, against OpenCV's reader",
    "list_import": "a million VICS records, ten million lines of CSV",
    "backwards": "a new list against everything held",
    "bulk": "a folder of very many files",
    "grid": "5,000 items in the real browser: paint, scroll, filter, decide",
    "link_camera": "residuals of sensors against prnu-python; AUC, calibration, 10,000 cameras searched",
    "store": "sealing originals against plain writing and SHA-256",
    "locate": "a region from twelve clues; our rule against naive product and independent mixtures",
    "text": "drawn signs read back, by script, size, angle and blur",
    "extractors": "mains hum through noise and codecs, product codes through blur",
    "log": "sealing against the same write without log; proofs; the whole log",
    "walls": "queries behind both walls against the first alone",
    "start": "from a fresh clone to the first page; memory",
    "package": "a package of 1,000 things between desks, against age alone",
    "nodes": "twelve nodes a day apart: how long until each has what the others recorded",
    "psi": "10,000 identifiers against 1,000,000 privately, against the plain list",
    "faults": "power cuts, a fault at each call of an import",
    "sandbox": "a decode in the sandbox against the same in this process",
    "together": "ten browsers on one item: what is lost, how soon the others see it",
    "hostile": "hostile files and mutants through the one door",
}


def ran(name: str, small: bool) -> bool:
    """Run one benchmark; whether it ended well within its time."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *(["--small"] if small else [])]
    limit = LONG_S.get(name, LIMIT_S)
    with tempfile.TemporaryDirectory(prefix=f"entente-bench-{name}-") as spare:
        program = subprocess.Popen(command, env={**os.environ, "TMPDIR": spare}, start_new_session=True)
        try:
            return program.wait(limit) == 0
        except subprocess.TimeoutExpired:
            sys.stderr.write(f"benchmarks: {name} was stopped after {limit:.0f} s\n")
            return False
        finally:
            if program.poll() is None:
                os.killpg(program.pid, signal.SIGKILL)
                program.wait()


def main() -> int:
    """Run what was asked for, all of it if nothing was; 1 where one of them failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="The figures, as ratios against named peers in the same run.",
        epilog="; ".join(f"{name}: {says}" for name, says in NAMES.items()),
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--small", action="store_true", help="a quick look, not a figure to quote")
    told = parser.parse_args()
    unknown = sorted(set(told.names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}")
    ended = [ran(name, told.small) for name in told.names or NAMES]  # all of them, whatever one does
    return int(not all(ended))


if __name__ == "__main__":
    sys.exit(main())
