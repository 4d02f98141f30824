"""Answer a request, and take an answer as a clue of the case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from entente.casework.cooperate.clue_value import ValueRefused
from entente.casework.cooperate.service.dispatches import addressed_to
from entente.casework.cooperate.service.request import (
    ANSWERS,
    STEP,
    YES_OR_NO,
    NotAnswered,
    handling_of,
)
from entente.casework.locate.likelihood import SILENT, likelihood
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.world import world
from entente.records import clock, guard, vocabularies
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.carried import carried
from entente.records.models import Agency, Answer, Case, Clue, Dispatch, Milestone, Request
from entente.records.release import permit
from entente.safeguards.access import Act
from entente.safeguards.retention import review_due
from entente.vocabulary.agency import Officer
from entente.vocabulary.case import Stage
from entente.vocabulary.clue import Clue as ClueWord
from entente.vocabulary.clue import ClueGroup, ClueKind
from entente.vocabulary.handling import Evaluation, Purpose, union


def answer(
    officer: Officer,
    purpose: Purpose,
    dispatch: Dispatch,
    *,
    kind: str,
    text: str = "",
    clue_kind: str = "",
    clue_value: Any = None,
    evaluation: str = "X4",
    codes: Iterable[str] = ("H0",),
    handling_text: str = "",
) -> Answer:
    """Answer a request as its recipient, with the provider's own grade and handling.

    The answer is the answering agency's; its release lets the asking agency have it until the review date,
    and nobody else where it is H2 or H3. The same answer given twice is one. "not ours" says that the place
    is not in the answering agency's country. "ours", "not ours" and "cannot say" answer "is this yours?";
    "ours" may state a region of that country besides.
    """
    if kind not in ANSWERS:
        raise NotAnswered(f"an answer is one of {', '.join(ANSWERS)}")
    Evaluation.parse(evaluation)
    handling = handling_of(codes, handling_text)
    own = Agency.objects.get(pk=officer.agency).country
    clue_kind, clue_value = stated(own, kind, clue_kind, clue_value, dispatch.about)
    if kind in {"answer", "partial"} and not text.strip() and not clue_kind:
        raise NotAnswered("an answer needs words or a clue; write what you know")
    thing, said = dispatch.as_thing(), {"kind": kind, "text": text.strip(), "evaluation": evaluation}
    reason = f"answer a request: {kind}"
    with acting(officer, Act.ALTER, thing, purpose, step=STEP, reason=reason, recipients=[dispatch.owner_id]):
        held = addressed_to(officer, dispatch)
        said |= {"clue_kind": clue_kind, "codes": str(handling), "handling_text": handling.text}
        for same in Answer.objects.filter(dispatch_id=held.pk, addressed_id=officer.agency, **said):
            if same.clue_value == clue_value:
                return same
        made = carried(officer, held, handling) | said
        row = Answer(dispatch_id=held.pk, addressed_id=officer.agency, clue_value=clue_value, **made)
        row.save()
        permit(row.pk, officer, held.owner_id, review_due(clock.now()), "an answer goes to the one who asked")
        if kind != "partial":
            Dispatch.objects.filter(pk=held.pk).update(state="answered")
        if held.field and held.crop_key and clue_kind:
            proposed(officer, held, row)
    return row


def proposed(officer: Officer, held: Dispatch, row: Answer) -> None:
    """Lay an answer about a crop before the case, on the item that the crop was cut from, as a proposal."""
    with guard.system("an answer of the shelf is proposed in the case of the one who asked"):
        crop = Request.objects.select_related("crop", "crop__parent").get(pk=held.request_id).crop
        if crop is None:
            return
        clue = _clue_of(officer, row, held.owner_id)
        clue.media, clue.state, clue.decided_by_id = crop.parent or crop, "proposed", None
        clue.region, clue.start, clue.end = crop.region if crop.parent_id else None, crop.t, crop.t
        clue.handling = union([row.handling, crop.handling])
        clue.save()
        clue.derives_from(row, crop)
        Answer.objects.filter(pk=row.pk).update(taken_as=clue)
        row.taken_as = clue


def stated(country: str, kind: str, clue_kind: str, value: Any, about: str) -> tuple[str, Any]:
    """Return what an agency of ``country`` states: a country, its region, or the clue given, checked."""
    if about and kind not in YES_OR_NO:
        raise NotAnswered("this question is answered by yes, not ours, or cannot say")
    if kind == "cannot say":
        return "", None
    if kind == "not ours":
        own = about or country
        return ("", None) if own == "EU" else (str(ClueKind.COUNTRY), own)
    if kind == "ours":
        if not about:
            raise NotAnswered("nobody asked whether it is yours; answer in words or with a clue")
        if clue_kind != ClueKind.REGION:
            return str(ClueKind.COUNTRY), about
        if not isinstance(value, dict) or value.get("country") != about:
            raise NotAnswered(f"the region has to be one of {about}; leave it empty if you are not sure")
    if not clue_kind:
        return "", None
    try:
        word = ClueKind(clue_kind)
    except ValueError:
        raise NotAnswered(f"there is no clue of the kind {clue_kind!r}; choose one from the list") from None
    if value in (None, "", {}):
        raise NotAnswered("a clue needs its value; write it, or leave the kind of clue empty")
    _demand_weighable(word, value)
    return str(word), value


def _demand_weighable(kind: ClueKind, value: Any) -> None:
    """Refuse now what the locate step would refuse later. A place too small for the gazetteer is kept."""
    if kind in SILENT or kind is ClueKind.TOPONYM:
        return
    probe = ClueWord("", kind, value, ClueGroup.PARTNER, "", "", "", "", "")
    try:
        likelihood(probe, world())
    except ClueRefused as refused:
        raise ValueRefused(refused.reason) from None


def take(officer: Officer, purpose: Purpose, answer: Answer) -> Clue:
    """Turn an answer into a clue of the case, with the provider's grade, handling and releases.

    Only the agency that asked takes it. Taken twice it is the same clue. The first one taken reaches
    CONTRIBUTIONS on the ten-day clock.
    """
    with acting(officer, Act.ALTER, answer.as_thing(), purpose, step=STEP, reason="take an answer as a clue"):
        held = Answer.objects.select_related("addressed").get(pk=answer.pk)
        if not Dispatch.objects.filter(pk=held.dispatch_id, owner_id=officer.agency).exists():
            raise NotAnswered("only the agency that asked takes an answer; ask it for the clue")
        clue = Clue.objects.filter(pk=held.taken_as_id).first() if held.taken_as_id else None
        if clue is not None and clue.state != "proposed":
            return clue
        if not held.clue_kind:
            raise NotAnswered("this answer states no clue; write one on the examine page from its words")
        if clue is None:
            clue = _clue_of(officer, held, officer.agency)
            clue.save()
            clue.derives_from(held)
            held.taken_as = clue
            held.save(update_fields=["taken_as"])
        else:
            clue.state, clue.decided_by_id = "confirmed", officer.id
            clue.save(update_fields=["state", "decided_by"])
        case = Case.objects.get(pk=held.case_id)
        Milestone.reach(case, Stage.CONTRIBUTIONS, "a partner's answer was taken as a clue", by=officer.id)
        announce("answered", officer, purpose, case.pk, answer=str(held.pk), clue=str(clue.pk))
        announce("clue changed", officer, purpose, case.pk, clue=str(clue.pk))
    return clue


def _clue_of(officer: Officer, held: Answer, owner: UUID) -> Clue:
    """Return the unsaved clue: the provider's evaluation stands (Regulation (EU) 2016/794 art. 29(3))."""
    negated = held.kind == "not ours"
    plain = {"ours": "recognised as theirs", "not ours": "recognised as not theirs"}
    words = held.text or plain.get(held.kind, "stated in answer to a request")
    return Clue(
        kind=held.clue_kind,
        value=_value_of(held),
        group=str(ClueGroup.PARTNER),
        source=f"answer of {held.addressed.short}",
        negated=negated,
        evaluation=held.evaluation,
        because=words,
        method="partner answer",
        words=vocabularies.recorded(owner, held.clue_kind, held.clue_value),
        version="1",
        state="confirmed",
        decided_by_id=officer.id,
        **carried(officer, held, held.handling) | {"owner_id": owner},
    )


def _value_of(held: Answer) -> Any:
    """Return what a clue states; a yes to "is this yours?" is marked so: it is weighed at its own rate."""
    if held.kind != "ours":
        return held.clue_value
    value = held.clue_value if isinstance(held.clue_value, dict) else {"country": held.clue_value}
    return {**value, "asked": True}
