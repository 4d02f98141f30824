"""Every named limit is reached: by its act or by its address; the refusal says when it goes again."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from entente.records import clock, guard, jobs, limits
from entente.records.act import acting
from entente.records.models import LogEntry, LoginLink, Spent
from entente.safeguards.access import Shape, Thing
from entente.safeguards.limits import LIMITS, TABLE, Limit, of_act
from entente.safeguards.purpose import Act
from entente.vocabulary.agency import Strength
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
# An act for each limit that ``acting`` counts.
ACTS = {
    "looks in clear": (Act.REVEAL, "examine", "look: clear"),
    "grey looks": (Act.REVEAL, "examine", "look: grey"),
    "cross-checks": (Act.MERGE, "crosscheck", "ask all partners"),
    "private cross-checks": (Act.MERGE, "crosscheck", "private: ask a partner"),
    "addresses fetched": (Act.RECEIVE, "crosscheck", "fetch an address"),
    "hash lists imported": (Act.RECEIVE, "match", "import a hash list"),
    "cases opened": (Act.RECEIVE, "intake", "open a case"),
    "receipts of files": (Act.RECEIVE, "intake", "receive: found"),
    "requests written": (Act.RECEIVE, "cooperate", "write a request"),
    "disclosures": (Act.DISCLOSE, "cooperate", "send a request"),
    "exports": (Act.EXPORT, "inform", "leave"),
    "fetches by machines": (Act.EXPORT, "inform", "a machine fetches what was opened"),
    "grants": (Act.GRANT, "prioritise", "assign"),
    "checks of the log": (Act.AUDIT, "log", "log page"),
}
# An address for each limit that the door counts: how it is asked, and who is in.
ADDRESSES = {
    "log-in tries": ("post", "account_login", {}, None, {"login": "IT-1001", "password": "x"}),
    "log-in pages": ("post", "mfa_login_webauthn", {}, None, {}),
    "second-factor tries": ("post", "account_reauthenticate", {}, "it", {"password": "x"}),
    "one-time links": ("post", "enter", {"secret": "x"}, None, {}),
    "answers of a provider": ("get", "oidc", {"agency": "IT"}, None, {}),
    "heads asked for by a witness": ("post", "witness", {}, None, {}),
    "questions of machines": ("get", "taxii-discovery", {}, None, {}),
    "checks of items against lists": ("post", "match:page", {"case_id": ...}, "it", {}),
    "documents made": ("get", "inform:pdf", {"case_id": ..., "product_id": uuid4()}, "it", {}),
}
# below, by their services; a partner's questions in tests/casework/crosscheck/test_private.py
OWN = {"jobs asked for", "changes of accounts", "questions of a partner"}


def fill(limit: Limit, who: object) -> None:
    """Spend all but nothing of the first window."""
    limits.spend(limit, who)
    one, most = Spent.objects.latest("pk"), limit.windows[0].most
    Spent.objects.bulk_create(Spent(limit=one.limit, who=one.who, at=one.at) for _ in range(most - 1))


def denials(**which) -> list[str]:
    with guard.system("read the log in a test"):
        return [e.told["result"] for e in LogEntry.objects.filter(verb="denied", **which)]


def test_every_limit_of_the_table_is_reached_by_a_test():
    assert {limit.name for limit in TABLE} == ACTS.keys() | ADDRESSES.keys() | OWN


@pytest.mark.parametrize("name", ACTS)
def test_an_act_past_its_limit_is_denied_logged_and_goes_again_later(circle, case, name):
    act, step, reason = ACTS[name]
    account, purpose = circle.it, VI
    thing = Thing(Shape.CASE, owner=circle.agencies.it.pk, case=case.pk, id=case.pk)
    if act in {Act.DISCLOSE, Act.EXPORT, Act.GRANT}:
        thing = thing.going_to(circle.agencies.fr.pk)
    if act is Act.AUDIT:
        account, purpose = circle.it_dpo, Purpose.DATA_PROTECTION_AUDIT
        thing = Thing(Shape.LOG, owner=circle.agencies.it.pk)
    limit = of_act(act, step, reason)
    assert limit is LIMITS[name]
    fill(limit, account.pk)
    with (
        pytest.raises(limits.LimitReached) as told,
        acting(circle.officer(account), act, thing, purpose, step=step, reason=reason),
    ):
        raise AssertionError("it was done")  # the limit stands before the act: this line is not reached
    assert f"no more than {limit.windows[0].most} {name}" in str(told.value)
    assert 0 < told.value.wait_seconds <= limit.windows[0].span.total_seconds()
    assert denials(step=step) == ["too often"]
    later = clock.now() + timedelta(seconds=told.value.wait_seconds)
    with clock.at(later), acting(circle.officer(account), act, thing, purpose, step=step, reason=reason):
        pass
    with acting(circle.officer(circle.it_second), Act.READ, Thing(Shape.AGENCY, circle.agencies.it.pk), VI,
                step="x"):  # fmt: skip
        pass  # another officer is not in the way


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_address_past_its_limit_is_429_and_says_when(client, circle, case, name):
    method, address, kwargs, who, data = ADDRESSES[name]
    at = reverse(address, kwargs={k: case.pk if v is ... else v for k, v in kwargs.items()})
    spender: object = "127.0.0.1"
    if who:
        client.force_login(getattr(circle, who))
        spender = circle.it.pk
    if name == "log-in tries":
        spender = "account it-1001"
    if name == "second-factor tries":
        spender = f"account {circle.it.pk.hex}"
    ask = getattr(client, method)
    assert ask(at, data).status_code != 429
    fill(LIMITS[name], spender)
    told = ask(at, data)
    assert told.status_code == 429
    assert 0 < int(told.headers["Retry-After"]) <= LIMITS[name].windows[0].span.total_seconds()
    assert b"it goes again in" in told.content
    assert bool(denials(account=circle.it.pk, step=address[:20])) == bool(who)
    with clock.at(clock.now() + LIMITS[name].windows[0].span + timedelta(seconds=1)):
        assert ask(at, data).status_code != 429


def test_a_page_may_ask_for_so_many_jobs_and_the_workers_own_are_not_counted(circle, case):
    limit = LIMITS["jobs asked for"]
    fill(limit, circle.it.pk)
    page = circle.it.as_officer(Strength.CONFIRMED)
    with pytest.raises(limits.LimitReached):
        jobs.enqueue("link.propose", page, VI, case=case.pk)
    assert jobs.enqueue("link.propose", circle.it.as_officer(), VI, case=case.pk).pk


def test_an_administrator_changes_so_many_accounts(circle):
    from entente.records import accounts

    fill(LIMITS["changes of accounts"], circle.it_admin.pk)
    with pytest.raises(limits.LimitReached):
        accounts.close(circle.officer(circle.it_admin), VI, circle.it)
    circle.it.refresh_from_db()
    assert circle.it.is_active
    assert len(denials(step="accounts")) == 1


def test_a_look_is_counted_for_real_and_the_screen_says_when(client, circle, case):
    client.force_login(circle.it_dpo)
    assert client.get(reverse("log")).status_code == 200
    assert Spent.objects.filter(limit="checks of the log").count() == 1
    fill(LIMITS["checks of the log"], circle.it_dpo.pk)
    told = client.get(reverse("log"))
    assert (told.status_code, "Retry-After" in told.headers) == (429, True)


def test_what_is_undone_is_not_counted_and_a_refusal_does_not_make_it_longer(circle, case):
    thing = Thing(Shape.CASE, owner=circle.agencies.it.pk, case=case.pk)
    officer = circle.officer(circle.it)
    undone = acting(officer, Act.MERGE, thing, VI, step="crosscheck", reason="ask")
    with pytest.raises(ZeroDivisionError), undone:
        raise ZeroDivisionError
    assert not Spent.objects.filter(limit="cross-checks").exists()
    fill(LIMITS["cross-checks"], circle.it.pk)
    for _ in range(3):
        with pytest.raises(limits.LimitReached):
            limits.spend("cross-checks", circle.it.pk)
    assert Spent.objects.filter(limit="cross-checks").count() == 20


def test_who_counts_is_not_kept_in_clear_and_is_forgotten(circle):
    limits.spend("log-in tries", "account it-1001")
    limits.spend("log-in pages", "192.0.2.7")
    assert not any("1001" in s.who or "192" in s.who for s in Spent.objects.all())
    with clock.at(clock.now() + limits.KEPT + timedelta(seconds=1)):
        for _ in range(limits.TIDIED_EVERY):
            limits.spend("grey looks", uuid4())
        assert set(Spent.objects.values_list("limit", flat=True)) == {"grey looks"}


def test_a_spent_link_is_counted_by_where_it_comes_from_and_not_by_whose_it_is(client, circle):
    fill(LIMITS["one-time links"], "127.0.0.1")
    assert client.post(reverse("enter", args=[LoginLink.issue(circle.it)])).status_code == 429
    elsewhere = {"REMOTE_ADDR": "192.0.2.9"}
    assert client.post(reverse("enter", args=[LoginLink.issue(circle.it)]), **elsewhere).status_code == 302
