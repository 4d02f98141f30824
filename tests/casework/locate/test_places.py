"""Candidate places: captures that show tampering, clues explained or not, a home by two people."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entente.casework.intake.service import claims, destroy, evidence_store
from entente.casework.locate.service import (
    PlaceRefused,
    ProposalRefused,
    bring_back,
    check,
    clues_at_hand,
    confirm_home,
    enter,
    judge,
    judge_rest,
    judged,
    keep_page,
    page_of,
    propose_home,
    set_aside,
    turn,
    unjudged,
)
from entente.casework.locate.service.captures import form_of
from entente.casework.prioritise.service import assign
from entente.cli.fsck import read_all
from entente.records import clock, erasure, guard, release
from entente.records.act import acting
from entente.records.models import (
    CandidateClue,
    CandidatePlace,
    Capture,
    Clue,
    HomeProposal,
    LogEntry,
    Milestone,
    Originator,
)
from entente.safeguards.access import Act
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
PAGE = b"<!doctype html>\n<title>A round</title><p>the lane up to the last house"
DAY = timedelta(days=1)


def clue(circle, case, account, kind="socket", value="L", **more) -> Clue:
    with acting(circle.officer(account), Act.ALTER, case.as_thing(), VI, step="examine", reason="a clue"):
        return Clue.objects.create(
            case=case, owner=account.agency, made_by=account, kind=kind, value=value, group="objects",
            state="confirmed", evaluation="A1", because="seen", **more,
        )  # fmt: skip


@pytest.fixture
def at(circle, case) -> SimpleNamespace:
    """Italy's case with a second officer, a French member, a clue, and a place with a capture."""
    officer = circle.officer(circle.it)
    assign(officer, VI, case, circle.it_second, part=Part.MEMBER)
    assign(officer, VI, case, circle.fr, part=Part.MEMBER)
    it, second, fr = (circle.officer(a) for a in (circle.it, circle.it_second, circle.fr))
    socket = clue(circle, case, circle.it)
    place = enter(it, VI, case, place="The last house of the lane", because="the round", codes=("H0",))
    told = {"name": "round.html", "address": "https://x.example/round", "taken_at": clock.now() - DAY}
    page = keep_page(it, VI, place, PAGE, **told)
    return SimpleNamespace(
        circle=circle,
        case=case,
        it=it,
        second=second,
        fr=fr,
        socket=socket,
        place=place,
        page=page,
        told=told,
    )


def seen_by(officer, model) -> list:
    with guard.scope(officer, VI):
        return list(model.objects.all())


# --- captures ---------------------------------------------------------------------------------------------


def test_a_capture_is_sealed_and_its_check_finds_the_logs_entry(at):
    found = check(at.it, VI, at.page)
    assert found.sound
    with guard.system("test"):
        entry = LogEntry.objects.get(seq=found.entry)
    assert (entry.verb, entry.step, entry.case) == ("collect", "locate", at.case.pk)
    assert at.page.sha256 not in entry.body and "x.example" not in entry.body
    assert page_of(at.it, VI, at.page) == PAGE
    assert claims()[at.page.key].sha256 == at.page.sha256


def test_tampered_bytes_show_in_the_check_and_in_fsck_and_are_not_given_out(at):
    held = evidence_store().root.rglob(f"*{at.page.key[2:]}*")
    path = next(p for p in held if p.is_file())
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[-40] ^= 1
    path.write_bytes(bytes(data))
    found = check(at.it, VI, at.page)
    assert (str(found.state), found.sound, found.entry is None) == ("damaged", False, False)
    assert read_all(evidence_store(), claims()).changed == [f"case {at.case.pk} capture {at.page.pk}"]
    with pytest.raises(PlaceRefused, match="cannot be read"):
        page_of(at.it, VI, at.page)


@pytest.mark.parametrize(
    ("field", "value"),
    [("address", "https://y.example/"), ("taken_at", clock.now() - 9 * DAY), ("sha256", "0" * 64)],
)
def test_a_record_that_was_changed_is_not_what_the_log_sealed(at, field, value):
    with guard.system("somebody with the database's password"):
        Capture.objects.filter(pk=at.page.pk).update(**{field: value})
    found = check(at.it, VI, at.page)
    assert (found.entry, found.sound) == (None, False)
    assert found.same_digest is (field != "sha256")
    if field == "sha256":
        assert read_all(evidence_store(), claims()).changed


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (PAGE, "html"),
        (b"<!-- saved -->\n<HTML lang=it>", "html"),
        (b"From: <Saved by a browser>\nMIME-Version: 1.0\n", "mhtml"),
        (b"%PDF-1.7\n", "pdf"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"PK\x03\x04", "wacz"),
        (b"WARC/1.1\r\n", "warc"),
        (b"\x1f\x8b\x08", "warc"),
        (b"PK\x05\x06", ""),
        (b"<svg xmlns='x'><script/></svg>", ""),
        (b"<!-- -->" * 2000, ""),
        (b"", ""),
    ],
)
def test_a_kept_page_is_known_by_its_first_bytes(data, form):
    assert form_of(data) == form


def test_what_is_no_page_has_no_address_or_lies_ahead_is_refused_with_the_mend(at):
    for data, wrong, mend in [
        (b"%!PS-Adobe-3.0", {}, "HTML, MHTML, PDF, WARC or WACZ"),
        (PAGE, {"address": " "}, "address"),
        (PAGE, {"taken_at": clock.now() + DAY}, "in UTC"),
    ]:
        with pytest.raises(PlaceRefused, match=mend):
            keep_page(at.it, VI, at.place, data, **(at.told | wrong))


def test_a_capture_is_set_aside_with_a_reason_and_taken_back(at):
    with pytest.raises(PlaceRefused, match="why"):
        turn(at.it, VI, at.page, keep=False)
    assert turn(at.second, VI, at.page, keep=False, because="another lane").state == "set aside"
    assert turn(at.second, VI, at.page, keep=True).state == "kept"
    assert check(at.it, VI, at.page).sound


# --- what a place explains ----------------------------------------------------------------------------------


def test_what_is_said_of_a_clue_carries_the_codes_and_originators_of_both(at):
    theirs = clue(at.circle, at.case, at.circle.fr, "country", "IT", codes="H1")
    (row,) = judge(at.it, VI, at.place, [theirs], says="explains", because="the lane is in Italy")
    assert row.codes == "H0 H1"
    with guard.system("test"):
        assert Originator.objects.filter(thing=row.pk, agency=at.circle.fr.agency).exists()
    secret = clue(at.circle, at.case, at.circle.it, "mains_hz", 50, codes="H2")
    judge(at.it, VI, at.place, [secret], says="fails", because="60 Hz there")
    assert seen_by(at.fr, CandidateClue) == [row]
    assert len(seen_by(at.it, CandidateClue)) == 2
    judge(at.it, VI, at.place, [at.socket], says="explains", because="type L there")
    # what stands on it is as strict, and says nothing to those from whom it is withheld
    home = propose_home(at.it, VI, at.place, because="the round")
    assert home.codes == "H0 H1 H2"
    assert seen_by(at.fr, HomeProposal) == [] and seen_by(at.fr, CandidatePlace) == [at.place]
    with guard.system("test"):
        assert Originator.objects.filter(thing=home.pk, agency=at.circle.fr.agency).exists()


def test_the_newest_word_stands_and_the_earlier_ones_stay(at):
    judge(at.it, VI, at.place, [at.socket], says="cannot say", because="no picture of a socket")
    judge(at.second, VI, at.place, [at.socket], says="fails", because="all sockets there are type F")
    with guard.scope(at.it, VI):
        assert judged(at.place)[at.socket.pk].says == "fails"
        assert CandidateClue.objects.count() == 2
    for says, because in (("explains", " "), ("proves", "so it is")):
        with pytest.raises(PlaceRefused):
            judge(at.it, VI, at.place, [at.socket], says=says, because=because)
    with guard.system("test"):
        Clue.objects.update(state="withdrawn")
    with pytest.raises(PlaceRefused, match="withdrawn"):
        judge(at.it, VI, at.place, [at.socket], says="explains", because="the view")
    with guard.scope(at.it, VI):
        assert judged(at.place) == {}  # a withdrawn clue stops counting at once


# --- the home -----------------------------------------------------------------------------------------------


def test_a_home_needs_the_clues_said_and_two_people_and_then_the_clock_says_so(at):
    with pytest.raises(ProposalRefused, match="which clues"):
        propose_home(at.it, VI, at.place, because="the round")
    judge(at.it, VI, at.place, [at.socket], says="explains", because="type L there")
    home = propose_home(at.it, VI, at.place, because="the round")
    with pytest.raises(ProposalRefused, match="two people"):
        confirm_home(at.it, VI, home)
    with pytest.raises(ProposalRefused, match="already"):
        propose_home(at.second, VI, at.place, because="the round")
    with guard.system("test"):
        assert not Milestone.objects.filter(stage="home")
    assert confirm_home(at.second, VI, home).confirmed_by_id == at.second.id
    with guard.system("test"):
        assert Milestone.objects.filter(stage="home").exists()
    with pytest.raises(ProposalRefused, match="already"):
        confirm_home(at.second, VI, home)


def test_a_home_needs_every_clue_that_speaks_of_a_place_judged_and_copies_are_one(at):
    hums = [clue(at.circle, at.case, at.circle.it, "mains_hz", 50) for _ in range(3)]
    clue(at.circle, at.case, at.circle.it, "object", "a red lamp")  # says nothing of a place
    judge(at.it, VI, at.place, [at.socket], says="explains", because="type L there")
    with guard.scope(at.it, VI):
        assert [len(alike) for alike in unjudged(at.it, at.place)] == [3]
    with pytest.raises(ProposalRefused, match="not judged yet: 1"):
        propose_home(at.it, VI, at.place, because="the round")
    with pytest.raises(PlaceRefused, match="say why"):
        judge_rest(at.it, VI, at.place, because=" ")
    rows = judge_rest(at.it, VI, at.place, because="50 Hz in the whole country")
    assert {row.clue_id for row in rows} == {hum.pk for hum in hums} and rows[0].says == "cannot say"
    assert judge_rest(at.it, VI, at.place, because="again") == []
    late = clue(at.circle, at.case, at.circle.it, "currency", "EUR")
    with pytest.raises(ProposalRefused, match="not judged yet: 1"):
        propose_home(at.it, VI, at.place, because="the round")
    judge(at.it, VI, at.place, [late], says="explains", because="a till there")
    assert propose_home(at.it, VI, at.place, because="the round").pk


def test_the_page_asks_no_more_of_the_database_for_more_copies(client, at):
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(shown).status_code == 200
        return len(seen)

    client.force_login(at.circle.it)
    shown = reverse("locate:candidate", args=[at.case.pk, at.place.pk])
    hums = [clue(at.circle, at.case, at.circle.it, "mains_hz", 50) for _ in range(2)]
    judge(at.it, VI, at.place, hums, says="cannot say", because="everywhere")
    asked()
    few = asked()
    more = [clue(at.circle, at.case, at.circle.it, "mains_hz", 50) for _ in range(8)]
    judge(at.it, VI, at.place, more, says="cannot say", because="everywhere")
    assert asked() <= few


def test_a_place_set_aside_is_nobodys_home_until_two_stand_for_it_again(at):
    judge(at.it, VI, at.place, [at.socket], says="explains", because="type L there")
    home = confirm_home(at.second, VI, propose_home(at.it, VI, at.place, because="the round"))
    with pytest.raises(PlaceRefused, match="why"):
        set_aside(at.it, VI, at.place, because=" ")
    set_aside(at.it, VI, at.place, because="an old couple lives there")
    with guard.system("test"):
        assert HomeProposal.objects.get(pk=home.pk).withdrawn_at is not None
    for change in (
        lambda: propose_home(at.it, VI, at.place, because="the round"),
        lambda: keep_page(at.it, VI, at.place, PAGE, **at.told),
        lambda: judge(at.it, VI, at.place, [at.socket], says="fails", because="no"),
    ):
        with pytest.raises(PlaceRefused, match="bring it back"):
            change()
    bring_back(at.second, VI, at.place)
    with guard.system("test"):
        assert not HomeProposal.objects.filter(withdrawn_at=None).exists()
        assert [e.told["act"] for e in LogEntry.objects.filter(thing=at.place.pk).order_by("seq")][-2:] == [
            "alter",
            "alter",
        ]
    assert propose_home(at.second, VI, at.place, because="the round, again").withdrawn_at is None


def test_a_withheld_place_is_not_there_for_others_and_a_release_lets_one_agency_see_it(at):
    hidden = enter(at.it, VI, at.case, place="Another house", because="a listing")
    keep_page(at.it, VI, hidden, PAGE + b" again", **at.told)
    assert hidden.codes == "H2"
    assert seen_by(at.fr, CandidatePlace) == [at.place] and seen_by(at.fr, Capture) == [at.page]
    release.release(at.it, VI, hidden, at.circle.agencies.fr, clock.now() + DAY, "for the search")
    assert hidden in seen_by(at.fr, CandidatePlace)


def test_an_outsider_and_a_reader_enter_and_change_nothing(at):
    assign(at.it, VI, at.case, at.circle.dk, part=Part.READER)
    for account in (at.circle.dk, at.circle.nl, at.circle.it_admin):
        officer = at.circle.officer(account)
        for change in (
            lambda o=officer: enter(o, VI, at.case, place="a", because="b"),
            lambda o=officer: keep_page(o, VI, at.place, PAGE, **at.told),
            lambda o=officer: judge(o, VI, at.place, [at.socket], says="fails", because="b"),
            lambda o=officer: set_aside(o, VI, at.place, because="b"),
            lambda o=officer: propose_home(o, VI, at.place, because="b"),
            lambda o=officer: page_of(o, VI, at.page),
        ):
            with pytest.raises(guard.Denied):
                change()


def test_an_erased_place_takes_its_pages_with_it(at):
    judge(at.it, VI, at.place, [at.socket], says="explains", because="type L there")
    propose_home(at.it, VI, at.place, because="the round")
    erasure.erase(at.it, VI, at.place, "an innocent family lives there")
    destroy()
    with guard.system("test"):
        for model in (CandidatePlace, Capture, CandidateClue, HomeProposal):
            assert not model.objects.exists()
        assert Clue.objects.filter(pk=at.socket.pk).exists()
    assert not evidence_store().has(at.page.key)


# --- the pages ----------------------------------------------------------------------------------------------


def test_the_way_by_the_pages_from_a_place_to_a_home(client, at):
    case = at.case.pk
    client.force_login(at.circle.it)
    panel = client.get(reverse("locate:page", args=[case])).content.decode()
    assert "The computed part stops at the district" in panel and "The last house of the lane" in panel
    form = {"place": "A mill", "because": "the wheel", "lat": "44.4", "lon": "", "codes": ["H0"]}
    answer = client.post(reverse("locate:candidates", args=[case]), form)
    assert answer.status_code == 400 and "give both or neither" in answer.content.decode()
    mill = client.post(reverse("locate:candidates", args=[case]), form | {"lon": "7.5"}).url
    with guard.system("test"):
        place = CandidatePlace.objects.get(place="A mill")
    upload = {
        "file": SimpleUploadedFile("mill.html", PAGE),
        "address": "https://x.example/mill",
        "taken_at": f"{clock.now() - DAY:%Y-%m-%dT%H:%M}",
        "evaluation": "C3",
        "codes": ["H0"],
    }
    assert client.post(reverse("locate:candidate-capture", args=[case, place.pk]), upload).status_code == 302
    with guard.system("test"):
        page = Capture.objects.get(candidate=place)
    told = client.post(reverse("locate:capture", args=[case, page.pk]), {"act": "check"}, follow=True)
    assert "agree" in told.content.decode()
    chosen = client.post(reverse("locate:capture", args=[case, page.pk]), {"because": "x"}, follow=True)
    assert "Choose what to do." in chosen.content.decode()
    apart = keep_page(at.it, VI, at.case, PAGE, **at.told)
    assert client.post(reverse("locate:capture", args=[case, apart.pk]), {"act": "check"}).status_code == 404
    given = client.post(reverse("locate:capture-open", args=[case, page.pk]))
    assert given.content == PAGE and given["Content-Type"] == "application/octet-stream"
    assert (
        given["Content-Disposition"].startswith("attachment") and "mill" not in given["Content-Disposition"]
    )
    clues = reverse("locate:candidate-clues", args=[case, place.pk])
    said = {"clue": [str(at.socket.pk)], "says": ["fails"], "because": [""]}
    answer = client.post(clues, said)
    assert answer.status_code == 400 and 'value="fails" selected' in answer.content.decode()
    client.post(clues, said | {"because": ["type F there"]})
    client.post(clues, said | {"because": ["type F there"]})  # nothing changed: nothing is written
    with guard.system("test"):
        assert CandidateClue.objects.filter(candidate=place).count() == 1
    assert "Of all that is not judged" not in client.get(mill).content.decode()
    clue(at.circle, at.case, at.circle.it, "mains_hz", 50)
    assert "Of all that is not judged" in client.get(mill).content.decode()
    typed = client.post(clues, said | {"says": ["explains"], "rest": "50 Hz everywhere"}).content.decode()
    assert 'value="50 Hz everywhere"' in typed, "what was typed stays where something else is missing"
    client.post(clues, said | {"because": ["type F there"], "rest": "50 Hz everywhere"})
    client.post(
        reverse("locate:candidate-decide", args=[case, place.pk]), {"act": "propose", "because": "so it is"}
    )
    html = client.get(mill).content.decode()
    assert "waits for a second person" in html and "Confirm as the second person" not in html
    with guard.system("test"):
        home = HomeProposal.objects.get()
    client.force_login(at.circle.it_second)
    client.post(reverse("locate:home-confirm", args=[case, home.pk]))
    html = client.get(mill).content.decode()
    assert "home: two people" in html and "44.4, 7.5" in html and " style=" not in html
    with guard.system("test"):
        assert "x.example" not in "".join(LogEntry.objects.values_list("body", flat=True))
    with guard.scope(at.it, VI):
        assert clues_at_hand(at.case)
