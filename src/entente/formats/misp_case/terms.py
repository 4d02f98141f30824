"""What of a case does not survive a MISP event, and the hashes that do."""

from __future__ import annotations

_DRAWN = "Ids are drawn anew for every event, so that two of them cannot be joined."
_IDS = (
    "CasePackage.id",
    "PackedItem.id",
    "PackedSeries.id",
    "PackedSeries.items",
    "PackedExhibit.id",
    "PackedExhibit.items",
    "PackedStep.id",
    "PackedStep.exhibit",
    "PackedClue.id",
    "Clue.id",
    "Clue.medium",
)
LOSSES = dict.fromkeys(_IDS, _DRAWN)
FILE = ("file", "file", "688c46fb-5edb-40a3-8273-1af7923e2215", "23")
HASHES = ("md5", "sha1", "sha256", "pdq")
