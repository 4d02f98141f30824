"""What the worker does for the log beside its jobs: sign the head, ask the witnesses, have it stamped."""

from __future__ import annotations

import logging
from threading import Event, Thread

from django.db import Error, close_old_connections, connection

from entente.records import checkpoint, stamp, witness

PAUSE_S = 5.0


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


def begin(stop: Event) -> Thread:
    """Tend the log every few seconds until ``stop`` is set, beside whatever job is running."""

    def keep() -> None:
        while not stop.wait(PAUSE_S):
            close_old_connections()
            tend()
        connection.close()

    thread = Thread(target=keep, name="keeps the log", daemon=True)
    thread.start()
    return thread
