"""Break-glass: for a child at risk, one asks, a second confirms, one way opens for hours, and it is reviewed.

Reading opens a membership as reader; disclosing opens a release to one agency and ends with its first use.
Both stand in the tables that open anything else, so nothing in the law knows a second way. The provider and
the data protection officers are told at the moment of opening; the review is due within a day.

Source: Regulation (EU) 2016/794 art. 25(5) (transfers in an emergency, told and reasoned, case by case).
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.apps import apps
from django.db.models import Q, QuerySet

from entente.records import clock, guard
from entente.records.act import Deed, acting
from entente.records.models import (
    Account,
    Agency,
    Case,
    CaseBound,
    Dispatch,
    Emergency,
    Membership,
    Notice,
    Release,
    Stub,
)
from entente.safeguards.access import Act, Deny, Shape, Thing, may_join
from entente.vocabulary.agency import Officer, Part
from entente.vocabulary.handling import Purpose

STEP = "emergency"
WAITS = timedelta(hours=1)  # for the second person
LASTS = {"read": timedelta(hours=4), "disclose": timedelta(hours=1)}
REVIEW = timedelta(hours=24)
FINDINGS = ("justified", "unjustified")


class NotOpened(ValueError):
    """The glass was not broken; the text says why and what to do."""


def ask_to_read(officer: Officer, purpose: Purpose, way: Stub | Dispatch, why: str) -> Emergency:
    """Ask to read the case that a stub or a request stands for: what the officer already knows of it."""
    if isinstance(refused := may_join(officer, Part.READER, purpose), Deny):
        raise NotOpened(refused.reason)
    with guard.system("the case that a stub or request stands for"):
        case = Case.objects.get(pk=way.case_id)
    return _ask(officer, purpose, case.owner_id, why, case=case.pk, act="read")


def ask_to_disclose(officer: Officer, purpose: Purpose, thing: CaseBound, to: Agency, why: str) -> Emergency:
    """Ask to give ``thing``, which the officer sees and others originated, to one agency unreleased."""
    seen = thing.as_thing()
    others = {o for o in (seen.owner, *seen.originators) if o not in {None, officer.agency, to.pk}}
    if not others:
        raise NotOpened("it needs no emergency: it is your agency's own; send it")
    if to.pk == officer.agency:
        raise NotOpened("it is here already; choose the agency that can make the child safe")
    provider = seen.owner if seen.owner in others else sorted(others, key=str)[0]
    assert provider is not None  # noqa: S101 - None was taken out above
    return _ask(officer, purpose, provider, why, case=thing.case_id, act="disclose", thing=thing.pk, to=to.pk)


def _ask(
    officer: Officer,
    purpose: Purpose,
    provider: UUID,
    why: str,
    *,
    case: UUID,
    act: str,
    thing: UUID | None = None,
    to: UUID | None = None,
) -> Emergency:
    if not why.strip():
        raise NotOpened("say which child is at risk, by V-number, and why it cannot wait")
    if provider == officer.agency and act == "read":
        raise NotOpened("it is a case of your own agency; its lead can add you at once")
    told = Thing(Shape.TOLD, owner=officer.agency, addressed=provider, case=case, id=thing)
    with _breaking(officer, purpose, told, "ask to break the glass"):
        return Emergency.objects.create(
            owner_id=officer.agency,
            addressed_id=provider,
            case=case,
            thing=thing,
            act=act,
            to_id=to,
            why=why.strip(),
            asked_by_id=officer.id,
        )


def _breaking(officer: Officer, purpose: Purpose, told: Thing, reason: str) -> AbstractContextManager[Deed]:
    provider = [told.addressed] if told.addressed else []
    return acting(officer, Act.EMERGENCY, told, purpose, step=STEP, reason=reason, recipients=provider)


def confirm(officer: Officer, purpose: Purpose, emergency: Emergency) -> Emergency:
    """Break the glass as the second person of the asking agency; provider and reviewers are told at once."""
    told = replace(emergency.as_thing(), case=emergency.case, id=emergency.thing)
    with _breaking(officer, purpose, told, f"break: {emergency.act}"):
        held = Emergency.objects.select_for_update().get(pk=emergency.pk)
        now = clock.now()
        if officer.id == held.asked_by_id:
            raise NotOpened("a second person confirms; ask a colleague")
        if held.confirmed_at or held.ended_at or now > held.asked_at + WAITS:
            raise NotOpened("this emergency is over; ask again if the child is still at risk")
        held.confirmed_by_id, held.confirmed_at = officer.id, now
        held.until, held.review_due = now + LASTS[held.act], now + REVIEW
        held.save()
        with guard.system("open the one way that two people asked for"):
            for agency in _open(held) - {held.owner_id}:
                Notice.objects.create(
                    owner_id=held.owner_id,
                    addressed_id=agency,
                    kind="emergency",
                    about=held.pk,
                    text=held.why,
                    made_by_id=officer.id,
                )
    return held


def _open(held: Emergency) -> set[UUID]:
    """Write the membership or the releases; return the agencies to be told."""
    assert held.until and held.confirmed_at  # noqa: S101 - set by confirm
    if held.act == "read":
        asker = Account.objects.get(pk=held.asked_by_id).as_officer()
        if isinstance(refused := may_join(asker, Part.READER, Purpose.SAFEGUARDING), Deny):
            raise NotOpened(refused.reason)
        Membership.objects.create(
            case_id=held.case,
            account_id=held.asked_by_id,
            part=Part.READER,
            since=held.confirmed_at,
            until=held.until,
            added_by_id=held.confirmed_by_id,
            emergency=held,
        )
        return {held.addressed_id}
    assert held.thing and held.to_id  # noqa: S101 - set by ask_to_disclose
    seen = _thing_of(held.thing).as_thing()
    others = {o for o in (seen.owner, *seen.originators) if o not in {None, held.owner_id, held.to_id}}
    for by in others:
        Release.objects.create(
            thing=held.thing,
            by_id=by,
            to_id=held.to_id,
            granted=held.confirmed_at,
            expires=held.until,
            account_id=held.confirmed_by_id,
            reason="emergency: not the originator's own permission",
            emergency=held,
        )
    return {o for o in others if o is not None}


def _thing_of(thing: UUID) -> CaseBound:
    """Return the row that would be disclosed, of whatever kind it is; to be called in the system scope."""
    for kind in (m for m in apps.get_models() if issubclass(m, CaseBound)):
        row = kind._base_manager.filter(pk=thing).first()
        if row is not None:
            return row
    raise NotOpened("what was to be disclosed is not there any more")


def end(officer: Officer, purpose: Purpose, emergency: Emergency) -> None:
    """Close the way again: by those who asked or by the provider, at any time."""
    with acting(officer, Act.ALTER, emergency.as_thing(), purpose, step=STEP, reason="end an emergency"):
        close(emergency)


def close(emergency: Emergency) -> None:
    """Take back the membership or the releases, inside an act."""
    now = clock.now()
    with guard.system("everything that an emergency opened ends with it"):
        Membership.objects.filter(emergency=emergency, until__gt=now).update(until=now)
        Release.objects.filter(emergency=emergency, withdrawn=None).update(withdrawn=now)
        Emergency.objects.filter(pk=emergency.pk, ended_at=None).update(ended_at=now)


def used(things: Collection[UUID], to: UUID) -> None:
    """A disclosure under an emergency is one action: end what it used, inside that disclosure's act."""
    now, wanted = clock.now(), set(things)
    with guard.system("an emergency's disclosure is one action"):
        live = Emergency.objects.filter(act="disclose", to_id=to, ended_at=None, until__gt=now)
        for emergency in live:
            if emergency.thing in wanted:
                Emergency.objects.filter(pk=emergency.pk).update(used_at=now)
                close(emergency)


def review(
    officer: Officer, purpose: Purpose, emergency: Emergency, *, finding: str, because: str
) -> Emergency:
    """Say as data protection officer, of either agency, whether it was justified; if not, it ends at once."""
    if finding not in FINDINGS or not because.strip():
        raise NotOpened("a review says justified or unjustified, and why")
    with (
        acting(officer, Act.AUDIT, emergency.as_thing(), purpose, step=STEP, reason=f"review: {finding}"),
        guard.system("the review is written by who sees no content"),
    ):
        held = Emergency.objects.select_for_update().get(pk=emergency.pk)
        if held.confirmed_at is None:
            raise NotOpened("nothing was opened; there is nothing to review")
        if held.reviewed_at is not None:
            raise NotOpened("it was reviewed already; the record keeps the first finding")
        held.reviewed_by_id, held.reviewed_at = officer.id, clock.now()
        held.finding, held.finding_because = finding, because.strip()
        held.save()
        if finding == "unjustified":
            close(held)
    return held


def standing(officer: Officer) -> QuerySet[Emergency]:
    """Return what the officer may know of, the open reviews first."""
    return Emergency.objects.select_related("owner", "addressed", "to", "asked_by", "confirmed_by").order_by(
        "reviewed_at", "-asked_at"
    )


def unreviewed() -> Q:
    """What is past its review: the alarm of both desks."""
    return Q(confirmed_at__isnull=False, reviewed_at=None, review_due__lt=clock.now())


def ask_to_join(officer: Officer, purpose: Purpose, stub: Stub, why: str) -> Notice:
    """Ask the owner of a case that is known as a stub to be added; its lead decides."""
    if not why.strip():
        raise NotOpened("say what the centre can add to the case")
    thing = replace(stub.as_thing(), shape=Shape.TOLD, owner=officer.agency, addressed=stub.owner_id)
    with acting(
        officer, Act.RECEIVE, thing, purpose, step="notice", reason="ask to join", recipients=[stub.owner_id]
    ):
        return Notice.objects.create(
            owner_id=officer.agency,
            addressed_id=stub.owner_id,
            kind="join",
            about=stub.pk,
            text=why.strip(),
            made_by_id=officer.id,
        )
