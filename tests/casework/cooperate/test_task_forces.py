"""Task forces: seats, datasets, and a board counted from what is recorded, which tells no small number."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from entente.casework.cooperate.funnel import LEAST, Level, beside, ladder, levels, outside
from entente.casework.cooperate.service import ask, task_forces
from entente.casework.intake.service import open_case
from entente.casework.link import service as link
from entente.records import clock, erasure, guard
from entente.records.models import Case, ForceDataset, LogEntry, Media, Milestone, Seat, Series, TaskForce
from entente.safeguards.retention import review_due
from entente.vocabulary.case import Stage
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION


# --- arithmetic -------------------------------------------------------------------------------------------


def test_a_level_is_read_from_the_clock_and_from_what_was_sent():
    assert levels([], sent=False) == {Level.DATASET}
    assert levels([Stage.REGION, Stage.PRIORITISED], sent=True) == {Level.DATASET, Level.COUNTRY, Level.SENT}
    assert levels([Stage.HOME, Stage.SAFE], sent=False) == {Level.DATASET, Level.IDENTITY, Level.SAFE}


def test_of_few_datasets_nothing_is_told_and_one_more_or_less_makes_no_difference():
    few = [outside(ladder([{Level.DATASET}] * n)) for n in range(LEAST)]
    assert all(told == dict.fromkeys(Level) for told in few)
    assert outside(dict(zip(Level, [12, 11, 6, 5, 0], strict=True))) == dict(
        zip(Level, [12, None, 6, None, 0], strict=True)
    )


@given(st.lists(st.sampled_from(list(Level)), max_size=40))
def test_no_number_that_is_told_and_no_difference_of_two_is_of_one_to_four(reached):
    told = [n for n in outside(ladder({level} for level in reached)).values() if n is not None]
    assert not any(0 < n < LEAST for n in told)
    assert not any(0 < a - b < LEAST for a in told for b in told)


@given(*[st.lists(st.sampled_from(list(Level)), max_size=20)] * 2)
def test_who_takes_its_own_off_is_left_with_no_number_of_one_to_four(own, others):
    ours, theirs = ladder({level} for level in own), ladder({level} for level in others)
    told = beside(ladder({level} for level in (*own, *others)), theirs)
    left = [n - ours[level] for level, n in told.items() if n is not None]
    assert not any(0 < n < LEAST for n in left) and not any(0 < a - b < LEAST for a in left for b in left)


# --- seats and datasets -----------------------------------------------------------------------------------


@pytest.fixture
def centre(circle):
    """A coordinator of the centre."""
    return circle.make_account(circle.agencies.eu, "EU-2001", ("coordinator",))


def forced(circle, centre, *joined, circle_known=False):
    """Open a task force; return it with the seats of those who joined."""
    who = circle.officer(centre)
    force = task_forces.open_force(who, VI, name="Spring", about="new series", circle_known=circle_known)
    taken = []
    for account in joined:
        seat = task_forces.invite(who, VI, force, account.agency)
        taken.append(task_forces.answer(circle.officer(account), VI, seat, join=True))
    return force, taken


def board(circle, account, of):
    who = circle.officer(account)
    with guard.scope(who, VI):
        return task_forces.board_of(of) if isinstance(of, TaskForce) else task_forces.board_at(who, of)


def further(circle, account, number, **more):
    return open_case(
        circle.officer(account),
        VI,
        number=number,
        title="Operation Fir",
        victim_number="V-9",
        discovered_at=datetime(2026, 6, 1, tzinfo=UTC),
        **more,
    )


def test_a_coordinator_alone_opens_and_invites(circle, centre):
    for account in (circle.it, circle.eu):
        with pytest.raises(task_forces.NotInForce, match="coordinator"):
            task_forces.open_force(circle.officer(account), VI, name="x", about="y")
    force, _ = forced(circle, centre)
    with pytest.raises(task_forces.NotInForce, match="coordinator"):
        task_forces.invite(circle.officer(circle.eu), VI, force, circle.agencies.it)
    with pytest.raises(task_forces.NotInForce):
        task_forces.invite(circle.officer(centre), VI, force, circle.agencies.eu)
    seat = task_forces.invite(circle.officer(centre), VI, force, circle.agencies.it)
    with pytest.raises(task_forces.NotInForce, match="coordinator"):
        task_forces.end_seat(circle.officer(circle.eu), VI, seat, "x")
    assert task_forces.end_seat(circle.officer(centre), VI, seat, "the work is done").state == "ended"
    with pytest.raises(task_forces.NotInForce, match="has ended"):
        task_forces.end_seat(circle.officer(circle.it), VI, seat, "we leave")


def test_the_board_follows_what_is_recorded_and_the_centre_sees_no_case(circle, centre, case):
    force, (seat,) = forced(circle, centre, circle.it)
    it = circle.officer(circle.it)
    task_forces.bring(it, VI, seat, case)
    assert [(str(d), level) for d, level in board(circle, centre, force).rows] == [("D-1", Level.DATASET)]
    with guard.system("a stage in a test"):
        Milestone.reach(case, Stage.REGION, "in a test")
    assert board(circle, centre, force).counts[Level.COUNTRY] == 1
    due = review_due(clock.now())
    ask(it, VI, case, question="Whose?", agencies=[circle.agencies.dk], due=due)
    assert [level for _, level in board(circle, centre, force).rows] == [Level.SENT]
    with guard.system("a stage in a test"):
        Milestone.reach(case, Stage.SAFE, "in a test")
    assert board(circle, circle.it, seat).rows[0][1] is Level.SAFE
    assert board(circle, centre, force).outside == dict.fromkeys(Level)
    with guard.scope(circle.officer(centre), VI):
        assert not Media.objects.exists() and not Milestone.objects.exists()


def test_what_another_agency_sent_of_a_joint_case_moves_nothing_on_the_board(circle, centre, case):
    force, (seat,) = forced(circle, centre, circle.it)
    task_forces.bring(circle.officer(circle.it), VI, seat, case)
    with guard.system("a member of Australia's in a test"):
        case.memberships.create(account=circle.au, part="member")
    due = review_due(clock.now())
    au = circle.officer(circle.au)
    ask(au, VI, case, question="Whose?", agencies=[circle.agencies.dk], due=due, codes=["H2"])
    assert [level for _, level in board(circle, centre, force).rows] == [Level.DATASET]


def test_a_case_of_another_agency_is_not_brought_without_its_release(circle, centre, case):
    _, (seat,) = forced(circle, centre, circle.au)
    with guard.system("a member of Australia's in a test"):
        case.memberships.create(account=circle.au, part="member")
        own = Series.objects.create(case=case, owner=circle.agencies.au, made_by=circle.au, name="S-1")
    au = circle.officer(circle.au)
    with pytest.raises(guard.Denied):
        task_forces.bring(au, VI, seat, case)
    with pytest.raises(task_forces.NotInForce, match="of our own"):
        task_forces.bring(au, VI, seat, case, own)


def test_a_series_is_a_dataset_of_its_own(circle, centre, case):
    _, (seat,) = forced(circle, centre, circle.it)
    it = circle.officer(circle.it)
    with guard.system("an item in a test"):
        item = Media.objects.create(case=case, owner=circle.agencies.it, number=1, source="disk")
    made = link.gather(it, VI, case, [item])
    for what in (None, made, made):
        task_forces.bring(it, VI, seat, case, what)
    assert [str(d) for d, _ in board(circle, circle.it, seat).rows] == ["D-1", "D-2"]


def test_small_numbers_and_restricted_cases_are_told_to_nobody_with_a_seat(circle, centre, case):
    """Five cases are told as five; a restricted sixth changes nothing for the others."""
    force, (italy, denmark) = forced(circle, centre, circle.it, circle.dk)
    it = circle.officer(circle.it)
    assert board(circle, circle.dk, denmark).outside == dict.fromkeys(Level)
    for n in range(LEAST):
        assert board(circle, circle.dk, denmark).outside == dict.fromkeys(Level)
        made = further(circle, circle.it, f"IT-{n}")
        task_forces.bring(circle.officer(circle.it), VI, italy, made)
    assert board(circle, circle.it, italy).outside == dict.fromkeys(Level), (
        "it would learn of none but its own"
    )
    before = board(circle, circle.dk, denmark)
    assert before.outside[Level.DATASET] == LEAST and before.rows == []
    hidden = further(circle, circle.it, "IT-RED", audience="TLP:RED")
    it = circle.officer(circle.it)
    assert task_forces.bring(it, VI, italy, hidden).kept
    task_forces.bring(it, VI, italy, case, kept=True)
    assert board(circle, circle.dk, denmark) == before
    assert board(circle, centre, force).counts[Level.DATASET] == LEAST + 2
    with guard.system("one of the five is restricted after it was brought"):
        Case.objects.filter(pk=made.pk).update(audience="TLP:RED")
    assert board(circle, circle.dk, denmark).outside == dict.fromkeys(Level)
    rows = {d.case_id: d.kept for d, _ in board(circle, centre, force).rows}
    assert rows[made.pk] and sum(not kept for kept in rows.values()) == LEAST - 1


def test_who_is_put_out_loses_the_board_at_once_and_takes_what_it_brought(circle, centre, case):
    force, (italy, denmark) = forced(circle, centre, circle.it, circle.dk)
    task_forces.bring(circle.officer(circle.it), VI, italy, case)
    task_forces.end_seat(circle.officer(centre), VI, italy, "the work is done")
    assert board(circle, centre, force).rows == []
    for act in (board, lambda *a: task_forces.bring(circle.officer(circle.it), VI, italy, case)):
        with pytest.raises(task_forces.NotInForce):
            act(circle, circle.it, italy)
    assert board(circle, circle.dk, denmark).rows == []
    task_forces.invite(circle.officer(centre), VI, force, circle.agencies.it)  # undone: invited anew
    task_forces.answer(circle.officer(circle.it), VI, italy, join=True)
    task_forces.bring(circle.officer(circle.it), VI, italy, case)
    assert [str(d) for d, _ in board(circle, centre, force).rows] == ["D-1"]


def test_a_force_that_ended_shows_no_board_until_it_goes_on(circle, centre):
    force, (italy,) = forced(circle, centre, circle.it)
    who = circle.officer(centre)
    task_forces.turn(who, VI, force, ended=True, because="done")
    with pytest.raises(task_forces.NotInForce):
        board(circle, circle.it, italy)
    task_forces.turn(who, VI, force, ended=False, because="a second week")
    assert board(circle, circle.it, italy).rows == []


def test_a_dataset_is_taken_out_by_its_agency_and_goes_with_the_case(circle, centre, case):
    force, (italy,) = forced(circle, centre, circle.it)
    it = circle.officer(circle.it)
    row = task_forces.bring(it, VI, italy, case)
    with pytest.raises(task_forces.NotInForce, match="only the agency"):
        task_forces.take_out(circle.officer(centre), VI, row, "x")
    task_forces.take_out(it, VI, row, "not ready")
    assert board(circle, centre, force).rows == []
    task_forces.bring(it, VI, italy, case)
    erasure.erase(it, VI, case, "not needed any more")
    with guard.system("look in a test"):
        assert not ForceDataset.objects.exists()


@pytest.mark.parametrize("known", [False, True])
def test_agencies_learn_of_each_other_only_where_the_force_was_opened_so(circle, centre, known):
    _, (italy, _) = forced(circle, centre, circle.it, circle.dk, circle_known=known)
    it = circle.officer(circle.it)
    with guard.scope(it, VI):
        assert [s.addressed.short for s in Seat.objects.all()] == ["IT"]
        assert task_forces.circle_of(it, italy) == (["DK"] if known else [])
        assert not TaskForce.objects.exists()


# --- pages ------------------------------------------------------------------------------------------------


def test_the_pages_open_warn_invite_join_and_bring(client, circle, centre, case):
    client.force_login(centre)
    made = client.post(reverse("task-forces"), {"name": "Spring", "about": "new series"})
    at = made["Location"]
    warned = client.post(at, {"to": str(circle.agencies.au.pk)})
    assert warned.status_code == 400 and "legal basis" in warned.content.decode()
    assert client.post(at, {"to": str(circle.agencies.it.pk)}).status_code == 302
    client.force_login(circle.it)
    assert client.get(at).status_code == 404
    with guard.system("choose in a test"):
        seat = Seat.objects.get()
        before = LogEntry.objects.count()
    there = reverse("seat", args=[seat.pk])
    assert "Spring" in client.get(reverse("task-forces")).content.decode()
    client.post(there, {"do": "join"})
    client.post(there, {"do": "bring", "what": f"case:{case.pk}"})
    page = client.get(there).content.decode()
    assert "D-1" in page and case.number in page and "not told" in page
    client.force_login(circle.it_second)  # of the agency, and not in the case
    assert case.number not in client.get(there).content.decode()
    client.force_login(centre)
    page = client.get(at).content.decode()
    assert "IT D-1" in page and case.number not in page and case.title not in page
    with guard.system("the log in a test"):
        assert LogEntry.objects.count() >= before + 6
    client.force_login(circle.fr)
    assert client.get(there).status_code == 404
