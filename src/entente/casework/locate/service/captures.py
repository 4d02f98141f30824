"""Captures: pages of open sources that officers kept, sealed like originals, checked against the log.

Nothing of them is shown: an officer brings a file, and gets it back as a file. Whatever step keeps a page of
an open source keeps it here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from entente.casework.intake.service import evidence_store
from entente.casework.locate.service.archives import contents_of
from entente.casework.locate.service.places import STEP, PlaceRefused, demand_open
from entente.evidence.store import Erased, NotKept, State, StoreFailed
from entente.records import clock, guard
from entente.records.act import acting, demand
from entente.records.carried import carried
from entente.records.models import CandidatePlace, Capture, Case, LogEntry, Seal
from entente.safeguards import tree
from entente.safeguards.access import Act
from entente.safeguards.commitment import canonical, opens
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import EVALUATIONS, Handling, HandlingCode, Purpose, union

LARGEST = 64 << 20  # bytes of one kept page
_BEGINS = (
    ("pdf", re.compile(rb"%PDF-")),
    ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("jpeg", re.compile(rb"\xff\xd8\xff")),
    ("gif", re.compile(rb"GIF8[79]a")),
    ("webp", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    ("warc", re.compile(rb"WARC/1\.|\x1f\x8b")),  # a limited process says whether it is one
    ("wacz", re.compile(rb"PK\x03\x04")),
    ("mhtml", re.compile(rb"(?i)\s*(from:|mime-version:|subject:|date:|snapshot-content-location:)")),
)
_HTML = re.compile(rb"(?i)<(!doctype\s+html|html)[\s>]")  # anywhere near the beginning


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: the bytes against their digest, the record against the log's entry."""

    state: State
    same_digest: bool
    entry: int | None  # of the log, that commits to the record as it stands now

    @property
    def sound(self) -> bool:
        """Whether the page is the one that was brought, and its record what the log sealed."""
        return self.state is State.INTACT and self.same_digest and self.entry is not None


def form_of(data: bytes) -> str:
    """Return what a kept page is by its first bytes, or nothing."""
    head = data[:4096]
    form = next((form for form, begins in _BEGINS if begins.match(head)), "")
    return form or ("html" if _HTML.search(head) else "")


def keep_page(
    officer: Officer,
    purpose: Purpose,
    at: CandidatePlace | Case,
    data: bytes,
    *,
    name: str,
    address: str,
    taken_at: datetime,
    evaluation: str = "X4",
    how: str = "brought",
    codes: Iterable[str] = ("H0",),
    handling_text: str = "",
    step: str = STEP,
) -> Capture:
    """Seal a page of an open source, for a place or a case: its bytes in the store, its record in the log."""
    form = _demand_page(data, address, taken_at)
    if evaluation not in EVALUATIONS:
        raise PlaceRefused("an evaluation is a source grade and an information grade, such as B2")
    own = Handling(frozenset(HandlingCode(c) for c in codes), handling_text.strip())
    place = at if isinstance(at, CandidatePlace) else None
    handling = union([place.handling, own]) if place else own
    thing = replace(at.as_thing(), owner=officer.agency, handling=handling)
    # asked before a stranger's archive is opened, and again when the row is written
    demand(officer, Act.RECEIVE, thing, purpose, step=step, reason="bring a capture")
    contents = contents_of(data, form)
    with acting(officer, Act.RECEIVE, thing, purpose, step=step, reason="bring a capture") as deed:
        if place:
            demand_open(place)
        case = at.case if isinstance(at, CandidatePlace) else at
        try:
            kept = evidence_store().keep_bytes(data, case.pk)
        except (NotKept, Erased, StoreFailed) as fault:
            raise PlaceRefused("the page cannot be sealed: {why}", why=fault) from None
        row = Capture(
            candidate=place,
            address=address.strip(),
            taken_at=taken_at,
            name=name.strip()[:200] or f"page.{form}",
            form=form,
            how=how,
            evaluation=evaluation,
            contents=contents,
            size=kept.size,
            sha256=kept.sha256,
            key=kept.key,
            **carried(officer, case, handling),
        )
        row.save()
        if place:
            row.derives_from(place)
        deed.seal(digest_of(row))
    return row


def _demand_page(data: bytes, address: str, taken_at: datetime) -> str:
    if not address.strip():
        raise PlaceRefused("a capture needs the address where the page was found")
    if taken_at > clock.now():
        raise PlaceRefused("the time of capture has not come yet; write it in UTC")
    if len(data) > LARGEST:
        raise PlaceRefused(
            "a kept page has {most} MiB at most; keep the part that matters", most=LARGEST >> 20
        )
    if not (form := form_of(data)):
        raise PlaceRefused("a capture is a page kept as HTML, MHTML, PDF, WARC or WACZ, or a picture of it")
    return form


def digest_of(row: Capture) -> str:
    """Return the SHA-256 of the record's canonical JSON: what the log's entry commits to."""
    return sha256(canonical(row.as_record()).encode()).hexdigest()


def check(officer: Officer, purpose: Purpose, capture: Capture, *, step: str = STEP) -> Checked:
    """Read the whole page again, and compare digest and record with what the log sealed."""
    with acting(officer, Act.READ, capture.as_thing(), purpose, step=step, reason="check a capture"):
        row = Capture.objects.get(pk=capture.pk)
        store = evidence_store()
        try:
            state = store.state(row.key, case=row.case_id)
            same = store.key_of(row.sha256, row.case_id) == row.key
        except ValueError:  # what stands in the row is no key or no digest at all
            state, same = State.DAMAGED, False
        return Checked(state, same, _entry_of(digest_of(row)))


def _entry_of(digest: str) -> int | None:
    """Return the log's entry that commits to a record, its commitment opened and found true."""
    with guard.system("which entry sealed a capture's record"):
        for seq in Seal.objects.filter(digest=digest).values_list("seq", flat=True):
            entry = LogEntry.objects.filter(seq=seq).select_related("opening").first()
            opening = getattr(entry, "opening", None)
            if entry is None or opening is None or not opening.state_salt:
                continue
            sealed = Seal.objects.filter(seq=seq).order_by("place").values_list("digest", flat=True)
            if tree.leaf_hash(entry.body.encode()).hex() != entry.leaf:
                continue
            told, salt = str(entry.told.get("after", "")), bytes.fromhex(opening.state_salt)
            if opens(told, "after", salt, canonical({"sealed": list(sealed)})):
                return int(seq)
    return None


def page_of(officer: Officer, purpose: Purpose, capture: Capture, *, step: str = STEP) -> bytes:
    """Return the kept page as it was brought; each giving out is logged first."""
    with acting(officer, Act.REVEAL, capture.as_thing(), purpose, step=step, reason="open a capture"):
        row = Capture.objects.get(pk=capture.pk)
        try:
            with evidence_store().open(row.key) as file:
                data = file.read()
        except (OSError, ValueError) as fault:  # lost, damaged or erased
            raise PlaceRefused(
                "the page cannot be read ({why}); check it, and run entente fsck", why=fault
            ) from None
        if sha256(data).hexdigest() != row.sha256:
            raise PlaceRefused("the page is not the one that was brought; check it, and run entente fsck")
    return data


def turn(
    officer: Officer,
    purpose: Purpose,
    capture: Capture,
    *,
    keep: bool,
    because: str = "",
    step: str = STEP,
) -> Capture:
    """Set a capture aside, with the reason, or take it back in; the sealed page stays as it is."""
    if not keep and not because.strip():
        raise PlaceRefused("say why the capture is set aside")
    reason = "take a capture back in" if keep else "set a capture aside"
    with acting(officer, Act.ALTER, capture.as_thing(), purpose, step=step, reason=reason):
        row = Capture.objects.select_for_update().get(pk=capture.pk)
        row.state, row.decided_by_id = "kept" if keep else "set aside", officer.id
        row.decided_because = "" if keep else because.strip()
        row.save(update_fields=["state", "decided_by", "decided_because"])
    return row
