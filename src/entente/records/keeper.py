"""What the worker does beside its jobs: sign the log's head, have it witnessed and stamped, run clocks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Event, Thread

from django.db import Error, close_old_connections, connection

from entente.records import checkpoint, stamp, witness

PAUSE_S = 5.0
CLOCKS_S = 3600.0  # dates run by the day; each hour is often enough


def tend() -> None:
    """Do what is due; what fails is said, and tried again."""
    try:
        if checkpoint.due():
            checkpoint.make()
        witness.keeping()
        if stamp.due():
            stamp.make(checkpoint.make())
    except (checkpoint.NotSigned, stamp.NotStamped) as fault:
        checkpoint.alarm(str(fault))
    except Error as fault:
        logging.getLogger(__name__).warning("the log waits: %s", fault)


def _run(clocks: Callable[[], None]) -> None:
    """Run the clocks; a fault is said and tried again, and the log is tended meanwhile."""
    try:
        clocks()
    except Exception:  # whatever stops an erasure must not stop the heads
        logging.getLogger(__name__).exception("the clocks wait")


def begin(stop: Event, clocks: Callable[[], None]) -> Thread:
    """Tend the log every few seconds until ``stop`` is set, beside any job; run ``clocks`` now and hourly."""

    def keep() -> None:
        last = -CLOCKS_S
        while not stop.wait(PAUSE_S):
            close_old_connections()
            tend()
            if time.monotonic() - last >= CLOCKS_S:
                last = time.monotonic()
                _run(clocks)
        connection.close()

    thread = Thread(target=keep, name="keeps the log", daemon=True)
    thread.start()
    return thread
