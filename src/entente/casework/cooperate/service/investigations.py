"""Which agency investigates which suspect: asked by a person with a reason, answered by a person there.

Police alone are asked. The agency sees the suspect's number, part, category and grade, and the words written
to it; nothing else of the case. Each act can be taken back by the side that did it.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from entente.records import clock
from entente.records.act import acting
from entente.records.carried import carried
from entente.records.leaf import waits_first
from entente.records.models import Agency, Investigation, Pause, Suspect
from entente.safeguards.access import Act
from entente.vocabulary.agency import AgencyKind, Officer
from entente.vocabulary.handling import Handling, HandlingCode, Purpose, union

STEP = "cooperate"
INVESTIGATE = (AgencyKind.NATIONAL_UNIT, AgencyKind.THIRD_COUNTRY)
TAKE_ON, DECLINE = "taken on", "declined"
GONE = ("taken back",)


class NotCoordinated(ValueError):
    """Who investigates could not be asked or answered; the text says the mend."""


def ask(
    officer: Officer,
    purpose: Purpose,
    suspect: Suspect,
    to: Agency,
    *,
    because: str,
    codes: Iterable[str] = ("H0",),
    handling_text: str = "",
) -> Investigation:
    """Ask one agency to investigate a suspect; one's own takes it on at once."""
    if not because.strip():
        raise NotCoordinated("say why this agency; it reads these words and nothing else of the case")
    if AgencyKind(to.kind) not in INVESTIGATE:
        raise NotCoordinated("police investigate: choose a national unit or a unit of a third country")
    handling = Handling(frozenset(HandlingCode(c) for c in codes), handling_text.strip())
    thing = suspect.as_thing().going_to(to.pk)
    ours = to.pk == officer.agency
    act = Act.ALTER if ours else Act.DISCLOSE
    reason = "take a suspect on" if ours else "ask an agency to investigate"
    with acting(officer, act, thing, purpose, step=STEP, reason=reason, recipients=[to.pk]):
        held = Suspect.objects.get(pk=suspect.pk)
        _demand_free(held, to)
        handling = union([handling, held.handling])
        row = Investigation(
            suspect=held,
            addressed=to,
            asked_because=because.strip(),
            **carried(officer, held, handling),
            **{n: getattr(held, n) for n in ("number", "part", "category", "said", "evaluation")},
        )
        if ours:
            row.state, row.answered_by_id, row.answered_at = TAKE_ON, officer.id, clock.now()
            row.answer_because = row.asked_because
        row.save()
        row.derives_from(held)
    return row


def _demand_free(suspect: Suspect, to: Agency) -> None:
    """Refuse what two would do twice: while a pause stands, or where it is asked or taken on already."""
    if suspect.state != "open":
        raise NotCoordinated("the suspect was set aside; bring it back first")
    if Pause.objects.filter(identifier__suspect=suspect, state="open").exists():
        raise NotCoordinated(
            "somebody else works on an identifier of this suspect; speak first, then lift it"
        )
    standing = Investigation.objects.filter(suspect=suspect, state__in=("asked", TAKE_ON))
    if standing.filter(addressed=to).exists():
        raise NotCoordinated("this agency was asked already; see its answer, or take the question back")
    if (taken := standing.filter(state=TAKE_ON).select_related("addressed").first()) is not None:
        raise NotCoordinated(f"{taken.addressed.short} investigates; it hands the suspect back first")


def take_back(officer: Officer, purpose: Purpose, row: Investigation, because: str) -> Investigation:
    """Take the question back; it is gone from the other agency's desk at once."""
    if not because.strip():
        raise NotCoordinated("say why; the reason stays with the question")
    thing, told = row.as_thing(), [row.addressed_id]
    with acting(officer, Act.ALTER, thing, purpose, step=STEP, reason="take back", recipients=told):
        held = Investigation.objects.select_for_update().get(pk=row.pk)
        if held.owner_id != officer.agency:
            raise NotCoordinated("only the agency that asked takes its question back")
        held.state, held.answer_because = GONE[0], because.strip()
        held.answered_by_id, held.answered_at = officer.id, clock.now()
        held.save(update_fields=["state", "answer_because", "answered_by", "answered_at"])
    return held


def asked_of_us(officer: Officer) -> QuerySet[Investigation]:
    """Return what the officer's agency is asked to investigate, or does: what waits first, then the newest.

    Nothing that was taken back.
    """
    rows = Investigation.objects.filter(addressed_id=officer.agency).exclude(state__in=GONE)
    rows = rows.exclude(owner_id=officer.agency).select_related("owner", "answered_by")
    return rows.order_by(waits_first("asked"), "-made_at", "pk")


def answer(
    officer: Officer, purpose: Purpose, row: Investigation, *, take_on: bool, because: str
) -> Investigation:
    """Take the suspect on, decline, or hand it back, as the agency that was asked; the asker reads why."""
    if not because.strip():
        raise NotCoordinated("say why; the agency that asked reads it")
    thing, told = row.as_thing(), [row.owner_id]
    reason = "take a suspect on" if take_on else "decline or hand back a suspect"
    with acting(officer, Act.ALTER, thing, purpose, step=STEP, reason=reason, recipients=told):
        held = Investigation.objects.select_for_update().get(pk=row.pk)
        if not asked_of_us(officer).filter(pk=row.pk).exists():
            raise NotCoordinated("this question was taken back; nothing needs to be done")
        held.state = TAKE_ON if take_on else DECLINE
        held.answered_by_id, held.answered_at = officer.id, clock.now()
        held.answer_because = because.strip()
        held.save(update_fields=["state", "answered_by", "answered_at", "answer_because"])
    return held
