"""Three desks, three processes, three stores, and nothing between them but files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.records.desk_process import Desk

SET_UP = """
import json
from datetime import timedelta
from entente.web import start
from pathlib import Path
start.open_desk(Path({folder!r}))
from entente.casework.intake.service import open_case
from entente.records import circle, clock, guard, release
from entente.records.models import Account, Agency, Clue, Media, PartnerKey, PartnerThing
from entente.safeguards.partners import spoken
from entente.vocabulary.handling import Purpose
VI = Purpose.VICTIM_IDENTIFICATION
home = Agency.objects.create(short={short!r}, name="National unit", country={short!r}, kind="national unit",
                             contact="desk")
one, two = (Account.objects.create(username={short!r} + "-" + n, agency=home, roles=["examiner"],
            purposes=["victim-identification"]) for n in ("1", "2"))
a, b = one.as_officer(), two.as_officer()
row = circle.propose_own(a, VI)
circle.confirm_card(b, VI, row, circle.words_of(row))
case = open_case(one.as_officer(), VI, number={short!r} + "-1", title="Operation Elm", victim_number="V-001",
                 discovered_at=clock.now() - timedelta(days=1))
print(row.card)
"""
PIN = """
row = circle.propose(a, VI, {card!r}, "national unit")
partner = circle.confirm_card(b, VI, row, spoken({card!r}.encode())).agency
basis = circle.propose_basis(a, VI, partner, ground="union law", reference="a test", since=clock.now())
circle.confirm_basis(b, VI, basis)
"""
FILL = """
with guard.system("fill a case for a test"):
    n = Media.objects.filter(case=case).count() + 1
    told = dict(case=case, owner=home, made_by=one, codes="H2")
    item = Media.objects.create(number=n, md5="%032x" % n, size=5, kind="picture", **told)
    clue = Clue.objects.create(media=item, kind="country", value="PT", group="objects", source="s",
                               because="x", method="by hand", version="1", state="confirmed", **told)
"""
LET = """
further = Agency.objects.get(short="DK")
for thing in (item, clue):
    release.release(one.as_officer(), VI, thing, further, clock.now() + timedelta(days=9), "they are asked")
"""
WITHDRAW = """
with guard.system("withdraw in a test"):
    Clue.objects.filter(pk=clue.pk).update(state="withdrawn")
"""
STATE = """
with guard.system("compare stores in a test"):
    print(json.dumps(sorted(
        [str(t.thing), t.version, t.withdrawn, t.codes, t.audience, t.owner.short, t.statement]
        for t in PartnerThing.objects.all()
    )))
"""


class Partner(Desk):
    """A desk with its officers and their card."""

    def __init__(self, folder: Path, short: str) -> None:
        super().__init__(folder)
        self.short = short
        self.card = self.did(SET_UP.format(folder=str(folder), short=short)).strip()

    def did(self, lines: str) -> str:
        code, out, err = self.do(lines)
        assert code == 0, err
        return out

    def package(self, *words: str, code: int = 0) -> dict:
        return self.told("package", *words, "--as", f"{self.short}-1", code=code)

    def state(self) -> list:
        return json.loads(self.did(STATE))


@pytest.fixture
def desks(tmp_path):
    made = Desk(tmp_path / "made")
    made.told("init", str(made.folder))
    made.end()
    found = []
    for short in ("IT", "FR", "DK"):
        shutil.copytree(made.folder, tmp_path / short)
        found.append(Partner(tmp_path / short, short))
    for desk in found:
        for other in found:
            if other is not desk:
                desk.did(PIN.format(card=other.card))
    yield found
    for desk in found:
        desk.end()


@pytest.mark.slow
def test_three_desks_that_meet_by_files_hold_the_same(desks, tmp_path):
    it, fr, dk = desks
    files = {
        n: str(tmp_path / f"{n}.age") for n in ("one", "two", "three", "on", "off", "straight", "cut", "back")
    }
    it.did(FILL + LET)
    sealed = it.package("seal", "IT-1", "--to", "FR", "--pass-on", "DK", "--out", files["one"])
    assert (sealed["things"], sealed["left_out"]) == (2, [])
    fr.package("open", files["one"], "--case", "FR-1", "--receipt", files["back"])
    assert it.package("open", files["back"])["packages"][0]["kind"] == "receipt"
    assert fr.package("seal", "FR-1", "--to", "DK", "--out", files["on"])["things"] == 2
    dk.package("open", files["on"], "--case", "DK-1")
    assert [t[5] for t in dk.state()] == ["IT", "IT"] and dk.state() == fr.state()
    # what Italy says next reaches France in the wrong order, twice, and cut short
    it.did(WITHDRAW)
    assert it.package("seal", "IT-1", "--to", "FR", "--out", files["two"])["withdrawals"] == 1
    it.did(FILL)
    it.package("seal", "IT-1", "--to", "FR", "--out", files["three"])
    Path(files["cut"]).write_bytes(Path(files["two"]).read_bytes()[:-50])
    told = fr.package("open", files["three"], files["cut"], files["two"], files["three"], code=1)
    assert sorted(r["code"] for r in told["refused"]) == ["damaged", "replay"]
    assert [p["package"] for p in told["packages"]] == [2, 3]
    # the withdrawal holds downstream, by whatever way it comes
    passed = fr.package("seal", "FR-1", "--to", "DK", "--out", files["off"], code=1)
    assert passed["withdrawals"] == 1 and passed["left_out"]
    assert dk.package("open", files["off"])["withdrawn"] == 1
    gone = [t for t in dk.state() if t[2]]
    assert len(gone) == 1 and gone == [t for t in fr.state() if t[2]] and gone[0][6]["body"] == {}
    it.package("seal", "IT-1", "--to", "DK", "--out", files["straight"])
    dk.package("open", files["straight"], "--case", "DK-1")
    assert [t for t in dk.state() if t[2]] == gone
    for desk in desks:
        assert desk.told("log", "verify")["faults"] == []
