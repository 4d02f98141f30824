"""What can be seen, together? Looking is asked for, logged first and counted; what is seen becomes a clue."""

from entente.casework.examine.service.crops import crop, crop_background
from entente.casework.examine.service.editions import Marked, Stale, Step, changed, edition_of, history
from entente.casework.examine.service.edits import edit
from entente.casework.examine.service.film import LONGEST_SOUND_S, hear, loudness, moments
from entente.casework.examine.service.look import (
    GREY_VIEWS,
    LONGEST_LOOK_MS,
    exposure_of,
    hide,
    reveal,
    show_grey,
    through_of,
)
from entente.casework.examine.service.marks import METHOD, VERSION, confirm, mark, placed, restore, withdraw
from entente.casework.examine.service.notes import edit_note, note, own_cases, undo_note
from entente.casework.examine.service.observations import observe, reopen, set_aside
from entente.casework.examine.service.refused import ExamineRefused
from entente.casework.examine.service.suggesting import (
    BATCH,
    FROM_METADATA,
    Suggested,
    ask_to_suggest,
    extractor_versions,
    from_metadata,
    suggest,
    suggest_clues,
)

__all__ = [
    "BATCH",
    "FROM_METADATA",
    "GREY_VIEWS",
    "LONGEST_LOOK_MS",
    "LONGEST_SOUND_S",
    "METHOD",
    "VERSION",
    "ExamineRefused",
    "Marked",
    "Stale",
    "Step",
    "Suggested",
    "ask_to_suggest",
    "changed",
    "confirm",
    "crop",
    "crop_background",
    "edit",
    "edit_note",
    "edition_of",
    "exposure_of",
    "extractor_versions",
    "from_metadata",
    "hear",
    "hide",
    "history",
    "loudness",
    "mark",
    "moments",
    "note",
    "observe",
    "own_cases",
    "placed",
    "reopen",
    "restore",
    "reveal",
    "set_aside",
    "show_grey",
    "suggest",
    "suggest_clues",
    "through_of",
    "undo_note",
    "withdraw",
]
