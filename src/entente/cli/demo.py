"""``entente demo``: a throw-away desk, a benign ten-day case played to day 3, and log-ins that work once."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from entente.cli import words
from entente.cli.serve import serve, taken
from entente.web import start

STORY_DAY = 3


def run(arguments: list[str]) -> int:
    """Draw, play, serve; the desk goes when the demonstration ends, unless it was given a folder."""
    made = words.parser("demo", "open a throw-away desk with a benign ten-day case")
    made.add_argument("--port", type=int, default=8000)
    made.add_argument("--day", type=int, default=STORY_DAY, choices=range(11), help="play so far (default 3)")
    made.add_argument("--desk", type=Path, help="keep the desk in this new folder")
    made.add_argument("--no-serve", action="store_true", help="play and stop")
    told = made.parse_args(arguments)
    if told.desk and told.desk.exists() and any(told.desk.iterdir()):
        return words.refuse(
            "demo", f"{told.desk} is not empty; name a new folder, a real desk is never played on"
        )
    # asked first: the story takes half a minute, and its log-ins would point at whoever holds the port
    if not told.no_serve and (fault := taken("127.0.0.1", told.port)):
        return words.refuse("demo", fault)
    folder = told.desk.absolute() if told.desk else Path(tempfile.mkdtemp(prefix="entente-demo-"))
    try:
        if told.no_serve:
            _play(folder, told.day, quiet=told.json)
            _say_doors(folder, told.port)
            return 0
        # Drawing takes a gigabyte for a moment; in a process of its own that ends, the server never has it.
        played = subprocess.run(_alone(folder, told.day, told.port, quiet=told.json))
        if played.returncode:
            return played.returncode
        start.open_desk(folder)
        return serve("127.0.0.1", told.port, worker=True, desk=str(folder))
    except KeyboardInterrupt:
        return 0
    finally:
        if not told.desk:
            shutil.rmtree(folder, ignore_errors=True)


def _alone(folder: Path, day: int, port: int, *, quiet: bool) -> list[str]:
    """Return the command that plays into ``folder``, says the doors and ends."""
    command = [sys.executable, "-m", "entente.cli", "demo", "--no-serve", f"--desk={folder}"]
    return [*command, f"--day={day}", f"--port={port}", *(["--json"] if quiet else [])]


def _play(folder: Path, day: int, *, quiet: bool) -> None:
    """Play so that today is the story's day: the clock on the board then reads right."""
    _mark(folder)
    start.make_desk(folder)
    from demo.ten_days import TenDays, make_circle

    morning = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    make_circle()
    story = TenDays(
        folder / "drawn",
        start=morning - timedelta(days=day),
        tell=lambda line: None if quiet else sys.stderr.write(f"  {line}\n"),
    )
    story.play(day)


def _mark(folder: Path) -> None:
    """Mark the folder as a demonstration: there alone a one-time log-in counts as confirmed.

    Written before the desk is made, by this command only, into a folder that was empty.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    says = "One-time log-ins count as confirmed here. Keep nothing real.\n"
    (folder / start.DEMONSTRATION).write_text(says)


def _say_doors(folder: Path, port: int) -> None:
    """Print the one address, a one-time log-in for each officer, and how to get another."""
    from demo.ten_days import OFFICERS
    from django.conf import settings

    from entente.records.models import Account, LoginLink

    out = [f"\nEntente is open at http://127.0.0.1:{port}/ on this machine only. Each link logs in once.\n"]
    for number, _, _, part in OFFICERS:
        secret = LoginLink.issue(Account.objects.get(username=number))
        out.append(f"  {number}  {part}\n           http://127.0.0.1:{port}/enter/{secret}/\n")
    out.append("\nBegin as IT-1001. Stop with Ctrl+C; the desk is thrown away then.\n")
    again = f"{Path(sys.executable).with_name('entente')} init {folder} --short IT --officer IT-1001"
    rest = settings.SESSION_COOKIE_AGE // 60
    out.append(f"A log-in ends after {rest} minutes of rest. For a new link, elsewhere:\n{again}\n\n")
    sys.stdout.write("".join(out))
    sys.stdout.flush()
