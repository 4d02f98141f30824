"""``entente lists import``: take a hash list in, with deletions; refused records are named by line."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from entente.cli import words
from entente.web import start


def run(arguments: list[str]) -> int:
    """Import one list; exit 1 where records were refused."""
    made = words.on_desk(words.parser("lists", "import hash lists"))
    made.add_argument("act", choices=["import"])
    made.add_argument("file", type=Path)
    made.add_argument("--format", required=True, help="vics, icse or hashlist, or a plug-in's name")
    made.add_argument("--name", required=True)
    made.add_argument("--profile", default="", help="whose categories these are, such as US or UK")
    made.add_argument(
        "--kind", default="", choices=["", "sha256", "pdq"], help="unnamed columns of 64 digits"
    )
    made.add_argument("--harmless", action="store_true", help="known harmless: hides, never alerts")
    made.add_argument("--purpose", default="victim-identification")
    told = made.parse_args(arguments)
    try:
        start.open_desk(start.folder_of(told.desk))
        account = start.acting_account(told.officer)
    except start.NoDesk as fault:
        return words.refuse("lists", fault)
    from entente.casework.match.service import import_list
    from entente.formats import ListRefused, ReadOptions
    from entente.records import guard
    from entente.records.models import ListRefusal
    from entente.vocabulary.handling import Purpose

    try:
        officer, purpose = account.as_officer(), Purpose(told.purpose)  # type: ignore[attr-defined]
        with tqdm(unit=" records", disable=None, leave=False) as bar:
            held = import_list(
                officer,
                purpose,
                told.file,
                name=told.name,
                format=told.format,
                harmless=told.harmless,
                options=ReadOptions(profile=told.profile, kind=told.kind),
                tell=lambda read: bar.update(read - bar.n),
            )
    except (ListRefused, guard.Denied, OSError, ValueError) as fault:
        return words.refuse("lists", fault)
    with guard.scope(officer, purpose):
        refused = [
            {"line": r.line, "code": r.code, "reason": r.reason}
            for r in ListRefusal.objects.filter(list=held)[:1000]
        ]
    words.say({"list": held.name, "read": held.read, "added": held.added, "refused": refused}, told.json)
    return 1 if refused else 0
