"""What can be seen, together? Looking is asked for, logged first and counted; what is seen becomes a clue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from entente import plugins
from entente.casework.examine.crop import background
from entente.casework.examine.extractors import FIND_ALL, Material
from entente.casework.intake.service import evidence_store, hashed, next_number
from entente.evidence import tools
from entente.evidence.open import Known, read, render
from entente.evidence.store import Erased, NotKept
from entente.records import derivation, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.derivation import Made
from entente.records.jobs import Progress, enqueue, task
from entente.records.models import Agency, Case, Change, Clue, Job, Link, Media, Note, Viewing
from entente.records.undo import Touched, take_back
from entente.safeguards.access import Act
from entente.safeguards.exposure import Exposure, Seen, exposure
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import Clue as ClueWord
from entente.vocabulary.clue import ClueGroup, ClueKind, clue_from_json, group_of
from entente.vocabulary.handling import Evaluation, Handling, HandlingCode, Purpose, union
from entente.vocabulary.media import Refusal, Region

METHOD, VERSION = "examiner", "1"
FROM_METADATA = "entente.casework.examine.extractors.run:found_in"
BATCH = 16  # items a transaction
GREY_VIEWS = ("grey", "edges")
LONGEST_LOOK_MS = 60_000  # one press shows no longer than the desk allows, whatever a browser claims


class ExamineRefused(ValueError):
    """What was asked of an item does not fit it; the sentence says the mend."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """What a run of the extractors found."""

    items: int
    clues: int
    refused: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return an object for a job's result."""
        return {"items": self.items, "clues": self.clues, "refused": list(self.refused)}


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
    versions = {name: str(e.version) for name, e in plugins.extractors().items()}
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
            made = sum(_propose(officer, m, f.clues) for m, f in zip(batch, found, strict=True))
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
    return Suggested(done, clues, tuple(refused))


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
    return {f"extractor {name}": str(each.version) for name, each in plugins.extractors().items()}


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


def _propose(officer: Officer, media: Media, found: Sequence[ClueWord]) -> int:
    """Write the clues that this item does not have yet, withdrawn ones included; return how many."""
    held = {_key(c.method, c.version, c.kind, c.value) for c in Clue.objects.filter(media=media)}
    made = 0
    for each in found:
        key = _key(each.method, each.version, each.kind, each.value)
        if key in held:
            continue
        held.add(key)
        _written(officer, media, each, media.handling, state="proposed")
        made += 1
    return made


def _key(method: str, version: str, kind: str, value: Any) -> tuple[str, str, str, str]:
    return method, version, str(kind), json.dumps(value, sort_keys=True)


def _written(officer: Officer, media: Media, word: ClueWord, handling: Handling, state: str) -> Clue:
    """Write one clue of an item, with the item's originators."""
    row = Clue(
        case_id=media.case_id,
        owner_id=officer.agency,
        made_by_id=officer.id,
        audience=media.audience,
        media=media,
        kind=str(word.kind),
        value=word.value,
        group=str(word.group),
        source=word.source,
        region=list(word.region) if word.region else None,
        start=word.start,
        end=word.end,
        negated=word.negated,
        evaluation=word.evaluation,
        reliability=word.reliability,
        because=word.because,
        method=word.method,
        version=word.version,
        state=state,
        decided_by_id=officer.id if state == "confirmed" else None,
    )
    row.handling = handling
    row.save()
    row.derives_from(media)
    return row


def show_grey(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    view: str = "grey",
    t: float | None = None,
    *,
    read_restriction: bool = False,
) -> tuple[Viewing, bytes]:
    """Return a small grey still or a line drawing; it is logged and counted before a byte leaves."""
    if view not in GREY_VIEWS:
        raise ExamineRefused(f"there is no view {view!r}; ask for one of {', '.join(GREY_VIEWS)}")
    return _shown(officer, purpose, media, view, t, read_restriction)


def reveal(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    t: float | None = None,
    *,
    read_restriction: bool = False,
) -> tuple[Viewing, bytes]:
    """Return the item in clear, for one press; it is logged and counted before a byte leaves.

    A reader of the case is denied, and the log says so; crops are what a reader works on.
    """
    view = "crop" if media.origin == "crop" else "clear"
    return _shown(officer, purpose, media, view, t, read_restriction)


def _shown(
    officer: Officer, purpose: Purpose, media: Media, view: str, t: float | None, read_restriction: bool
) -> tuple[Viewing, bytes]:
    act = Act.READ if media.origin == "crop" else Act.REVEAL
    with acting(officer, act, media.as_thing(), purpose, step="examine", reason=f"look: {view}"):
        media = Media.objects.get(pk=media.pk)
        _demand_viewable(media, t, read_restriction)
        with guard.system("count a look, a reader's at a crop too"):
            viewing = Viewing(
                case_id=media.case_id,
                owner_id=officer.agency,
                made_by_id=officer.id,
                media=media,
                account_id=officer.id,
                view=view,
                purpose=str(purpose),
                t=t,
            )
            viewing.handling = media.handling
            viewing.save()
            viewing.derives_from(media)
    shown = render(evidence_store().original(media.key), "clear" if view == "crop" else view, t=t)
    if isinstance(shown, Refusal):
        with guard.system("nothing could be shown, so nobody looked"):
            viewing.delete()
        raise ExamineRefused(shown.reason)
    return viewing, shown


def _demand_viewable(media: Media, t: float | None, read_restriction: bool) -> None:
    if media.refusal or not media.key:
        raise ExamineRefused("this item could not be opened, so there is nothing to show; see its refusal")
    if HandlingCode.H3 in media.handling.codes and not read_restriction:
        raise ExamineRefused("read the restriction in words (H3) on the item's page first")
    if t is not None and not (media.kind == "video" and 0 <= t <= (media.duration or 0) + 1):
        raise ExamineRefused("that moment lies outside the item; choose one between its start and its end")


def hide(officer: Officer, purpose: Purpose, viewing: Viewing, milliseconds: int) -> None:
    """Record how long the officer's own look lasted; a second report of the same look changes nothing."""
    if viewing.account_id != officer.id:
        raise ExamineRefused("only the one who looked reports how long")
    with guard.system("the length of an officer's own look; the look itself is in the log"):
        own = Viewing.objects.filter(pk=viewing.pk, milliseconds=0)
        own.update(milliseconds=max(0, min(int(milliseconds), LONGEST_LOOK_MS)))


def mark(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    *,
    kind: ClueKind,
    value: Any,
    region: Region | None = None,
    start: float | None = None,
    end: float | None = None,
    group: ClueGroup | None = None,
    evaluation: str = "X4",
    because: str = "",
    codes: Iterable[str] = (),
    handling_text: str = "",
    negated: bool = False,
) -> Clue:
    """Record what an officer sees in an item: confirmed from the start, because a person says it.

    ``codes`` add to the item's handling and never loosen it.
    """
    with acting(officer, Act.ALTER, media.as_thing(), purpose, step="examine", reason=f"clue: {kind}"):
        media = Media.objects.get(pk=media.pk)
        _demand_inside(media, start, end)
        word = ClueWord(
            id="",
            kind=ClueKind(kind),
            value=value,
            group=ClueGroup(group) if group else group_of(ClueKind(kind)),
            source=f"examiner, {Agency.objects.get(pk=officer.agency).short}",
            medium=str(media.pk),
            because=because.strip() or "seen by an examiner",
            method=METHOD,
            version=VERSION,
            region=(region.x, region.y, region.w, region.h) if region else None,
            start=start,
            end=end if end is not None else start,
            negated=negated,
            evaluation=str(Evaluation.parse(evaluation)),
        )
        own = [Handling(frozenset(HandlingCode(c) for c in codes), handling_text)] if codes else []
        clue = _written(officer, media, word, union([media.handling, *own]), state="confirmed")
        announce("clue changed", officer, purpose, media.case_id, clue=str(clue.pk))
    return clue


def _demand_inside(media: Media, start: float | None, end: float | None) -> None:
    if start is None and end is None:
        return
    if media.kind != "video":
        raise ExamineRefused("a picture has no time; leave the stretch of time empty")
    last = media.duration or 0
    if start is None or not 0 <= start <= last or (end is not None and not start <= end <= last + 1):
        raise ExamineRefused(f"a stretch of time lies between 0 and {last:.3f} s and ends after it starts")


def confirm(officer: Officer, purpose: Purpose, clue: Clue, *, seen: str = "") -> Clue:
    """Confirm a clue. ``seen`` is the state the officer decided on; if it changed since, that is told."""
    return _decided(officer, purpose, clue, "confirmed", "confirm a clue", seen)


def withdraw(officer: Officer, purpose: Purpose, clue: Clue, *, seen: str = "") -> Clue:
    """Withdraw a clue; it stays on record and counts for nothing."""
    return _decided(officer, purpose, clue, "withdrawn", "withdraw a clue", seen)


def _decided(officer: Officer, purpose: Purpose, clue: Clue, state: str, what: str, seen: str) -> Clue:
    with acting(officer, Act.ALTER, clue.as_thing(), purpose, step="examine", reason=what):
        row = Clue.objects.select_for_update().get(pk=clue.pk)
        if row.state == state or (seen and row.state != seen):
            raise ExamineRefused(f"this clue is {row.state} already, by another decision; look at it again")
        touched = Touched()
        touched.keep(row)
        row.state, row.decided_by_id = state, officer.id
        row.save(update_fields=["state", "decided_by"])
        touched.record(row.case_id, officer, what, row.handling, clue=str(row.pk))
        announce("clue changed", officer, purpose, row.case_id, clue=str(row.pk))
    return row


def restore(officer: Officer, purpose: Purpose, clue: Clue) -> Clue:
    """Take the last decision on a clue back."""
    with acting(officer, Act.ALTER, clue.as_thing(), purpose, step="examine", reason="restore a clue"):
        done = Change.objects.filter(case=clue.case_id, before__clue=str(clue.pk), undone_at=None).first()
        if done is None:
            raise ExamineRefused("no decision on this clue is left to take back")
        take_back(done)
        announce("clue changed", officer, purpose, clue.case_id, clue=str(clue.pk))
        return Clue.objects.get(pk=clue.pk)


def note(officer: Officer, purpose: Purpose, media: Media, text: str, t: float | None = None) -> Note:
    """Add a remark to an item; remarks of several officers stand side by side."""
    if not text.strip():
        raise ExamineRefused("write the note first")
    with acting(officer, Act.ALTER, media.as_thing(), purpose, step="examine", reason="note on an item"):
        _demand_inside(media, t, None)
        row = Note(
            case_id=media.case_id,
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=media.audience,
            media=media,
            text=text.strip(),
            t=t,
        )
        row.handling = media.handling
        row.save()
        row.derives_from(media)
    return row


def crop(officer: Officer, purpose: Purpose, media: Media, region: Region, t: float | None = None) -> Media:
    """Keep a region as an item of its own, sealed and hashed, that others may work on without the whole.

    It carries the handling and the originators of the item it was cut from.
    """
    with acting(officer, Act.ALTER, media.as_thing(), purpose, step="examine", reason="make a crop"):
        _demand_viewable(media, t, read_restriction=True)
    cut = render(evidence_store().original(media.key), "crop", region=region, t=t)
    if isinstance(cut, Refusal):
        raise ExamineRefused(cut.reason)
    try:
        kept = evidence_store().keep_bytes(cut, media.case_id)
    except (NotKept, Erased) as fault:
        raise ExamineRefused(str(fault)) from None
    opened = read(
        evidence_store().original(kept.key), known=Known(kept.size, kept.md5, kept.sha1, kept.sha256)
    )
    with acting(officer, Act.ALTER, media.as_thing(), purpose, step="examine", reason="keep a crop") as deed:
        case = Case.objects.select_for_update().get(pk=media.case_id)
        row = Media(
            case_id=media.case_id,
            number=next_number(case, officer.agency, media.handling),
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=media.audience,
            origin="crop",
            source=f"crop of {media}",
            size=kept.size,
            md5=kept.md5,
            sha1=kept.sha1,
            sha256=kept.sha256,
            key=kept.key,
            kind=str(opened.kind or "picture"),
            mime=opened.mime,
            width=opened.width,
            height=opened.height,
            pdq=opened.pdq or "",
            pdq_turns={str(profile): list(turns) for profile, turns in opened.pdq_turns.items()},
            pdq_raw=opened.pdq_raw,
            pdq_quality=opened.pdq_quality,
            parent=media,
            region=[region.x, region.y, region.w, region.h],
            t=t,
        )
        row.handling = union([media.handling])
        case.save(update_fields=["items_given"])
        row.save()
        row.derives_from(media)
        derivation.record(deed, officer, [_cut(media, row), hashed(row, opened)])
    return row


def _cut(media: Media, row: Media) -> Made:
    """Return how a crop was derived, to be recorded."""
    return Made(
        what="crop",
        sources=[media],
        inputs=[media.sha256],
        tool=tools.RENDER,
        version=tools.versions(),
        parameters={"view": "crop", "region": row.region, "t": row.t, "side": None},
        output=row.sha256,
        media=media,
        made=row,
        key=row.key,
    )


def crop_background(
    officer: Officer, purpose: Purpose, media: Media, hidden: Sequence[Region], t: float | None = None
) -> Media:
    """Keep the largest part of an item that meets none of the ``hidden`` boxes: the room, not the person."""
    rest = background(hidden)
    if not hidden or rest is None:
        raise ExamineRefused("no part worth keeping is left beside the box; mark a smaller one")
    return crop(officer, purpose, media, rest, t)


def exposure_of(officer: Officer, purpose: Purpose, case: Case) -> Exposure:
    """Return the officer's own figures in a case: clear looks, seconds, and the looks that were not needed.

    Worked with = recorded or decided a clue, wrote a note, decided a link. Nobody else's figures are told.
    """
    with guard.scope(officer, purpose):
        looks = Viewing.objects.filter(case=case, account=officer.id, view__in=["clear", "sound"])
        seen = [
            Seen(str(officer.id), str(m), ms / 1000) for m, ms in looks.values_list("media", "milliseconds")
        ]
        return exposure(((str(officer.id), str(m)) for m in _worked_on(officer, case)), seen, str(officer.id))


def _worked_on(officer: Officer, case: Case) -> Iterator[UUID]:
    clues = Clue.objects.filter(case=case, decided_by=officer.id).exclude(media=None)
    yield from clues.values_list("media", flat=True)
    yield from (
        Note.objects.filter(case=case, made_by=officer.id).exclude(media=None).values_list("media", flat=True)
    )
    for a, b in Link.objects.filter(case=case, decided_by=officer.id).values_list("a", "b"):
        yield from (a, b)
