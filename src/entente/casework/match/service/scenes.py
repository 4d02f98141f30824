"""Is a part of it known? The new pictures of a case are asked of the pictures that the agency holds.

The features of each picture are found in a limited decoder and sealed in the evidence store, with a key of
its case. What is met is proposed; a person confirms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from threading import Lock
from typing import Any
from uuid import UUID

from django.db.models import Q

from entente.casework.intake.service import evidence_store
from entente.casework.match.scene import (
    METHOD,
    TOO_FEW,
    VERSION,
    Asked,
    Features,
    FeaturesDamaged,
    SceneIndex,
    SceneMatch,
)
from entente.casework.match.scene.corners import HELD_MOST
from entente.casework.match.scene.seen import TO_ASK, TO_HOLD, asked_of, held_of
from entente.casework.match.service.marks import mark, remark
from entente.evidence import tools
from entente.evidence.open import Known, read
from entente.evidence.store import Erased
from entente.records import derivation, guard
from entente.records.act import acting
from entente.records.announce import News, announce, on
from entente.records.derivation import Made
from entente.records.jobs import Progress, task
from entente.records.models import Case, Match, Media, SceneFeatures
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import H2, union
from entente.vocabulary.media_hash import Transform, Verdict

AT_ONCE = 8
AGENCIES_KEPT = 2  # whose opened features a process keeps in memory, never on the disk: 30 KB a picture
OWN = 16  # bytes of the item's id before its features: no two items share one object, so erasing is safe
HELD = "held pictures"  # stands where a hash list's name stands
_KEPT: dict[UUID, tuple[str, SceneIndex]] = {}  # by agency: which pictures, and their index
_KEPT_LOCK = Lock()


@task("match.scenes")
def find_scenes(progress: Progress) -> dict[str, Any]:
    """Find the features of the case's pictures, and ask the new ones of what the officer's agency holds.

    Run again, it does only what is missing: pictures without features, and new ones that were not asked of
    all that is held now.
    """
    officer, purpose = progress.officer, progress.purpose
    case_id = UUID(str(progress.job.case))
    thing = Case.thing_of(case_id, officer.agency)
    with acting(officer, Act.READ, thing, purpose, step="match", reason="which pictures are held") as deed:
        held = _Held.of_agency(officer.agency, case_id)
        todo = _todo(officer.agency, case_id, held.digest)
        deed.reason = f"{len(held.keys)} held pictures' features, for {len(todo)} pictures"
    counts = {"asked": 0, "proposed": 0, "too_few": 0}
    asking = held.keys and any(each.ask for each in todo)
    index = held.index() if asking else SceneIndex([])
    for start in range(0, len(todo), AT_ONCE):
        part = todo[start : start + AT_ONCE]
        with ThreadPoolExecutor(len(part)) as threads:  # they wait for decoders; the sandbox limits those
            found = list(threads.map(partial(_found_in, others=bool(held.keys)), part))
        thing = Case.thing_of(case_id, officer.agency)  # anew: it may have been restricted meanwhile
        with acting(officer, Act.ALTER, thing, purpose, step="match") as deed:
            media = [each.media for each in found]
            shared = derivation.mixed(officer.agency, media)
            there = SceneFeatures.objects.filter(owner_id=officer.agency, media__in=media)
            rows = {row.media_id: row for row in there}  # read anew: another worker may have made some
            kept = [_kept(officer, each, rows.get(each.media.pk), held.digest, shared) for each in found]
            derivation.record(deed, officer, [m for m in kept if m])
            proposed = {each.media.pk: _proposed(officer, each, index, held) for each in found}
            made = sum(proposed.values())
            deed.reason = f"ask {len(part)} pictures of what is held: {made} scenes proposed"
            if made:
                mark(item for item, count in proposed.items() if count)
                announce("known changed", officer, purpose, case_id)
        counts["asked"] += len(part)
        counts["proposed"] += made
        counts["too_few"] += sum(each.held is not None and each.held.too_few for each in found)
        progress.tell(start + len(part), len(todo), f"{counts['proposed']} proposed")
    return counts


def _pictures() -> Any:
    """Return the pictures that are searched by scene: no crops, nothing that the police photographed."""
    items = Media.objects.filter(kind="picture", refusal="").exclude(key="")
    return items.exclude(origin__in=["crop", "search"])


@dataclass(frozen=True, slots=True)
class _Todo:
    """A picture with what is to be done: find its features, ask it, or both."""

    media: Media
    ask: bool


def _todo(agency: UUID, case: UUID, digest: str) -> list[_Todo]:
    """Return the case's pictures that lack something, in order of their numbers."""
    rows = {r.media_id: r for r in SceneFeatures.objects.filter(owner_id=agency, case_id=case)}
    todo = []
    for media in _pictures().filter(case_id=case).defer("tags", "metadata", "decoded", "pdq_turns"):
        row = rows.get(media.pk)
        stale = row is None or row.version != VERSION
        new = media.known in ("", str(Verdict.NEW), str(Verdict.SCENE))
        ask = new and (stale or (not row.because and row.asked_of != digest))  # type: ignore[union-attr]
        if stale or ask:
            todo.append(_Todo(media, ask))
    return todo


@dataclass(frozen=True, slots=True)
class _Held:
    """The held pictures that a case's are asked of, and the digest that says which these are."""

    agency: UUID
    keys: Mapping[int, str]  # of the features in the store, by the number of their row
    digest: str

    @classmethod
    def of_agency(cls, agency: UUID, case: UUID) -> _Held:
        """Return what the scope shows: pictures of other cases, and of this one those confirmed as known."""
        confirmed = Match.objects.filter(owner_id=agency, case_id=case, state="confirmed", suppresses=False)
        rows = SceneFeatures.objects.filter(
            ~Q(case_id=case) | Q(media__in=confirmed.values("media")),
            owner_id=agency,
            version=VERSION,
            media__in=_pictures().exclude(known="harmless"),
        )
        found = rows.exclude(key="").order_by("pk").values_list("pk", "key").iterator(10_000)
        keys = {pk.int: key for pk, key in found}
        told = b"".join(pk.to_bytes(16, "big") for pk in keys)
        return cls(agency, keys, sha256(VERSION.encode() + told).hexdigest())

    def index(self) -> SceneIndex:
        """Return the index of these; what this process opened before for the agency is not opened again."""
        with _KEPT_LOCK:
            before = _KEPT.pop(self.agency, None)
            if before is None or before[0] != self.digest:
                old = before[1].pictures() if before else ()
                there = {number: features for number, features in old if number in self.keys}
                before = self.digest, SceneIndex.build(self._opened(there))
            _KEPT[self.agency] = before
            while len(_KEPT) > AGENCIES_KEPT:
                del _KEPT[next(iter(_KEPT))]
            return before[1]

    def media_of(self, number: int) -> Media:
        """Return the item of a row that was met."""
        return SceneFeatures.objects.select_related("media").get(pk=UUID(int=number)).media

    def _opened(self, there: Mapping[int, Features]) -> Iterator[tuple[int, Features]]:
        """Yield features in their order; what is damaged or erased in between is left out."""
        store = evidence_store()
        for number, key in self.keys.items():
            if number in there:
                yield number, there[number]
                continue
            with suppress(OSError, Erased, FeaturesDamaged), store.open(key) as stream:
                yield number, Features.from_bytes(stream.read()[OWN:])


@dataclass(frozen=True, slots=True)
class _Found:
    """What a decoder found in one picture; ``because`` says why there is nothing."""

    media: Media
    held: Features | None
    asked: Asked | None
    because: str
    was_asked: bool


def _found_in(todo: _Todo, *, others: bool) -> _Found:
    """Return one picture's features; touches no database. The decoder's answer is checked.

    Where no ``others`` are held, it is asked of nothing: what it would be asked with is dear, and not made.
    """
    media = todo.media
    known = Known(media.size, media.md5, media.sha1, media.sha256)
    ask = todo.ask and others
    wanted = [TO_HOLD, TO_ASK] if ask else [TO_HOLD]
    opened = read(evidence_store().original(media.key), known=known, extract=wanted)
    held = held_of(opened.extracted.get(TO_HOLD, {}))
    asked = asked_of(opened.extracted.get(TO_ASK, {})) if ask else None
    because = ""
    if held is None or len(held) > HELD_MOST:
        held, asked = None, None
        because = opened.refusal.reason if opened.refusal else "the decoder found no features; compare again"
    elif held.too_few:
        because = TOO_FEW
    was_asked = held is not None and (asked is not None or (todo.ask and not others))
    return _Found(media, held, asked, because[:300], was_asked)


def _kept(
    officer: Officer, found: _Found, row: SceneFeatures | None, digest: str, shared: set[UUID]
) -> Made | None:
    """Seal the features and write ``row``, or a new one; return how they were derived, if they were.

    ``shared`` are the items that hold another agency's information: their features inherit that.
    """
    media = found.media
    data = found.held.to_bytes() if found.held and not found.because else b""
    row = row or SceneFeatures(media=media, case_id=media.case_id, owner_id=officer.agency)
    fresh = row._state.adding
    row.key = evidence_store().keep_bytes(media.pk.bytes + data, media.case_id).key if data else ""
    row.made_by_id, row.version = officer.id, VERSION
    row.count, row.because = len(found.held or ()), found.because
    row.asked_of = digest if found.was_asked else row.asked_of
    row.audience = media.audience
    row.handling = media.handling
    row.save()
    if fresh and media.pk in shared:
        row.derives_from(media)
    return _made(media, row, data) if data and fresh else None


def _made(media: Media, row: SceneFeatures, data: bytes) -> Made:
    """Return how a picture's features were derived, to be recorded."""
    return Made(
        what="scene features",
        sources=[media],
        inputs=[media.sha256],
        tool=tools.READ,
        version=tools.versions(**{METHOD: VERSION}),
        parameters={"extract": [TO_HOLD]},
        output=tools.output_of(data),
        media=media,
        thing=row.pk,
    )


def _proposed(officer: Officer, found: _Found, index: SceneIndex, held: _Held) -> int:
    """Propose each held picture that shares a part with this one; return how many are new."""
    if found.asked is None:
        return 0
    made = 0
    for match in index.search(found.asked):
        other = held.media_of(match.id)
        if other.pk != found.media.pk and other.sha256 != found.media.sha256:
            made += _written(officer, found.media, other, match)
    return made


def _written(officer: Officer, media: Media, other: Media, match: SceneMatch) -> bool:
    """Write one match, once; what a person decided is never overwritten. Carries what binds both pictures.

    That the agency holds the picture in another case is H2: others in this one read that the item is known.
    """
    because = match.because
    elsewhere = [H2] if other.case_id != media.case_id else []
    handling = union([media.handling, other.handling, *elsewhere])
    row, fresh = Match.objects.get_or_create(
        media=media,
        owner_id=officer.agency,
        list_name=HELD,
        entry=str(other.pk),  # no case, no number: not every reader of this case may know the other
        transform=str(Transform.MIRROR_Y if match.mirrored else Transform.ORIGINAL),
        defaults={
            "case_id": media.case_id,
            "codes": str(handling),
            "handling_text": handling.text,
            "audience": media.audience,
            "made_by_id": officer.id,
            "verdict": str(Verdict.SCENE),
            "held": other,
            "because": because.text,
            "method": because.method,
            "version": because.version,
            "regions": [list(match.region_query), list(match.region_held)],
        },
    )
    if fresh:
        row.derives_from(media, other)
    return fresh


@on("erased")
def _unmark(news: News) -> None:
    """What was known only as a part of an erased picture counts as new again, in whatever case it is."""
    _KEPT.clear()  # other processes read the rows again before they ask
    with guard.system("items whose known picture was erased"):
        scenes = Match.objects.filter(verdict=str(Verdict.SCENE))
        alone = Media.objects.filter(known=str(Verdict.SCENE)).exclude(pk__in=scenes.values("media"))
        remark(alone.values_list("pk", flat=True))
