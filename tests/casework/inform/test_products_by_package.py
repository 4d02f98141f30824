"""Products between desks: the same bytes there, receipts and replies back, corrected and called back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from entente.casework.cooperate.service import sealing
from entente.casework.examine.service import crop as cut_crop
from entente.casework.inform import reading
from entente.casework.inform.service import (
    NotDelivered,
    acknowledge,
    answer_back,
    approve,
    ask_back,
    disclose,
    draft,
    open_delivery,
    paper,
    submit,
)
from entente.formats.sealed_package import Kind
from entente.records import clock, guard
from entente.records import release as releases
from entente.records.models import Case, Delivery, Disclosure, FollowUp, LegalBasis, Media, Notice, Release
from entente.vocabulary.media import Region
from tests.casework.cooperate.exchange import VI, opened, three_desks
from tests.casework.cooperate.test_requests_by_package import changed, posted
from tests.casework.inform.test_service import (  # noqa: F401 - a fixture
    at_work,
    danish_h2,
    issued,
    items,
    let,
    socket,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desks(circle, at_work):  # noqa: F811
    """Three desks, of which Italy's works on the case with two pictures."""
    made = three_desks(circle)
    made.cases["it"] = at_work
    return made


def product(desks, circle):
    """An issued product with a detail, as Italy disclosed it to France."""
    case, it = desks.cases["it"], circle.officer(circle.it)
    clue = socket(circle, case)
    cut_crop(it, VI, items(circle, case)[0], Region(0.0, 0.0, 0.5, 0.5))
    made = issued(circle, case)
    return made, disclose(it, VI, made, circle.agencies.fr), clue


def there(circle, short="fr"):
    with guard.system("what came, in a test"):
        rows = Delivery.objects.filter(addressed=getattr(circle.agencies, short)).exclude(theirs=None)
        return list(rows.select_related("owner", "instead_of", "disclosure").order_by("made_at"))


def test_a_product_gives_the_same_bytes_there_and_its_receipt_and_reply_come_back(client, desks, circle):
    _, given, _ = product(desks, circle)
    assert len(given.crops) == 1
    assert opened(desks, "fr", posted(desks, "it", "fr", Kind.PRODUCTS)).refused == []
    [held] = there(circle)
    assert held.sha256 == given.sha256 and paper(held) == paper(given) and held.document == given.document
    client.force_login(circle.fr)
    assert reverse("delivery", args=[held.pk]) in client.get(reverse("products")).content.decode()
    it, fr = circle.officer(circle.it), circle.officer(circle.fr)
    with guard.scope(fr, VI):
        assert list(Case.objects.all()) == [desks.cases["fr"]] and not Media.objects.exists()
    page = client.post(reverse("delivery", args=[held.pk]), {"do": "open"}).content.decode()
    assert "came by package" in page and "What was left out, and why" in page
    opened(desks, "it", posted(desks, "fr", "it", Kind.PRODUCTS))
    with guard.scope(it, VI):
        given.refresh_from_db()
    assert given.opened_at is not None and given.acknowledged_at is None
    acknowledge(fr, VI, held)
    ask_back(it, VI, given, question="Was the flat found?", due=clock.now() + timedelta(days=5))
    opened(desks, "fr", posted(desks, "it", "fr", Kind.PRODUCTS))
    with guard.scope(fr, VI):
        asked = FollowUp.objects.get(delivery=held)
    answer_back(fr, VI, asked, "Not yet.")
    opened(desks, "it", posted(desks, "fr", "it", Kind.PRODUCTS))
    with guard.scope(it, VI):
        given.refresh_from_db()
        assert given.acknowledged_at is not None
        assert FollowUp.objects.get(delivery=given).answer == "Not yet."
    for by, to in (("it", "fr"), ("fr", "it")):
        with pytest.raises(sealing.NotSealed, match="nothing waits"):
            posted(desks, by, to, Kind.PRODUCTS)


def test_a_correction_reaches_every_recipient_and_says_what_changed(desks, circle):
    made, _, clue = product(desks, circle)
    it = circle.officer(circle.it)
    disclose(it, VI, made, circle.agencies.dk)
    for short in ("fr", "dk"):
        opened(desks, short, posted(desks, "it", short, Kind.PRODUCTS))
    said = [("A socket of type F is in the wall.", "fact", [clue.pk], "B2")]
    right = draft(it, VI, desks.cases["it"], statements=said, corrects=made, because="It is type F, not L.")
    submit(it, VI, right)
    approve(circle.officer(circle.it_third), VI, right, edition=right.issued_at.isoformat())
    for short in ("fr", "dk"):
        assert opened(desks, short, posted(desks, "it", short, Kind.PRODUCTS)).refused == []
        was, now = there(circle, short)
        assert now.instead_of == was and now.because == "It is type F, not L." and now.changes
        with guard.scope(circle.officer(getattr(circle, short)), VI):
            told = Notice.objects.filter(kind="correction", about=now.disclosure_id)
            assert told.get().text == "It is type F, not L."


def test_what_is_called_back_is_emptied_downstream(desks, circle):
    case, it = desks.cases["it"], circle.officer(circle.it)
    clue = danish_h2(circle, case)
    let(circle.dk, clue, circle.agencies.fr, circle)
    disclose(it, VI, issued(circle, case), circle.agencies.fr)
    opened(desks, "fr", posted(desks, "it", "fr", Kind.PRODUCTS))
    fr = circle.officer(circle.fr)
    [held] = there(circle)
    open_delivery(fr, VI, held)
    releases.withdraw(circle.officer(circle.dk), VI, clue, circle.agencies.fr)
    with guard.system("to call back needs no basis"):
        LegalBasis.objects.filter(owner=circle.agencies.it).update(until=clock.now())
    opened(desks, "fr", posted(desks, "it", "fr", Kind.PRODUCTS))
    [held] = there(circle)
    assert held.document["statements"] == [] and "Odense" not in json.dumps(held.document)
    with pytest.raises(NotDelivered, match="called back"):
        open_delivery(fr, VI, held)
    with guard.scope(fr, VI):
        assert Notice.objects.get(kind="recall", about=held.disclosure_id).owner == circle.agencies.it


def test_what_may_not_go_any_more_is_not_sealed(desks, circle):
    case, it = desks.cases["it"], circle.officer(circle.it)
    socket(circle, case)
    clue = danish_h2(circle, case)
    let(circle.dk, clue, circle.agencies.fr, circle)
    disclose(it, VI, issued(circle, case), circle.agencies.fr)
    with guard.system("the release ends in a test, and nobody called anything back"):
        Release.objects.filter(thing=clue.pk, to=circle.agencies.fr).update(expires=clock.now())
    with pytest.raises(sealing.NotSealed, match="changed since"):
        posted(desks, "it", "fr", Kind.PRODUCTS)
    with guard.system("nothing was called back"):
        assert Disclosure.objects.get(to=circle.agencies.fr).recalled_at is None


def test_a_document_that_no_product_has_is_refused(desks, circle):
    made, _, _ = product(desks, circle)
    told = made.facts["document"]
    assert reading.document(told) == told
    for change, says in (
        ({"format": "entente.product/9"}, "no entente.product/1"),
        ({"verdict": "guilty"}, "other fields"),
        ({"victim": "Maria"}, "none that a product has"),
        ({"left_out": [1]}, "not what it should be"),
        ({"number": True}, "not what it should be"),
        ({"issuer": "x" * 20_001}, "too long"),
        ({"kind": "verdict"}, "none that a product has"),
    ):
        with pytest.raises(reading.NotADocument, match=says):
            reading.document(told | change)
    loose = {**told, "handling": {**told["handling"], "codes": "H0 H3", "text": "ask"}}
    done = opened(
        desks, "fr", changed(desks, "it", "fr", posted(desks, "it", "fr", Kind.PRODUCTS), document=loose)
    )
    assert "looser" in done.refused[0] and not there(circle)
