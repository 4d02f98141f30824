"""Every page that the desk's own resolver knows, opened with the rows of a case that was walked to its end.

The lists of ``tests/web/test_every_route.py`` say which addresses are pages; here each finds a row to show
and an officer who may see it, so that a new page cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from typing import Any

from django.urls import reverse

from entente.records import models
from tests.story.walk import Walk, system
from tests.web.test_every_route import CASE, DESK, GET, routes

# The lead of the case, the centre, a partner, who protects the data, who keeps the accounts.
VISITORS = ("IT-1001", "EU-2001", "DK-4001", "IT-9002", "IT-9001")
TRIES = 12  # rows tried for an address before it counts as never shown
# Files, not pages: they are checked where they are made.
FILES = {"inform:pdf", "inform:facts", "seize:checklist", "protection-export"}
# Their answer is a part of a page that stands elsewhere, or a line that stays open.
PARTS = {
    "job",
    "examine:clues",
    "examine:notes",
    "examine:live",
    "examine:live-part",
    "examine:tiles",
}
# A page that shows something only when its address says what.
ASKED = {"examine:compare": "?a=1&b=2"}


def names() -> list[str]:
    """Return the name of every address that is a page."""
    served = {name for name, methods in {**CASE, **DESK}.items() if GET in methods}
    return sorted(served - FILES - PARTS)


def addresses(case: str, name: str) -> Iterator[str]:
    """Yield addresses of ``name`` for rows of the case, newest first."""
    arguments = routes()[name]
    if {"number", "clue_id"} <= set(arguments):  # a clue stands on its own item only
        with system():
            held = models.Clue.objects.filter(case=case, media__refusal="").select_related("media")
            clues = list(held[:TRIES])
        given = [(case, clue.media.number, clue.pk) for clue in clues]
    else:
        given = list(islice(product(*[list(_pool(case, name, argument)) for argument in arguments]), TRIES))
    for values in given:
        yield reverse(name, kwargs=dict(zip(arguments, values, strict=True))) + ASKED.get(name, "")


def _pool(case: str, name: str, argument: str) -> Iterator[Any]:
    if argument == "case_id":
        yield case
        return
    if argument == "number":
        with system():
            yield from models.Media.objects.filter(case=case, refusal="").values_list("number", flat=True)[:3]
        return
    if argument == "name":
        yield "sockets"
        return
    with system():
        rows = list(ROWS[argument].objects.order_by("-pk")[:TRIES])
    yield from (row.pk for row in rows)


ROWS: dict[str, Any] = {
    "match_id": models.Match,
    "series_id": models.Series,
    "answer_id": models.Answer,
    "dispatch_id": models.Dispatch,
    "product_id": models.Product,
    "delivery_id": models.Delivery,
    "list_id": models.HashList,
    "candidate_id": models.CandidatePlace,
    "online_id": models.OnlineAccount,
    "brought_id": models.Brought,
    "exhibit_id": models.Exhibit,
    "account_id": models.Account,
    "agency_id": models.Agency,
    "appeal_id": models.Appeal,
    "note_id": models.Note,
    "opinion_id": models.Opinion,
    "suspect_id": models.Suspect,
    "force_id": models.TaskForce,
    "seat_id": models.Seat,
}


def opened(walk: Walk, name: str) -> tuple[str, str] | None:
    """Open a page as the first visitor who may see it; return visitor and address, ``None`` if nobody may."""
    for address in addresses(walk.case, name):
        for visitor in VISITORS:
            # asked beside the page, so that a refusal is no fault of the walk's
            answer = walk.of(visitor).request.get(f"{walk.desk.base}{address}", max_redirects=0)
            if answer.status == 200 and answer.headers["content-type"].startswith("text/html"):
                return visitor, address
    return None
