"""``entente bring``: propose in a case what a CyberTip or a case package of a partner holds."""

from __future__ import annotations

from pathlib import Path

from entente.cli import words
from entente.vocabulary.brought import DocumentForm
from entente.web import start


def run(arguments: list[str]) -> int:
    """Bring one document; exit 1 where something in it could not be read, 2 where it is none."""
    made = words.on_desk(words.parser("bring", "propose what a CyberTip or a case package holds"))
    made.add_argument("file", type=Path, metavar="FILE")
    made.add_argument("--case", required=True, metavar="REF", help="the case's number")
    made.add_argument("--format", default="", choices=["", *DocumentForm], help="where it does not say it")
    made.add_argument("--profile", default="", help="whose categories a VICS file bears")
    made.add_argument("--from", default="", dest="sender", metavar="AGENCY", help="who sent it, such as FR")
    made.add_argument("--purpose", default="victim-identification")
    made.add_argument("--handling", action="append", choices=["H0", "H1", "H2", "H3"])
    made.add_argument("--handling-text", default="")
    told = made.parse_args(arguments)
    try:
        data = told.file.read_bytes()
        start.open_desk(start.folder_of(told.desk))
        account = start.acting_account(told.officer)
    except (OSError, start.NoDesk) as fault:
        return words.refuse("bring", fault)
    # opened here, because the desk's settings must stand before its models
    from entente.casework.crosscheck.service import bring
    from entente.records import guard
    from entente.records.models import Agency, BroughtPart, Case
    from entente.vocabulary.handling import Purpose

    try:
        officer, purpose = account.as_officer(), Purpose(told.purpose)  # type: ignore[attr-defined]
        with guard.scope(officer, purpose):
            case = Case.objects.filter(number=told.case).first()
        sender = Agency.objects.filter(short__iexact=told.sender).first() if told.sender else None
        if case is None:
            return words.refuse("bring", f"no case {told.case} that this officer can see")
        if told.sender and sender is None:
            return words.refuse("bring", f"no agency {told.sender} on this desk")
        row = bring(
            officer,
            purpose,
            case,
            data,
            form=told.format,
            profile=told.profile,
            sender=sender,
            codes=tuple(told.handling or ["H2"]),
            handling_text=told.handling_text,
        )
    except (guard.Denied, ValueError) as fault:
        return words.refuse("bring", fault)
    with guard.scope(officer, purpose):
        parts = BroughtPart.objects.filter(brought=row).count()
    refused = [{"line": line, "code": code, "reason": why} for line, code, why in row.refused]
    words.say({"document": str(row.pk), "format": row.form, "parts": parts, "refused": refused}, told.json)
    return 1 if refused else 0
