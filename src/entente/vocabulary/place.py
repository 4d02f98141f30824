"""What the locate step concludes: shares of belief by country and region, areas, and each clue's part."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CountryShare:
    """Posterior share of one country, ISO 3166-1 alpha-2."""

    code: str
    p: float


@dataclass(frozen=True, slots=True)
class RegionShare:
    """Posterior share of one first-order division (GeoNames admin-1 code and name)."""

    country: str
    admin1: str
    name: str
    p: float


@dataclass(frozen=True, slots=True)
class CellShare:
    """Posterior share of one H3 cell."""

    cell: str
    p: float


@dataclass(frozen=True, slots=True)
class Without:
    """What would stand if one clue were taken away."""

    area90_km2: float
    top_country: str


@dataclass(frozen=True, slots=True)
class ClueWeight:
    """One clue's part: log10 Bayes factor for the leading region, and the chance that it misleads."""

    id: str
    log10_bf: float
    p_misleading: float
    without: Without


@dataclass(frozen=True, slots=True)
class GroupWeight:
    """One source group's part, its clues taken together and its shared failure counted."""

    group: str
    clues: int
    log10_bf: float
    without: Without


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask next: expected gain in bits, a relative cost, and the country it is put to, if any."""

    kind: str
    ask: str
    gain_bits: float
    cost: float
    about: str = ""  # ISO 3166-1 alpha-2


@dataclass(frozen=True, slots=True)
class Posterior:
    """Where the clues point. Areas in km²; ``cells50`` are H3 indexes of the 50 % region.

    ``fine`` are the cells of resolution 7 that hold half of the belief, where it lies close together; empty
    otherwise, and then left out of the JSON. Nothing finer is ever said.
    """

    countries: tuple[CountryShare, ...]
    regions: tuple[RegionShare, ...]
    area50_km2: float
    area90_km2: float
    cells50: tuple[str, ...]
    clues: tuple[ClueWeight, ...]
    contradictions: tuple[str, ...]
    next_questions: tuple[Question, ...]
    engine_version: str
    tables_version: str
    fine: tuple[CellShare, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the object of DESIGN section 5, ready for ``json.dumps``."""
        told = asdict(self)
        if not self.fine:
            del told["fine"]
        return told
