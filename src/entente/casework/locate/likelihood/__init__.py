"""P(observation | place) for every kind of clue; the kinds that say nothing of a place are named here too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np

from entente.casework.locate.likelihood import (
    clock,
    days,
    goods,
    grid,
    ground,
    phone,
    pictures,
    plate,
    sites,
    statements,
    words,
)
from entente.casework.locate.likelihood.shares import Likelihood
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.world import Floats, World
from entente.vocabulary.clue import Clue, ClueKind

READERS: dict[ClueKind, Callable[[Clue, World], Likelihood]] = {
    ClueKind.GPS: statements.gps,
    ClueKind.REGION: statements.region,
    ClueKind.COUNTRY: statements.country,
    ClueKind.IP_COUNTRY: statements.ip_country,
    ClueKind.SOCKET: grid.socket,
    ClueKind.MAINS_HZ: grid.mains_hz,
    ClueKind.DRIVING_SIDE: grid.driving_side,
    ClueKind.CURRENCY: goods.currency,
    ClueKind.BARCODE: goods.barcode,
    ClueKind.PHONE_NUMBER: phone.phone_number,
    ClueKind.LANGUAGE: words.language,
    ClueKind.SPEECH: words.speech,
    ClueKind.TEXT: words.text,
    ClueKind.TOPONYM: words.toponym,
    ClueKind.UTC_OFFSET: clock.utc_offset,
    ClueKind.POSTING_HOURS: clock.posting_hours,
    ClueKind.SUN_ELEVATION: clock.sun_elevation,
    ClueKind.HOLIDAY: days.holiday,
    ClueKind.RELIEF: ground.relief,
    ClueKind.PLATE: plate.plate,
    ClueKind.SITES: sites.sites,
    ClueKind.PICTURE_MODEL: pictures.picture_model,
}

# What a kind that has a position says within a cell: (clue, the small cells, the whole world) -> values.
PROFILES: dict[ClueKind, Callable[[Clue, World, World], Floats]] = {
    ClueKind.GPS: statements.gps_within,
    ClueKind.TOPONYM: words.toponym_within,
    ClueKind.PHONE_NUMBER: phone.number_within,
    ClueKind.SUN_ELEVATION: clock.sun_within,
    ClueKind.SITES: sites.sites_within,
}

# Kinds that are answered for each cell by itself, not by a table of countries, divisions or zones.
SPREAD = frozenset(
    {
        ClueKind.GPS,
        ClueKind.TOPONYM,
        ClueKind.PHONE_NUMBER,
        ClueKind.SUN_ELEVATION,
        ClueKind.RELIEF,
        ClueKind.SITES,
        ClueKind.PICTURE_MODEL,
    }
)
# Kinds that are heard and kept, and do not move the region; the reason is shown beside them.
SILENT = {
    ClueKind.OBJECT: "an object leads to a request and to the search list, not to a place",
    ClueKind.DEVICE: "a device leads to its maker and owner, not to a place",
    ClueKind.TIME: "a time says nothing of a place by itself",
}

# Kinds whose likelihood is a density: "not this reading" cannot be stated of them.
_DENSITIES = {ClueKind.SUN_ELEVATION, ClueKind.POSTING_HOURS, ClueKind.SITES, ClueKind.PICTURE_MODEL}
# Kinds that were seen on a day, which cannot lie in the caller's future.
_DATED = {ClueKind.SUN_ELEVATION: clock.refuse_future, ClueKind.HOLIDAY: days.refuse_future}


def refuse_future(clue: Clue, now: datetime | None) -> None:
    """Refuse what was seen on a day that has not come; no clock, no refusal."""
    if now is not None and clue.kind in _DATED:
        _DATED[clue.kind](clue, now)


def likelihood(clue: Clue, world: World, now: datetime | None = None) -> Likelihood:
    """Return the clue's likelihood over the rows of ``world``, turned about for a negated clue.

    Parameters
    ----------
    now : the caller's clock; where given, an observation of the future is refused

    Raises
    ------
    ClueRefused : the value is not what the kind needs, or a density is negated
    """
    reader = READERS.get(clue.kind)
    if reader is None:
        raise ClueRefused(clue.id, SILENT[clue.kind])
    if clue.negated and clue.kind in _DENSITIES:
        raise ClueRefused(
            clue.id, "{kind} cannot be negated: give what was measured instead", kind=str(clue.kind)
        )
    refuse_future(clue, now)
    said = reader(clue, world)
    if clue.negated and clue.kind not in statements.TURNED:
        return Likelihood(said.rows, np.clip(1.0 - said.values, 1e-9, 1.0))
    return said
