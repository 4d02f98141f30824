"""What services of Seize and Link refuse, and why things belong together, in French and in Italian."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from django.utils.translation import gettext, override

from entente.casework.link.scale import in_force
from entente.casework.link.scene.agreement import Agreement
from entente.casework.link.scene.hubs import Crowd
from entente.casework.link.scene.site import Kind, Matching, SiteMatcher
from entente.casework.link.series import Item, propose
from entente.casework.link.service import proposing
from entente.casework.link.service.cameras.linking import in_words
from entente.casework.match.compare import TURNED
from entente.casework.seize.sight import Sighting
from entente.casework.seize.views.sheets import REFUSALS
from entente.records.models import Camera, CameraFinding, Media
from entente.records.sentences import form_of, held, said
from entente.vocabulary.media import FrameHash
from entente.vocabulary.search_sheet import SheetFault

SRC = Path(__file__).parents[2] / "src" / "entente"
SERVICES = [
    *(SRC / "casework" / "seize" / "service").rglob("*.py"),
    *(SRC / "casework" / "link" / "service").rglob("*.py"),
    *(SRC / "casework" / "link" / "scene").glob("site_*.py"),
    SRC / "records" / "undo.py",
]
# those that the command line alone meets, those that end in a job, and those that have a table of their own
ELSEWHERE = {"LookupError", "NotAgain", "Refused", "ValueError", "SheetRefused"}
LANGUAGES = pytest.mark.parametrize("language", ["fr", "it"])


@pytest.fixture(autouse=True)
def pages(settings):
    """Every page, and with it every sentence that a page holds."""
    __import__("entente.web.urls")


def refusals() -> list[str]:
    """Return an example of each sentence that a service raises; values are written as 12."""
    raised = (
        n.exc for path in SERVICES for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Raise)
    )
    calls = [c for c in raised if isinstance(c, ast.Call) and isinstance(c.func, ast.Name)]
    given = [c.args[0] for c in calls if c.func.id not in ELSEWHERE and c.args]
    each = [one for a in given for one in ((a.body, a.orelse) if isinstance(a, ast.IfExp) else (a,))]
    return [text for a in each if (text := _example(a))]


def _example(told: ast.expr) -> str:
    if isinstance(told, ast.Constant):
        return str(told.value)
    parts = told.values if isinstance(told, ast.JoinedStr) else []
    return "".join(str(p.value) if isinstance(p, ast.Constant) else "12" for p in parts)


def reasons() -> list[str]:
    """Return reasons as the program itself says them."""
    near = f"{int('f0' * 32, 16) ^ 0b1011:064x}"
    turns = ("f0" * 32, "5a" * 32, *(f"{n:x}7" * 32 for n in range(1, 7)))
    other = (near, *(f"{n:x}9" * 32 for n in range(1, 8)))
    turned = ("5a" * 31 + "5b", *(f"{n:x}b" * 32 for n in range(1, 8)))
    still = tuple(FrameHash(t, "3c" * 32, 100) for t in (1.0, 2.0))
    strangers = [sha256(bytes([n])).hexdigest() for n in range(13)]
    device = ("Nordica", "D410", "4102207")
    found = propose(
        [
            Item("#1", frozenset({"d" * 64}), turns, 100, device=device, folder="a", name="IMG_0001.jpg"),
            Item("#2", frozenset({"d" * 64}), turns, 100, device=device, folder="a", name="IMG_0002.jpg"),
            Item("#3", pdq_turns=other, pdq_quality=100, folder="a", name="x1.jpg"),
            Item("#4", pdq_turns=turned, pdq_quality=100, folder="a", name="x2.jpg"),
            Item("#5", frames=still),
            Item("#6", frames=still),
            Item("#7", frames=tuple(FrameHash(float(n), h, 100) for n, h in enumerate(strangers))),
            *(Item(f"#{20 + n}", pdq_turns=(h,), pdq_quality=100) for n, h in enumerate(strangers)),
            *(Item(f"#{n}", folder="b", name=f"f{n}.jpg") for n in range(100, 202)),
        ]
    )
    pairs = np.array([[0.1, 0.1, 0.2, 0.2], [0.5, 0.6, 0.7, 0.8]])
    site = SiteMatcher("drawn", "1", Kind.DISK, "", "a" * 64, (64, 64), "", "", 20, 400, 3)
    both = replace(site, matching=Matching("pairs", "2", "", "b" * 64, ""))
    flat = Agreement(20, pairs, True).because.text
    camera = Camera(name="#1", references=["", "", ""])
    rows = [
        CameraFinding(media=Media(number=9), camera=camera, z=41.2, overlap=6e6, fitness=of, log10_lr=ratio)
        for of, ratio in (("original", 4.0), ("re-saved", 2.0), ("resized", 0.0))
    ]
    return [
        *(proposing.in_words("#1", "#2", each) for each in found.links),
        *(proposing.hub_in_words(each) for each in found.hubs),
        *(Crowd("#3", part, tuple("abc"), 13).text for part in (None, (0.1, 0.1, 0.1, 0.1))),
        flat,
        f"{Agreement(20, pairs, False).because.text}, at second 1.0 of #3, at second 2.5 of #4",
        *(
            f"{flat}; found by the site's own matcher {m.reason(p)}"
            for m, p in ((site, True), (both, True), (both, False))
        ),
        f"{flat}; {both.reason(True)}",
        *map(in_words, rows),
        Sighting(14, 30, ()).because,
        f"{Sighting(14, 30, ()).because}; at 2.0 s of the video",
        *(
            f"PDQ distance 3 of 256 to {what}{turn}; at 2.0 s of the video"
            for turn in TURNED.values()
            for what in ("its crop #4", "the item in which the element is seen, #2")
        ),
    ]


def test_every_refusal_of_the_services_has_its_words():
    told = refusals()
    assert len(told) > 60
    assert not [text for text in told if form_of(text) is None]
    assert set(SheetFault) == set(REFUSALS)


@LANGUAGES
def test_every_sentence_is_filled_and_known_again(language):
    """It is told in the language, and an example of it is known as itself and keeps its values."""
    for form in held():
        values = {name: f"v{n}" for n, name in enumerate(_names(form))}
        text = form.format(**values)
        assert form_of(text) == (form, values), form
        with override(language):
            assert gettext(form) and (gettext(form) != form or form == "{one_word}; {other_word}"), form
            assert all(value in said(text) for value in values.values()), form
        with override("en"):
            assert said(text) == text


def _names(form: str) -> list[str]:
    return [part.split("}")[0] for part in form.split("{")[1:]]


@LANGUAGES
def test_every_reason_is_told_to_the_last_word(language):
    english = {"the", "of", "and", "with", "from", "by", "after", "found", "supports", "against", "resized"}
    for text in reasons():
        with override(language):
            told = said(text)
        assert told != text and not english & set(re.findall(r"[\w’'-]+", told)), told
    with override(language):
        assert any(str(in_force().word(4.0, language)) in told for told in map(said, reasons()))


def test_what_no_room_holds_and_what_people_wrote_stays():
    with override("fr"):
        assert said("a stranger's word") == "a stranger's word"
        assert "scellé none" in said("the agency already has an exhibit none; choose another number")
