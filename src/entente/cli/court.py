"""``entente export --format court``: a lead asks for originals, a second confirms, the lead writes."""

from __future__ import annotations

import argparse
from typing import Any, BinaryIO


def add_words(made: argparse.ArgumentParser) -> None:
    """Add what only a court's bundle needs."""
    made.add_argument("--exhibit", action="append", default=[], metavar="NUMBER", help="court: an exhibit")
    made.add_argument("--item", action="append", default=[], type=int, metavar="N", help="court: an item")
    made.add_argument("--ask", action="store_true", help="court: ask, as a lead, and print the request")
    made.add_argument("--confirm", default="", metavar="REQUEST", help="court: confirm, as a second officer")
    made.add_argument("--count", type=int, help="court: how many originals you confirm")
    made.add_argument("--request", default="", metavar="REQUEST", help="court: the confirmed one to write")


def two_people(told: argparse.Namespace, account: Any) -> tuple[dict[str, Any] | None, str]:
    """Ask or confirm; return what was done, or nothing and why."""
    # opened here, because the desk's settings must stand before its models
    from entente.casework.seize.service import ask, confirm, find_asked, plan, reading
    from entente.records import guard
    from entente.records.models import Agency, Case, Exhibit, Media

    try:
        officer = account.as_officer()
        to = Agency.objects.filter(short__iexact=told.to).first()
        with guard.scope(officer, reading(officer)):
            case = Case.objects.filter(number=told.case).first()
            exhibits = list(Exhibit.objects.filter(case=case, number__in=told.exhibit))
            items = list(Media.objects.filter(case=case, number__in=told.item))
        if case is None or to is None:
            return None, f"no case {told.case}, or no agency {told.to}, that this officer can see"
        if told.confirm:
            row = find_asked(officer, case, told.confirm, to)
            if told.count is None:
                return None, f"{row.items} originals would go to {to}; say so with --count {row.items}"
            confirm(officer, row, count=told.count)
            left: list[str] = []
        else:
            if missing := {*told.exhibit} - {e.number for e in exhibits} | {*told.item} - {
                m.number for m in items
            }:
                return None, f"not in the case, or withheld: {', '.join(map(str, sorted(missing, key=str)))}"
            row = ask(officer, case, to=to, exhibits=exhibits, items=items)
            left = plan(officer, case, row.things, to).told_sender
    except (guard.Denied, LookupError, ValueError) as fault:
        return None, str(fault)
    return {
        "request": str(row.pk),
        "state": row.state(),
        "originals": row.items,
        "to": to.short,
        "left_out": left,
    }, ""


def written(told: argparse.Namespace, officer: Any, case: Any, to: Any, out: BinaryIO) -> dict[str, Any]:
    """Write the confirmed bundle; raises what the service raises."""
    from entente.casework.seize.service import find_asked, write_bundle

    done = write_bundle(officer, find_asked(officer, case, told.request, to), out)
    return {
        "originals": done.originals,
        "exhibits": done.exhibits,
        "derivations": done.derivations,
        "log_entries": done.entries,
        "to": to.short,
        "key": done.key,
        "left_out": list(done.left_out),
    }
