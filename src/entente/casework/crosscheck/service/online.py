"""Profiles of accounts: recorded from lawful records, line by line fact or assessment; advice only.

No machine says who somebody is: it counts hours, weighs languages and compares spellings, and people decide
what stands. Whom a record concerns has to be said; only those of suspects and likely offenders are analysed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar
from uuid import UUID

from entente.casework.crosscheck.alike import Alike, alike
from entente.records import clock
from entente.records.act import acting
from entente.records.carried import carried
from entente.records.models import AccountLine, Case, OnlineAccount, Series
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Evaluation, Handling, HandlingCode, Purpose, union
from entente.vocabulary.identifier import IdentifierKind, NotComparable, normalise
from entente.vocabulary.online import ANALYSED, NEEDS_NECESSITY, Concerned, LineKind
from entente.vocabulary.suspect import Said

STEP = "crosscheck"
MOST_COMPARED = 5000  # accounts in sight whose names are laid beside one


Row = TypeVar("Row", OnlineAccount, AccountLine)


class OnlineRefused(ValueError):
    """An account, or a line of its profile, was not recorded or changed; the text says the mend."""


def record_account(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    *,
    platform: str,
    name: str,
    category: str,
    source: str,
    basis: str,
    since: date,
    until: date,
    necessity: str = "",
    evaluation: str = "X4",
    codes: Iterable[str] = ("H2",),
    handling_text: str = "",
) -> OnlineAccount:
    """Record an account from a lawful record: from whom, under which law, for which days, about whom."""
    spelling = demand_record(platform, name, category, source, basis, necessity)
    if until < since or since > clock.now().date():
        raise OnlineRefused("the record covers days from … to …, in this order, and none that has not come")
    handling = Handling(frozenset(HandlingCode(c) for c in codes), handling_text.strip())
    thing = replace(case.as_thing(), owner=officer.agency, handling=handling)
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason="record an account"):
        row = OnlineAccount(
            **carried(officer, case, handling),
            platform=platform.strip(),
            name=name.strip(),
            spelling=spelling,
            category=str(Concerned(category)),
            necessity=necessity.strip(),
            source=source.strip(),
            basis=basis.strip(),
            since=since,
            until=until,
            evaluation=_grade(evaluation),
        )
        row.save()
    return row


def demand_record(platform: str, name: str, category: str, source: str, basis: str, necessity: str) -> str:
    """Return the one spelling of an account's name, where its record says all that the law asks of it."""
    if category not in set(Concerned):
        raise OnlineRefused("say whom the account concerns: suspect, victim, witness …")
    if not platform.strip() or not source.strip() or not basis.strip():
        raise OnlineRefused("a record needs its platform, who gave it, and the law or order under which")
    if Concerned(category) in NEEDS_NECESSITY and not necessity.strip():
        raise OnlineRefused("of a victim, a witness or a contact say why the record is strictly necessary")
    return _spelt(IdentifierKind.SCREEN_NAME, name)


def _spelt(kind: IdentifierKind, text: str) -> str:
    try:
        return normalise(kind, text)
    except NotComparable as fault:
        raise OnlineRefused(str(fault)) from None


def _grade(text: str) -> str:
    try:
        return str(Evaluation.parse(text))
    except ValueError:
        raise OnlineRefused("an evaluation is a source grade and an information grade, such as B2") from None


def turn_account(
    officer: Officer, purpose: Purpose, online: OnlineAccount, *, keep: bool, because: str = ""
) -> OnlineAccount:
    """Set an account aside, with the reason, or take it back in."""
    reason = "take an account back in" if keep else "set an account aside"
    state = "open" if keep else "set aside"
    return _turned(officer, purpose, online, state, reason, "" if keep else _said(because, "account"))


def _said(because: str, what: str) -> str:
    """Return the reason for setting something aside; refuse where there is none."""
    if not because.strip():
        raise OnlineRefused(f"say why the {what} is set aside")
    return because.strip()


def _turned(officer: Officer, purpose: Purpose, held: Row, state: str, reason: str, because: str) -> Row:
    with acting(officer, Act.ALTER, held.as_thing(), purpose, step=STEP, reason=reason):
        row = type(held).objects.select_for_update().get(pk=held.pk)
        row.state, row.decided_by_id, row.decided_because = state, officer.id, because
        row.save(update_fields=["state", "decided_by", "decided_because"])
    return row


def add_line(
    officer: Officer,
    purpose: Purpose,
    online: OnlineAccount,
    *,
    kind: str,
    value: str,
    said: str,
    evaluation: str,
    because: str,
    series: Series | None = None,
) -> AccountLine:
    """Add a line: another name, a device, or a series of the case that the account shared."""
    if kind not in set(LineKind) or said not in set(Said):
        raise OnlineRefused("choose what the line is about, and whether it is a fact or an assessment")
    if not because.strip():
        raise OnlineRefused("say on what the line rests; without it nobody can check it")
    if (series is None) == (kind == LineKind.SERIES):
        raise OnlineRefused("a shared series is chosen from the case; another line has its text instead")
    spelling = "" if series else _spelt(_KINDS[LineKind(kind)], value)
    with acting(officer, Act.ALTER, online.as_thing(), purpose, step=STEP, reason="add a line to a profile"):
        demand_open(online)
        if series and Series.objects.get(pk=series.pk).case_id != online.case_id:
            raise OnlineRefused("this series is of another case; choose one of this case")
        handling = union([online.handling, *([series.handling] if series else [])])
        row = AccountLine(
            **carried(officer, online, handling),
            online=online,
            kind=kind,
            value=series.name if series else value.strip()[:200],
            spelling=spelling,
            series=series,
            said=said,
            evaluation=_grade(evaluation),
            because=because.strip(),
        )
        row.save()
        row.derives_from(online, *([series] if series else []))
    return row


_KINDS = {LineKind.NAME: IdentifierKind.SCREEN_NAME, LineKind.DEVICE: IdentifierKind.DEVICE}


def turn_line(
    officer: Officer, purpose: Purpose, line: AccountLine, *, keep: bool, because: str = ""
) -> AccountLine:
    """Set a line aside, with the reason, or take it back in; it stays on record."""
    reason = "take a line of a profile back in" if keep else "set a line of a profile aside"
    state = "stands" if keep else "set aside"
    return _turned(officer, purpose, line, state, reason, "" if keep else _said(because, "line"))


def demand_open(online: OnlineAccount) -> None:
    """Raise where an account was set aside meanwhile."""
    if OnlineAccount.objects.get(pk=online.pk).state != "open":
        raise OnlineRefused("this account was set aside; take it back in first")


def demand_analysed(online: OnlineAccount) -> None:
    """Raise where the behaviour of an account is not to be analysed."""
    if Concerned(online.category) not in ANALYSED:
        raise OnlineRefused("how a victim, a witness or a contact behaves is not analysed here")


@dataclass(frozen=True, slots=True)
class Near:
    """Another account in the officer's sight with a name like one of this account's."""

    online: OnlineAccount
    ours: str
    theirs: str
    how: Alike


def near_names(online: OnlineAccount) -> list[Near]:
    """Return accounts of suspects in sight whose names are alike, of any case, the most alike first.

    The guard decides what is in sight; whoever holds others is asked by a cross-check.
    """
    if Concerned(online.category) not in ANALYSED:
        return []
    ours = names_of([online])[online.pk]
    others = OnlineAccount.objects.exclude(pk=online.pk).filter(
        state="open", category__in=[str(c) for c in ANALYSED]
    )
    rows = list(others.select_related("case", "owner")[:MOST_COMPARED])
    theirs = names_of(rows)
    found = []
    for row in rows:
        pairs = [(how, a, b) for a in ours for b in theirs[row.pk] if (how := alike(a, b))]
        if pairs:
            how, a, b = max(pairs, key=lambda p: p[0].score)
            found.append(Near(row, a, b, how))
    return sorted(found, key=lambda n: (-n.how.score, n.theirs, str(n.online.pk)))


def names_of(rows: list[OnlineAccount]) -> dict[UUID, list[str]]:
    """Return the spellings of each account: its own and those that a standing line adds."""
    found = {row.pk: [row.spelling] for row in rows}
    lines = AccountLine.objects.filter(kind=str(LineKind.NAME), state="stands", online__in=list(found))
    for online, spelling in lines.values_list("online_id", "spelling"):
        found[online].append(spelling)
    return found
