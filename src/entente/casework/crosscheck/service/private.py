"""Cross-check privately with a partner of another desk: neither list is disclosed, both logs say what went.

A question and its answer travel as sealed packages. An officer of the holder decides on each question; the
answer is made of what its agency may say hit or no hit to. Both sides keep which way how many bytes went, and
their SHA-256: the logs of both prove what crossed, and that no content did.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from entente.casework.cooperate.service import arrivals, sealing
from entente.casework.crosscheck import private
from entente.casework.crosscheck.private import NotPrivate
from entente.casework.crosscheck.service.asking import (
    STEP,
    Ours,
    digests_of,
    identifiers_of,
    kinds_of,
    serials_and_clues,
    typed_of,
)
from entente.casework.intake.service import evidence_store
from entente.formats.sealed_package import Kind
from entente.records import circle, clock, guard, limits
from entente.records.act import acting
from entente.records.carried import carried
from entente.records.models import Agency, Case, Check, CheckHit, Media, Package, PrivateCheck
from entente.safeguards.access import Act, Deny, decide
from entente.safeguards.commitment import canonical
from entente.safeguards.partners import MEDIA, WHOLE, demand_transfer
from entente.safeguards.strict_json import NotStrict, loads
from entente.vocabulary.agency import AgencyKind, Officer
from entente.vocabulary.handling import H2, Audience, Purpose
from entente.vocabulary.identifier import IdentifierKind

NONCE = 12
PARTNERS_LIMIT = "questions of a partner"


def ask_privately(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    to: Agency,
    stream: BinaryIO,
    *,
    kinds: Iterable[str],
    named: Mapping[str, Iterable[str]] | None = None,
) -> PrivateCheck:
    """Write the sealed question about the identifiers of ``case`` for a partner of another desk.

    Raises ``NotPrivate``, ``NoBasis`` without a legal basis, ``circle.NotPinned``, ``LimitReached``.
    """
    wanted = kinds_of(kinds)
    typed = typed_of(wanted, named or {})
    circle.basis_for(officer.agency, to)  # before anything is read
    thing = replace(case.as_thing(), owner=officer.agency)
    number = uuid4()
    with acting(
        officer, Act.MERGE, thing, purpose, step=STEP, reason="private: ask a partner", recipients=[to.pk]
    ) as deed:
        ours = list(dict.fromkeys([*typed, *identifiers_of(case, wanted)]))
        by_element: dict[str, list[Ours]] = {}
        for one in ours:
            by_element.setdefault(private.element(number, one.kind, one.value), []).append(one)
        elements = sorted(by_element)
        _demand_kind(officer, to, wanted, len(elements))
        key, request = private.question(elements)
        told = {"number": str(number), "kinds": [str(k) for k in wanted], "asked": len(elements)}
        body = canonical(told).encode() + b"\n" + request
        row = PrivateCheck(
            owner_id=officer.agency,
            partner=to,
            outgoing=True,
            case=case.pk,
            number=number,
            kinds=told["kinds"],
            asked=len(elements),
            state="asked",
            by_id=officer.id,
            messages=[_went("out", body)],
        )
        of = [[[o.kind, o.label, str(o.media or "")] for o in by_element[e]] for e in elements]
        row.secret = _sealed(row, canonical({"key": key.hex(), "of": of}).encode())
        row.save()
        sent = sealing.write(
            officer, purpose, to, Kind.QUESTION, lambda: [body], stream, case=case, handling=H2
        )
        deed.seal(sent.digest)
        deed.reason = f"private: ask a partner. {_in_words(row)}"
    return row


def _demand_kind(officer: Officer, to: Agency, kinds: Iterable[str], asked: int) -> None:
    """Raise ``NoBasis`` where so much, or such identifiers, may not go to that kind of partner."""
    things = {MEDIA} if set(kinds) <= {IdentifierKind.HASH} else WHOLE
    demand_transfer(AgencyKind(to.kind), circle.basis_for(officer.agency, to), things, asked)


def waiting(officer: Officer) -> list[PrivateCheck]:
    """Return the agency's private checks, those that wait for an officer first; to be called in a scope."""
    rows = PrivateCheck.objects.filter(owner=officer.agency).select_related("partner", "by")
    return sorted(rows, key=lambda r: r.state != "waits")


def answer(officer: Officer, purpose: Purpose, row: PrivateCheck, stream: BinaryIO) -> PrivateCheck:
    """Write the sealed answer to a partner's question; the officer is who allows it."""
    circle.basis_for(officer.agency, row.partner)
    thing = replace(row.as_thing(), to=row.partner_id)
    with acting(
        officer,
        Act.MERGE,
        thing,
        purpose,
        step=STEP,
        reason="private: answer a partner",
        recipients=[row.partner_id],
    ) as deed:
        held = _decided(row)
        _demand_kind(officer, held.partner, held.kinds, held.asked)
        with guard.system("private cross-check: compare with what this agency holds"):
            elements = list(_held(officer.agency, held))
        told, count = private.answer(bytes(held.request), held.asked, elements)
        body = canonical({"number": str(held.number), "held": count}).encode() + b"\n" + told
        sent = sealing.write(officer, purpose, held.partner, Kind.ANSWER, lambda: [body], stream, handling=H2)
        held.state, held.held, held.request = "answered", count, b""
        held.decided_at, held.decided_by_id = clock.now(), officer.id
        held.messages = [*held.messages, _went("out", body)]
        held.save()
        deed.seal(sent.digest)
        deed.reason = f"private: answer a partner. {_in_words(held)}"
    return held


def refuse(officer: Officer, purpose: Purpose, row: PrivateCheck, because: str) -> PrivateCheck:
    """Leave a partner's question unanswered; the reason stays here."""
    if not because.strip():
        raise NotPrivate("say why; the reason stays on record")
    with acting(officer, Act.ALTER, row.as_thing(), purpose, step=STEP, reason="private: refuse a partner"):
        held = _decided(row)
        held.state, held.request, held.because = "refused", b"", because.strip()[:300]
        held.decided_at, held.decided_by_id = clock.now(), officer.id
        held.save()
    return held


def _decided(row: PrivateCheck) -> PrivateCheck:
    found = PrivateCheck.objects.select_for_update().filter(pk=row.pk, outgoing=False, state="waits").first()
    if found is None:
        raise NotPrivate("this question was decided already; load the page again")
    return found


def _held(agency: UUID, row: PrivateCheck) -> Iterator[str]:
    """Iterate over the identifiers that this agency says hit or no hit to; nothing that is TLP:RED."""
    wanted = [IdentifierKind(k) for k in row.kinds]
    red = str(Audience.RED)
    items = Media.objects.filter(owner=agency).exclude(audience=red).exclude(case__audience=red)
    if IdentifierKind.HASH in wanted:
        for media in items.iterator():
            yield from (private.element(row.number, IdentifierKind.HASH, d) for d in digests_of(media))
    for kind, value in serials_and_clues(agency, wanted):
        yield private.element(row.number, kind, value)


# --- what comes by package ------------------------------------------------------------------------------


def _take_question(officer: Officer, purpose: Purpose, package: Package, data: bytes) -> None:
    """Keep a partner's question until an officer decided on it, so many a day and no more."""
    limits.spend(PARTNERS_LIMIT, package.known_as)
    told, request = _parts(data)
    kinds, asked = _kinds(told.get("kinds")), told.get("asked")
    if not kinds or type(asked) is not int or not 0 < asked <= private.MOST_ASKED:
        raise NotPrivate("the question cannot be read; ask the partner for another")
    if len(request) > private.LONGEST_ELEMENT * asked + private.FRAME:
        raise NotPrivate("the question is longer than what it asks; ask the partner for another")
    number = _number(told)
    if PrivateCheck.objects.filter(owner=officer.agency, outgoing=False, number=number).exists():
        raise NotPrivate("a question of this number came before; ask the partner for another")
    PrivateCheck.objects.create(
        owner_id=officer.agency,
        partner_id=package.partner_id,
        outgoing=False,
        number=number,
        kinds=kinds,
        asked=asked,
        request=request,
        state="waits",
        by_id=officer.id,
        messages=[_went("in", data)],
    )


def _take_answer(officer: Officer, purpose: Purpose, package: Package, data: bytes) -> None:
    """Read an answer: what met becomes hits of the case that asked; the secret is destroyed."""
    told, body = _parts(data)
    row = PrivateCheck.objects.filter(
        owner=officer.agency,
        partner=package.partner_id,
        outgoing=True,
        state="asked",
        number=_number(told),
    ).first()
    if row is None or row.case is None:
        raise NotPrivate("no question of yours waits for this answer")
    with guard.system("the case that a private cross-check was asked for"):
        case = Case.objects.filter(pk=row.case).first()
        if case is None:
            raise NotPrivate("the case that asked was erased; what came is forgotten")
        mine = replace(case.as_thing(), owner=officer.agency)
    if isinstance(decide(officer, mine, Act.MERGE, purpose, clock.now()), Deny):
        raise arrivals.NeedsCase("it answers a question of a case that you are not in; have a member open it")
    count = told.get("held")
    if type(count) is not int or not 0 <= count <= private.MOST_HELD:
        raise NotPrivate("the answer does not say of how many it was made; ask the partner for another")
    held = loads(_unsealed(row))
    found = [of for n in private.met(bytes.fromhex(held["key"]), body, row.asked) for of in held["of"][n]]
    check = _hits(officer, case, row, found)
    row.state, row.hits, row.secret = "read", check.hits, b""
    row.held = count
    row.messages = [*row.messages, _went("in", data)]
    row.save()


def _hits(officer: Officer, case: Case, row: PrivateCheck, found: list[list[str]]) -> Check:
    """Write the check and its hits as those within a desk: which of ours, the partner, the route."""
    made = carried(officer, case, H2)  # who holds what is for the asker alone
    check = Check.objects.create(kinds=row.kinds, asked=row.asked, hits=len(found), **made)
    there = {str(pk) for pk in Media.objects.filter(case=case).values_list("pk", flat=True)}
    for kind, label, media in found:
        CheckHit.objects.create(
            of=check,
            kind=kind,
            ours=label,
            holder=row.partner,
            contact=row.partner.contact,
            media_id=media if media in there else None,
            **made,
        )
    return check


def _parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    line, end, rest = data.partition(b"\n")
    try:
        told = loads(line)
    except NotStrict:
        told = None
    if not end or not isinstance(told, dict):
        raise NotPrivate("it cannot be read; ask the partner for another")
    return told, rest


def _number(told: dict[str, Any]) -> UUID:
    try:
        return UUID(str(told.get("number")))
    except ValueError:
        raise NotPrivate("it has no number that can be read; ask the partner for another") from None


def _kinds(told: Any) -> list[str]:
    """Return what a question asks about; nothing where one of it is no kind."""
    known = {str(k) for k in IdentifierKind}
    given = told if isinstance(told, list) else []
    return given if all(isinstance(k, str) and k in known for k in given) else []


def _went(way: str, data: bytes) -> dict[str, Any]:
    """Return what both logs keep of a message: which way, how long, its digest."""
    return {"way": way, "bytes": len(data), "sha256": sha256(data).hexdigest(), "at": clock.now().isoformat()}


def _in_words(row: PrivateCheck) -> str:
    went = "; ".join(f"{m['way']} {m['bytes']} bytes, sha256 {m['sha256']}" for m in row.messages)
    return f"{row.asked} identifiers asked; {went}"


def _sealed(row: PrivateCheck, secret: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE)
    return nonce + _sealing(row).encrypt(nonce, secret, row.number.bytes)


def _unsealed(row: PrivateCheck) -> bytes:
    held = bytes(row.secret)
    try:
        return _sealing(row).decrypt(held[:NONCE], held[NONCE:], row.number.bytes)
    except InvalidTag:
        raise NotPrivate("the secret of this question is damaged; ask again") from None


def _sealing(row: PrivateCheck) -> AESGCM:
    return AESGCM(evidence_store().list_key(row.owner_id, "private cross-checks"))


arrivals.TAKERS[Kind.QUESTION] = _take_question
arrivals.TAKERS[Kind.ANSWER] = _take_answer
