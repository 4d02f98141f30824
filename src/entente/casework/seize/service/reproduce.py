"""The same result again: each derivation is made anew from the original, and its output compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import file_digest
from typing import Any

from django.db.models import Q, QuerySet

from entente.casework.examine.adjust import of_json
from entente.casework.examine.extractors import FIND_ALL
from entente.casework.examine.service import FROM_METADATA, extractor_versions, from_metadata, through_of
from entente.casework.inform.service import ProductChanged, regenerate
from entente.casework.intake.service import evidence_store, hash_versions
from entente.casework.match.scene import METHOD as SCENE
from entente.casework.match.scene import VERSION as SCENE_VERSION
from entente.casework.match.scene.seen import TO_HOLD, held_of
from entente.casework.seize.service.listing import STEP
from entente.evidence import tools
from entente.evidence.open import read, render
from entente.evidence.store import Erased
from entente.formats.product import TOOL as PRODUCT
from entente.formats.product import VERSIONS as TYPESETTER
from entente.records import guard
from entente.records.act import acting
from entente.records.models import Case, Derivation, Exhibit, ExhibitItem, Media, Product
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Refusal, Region, Sampling


class Again(StrEnum):
    """How a derivation came out when it was made again."""

    SAME = "same"
    DIFFERS = "differs"
    CANNOT = "cannot"
    DAMAGED = "input damaged"


@dataclass(frozen=True, slots=True)
class Reproduced:
    """One derivation made again, what came of it, and why; ``output`` where it is the same."""

    derivation: Derivation
    verdict: Again
    because: str = ""
    output: bytes = b""

    def as_json(self) -> dict[str, Any]:
        """Return an object for machines."""
        row = self.derivation
        return {
            "item": row.media.number if row.media else None,
            "what": row.what,
            "tool": row.tool,
            "at": row.made_at.isoformat(),
            "output": row.output,
            "verdict": str(self.verdict),
            "because": self.because,
        }


class NotAgain(LookupError):
    """It cannot be made again here, for something is not kept; the sentence says what."""


class Refused(ValueError):
    """The same input gives no output any more; the sentence says what the decoder said."""


def derivations_of(of: Exhibit | Media) -> QuerySet[Any]:
    """Return what was derived from an item, or from an exhibit's items; asks inside the caller's scope.

    A crop's own derivations are among them: they begin at the same original.
    """
    items = ExhibitItem.objects.filter(exhibit=of).values("media") if isinstance(of, Exhibit) else [of.pk]
    rows = Derivation.objects.filter(Q(media__in=items) | Q(media__parent__in=items))
    return rows.select_related("media__parent", "made", "owner", "made_by").order_by("made_at", "leaf")


def found(officer: Officer, purpose: Purpose, named: str, case: str = "") -> tuple[Case, Exhibit | Media]:
    """Return the exhibit or the item (``#12`` or ``12``) of that name among the officer's cases.

    Raises ``LookupError`` where there is none, or more than one case has it and none was named.
    """
    with guard.scope(officer, purpose):
        cases = Case.objects.filter(number=case) if case else Case.objects.all()
        number = named.removeprefix("#")
        hits: list[Exhibit | Media] = []
        if not named.startswith("#"):
            hits += Exhibit.objects.filter(case__in=cases, number=named).select_related("case")
        if not hits and number.isascii() and number.isdigit():
            hits += Media.objects.filter(case__in=cases, number=int(number)).select_related("case")
    if not hits:
        raise LookupError(f"no exhibit or item {named} that this officer can see; an item is written as #12")
    if len(hits) > 1:
        raise LookupError(f"{len(hits)} cases have {named}; name one with --case")
    return hits[0].case, hits[0]


def reproduce(
    officer: Officer,
    purpose: Purpose,
    of: Exhibit | Media,
    *,
    tell: Callable[[int, int], object] = lambda done, total: None,
) -> Iterator[Reproduced]:
    """Make everything again that was derived from an exhibit's items, or from one; logged before the first.

    The input is read whole first: one that is not the bytes that were kept is named, and nothing is made
    from it. Another version of anything that has a part in the result is named and not tried.
    """
    with acting(officer, Act.READ, of.as_thing(), purpose, step=STEP, reason="make derivations again"):
        rows = list(derivations_of(of))
    for done, row in enumerate(rows, 1):
        yield again(row, purpose, officer)
        tell(done, len(rows))


def again(row: Derivation, purpose: Purpose, officer: Officer) -> Reproduced:
    """Make one derivation again."""
    make = TOOLS.get(row.tool)
    if make is None:
        return Reproduced(row, Again.CANNOT, f"there is no tool {row.tool} here")
    with guard.scope(officer, purpose):
        key, damage = _input(row)
        if damage:
            return Reproduced(row, Again.DAMAGED, damage)
        other = tools.differing(row.version, _present(row))
        if other:
            return Reproduced(row, Again.CANNOT, f"another version: {'; '.join(other)}")
        try:
            output = make(row, key)
        except NotAgain as fault:
            return Reproduced(row, Again.CANNOT, str(fault))
        except (Refused, ProductChanged, KeyError, TypeError, ValueError) as fault:
            return Reproduced(row, Again.DIFFERS, str(fault) or type(fault).__name__)
    if tools.output_of(output) != row.output:
        return Reproduced(row, Again.DIFFERS, f"its output is now {tools.output_of(output)}")
    return Reproduced(row, Again.SAME, "", output)


def _present(row: Derivation) -> dict[str, str]:
    """Return the versions here of what the derivation names, plug-ins included."""
    if row.tool == PRODUCT:
        return tools.versions(**TYPESETTER)
    if row.parameters.get("extract") == [TO_HOLD]:
        return tools.versions(**{SCENE: SCENE_VERSION})
    if row.tool in {tools.READ, FROM_METADATA}:
        more = extractor_versions() if row.parameters.get("extract") else hash_versions()
        return tools.versions(**more)
    return tools.versions()


def _input(row: Derivation) -> tuple[str, str]:
    """Return the key of the derivation's input and what is wrong with it; its bytes are read whole."""
    key = ""
    for digest in row.inputs:
        key = _key_of(row, digest)
        if not key:
            return "", f"the input {digest[:12]}… is not held here"
        try:
            with evidence_store().open(key) as stream:
                if file_digest(stream, "sha256").hexdigest() != digest:
                    return key, f"the input {digest[:12]}… is not the bytes that were derived from"
        except (OSError, Erased) as fault:
            return key, f"the input {digest[:12]}… cannot be read: {fault}"
    return key, ""


def _key_of(row: Derivation, digest: str) -> str:
    """Return where an input lies: an item of the case, or what another derivation of it made and kept."""
    held = Media.objects.filter(case=row.case_id, sha256=digest).exclude(key="").first()
    if held is not None:
        return held.key
    made = Derivation.objects.filter(case=row.case_id, output=digest).exclude(key="").first()
    return made.key if made is not None else ""


def _rendered(row: Derivation, key: str) -> bytes:
    told = row.parameters
    region = Region(*told["region"]) if told["region"] else None
    made = render(
        evidence_store().original(key),
        told["view"],
        region=region,
        t=told["t"],
        side=told["side"],
        through=through_of(of_json(told.get("recipe", {}))),
    )
    if isinstance(made, Refusal):
        raise Refused(f"it cannot be opened now: {made.reason}")
    return made


def _read_again(row: Derivation, key: str) -> bytes:
    extract = row.parameters["extract"]
    sampling = Sampling(row.parameters.get("sampling", Sampling.SPARSE))
    opened = read(evidence_store().original(key), extract=extract, sampling=sampling)
    if not extract:
        return tools.described(opened)
    if extract == [TO_HOLD]:
        features = held_of(opened.extracted.get(TO_HOLD, {}))
        if features is None:
            raise Refused("no scene features are found in it now")
        return features.to_bytes()
    if "value" not in (answer := opened.extracted.get(FIND_ALL, {})):
        raise Refused(f"the extractors do not finish now: {answer.get('error', 'no answer')}")
    return tools.canonical(answer["value"])


def _metadata_again(row: Derivation, key: str) -> bytes:
    if row.media is None:
        raise NotAgain("its item is not held here")
    return tools.canonical(from_metadata(row.media))


def _product_again(row: Derivation, key: str) -> bytes:
    product = Product.objects.filter(pk=row.thing).first() if row.thing else None
    if product is None:
        raise NotAgain("a version cut for one recipient is not kept, or its product is withheld")
    return regenerate(product)


TOOLS: dict[str, Callable[[Derivation, str], bytes]] = {
    tools.RENDER: _rendered,
    tools.READ: _read_again,
    FROM_METADATA: _metadata_again,
    PRODUCT: _product_again,
}
