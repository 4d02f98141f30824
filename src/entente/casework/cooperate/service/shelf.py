"""The reference shelf: a crop and a question to those who know the field; their answers are kept and found.

A question of the shelf is a request with a field of knowledge. Nothing of the case but the question and the
crop is in it; an answer lies before the case as a proposed clue on the item that the crop was cut from.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from entente.casework.cooperate.service.asking import ask
from entente.casework.cooperate.service.dispatches import inbox
from entente.casework.cooperate.service.request import STEP, NotAnswered, NotAsked
from entente.records import clock, guard, vocabularies
from entente.records.act import acting
from entente.records.models import Account, Agency, Answer, Case, Dispatch, Media, Notice, Request, Specialist
from entente.safeguards.access import FOUNDERS, Act, Shape, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose
from entente.vocabulary.terms import Word

FIELDS = "fields_of_knowledge"
AGAIN = timedelta(days=1)  # a reminder is sent once in so long


def set_fields(officer: Officer, purpose: Purpose, codes: Iterable[str]) -> Specialist:
    """Say which fields one knows; partners who ask find one by them. None: one is asked no more."""
    offered = {t.code for t in vocabularies.in_force(officer.agency, FIELDS).offered()}
    chosen = sorted(set(codes))
    if unknown := set(chosen) - offered:
        raise NotAnswered(f"no such field of knowledge: {', '.join(sorted(unknown))}; choose from the list")
    thing = Thing(Shape.AGENCY, owner=officer.agency)
    with acting(officer, Act.ALTER, thing, purpose, step=STEP, reason="say one's fields of knowledge"):
        row, _ = Specialist.objects.update_or_create(
            account_id=officer.id, defaults={"fields": chosen, "changed_at": clock.now()}
        )
    return row


def fields_of(officer: Officer) -> list[str]:
    """Return the codes of the fields that an officer knows."""
    row = Specialist.objects.filter(account_id=officer.id).first()
    return list(row.fields) if row else []


def circle(officer: Officer) -> list[Specialist]:
    """Return who knows what, of all agencies, but the officer themself and those who answer no request."""
    held = Specialist.objects.filter(account__is_active=True).exclude(account_id=officer.id)
    rows = held.select_related("account", "account__agency").order_by("account__username")
    return [r for r in rows if r.fields and set(r.account.roles) & {str(role) for role in FOUNDERS}]


def ask_specialists(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    *,
    question: str,
    field: str,
    crop: Media,
    due: datetime,
    people: Iterable[Account] = (),
    agencies: Iterable[Agency] = (),
    **more: Any,
) -> Request:
    """Put a question with its crop to named specialists, or to agencies; raise ``NotAsked`` with the mend."""
    try:
        word = vocabularies.word(officer.agency, FIELDS, field)
    except vocabularies.NotTaken as refused:
        raise NotAsked(str(refused)) from None
    named = list(people)
    knows = {s.account_id: s.fields for s in circle(officer)}
    if strangers := [p.service_number for p in named if field not in knows.get(p.pk, [])]:
        raise NotAsked(f"{', '.join(strangers)} did not say to know this field; ask somebody of the circle")
    return ask(
        officer,
        purpose,
        case,
        question=question,
        agencies=agencies,
        people=named,
        due=due,
        crop=crop,
        field=str(word),
        **more,
    )


def open_questions(officer: Officer) -> QuerySet[Dispatch]:
    """Return what is open for this officer: put to them by name, or to their agency in a field they know."""
    mine = Q(specialist_id=officer.id)
    for code in fields_of(officer):
        mine |= Q(specialist=None, field__startswith=f"{FIELDS} ", field__endswith=f" {code}")
    return inbox(officer).filter(mine, state="sent").exclude(field="")


def remind(officer: Officer, purpose: Purpose, dispatch: Dispatch) -> Notice | None:
    """Remind whoever was asked, once a day at most; for one of our own agency a reminder is on the shelf."""
    if dispatch.owner_id != officer.agency:
        raise NotAsked("only the agency that asked reminds")
    reason, to = "remind of a request", dispatch.addressed_id
    with acting(officer, Act.ALTER, dispatch.as_thing(), purpose, step=STEP, reason=reason, recipients=[to]):
        held = Dispatch.objects.select_for_update().get(pk=dispatch.pk)
        if held.state != "sent":
            raise NotAsked("this was answered or withdrawn; nobody needs a reminder")
        now = clock.now()
        if held.reminded_at is not None and now - held.reminded_at < AGAIN:
            raise NotAsked("a reminder went out within the last day; give them the time")
        Dispatch.objects.filter(pk=held.pk).update(reminded_at=now)
        if to == officer.agency:
            return None
        with guard.system("a reminder is told to the agency that was asked"):
            return Notice.objects.create(
                owner_id=officer.agency,
                addressed_id=to,
                kind="reminder",
                about=held.pk,
                text="",
                made_by_id=officer.id,
            )


def past_answers(officer: Officer, words: str = "", field: str = "") -> QuerySet[Answer]:
    """Return answers of the shelf that the officer may see and that hold all ``words``, the last first.

    That is what the own agency answered to others, what this officer answered, and what came back in the
    officer's cases; the guard has its say before.
    """
    found = Answer.objects.exclude(dispatch__field="").select_related("dispatch", "addressed", "taken_as")
    now, ours = clock.now(), Q(dispatch__owner_id=officer.agency)
    cases = [m.case for m in officer.memberships if m.active(now)]
    given = Q(addressed_id=officer.agency) & (~ours | Q(dispatch__specialist_id=officer.id))
    found = found.filter(given | (ours & Q(case_id__in=cases)))
    if field:
        found = found.filter(dispatch__field__endswith=f" {field}")
    for each in words.split()[:10]:
        found = found.filter(
            Q(text__icontains=each) | Q(clue_value__icontains=each) | Q(dispatch__question__icontains=each)
        )
    return found.order_by("-made_at")


def field_name(officer: Officer, recorded: str, language: str) -> str:
    """Return what a recorded field was called when it was recorded; of another agency's version, its code."""
    return vocabularies.label(officer.agency, Word.parse(recorded), language) if recorded else ""
