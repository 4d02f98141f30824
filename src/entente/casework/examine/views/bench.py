"""The bench: an item with its tools, on its own page or beside another, as its template shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy

from entente.casework.examine.adjust import CORNERS, MEASURES, Recipe, RecipeRefused, of_json, of_query
from entente.casework.examine.views.address import query_of
from entente.casework.examine.views.tiles import tile_of
from entente.records.door import DeskRequest
from entente.records.models import Media, Note

LABELS = {
    "angle": gettext_lazy("Rotate (degrees, clockwise)"),
    "zoom": gettext_lazy("Zoom (times)"),
    "across": gettext_lazy("Centre, from the left (0 to 1)"),
    "down": gettext_lazy("Centre, from the top (0 to 1)"),
    "brightness": gettext_lazy("Brightness (per cent)"),
    "contrast": gettext_lazy("Contrast (per cent)"),
    "stretch": gettext_lazy("Histogram stretch (per cent at each end; 0: off)"),
    "amount": gettext_lazy("Unsharp mask (per cent; 0: off)"),
    "radius": gettext_lazy("Its radius (pixels)"),
    "threshold": gettext_lazy("Its threshold (0 to 255)"),
}
GROUPS = (
    (gettext_lazy("Lay out"), ("angle", "zoom", "across", "down")),
    (gettext_lazy("Brightness and contrast"), ("brightness", "contrast", "stretch")),
    (gettext_lazy("Sharpen"), ("amount", "radius", "threshold")),
)
TURNS = (
    (0, gettext_lazy("not turned")),
    (1, gettext_lazy("a quarter clockwise")),
    (2, gettext_lazy("upside down")),
    (3, gettext_lazy("a quarter counter-clockwise")),
)
CORNER_NAMES = (
    gettext_lazy("Top left"),
    gettext_lazy("Top right"),
    gettext_lazy("Bottom right"),
    gettext_lazy("Bottom left"),
)


def bench_of(
    request: DeskRequest,
    media: Media,
    read: str,
    t: float | None,
    *,
    side: str = "",
    action: str = "",
    carried: Mapping[str, Any] | None = None,
    sees: bool = True,
) -> dict[str, Any]:
    """Return what ``examine/bench.html`` shows: the doors to each view, and the recipe of the address.

    ``side`` tells two items on one page apart: it stands before the names of its fields; ``carried`` are the
    other fields of that page's address. Who does not see an original (``sees``) is shown no doors.
    """
    prefix, mend = f"{side}-" if side else "", ""
    try:
        recipe = of_query(request.GET, prefix)
    except RecipeRefused as refused:
        recipe, mend = Recipe(), str(refused)
    held = {"case_id": media.case_id, "number": media.number}
    at = {"t": t or 0.0} if media.kind == "video" else {}
    fields = {**at, **recipe.as_query()}
    grey = reverse("examine:grey", kwargs=held)
    action = action or reverse("examine:item", kwargs=held)
    kept = {**(carried or {}), **({f"{prefix}t": at["t"]} if at else {})}
    shown = tile_of(media, request.LANGUAGE_CODE, query_of(read, fields))
    return {
        **shown,
        "grey_url": shown.get("grey_url", "") if sees else "",
        "id": f"bench-{side or 'item'}",
        "side": side,
        "prefix": prefix,
        "media": media,
        "mend": mend,
        "action": action,
        "plain_url": action + query_of(read, kept),
        "carried": list((carried or {}).items()),
        "read": read,
        "sees": sees,
        "t": at.get("t"),
        "edges_url": grey + query_of(read, {**fields, "view": "edges"}),
        "keep_url": reverse("examine:keep", kwargs=held) + query_of(read, {}),
        "moments_url": reverse("examine:moments", kwargs=held) + query_of(read, {}),
        "told": urlencode(recipe.as_query()),
        "flip": recipe.flip,
        "turns": [(value, text, value == recipe.turn) for value, text in TURNS],
        "groups": [(title, [_measure(name, recipe) for name in names]) for title, names in GROUPS],
        "corners": _corners(recipe),
        "wide": media.width or 4,
        "high": media.height or 3,
    }


def _measure(name: str, recipe: Recipe) -> dict[str, Any]:
    least, most, step, plain = MEASURES[name]
    told = {"name": name, "label": LABELS[name], "least": least, "most": most, "step": step, "plain": plain}
    return {**told, "value": getattr(recipe, name)}


def _corners(recipe: Recipe) -> list[dict[str, Any]]:
    values = [str(v) for v in recipe.corners] or [""] * 8
    pairs = zip(CORNERS[::2], CORNERS[1::2], values[::2], values[1::2], strict=True)
    return [
        {"label": label, "x_name": xn, "y_name": yn, "x": x, "y": y}
        for label, (xn, yn, x, y) in zip(CORNER_NAMES, pairs, strict=True)
    ]


def seen_of(note: Note, media: Media, read: str) -> str:
    """Return the address at which a note's item is seen as it was then; empty without a recipe."""
    if not note.recipe:
        return ""
    try:
        fields = of_json(note.recipe).as_query()
    except RecipeRefused:  # of a later version of the tools
        return ""
    there = reverse("examine:item", args=[media.case_id, media.number])
    return there + query_of(read, {**({"t": note.t} if note.t is not None else {}), **fields}) + "#bench-item"


def sound_of(media: Media, read: str) -> dict[str, str]:
    """Return the doors to a video's shots and sound, as ``examine/sound.html`` shows them."""
    held = {"case_id": media.case_id, "number": media.number}
    return {
        "shots_url": reverse("examine:shots", kwargs=held) + query_of(read, {}),
        "loudness_url": reverse("examine:loudness", kwargs=held) + query_of(read, {}),
        "sound_url": reverse("examine:sound", kwargs=held) + query_of(read, {}),
        "hide_url": reverse("examine:hide", kwargs=held),
    }
