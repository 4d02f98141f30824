"""Profiles of accounts: a lawful record, lines with a grade, hours and languages that people confirm."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from entente.casework.crosscheck import posting, service
from entente.casework.crosscheck.alike import COSTS, alike, slips
from entente.casework.crosscheck.service import behaviour
from entente.casework.examine import service as examine
from entente.casework.intake.service import open_case
from entente.casework.locate.service import sifted
from entente.casework.prioritise.service import assign
from entente.evidence.sandbox import Answer
from entente.records import clock, erasure, guard
from entente.records.act import acting
from entente.records.models import (
    AccountLine,
    CheckHit,
    Clue,
    Lead,
    LogEntry,
    OnlineAccount,
    PostingFile,
    Series,
)
from entente.safeguards.access import Act
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose
from entente.vocabulary.identifier import normalise

VI = Purpose.VICTIM_IDENTIFICATION
RECORD = {
    "platform": "a board",
    "name": "Forest.Walker",
    "category": "suspect",
    "source": "the platform",
    "basis": "order 12/2026",
    "since": date(2026, 3, 1),
    "until": date(2026, 6, 30),
    "evaluation": "B2",
    "codes": ("H0",),
}


def record(circle, case, account=None, **more) -> OnlineAccount:
    return service.record_account(circle.officer(account or circle.it), VI, case, **{**RECORD, **more})


def evenings(days: int = 30) -> bytes:
    """Times of somebody who posts at 18, 20 and 21 hours of UTC, and at 6 now and then."""
    start = datetime(2026, 4, 1, tzinfo=UTC)
    rows = [start + timedelta(days=d, hours=h) for d in range(days) for h in (18, 20, 21)]
    rows += [start + timedelta(days=d, hours=6) for d in range(0, days, 3)]
    return "".join(f"{row.isoformat()}\n" for row in rows).encode()


@pytest.fixture
def joint(circle, case):
    assign(circle.officer(circle.it), VI, case, circle.fr, part=Part.MEMBER)
    return case


# --- the record ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "mend"),
    [({"category": ""}, "whom the account concerns"), ({"category": "person"}, "whom the account concerns"),
     ({"basis": " "}, "the law or order"), ({"source": ""}, "who gave it"), ({"name": "a b"}, "no spaces"),
     ({"category": "victim"}, "strictly necessary"), ({"category": "witness"}, "strictly necessary"),
     ({"until": date(2026, 1, 1)}, "in this order"), ({"evaluation": "Z9"}, "source grade")],
)  # fmt: skip
def test_nothing_is_recorded_without_whom_it_concerns_its_source_and_its_law(circle, case, wrong, mend):
    with pytest.raises(service.OnlineRefused, match=mend):
        record(circle, case, **wrong)
    with guard.system("test"):
        assert not OnlineAccount.objects.exists()


def test_a_record_in_h2_is_its_agencys_and_the_log_has_no_name(circle, joint):
    hidden, shown = record(circle, joint, codes=("H2",)), record(circle, joint)
    with guard.scope(circle.officer(circle.fr), VI):
        assert list(OnlineAccount.objects.all()) == [shown]
    with guard.system("test"):
        entries = [e.body for e in LogEntry.objects.filter(step="crosscheck")]
    assert entries and not any("orest" in body for body in entries)
    assert hidden.spelling == "forest.walker"


def test_how_a_victim_behaves_is_not_analysed(circle, case):
    it = circle.officer(circle.it)
    row = record(circle, case, category="victim", necessity="the record of the chat names the room")
    for act in (
        lambda: service.take_times(it, VI, row, evenings(), name="a.csv"),
        lambda: service.propose_hours(it, VI, row),
        lambda: service.weigh_texts(it, VI, row, "una frase qualunque"),
    ):
        with pytest.raises(service.OnlineRefused, match="not analysed"):
            act()
    with guard.scope(it, VI):
        assert service.near_names(row) == []


# --- hours --------------------------------------------------------------------------------------------------


def test_times_are_counted_by_hour_bad_lines_are_kept_with_their_number_and_the_times_are_not(circle, case):
    it, row = circle.officer(circle.it), record(circle, case)
    data = evenings(12) + b"yesterday, said somebody\n2025-01-01T10:00:00Z\n2026-04-02 09:00\n"
    done = service.take_times(it, VI, row, data, name="a.csv")
    assert (done.taken, done.bad) == (40, 3)
    assert [n for n, _ in done.refused] == [0, 41, 43]
    assert "outside the days" in done.refused[0][1] and "no offset" in done.refused[2][1]
    assert (done.counts[18], done.counts[20], done.counts[6]) == (12, 12, 4)
    with pytest.raises(service.OnlineRefused, match="taken already"):
        service.take_times(it, VI, row, data, name="again.csv")
    with guard.system("test"):
        (held,) = PostingFile.objects.values()
    assert "T18:00:00" in data.decode() and "T18:00:00" not in str(held)


def test_hours_become_a_clue_that_counts_when_a_person_confirmed_it_and_goes_with_the_account(circle, case):
    it, row = circle.officer(circle.it), record(circle, case)
    service.take_times(it, VI, row, evenings(5), name="a.csv")
    with pytest.raises(service.OnlineRefused, match="30 times"):
        service.propose_hours(it, VI, row)
    service.take_times(it, VI, row, evenings(20), name="b.csv")
    clue = service.propose_hours(it, VI, row)
    assert (clue.state, clue.kind, clue.group, clue.evaluation, sum(clue.value)) == (
        "proposed", "posting_hours", "person", "B2", 84
    )  # fmt: skip
    with pytest.raises(service.OnlineRefused, match="already"):
        service.propose_hours(it, VI, row)
    assert examine.confirm(it, VI, clue).state == "confirmed"
    words, refused = sifted([clue])
    assert len(words) == 1 and not refused, "locate reads it"
    erasure.erase(it, VI, row, "the order was lifted")
    with guard.system("test"):
        assert not Clue.objects.exists() and not PostingFile.objects.exists()


def test_the_offsets_hold_the_true_one_and_are_never_narrower_than_twelve_posts_allow():
    counts = [0] * 24
    for hour, n in ((6, 4), (11, 6), (17, 10), (18, 20), (19, 25), (20, 20)):
        counts[hour] = n
    found = dict(posting.offsets(counts))
    assert 1 in found or 2 in found
    assert len(posting.offsets([n * 100 for n in counts])) == len(found) >= 3
    assert posting.offsets([0] * 24) == []
    assert posting.quiet(counts) == (0, 0)
    bars = posting.hours(counts)
    assert len(bars) == 24 and max(b.h for b in bars) == posting.HEIGHT and bars[0].h == 0


# --- languages ----------------------------------------------------------------------------------------------


def test_languages_are_weighed_in_the_limited_process_and_no_text_is_kept(circle, case, monkeypatch):
    it, row = circle.officer(circle.it), record(circle, case)
    said = {"lines": [{"it": 0.8, "fr": 0.2}, {"it": 0.6, "es": 0.4}]}
    monkeypatch.setattr(behaviour, "told", lambda *a, **k: Answer({"told": said}))
    clue = service.weigh_texts(it, VI, row, "una frase qualunque\nun'altra frase")
    assert (clue.kind, clue.value, clue.state) == ("language", {"it": 0.7, "es": 0.2, "fr": 0.1}, "proposed")
    with guard.system("test"):
        assert "frase" not in repr(Clue.objects.values())
    for nonsense in (None, {"lines": [{"it": 9}]}, {"lines": 4}, {"lines": [["it"]]}):
        monkeypatch.setattr(behaviour, "told", lambda *a, nonsense=nonsense, **k: Answer({"told": nonsense}))
        with pytest.raises(service.OnlineRefused, match="without sense"):
            service.weigh_texts(it, VI, row, "una frase")


def test_nothing_that_was_brought_is_read_for_who_may_only_read(circle, case, monkeypatch):
    row = record(circle, case)
    assign(circle.officer(circle.it), VI, case, circle.fr, part=Part.READER)
    fr = circle.officer(circle.fr)
    monkeypatch.setattr(behaviour, "told", lambda *a, **k: pytest.fail("it was read"))
    monkeypatch.setattr(behaviour.PostingTimes, "read", lambda *a, **k: pytest.fail("it was read"))
    with pytest.raises(guard.Denied):
        service.weigh_texts(fr, VI, row, "una frase")
    with pytest.raises(guard.Denied):
        service.take_times(fr, VI, row, evenings(), name="a.csv")
    with guard.system("test"):
        assert LogEntry.objects.filter(account=circle.fr.pk, verb="denied").count() == 2


# --- names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "differ"),
    [("forest.walker", "Forest_Walker", ("separators",)),
     ("f0restwa1ker", "forestwalker", ("lookalikes", "slip")),
     ("forestwalker77", "forest-walker", ("separators", "digits")),
     ("forestwalkre", "forestwalker", ("slip",)), ("forestwalker", "forestwalker", ()),
     ("élodie_r", "elodie.r", ("separators", "accents"))],
)  # fmt: skip
def test_a_name_is_alike_with_its_reason(a, b, differ):
    found = alike(normalise("screen name", a), normalise("screen name", b))
    assert found is not None and 0.75 <= found.score <= 1
    assert found.differ_in == differ
    assert alike(normalise("screen name", b), normalise("screen name", a)).score == found.score


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("anna", "anna1"),
        ("northwind", "southwind"),
        ("marco", "marca"),
        ("forestwalker", "riverrunner"),
        ("a1234567", "b7654321"),
    ],
)
def test_short_or_other_names_are_not_alike(a, b):
    assert alike(a, b) is None


def test_one_slip_is_told_with_its_low_score():
    found = alike("walker", "talker")
    assert (found.score, found.differ_in) == (COSTS["slip"], ("slip",))


def test_slips_are_those_of_damerau():
    pairs = {("ab", "ba"): 1, ("abc", "ac"): 1, ("abc", "abcd"): 1, ("abc", "xyz"): 3, ("", "ab"): 2}
    assert {pair: slips(*pair) for pair in pairs} == pairs


def test_names_alike_are_those_in_sight_of_any_case_and_of_suspects_alone(circle, case):
    ours = record(circle, case)
    other = open_case(
        circle.officer(circle.it), VI, number="IT-2", title="Operation Ash", victim_number="V-2",
        discovered_at=clock.now(),
    )  # fmt: skip
    near = record(circle, other, name="forest_walker9")
    record(circle, other, name="forest_walker8", category="witness", necessity="he told of it")
    theirs = open_case(
        circle.officer(circle.fr), VI, number="FR-2", title="Operation Elm", victim_number="V-3",
        discovered_at=clock.now(),
    )  # fmt: skip
    record(circle, theirs, circle.fr, name="forestwalker")
    with guard.scope(circle.officer(circle.it), VI):
        (found,) = service.near_names(ours)
    assert (found.online.pk, found.theirs) == (near.pk, "forest_walker9") and "digits" in found.how.differ_in


def test_a_cross_check_asks_about_the_names_and_tells_owner_and_contact_only(circle, case):
    record(circle, case)
    theirs = open_case(
        circle.officer(circle.fr), VI, number="FR-2", title="Operation Elm", victim_number="V-3",
        discovered_at=clock.now(),
    )  # fmt: skip
    record(circle, theirs, circle.fr, name="forestwalker_2", codes=("H2",))
    row = service.check(circle.officer(circle.it), VI, case, kinds=["screen name"])
    with guard.system("test"):
        found = CheckHit.objects.select_related("holder")
        hits = [(h.holder.short, h.contact, h.ours, h.media_id) for h in found]
        leads = [(lead.case_id, lead.owner.short, lead.asker.short) for lead in Lead.objects.all()]
    assert row.hits == 1 and hits == [("FR", "desk@fr.example", "an account", None)]
    assert leads == [(theirs.pk, "FR", "IT")]


# --- lines --------------------------------------------------------------------------------------------------


def line(**more):
    return {"kind": "other name", "value": "walker.of.woods", "said": "assessment", "evaluation": "C3",
            "because": "the same avatar in record 12", **more}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "mend"),
    [({"said": ""}, "fact or an assessment"), ({"because": " "}, "on what the line rests"),
     ({"kind": "shared series"}, "chosen from the case"), ({"kind": "device", "value": "7"}, "at least 4"),
     ({"kind": "opinion"}, "what the line is about")],
)  # fmt: skip
def test_each_line_is_fact_or_assessment_with_a_grade_and_a_reason(circle, case, wrong, mend):
    row = record(circle, case)
    with pytest.raises(service.OnlineRefused, match=mend):
        service.add_line(circle.officer(circle.it), VI, row, **line(**wrong))


def test_a_line_carries_the_codes_of_account_and_series_and_is_set_aside_with_its_reason(circle, case):
    it, row = circle.officer(circle.it), record(circle, case, codes=("H1",))
    with acting(it, Act.ALTER, case.as_thing(), VI, step="link", reason="a series"):
        series = Series.objects.create(
            case=case, owner_id=it.agency, made_by_id=it.id, name="S-1", codes="H2"
        )
    one = service.add_line(it, VI, row, **line(kind="shared series", value="", series=series))
    assert (one.codes, one.value) == ("H1 H2", "S-1")
    with pytest.raises(service.OnlineRefused, match="why"):
        service.turn_line(it, VI, one, keep=False)
    assert service.turn_line(it, VI, one, keep=False, because="another board").state == "set aside"
    assert service.turn_line(it, VI, one, keep=True).state == "stands"
    service.turn_account(it, VI, row, keep=False, because="not theirs")
    with pytest.raises(service.OnlineRefused, match="set aside"):
        service.add_line(it, VI, row, **line())


# --- the pages ----------------------------------------------------------------------------------------------


def test_the_way_by_the_pages_from_a_record_to_a_confirmed_clue(client, circle, case):
    client.force_login(circle.it)
    form = {**RECORD, "codes": ["H0"], "category": ""}
    accounts = reverse("crosscheck:accounts", args=[case.pk])
    assert client.post(accounts, form).status_code == 400, "whom it concerns has no default"
    there = client.post(accounts, form | {"category": "suspect"}).url
    with guard.system("test"):
        row = OnlineAccount.objects.get()
    at = [case.pk, row.pk]
    sent = {"times": SimpleUploadedFile("times.csv", evenings() + b"soon\n")}
    assert client.post(reverse("crosscheck:account-times", args=at), sent).status_code == 302
    page = client.get(there).content.decode()
    assert "100 times, by hour of UTC" in page and page.count("<rect") == 24 and "Line 101" in page
    client.post(reverse("crosscheck:account-decide", args=at), {"act": "propose-hours"})
    with guard.system("test"):
        clue = Clue.objects.get()
    client.post(reverse("crosscheck:account-decide", args=at), {"act": "confirm", "clue": str(clue.pk)})
    client.post(reverse("crosscheck:account-line", args=at), line())
    page = client.get(there).content.decode()
    assert "walker.of.woods" in page and "assessment" in page and "confirmed" in page
    assert client.post(reverse("crosscheck:account-texts", args=at), {"text": ""}).status_code == 400
    with guard.system("test"):
        assert Clue.objects.get().state == "confirmed" and AccountLine.objects.count() == 1


def test_a_list_never_shows_the_name_of_a_victims_account(client, circle, case):
    record(circle, case, category="victim", necessity="the chat", name="little.star.99")
    client.force_login(circle.it)
    page = client.get(reverse("crosscheck:accounts", args=[case.pk])).content.decode()
    assert "little.star.99" not in page and "name on its page" in page
