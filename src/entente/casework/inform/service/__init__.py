"""Products are issued, disclosed and made again; a case leaves for partners' tools and machines."""

from entente.casework.inform.service.collections import (
    Opened,
    close_for_machines,
    fetch,
    open_for_machines,
    titles,
)
from entente.casework.inform.service.disclosing import Version, disclose, version_for
from entente.casework.inform.service.exporting import (
    NAMES_STAY,
    PLACES_STAY,
    Exported,
    export_case,
    export_formats,
)
from entente.casework.inform.service.issuing import NotIssued, ProductChanged, Told, issue, regenerate
from entente.casework.inform.service.leaving import NotDisclosed
from entente.casework.inform.service.packing import Packed, pack
from entente.casework.inform.service.standing import Proposed, gather, proposed
from entente.records.leaving import judge, things_of

__all__ = [
    "NAMES_STAY",
    "PLACES_STAY",
    "Exported",
    "NotDisclosed",
    "NotIssued",
    "Opened",
    "Packed",
    "ProductChanged",
    "Proposed",
    "Told",
    "Version",
    "close_for_machines",
    "disclose",
    "export_case",
    "export_formats",
    "fetch",
    "gather",
    "issue",
    "judge",
    "open_for_machines",
    "pack",
    "proposed",
    "regenerate",
    "things_of",
    "titles",
    "version_for",
]
