"""Is it known? One item's hashes and features against everything held, and in words why.

Equal digests first; then PDQ within a radius under every profile after each of the eight turns; a video by
its segments; then a part of a picture by its corners. Arithmetic only: what is held comes as ``HashEntry``
records, frames and features; the item as a ``Query``.
"""

from entente.casework.match.compare.answer import Comparison, Query, label_of
from entente.casework.match.compare.held import HeldLists
from entente.casework.match.compare.stacks import stacked
from entente.casework.match.compare.words import METHOD, TURNED, VERSION

__all__ = ["METHOD", "TURNED", "VERSION", "Comparison", "HeldLists", "Query", "label_of", "stacked"]
