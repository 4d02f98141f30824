"""Releases: an originator lets one agency have one thing until a day; withdrawn, all that carried it ends.

Source: Regulation (EU) 2016/794 art. 19(2)-(3): the provider's restrictions bind whoever holds the data, and
only the provider lifts them. What left under a release is called back by a notice to its recipient.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from entente.records import clock, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.models import (
    Agency,
    Answer,
    Appeal,
    CaseBound,
    Disclosure,
    Membership,
    Notice,
    Release,
    carried_from,
)
from entente.safeguards.access import PUBLIC, Act, Shape, Thing
from entente.safeguards.retention import review_due
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose

STEP = "release"


class NotReleased(ValueError):
    """A release could not be given; the text says the mend."""


def release(
    officer: Officer, purpose: Purpose, thing: CaseBound, to: Agency | None, until: datetime, reason: str
) -> Release:
    """Let ``to`` have what the officer's agency originated, until a day, and the clue taken from it.

    Without ``to`` it is let go to the public.

    Raises ``NotReleased`` for a date in the past or beyond the review date, or without a reason.
    """
    now = clock.now()
    if not now < until <= review_due(now):
        raise NotReleased("a release ends on a day in the future, three years from now at the latest")
    if not reason.strip():
        raise NotReleased("a release needs its reason; it is kept with it")
    with acting(
        officer,
        Act.GRANT,
        _own(officer, thing),
        purpose,
        step=STEP,
        reason="release",
        recipients=[to.pk if to else PUBLIC],
    ):
        row = permit(thing.pk, officer, to.pk if to else None, until, reason.strip())
        if isinstance(thing, Answer) and (clue := Answer.objects.get(pk=thing.pk).taken_as_id):
            permit(clue, officer, to.pk if to else None, until, carried_from(thing.pk))
        if to is not None:
            announce("released", officer, purpose, thing.case_id, thing=str(thing.pk), to=str(to.pk))
    return row


def permit(thing: UUID, officer: Officer, to: UUID | None, until: datetime, reason: str) -> Release:
    """Write the permission of the officer's agency, inside the act that gives it."""
    return Release.objects.create(
        thing=thing,
        by_id=officer.agency,
        to_id=to,
        granted=clock.now(),
        expires=until,
        account_id=officer.id,
        reason=reason,
    )


def withdraw(officer: Officer, purpose: Purpose, thing: CaseBound, to: Agency | None) -> int:
    """End the agency's permissions for ``to``, here and on all that carried them; return how many.

    From this moment ``to`` sees none of it; where something left already, its recipient gets a recall.
    """
    with acting(
        officer,
        Act.GRANT,
        _own(officer, thing),
        purpose,
        step=STEP,
        reason="withdraw a release",
        recipients=[to.pk if to else PUBLIC],
    ):
        mine = Release.objects.filter(by_id=officer.agency, to=to, withdrawn=None)
        ended: set[UUID] = set()
        waiting_for = [thing.pk]
        count = 0
        while waiting_for:
            source = waiting_for.pop()
            waiting_for += mine.filter(reason__contains=carried_from(source)).values_list("thing", flat=True)
            if done := mine.filter(thing=source).update(withdrawn=clock.now()):
                count, ended = count + done, ended | {source}
        if ended and to is not None:
            recall(officer, ended, to=to.pk, case=thing.case_id)
        if ended and to is None:
            _take_down(officer, ended)
    return count


def recall(officer: Officer, things: Iterable[UUID], *, case: UUID, to: UUID | None = None) -> int:
    """Call back what left with any of ``things`` in it, from ``to`` or from every recipient; return notices.

    Must run inside an act. Each recipient gets its own notice and learns of no other; an agency whose people
    saw it in the case, without any paper, gets one too.
    """
    ids = {str(t) for t in things}
    with guard.system("call back what left with a withdrawn thing in it"):
        sent = Disclosure.objects.filter(case_id=case)
        if to is not None:
            sent = sent.filter(to_id=to)
        called = [d for d in sent if ids & {str(d.thing), *d.held}]
        for row in called:
            _tell(row.owner_id, row.to_id, row.pk, officer)
        Disclosure.objects.filter(pk__in=[d.pk for d in called]).update(recalled_at=clock.now())
        seen = set(
            Membership.objects.filter(case_id=case)
            .exclude(account__agency_id=officer.agency)
            .values_list("account__agency_id", flat=True)
        )
        others = (seen & {to} if to is not None else set()) - {d.to_id for d in called}
        for agency in others:
            _tell(officer.agency, agency, None, officer)
    return len(called) + len(others)


def _take_down(officer: Officer, things: Iterable[UUID]) -> None:
    """Tell whose appeal shows one of ``things`` to the public that it must come down."""
    with guard.system("an appeal that lost a release must come down"):
        shown = Appeal.objects.filter(state="exported", crop_id__in=list(things))
        for row in shown | Appeal.objects.filter(state="exported", pk__in=list(things)):
            _tell(officer.agency, row.owner_id, row.pk, officer)


def _tell(owner: UUID, to: UUID, about: UUID | None, officer: Officer) -> None:
    Notice.objects.create(
        owner_id=owner, addressed_id=to, kind="recall", about=about, text="", made_by_id=officer.id
    )


def _own(officer: Officer, row: CaseBound) -> Thing:
    """Return the permission as the law sees it: the originator's own, whoever leads the case."""
    thing = row.as_thing()
    ours = officer.agency in {thing.owner, *thing.originators}
    return replace(thing, shape=Shape.AGENCY, owner=officer.agency if ours else thing.owner)
