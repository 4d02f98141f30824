"""Requests of a partner's desk, and its answers to ours: held as those of an agency of this desk are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from entente.casework.cooperate.clue_value import ValueRefused
from entente.casework.cooperate.service.answering import proposed, stated
from entente.casework.cooperate.service.arrivals.messages import Came, NotRead, take_messages
from entente.casework.cooperate.service.arrivals.shell import forget_crops, keep_crop, shell_of
from entente.casework.cooperate.service.arrivals.taking import TAKERS
from entente.casework.cooperate.service.request import ANSWERS, URGENCIES, NotAnswered
from entente.casework.cooperate.service.sealing.requests import ANSWER, READ, REQUEST
from entente.formats.sealed_package import Kind
from entente.records import circle, clock, release
from entente.records.announce import announce
from entente.records.models import Answer, Case, Clue, Dispatch, Package, Release, Request, carried_from
from entente.safeguards.retention import review_due
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import EVALUATIONS, Purpose


def take_requests(officer: Officer, purpose: Purpose, row: Package, data: bytes) -> list[str]:
    """Take a package of requests, receipts and answers."""
    return take_messages(
        row,
        data,
        {
            REQUEST: lambda came: _request(officer, row, came),
            READ: lambda came: _was_read(officer, row, came),
            ANSWER: lambda came: _answer(officer, purpose, row, came),
        },
    )


# --- a partner asks -------------------------------------------------------------------------------------


def _request(officer: Officer, row: Package, came: Came) -> None:
    """Lay a request into the inbox; told anew it is as it was told last, taken back it is gone."""
    held = Dispatch.objects.filter(owner=row.partner, addressed=officer.agency, theirs=came.id).first()
    if came.withdrawn:
        if held is not None:
            _take_back(held)
        return
    if held is None:
        held = _new(officer, row, came)
    attached = came.attached()
    crop = keep_crop(held.case, row, attached["crop"]) if "crop" in attached else None
    gone = held.crop_key
    held.crop_key, held.state = crop.key if crop else "", "sent" if held.state == "withdrawn" else held.state
    held.question = held.request.question = came.text("question")
    held.request.crop, held.request.withdrawn_at = crop, None
    held.request.save()
    held.save()
    if gone != held.crop_key:
        forget_crops(held.case_id, {gone})


def _new(officer: Officer, row: Package, came: Came) -> Dispatch:
    question = came.text("question")
    if not question.strip():
        raise NotRead("a request without its question; ask for it anew")
    about = came.text("about", 2)
    told: dict[str, Any] = {
        "asks": came.one_of("asks", {"", *map(str, ClueKind)}),
        "due": came.moment("due"),
        "purpose": came.one_of("purpose", set(map(str, Purpose))),
        "urgency": came.one_of("urgency", URGENCIES),
        "about": about if about.isalpha() and about.isupper() else "",
        "owner": row.partner,
        "codes": str(came.handling),
        "handling_text": came.handling.text,
        "audience": str(came.audience),
    }
    others, at = came.texts("others", longest=40), came.moment("at")
    told |= {"case": shell_of(officer, row, came.number("case")), "circle_known": bool(others)}
    asked = Request.objects.create(question=question, made_at=at, **told)
    return Dispatch.objects.create(
        request=asked,
        addressed_id=officer.agency,
        question=question,
        others=others,
        theirs=came.id,
        made_at=at,
        **told,
    )


def _take_back(held: Dispatch) -> None:
    """Keep the number of a request that was taken back, and nothing of what it was; our answers stay ours."""
    forget_crops(held.case_id, {held.crop_key})
    held.state, held.question, held.crop_key = "withdrawn", "", ""
    held.save()
    Request.objects.filter(pk=held.request_id).update(question="", crop=None, withdrawn_at=clock.now())


# --- a partner answers ----------------------------------------------------------------------------------


def _asked(officer: Officer, row: Package, number: UUID) -> Dispatch:
    """Return our own question to that partner; no other, whatever number it names."""
    mine = Dispatch.objects.filter(owner=officer.agency, addressed=row.partner, theirs=None)
    held = mine.select_related("addressed", "request").filter(pk=number).first()
    if held is None:
        raise NotRead("an answer to what was not asked of that partner; tell it so")
    return held


def _was_read(officer: Officer, row: Package, came: Came) -> None:
    held = _asked(officer, row, came.id)
    if held.read_at is None:
        held.read_at = came.moment("at")
        held.save(update_fields=["read_at"])


def _answer(officer: Officer, purpose: Purpose, row: Package, came: Came) -> None:
    """Hold a partner's answer beside our question, with its grade, its handling, and whom it lets have it."""
    mine = Answer.objects.filter(owner=row.partner, addressed=row.partner, dispatch__owner=officer.agency)
    held = mine.filter(theirs=came.id).first()
    if came.withdrawn:
        if held is not None:
            _answer_back(officer, purpose, held)
        return
    held = _held_answer(officer, row, came, held)
    let = {_agency(officer.agency, number) for number in came.texts("releases", longest=36)} - {None}
    _permit(officer, held, {officer.agency, *(a for a in let if a)})


def _held_answer(officer: Officer, row: Package, came: Came, held: Answer | None) -> Answer:
    """Return the answer as it was told last; a new one answers our question, and is no clue yet."""
    asked = held.dispatch if held else _asked(officer, row, came.number("request"))
    kind = came.one_of("kind", ANSWERS)
    try:
        clue, value = stated(
            row.partner.country, kind, came.text("clue_kind", 20), came.told.get("clue_value"), asked.about
        )
    except (NotAnswered, ValueRefused) as fault:
        raise NotRead(f"an answer that states what cannot be: {fault}") from None
    fresh = held is None
    held = held or Answer(
        dispatch=asked, addressed=row.partner, owner=row.partner, case_id=asked.case_id, theirs=came.id
    )
    held.kind, held.text, held.clue_kind, held.clue_value = kind, came.text("text"), clue, value
    held.evaluation, held.made_at = came.one_of("evaluation", EVALUATIONS), came.moment("at")
    held.handling, held.audience = came.handling, str(came.audience)
    held.save()
    if fresh:
        _reached(officer, asked, held)
    return held


def _reached(officer: Officer, asked: Dispatch, held: Answer) -> None:
    if held.kind != "partial":
        Dispatch.objects.filter(pk=asked.pk).exclude(state="withdrawn").update(state="answered")
    if asked.field and asked.crop_key and held.clue_kind:
        _permit(officer, held, {officer.agency})
        proposed(officer, asked, held)


def _agency(owner: UUID, number: str) -> UUID | None:
    """Return the agency of this desk's circle that calls itself so; none that is not pinned here."""
    try:
        cards = circle.cards_as(owner, UUID(number))
    except ValueError:
        raise NotRead("an answer with a release that cannot be read; ask for it anew") from None
    return next((c.agency_id for c in cards if c.agency_id), None)


def _permit(officer: Officer, held: Answer, let: set[UUID]) -> None:
    """Write the partner's permissions for its answer, and for what was made of it, as they stand now.

    What left under one that ended is called back from whom it went to.
    """
    now, until = clock.now(), review_due(held.made_at)
    ended: dict[UUID, set[UUID]] = {}
    for thing, reason in _made_of(held):
        standing = Release.objects.filter(thing=thing, by=held.owner_id, withdrawn=None)
        for to in set(standing.exclude(to__in=let).values_list("to_id", flat=True)) - {None}:
            ended.setdefault(to, set()).add(thing)
        standing.exclude(to__in=let).update(withdrawn=now)
        has = set(standing.values_list("to_id", flat=True))
        told = {"thing": thing, "by_id": held.owner_id, "granted": now, "expires": until, "reason": reason}
        Release.objects.bulk_create(Release(to_id=to, **told) for to in let - has)
    for to, things in ended.items():
        release.recall(officer, things, to=to, case=held.case_id)


def _made_of(held: Answer) -> list[tuple[UUID, str]]:
    made = [(held.pk, "its package")]
    return [*made, (held.taken_as_id, carried_from(held.pk))] if held.taken_as_id else made


def _answer_back(officer: Officer, purpose: Purpose, held: Answer) -> None:
    """An answer taken back holds no more, nor what was made of it; what left with it is called back."""
    gone = {thing for thing, _ in _made_of(held)}
    Release.objects.filter(thing__in=gone, withdrawn=None).update(withdrawn=clock.now())
    if held.taken_as_id is not None:
        Clue.objects.filter(pk=held.taken_as_id).update(state="withdrawn")
        announce("clue changed", officer, purpose, held.case_id, clue=str(held.taken_as_id))
    held.text, held.clue_kind, held.clue_value = "", "", None
    held.save()
    if Case.objects.filter(pk=held.case_id).exists():
        release.recall(officer, gone, case=held.case_id)


TAKERS[Kind.REQUESTS] = take_requests
