"""Receive, seal, open: the acts of intake.

A file is sealed first (digests and write-once copy in one read), then opened in a limited child process,
then recorded: original before row, row and log entry in one transaction. A killed intake is run again and
does only what is missing; a second run changes nothing. An archive is kept as it is and what it holds is
received with it, each member as a file of its own; its own row, which says so, is written after theirs.
"""

from entente.casework.intake.service.cases import V_NUMBER, CaseRefused, open_case
from entente.casework.intake.service.closer import look_closer
from entente.casework.intake.service.items import hash_versions, hashed
from entente.casework.intake.service.numbers import WITHHELD_FROM, is_withheld, next_number
from entente.casework.intake.service.receiving import receive, receive_files
from entente.casework.intake.service.sealing import IntakeStopped
from entente.casework.intake.service.source import Intake, as_received
from entente.casework.intake.service.store import Claim, claims, destroy, evidence_store, sweep_store

__all__ = [
    "V_NUMBER",
    "WITHHELD_FROM",
    "CaseRefused",
    "Claim",
    "Intake",
    "IntakeStopped",
    "as_received",
    "claims",
    "destroy",
    "evidence_store",
    "hash_versions",
    "hashed",
    "is_withheld",
    "look_closer",
    "next_number",
    "open_case",
    "receive",
    "receive_files",
    "sweep_store",
]
