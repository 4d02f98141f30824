"""Journey J2, series and joint examination: three countries on one case, by keyboard alone.

12 rooms in 25 views each, three of them alike on purpose, and six clips that pass through two rooms; drawn.
The officers sit at the real pages in the real Chromium. Their hands are on the keyboard: ``Hands`` moves the
focus with Tab and presses what has it, so whatever cannot be reached that way is not reached here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from demo.camera import Device, View, exif, shoot, write
from demo.clip import film, passing
from demo.rooms import other
from demo.ten_days import make_circle

from entente.casework.examine.service import crop
from entente.casework.examine.service.opinions import ask_opinion, set_needed
from entente.casework.intake.service import Intake, open_case, receive
from entente.casework.link import service as linking
from entente.casework.prioritise.service import assign
from entente.records import guard, jobs
from entente.records.models import (
    Account,
    Case,
    Clue,
    Link,
    LogEntry,
    Media,
    Note,
    Observation,
    Series,
    SeriesItem,
    Viewing,
    Vote,
)
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Region
from tests.story.conftest import desk_in
from tests.story.walk import Desk, Walk, chromium, system

pytestmark = pytest.mark.browser
SHOTS = Path(__file__).resolve().parents[2] / "screenshots"
VI = Purpose.VICTIM_IDENTIFICATION

ROOMS, VIEWS, CLIPS = 12, 25, 6
ALIKE = 3  # the last rooms differ in one painting alone
SIZE = (480, 360)
EXAMINERS = ("DK-4001", "FR-5001", "NL-6001")
READER = "CA-7001"  # may read the case and see nothing of it in clear


# --- what is drawn ----------------------------------------------------------------------------------------


def _furnished(number: int) -> str:
    return f"house {number}" if number < ROOMS - ALIKE else "house of three alike"


@lru_cache(maxsize=2)
def _wall(number: int) -> np.ndarray:
    """Return one wall of a room as drawn once; a view is a part of it, seen from another place."""
    whole = View(f"room {number}", (60, 60, 3200, 2400), size=(1600, 1200), noise=0)
    wall = shoot(other(_furnished(number)), whole).picture.copy()
    if number >= ROOMS - ALIKE:  # what tells the three alike apart
        cv2.circle(wall, (260 + 420 * (number - ROOMS + ALIKE), 180), 60, (40 * (number % 5), 90, 160), -1)
    return wall


def _view(number: int, view: int) -> np.ndarray:
    rng = np.random.default_rng([number, view])
    wall = _wall(number)
    wide = int(rng.integers(900, 1300))
    high = wide * 3 // 4
    left, top = int(rng.integers(0, 1600 - wide)), int(rng.integers(0, 1200 - high))
    part = cv2.resize(wall[top : top + high, left : left + wide], SIZE, interpolation=cv2.INTER_AREA)
    noisy = part * rng.uniform(0.85, 1.1) + rng.normal(0, 3, part.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _draw(folder: Path) -> None:
    """Draw the found files: each room has a camera of its own, three houses share their furniture."""
    folder.mkdir(parents=True)
    for number in range(ROOMS):
        camera = Device("Lumera", "L9 Compact", f"LC9-{number:04d}")
        for view in range(VIEWS):
            taken = datetime(2026, 5, 1 + number, 9, view, tzinfo=UTC)
            write(folder / f"{number:02d}-{view:02d}.jpg", _view(number, view), exif(camera, taken))
    for clip in range(CLIPS):
        frames = []
        for number in (clip, (clip + 1) % ROOMS):
            start = View(f"room {number}", (100, 100, 1600, 1200), size=(320, 240), noise=0)
            frames += list(passing(other(_furnished(number)), start, start.moved(900, 300), 18))
        film(folder / f"clip-{clip}.mp4", frames, None, rate=6)


# --- the officers and their hands -------------------------------------------------------------------------


@dataclass
class Hands:
    """An officer who has no mouse: what is used here is Tab, arrows, letters, Enter and space."""

    page: Any

    def to(self, selector: str, most: int = 400) -> None:
        """Press Tab until the focus stands on what the selector names."""
        for _ in range(most):
            if self.page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no way to {selector} by the Tab key on {self.page.url}")

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, selector: str, text: str) -> None:
        """Write over what stands in a field."""
        self.to(selector)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, selector: str, label: str) -> None:
        """Choose in a list by writing what the option begins with."""
        self.to(selector)
        self.page.keyboard.type(label, delay=5)

    def follow(self, selector: str) -> None:
        """Go to a link or button and press Enter; the next page is there afterwards."""
        self.to(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")


@dataclass
class Journey(Walk):
    """The walk, and whose hands are on which keyboard."""

    def hands(self, number: str, where: str = "") -> Hands:
        """Sit down at a page of the case."""
        return Hands(self.go(number, where))


@pytest.fixture(scope="module")
def walk(tmp_path_factory, django_db_blocker) -> Iterator[Journey]:
    """A desk where the found files were received and looked through for links; three countries' officers."""
    folder = tmp_path_factory.mktemp("joint")
    SHOTS.mkdir(exist_ok=True)
    with desk_in(folder / "desk", django_db_blocker):
        make_circle()
        _draw(folder / "found")
        case = _received(folder / "found")
        desk = Desk(folder / "desk", folder)
        try:
            with chromium() as browser:
                journey = Journey(browser, desk, SHOTS, case=str(case.pk))
                journey.kept["lead"] = EXAMINERS[0]
                yield journey
        finally:
            desk.close()


def _officer(number: str) -> Any:
    return Account.objects.get(username=number).as_officer()


def _received(found: Path) -> Case:
    lead = _officer(EXAMINERS[0])
    discovered = datetime.now(UTC) - timedelta(hours=5)
    named = {"number": "DK-2026-007", "title": "Operation Harbour", "victim_number": "V-2026-044"}
    case = open_case(lead, VI, discovered_at=discovered, **named)
    lead = _officer(EXAMINERS[0])
    for number, part in ((EXAMINERS[1], Part.MEMBER), (EXAMINERS[2], Part.MEMBER), (READER, Part.READER)):
        with guard.scope(lead, VI):
            assign(lead, VI, case, Account.objects.get(username=number), part=part, task="examination")
    job = receive(lead, VI, case, [found], Intake("a forum, by a hotline"))
    assert jobs.run(jobs.take("journey", only=job))
    linking.propose(lead, VI, case)
    return case


@pytest.fixture
def lead(walk):
    return _officer(walk.kept["lead"])


@pytest.fixture
def case(walk):
    with system():
        return Case.objects.get(pk=walk.case)


def _item(walk: Walk, name: str) -> Media:
    with system():
        return Media.objects.get(case=walk.case, occurrences__name=name)


# --- the series -------------------------------------------------------------------------------------------


def test_everything_that_was_drawn_is_there(walk):
    with system():
        items = Media.objects.filter(case=walk.case, refusal="")
        assert items.filter(kind="picture").count() == ROOMS * VIEWS
        assert items.filter(kind="video").count() == CLIPS


def test_each_proposal_says_why(walk):
    with system():
        links = list(Link.objects.filter(case=walk.case, state="proposed"))
    assert len(links) > ROOMS
    assert all(link.because and link.method and link.version for link in links)
    page = walk.go("DK-4001", "link/")
    walk.look(page, "50-series-proposals")
    shown = page.locator("main").inner_text()
    assert sum(link.because in shown for link in links) >= 5, "the page says the reasons"


def _rooms(series: Series) -> set[str]:
    names = SeriesItem.objects.filter(series=series).values_list("media__occurrences__name", flat=True)
    return {name.split("-")[0] for name in names if not name.startswith("clip")}


def test_groups_are_accepted_by_keyboard_and_rooms_alike_stay_apart(walk, lead, case):
    hands = walk.hands("DK-4001", "link/")
    for _ in range(ROOMS + 4):
        if not hands.page.locator("section[aria-labelledby=groups-title] button").count():
            break
        hands.follow("section[aria-labelledby=groups-title] button")
        hands.page.goto(f"{walk.desk.base}/cases/{walk.case}/link/")
    with system():
        series = list(Series.objects.filter(case=walk.case))
        rooms_of = {
            s.pk: {
                name.split("-")[0]
                for name in SeriesItem.objects.filter(series=s).values_list(
                    "media__occurrences__name", flat=True
                )
                if not name.startswith("clip")
            }
            for s in series
        }
    assert len(series) >= ROOMS - 1
    mixed = [sorted(rooms) for rooms in rooms_of.values() if len(rooms) > 1]
    assert mixed == [], "two rooms in one series"


def _standing() -> set[tuple[str, str]]:
    with system():
        return {(str(s), str(m)) for s, m in SeriesItem.objects.values_list("series", "media")}


def test_merge_move_and_split_are_undone_with_nothing_lost(walk):
    with system():
        first, second = Series.objects.filter(case=walk.case).order_by("made_at")[:2]
        members = list(SeriesItem.objects.filter(series=first).values_list("media__number", flat=True))
    before = _standing()

    hands = walk.hands("DK-4001", f"link/series/{first.pk}/")
    hands.choose("#merge-other", second.name)
    hands.follow("button[name=decision][value=merge]")
    merged = _standing()
    assert {m for _, m in merged} == {m for _, m in before} and merged != before
    hands.follow("form[action*='/undo/'] button, form[action*='changes'] button")
    assert _standing() == before, "the merge was taken back"

    hands = walk.hands("DK-4001", f"link/series/{first.pk}/")
    hands.to(".tile .pick input")
    hands.press("Space", "ArrowRight", "Space")
    hands.follow("button[name=decision][value=split]")
    split = _standing()
    assert {m for _, m in split} == {m for _, m in before} and split != before
    assert len(members) >= 2
    hands = walk.hands("DK-4001", "link/")
    hands.follow("form[action*='/undo/'] button, form[action*='changes'] button")
    assert _standing() == before, "the split was taken back"

    hands = walk.hands("DK-4001", f"link/series/{first.pk}/")
    hands.to(".tile .pick input")
    hands.press("Space")
    hands.choose("#move-to", second.name)
    hands.follow("button[name=decision][value=move]")
    moved = _standing()
    assert {m for _, m in moved} == {m for _, m in before} and moved != before
    hands = walk.hands("DK-4001", "link/")
    hands.follow("form[action*='/undo/'] button, form[action*='changes'] button")
    assert _standing() == before, "the move was taken back"


# --- the item, together -----------------------------------------------------------------------------------


def _record(hands: Hands, kind: str, value: str, because: str) -> None:
    hands.choose("#clue-form [name=kind]", kind)
    hands.type("#clue-form [name=value]", value)
    hands.type("#clue-form [name=because]", because)
    hands.to("#clue-form button.main")
    hands.press("Enter")
    hands.page.locator("#clue-list > li", has_text=because).filter(has_text=value).wait_for()


def test_three_officers_annotate_one_item_and_every_mark_survives(walk):
    item = _item(walk, "00-00.jpg")
    where = f"examine/items/{item.number}/"
    desks = {number: walk.hands(number, where) for number in EXAMINERS}
    for number, hands in desks.items():  # all three forms were opened before the first was sent
        _record(hands, "Object", f"lamp seen by {number[:2].lower()}", "beside the window")
    for number, hands in desks.items():
        hands.type("form[action*='/note/'] textarea", f"remark of {number}")
        hands.to("form[action*='/note/'] button")
        hands.press("Enter")
        hands.page.locator("#note-list > li", has_text=f"remark of {number}").wait_for()
    with system():
        clues = Clue.objects.filter(media=item, kind="object", method="examiner")
        assert {c.made_by.username for c in clues.select_related("made_by")} == set(EXAMINERS)
        assert {n.text for n in Note.objects.filter(media=item)} == {f"remark of {n}" for n in EXAMINERS}
    page = walk.go("NL-6001", where)
    for number in EXAMINERS:
        assert (
            page.locator("#notes, [aria-labelledby=notes-title]").get_by_text(f"remark of {number}").count()
        )


def test_two_edits_of_one_clue_are_shown_as_a_conflict_and_nothing_is_overwritten(walk):
    item = _item(walk, "00-00.jpg")
    with system():
        clue = Clue.objects.filter(media=item, made_by__username="DK-4001", kind="object").get()
    where = f"examine/items/{item.number}/clues/{clue.pk}/edit/"
    first, second = walk.hands("DK-4001", where), walk.hands("FR-5001", where)
    first.type("[name=value]", "lamp with a blue shade")
    first.follow("form .main")
    second.type("[name=value]", "lamp with a green shade")
    second.follow("form .main")

    shown = second.page.locator("main").inner_text()
    assert "lamp with a blue shade" in shown, "what the other wrote"
    assert "lamp with a green shade" in second.page.content(), "what was typed is not lost"
    walk.faults = [f for f in walk.faults if "409" not in f]  # the conflict is meant
    with system():
        assert Clue.objects.get(pk=clue.pk).value == "lamp with a blue shade"


def test_a_mark_on_a_frame_opens_again_at_its_box_and_second(walk):
    item = _item(walk, "clip-0.mp4")
    hands = walk.hands("FR-5001", f"examine/items/{item.number}/?t=1.5")
    hands.to("[data-mark]")
    hands.press("Enter", *["ArrowLeft"] * 6, *["Shift+ArrowRight"] * 3)
    drawn = [
        float(hands.page.locator(f"#clue-form input[type=number][name={n}]").input_value()) for n in "xywh"
    ]
    _record(hands, "Object", "a painting of mountains", "the same on both walls")
    with system():
        clue = Clue.objects.get(media=item, kind="object", made_by__username="FR-5001")
        assert clue.start == pytest.approx(1.5, abs=0.2)
        assert clue.region == pytest.approx(drawn)
    hands = walk.hands("NL-6001", f"examine/items/{item.number}/")
    hands.follow(f"#clue-{clue.pk} a[href*='clue=']")
    box = hands.page.locator(f"rect[data-clue='{clue.pk}']")
    assert [float(box.get_attribute(n)) for n in ("x", "y", "width", "height")] == pytest.approx(drawn)
    assert f"{clue.start:g}"[:3] in hands.page.locator("#content").inner_html()


def test_what_one_records_appears_on_the_others_page_by_itself(walk):
    item = _item(walk, "02-00.jpg")
    where = f"examine/items/{item.number}/"
    watching = walk.go("NL-6001", where)
    _record(walk.hands("DK-4001", where), "Object", "a lamp that came live", "it stands there")
    watching.get_by_text("a lamp that came live").first.wait_for(timeout=5_000)


def test_a_category_needs_independent_votes_that_are_blind_until_cast(walk, lead, case):
    item = _item(walk, "03-00.jpg")
    set_needed(lead, VI, case, 2)
    named = {"profile": "US", "model_version": "2.0", "code": "0"}
    asked = ask_opinion(lead, VI, item, **named)
    ballots = {}
    for number, key in (("FR-5001", "y"), ("NL-6001", "n")):
        hands = walk.hands(number, "examine/opinions/")
        ballots[number] = hands.page.locator("section[aria-labelledby=wait-title]").inner_text()
        hands.to("[data-opinions] > li")
        with hands.page.expect_navigation():
            hands.press(key)
    assert ballots["FR-5001"] == ballots["NL-6001"], "the first vote can be seen before the second"
    with system():
        asked.refresh_from_db()
        assert asked.state == "divided", "two who disagree do not decide: a named person does"
        assert {v.account.username: v.answer for v in Vote.objects.filter(opinion=asked)} == {
            "FR-5001": "yes",
            "NL-6001": "no",
        }


def test_a_reader_works_on_the_crop_and_cannot_fetch_the_original(walk, lead):
    item = _item(walk, "01-00.jpg")
    cut = crop(lead, VI, item, Region(0.1, 0.1, 0.4, 0.4))
    page = walk.go(READER, f"examine/items/{item.number}/")
    token = page.locator("meta[name=csrf-token]").get_attribute("content")
    for view in ("grey", "reveal"):
        answer = page.request.post(
            f"{walk.desk.base}/cases/{walk.case}/examine/items/{item.number}/{view}/",
            form={"purpose": str(VI), "csrfmiddlewaretoken": token},
            headers={"Referer": walk.desk.base, "Origin": walk.desk.base},
        )
        assert answer.status == 403, f"{view}: {answer.status}"
    with system():
        reader = Account.objects.get(username=READER).pk
        assert LogEntry.objects.filter(account=reader, verb="denied", step="examine").count() == 2
        assert not Viewing.objects.filter(media=item, account__username=READER).exists()

    hands = walk.hands(READER, f"examine/items/{cut.number}/")
    hands.to("#frame button[data-reveal-url]")
    hands.page.keyboard.down("Enter")
    hands.page.locator("#frame img.clear").wait_for()
    hands.page.keyboard.up("Enter")
    with system():
        assert Viewing.objects.filter(media=cut, account__username=READER, view="crop").count() == 1


def test_the_whole_examination_is_done_from_labels_tables_and_text(walk):
    """What a screen reader is given and nothing else: roles, names and sentences; no picture is asked for."""
    seen = len(walk.pictures)
    page = walk.go("NL-6001", "examine/")
    page.get_by_role("navigation", name="Show as").get_by_role("link", name="Table").click()
    heads = page.get_by_role("table").first.get_by_role("columnheader")
    heads.first.wait_for()
    assert {"Item", "Known or new", "Who looked", "Decision"} <= set(heads.all_inner_texts())
    clips = page.get_by_label("Kind").locator("option", has_text="Video").inner_text()
    page.get_by_label("Kind").select_option(label=clips)
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("heading", name=re.compile(rf"^{CLIPS} of ")).wait_for()
    opens = page.get_by_role("table").first.get_by_role("link", name=re.compile(r"^Open #\d+ · Video"))
    assert 1 < opens.count() <= CLIPS, "copies are one row"
    opens.first.click()

    here = page.get_by_role("heading", level=1)
    here.filter(has_text="Item #").wait_for()
    number = int(here.inner_text().split("#")[1])
    facts = page.get_by_role("table", name="What the file is")
    assert facts.get_by_role("row", name=re.compile("^Kind video")).count() == 1
    record = page.get_by_role("region", name="Record a clue")
    record.get_by_role("textbox", name="What you see").fill("a lamp at the left edge")
    for name, value in (("Left", "0.05"), ("Top", "0.2"), ("Width", "0.1"), ("Height", "0.3")):
        record.get_by_role("spinbutton", name=name, exact=True).fill(value)
    record.get_by_role("button", name="Keep as an observation").click()
    told = page.get_by_role("status").filter(has_text="The observation is recorded")
    told.first.wait_for(state="attached")
    clues = page.get_by_role("region", name="Clues", exact=True)
    clues.get_by_role("listitem").filter(has_text="a lamp at the left edge").first.wait_for()
    notes = page.get_by_role("region", name="Notes", exact=True)
    notes.get_by_role("textbox", name="Note").fill("heard of by name alone")
    notes.get_by_role("button", name="Add the note").click()
    notes.get_by_role("listitem").filter(has_text="heard of by name alone").first.wait_for()
    page.get_by_role("navigation", name="Items").get_by_role("link", name=re.compile("^Next #")).click()
    page.get_by_role("heading", level=1).filter(has_text=re.compile(rf"#(?!{number}$)\d+")).wait_for()
    with system():
        made = Observation.objects.get(media__number=number, media__case=walk.case)
        assert (made.text, made.region) == ("a lamp at the left edge", [0.05, 0.2, 0.1, 0.3])
        following = int(page.get_by_role("heading", level=1).inner_text().split("#")[1])
        assert Media.objects.get(case=walk.case, number=following).kind == "video", "the filter was left"
        assert not Viewing.objects.filter(media__number=number, account__username="NL-6001").exists()
    assert len(walk.pictures) == seen


# --- over the whole journey -------------------------------------------------------------------------------


def test_no_page_put_an_error_on_the_console(walk):
    assert [f for f in walk.faults if "409" not in f] == []


def test_nothing_left_the_machine_and_every_picture_was_asked_for(walk):
    assert walk.abroad == []
    assert {method for method, _ in walk.pictures} <= {"POST"}
