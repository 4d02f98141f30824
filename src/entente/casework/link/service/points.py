"""The points of a case's items: found in limited decoders, and sealed in the store.

Found once for each item and agency; what a stopped job has found stays found. Where the site has a matcher of
its own, an item has two parts in the store: our points, and those of its network.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from entente.casework.intake.service import evidence_store
from entente.casework.link.scene.agreement import METHOD, VERSION
from entente.casework.link.scene.kept import Shot, packed
from entente.casework.link.scene.seen import MOST_SHOTS, TO_LINK, points_of
from entente.casework.link.scene.site import METHOD as OF_SITE
from entente.casework.link.scene.site import MatcherRefused, SiteMatcher, fit, version_of
from entente.casework.link.scene.site_seen import TO_SITE
from entente.casework.link.scene.words import signed, vocabulary
from entente.casework.link.service.site import FRAMES, asked_of
from entente.evidence import tools
from entente.evidence.open import Known, Opened, read
from entente.evidence.source import Held
from entente.records import derivation, guard
from entente.records.act import acting
from entente.records.derivation import Made
from entente.records.jobs import Progress
from entente.records.models import Case, Media, ScenePoints
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.media import Sampling

AT_ONCE = 8
SPARSE_S = 2.0  # a video with fewer key frames than one in so many seconds is looked at between them
OWN = 16  # bytes of the item's id before its points: no two items share one object, so erasing is safe
NONE_FOUND = "nothing in it that could be found again"


def compared(case: UUID) -> QuerySet[Media]:
    """Return the items that are compared: no crops, nothing that the police photographed."""
    items = Media.objects.filter(case_id=case, kind__in=["picture", "video"], refusal="").exclude(key="")
    return items.exclude(origin__in=["crop", "search"])


@dataclass(frozen=True, slots=True)
class Looked:
    """At how many items was looked, and which of them the site's network could not read, with the reason."""

    items: int
    unread: list[tuple[int, str]]


def find_points(progress: Progress, site: SiteMatcher | None = None) -> Looked:
    """Find the points of the items that have none yet, the site's network's too."""
    officer, purpose = progress.officer, progress.purpose
    case = UUID(str(progress.job.case))
    thing = Case.thing_of(case, officer.agency)
    with acting(officer, Act.READ, thing, purpose, step="link", reason="whose points are known") as deed:
        rows = ScenePoints.objects.filter(owner_id=officer.agency, case_id=case)
        known = {media for media, version in rows.values_list("media", "version") if fit(version, site)}
        todo = [pk for pk in compared(case).values_list("pk", flat=True) if pk not in known]
        deed.reason = f"{len(known)} items' points are known, {len(todo)} are to be found"
    unread: list[tuple[int, str]] = []
    for start in range(0, len(todo), AT_ONCE):
        progress.make_way()
        among = todo[start : start + AT_ONCE]
        with guard.scope(officer, purpose):
            part = _lacking(officer.agency, case, site, among)
        with ThreadPoolExecutor(AT_ONCE) as threads:  # they wait for decoders; the sandbox limits those
            found = list(threads.map(partial(_found_in, site), part.values()))
        unread += [(each.media.number, each.unread) for each in found if each.unread]
        thing = Case.thing_of(case, officer.agency)  # anew: it may have been restricted meanwhile
        with acting(officer, Act.ALTER, thing, purpose, step="link") as deed:
            left = _lacking(officer.agency, case, site, part)
            held = {row.media_id: row for row in rows.filter(media__in=left)}
            made = [_kept(officer, f, held.get(f.media.pk)) for f in found if f.media.pk in left]
            derivation.record(deed, officer, [m for m in made if m])
            deed.reason = f"find points in {len(made)} items"
        progress.tell(start + len(among), len(todo), "looking for points")
    return Looked(len(todo), unread)


def _lacking(
    agency: UUID, case: UUID, site: SiteMatcher | None, among: Collection[UUID]
) -> dict[UUID, Media]:
    """Return those of some items that lack points still: others are erased by now, or found by somebody."""
    rows = ScenePoints.objects.filter(owner_id=agency, media__in=among).values_list("media", "version")
    known = [media for media, version in rows if fit(version, site)]
    return {m.pk: m for m in compared(case).filter(pk__in=among).exclude(pk__in=known)}


@dataclass(frozen=True, slots=True)
class _Found:
    """What decoders found in one item; ``because`` says why nothing, ``unread`` why nothing of the site's."""

    media: Media
    shots: Sequence[Shot]
    theirs: Sequence[Shot]
    because: str
    unread: str
    site: SiteMatcher | None  # whose network was asked


def _found_in(site: SiteMatcher | None, media: Media) -> _Found:
    """Return one item's points; touches no database. The decoder's answer is checked."""
    known = Known(media.size, media.md5, media.sha1, media.sha256)
    original = evidence_store().original(media.key)
    opened = _looked_at(media, original, known)
    found = [(t, each) for t, each in points_of(opened.extracted.get(TO_LINK, {})) if len(each)]
    shots = [Shot(t, each, vocabulary().coded(each)) for t, each in found]
    theirs: list[Shot] = []
    unread = ""
    if site and not opened.refusal:  # by a decoder of its own: one that dies of it costs none of our points
        try:
            asked = asked_of(site, original, known, FRAMES if media.kind == "video" else 1)
            theirs, unread = [Shot(t, each, signed(each)) for t, each in asked.shots], asked.because
        except MatcherRefused as refused:  # no fault of the item: it is asked again once the file is mended
            site, unread = None, str(refused)
    because = ""
    if not shots and not theirs:
        because = opened.refusal.reason if opened.refusal else NONE_FOUND
    return _Found(media, shots, theirs, because[:300], unread[:300], site)


def _looked_at(media: Media, original: Held, known: Known) -> Opened:
    """Return what a decoder finds in a picture, or in frames of a video spread over those it looks at."""
    looked = partial(read, original, known=known, extract=[TO_LINK], seen=MOST_SHOTS)
    if media.kind != "video":
        return looked(sampling=Sampling.SPARSE)
    opened = looked(sampling=Sampling.KEYS)
    few = len(opened.frames) * SPARSE_S < (opened.duration or 0.0)
    return looked(sampling=Sampling.SPARSE) if few else opened


def _kept(officer: Officer, found: _Found, row: ScenePoints | None) -> Made | None:
    """Seal the points and write their row; return how they were derived, if they were."""
    media, site = found.media, found.site
    data = packed(found.shots) + packed(found.theirs) if found.shots or found.theirs else b""
    row = row or ScenePoints(media=media, case_id=media.case_id, owner_id=officer.agency)
    fresh, before = row._state.adding, row.key
    row.key = evidence_store().keep_bytes(media.pk.bytes + data, media.case_id).key if data else ""
    row.made_by_id, row.version, row.asked = officer.id, version_of(site), False
    row.count, row.because = sum(len(s.points) for s in (*found.shots, *found.theirs)), found.because
    row.audience, row.handling = media.audience, media.handling
    row.save()
    if before and before != row.key:  # of an older method, or of a matcher that the site has no more
        transaction.on_commit(partial(_let_go, before))
    if fresh:
        row.derives_from(media)
    if not data:
        return None
    by_site = {OF_SITE: f"{site.name} {site.version} {site.sha256}"} if site else {}
    return Made(
        what="scene points",
        sources=[media],
        inputs=[media.sha256],
        tool=tools.READ,
        version=tools.versions(**{METHOD: VERSION}, **by_site),
        parameters={"extract": [TO_LINK, TO_SITE] if site else [TO_LINK]},
        output=tools.output_of(data),
        media=media,
        thing=row.pk,
    )


def _let_go(key: str) -> None:
    """Remove replaced points from the store; another agency that found the same may still hold them."""
    with guard.system("an object of points that another row names stays"):
        named = ScenePoints.objects.filter(key=key).exists()
    if not named:
        evidence_store().remove(key)
