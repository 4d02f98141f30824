"""``entente lists``: take a hash list in, say what is held, take a list away again."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from tqdm import tqdm

from entente.cli import words
from entente.web import start

MOST_REFUSALS = 1_000  # named in the answer; all of them are on the list's page


def run(arguments: list[str]) -> int:
    """Import, show or remove lists; exit 1 where records were refused."""
    told = _parser().parse_args(arguments)
    if told.act == "import" and not (told.file and told.format):
        return words.refuse("lists", "import needs a FILE and its --format")
    if told.act != "show" and not told.name:
        return words.refuse("lists", f"{told.act} needs the --name of the list")
    try:
        start.open_desk(start.folder_of(told.desk))
        account = start.acting_account(told.officer)
    except start.NoDesk as fault:
        return words.refuse("lists", fault)
    from entente.formats import ListRefused
    from entente.records import guard
    from entente.vocabulary.handling import Purpose

    acts = {"import": _take_in, "show": _show, "remove": _remove}
    try:
        officer = account.as_officer()  # type: ignore[attr-defined]
        return acts[told.act](officer, Purpose(told.purpose), told)
    except (ListRefused, guard.Denied, OSError, ValueError) as fault:
        return words.refuse("lists", fault)


def _parser() -> argparse.ArgumentParser:
    made = words.on_desk(words.parser("lists", "import, show and remove hash lists"))
    made.add_argument("act", choices=["import", "show", "remove"])
    made.add_argument("file", type=Path, nargs="?")
    made.add_argument(
        "--format", help="vics, icse, hashlist, misp, stix, caseuco, ncmec, nsrl, vpdq, or a plug-in's name"
    )
    made.add_argument("--name", default="")
    made.add_argument("--version", default="", help="as the provider calls this delivery, such as 2026-11")
    made.add_argument("--profile", default="", help="whose categories these are, such as US or UK")
    made.add_argument("--model", default="", help="the version of that profile's categories")
    made.add_argument("--kind", default="", choices=["", "sha256", "pdq"], help="unnamed 64 digits")
    made.add_argument("--harmless", action="store_true", help="known harmless: hides, never alerts")
    made.add_argument("--software", action="store_true", help="known software: harmless too")
    made.add_argument("--from", dest="provider", default="", help="who gave the list")
    made.add_argument("--given-on", type=date.fromisoformat, help="when, as 2026-11-24")
    made.add_argument("--basis", default="", help="under what agreement or law")
    made.add_argument("--purpose", default="victim-identification")
    return made


def _take_in(officer: Any, purpose: Any, told: argparse.Namespace) -> int:
    """Import one list, with a bar of the bytes that were read."""
    from entente.casework.match.service import Provenance, import_list
    from entente.formats import ReadOptions
    from entente.records import guard
    from entente.records.models import ListRefusal

    with tqdm(unit=" records", disable=None, leave=False) as bar:
        held = import_list(
            officer,
            purpose,
            told.file,
            name=told.name,
            format=told.format,
            harmless=told.harmless,
            software=told.software,
            version=told.version,
            provenance=Provenance(told.provider, told.given_on, told.basis),
            options=ReadOptions(profile=told.profile, model=told.model, kind=told.kind),
            tell=lambda read: bar.update(read - bar.n),
        )
    with guard.scope(officer, purpose):
        refused = [
            {"line": r.line, "code": r.code, "reason": r.reason}
            for r in ListRefusal.objects.filter(list=held)[:MOST_REFUSALS]
        ]
        waiting = held.quarantines.filter(state="held").count()
    words.say(
        {
            "list": held.name,
            "read": held.read,
            "added": held.added,
            "repeated": held.repeated,
            "withdrawn": held.withdrawn,
            "never_held": held.never_held,
            "set_aside": waiting,
            "refused": refused,
        },
        told.json,
    )
    return 1 if refused else 0


def _show(officer: Any, purpose: Any, told: argparse.Namespace) -> int:
    """Say which lists the agency holds; reading them is an act like any other."""
    from entente.records.act import acting
    from entente.records.models import HashList
    from entente.safeguards.access import Act, Shape, Thing

    thing = Thing(Shape.AGENCY, owner=officer.agency)
    with acting(officer, Act.READ, thing, purpose, step="match", reason="hash lists"):
        rows = HashList.objects.filter(removed_at=None).prefetch_related("versions")
        held = [
            {
                "name": row.name,
                "format": row.format,
                "profile": f"{row.profile} {row.model_version}".strip(),
                "knows": "software" if row.software else "harmless" if row.harmless else "material",
                "provider": row.provider,
                "versions": [v.name for v in row.versions.all()],
                "entries": row.added - row.withdrawn,
                "set_aside": row.quarantines.filter(state="held").count(),
            }
            for row in rows
            if not told.name or row.name == told.name
        ]
    words.say({"lists": held}, told.json)
    return 0


def _remove(officer: Any, purpose: Any, told: argparse.Namespace) -> int:
    """Take a list away again as one act; its records go when the worker runs."""
    from entente.casework.match.service import remove_list
    from entente.records import guard
    from entente.records.models import HashList

    with guard.scope(officer, purpose):
        held = HashList.objects.filter(name=told.name, removed_at=None).first()
    if held is None:
        return words.refuse("lists", f"the agency holds no list {told.name!r}; see: entente lists show")
    job = remove_list(officer, purpose, held)
    words.say({"removed": told.name, "job": str(job.pk)}, told.json)
    return 0
