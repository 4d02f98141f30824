"""Clocks, reasons to keep, silence, restriction; what is erased is gone everywhere, provably."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import pytest
from django.apps import apps
from tests.evidence.drawn import encoded, scene

from entente.casework import flow
from entente.casework.intake.service import Intake, evidence_store, receive
from entente.records import clock, guard, jobs, log, retention
from entente.records.erasure import THE_DESK, NotErased, erase, erase_by_clock
from entente.records.models import (
    Case,
    CaseBound,
    Clue,
    Disclosure,
    Job,
    KeepReview,
    LogEntry,
    Media,
    Notice,
    Product,
    Restriction,
    Retention,
    Tombstone,
)
from entente.safeguards.retention import Fate
from entente.vocabulary.handling import Purpose

VI, AUDIT = Purpose.VICTIM_IDENTIFICATION, Purpose.DATA_PROTECTION_AUDIT


@pytest.fixture
def filled(circle, case, tmp_path):
    """Italy's case with two kept pictures, a clue of the first, and a product that quotes the clue."""
    folder = tmp_path / "disk"
    folder.mkdir()
    for n in (1, 2):
        (folder / f"{n}.png").write_bytes(encoded(scene(seed=n), "PNG"))
    receive(circle.officer(circle.it), VI, case, [folder], Intake("a disk"))
    jobs.work(Event(), until_empty=True)
    made = {"case": case, "owner": circle.agencies.it, "made_by": circle.it}
    with guard.system("fill a case, in a test"):
        first, second = Media.objects.filter(case=case).order_by("number")
        clue = Clue.objects.create(
            media=first,
            kind="country",
            value="IT",
            group="objects",
            source="s",
            because="b",
            method="m",
            version="1",
            state="confirmed",
            **made,
        )
        product = Product.objects.create(
            number=1,
            facts={"sources": [{"row": str(clue.pk)}]},
            sha256="0" * 64,
            issued_at=clock.now(),
            **made,
        )
        sent = Disclosure.objects.create(
            to=circle.agencies.fr, what="product 1", thing=product.pk, held=[str(clue.pk)], **made
        )
    circle.case, circle.first, circle.second, circle.clue, circle.sent = case, first, second, clue, sent
    return circle


def clock_of(circle) -> Retention:
    with guard.scope(circle.officer(circle.it_dpo), AUDIT):
        return Retention.objects.get(case=circle.case.pk, thing=None)


def everything(case) -> dict[str, int]:
    models = [m for m in apps.get_models() if issubclass(m, CaseBound)]
    with guard.system("count all rows of a case, in a test"):
        return {m.__name__: n for m in models if (n := m._base_manager.filter(case_id=case.pk).count())}


@pytest.mark.django_db(transaction=True)
def test_an_erased_item_is_gone_with_all_that_hangs_on_it_and_quotes_it(filled):
    pk, key, other = filled.first.pk, filled.first.key, filled.second.key
    stone = erase(filled.officer(filled.it), VI, filled.first, "it was an officer's own photograph")
    store = evidence_store()
    assert not store.has(key) and store.check(other)
    with guard.system("look for what is left, in a test"):
        assert list(Media.objects.all()) == [filled.second]
        assert not Clue.objects.exists() and not Product.objects.exists()
        told = Notice.objects.filter(kind="erasure")
        assert [(n.addressed_id, n.about) for n in told] == []  # the disclosure held the clue, not the item
    with guard.scope(filled.officer(filled.it_dpo), AUDIT):
        (held,) = Tombstone.objects.all()
        assert (held.pk, held.what, held.thing) == (stone.pk, "media", pk)
        assert held.destroyed_at and held.keys == [] and held.rows >= 3
    with guard.system("the entry that proves it"):
        assert LogEntry.objects.get(seq=held.entry).verb == "erase"
    assert log.verify().faults == ()


def test_past_recipients_of_what_was_erased_are_told_to_erase_it(filled):
    erase(filled.officer(filled.it), VI, filled.clue, "it was wrong")
    with guard.scope(filled.officer(filled.fr), VI):
        (told,) = Notice.objects.all()
        assert (told.kind, told.about) == ("erasure", filled.sent.pk)


@pytest.mark.django_db(transaction=True)
def test_an_erased_case_leaves_a_tombstone_and_no_key(filled):
    keys = [filled.first.key, filled.second.key]
    erase(filled.officer(filled.it), VI, filled.case, "the court ordered it")
    assert everything(filled.case) == {}
    store = evidence_store()
    assert not any(store.check(k) for k in keys)
    with guard.system("look for what is left, in a test"):
        assert not Case.objects.exists()
        assert Retention.objects.get().erased_at is not None
        assert Tombstone.objects.get().destroyed_at is not None
    assert log.verify().faults == ()


@pytest.mark.django_db(transaction=True)
def test_a_machine_that_dies_before_the_keys_go_finishes_it_afterwards(filled, monkeypatch):
    monkeypatch.setattr(flow, "destroy", lambda: None)
    erase(filled.officer(filled.it), VI, filled.first, "wrong")
    assert evidence_store().check(filled.first.key)
    monkeypatch.undo()
    flow.tend()
    assert not evidence_store().has(filled.first.key)


def test_only_the_originator_s_lead_erases_and_only_with_a_reason(filled):
    with pytest.raises(NotErased, match="reason"):
        erase(filled.officer(filled.it), VI, filled.first, " ")
    for who in (filled.it_second, filled.fr, filled.it_dpo):
        with pytest.raises(guard.Denied):
            erase(filled.officer(who), VI, filled.first, "no")
    with guard.system("a partner's item, in a test"):
        Media.objects.filter(pk=filled.second.pk).update(owner=filled.agencies.dk)
        filled.second.refresh_from_db()
    with pytest.raises(guard.Denied, match="originator"):
        erase(filled.officer(filled.it), VI, filled.second, "no")


# --- clocks ------------------------------------------------------------------------------------------------


def test_a_case_has_its_clock_from_the_first_moment_and_only_the_dpo_keeps_it(filled):
    held = clock_of(filled)
    assert held.due.year == filled.case.opened_at.year + 3
    for who in (filled.it, filled.fr):
        with guard.scope(filled.officer(who), VI):
            assert not Retention.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_owner_is_asked_once_and_silence_erases(filled):
    held = clock_of(filled)
    with clock.at(held.due - timedelta(days=30)):
        assert retention.sweep() == {"asked": 1, "erased": 0, "restricted": 0}
        assert retention.sweep()["asked"] == 0
    with guard.scope(filled.officer(filled.it), VI):
        assert [n.kind for n in Notice.objects.filter(addressed=filled.agencies.it)] == ["retention"]
    with clock.at(held.due):
        assert retention.sweep()["erased"] == 1
    with guard.system("look for what is left, in a test"):
        assert not Case.objects.exists()
        entry = LogEntry.objects.get(verb="erase")
        assert entry.agency_id == filled.agencies.it.pk
        assert Tombstone.objects.get().because == "silence erases"


def test_a_reason_in_time_keeps_and_a_late_one_does_not(filled):
    held, lead = clock_of(filled), filled.officer(filled.it)
    with pytest.raises(retention.NotKept, match="reason"):
        retention.keep(lead, VI, filled.case, " ")
    with clock.at(held.due - timedelta(days=1)):
        again = retention.keep(lead, VI, filled.case, "the search goes on")
        assert again.due > held.due
    with guard.system("the reason is kept"):
        assert KeepReview.objects.get().reason == "the search goes on"
    with clock.at(again.due), pytest.raises(retention.NotKept, match="passed"):
        retention.keep(lead, VI, filled.case, "too late")


@pytest.mark.django_db(transaction=True)
def test_a_provider_s_limit_binds_whatever_is_decided_about_the_case(filled):
    soon = clock.now() + timedelta(days=10)
    held = retention.limit(filled.officer(filled.it), VI, filled.second, soon)
    assert held.due == soon
    with clock.at(soon - timedelta(days=1)):
        retention.keep(filled.officer(filled.it), VI, filled.case, "needed")
    with clock.at(soon):
        assert retention.sweep()["erased"] == 1
    with guard.system("look for what is left, in a test"):
        assert [m.pk for m in Media.objects.all()] == [filled.first.pk]


def test_a_ground_restricts_instead_of_erasing(filled):
    held, dpo = clock_of(filled), filled.officer(filled.it_dpo)
    with pytest.raises(retention.NotKept, match="ground"):
        retention.restrict(dpo, AUDIT, held, "because we like it", "no")
    retention.restrict(dpo, AUDIT, held, "its accuracy is contested", "a letter of 3 May")
    with clock.at(held.due):
        assert retention.fate_of(held) is Fate.RESTRICT
        assert retention.sweep() == {"asked": 0, "erased": 0, "restricted": 1}
        assert retention.lift(dpo, AUDIT, held) == 1
        assert retention.fate_of(held) is Fate.ERASE
    assert not Restriction.objects.filter(lifted_at=None).exists()


def test_no_task_works_on_a_case_that_is_restricted(filled, tmp_path):
    """What came in just before is neither compared nor searched for scenes; each job says why."""
    folder = tmp_path / "later"
    folder.mkdir()
    (folder / "3.png").write_bytes(encoded(scene(seed=3), "PNG"))
    officer = filled.officer(filled.it)
    assert jobs.run(jobs.take("test", only=receive(officer, VI, filled.case, [folder], Intake("a disk"))))
    retention.restrict(
        filled.officer(filled.it_dpo), AUDIT, clock_of(filled), "its accuracy is contested", "b"
    )
    before = everything(filled.case)
    tasks = ("match.check", "match.scenes", "link.scenes", "prioritise.rank", "locate.weigh")
    asked = {task: jobs.enqueue_once(task, officer, VI, case=filled.case.pk) for task in tasks}
    jobs.work(Event(), until_empty=True)
    errors = dict(Job.objects.filter(task__in=asked, status="failed").values_list("task", "error"))
    assert set(errors) == set(tasks), "each has something to write"
    assert all("only read" in error for error in errors.values()), errors
    assert everything(filled.case) == before


def test_the_data_protection_officer_of_another_agency_runs_no_clock(filled):
    held = clock_of(filled)
    dpo = filled.make_account(filled.agencies.fr, "FR-9002", ("data protection officer",), [str(AUDIT)])
    with pytest.raises(guard.Denied):
        erase_by_clock(filled.officer(dpo), AUDIT, held, "curious")
    with pytest.raises(guard.Denied):
        erase_by_clock(THE_DESK(filled.agencies.fr.pk), AUDIT, held, "curious")
