"""Is it known? Hash lists of the agency are taken in, and every item of a case is asked of them."""

from entente.casework.match.service.check import CHUNK_ITEMS, DECISIONS, check, check_items, decide_match
from entente.casework.match.service.keyed import key_standing_lists, keys_of, listed_elsewhere
from entente.casework.match.service.listed import tidy_lists
from entente.casework.match.service.lists import (
    CHUNK_RECORDS,
    Provenance,
    import_list,
    remove_list,
)
from entente.casework.match.service.quarantine import NotDecided, decide
from entente.casework.match.service.scenes import find_scenes
from entente.casework.match.service.sight import at_work

__all__ = [
    "CHUNK_ITEMS",
    "CHUNK_RECORDS",
    "DECISIONS",
    "NotDecided",
    "Provenance",
    "at_work",
    "check",
    "check_items",
    "decide",
    "decide_match",
    "find_scenes",
    "import_list",
    "key_standing_lists",
    "keys_of",
    "listed_elsewhere",
    "remove_list",
    "tidy_lists",
]
