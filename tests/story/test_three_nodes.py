"""Journey J4 between three nodes: three processes, three stores, and nothing between them but files.

The centre's node has the agencies of Denmark, the Netherlands and Canada besides, that of France has
Australia. The days are played once; each test then looks at what one rule of the journey left.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.records.desk_process import Desk
from tests.story.node import Node as Actor

pytest.importorskip("private_set_intersection.python")
AGENCIES = {"EU": ["EU", "DK", "NL", "CA"], "IT": ["IT"], "FR": ["FR", "AU"]}
H3 = "only after a call"
TILE = "Where is this tile sold?"


class Node(Desk):
    """A node's process; ``at`` has it do one act on a day."""

    def __init__(self, folder: Path, short: str) -> None:
        super().__init__(folder)
        self.short = short
        self._run("import json; from tests.story.node import Node, day; from entente.records import clock")
        self._run(f"node = Node({str(folder)!r}, {AGENCIES[short]!r})")

    def at(self, day: float, act: str, *given: Any, **more: Any) -> Any:
        """Do one act on a day; return what it says."""
        call = f"node.{act}(*{given!r}, **{more!r})"
        return json.loads(self._run(f"with clock.at(day({day})): print(json.dumps({call}))"))

    def _run(self, line: str) -> str:
        code, out, err = self.do(line)
        assert code == 0, err
        return out


class Post:
    """The folder in which packages are carried from node to node."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0
        folder.mkdir()

    def path(self) -> str:
        self.count += 1
        return str(self.folder / f"{self.count}.age")

    def carry(self, day: float, kind: str, by: Node, to: Node) -> str:
        """Carry what waits; return its path."""
        path = self.path()
        by.at(day, "post", kind, to.short, path)
        assert to.at(day, "open", path) == ""
        return path


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nodes")
    made = Desk(folder / "made")
    made.told("init", str(made.folder))
    made.end()
    found = {}
    for short in AGENCIES:
        shutil.copytree(made.folder, folder / short)
        found[short] = Node(folder / short, short)
    cards = {short: node.at(0, "card") for short, node in found.items()}
    for short, node in found.items():
        node.at(0, "pin", [card for other, card in cards.items() if other != short])
    yield SimpleNamespace(**found, post=Post(folder / "post"))
    for node in found.values():
        node.end()


@pytest.fixture(scope="module")
def played(nodes):
    """The days, played once: what was seen on each."""
    told = SimpleNamespace()
    _first_day(nodes, told)
    _questions(nodes, told)
    _answers(nodes, told)
    _products(nodes, told)
    _cross_check(nodes, told)
    _withdrawn(nodes, told)
    return told


def _first_day(n, told):
    """Two cases at the centre, one with material that is on no list; Denmark joins the other."""
    n.EU.at(0, "begin", "EU-1")
    n.EU.at(0, "begin", "EU-22", "new")
    n.FR.at(0, "begin", "FR-9")
    told.order_before = n.EU.at(0.1, "order")
    n.EU.at(1, "assign", "EU-1", "DK-1")
    n.EU.at(1, "assign", "EU-1", "EU-2")
    n.EU.at(1, "give", "EU-1", "DK", "H1")


def _questions(n, told):
    """The centre asks Italy, France and Denmark with a crop, and Italy whether it is Italy."""
    told.tile = n.EU.at(1, "ask", "EU-1", ["IT", "FR", "DK"], TILE, 3, crop=True, urgency="urgent")
    n.EU.at(1, "ask", "EU-1", ["IT"], "Is this yours?", 2, asks="country", about="IT")
    n.post.carry(1, "requests", n.EU, n.IT)
    path = n.post.carry(1, "requests", n.EU, n.FR)
    told.twice = n.FR.at(1, "open", path)  # the duplicate
    told.inboxes = {
        "IT": n.IT.at(1, "inbox"),
        "FR": n.FR.at(1, "inbox"),
        "AU": n.FR.at(1, "inbox", "AU-1"),
        "DK": n.EU.at(1, "inbox", "DK-1"),
        "NL": n.EU.at(1, "inbox", "NL-1"),
        "CA": n.EU.at(1, "inbox", "CA-1"),
    }
    told.seen = n.FR.at(1, "look", told.inboxes["FR"][0]["id"])


def _answers(n, told):
    """Italy says yes; France says something wrong, takes it back, says three things; one comes late."""
    yes = next(d["id"] for d in told.inboxes["IT"] if d["question"] == "Is this yours?")
    n.IT.at(2, "answer", "IT-1", yes, kind="ours", evaluation="A1")
    n.post.carry(2, "requests", n.IT, n.EU)
    fr, dk = told.inboxes["FR"][0]["id"], told.inboxes["DK"][0]["id"]
    n.EU.at(2, "answer", "DK-1", dk, kind="answer", clue_kind="socket", clue_value="L", evaluation="B3")
    wrong = n.FR.at(
        2, "answer", "FR-1", fr, kind="partial", clue_kind="region",
        clue_value={"country": "DK", "admin1": "17"}, evaluation="C3",
    )  # fmt: skip
    n.post.carry(2, "requests", n.FR, n.EU)
    n.EU.at(2, "take", "EU-1")
    told.before_taken_back = n.EU.at(2, "answers", "EU-1")
    n.FR.at(3, "let", wrong, "EU", 3, end=True)
    told.h2 = n.FR.at(
        3, "answer", "FR-1", fr, kind="partial", clue_kind="currency", clue_value="EUR", evaluation="B2",
        codes=["H2"], text="The price tag is in euro.",
    )  # fmt: skip
    n.FR.at(
        3, "answer", "FR-1", fr, kind="partial", clue_kind="driving_side", clue_value="right",
        evaluation="A2", codes=["H1"], text="A car drives on the right.",
    )  # fmt: skip
    first = n.post.path()
    n.FR.at(3, "post", "requests", "EU", first)
    told.late = n.FR.at(5, "inbox")[0]["late"]
    n.FR.at(5, "answer", "FR-1", fr, kind="seen it", codes=["H3"], handling_text=H3, text="Ask us.")
    second = n.post.path()
    n.FR.at(5, "post", "requests", "EU", second)
    told.too_early = n.EU.at(5, "open", second)
    told.in_order = n.EU.at(5, "open", first)
    told.order_waiting = n.EU.at(5, "order")
    n.EU.at(5, "take", "EU-1")
    told.answers = n.EU.at(5, "answers", "EU-1")
    n.EU.at(5, "at_risk", "EU-1", "The newest video is of this week.")
    told.order_after = n.EU.at(5, "order")


def _products(n, told):
    """The centre's product for Italy, before and after France lets Italy have what it marked H2."""
    told.product = n.EU.at(6, "issue", "EU-1")
    told.without = n.EU.at(6, "disclose", told.product["id"], "IT")
    told.court = n.EU.at(6, "disclose", told.product["id"], "IT", court=True)
    told.bundle = n.EU.at(6, "for_court", "EU-1", "IT")
    n.FR.at(6, "let", told.h2, "IT", 30)
    n.post.carry(6, "requests", n.FR, n.EU)
    told.given = n.EU.at(6, "disclose", told.product["id"], "IT")
    n.post.carry(6, "products", n.EU, n.IT)
    told.there = n.IT.at(6, "received")
    n.post.carry(6, "products", n.IT, n.EU)
    told.receipts = n.EU.at(6, "receipts", told.given["id"])


def _cross_check(n, told):
    """France holds the same file as the centre, Italy nothing: asked without either list being told."""
    told.bodies = []
    for other in (n.FR, n.IT):
        asked, answered = n.post.path(), n.post.path()
        n.EU.at(7, "ask_privately", "EU-1", other.short, asked)
        assert other.at(7, "open", asked) == ""
        other.at(7, "answer_privately", answered)
        assert n.EU.at(7, "open", answered) == ""
    told.hits = n.EU.at(7, "hits", "EU-1")
    told.logs = {short: getattr(n, short).at(7, "log") for short in AGENCIES}


def _withdrawn(n, told):
    """Denmark leaves the case, the question is withdrawn, and France's consent ends."""
    told.dk_before = n.EU.at(8, "sees", "EU-1", "DK-1")
    n.EU.at(8, "take_off", "EU-1", "DK-1")
    told.dk_after = n.EU.at(8, "sees", "EU-1", "DK-1")
    n.EU.at(8, "withdraw", told.tile)
    n.FR.at(8, "let", told.h2, "IT", 30, end=True)
    n.post.carry(8, "requests", n.FR, n.EU)
    told.no_more = n.EU.at(8, "disclose", told.product["id"], "IT")["texts"]
    n.post.carry(8, "requests", n.EU, n.IT)
    n.post.carry(8, "products", n.EU, n.IT)
    told.it_after = (n.IT.at(8, "inbox"), n.IT.at(8, "received"))
    told.dk_inbox = n.EU.at(8, "inbox", "DK-1")
    told.steps = n.EU.at(8, "steps", "EU-1")


def test_the_priority_is_explained_and_turns_when_a_fact_changes(played):
    assert [c[0] for c in played.order_before] == ["EU-22", "EU-1"]
    assert "New material" in " ".join(played.order_before[0][2])
    assert [c[0] for c in played.order_after] == ["EU-1", "EU-22"]
    assert played.order_after[0][2] != played.order_before[1][2]


def test_a_request_reaches_its_addressees_alone_once_and_without_naming_the_others(played):
    assert {a: [d["question"] for d in box] for a, box in played.inboxes.items()} == {
        "IT": ["Is this yours?", TILE],
        "FR": [TILE],
        "DK": [TILE],
        "AU": [],
        "NL": [],
        "CA": [],
    }
    assert played.twice == "replay"
    asked = played.inboxes["FR"][0]
    assert (asked["crop"], asked["urgency"], asked["also"]) == (True, "urgent", [])
    assert played.seen == ["grey", "crop"]


def test_answers_come_back_with_grade_and_handling_the_wrong_one_is_gone_and_the_late_one_late(played):
    assert ["FR", "partial", "C3", "H0", "confirmed"] in played.before_taken_back
    assert (played.too_early, played.in_order, played.late) == ("gap", "", True)
    assert sorted(played.answers) == [
        ["DK", "answer", "B3", "H0", "confirmed"],
        ["FR", "partial", "A2", "H1", "confirmed"],
        ["FR", "partial", "B2", "H2", "confirmed"],
        ["FR", "partial", "C3", "H0", "withdrawn"],
        ["FR", "seen it", "X4", "H3", ""],
        ["IT", "ours", "A1", "H0", "confirmed"],
    ]


def test_what_is_h2_leaves_by_its_originators_recorded_consent_alone(played):
    def euro(texts):
        return any("EUR" in t for t in texts)

    assert euro(played.product["texts"]) and not euro(played.without["texts"])
    assert any("H2" in line for line in played.without["left_out"])
    assert euro(played.given["texts"]) and not euro(played.no_more)


def test_what_is_h1_is_absent_from_the_court_and_its_absence_is_stated(played):
    assert played.bundle["items"] == [1] and any("H1" in line for line in played.bundle["told"])
    assert any("H1" in line for line in played.court["left_out"])
    assert not any("right" in t for t in played.court["texts"])
    assert any("right" in t for t in played.product["texts"])


def test_the_product_is_made_again_byte_for_byte_at_both_nodes(played):
    assert len(set(played.product["pdf"])) == 1
    # the version before France's consent was never sealed: another may go now, and that is what went
    assert [(p["pdf"], p["facts"]) for p in played.there] == [(played.given["pdf"], played.given["facts"])]
    assert {p["from"] for p in played.there} == {"EU"} and played.receipts == [True, True]


def test_a_cross_check_says_hit_and_owner_or_nothing_and_both_logs_prove_that_no_more_crossed(played):
    assert {tuple(h[1:]) for h in played.hits} == {("FR", "desk@fr.example")}

    def crossed(short):
        """The digests of what the log of a node says went over."""
        return set(re.findall(r"sha256 ([0-9a-f]{64})", " ".join(played.logs[short])))

    eu, fr, it = crossed("EU"), crossed("FR"), crossed("IT")
    assert len(fr) == len(it) == 2 and fr | it >= eu and eu & fr and eu & it and not fr & it
    for lines in played.logs.values():
        assert not any(Actor.md5("shared") in line for line in lines)


def test_who_is_withdrawn_has_nothing_of_the_case_anywhere_at_once(played):
    assert played.dk_before["case"] == 1 and len(played.dk_before) > 4
    # what is addressed to Denmark stays: its own answer, and the question's place in its inbox is gone
    assert set(played.dk_after) <= {"dispatch", "answer"} and "case" not in played.dk_after
    assert played.dk_inbox == []
    inbox, products = played.it_after
    assert [d["question"] for d in inbox] == ["Is this yours?"]
    assert {"called_back": True} in products


def test_the_clock_shows_the_days_of_each_step(played):
    steps = dict(played.steps)
    assert (steps["discovered"], steps["prioritised"], steps["contributions"]) == (0, 1, 1)
