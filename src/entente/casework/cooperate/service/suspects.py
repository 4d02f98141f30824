"""Suspects of a case: set down under a number by a person, said anew, set aside and brought back.

No machine sets one down, gives it a part, or says how sure it is. A suspect has no name here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from django.db.models import Max

from entente.casework.cooperate.service.deconfliction import compare, end
from entente.casework.intake.service import WITHHELD_FROM, is_withheld
from entente.records import guard, undo
from entente.records.act import acting
from entente.records.carried import carried
from entente.records.models import Case, Change, Investigation, Notice, Suspect, SuspectIdentifier
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Handling, HandlingCode, Purpose
from entente.vocabulary.suspect import Standing

STEP = "cooperate"
RESTATE = "say anew what a suspect is"


class NotSetDown(ValueError):
    """A suspect could not be set down or changed as said; the text says the mend."""


def set_down(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    standing: Standing,
    *,
    codes: Iterable[str] = ("H0",),
    handling_text: str = "",
) -> Suspect:
    """Set a suspect down under the case's next number, with the part that this officer gives."""
    handling = Handling(frozenset(HandlingCode(c) for c in codes), handling_text.strip())
    thing = replace(case.as_thing(), owner=officer.agency, handling=handling)
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason="set down a suspect"):
        held = Case.objects.select_for_update().get(pk=case.pk)
        row = Suspect(
            number=_next_number(held, officer.agency, handling),
            because=standing.because,
            **said(standing),
            **carried(officer, held, handling),
        )
        row.save()
    return row


def said(standing: Standing) -> dict[str, str]:
    """Return a standing as its columns, without the reason, which stays in the case."""
    return {
        "part": str(standing.part),
        "category": str(standing.category),
        "said": str(standing.said),
        "evaluation": str(standing.evaluation),
    }


def _next_number(case: Case, agency: UUID, handling: Handling) -> int:
    """Return the next number; a withheld suspect's is drawn at random, so that no gap tells of it."""
    with guard.system("numbers of suspects, the withheld ones included"):
        held = Suspect.objects.filter(case=case)
        if not is_withheld(case, agency, handling):
            return (held.filter(number__lt=WITHHELD_FROM).aggregate(n=Max("number"))["n"] or 0) + 1
        while True:
            number = WITHHELD_FROM + secrets.randbelow(WITHHELD_FROM * 9)
            if not held.filter(number=number).exists():
                return number


def restate(officer: Officer, purpose: Purpose, suspect: Suspect, standing: Standing) -> Suspect:
    """Say anew what a suspect is; what was said before is kept and can be brought back.

    Whoever was asked to investigate reads what is said now, and no more what was wrong.
    """
    with acting(officer, Act.ALTER, suspect.as_thing(), purpose, step=STEP, reason=RESTATE):
        held = _own(officer, suspect)
        touched = undo.Touched()
        touched.keep(held)
        for name, value in (said(standing) | {"because": standing.because}).items():
            setattr(held, name, value)
        held.save()
        touched.record(held.case_id, officer, RESTATE, held.handling, suspect=str(held.pk))
        _say_to_asked(officer, purpose, held)
    return held


def _say_to_asked(officer: Officer, purpose: Purpose, suspect: Suspect) -> None:
    """Put what is said now in each question that stands: accurate at the other side too (2016/680 art. 7).

    Whoever was told otherwise gets a notice of it, which says of whom and nothing else.
    """
    told = {n: getattr(suspect, n) for n in ("part", "category", "said", "evaluation")}
    rows = Investigation.objects.filter(suspect=suspect, owner_id=officer.agency).exclude(state="taken back")
    rows.filter(addressed_id=officer.agency).update(**told)
    for row in rows.exclude(addressed_id=officer.agency):
        to, thing = row.addressed_id, suspect.as_thing().going_to(row.addressed_id)
        with acting(officer, Act.DISCLOSE, thing, purpose, step=STEP, reason=RESTATE, recipients=[to]):
            Investigation.objects.filter(pk=row.pk).update(**told)
            if any(getattr(row, name) != value for name, value in told.items()):
                _tell(officer, row, str(suspect))


def _tell(officer: Officer, row: Investigation, whom: str) -> None:
    with guard.system("a correction is told to the agency that was asked to investigate"):
        Notice.objects.create(
            owner_id=officer.agency,
            addressed_id=row.addressed_id,
            kind="correction",
            about=row.pk,
            text=whom,
            made_by_id=officer.id,
        )


def last_said(suspect: Suspect) -> Change | None:
    """Return the last change of what was said of the suspect that was not taken back."""
    rows = Change.objects.filter(case_id=suspect.case_id, what=RESTATE, undone_at=None)
    rows = rows.select_related("made_by")
    return next((c for c in rows if c.before.get("suspect") == str(suspect.pk)), None)


def take_back(officer: Officer, purpose: Purpose, suspect: Suspect) -> Suspect:
    """Bring back what was said before the last change."""
    with acting(
        officer, Act.ALTER, suspect.as_thing(), purpose, step=STEP, reason="bring back what was said"
    ):
        held = _own(officer, suspect)
        change = last_said(held)
        if change is None:
            raise NotSetDown("nothing was said anew of this suspect; there is nothing to bring back")
        undo.take_back(change)
        held.refresh_from_db()
        _say_to_asked(officer, purpose, held)
    return held


def set_aside(officer: Officer, purpose: Purpose, suspect: Suspect, because: str) -> Suspect:
    """Set a suspect aside with the reason: nobody here works on it, so its pauses end."""
    return _turn(officer, purpose, suspect, "set aside", because)


def bring_back(officer: Officer, purpose: Purpose, suspect: Suspect, because: str) -> Suspect:
    """Bring back a suspect that was set aside; its identifiers are compared anew."""
    return _turn(officer, purpose, suspect, "open", because)


def _turn(officer: Officer, purpose: Purpose, suspect: Suspect, state: str, because: str) -> Suspect:
    if not because.strip():
        raise NotSetDown("say why; the reason stays with the suspect")
    reason = "set a suspect aside" if state == "set aside" else "set down an identifier: a suspect is back"
    act = Act.ALTER if state == "set aside" else Act.RECEIVE  # what compares anew counts as setting down
    with acting(officer, act, suspect.as_thing(), purpose, step=STEP, reason=reason) as deed:
        held = _own(officer, suspect)
        if held.state == state:
            return held
        held.state, held.decided_by_id, held.decided_because = state, officer.id, because.strip()
        held.save(update_fields=["state", "decided_by", "decided_because"])
        for row in SuspectIdentifier.objects.filter(suspect=held, withdrawn_at=None):
            if state == "open":
                compare(deed, row)
            else:
                end(row)
    return held


def _own(officer: Officer, suspect: Suspect) -> Suspect:
    """Return the suspect as it stands now, where it is the officer's agency's own to speak of."""
    held = Suspect.objects.select_for_update().get(pk=suspect.pk)
    if held.owner_id != officer.agency:
        raise NotSetDown("only the agency that set a suspect down changes what is said of it; write to it")
    return held
