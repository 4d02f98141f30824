"""What follows what by itself. Read this second, after ``casework.STEPS``.

received → is it known? → what belongs with it, what can be seen, was it seen before? → where? → what first?
What costs most, to compare by what is seen and with cameras, comes last (``link.service.following``);
so does what a search brought, with the elements that are looked for (``seize.service.comparing``).
Each arrow is a job in the queue, in the name of the officer whose act set it off, asked of the law again when
it runs. Nothing here decides anything: what follows is a proposal that waits for a person.
"""

from __future__ import annotations

from importlib import import_module
from uuid import UUID

from django.db import transaction

from entente.casework import STEPS
from entente.casework.examine.service import hours
from entente.casework.intake.service import destroy
from entente.casework.match.service import at_work, tidy_lists
from entente.records import feed, guard, retention
from entente.records.announce import News, announce, on
from entente.records.jobs import enqueue_once
from entente.records.models import Media

# Every service is opened here, so that the worker knows every task by name.
SERVICES = tuple(import_module(f"entente.casework.{step}.service") for step in STEPS)

FOLLOWS = {
    "received": ("match.check",),
    "looked closer": ("match.check",),
    "held changed": ("match.scenes",),  # what a person confirmed as known is held from then on
    "known changed": ("prioritise.rank",),
    "usable": ("match.check", "link.propose"),  # what was left out: another agency's, or while restricted
    "matched": ("match.scenes", "link.propose", "examine.suggest", "trends.count"),
    "clue changed": ("locate.weigh",),
    "answered": ("locate.weigh",),
    "located": ("prioritise.rank",),
    "outcome": ("prioritise.rank",),
}


def _follow(news: News) -> None:
    for task in FOLLOWS[news.event]:
        enqueue_once(task, news.officer, news.purpose, case=news.case)


@on("released")
@on("restriction lifted")
def _usable(news: News) -> None:
    """Say to each agency at work that sees the item, or the case, that it may be used from now on.

    As an officer of its own: who released works for another, who lifted opens no content. Nothing is said of
    an item that another originator still withholds.
    """
    thing, told = news.facts["thing"], set[UUID]()
    for officer, purpose in at_work(news.case):
        if officer.agency in told or news.facts.get("to", str(officer.agency)) != str(officer.agency):
            continue
        with guard.scope(officer, purpose):
            if thing == str(news.case) or Media.objects.filter(pk=thing).exists():
                told.add(officer.agency)
                announce("usable", officer, purpose, news.case)


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
