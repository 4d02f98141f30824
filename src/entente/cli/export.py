"""``entente export``: write a case or its latest product for a partner, as far as the law allows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO

from entente.cli import court, words
from entente.web import start


def run(arguments: list[str]) -> int:
    """Write the file; exit 1 where something was left out, 2 where nothing could be written."""
    made = words.on_desk(words.parser("export", "write a case for a partner, as far as the law allows"))
    made.add_argument("case", metavar="CASE", help="the case's number")
    made.add_argument(
        "--format", default="vics", help="vics, caseuco, misp, stix, a plug-in's name; product; court"
    )
    made.add_argument("--to", required=True, metavar="AGENCY", help="short name of the agency, such as FR")
    made.add_argument("--out", type=Path, metavar="FILE")
    made.add_argument("--purpose", default="", help="victim-identification, or prosecution for a court")
    court.add_words(made)
    told = made.parse_args(arguments)
    told.purpose = told.purpose or ("prosecution" if told.format == "court" else "victim-identification")
    if told.out is None and not (told.format == "court" and (told.ask or told.confirm)):
        return words.refuse("export", "name the file to write with --out")
    try:
        start.open_desk(start.folder_of(told.desk))
        account = start.acting_account(told.officer)
    except start.NoDesk as fault:
        return words.refuse("export", fault)
    if told.out is None:
        report, why = court.two_people(told, account)
        if report is None:
            return words.refuse("export", why)
        words.say(report, told.json)
        return 1 if report["left_out"] else 0
    try:
        handle = os.open(told.out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return words.refuse("export", f"{told.out} exists; nothing is overwritten, name another file")
    except OSError as fault:
        return words.refuse("export", f"{told.out} cannot be written: {fault.strerror}")
    report = None
    try:
        with os.fdopen(handle, "wb") as out:
            report, why = _written(told, account, out)
    finally:
        if report is None:  # whatever went wrong, no half file stays
            told.out.unlink()
    if report is None:
        return words.refuse("export", why)
    words.say(report, told.json)
    return 1 if report["left_out"] else 0


def _written(told: Any, account: Any, out: BinaryIO) -> tuple[dict[str, Any] | None, str]:
    """Write to ``out`` and return what was written, or nothing and why."""
    # opened here, because the desk's settings must stand before its models
    from entente.casework.inform.service import (
        NAMES_STAY,
        PLACES_STAY,
        ProductChanged,
        disclose,
        export_case,
        paper,
        version_for,
    )
    from entente.records import guard
    from entente.records.models import Agency, Case, Product
    from entente.vocabulary.handling import Purpose

    try:
        officer, purpose = account.as_officer(), Purpose(told.purpose)
        with guard.scope(officer, purpose):
            case = Case.objects.filter(number=told.case).first()
            issued = Product.objects.filter(case=case, state="issued").select_related("case")
            product = issued.first() if case else None
        to = Agency.objects.filter(short__iexact=told.to).first()
        if case is None:
            return None, f"no case {told.case} that this officer can see"
        if to is None:
            known = ", ".join(Agency.objects.values_list("short", flat=True))
            return None, f"no agency {told.to}; the circle is {known}"
        if told.format == "court":
            return court.written(told, officer, case, to, out), ""
        if told.format not in ("product", "court"):
            done = export_case(officer, purpose, case, to=to, stream=out, format=told.format)
            return {
                "items": done.items,
                "to": to.short,
                "left_out": list(done.left_out),
                "note": NAMES_STAY if told.format == "vics" else f"{NAMES_STAY} {PLACES_STAY}",
            }, ""
        if product is None:
            return None, f"no product of {told.case} that this officer can see; issue one first"
        left = version_for(officer, purpose, product, to).told_sender
        out.write(paper(disclose(officer, purpose, product, to)))
        return {"product": product.number, "to": to.short, "left_out": left}, ""
    except (guard.Denied, ProductChanged, LookupError, ValueError) as fault:  # refusals are ValueErrors
        return None, str(fault)
