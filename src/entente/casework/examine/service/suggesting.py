"""The extractors look for clues; what they find waits as a proposal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from entente.casework.examine.extractors import FIND_ALL, Material, missing_of
from entente.casework.examine.picture_models.extractor import all_extractors
from entente.casework.examine.service.written import written
from entente.casework.intake.service import evidence_store
from entente.evidence import tools
from entente.evidence.open import Known, read
from entente.records import derivation, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.derivation import Made
from entente.records.jobs import Progress, enqueue, task
from entente.records.models import Case, Clue, Job, Media
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import Clue as ClueWord
from entente.vocabulary.clue import clue_from_json
from entente.vocabulary.handling import Purpose

FROM_METADATA = "entente.casework.examine.extractors.run:found_in"


BATCH = 16  # items a transaction

_Key = tuple[UUID, str, str, str]  # an item, a method, and what it said of it: kind, value


@dataclass(frozen=True, slots=True)
class Suggested:
    """What a run of the extractors found."""

    items: int
    clues: int
    refused: tuple[str, ...]
    missing: tuple[str, ...] = ()  # what was not looked for, because a package is not installed

    def as_json(self) -> dict[str, Any]:
        """Return an object for a job's result."""
        return {
            "items": self.items,
            "clues": self.clues,
            "refused": list(self.refused),
            "missing": list(self.missing),
        }


def ask_to_suggest(officer: Officer, purpose: Purpose, case: Case) -> Job:
    """Put the search for clues in the queue."""
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step="examine", reason="ask for clues"):
        return enqueue("examine.suggest", officer, purpose, case=case.pk)


@task("examine.suggest")
def suggest_clues(progress: Progress) -> dict[str, Any]:
    """Propose clues in the job's case."""
    with guard.scope(progress.officer, progress.purpose):
        case = Case.objects.get(pk=progress.job.case or UUID(int=0))
    return suggest(progress.officer, progress.purpose, case, progress).as_json()


def suggest(officer: Officer, purpose: Purpose, case: Case, progress: Progress | None = None) -> Suggested:
    """Run the extractors over the items that these versions have not seen; propose what they find.

    Pictures and sound are opened in the limited decoder only. Run again, it does only what is missing.
    """
    versions = {name: str(e.version) for name, e in all_extractors().items()}
    with guard.scope(officer, purpose):
        rows = Media.objects.filter(case=case, refusal="").exclude(key="")
        # a search's photographs are the police's own: their clues would point at the police
        rows = rows.exclude(origin__in=["crop", "search"])
        todo = [m for m in rows if m.decoded.get("examined") != versions]
    clues, refused, done = 0, [], 0
    for batch in (todo[n : n + BATCH] for n in range(0, len(todo), BATCH)):
        with ThreadPoolExecutor(len(batch)) as threads:  # they wait for decoders; the sandbox limits those
            found = list(threads.map(_found_in, batch))
        with acting(officer, Act.ALTER, case.as_thing(), purpose, step="examine") as deed:
            held = _held(batch)
            made = sum(_propose(officer, m, f.clues, held) for m, f in zip(batch, found, strict=True))
            for media in batch:
                media.decoded = {**media.decoded, "examined": versions}
            Media.objects.bulk_update(batch, ["decoded"])
            derivation.record(deed, officer, [f.as_made(m) for m, f in zip(batch, found, strict=True)])
            deed.reason = f"extractors on {len(batch)} items: {made} clues proposed"
            if made:
                announce("clue changed", officer, purpose, case.pk, proposed=made)
        clues, done = clues + made, done + len(batch)
        refused += [f"{m}: {r}" for m, f in zip(batch, found, strict=True) for r in f.refused]
        if progress:
            progress.tell(done, len(todo))
    missing = tuple(f"{n}: {why}" for n, e in all_extractors().items() if (why := missing_of(e)))
    return Suggested(done, clues, tuple(refused), missing)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the extractors found in one item, which of them failed, and which way they were asked."""

    clues: list[ClueWord]
    refused: list[str]
    tool: str
    output: bytes  # what they said, in one spelling

    def as_made(self, media: Media) -> Made:
        """Return how the clues were derived, to be recorded."""
        return Made(
            what="clues",
            sources=[media],
            inputs=[media.sha256],
            tool=self.tool,
            version=tools.versions(**extractor_versions()),
            parameters={"extract": [FIND_ALL]},
            output=tools.output_of(self.output),
            media=media,
        )


def extractor_versions() -> dict[str, str]:
    """Return the version of each extractor under the name that a derivation gives it."""
    return {f"extractor {name}": str(each.version) for name, each in all_extractors().items()}


def _found_in(media: Media) -> _Found:
    """Return what the extractors find in one item; touches no database."""
    known = Known(media.size, media.md5, media.sha1, media.sha256)
    opened = read(evidence_store().original(media.key), known=known, extract=[FIND_ALL])
    answer = opened.extracted.get(FIND_ALL, {})
    if "value" in answer:
        told, refused, tool = answer["value"], [], tools.READ
    else:  # the stored metadata can still speak
        told, tool = from_metadata(media), FROM_METADATA
        refused = [str(answer.get("error") or (opened.refusal and opened.refusal.reason) or "no answer")]
    clues = [clue_from_json(c) for c in told["clues"]]
    refused += [f"{each['extractor']}: {each['reason']}" for each in told["refused"]]
    return _Found(clues, refused, tool, tools.canonical(told))


def from_metadata(media: Media) -> dict[str, Any]:
    """Return what the extractors find in an item's stored metadata alone."""
    # here, not above: it loads every extractor, with scipy and OpenCV, which the web process never needs
    from entente.casework.examine.extractors.run import found_in

    return found_in(Material(str(media.pk), media.metadata))


def _propose(officer: Officer, media: Media, found: Sequence[ClueWord], held: set[_Key]) -> int:
    """Write the clues of an item that are not ``held``, and add them to these; return how many."""
    made = 0
    for each in found:
        key = media.pk, *_said(each.method, each.kind, each.value)
        if key in held:
            continue
        held.add(key)
        written(officer, media, each, media.handling, state="proposed")
        made += 1
    return made


def _held(batch: Sequence[Media]) -> set[_Key]:
    """Return what the items' clues say already, withdrawn ones included.

    Whichever version of a method said it: a newer one that says the same gives a person nothing to decide.
    """
    rows = Clue.objects.filter(media__in=batch).values_list("media", "method", "kind", "value")
    return {(media, *_said(method, kind, value)) for media, method, kind, value in rows}


def _said(method: str, kind: str, value: Any) -> tuple[str, str, str]:
    return method, str(kind), json.dumps(value, sort_keys=True)
