"""Notices between agencies: taken note of, and followed; what was told stays on record."""

from __future__ import annotations

from django.db.models import QuerySet

from entente.records import clock
from entente.records.act import acting
from entente.records.guard import system
from entente.records.models import Case, CaseBound, Disclosure, Notice, Stub
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


class NotFollowed(ValueError):
    """A notice was not followed as said; the text says the mend."""


def received(officer: Officer) -> QuerySet[Notice]:
    """Return what was told to the officer's agency, the open ones first."""
    return (
        Notice.objects.filter(addressed_id=officer.agency)
        .select_related("owner", "read_by")
        .order_by("done_at", "-made_at")
    )


def follow(officer: Officer, purpose: Purpose, notice: Notice, *, because: str) -> Notice:
    """Say that the notice was followed, and how: deleted, corrected, added to the case, nothing held."""
    if not because.strip():
        raise NotFollowed("say what was done: deleted, corrected, added, or nothing was held")
    with acting(
        officer,
        Act.ALTER,
        notice.as_thing(),
        purpose,
        step="notice",
        reason=f"follow a {notice.kind}",
        recipients=[notice.owner_id],
    ):
        held = Notice.objects.select_for_update().get(pk=notice.pk)
        if held.addressed_id != officer.agency:
            raise NotFollowed("only the agency that was told says that it followed")
        if held.done_at is None:
            held.done_at, held.done_because = clock.now(), because.strip()
            held.read_at, held.read_by_id = held.read_at or held.done_at, officer.id
            held.save()
    return held


def case_meant(notice: Notice) -> Case | None:
    """Return the case that a wish to join means, if the asker of this page may see it."""
    if notice.kind != "join" or notice.about is None:
        return None
    with system("the case that a stub stands for"):
        case = Stub.objects.filter(pk=notice.about).values_list("case_id", flat=True).first()
    return Case.objects.select_related("owner").filter(pk=case).first() if case else None


def correct(officer: Officer, purpose: Purpose, row: CaseBound, text: str) -> int:
    """Tell every past recipient of ``row`` that it was wrong, and what is right; return how many were told.

    Source: Directive (EU) 2016/680 art. 7(3): recipients of incorrect data are notified without delay.
    """
    if not text.strip():
        raise NotFollowed("say what was wrong and what is right; the recipients read these words")
    with acting(officer, Act.ALTER, row.as_thing(), purpose, step="notice", reason="correct") as deed:
        sent = Disclosure.objects.filter(case_id=row.case_id, owner_id=officer.agency)
        told = [d for d in sent if str(row.pk) in {str(d.thing), *d.held}]
        for each in told:
            Notice.objects.create(
                owner_id=officer.agency,
                addressed_id=each.to_id,
                kind="correction",
                about=each.pk,
                text=text.strip(),
                made_by_id=officer.id,
            )
        deed.recipients = sorted({d.to_id for d in told}, key=str)
    return len(told)
