"""Compare the items of a case with its cameras: files first, then noise; links are proposed.

A picture is opened in a limited decoder, which gives the noise of its middle and nothing else. Run again, it
does only what is missing: cameras without fingerprint, and items that were not compared with a camera. Of
a camera that an older version of the arithmetic learned, both are worked out again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import QuerySet

from entente.casework.intake.service import evidence_store
from entente.casework.link.camera import (
    FEWEST,
    METHOD,
    VERSION,
    Described,
    Fitness,
    compared,
    evaluated,
    fingerprint,
    told,
    unfit,
    worth,
)
from entente.casework.link.camera.answer import TO_COMPARE, TO_LEARN, learned_of, residual_of
from entente.casework.link.camera.plane import Plane
from entente.casework.link.service.cameras.files import described
from entente.casework.link.service.cameras.linking import linked, unfounded
from entente.evidence import tools
from entente.evidence.open import Known, Opened, read
from entente.evidence.store import Erased
from entente.records import derivation, guard
from entente.records.act import acting
from entente.records.announce import News, on
from entente.records.derivation import Made
from entente.records.jobs import Progress, enqueue_once, task
from entente.records.models import Camera, CameraFinding, Case, Link, Media
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose, union

AT_ONCE = 4  # pictures opened at a time
OWN = 16  # bytes of the camera's id before its fingerprint: no two rows share one object, so erasing is safe
UNREAD = "unread"


def ask_to_compare(officer: Officer, purpose: Purpose, case: Case) -> None:
    """Put the comparison in the queue, once."""
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step="link", reason="ask to compare cameras"):
        enqueue_once("link.cameras", officer, purpose, case=case.pk)


@task("link.cameras")
def compare_cameras(progress: Progress) -> dict[str, Any]:
    """Make the fingerprints that are missing, and compare what was not compared."""
    officer, purpose = progress.officer, progress.purpose
    case = UUID(str(progress.job.case))
    thing = Case.thing_of(case, officer.agency)
    with acting(officer, Act.READ, thing, purpose, step="link", reason="which cameras are known") as deed:
        known = list(Camera.objects.filter(owner_id=officer.agency, case_id=case))
        items = list(_items(case))
        deed.reason = f"compare items with {len(known)} cameras"
    for camera in known:
        _learn(officer, purpose, camera, items)
    held = {c.pk: plane for c in known if (plane := _opened(c)) is not None}
    todo = list(_todo([c for c in known if c.pk in held], items))
    counts = {"cameras": len(held), "compared": 0, "proposed": 0}
    for start in range(0, len(todo), AT_ONCE):
        progress.make_way()
        part = todo[start : start + AT_ONCE]
        with ThreadPoolExecutor(AT_ONCE) as threads:  # they wait for decoders; the sandbox limits those
            noises = list(threads.map(_noise_of, part))
        found = [_found(each, noise, held) for each, noise in zip(part, noises, strict=True)]
        thing = Case.thing_of(case, officer.agency)  # anew: it may have been restricted meanwhile
        with acting(officer, Act.ALTER, thing, purpose, step="link") as deed:
            made = sum(_written(officer, each) for one in found for each in one)
            deed.reason = f"compare {len(part)} items with cameras: {made} links proposed"
        counts["compared"] += len(part)
        counts["proposed"] += made
        progress.tell(start + len(part), len(todo), f"{counts['proposed']} proposed")
    return counts


# --- what a camera leaves in its pictures -----------------------------------------------------------------


def _learn(officer: Officer, purpose: Purpose, camera: Camera, items: list[Media]) -> None:
    """Make and seal a camera's fingerprint where there is none of this method."""
    there = camera.key and evidence_store().has(camera.key)
    if camera.version == VERSION and (camera.because or there):
        return
    wanted = [m for m in items if str(m.pk) in camera.references and not unfit(described(m))]
    taken = [each for each in map(_learned, wanted) if each is not None]
    sized = [each for each in taken if each[0].shape == taken[0][0].shape]
    because = "" if len(sized) >= FEWEST else f"{len(sized)} of its pictures can be read, {FEWEST} are needed"
    data = b"" if because else _sealed(fingerprint(sized))
    thing = Case.thing_of(camera.case_id, officer.agency)
    with acting(officer, Act.ALTER, thing, purpose, step="link") as deed:
        row = Camera.objects.select_for_update().filter(pk=camera.pk).first()
        if row is None:
            return  # taken away meanwhile
        if row.version != VERSION:
            _let_go(row)
        before = row.key
        row.key = evidence_store().keep_bytes(row.pk.bytes + data, row.case_id).key if data else ""
        if before and before != row.key:
            transaction.on_commit(partial(evidence_store().remove, before))
        row.version, row.because = VERSION, because
        row.save(update_fields=["key", "version", "because"])
        deed.reason = f"learn a camera from {len(sized)} pictures"
        if data:
            derivation.record(deed, officer, [_made(row, wanted, data)])
    camera.key, camera.version, camera.because = row.key, row.version, row.because


def _let_go(camera: Camera) -> None:
    """Forget what older arithmetic said of a camera, and its links that wait."""
    with guard.system("what an older version found of a camera is worked out again"):
        found = CameraFinding.objects.filter(camera=camera)
        waiting = Link.objects.filter(pk__in=found.values("link"), state="proposed")
        waiting.delete()
        found.delete()


def _made(row: Camera, wanted: list[Media], data: bytes) -> Made:
    return Made(
        what="sensor pattern",
        sources=wanted,
        inputs=[m.sha256 for m in wanted],
        tool=tools.READ,
        version=tools.versions(**{METHOD: VERSION}),
        parameters={"extract": [TO_LEARN]},
        output=tools.output_of(data),
        thing=row.pk,
        key=row.key,
    )


def _learned(media: Media) -> tuple[Plane, Any] | None:
    return learned_of(_read(media, TO_LEARN).extracted.get(TO_LEARN, {}))


def _read(media: Media, wanted: str) -> Opened:
    known = Known(media.size, media.md5, media.sha1, media.sha256)
    return read(evidence_store().original(media.key), known=known, extract=[wanted])


def _sealed(plane: Plane) -> bytes:
    """Return a fingerprint as its size and bytes: only its shape counts, not its scale."""
    spread = float(plane.std()) or 1.0
    coarse = np.clip(np.round(plane * (24 / spread)), -127, 127).astype(np.int8)
    return np.array(plane.shape, "<u4").tobytes() + coarse.tobytes()


def _opened(camera: Camera) -> Plane | None:
    """Return a camera's fingerprint; ``None`` where it has none, or it is damaged or erased."""
    if not camera.key or camera.because:
        return None
    with suppress(OSError, Erased, ValueError), evidence_store().open(camera.key) as stream:
        data = stream.read()[OWN:]
        rows, columns = (int(side) for side in np.frombuffer(data[:8], "<u4"))
        return np.frombuffer(data[8:], np.int8).reshape(rows, columns).astype(np.float32)
    return None


# --- what is compared ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Todo:
    """An item with the cameras that it was not compared with, and what it is worth for each."""

    media: Media
    cameras: tuple[Camera, ...]
    file: Described
    references: Mapping[UUID, tuple[Described, ...]]

    @property
    def fit(self) -> bool:
        """Whether its noise has to be asked at all."""
        return any(worth(self.file, (c.rows, c.columns)).how for c in self.cameras)


def _todo(known: list[Camera], items: list[Media]) -> Iterator[_Todo]:
    """Yield the items in order of their numbers; a reference is not compared with its own camera."""
    by_id = {str(m.pk): m for m in items}
    references = {c.pk: tuple(described(by_id[r]) for r in c.references if r in by_id) for c in known}
    with guard.system("an agency compares no item with a camera of its own twice"):
        done = set(CameraFinding.objects.filter(camera__in=known).values_list("camera", "media"))
    for media in items:
        left = [c for c in known if (c.pk, media.pk) not in done and str(media.pk) not in c.references]
        if left:
            yield _Todo(media, tuple(left), described(media), references)


def uncompared(camera: Camera) -> set[UUID]:
    """Return the items in sight that were not compared with a camera that has a fingerprint."""
    if not camera.key or camera.because:
        return set()
    done = CameraFinding.objects.filter(camera=camera, camera__version=VERSION).values_list(
        "media", flat=True
    )
    rows = _items(camera.case_id).exclude(pk__in=camera.references).exclude(pk__in=done)
    return set(rows.values_list("pk", flat=True))


def _items(case: UUID) -> QuerySet[Media]:
    return Media.objects.filter(case_id=case, refusal="").exclude(origin__in=["crop", "search"])


def _noise_of(todo: _Todo) -> Plane | None:
    """Return one picture's noise; touches no database. The decoder's answer is checked."""
    if not todo.fit or not todo.media.key:
        return None
    return residual_of(_read(todo.media, TO_COMPARE).extracted.get(TO_COMPARE, {}))


def _found(todo: _Todo, noise: Plane | None, held: Mapping[UUID, Plane]) -> list[CameraFinding]:
    """Return what files and noise say of an item and each camera, not yet written."""
    return [_one(todo, camera, noise, held[camera.pk]) for camera in todo.cameras]


def _one(todo: _Todo, camera: Camera, noise: Plane | None, held: Plane) -> CameraFinding:
    value = worth(todo.file, (camera.rows, camera.columns))
    row = CameraFinding(
        camera=camera,
        media=todo.media,
        case_id=camera.case_id,
        told=str(told(todo.file, todo.references[camera.pk])),
        fitness=str(value.fitness),
        because=value.because,
    )
    if value.how is None:
        return row
    if noise is None:
        row.fitness, row.because = str(Fitness.UNFIT), UNREAD
        return row
    found = compared(noise, held, value.how)
    row.z, row.overlap = round(found.z, 2), found.overlap
    row.turns, row.scale = found.turns, round(found.scale, 4)
    ratio, why = evaluated(value.fitness, found)
    row.log10_lr = None if ratio is None else round(ratio, 3)
    row.because = why or value.because
    return row


def _written(officer: Officer, row: CameraFinding) -> bool:
    """Write a finding, once, with what binds item and camera; return whether a link was proposed of it."""
    if not Camera.objects.filter(pk=row.camera_id).exists():
        return False  # taken away meanwhile
    row.owner_id, row.made_by_id = officer.agency, officer.id
    row.audience = row.media.audience
    row.handling = union([row.camera.handling, row.media.handling])
    row.save()
    row.derives_from(row.camera, row.media)
    link, fresh = linked(officer, row)
    if link is not None:
        CameraFinding.objects.filter(pk=row.pk).update(link=link)
    return fresh


@on("erased")
def _forget(news: News) -> None:
    """A proposal that rested on an erased camera goes with it."""
    with guard.system("links whose camera was erased"):
        unfounded().delete()
