"""The ledger is what was really shown: 500 acts at random, every byte of a picture accounted for.

Whoever keeps the books here is no part of the desk: it sees the answers alone, and tells a picture or a sound
by its bytes. At the end the rows, the person's own page and the log must say the same, look by look.
"""

from __future__ import annotations

import io
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from PIL import Image

from entente.casework.examine import service
from entente.casework.examine.service import look
from entente.casework.examine.views import urlpatterns
from entente.casework.intake.service import Intake, receive
from entente.records import guard, jobs
from entente.records.models import LogOpening, Media, Membership, Viewing
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Purpose
from tests.casework.examine.conftest import drawn_room

VI = Purpose.VICTIM_IDENTIFICATION
ACTS = 500
STARTS = {
    b"\xff\xd8\xff": "picture",
    b"\x89PNG": "picture",
    b"GIF8": "picture",
    b"II*\x00": "picture",
    b"MM\x00*": "picture",
    b"OggS": "sound",
    b"ID3": "sound",
    b"fLaC": "sound",
}
SOUND = any(p.name == "sound" for p in urlpatterns)


def carried(answer: HttpResponse) -> str:
    """Return what an answer carries by its bytes: a picture, a sound or a film, or nothing."""
    body = answer.content if not answer.streaming else b"".join(answer.streaming_content)
    for start, what in STARTS.items():
        if body.startswith(start):
            return what
    if body.startswith(b"RIFF"):
        return "picture" if body[8:12] == b"WEBP" else "sound"
    if body[4:8] == b"ftyp" or body.startswith(b"\x1aE\xdf\xa3"):
        return "film"
    if re.search(rb"data:(image|audio|video)/|;base64,[A-Za-z0-9+/]{64}", body):
        return "inside a page"
    return ""


@dataclass
class Book:
    """What really reached one officer: each look by its name, and how long it was held."""

    looks: dict[str, tuple[int, str]] = field(default_factory=dict)  # X-Reveal → item, view
    held: dict[str, int] = field(default_factory=dict)  # the first report counts
    unasked: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)


@dataclass
class Session:
    """One officer at a browser, with the book beside it."""

    who: str
    client: Client
    case: Any
    items: dict[int, SimpleNamespace]
    book: Book = field(default_factory=Book)

    def at(self, name: str, *args: object) -> str:
        return reverse(f"examine:{name}", args=[self.case.pk, *args])

    def ask(self, method: str, at: str, data: dict[str, Any] | None = None, *, for_look: str = "") -> Any:
        """Ask, and write down what came; ``for_look`` is what was asked to be shown, if anything was."""
        answer = getattr(self.client, method)(at, data or {})
        self.book.answers[answer.status_code] += 1
        if what := carried(answer):
            if not for_look or answer.status_code != 200 or what == "inside a page":
                self.book.unasked.append(f"{method} {at}: {what}")
                return answer
            number = int(re.search(r"/items/(\d+)/", at)[1])
            crop = self.items[number].crop
            view = "crop" if crop and for_look == "clear" else for_look
            assert answer["X-Reveal"] not in self.book.looks
            self.book.looks[answer["X-Reveal"]] = (number, view)
            if for_look == "grey":
                _demand_small_and_grey(answer.content)
        return answer


def _demand_small_and_grey(picture: bytes) -> None:
    """What was asked for as grey is no clear picture under another name."""
    with Image.open(io.BytesIO(picture)) as image:
        assert max(image.size) <= 160
        red, green, blue = (np.asarray(c, int) for c in image.convert("RGB").split())
        assert abs(red - green).max() <= 4 and abs(green - blue).max() <= 4


def film(path: Any) -> None:
    """Write a second of a drawn room with a tone."""
    with av.open(str(path), "w") as out:
        pictures, tone = out.add_stream("mpeg4", rate=5), out.add_stream("pcm_s16le", rate=8000)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        for n in range(5):
            drawn = np.asarray(drawn_room(shift=n).resize((64, 48)))
            out.mux(pictures.encode(av.VideoFrame.from_ndarray(drawn, format="rgb24")))
        out.mux(pictures.encode())
        wave = (np.sin(np.arange(8000) / 3) * 9000).astype(np.int16)[None, :]
        block = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
        block.sample_rate = 8000
        out.mux(tone.encode(block))
        out.mux(tone.encode())


@pytest.fixture
def desk(case, circle, tmp_path, monkeypatch):
    """Italy's case with small pictures, a film, a broken file and a restricted one; Denmark is a member."""
    officer = circle.officer(circle.it)
    with guard.system("members in a test"):
        Membership.objects.create(case=case, account=circle.dk, part="member")
        Membership.objects.create(case=case, account=circle.it_second, part="reader")
    for codes, text, names in (("H0", "", ("a", "b", "c", "film", "broken")), ("H3", "by day only", ("d",))):
        folder = tmp_path / codes
        folder.mkdir()
        for n, name in enumerate(names):
            if name == "film":
                film(folder / "film.mov")
            elif name == "broken":
                (folder / "broken.jpg").write_text("no picture")
            else:
                drawn = drawn_room(shift=20 * n + 70 * (codes == "H3")).rotate(50 * n)
                drawn.resize((96, 72)).save(folder / f"{name}.png")
        receive(officer, VI, case, [folder], Intake("disk", "found", (codes,), text))
        while job := jobs.take("test"):
            assert jobs.run(job), job.error
    with guard.system("what the session works on"):
        rows = list(Media.objects.filter(case=case))
    facts = {
        m.number: SimpleNamespace(kind=m.kind, refused=bool(m.refusal), h3="H3" in m.codes, crop=False)
        for m in rows
    }
    return SimpleNamespace(
        case=case, circle=circle, items=facts, rows={m.number: m for m in rows}, monkeypatch=monkeypatch
    )


def session(desk: SimpleNamespace, who: str) -> Session:
    client = Client()
    client.raise_request_exception = False
    client.force_login(getattr(desk.circle, who))
    return Session(who, client, desk.case, desk.items)


# --- the acts --------------------------------------------------------------------------------------


def open_page(s: Session, chance: random.Random, number: int) -> None:
    pages = [s.at("page"), s.at("item", number), s.at("opinions"), reverse("own-exposure"), reverse("board")]
    s.ask("get", chance.choice(pages))


def grey(s: Session, chance: random.Random, number: int) -> None:
    s.ask("post", s.at("grey", number) + _query(s, chance, number), for_look="grey")


def edges(s: Session, chance: random.Random, number: int) -> None:
    query = _query(s, chance, number)
    s.ask("post", s.at("grey", number) + query + ("&" if query else "?") + "view=edges", for_look="edges")


def _query(s: Session, chance: random.Random, number: int) -> str:
    item, asked = s.items[number], []
    if item.h3 and chance.random() < 0.7:
        asked.append("h3=read")
    if item.kind == "video" or chance.random() < 0.05:
        asked.append(f"t={chance.choice([0, 0.4, 99])}")
    return "?" + "&".join(asked) if asked else ""


def reveal(s: Session, chance: random.Random, number: int) -> Any:
    at = s.at("reveal", number) + _query(s, chance, number)
    answer = s.ask("post", at, {"purpose": str(VI)}, for_look="clear")
    if answer.status_code == 409 and chance.random() < 0.8:
        s.ask("post", s.at("once", number), {"needed": chance.choice(["yes", "yes", "no"])})
    return answer


def reveal_and_hide(s: Session, chance: random.Random, number: int) -> None:
    answer = reveal(s, chance, number)
    if "X-Reveal" in answer:
        _hide(s, answer["X-Reveal"], chance.choice([40, 900, 7000, 90_000]))


def _hide(s: Session, name: str, milliseconds: int) -> None:
    number, _ = s.book.looks[name]
    answer = s.ask("post", s.at("hide", number), {"reveal": name, "milliseconds": str(milliseconds)})
    assert answer.status_code == 204
    s.book.held.setdefault(name, min(milliseconds, service.LONGEST_LOOK_MS))


def hide_again(s: Session, chance: random.Random, number: int) -> None:
    if s.book.held:
        _hide(s, chance.choice(sorted(s.book.held)), 12_345)


def without_purpose(s: Session, chance: random.Random, number: int) -> None:
    name = chance.choice(["reveal", "sound"] if SOUND else ["reveal"])
    s.ask("post", s.at(name, number), chance.choice([{}, {"purpose": "curiosity"}, {"purpose": ""}]))


def by_get(s: Session, chance: random.Random, number: int) -> None:
    names = ["grey", "reveal", "hide", *(["sound"] if SOUND else [])]
    s.ask("get", s.at(chance.choice(names), number))


def hear(s: Session, chance: random.Random, number: int) -> None:
    if SOUND:
        if chance.random() < 0.8:  # most of what is asked for can be heard
            number = next(n for n, i in s.items.items() if i.kind == "video")
        at = s.at("sound", number) + chance.choice(["", "?start=0.2", "?start=50"])
        answer = s.ask("post", at, {"purpose": str(VI)}, for_look="sound")
        if "X-Reveal" in answer:
            _hide(s, answer["X-Reveal"], 800)


def compare(s: Session, chance: random.Random, number: int) -> None:
    """Two items beside each other: the page, and one look at each."""
    other = chance.choice(sorted(s.items))
    if any(p.name == "compare" for p in urlpatterns):
        s.ask("get", s.at("compare") + f"?a={number}&b={other}")
    for each in (number, other):
        reveal(s, chance, each)


def cut(s: Session, chance: random.Random, number: int) -> None:
    box = {n: str(v) for n, v in zip("xywh", (0.1, 0.1, 0.5, 0.5), strict=True)}
    s.ask("post", s.at("crop", number), {**box, "codes": ["H0"]})
    with guard.system("a crop is an item of the session from now on"):
        for made in Media.objects.filter(case=s.case).exclude(number__in=s.items):
            held = {"refused": bool(made.refusal), "h3": "H3" in made.codes}
            s.items[made.number] = SimpleNamespace(kind=made.kind, crop=True, **held)


def refused(s: Session, chance: random.Random, number: int) -> None:
    """A look at what could not be opened, and at what is not there."""
    broken = next(n for n, i in s.items.items() if i.refused)
    s.ask("post", s.at("reveal", chance.choice([broken, 4242])), {"purpose": str(VI)}, for_look="clear")


def lost(s: Session, chance: random.Random, number: int) -> None:
    """The way to the originals is gone between the log and the bytes."""

    def gone(*asked: object, **how: object) -> bytes:
        raise ConnectionResetError("the way to the store is lost")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(look, "render", gone)
        view = chance.choice(["grey", "reveal"])
        answer = s.ask("post", s.at(view, number), {"purpose": str(VI)}, for_look="clear")
    assert not carried(answer)


DRAWN = {
    open_page: 22, grey: 16, edges: 8, reveal: 8, reveal_and_hide: 14, hide_again: 4, without_purpose: 6,
    by_get: 5, hear: 5, compare: 3, cut: 1, refused: 5, lost: 3,
}  # fmt: skip


def test_the_ledger_is_what_was_really_shown_over_500_acts_at_random(desk):
    chance = random.Random(20261129)
    found = [n for n, i in desk.items.items() if i.kind == "picture" and not i.h3][:2]
    dk = desk.circle.officer(desk.circle.dk)
    for number in found:
        service.mark(dk, VI, desk.rows[number], kind=ClueKind.OBJECT, value="a rug")
    sessions = [session(desk, who) for who in ("it", "dk", "it_second")]
    played: Counter[str] = Counter()
    for _ in range(ACTS):
        (act,) = chance.choices(list(DRAWN), list(DRAWN.values()))
        (s,) = chance.choices(sessions, [8, 2, 1])
        act(s, chance, chance.choice(sorted(n for n, i in desk.items.items() if not i.refused)))
        played[act.__name__] += 1
    assert min(played[a.__name__] for a in DRAWN) >= 2, played
    for s in sessions:
        _demand_equal(desk, s)
    shown = Counter(view for s in sessions for _, view in s.book.looks.values())
    expected = {"grey", "edges", "clear", "crop", *(["sound"] if SOUND else [])}
    assert set(shown) == expected and sum(shown.values()) > 100
    assert sessions[0].book.answers[409] and sessions[2].book.answers[403]


def _demand_equal(desk: SimpleNamespace, s: Session) -> None:
    """Rows, own page and log say what the book says."""
    assert s.book.unasked == []  # bytes of a picture or sound before anyone asked: none
    account = getattr(desk.circle, s.who)
    with guard.system("compare the ledger with the book"):
        rows = Viewing.objects.filter(account=account).values_list(
            "pk", "media__number", "view", "milliseconds"
        )
        ledger = {str(pk): (number, view, ms) for pk, number, view, ms in rows}
        told = LogOpening.objects.filter(officer=str(account.pk), entry__step="examine")
        looks = list(
            told.filter(reason__startswith="look: ")
            .exclude(entry__verb="denied")
            .values_list("entry__thing", "reason")
        )
        nothing = list(told.filter(reason="nothing was shown").values_list("entry__thing", flat=True))
        numbers = dict(Media.objects.values_list("pk", "number"))
    book = {name: (*seen, s.book.held.get(name, 0)) for name, seen in s.book.looks.items()}
    assert ledger == book
    logged = Counter(numbers[thing] for thing, _ in looks)
    logged.subtract(numbers[thing] for thing in nothing)
    assert +logged == Counter(number for number, _ in s.book.looks.values())
    assert len(looks) - len(nothing) == len(book)
    _demand_own_page(s, book)


PAGE = {
    "in clear": "clear",
    "heard": "sound",
    "a crop in clear": "crop",
    "a grey still": "grey",
    "a line drawing": "edges",
}


def _demand_own_page(s: Session, book: dict[str, tuple[int, str, int]]) -> None:
    page = s.client.get(reverse("own-exposure")).content.decode()
    table = re.search(r"<caption>By what was shown</caption>.*?</table>", page, re.S)
    rows = re.findall(
        r'<th scope="row">(.*?)</th><td[^>]*>(\d+)</td><td[^>]*>([\d.]+)</td>', table[0] if table else ""
    )
    told = {PAGE[name]: (int(n), float(seconds)) for name, n, seconds in rows}
    views: dict[str, list[int]] = {}
    for _, view, ms in book.values():
        views.setdefault(view, []).append(ms)
    assert told == {v: (len(k), round(sum(k) / 1000, 1)) for v, k in views.items()}
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>([\d.]+)</dd>", page))
    full = [ms for _, view, ms in book.values() if view in {"clear", "crop", "sound"}]
    assert int(facts["Looks in full"]) == len(full)
    assert float(facts["Minutes exposed"]) == pytest.approx(sum(full) / 60_000, abs=0.051)
