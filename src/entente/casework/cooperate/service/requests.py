"""Ask, answer, take: the acts between agencies.

Each named agency gets a dispatch of its own, which is all that it ever sees of the case. A dispatch is H2
of the asking agency, so that nobody else in the case learns who was asked. Originals never leave; a crop
leaves as a fresh copy, and only where every originator lets it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from entente.casework.cooperate.clue_value import ValueRefused
from entente.casework.examine.service.look import hide
from entente.casework.intake.service import evidence_store
from entente.casework.locate.likelihood import SILENT, likelihood
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.world import world
from entente.evidence import tools
from entente.evidence.open import render
from entente.evidence.store import Erased, NotKept
from entente.records import clock, derivation, emergency, guard, vocabularies
from entente.records.act import Deed, acting
from entente.records.announce import announce
from entente.records.derivation import Made
from entente.records.models import (
    Account,
    Agency,
    Answer,
    Case,
    Clue,
    Derivation,
    Dispatch,
    Media,
    Milestone,
    Request,
    Viewing,
)
from entente.records.release import permit
from entente.safeguards.access import Act, Deny, decide
from entente.safeguards.retention import review_due
from entente.vocabulary.agency import Officer
from entente.vocabulary.case import Stage
from entente.vocabulary.clue import Clue as ClueWord
from entente.vocabulary.clue import ClueGroup, ClueKind
from entente.vocabulary.handling import Evaluation, Handling, HandlingCode, Purpose, union
from entente.vocabulary.media import Refusal, Region

STEP = "cooperate"
URGENCIES = ("normal", "urgent", "child at risk")
ANSWERS = ("answer", "partial", "ours", "not ours", "cannot say", "seen it")
YES_OR_NO = ("ours", "not ours", "cannot say")
VIEWS = ("grey", "clear")


class NotAsked(ValueError):
    """A question could not be sent as it stands; the text says the mend."""


class NotAnswered(ValueError):
    """An answer could not be given or taken; the text says the mend."""


def handling_of(codes: Iterable[str], text: str = "") -> Handling:
    """Return the handling; raise ``ValueError`` for an unknown code or an H3 without words."""
    return Handling(frozenset(HandlingCode(c) for c in codes) or frozenset({HandlingCode.H0}), text.strip())


# --- asking ---------------------------------------------------------------------------------------------


def ask(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    *,
    question: str,
    agencies: Iterable[Agency],
    due: datetime,
    asks: str = "",
    crop: Media | None = None,
    urgency: str = "normal",
    codes: Iterable[str] = ("H0",),
    handling_text: str = "",
    field: str = "",
    people: Iterable[Account] = (),
    about: str = "",
) -> Request:
    """Put a precise question to named agencies, one dispatch each; recipients do not learn of each other.

    A question of the shelf has its ``field`` of knowledge, and may go to named ``people``, our own too.
    One that is ``about`` a country asks its agencies "is this yours?", and is answered by yes or no.
    A ``crop`` leaves only where the law lets it go to every one of ``agencies``. Raises ``NotAsked`` or
    ``guard.Denied``; then nothing was sent to anybody.
    """
    to = {a.pk: a for a in agencies}
    named = {p.pk: p for p in people}
    _demand_precise(officer, question, to.values(), named.values(), due, asks, urgency)
    _demand_theirs(about, asks, to.values(), named.values())
    handling = handling_of(codes, handling_text)
    if crop is not None:
        _demand_may_leave(officer, purpose, crop, {*to, *(p.agency_id for p in named.values())})
        handling = union([handling, crop.handling])
    thing = replace(case.as_thing(), owner=officer.agency, handling=handling)
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason="write a request") as deed:
        request = Request(
            question=question.strip(),
            asks=asks,
            crop=crop,
            due=due,
            purpose=str(purpose),
            urgency=urgency,
            field=field,
            about=about,
            **_made(officer, case.pk, handling, case.audience),
        )
        request.save()
        if crop is not None:
            request.derives_from(crop)
        key = ""
        if crop is not None:
            key, derived = _copy_of(crop)
            derivation.record(deed, officer, [replace(derived, thing=request.pk)])
        for agency in to:
            _dispatch(officer, purpose, request, agency, key)
        for person in named.values():
            _dispatch(officer, purpose, request, person.agency_id, key, person)
    return request


def _demand_precise(
    officer: Officer,
    question: str,
    to: Iterable[Agency],
    people: Iterable[Account],
    due: datetime,
    asks: str,
    urgency: str,
) -> None:
    agencies = list(to)
    if not question.strip():
        raise NotAsked("a request needs its question; write what the partner should look for")
    if not agencies and not list(people):
        raise NotAsked("name at least one agency; nothing is sent to everybody")
    if any(a.pk == officer.agency for a in agencies):
        raise NotAsked("a request goes to another agency; take your own from the list")
    if due <= clock.now():
        raise NotAsked("the answer is due in the past; give a later date")
    if asks and asks not in set(ClueKind):
        raise NotAsked(f"there is no clue of the kind {asks!r}; choose one from the list or none")
    if urgency not in URGENCIES:
        raise NotAsked(f"urgency is one of {', '.join(URGENCIES)}")


def _demand_theirs(about: str, asks: str, to: Iterable[Agency], people: Iterable[Account]) -> None:
    """Ask a country whether a place is its own of nobody but its own agencies."""
    if not about:
        return
    if about not in world().at_country:
        raise NotAsked(f"no country has the code {about!r}; write the two letters of ISO 3166-1, such as IT")
    if asks != ClueKind.COUNTRY:
        raise NotAsked("“is this yours?” is answered by a country; choose that kind of clue")
    if strangers := sorted(a.name for a in to if a.country != about):
        raise NotAsked(f"only {about}'s own agencies can say what is theirs, not {', '.join(strangers)}")
    if list(people):
        raise NotAsked("“is this yours?” goes to an agency, not to a named specialist")


def _demand_may_leave(officer: Officer, purpose: Purpose, crop: Media, to: Iterable[UUID]) -> None:
    """Ask the law for every recipient before anything is written: a denial stays in the log."""
    if crop.origin != "crop" or crop.parent_id is None:
        raise NotAsked("an original never leaves; cut a crop of what matters and send that")
    for agency in to:
        thing = crop.as_thing().going_to(agency)
        if isinstance(decide(officer, thing, Act.DISCLOSE, purpose, clock.now()), Deny):
            with acting(officer, Act.DISCLOSE, thing, purpose, step=STEP, reason="send a crop"):
                raise AssertionError("the law changed its mind within one act")


def _copy_of(crop: Media) -> tuple[str, Made]:
    """Return the key of a fresh copy of the crop (new bytes, without metadata) and how it was derived."""
    store = evidence_store()
    source, region, t = (crop, None, None) if crop.key else (crop.parent, crop.region, crop.t)
    if source is None:
        raise NotAsked("the crop has lost its item; cut it again")
    made = render(store.original(source.key), "crop", region=Region(*region) if region else None, t=t)
    if isinstance(made, Refusal):
        raise NotAsked(f"the crop cannot be opened: {made.reason}")
    try:
        kept = store.keep_bytes(made, crop.case_id)
    except (NotKept, Erased) as fault:
        raise NotAsked(f"the crop cannot be sealed: {fault}") from None
    derived = Made(
        what="copy for a request",
        sources=[crop],
        inputs=[source.sha256],
        tool=tools.RENDER,
        version=tools.versions(),
        parameters={"view": "crop", "region": region, "t": t, "side": None},
        output=kept.sha256,
        media=source,
        key=kept.key,
    )
    return kept.key, derived


def _dispatch(
    officer: Officer,
    purpose: Purpose,
    request: Request,
    to: UUID,
    crop_key: str,
    person: Account | None = None,
) -> Dispatch:
    """Send the question to one agency: its own row, its own log entry with one recipient.

    Who was asked is the asker's own information and H2: the crop's originators are asked again each time
    that the crop is served, so it does not inherit them.
    """
    handling = union([request.handling, Handling(frozenset({HandlingCode.H2}))])
    row = Dispatch(
        request=request,
        addressed_id=to,
        question=request.question,
        asks=request.asks,
        crop_key=crop_key,
        due=request.due,
        purpose=request.purpose,
        urgency=request.urgency,
        field=request.field,
        about=request.about,
        specialist=person,
        **_made(officer, request.case_id, handling, request.audience),
    )
    thing = row.as_thing().going_to(to)
    with acting(officer, Act.DISCLOSE, thing, purpose, step=STEP, reason="send a request", recipients=[to]):
        row.save()
        if request.crop_id:
            emergency.used(request.crop_id, to)
    return row


def withdraw(officer: Officer, purpose: Purpose, request: Request) -> None:
    """Take a request back: it is gone from every recipient's desk at once; answers given stay."""
    if request.owner_id != officer.agency:
        raise NotAsked("only the agency that asked takes its request back")
    with acting(officer, Act.ALTER, request.as_thing(), purpose, step=STEP, reason="withdraw") as deed:
        sent = Dispatch.objects.filter(request=request, owner_id=officer.agency)
        deed.recipients = list(sent.values_list("addressed_id", flat=True))
        Request.objects.filter(pk=request.pk, withdrawn_at=None).update(withdrawn_at=clock.now())
        sent.update(state="withdrawn")


# --- the recipient's side -------------------------------------------------------------------------------


def inbox(officer: Officer) -> QuerySet[Dispatch]:
    """Return what is addressed to the officer's agency and not withdrawn, the first due first.

    What a colleague asked a specialist of the own agency is for that specialist alone.
    """
    return (
        Dispatch.objects.filter(addressed_id=officer.agency)
        .exclude(state="withdrawn")
        .exclude(Q(owner_id=officer.agency) & ~Q(specialist_id=officer.id))
        .select_related("owner")
        .order_by("due", "made_at")
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
        held = _addressed(officer, dispatch)
        if held.read_at is None:
            held.read_at = clock.now()
            with guard.system("the asker sees that its request was read"):
                Dispatch.objects.filter(pk=held.pk, read_at=None).update(read_at=held.read_at)
    return held


def crop_copy(
    officer: Officer, purpose: Purpose, dispatch: Dispatch, view: str = "grey"
) -> tuple[Viewing, bytes]:
    """Return the look and the crop of a request as JPEG, ``grey`` (small, blurred) or ``clear``.

    Each is logged and counted for the one who looks. In the case it is the asking agency's, as the question
    is: nobody else in the case learns who was asked.
    """
    if view not in VIEWS:
        raise NotAnswered(f"a crop is shown {' or '.join(VIEWS)}")
    reason = f"crop shown {view}"
    with acting(officer, Act.REVEAL, dispatch.as_thing(), purpose, step=STEP, reason=reason) as deed:
        held = _addressed(officer, dispatch)
        if not held.crop_key or not _crop_may_be_here(held, officer.agency):
            raise NotAnswered("this request has no crop, or its originator took it back; ask the sender")
        made = render(evidence_store().original(held.crop_key), view)
        if not isinstance(made, Refusal):
            _record_shown(deed, officer, held, view, made)
            looked = _counted(officer, purpose, held, view)
    if isinstance(made, Refusal):
        raise NotAnswered(f"the crop cannot be shown: {made.reason}; ask the sender for another")
    return looked, made


def _counted(officer: Officer, purpose: Purpose, dispatch: Dispatch, view: str) -> Viewing:
    with guard.system("a recipient's look at a crop is counted in the case of the one who asked"):
        crop = Request.objects.select_related("crop").get(pk=dispatch.request_id).crop
        looked = Viewing(
            media=crop,
            account_id=officer.id,
            view="crop" if view == "clear" else view,
            purpose=str(purpose),
            case_id=dispatch.case_id,
            owner_id=dispatch.owner_id,
            made_by_id=officer.id,
            audience=dispatch.audience,
        )
        looked.handling = dispatch.handling
        looked.save()
        looked.derives_from(dispatch)
    return looked


def crop_hidden(
    officer: Officer, purpose: Purpose, dispatch: Dispatch, look: UUID, milliseconds: int
) -> None:
    """Record how long the officer's own look at the crop of a request lasted."""
    with guard.scope(officer, purpose):
        held = _addressed(officer, dispatch)
    with guard.system("an officer's own look, which lies in the case of the one who asked"):
        viewing = Viewing.objects.filter(pk=look, account=officer.id, case=held.case_id).first()
    if viewing is None:
        raise NotAnswered("this look is not yours to end")
    hide(officer, purpose, viewing, milliseconds)


def _record_shown(deed: Deed, officer: Officer, dispatch: Dispatch, view: str, shown: bytes) -> None:
    """Record, once for each view, what left with a request in the asker's case: derived from its copy."""
    with guard.system("what a recipient was shown is recorded in the case of the one who asked"):
        sent = Derivation.objects.filter(thing=dispatch.request_id, key=dispatch.crop_key).first()
        output = tools.output_of(shown)
        told = {"view": view, "region": None, "t": None, "side": None}
        held = Derivation.objects.filter(thing=dispatch.pk, output=output)
        if sent is None or any(d.parameters == told for d in held):
            return
        derived = Made(
            what="shown to a recipient",
            sources=[dispatch],
            inputs=[sent.output],
            tool=tools.RENDER,
            version=tools.versions(),
            parameters=told,
            output=output,
            media=sent.media,
            thing=dispatch.pk,
        )
        derivation.record(deed, officer, [derived], instead=dispatch.owner)


def _addressed(officer: Officer, dispatch: Dispatch) -> Dispatch:
    """Return the dispatch as it stands now, if it is addressed to the officer's agency and not withdrawn."""
    held = inbox(officer).filter(pk=dispatch.pk).first()
    if held is None:
        raise NotAnswered("this request was withdrawn; nothing needs to be done")
    return held


def _crop_may_be_here(dispatch: Dispatch, agency: UUID) -> bool:
    """Whether every originator of the crop, besides sender and recipient, lets the agency have it now."""
    with guard.system("the crop's originators are asked again at each showing"):
        crop = Request.objects.select_related("crop").get(pk=dispatch.request_id).crop
        if crop is None:
            return False
        thing = crop.as_thing()
    now = clock.now()
    released = {r.by for r in thing.releases if r.to == agency and r.holds(now)}
    return {thing.owner, *thing.originators} - {dispatch.owner_id, agency} <= released


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
    clue_kind, clue_value = _statement(officer, kind, clue_kind, clue_value, dispatch.about)
    if kind in {"answer", "partial"} and not text.strip() and not clue_kind:
        raise NotAnswered("an answer needs words or a clue; write what you know")
    thing, said = dispatch.as_thing(), {"kind": kind, "text": text.strip(), "evaluation": evaluation}
    reason = f"answer a request: {kind}"
    with acting(officer, Act.ALTER, thing, purpose, step=STEP, reason=reason, recipients=[dispatch.owner_id]):
        held = _addressed(officer, dispatch)
        said |= {"clue_kind": clue_kind, "codes": str(handling), "handling_text": handling.text}
        for same in Answer.objects.filter(dispatch_id=held.pk, addressed_id=officer.agency, **said):
            if same.clue_value == clue_value:
                return same
        made = _made(officer, held.case_id, handling, held.audience) | said
        row = Answer(dispatch_id=held.pk, addressed_id=officer.agency, clue_value=clue_value, **made)
        row.save()
        permit(row.pk, officer, held.owner_id, review_due(clock.now()), "an answer goes to the one who asked")
        if kind != "partial":
            Dispatch.objects.filter(pk=held.pk).update(state="answered")
        if held.field and held.crop_key and clue_kind:
            _propose(officer, held, row)
    return row


def _propose(officer: Officer, held: Dispatch, row: Answer) -> None:
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


def _statement(officer: Officer, kind: str, clue_kind: str, value: Any, about: str) -> tuple[str, Any]:
    """Return what is stated: for yes and no the country, or its region, else the clue given, checked."""
    if about and kind not in YES_OR_NO:
        raise NotAnswered("this question is answered by yes, not ours, or cannot say")
    if kind == "cannot say":
        return "", None
    if kind == "not ours":
        own = about or Agency.objects.get(pk=officer.agency).country
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


# --- taking ---------------------------------------------------------------------------------------------


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
        **_made(officer, held.case_id, held.handling, held.audience) | {"owner_id": owner},
    )


def _value_of(held: Answer) -> Any:
    """Return what a clue states; a yes to "is this yours?" is marked so: it is weighed at its own rate."""
    if held.kind != "ours":
        return held.clue_value
    value = held.clue_value if isinstance(held.clue_value, dict) else {"country": held.clue_value}
    return {**value, "asked": True}


def _made(officer: Officer, case: UUID, handling: Handling, audience: str) -> dict[str, Any]:
    """Return what every row of a case gets at creation."""
    return {
        "case_id": case,
        "owner_id": officer.agency,
        "made_by_id": officer.id,
        "made_at": clock.now(),
        "codes": str(handling),
        "handling_text": handling.text,
        "audience": audience,
    }
