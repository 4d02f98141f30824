"""What follows what by itself. Read this second, after ``casework.STEPS``.

received → is it known? → what belongs with it, what can be seen, was it seen before? → where? → what first?
What costs most, to compare by what is seen and with cameras, comes last (``link.service.following``);
so does what a search brought, with the elements that are looked for (``seize.service.comparing``).
Each arrow is a job in the queue, in the name of the officer whose act set it off, asked of the law again when
it runs. Nothing here decides anything: what follows is a proposal that waits for a person.
"""

from __future__ import annotations

from importlib import import_module

from django.db import transaction

from entente.casework import STEPS
from entente.casework.examine.service import hours
from entente.casework.intake.service import destroy
from entente.casework.match.service import tidy_lists
from entente.records import feed, retention
from entente.records.announce import News, on
from entente.records.jobs import enqueue_once

# Every service is opened here, so that the worker knows every task by name.
SERVICES = tuple(import_module(f"entente.casework.{step}.service") for step in STEPS)

FOLLOWS = {
    "received": ("match.check",),
    "looked closer": ("match.check",),
    "held changed": ("match.scenes",),  # what a person confirmed as known is held from then on
    "known changed": ("prioritise.rank",),
    "matched": ("match.scenes", "link.propose", "examine.suggest", "trends.count"),
    "clue changed": ("locate.weigh",),
    "answered": ("locate.weigh",),
    "located": ("prioritise.rank",),
    "series changed": ("prioritise.rank",),
    "outcome": ("prioritise.rank",),
}


def _follow(news: News) -> None:
    for task in FOLLOWS[news.event]:
        enqueue_once(task, news.officer, news.purpose, case=news.case)


@on("erased")
def _destroy(news: News) -> None:
    """The rows go with the act; the keys of the bytes follow as soon as it is committed."""
    transaction.on_commit(destroy)


def tend() -> None:
    """Do what no officer's act sets off: run the clocks, tidy files, finish what a dead machine left."""
    retention.sweep()
    destroy()
    tidy_lists()
    feed.forget()
    hours.forget()


for _event in FOLLOWS:
    on(_event)(_follow)
