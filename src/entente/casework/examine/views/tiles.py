"""An item as its neutral line, with the doors through which it can be looked at."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from entente.records.models import (
    Media,
)
from entente.safeguards.exposure import neutral_label
from entente.vocabulary.media import MediaKind


def label_of(media: Media, language: str = "en") -> str:
    """Return the item's one neutral line: number and measures, never a name."""
    if media.refusal or not media.kind:
        return f"{media} · " + gettext("not opened")
    size = neutral_label(MediaKind(media.kind), media.width, media.height, media.duration, language=language)
    return f"{media} · {size}" + (" · " + gettext("crop") if media.origin == "crop" else "")


def tile_of(media: Media, language: str = "en", at: str = "") -> dict[str, Any]:
    """Return what ``parts/tile.html`` shows of an item; ``at`` is the query that goes with each look."""
    held = {"case_id": media.case_id, "number": media.number}
    tile = {
        "id": media.pk,
        "label": label_of(media, language),
        "verdict": "refused" if media.refusal else media.known,
        "codes": media.codes,
        "url": reverse("examine:item", kwargs=held),
        "states": [],
    }
    if media.key and not media.refusal and ("H3" not in media.codes or "h3=read" in at):
        tile |= {
            "grey_url": reverse("examine:grey", kwargs=held) + at,
            "reveal_url": reverse("examine:reveal", kwargs=held) + at,
            "hide_url": reverse("examine:hide", kwargs=held),
        }
    return tile
