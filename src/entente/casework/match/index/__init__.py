"""Exact search for near 256-bit hashes: every pair within a radius, none lost, the radius chosen per query.

Generalised multi-index hashing. ``plan`` cuts a hash into chunks and says how far each is looked around;
``tables`` holds buckets by chunk as plain arrays; ``loops`` are compiled; ``masking`` is the order of bits.
"""

from entente.casework.match.index.masking import Masking, masking
from entente.casework.match.index.near import NearIndex
from entente.casework.match.index.pairs import Pairs, packed
from entente.casework.match.index.plan import Plan, plan_for
from entente.casework.match.index.tables import ARRAYS, Table, made

__all__ = [
    "ARRAYS",
    "Masking",
    "NearIndex",
    "Pairs",
    "Plan",
    "Table",
    "made",
    "masking",
    "packed",
    "plan_for",
]
