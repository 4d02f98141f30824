"""The server is killed while fifty officers write: what was answered is there, and the log is proved."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random
from threading import Event
from urllib.parse import urlencode

import pytest

from tests.faults.conftest import LONG
from tests.faults.imports import Import
from tests.faults.warm import ROOT

ROUNDS = 20 if LONG else 2
WRITERS = 50


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as other:
        return int(other.getsockname()[1])


def served(ground: Import, port: int) -> subprocess.Popen:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("ENTENTE", "DJANGO", "DATABASE"))}
    words = ["serve", "--no-worker", "--port", str(port), "--desk", str(ground.desk)]
    process = subprocess.Popen([sys.executable, "-m", "entente.cli", *words], env=env, cwd=ROOT)
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return process
        time.sleep(0.05)
    raise RuntimeError(f"the server did not open its port: {process.poll()}")


ENOUGH = 10  # answers before the kill, however slow this machine is today


class Writer:
    """One officer's browser that writes notes as long as the server answers."""

    def __init__(self, port: int, address: str, session: str, ended: Event) -> None:
        self.port, self.address, self.ended = port, address, ended
        token = secrets.token_hex(16)
        self.headers = {
            "Cookie": f"sessionid={session}; csrftoken={token}",
            "X-CSRFToken": token,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self.answered: list[str] = []
        self.asked: list[str] = []
        self.others: list[int] = []

    def write(self) -> None:
        """Write note after note, each answer kept."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with suppress(OSError, http.client.HTTPException):
            while not self.ended.is_set():
                text = secrets.token_hex(12)
                self.asked.append(text)
                line.request("POST", self.address, urlencode({"text": text}), self.headers)
                answer = line.getresponse()
                answer.read()
                if answer.status in (200, 201, 204, 302, 303) and "account" not in answer.headers.get(
                    "Location", ""
                ):
                    self.answered.append(text)
                else:
                    self.others.append(answer.status)
                    time.sleep(0.05)
        line.close()


def one_round(ground: Import, sessions: list[str], address: str, seconds: float) -> list[Writer]:
    """Serve, let everybody write, kill the server ``seconds`` after its first ten answers."""
    port = free_port()
    server = served(ground, port)
    ended = Event()
    writers = [Writer(port, address, session, ended) for session in sessions]
    with ThreadPoolExecutor(len(writers)) as pool:
        for writer in writers:
            pool.submit(writer.write)
        until = time.monotonic() + 60
        while sum(len(w.answered) for w in writers) < ENOUGH and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(seconds)
        server.send_signal(signal.SIGKILL)
        server.wait()
        ended.set()
    return writers


@pytest.fixture
def open_desk(ground):
    ground.put_back()
    assert ground.warm.do("receive", str(ground.phone))["code"] == 1
    return ground


def test_every_answer_of_a_killed_server_is_kept(open_desk):
    case, number = open_desk.warm.do("case_and_item")
    sessions = open_desk.warm.do("logged_in", WRITERS)
    answered: set[str] = set()
    asked: set[str] = set()
    for seed in range(ROUNDS):
        writers = one_round(
            open_desk,
            sessions,
            f"/cases/{case}/examine/items/{number}/note/",
            Random(seed).uniform(0.2, 1.5),
        )
        fresh = {t for w in writers for t in w.answered}
        assert len(fresh) >= ENOUGH, {s for w in writers for s in w.others}
        answered |= fresh
        asked |= {t for w in writers for t in w.asked}
        held = open_desk.warm.do("notes")
        assert answered <= set(held)
        assert set(held) <= asked
        assert len(held) == len(set(held))
        proof = open_desk.warm.do("command", "log", "verify")
        assert (proof["code"], proof["told"]["faults"]) == (0, [])
        assert open_desk.warm.do("altered", "examine") == len(held)  # a note and its entry, or neither
