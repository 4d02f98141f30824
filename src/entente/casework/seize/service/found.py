"""What the search day brought: photographs and seized files, and what they show of the case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from entente.casework.intake.service import Intake, receive
from entente.casework.match.hashes import TURNS
from entente.casework.match.index import NearIndex, packed
from entente.casework.seize.service.listing import STEP, NotListed
from entente.casework.seize.service.sorting import Sorting, sort
from entente.evidence.open import walk
from entente.records.act import acting
from entente.records.models import Case, Job, Media, Milestone, SeriesItem
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.case import Stage
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY, PDQ_NEAR

ORIGINS = ("search", "seized")


@dataclass(frozen=True, slots=True)
class SeizedSummary:
    """What the seized files are to the case. ``series`` counts by series name."""

    files: int
    refused: int
    equal: int
    near: int
    new: int
    same_camera: int
    known: int  # to the agency's hash lists
    sorting: Sorting  # each opened file once
    series: dict[str, int] = field(default_factory=dict)


def receive_search(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    paths: Iterable[Path],
    *,
    origin: str,
    source: str,
    codes: Iterable[str] = ("H0",),
    handling_text: str = "",
    laid_down: str = "",
) -> Job:
    """Take in photographs of the search (``search``) or seized files (``seized``); the clock says "search".

    Raises ``NotListed`` for another origin or where there is no file below ``paths``.
    """
    if origin not in ORIGINS:
        raise NotListed("what a search brings is of origin search (photographs) or seized (files)")
    given = [Path(p) for p in paths]
    if not any(p.is_file() for p in walk(given)):
        raise NotListed("there is no file below that folder; choose the folder that holds them")
    intake = Intake(source, origin, tuple(codes), handling_text)
    thing = replace(case.as_thing(), owner=officer.agency, handling=intake.handling)
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason=f"files of the search: {origin}"):
        Milestone.reach(case, Stage.SEARCH, "files of the search were received", by=officer.id)
        return receive(officer, purpose, case, given, intake, laid_down=laid_down)


def seized_summary(case: Case) -> SeizedSummary:
    """Return what the seized files are to the case's items; asks inside the caller's scope."""
    every = Media.objects.filter(case=case)
    seized = every.filter(origin="seized")
    opened = list(seized.filter(refusal=""))
    items = list(every.filter(refusal="").exclude(origin__in=[*ORIGINS, "crop"]))
    met = _met_items(opened, items)
    serials = {s for m in items if (s := m.metadata.get("serial"))}
    names: dict[UUID, set[str]] = {}
    for media, name in SeriesItem.objects.filter(case=case).values_list("media", "series__name"):
        names.setdefault(media, set()).add(name)
    series: dict[str, int] = {}
    for _, others in met.values():
        for name in {n for other in others for n in names.get(other, ())}:
            series[name] = series.get(name, 0) + 1
    equal = sum(exact for exact, _ in met.values())
    return SeizedSummary(
        files=seized.exclude(refusal="archive").count(),  # what one holds is counted, not itself
        refused=seized.exclude(refusal__in=("", "archive")).count(),
        equal=equal,
        near=len(met) - equal,
        new=len(opened) - len(met),
        same_camera=sum(m.metadata.get("serial") in serials for m in opened if m.metadata.get("serial")),
        known=sum(m.known in {"exact", "near"} for m in opened),
        sorting=sort(case, opened, met.keys()),
        series=dict(sorted(series.items())),
    )


def _met_items(opened: list[Media], items: list[Media]) -> dict[UUID, tuple[bool, set[UUID]]]:
    """Return for each seized file that meets items of the case whether one is equal, and which they are."""
    by_digest: dict[str, set[UUID]] = {}
    for item in items:
        by_digest.setdefault(item.sha256, set()).add(item.pk)
    met = {m.pk: (True, set(by_digest[m.sha256])) for m in opened if m.sha256 in by_digest}
    held = [i for i in items if i.pdq.strip("0") and (i.pdq_quality or 0) >= PDQ_MIN_QUALITY]
    asked = [m for m in opened if m.full_turns and (m.pdq_quality or 0) >= PDQ_MIN_QUALITY]
    index = NearIndex(packed([i.pdq for i in held]))
    pairs = index.search(packed([turn for m in asked for turn in m.full_turns]), PDQ_NEAR)
    for query, place in zip(pairs.query.tolist(), pairs.held.tolist(), strict=True):
        met.setdefault(asked[query // len(TURNS)].pk, (False, set()))[1].add(held[place].pk)
    return met
