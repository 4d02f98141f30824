"""The search sheet for a phone: one file that asks nobody, crops alone; and ticks, strictly read."""

import base64
import json
import re
from hashlib import sha256
from html import unescape
from importlib.resources import files
from io import BytesIO

import pytest
from PIL import Image

from entente.formats import search_sheet
from entente.vocabulary.search_sheet import MOST_BYTES, SheetFault, SheetRefused, Ticked
from tests.formats.test_checklist import ELEMENTS
from tests.formats.test_product import crop

SHEET = "ab" * 32


def written(elements=ELEMENTS, crops=None, **more):
    given = {
        "sheet": "6f2c", "case": "OP-1", "victim": "V-0042", "issuer": "Italy", "by": "IT-1001",
        "issued_at": "2026-03-09T05:00:00+00:00",
        "handling": {"codes": "H0 H2", "text": "", "audience": "TLP:RED"},
    }  # fmt: skip
    made, digest = search_sheet.write(elements, crops or {"lamp": crop("JPEG")}, **(given | more))
    return made.decode(), digest


def pictures(page):
    """Return every picture that a page holds, opened."""
    return [
        Image.open(BytesIO(base64.b64decode(b))) for b in re.findall(r"data:image/\w+;base64,([^\"]+)", page)
    ]


def test_its_own_policy_allows_nothing_but_its_one_script_and_style():
    page, _ = written()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page).group(1)
    told = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert told["default-src"] == told["form-action"] == told["base-uri"] == "'none'"
    assert told["img-src"] == "data:"
    for name, tag in (("script-src", "script"), ("style-src", "style")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert told[name] == f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"
    bare = re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL)
    assert not re.search(r"<script|<link|\son\w+=|\sstyle=|https?:|//\w", re.sub(r"base64,[^\"]+", "", bare))
    asks = re.compile(r"fetch|XMLHttp|WebSocket|EventSource|sendBeacon|import\(|innerHTML|eval|cookie")
    assert not asks.search(re.search(r"<script>(.*?)</script>", page, re.DOTALL).group(1))


def test_it_holds_the_given_crops_without_their_metadata_and_nothing_else():
    held = BytesIO()
    shown = Image.new("RGB", (64, 48), "teal")
    shown.getexif()[0x010E] = "the name of somebody"
    shown.save(held, "JPEG", exif=shown.getexif())
    page, _ = written(crops={"lamp": held.getvalue()})
    (one,) = pictures(page)
    assert one.size == (64, 48) and not one.getexif()
    assert b"somebody" in held.getvalue() and "somebody" not in page
    with pytest.raises(ValueError, match="neither JPEG nor PNG"):
        written(crops={"lamp": b"<svg/>"})


def test_each_element_has_its_room_its_crop_three_answers_a_place_and_a_note():
    page, digest = written()
    assert page.count("<fieldset") == 3 and page.count('type="radio"') == 9
    assert page.index("Kitchen") < page.index("Living room") < page.index("Any room")
    assert unescape(page).count("Socket with three holes") == 1
    assert 'alt="A green lamp"' in page and page.count("No picture: look for what is written.") == 2
    for said in (
        "H0 H2 · TLP:RED",
        "OP-1",
        "V-0042",
        "IT-1001 · Italy",
        digest,
        "seen at 75.2 s",
        "V-0042/7",
    ):
        assert said in page
    assert "To be deleted after the search" in page


def test_what_an_element_is_called_stays_text():
    page, _ = written([ELEMENTS[1] | {"text": '<img src=x onerror="1">', "room": '"><script>'}])
    assert "<img" not in page and page.count("<script>") == 1
    assert "&lt;img src=x onerror=&quot;1&quot;&gt;" in page


def test_the_digest_is_of_all_that_it_says():
    _, digest = written()
    assert written()[1] == digest == written(ELEMENTS[::-1])[1]
    others = [{"by": "IT-1002"}, {"sheet": "6f2d"}, {"language": "fr"}, {"crops": {"lamp": crop("PNG")}}]
    others.append({"elements": [one | {"alt": "Another lamp"} for one in ELEMENTS]})
    assert len({digest, *(written(**one)[1] for one in others)}) == 6


@pytest.mark.parametrize(("language", "says"), [("fr", "Trouvé"), ("it", "Trovato"), ("en", "Found")])
def test_it_speaks_the_officers_language_whole(language, says):
    page, _ = written(language=language)
    assert f'<html lang="{language}">' in page and says in unescape(page)
    words = json.loads((files("entente.formats.search_sheet") / "words.json").read_bytes())
    assert words[language].keys() == words["en"].keys()
    for name, text in words[language].items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", words["en"][name])), name


def test_nothing_listed_is_refused():
    with pytest.raises(SheetRefused) as refused:
        written([])
    assert refused.value.fault is SheetFault.NOTHING_LISTED
    with pytest.raises(ValueError, match="handling codes"):
        written(handling={"codes": ""})


TICK = {"element": 1, "answer": "found", "place": "Hall", "note": "E-1", "at": "2026-03-09T06:12:00.000Z"}
FILE = {"format": "entente-search-ticks", "version": 1, "sheet": SHEET, "by": "IT-1002", "ticks": [TICK]}


def told(**more):
    """Return a file of ticks with fields of its own, or of its one tick, changed."""
    if more.keys() <= FILE.keys():
        return FILE | more
    return FILE | {"ticks": [TICK | more]}


def test_ticks_are_read_as_they_were_saved():
    read = search_sheet.read_ticks(json.dumps(told()).encode())
    assert (read.sheet, read.by) == (SHEET, "IT-1002")
    (tick,) = read.ticks
    assert (tick.element, tick.answer, tick.place, tick.note) == (1, Ticked.FOUND, "Hall", "E-1")
    assert tick.at.isoformat() == "2026-03-09T06:12:00+00:00"


@pytest.mark.parametrize(
    "more",
    [
        {"picture": "data:image/png;base64,AAAA"}, {"answer": "confirmed"}, {"element": "1"},
        {"element": True}, {"element": 0}, {"note": "x" * 301}, {"note": "a\u0000b"}, {"note": None},
        {"at": "yesterday"}, {"at": 5}, {"at": "2026-03-09T06:12:00"}, {"at": "1026-03-09T06:12:00Z"},
        {"ticks": []}, {"ticks": {}}, {"ticks": [TICK] * 2}, {"by": ""}, {"by": "<b>"}, {"sheet": "x"},
        {"by": "Mario Rossi"}, {"version": 2}, {"format": "other"},
    ],
    ids=lambda more: "-".join(f"{k}" for k in more),
)  # fmt: skip
def test_anything_that_a_sheet_does_not_write_is_refused(more):
    with pytest.raises(SheetRefused) as refused:
        search_sheet.read_ticks(json.dumps(told(**more)).encode())
    assert refused.value.fault is SheetFault.NOT_TICKS


def test_a_service_number_is_asked_for_as_it_is_read():
    page, _ = written()
    assert f"/^{search_sheet.ticks.NUMBER.pattern.replace('/', chr(92) + '/')}$/" in page
    assert not search_sheet.ticks.NUMBER.fullmatch("Mario Rossi")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b'{"format":"a","format":"b"}', b"[" * 5000])
def test_what_is_no_file_of_ticks_is_refused(data):
    with pytest.raises(SheetRefused) as refused:
        search_sheet.read_ticks(data)
    assert refused.value.fault is SheetFault.NOT_TICKS


def test_a_file_beyond_its_size_is_not_read():
    with pytest.raises(SheetRefused) as refused:
        search_sheet.read_ticks(b" " * (MOST_BYTES + 1))
    assert refused.value.fault is SheetFault.TOO_LARGE
