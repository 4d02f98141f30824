"""Hit or nothing: owner and contact for the asker, the asker for the holder, and no item for anybody."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entente.casework.crosscheck import service
from entente.casework.intake.service import open_case
from entente.casework.link import service as link
from entente.casework.match.service import keys_of
from entente.records import clock, guard, limits
from entente.records.models import (
    Check,
    CheckHit,
    Clue,
    Dispatch,
    HashList,
    Lead,
    ListedHash,
    LogEntry,
    Media,
    Membership,
    Spent,
)
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
SHA = "a1" * 32
PDQ = "0f" * 32


def flipped(pdq, bits):
    """The same hash with its first ``bits`` bits turned over."""
    return f"{int(pdq, 16) ^ ((1 << bits) - 1):064x}"


def item(case, owner, number=1, **kwargs):
    with guard.system("test"):
        return Media.objects.create(case=case, owner=owner, number=number, source="test", **kwargs)


def case_of(circle, short, number="X-1"):
    return open_case(
        circle.officer(getattr(circle, short)), VI, number=number, title="Operation Fir",
        victim_number="V-009", discovered_at=clock.now(),
    )  # fmt: skip


def check(circle, case, *kinds, account=None, **kwargs):
    officer = circle.officer(account or circle.it)
    return service.check(officer, VI, case, kinds=kinds or ("hash", "device serial"), **kwargs)


def hits(row):
    with guard.system("test"):
        found = CheckHit.objects.filter(of=row)
        return [(h.ours, h.holder.short, h.contact, h.kind) for h in found.select_related("holder")]


@pytest.fixture
def held(circle):
    """An item in a case of Denmark, which Italy knows nothing of."""
    return item(case_of(circle, "dk"), circle.agencies.dk, sha256=SHA, pdq=PDQ, pdq_quality=90, codes="H2")


def test_a_hit_names_the_owner_and_the_contact_and_nothing_else(circle, case, held):
    item(case, circle.agencies.it, 12, sha256=SHA)
    row = check(circle, case)
    assert hits(row) == [("#12", "DK", "desk@dk.example", "hash")]
    with guard.system("test"):
        stored = json.dumps([list(Check.objects.values().get().values()),
                             list(CheckHit.objects.values().get().values())], default=str)  # fmt: skip
    assert SHA not in stored
    assert str(held.pk) not in stored
    assert str(held.case_id) not in stored


def test_the_holder_is_told_once_and_only_the_holder(circle, case, held):
    item(case, circle.agencies.it, 12, sha256=SHA)
    with guard.system("test"):
        Membership.objects.create(
            case_id=held.case_id, account=circle.fr, part="member", since=clock.now() - timedelta(hours=1)
        )
    check(circle, case)
    check(circle, case)
    with guard.scope(circle.officer(circle.dk), VI):
        lead = Lead.objects.select_related("asker").get()
        assert (lead.asker.short, lead.contact, lead.media_id) == ("IT", "desk@it.example", held.pk)
    for short in ("fr", "it"):
        with guard.scope(circle.officer(getattr(circle, short)), VI):
            assert not Lead.objects.exists()
    with guard.system("test"):
        last = LogEntry.objects.filter(step="crosscheck").order_by("-seq").first()
    assert json.loads(last.body)["recipients"] == [str(circle.agencies.dk.pk)]
    assert last.verb == "combine"
    assert SHA not in last.body


@pytest.mark.parametrize(("bits", "found"), [(0, True), (31, True), (32, False)])
def test_a_near_picture_is_a_hit_up_to_31_bits(circle, case, held, bits, found):
    item(case, circle.agencies.it, sha256="b2" * 32, pdq=flipped(PDQ, bits), pdq_quality=90)
    assert bool(hits(check(circle, case, "hash"))) is found


def test_a_turned_picture_is_a_hit(circle, case, held):
    turns = ["f" * 64, flipped(PDQ, 3), *["3c" * 32] * 6]
    item(case, circle.agencies.it, sha256="b2" * 32, pdq=turns[0], pdq_turns={"full": turns}, pdq_quality=90)
    assert len(hits(check(circle, case, "hash"))) == 1


def test_a_picture_without_detail_is_not_compared(circle, case, held):
    item(case, circle.agencies.it, sha256="b2" * 32, pdq=PDQ, pdq_quality=10)
    assert hits(check(circle, case, "hash")) == []


def test_exact_and_near_look_the_same(circle, case, held):
    item(case, circle.agencies.it, 1, sha256=SHA)
    exact = hits(check(circle, case, "hash"))
    with guard.system("test"):
        Media.objects.filter(case=case).update(sha256="b2" * 32, pdq=flipped(PDQ, 20), pdq_quality=90)
    assert hits(check(circle, case, "hash")) == exact


def test_a_hidden_holding_answers_as_an_absent_one_and_its_holder_is_told(circle, case, held, client):
    item(case, circle.agencies.it, 12, sha256=SHA)
    pages = []
    moment = clock.now()
    for audience, there in (("TLP:RED", SHA), ("TLP:AMBER", "c3" * 32)):
        with guard.system("test"):
            Media.objects.filter(pk=held.pk).update(audience=audience, sha256=there)
            Check.objects.all().delete()
        with clock.at(moment):
            row = check(circle, case, "hash")
            client.force_login(circle.it)
            pages.append(client.get(f"/cases/{case.pk}/crosscheck/").content)
        assert row.hits == 0
        with guard.system("test"):
            assert Lead.objects.count() == 1  # told the first time; nothing new the second
    hidden, absent = (re.sub(rb"[A-Za-z0-9]{64}", b"", page) for page in pages)  # without request tokens
    assert hidden == absent


def test_a_harmless_list_says_nothing_and_a_real_one_leads_to_a_request(circle, case):
    item(case, circle.agencies.it, sha256=SHA)
    with guard.system("test"):
        known = HashList.objects.create(
            owner=circle.agencies.fr, name="known", format="vics", sha256="0" * 64,
            imported_by=circle.fr, harmless=True,
        )  # fmt: skip
        keyed = keys_of(circle.agencies.fr.pk).digest("sha256", SHA)
        ListedHash.objects.create(list=known, owner=circle.agencies.fr, line=1, sha256=keyed)
    assert hits(check(circle, case)) == []
    with guard.system("test"):
        HashList.objects.update(harmless=False)
    for _ in range(2):
        assert hits(check(circle, case)) == [("#1", "FR", "desk@fr.example", "hash")]
    with guard.scope(circle.officer(circle.fr), VI):
        assert Dispatch.objects.get().question == service.LIST_QUESTION


def test_our_own_holdings_and_the_case_itself_are_no_hits(circle, case):
    item(case, circle.agencies.it, 1, sha256=SHA)
    item(case, circle.agencies.dk, 2, sha256=SHA)
    item(case_of(circle, "it", "IT-2"), circle.agencies.it, sha256=SHA)
    assert hits(check(circle, case)) == []


def test_serials_phones_and_screen_names_meet_in_any_spelling(circle, case):
    theirs = case_of(circle, "dk")
    item(theirs, circle.agencies.dk, metadata={"serial": "AB-12 34/cd"})
    item(case, circle.agencies.it, 3, sha256="d4" * 32, metadata={"serial": "ab1234CD"})
    with guard.system("test"):
        for kind, value in (("phone_number", "+45 32 10 10 10"), ("text", {"string": "@Maple_Leaf"})):
            Clue.objects.create(
                case=theirs, owner=circle.agencies.dk, kind=kind, value=value, group="objects",
                source="t", because="t", method="t", version="1",
            )  # fmt: skip
    named = {"phone": ["0045 32101010"], "screen name": ["maple_leaf", "other"], "device serial": [""]}
    row = check(circle, case, "phone", "screen name", "device serial", named=named)
    assert {h[0] for h in hits(row)} == {"#3", "phone 1, typed", "screen name 1, typed"}
    assert (row.asked, row.hits) == (4, 3)
    with guard.system("test"):
        assert "maple" not in str(list(CheckHit.objects.values())).lower()


def test_a_typed_text_that_is_no_identifier_is_refused(circle, case):
    with pytest.raises(ValueError, match="country code"):
        check(circle, case, "phone", named={"phone": ["12 34"]})
    with pytest.raises(service.NotChecked, match="nothing to ask"):
        check(circle, case, "hash")
    with pytest.raises(service.NotChecked, match="can be checked"):
        check(circle, case, "face")


def test_only_a_member_with_a_purpose_asks(circle, case, held):
    item(case, circle.agencies.it, sha256=SHA)
    with guard.system("test"):
        Membership.objects.create(
            case=case, account=circle.it_second, part="reader", since=clock.now() - timedelta(hours=1)
        )
    for account in (circle.fr, circle.it_second, circle.it_admin):
        with pytest.raises(guard.Denied):
            check(circle, case, account=account)
    with pytest.raises(guard.Denied):
        service.check(circle.officer(circle.it), Purpose.TRAINING, case, kinds=["hash"])
    with guard.system("test"):
        assert not Lead.objects.exists()
        assert LogEntry.objects.filter(verb="denied").count() == 4


def test_the_limits_hold_for_a_minute_and_for_a_day(circle, case):
    item(case, circle.agencies.it, sha256=SHA)

    def earlier(count, ago):
        one, at = Spent.objects.filter(limit="cross-checks").latest("pk"), clock.now() - ago
        Spent.objects.bulk_create(Spent(limit=one.limit, who=one.who, at=at) for _ in range(count))

    check(circle, case)
    earlier(service.MOST_A_MINUTE - 2, timedelta(seconds=30))
    check(circle, case)
    with pytest.raises(limits.LimitReached, match="a minute"):
        check(circle, case)
    with clock.at(clock.now() + timedelta(minutes=2)):
        check(circle, case)
    earlier(service.MOST_A_DAY - service.MOST_A_MINUTE - 1, timedelta(hours=2))
    with clock.at(clock.now() + timedelta(minutes=4)), pytest.raises(limits.LimitReached, match="a day"):
        check(circle, case)
    with clock.at(clock.now() + timedelta(days=2)):
        check(circle, case)
    with guard.system("test"):
        assert LogEntry.objects.filter(verb="denied", step="crosscheck").count() == 2


def test_a_series_is_asked_about_alone_and_hidden_answers_as_absent(circle):
    asked = case_of(circle, "it")
    it, dk = circle.agencies.it, circle.agencies.dk
    rows = [item(asked, it, n, sha256=str(n) * 64) for n in (1, 2, 3)]
    held = case_of(circle, "dk", "X-2")
    item(held, dk, 1, sha256="1" * 64)
    item(held, dk, 2, sha256="2" * 64)
    item(held, dk, 3, sha256="3" * 64, audience="TLP:RED")
    officer = circle.officer(circle.it)
    some, hidden, absent = (link.gather(officer, VI, asked, [row]) for row in rows)
    row = service.check(officer, VI, asked, kinds=["hash"], series=some)
    with guard.scope(officer, VI):
        assert [(h.ours, h.holder_id, h.contact) for h in row.found.all()] == [
            ("S-1 · #1", dk.pk, dk.contact)
        ]
    with guard.system("make an item of which nobody holds a copy"):
        Media.objects.filter(pk=rows[1].pk).update(sha256="9" * 64)
    answers = [service.check(officer, VI, asked, kinds=["hash"], series=s) for s in (hidden, absent)]
    assert [(a.hits, a.asked, a.kinds) for a in answers] == [(0, 1, ["hash"])] * 2
    with guard.system("whom a holder was told of"):
        assert set(Lead.objects.values_list("media__number", flat=True)) == {1, 3}


def test_a_check_reads_of_partners_what_it_asks_about_and_nothing_else(circle, case):
    """Nothing of their clues, accounts or serials where hashes alone are asked about."""
    item(case, circle.agencies.it, sha256=SHA)
    item(case_of(circle, "dk"), circle.agencies.dk, sha256=SHA)
    read = {}
    for kind, more in (("hash", {}), ("e-mail", {"named": {"e-mail": ["a.rossi@example.org"]}})):
        with CaptureQueriesContext(connection) as asked:
            check(circle, case, kind, **more)
        told = " ".join(q["sql"] for q in asked if q["sql"].startswith("SELECT"))
        read[kind] = {
            n for n in ("clue", "onlineaccount", "accountline", "frame") if f'"records_{n}"' in told
        }
    assert read["hash"] == {"frame"}
    assert "clue" in read["e-mail"] and not read["e-mail"] & {"frame", "onlineaccount", "accountline"}
