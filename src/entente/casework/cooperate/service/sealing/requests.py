"""What stands for a partner: our questions to it with their crops, receipts and answers to its own."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from entente.casework.cooperate.service.crops import crop_may_be_at
from entente.casework.cooperate.service.sealing.messages import Message
from entente.casework.cooperate.service.sealing.posting import POSTS, Post, Told
from entente.formats.sealed_package import Kind
from entente.records import circle, clock, guard
from entente.records.models import Agency, Answer, Dispatch, Release
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Audience, Purpose

REQUEST, READ, ANSWER = "request", "read", "answer"


def gather(officer: Officer, purpose: Purpose, to: Agency, told: Told) -> Iterator[Message]:
    """Return what stands for ``to``: questions, that its own were read, answers."""
    del told
    with guard.system("what is addressed to a partner of another desk, whoever's case it is of"):
        asked = Dispatch.objects.filter(owner=officer.agency, addressed=to, theirs=None)
        came = Dispatch.objects.filter(owner=to, addressed=officer.agency).exclude(theirs=None)
        asked = asked.exclude(state="withdrawn").select_related("request")
        found = [_request(officer, purpose, d, to) for d in asked.order_by("made_at")]
        found += [_read(d) for d in came.exclude(read_at=None)]
        given = Answer.objects.filter(owner=officer.agency, dispatch__in=came).select_related("dispatch")
        found += [a for row in given.order_by("made_at") if (a := _answer(officer.agency, row, to))]
    return iter(found)


def _request(officer: Officer, purpose: Purpose, row: Dispatch, to: Agency) -> Message:
    """Return a question as its recipient may have it now: without a crop that its originator took back."""
    others: list[str] = []
    if row.circle_known:
        also = (
            Dispatch.objects.filter(request=row.request_id).exclude(addressed=to).exclude(state="withdrawn")
        )
        others = list(also.order_by("addressed__short").values_list("addressed__short", flat=True).distinct())
    shown = row.crop_key and crop_may_be_at(row, to.pk)
    made = Message(
        REQUEST,
        row.pk,
        row.case_id,
        row.pk,
        {
            "case": str(row.case_id),
            "question": row.question,
            "asks": row.asks,
            "due": row.due.isoformat(),
            "purpose": row.purpose,
            "urgency": row.urgency,
            "about": row.about,
            "others": others,
            "at": row.made_at.isoformat(),
        },
        row.handling,
        Audience(row.audience),
        {"crop": row.crop_key} if shown else {},
    )
    return made.for_officer(officer, purpose, row.as_thing().going_to(to.pk))


def _read(row: Dispatch) -> Message:
    assert row.theirs is not None and row.read_at is not None  # noqa: S101 - asked for so
    return Message(READ, row.pk, row.case_id, row.theirs, {"at": row.read_at.isoformat()}, free=True)


def _answer(owner: UUID, row: Answer, to: Agency) -> Message | None:
    """Return an answer with its grade, handling, and to whom else we let it go; none that we took back."""
    now = clock.now()
    let = {r.to_id for r in Release.objects.filter(thing=row.pk, by=owner) if r.as_permission().holds(now)}
    if to.pk not in let:
        return None
    return Message(
        ANSWER,
        row.pk,
        row.case_id,
        row.pk,
        {
            "request": str(row.dispatch.theirs),
            "kind": row.kind,
            "text": row.text,
            "clue_kind": row.clue_kind,
            "clue_value": row.clue_value,
            "evaluation": row.evaluation,
            "releases": sorted(_known_as(owner, a) for a in let - {to.pk, None} if _known_as(owner, a)),
            "at": row.made_at.isoformat(),
        },
        row.handling,
        Audience(row.audience),
    )


def _known_as(owner: UUID, agency: UUID | None) -> str:
    """Return by which number an agency calls itself, where its card is pinned here."""
    if agency is None:
        return ""
    try:
        return str(circle.card_of(owner, agency).known_as)
    except circle.NotPinned:
        return ""


POSTS[Kind.REQUESTS] = Post(gather, frozenset({REQUEST, READ, ANSWER}), frozenset({READ}))
