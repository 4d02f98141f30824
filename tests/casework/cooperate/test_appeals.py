"""Appeals to the public: two people, what is public, what originators signed, tips without a name."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from entente.casework.cooperate import public_page, service
from entente.casework.intake.service import destroy, evidence_store
from entente.evidence.store import Erased
from entente.formats import tips
from entente.records import clock, erasure, guard, release
from entente.records.models import Appeal, Clue, Media, Membership, Notice, Release, TipFile, Viewing
from entente.safeguards.access import PUBLIC
from tests.casework.cooperate.test_service import VI, crop, drawn, entries, join  # noqa: F401

WORDS = {x: {"title": f"A <lamp> {x}", "text": f"Which shop? {x}"} for x in public_page.LANGUAGES}
GIVEN = {
    "words": WORDS,
    "contact": "tips page of the unit",
    "statement": "from the wall behind; nobody is on it",
    "place": "Northern Europe",
    "no_person": True,
}


@pytest.fixture
def lead(circle, case):
    """A second person of Italy's, who leads the case too."""
    join(case, circle.it_second, part="lead")
    return circle.it_second


@pytest.fixture
def own(circle, case):
    """A crop of Italy's own item, with metadata in its bytes."""
    store = evidence_store()
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SECRET CAMERA"
    Image.open(io.BytesIO(drawn(3))).save(out, "JPEG", exif=exif)
    kept, cut = store.keep_bytes(drawn(1), case.pk), store.keep_bytes(out.getvalue(), case.pk)
    it = circle.agencies.it
    with guard.system("test"):
        item = Media.objects.create(
            case=case, owner=it, number=1, source="disk", key=kept.key, kind="picture"
        )
        row = Media.objects.create(
            case=case, owner=it, number=2, source="cut", origin="crop", parent=item,
            region=[0.1, 0.1, 0.5, 0.5], key=cut.key, kind="picture",
        )  # fmt: skip
        row.derives_from(item)
    return row


def it(circle):
    return circle.officer(circle.it)


def proposed(circle, crop, **change):  # noqa: F811
    return service.propose(it(circle), VI, crop, **GIVEN | change)


def until():
    return clock.now() + timedelta(days=60)


def sign(circle, lead, appeal):
    officer = circle.officer(lead)
    service.show_picture(officer, VI, appeal, "clear")
    return service.approve(officer, VI, appeal, until=until(), no_person=True)


def exported(circle, lead, crop):  # noqa: F811
    appeal = sign(circle, lead, proposed(circle, crop))
    return appeal, zipfile.ZipFile(io.BytesIO(service.export_page(it(circle), VI, appeal)))


def test_two_people_let_it_out_and_the_page_is_what_was_looked_at(circle, case, own, lead):
    appeal = proposed(circle, own)
    shown = service.show_picture(circle.officer(lead), VI, appeal, "clear")
    service.approve(circle.officer(lead), VI, appeal, until=until(), no_person=True)
    first = service.export_page(it(circle), VI, appeal)
    archive = zipfile.ZipFile(io.BytesIO(first))
    assert archive.namelist() == ["index.html", "picture.jpg"]
    assert archive.read("picture.jpg") == shown
    assert b"SECRET" not in shown and not Image.open(io.BytesIO(shown)).getexif()
    assert service.export_page(it(circle), VI, appeal) == first
    with guard.system("test"):
        assert Viewing.objects.get().view == "appeal"
        assert Appeal.objects.get().state == "exported"
    out = [e for e in entries(verb="disclose") if str(PUBLIC) in e.body]
    assert len(out) == 2 and all("SECRET" not in e.body and "lamp" not in e.body for e in out)


def test_the_page_runs_nothing_calls_nobody_and_is_read_in_three_languages(circle, case, own, lead):
    _, archive = exported(circle, lead, own)
    html = archive.read("index.html").decode()
    runs = r"<script|<iframe|<form|<link|https?:|url\(|\son\w+=|javascript:|@import"
    assert not re.search(runs, html, re.I)
    assert re.findall(r'src="([^"]*)"', html) == ["picture.jpg"]
    assert all(f'<section id="{x}" lang="{x}"' in html for x in ("en", "fr", "it"))
    assert "A &lt;lamp&gt; fr" in html and "<lamp>" not in html
    assert 'alt="The object' in html and "<title>" in html and 'lang="en"' in html
    for secret in (case.number, case.title, "V-001", "wall behind", circle.it.service_number):
        assert secret not in html


def test_a_picture_that_is_lost_is_refused_and_counts_as_no_look(circle, case, own, lead):
    appeal = sign(circle, lead, proposed(circle, own))
    with guard.system("test"):
        Appeal.objects.update(key="0" * 64)
        looks = Viewing.objects.count()
    for act in (lambda: service.show_picture(it(circle), VI, appeal, "clear"),
                lambda: service.show_picture(it(circle), VI, appeal, "grey"),
                lambda: service.export_page(it(circle), VI, appeal)):  # fmt: skip
        with pytest.raises(service.NotPublic, match="cannot be"):
            act()
    with guard.system("test"):
        assert Viewing.objects.count() == looks


def test_nobody_signs_alone_unseen_or_for_another_agency(circle, case, own, lead):
    appeal = proposed(circle, own)
    officer = circle.officer(lead)
    service.show_picture(it(circle), VI, appeal, "clear")
    with pytest.raises(service.NotPublic, match="who proposed it does not decide"):
        service.approve(it(circle), VI, appeal, until=until(), no_person=True)
    with pytest.raises(service.NotPublic, match="look first"):
        service.approve(officer, VI, appeal, until=until(), no_person=True)
    service.show_picture(officer, VI, appeal, "grey")
    with pytest.raises(service.NotPublic, match="look first"):
        service.approve(officer, VI, appeal, until=until(), no_person=True)
    service.show_picture(officer, VI, appeal, "clear")
    for bad in ({"no_person": False}, {"until": clock.now()}, {"until": clock.now() + timedelta(days=3000)}):
        with pytest.raises(service.NotPublic):
            service.approve(officer, VI, appeal, **{"until": until(), "no_person": True} | bad)
    with pytest.raises(service.NotPublic, match="approve it first"):
        service.export_page(it(circle), VI, appeal)
    with pytest.raises(guard.Denied):
        service.export_page(circle.officer(circle.fr), VI, appeal)
    join(case, circle.fr, part="lead")
    with pytest.raises((service.NotPublic, guard.Denied)):
        service.approve(circle.officer(circle.fr), VI, appeal, until=until(), no_person=True)
    with guard.system("test"):
        assert Release.objects.filter(to=None).count() == 0


def test_a_member_who_does_not_lead_lets_nothing_out(circle, case, own, lead):
    appeal = sign(circle, lead, proposed(circle, own))
    member = circle.make_account(circle.agencies.it, "IT-1008")
    join(case, member)
    with pytest.raises(guard.Denied):
        service.export_page(circle.officer(member), VI, appeal)
    assert entries(verb="denied")


def test_what_is_incomplete_is_not_proposed(circle, case, own):
    with guard.system("test"):
        item = own.parent
    for crop_, change in (
        (item, {}),
        (own, {"no_person": False}),
        (own, {"contact": " "}),
        (own, {"statement": ""}),
        (own, {"words": WORDS | {"it": {"title": "", "text": "x"}}}),
    ):
        with pytest.raises(service.NotPublic):
            proposed(circle, crop_, **change)
    with guard.system("test"):
        assert not Appeal.objects.exists()


def test_another_originator_signs_for_itself_and_its_withdrawal_takes_the_appeal_down(
    circle,
    case,
    crop,  # noqa: F811
    lead,
):
    appeal = proposed(circle, crop)
    service.show_picture(circle.officer(lead), VI, appeal, "clear")
    with pytest.raises(service.NotPublic, match="has not signed"):
        service.approve(circle.officer(lead), VI, appeal, until=until(), no_person=True)
    join(case, circle.nl)
    nl = circle.officer(circle.nl)
    service.let_go(nl, VI, appeal, until=until(), reason="a tile, nothing else")
    service.approve(circle.officer(lead), VI, appeal, until=until(), no_person=True)
    service.export_page(it(circle), VI, appeal)
    with guard.system("test"):
        appeal.refresh_from_db()
    assert not service.must_come_down(appeal)
    release.withdraw(nl, VI, appeal, None)
    assert service.must_come_down(appeal)
    with guard.system("test"):
        told = Notice.objects.get(kind="recall")
    assert (told.addressed_id, told.about) == (circle.agencies.it.pk, appeal.pk)
    with pytest.raises(guard.Denied):
        service.export_page(it(circle), VI, appeal)


def test_a_release_that_ended_shows_that_it_must_come_down(circle, case, own, lead):
    appeal, _ = exported(circle, lead, own)
    with guard.system("test"):
        appeal.refresh_from_db()
    with clock.at(until() + timedelta(days=1)):
        assert service.must_come_down(appeal)
        with pytest.raises(service.NotPublic, match="not signed"):
            service.export_page(it(circle), VI, appeal)


def test_an_appeal_ends_by_a_page_that_shows_nothing_of_it(circle, case, own, lead):
    appeal, _ = exported(circle, lead, own)
    with pytest.raises(service.NotPublic, match="end the appeal first"):
        service.close_page(it(circle), VI, appeal)
    with pytest.raises(service.NotPublic, match="say why"):
        service.take_down(it(circle), VI, appeal, because=" ")
    service.take_down(it(circle), VI, appeal, because="recognised")
    archive = zipfile.ZipFile(io.BytesIO(service.close_page(it(circle), VI, appeal)))
    assert archive.namelist() == ["index.html"]
    html = archive.read("index.html").decode()
    assert "lamp" not in html and "closed" in html and "<img" not in html
    with pytest.raises(service.NotPublic):
        service.export_page(it(circle), VI, appeal)
    with guard.system("test"):
        assert not Release.objects.filter(to=None, withdrawn=None).exists()


def test_who_refuses_says_why_and_it_is_decided_once(circle, case, own, lead):
    appeal = proposed(circle, own)
    officer = circle.officer(lead)
    with pytest.raises(service.NotPublic, match="say why"):
        service.refuse(officer, VI, appeal, because="")
    service.refuse(officer, VI, appeal, because="a name is on it")
    with pytest.raises(service.NotPublic, match="decided already"):
        service.approve(officer, VI, appeal, until=until(), no_person=True)


def test_a_crop_that_is_erased_takes_its_appeal_and_the_picture_with_it(circle, case, own, lead):
    appeal = proposed(circle, own)
    erasure.erase(it(circle), VI, own, "asked by its provider")
    destroy()
    with guard.system("test"):
        assert not Appeal.objects.exists()
    with pytest.raises((Erased, FileNotFoundError)), evidence_store().open(appeal.key) as file:
        file.read()


# --- tips ------------------------------------------------------------------------------------------------

CSV = """text,place,time,name,e-mail
"My aunt has it, call +45 12 34 56 78",Aalborg,2026-11-29T10:00,Jane,jane@example.org
write to me: jane.doe@example.org,,,,
,Aalborg,,,
too few
same,,29 November,,
"""


def test_tips_come_in_as_proposals_without_who_sent_them(circle, case, own, lead):
    appeal, _ = exported(circle, lead, own)
    taken = service.take_tips(it(circle), VI, appeal, CSV.encode())
    assert (taken.read, taken.taken, taken.left_out) == (5, 2, ["name", "e-mail"])
    assert [(r["line"], r["code"]) for r in taken.refused] == [
        (4, "no-text"),
        (5, "columns"),
        (6, "bad-time"),
    ]
    with guard.system("test"):
        clues = list(Clue.objects.order_by("made_at"))
        kept = repr([vars(c) for c in clues]) + repr(vars(TipFile.objects.get()))
    assert {(c.state, c.evaluation, c.group, c.media_id) for c in clues} == {
        ("proposed", "X4", "open_source", own.parent_id)
    }
    assert [c.kind for c in clues] == ["toponym", "object"] and clues[0].region == own.region
    for personal in ("Jane", "jane", "12 34 56", "example.org"):
        assert personal not in kept
    with pytest.raises(service.NotPublic, match="imported already"):
        service.take_tips(it(circle), VI, appeal, CSV.encode())
    with pytest.raises(service.NotPublic, match="first line names"):
        service.take_tips(it(circle), VI, appeal, b"a,b\n1,2\n")


def test_an_appeal_that_never_was_public_has_no_tips(circle, case, own):
    with pytest.raises(service.NotPublic, match="never was public"):
        service.take_tips(it(circle), VI, proposed(circle, own), CSV.encode())


@pytest.mark.parametrize(
    ("text", "lines", "codes"),
    [
        ('{"text": "a shop"}\n{"text": 3}\n\nno\n[1]\n{"text": "a shop"}\n{"text":"x","text":"y"}', [1],
         [(2, "no-text"), (4, "bad-json"), (5, "bad-json"), (6, "repeated"), (7, "bad-json")]),
        ("text;time\na;2026-11-29\nb;\n", [2, 3], []),
        ("\ufefftext\n\"two\nlines\"\n", [3], []),
        ("text\na\x07b\n" + "x" * 2001 + "\n", [], [(2, "control"), (3, "too-long")]),
    ],
)  # fmt: skip
def test_lines_that_cannot_be_read_are_refused_and_the_others_taken(text, lines, codes):
    found = tips.read(text.encode())
    assert [t.line for t in found.tips] == lines
    assert [(r.line, r.code) for r in found.refused] == codes


@pytest.mark.parametrize("data", [b"", b"\xff\xff", b"name\nx\n", b"text,text\n", b"x" * (tips.LARGEST + 1)])
def test_what_is_no_file_of_tips_is_refused_as_a_whole(data):
    with pytest.raises(tips.TipsRefused):
        tips.read(data)


def test_numbers_that_lead_to_nobody_stay():
    said = "Type 3, bought 2019, size 120 x 60, EN 60320, page 12"
    assert tips.read(f'text\n"{said}"\n'.encode()).tips[0].text == said


# --- the pages -------------------------------------------------------------------------------------------


def test_the_whole_way_at_the_desk(client, circle, case, own, lead):
    client.force_login(circle.it)
    at = reverse("cooperate:appeals", args=[case.pk])
    given = {f"{n}_{x}": WORDS[x][n] for x in WORDS for n in ("title", "text")}
    given |= {"crop": own.pk, "contact": "c", "statement": "s", "no_person": "on", "place": "p"}
    assert client.post(at, {**given, "no_person": ""}).status_code == 400
    assert client.post(at, given).status_code == 302
    with guard.system("test"):
        appeal = Appeal.objects.get()

    def url(name):
        return reverse(f"cooperate:{name}", args=[case.pk, appeal.pk])

    page = client.get(url("appeal")).content.decode()
    assert "<img" not in page and 'value="sign"' not in page and "second person of your agency" in page
    client.force_login(lead)
    day = (clock.now() + timedelta(days=30)).strftime("%Y-%m-%d")
    signed = {"do": "sign", "until": day, "no_person": "on"}
    assert b"look first" in client.post(url("appeal"), signed, follow=True).content
    assert client.post(url("appeal-reveal"), {}).status_code == 400
    shown = client.post(url("appeal-reveal"), {"purpose": str(VI)})
    assert shown["Content-Type"] == "image/jpeg" and shown["X-Reveal"]
    assert client.post(url("appeal-grey"))["Content-Type"] == "image/jpeg"
    assert b"Signed" in client.post(url("appeal"), signed, follow=True).content
    out = client.post(url("appeal-export"))
    assert out["Content-Type"] == "application/zip"
    file = SimpleUploadedFile("t.csv", CSV.encode())
    page = client.post(url("appeal"), {"do": "tips", "file": file}, follow=True).content.decode()
    assert "2 of 5 tips" in page and "line 4" in page and "jane" not in page.lower()
    assert (
        b"Put the closed page"
        in client.post(url("appeal"), {"do": "end", "because": "known"}, follow=True).content
    )
    with guard.system("test"):
        appeal.refresh_from_db()
        assert appeal.state == "withdrawn"
    assert client.post(url("appeal-export"))["Content-Type"] == "application/zip"
    for language in ("fr", "it"):
        client.cookies["django_language"] = language
        assert client.get(url("appeal")).status_code == client.get(at).status_code == 200


def test_a_reader_finds_it_and_may_do_nothing(client, circle, case, own, lead):
    appeal = proposed(circle, own)
    reader = circle.make_account(circle.agencies.it, "IT-1007")
    with guard.system("test"):
        Membership.objects.create(case=case, account=reader, part="reader")
    client.force_login(reader)
    url = reverse("cooperate:appeal", args=[case.pk, appeal.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"do": "refuse", "because": "x"}).status_code == 403
    assert client.post(url + "reveal/", {"purpose": str(VI)}).status_code == 403
