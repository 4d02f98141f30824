"""Break-glass: two people, one way, some hours, everybody concerned told, and a review."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from entente.records import clock, emergency, guard
from entente.records.models import Case, Emergency, LogEntry, Media, Membership, Notice, Release, Stub
from entente.safeguards.access import Act, Allow, decide
from entente.vocabulary.agency import Strength
from entente.vocabulary.handling import Purpose

VI, AUDIT = Purpose.VICTIM_IDENTIFICATION, Purpose.DATA_PROTECTION_AUDIT
WHY = "V-001 is in danger tonight: the account wrote so"


@pytest.fixture
def centre(circle, case):
    """Two analysts of the coordination centre, its data protection officer, and the stub of Italy's case."""
    eu = circle.agencies.eu
    first = circle.make_account(eu, "EU-2001", ("coordinator",))
    second = circle.make_account(eu, "EU-2002", ("coordinator",))
    dpo = circle.make_account(eu, "EU-9002", ("data protection officer",), [str(AUDIT)])
    with guard.scope(circle.officer(first), VI):
        stub = Stub.objects.get()
    circle.first, circle.second, circle.eu_dpo, circle.stub, circle.case = first, second, dpo, stub, case
    return circle


def cases_of(circle, account) -> list[Case]:
    with guard.scope(circle.officer(account), VI):
        return list(Case.objects.all())


def asked(circle) -> Emergency:
    return emergency.ask_to_read(circle.officer(circle.first), VI, circle.stub, WHY)


def opened(circle) -> Emergency:
    return emergency.confirm(circle.officer(circle.second), VI, asked(circle))


def test_a_stub_says_urgency_country_and_status_and_its_id_is_not_the_case_s(centre):
    stub = centre.stub
    assert (stub.urgency, stub.country, stub.status) == ("routine", "IT", "discovered")
    assert stub.pk != centre.case.pk
    assert cases_of(centre, centre.first) == []
    with guard.scope(centre.officer(centre.fr), VI):
        assert not Stub.objects.exists()  # for the centre alone


@pytest.mark.parametrize(
    "change", [{"codes": "H2"}, {"audience": "TLP:RED"}, {"audience": "TLP:AMBER+STRICT"}]
)
def test_a_case_whose_handling_keeps_it_from_others_has_no_stub(centre, change):
    with guard.system("a stricter case, in a test"):
        for name, value in change.items():
            setattr(centre.case, name, value)
        Stub.renew(centre.case)
    with guard.scope(centre.officer(centre.first), VI):
        assert not Stub.objects.exists()


def test_one_alone_opens_nothing(centre):
    held = asked(centre)
    assert cases_of(centre, centre.first) == []
    with pytest.raises(emergency.NotOpened, match="second person"):
        emergency.confirm(centre.officer(centre.first), VI, held)
    assert cases_of(centre, centre.first) == []


def test_two_people_open_the_case_to_the_one_who_asked_as_a_reader_for_some_hours(centre):
    held = opened(centre)
    assert [c.pk for c in cases_of(centre, centre.first)] == [centre.case.pk]
    assert cases_of(centre, centre.second) == []
    reader = centre.officer(centre.first)
    thing, now = centre.case.as_thing(), clock.now()
    assert isinstance(decide(reader, thing, Act.READ, VI, now), Allow)
    assert not isinstance(decide(reader, thing, Act.ALTER, VI, now), Allow)
    assert held.until - held.confirmed_at == emergency.LASTS["read"]
    with clock.at(held.until):
        assert cases_of(centre, centre.first) == []
        assert not isinstance(decide(centre.officer(centre.first), thing, Act.READ, VI, held.until), Allow)


def test_a_second_person_of_another_agency_does_not_count(centre):
    held = asked(centre)
    for stranger in (centre.it, centre.fr):
        with pytest.raises(guard.Denied):
            emergency.confirm(centre.officer(stranger), VI, held)


def test_it_waits_an_hour_for_the_second_person_and_no_longer(centre):
    held = asked(centre)
    with clock.at(clock.now() + emergency.WAITS + timedelta(seconds=1)), pytest.raises(emergency.NotOpened):
        emergency.confirm(centre.officer(centre.second), VI, held)


def test_it_needs_a_reason_and_a_fresh_passkey(centre):
    with pytest.raises(emergency.NotOpened, match="child is at risk"):
        emergency.ask_to_read(centre.officer(centre.first), VI, centre.stub, " ")
    weak = replace(centre.officer(centre.first), strength=Strength.SECOND_FACTOR)
    with pytest.raises(guard.Denied, match="passkey"):
        emergency.ask_to_read(weak, VI, centre.stub, WHY)


def test_the_provider_is_told_at_once_and_both_desks_see_it_in_the_log(centre):
    held = opened(centre)
    with guard.scope(centre.officer(centre.it), VI):
        (told,) = Notice.objects.filter(kind="emergency")
        assert (told.about, told.text) == (held.pk, WHY)
        assert list(Emergency.objects.all()) == [held]
    with guard.scope(centre.officer(centre.fr), VI):
        assert not Emergency.objects.exists() and not Notice.objects.exists()
    with guard.system("read the log in a test"):
        assert LogEntry.objects.filter(step="emergency").count() == 2


def test_the_data_protection_officer_of_either_agency_reviews_it_once(centre):
    held = opened(centre)
    said = {"finding": "unjustified", "because": "nobody was at risk"}
    with pytest.raises(guard.Denied):
        emergency.review(centre.officer(centre.it), VI, held, **said)
    reviewed = emergency.review(centre.officer(centre.it_dpo), AUDIT, held, **said)
    assert reviewed.finding == "unjustified"
    assert cases_of(centre, centre.first) == []  # an unjustified one ends at once
    with pytest.raises(emergency.NotOpened, match="already"):
        emergency.review(centre.officer(centre.eu_dpo), AUDIT, held, **said)


def test_a_review_that_is_late_is_named(centre):
    held = opened(centre)
    with guard.scope(centre.officer(centre.it_dpo), AUDIT):
        assert not Emergency.objects.filter(emergency.unreviewed()).exists()
        with clock.at(held.review_due + timedelta(seconds=1)):
            assert list(Emergency.objects.filter(emergency.unreviewed())) == [held]


def test_the_provider_ends_it_at_any_time(centre):
    held = opened(centre)
    emergency.end(centre.officer(centre.it_second), VI, held)
    assert cases_of(centre, centre.first) == []
    with guard.system("nothing of it stays open"):
        assert not Membership.objects.filter(emergency=held, until__gt=clock.now()).exists()


# --- to disclose without release --------------------------------------------------------------------------


@pytest.fixture
def item(centre):
    """Denmark's H2 item in Italy's case, seen by Italy under a release, and a colleague on the case."""
    it, dk, case = centre.agencies.it, centre.agencies.dk, centre.case
    with guard.system("a partner's item, in a test"):
        row = Media.objects.create(case=case, owner=dk, number=1, source="dk", codes="H2", kind="picture")
        Release.objects.create(thing=row.pk, by=dk, to=it, expires=clock.now() + timedelta(days=9))
        Membership.objects.create(case=case, account=centre.it_second, part="member")
    return row


def goes(centre, item) -> bool:
    officer, thing = centre.officer(centre.it), item.as_thing().going_to(centre.agencies.fr.pk)
    return isinstance(decide(officer, thing, Act.DISCLOSE, VI, clock.now()), Allow)


def test_one_thing_goes_to_one_agency_once(centre, item):
    held = emergency.ask_to_disclose(centre.officer(centre.it), VI, item, centre.agencies.fr, WHY)
    assert not goes(centre, item)
    emergency.confirm(centre.officer(centre.it_second), VI, held)
    assert goes(centre, item)
    elsewhere = item.as_thing().going_to(centre.agencies.nl.pk)
    assert not isinstance(decide(centre.officer(centre.it), elsewhere, Act.DISCLOSE, VI, clock.now()), Allow)
    emergency.used([item.pk], centre.agencies.fr.pk)
    assert not goes(centre, item)
    with guard.scope(centre.officer(centre.dk), VI):
        assert Notice.objects.get(kind="emergency").text == WHY


def test_what_is_one_s_own_needs_no_emergency(centre, item):
    with guard.system("make it Italy's, in a test"):
        Media.objects.filter(pk=item.pk).update(owner=centre.agencies.it)
        item.refresh_from_db()
    with pytest.raises(emergency.NotOpened, match="your agency's own"):
        emergency.ask_to_disclose(centre.officer(centre.it), VI, item, centre.agencies.fr, WHY)


def test_the_centre_asks_to_be_added_and_only_the_owner_learns_it(centre):
    emergency.ask_to_join(centre.officer(centre.first), VI, centre.stub, "we hold two similar cases")
    with guard.scope(centre.officer(centre.it), VI):
        assert Notice.objects.get().kind == "join"
    with guard.scope(centre.officer(centre.fr), VI):
        assert not Notice.objects.exists()
