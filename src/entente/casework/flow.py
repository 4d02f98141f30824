"""What follows what by itself. Read this second, after ``casework.STEPS``.

received → is it known? → what belongs with it, what can be seen, was it seen before? → where? → what first?
Each arrow is a job in the queue, in the name of the officer whose act set it off, asked of the law again when
it runs. Nothing here decides anything: what follows is a proposal that waits for a person.
"""

from __future__ import annotations

from importlib import import_module

from entente.casework import STEPS
from entente.records.announce import News, on
from entente.records.jobs import enqueue_once

# Every service is opened here, so that the worker knows every task by name.
SERVICES = tuple(import_module(f"entente.casework.{step}.service") for step in STEPS)

FOLLOWS = {
    "received": ("match.check",),
    "matched": ("link.propose", "examine.suggest", "trends.count"),
    "clue changed": ("locate.weigh",),
    "answered": ("locate.weigh",),
    "located": ("prioritise.rank",),
    "series changed": ("prioritise.rank",),
    "outcome": ("prioritise.rank",),
}


def _follow(news: News) -> None:
    for task in FOLLOWS[news.event]:
        enqueue_once(task, news.officer, news.purpose, case=news.case)


for _event in FOLLOWS:
    on(_event)(_follow)
