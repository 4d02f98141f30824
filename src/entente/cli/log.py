"""``entente log``: prove the log, sign its head, and exchange co-signatures with partners."""

from __future__ import annotations

import os
from argparse import Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from entente.cli import words
from entente.records import log_file
from entente.safeguards.checkpoint import NotANote, read_key
from entente.web import start

SAYS = """\
verify [FILE]     prove the log of the desk, or one in a file
write FILE        write the log, its signed heads and its seal to a file
checkpoint        sign the head of the log
key               print the key of this log, for partners to pin
trust NAME KEY    pin a partner's key, as two people compared it
request           write what a partner is asked to co-sign (--for NAME --out FILE)
cosign FILE       answer a partner's request (--out FILE)
witnessed FILE    take a partner's answer
stamp             have the head stamped by the configured authority
forget NUMBER     erase what names a closed account in the log (a data protection officer, --reason)
"""
Done = tuple[dict[str, Any], bool]


def run(arguments: list[str]) -> int:
    """Do one of the acts; exit 1 when something is wrong, 2 for wrong use."""
    made = words.on_desk(words.parser("log", SAYS))
    made.formatter_class = RawDescriptionHelpFormatter
    made.add_argument("act", choices=["verify", *_ACTS])
    made.add_argument("given", nargs="*", metavar="NAME, KEY or FILE")
    made.add_argument("--for", dest="partner", metavar="NAME", help="the partner's name")
    made.add_argument("--out", type=Path, metavar="FILE", help="nothing is overwritten")
    made.add_argument("--url", default="", help="where the partner's desk answers")
    made.add_argument("--reason", default="", help="forget: why; it is sealed in the log")
    made.add_argument("--key", help="verify FILE: the log's key, as you know it from elsewhere")
    made.add_argument(
        "--witness", action="append", default=[], metavar="KEY", help="verify FILE: a witness's"
    )
    told = made.parse_args(arguments)
    if told.act == "verify" and told.given:
        return _verify_file(told)
    wants = 2 if told.act == "trust" else 1 if told.act in {"write", "cosign", "witnessed", "forget"} else 0
    if len(told.given) != wants:
        return words.refuse("log", f"`entente log {told.act}` takes {wants} words; see `entente log --help`")
    try:
        start.open_desk(start.folder_of(told.desk))
        data, well = (_verify if told.act == "verify" else _ACTS[told.act])(told)
    except (start.NoDesk, OSError, LookupError, ValueError, RuntimeError) as fault:
        return words.refuse("log", fault)
    words.say(data, told.json)
    return 0 if well else 1


def _verify_file(told: Namespace) -> int:
    file = Path(told.given[0])
    try:
        key = read_key(told.key) if told.key else None
        found = log_file.verify(file, pinned=key, witnesses=[read_key(k) for k in told.witness])
    except NotANote as fault:
        return words.refuse("log", f"a key that was given is none: {fault}")
    except (OSError, ValueError) as fault:
        return words.refuse("log", f"{file} is not a log: {fault}")
    words.say(
        {
            "size": found.size,
            "root": found.root.hex(),
            "witnessed": found.witnessed,
            "key": found.key.written(),
            "key_given": bool(key),
            "faults": found.faults,
        },
        told.json,
    )
    return 1 if found.faults else 0


def _verify(told: Namespace) -> Done:
    from entente.records import checkpoint, log

    proof = log.verify()
    size = checkpoint.witnessed().size
    data = {"size": proof.size, "root": proof.root, "witnessed": size, "faults": list(proof.faults)}
    return data, not proof.faults


def _write(told: Namespace) -> Done:
    from django.conf import settings

    from entente.records import checkpoint, guard, log_key
    from entente.records.models import LogEntry

    head = checkpoint.make()
    held = checkpoint.witnessed()
    notes = [checkpoint.note_at(held.size)] if held.size and held.size != head.size else []
    notes.append(checkpoint.note_of(head))
    file, key = Path(told.given[0]), log_key.read(settings.KEY_FOLDER)
    with guard.system("write the log to a file"), _new(file).open("xb") as out:
        bodies = LogEntry.objects.filter(seq__lt=head.size).order_by("seq").values_list("body", flat=True)
        log_file.write(out, bodies.iterator(), notes, checkpoint.own_key(), key.sign)
    return {"size": head.size, "root": head.root, "witnessed": held.size, "file": str(file)}, True


def _checkpoint(told: Namespace) -> Done:
    from entente.records import checkpoint

    made = checkpoint.make()
    return {"size": made.size, "root": made.root, "note": checkpoint.note_of(made).text()}, True


def _key(told: Namespace) -> Done:
    from entente.records import checkpoint

    return {"key": checkpoint.own_key().written()}, True


def _trust(told: Namespace) -> Done:
    from entente.records import witness
    from entente.records.models import Account

    name, key = told.given
    if read_key(key).name != name:
        raise ValueError(f"this key is of {read_key(key).name}, not of {name}")
    account = start.acting_account(told.officer)
    if not isinstance(account, Account):
        raise TypeError("an account acts")
    row = witness.pin(account, key, told.url)
    return {"pinned": row.name, "key": row.key, "url": row.url}, True


def _request(told: Namespace) -> Done:
    from entente.records import witness

    if not told.partner or not told.out:
        raise ValueError("say --for which partner and --out to which file")
    asked = witness.request(witness.partner(told.partner))
    _new(told.out).write_text(asked, encoding="utf-8")
    return {"for": told.partner, "file": str(told.out)}, True


def _cosign(told: Namespace) -> Done:
    from entente.records import witness

    if not told.out:
        raise ValueError("say --out to which file")
    answer = witness.answered(_text(told.given[0]))
    _new(told.out).write_text(answer, encoding="utf-8")
    refused = answer.startswith("known ")
    return {"cosigned": not refused, "file": str(told.out)}, not refused


def _witnessed(told: Namespace) -> Done:
    from entente.records import checkpoint, witness

    taken = witness.take(_text(told.given[0]))
    data = {"partner": taken.partner, "cosigned": taken.cosigned, "size": taken.size}
    return data | {"witnessed": checkpoint.witnessed().size}, taken.cosigned


def _stamp(told: Namespace) -> Done:
    from entente.records import checkpoint, stamp

    made = stamp.make(checkpoint.make())
    return {"size": made.checkpoint.size, "at": made.at.isoformat()}, True


def _forget(told: Namespace) -> Done:
    from entente.records import guard, log
    from entente.records.act import acting
    from entente.records.models import Account
    from entente.safeguards.access import Act, Shape, Thing
    from entente.vocabulary.handling import Purpose

    if not told.reason.strip():
        raise ValueError("say --reason: it stays in the log when the person is gone from it")
    by, audit = start.acting_account(told.officer), Purpose.DATA_PROTECTION_AUDIT
    officer = by.as_officer()  # type: ignore[attr-defined]
    clock = Thing(Shape.CLOCK, owner=officer.agency)
    try:
        with acting(officer, Act.ERASE, clock, audit, step="log", reason=told.reason):
            whose = Account.objects.filter(agency=officer.agency, username=told.given[0]).first()
            if whose is None or whose.is_active:
                raise LookupError(f"no closed account {told.given[0]} of your agency; close it first")
            count = log.forget(officer, audit, account=whose.pk, reason=told.reason)
    except guard.Denied as denied:
        raise ValueError(str(denied)) from denied
    return {"forgotten": count}, True


def _text(file: str) -> str:
    return Path(file).read_bytes().decode()  # not as text: a line's end must stay what it is


def _new(file: Path) -> Path:
    if os.path.lexists(file):
        raise FileExistsError(f"{file} exists; nothing is overwritten, name another file")
    return file


_ACTS: dict[str, Callable[[Namespace], Done]] = {
    "write": _write,
    "checkpoint": _checkpoint,
    "key": _key,
    "trust": _trust,
    "request": _request,
    "cosign": _cosign,
    "witnessed": _witnessed,
    "stamp": _stamp,
    "forget": _forget,
}
