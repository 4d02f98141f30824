"""Persons in the log: behind commitments that open, cannot be guessed, and can be forgotten."""

from __future__ import annotations

import pytest
from django.db import transaction

from entente.records import errand, guard, log
from entente.records.act import acting
from entente.records.models import LogEntry, LogOpening, Note
from entente.safeguards import commitment
from entente.safeguards.access import Act
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
AUDIT = Purpose.DATA_PROTECTION_AUDIT


def note(case, account, circle, reason="a note"):
    with acting(circle.officer(account), Act.ALTER, case.as_thing(), VI, step="examine", reason=reason):
        return Note.objects.create(case=case, owner=account.agency, text="x")


def latest() -> LogEntry:
    with guard.system("test"):
        return LogEntry.objects.select_related("opening").order_by("-seq").first()


def forgotten(circle, **whose):
    with transaction.atomic():
        return log.forget(circle.officer(circle.it_dpo), AUDIT, reason="the officer left", **whose)


def test_equal_values_give_different_commitments_and_the_opening_tells_them(case, circle):
    told = []
    for _ in range(2):
        note(case, circle.it, circle, "the same reason")
        told.append((latest().body, latest().told))
    (one, opened), (two, again) = told
    assert one.count("reason") == 1 and "the same reason" not in one
    for field in LogOpening.PERSONAL:
        assert opened[field] == again[field]
    with guard.system("test"):
        bodies = [e.body for e in LogEntry.objects.all()]
        values = {b[b.index(f'"{f}":"') :][: len(f) + 69] for b in bodies for f in LogOpening.PERSONAL}
    assert len(values) == len(bodies) * len(LogOpening.PERSONAL)
    assert two != one


def test_a_list_of_all_officers_does_not_open_a_commitment_without_its_salt(case, circle):
    note(case, circle.it, circle)
    sealed = latest().body
    officers = [str(a.pk) for a in (circle.it, circle.it_second, circle.dk, circle.it_dpo)]
    salt = bytes.fromhex(latest().opening.officer_salt)
    assert commitment.commit("officer", salt, officers[0]) in sealed
    for guess in (bytes(32), bytes.fromhex(latest().opening.reason_salt), salt[::-1]):
        assert not [o for o in officers if commitment.commit("officer", guess, o) in sealed]
    with pytest.raises(ValueError, match="32 random bytes"):
        commitment.commit("officer", b"short", officers[0])


def test_an_erased_officer_leaves_a_log_that_proves_itself(case, circle):
    for _ in range(2):
        note(case, circle.it, circle)
    before = log.size()
    count = forgotten(circle, account=circle.it.pk)
    assert count >= 3  # the case, and two notes
    assert log.size() == before + 1
    assert log.verify().faults == ()
    with guard.system("test"):
        assert not LogEntry.objects.filter(account=circle.it.pk).exists()
        assert not LogOpening.objects.filter(officer=str(circle.it.pk)).exists()
        erased = LogEntry.objects.filter(seq__lt=before).first()
        assert (erased.told["officer"], erased.told["reason"]) == ("", "")
        assert erased.told["verb"] == "collect"
        assert log.opening(0) == {}
    assert latest().verb == "erase" and latest().told["reason"] == "the officer left"


def test_entries_are_forgotten_by_number_and_only_those_of_ones_own_agency(case, circle):
    for _ in range(3):
        note(case, circle.it, circle)
    assert forgotten(circle, seqs=[1, 2]) == 2
    assert log.verify().faults == ()
    with transaction.atomic():
        assert log.forget(circle.officer(circle.dk), AUDIT, seqs=[0, 3]) == 0
    with pytest.raises(ValueError, match="whose entries"), transaction.atomic():
        log.forget(circle.officer(circle.it_dpo), AUDIT)


def test_what_opens_an_entry_does_not_vanish_in_silence(case, circle):
    note(case, circle.it, circle)
    with guard.system("a test tampers"):
        LogOpening.objects.filter(entry__seq=1).delete()
        LogEntry.objects.filter(seq=1).update(account=None)
    assert log.verify().faults == ("entry 1: what opens it is gone, and no sealed erasure says so",)


@pytest.mark.parametrize("field", ["officer", "session", "reason", "officer_salt", "reason_salt"])
def test_a_wrong_opening_is_a_fault(case, circle, field):
    note(case, circle.it, circle)
    wrong = "0" * 64 if "salt" in field else str(circle.dk.pk)
    with guard.system("a test tampers"):
        LogOpening.objects.filter(entry__seq=1).update(**{field: wrong})
    assert any(f.startswith("entry 1: ") for f in log.verify().faults)


def test_the_states_before_and_after_are_sealed_and_can_be_shown_later(case, circle):
    before, after = {"state": "proposed"}, {"state": "confirmed"}
    with transaction.atomic():
        log.append(
            circle.officer(circle.it), Act.ALTER, case.as_thing(), VI, step="link", before=before, after=after
        )
    salt = bytes.fromhex(latest().opening.state_salt)
    for name, state in (("before", before), ("after", after)):
        assert latest().told[name] == commitment.commit(name, salt, commitment.canonical(state))
    assert log.verify().faults == ()


def test_an_entry_carries_its_session_and_its_request(case, circle):
    with errand.within("a session") as first:
        note(case, circle.it, circle)
        one = latest().told
        with errand.within():
            note(case, circle.it, circle)
            two = latest().told
    assert (one["session"], one["request"]) == ("a session", first.request)
    assert two["session"] == "a session" and two["request"] != one["request"]
    assert len(errand.current().session) == 32


def test_each_request_of_a_page_has_a_name_and_no_key_of_a_session_is_in_the_log(client, case, circle):
    client.force_login(circle.it)
    told = []
    for _ in range(2):
        client.get(f"/cases/{case.pk}/")
        told.append(latest().told)
    assert told[0]["session"] == told[1]["session"]
    assert told[0]["request"] != told[1]["request"]
    with guard.system("test"):
        entries = "".join(f"{e.body}{e.told}" for e in LogEntry.objects.all())
    assert client.session.session_key not in entries
