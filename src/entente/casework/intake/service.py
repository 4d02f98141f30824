"""Receive, seal, open: the acts of intake.

A file is sealed first (digests and write-once copy in one read), then opened in a limited child process,
then recorded: original before row, row and log entry in one transaction. A killed intake is run again and
does only what is missing; a second run changes nothing. An archive is kept as it is and what it holds is
received with it, each member as a file of its own; its own row, which says so, is written after theirs.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import CharField

from entente import plugins
from entente.casework.intake import metadata
from entente.evidence import archive, tools
from entente.evidence.bucket import Bucket
from entente.evidence.keyring import FileKeyRing
from entente.evidence.keys import node_key
from entente.evidence.open import Known, Opened, is_video, read, walk
from entente.evidence.reach import NotOpened
from entente.evidence.store import INCOMING, STALE_S, EvidenceStore, Kept, NotKept, StoreFailed
from entente.records import clock, derivation, guard, retention
from entente.records.act import Deed, acting
from entente.records.announce import announce
from entente.records.derivation import Made
from entente.records.jobs import LeaseLost, Progress, Stopped, enqueue, enqueue_once, task
from entente.records.models import (
    Case,
    CaseBound,
    Frame,
    Job,
    Media,
    Membership,
    Milestone,
    Occurrence,
    Stub,
    Tombstone,
)
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.agency import Officer, Part
from entente.vocabulary.case import Stage
from entente.vocabulary.handling import ORIGINATOR_ONLY, Audience, Handling, HandlingCode, Purpose
from entente.vocabulary.media import Refusal, RefusalCode, Sampling
from entente.workers.local import LocalEngine

BATCH_FILES = 64  # one transaction and one log entry for so many files
BATCH_SECONDS = 5.0
LARGE = 2_000  # files from which on videos are looked at by their key frames first, and closely afterwards
# Such files are opened again when they come again: an import may have been killed before all came out.
LOOKED_AT_AGAIN = (RefusalCode.ARCHIVE, RefusalCode.UNSUPPORTED)
WITHIN = "it is an archive within an archive, and one level is opened; unpack it and add the folder"
CLOSER = "intake.look-closer"
AFTER_ALL_ELSE = -10  # the priority of what waits until the first answers are there
WITHHELD_FROM = 10_000_000  # item numbers from here are drawn at random; a case has fewer files than that


# The victim's number goes on pages, papers and file names: a name must not fit where it stands.
V_NUMBER = re.compile(r"V-(unknown|[A-Z]{0,4}\d[\dA-Z./-]*)")


class CaseRefused(ValueError):
    """A case could not be opened as asked; the text says the mend."""


class IntakeStopped(RuntimeError):
    """The store or the decoders failed, not a file; what was recorded stands, and a second run goes on."""


@cache
def _store(root: Path, keys: Path, bucket: str) -> EvidenceStore:
    ring = FileKeyRing(keys / "case-keys.sqlite3", node_key(keys / "node.key", store=root))
    return EvidenceStore(root, ring, Bucket(bucket, root / INCOMING) if bucket else None)


def evidence_store() -> EvidenceStore:
    """Return the desk's evidence store: a folder, or the bucket that the site names."""
    return _store(Path(settings.EVIDENCE_ROOT), Path(settings.KEY_FOLDER), settings.EVIDENCE_BUCKET)


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that needs an object of the store: what it is for a person, and of which case."""

    what: str
    case: UUID
    sha256: str = ""


def claims() -> dict[str, Claim]:
    """Return every key of the store that a row names: any text field called ``key`` or ``…_key``."""
    found: dict[str, Claim] = {}
    with guard.system("which objects of the store have a row"):
        for model in apps.get_app_config("records").get_models():
            if not issubclass(model, CaseBound):
                continue
            for name in (f.name for f in model._meta.concrete_fields if _names_an_object(f)):
                for row in model._base_manager.exclude(**{name: ""}).order_by("pk"):
                    case = row.case_id
                    if isinstance(row, Media):
                        found[row.key] = Claim(f"case {case} item {row.number}", case, row.sha256)
                    else:
                        what = f"case {case} {model._meta.verbose_name} {row.pk}"
                        found.setdefault(getattr(row, name), Claim(what, case))
    return found


def _names_an_object(field: Any) -> bool:
    return isinstance(field, CharField) and (field.name == "key" or field.name.endswith("_key"))


def sweep_store(older_than_s: float = STALE_S) -> dict[str, int]:
    """Remove what broken imports left: temporary files, and originals that no row names, a day old.

    A case into which files are being received is left alone. Returns how many of each were removed.
    """
    store = evidence_store()
    open_imports = Job.objects.filter(task="intake.receive", status__in=("ready", "running"))
    busy = set(open_imports.values_list("case", flat=True))
    orphans = list(store.orphans(claims(), older_than_s))
    removed = sum(store.remove_orphan(o, older_than_s) for o in orphans if o.case not in busy)
    return {"temporary": store.sweep(older_than_s), "orphans": removed}


def open_case(
    officer: Officer,
    purpose: Purpose,
    *,
    number: str,
    title: str,
    victim_number: str,
    discovered_at: datetime,
    codes: Iterable[str] = ("H0",),
    handling_text: str = "",
    audience: str = "TLP:AMBER",
) -> Case:
    """Open a case with its handling set from the first moment; the opener is its lead."""
    case_id = uuid4()
    thing = Thing(Shape.CASE, owner=officer.agency, id=case_id)
    with acting(officer, Act.RECEIVE, thing, purpose, step="intake", reason="open a case"):
        if not V_NUMBER.fullmatch(victim_number):
            raise CaseRefused(
                "a victim is a V-number such as V-2026-031 (V-unknown before it has one), no name"
            )
        if discovered_at > clock.now():
            raise CaseRefused("the moment of discovery has not come yet; write it in UTC")
        case = _numbered(
            number,
            id=case_id,
            owner_id=officer.agency,
            title=title,
            victim_number=victim_number,
            opened_by_id=officer.id,
            codes=" ".join(sorted(codes)),
            handling_text=handling_text,
            audience=audience,
        )
        Membership.objects.create(case=case, account_id=officer.id, part=Part.LEAD, added_by_id=officer.id)
        Milestone.objects.create(
            case=case, stage=Stage.DISCOVERED, at=discovered_at, because="found media", by_id=officer.id
        )
        Stub.renew(case)
        retention.begin(case)
    return case


def _numbered(number: str, **given: Any) -> Case:
    """Write the case; the database itself knows of numbers that this officer may not see."""
    try:
        with transaction.atomic():
            return Case.objects.create(number=number, **given)
    except IntegrityError:
        raise CaseRefused(f"the agency already has a case {number}; choose another number") from None


@dataclass(frozen=True, slots=True)
class Intake:
    """What one intake is about: who found it, whose it is, how it may be handled."""

    source: str
    origin: str = "found"
    codes: tuple[str, ...] = ("H0",)
    handling_text: str = ""

    @property
    def handling(self) -> Handling:
        """Return the handling every item gets at creation."""
        return Handling(frozenset(HandlingCode(c) for c in self.codes), self.handling_text)


@dataclass(frozen=True, slots=True)
class _Sealed:
    """One path after sealing and opening; ``opened`` is ``None`` where the file was already recorded."""

    path: Path
    kept: Kept | None
    opened: Opened | None
    refusal: Refusal | None
    inside: tuple[str, str] | None = None  # folder and name of an archive's member; text, never a path
    sampling: Sampling = Sampling.SPARSE  # how closely a video was looked at

    @property
    def folder(self) -> str:
        """Where it was found; for a member the archive's path and its own folder."""
        return self.inside[0] if self.inside else _text(self.path.parent)

    @property
    def name(self) -> str:
        """The name it had there."""
        return self.inside[1] if self.inside else _text(Path(self.path.name))


def as_received(officer: Officer, case: Case, intake: Intake) -> Thing:
    """Return what the law judges at intake: new material of the officer's own agency, handled as it says."""
    return replace(case.as_thing(), owner=officer.agency, handling=intake.handling)


def receive(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    paths: Iterable[Path],
    intake: Intake,
    *,
    laid_down: str = "",
) -> Job:
    """Ask for files and folders to be taken into ``case``; return the job that does it."""
    thing = as_received(officer, case, intake)
    with acting(officer, Act.RECEIVE, thing, purpose, step="intake", reason=f"receive: {intake.origin}"):
        return enqueue(
            "intake.receive",
            officer,
            purpose,
            case=case.pk,
            paths=[str(Path(p).absolute()) for p in paths],
            source=intake.source,
            origin=intake.origin,
            codes=list(intake.codes),
            handling_text=intake.handling_text,
            laid_down=laid_down,
        )


@task("intake.receive")
def receive_files(
    progress: Progress,
    *,
    paths: list[str],
    source: str,
    origin: str = "found",
    codes: Iterable[str] = ("H0",),
    handling_text: str = "",
    laid_down: str = "",
) -> dict[str, Any]:
    """Take every file below ``paths`` into the job's case, batch by batch; return the counts."""
    intake = Intake(source, origin, tuple(codes), handling_text)
    try:
        counts = _receive_all(progress, [Path(p) for p in paths], intake)
    except (LeaseLost, Stopped):
        raise  # the job goes on with them elsewhere
    except Exception:
        _discard(laid_down)  # it has failed for good
        raise
    _discard(laid_down)
    if evidence_store().sweep_is_due():
        with suppress(OSError, StoreFailed):  # what was received stands; the store says itself what it lacks
            sweep_store()
    return counts


def _discard(laid_down: str) -> None:
    """Take uploads away: what was kept of them is sealed."""
    if laid_down:
        shutil.rmtree(laid_down, ignore_errors=True)


def _receive_all(progress: Progress, paths: list[Path], intake: Intake) -> dict[str, int]:
    case_id = UUID(str(progress.job.case))
    total = sum(1 for _ in walk(paths))  # counted, not held: a seizure may be a million paths
    _demand_room()
    counts = {"files": total, "new": 0, "duplicate": 0, "refused": 0, "known": 0}
    known = _recorded(progress, case_id, intake)
    began = time.monotonic()
    for done, batch in _batches(_seal_all(walk(paths), total, known, case_id)):
        for outcome in _record(progress, case_id, intake, batch):
            counts[outcome] = counts.get(outcome, 0) + 1
        counts["files"] = max(done, total)  # an archive's members are files too
        left = _left(done, counts["files"], time.monotonic() - began)
        progress.tell(done, counts["files"], f"{counts['new']} new, {counts['refused']} refused{left}")
    return counts


def _left(done: int, total: int, seconds: float) -> str:
    """Say how long the rest will take, once there is enough to tell it by."""
    if done >= total or seconds < BATCH_SECONDS:
        return ""
    minutes = (total - done) * seconds / done / 60
    return f"; about {minutes:.0f} min left" if minutes >= 1 else "; less than a minute left"


def _demand_room() -> None:
    """Take nothing in where the disk has no room: one sentence, not one refused item for each file."""
    try:
        evidence_store().demand_room()
    except NotKept as fault:
        raise IntakeStopped(str(fault)) from None


def _recorded(progress: Progress, case_id: UUID, intake: Intake) -> frozenset[str]:
    """Return the SHA-256 of what the owner already has in the case, so that it is not opened twice."""
    thing = Thing(Shape.CASE, owner=progress.officer.agency, case=case_id, id=case_id)
    with acting(progress.officer, Act.READ, thing, progress.purpose, step="intake", reason="what is held"):
        held = Media.objects.filter(case_id=case_id, owner_id=progress.officer.agency, origin=intake.origin)
        held = held.exclude(sha256="").exclude(refusal__in=LOOKED_AT_AGAIN)
        return frozenset(held.values_list("sha256", flat=True))


def _seal_all(files: Iterable[Path], total: int, known: frozenset[str], case: UUID) -> Iterator[_Sealed]:
    """Seal and open files side by side, as they are done; a fault of one file is its refusal.

    What archives hold comes after the files, one archive at a time, and each archive after what it held.
    """
    store = evidence_store()

    first_pass = total >= LARGE

    def seal(path: Path) -> _Sealed:
        return _opened(store, _kept(path, lambda: store.keep(path, case)), known, first_pass=first_pass)

    archives: list[tuple[_Sealed, str]] = []
    engine = LocalEngine(threads=True)  # the threads wait for disks and decoders; the decoders are processes
    try:
        for sealed in _each(engine, seal, files, total):
            if form := _form(store, sealed):
                archives.append((sealed, form))
            else:
                yield sealed
        for sealed, form in archives:
            yield from _look_into(engine, store, sealed, form, known, case)
    finally:
        engine.close()


def _each(
    engine: LocalEngine, do: Callable[[Any], _Sealed], given: Iterable[Any], total: int
) -> Iterator[_Sealed]:
    """Do it with each, side by side; what goes wrong here is no fault of a file."""
    for outcome in engine.map_batches(do, given, size=1):
        if outcome.value is None:
            raise IntakeStopped(f"file {outcome.index + 1} of {total}: {outcome.error}")
        yield outcome.value


def _kept(path: Path, keep: Callable[[], Kept], inside: tuple[str, str] | None = None) -> _Sealed:
    """Keep one file; what is not kept has its refusal."""
    try:
        return _Sealed(path, keep(), None, None, inside)
    except NotKept as fault:
        if fault.refusal.code is RefusalCode.NO_SPACE:
            raise IntakeStopped(fault.refusal.reason) from fault  # the disk's fault, not the file's
        return _Sealed(path, None, None, fault.refusal, inside)


def _opened(
    store: EvidenceStore, sealed: _Sealed, known: frozenset[str], *, first_pass: bool = False
) -> _Sealed:
    """Open what was kept, unless its bytes are recorded already; in a first pass videos by key frames."""
    kept = sealed.kept
    if kept is None or kept.sha256 in known:
        return sealed
    original = store.original(kept.key)
    sampling = Sampling.KEYS if first_pass and is_video(original) else Sampling.SPARSE
    known_of = Known(kept.size, kept.md5, kept.sha1, kept.sha256)
    opened = read(original, known=known_of, sampling=sampling)
    return replace(sealed, opened=opened, refusal=opened.refusal, sampling=sampling)


def _form(store: EvidenceStore, sealed: _Sealed) -> str:
    """Return the form of an archive that can be looked into, or nothing."""
    if sealed.kept and sealed.refusal and sealed.refusal.code is RefusalCode.UNSUPPORTED:
        return archive.form_of(store.original(sealed.kept.key))
    return ""


def _look_into(
    engine: LocalEngine,
    store: EvidenceStore,
    sealed: _Sealed,
    form: str,
    known: frozenset[str],
    case: UUID,
) -> Iterator[_Sealed]:
    """Seal and open what an archive holds, then say of the archive what came of it."""
    assert sealed.kept is not None  # noqa: S101 - ``_form`` has read it
    count = 0
    try:
        held = archive.look_into(store.original(sealed.kept.key), form)
    except NotOpened as fault:
        yield replace(sealed, refusal=fault.refusal)
        return

    def open_one(member: _Sealed) -> _Sealed:
        return _one_level(store, _opened(store, member, known))

    try:
        for group in _grouped(_members(store, sealed.path, held, case)):
            count += len(group)
            yield from _each(engine, open_one, group, len(group))
    finally:
        held.close()
    yield replace(sealed, refusal=_of_archive(form, count, held.refusal))


def _members(store: EvidenceStore, path: Path, held: archive.Archive, case: UUID) -> Iterator[_Sealed]:
    """Seal the members of an archive one after the other; two of one name are told apart by number."""
    names: set[tuple[str, str]] = set()
    for member in held:
        within = f"{_text(path)}/{member.folder}" if member.folder else _text(path)
        inside = (within, member.last)
        if inside in names:
            inside = (within, f"{member.last} (member {member.number})")
        names.add(inside)
        yield _kept(path, lambda m=member: store.keep_stream(m, case), inside)  # type: ignore[misc]


def _grouped(members: Iterator[_Sealed]) -> Iterator[list[_Sealed]]:
    """Group members, so that those of one group are opened side by side."""
    while group := list(islice(members, BATCH_FILES)):
        yield group


def _one_level(store: EvidenceStore, member: _Sealed) -> _Sealed:
    """Refuse an archive within an archive as what it is."""
    if not _form(store, member):
        return member
    return replace(member, refusal=Refusal(RefusalCode.UNSUPPORTED, WITHIN))


def _of_archive(form: str, count: int, refusal: Refusal | None) -> Refusal:
    """Say of an archive what came of it: how much was received, and why not more."""
    if refusal is None:
        why = f"it is an archive ({form}) of {count} files; each was received as an item of its own"
        return Refusal(RefusalCode.ARCHIVE, why)
    received = f"; {count} of its files were received" if count else ""
    return Refusal(refusal.code, f"it is an archive ({form}): {refusal.reason}{received}")


def _batches(items: Iterator[_Sealed]) -> Iterator[tuple[int, list[_Sealed]]]:
    """Group what arrives by number and by time, so that a kill loses seconds, not hours."""
    batch: list[_Sealed] = []
    done, since = 0, time.monotonic()
    for item in items:
        batch.append(item)
        done += 1
        if len(batch) >= BATCH_FILES or time.monotonic() - since > BATCH_SECONDS:
            yield done, batch
            batch, since = [], time.monotonic()
    if batch:
        yield done, batch


def _record(progress: Progress, case_id: UUID, intake: Intake, batch: list[_Sealed]) -> list[str]:
    """Write one batch: item, occurrence, frames and log entry together."""
    officer = progress.officer
    thing = Thing(Shape.CASE, owner=officer.agency, case=case_id, id=case_id, handling=intake.handling)
    with acting(officer, Act.RECEIVE, thing, progress.purpose, step="intake") as deed:
        case = Case.objects.select_for_update().get(pk=case_id)
        fresh: list[Made] = []
        outcomes = [_record_one(case, officer, intake, sealed, fresh) for sealed in batch]
        derivation.record(deed, officer, fresh)
        case.save(update_fields=["items_given"])
        deed.reason = _told(intake, outcomes)
        if set(outcomes) - {"known"}:
            announce("received", officer, progress.purpose, case_id, files=len(batch), origin=intake.origin)
        if any(sealed.sampling is Sampling.KEYS for sealed in batch):
            enqueue_once(CLOSER, officer, progress.purpose, case=case_id, priority=AFTER_ALL_ELSE)
    return outcomes


def _told(intake: Intake, outcomes: list[str]) -> str:
    """Say for the log what one batch brought: counts, never the source's own words."""
    kinds = ", ".join(f"{outcomes.count(k)} {k}" for k in sorted(set(outcomes)))
    return f"received {len(outcomes)} files ({intake.origin}): {kinds}"


def _record_one(case: Case, officer: Officer, intake: Intake, sealed: _Sealed, derived: list[Made]) -> str:
    """Write one file and return what it was: new, refused, duplicate (another place) or known.

    What was computed from a new one is added to ``derived``.
    """
    media = _same_file(case, officer, intake, sealed)
    fresh = media is None
    looked_into = sealed.refusal is not None and sealed.refusal.code is RefusalCode.ARCHIVE
    if media is not None and looked_into and media.refusal != RefusalCode.ARCHIVE:
        # it came within another archive before, or to a version that did not look inside
        _refuse(media, sealed.refusal)
        media.save(update_fields=["refusal", "refusal_reason"])
    unread = _unread(case, officer, intake, sealed) if sealed.kept else None
    if media is None:
        media = _item(case, officer, intake, sealed, unread)
        media.save()
        if sealed.opened:
            Frame.objects.bulk_create(_frames(media, sealed.opened))
            derived.append(hashed(media, sealed.opened, sealed.sampling))
    elif unread:
        unread.delete()  # the path can be read by now, and its bytes are those of another item
    seen = Occurrence.objects.get_or_create(
        media=media,
        folder=sealed.folder,
        name=sealed.name,
        source=intake.source,
        defaults=_carried(case, officer, intake),
    )[1]
    if fresh:
        return _first_time(media)
    return "duplicate" if seen else "known"


def _first_time(media: Media) -> str:
    """Return what a new item counts as; an archive that was looked into is not refused."""
    if media.refusal == RefusalCode.ARCHIVE:
        return "archive"
    return "refused" if media.refusal else "new"


def _same_file(case: Case, officer: Officer, intake: Intake, sealed: _Sealed) -> Media | None:
    """Return the item of the same bytes, or of the same unreadable path."""
    if not sealed.kept:
        return _unread(case, officer, intake, sealed)
    held = Media.objects.filter(case=case, owner_id=officer.agency, origin=intake.origin)
    return held.filter(sha256=sealed.kept.sha256).first()


def _unread(case: Case, officer: Officer, intake: Intake, sealed: _Sealed) -> Media | None:
    """Return the record of this path from when it could not be read."""
    held = Media.objects.filter(case=case, owner_id=officer.agency, origin=intake.origin, sha256="")
    return held.filter(occurrences__folder=sealed.folder, occurrences__name=sealed.name).first()


def _carried(case: Case, officer: Officer, intake: Intake) -> dict[str, Any]:
    return {
        "case": case,
        "owner_id": officer.agency,
        "made_by_id": officer.id,
        "codes": str(intake.handling),
        "handling_text": intake.handling_text,
        "audience": case.audience,
    }


def _item(
    case: Case, officer: Officer, intake: Intake, sealed: _Sealed, unread: Media | None = None
) -> Media:
    """Return the unsaved row of one file, with everything that could be learned of it.

    A path that could not be read before keeps its row and number.
    """
    media = unread or Media(
        number=next_number(case, officer.agency, intake.handling),
        origin=intake.origin,
        source=intake.source,
        **_carried(case, officer, intake),
    )
    if sealed.kept:
        media.size, media.key = sealed.kept.size, sealed.kept.key
        media.md5, media.sha1, media.sha256 = sealed.kept.md5, sealed.kept.sha1, sealed.kept.sha256
    if sealed.opened:
        _describe(media, sealed.opened, sealed.sampling)
    media.refusal = media.refusal_reason = ""
    _refuse(media, sealed.refusal)
    return media


def _refuse(media: Media, refusal: Refusal | None) -> None:
    """Write why a file is no item to look at, if so."""
    if refusal:
        media.refusal, media.refusal_reason = str(refusal.code), refusal.reason


def _describe(media: Media, opened: Opened, sampling: Sampling = Sampling.SPARSE) -> None:
    """Copy what opening learned into the row; a refused file may still have told its container's facts."""
    media.kind = str(opened.kind or "")
    media.mime, media.partial = opened.mime, opened.partial
    media.width, media.height, media.duration = opened.width, opened.height, opened.duration
    media.pdq, media.pdq_raw, media.pdq_quality = opened.pdq or "", opened.pdq_raw, opened.pdq_quality
    media.pdq_turns = {str(profile): list(turns) for profile, turns in opened.pdq_turns.items()}
    media.tags = dict(opened.tags)
    media.metadata = metadata.normalise(opened.tags).as_json()
    if opened.kind == "video":
        media.decoded = {"decoded": opened.decoded, "expected": opened.expected, "errors": opened.errors}
        media.decoded["pass"] = str(sampling)


@task(CLOSER)
def look_closer(progress: Progress) -> dict[str, Any]:
    """Look closely at videos that a first pass saw by their key frames; it goes on where it was."""
    officer, case_id = progress.officer, UUID(str(progress.job.case))
    thing = Thing(Shape.CASE, owner=officer.agency, case=case_id, id=case_id)
    with acting(officer, Act.READ, thing, progress.purpose, step="intake", reason="which videos wait"):
        rows = Media.objects.filter(case_id=case_id, owner_id=officer.agency, kind="video", refusal="")
        rows = rows.filter(decoded__has_key="pass").exclude(key="").order_by("number")
        todo = [m for m in rows if m.first_pass and "closer" not in m.decoded]
    counts = {"videos": 0, "as they were": 0}
    for done, media in enumerate(todo, 1):
        known = Known(media.size, media.md5, media.sha1, media.sha256)
        opened = read(evidence_store().original(media.key), known=known)
        with acting(officer, Act.ALTER, media.as_thing(), progress.purpose, step="intake") as deed:
            counts["as they were" if opened.refusal else "videos"] += 1
            deed.reason = "a video was looked at more closely"
            _seen_closely(progress, deed, media, opened)
        progress.tell(done, len(todo), "")
    return counts


def _seen_closely(progress: Progress, deed: Deed, media: Media, opened: Opened) -> None:
    """Let a video's frames take the place of its key frames; where there are none, say so and keep these."""
    if opened.refusal:
        media.decoded = {**media.decoded, "closer": opened.refusal.reason}
        media.save(update_fields=["decoded"])
        return
    _describe(media, opened)
    media.save(update_fields=["decoded", "partial"])
    media.frames.all().delete()
    Frame.objects.bulk_create(_frames(media, opened))
    derivation.record(deed, progress.officer, [hashed(media, opened)])
    announce("looked closer", progress.officer, progress.purpose, media.case_id, media=str(media.pk))


def is_withheld(case: Case, agency: UUID, handling: Handling) -> bool:
    """Whether other members of the case do not see what ``agency`` makes in it under ``handling``."""
    alone = Audience(case.audience) in ORIGINATOR_ONLY and agency != case.owner_id
    return handling.restricted or alone


def next_number(case: Case, agency: UUID, handling: Handling) -> int:
    """Return the number of the case's next item; the caller locks and saves ``case``.

    Items that all members see are counted, and in a case of a strict audience those of its own agency. A
    withheld one gets a number at random, so that no gap in what others see tells that it is there.
    """
    if not is_withheld(case, agency, handling):
        case.items_given += 1
        return case.items_given
    with guard.system("a number that no item of the case has"):
        while True:
            number = WITHHELD_FROM + secrets.randbelow(WITHHELD_FROM * 9)
            if not Media.objects.filter(case=case, number=number).exists():
                return number


def _frames(media: Media, opened: Opened) -> list[Frame]:
    return [
        Frame(
            media=media,
            t=f.t,
            pdq=f.pdq,
            quality=f.quality,
            case=media.case,
            owner_id=media.owner_id,
            made_by_id=media.made_by_id,
            codes=media.codes,
            handling_text=media.handling_text,
            audience=media.audience,
        )
        for f in opened.frames
    ]


def hashed(media: Media, opened: Opened, sampling: Sampling = Sampling.SPARSE) -> Made:
    """Return how an item's digests, hashes, frames and tags were derived from it, to be recorded."""
    closely = {} if sampling is Sampling.SPARSE else {"sampling": str(sampling)}
    return Made(
        what="hashes",
        sources=[media],
        inputs=[media.sha256],
        tool=tools.READ,
        version=tools.versions(**hash_versions()),
        parameters={"extract": [], **closely},
        output=tools.output_of(tools.described(opened)),
        media=media,
    )


def hash_versions() -> dict[str, str]:
    """Return the version of each hash type under the name that a derivation gives it."""
    return {f"hash {name}": str(each.version) for name, each in plugins.hashes().items()}


def _text(path: Path) -> str:
    """Return a path as text that a database holds: bytes that are no UTF-8 are written in hex."""
    text = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return text.replace("\x00", "\\x00")


def destroy() -> int:
    """Destroy the keys of what was erased, of one object or of a whole case; return how many."""
    done = 0
    with guard.system("destroy the keys of what was erased"):
        for stone in Tombstone.objects.filter(destroyed_at=None).order_by("at"):
            store = evidence_store()
            for key in stone.keys:
                store.remove(key)
            if stone.thing is None:
                store.forget(stone.case)
            stone.keys, stone.destroyed_at = [], clock.now()
            stone.save(update_fields=["keys", "destroyed_at"])
            done += 1
    return done
