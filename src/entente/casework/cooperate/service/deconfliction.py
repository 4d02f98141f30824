"""Two who work on the same identifier learn of each other, and a pause stands until people lift it.

Hit with owner and contact, or nothing (Regulation (EU) 2016/794 art. 20): neither side learns of a case, a
suspect or a handling of the other's. Whoever works at TLP:RED is never told of: for the other side hidden
and absent are the same. A centre is told which two, over which kind of identifier, where neither side
restricted it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db.models import QuerySet

from entente.records import clock, guard
from entente.records.act import Deed, acting
from entente.records.carried import carried
from entente.records.models import Agency, Pause, PauseOfTwo, Suspect, SuspectIdentifier
from entente.safeguards.access import Act
from entente.vocabulary.agency import AgencyKind, Officer
from entente.vocabulary.handling import H2, ORIGINATOR_ONLY, Audience, Handling, HandlingCode, Purpose, union
from entente.vocabulary.identifier import IdentifierKind, normalise

STEP = "cooperate"
KINDS = (IdentifierKind.SCREEN_NAME, IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.DEVICE)
BOTH = "both sides agreed"


class NotPaused(ValueError):
    """An identifier or a pause is not as the act needs it; the text says the mend."""


# --- identifiers ------------------------------------------------------------------------------------------


def add_identifier(
    officer: Officer,
    purpose: Purpose,
    suspect: Suspect,
    *,
    kind: str,
    text: str,
    codes: Iterable[str] = ("H0",),
    handling_text: str = "",
) -> SuspectIdentifier:
    """Set down that the case works on an identifier of a suspect; whoever else does is told, and so are we.

    Counted with the cross-checks: the answer is hit or no hit. Set down twice it is one.
    """
    if kind not in KINDS:
        raise NotPaused(f"what can be worked on is: {', '.join(KINDS)}; a file's hash is cross-checked")
    value = normalise(kind, text)
    if len(value) > 200:
        raise NotPaused("an identifier has 200 characters at most; give the identifier alone")
    handling = Handling(frozenset(HandlingCode(c) for c in codes), handling_text.strip())
    handling = union([handling, suspect.handling])
    thing = replace(suspect.as_thing(), owner=officer.agency, handling=handling)
    reason = f"set down an identifier: {kind}"
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason=reason) as deed:
        held = Suspect.objects.get(pk=suspect.pk)
        if held.state != "open":
            raise NotPaused("the suspect was set aside; bring it back first")
        same = SuspectIdentifier.objects.filter(suspect=held, owner_id=officer.agency, kind=kind, value=value)
        if (standing := same.filter(withdrawn_at=None).first()) is not None:
            return standing
        row = SuspectIdentifier(suspect=held, kind=kind, value=value, **carried(officer, held, handling))
        row.save()
        row.derives_from(held)
        compare(deed, row)
    return row


def withdraw_identifier(
    officer: Officer, purpose: Purpose, row: SuspectIdentifier, because: str
) -> SuspectIdentifier:
    """Say that nobody here works on the identifier any more; its pauses end on both sides."""
    return _turn(officer, purpose, row, because, withdrawn=True)


def work_on_again(
    officer: Officer, purpose: Purpose, row: SuspectIdentifier, because: str
) -> SuspectIdentifier:
    """Take a withdrawal back; the identifier is compared anew."""
    return _turn(officer, purpose, row, because, withdrawn=False)


def _turn(
    officer: Officer, purpose: Purpose, row: SuspectIdentifier, because: str, *, withdrawn: bool
) -> SuspectIdentifier:
    if not because.strip():
        raise NotPaused("say why; the reason stays with the identifier")
    reason = "withdraw an identifier" if withdrawn else "set down an identifier: again"
    act = Act.ALTER if withdrawn else Act.RECEIVE
    with acting(officer, act, row.as_thing(), purpose, step=STEP, reason=reason) as deed:
        held = SuspectIdentifier.objects.select_related("suspect").get(pk=row.pk)
        if held.owner_id != officer.agency:
            raise NotPaused("only the agency that set it down says whether it is worked on")
        if (held.withdrawn_at is not None) is withdrawn:
            return held
        held.withdrawn_at = clock.now() if withdrawn else None
        held.withdrawn_because = because.strip()
        held.save(update_fields=["withdrawn_at", "withdrawn_because"])
        if withdrawn:
            end(held)
        elif held.suspect.state == "open":
            compare(deed, held)
    return held


# --- who else --------------------------------------------------------------------------------------------


def compare(deed: Deed, row: SuspectIdentifier) -> None:
    """Find who else works on the identifier and set the pause on both sides; call it inside the act.

    The entry in the log names as recipients only those of whom this side is told.
    """
    with guard.system("deconfliction: who else works on the same identifier"):
        row = _with_case(SuspectIdentifier.objects.filter(pk=row.pk)).get()
        same = SuspectIdentifier.objects.filter(kind=row.kind, value=row.value, withdrawn_at=None)
        others = same.exclude(case_id=row.case_id, owner_id=row.owner_id).exclude(suspect__state="set aside")
        for other in _with_case(others.exclude(pk=row.pk)).order_by("made_at"):
            pair = uuid5(NAMESPACE_OID, "|".join(sorted((str(row.pk), str(other.pk)))))
            if Pause.objects.filter(pair=pair).exclude(state="ended").exists():
                continue
            ours = None if _silent(other) else _side(row, other, pair)
            theirs = None if _silent(row) else _side(other, row, pair)
            if ours is not None and other.owner_id not in deed.recipients:
                deed.recipients.append(other.owner_id)
            if ours and theirs and not (_kept(row) or _kept(other)):
                _tell_centres(ours, theirs, row.kind)


def _with_case(rows: QuerySet[SuspectIdentifier]) -> QuerySet[SuspectIdentifier]:
    return rows.select_related("case", "owner", "suspect")


def _silent(row: SuspectIdentifier) -> bool:
    """Whether the other side gets nothing at all: hidden and absent are the same to it."""
    return Audience.RED in {Audience(row.audience), Audience(row.case.audience)}


def _kept(row: SuspectIdentifier) -> bool:
    """Whether a side keeps it from everybody but the one that it meets."""
    strict = {Audience(row.audience), Audience(row.case.audience)} & ORIGINATOR_ONLY
    return bool(strict) or row.handling.restricted or row.case.handling.restricted


def _side(row: SuspectIdentifier, other: SuspectIdentifier, pair: UUID) -> Pause:
    """Write the pause of one side, for its own agency alone; one that had ended begins anew.

    Its id is made of the two identifiers', so that no id drawn afterwards tells of a row that is hidden.
    """
    handling = union([row.handling, H2])
    told = {
        "identifier": row,
        "pair": pair,
        "other_id": other.owner_id,
        "contact": other.owner.contact,
        "case_id": row.case_id,
        "owner_id": row.owner_id,
        "made_at": clock.now(),
        "audience": row.audience,
        "codes": str(handling),
        "handling_text": handling.text,
    }
    return Pause.objects.update_or_create(pk=uuid5(pair, str(row.pk)), defaults=told | _ANEW)[0]


_ANEW = {
    "state": "open",
    "agreed_by": None,
    "agreed_because": "",
    "lifted_at": None,
    "lifted_because": "",
}


def _tell_centres(one: Pause, other: Pause, kind: str) -> None:
    for centre in Agency.objects.filter(kind=str(AgencyKind.COORDINATION_CENTRE)):
        if centre.pk not in {one.owner_id, other.owner_id}:
            told = {
                "owner": centre,
                "pair": one.pair,
                "one_id": other.owner_id,  # who was there first
                "other_id": one.owner_id,
                "of_one": other,
                "of_other": one,
                "kind": kind,
                "state": "open",
                "made_at": one.made_at,
                "decided_by": None,
                "decided_because": "",
            }
            PauseOfTwo.objects.update_or_create(pk=uuid5(one.pair, str(centre.pk)), defaults=told)


def end(row: SuspectIdentifier) -> None:
    """End the pauses of an identifier, on both sides and at the centre; call it inside the act."""
    with guard.system("a pause ends on both sides"):
        pairs = list(Pause.objects.filter(identifier=row).values_list("pair", flat=True))
        for table in (Pause, PauseOfTwo):
            table.objects.filter(pair__in=pairs).update(state="ended")


# --- the pause -------------------------------------------------------------------------------------------


def agree(officer: Officer, purpose: Purpose, pause: Pause, because: str) -> Pause:
    """Say for one's own side that the two have spoken and may go on; once both sides said so it is lifted."""
    with acting(officer, Act.ALTER, pause.as_thing(), purpose, step=STEP, reason="agree to go on") as deed:
        held = _mine(officer, pause, because)
        if held.state != "open":
            raise NotPaused("this pause is not open; reload the page to see how it stands")
        held.agreed_by_id, held.agreed_because = officer.id, because.strip()
        held.save(update_fields=["agreed_by", "agreed_because"])
        deed.recipients = [held.other_id]
        with guard.system("a pause is lifted where the other side agreed too"):
            there = Pause.objects.filter(pair=held.pair, state="open").exclude(pk=held.pk)
            if all(p.agreed_by_id for p in there):
                _set(held.pair, "lifted", BOTH)
        held.refresh_from_db()
    return held


def pause_again(officer: Officer, purpose: Purpose, pause: Pause, because: str) -> Pause:
    """Take one's own agreement back, or pause anew what was lifted; it holds on both sides at once."""
    with acting(officer, Act.ALTER, pause.as_thing(), purpose, step=STEP, reason="pause again") as deed:
        held = _mine(officer, pause, because)
        if held.state == "ended":
            raise NotPaused("this pause has ended: one side works on the identifier no more")
        held.agreed_by_id, held.agreed_because = None, because.strip()
        held.save(update_fields=["agreed_by", "agreed_because"])
        deed.recipients = [held.other_id]
        with guard.system("a pause stands on both sides"):
            _set(held.pair, "open", "")
        held.refresh_from_db()
    return held


def _mine(officer: Officer, pause: Pause, because: str) -> Pause:
    if not because.strip():
        raise NotPaused("say why; the reason stays with the pause")
    _lock(pause.pair)
    held = Pause.objects.get(pk=pause.pk)
    if held.owner_id != officer.agency:
        raise NotPaused("each side speaks for itself")
    return held


def _lock(pair: UUID) -> None:
    """Hold both sides of a pause, always in one order: of two who agree at once the second sees the first."""
    with guard.system("both sides of a pause are held while one of them speaks"):
        list(Pause.objects.select_for_update().filter(pair=pair).order_by("pk"))


def _set(pair: UUID, state: str, because: str) -> None:
    """Set how a pause stands on both sides and at the centre; what the centre said of it before is over."""
    lifted = clock.now() if state == "lifted" else None
    live = Pause.objects.filter(pair=pair).exclude(state="ended")
    live.update(state=state, lifted_at=lifted, lifted_because=because)
    seen = PauseOfTwo.objects.filter(pair=pair).exclude(state="ended")
    seen.update(state=state, decided_by=None, decided_because="")


def decide(officer: Officer, purpose: Purpose, seen: PauseOfTwo, *, lift: bool, because: str) -> PauseOfTwo:
    """Lift a pause as a named person of the centre, or set it again; both sides read the reason."""
    if not because.strip():
        raise NotPaused("say why; both sides read the reason")
    reason = "lift a pause" if lift else "set a pause again"
    thing, told = seen.as_thing(), [seen.one_id, seen.other_id]
    with acting(officer, Act.ALTER, thing, purpose, step=STEP, reason=reason, recipients=told):
        if not officer.coordinates:
            raise NotPaused("a coordinator of the centre decides, or both sides")
        _lock(seen.pair)
        held = PauseOfTwo.objects.select_for_update().get(pk=seen.pk)
        if held.state == "ended":
            raise NotPaused("this pause has ended: one side works on the identifier no more")
        with guard.system("a pause is lifted or set on both sides by the centre"):
            Pause.objects.filter(pair=held.pair).update(agreed_by=None)
            _set(held.pair, "lifted" if lift else "open", because.strip())
        held.refresh_from_db()
        held.decided_by_id, held.decided_because = officer.id, because.strip()
        held.save(update_fields=["decided_by", "decided_because"])
    return held
