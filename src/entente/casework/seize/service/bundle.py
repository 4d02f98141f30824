"""Write the confirmed bundle for a court: originals, derivations, who held them, and the log's proofs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from django.conf import settings

from entente.casework.intake.service import evidence_store
from entente.casework.seize.service.court import COURT, NotForCourt, Plan, plan, reading
from entente.casework.seize.service.custody import chain_of, digest_of
from entente.casework.seize.service.listing import STEP
from entente.casework.seize.service.reproduce import Again, again
from entente.evidence import tools
from entente.evidence.store import Erased
from entente.formats import court_bundle
from entente.records import checkpoint, clock, emergency, guard, log, log_key
from entente.records.act import acting
from entente.records.leaving import whole_of
from entente.records.models import Agency, Case, Checkpoint, CourtExport, Disclosure, Exhibit, LogEntry, Seal
from entente.records.models.custody import Custody
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer

# steps whose reasons are the desk's own words; an officer's may be about what the court must not learn of
TOLD = {"intake", "examine", STEP}


@dataclass(frozen=True, slots=True)
class Bundled:
    """What was written, and what was left out and why (for the sender)."""

    originals: int
    exhibits: int
    derivations: int
    entries: int
    left_out: tuple[str, ...]
    key: str


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
        whole_of(officer.agency, case, held.things).going_to(to.pk),
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
        return bundle(officer, case, to, held, stream)


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
    emergency.used([thing.id for thing in held.things if thing.id is not None], to.pk)


def bundle(officer: Officer, case: Case, to: Agency, held: Plan, stream: BinaryIO) -> Bundled:
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
