"""Ten browsers on one item for a minute: is a mark lost, and how soon do the others see it?

    python -m benchmarks.together [--small]

A real ``entente serve`` in a process of its own and ten real Chromium windows, each another officer of one
of three agencies. Each writes a clue or a note through the page, at two paces. Measured for each mark and
each other window: from the answer to the POST until the row stands in that window's page. Then the same on a
throw-away PostgreSQL, where one is installed.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import measure

HERE = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
FLAGS += ("--disable-background-networking", "--disable-component-update", "--disable-extensions")
BROWSERS = 10
# Seconds between two marks of one officer. Somebody who draws a box, chooses a kind and writes a reason takes
# a quarter of a minute; three times as fast is asked too, for ten browsers and the desk share these cores.
PACES = {"a mark each 10–20 s": (10.0, 20.0), "a mark each 4–8 s": (4.0, 8.0)}
TARGET_P95_MS = 1000
SETTLE_S = 4.0  # for the last marks to arrive
OFFICERS = [f"{('IT', 'FR', 'AU')[n % 3]}-{1001 + n}" for n in range(BROWSERS)]

# Tells, once for each row that a mark's word stands in, when it came to stand there.
WATCH = """
const known = new Set();
const look = (rows) => {
  for (const row of rows) {
    if (row.nodeType !== 1 || !row.matches("#clue-list > li, #note-list > li")) continue;
    const word = row.textContent.match(/mark-\\d+-\\d+/)?.[0];
    if (!word || known.has(word)) continue;
    known.add(word);
    window.stands(word, performance.timeOrigin + performance.now());
  }
};
new MutationObserver((changes) => changes.forEach((change) => look(change.addedNodes)))
  .observe(document, { childList: true, subtree: true });
document.addEventListener("DOMContentLoaded", () => look(document.querySelectorAll("li")));
"""


def make(folder: Path) -> None:
    """Make a desk with one case, one drawn picture and its officers; print the case and a log-in for each."""
    from entente.web import start

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / start.DEMONSTRATION).write_text("A benchmark's desk. Keep nothing real.\n")
    start.make_desk(folder)
    from datetime import UTC, datetime

    from PIL import Image, ImageDraw

    from entente.casework.intake.service import Intake, open_case, receive
    from entente.records import guard, jobs
    from entente.records.models import Account, Agency, LoginLink, Membership
    from entente.vocabulary.handling import Purpose

    purpose = Purpose.VICTIM_IDENTIFICATION
    people = {}
    for number in OFFICERS:
        short = number[:2]
        agency, _ = Agency.objects.get_or_create(
            short=short, name=short, country=short, kind="national unit", contact="desk@example.org"
        )
        people[number] = Account.objects.create_user(
            number, password=None, agency=agency, roles=["examiner"], purposes=[str(purpose)]
        )
    lead = people[OFFICERS[0]]
    opened = {"number": "B-1", "title": "Operation Larch", "victim_number": "V-001"}
    case = open_case(lead.as_officer(), purpose, discovered_at=datetime.now(UTC), **opened)
    with guard.system("a benchmark's case"):
        for account in list(people.values())[1:]:
            Membership.objects.create(case=case, account=account, part="member")
    found = folder / "found"
    found.mkdir()
    image = Image.new("RGB", (320, 240), (214, 205, 190))
    ImageDraw.Draw(image).rectangle((30, 30, 120, 110), fill=(120, 170, 220), outline=(60, 60, 60), width=4)
    image.save(found / "room.png")
    receive(lead.as_officer(), purpose, case, [found], Intake("a disk", "found", ("H0",), ""))
    job = jobs.take("benchmark")
    assert job is not None and jobs.run(job)
    links = {number: LoginLink.issue(account) for number, account in people.items()}
    print(json.dumps({"case": str(case.pk), "links": links}))


def kept(folder: Path) -> None:
    """Print every mark's word that stands in the database, as often as it stands there."""
    from entente.web import start

    start.open_desk(folder)
    from entente.records import guard
    from entente.records.models import Clue, Note

    with guard.system("count a benchmark's marks"):
        texts = [
            *map(str, Clue.objects.values_list("value", flat=True)),
            *Note.objects.values_list("text", flat=True),
        ]
    print(json.dumps(re.findall(r"mark-\d+-\d+", " ".join(texts))))


@dataclass
class Run:
    """What happened in one run: when each mark was answered, and when it stood in each window (ms)."""

    answered: dict[str, float] = field(default_factory=dict)
    stood: dict[tuple[int, str], float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def waits(self) -> list[float]:
        """Return how long each mark took to each other window that has it."""
        return [
            max(0.0, at - self.answered[word])
            for (who, word), at in self.stood.items()
            if word in self.answered and int(word.split("-")[1]) != who
        ]

    def missing(self) -> int:
        """Return how many marks do not stand in how many windows, in all."""
        return sum((who, word) not in self.stood for who in range(BROWSERS) for word in self.answered)


async def one(
    page: Any, who: int, base: str, case: str, until: float, pause: tuple[float, float], run: Run
) -> None:
    """Write through one window until the time is over."""
    dice = random.Random(who)
    await asyncio.sleep(dice.uniform(0, pause[1]))
    count = 0
    while time.monotonic() < until:
        word = f"mark-{who}-{count}"
        count += 1
        try:
            if count % 2:
                await page.fill("form[action*='/note/'] [name=text]", f"{word} a lamp beside the window")
                button = page.locator("form[action*='/note/'] > .row > button")
            else:
                await page.select_option("#clue-form [name=kind]", "object")
                await page.fill("#clue-form [name=value]", f"{word} lamp")
                button = page.locator("#clue-form button.main").first
            async with page.expect_response(
                lambda r: r.request.method == "POST" and "/items/1/" in r.url
            ) as got:
                await button.click()
            answer = await got.value
            timing = answer.request.timing
            if answer.status < 400:
                run.answered[word] = timing["startTime"] + timing["responseStart"]
            else:  # not acknowledged
                run.faults.append(f"{word}: {answer.status}")
            await page.wait_for_load_state("domcontentloaded")
        except Exception as fault:
            run.faults.append(f"{word}: {type(fault).__name__}: {str(fault)[:200]}")
            await page.goto(f"{base}/cases/{case}/examine/items/1/")
        await asyncio.sleep(dice.uniform(*pause))


async def drive(base: str, made: dict[str, Any], seconds: float, pause: tuple[float, float]) -> Run:
    """Open the windows, let each work, and gather what stood where and when."""
    from playwright.async_api import async_playwright

    run = Run()
    async with async_playwright() as tool:
        browser = await tool.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        pages = []
        for who, number in enumerate(OFFICERS):
            context = await browser.new_context(locale="en-GB")

            def stands(_: Any, word: str, at: float, who: int = who) -> None:
                run.stood.setdefault((who, word), at)

            await context.expose_binding("stands", stands)
            await context.add_init_script(WATCH)
            page = await context.new_page()
            page.on("pageerror", lambda fault, who=who: run.faults.append(f"window {who}: {fault}"))
            await page.goto(f"{base}/enter/{made['links'][number]}/")
            await page.get_by_role("button", name="Log in").click()
            await page.wait_for_url(f"{base}/")
            await page.goto(f"{base}/cases/{made['case']}/examine/items/1/")
            pages.append(page)
        until = time.monotonic() + seconds
        await asyncio.gather(*(one(p, n, base, made["case"], until, pause, run) for n, p in enumerate(pages)))
        await asyncio.sleep(SETTLE_S)
        await browser.close()
    return run


@contextmanager
def serving(folder: Path, env: dict[str, str]) -> Iterator[str]:
    """Serve the desk on a free loopback port; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["serve", "--desk", str(folder), "--port", str(port), "--no-worker"]
    desk = subprocess.Popen([sys.executable, "-m", "entente.cli", *words], env=env, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 90
        while not _answers(f"http://127.0.0.1:{port}/account/login/"):
            if desk.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the desk does not open")
            time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        desk.send_signal(signal.SIGTERM)
        desk.wait(timeout=30)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@contextmanager
def postgres() -> Iterator[list[str]]:
    """Yield the address of an empty database for each pace, or none where no PostgreSQL is installed."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if not places:
        yield []
        return
    import psycopg

    programs = places[0].parent
    root = os.geteuid() == 0  # as root, PostgreSQL refuses to run: its own user does
    own = ["runuser", "-u", "postgres", "--"] if root else []
    user = "postgres" if root else os.environ.get("USER", "postgres")
    # not inside a folder that a runner keeps for itself: PostgreSQL's own user has to get there
    cluster = Path(tempfile.mkdtemp(prefix="entente-pg-", dir="/tmp"))
    if root:
        shutil.chown(cluster, "postgres")
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "check": True, "timeout": 120}
    subprocess.run([*own, programs / "initdb", "-D", cluster / "data", "-A", "trust", "-U", user], **quiet)
    control = [*own, programs / "pg_ctl", "-D", cluster / "data", "-w"]
    options = f"-c listen_addresses='' -k {cluster}"
    subprocess.run([*control, "-o", options, "-l", cluster / "log", "start"], **quiet)
    try:
        with psycopg.connect(dbname="postgres", user=user, host=str(cluster), autocommit=True) as plain:
            plain.execute("CREATE ROLE entente LOGIN NOSUPERUSER NOBYPASSRLS")
            for number in range(len(PACES)):
                plain.execute(f"CREATE DATABASE desk_{number} OWNER entente")
        address = f"postgres://entente@{str(cluster).replace('/', '%2F')}/desk"
        yield [f"{address}_{number}" for number in range(len(PACES))]
    finally:
        subprocess.run([*control, "stop", "-m", "fast"], **quiet)
        shutil.rmtree(cluster, ignore_errors=True)


def _alone(words: list[str], env: dict[str, str]) -> Any:
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.together", *words],
        env=env,
        cwd=HERE,
        capture_output=True,
        text=True,
    )
    if told.returncode:
        raise RuntimeError(told.stderr[-2000:])
    return json.loads(told.stdout.strip().splitlines()[-1])


def measured(name: str, seconds: float, pace: str, more: dict[str, str]) -> bool:
    """Run once on one database and say what came out; whether all targets are met."""
    figure = measure.Figure(f"Together, live, on {name}, {pace}", "target")
    folder = Path(tempfile.mkdtemp(prefix="entente-together-"))
    env = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "ENTENTE_DESK"}} | more
    try:
        made = _alone(["--make", str(folder)], env)
        with serving(folder, env) as base:
            run = asyncio.run(drive(base, made, seconds, PACES[pace]))
        stands = _alone(["--kept", str(folder)], env)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    waits = sorted(run.waits()) or [float("inf")]
    lost = sum(word not in stands for word in run.answered)
    p50, p95 = (waits[min(len(waits) - 1, int(len(waits) * q))] for q in (0.5, 0.95))
    figure.add(f"{BROWSERS} windows, {seconds:.0f} s: marks answered", str(len(run.answered)))
    figure.add("marks lost", str(lost), "0", met_or_missed(lost == 0))
    figure.add("marks kept twice", str(len(stands) - len(set(stands))), "0")
    figure.add(
        "not shown in some window at the end", str(run.missing()), "0", met_or_missed(not run.missing())
    )
    figure.add(f"shown in another window after, median ms, of {len(waits)}", f"{p50:.0f}")
    figure.add("the same: p95 ms", f"{p95:.0f}", f"≤ {TARGET_P95_MS}", met_or_missed(p95 <= TARGET_P95_MS))
    figure.add("the same: longest ms", f"{waits[-1]:.0f}")
    figure.add("not acknowledged, or not written for want of time", str(len(run.faults)))
    figure.notes += [fault.splitlines()[0] for fault in run.faults[:5]]
    figure.say()
    return not lost and not run.missing() and p95 <= TARGET_P95_MS


def met_or_missed(yes: bool) -> str:
    """Say whether a target is met."""
    return "met" if yes else "missed"


def main() -> int:
    """Run on SQLite, then on PostgreSQL; 1 where a target is missed."""
    if sys.argv[1:2] == ["--make"]:
        make(Path(sys.argv[2]))
        return 0
    if sys.argv[1:2] == ["--kept"]:
        kept(Path(sys.argv[2]))
        return 0
    small = measure.wanted("Ten browsers on one item.")
    met = [measured("SQLite", 15 if small else 60, pace, {}) for pace in PACES]
    with postgres() as addresses:
        if not addresses:
            sys.stdout.write("PostgreSQL is not installed: not measured there.\n")
        else:
            for pace, address in zip(PACES, addresses, strict=True):
                met.append(measured("PostgreSQL", 10 if small else 60, pace, {"DATABASE_URL": address}))
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
