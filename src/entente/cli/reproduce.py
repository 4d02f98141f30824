"""``entente reproduce``: make again what was derived from an exhibit or an item, and compare."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any

from tqdm import tqdm

from entente.cli import words
from entente.web import start

EXIT = {"same": 0, "differs": 1, "cannot": 1, "input damaged": 1}


def run(arguments: list[str]) -> int:
    """Print one line a derivation; exit 0 where all are the same, 1 where one is not, 2 for wrong use."""
    made = words.on_desk(words.parser("reproduce", "make derivations again from the original, and compare"))
    made.add_argument("named", metavar="EXHIBIT|ITEM", help="an exhibit's number, or an item as #12")
    made.add_argument("--case", default="", metavar="REF", help="the case's number, where several have it")
    made.add_argument("--purpose", default="victim-identification")
    told = made.parse_args(arguments)
    try:
        start.open_desk(start.folder_of(told.desk))
        account: Any = start.acting_account(told.officer)
    except start.NoDesk as fault:
        return words.refuse("reproduce", fault)
    # opened here, because the desk's settings must stand before its models
    from entente.casework.seize.service import found, reproduce
    from entente.evidence.sandbox import SandboxFailed
    from entente.records import guard
    from entente.vocabulary.handling import Purpose

    try:
        officer, purpose = account.as_officer(), Purpose(told.purpose)
        case, of = found(officer, purpose, told.named, told.case)
        with tqdm(unit=" derivations", disable=None, leave=False, file=sys.stderr) as bar:

            def watch(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            results = []
            for each in reproduce(officer, purpose, of, tell=watch):
                results.append(each.as_json())
                if not told.json:
                    bar.write(_line(results[-1]), file=sys.stdout)
    except (guard.Denied, LookupError, ValueError, SandboxFailed) as fault:
        return words.refuse("reproduce", fault)
    counts = Counter(r["verdict"] for r in results)
    if told.json:
        report = {"case": case.number, "of": str(of), "counts": dict(counts), "derivations": results}
        sys.stdout.write(json.dumps(report, ensure_ascii=False, sort_keys=True) + "\n")
    else:
        words.say({"derivations": len(results), **dict(sorted(counts.items()))}, as_json=False)
    return max((EXIT[v] for v in counts), default=0)


def _line(told: dict[str, Any]) -> str:
    item = f"#{told['item']}" if told["item"] else "–"
    why = f"  ({told['because']})" if told["because"] else ""
    return f"{told['verdict']:<13}  {item}  {told['what']}  {told['tool']}{why}"
