"""Two desks with two databases witness each other's logs, in files and over HTTP; frauds are refused."""

from __future__ import annotations

import re
import shutil
import sqlite3
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.test import Client
from tests.records.desk_process import Desk

from entente.records import checkpoint, guard, log, log_key, witness
from entente.records.act import acting
from entente.records.models import Checkpoint, LogAlarm, LogEntry, Note, PartnerLog
from entente.safeguards import tree
from entente.safeguards.access import Act
from entente.safeguards.checkpoint import Checkpoint as Head
from entente.safeguards.checkpoint import read_key, read_note, read_signature, written_request
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
ENTRIES = """
from django.db import transaction
from entente.records import log
from entente.records.models import Account
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.handling import Purpose
who = Account.objects.first().as_officer()
for n in range({count}):
    with transaction.atomic():
        log.append(who, Act.ALTER, Thing(Shape.AGENCY, owner=who.agency), Purpose.VICTIM_IDENTIFICATION,
                   step="examine", reason="entry {what} %d" % n)
"""
NUMBERS = count()


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Path:
    """A desk with one officer, made once and copied without the key of its log."""
    desk = Desk(tmp_path_factory.mktemp("made") / "desk")
    desk.told("init", str(desk.folder))
    desk.end()
    return desk.folder


@pytest.fixture
def pair(empty, tmp_path):
    """Two desks that pinned each other's keys, each with some entries of its own."""
    desks = []
    for name, entries in (("italy", 5), ("denmark", 9)):
        shutil.copytree(empty, tmp_path / name)
        desk = Desk(tmp_path / name)
        desk.key = desk.told("log", "key")["key"]
        desk.name = desk.key.split("+")[0]
        add(desk, entries)
        desks.append(desk)
    for a, b in (desks, desks[::-1]):
        assert a.told("log", "trust", b.name, b.key)["pinned"] == b.name
    yield SimpleNamespace(italy=desks[0], denmark=desks[1], folder=tmp_path)
    for desk in desks:
        desk.end()


def add(desk: Desk, entries: int, what: str = "") -> None:
    code, _, err = desk.do(ENTRIES.format(count=entries, what=what))
    assert code == 0, err


def exchanged(folder: Path, of: Desk, by: Desk, code: int = 0) -> dict:
    """Have ``by`` co-sign the head of ``of`` in files, as two officers would; ``code`` of the co-signing."""
    n = next(NUMBERS)
    asked, answer = str(folder / f"asked {n}"), str(folder / f"answer {n}")
    of.told("log", "request", "--for", by.name, "--out", asked)
    by.told("log", "cosign", asked, "--out", answer, code=code)
    return of.told("log", "witnessed", answer) if code == 0 else {"answer": answer, "asked": asked}


def size(desk: Desk) -> int:
    return desk.told("log", "verify")["size"]


def test_two_desks_witness_each_other_in_files(pair):
    for a, b in ((pair.italy, pair.denmark), (pair.denmark, pair.italy)):
        first = exchanged(pair.folder, a, b)
        assert first["witnessed"] == first["size"] > 0
        add(a, 20)
        second = exchanged(pair.folder, a, b)
        assert second["size"] >= first["size"] + 20
        proof = a.told("log", "verify")
        assert (proof["faults"], proof["witnessed"]) == ([], second["size"])
        written = str(pair.folder / f"{Path(a.folder).name}.log")
        a.told("log", "write", written)
        told = b.told("log", "verify", written, "--key", a.key, "--witness", b.key)
        assert (told["faults"], told["witnessed"]) == ([], second["size"])
    assert exchanged(pair.folder, pair.italy, pair.denmark)["cosigned"]  # nothing new, once more


def alarms(desk: Desk) -> list[str]:
    with sqlite3.connect(desk.folder / "desk.sqlite3", timeout=20) as base:
        return [says for (says,) in base.execute("select says from records_logalarm order by id")]


def restored(desk: Desk, copy: Path) -> None:
    """Put an older copy of the database back, as from a backup."""
    desk.do("from django.db import connection; connection.close()")
    for beside in desk.folder.glob("desk.sqlite3*"):
        beside.unlink()
    shutil.copy(copy, desk.folder / "desk.sqlite3")


def copied(desk: Desk, to: Path) -> Path:
    with sqlite3.connect(desk.folder / "desk.sqlite3") as base, sqlite3.connect(to) as other:
        base.backup(other)
    return to


def test_an_older_copy_is_found_by_the_mark_and_by_the_partner_and_is_not_signed(pair):
    italy, denmark = pair.italy, pair.denmark
    exchanged(pair.folder, italy, denmark)
    backup = copied(italy, pair.folder / "backup")
    add(italy, 10)
    held = exchanged(pair.folder, italy, denmark)["size"]
    restored(italy, backup)
    assert any("older copy" in f for f in italy.told("log", "verify", code=1)["faults"])
    out = str(pair.folder / "x")
    assert "older copy" in italy.refused("log", "request", "--for", denmark.name, "--out", out)

    (italy.folder / "keys" / "log.mark").unlink()  # the whole machine was put back, the keys' folder too
    refused = exchanged(pair.folder, italy, denmark, code=1)
    assert f"had one of {held}" in alarms(denmark)[0]
    says = italy.refused("log", "witnessed", refused["answer"])
    assert f"a head of {held} entries of this log" in says
    assert "older copy" in italy.refused("log", "checkpoint")
    assert denmark.told("log", "verify")["faults"] == []


@pytest.mark.parametrize("fraud", ["a rewritten tail", "a fork"])
def test_a_fraud_of_the_one_who_owns_the_machine_is_refused(pair, fraud):
    italy, denmark = pair.italy, pair.denmark
    backup = copied(italy, pair.folder / "backup")
    add(italy, 6, "as it was")
    held = exchanged(pair.folder, italy, denmark)["size"]
    restored(italy, backup)
    (italy.folder / "keys" / "log.mark").unlink()
    add(italy, 6 if fraud == "a fork" else 15, "as it suits")
    while fraud == "a fork" and size(italy) < held:
        add(italy, 1, "as it suits")
    # its own desk would not sign this: the forger knows the head that Denmark holds and asks by hand
    forged = (
        "from entente.records import checkpoint, log, witness; from entente.records.models import PartnerLog;"
        f"PartnerLog.objects.update(claims=min({held}, log.size()));"
        f"asked = witness.request(PartnerLog.objects.get());"
        f"open({str(pair.folder / 'f')!r}, 'w').write(asked)"
    )
    assert italy.do(forged)[0] == 0
    told = denmark.do(["log", "cosign", str(pair.folder / "f"), "--out", str(pair.folder / "g")])
    assert told[0] in {1, 2}
    assert any("a fork" in says for says in alarms(denmark))
    assert "— " not in told[1]
    if told[0] == 1:
        assert "the log was rewritten" in italy.refused("log", "witnessed", str(pair.folder / "g"))


# --- over HTTP --------------------------------------------------------------------------------------------


@pytest.fixture
def partner(circle, tmp_path):
    """Another log of our own making, pinned here: leaves, and how it signs."""
    private = log_key.make(tmp_path / "partner")
    key = log_key.public(private)
    row = witness.pin(circle.it, key.written())

    def asked(leaves, old, *, of=None, by=private):
        head = Head(key.name, len(leaves), tree.root(leaves))
        proof = tree.consistency_proof(of or leaves, old)
        return written_request(old, proof, log_key.sign(by, head, 1_790_000_000))

    return SimpleNamespace(row=row, key=key, asked=asked, private=private)


def leaves(n: int, what: str = "") -> list[bytes]:
    return [tree.leaf_hash(f"{what}{i}".encode()) for i in range(n)]


def post(text: str):
    return Client(enforce_csrf_checks=True).post(
        "/witness/add-checkpoint", text.encode(), content_type="text/plain"
    )


def test_a_machine_gets_a_line_that_holds_and_the_desk_remembers(partner):
    for old, new in ((0, 4), (4, 9), (9, 9)):
        answer = post(partner.asked(leaves(new), old))
        assert answer.status_code == 200, answer.content
        head = Head(partner.key.name, new, tree.root(leaves(new)))
        signature = read_signature(answer.content.decode().rstrip("\n"))
        assert log_key.cosigned(head, signature, checkpoint.own_key())
    partner.row.refresh_from_db()
    assert partner.row.held_size == 9
    with guard.system("test"):
        entry = LogEntry.objects.select_related("opening").order_by("-seq").first()
    assert (entry.step, entry.told["reason"]) == ("witness", "a head of 9 entries was co-signed")
    assert "sessionid" not in post("").cookies


def test_a_stale_proof_is_told_the_size_and_a_fraud_is_refused(partner):
    assert post(partner.asked(leaves(6), 0)).status_code == 200
    stale = post(partner.asked(leaves(9), 3))
    assert (stale.status_code, stale.content, stale["Content-Type"]) == (409, b"6\n", "text/x.tlog.size")
    assert not LogAlarm.objects.exists()
    for fraud in (partner.asked(leaves(9, "other"), 6), partner.asked(leaves(9), 6, of=leaves(9, "other"))):
        assert post(fraud).status_code == 422
    assert post(partner.asked(leaves(6, "other"), 6)).status_code == 409  # another root at the same size
    assert post(partner.asked(leaves(4), 0)).status_code == 409  # it shrank
    assert LogAlarm.objects.count() == 3
    partner.row.refresh_from_db()
    assert partner.row.held_size == 6
    assert post(partner.asked(leaves(9), 6)).status_code == 200


def bare(page: bytes) -> bytes:
    """Return a page without the token of its forms, which is new each time."""
    return re.sub(rb"\b[A-Za-z0-9]{64}\b", b"", page)


def test_a_stranger_learns_nothing(partner, tmp_path):
    other = log_key.make(tmp_path / "stranger")
    unknown = log_key.sign(other, Head(log_key.public(other).name, 3, tree.root(leaves(3))), 1)
    absent = Client().post("/witness/add-nothing", b"x", content_type="text/plain")
    before = log.size()
    for text in (
        "",
        "old 0",
        "\xff",
        "x" * (witness.LONGEST + 1),
        written_request(0, [], unknown),
        partner.asked(leaves(4), 0, by=other),  # a known name under another key
        partner.asked(leaves(4), 0).replace("old 0", "old 00"),
    ):
        told = post(text)
        assert told.status_code == 404
        assert bare(told.content) == bare(absent.content.replace(b"add-nothing", b"add-checkpoint"))
    assert Client().get("/witness/add-checkpoint").status_code == 404
    assert log.size() == before


# --- the desk's own head ----------------------------------------------------------------------------------


def note(case, circle):
    with acting(circle.officer(circle.it), Act.ALTER, case.as_thing(), VI, step="examine"):
        Note.objects.create(case=case, owner=circle.agencies.it, text="x")


def test_a_head_is_signed_after_a_minute_or_a_thousand_entries_and_not_for_witnessing(
    case, circle, partner, monkeypatch
):
    assert checkpoint.due()
    first = checkpoint.make()
    assert read_note(first.note).text() == first.note
    assert not checkpoint.due()
    assert checkpoint.make() == first
    note(case, circle)
    assert not checkpoint.due()
    monkeypatch.setattr(checkpoint, "ENTRIES", 1)
    assert checkpoint.due()
    checkpoint.make()
    post(partner.asked(leaves(4), 0))
    assert log.size() > Checkpoint.objects.order_by("number").last().size
    assert not checkpoint.due(), "two desks would sign for each other's signatures for ever"


def test_what_leaves_has_a_signed_head(case, circle, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        thing = case.as_thing().going_to(circle.agencies.dk.pk)
        with acting(circle.officer(circle.it), Act.EXPORT, thing, VI, step="inform"):
            pass
    assert Checkpoint.objects.get().size == log.size()


def test_the_key_is_made_once_and_a_lost_one_is_not_replaced(case):
    path = settings.KEY_FOLDER / log_key.FILE
    checkpoint.make()
    assert path.stat().st_mode & 0o777 == 0o600
    kept = path.read_bytes()
    assert checkpoint.own_key() == log_key.public(log_key.read(settings.KEY_FOLDER))
    path.chmod(0o644)
    with pytest.raises(checkpoint.NotSigned, match="open to others"):
        checkpoint.make()
    path.unlink()
    with pytest.raises(checkpoint.NotSigned, match="is lost"):
        checkpoint.make()
    assert not path.exists()
    path.write_bytes(kept)
    path.chmod(0o600)
    assert log.verify().faults == ()


def test_an_entry_proves_its_place_under_a_signed_head(case, circle):
    for _ in range(5):
        note(case, circle)
    head = read_note(checkpoint.make().note).head
    for seq in range(head.size):
        told = log.inclusion(seq, head.size)
        leaf = tree.leaf_hash(told.body.encode())
        assert told.root == head.root
        assert tree.verify_inclusion(leaf, seq, head.size, told.proof, head.root)
        grew = log.consistency(seq + 1, head.size)
        assert tree.verify_consistency(seq + 1, head.size, grew, log.root_at(seq + 1), head.root)
    with pytest.raises(IndexError, match="no entry"):
        log.inclusion(head.size, head.size)


def test_nobody_is_their_own_witness_and_a_name_keeps_its_key(circle, partner, tmp_path):
    with pytest.raises(witness.Refused, match="own witness"):
        witness.pin(circle.it, checkpoint.own_key().written())
    assert post(partner.asked(leaves(4), 0)).status_code == 200
    other = log_key.public(log_key.make(tmp_path / "other"), partner.key.name)
    with pytest.raises(witness.Refused, match="another key"):
        witness.pin(circle.it, other.written())
    assert PartnerLog.objects.get().key == partner.key.written()
    assert read_key(partner.key.written()) == partner.key
