"""A desk in a process of its own, driven line by line: the command line, without starting it each time."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def served() -> None:
    """Run each line of standard input as words of the command line, or as Python on the open desk."""
    from entente.cli import main

    space: dict[str, Any] = {}
    for line in sys.stdin:
        asked, out, err = json.loads(line), io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main(asked) if isinstance(asked, list) else exec(asked, space) or 0
            except SystemExit as ended:
                code = ended.code
        sys.stdout.write(json.dumps([code, out.getvalue(), err.getvalue()]) + "\n")
        sys.stdout.flush()


class Desk:
    """One desk: a folder and the process that works on it."""

    def __init__(self, folder: Path) -> None:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("ENTENTE", "DJANGO", "DATABASE"))}
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.records.desk_process"],
            env=env | {"ENTENTE_DESK": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        )

    def do(self, asked: list[str] | str) -> tuple[int, str, str]:
        """Run one line; return the exit code and what was said."""
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        code, out, err = json.loads(self.process.stdout.readline())
        return code, out, err

    def told(self, *words: str, code: int = 0) -> dict[str, Any]:
        """Run the command line and return what it says to machines."""
        done, out, err = self.do([*words, "--json"])
        assert done == code, (words, out, err)
        return json.loads(out)

    def refused(self, *words: str) -> str:
        """Run what must be refused; return the sentence."""
        done, out, err = self.do([*words])
        assert (done, out) == (2, ""), (words, out, err)
        assert "Traceback" not in err and len(err.split()) > 4
        return err

    def end(self) -> None:
        """End the process."""
        self.process.stdin.close()
        self.process.wait(timeout=30)


if __name__ == "__main__":
    served()
