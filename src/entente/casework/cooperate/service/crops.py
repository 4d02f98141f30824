"""The crop of a request at its recipient: shown when it is asked for, logged and counted."""

from __future__ import annotations

from uuid import UUID

from entente.casework.cooperate.service.dispatches import addressed_to
from entente.casework.cooperate.service.request import STEP, VIEWS, NotAnswered
from entente.casework.examine.service.look import hide
from entente.casework.intake.service import evidence_store
from entente.evidence import tools
from entente.evidence.open import render
from entente.records import clock, derivation, guard
from entente.records.act import Deed, acting
from entente.records.derivation import Made
from entente.records.models import Derivation, Dispatch, Request, Viewing
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Refusal


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
        held = addressed_to(officer, dispatch)
        if not held.crop_key or not crop_may_be_at(held, officer.agency):
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
        held = addressed_to(officer, dispatch)
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


def crop_may_be_at(dispatch: Dispatch, agency: UUID) -> bool:
    """Whether every originator of the crop, besides sender and recipient, lets the agency have it now."""
    with guard.system("the crop's originators are asked again at each showing"):
        crop = Request.objects.select_related("crop").get(pk=dispatch.request_id).crop
        if crop is None:
            return False
        thing = crop.as_thing()
    now = clock.now()
    released = {r.by for r in thing.releases if r.to == agency and r.holds(now)}
    return {thing.owner, *thing.originators} - {dispatch.owner_id, agency} <= released
