"""What every benchmark shares: one figure as a table, the machine it was taken on, and processes' cost."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was measured, ours, the peer's or the target, and the ratio if any."""

    what: str
    ours: str
    peer: str = ""
    ratio: str = ""


@dataclass(slots=True)
class Figure:
    """One benchmark's result; ``peer`` names the peer with its version."""

    title: str
    peer: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, ours: str, peer: str = "", ratio: str = "") -> None:
        """Add one line."""
        self.rows.append(Row(what, ours, peer, ratio))

    def say(self) -> None:
        """Print the figure as a Markdown table with the machine below."""
        out = [f"\n### {self.title}", "", f"| what | ours | {self.peer} | ratio |", "|---|---:|---:|---:|"]
        out += [f"| {r.what} | {r.ours} | {r.peer} | {r.ratio} |" for r in self.rows]
        out += ["", *(f"{note}  " for note in self.notes), f"{machine()}", ""]
        sys.stdout.write("\n".join(out))
        sys.stdout.flush()


def machine() -> str:
    """Return one line: cores, their make, load now, memory, Python."""
    told = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    make = next((line.split(":")[1].strip() for line in told.splitlines() if "model name" in line), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()
    return (
        f"Machine: {cores} cores ({make}), {memory:.0f} GiB, load {load[0]:.1f} / {load[1]:.1f} (1 / 5 min), "
        f"Python {platform.python_version()}, {platform.system()} {platform.release().split('-')[0]}."
    )


def named(*packages: str) -> str:
    """Return installed packages with their versions."""
    return ", ".join(f"{p} {version(p)}" for p in packages)


def wanted(says: str) -> bool:
    """Read the one option that every benchmark has; return whether a quick look is enough."""
    parser = argparse.ArgumentParser(description=says)
    parser.add_argument("--small", action="store_true", help="a quick look, not a figure to quote")
    return bool(parser.parse_args().small)


def family(pid: int) -> list[int]:
    """Return a process and everything below it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(after_name[1]), []).append(int(entry.name))
    found, at = [pid], 0
    while at < len(found):
        found += parents.get(found[at], [])
        at += 1
    return found


def processor_seconds(pid: int) -> float:
    """Return user and system seconds of a process and everything below it, the ended ones included."""
    total = 0
    for each in family(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(f) for f in fields[11:15])
    return total / TICK


def resident(pid: int) -> float:
    """Return the proportional set size of one process in MiB: shared pages are counted once over all."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"no Pss of {pid}")
