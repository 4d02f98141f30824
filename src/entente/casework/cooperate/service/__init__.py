"""Who can help, and with what shown? Requests, the reference shelf, and appeals to the public."""

from entente.casework.cooperate.service.answering import answer, take
from entente.casework.cooperate.service.appeals import (
    NotPublic,
    approve,
    close_page,
    export_page,
    let_go,
    must_come_down,
    propose,
    refuse,
    show_picture,
    take_down,
    take_tips,
)
from entente.casework.cooperate.service.asking import ask, withdraw
from entente.casework.cooperate.service.crops import crop_copy, crop_hidden
from entente.casework.cooperate.service.dispatches import inbox, outbox, read_dispatch, waiting
from entente.casework.cooperate.service.request import (
    ANSWERS,
    STEP,
    URGENCIES,
    VIEWS,
    YES_OR_NO,
    NotAnswered,
    NotAsked,
    handling_of,
)
from entente.casework.cooperate.service.shelf import (
    ask_specialists,
    circle,
    field_name,
    fields_of,
    open_questions,
    past_answers,
    remind,
    set_fields,
)

__all__ = [
    "ANSWERS",
    "STEP",
    "URGENCIES",
    "VIEWS",
    "YES_OR_NO",
    "NotAnswered",
    "NotAsked",
    "NotPublic",
    "answer",
    "approve",
    "ask",
    "ask_specialists",
    "circle",
    "close_page",
    "crop_copy",
    "crop_hidden",
    "export_page",
    "field_name",
    "fields_of",
    "handling_of",
    "inbox",
    "let_go",
    "must_come_down",
    "open_questions",
    "outbox",
    "past_answers",
    "propose",
    "read_dispatch",
    "refuse",
    "remind",
    "set_fields",
    "show_picture",
    "take",
    "take_down",
    "take_tips",
    "waiting",
    "withdraw",
]
