"""``entente package``: seal what may go to a partner's desk, and open what came from one."""

from __future__ import annotations

import os
from argparse import Namespace, RawDescriptionHelpFormatter
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from entente.cli import words
from entente.web import start

SAYS = """\
seal CASE --to AGENCY --out FILE    what the partner was not told yet of a case, and withdrawals
post KIND --to AGENCY --out FILE    what waits for the partner of "requests" or "products", and what came back
open FILE… [--case REF]             take packages in, in whatever order they were copied
card                                print the agency's own card and its words
"""


def run(arguments: list[str]) -> int:
    """Do one of the acts; exit 1 where something was left out or refused, 2 where nothing was done."""
    made = words.on_desk(words.parser("package", SAYS))
    made.formatter_class = RawDescriptionHelpFormatter
    made.add_argument("act", choices=["seal", "post", "open", "card"])
    made.add_argument("given", nargs="*", metavar="CASE, KIND or FILE")
    made.add_argument("--to", default="", metavar="AGENCY", help="seal, post: short name of the partner")
    made.add_argument("--out", type=Path, metavar="FILE", help="seal, post: nothing is overwritten")
    made.add_argument(
        "--pass-on",
        action="append",
        default=[],
        metavar="AGENCY",
        help="seal: whom the partner may tell",
    )
    made.add_argument("--case", default="", metavar="REF", help="open: where a case not met before goes")
    made.add_argument("--receipt", type=Path, metavar="FILE", help="open: write a receipt for the sender")
    made.add_argument("--purpose", default="victim-identification")
    told = made.parse_args(arguments)
    wants = {
        "seal": len(told.given) == 1 and told.to and told.out,
        "post": len(told.given) == 1 and told.to and told.out,
        "open": told.given,
        "card": not told.given,
    }
    if not wants[told.act]:
        return words.refuse("package", "say what: see `entente package --help`")
    try:
        start.open_desk(start.folder_of(told.desk))
        account = start.acting_account(told.officer)
        return {"seal": _seal, "post": _post, "open": _open, "card": _card}[told.act](told, account)
    except (start.NoDesk, PermissionError, OSError, LookupError, ValueError, RuntimeError) as fault:
        return words.refuse("package", fault)


def _seal(told: Namespace, account: Any) -> int:
    from entente.casework.cooperate.service import sealing
    from entente.records import guard
    from entente.records.models import Agency, Case
    from entente.vocabulary.handling import Purpose

    officer, purpose = account.as_officer(), Purpose(told.purpose)
    found = {a.short.lower(): a for a in Agency.objects.all()}
    strangers = [s for s in (told.to, *told.pass_on) if s.lower() not in found]
    if strangers:
        return words.refuse("package", f"no agency {', '.join(strangers)}; the circle is {', '.join(found)}")
    with guard.scope(officer, purpose):
        case = Case.objects.filter(number=told.given[0]).first()
    if case is None:
        return words.refuse("package", f"no case {told.given[0]} that this officer can see")
    with _new(told.out) as out, tqdm(unit=" things", disable=None, leave=False) as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        further = [found[a.lower()] for a in told.pass_on]
        row, plan = sealing.seal(officer, purpose, case, found[told.to.lower()], out, further, tell)
    said = {
        "package": row.number,
        "digest": row.digest,
        "to": row.partner.short,
        "things": len(plan.goes),
        "withdrawals": len(plan.withdrawals),
        "unchanged": plan.unchanged,
        "left_out": [*plan.told_sender, *([plan.no_basis] if plan.no_basis else [])],
        "expires": row.expires.isoformat(),
    }
    words.say(said, told.json)
    return 1 if said["left_out"] else 0


def _post(told: Namespace, account: Any) -> int:
    from entente.casework.cooperate.service import sealing
    from entente.records.models import Agency
    from entente.vocabulary.handling import Purpose

    kind = next((k for k in sealing.POSTS if k == told.given[0]), None)
    to = Agency.objects.filter(short__iexact=told.to).first()
    if kind is None or to is None:
        return words.refuse("package", f"post one of {', '.join(sealing.POSTS)} to an agency of the circle")
    with _new(told.out) as out:
        row, due = sealing.post(account.as_officer(), Purpose(told.purpose), to, kind, out)
    said = {
        "package": row.number,
        "digest": row.digest,
        "to": row.partner.short,
        "messages": len(due.goes),
        "left_out": list(due.stays),
        "expires": row.expires.isoformat(),
    }
    words.say(said, told.json)
    return 1 if said["left_out"] else 0


@contextmanager
def _new(path: Path) -> Any:
    """Open a new file for its owner only; whatever goes wrong, no half file stays."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise ValueError(f"{path} exists; nothing is overwritten, name another file") from None
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
    except BaseException:
        path.unlink()
        raise


def _open(told: Namespace, account: Any) -> int:
    """Open each file; one that came too early is asked again when others were taken."""
    from entente.casework.cooperate.service import arrivals, sealing
    from entente.formats.sealed_package import Code, PackageRefused
    from entente.records import guard
    from entente.records.models import Case
    from entente.vocabulary.handling import Purpose

    officer, purpose = account.as_officer(), Purpose(told.purpose)
    case = None
    if told.case:
        with guard.scope(officer, purpose):
            case = Case.objects.filter(number=told.case).first()
        if case is None:
            return words.refuse("package", f"no case {told.case} that this officer can see")
    counts = {"taken": 0, "unchanged": 0, "withdrawn": 0}
    refused: list[dict[str, Any]] = []
    waits: dict[str, str] = {}
    rows = []
    for name in tqdm(told.given, unit=" packages", disable=None, leave=False):
        try:
            file = Path(name).open("rb")  # noqa: SIM115 - closed below
        except OSError as fault:
            refused.append({"file": name, "code": "unreadable", "reason": str(fault.strerror)})
            continue
        try:
            with file:
                done = arrivals.open_package(officer, purpose, file, case)
        except PackageRefused as fault:
            refused.append({"file": name, "code": str(fault.code), "reason": str(fault)})
            waits[name] = fault.digest or waits.get(name, "")
            continue
        except arrivals.NeedsCase as fault:
            refused.append({"file": name, "code": "needs a case", "reason": str(fault)})
            continue
        for what in counts:
            counts[what] += getattr(done, what)
        rows += done.rows
        refused += [{"file": name, "code": "thing", "reason": says} for says in done.refused]
    came = {row.digest for row in rows}
    # what waited for a file that came later in the same command was taken with it
    refused = [r for r in refused if r["code"] != Code.GAP or waits[r["file"]] not in came]
    if told.receipt and rows:
        with _new(told.receipt) as out:
            sealing.receipt(officer, purpose, rows[-1], out)
    packages = [
        {"from": r.partner.short, "package": r.number, "kind": r.kind, "things": r.count} for r in rows
    ]
    words.say({"packages": packages, **counts, "refused": refused}, told.json)
    return 1 if refused else 0


def _card(told: Namespace, account: Any) -> int:
    from entente.records import circle, guard
    from entente.vocabulary.handling import Purpose

    with guard.scope(account.as_officer(), Purpose(told.purpose)):
        row = circle.own_card(account.agency_id)
    words.say({"card": row.card, "words": circle.words_of(row)}, told.json)
    return 0
