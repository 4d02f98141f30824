"""The height of the sun from three points of the outline, written into a clue's form; nothing is recorded."""

from __future__ import annotations

from django.utils.translation import gettext

from entente.casework.examine.outline import OutlineRefused, read_outline
from entente.casework.examine.shadow import lengths_of
from entente.casework.examine.values import ValueRefused, parse
from entente.casework.examine.views.forms import MarkForm, typed
from entente.records.door import DeskRequest
from entente.records.models import Media
from entente.vocabulary.clue import ClueKind


class SunRefused(ValueError):
    """The height of the sun cannot be taken; the sentence says what is missing."""


def form_with_sun(request: DeskRequest, media: Media) -> MarkForm:
    """Return what was typed, with the sun's height as its value; raise ``SunRefused``."""
    moment = request.POST.get("moment", "").strip()
    try:
        points = read_outline(request.POST.get("polygon", "")) or []
        height, shadow = lengths_of(points, media.width or 4, media.height or 3)
    except OutlineRefused as refused:
        raise SunRefused(str(refused)) from None
    except ValueError:
        raise SunRefused(
            gettext("Draw or type an outline of three points: the top, the foot, the tip of the shadow.")
        ) from None
    value = f"{round(height, 1):g}/{round(shadow, 1):g}, {moment}"
    try:
        parse(ClueKind.SUN_ELEVATION, value)
    except ValueRefused:
        raise SunRefused(gettext("Give the moment with its offset, as 2026-06-06T18:40+02:00.")) from None
    return MarkForm(
        initial=typed(MarkForm, request.POST) | {"kind": str(ClueKind.SUN_ELEVATION), "value": value}
    )
