"""Put a question to named agencies, and take it back.

Each named agency gets a dispatch of its own, which is all that it ever sees of the case. A dispatch is H2
of the asking agency, so that nobody else in the case learns who was asked. Originals never leave; a crop
leaves as a fresh copy, and only where every originator lets it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from entente.casework.cooperate.service.request import STEP, URGENCIES, NotAsked, handling_of
from entente.casework.intake.service import evidence_store
from entente.casework.locate.world import world
from entente.evidence import tools
from entente.evidence.open import render
from entente.evidence.store import Erased, NotKept
from entente.records import circle, clock, derivation, emergency
from entente.records.act import acting, demand
from entente.records.carried import carried
from entente.records.derivation import Made
from entente.records.models import Account, Agency, Case, Dispatch, Media, Request
from entente.safeguards.access import Act
from entente.safeguards.partners import CLUE, NoBasis, demand_transfer
from entente.vocabulary.agency import AgencyKind, Officer
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import H2, Purpose, union
from entente.vocabulary.media import Refusal, Region


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
    circle_known: bool = False,
) -> Request:
    """Put a precise question to named agencies, one dispatch each; recipients do not learn of each other.

    Unless ``circle_known``, which is chosen as the question is put, and never afterwards.
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
            circle_known=circle_known,
            **carried(officer, case, handling),
        )
        request.save()
        if crop is not None:
            request.derives_from(crop)
        key = ""
        if crop is not None:
            key, derived = copy_of(crop)
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
    _demand_reach(officer, agencies)
    if due <= clock.now():
        raise NotAsked("the answer is due in the past; give a later date")
    if asks and asks not in set(ClueKind):
        raise NotAsked(f"there is no clue of the kind {asks!r}; choose one from the list or none")
    if urgency not in URGENCIES:
        raise NotAsked(f"urgency is one of {', '.join(URGENCIES)}")


def _demand_reach(officer: Officer, to: Iterable[Agency]) -> None:
    """A partner of another desk is asked by package: it needs its card, and a legal basis for so much."""
    for agency in to:
        if not circle.of_another_desk(officer.agency, agency.pk):
            continue
        try:
            circle.card_of(officer.agency, agency.pk)
            demand_transfer(AgencyKind(agency.kind), circle.basis_for(officer.agency, agency), {CLUE}, 1)
        except (circle.NotPinned, NoBasis) as fault:
            raise NotAsked(f"{agency.short}: {fault}") from None


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
        demand(officer, Act.DISCLOSE, thing, purpose, step=STEP, reason="send a crop")


def copy_of(crop: Media) -> tuple[str, Made]:
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
    handling = union([request.handling, H2])
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
        circle_known=request.circle_known,
        specialist=person,
        **carried(officer, request, handling),
    )
    thing = row.as_thing().going_to(to)
    with acting(officer, Act.DISCLOSE, thing, purpose, step=STEP, reason="send a request", recipients=[to]):
        row.save()
        if request.crop_id:
            emergency.used([request.crop_id], to)
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
