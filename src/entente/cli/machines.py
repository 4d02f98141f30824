"""``entente machines``: open or close a case for an agency's machines; make or end their tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from entente.cli import words
from entente.web import start


def run(arguments: list[str]) -> int:
    """Do one of the four; exit 2 where it was not done, with the mend."""
    made = words.on_desk(words.parser("machines", "let an agency's machines fetch what was opened for it"))
    made.add_argument("act", choices=["open", "close", "token", "end-tokens"])
    made.add_argument(
        "of",
        metavar="CASE|OFFICER",
        help="a case's number; for tokens a service number: your own to make one",
    )
    made.add_argument("--to", default="", metavar="AGENCY", help="whose machines, such as FR")
    made.add_argument("--days", type=int, default=90, help="how long a token lasts")
    made.add_argument("--purpose", default="victim-identification")
    told = made.parse_args(arguments)
    try:
        start.open_desk(start.folder_of(told.desk))
        account = start.acting_account(told.officer)
    except start.NoDesk as fault:
        return words.refuse("machines", fault)
    report, why = _done(told, account)
    if report is None:
        return words.refuse("machines", why)
    words.say(report, told.json)
    return 1 if report.get("left_out") else 0


def _done(told: Any, account: Any) -> tuple[dict[str, Any] | None, str]:
    """Return what was done, or nothing and why."""
    # opened here, because the desk's settings must stand before its models
    from entente.casework.inform.service import close_for_machines, open_for_machines
    from entente.records import guard, machines
    from entente.records.models import Account, Agency, Case
    from entente.vocabulary.handling import Purpose

    try:
        officer, purpose = account.as_officer(), Purpose(told.purpose)
        if told.act in ("token", "end-tokens"):
            named = Account.objects.filter(username=told.of, agency=officer.agency).first()
            if named is None:
                return None, f"no officer {told.of} in this agency"
            if told.act == "token":
                secret = machines.make_token(officer, purpose, named, timedelta(days=told.days))
                return {"officer": named.service_number, "days": told.days, "token": secret}, ""
            return {"ended": machines.end_tokens(officer, purpose, named)}, ""
        with guard.scope(officer, purpose):
            case = Case.objects.filter(number=told.of).first()
        to = Agency.objects.filter(short__iexact=told.to).first()
        if case is None:
            return None, f"no case {told.of} that this officer can see"
        if to is None:
            known = ", ".join(Agency.objects.values_list("short", flat=True))
            return None, f"no agency {told.to}; the circle is {known}"
        if told.act == "open":
            row = open_for_machines(officer, purpose, case, to)
            return {"collection": str(row.pk), "to": to.short, "left_out": row.left_out}, ""
        return {"closed": close_for_machines(officer, purpose, case, to), "to": to.short}, ""
    except (guard.Denied, LookupError, OverflowError, ValueError) as fault:  # refusals are ValueErrors
        return None, str(fault)
