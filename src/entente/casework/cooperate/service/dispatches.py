"""What was sent to an agency and what it sent itself, each a dispatch."""

from __future__ import annotations

from django.db.models import Case, F, Q, QuerySet, When

from entente.casework.cooperate.service.request import STEP, NotAnswered
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.models import Dispatch
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


def inbox(officer: Officer) -> QuerySet[Dispatch]:
    """Return what is addressed to the officer's agency and not withdrawn: what waits, the first due first.

    What was answered follows, the last due first.

    What a colleague asked a specialist of the own agency is for that specialist alone.
    """
    return (
        Dispatch.objects.filter(addressed_id=officer.agency)
        .exclude(state="withdrawn")
        .exclude(Q(owner_id=officer.agency) & ~Q(specialist_id=officer.id))
        .select_related("owner")
        .order_by(Case(When(state="sent", then=F("due"))).asc(nulls_last=True), "-due", "made_at", "pk")
    )


def outbox(officer: Officer) -> QuerySet[Dispatch]:
    """Return what the officer's agency sent in the officer's cases, the last first."""
    return (
        Dispatch.objects.filter(owner_id=officer.agency)
        .select_related("addressed", "request", "case", "specialist")
        .order_by("-made_at", "addressed__short")
    )


def waiting(officer: Officer) -> dict[str, int]:
    """Return how many requests wait for the officer's agency, and how many of its own are unanswered."""
    return {
        "incoming": inbox(officer).filter(state="sent").count(),
        "outgoing": outbox(officer).filter(state="sent").count(),
    }


def read_dispatch(officer: Officer, purpose: Purpose, dispatch: Dispatch) -> Dispatch:
    """Open a request as its recipient: consulted in the log, and the asker sees that it was read."""
    with acting(officer, Act.READ, dispatch.as_thing(), purpose, step=STEP, reason="open a request"):
        held = addressed_to(officer, dispatch)
        if held.read_at is None:
            held.read_at = clock.now()
            with guard.system("the asker sees that its request was read"):
                Dispatch.objects.filter(pk=held.pk, read_at=None).update(read_at=held.read_at)
    return held


def addressed_to(officer: Officer, dispatch: Dispatch) -> Dispatch:
    """Return the dispatch as it stands now, if it is addressed to the officer's agency and not withdrawn."""
    held = inbox(officer).filter(pk=dispatch.pk).first()
    if held is None:
        raise NotAnswered("this request was withdrawn; nothing needs to be done")
    return held


def also_asked(officer: Officer, dispatch: Dispatch) -> list[str]:
    """Return who else was asked the same, where the asker let those asked know of each other."""
    held = addressed_to(officer, dispatch)
    if not held.circle_known:
        return []
    if held.theirs is not None:
        return list(held.others)
    with guard.system("those asked know of each other, as the one who asked allowed"):
        rows = Dispatch.objects.filter(request_id=held.request_id).exclude(state="withdrawn")
        others = rows.exclude(addressed_id=officer.agency).order_by("addressed__short")
        return list(others.values_list("addressed__short", flat=True).distinct())
