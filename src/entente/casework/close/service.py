"""Record what became of the child, and tell each contributor what its own items did.

The outcome and the closing are the lead's; a machine never writes one. Feedback is made of effects read from
rows, each by a test that looks at the contributor's own item only, so that nothing of it depends on what
another agency gave.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from entente.casework.close.feedback import Contribution, Effect, all_feedback
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.carried import carried
from entente.records.models import (
    Agency,
    Answer,
    Case,
    Change,
    CheckHit,
    Clue,
    Disclosure,
    ElementMatch,
    Estimate,
    Feedback,
    Media,
    Milestone,
    Outcome,
    SeriesItem,
    Stub,
)
from entente.safeguards.access import Act, Deny, decide, leads
from entente.vocabulary.agency import AgencyKind, Officer
from entente.vocabulary.case import Outcome as OutcomeWord
from entente.vocabulary.case import ReshareWish, Stage
from entente.vocabulary.handling import H2, Audience, Handling, Purpose, union

STEP = "close"
TELLING = 0.3  # log10 of a Bayes factor: twice as likely there as elsewhere
LANGUAGES = {"FR": "fr", "IT": "it"}  # of a national unit; the others read English
CLOSE, REOPEN, WISH = "close the case", "reopen the case", "wish about re-shares"


class NotClosed(ValueError):
    """An outcome, a closing or a feedback does not stand as asked; the text says the mend."""


class LeadNeeded(NotClosed):
    """Only the lead of the case may do this."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one agency would be told now; ``sent`` when it was told the same before."""

    agency: Agency
    sentences: tuple[str, ...]
    sent: bool


def record_outcome(
    officer: Officer, purpose: Purpose, case: Case, what: OutcomeWord | str, text: str = ""
) -> Outcome:
    """Record what became of the persons; the lead's alone. "Child safe" ends the ten-day clock.

    The same outcome recorded twice is one. Raises ``LeadNeeded``, or ``NotClosed`` for an unknown outcome.
    """
    try:
        word = OutcomeWord(what)
    except ValueError:
        raise NotClosed(f"an outcome is one of: {', '.join(OutcomeWord)}") from None
    thing = replace(case.as_thing(), owner=officer.agency, handling=case.handling)
    with acting(officer, Act.ALTER, thing, purpose, step=STEP, reason=f"record the outcome: {word}"):
        _demand_lead(officer, case, "records an outcome")
        held = Outcome.objects.filter(case=case, what=str(word)).first()
        if held is not None:
            return held
        row = Outcome(
            what=str(word), text=text.strip(), at=clock.now(), **carried(officer, case, case.handling)
        )
        row.save()
        if word is OutcomeWord.CHILD_SAFE:
            Milestone.reach(case, Stage.SAFE, "the lead recorded that the child is safe", by=officer.id)
            case.child_at_risk = False
            case.save(update_fields=["child_at_risk"])
        announce("outcome", officer, purpose, case.pk, outcome=str(word))
    return row


def record_wish(officer: Officer, purpose: Purpose, case: Case, wish: ReshareWish | str, reason: str) -> Case:
    """Record whether the person who was harmed wishes to be told of re-shares; the lead's alone.

    The wish is theirs, or of who speaks for them, and may change at any time: the last one counts, and each
    stays in the case with its reason, which says how it was asked and never a name. Directive 2012/29/EU
    art. 6(4): a victim's wish not to be told binds.
    """
    try:
        word = ReshareWish(wish)
    except ValueError:
        raise NotClosed("the wish is to be told of each re-share, of none, or was not asked yet") from None
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step=STEP, reason=WISH):
        row = _demand_reason(officer, case, reason, "records the wish")
        before, row.reshare_wish = row.reshare_wish, str(word)
        row.save(update_fields=["reshare_wish"])
        Change.objects.create(
            what=WISH,
            before={"rows": [], "was": before, "is": str(word), "reason": reason.strip()},
            **carried(officer, case, case.handling),
        )
    return row


def close_case(officer: Officer, purpose: Purpose, case: Case, reason: str) -> Case:
    """Close the case with a reason; the lead's alone, and only after an outcome was recorded."""
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step=STEP, reason=CLOSE):
        row = _demand_reason(officer, case, reason, "closes a case")
        if row.closed_at is not None:
            raise NotClosed("the case is closed already; reopen it first")
        if not Outcome.objects.filter(case=case).exists():
            raise NotClosed("record what became of the child or the suspect first; then close the case")
        return _turn(officer, row, CLOSE, reason)


def reopen(officer: Officer, purpose: Purpose, case: Case, reason: str) -> Case:
    """Open a closed case again with a reason; the lead's alone."""
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step=STEP, reason=REOPEN):
        row = _demand_reason(officer, case, reason, "reopens a case")
        if row.closed_at is None:
            raise NotClosed("the case is open; there is nothing to reopen")
        return _turn(officer, row, REOPEN, reason)


def _demand_lead(officer: Officer, case: Case, what: str) -> None:
    if not leads(officer, case.pk, clock.now()):
        raise LeadNeeded(f"only the lead of the case {what}; ask the lead")


def _demand_reason(officer: Officer, case: Case, reason: str, what: str) -> Case:
    _demand_lead(officer, case, what)
    if not reason.strip():
        raise NotClosed("give the reason; it stays with the case")
    return Case.objects.select_for_update().get(pk=case.pk)


def _turn(officer: Officer, case: Case, what: str, reason: str) -> Case:
    """Set or clear the day of closing; the reason stays in the case and out of the log."""
    before = case.closed_at.isoformat() if case.closed_at else None
    case.closed_at = clock.now() if what == CLOSE else None
    case.save(update_fields=["closed_at"])
    Stub.renew(case)
    Change.objects.create(
        what=what,
        before={"rows": [], "closed_at": before, "reason": reason.strip()},
        **carried(officer, case, case.handling),
    )
    return case


# --- feedback -------------------------------------------------------------------------------------------


def preview(officer: Officer, purpose: Purpose, case: Case) -> list[Told]:
    """Return what each contributing agency would be told now, by short name; nothing is sent."""
    with guard.scope(officer, purpose):
        return _told(officer, purpose, case)


def tell_contributors(officer: Officer, purpose: Purpose, case: Case) -> list[Feedback]:
    """Send each contributing agency its own feedback, one row and one log entry each; return what was new.

    A row is H2 of the sending agency, so that nobody else in the case learns who contributed. What was told
    before in the same words is not told again.
    """
    with acting(
        officer, Act.ALTER, case.as_thing(), purpose, step=STEP, reason="tell the contributors"
    ) as deed:
        todo = [told for told in _told(officer, purpose, case) if not told.sent]
        deed.reason = f"tell the contributors: {len(todo)} agencies"
        return [_send(officer, purpose, case, told) for told in todo]


def _send(officer: Officer, purpose: Purpose, case: Case, told: Told) -> Feedback:
    to = told.agency.pk
    row = Feedback(addressed_id=to, sentences=list(told.sentences), **carried(officer, case, _ours(case)))
    with acting(
        officer,
        Act.DISCLOSE,
        row.as_thing().going_to(to),
        purpose,
        step=STEP,
        reason="feedback",
        recipients=[to],
    ):
        row.save()
        left = Disclosure(to_id=to, what="feedback", thing=row.pk, **carried(officer, case, _ours(case)))
        left.save()
    return row


def _ours(case: Case) -> Handling:
    """Who contributed is the case's own information and goes no further."""
    return union([case.handling, H2])


def _told(officer: Officer, purpose: Purpose, case: Case) -> list[Told]:
    given = list(contributions(officer, case))
    agencies = {str(a.pk): a for a in Agency.objects.filter(pk__in={UUID(c.agency) for c in given})}
    outcomes = list(Outcome.objects.filter(case=case))
    may_know = frozenset(
        pk for pk, agency in agencies.items() if _outcome_may_go(officer, purpose, case, outcomes, agency)
    )
    languages = {pk: LANGUAGES.get(a.country, "en") for pk, a in agencies.items()}
    sentences = all_feedback(
        given, [OutcomeWord(o.what) for o in outcomes], may_know_outcome=may_know, languages=languages
    )
    before: dict[str, list[list[str]]] = {}
    for to, said in Feedback.objects.filter(case=case).values_list("addressed", "sentences"):
        before.setdefault(str(to), []).append(said)
    told = [Told(agencies[pk], tuple(s), s in before.get(pk, [])) for pk, s in sentences.items() if s]
    return sorted(told, key=lambda t: t.agency.short)


def _outcome_may_go(
    officer: Officer, purpose: Purpose, case: Case, outcomes: Iterable[Outcome], agency: Agency
) -> bool:
    """Whether the outcome itself may be told: not from a case at TLP:RED, not to a private party or hotline.

    The law is asked for every outcome row on its way to that agency.
    """
    if case.audience == Audience.RED or agency.kind in {AgencyKind.PRIVATE_PARTY, AgencyKind.HOTLINE}:
        return False
    now = clock.now()
    verdicts = (
        decide(officer, o.as_thing().going_to(agency.pk), Act.DISCLOSE, purpose, now) for o in outcomes
    )
    return not any(isinstance(v, Deny) for v in verdicts)


def contributions(officer: Officer, case: Case) -> Iterator[Contribution]:
    """Iterate over what each other agency gave and what it did; asks inside the caller's scope."""
    yield from _answers(officer, case)
    yield from _items(officer, case)
    yield from _hits(officer, case)


def _answers(officer: Officer, case: Case) -> Iterator[Contribution]:
    """Answers, each under the number it has among the answers of its own agency."""
    rows = (
        # whom another agency asked is that agency's own to know
        Answer.objects.filter(case=case, dispatch__owner=officer.agency)
        .exclude(addressed=officer.agency)
        .order_by("made_at", "pk")
    ).select_related("taken_as")
    weights, met = _weights(case), _met_clues(case)
    placed: dict[UUID, int] = {}
    for row in rows:
        placed[row.addressed_id] = placed.get(row.addressed_id, 0) + 1
        label = f"A-{placed[row.addressed_id]} ({row.made_at:%Y-%m-%d})"
        for effect in _effects(row.taken_as, weights, met):
            yield Contribution(str(row.addressed_id), label, effect)


def _effects(clue: Clue | None, weights: dict[str, float], met: set[UUID]) -> list[Effect]:
    """Return what an answer's clue did, from the clue itself."""
    if clue is None:
        return [Effect.NOT_USED]
    if clue.state == "withdrawn":
        return [Effect.WRONG]
    effects = [Effect.USED]
    if weights.get(str(clue.pk), 0.0) >= TELLING:
        effects.append(Effect.LED_TO_REGION)
    if clue.pk in met:
        effects.append(Effect.FOUND_IN_SEARCH)
    return effects


def _weights(case: Case) -> dict[str, float]:
    """Return each clue's own weight for the region, once the region was reached."""
    if Stage.REGION not in case.reached():
        return {}
    latest = Estimate.objects.filter(case=case).order_by("-made_at").first()
    rows = latest.posterior.get("clues", []) if latest else []
    return {row["id"]: float(row["log10_bf"]) for row in rows}


def _met_clues(case: Case) -> set[UUID]:
    found = ElementMatch.objects.filter(case=case, state="confirmed").exclude(element__clue=None)
    return set(found.values_list("element__clue", flat=True))


def _items(officer: Officer, case: Case) -> Iterator[Contribution]:
    """Files that partners gave: used where they stand in a series or a clue was seen in them."""
    rows = Media.objects.filter(case=case).exclude(owner=officer.agency).exclude(origin="crop")
    series = set(SeriesItem.objects.filter(case=case).values_list("media", flat=True))
    seen = set(
        Clue.objects.filter(case=case, state="confirmed").exclude(media=None).values_list("media", flat=True)
    )
    met = set(
        ElementMatch.objects.filter(case=case, state="confirmed")
        .exclude(element__crop=None)
        .values_list("element__crop__parent", flat=True)
    )
    for row in rows:
        label = f"SHA-256 {row.sha256[:12]}" if row.sha256 else row.source
        used = row.pk in series or row.pk in seen
        yield Contribution(str(row.owner_id), label, Effect.USED if used else Effect.NOT_USED)
        if row.pk in met:
            yield Contribution(str(row.owner_id), label, Effect.FOUND_IN_SEARCH)


def _hits(officer: Officer, case: Case) -> Iterator[Contribution]:
    """Cross-check hits, by day and kind: the holder's own information was met; nothing of ours is named."""
    for row in CheckHit.objects.filter(case=case).exclude(holder=officer.agency):
        label = f"{row.kind} ({row.made_at:%Y-%m-%d})"
        yield Contribution(str(row.holder_id), label, Effect.CONFIRMED)
