"""From a fresh clone to the first page: install and start apart, memory, no network after.

    python -m benchmarks.start [--small]

The whole run clones the last commit into an empty folder, installs there, and starts the demo as ``make run``
does. The start happens in a network namespace of its own with nothing but loopback, where root allows that.
``--small`` starts from this folder and its own environment.
"""

from __future__ import annotations

import fcntl
import http.cookiejar
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks import measure

HERE = Path(__file__).resolve().parent.parent
INSTALL_S, START_S = 400.0, 180.0  # given up after
TARGET_S, TARGET_MIB = 60, 400
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1


def loopback_up() -> None:
    """Raise ``lo``, which a new network namespace has down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", answer)[1] | _IFF_UP
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags))


def networks() -> list[str]:
    """Name the network interfaces that this process sees."""
    return [name for _, name in socket.if_nameindex()]


def listening() -> list[int]:
    """Return the TCP ports on which anybody in this network namespace listens."""
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return sorted(ports)


class Visitor:
    """A browser without scripts: keeps cookies, posts forms with their token."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._jar = http.cookiejar.CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar)).open

    def get(self, path: str) -> str:
        """Return a page."""
        with self._open(self.root + path, timeout=60) as answer:
            return str(answer.read().decode("utf-8", "replace"))

    def post(self, path: str, **fields: str) -> str:
        """Send a form and return the page after it."""
        token = next(c.value for c in self._jar if c.name == "csrftoken") or ""
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        with self._open(
            urllib.request.Request(self.root + path, data, {"Referer": self.root}), timeout=60
        ) as answer:
            return str(answer.read().decode("utf-8", "replace"))


def first_page(root: str, until: float, process: subprocess.Popen[bytes]) -> None:
    """Wait for the first page to answer 200; raise when the program ended or the time is over."""
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(root, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        if process.poll() is not None:
            raise RuntimeError(f"the demo ended with {process.returncode} before its first page")
        time.sleep(0.1)
    raise RuntimeError(f"no first page within {START_S:.0f} s")


def enter(root: str, said: str) -> tuple[Visitor, str]:
    """Log in as the first officer by the link that the demo printed; return the visitor and the board."""
    link = re.search(r"http://[^/\s]+(/enter/[^\s]+)", said)
    if link is None:
        raise RuntimeError("the demo printed no log-in link")
    visitor = Visitor(root)
    visitor.get(link[1])
    return visitor, visitor.post(link[1])


def walk(visitor: Visitor, board: str) -> list[str]:
    """Open the case's page and its steps' pages; return their addresses."""
    case = re.search(r'href="(/cases/[0-9a-f-]{36}/)', board)
    if case is None:
        raise RuntimeError("the board shows no case")
    steps = re.findall(rf'href="({case[1]}[a-z]+/)"', visitor.get(case[1]))
    pages = [case[1], *sorted(set(steps))]
    for page in pages:
        visitor.get(page)
    return pages


def look(visitor: Visitor, case: str) -> int:
    """Look at the grey stills of some items, so that decoders run; return at how many."""
    seen = 0
    for number in range(1, 7):
        try:
            visitor.get(f"{case}examine/items/{number}/")
            visitor.post(f"{case}examine/items/{number}/grey/")
            seen += 1
        except urllib.error.HTTPError:
            continue  # a refused file has no still
    return seen


SETTLE_S = 7.0  # the server gives freed memory back every few seconds


def weigh(pid: int) -> list[tuple[float, str]]:
    """Return MiB and name of a process and of everything below it."""
    time.sleep(SETTLE_S)
    weighed = []
    for each in measure.family(pid):
        name = Path(f"/proc/{each}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        weighed.append((round(measure.resident(each), 1), name))
    return weighed


def started(folder: Path, port: int) -> dict[str, Any]:
    """Start the demo in ``folder``, time its first page, look around, and weigh every process of it."""
    own_network = networks() == ["lo"] and not listening()
    if own_network:
        loopback_up()
    root, said = f"http://127.0.0.1:{port}", Path(tempfile.mkstemp()[1])
    begin = time.monotonic()
    with said.open("wb") as out:
        program = subprocess.Popen(
            ["make", "--no-print-directory", "run", f"PORT={port}"],
            cwd=folder,
            stdout=out,
            start_new_session=True,
            env={k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}},
        )
    try:
        first_page(root + "/", begin + START_S, program)
        seconds = time.monotonic() - begin
        processor = measure.processor_seconds(program.pid)
        visitor, board = enter(root, said.read_text())
        pages = walk(visitor, board)
        open_desk = weigh(program.pid)
        stills = look(visitor, pages[0])
        return {
            "seconds": seconds,
            "processor": processor,
            "pages": len(pages) + 2,
            "stills": stills,
            "open": open_desk,
            "looking": weigh(program.pid),
            "own_network": own_network,
            "listening": listening() if own_network else [],
        }
    finally:
        os.killpg(program.pid, signal.SIGINT)
        try:
            program.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()
        said.unlink()


def free_port() -> int:
    """Return a port on which nobody listens just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def apart(folder: Path) -> dict[str, Any]:
    """Run ``started`` in a network namespace with nothing but loopback, if we may."""
    command = [sys.executable, "-m", "benchmarks.start", "--started", str(folder), str(free_port())]
    fenced = ["unshare", "-n", "--"]
    if not shutil.which("unshare") or subprocess.run([*fenced, "true"], capture_output=True).returncode:
        fenced = []
    done = subprocess.run([*fenced, *command], cwd=HERE, stdout=subprocess.PIPE, timeout=START_S + 120)
    if done.returncode:
        raise RuntimeError("the demo did not start; see above")
    return dict(json.loads(done.stdout))


def install(folder: Path) -> float:
    """Clone the last commit into ``folder`` and install there; return the seconds."""
    begin = time.monotonic()
    subprocess.run(["git", "clone", "--quiet", str(HERE), str(folder)], check=True)
    subprocess.run(
        ["make", "--no-print-directory", "setup"],
        cwd=folder,
        check=True,
        timeout=INSTALL_S,
        stdout=sys.stderr,
    )
    return time.monotonic() - begin


def main() -> None:
    """Install, start, print the figure."""
    if sys.argv[1:2] == ["--started"]:
        sys.stdout.write(json.dumps(started(Path(sys.argv[2]), int(sys.argv[3]))))
        return
    small = measure.wanted(__doc__.splitlines()[0])
    with tempfile.TemporaryDirectory() as spare:
        folder, installed = HERE, 0.0
        if not small:
            folder = Path(spare) / "clone"
            installed = install(folder)
        told = apart(folder)
    figure = measure.Figure("From a fresh clone to the first page" if installed else "Start", "target")
    if installed:
        figure.add("install (`make setup`), s", f"{installed:.0f}")
    figure.add("start to the first page, s", f"{told['seconds']:.1f}", f"≤ {TARGET_S}")
    figure.add("  processor seconds of it", f"{told['processor']:.1f}")
    for what, weighed in (
        (f"memory after {told['pages']} pages, MiB", told["open"]),
        (f"memory after {told['stills']} stills too, MiB", told["looking"]),
    ):
        figure.add(what, f"{sum(mib for mib, _ in weighed):.0f}", f"≤ {TARGET_MIB}")
        for mib, name in weighed:
            figure.add(f"  {re.sub(r'(/[^ ]*/)', '', name)[:60]}", f"{mib:.0f}")
    if told["own_network"]:
        figure.notes.append(
            f"The start ran with loopback as its only network; ports listened on: {told['listening']}."
        )
    else:
        figure.notes.append("Not proven: that no network is used (no right to make a network namespace).")
    figure.notes.append(
        "Memory is the proportional set size of every process below `make run`, seconds after the looking."
    )
    figure.say()


if __name__ == "__main__":
    main()
