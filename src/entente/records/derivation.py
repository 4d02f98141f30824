"""What was derived from what: recorded inside the act that makes it, and sealed in that act's log entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from entente.records import guard
from entente.records.act import Deed
from entente.records.models.agency import Account, Agency
from entente.records.models.custody import Custody, Derivation
from entente.records.models.handled import CaseBound, Originator
from entente.records.models.media import Media
from entente.safeguards import tree
from entente.safeguards.commitment import canonical
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Audience, narrowest, union


@dataclass(frozen=True, slots=True)
class Made:
    """One thing derived: its sources (rows whose handling it carries), how, and what came out.

    ``inputs`` and ``output`` are SHA-256 in hex; ``key`` names the output in the evidence store.
    """

    what: str
    sources: Sequence[CaseBound]
    inputs: Sequence[str]
    tool: str
    version: Mapping[str, str]
    parameters: Mapping[str, Any]
    output: str
    media: Media | None = None
    made: Media | None = None
    thing: UUID | None = None
    key: str = ""


def leaf_of(row: Custody) -> bytes:
    """Return the hash of a row's record, as the log seals it."""
    return tree.leaf_hash(canonical(row.as_record()).encode())


def record(
    deed: Deed, officer: Officer, made: Sequence[Made], *, instead: Agency | None = None
) -> list[Derivation]:
    """Write what one act derived and have its log entry seal the root over all of it.

    ``instead`` is the agency in whose case the desk records it when another's officer was shown something:
    that officer is not named there.
    """
    if not made:
        return []
    carried: dict[str, Any] = {
        "owner": instead or Agency.objects.get(pk=officer.agency),
        "made_by": None if instead else Account.objects.filter(pk=officer.id).first(),
    }
    rows = [_row(each, carried) for each in made]
    leaves = [leaf_of(row) for row in rows]
    root = tree.root(leaves).hex()
    mixed_in = mixed(carried["owner"].pk, [s for each in made for s in each.sources])
    for place, (row, each) in enumerate(zip(rows, made, strict=True)):
        row.root, row.leaf, row.leaves = root, place, len(rows)
        row.proof = [h.hex() for h in tree.inclusion_proof(leaves, place)]
        row.save(force_insert=True)
        if mixed_in & {s.pk for s in each.sources}:
            row.derives_from(*each.sources)
    deed.seal(root)
    return rows


def mixed(owner: UUID, sources: Sequence[CaseBound]) -> set[UUID]:
    """Return the sources that hold another agency's information, so that what derives from them does too."""
    with guard.system("whose information is in what was derived from"):
        shared = set(
            Originator.objects.filter(thing__in={s.pk for s in sources}).values_list("thing", flat=True)
        )
    return shared | {s.pk for s in sources if s.owner_id != owner}


def _row(each: Made, carried: Mapping[str, Any]) -> Derivation:
    row = Derivation(
        case_id=each.sources[0].case_id,
        audience=str(narrowest([Audience(s.audience) for s in each.sources])),
        what=each.what,
        media=each.media,
        made=each.made,
        thing=each.thing,
        inputs=list(each.inputs),
        tool=each.tool,
        version=dict(each.version),
        parameters=dict(each.parameters),
        output=each.output,
        key=each.key,
        **carried,
    )
    row.handling = union([s.handling for s in each.sources])
    return row
