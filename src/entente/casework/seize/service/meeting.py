"""Where an element was met, as machines say it: equal files, near copies, a device; each with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from entente.casework.match.compare import TURNED
from entente.casework.match.hashes import TURNS
from entente.casework.match.index import NearIndex, packed
from entente.records.models import Element, Frame, Media
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY, PDQ_NEAR

STILL_S = 1.0  # a frame so near shows what the element's own moment shows


@dataclass(frozen=True, slots=True)
class Proposal:
    """An element met in a file, as a method says it: ``t`` a video's second, ``place`` four corners in it."""

    element: Element
    media: Media
    because: str
    method: str
    distance: int | None = None
    t: float | None = None
    place: tuple[tuple[float, float], ...] | None = None


def seen_in(element: Element) -> Media | None:
    """Return the item in which an element is seen."""
    if element.crop is not None:
        return element.crop.parent
    return element.clue.media if element.clue is not None else None


def stills_of(listed: list[Element]) -> dict[UUID, Frame]:
    """Return the hashed frame nearest to where each element is seen in a video; the caller's scope."""
    found: dict[UUID, Frame] = {}
    for element in listed:
        item = seen_in(element)
        if item is None or item.kind != "video":
            continue
        cut_at = element.crop.t if element.crop else None
        t = next((s for s in (element.seen_at, cut_at) if s is not None), 0.0)
        near_by = Frame.objects.filter(media=item, t__gte=t - STILL_S, t__lte=t + STILL_S)
        if frames := list(near_by.filter(quality__gte=PDQ_MIN_QUALITY)):
            found[element.pk] = min(frames, key=lambda f: abs(f.t - t))
    return found


def equal(listed: list[Element], files: list[Media]) -> Iterator[Proposal]:
    """Propose files with the very bytes of the item in which an element is seen."""
    by_digest: dict[str, list[Media]] = {}
    for each in files:
        if each.sha256:
            by_digest.setdefault(each.sha256, []).append(each)
    for element in listed:
        item = seen_in(element)
        for met in by_digest.get(item.sha256, ()) if item and item.sha256 else ():
            yield Proposal(
                element, met, f"Same SHA-256 as item {item}, in which the element is seen", "SHA-256", 0
            )


def near(
    listed: list[Element],
    files: list[Media],
    frames: list[tuple[UUID, str, int, float]],
    stills: dict[UUID, Frame],
) -> Iterator[Proposal]:
    """Propose near copies of the item in which an element is seen, of its frame there, or of its crop.

    Items and crops are met at any of eight turns; of a video, frames as they are.
    """
    by_id = {f.pk: f for f in files}
    every = [(f.pk, f.pdq, f.pdq_quality or 0, None) for f in files] + frames
    hashes = [(pdq, pk, t) for pk, pdq, quality, t in every if pdq.strip("0") and quality >= PDQ_MIN_QUALITY]
    index = NearIndex(packed([h for h, *_ in hashes]))
    for element in listed:
        best: dict[UUID, tuple[int, str, float | None]] = {}
        for turns, said in _asked(element, stills.get(element.pk)):
            pairs = index.search(packed(turns), PDQ_NEAR)
            for turn, place, distance in zip(
                pairs.query.tolist(), pairs.held.tolist(), pairs.distance.tolist(), strict=True
            ):
                _, media, t = hashes[place]
                text = f"PDQ distance {distance} of 256 to {said}{TURNED[TURNS[turn]]}"
                found = distance, text + (f"; at {t:.1f} s of the video" if t is not None else ""), t
                best[media] = min(best.get(media, (999, "", None)), found, key=lambda f: (f[0], f[1]))
        for media, (distance, text, t) in best.items():
            yield Proposal(element, by_id[media], text, "PDQ", distance, t)


def _asked(element: Element, still: Frame | None) -> Iterator[tuple[tuple[str, ...], str]]:
    """Iterate over the hashes that stand for an element, and what each is of."""
    item = seen_in(element)
    for media, said in ((item, f"the item in which the element is seen, {item}"), (element.crop, "its crop")):
        if media is not None and media.full_turns and (media.pdq_quality or 0) >= PDQ_MIN_QUALITY:
            yield media.full_turns, said if media is item else f"{said} {media}"
    if still is not None:
        yield (still.pdq,), f"the video in which the element is seen, {item}, at {still.t:.1f} s"


def device(listed: list[Element], files: list[Media]) -> Iterator[Proposal]:
    """Propose the first file of the same serial number for an element that is a device; count the others."""
    for element in listed:
        if element.clue is None or element.clue.kind != ClueKind.DEVICE:
            continue
        value = element.clue.value
        serial = str(value.get("serial") or "") if isinstance(value, dict) else ""
        same = [f for f in files if serial and f.metadata.get("serial") == serial]
        for met in sorted(same, key=lambda f: f.number)[:1]:
            more = f", and {len(same) - 1} files more" if len(same) > 1 else ""
            yield Proposal(element, met, f"Written by a device of the same serial number{more}", "serial")
