"""Originals for a court: asked by a lead, confirmed by a second officer, written with their proofs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings

from entente.casework.inform.service import judge, things_of
from entente.casework.intake.service import evidence_store
from entente.casework.seize.service.custody import chain_of, digest_of
from entente.casework.seize.service.reproduce import Again, again, derivations_of
from entente.casework.seize.service.search import STEP, NotListed
from entente.evidence import tools
from entente.evidence.store import Erased
from entente.formats import court_bundle
from entente.records import checkpoint, clock, emergency, guard, log, log_key
from entente.records.act import acting
from entente.records.models import (
    Agency,
    Case,
    Checkpoint,
    CourtExport,
    Derivation,
    Disclosure,
    Exhibit,
    ExhibitItem,
    LogEntry,
    Media,
    Release,
    Seal,
)
from entente.records.models.custody import Custody, InChain
from entente.safeguards.access import Act, Thing
from entente.safeguards.release import LeftOut, left_out
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Audience, Handling, HandlingCode, Purpose, narrowest, union

COURT = Purpose.PROSECUTION
LASTING = timedelta(hours=24)  # a second officer confirms within a day, and the bundle is written in it
# steps whose reasons are the desk's own words; an officer's may be about what the court must not learn of
TOLD = {"intake", "examine", STEP}
UNKEPT = "it could not be read when it was received, so there is no original"


class NotForCourt(NotListed):
    """No bundle can be asked for, confirmed or written as it was wanted; the text says the mend."""


@dataclass(slots=True)
class Plan:
    """What a bundle would hold and what stays, judged for one court at one moment."""

    exhibits: list[tuple[Exhibit, Sequence[InChain]]]
    joints: list[ExhibitItem]
    items: list[Media]
    derivations: list[Derivation]
    stays: list[LeftOut]
    things: list[Thing]

    @property
    def told_sender(self) -> list[str]:
        """Everything that stays behind, for the one who sends."""
        return left_out(self.stays, for_recipient=False)

    @property
    def told_court(self) -> list[str]:
        """What the court reads of it: the absence of H1, and of nothing else."""
        return left_out(self.stays, for_recipient=True)


@dataclass(frozen=True, slots=True)
class Bundled:
    """What was written, and what was left out and why (for the sender)."""

    originals: int
    exhibits: int
    derivations: int
    entries: int
    left_out: tuple[str, ...]
    key: str


# --- what may go ----------------------------------------------------------------------------------------


def plan(officer: Officer, case: Case, things: Iterable[str], to: Agency, act: Act = Act.EXPORT) -> Plan:
    """Return what a bundle of these exhibits and items may hold for a court; nothing leaves yet.

    An exhibit goes with its whole chain or not at all. Raises ``NotForCourt`` without that purpose.
    """
    if COURT not in officer.purposes:
        raise NotForCourt("a bundle for a court is made for the purpose of prosecution, which is not yours")
    with guard.scope(officer, reading(officer)):
        wanted = list(things)
        rows = list(Exhibit.objects.filter(case=case, pk__in=wanted).select_related("owner", "made_by"))
        chains = {row.pk: chain_of(row).records for row in rows}
        joints = list(
            ExhibitItem.objects.filter(exhibit__in=rows).select_related("media", "owner", "made_by")
        )
        ids = {str(j.media_id) for j in joints} | set(wanted)
        media = list(Media.objects.filter(case=case, pk__in=ids).exclude(origin="crop").order_by("number"))
        # what a third agency derived, to ask its own lists, is its own and says nothing of this exhibit
        derived = [d for m in media for d in derivations_of(m) if d.owner_id in {officer.agency, m.owner_id}]
        crops = [d.made for d in derived if d.made is not None]
        every = [*rows, *joints, *media, *derived, *crops, *(r for c in chains.values() for r in c)]
        law = things_of(every)
    labels = {str(r.pk): (_label(r), law[str(r.pk)]) for r in every}
    no = judge(officer, COURT, labels, to, act)
    no |= {
        str(m.pk): LeftOut(str(m), str(m.handling), UNKEPT, stated=False)
        for m in media
        if not m.key and str(m.pk) not in no
    }
    gone = no.keys()
    goes = [r for r in rows if not gone & {str(r.pk), *(str(s.pk) for s in chains[r.pk])}]
    items = [m for m in media if str(m.pk) not in gone]
    kept = {r.pk for r in [*goes, *items]}
    stays = [no[str(r.pk)] for r in [*rows, *media] if str(r.pk) in no]
    made = Plan(
        exhibits=[(r, chains[r.pk]) for r in goes],
        joints=[j for j in joints if str(j.pk) not in gone and j.exhibit_id in kept and j.media_id in kept],
        items=items,
        derivations=_with_inputs([d for d in derived if not gone & {str(d.pk), str(d.made_id)}], items),
        stays=stays,
        things=[],
    )
    held = [*goes, *made.joints, *items, *made.derivations, *(s for r in goes for s in chains[r.pk])]
    made.things = [law[str(r.pk)] for r in held]
    return made


def reading(officer: Officer) -> Purpose:
    """Return the purpose under which things for a court are chosen.

    H1 is hidden under prosecution: that it stays is told by one who may have it for the work.
    """
    work = Purpose.VICTIM_IDENTIFICATION
    return work if work in officer.purposes else COURT


def _label(row: Any) -> str:
    return f"exhibit {row.number}" if isinstance(row, Exhibit) else str(row)


def _with_inputs(derived: Sequence[Derivation], items: Sequence[Media]) -> list[Derivation]:
    """Return the derivations whose inputs are all in the bundle; one from what stays would tell of it."""
    have = {m.sha256 for m in items}
    kept: list[Derivation] = []
    for row in sorted(derived, key=lambda d: (d.made_at, d.leaf)):
        if set(row.inputs) <= have and row.pk not in {k.pk for k in kept}:
            kept.append(row)
            have.add(row.output)
    return kept


def _whole(officer: Officer, case: Case, held: Plan) -> Thing:
    """Return the bundle as the law sees it: the union of all that is in it."""
    originators = {o for t in held.things for o in (t.owner, *t.originators) if o is not None}
    releases = [r for t in held.things for r in t.releases]
    if case.handling.restricted:  # binds what leaves the case, whoever made it
        originators.add(case.owner_id)
        releases += [r.as_permission() for r in Release.objects.filter(thing=case.pk)]
    return replace(
        case.as_thing(),
        owner=officer.agency,
        handling=union([case.handling, *(t.handling for t in held.things)]),
        originators=frozenset(originators - {officer.agency}),
        releases=tuple(releases),
        audience=narrowest([Audience(case.audience), *(t.audience for t in held.things)]),
    )


# --- two people -----------------------------------------------------------------------------------------


def ask(
    officer: Officer,
    case: Case,
    *,
    to: Agency,
    exhibits: Iterable[Exhibit] = (),
    items: Iterable[Media] = (),
) -> CourtExport:
    """Ask, as a lead of the case, that originals go to a court; a second officer of the agency confirms.

    Raises ``NotForCourt`` where nothing may go, ``guard.Denied`` for whoever may export nothing here.
    """
    if to.pk == officer.agency:
        raise NotForCourt("the originals are at this agency already; name the court's")
    things = [str(row.pk) for row in (*exhibits, *items)]
    _demand_lead(officer, case, to)
    held = plan(officer, case, things, to)
    if not held.items:
        raise NotForCourt(
            "no original of that choice may go to this court; ask the originators to release it"
        )
    with acting(
        officer,
        Act.EXPORT,
        _whole(officer, case, held).going_to(to.pk),
        COURT,
        step=STEP,
        reason=f"ask for {len(held.items)} originals for a court",
        recipients=[to.pk],
    ):
        row = CourtExport(
            case=case,
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=case.audience,
            to=to,
            things=things,
            items=len(held.items),
            expires=clock.now() + LASTING,
        )
        # to whom something goes is the agency's own information: nobody else in the case learns it
        row.handling = union([case.handling, Handling(frozenset({HandlingCode.H2}))])
        row.save()
    return row


def _demand_lead(officer: Officer, case: Case, to: Agency) -> None:
    """Only a lead exports: a no stands in the log before anything of the choice is told."""
    thing = _whole(officer, case, Plan([], [], [], [], [], [])).going_to(to.pk)
    with acting(officer, Act.EXPORT, thing, COURT, step=STEP, reason="choose originals for a court"):
        pass


def confirm(officer: Officer, row: CourtExport, *, count: int) -> CourtExport:
    """Confirm, as a second officer of the same agency, that ``count`` originals go to that court.

    The count is read by the one who confirms: where it is another now, nothing is confirmed.
    """
    held = plan(officer, row.case, row.things, row.to, Act.DISCLOSE)
    reason = f"confirm {count} originals for a court"
    thing = _whole(officer, row.case, held).going_to(row.to_id)
    with acting(officer, Act.DISCLOSE, thing, COURT, step=STEP, reason=reason, recipients=[row.to_id]):
        fresh = CourtExport.objects.select_for_update().get(pk=row.pk)
        _demand_second(officer, fresh)
        if not count == len(held.items) == fresh.items:
            raise NotForCourt(
                f"{fresh.items} originals were asked for, {len(held.items)} may go now, you confirm {count}; "
                "ask for it again"
            )
        fresh.confirmed_by_id, fresh.confirmed_at = officer.id, clock.now()
        fresh.save(update_fields=["confirmed_by", "confirmed_at"])
    return fresh


def _demand_second(officer: Officer, row: CourtExport) -> None:
    if row.owner_id != officer.agency:
        raise NotForCourt("a second officer of the agency that asked confirms it")
    if row.made_by_id == officer.id:
        raise NotForCourt("an export of originals takes two people; another officer confirms it")
    if row.state() != "asked":
        raise NotForCourt(f"this request is {row.state()}; ask for it again")


# --- writing --------------------------------------------------------------------------------------------


def write_bundle(
    officer: Officer, row: CourtExport, stream: BinaryIO, *, most: int = court_bundle.MOST
) -> Bundled:
    """Write the confirmed bundle, as the lead who asked: logged with its recipient before a byte leaves.

    Everything is judged again now. Raises ``NotForCourt`` unless it was confirmed within the day, holds what
    was confirmed, and has no more than ``most`` bytes of originals.
    """
    case, to = row.case, row.to
    held = plan(officer, case, row.things, to)
    if sum(m.size for m in held.items) > most:
        raise NotForCourt(
            f"the originals are more than {most >> 20} MiB; `entente export` writes up to 4 GiB, "
            "more goes in a bundle for each exhibit"
        )
    with acting(
        officer,
        Act.EXPORT,
        _whole(officer, case, held).going_to(to.pk),
        COURT,
        step=STEP,
        reason=f"write {len(held.items)} originals for a court",
        recipients=[to.pk],
    ):
        fresh = CourtExport.objects.select_for_update().get(pk=row.pk)
        if fresh.state() != "confirmed" or fresh.made_by_id != officer.id:
            raise NotForCourt(f"this request is {fresh.state()}; it is written once, by the lead who asked")
        if len(held.items) != fresh.items:
            raise NotForCourt("what may go has changed since it was confirmed; ask for it again")
        fresh.written_at = clock.now()
        fresh.save(update_fields=["written_at"])
        _record(officer, case, to, held, fresh)
    with guard.scope(officer, reading(officer)):
        return _bundle(officer, case, to, held, stream)


def _record(officer: Officer, case: Case, to: Agency, held: Plan, row: CourtExport) -> None:
    """Write down what left, so that it can be called back, and what stayed."""
    told = Disclosure(
        case=case,
        owner_id=officer.agency,
        made_by_id=officer.id,
        audience=case.audience,
        to=to,
        what="court bundle",
        thing=row.pk,
        left_out=held.told_sender,
        held=[str(t.id) for t in held.things],
    )
    told.handling = row.handling
    told.save()
    for thing in held.things:
        if thing.id is not None:
            emergency.used(thing.id, to.pk)


def _bundle(officer: Officer, case: Case, to: Agency, held: Plan, stream: BinaryIO) -> Bundled:
    """Sign the head that covers the export's own entry, and put everything together."""
    head = checkpoint.make()
    key = log_key.public(log_key.read(settings.KEY_FOLDER), checkpoint.note_of(head).head.origin)
    entries, unsealed = _proofs(officer, case, to, held, head)
    derivations, outputs = _derived(officer, held)
    custody = {
        "exhibits": [
            {"record": r.as_record(), "chain": [s.as_record() for s in c]} for r, c in held.exhibits
        ],
        "items": [j.as_record() for j in held.joints],
    }
    items = [
        {
            "item": m.number,
            "sha256": m.sha256,
            "size": m.size,
            "mime": m.mime,
            "file": f"originals/{m.sha256}",
        }
        for m in held.items
    ]
    store = evidence_store()
    parts: dict[str, court_bundle.Part] = {
        "head.txt": checkpoint.note_of(head).text().encode(),
        "log.json": _json({"entries": entries, "unsealed": unsealed, "witnessed": _witnessed(head)}),
        "custody.json": _json(custody),
        "derivations.json": _json(derivations),
        "items.json": _json(items),
        "absent.json": _json(held.told_court),
        **outputs,
        **{f"originals/{m.sha256}": partial(store.open, m.key) for m in held.items},
    }
    agency = Agency.objects.get(pk=officer.agency)
    facts = {
        "case": case.number,
        "case_id": str(case.pk),
        "from": agency.name,
        "to": to.name,
        "purpose": str(COURT),
        "issued": head.at.isoformat(),
        "key": key.written(),
        "log": {"origin": key.name, "size": head.size, "root": head.root},
    }
    parts |= _pages(facts, held, custody, items, derivations)
    try:
        court_bundle.write(stream, facts, parts, log_key.read(settings.KEY_FOLDER).sign)
    except (OSError, Erased, court_bundle.NotBundled) as fault:
        raise NotForCourt(f"the bundle could not be written: {fault}") from None
    return Bundled(
        len(items), len(held.exhibits), len(derivations), len(entries), tuple(held.told_sender), key.written()
    )


def _json(told: Any) -> bytes:
    return tools.canonical(told)


def _proofs(
    officer: Officer, case: Case, to: Agency, held: Plan, head: Checkpoint
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the entries of these things with their proofs, and the ids of records that none seals.

    An entry that names another recipient, or of another agency's officer, is not for this court. A record is
    unsealed that is older than seals, or where what opens its entry was erased.
    """
    rows: list[tuple[Custody, str]] = [
        (r, digest_of(r))
        for r in [*(e for e, _ in held.exhibits), *held.joints, *(s for _, c in held.exhibits for s in c)]
    ]
    rows += [(d, d.root) for d in held.derivations]
    about = {t.id for t in held.things}
    with guard.system("the entries of what goes to a court, with what opens them"):
        seqs = set(Seal.objects.filter(digest__in={d for _, d in rows}).values_list("seq", flat=True))
        every = LogEntry.objects.filter(case=case.pk, agency=officer.agency, seq__lt=head.size)
        entries = [
            _entry(e, head.size)
            for e in every.select_related("opening").order_by("seq")
            if _for(e, to) and (e.seq in seqs or (e.step in TOLD and (e.thing in about or _names(e))))
        ]
    sealed = {
        d for e in entries for d in e["openings"].get("after", {"value": {}})["value"].get("sealed", [])
    }
    return entries, sorted(str(r.pk) for r, digest in rows if digest not in sealed)


def _names(entry: LogEntry) -> list[str]:
    return list(entry.told["recipients"])


def _for(entry: LogEntry, to: Agency) -> bool:
    return set(_names(entry)) <= {str(to.pk)}


def _entry(entry: LogEntry, size: int) -> dict[str, Any]:
    """Return an entry with its proof, and what opens who acted, why, and what it sealed, unless erased."""
    opened: dict[str, Any] = {}
    row = getattr(entry, "opening", None)
    if row is not None:
        opened = {
            field: {"salt": getattr(row, f"{field}_salt"), "value": getattr(row, field)}
            for field in ("officer", "reason")
        }
        digests = list(Seal.objects.filter(seq=entry.seq).order_by("place").values_list("digest", flat=True))
        if digests and row.state_salt:
            opened["after"] = {"salt": row.state_salt, "value": {"sealed": digests}}
    proof = [h.hex() for h in log.inclusion(entry.seq, size).proof]
    return {"body": entry.body, "openings": opened, "proof": proof}


def _witnessed(head: Checkpoint) -> dict[str, Any] | None:
    """Return the last head that partners co-signed, and the proof that the log only grew from it."""
    with_lines = Checkpoint.objects.filter(size__lte=head.size, size__gt=0).exclude(cosignatures=None)
    last = with_lines.order_by("number").distinct().last()
    if last is None:
        return None
    proof = [h.hex() for h in log.consistency(last.size, head.size)]
    return {"note": checkpoint.note_of(last).text(), "proof": proof}


def _derived(officer: Officer, held: Plan) -> tuple[list[dict[str, Any]], dict[str, court_bundle.Part]]:
    """Return the derivations and their outputs: from the store where they are kept, else made again now."""
    told: list[dict[str, Any]] = []
    parts: dict[str, court_bundle.Part] = {}
    for row in held.derivations:
        name, why = f"derived/{row.output}", ""
        if row.key:
            parts[name] = partial(evidence_store().open, row.key)
        else:
            made = again(row, reading(officer), officer)
            if made.verdict is Again.SAME:
                parts[name] = made.output
            else:
                name, why = "", f"{made.verdict}: {made.because}"
        told.append(
            {
                "record": row.as_record(),
                "root": row.root,
                "leaf": row.leaf,
                "leaves": row.leaves,
                "proof": row.proof,
                "file": name,
                "why": why,
            }
        )
    return told, parts


def _pages(
    facts: Mapping[str, Any],
    held: Plan,
    custody: Mapping[str, Any],
    items: Sequence[Any],
    derivations: Sequence[Any],
) -> dict[str, court_bundle.Part]:
    """Return the page for people in each language."""
    made: dict[str, court_bundle.Part] = {}
    for language in court_bundle.LANGUAGES:
        document = {
            **facts,
            "exhibits": [
                {**told, "gaps": _gaps(row, language)}
                for told, (row, _) in zip(custody["exhibits"], held.exhibits, strict=True)
            ],
            "items": items,
            "derivations": derivations,
            "absent": held.told_court,
        }
        made[f"read-me.{language}.html"] = court_bundle.page(document, language)
    return made


def _gaps(row: Exhibit, language: str) -> list[str]:
    return [
        court_bundle.gap_says(
            str(g.kind),
            language,
            number=g.number,
            who=g.who,
            instead_of=g.instead_of,
            since=f"{g.since:%Y-%m-%d %H:%M}" if g.since else "",
            until=f"{g.until:%Y-%m-%d %H:%M}" if g.until else "",
        )
        for g in chain_of(row).gaps
    ]


def asked_of(case: Case) -> list[CourtExport]:
    """Return what was asked for courts in a case, the last first; asks inside the caller's scope."""
    rows = CourtExport.objects.filter(case=case).select_related("to", "made_by", "confirmed_by")
    return list(rows[:50])


def find_asked(officer: Officer, case: Case, given: str = "", to: Agency | None = None) -> CourtExport:
    """Return a request by its id, or the last of the case for a court; raise ``LookupError`` if none."""
    with guard.scope(officer, COURT):
        rows = CourtExport.objects.filter(case=case).select_related("to", "case")
        if given:
            rows = rows.filter(pk=_uuid(given))
        if to is not None:
            rows = rows.filter(to=to)
        row = rows.first()
    if row is None:
        raise LookupError("no such request for a court that this officer can see; ask for one first")
    return row


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise LookupError(f"{text} is no number of a request; it is printed when it is asked for") from None
