"""Issue an intelligence product, make it again byte for byte, and let it leave as far as the law allows."""

from entente.casework.inform.service.disclosing import Version, disclose, version_for
from entente.casework.inform.service.exporting import NAMES_STAY, Exported, export_case
from entente.casework.inform.service.issuing import NotIssued, ProductChanged, Told, issue, regenerate
from entente.casework.inform.service.leaving import NotDisclosed, judge, things_of
from entente.casework.inform.service.standing import Proposed, gather, proposed

__all__ = [
    "NAMES_STAY",
    "Exported",
    "NotDisclosed",
    "NotIssued",
    "ProductChanged",
    "Proposed",
    "Told",
    "Version",
    "disclose",
    "export_case",
    "gather",
    "issue",
    "judge",
    "proposed",
    "regenerate",
    "things_of",
    "version_for",
]
