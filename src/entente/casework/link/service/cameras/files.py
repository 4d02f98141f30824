"""What the files say of their camera by themselves: asked before any pixel."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from entente.casework.link.camera import Described, unfit
from entente.records.models import Case, Media
from entente.vocabulary.media import MediaKind

ZOOM = "EXIF DigitalZoomRatio"  # 0 says that there was none (Exif 2.32, tag 41988)


@dataclass(frozen=True, slots=True)
class Device:
    """A make, model and serial that pictures of one size name."""

    make: str
    model: str
    serial: str
    size: tuple[int, int]  # columns, rows
    items: tuple[Media, ...]
    references: tuple[Media, ...]  # those of the items that a camera can be learned from


def pictures(case: Case) -> QuerySet[Media]:
    """Return the case's opened pictures: no crops, nothing that the police photographed."""
    rows = Media.objects.filter(case=case, kind=str(MediaKind.PICTURE), refusal="").exclude(key="")
    return rows.exclude(origin__in=["crop", "search"])


def devices(case: Case) -> list[Device]:
    """Return the cameras that the pictures name, those of most pictures first."""
    held: dict[tuple[str, str, str, tuple[int, int]], list[Media]] = defaultdict(list)
    named = Q(metadata__has_key="make") | Q(metadata__has_key="model")
    rows = pictures(case).filter(named).annotate(zoom=KeyTextTransform(ZOOM, "tags")).defer("tags")
    for row in rows.iterator():
        make, model, serial = (str(row.metadata.get(name) or "") for name in ("make", "model", "serial"))
        if make or model:
            held[make, model, serial, (row.width or 0, row.height or 0)].append(row)
    found = [
        Device(*key, tuple(items), tuple(m for m in items if not unfit(Described(zoom=_zoom(m.zoom or "")))))  # type: ignore[attr-defined]
        for key, items in held.items()
    ]
    return sorted(found, key=lambda d: (-len(d.items), d.items[0].number))


def described(media: Media) -> Described:
    """Return what an item's file says of its making, in the arithmetic's words."""
    told = {name: str(media.metadata.get(name) or "") for name in ("make", "model", "serial", "software")}
    boxes = str(media.tags.get("container:boxes", ""))
    return Described(
        kind=media.kind,
        rows=media.height or 0,
        columns=media.width or 0,
        layout=frozenset([*media.tags, boxes]) - {""},
        zoom=_zoom(str(media.tags.get(ZOOM, ""))),
        **told,
    )


def _zoom(text: str) -> float:
    """Return how many times larger a camera made a part of its picture; 1 where it says nothing, or 0."""
    over, _, under = text.partition("/")
    try:
        return max(1.0, float(over) / float(under or 1))
    except (ValueError, ZeroDivisionError):
        return 1.0
