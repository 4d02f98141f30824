"""The article again, by hand: the real pages, in the real Chromium, against a real ``entente serve``.

The tests are one walk and run in the order of the article; each sits down where the one before stood up.
Pictures of every page, wide and narrow, go to ``screenshots/`` for people to look at.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from demo.ten_days import TenDays, make_circle
from django.conf import settings
from pyrage import x25519

from demo import scenes
from entente.casework.cooperate.service import (
    appeals,
    deconfliction,
    investigations,
    suspects,
    task_forces,
)
from entente.casework.crosscheck.service import bring, propose_hours, record_account, take_times
from entente.casework.examine import service as examine
from entente.casework.examine.service.opinions import ask_opinion
from entente.casework.inform import service as inform
from entente.casework.seize import service as seize
from entente.records import circle, guard
from entente.records.models import (
    Account,
    Agency,
    Answer,
    Case,
    CheckHit,
    Clue,
    Dispatch,
    Element,
    ElementMatch,
    Feedback,
    HashList,
    HomeProposal,
    Link,
    Match,
    Media,
    Outcome,
    Product,
    SearchSheet,
    Viewing,
)
from entente.safeguards.card import Card
from entente.vocabulary.handling import Purpose
from entente.vocabulary.suspect import Standing
from tests.formats.test_cybertip import police
from tests.story import pages
from tests.story.conftest import desk_in
from tests.story.walk import NARROW, Desk, Walk, chromium, system

pytestmark = pytest.mark.browser
SHOTS = Path(__file__).resolve().parents[2] / "screenshots"

# A few of the found files: enough for each step, small enough for a walk.
FOUND = (
    "IMG_0413.JPG",
    "IMG_0416.JPG",
    "IMG_0422.JPG",
    "DSC_1188.JPG",
    "DSC_1196.JPG",
    "fwd_001.jpg",
    "fwd_002.jpg",
    "fwd_003.jpg",
    "old_0001.jpg",
    "old_0003.jpg",
    "scan_114.jpg",
    "IMG_0420.JPG",
    "readme.jpg",
    "VID_0419.MP4",
)
UPLOADED = ("IMG_0431.JPG", "fwd_006.jpg")
WINDOW = next(e for e in scenes.elements() if e.key == "window-view")
BAG = next(e for e in scenes.elements() if e.key == "bakery-bag")


@pytest.fixture(scope="module")
def walk(tmp_path_factory, django_db_blocker) -> Iterator[Walk]:
    """A desk with the circle, its partners' holdings and a folder of found media; the browser before it."""
    folder = tmp_path_factory.mktemp("walk")
    SHOTS.mkdir(exist_ok=True)
    with desk_in(folder / "desk", django_db_blocker):
        material = _material(folder / "material")
        desk = Desk(folder / "desk", material)
        try:
            with chromium() as browser:
                walked = Walk(browser, desk, SHOTS)
                walked.kept["material"] = material
                yield walked
        finally:
            desk.close()


def _material(folder: Path) -> Path:
    """Draw what the walk needs: the circle with its holdings, a found folder, a list, a search."""
    make_circle()
    story = TenDays(folder / "drawn", start=datetime.now(UTC) - timedelta(days=2), tell=lambda line: None)
    scenes.draw_found(story.folder / "found")
    story._known_list()
    story._partners_hold()
    scenes.draw_search(story.folder / "search")
    for name, names in (("found", FOUND), ("uploads", UPLOADED)):
        (folder / name).mkdir(parents=True)
        for each in names:
            shutil.copy(story.folder / "found" / each, folder / name / each)
    (folder / "search").mkdir()
    for number in (3, 6, 14):  # close views: the socket, the window, the radiator
        shutil.copy(story.folder / "search" / f"PE{number:04d}.JPG", folder / "search")
    shutil.copy(story.folder / "known-national.json", folder)
    return folder


def item_of(walk: Walk, name: str) -> Media:
    with system():
        return Media.objects.get(case=walk.case, occurrences__name=name)


def number_in_box(page, box, **more) -> None:
    for axis, value in zip("xywh", box, strict=True):
        page.locator(f"#clue-form [name={axis}]:visible").fill(f"{value:.3f}")


# --- the case and what is known ---------------------------------------------------------------------------


def test_a_case_is_opened_by_the_form(walk):
    page = walk.of("IT-1001")
    walk.look(page, "00-board-empty")
    page.get_by_role("link", name="Open a case").first.click()
    page.locator("[name=number]").fill("IT-2026-0148")
    page.locator("[name=title]").fill("Operation Larch")
    page.locator("[name=victim_number]").fill("V-2026-031")
    found = datetime.now(UTC) - timedelta(days=1)
    page.locator("[name=discovered_at]").fill(f"{found:%Y-%m-%dT%H:%M}")
    walk.look(page, "01-open-a-case")
    page.get_by_role("button", name="Open the case").click()
    page.wait_for_url("**/cases/*-*/")

    with system():
        walk.case = str(Case.objects.get(number="IT-2026-0148").pk)
    assert page.url.endswith(f"/cases/{walk.case}/")
    walk.look(page, "02-case")


def test_a_hash_list_is_taken_in_by_upload(walk):
    page = walk.of("IT-1001")
    page.goto(f"{walk.desk.base}/lists/")
    page.locator("[name=name]").fill("Known, national")
    page.locator("[name=format]").select_option("vics")
    page.locator("[name=profile]").fill("Default")
    page.locator("input[type=file]").set_input_files(walk.kept["material"] / "known-national.json")
    page.get_by_role("button", name="Import").click()
    page.get_by_text("Known, national").first.wait_for()

    with system():
        held = HashList.objects.get()
        assert (held.read, held.added, held.refused) == (12, 12, 0)
    walk.look(page, "03-lists")


def test_the_found_folder_is_received_and_its_progress_is_live(walk):
    page = walk.go("IT-1001", "intake/")
    page.locator("[name=source]").fill("forum thread, referred by a hotline")
    page.locator("[name=folder]").fill(str(walk.kept["material"] / "found"))
    page.get_by_role("button", name="Receive").click()
    job = page.locator(".job").first
    job.wait_for()
    first = job.inner_text()
    page.locator(".job .tag.good").first.wait_for(timeout=120_000)

    assert walk.progress, f"the page did not ask how far the job is: {first}"

    with system():
        assert Media.objects.filter(case=walk.case).count() == len(FOUND)
    walk.settle()
    page.reload()
    refused = page.locator("section[aria-labelledby=refused]").inner_text()
    assert "has no bytes" in refused and "not-media" in refused
    assert "IMG_0420" not in refused, "a file's name may tell; it stands on the item's own page"
    walk.look(page, "04-intake")


def test_two_more_files_come_by_the_file_field(walk):
    page = walk.go("IT-1001", "intake/")
    uploads = [walk.kept["material"] / "uploads" / name for name in UPLOADED]
    page.locator("[name=source]").fill("handed in by the hotline")
    page.locator("input[type=file]").set_input_files(uploads)
    page.get_by_role("button", name="Receive").click()
    page.wait_for_load_state()
    walk.settle()

    with system():
        assert Media.objects.filter(case=walk.case).count() == len(FOUND) + len(UPLOADED)
    assert {n for n in UPLOADED if item_of(walk, n).source == "handed in by the hotline"} == set(UPLOADED)


def test_a_match_is_confirmed_by_keyboard(walk):
    page = walk.go("IT-1001", "match/")
    assert page.locator(".verdict.exact").count() and page.locator(".verdict.near").count()
    walk.look(page, "05-match")
    button = page.locator("button[name=say][value=confirm]").first
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Confirmed").first.wait_for()

    with system():
        decided = Match.objects.get(state="confirmed", case=walk.case)
        assert decided.decided_by.username == "IT-1001"


def test_series_are_decided_by_keyboard(walk):
    page = walk.go("IT-1001", "link/")
    walk.look(page, "06-series")
    page.locator("[data-grid] .pick input").first.focus()
    page.keyboard.press("a")
    page.wait_for_load_state()
    page.locator(".notice, [data-grid]").first.wait_for()
    page.goto(page.url)
    page.locator("[data-grid] .pick input").first.focus()
    with page.expect_navigation():
        page.keyboard.press("r")

    with system():
        decided = Link.objects.filter(case=walk.case).exclude(state="proposed")
        assert set(decided.values_list("state", flat=True)) == {"accepted", "refused"}
    walk.look(page, "07-series-decided")


# --- looking, marking -------------------------------------------------------------------------------------


def test_nothing_clear_or_grey_is_fetched_unasked(walk):
    assert walk.pictures == []
    page = walk.go("IT-1001", "examine/")
    walk.look(page, "08-examine")
    item = item_of(walk, "DSC_1188.JPG")
    walk.go("IT-1001", f"examine/items/{item.number}/")
    walk.look(page, "09-item-unasked")

    assert walk.pictures == [], "a page brought a picture that nobody asked for"
    with system():
        assert not Viewing.objects.filter(case=walk.case).exists()


def test_grey_is_small_and_hold_reveals_until_let_go(walk):
    item = item_of(walk, "DSC_1188.JPG")
    page = walk.go("IT-1001", f"examine/items/{item.number}/")
    frame = page.locator("#frame")
    frame.get_by_role("button", name="Show grey").click()
    grey = frame.locator("img.grey")
    grey.wait_for()
    page.wait_for_function("() => document.querySelector('#frame img.grey').complete")
    assert max(grey.evaluate("i => [i.naturalWidth, i.naturalHeight]")) <= 160
    walk.look(page, "10-item-grey")

    hold = frame.get_by_role("button", name="Hold to reveal")
    hold.scroll_into_view_if_needed()
    hold.hover()
    page.mouse.down()
    clear = frame.locator("img.clear")
    clear.wait_for()
    page.wait_for_function("() => document.querySelector('#frame img.clear').naturalWidth > 0")
    assert max(clear.evaluate("i => [i.naturalWidth, i.naturalHeight]")) > 1000
    page.wait_for_timeout(300)
    with page.expect_response(lambda r: r.url.endswith("/hide/")):
        page.mouse.up()
    clear.wait_for(state="detached")

    assert all(method == "POST" for method, _ in walk.pictures)
    with system():
        looks = {v.view: v for v in Viewing.objects.filter(case=walk.case)}
    assert set(looks) == {"grey", "clear"}
    assert looks["clear"].milliseconds >= 250


def test_a_box_is_drawn_by_keyboard_and_the_clue_opens_again_at_it(walk):
    item = item_of(walk, "DSC_1188.JPG")
    page = walk.go("IT-1001", f"examine/items/{item.number}/")
    page.locator("[data-mark]").focus()
    page.keyboard.press("Enter")
    for key, times in (("ArrowLeft", 24), ("Shift+ArrowRight", 4), ("Shift+ArrowDown", 2)):
        for _ in range(times):
            page.keyboard.press(key)
    drawn = [float(page.locator(f"#clue-form input[type=number][name={n}]").input_value()) for n in "xywh"]
    assert drawn == pytest.approx([0.16, 0.4, 0.24, 0.22], abs=0.002)
    page.locator("#clue-form [name=kind]").select_option("socket")
    page.locator("#clue-form [name=value]").fill("L")
    page.locator("#clue-form [name=because]").fill("three round holes in a row")
    page.locator("#clue-form [name=evaluation]").select_option("A1")
    page.locator("#clue-form [name=codes][value=H1]").check()
    walk.look(page, "11-item-box")
    page.get_by_role("button", name="Record the clue").click()
    page.locator("#clue-list > li", has_text="three round holes in a row").wait_for()

    with system():
        clue = Clue.objects.get(case=walk.case, kind="socket")
        assert (clue.value, clue.evaluation, clue.state, clue.made_by.username) == (
            "L",
            "A1",
            "confirmed",
            "IT-1001",
        )
        assert "H1" in clue.codes
        assert clue.region == pytest.approx(drawn)
    page.locator(f"#clue-{clue.pk} a").first.click()
    page.wait_for_load_state()
    box = page.locator(f"rect[data-clue='{clue.pk}']")
    assert [float(box.get_attribute(n)) for n in ("x", "y", "width", "height")] == pytest.approx(drawn)
    walk.look(page, "12-item-clue")


@pytest.mark.parametrize(
    ("name", "box", "kind", "value"),
    [
        (WINDOW.picture, WINDOW.region, "object", "window on hills and a church tower"),
        (BAG.picture, BAG.region, "language", "it 0.9, pt 0.1"),
        (BAG.picture, BAG.region, "phone_number", "0171 692345"),
    ],
)
def test_more_clues_are_recorded_by_number(walk, name, box, kind, value):
    item = item_of(walk, name)
    page = walk.go("IT-1001", f"examine/items/{item.number}/")
    number_in_box(page, box)
    page.locator("#clue-form [name=kind]").select_option(kind)
    page.locator("#clue-form [name=value]").fill(value)
    page.locator("#clue-form [name=evaluation]").select_option("A2")
    rows = page.locator("#clue-list > li").count()
    page.get_by_role("button", name="Record the clue").click()
    page.locator("#clue-list > li").nth(rows).wait_for()

    with system():
        assert Clue.objects.filter(case=walk.case, kind=kind, media=item, state="confirmed").exists()


def test_a_box_is_kept_as_a_crop(walk):
    item = item_of(walk, BAG.picture)
    page = walk.go("IT-1001", f"examine/items/{item.number}/")
    number_in_box(page, BAG.region)
    with page.expect_navigation():
        page.get_by_role("button", name="Keep the box as a crop").click()

    with system():
        crop = Media.objects.get(case=walk.case, origin="crop")
        assert crop.parent == item
    walk.kept["crop"] = str(crop.pk)


def test_a_clips_frame_strip_steps_by_keyboard(walk):
    item = item_of(walk, "VID_0419.MP4")
    page = walk.go("IT-1001", f"examine/items/{item.number}/")
    steps = page.locator("[data-stretch] button[data-t]")
    assert steps.count() >= 3
    steps.first.focus()
    page.keyboard.press("ArrowRight")
    assert float(page.evaluate("document.activeElement.dataset.t")) > 0
    walk.look(page, "13-item-clip")


# --- where, first, together -------------------------------------------------------------------------------


def test_the_map_and_the_table_say_the_same(walk):
    walk.settle()
    page = walk.go("IT-1001", "locate/")
    first = page.locator("table tbody tr").first.inner_text()

    assert "Italy" in first or "IT" in first.split()
    assert page.locator("figure svg path").count() > 0
    walk.look(page, "14-locate")


def test_the_region_is_walked_by_keyboard_alone(walk):
    page = walk.go("IT-1001", "locate/")
    focused = "document.activeElement.id"

    def to(wanted):
        for _ in range(150):
            page.keyboard.press("Tab")
            if page.evaluate(focused).startswith(wanted):
                return page.evaluate(focused)
        raise AssertionError(f"Tab does not lead to {wanted}")

    def press(key, shown):
        page.keyboard.press(key)
        page.wait_for_url(shown)
        page.wait_for_selector("[data-where]:not([aria-busy])")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    to("map-out")
    press("Enter", "**map=**")
    assert page.evaluate(focused) == "map-out", "the focus stays where it was"
    while page.evaluate(focused) != "map":
        to("map")
    at = page.url
    press("-", lambda url: url != at)
    press("0", lambda url: "map=" not in url)
    assert page.evaluate(focused) == "map"
    source = to("group-")
    press("Space", "**group=**")
    assert page.evaluate(focused) == source and page.locator(f"#{source}").is_checked()
    assert page.locator("[data-where] .off").count() > 1 and page.locator("#where-reset").count()
    walk.look(page, "14-locate-switched-off")
    press("Space", lambda url: "group=" not in url)
    assert not page.locator("#where-reset").count()
    clue = to("off-")
    press("Space", "**off=**")
    page.go_back()
    page.wait_for_selector(f"#{clue}:not(:checked)")
    page = walk.go("IT-1001", "locate/history/")
    walk.look(page, "14-locate-history")
    page.locator("[name=a]").last.focus()
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.get_by_role("button", name="Compare the two chosen").press("Enter")
    assert page.locator("#two-title").count()
    walk.look(page, "14-locate-history-two")


def test_a_child_is_at_risk_and_people_are_put_on_it(walk):
    page = walk.go("IT-1001", "prioritise/")
    page.locator("[name$=at_risk]").check()
    risk = page.locator("form", has=page.locator("[name$=at_risk]"))
    risk.locator("[name$=because]").fill("the latest pictures are days old")
    with page.expect_navigation():
        risk.get_by_role("button").click()
    assert page.get_by_text("A child is at risk now.").count()
    for number, task in (("IT-1002", "open sources"), ("EU-2001", "coordination")):
        page.locator("[name$=service_number]").fill(number)
        page.locator("[name$=task]").fill(task)
        with page.expect_navigation():
            page.get_by_role("button", name="Assign").click()
        page.get_by_text(number).first.wait_for()
    walk.look(page, "15-prioritise")

    board = walk.of("EU-2001")
    board.reload()
    assert "IT-2026-0148" in board.content()


def test_partners_are_asked_with_a_crop(walk):
    page = walk.go("IT-1001", "cooperate/")
    page.locator("[name=question]").fill("Where is this bag of a bakery used?")
    for agency in ("Denmark", "Australia"):
        page.get_by_label(f"National unit, {agency}").check()
    page.locator("[name=asks]").select_option("region")
    page.locator("[name=crop]").select_option(walk.kept["crop"])
    page.locator("[name=due]").fill(f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%M}")
    page.locator("[name=urgency]").select_option("child at risk")
    if page.locator("[name=sure]").count():
        page.locator("[name=sure]").check()
    walk.look(page, "16-cooperate-ask")
    with page.expect_navigation():
        page.get_by_role("button", name="Send the request").click()

    with system():
        sent = Dispatch.objects.filter(case=walk.case)
        assert {d.addressed.short for d in sent} == {"DK", "AU"}
    walk.look(page, "17-cooperate-asked")


@pytest.mark.parametrize(
    ("number", "kind", "clue", "codes"),
    [("DK-4001", "answer", ("region", "IT, Piedmont"), "H0"), ("AU-3001", "seen it", None, "H2")],
)
def test_each_partner_answers_at_its_own_desk(walk, number, kind, clue, codes):
    page = walk.of(number)
    before = len(walk.pictures)
    page.goto(f"{walk.desk.base}/requests/")
    walk.look(page, f"18-requests-{number}")
    page.get_by_role("link", name="Open the request").click()
    page.wait_for_load_state()
    assert len(walk.pictures) == before, "the crop is not shown unasked either"
    page.get_by_role("button", name="Show grey").click()
    page.locator("img.grey").wait_for()
    page.locator(f"[name=kind][value='{kind}']").check()
    page.locator("[name=text]").fill("A colleague from the region knows it." if clue else "We hold a copy.")
    kind_of_clue, value = clue or ("", "")
    page.locator("[name=clue_kind]").select_option(kind_of_clue)
    page.locator("[name=clue_value]").fill(value)
    page.locator("[name=source]").select_option("B")
    page.locator("[name=information]").select_option("2")
    for box in page.locator("form:has([name=clue_kind]) [name=codes]").all():
        box.set_checked(box.get_attribute("value") == codes)
    with page.expect_navigation():
        page.get_by_role("button", name="Send the answer").click()
    walk.look(page, f"19-answer-{number}")

    with system():
        given = Answer.objects.get(addressed__short=number[:2])
        assert (given.kind, given.codes, given.evaluation) == (kind, codes, "B2")
    assert page.goto(f"{walk.desk.base}/cases/{walk.case}/").status == 404
    walk.faults[:] = [f for f in walk.faults if "404" not in f]  # the browser says so too


def test_an_answer_is_taken_as_a_clue(walk):
    page = walk.go("IT-1001", "cooperate/")
    page.get_by_role("link", name="Open the answer of DK").click()
    page.wait_for_load_state()
    walk.look(page, "20-the-answer")
    with page.expect_navigation():
        page.get_by_role("button", name="Take as a clue").click()
    walk.settle()

    with system():
        assert Answer.objects.get(addressed__short="DK").taken_as.value["admin1"] == "Piedmont"
    page = walk.go("IT-1001", "locate/")
    assert "Piedmont" in page.locator("table tbody").first.inner_text()
    walk.look(page, "21-locate-piedmont")


def test_the_cross_check_names_owner_and_contact(walk):
    page = walk.go("IT-1001", "crosscheck/")
    for box in page.locator("[name=kinds]").all():
        box.set_checked(box.get_attribute("value") in {"hash", "device serial"})
    with page.expect_navigation():
        page.get_by_role("button", name="Ask all partners").click()
    text = page.locator("main").inner_text()

    assert "victim-identification@au.example" in text
    assert "victim-identification@ca.example" in text
    with system():
        assert {h.holder.short for h in CheckHit.objects.all()} == {"AU", "CA"}
    walk.look(page, "22-crosscheck")


# --- the product, the home, the search --------------------------------------------------------------------


def test_a_product_is_written_by_one_approved_by_another_and_downloaded(walk):
    page = walk.go("IT-1001", "inform/")
    walk.look(page, "23-inform-draft")
    with page.expect_navigation(timeout=60_000):
        page.get_by_role("button", name="Send to review").click()
    assert not page.get_by_role("button", name="Approve and issue").count()
    second = walk.go("IT-1002", "inform/")
    with second.expect_navigation():
        second.get_by_role("link", name="Review").first.click()
    with second.expect_navigation(timeout=60_000):
        second.get_by_role("button", name="Approve and issue").click()
    page.goto(f"{walk.desk.base}/cases/{walk.case}/inform/")
    with page.expect_download() as coming:
        page.get_by_role("link", name="PDF").first.click()
    pdf = Path(coming.value.path()).read_bytes()

    with system():
        product = Product.objects.get(case=walk.case)
    assert pdf.startswith(b"%PDF-")
    assert product.codes == "H0 H1"
    walk.look(page, "24-inform-issued")
    page.get_by_role("link", name="Trace").first.click()
    page.wait_for_load_state()
    assert "DK-4001" in page.content() and "IT-1001" in page.content()
    walk.look(page, "25-trace")


def test_the_product_is_disclosed_to_the_centre_after_a_look_at_what_goes(walk):
    page = walk.go("IT-1001", "inform/")
    page.get_by_role("link", name="Disclose").first.click()
    page.wait_for_load_state()
    page.locator("[name=to]").first.select_option(label="Coordination centre")
    page.get_by_role("button", name="See what would go").click()
    page.wait_for_load_state()
    walk.look(page, "26-disclose")
    assert "released" in page.content(), "what Denmark said waits for Denmark's release"


def test_a_home_is_proposed_by_one_and_confirmed_by_another(walk):
    second = walk.go("IT-1002", "locate/")
    with second.expect_navigation():
        second.get_by_role("link", name="Candidate places").click()
    second.locator("[name=place]").fill("House at the end of the lane")
    second.locator("[name=because]").fill("the bakery's round")
    with second.expect_navigation():
        second.get_by_role("button", name="Enter", exact=True).click()
    second.locator("[name=says]").first.select_option("explains")
    second.locator("td [name=because]").first.fill("the lane is the end of the round")
    second.locator("[name=rest]").fill("as true of any house of the region")
    with second.expect_navigation():
        second.get_by_role("button", name="Record what changed").click()
    second.locator("#propose-because").fill("the bakery's round and the skyline agree")
    with second.expect_navigation():
        second.get_by_role("button", name="Propose as the home").click()
    assert not second.get_by_role("button", name="Confirm as the second person").count()
    page = walk.go("IT-1001", "locate/")
    with page.expect_navigation():
        page.get_by_role("link", name="House at the end of the lane").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Confirm as the second person").click()

    with system():
        home = HomeProposal.objects.get(case=walk.case)
        assert (home.made_by.username, home.confirmed_by.username) == ("IT-1002", "IT-1001")
    walk.look(page, "27-home")


def test_the_checklist_is_listed_from_clues_and_downloaded(walk):
    page = walk.go("IT-1001", "seize/")
    with page.expect_navigation(timeout=60_000):
        page.get_by_role("button", name="List what confirmed clues show").click()
    with system():
        names = {e.name for e in Element.objects.filter(case=walk.case)}
    assert WINDOW.words in names
    for paper in ("Checklist on A4", "Checklist for a phone"):
        with page.expect_download() as coming:
            page.get_by_role("link", name=paper).click()
        assert Path(coming.value.path()).read_bytes().startswith(b"%PDF-")
    walk.look(page, "28-elements")


def test_a_sheet_is_ticked_on_a_phone_without_a_network_and_taken_in(walk, tmp_path):
    page = walk.go("IT-1001", "seize/sheets/")
    page.locator("[name$=no_person]").focus()
    page.keyboard.press("Space")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Make the sheet").click()
    sheet = tmp_path / coming.value.suggested_filename
    coming.value.save_as(sheet)
    with system():
        shown = {e.number: e.crop_id for e in Element.objects.filter(case=walk.case)}
        assert SearchSheet.objects.get(case=walk.case).elements.keys() == {str(n) for n in shown}

    phone = walk.browser.new_context(
        viewport=NARROW, offline=True, accept_downloads=True, color_scheme="dark", locale="en-GB"
    )
    held, asked, faults = phone.new_page(), [], []
    held.on("request", lambda r: asked.append(r.url))
    held.on("console", lambda m: faults.append(m.text))
    held.on("pageerror", lambda f: faults.append(str(f)))
    held.goto(sheet.as_uri())
    assert held.locator("img").count() == sum(c is not None for c in shown.values())
    assert held.evaluate("[...document.images].every((i) => i.complete && i.naturalWidth > 0)")
    first, second = sorted(shown)[:2]
    held.locator(f"[data-element='{first}'] [value=found]").focus()
    held.keyboard.press("Space")
    held.keyboard.press("Tab")
    held.keyboard.type("Hall")
    held.keyboard.press("Tab")
    held.keyboard.type("E-7")
    held.locator(f"[data-element='{second}'] [value=found]").focus()
    held.keyboard.press("ArrowRight")
    told = f"2 of {len(shown)} ticked: 1 found, 1 not here, 0 not looked. {len(shown) - 2} open."
    assert held.locator("#progress").inner_text() == told
    walk.look(held, "28-sheet")
    assert walk.faulty(held) == []
    held.locator("#by").focus()
    held.keyboard.type("IT-1002")
    held.keyboard.press("Tab")
    with held.expect_download() as saved:
        held.keyboard.press("Enter")
    ticks = tmp_path / "ticks.json"
    saved.value.save_as(ticks)
    assert b"data:" not in ticks.read_bytes() and len(ticks.read_bytes()) < 1000
    held.reload()
    assert held.locator("#progress").inner_text() == told, "the phone kept it"
    held.locator("summary").click()
    held.locator("#forget").click()
    assert held.evaluate("localStorage.length") == 0
    assert [a for a in asked if not a.startswith(("data:", "blob:"))] == [sheet.as_uri()] * 2
    assert faults == []
    phone.close()

    page.locator("[name$=file]").set_input_files(ticks)
    with page.expect_navigation():
        page.get_by_role("button", name="Take it in").click()
    assert page.get_by_text("ticked at the search by IT-1002").count() == 2
    walk.look(page, "28-ticks")
    page = walk.go("IT-1001", "seize/")
    assert page.get_by_text("ticked at the search by IT-1002").count() == 2
    with system():
        assert not ElementMatch.objects.filter(case=walk.case).exists(), "a tick is no match"


def test_the_search_is_received_and_compared(walk):
    page = walk.go("IT-1001", "seize/")
    form = page.locator("form:has([name$=folder])")
    form.locator("[name$=source]").fill("search of the home")
    form.locator("[name$=folder]").fill(str(walk.kept["material"] / "search"))
    form.locator("[name$=origin]").select_option("search")
    with page.expect_navigation():
        form.get_by_role("button", name="Receive").click()
    walk.settle()
    page = walk.go("IT-1001", "seize/")
    with page.expect_navigation():
        page.get_by_role("button", name="Compare with what was found").click()
    walk.settle()
    page = walk.go("IT-1001", "seize/")
    walk.look(page, "29-pairs")

    with system():
        proposed = ElementMatch.objects.filter(element__name=WINDOW.words, media__origin="search")
        assert proposed.exists(), "the window of the pictures was met in the home"
        assert not ElementMatch.objects.filter(state="confirmed").exists()
    while (same := page.locator("button[name=say][value=same]:not(.bare)")).count():
        same.first.focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")
    with system():
        assert not ElementMatch.objects.filter(state="proposed").exists()
    walk.look(page, "30-met")


# --- the end ----------------------------------------------------------------------------------------------


def test_the_child_is_safe_and_each_contributor_is_told(walk):
    page = walk.go("IT-1001", "close/")
    page.locator("[name=what]").select_option("child safe")
    with page.expect_navigation():
        page.get_by_role("button", name="Record the outcome").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Tell").click()

    with system():
        assert Outcome.objects.get(case=walk.case).what == "child safe"
        assert {f.addressed.short for f in Feedback.objects.all()} == {"AU", "CA", "DK"}
    walk.look(page, "31-close")
    board = walk.of("DK-4001")
    board.goto(f"{walk.desk.base}/")
    assert board.get_by_text("The child is safe.").count()
    walk.look(board, "32-board-of-a-partner")


def test_the_board_shows_every_stage_reached(walk):
    page = walk.of("IT-1001")
    page.goto(f"{walk.desk.base}/")
    assert "IT-2026-0148" in page.content()
    walk.look(page, "33-board")
    page = walk.go("IT-1001")
    walk.look(page, "34-case-at-the-end")


def test_trends_count_the_re_shares(walk):
    page = walk.go("IT-1001", "trends/")
    walk.look(page, "35-trends")
    assert page.get_by_text("Re-shares of this case").count()


@pytest.mark.parametrize(("code", "says"), [("fr", "Tableau"), ("it", "")])
def test_the_desk_speaks_french_and_italian(walk, code, says):
    page = walk.of("IT-1001")
    page.goto(f"{walk.desk.base}/")
    english = page.locator("main").inner_text()
    page.locator("details.who summary").click()
    page.locator("#language-choice").select_option(code)
    with page.expect_navigation():
        page.locator("form:has(#language-choice) button").click()
    assert page.locator("html").get_attribute("lang") == code
    assert page.locator("main").inner_text() != english
    walk.look(page, f"36-board-{code}")
    walk.go("IT-1001", "locate/")
    walk.look(page, f"37-locate-{code}")
    page.locator("details.who summary").click()
    page.locator("#language-choice").select_option("en")
    with page.expect_navigation():
        page.locator("form:has(#language-choice) button").click()


def test_the_data_protection_officer_reads_the_log_page(walk):
    page = walk.of("IT-9002")
    answer = page.goto(f"{walk.desk.base}/log/")
    assert answer.status == 200
    walk.look(page, "38-log")


# --- every page, in three languages -----------------------------------------------------------------------


def _what_the_walk_left_out(walk) -> None:
    """Make a row for each page that the walk did not need: a note, a question to others, a partner…"""
    lead, vi = Account.objects.get(username="IT-1001").as_officer(), Purpose.VICTIM_IDENTIFICATION
    item = item_of(walk, "DSC_1188.JPG")
    examine.note(lead, vi, item, "the same lamp as in the hall")
    ask_opinion(lead, vi, item, profile="US", model_version="2.0", code="0")
    with guard.scope(lead, vi):
        case = Case.objects.get(pk=walk.case)
        product = Product.objects.select_related("case").get(case=case)
        clue = Clue.objects.filter(case=case, state="confirmed", owner=lead.agency).first()
    seize.exhibit(lead, vi, case, number="E-1", description="a telephone")
    thought = Standing.of("distributor", "suspect", "assessment", "B2", "posted in three rooms")
    held = suspects.set_down(lead, vi, case, thought)
    deconfliction.add_identifier(lead, vi, held, kind="screen name", text="night_owl")
    with system():
        asked = Agency.objects.get(short="DK")
    investigations.ask(lead, vi, held, asked, because="posts in Danish")
    centre = Account.objects.get(username="EU-2001").as_officer()
    force = task_forces.open_force(centre, vi, name="Spring", about="new series")
    seat = task_forces.invite(centre, vi, force, Agency.objects.get(pk=lead.agency))
    task_forces.bring(lead, vi, task_forces.answer(lead, vi, seat, join=True), case)
    inform.disclose(lead, vi, product, Agency.objects.get(short="EU"))
    inform.draft(lead, vi, case, statements=[("It is seen.", "fact", [clue.pk], "X4")])
    told = {"source": "a platform", "basis": "order 12", "since": date(2026, 3, 1), "until": date(2026, 4, 1)}
    online = record_account(
        lead, vi, case, platform="a board", name="forest.walker", category="suspect", **told
    )
    hours = "".join(f"2026-03-{n % 28 + 1:02d}T{16 + n % 7}:00:00Z\n" for n in range(60))
    take_times(lead, vi, online, f"{hours}soon\n".encode(), name="times.csv")
    propose_hours(lead, vi, online)
    bring(lead, vi, case, json.dumps(police()).encode(), form="cybertip-json")
    words = {code: {"title": "A bag", "text": "Which bakery?"} for code in ("en", "fr", "it")}
    with system():
        crop = Media.objects.filter(case=walk.case, origin="crop").first()
    appeals.propose(
        lead, vi, crop, words=words, contact="the unit", statement="a bag, nobody on it", no_person=True
    )
    told = (uuid4(), "Unit PT", "PT", "PT", "desk@elsewhere.example", secrets.token_hex(32))
    card = Card(*told, str(x25519.Identity.generate().to_public()))
    row = circle.propose(lead, vi, card.text(), "national unit")
    second = Account.objects.get(username="IT-1002").as_officer()
    circle.confirm_card(second, vi, row, circle.words_of(row))


@pytest.fixture(scope="module")
def shown(walk) -> dict[str, tuple[str, str]]:
    """Each page of the resolver with an officer who sees it and its address."""
    _what_the_walk_left_out(walk)
    return {name: found for name in pages.names() if (found := pages.opened(walk, name))}


def test_every_page_of_the_desk_can_be_shown(shown):
    assert set(pages.names()) == set(shown), "a page without a row to show: make one in the walk"


@pytest.mark.parametrize("code", ["fr", "it", "en"])
def test_an_automated_check_finds_no_barrier_on_any_page(walk, shown, code):
    barriers = []
    for visitor in dict.fromkeys(visitor for visitor, _ in shown.values()):
        walk.of(visitor).context.add_cookies(
            [{"name": settings.LANGUAGE_COOKIE_NAME, "value": code, "url": walk.desk.base}]
        )
    for name, (visitor, address) in shown.items():
        page = walk.of(visitor)
        page.goto(f"{walk.desk.base}{address}")
        assert page.locator("html").get_attribute("lang") == code, f"{name} is not in {code}"
        barriers += [f"{name} {fault}" for fault in walk.faulty(page)]
    assert barriers == []


# --- over the whole walk ----------------------------------------------------------------------------------


def test_no_request_left_the_machine(walk):
    assert walk.abroad == []


def test_no_page_put_an_error_on_the_console(walk):
    assert walk.faults == []


def test_no_page_of_the_walk_goes_beyond_the_edge(walk):
    assert walk.wide == []


def test_every_picture_of_the_walk_was_asked_for(walk):
    assert walk.pictures and {method for method, _ in walk.pictures} == {"POST"}
    with system():
        looks = Viewing.objects.filter(case=walk.case).count()
    # a partner's look at the crop of a request counts in the case of the one who asked
    of_the_case = [u for _, u in walk.pictures if f"/cases/{walk.case}/" in u or "/requests/" in u]
    assert looks == len(of_the_case)
