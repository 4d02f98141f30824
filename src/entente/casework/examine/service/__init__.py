"""What can be seen, together? Looking is asked for, logged first and counted; what is seen becomes a clue."""

from entente.casework.examine.service.cards import cards, reviewed
from entente.casework.examine.service.crops import crop, crop_background
from entente.casework.examine.service.editions import Marked, Stale, Step, changed, edition_of, history
from entente.casework.examine.service.edits import edit
from entente.casework.examine.service.film import LONGEST_SOUND_S, hear, loudness, moments, sheet
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
from entente.casework.examine.service.reviews import (
    AT_ONCE,
    Reviewed,
    Undone,
    review,
    undo,
    undoable,
    with_stacks,
)
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
from entente.casework.examine.service.trail import (
    Branch,
    colleagues,
    hand_over,
    keep,
    name_step,
    step_of,
    trail,
)

__all__ = [
    "AT_ONCE",
    "BATCH",
    "FROM_METADATA",
    "GREY_VIEWS",
    "LONGEST_LOOK_MS",
    "LONGEST_SOUND_S",
    "METHOD",
    "VERSION",
    "Branch",
    "ExamineRefused",
    "Marked",
    "Reviewed",
    "Stale",
    "Step",
    "Suggested",
    "Undone",
    "ask_to_suggest",
    "cards",
    "changed",
    "colleagues",
    "confirm",
    "crop",
    "crop_background",
    "edit",
    "edit_note",
    "edition_of",
    "exposure_of",
    "extractor_versions",
    "from_metadata",
    "hand_over",
    "hear",
    "hide",
    "history",
    "keep",
    "loudness",
    "mark",
    "moments",
    "name_step",
    "note",
    "observe",
    "own_cases",
    "placed",
    "reopen",
    "restore",
    "reveal",
    "review",
    "reviewed",
    "set_aside",
    "sheet",
    "show_grey",
    "step_of",
    "suggest",
    "suggest_clues",
    "through_of",
    "trail",
    "undo",
    "undo_note",
    "undoable",
    "with_stacks",
    "withdraw",
]
