"""What to ask next, and of whom: the engine's questions with who could answer, and what is open already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from entente.records import clock
from entente.records.models import Agency, Answer, Case, Dispatch, Membership, Specialist
from entente.safeguards.access import FOUNDERS
from entente.vocabulary.agency import AgencyKind, Officer
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.place import Question

# Whoever knows the field can answer for the kind; a code of the vocabulary ``fields_of_knowledge``.
FIELD_OF = {
    ClueKind.SOCKET: "sockets",
    ClueKind.MAINS_HZ: "sounds",
    ClueKind.DRIVING_SIDE: "roads",
    ClueKind.CURRENCY: "packaging",
    ClueKind.SPEECH: "language_heard",
    ClueKind.LANGUAGE: "language_written",
    ClueKind.RELIEF: "landscape",
}

POLICE = (str(AgencyKind.NATIONAL_UNIT), str(AgencyKind.THIRD_COUNTRY))


@dataclass(frozen=True, slots=True)
class Asking:
    """One question: who could answer it, what of it is open already, which answers wait to be taken."""

    question: Question
    field: str = ""
    agencies: tuple[Agency, ...] = ()  # of the country that it is about
    ours: bool = False  # it is about the officer's own country
    members: tuple[Specialist, ...] = ()  # who know the field and work on the case
    specialists: tuple[Specialist, ...] = ()  # who know the field, elsewhere in the circle
    sent: tuple[Dispatch, ...] = ()
    waiting: tuple[Answer, ...] = ()  # given, and not yet taken as a clue

    @property
    def open(self) -> bool:
        """Whether somebody was asked, or an answer waits: it is not asked again meanwhile."""
        return bool(self.sent or self.waiting)

    @property
    def answerable(self) -> bool:
        """Whether anybody known could answer it: a country needs an agency, all else can be looked for."""
        return bool(self.agencies or self.ours or not self.question.about)


def asking(officer: Officer, case: Case, questions: Iterable[Question]) -> list[Asking]:
    """Return the questions in their order, those that nobody could answer last; answered ones are left out.

    Reads what the scope shows: whom another agency asked is that agency's own, and not known here.
    """
    sent = list(
        Dispatch.objects.filter(case=case, owner_id=officer.agency)
        .exclude(state="withdrawn")
        .select_related("addressed")
    )
    answers: dict[UUID, list[Answer]] = {}
    for row in Answer.objects.filter(dispatch_id__in=[d.pk for d in sent]).select_related(
        "addressed", "taken_as"
    ):
        answers.setdefault(row.dispatch_id, []).append(row)
    agencies = list(Agency.objects.filter(kind__in=POLICE).order_by("name"))
    knowing, working = _specialists(officer), _members(case)
    found = [_one(officer, q, sent, answers, agencies, knowing, working) for q in questions]
    asked = [a for a in found if a is not None]
    return [*(a for a in asked if a.answerable), *(a for a in asked if not a.answerable)]


def _one(
    officer: Officer,
    question: Question,
    sent: list[Dispatch],
    answers: dict[UUID, list[Answer]],
    agencies: list[Agency],
    knowing: list[Specialist],
    working: set[UUID],
) -> Asking | None:
    """Return the question with whom it may be put to; nothing where its answer is in the case already."""
    mine = [d for d in sent if d.asks == question.kind and _is_about(d, question)]
    given = [a for d in mine for a in answers.get(d.pk, [])]
    waiting = tuple(a for a in given if _waits(a))
    still = tuple(d for d in mine if d.state == "sent")
    if question.about and given and not waiting and not still:
        return None
    code = FIELD_OF.get(ClueKind(question.kind), "") if not question.about else ""
    able = [s for s in knowing if code and code in s.fields]
    there = [a for a in agencies if question.about and a.country == question.about]
    return Asking(
        question,
        code,
        tuple(a for a in there if a.pk != officer.agency),
        any(a.pk == officer.agency for a in there),
        tuple(s for s in able if s.account_id in working),
        tuple(s for s in able if s.account_id not in working),
        still,
        waiting,
    )


def _is_about(sent: Dispatch, question: Question) -> bool:
    return not question.about or question.about in {sent.about, sent.addressed.country}


def _waits(answer: Answer) -> bool:
    return bool(answer.clue_kind) and (answer.taken_as is None or answer.taken_as.state == "proposed")


def _specialists(officer: Officer) -> list[Specialist]:
    """Return who said to know a field, of all agencies, but the officer themself."""
    held = Specialist.objects.filter(account__is_active=True).exclude(account_id=officer.id)
    rows = held.select_related("account", "account__agency").order_by("account__username")
    return [r for r in rows if r.fields and set(r.account.roles) & {str(role) for role in FOUNDERS}]


def _members(case: Case) -> set[UUID]:
    now = clock.now()
    rows = Membership.objects.filter(case=case, since__lte=now)
    return {m.account_id for m in rows if m.until is None or m.until > now}
