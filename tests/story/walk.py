"""A walk through the real desk in a real browser, which remembers what went over the wire."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections

from entente.records import guard
from entente.records.models import Account, Job, LoginLink

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PATIENCE_S = 120
PICTURE = re.compile(r"image/(?!svg)")


@contextmanager
def chromium() -> Iterator[Any]:
    """Open Chromium beside the desk of this file, whose database can be asked meanwhile.

    While playwright's loop runs, asgiref keeps this thread's connections apart from those outside, and keeps
    them for the loop of the next file: without a new one here, that file would ask the desk of this one.
    """
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: nothing is tried in a browser")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with pytest.MonkeyPatch.context() as patch, sync_api.sync_playwright() as playwright:
        # the loop is playwright's; our queries beside it are plain ones
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        connections["default"] = connections.create_connection("default")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()
            connections["default"].close()
            del connections["default"]


class Desk:
    """``entente serve`` in a process of its own, with its worker."""

    def __init__(self, folder: Path, material: Path) -> None:
        """Start it on a free loopback port, with a folder to take in from, and wait for its first page."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        words = ["serve", "--desk", str(folder), "--port", str(self.port)]
        self.said = (folder.parent / "serve.log").open("w+b")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "entente.cli", *words],
            stdout=self.said,
            stderr=subprocess.STDOUT,
            env=os.environ | {"ENTENTE_INTAKE_ROOTS": str(material)},
        )
        deadline = time.monotonic() + 60
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the desk does not open: {self.words()}")
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base}/account/login/", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def words(self) -> str:
        """Return what the process printed."""
        self.said.seek(0)
        return self.said.read().decode(errors="replace")

    def close(self) -> None:
        """Stop it and its worker."""
        self.process.terminate()
        self.process.wait(timeout=30)
        self.said.close()


@dataclass
class Walk:
    """One browser, a context of its own for each officer, and all that went over the wire."""

    browser: Any
    desk: Desk
    shots: Path
    case: str = ""
    pages: dict[str, Any] = field(default_factory=dict)
    pictures: list[tuple[str, str]] = field(default_factory=list)  # method and address
    progress: list[str] = field(default_factory=list)  # how often pages asked how far a job is
    abroad: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    wide: list[str] = field(default_factory=list)  # pages with something beyond the edge
    kept: dict[str, Any] = field(default_factory=dict)

    def of(self, number: str) -> Any:
        """Return the page of an officer, who enters by a one-time link the first time."""
        if number not in self.pages:
            context = self.browser.new_context(viewport=WIDE, accept_downloads=True, locale="en-GB")
            page = context.new_page()
            self._listen(page, number)
            secret = LoginLink.issue(Account.objects.get(username=number))
            page.goto(f"{self.desk.base}/enter/{secret}/")
            page.get_by_role("button", name="Log in").click()
            page.wait_for_url(f"{self.desk.base}/")
            self.pages[number] = page
        return self.pages[number]

    def _listen(self, page: Any, number: str) -> None:
        def answered(response: Any) -> None:
            kind = response.headers.get("content-type", "")
            if response.url.startswith(self.desk.base) and PICTURE.match(kind):
                self.pictures.append((response.request.method, response.url))
            if "/jobs/" in response.url:
                self.progress.append(response.url)
            if response.status >= 500:
                self.faults.append(f"{number}: {response.status} {response.url}")

        def asked(request: Any) -> None:
            if not request.url.startswith((self.desk.base, "blob:", "data:")):
                self.abroad.append(request.url)

        def told(message: Any) -> None:
            if message.type == "error":
                self.faults.append(f"{number}: {page.url}: {message.text}")

        page.on("response", answered)
        page.on("request", asked)
        page.on("console", told)
        page.on("pageerror", lambda fault: self.faults.append(f"{number}: {page.url}: {fault}"))

    def go(self, number: str, where: str = "") -> Any:
        """Open a page of the case as an officer."""
        page = self.of(number)
        answer = page.goto(f"{self.desk.base}/cases/{self.case}/{where}")
        assert answer.status == 200, f"{where}: {answer.status}"
        return page

    def look(self, page: Any, name: str) -> None:
        """Keep a picture of the page, wide and narrow; note it where something goes beyond the edge."""
        for size in (NARROW, WIDE):
            page.set_viewport_size(size)
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=self.shots / f"{name}-{size['width']}.png", full_page=True)
            over = page.evaluate(
                "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if over > 0:
                self.wide.append(f"{name} at {size['width']}: {over} px")

    def faulty(self, page: Any) -> list[str]:
        """Return what axe-core finds wrong with the page as it stands: the rule, and where."""
        found = Axe().run(page).response["violations"]
        return [f"{v['id']} ({v['impact']}): {node['html'][:160]}" for v in found for node in v["nodes"]]

    def settle(self) -> None:
        """Wait until the worker has done all that waits; every job must be done."""
        deadline = time.monotonic() + PATIENCE_S
        while waiting := Job.objects.filter(status__in=["ready", "running"]).count():
            assert time.monotonic() < deadline, f"{waiting} jobs still wait: {self.desk.words()}"
            time.sleep(0.2)
        failed = [(j.task, j.error) for j in Job.objects.filter(status="failed")]
        assert failed == []


def system() -> Any:
    """See all rows, to compare what pages say with what is kept."""
    return guard.system("the story's test compares pages with rows")
