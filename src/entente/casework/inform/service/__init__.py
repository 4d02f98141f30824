"""Products: drafted, reviewed, issued, disclosed, followed up; a case leaves for partners’ tools too."""

from entente.casework.inform.service.arriving import take_products
from entente.casework.inform.service.collections import (
    Opened,
    close_for_machines,
    fetch,
    open_for_machines,
    titles,
)
from entente.casework.inform.service.delivering import (
    NotDelivered,
    acknowledge,
    answer_back,
    ask_back,
    called_back,
    carries,
    open_delivery,
    paper,
    recalled,
    received,
    unacknowledged,
)
from entente.casework.inform.service.disclosing import Version, disclose, version_for
from entente.casework.inform.service.drafting import NotIssued, Told, draft, drop, redraft, submit
from entente.casework.inform.service.exporting import (
    NAMES_STAY,
    PLACES_STAY,
    Exported,
    export_case,
    export_formats,
)
from entente.casework.inform.service.issuing import ProductChanged, preview, regenerate
from entente.casework.inform.service.leaving import NotDisclosed
from entente.casework.inform.service.packing import Packed, pack
from entente.casework.inform.service.reviewing import approve, remark
from entente.casework.inform.service.standing import Proposed, gather, proposed
from entente.records.leaving import judge, things_of

__all__ = [
    "NAMES_STAY",
    "PLACES_STAY",
    "Exported",
    "NotDelivered",
    "NotDisclosed",
    "NotIssued",
    "Opened",
    "Packed",
    "ProductChanged",
    "Proposed",
    "Told",
    "Version",
    "acknowledge",
    "answer_back",
    "approve",
    "ask_back",
    "called_back",
    "carries",
    "close_for_machines",
    "disclose",
    "draft",
    "drop",
    "export_case",
    "export_formats",
    "fetch",
    "gather",
    "judge",
    "open_delivery",
    "open_for_machines",
    "pack",
    "paper",
    "preview",
    "proposed",
    "recalled",
    "received",
    "redraft",
    "regenerate",
    "remark",
    "submit",
    "take_products",
    "things_of",
    "titles",
    "unacknowledged",
    "version_for",
]
