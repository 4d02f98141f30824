"""``entente worker``: do the desk's heavy work until stopped; what is unfinished goes back to the queue."""

from __future__ import annotations

import signal
from threading import Event

from entente.cli import words
from entente.web import start


def run(arguments: list[str]) -> int:
    """Take jobs until a signal, or until there are none with ``--until-empty``."""
    made = words.on_desk(words.parser("worker", "do the desk's heavy work"))
    made.add_argument("--until-empty", action="store_true", help="end when there is nothing left to do")
    told = made.parse_args(arguments)
    start.stay_small()
    try:
        start.open_for_work(start.folder_of(told.desk))
    except start.NoDesk as fault:
        return words.refuse("worker", fault)
    from entente.casework import flow
    from entente.records import jobs, keeper

    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    beside = None if told.until_empty else keeper.begin(stop, flow.tend)
    done = jobs.work(stop, until_empty=told.until_empty)
    if beside:
        beside.join(timeout=10)
    if told.until_empty:
        words.say({"jobs_done": done}, told.json)
    return 0
