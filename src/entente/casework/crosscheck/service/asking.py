"""Have you seen this? A hit with its owner and the route to them, or nothing.

The program compares under its own written reason; the asker learns no item, no distance and no matched hash
of anybody's. A holding at TLP:RED gives no hit: for the asker hidden and absent are the same, and only
its holder is told. Source: Regulation (EU) 2016/794 arts 18(2)(a) and 20 (hit or no hit).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain, islice
from typing import Any
from uuid import UUID

from entente.casework.cooperate.service import ask
from entente.casework.crosscheck.service.names import KINDS as NAMED
from entente.casework.crosscheck.service.names import held_like, of_accounts, of_agency
from entente.casework.match.hashes import every_turn
from entente.casework.match.index import NearIndex, packed
from entente.casework.match.service import listed_elsewhere
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.carried import carried
from entente.records.models import (
    Agency,
    Case,
    Check,
    CheckHit,
    Clue,
    Dispatch,
    Frame,
    Lead,
    ListedHash,
    Media,
    Series,
    SeriesItem,
)
from entente.safeguards.access import Act
from entente.safeguards.limits import LIMITS
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import H2, Audience, Purpose
from entente.vocabulary.identifier import IdentifierKind, NotComparable, normalise
from entente.vocabulary.media_hash import EMPTY_FILE_HASHES, PDQ_MIN_QUALITY, PDQ_NEAR, Profile

STEP = "crosscheck"
MOST_A_MINUTE, MOST_A_DAY = (w.most for w in LIMITS["cross-checks"].windows)  # asked by ``acting``
LIST_DUE = timedelta(days=3)
LIST_QUESTION = "Cross-check: an item of ours is on a hash list of yours. What may you share about it?"
KINDS = tuple(IdentifierKind)
TYPED = (IdentifierKind.SCREEN_NAME, IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.DEVICE)
_AT_ONCE = 500  # values in one query

# The clues whose whole value is an identifier of that kind.
_CLUES = {
    IdentifierKind.SCREEN_NAME: ClueKind.TEXT,
    IdentifierKind.EMAIL: ClueKind.TEXT,
    IdentifierKind.PHONE: ClueKind.PHONE_NUMBER,
    IdentifierKind.DEVICE: ClueKind.DEVICE,
}


class NotChecked(ValueError):
    """A cross-check could not be made; the text says the mend."""


@dataclass(frozen=True, slots=True)
class Ours:
    """One identifier of ours: its kind, its one spelling, and what the page calls it."""

    kind: IdentifierKind
    value: str
    label: str
    media: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    """Where a partner holds the same. ``case`` is ``None`` on a hash list; ``silent`` gives no hit."""

    owner: UUID
    case: UUID | None = None
    media: UUID | None = None
    silent: bool = False


def check(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    *,
    kinds: Iterable[str],
    named: Mapping[str, Iterable[str]] | None = None,
    series: Series | None = None,
) -> Check:
    """Ask all partners of this node about the identifiers of ``case``; tell each holder who asked.

    With ``series`` only about what its items hold, as far as the officer sees them. ``kinds`` are of
    ``IdentifierKind``; ``named`` adds typed identifiers by kind. Raises ``LimitReached`` past the limits,
    ``NotChecked`` for an unknown kind, ``NotComparable`` for a typed text that is no identifier.
    """
    wanted = kinds_of(kinds)
    typed = typed_of(wanted, named or {})
    thing = replace(case.as_thing(), owner=officer.agency)
    with acting(officer, Act.MERGE, thing, purpose, step=STEP, reason="ask all partners") as deed:
        ours = [*typed, *_within(series, identifiers_of(case, wanted))]
        if not ours:
            raise NotChecked("nothing to ask about yet; receive items first, or type an identifier")
        with guard.system("cross-check: compare with what partners hold"):
            found = sorted(set(_found(ours, officer.agency, case.pk)), key=repr)
            deed.recipients = sorted({held.owner for _, held in found}, key=str)
            _tell(officer, found)
        row = _record(officer, case, wanted, len(ours), found)
        _ask_list_owners(officer, purpose, case, found)
    return row


def _within(series: Series | None, ours: Iterable[Ours]) -> Iterator[Ours]:
    """Iterate over what the items of a series hold; all of it where no series is asked about."""
    if series is None:
        yield from ours
        return
    inside = set(SeriesItem.objects.filter(series=series).values_list("media", flat=True))
    for one in ours:
        if one.media in inside:
            yield replace(one, label=f"{series} · {one.label}")


def kinds_of(kinds: Iterable[str]) -> list[IdentifierKind]:
    """Return the kinds that were chosen; raise ``NotChecked``."""
    try:
        wanted = sorted({IdentifierKind(k) for k in kinds})
    except ValueError:
        raise NotChecked(f"what can be checked is: {', '.join(KINDS)}") from None
    if not wanted:
        raise NotChecked("choose at least one kind of identifier")
    return wanted


def typed_of(wanted: list[IdentifierKind], named: Mapping[str, Iterable[str]]) -> list[Ours]:
    """Return the typed identifiers in their one spelling; a page calls them by number, never by text."""
    return [
        Ours(kind, normalise(kind, text), f"{kind} {place}, typed")
        for kind in wanted
        for place, text in enumerate((t for t in named.get(str(kind), ()) if t.strip()), 1)
    ]


def identifiers_of(case: Case, wanted: list[IdentifierKind]) -> Iterator[Ours]:
    """Iterate over the identifiers that the case itself holds and the officer may see."""
    items = Media.objects.filter(case=case)
    if IdentifierKind.HASH in wanted:
        for media in items.only("number", "case", "md5", "sha1", "sha256").iterator():
            for digest in digests_of(media):
                yield Ours(IdentifierKind.HASH, digest, str(media), media.pk)
    if IdentifierKind.DEVICE in wanted:
        for media in items.filter(metadata__has_key="serial").only("number", "case", "metadata").iterator():
            if serial := _comparable(IdentifierKind.DEVICE, media.metadata.get("serial")):
                yield Ours(IdentifierKind.DEVICE, serial, str(media), media.pk)
    for kind in (IdentifierKind.PHONE, IdentifierKind.DEVICE):
        if kind in wanted:
            for clue in Clue.objects.filter(case=case, kind=str(_CLUES[kind]), negated=False):
                if value := _comparable(kind, _text_of(clue.value)):
                    yield Ours(kind, value, f"a clue of the kind {kind}", clue.media_id)
    for kind in wanted:
        for value in of_accounts(case, kind):
            yield Ours(kind, value, "an account")


def digests_of(media: Media) -> list[str]:
    """Return the digests by which an item can be asked about."""
    return [d for d in (media.md5, media.sha1, media.sha256) if d and d not in EMPTY_FILE_HASHES]


def _comparable(kind: IdentifierKind, text: Any) -> str:
    """Return the one spelling of what is recorded, or nothing where it is no identifier."""
    try:
        return normalise(kind, str(text or ""))
    except NotComparable:
        return ""


def _text_of(value: Any) -> str:
    """Return the part of a clue's value that can identify: a device's serial, a text's string."""
    if isinstance(value, dict):
        return str(value.get("serial") or value.get("string") or "")
    return str(value or "")


def _found(ours: list[Ours], asker: UUID, case: UUID) -> Iterator[tuple[Ours, _Held]]:
    """Iterate over what partners hold of ``ours``; inside the system's scope only."""
    hashes = {o.media: o for o in ours if o.kind is IdentifierKind.HASH and o.media}
    by_value: dict[tuple[IdentifierKind, str], list[Ours]] = {}
    for one in ours:
        by_value.setdefault((one.kind, one.value), []).append(one)
    digests = [o.value for o in ours if o.kind is IdentifierKind.HASH]
    kinds = {kind for kind, _ in by_value}
    for kind, value, held in chain(
        _same_digest(digests, asker, case), _same_serial(kinds, asker, case), _same_clue(kinds, asker, case)
    ):
        for one in by_value.get((kind, value), ()):
            yield replace(one, value=""), held
    names = [key for key in by_value if key[0] in NAMED]
    for kind, value, row in held_like(names, asker, case) if names else ():
        for one in by_value[kind, value]:
            yield replace(one, value=""), _held_media(row)
    for media, held in _near_pictures(list(hashes), asker, case):
        yield replace(hashes[media], value=""), held


def _held_media(row: dict[str, Any]) -> _Held:
    silent = Audience.RED in {row["audience"], row["case__audience"]}
    return _Held(row["owner_id"], row["case_id"], row["media"], silent)


_HOLDER = ("owner_id", "case_id", "audience", "case__audience")


def _same_digest(digests: list[str], asker: UUID, case: UUID) -> Iterator[tuple[IdentifierKind, str, _Held]]:
    partners = Media.objects.exclude(owner_id=asker).exclude(case_id=case)
    for value, owner in listed_elsewhere(digests, asker):
        yield IdentifierKind.HASH, value, _Held(owner)
    for some in _pieces(digests):
        for column in ("md5", "sha1", "sha256"):
            same = {f"{column}__in": some}
            for row in partners.filter(**same).values(column, "pk", *_HOLDER):
                yield IdentifierKind.HASH, row[column], _held_media({**row, "media": row["pk"]})


def _pieces(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Iterate in pieces that one query takes."""
    rest = iter(values)
    while piece := list(islice(rest, _AT_ONCE)):
        yield piece


def _same_serial(
    kinds: set[IdentifierKind], asker: UUID, case: UUID
) -> Iterator[tuple[IdentifierKind, str, _Held]]:
    """Iterate over the serials that partners hold, where one is asked about."""
    if IdentifierKind.DEVICE not in kinds:
        return
    rows = Media.objects.exclude(owner_id=asker).exclude(case_id=case).filter(metadata__has_key="serial")
    for row in rows.values("metadata", "pk", *_HOLDER).iterator():
        if serial := _comparable(IdentifierKind.DEVICE, row["metadata"]["serial"]):
            yield IdentifierKind.DEVICE, serial, _held_media({**row, "media": row["pk"]})


def _same_clue(
    kinds: set[IdentifierKind], asker: UUID, case: UUID
) -> Iterator[tuple[IdentifierKind, str, _Held]]:
    """Iterate over the clues of partners that can be of the kinds asked about."""
    asked = {kind: str(clue) for kind, clue in _CLUES.items() if kind in kinds}
    rows = Clue.objects.exclude(owner_id=asker).exclude(case_id=case).exclude(state="withdrawn")
    rows = rows.filter(kind__in=set(asked.values()), negated=False)
    for row in rows.values("kind", "value", "media_id", *_HOLDER).iterator():
        for kind in (k for k, clue in asked.items() if clue == row["kind"]):
            if value := _comparable(kind, _text_of(row["value"])):
                yield kind, value, _held_media({**row, "media": row["media_id"]})


def serials_and_clues(agency: UUID, wanted: list[IdentifierKind]) -> Iterator[tuple[IdentifierKind, str]]:
    """Iterate over what one agency holds of identifiers that are no hashes; nothing that is TLP:RED."""
    red = str(Audience.RED)
    if IdentifierKind.DEVICE in wanted:
        rows = Media.objects.filter(owner_id=agency, metadata__has_key="serial")
        rows = rows.exclude(audience=red).exclude(case__audience=red)
        for told in rows.values_list("metadata", flat=True).iterator():
            if serial := _comparable(IdentifierKind.DEVICE, told["serial"]):
                yield IdentifierKind.DEVICE, serial
    clues = Clue.objects.filter(owner_id=agency, negated=False).exclude(state="withdrawn")
    for kind in (k for k in wanted if k in _CLUES):
        held = clues.filter(kind=str(_CLUES[kind])).exclude(audience=red).exclude(case__audience=red)
        for told in held.values_list("value", flat=True).iterator():
            if value := _comparable(kind, _text_of(told)):
                yield kind, value
    for kind in wanted:
        yield from ((kind, value) for value in of_agency(agency, kind))


def _near_pictures(items: list[UUID], asker: UUID, case: UUID) -> Iterator[tuple[UUID, _Held]]:
    """Iterate over items of ours and holdings within ``PDQ_NEAR`` bits in any of the eight turns."""
    asked = list(_queries(items))
    if not asked:
        return
    held = list(_pictures_held(asker, case))
    if not held:
        return
    pairs = NearIndex(packed([pdq for pdq, _ in held])).search(packed([pdq for _, pdq in asked]), PDQ_NEAR)
    for query, place in zip(pairs.query, pairs.held, strict=True):
        yield asked[query][0], held[place][1]


def _queries(items: list[UUID]) -> Iterator[tuple[UUID, str]]:
    for some in _pieces(items):
        good = {"pdq_quality__gte": PDQ_MIN_QUALITY, "pk__in": some}
        for row in Media.objects.filter(**good).values("pk", "pdq", "pdq_turns", "pdq_raw"):
            turns = row["pdq_turns"] or {Profile.FULL: [row["pdq"]] if row["pdq"] else []}
            yield from ((row["pk"], value) for _, _, value in every_turn(turns, row["pdq_raw"]))
        frames = Frame.objects.filter(media_id__in=some, quality__gte=PDQ_MIN_QUALITY)
        yield from frames.values_list("media_id", "pdq")


def _pictures_held(asker: UUID, case: UUID) -> Iterator[tuple[str, _Held]]:
    good = Media.objects.filter(pdq_quality__gte=PDQ_MIN_QUALITY).exclude(pdq="")
    for row in good.exclude(owner_id=asker).exclude(case_id=case).values("pdq", "pk", *_HOLDER):
        yield row["pdq"], _held_media({**row, "media": row["pk"]})
    frames = Frame.objects.filter(quality__gte=PDQ_MIN_QUALITY).exclude(owner_id=asker).exclude(case_id=case)
    for row in frames.values("pdq", "media_id", *_HOLDER):
        yield row["pdq"], _held_media({**row, "media": row["media_id"]})
    live = ListedHash.objects.filter(list__harmless=False, list__removed_at=None)
    lists = live.exclude(owner_id=asker).exclude(pdq="").exclude(aside__in=("held", "kept"))
    for pdq, owner in lists.values_list("pdq", "owner_id"):
        yield pdq, _Held(owner)


def _tell(officer: Officer, found: list[tuple[Ours, _Held]]) -> None:
    """Tell each holder, in its own case, who asked: agency and contact, once for each item and kind."""
    contact = Agency.objects.get(pk=officer.agency).contact
    for one, held in found:
        if held.case is None:
            continue
        where: dict[str, Any] = {
            "case_id": held.case,
            "owner_id": held.owner,
            "media_id": held.media,
            "kind": str(one.kind),
            "asker_id": officer.agency,
        }
        # H2: of a joint case's members only the holder's own learn who asks about its item
        new = {"contact": contact, "codes": "H2", "made_at": clock.now()}
        Lead.objects.get_or_create(**where, defaults=new)


def _record(
    officer: Officer, case: Case, wanted: list[IdentifierKind], asked: int, found: list[tuple[Ours, _Held]]
) -> Check:
    """Write the check and its hits: which of ours, who owns the other, the route. Nothing more."""
    told = sorted({(o.label, o.kind, h.owner, o.media) for o, h in found if not h.silent}, key=repr)
    made = carried(officer, case, H2)  # who holds what is for the asker alone
    row = Check.objects.create(kinds=[str(k) for k in wanted], asked=asked, hits=len(told), **made)
    holders = Agency.objects.in_bulk({owner for _, _, owner, _ in told})
    for label, kind, owner, media in told:
        contact = holders[owner].contact
        CheckHit.objects.create(
            of=row, kind=str(kind), ours=label, holder_id=owner, contact=contact, media_id=media, **made
        )
    return row


def _ask_list_owners(officer: Officer, purpose: Purpose, case: Case, found: list[tuple[Ours, _Held]]) -> None:
    """A list has no case to hold a lead, so its owner gets a request that it can answer; once while open."""
    owners = {held.owner for _, held in found if held.case is None}
    open_ones = Dispatch.objects.filter(case=case, question=LIST_QUESTION, state="sent")
    owners -= set(open_ones.values_list("addressed_id", flat=True))
    if owners:
        ask(
            officer,
            purpose,
            case,
            question=LIST_QUESTION,
            agencies=list(Agency.objects.filter(pk__in=owners)),
            due=clock.now() + LIST_DUE,
            codes=("H2",),  # that a partner holds it is for the asker alone, as the check is
        )
