"""Re-shares counted once, and figures in which no small number shows."""

import csv
import io
from datetime import UTC, datetime
from threading import Event

import pytest
from django.urls import reverse

from entente.casework.close import service as close
from entente.casework.cooperate.funnel import Level, ladder
from entente.casework.intake.service import Intake, open_case, receive
from entente.casework.trends import service
from entente.records import clock, guard, jobs
from entente.records.act import acting
from entente.records.models import Case, LogEntry, Media, Membership, Milestone, Occurrence, Reshare
from entente.safeguards.access import Act
from entente.vocabulary.case import Stage
from entente.vocabulary.handling import Purpose
from tests.casework.seize.scenes import texture, wall, write

VI = Purpose.VICTIM_IDENTIFICATION
PDQ = "f0e1d2c3b4a5968778695a4b3c2d1e0f" * 2


@pytest.fixture
def it(circle):
    return lambda: circle.officer(circle.it)


def flipped(pdq, bits):
    return f"{int(pdq, 16) ^ ((1 << bits) - 1):064x}"


def add(case, officer, number, *, pdq=PDQ, sha256="", origin="found", turns=None, codes="H0", **more):
    with acting(officer, Act.ALTER, case.as_thing(), VI, step="intake"):
        return Media.objects.create(
            case=case, owner_id=officer.agency, number=number, origin=origin, source=f"source {number}",
            kind="picture", pdq=pdq, pdq_turns={"full": turns or [pdq, *[flipped(pdq, 120)] * 7]},
            pdq_quality=90, sha256=sha256 or f"{number:064x}", codes=codes, **more,
        )  # fmt: skip


def told(case, it):
    with guard.scope(it(), VI):
        rows = Reshare.objects.filter(case=case).select_related("media").order_by("media__number", "because")
        return [(r.media.number, r.source, r.because) for r in rows]


def test_a_near_copy_is_a_re_share_of_the_earliest_item_and_is_counted_once(case, it):
    add(case, it(), 1)
    add(case, it(), 2, pdq=flipped(PDQ, 31))
    add(case, it(), 3, pdq=flipped(PDQ, 32))  # near to item 2, too far from item 1
    assert service.count_case(it(), VI, case) == 2
    assert told(case, it) == [
        (1, "source 2", "#2 is a near copy: PDQ distance 31 of 256"),
        (2, "source 3", "#3 is a near copy: PDQ distance 1 of 256"),
    ]
    assert service.count_case(it(), VI, case) == 0
    assert len(told(case, it)) == 2


def test_a_turned_copy_says_how_it_was_turned(case, it):
    add(case, it(), 1)
    turns = [flipped(PDQ, 100)] * 8
    turns[5] = PDQ
    add(case, it(), 2, pdq=turns[0], turns=turns)
    service.count_case(it(), VI, case)
    assert "after mirroring left to right" in told(case, it)[0][2]


@pytest.mark.parametrize("origin", ["search", "seized", "crop"])
def test_a_file_of_the_search_is_a_source_and_no_re_share(case, it, origin):
    add(case, it(), 1)
    add(case, it(), 2, origin=origin)
    assert service.count_case(it(), VI, case) == 0


def test_two_shots_of_one_camera_are_two_originals(case, it):
    for number in (1, 2):
        add(case, it(), number, metadata={"serial": "LC9", "taken_at": f"2026-06-06T18:41:0{number}"})
    add(case, it(), 3)
    assert service.count_case(it(), VI, case) == 1
    assert told(case, it)[0][:2] == (1, "source 3")


def test_the_same_file_at_another_place_is_a_re_share(case, it, tmp_path):
    picture = wall(2, texture(1))
    write(tmp_path / "one" / "a.jpg", picture)
    write(tmp_path / "two" / "b.jpg", picture)
    for source, folder in (("a forum", "one"), ("a hotline", "two"), ("a hotline", "two")):
        receive(it(), VI, case, [tmp_path / folder], Intake(source))
    service.ask_to_count(it(), VI, case)
    jobs.work(Event(), until_empty=True)
    with guard.scope(it(), VI):
        assert Occurrence.objects.filter(case=case).count() == 2
    assert told(case, it) == [(1, "a hotline", "the same file (SHA-256) at place 2")]


def test_a_re_share_carries_the_handling_of_both_items(case, it):
    add(case, it(), 1)
    add(case, it(), 2, codes="H0 H2")
    service.count_case(it(), VI, case)
    with guard.scope(it(), VI):
        assert Reshare.objects.get(case=case).codes == "H0 H2"


def wished(case, it, wish):
    close.record_wish(it(), VI, case, wish, "a counsellor asked")
    with guard.scope(it(), VI):
        return Case.objects.get(pk=case.pk)


def test_a_re_share_is_counted_whatever_they_wished_and_told_only_as_wished(case, it, circle, client):
    add(case, it(), 1)
    add(case, it(), 2)
    assert service.count_case(it(), VI, case) == 1
    with pytest.raises(service.NotTold, match="nobody asked yet"):
        service.record_told(it(), VI, case)
    never = wished(case, it, "never")
    add(case, it(), 3)
    assert service.count_case(it(), VI, never) == 1
    with pytest.raises(service.NotTold, match="of none"):
        service.record_told(it(), VI, never)
    each = wished(case, it, "each")
    client.force_login(circle.it)
    page, told = reverse("trends:page", args=[case.pk]), reverse("trends:told", args=[case.pk])
    assert "2 re-shares wait to be told of" in client.get(page).content.decode()
    assert client.post(told, {"say": "told"}).status_code == 303
    with guard.scope(it(), VI):
        assert not service.to_be_told(each).exists()
        rows = Reshare.objects.filter(case=case)
        assert {(r.told_by_id, r.told_at is not None) for r in rows} == {(circle.it.id, True)}
    add(case, it(), 4)
    assert service.count_case(it(), VI, each) == 1
    assert "1 re-share waits to be told of" in client.get(page).content.decode()
    assert client.post(told, {"say": "not after all"}).status_code == 303
    with guard.scope(it(), VI):
        assert service.to_be_told(each).count() == 3
    never = wished(case, it, "never")  # a wish that changes binds at once
    with guard.scope(it(), VI):
        assert not service.to_be_told(never).exists()
    assert "wait to be told of" not in client.get(page).content.decode()


def test_a_reader_and_an_outsider_count_nothing(case, circle, it):
    add(case, it(), 1)
    add(case, it(), 2)
    with guard.system("add a reader in a test"):
        Membership.objects.create(case=case, account=circle.dk, part="reader", since=clock.now())
    for account in (circle.dk, circle.fr):
        with pytest.raises(guard.Denied):
            service.count_case(circle.officer(account), VI, case)
    assert told(case, it) == []


def test_a_dataset_that_skipped_a_level_passed_it():
    steps = ladder([{Level.DATASET, Level.SAFE}, {Level.DATASET, Level.SENT}, {Level.DATASET}])
    assert list(steps.values()) == [3, 2, 2, 1, 1]


def cases(it, number, safe):
    for n in range(number):
        case = open_case(
            it(), VI, number=f"IT-2026-1{n:02d}", title="Operation Elm", victim_number=f"V-1{n:02d}",
            discovered_at=datetime(2026, 6, 1, tzinfo=UTC),
        )  # fmt: skip
        if n < safe:
            with acting(it(), Act.ALTER, case.as_thing(), VI, step="close"):
                at = datetime(2026, 6, 9, tzinfo=UTC)
                Milestone.reach(case, Stage.SAFE, "a test", by=it().id, at=at)


@pytest.mark.parametrize(("number", "safe"), [(3, 1), (9, 2), (7, 7)])
def test_no_small_number_is_published(circle, it, number, safe):
    cases(it, number, safe)
    rows = dict(csv.reader(io.StringIO(service.export_figures(it(), VI).decode())))
    figures = {k: v for k, v in rows.items() if v.replace(".", "").isdigit() and "median" not in k}
    assert not [v for v in figures.values() if 0 < float(v) < 5]
    assert rows["safeguarded"] == ("7" if safe == 7 else "fewer than 5")
    assert rows["median days to safe"] == ("8.0" if safe == 7 else "fewer than 5")
    assert rows["safe within ten days"] == ("7" if safe == 7 else "fewer than 5")


def test_the_export_names_no_case_and_is_logged(circle, case, it):
    made = service.export_figures(it(), VI).decode()
    for secret in (case.number, case.victim_number, case.title, str(case.pk), "Italy"):
        assert secret not in made
    with guard.system("read the log in a test"):
        told = {"step": "trends", "opening__reason__contains": "figures for policy"}
        assert LogEntry.objects.filter(**told).count() == 1


def test_figures_are_over_the_cases_that_the_officer_sees(circle, case, it):
    assert service.board_figures(it(), VI).cases == 1
    assert service.board_figures(circle.officer(circle.fr), VI).cases == 0
    with pytest.raises(guard.Denied):
        service.export_figures(circle.officer(circle.it_admin), VI)


def test_the_page_draws_the_bars_and_the_same_table(case, circle, client, it):
    for number in (1, 2, 3):
        add(case, it(), number)
    service.count_case(it(), VI, case)
    client.force_login(circle.it)
    page = reverse("trends:page", args=[case.pk])
    shown = client.get(page).content.decode()
    assert shown.count("<rect") == 1
    assert "Re-shares over time" in shown
    assert "source 3" in shown
    assert "fewer than 5" in shown
    assert client.post(reverse("trends:count", args=[case.pk])).status_code == 303
    given = client.post(reverse("trends:figures", args=[case.pk]))
    assert given["Content-Type"].startswith("text/csv")
    client.force_login(circle.fr)
    assert client.get(page).status_code == 404
    assert client.post(reverse("trends:figures", args=[case.pk])).status_code == 404
    with guard.scope(it(), VI):
        assert Case.objects.count() == 1
