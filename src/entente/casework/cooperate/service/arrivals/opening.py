"""Open one package, in its place of its sender's line, and those that waited for it."""

from __future__ import annotations

from typing import BinaryIO

from django.db import transaction

from entente.casework.cooperate.service.arrivals.belief import Believed, believe, believe_again
from entente.casework.cooperate.service.arrivals.line import (
    counted,
    forget_waiting,
    keep_waiting,
    line_of,
    place_of,
    waiting_file,
)
from entente.casework.cooperate.service.arrivals.log import LogAlarmed
from entente.casework.cooperate.service.arrivals.opened import NeedsCase, Opened
from entente.casework.cooperate.service.arrivals.taking import take
from entente.casework.cooperate.service.sealing import STEP, recorded
from entente.formats.sealed_package import Code, Head, PackageRefused
from entente.records import log
from entente.records.act import acting, demand
from entente.records.models import Case, Notice, Package
from entente.safeguards import sequence
from entente.safeguards.access import Act, Shape, Thing
from entente.safeguards.sequence import Place
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


def open_package(officer: Officer, purpose: Purpose, file: BinaryIO, case: Case | None = None) -> Opened:
    """Open one package; ``case`` is where the things of a case go that this agency was told nothing of yet.

    Raises ``PackageRefused`` with its code (a package that comes too early is kept and waits), ``NeedsCase``,
    ``circle.NotPinned`` where the agency has no card, ``guard.Denied``. Every refusal is in the log.
    """
    agency = Thing(Shape.AGENCY, owner=officer.agency)
    # before a byte is decrypted for who may open no package
    demand(officer, Act.RECEIVE, agency, purpose, step=STEP, reason="open a package")
    try:
        believed = believe(officer, file)
        return _taken(officer, purpose, believed, file, case)
    except PackageRefused as refused:
        if isinstance(refused, LogAlarmed):
            _tell_of_log(officer, purpose, refused, file)
        _log_refusal(officer, purpose, refused)
        raise


def _tell_of_log(officer: Officer, purpose: Purpose, refused: LogAlarmed, file: BinaryIO) -> None:
    """Tell the agency once that a partner's log is not what it was; keep what waits for people's word."""
    agency = Thing(Shape.AGENCY, owner=officer.agency)
    reason = "a partner's log is not what it was"
    with acting(officer, Act.RECEIVE, agency, purpose, step=STEP, reason=reason) as deed:
        if refused.new:
            told = {"owner_id": officer.agency, "addressed_id": officer.agency, "made_by_id": officer.id}
            Notice.objects.create(kind="log", text=refused.says, **told)
        head, card = refused.head, refused.card
        if card is not None and place_of(officer.agency, head) in {Place.NEXT, Place.GAP}:
            keep_waiting(head, file)
            row = Package(**recorded(head, officer, card), outgoing=False, state="waits")
            row.left_out = [str(refused)]
            row.save()
            deed.seal(row.digest)


def _log_refusal(officer: Officer, purpose: Purpose, refused: PackageRefused) -> None:
    with transaction.atomic():
        log.append(
            officer,
            Act.RECEIVE,
            Thing(Shape.AGENCY, owner=officer.agency),
            purpose,
            step=STEP,
            reason="open a package",
            result=f"refused: {refused.code}",
        )


def _taken(
    officer: Officer, purpose: Purpose, believed: Believed, file: BinaryIO, case: Case | None
) -> Opened:
    head, card = believed.head, believed.card
    thing = Thing(Shape.AGENCY, owner=officer.agency)
    done = Opened()
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason="open a package") as deed:
        standing = place_of(officer.agency, head)
        if standing is Place.GAP:
            keep_waiting(head, file)
            row = Package.objects.create(**recorded(head, officer, card), outgoing=False, state="waits")
            deed.seal(row.digest)
        elif standing in {Place.NEXT, Place.WAITS}:
            row = _row_of(officer, believed)
            if standing is Place.WAITS and row.number != counted(officer.agency, head) + 1:
                raise _gap(head)
            take(officer, purpose, believed, row, file, case, done)
            deed.seal(row.digest)
            if standing is Place.WAITS:
                forget_waiting(row.digest)
            _take_waiting(officer, purpose, head, done)
            deed.reason = " ".join(["open a package.", *done.refused])
    if standing is Place.GAP:
        raise _gap(head)
    if standing is Place.REPLAY:
        raise PackageRefused(Code.REPLAY, "it was taken already; nothing was changed")
    if standing is Place.FORK:
        raise PackageRefused(
            Code.FORK, "its sender's line has another package in this place; tell the partner, take neither"
        )
    return done


def _gap(head: Head) -> PackageRefused:
    why = "an earlier package of this sender is missing; this one waits here until you open that"
    return PackageRefused(Code.GAP, why, head.digest())


def _row_of(officer: Officer, believed: Believed) -> Package:
    standing = line_of(officer.agency, believed.head).get(believed.head.number)
    return standing or Package(
        **recorded(believed.head, officer, believed.card), outgoing=False, state="taken"
    )


def _take_waiting(officer: Officer, purpose: Purpose, head: Head, done: Opened) -> None:
    """Take what waited for this one; one that cannot be taken goes on waiting, and the page says so.

    The case that was given for this one is for no other: what comes of a case that nothing came of before
    waits until somebody opens it with its own.
    """
    rows = line_of(officer.agency, head)
    known = {n: sequence.Link(r.digest, r.before) for n, r in rows.items()}
    for number in sequence.now_due(known, counted(officer.agency, head)):
        row, one = rows[number], Opened()
        try:
            with waiting_file(row.digest).open("rb") as file, transaction.atomic():
                take(officer, purpose, believe_again(officer, file, row), row, file, None, one)
        except (PackageRefused, NeedsCase, OSError) as fault:
            done.refused.append(f"package {number} goes on waiting: {fault}")
            return
        done.add(one)
        forget_waiting(row.digest)
