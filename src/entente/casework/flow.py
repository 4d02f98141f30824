"""What follows what by itself. Read this second, after ``casework.STEPS``.

received → is it known? → what belongs with it, what can be seen, was it seen before? → where? → what first?
Each arrow is a job in the queue, in the name of the officer whose act set it off, asked of the law again when
it runs. Nothing here decides anything: what follows is a proposal that waits for a person.
"""

from __future__ import annotations

from entente.casework.close import service as close
from entente.casework.cooperate import service as cooperate
from entente.casework.crosscheck import service as crosscheck
from entente.casework.examine import service as examine
from entente.casework.inform import service as inform
from entente.casework.intake import service as intake
from entente.casework.link import service as link
from entente.casework.locate import service as locate
from entente.casework.match import service as match
from entente.casework.prioritise import service as prioritise
from entente.casework.seize import service as seize
from entente.casework.trends import service as trends
from entente.records.announce import News, on
from entente.records.jobs import enqueue_once

# Every service is opened here, so that the worker knows every task by name.
SERVICES = (
    intake,
    match,
    link,
    examine,
    locate,
    prioritise,
    cooperate,
    crosscheck,
    inform,
    seize,
    close,
    trends,
)

FOLLOWS = {
    "received": ("match.check",),
    "matched": ("link.propose", "examine.suggest", "trends.count"),
    "clue changed": ("locate.weigh",),
    "answered": ("locate.weigh",),
    "located": ("prioritise.rank",),
    "series changed": ("prioritise.rank",),
}


def _follow(news: News) -> None:
    for task in FOLLOWS[news.event]:
        enqueue_once(task, news.officer, news.purpose, case=news.case)


for _event in FOLLOWS:
    on(_event)(_follow)
