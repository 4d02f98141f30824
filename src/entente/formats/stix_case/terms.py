"""The terms of the bundle: our extension, and the markings of TLP 2.0."""

from __future__ import annotations

from typing import Any

from entente.vocabulary.handling import Audience

LOSSES: dict[str, str] = {}  # every field of a package has its place in the bundle
OURS = "extension-definition--8b8f8a52-6c5e-4b7e-9d0a-3f1f6f0c2a71"
TLP = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"  # of OASIS, for TLP 2.0
TLP_IDS = {
    Audience.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Audience.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Audience.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Audience.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Audience.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
Object = dict[str, Any]
