"""What documents of others bring into a case, and in which forms they come."""

from __future__ import annotations

from enum import StrEnum

MOST_PARTS = 5000  # of one document; more is a hash list


class DocumentForm(StrEnum):
    """A form in which a case takes a document in."""

    CYBERTIP_XML = "cybertip-xml"
    CYBERTIP_JSON = "cybertip-json"
    CASEUCO = "caseuco"
    STIX = "stix"
    MISP = "misp"
    VICS = "vics"


class PartKind(StrEnum):
    """What one part of a document is about."""

    ACCOUNT = "account"
    PHONE = "phone number"
    DEVICE = "device"
    ADDRESS = "network address"
    PAGE = "page"
    FILE = "file"
    SERIES = "series"
    EXHIBIT = "exhibit"
    CUSTODY = "step of custody"
    CLUE = "clue"


class PartState(StrEnum):
    """How a part stands."""

    PROPOSED = "proposed"
    TAKEN = "taken"
    REFUSED = "refused"
