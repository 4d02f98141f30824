"""What belongs with it: proposes links between items, each with its reason, and groups them into series.

A proposal is shown, never applied against a person's word: *must* and *must not* are hard. What ties too
many strangers together (a compilation, one name pattern over hundreds of files) is listed as a hub and links
nothing. Read ``evidence`` first, then ``kinds``, ``proposing``, ``grouping`` and ``explaining``.
"""

from entente.casework.link.series.evidence import METHOD, VERSION, Hub, Item, Link, LinkKind, Proposal, link
from entente.casework.link.series.explaining import Explanation, explain, why
from entente.casework.link.series.grouping import Bridge, Series, series
from entente.casework.link.series.network import STRONG
from entente.casework.link.series.proposing import propose

__all__ = [
    "METHOD",
    "STRONG",
    "VERSION",
    "Bridge",
    "Explanation",
    "Hub",
    "Item",
    "Link",
    "LinkKind",
    "Proposal",
    "Series",
    "explain",
    "link",
    "propose",
    "series",
    "why",
]
