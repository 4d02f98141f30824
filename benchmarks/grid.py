"""The grid of examine in the real Chromium: a case of 5,000 items on SQLite, served as any desk is.

    python -m benchmarks.grid [--small]

First paint, a scroll through everything with its longest task, a change of filters, a key press until its
decision is stored, and what the browser holds. The rows are written directly; no item has bytes.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks import measure

ITEMS, SMALL = 5000, 600
LOADS, CHANGES, PRESSES = 7, 12, 40
PAINT_MS, TASK_MS, MEMORY_MIB, FILTER_MS, DECISION_MS = 1000, 50, 250, 400, 100
WATCH = """
window.tasks = [];
new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => e.duration)))
  .observe({ type: "longtask", buffered: true });
"""
SCROLL = """async () => {
  const start = performance.now();
  tasks.length = 0;
  const frame = () => new Promise(requestAnimationFrame);
  let last = performance.now(), gap = 0, most = 0;
  while (scrollY + innerHeight < document.documentElement.scrollHeight - 2) {
    scrollBy({ top: 120, behavior: "instant" });
    await frame();
    const now = performance.now();
    gap = Math.max(gap, now - last);
    last = now;
    most = Math.max(most, document.querySelectorAll("[data-tiles] > *").length);
  }
  return { seconds: (performance.now() - start) / 1000, tasks: [...tasks], gap, most,
    high: document.documentElement.scrollHeight };
}"""
CHANGE = """async ([name, value]) => {
  const select = document.getElementById(`filter-${name}`);
  const start = performance.now();
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
  await new Promise((done) => document.addEventListener("desk:brought", done, { once: true }));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""
STORED = """async () => {
  const marks = performance.getEntriesByName("decision stored").length;
  let start = 0;
  document.addEventListener("keydown", () => { start = performance.now(); }, { once: true, capture: true });
  window.pressed = new Promise((done) => {
    const look = () => {
      const all = performance.getEntriesByName("decision stored");
      if (all.length > marks) done(all.at(-1).startTime - start); else setTimeout(look, 1);
    };
    look();
  });
}"""


@contextmanager
def desk(items: int) -> Iterator[SimpleNamespace]:
    """Serve a throw-away desk with one case of so many items."""
    with tempfile.TemporaryDirectory(prefix="entente-grid-") as spare:
        folder = Path(spare) / "desk"
        for name in ("keys", "evidence"):
            (folder / name).mkdir(mode=0o700, parents=True)
        (folder / "demonstration").write_text("a benchmark")
        (folder / "keys" / "secret").write_text("a benchmark's own secret, long enough to be one")
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "entente.web.settings",
            "ENTENTE_DESK": str(folder),
            "DATABASE_URL": "",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # playwright keeps a loop in this thread
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0, interactive=False)
        case = filled(items)
        from tests.story.walk import FLAGS, Desk

        from entente.records.models import Account, LoginLink

        served = Desk(folder, folder)
        try:
            secret = LoginLink.issue(Account.objects.get(username="IT-1001"))
            enter = f"{served.base}/enter/{secret}/"
            spent = partial(measure.processor_seconds, served.process.pid)
            yield SimpleNamespace(base=served.base, case=case, flags=FLAGS, enter=enter, spent=spent)
        finally:
            served.close()


def filled(items: int) -> str:
    """Open a case and write its items: cameras, days, copies, series, clues, looks and decisions."""
    from demo.ten_days import make_circle

    from entente.casework.intake import service as intake
    from entente.records import guard
    from entente.records.models import Account, Clue, Media, Review, Series, SeriesItem, Viewing
    from entente.vocabulary.handling import Purpose

    make_circle()
    chance, me = random.Random(5), Account.objects.get(username="IT-1001")
    found = datetime.now(UTC) - timedelta(days=1)
    vi = Purpose.VICTIM_IDENTIFICATION
    case = intake.open_case(
        me.as_officer(),
        vi,
        number="IT-1",
        title="Operation Larch",
        victim_number="V-001",
        discovered_at=found,
    )
    made = {"case": case, "owner": me.agency, "made_by": me}
    rows, hashes = [], [chance.randbytes(32).hex() for _ in range(items)]
    for n in range(1, items + 1):
        copied = n % 10 == 0 and n > 100
        rows.append(
            Media(
                number=n, source="disk", sha256=f"{n:064x}", key="absent",
                kind="video" if n % 8 == 0 else "picture", width=4000, height=3000,
                duration=12.5 if n % 8 == 0 else None,
                pdq=hashes[n - 1 - n % 70] if copied else hashes[n - 1], pdq_quality=100,
                metadata={"make": "Nordica", "model": f"D{n % 7}",
                          "taken_at": f"2026-0{1 + n % 9}-11T10:00:00"},
                known=("new", "new", "near", "exact")[n % 4], codes="H1" if n % 50 == 0 else "H0", **made,
            )
        )  # fmt: skip
    with guard.system("fill a case for a benchmark"):
        Media.objects.bulk_create(rows, batch_size=500)
        case.items_given = items
        case.save()
        series = [Series.objects.create(name=f"S-{n}", **made) for n in range(1, 21)]
        SeriesItem.objects.bulk_create(
            SeriesItem(series=series[n % 20], media=row, **made) for n, row in enumerate(rows) if n % 3 == 0
        )
        said = {"kind": "object", "value": "a lamp", "group": "objects", "source": "s", "because": "b"}
        Clue.objects.bulk_create(
            Clue(media=row, method="m", version="1", **said, **made)
            for n, row in enumerate(rows)
            if n % 9 == 0
        )
        Viewing.objects.bulk_create(
            Viewing(media=row, account=me, view="clear", purpose=str(vi), **made)
            for n, row in enumerate(rows)
            if n % 4 == 0
        )
        Review.objects.bulk_create(
            Review(media=row, state=("done", "again", "nothing")[n % 3], **made)
            for n, row in enumerate(rows)
            if n % 5 == 0
        )
    return str(case.pk)


def opened(page: Any, served: SimpleNamespace) -> str:
    """Log in and return the address of the grid."""
    page.goto(served.enter)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{served.base}/")
    return f"{served.base}/cases/{served.case}/examine/"


def first_paints(page: Any, grid: str) -> list[float]:
    """Load the page again and again; return when its tiles were painted, in ms."""
    seen = []
    for _ in range(LOADS):
        page.goto(grid)
        while not page.evaluate("performance.getEntriesByName('first-contentful-paint').length"):
            page.wait_for_timeout(20)  # asked from outside: the page itself may evaluate no text
        seen.append(
            float(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        )
    return seen


def decided(page: Any) -> list[float]:
    """Decide by one key, again and again; return the ms until each was stored."""
    page.focus("[data-tile] .pick input")
    took = []
    for n in range(PRESSES):
        page.evaluate(STORED)
        page.keyboard.press("nld"[n % 3])
        took.append(float(page.evaluate("pressed")))
    return took


def renderer_mib(browser_pid: int) -> float:
    """Return the largest renderer's proportional set size."""
    held = [0.0]
    for pid in measure.family(browser_pid):
        try:
            if b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes():
                held.append(measure.resident(pid))
        except OSError:
            continue
    return max(held)


def main() -> None:
    """Fill, serve, walk, print the figure."""
    small = measure.wanted(__doc__.splitlines()[0])
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.stdout.write("Chromium is not installed: the grid was not measured\n")
        return
    from playwright.sync_api import sync_playwright

    items = SMALL if small else ITEMS
    with desk(items) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(served.flags))
        page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB").new_page()
        pictures: list[str] = []
        page.on(
            "response",
            lambda r: (
                pictures.append(r.url)
                if r.headers.get("content-type", "").startswith(("image/j", "image/p", "video/"))
                else None
            ),
        )
        page.add_init_script(WATCH)
        told = walked(page, opened(page, served), served.spent)
        line = page.context.new_cdp_session(page)
        line.send("Performance.enable")
        metrics = {m["name"]: m["value"] for m in line.send("Performance.getMetrics")["metrics"]}
        told |= {
            "heap": metrics["JSHeapUsedSize"] / 2**20,
            "renderer": renderer_mib(os.getpid()),
            "pictures": len(pictures),
        }
        browser.close()
    say(items, told)


def walked(page: Any, grid: str, spent: Callable[[], float]) -> dict[str, Any]:
    """Do everything once in the order of an examiner's day; return what it took."""
    told: dict[str, Any] = {"paints": first_paints(page, grid)}
    told["scroll"] = page.evaluate(SCROLL)
    page.wait_for_timeout(1500)
    told["blank"] = page.evaluate("document.querySelectorAll('.blank').length")
    page.goto(grid)
    filters = [
        ("kind", "video"),
        ("known", "near"),
        ("known", ""),
        ("device", "Nordica D3"),
        ("kind", ""),
        ("device", ""),
    ]
    began = spent()
    told["filters"] = [float(page.evaluate(CHANGE, list(f))) for f in filters * (CHANGES // len(filters))]
    told["filter processor"] = 1000 * (spent() - began) / len(told["filters"])
    page.goto(grid)
    page.wait_for_timeout(1000)
    began = spent()
    told["decisions"] = decided(page)
    told["decision processor"] = 1000 * (spent() - began) / PRESSES
    return told


def say(items: int, told: dict[str, Any]) -> None:
    """Print the table."""
    figure = measure.Figure(f"The grid of {items:,} items", "target")
    paints, filters, decisions = told["paints"], told["filters"], told["decisions"]
    scroll, tasks = told["scroll"], told["scroll"]["tasks"]

    def add(what: str, value: float, most: float) -> None:
        figure.add(what, f"{value:.0f}", f"≤ {most}", "met" if value <= most else "missed")

    add("first paint, median ms", statistics.median(paints), PAINT_MS)
    figure.add("  the first of all, the worst, ms", f"{paints[0]:.0f}, {max(paints):.0f}")
    add("scroll through everything: longest task, ms", max(tasks, default=0), TASK_MS)
    figure.add("  tasks over 50 ms, seconds of scrolling", f"{len(tasks)}, {scroll['seconds']:.0f}")
    figure.add("  longest time between two frames, ms", f"{scroll['gap']:.0f}")
    figure.add("  most tiles in the page at once", f"{scroll['most']}")
    figure.add("  tiles still missing after 1.5 s at the end", f"{told['blank']}")
    add("a change of filters, median ms", statistics.median(filters), FILTER_MS)
    figure.add("  the worst, ms", f"{max(filters):.0f}")
    figure.add("  processor of the desk for each, ms", f"{told['filter processor']:.0f}")
    add("key press to stored decision, median ms", statistics.median(decisions), DECISION_MS)
    figure.add("  the worst, ms", f"{max(decisions):.0f}")
    figure.add("  processor of the desk for each, ms", f"{told['decision processor']:.0f}")
    add("memory of the scripts, MiB", told["heap"], MEMORY_MIB)
    add("memory of the whole page's process, MiB", told["renderer"], MEMORY_MIB)
    add("answers with a picture, nothing being asked for", told["pictures"], 0)
    figure.notes.append(
        f"{LOADS} loads, {len(filters)} changes, {PRESSES} presses; Chromium 1280 × 900, SQLite, one worker."
    )
    figure.say()


if __name__ == "__main__":
    main()
