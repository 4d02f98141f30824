"""``entente fsck``: read every object of the store again, compare it with its row, and prove the log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from entente.cli import words
from entente.web import start

if TYPE_CHECKING:
    from entente.casework.intake.service import Claim
    from entente.evidence.store import EvidenceStore


@dataclass
class Found:
    """What reading everything came to, each thing named as an officer knows it."""

    intact: int = 0
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    keyless: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    without_a_row: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether everything that should be readable is."""
        return not (self.missing or self.changed or self.keyless)


def run(arguments: list[str]) -> int:
    """Check everything; exit 1 where anything is wrong."""
    made = words.on_desk(words.parser("fsck", "check every original and the log"))
    made.add_argument("--sweep", action="store_true", help="remove what broken imports left, a day old")
    told = made.parse_args(arguments)
    try:
        start.open_desk(start.folder_of(told.desk))
    except start.NoDesk as fault:
        return words.refuse("fsck", fault)
    from entente.casework.intake.service import claims, evidence_store, sweep_store
    from entente.evidence.keys import KeyRefused
    from entente.evidence.store import StoreFailed
    from entente.records import log

    try:
        store = evidence_store()
        swept = sweep_store() if told.sweep else {}
        claimed = claims()
        found = read_all(store, claimed)
        state = _state(store, found.clean)
    except (KeyRefused, StoreFailed) as fault:
        return words.refuse("fsck", fault, 1)
    proof = log.verify()
    said = {
        "originals": len(claimed),
        "intact": found.intact,
        "missing": found.missing,
        "changed": found.changed,
        "case_key_lost": found.keyless,
        "erased": found.erased,
        "without_a_row": len(found.without_a_row),
        "store": state,
        "log_size": proof.size,
        "log_faults": list(proof.faults),
    }
    words.say(said | ({"swept": swept} if told.sweep else {}), told.json)
    return 0 if found.clean and not proof.faults else 1


def read_all(store: EvidenceStore, claimed: dict[str, Claim]) -> Found:
    """Read every claimed object and every other one, all chunks of each."""
    found = Found()
    # none is older than this list, so what an import places in the meantime is not called lost or unclaimed
    others = [key for key in store.keys() if key not in claimed]  # noqa: SIM118 - a store is no dict
    work: list[tuple[str, Any]] = [*claimed.items(), *((key, None) for key in others)]
    for key, claim in tqdm(work, unit=" objects", disable=None, leave=False):
        _sort(found, store, key, claim)
    return found


def _sort(found: Found, store: EvidenceStore, key: str, claim: Claim | None) -> None:
    """Read one object and put it where it belongs."""
    from entente.evidence.store import State

    what = claim.what if claim else f"object {key[:12]}… without a row"
    try:
        state = store.state(key, case=claim.case if claim else None)
    except ValueError:  # what stands in the row is no key at all
        state = State.DAMAGED
    if claim and claim.sha256 and store.key_of(claim.sha256, claim.case) != key:
        state = State.DAMAGED if state is State.INTACT else state  # the row speaks of other bytes
    if state is State.INTACT:
        found.intact += 1
    if claim is None:
        found.without_a_row.append(what)
    if claim is None and state in {State.MISSING, State.ERASED}:
        return  # swept in this moment, or nobody's any more
    lists = {
        State.MISSING: found.missing,
        State.DAMAGED: found.changed,
        State.NO_KEY: found.keyless,
        State.ERASED: found.erased,
    }
    if state in lists:
        lists[state].append(what)


def _state(store: EvidenceStore, clean: bool) -> str:
    """Return whether the store takes things in; after a clean reading a read-only one does again."""
    if not store.read_only:
        return "sound"
    if not clean:
        return f"read-only: {store.read_only}"
    store.trust()
    return "was read-only; everything is intact, so it takes things in again"
