"""The board, the new case, the case's front page and the log, as officers of the circle meet them."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Event

import pytest
from django.urls import reverse

from entente.casework.prioritise.service import assign, rank, set_risk
from entente.records import guard, jobs
from entente.records.act import acting
from entente.records.models import Case, Clue, Job, LogEntry, Media, Milestone
from entente.safeguards.access import Act
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose
from entente.web.context import STEP_NAMES, steps_of

VI = Purpose.VICTIM_IDENTIFICATION
NEW = {
    "number": "IT-2026-009",
    "title": "Operation Birch",
    "victim_number": "V-009",
    "codes": ["H0"],
    "handling_text": "",
    "audience": "TLP:AMBER",
    "discovered_at": "2026-03-01T14:30",
}


def seen(html: bytes, word: str) -> bool:
    return word in html.decode()


def cases() -> int:
    with guard.system("test"):
        return Case.objects.count()


def test_without_a_log_in_there_is_only_the_way_to_it(client, case):
    for address in (reverse("board"), reverse("case", args=[case.pk]), reverse("new-case"), reverse("log")):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("account_login"))


def test_a_member_finds_the_case_and_an_outsider_an_empty_board(client, case, circle):
    client.force_login(circle.it)
    assert seen(client.get(reverse("board")).content, "Operation Larch")
    client.force_login(circle.dk)
    page = client.get(reverse("board"))
    assert not seen(page.content, "Larch")
    assert seen(page.content, "No case yet")


def test_hidden_and_absent_are_the_same_404(client, case, circle):
    client.force_login(circle.dk)
    hidden = client.get(reverse("case", args=[case.pk]))
    absent = client.get(reverse("case", args=["00000000-0000-4000-8000-000000000000"]))
    assert hidden.status_code == absent.status_code == 404
    assert not seen(hidden.content, "Larch")
    strip = lambda page: page.content.split(b"<main")[1].split(b"</main")[0]  # noqa: E731 - one word
    assert strip(hidden) == strip(absent)


def test_the_most_urgent_case_stands_first(client, case, circle):
    officer = circle.officer(circle.it)
    from entente.casework.intake.service import open_case

    other = open_case(
        officer, VI, number="IT-2026-002", title="Operation Oak", victim_number="V-002",
        discovered_at=datetime.now(UTC),
    )  # fmt: skip
    officer = circle.officer(circle.it)
    rank(officer, VI, case)
    set_risk(officer, VI, other, at_risk=True, because="a new film of today")
    client.force_login(circle.it)
    html = client.get(reverse("board")).content.decode()
    assert html.index("Operation Oak") < html.index("Operation Larch")
    assert "Child at risk" in html


def test_a_new_case_keeps_the_moment_of_discovery_in_utc(client, circle):
    client.force_login(circle.it)
    answer = client.post(reverse("new-case"), NEW)
    assert answer.status_code == 302
    with guard.system("test"):
        made = Case.objects.get(number="IT-2026-009")
        reached = Milestone.objects.get(case=made, stage="discovered").at
    assert answer.url == reverse("case", args=[made.pk])
    assert reached == datetime(2026, 3, 1, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"number": "IT-2026-001"}, "already has a case IT-2026-001"),
        ({"codes": ["H3"]}, "H3 needs its restriction in words"),
        ({"codes": ["H9"]}, "H9"),
        ({"discovered_at": "yesterday"}, "date"),
        ({"discovered_at": "2999-01-01T00:00"}, "has not come yet"),
        ({"title": ""}, "required"),
    ],
)
def test_a_case_that_cannot_be_opened_says_the_mend_in_the_form(client, case, circle, change, says):
    client.force_login(circle.it)
    before = cases()
    answer = client.post(reverse("new-case"), {**NEW, **change})
    assert answer.status_code == 400
    assert seen(answer.content, "There is something to mend")
    assert seen(answer.content, says)
    assert cases() == before


def test_another_agency_may_use_the_same_number_and_learns_nothing(client, case, circle):
    client.force_login(circle.dk)
    assert client.post(reverse("new-case"), {**NEW, "number": "IT-2026-001"}).status_code == 302


def test_an_administrator_opens_no_case_and_is_told_why(client, circle):
    client.force_login(circle.it_admin)
    assert not seen(client.get(reverse("board")).content, "Open a case")
    answer = client.post(reverse("new-case"), NEW)
    assert answer.status_code == 403
    assert seen(answer.content, "this role opens no case")
    assert cases() == 0
    with guard.system("test"):
        verbs = list(LogEntry.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs == ["consult", "denied"]


def test_each_look_at_a_case_is_one_consultation_in_the_log(client, case, circle):
    client.force_login(circle.it)
    with guard.system("test"):
        before = LogEntry.objects.count()
    client.get(reverse("case", args=[case.pk]))
    with guard.system("test"):
        entries = list(LogEntry.objects.order_by("seq")[before:])
    assert [(e.verb, e.account, e.case) for e in entries] == [("consult", circle.it.pk, case.pk)]


def test_a_step_is_done_when_it_has_results_that_the_officer_sees(case, circle, django_assert_num_queries):
    officer = circle.officer(circle.it)
    with acting(officer, Act.RECEIVE, case.as_thing(), VI, step="intake"):
        Media.objects.create(case=case, owner=circle.agencies.it, number=1, source="test")
        Clue.objects.create(
            case=case, owner=circle.agencies.it, kind="mains_hz", value=50, group="device", because="hum",
            codes="H2", made_by=circle.it,
        )  # fmt: skip
    assign(officer, VI, case, circle.fr, part=Part.MEMBER)
    with guard.scope(officer, VI), django_assert_num_queries(1):
        mine = {s["slug"]: s["state"] for s in steps_of(case, "locate")}
    with guard.scope(circle.officer(circle.fr), VI):
        theirs = {s["slug"]: s["state"] for s in steps_of(case, "locate")}
    assert set(mine) == set(STEP_NAMES)
    assert (mine["intake"], mine["match"], mine["examine"], mine["locate"]) == ("done", "", "done", "here")
    assert (theirs["intake"], theirs["examine"]) == ("done", "")  # H2 of another agency is not felt either


def test_the_log_is_for_the_data_protection_officer(client, case, circle):
    client.force_login(circle.it)
    refused = client.get(reverse("log"))
    assert refused.status_code == 403
    assert seen(refused.content, "does not allow to audit")
    client.force_login(circle.it_dpo)
    page = client.get(reverse("log"))
    assert page.status_code == 200
    assert seen(page.content, "Every entry is intact")
    assert seen(page.content, "denied")


def test_a_changed_log_is_named_on_its_page(client, case, circle):
    with guard.system("test tampers"):
        LogEntry.objects.filter(seq=0).update(body='{"seq":0}')
    client.force_login(circle.it_dpo)
    page = client.get(reverse("log"))
    assert seen(page.content, "entry 0 was changed")
    assert not seen(page.content, "Every entry is intact")


def test_the_progress_of_a_job_is_for_its_asker_and_the_members(client, case, circle):
    from entente.casework.match.service import check

    job = check(circle.officer(circle.it), VI, case)
    for account, status in ((circle.it, 200), (circle.dk, 404), (circle.it_admin, 404)):
        client.force_login(account)
        assert client.get(reverse("job", args=[job.pk])).status_code == status


def test_a_polled_job_keeps_its_name_and_leads_to_its_result(client, case, circle):
    from entente.casework.match.service import check

    job = check(circle.officer(circle.it), VI, case)
    client.force_login(circle.it)
    page, result = reverse("job", args=[job.pk]), reverse("match:page", args=[case.pk])
    waiting = client.get(page).content.decode()
    assert "Comparing items" in waiting and "match.check" not in waiting and result not in waiting
    jobs.work(Event(), until_empty=True)
    assert f'href="{result}"' in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("task", "name", "result"),
    [
        ("link.scenes", "Comparing what is seen", "link:page"),
        ("link.cameras", "Comparing items with cameras", "link:cameras"),
        ("link.find", "Looking for the object", "link:found"),
    ],
)
def test_what_is_compared_has_a_name_and_a_page_as_well(client, case, circle, task, name, result):
    job = Job.objects.create(task=task, case=case.pk, account=circle.it, purpose=str(VI), status="done")
    client.force_login(circle.it)
    told = client.get(reverse("job", args=[job.pk])).content.decode()
    assert name in told and f'href="{reverse(result, args=[case.pk])}' in told
    assert (f"?of={job.pk}" in told) is (task == "link.find")


@pytest.mark.parametrize("page", ["board", "lists", "requests"])
def test_a_list_outside_any_case_is_not_read_without_an_entry(client, circle, page):
    client.force_login(circle.it)
    assert client.get(reverse(page)).status_code == 200
    with guard.system("test"):
        (entry,) = LogEntry.objects.all()
        assert (entry.verb, entry.told["reason"], entry.account) == ("consult", page, circle.it.pk)
