"""Is it known? Hash lists of the agency are taken in, and every item of a case is asked of them."""

from entente.casework.match.service.check import CHUNK_ITEMS, check, check_items, decide_match
from entente.casework.match.service.lists import CHUNK_RECORDS, import_list

__all__ = ["CHUNK_ITEMS", "CHUNK_RECORDS", "check", "check_items", "decide_match", "import_list"]
