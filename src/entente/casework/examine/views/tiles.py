"""An item as its neutral line, with the doors through which it can be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from entente.casework.examine import service
from entente.casework.examine.facets import FACETS, Card
from entente.casework.examine.views.filters import REVIEWS
from entente.records import clock
from entente.records.models import Case, Media
from entente.safeguards.access import member_part
from entente.safeguards.exposure import neutral_label
from entente.vocabulary.agency import Officer, Part
from entente.vocabulary.media import MediaKind

LOOKS = ("grey_url", "reveal_url", "hide_url")  # the doors to an item's pictures


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


def without_looks(tile: dict[str, Any]) -> dict[str, Any]:
    """Return a tile as whoever only reads the case has it: its line, and no way to see an original."""
    return {name: value for name, value in tile.items() if name not in LOOKS}


def tiles_of(
    officer: Officer,
    case: Case,
    stacks: Sequence[Sequence[int]],
    language: str,
    known: Mapping[int, Card] | None = None,
) -> list[dict[str, Any]]:
    """Return a tile for each stack of which the scope shows an item; it stands for the first one in sight.

    ``known`` are the cards at hand; without them those of the stacks are read.
    """
    numbers = [n for stack in stacks for n in stack]
    if known is None:
        known = {card.number: card for card in service.cards(officer, case, numbers)}
    heads = [shown for stack in stacks if (shown := [n for n in stack if n in known])]
    rows = Media.objects.filter(case=case, number__in=[shown[0] for shown in heads])
    media = {row.number: row for row in rows.defer("pdq_turns", "tags", "decoded")}
    reader = member_part(officer, case.pk, clock.now()) is Part.READER
    tiles = []
    for shown in heads:
        if row := media.get(shown[0]):
            tile = _tile(row, known[shown[0]], shown, language)
            tiles.append(without_looks(tile) if reader and row.origin != "crop" else tile)
    return tiles


def _tile(media: Media, card: Card, shown: Sequence[int], language: str) -> dict[str, Any]:
    of = dict(zip(FACETS, card.values, strict=True))
    tile = tile_of(media, language) | {
        "number": media.number,
        "numbers": ".".join(map(str, shown)),
        "stack": len(shown) if len(shown) > 1 else 0,
        "review": of["review"][0],
        "review_label": REVIEWS[of["review"][0]],
        "taken": card.taken,
        "device": " ".join(of["device"]),
        "series": ", ".join(of["series"]),
        "clues": _clues(of["clue"]),
        "looked": _looked(of["looked"]),
    }
    tile["states"] = [said for said in (tile["clues"],) if said]
    return tile


def _clues(values: Sequence[str]) -> str:
    if "proposed" in values:
        return gettext("clues to decide")
    return gettext("clues") if "yes" in values else ""


def _looked(values: Sequence[str]) -> str:
    if "me" in values:
        return gettext("I did")
    if "agency" in values:
        return gettext("My agency")
    return gettext("Anybody") if "anybody" in values else gettext("Nobody")
