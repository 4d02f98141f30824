"""``python -m tests.fuzz.harness TARGET [--seconds 600]``: coverage-guided fuzzing with atheris.

Own Python only: the C decoders are not instrumented and are tried by mutants instead. A fault found is
written to ``crash-…`` in the working folder, and the exit is not 0.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["entente", "tests.fuzz"]):
    from tests.fuzz.targets import SEEDS, TARGETS


MEASURES = ("-max_len=8192", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1")


def main() -> None:
    """Fuzz one target for so long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=600)
    told = parser.parse_args()
    found = Path(tempfile.mkdtemp(prefix="entente-fuzz-"))
    shutil.copytree(SEEDS / told.target, found, dirs_exist_ok=True)
    atheris.Setup(
        [
            sys.argv[0],
            str(found),
            f"-max_total_time={told.seconds}",
            "-max_len=8192",
            "-timeout=20",
            "-rss_limit_mb=2048",
        ],
        TARGETS[told.target],
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
