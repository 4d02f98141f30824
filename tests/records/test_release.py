"""A withdrawn permission ends everywhere at once, and what left under it is called back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entente.casework.prioritise.service import assign, take_off
from entente.records import clock, guard, notice
from entente.records.act import acting
from entente.records.models import Disclosure, Media, Membership, Notice, Release, Restriction
from entente.records.release import release, withdraw
from entente.safeguards.access import Act
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION


@pytest.fixture
def item(circle, case):
    """Denmark's H2 item in Italy's case; Italy, France and Denmark have members."""
    with guard.system("a partner's item, in a test"):
        for account in (circle.fr, circle.dk):
            Membership.objects.create(case=case, account=account, part="member")
        return Media.objects.create(case=case, owner=circle.agencies.dk, number=1, source="s", codes="H2")


def sees(circle, who: str) -> bool:
    with guard.scope(circle.officer(getattr(circle, who)), VI):
        return Media.objects.exists()


def released(circle, item, to: str) -> Release:
    until = clock.now() + timedelta(days=30)
    return release(circle.officer(circle.dk), VI, item, getattr(circle.agencies, to), until, "to compare")


def test_a_withdrawn_release_ends_everything_at_once_and_calls_back_what_left(circle, case, item):
    released(circle, item, "it")
    released(circle, item, "fr")
    assert sees(circle, "it") and sees(circle, "fr")
    with guard.system("an export that went to France, in a test"):
        sent = Disclosure.objects.create(
            case=case,
            owner=circle.agencies.it,
            to=circle.agencies.fr,
            what="case as vics",
            thing=case.pk,
            held=[str(item.pk)],
            codes="H2",
        )
    assert withdraw(circle.officer(circle.dk), VI, item, circle.agencies.fr) == 1
    assert not sees(circle, "fr") and sees(circle, "it")
    with guard.scope(circle.officer(circle.fr), VI):
        (told,) = Notice.objects.all()
        assert (told.kind, told.about, told.owner_id) == ("recall", sent.pk, circle.agencies.it.pk)
    with guard.scope(circle.officer(circle.nl), VI):
        assert not Notice.objects.exists()
    with guard.system("the disclosure says that it was recalled"):
        assert Disclosure.objects.get(pk=sent.pk).recalled_at is not None


def test_a_release_that_expires_ends_by_itself(circle, item):
    given = released(circle, item, "it")
    assert sees(circle, "it")
    with clock.at(given.expires):
        assert not sees(circle, "it")


def test_a_recall_is_followed_in_words_and_the_sender_sees_so(circle, item):
    released(circle, item, "fr")
    withdraw(circle.officer(circle.dk), VI, item, circle.agencies.fr)
    france = circle.officer(circle.fr)
    with guard.scope(france, VI):
        told = Notice.objects.get()
        with pytest.raises(notice.NotFollowed, match="what was done"):
            notice.follow(france, VI, told, because=" ")
        notice.follow(france, VI, told, because="deleted, nothing was kept")
    with guard.scope(circle.officer(circle.dk), VI):
        assert Notice.objects.get().done_because == "deleted, nothing was kept"


def test_a_member_taken_off_is_stopped_in_the_middle_of_a_job(circle, case):
    lead = circle.officer(circle.it)
    member = assign(lead, VI, case, circle.fr, part=Part.MEMBER)
    at_work = circle.officer(circle.fr)  # a job holds this for hours
    with acting(at_work, Act.ALTER, case.as_thing(), VI, step="test"):
        pass
    take_off(lead, VI, member)
    with pytest.raises(guard.Denied), acting(at_work, Act.ALTER, case.as_thing(), VI, step="test"):
        raise AssertionError("the law let it through")
    with guard.scope(circle.officer(circle.fr), VI):
        assert Notice.objects.get().kind == "recall"


def test_a_closed_account_and_a_lost_purpose_end_a_job_too(circle, case):
    at_work = circle.officer(circle.it)
    circle.it.purposes = ["safeguarding"]
    circle.it.save()
    with pytest.raises(guard.Denied), acting(at_work, Act.READ, case.as_thing(), VI, step="test"):
        raise AssertionError("the law let it through")
    circle.it.purposes, circle.it.is_active = [str(VI)], False
    circle.it.save()
    with pytest.raises(guard.Denied), acting(at_work, Act.READ, case.as_thing(), VI, step="test"):
        raise AssertionError("the law let it through")


def test_what_is_derived_is_for_the_narrowest_audience_of_its_sources(circle, case):
    made = {"case": case, "owner": circle.agencies.it, "source": "s"}
    with guard.system("derive a row in a test"):
        wide = Media.objects.create(number=1, **made)
        red = Media.objects.create(number=2, audience="TLP:RED", **made)
        child = Media.objects.create(number=3, **made)
        child.derives_from(wide, red)
        child.refresh_from_db()
    assert child.audience == "TLP:RED"


def test_a_restricted_thing_is_read_and_nothing_else(circle, case):
    with guard.system("restrict a case in a test"):
        Restriction.objects.create(
            thing=case.pk, ground="its accuracy is contested", by=circle.it, reason="a letter"
        )
    officer = circle.officer(circle.it)
    with acting(officer, Act.READ, case.as_thing(), VI, step="test"):
        pass
    with (
        pytest.raises(guard.Denied, match="restricted"),
        acting(officer, Act.ALTER, case.as_thing(), VI, step="test"),
    ):
        raise AssertionError("the law let it through")
