"""Accounts through their services: what holds at once, what waits, what the log says, what ends."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.test import Client
from django.urls import reverse

from entente.records import accounts, guard, log, sessions
from entente.records.models import Account, AccountChange, LogEntry, LoginLink, LogOpening
from entente.vocabulary.agency import Role
from entente.vocabulary.handling import Purpose
from entente.web import doorbook

VI, AUDIT = Purpose.VICTIM_IDENTIFICATION, Purpose.DATA_PROTECTION_AUDIT
CASEWORK = ["victim-identification"]


@pytest.fixture
def admin(circle):
    return circle.officer(circle.it_admin)


@pytest.fixture
def alone(circle):
    """The administrator of an agency that has no second person."""
    kept = circle.make_account(circle.agencies.fr, "FR-9001", ("administrator",))
    return circle.officer(kept)


def told(**which):
    """Return what the log says, without whose account or request it was."""
    whose = re.compile(r"; (account|request) [0-9a-f-]{36}")
    with guard.system("read the log in a test"):
        entries = LogEntry.objects.filter(step="accounts", **which)
        return [(e.verb, whose.sub("", e.told["reason"])) for e in entries]


def roles(account):
    return Account.objects.get(pk=account.pk).roles


def test_a_new_account_waits_for_the_second_person_and_then_holds(circle, admin):
    change = accounts.make(admin, VI, "IT-2001", ["examiner"], CASEWORK)
    assert isinstance(change, AccountChange)
    assert not Account.objects.filter(username="IT-2001").exists()
    made = accounts.confirm(circle.officer(circle.it_dpo), AUDIT, change)
    assert (made.username, made.roles, made.agency) == ("IT-2001", ["examiner"], circle.agencies.it)
    assert not made.has_usable_password()
    assert told() == [("admin", "make: examiner; waits for a second person"), ("admin", "confirm: make")]


def test_where_there_is_no_second_person_it_holds_at_once_and_the_log_says_so(circle, alone):
    made = accounts.make(alone, VI, "FR-2001", ["examiner"], CASEWORK)
    assert isinstance(made, Account)
    assert told() == [("admin", "make: examiner; no second person is there")]


def test_the_log_names_no_account_in_clear_and_forgets_what_was_done_to_one(circle, admin):
    whose = str(circle.it.pk)
    accounts.confirm(circle.officer(circle.it_dpo), AUDIT, accounts.reset_keys(admin, VI, circle.it))
    doorbook.write(circle.it, "logged in")
    with guard.system("read the log in a test"):
        entries = list(LogEntry.objects.all())
        assert not [e for e in entries if whose in e.body or str(e.thing) == whose]
        assert len([e for e in entries if whose in e.told["reason"]]) == 2
        own = LogOpening.objects.filter(officer=whose).count()
    with transaction.atomic():
        gone = log.forget(circle.officer(circle.it_dpo), AUDIT, account=circle.it.pk)
    assert gone == own + 2 and log.verify().faults == ()
    with guard.system("read the log in a test"):
        assert not LogOpening.objects.filter(reason__contains=whose).exists()


def test_more_rights_wait_and_fewer_hold_at_once(circle, admin):
    more = accounts.set_rights(admin, VI, circle.it, ["examiner", "investigator"], CASEWORK)
    assert isinstance(more, AccountChange)
    assert roles(circle.it) == ["examiner"]
    accounts.refuse(circle.officer(circle.it_dpo), AUDIT, more)
    assert roles(circle.it) == ["examiner"]
    circle.it_second.roles = ["examiner", "investigator"]
    circle.it_second.save()
    accounts.set_rights(admin, VI, circle.it_second, ["investigator"], CASEWORK)
    assert roles(circle.it_second) == ["investigator"]


def test_what_was_decided_is_not_decided_again(circle, admin):
    change = accounts.make(admin, VI, "IT-2001", ["examiner"], CASEWORK)
    dpo = circle.officer(circle.it_dpo)
    accounts.refuse(dpo, AUDIT, change)
    with pytest.raises(accounts.NotDone, match="decided already"):
        accounts.confirm(dpo, AUDIT, change)
    assert not Account.objects.filter(username="IT-2001").exists()


def test_who_asked_does_not_confirm_and_another_agency_neither(circle, admin):
    change = accounts.make(admin, VI, "IT-2001", ["examiner"], CASEWORK)
    foreign = circle.make_account(circle.agencies.fr, "FR-9001", ("administrator",))
    for who in (admin, circle.officer(foreign), circle.officer(circle.it)):
        with pytest.raises(guard.Denied):
            accounts.confirm(who, VI, change)
    assert AccountChange.objects.get().state == "waiting"
    assert [verb for verb, _ in told()] == ["admin", "denied", "denied", "denied"]


def test_rights_are_judged_again_when_they_are_confirmed(circle, admin):
    change = accounts.make(admin, VI, "IT-2001", ["examiner"], CASEWORK)
    circle.it_admin.roles = ["examiner"]  # who asked keeps no accounts any more
    circle.it_admin.save()
    with pytest.raises(accounts.NotDone, match="may not do this any more"):
        accounts.confirm(circle.officer(circle.it_dpo), AUDIT, change)


ACTS = {
    "rights": lambda o, a: accounts.set_rights(o, VI, a, ["investigator"], CASEWORK),
    "close": lambda o, a: accounts.close(o, VI, a),
    "reopen": lambda o, a: accounts.reopen(o, VI, a),
    "reset": lambda o, a: accounts.reset_keys(o, VI, a),
    "link": lambda o, a: accounts.enrolment_link(o, VI, a),
    "end": lambda o, a: accounts.end_sessions(o, VI, a),
}


@pytest.mark.parametrize("act", ACTS)
def test_the_matrix_of_acts_on_the_accounts_of_others(circle, admin, act):
    """Every act: the administrator of the agency may, on others' accounts; all the rest is a denial."""
    foreign = circle.officer(circle.make_account(circle.agencies.fr, "FR-9001", ("administrator",)))
    before = list(Account.objects.order_by("pk").values())
    for who, whom in [
        (foreign, circle.it),
        (admin, circle.fr),
        (admin, circle.it_admin),
        (circle.officer(circle.it), circle.it_second),
        (circle.officer(circle.it_dpo), circle.it),
        (circle.officer(circle.it_second), circle.it_second),
    ]:
        with pytest.raises(guard.Denied):
            ACTS[act](who, whom)
        assert told()[-1][0] == "denied"
    assert list(Account.objects.order_by("pk").values()) == before
    assert not LoginLink.objects.exists() and not AccountChange.objects.exists()
    ACTS[act](admin, circle.it)
    assert told()[-1][0] == "admin"


def test_an_administrator_makes_neither_themself_nor_a_keeper_an_examiner(circle, admin):
    with pytest.raises(guard.Denied, match="own account"):
        accounts.set_rights(admin, VI, circle.it_admin, ["examiner"], CASEWORK)
    with pytest.raises(guard.Denied, match="no other role"):
        accounts.set_rights(admin, VI, circle.it_second, ["examiner", "administrator"], CASEWORK)
    with pytest.raises(guard.Denied, match="no coordinator"):
        accounts.set_rights(admin, VI, circle.it, ["coordinator"], CASEWORK)


def test_a_closed_account_is_out_at_its_next_request_and_a_changed_role_holds_there(circle, admin):
    browser = Client()
    browser.force_login(circle.it)
    assert browser.get(reverse("board")).status_code == 200
    assert len(sessions.of_account(circle.it.pk)) == 1
    accounts.close(admin, VI, circle.it)
    assert browser.get(reverse("board")).status_code == 302
    assert sessions.of_account(circle.it.pk) == []
    other = Client()
    other.force_login(circle.it_second)
    page = other.get(reverse("board"))
    assert page.context["officer"].roles == {Role.INVESTIGATOR}
    Account.objects.filter(pk=circle.it_second.pk).update(roles=["prosecutor"])
    assert other.get(reverse("board")).context["officer"].roles == {Role.PROSECUTOR}


def test_keys_that_are_taken_away_take_log_ins_links_and_password_with_them(circle, alone):
    browser = Client()
    browser.force_login(circle.fr)
    Authenticator.objects.create(user=circle.fr, type="totp", data={"secret": "x"})
    with pytest.raises(accounts.NotDone, match="keys of its own"):
        accounts.enrolment_link(alone, VI, circle.fr)
    old = LoginLink.issue(circle.fr)
    accounts.reset_keys(alone, VI, circle.fr)
    assert browser.get(reverse("board")).status_code == 302
    assert LoginLink.redeem(old) is None
    assert not Account.objects.get(pk=circle.fr.pk).has_usable_password()
    assert LoginLink.redeem(accounts.enrolment_link(alone, VI, circle.fr)) == circle.fr
