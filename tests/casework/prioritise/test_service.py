"""What first and who is on it: the order follows the facts, and a membership ends at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from entente.casework.intake.service import open_case
from entente.casework.prioritise.service import NotAssigned, assign, facts_of, rank, set_risk, take_off
from entente.records import guard
from entente.records.act import acting
from entente.records.models import Case, Clue, Job, LogEntry, Media, Membership, Milestone, Priority
from entente.safeguards.access import Act
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION


@pytest.fixture
def other(circle, case) -> Case:
    return open_case(
        circle.officer(circle.it), VI, number="IT-2026-002", title="Operation Oak", victim_number="V-002",
        discovered_at=datetime.now(UTC),
    )  # fmt: skip


def write(circle, case, make) -> None:
    with acting(circle.officer(circle.it), Act.ALTER, case.as_thing(), VI, step="test"):
        make()


def order(circle, *cases) -> list[str]:
    scores = {c.number: rank(circle.officer(circle.it), VI, c).total for c in cases}
    return sorted(scores, key=lambda n: -scores[n])


def test_the_order_changes_when_a_fact_does(circle, case, other):
    for n in range(3):
        write(circle, case, lambda n=n: Clue.objects.create(
            case=case, owner=circle.agencies.it, made_by=circle.it, kind="mains_hz", value=50,
            group="device", because=f"hum {n}"))  # fmt: skip
    assert order(circle, case, other) == ["IT-2026-001", "IT-2026-002"]
    write(circle, other, lambda: Media.objects.create(
        case=other, owner=circle.agencies.it, number=1, source="x", known="new"))  # fmt: skip
    set_risk(circle.officer(circle.it), VI, other, at_risk=True, because="a new film of today")
    assert order(circle, case, other) == ["IT-2026-002", "IT-2026-001"]


def test_each_point_has_its_reason_and_the_sum_is_theirs(circle, case):
    scored = rank(circle.officer(circle.it), VI, case)
    assert scored.total == pytest.approx(sum(f["points"] for f in scored.factors))
    assert all(f["text"] for f in scored.factors)


def test_a_score_is_kept_again_only_when_it_changed(circle, case):
    officer = circle.officer(circle.it)
    assert rank(officer, VI, case).pk == rank(officer, VI, case).pk
    set_risk(officer, VI, case, at_risk=True, because="a new film of today")
    with guard.system("test"):
        assert Priority.objects.count() == 2


def test_a_time_without_an_offset_is_not_compared(circle, case):
    for number, taken in enumerate(["2026-05-01T10:00:00", "2026-04-01T10:00:00+02:00", "", None], 1):
        write(circle, case, lambda n=number, t=taken: Media.objects.create(
            case=case, owner=circle.agencies.it, number=n, source="x", metadata={"taken_at": t}))  # fmt: skip
    with guard.scope(circle.officer(circle.it), VI):
        assert facts_of(case, circle.agencies.it.pk).taken == datetime(2026, 4, 1, 8, tzinfo=UTC)


def test_a_child_at_risk_needs_its_reason(circle, case):
    with pytest.raises(NotAssigned, match="say why"):
        set_risk(circle.officer(circle.it), VI, case, at_risk=True, because=" ")


def test_assigning_lets_in_and_taking_off_ends_at_once(circle, case):
    officer = circle.officer(circle.it)
    membership = assign(officer, VI, case, circle.fr, part=Part.MEMBER, task="the coast")
    before = circle.officer(circle.fr)
    with guard.scope(before, VI):
        assert Case.objects.count() == 1
    with guard.system("test"):
        assert Milestone.objects.filter(case=case, stage="prioritised").exists()
        body = LogEntry.objects.order_by("-seq").first().body
    assert str(circle.agencies.fr.pk) in body
    take_off(officer, VI, membership)
    with guard.scope(before, VI):  # even the view of the law that was loaded before
        assert Case.objects.count() == 0
    with guard.scope(circle.officer(circle.fr), VI):
        assert Case.objects.count() == 0
    with pytest.raises(guard.Denied):
        rank(circle.officer(circle.fr), VI, case)


def test_assigning_again_changes_part_and_task_and_adds_no_row(circle, case):
    officer = circle.officer(circle.it)
    assign(officer, VI, case, circle.fr, part=Part.READER)
    assign(officer, VI, case, circle.fr, part=Part.MEMBER, task="the coast")
    with guard.system("test"):
        held = Membership.objects.get(account=circle.fr)
    assert (held.part, held.task) == ("member", "the coast")


def test_the_last_lead_neither_leaves_nor_steps_down(circle, case):
    officer = circle.officer(circle.it)
    with guard.scope(officer, VI):
        lead = Membership.objects.get(account=circle.it)
    with pytest.raises(NotAssigned, match="needs a lead"):
        take_off(officer, VI, lead)
    with pytest.raises(NotAssigned, match="needs a lead"):
        assign(officer, VI, case, circle.it, part=Part.READER)
    assign(officer, VI, case, circle.it_second, part=Part.LEAD)
    take_off(circle.officer(circle.it), VI, lead)
    assert circle.officer(circle.it_second).memberships


def test_an_administrator_is_refused_on_both_sides(circle, case):
    with pytest.raises(NotAssigned, match="administrator"):
        assign(circle.officer(circle.it), VI, case, circle.it_admin, part=Part.MEMBER)
    with pytest.raises(guard.Denied):
        assign(circle.officer(circle.it_admin), VI, case, circle.fr, part=Part.MEMBER)
    with pytest.raises(guard.Denied):
        rank(circle.officer(circle.it_admin), VI, case)


def test_who_does_not_work_for_the_purpose_is_not_put_on_the_case(circle, case):
    elsewhere = circle.make_account(circle.agencies.it, "IT-1009", purposes=["safeguarding"])
    with pytest.raises(NotAssigned, match="purpose"):
        assign(circle.officer(circle.it), VI, case, elsewhere, part=Part.READER)
    with pytest.raises(NotAssigned, match="no case content"):
        assign(circle.officer(circle.it), VI, case, circle.it_dpo, part=Part.READER)


def test_only_a_lead_puts_people_on_a_case(circle, case):
    assign(circle.officer(circle.it), VI, case, circle.fr, part=Part.MEMBER)
    with pytest.raises(guard.Denied, match="member of a case may not grant"):
        assign(circle.officer(circle.fr), VI, case, circle.dk, part=Part.MEMBER)
    with guard.system("test"):
        assert not Membership.objects.filter(account=circle.dk).exists()


def test_the_page_assigns_takes_off_and_says_what_is_wrong(client, circle, case):
    client.force_login(circle.it)
    page = reverse("prioritise:page", args=[case.pk])
    add = reverse("prioritise:assign", args=[case.pk])
    for number in ("FR-0000", circle.it_admin.username, ""):
        answer = client.post(add, {"service_number": number, "part": "member", "task": ""})
        assert answer.status_code == 400
        assert "There is something to mend" in answer.content.decode()
    assert client.post(add, {"service_number": "FR-1001", "part": "member", "task": "coast"}).url == page
    html = client.get(page).content.decode()
    assert "FR-1001" in html
    with guard.system("test"):
        held = Membership.objects.get(account=circle.fr)
    client.post(reverse("prioritise:end", args=[case.pk, held.pk]))
    client.force_login(circle.fr)
    assert client.get(page).status_code == 404


def test_a_member_sees_the_page_without_the_leads_buttons(client, circle, case):
    assign(circle.officer(circle.it), VI, case, circle.fr, part=Part.MEMBER)
    client.force_login(circle.fr)
    html = client.get(reverse("prioritise:page", args=[case.pk])).content.decode()
    assert "Take off" not in html
    assert "Only a lead" in html
    assert not Job.objects.exists()
