"""The queue: a job is taken by one, renewed, taken over from the dead, and given up after three."""

from __future__ import annotations

from datetime import timedelta
from threading import Event
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from entente.records import clock, jobs
from entente.records.models import Job
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
LATER = jobs.LEASE + timedelta(seconds=1)


@pytest.fixture
def ask(circle, monkeypatch):
    """Return a function that puts one job of a task in the queue; the task is what it is given."""

    def put(task=lambda progress: {}, **payload) -> Job:
        monkeypatch.setitem(jobs.TASKS, "test.task", task)
        return jobs.enqueue("test.task", circle.officer(circle.it), VI, **payload)

    return put


def progress_of(circle, job: Job) -> jobs.Progress:
    return jobs.Progress(job, circle.officer(circle.it), VI)


def test_a_job_runs_as_who_asked_for_what_was_asked_and_leaves_its_result(ask, circle):
    seen = {}

    def task(progress, *, number):
        seen.update(officer=progress.officer.id, purpose=progress.purpose)
        progress.tell(1, 2, "half")
        return {"number": number + 1}

    job = ask(task, number=4)
    assert jobs.work(Event(), until_empty=True) == 1
    job.refresh_from_db()
    assert seen == {"officer": circle.it.pk, "purpose": VI}
    assert (job.status, job.result, job.done, job.total, job.note) == ("done", {"number": 5}, 1, 2, "half")
    assert job.ended_at
    assert job.lease_until is None


def test_a_taken_job_is_nobody_elses_while_its_lease_lasts(ask):
    ask()
    assert jobs.take("first")
    assert jobs.take("second") is None


def test_the_most_pressing_job_comes_first_then_the_oldest(ask):
    first, second, urgent = ask(), ask(), ask(priority=5)
    assert [jobs.take("w").pk for _ in range(3)] == [urgent.pk, first.pk, second.pk]


def test_only_the_job_that_is_named_is_taken(ask):
    ask()
    mine = ask()
    assert jobs.take("w", only=mine).pk == mine.pk
    assert jobs.take("w", only=mine) is None


def test_the_job_of_a_killed_worker_is_picked_up_again(ask, circle):
    ask()
    dead = jobs.take("dead")
    with clock.at(clock.now() + LATER):
        heir = jobs.take("heir")
        assert (heir.pk, heir.worker, heir.attempts) == (dead.pk, "heir", 2)
        assert heir.token == dead.token + 1
        with pytest.raises(jobs.LeaseLost):
            progress_of(circle, dead).tell(1, 1)
        progress_of(circle, heir).tell(1, 1)


def test_a_worker_that_lost_its_lease_writes_no_result(ask, circle):
    def task(progress):
        with clock.at(clock.now() + LATER):
            assert jobs.take("heir")
        return {"from": "the one who slept"}

    job = ask(task)
    assert not jobs.run(jobs.take("sleeper"))
    job.refresh_from_db()
    assert (job.status, job.worker, job.result) == ("running", "heir", {})


def test_telling_renews_the_lease(ask, circle):
    ask()
    job = jobs.take("w")
    with clock.at(clock.now() + LATER / 2):
        progress_of(circle, job).tell(1, 9)
    with clock.at(clock.now() + LATER):
        assert jobs.take("other") is None


def test_a_lease_that_could_not_be_renewed_is_renewed_the_next_time(ask, monkeypatch):
    ask()
    job, ended, tried = jobs.take("w"), Event(), []

    class Rows:
        def update(self, lease_until):
            tried.append(lease_until)
            if len(tried) == 1:
                raise OperationalError("database table is locked")
            ended.set()

    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=0.06))
    monkeypatch.setattr(jobs.Job, "objects", SimpleNamespace(filter=lambda **_: Rows()))
    jobs._keep_alive(job, ended).join(timeout=10)
    assert len(tried) == 2


def test_a_job_that_kills_three_workers_is_given_up_with_a_sentence(ask):
    job, moment = ask(), clock.now()
    for n in range(jobs.ATTEMPTS):
        with clock.at(moment + n * LATER):
            assert jobs.take(f"w{n}")
    with clock.at(moment + jobs.ATTEMPTS * LATER):
        assert jobs.take("w") is None
    job.refresh_from_db()
    assert job.status == "failed"
    assert "gave up" in job.error


def test_a_stopped_job_goes_back_and_costs_no_attempt(ask):
    stop = Event()

    def task(progress):
        stop.set()
        progress.tell(0, 1)
        return {"never": "reached"}

    job = ask(task)
    assert jobs.work(stop) == 0
    job.refresh_from_db()
    assert (job.status, job.attempts, job.result) == ("ready", 0, {})
    assert jobs.take("next").pk == job.pk


def test_a_fault_of_a_job_is_its_result_and_the_worker_goes_on(ask):
    def faulty(progress, *, bad):
        if bad:
            raise ValueError("the third page is missing: scan it again")
        return {"good": True}

    bad, good = ask(faulty, bad=True), ask(faulty, bad=False)
    assert jobs.work(Event(), until_empty=True) == 1
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, good.status) == ("failed", "done")
    assert bad.error == "ValueError: the third page is missing: scan it again"
    assert bad.ended_at
    assert bad.lease_until is None


def test_an_unknown_task_fails_and_stops_nobody(ask, circle):
    job = jobs.enqueue("no.such.task", circle.officer(circle.it), VI)
    assert jobs.work(Event(), until_empty=True) == 0
    job.refresh_from_db()
    assert job.status == "failed"
    assert "no.such.task" in job.error


def test_the_job_of_an_account_that_was_closed_does_nothing(ask, circle):
    ran = []
    job = ask(lambda progress: ran.append(1) or {})
    circle.it.is_active = False
    circle.it.save()
    assert not jobs.run(jobs.take("w"))
    job.refresh_from_db()
    assert ran == []
    assert "was closed" in job.error


def test_the_same_work_is_not_queued_twice_while_it_waits(circle, case):
    officer = circle.officer(circle.it)
    first = jobs.enqueue_once("match.check", officer, VI, case=case.pk)
    assert jobs.enqueue_once("match.check", officer, VI, case=case.pk).pk == first.pk
    other = jobs.enqueue_once("match.check", officer, Purpose.SAFEGUARDING, case=case.pk)
    assert other.pk != first.pk and other.purpose == str(Purpose.SAFEGUARDING)
    jobs.take("w", only=first)
    assert jobs.enqueue_once("match.check", officer, VI, case=case.pk).pk != first.pk


def test_two_tasks_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"two tasks are called match\.check"):
        jobs.task("match.check")(lambda progress: {})
