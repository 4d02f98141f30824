"""The circle beyond the desk: two pin a card, a change needs two again, a revoked one stays."""

from __future__ import annotations

import stat
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from entente.records import circle as partners
from entente.records import clock, exchange_key, guard
from entente.records.models import Agency, LegalBasis, LogEntry, PartnerKey
from entente.safeguards.card import Card, NotACard, read
from entente.safeguards.partners import NoBasis
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION


def card(short: str = "PT", **other: object) -> Card:
    """Return the card of an agency whose desk is elsewhere."""
    keys = exchange_key.make(settings.DESK / "elsewhere", uuid4()).public
    told = {"agency": uuid4(), "name": "National unit, Portugal", "short": short, "country": "PT"}
    return Card(**(told | {"contact": "desk@pt.example", "signing": keys[0], "encryption": keys[1]} | other))


def pinned(circle, given: Card, kind: str = "national unit") -> PartnerKey:
    """Pin a card by the two officers of Italy."""
    first, second = circle.officer(circle.it), circle.officer(circle.it_second)
    row = partners.propose(first, VI, given.text(), kind)
    return partners.confirm_card(second, VI, row, partners.words_of(row))


def test_one_proposes_and_another_confirms_with_the_words_that_were_read_out(circle):
    first, second, given = circle.officer(circle.it), circle.officer(circle.it_second), card()
    row = partners.propose(first, VI, given.text(), "national unit")
    with pytest.raises(partners.NotPinned, match="yourself"):
        partners.confirm_card(first, VI, row, partners.words_of(row))
    with pytest.raises(partners.NotPinned, match="not the words"):
        partners.confirm_card(second, VI, row, partners.words_of(row)[:-1])
    assert not Agency.objects.filter(short="PT").exists()
    held = partners.confirm_card(second, VI, row, partners.words_of(row).upper())
    assert held.agency.short == "PT" and partners.card_of(first.agency, held.agency_id) == held
    with guard.system("read the log in a test"):
        told = [e.verb for e in LogEntry.objects.filter(step="partners")]
    assert told == ["admin"] * 2  # the refused acts left nothing but their rollback


def test_another_agency_sees_nothing_of_it_and_confirms_nothing(circle):
    row = partners.propose(circle.officer(circle.it), VI, card().text(), "national unit")
    fr = circle.officer(circle.fr)
    with guard.scope(fr, VI):
        assert not PartnerKey.objects.exists()
    with pytest.raises(guard.Denied):
        partners.confirm_card(fr, VI, row, partners.words_of(row))


def test_a_new_card_needs_two_people_again_and_the_old_one_stays_on_record(circle):
    given = card()
    old = pinned(circle, given)
    keys = exchange_key.make(settings.DESK / "elsewhere", uuid4()).public
    other = card(agency=given.agency, signing=keys[0], encryption=keys[1])
    first, second = circle.officer(circle.it), circle.officer(circle.it_second)
    row = partners.propose(second, VI, other.text())
    assert partners.card_of(first.agency, old.agency_id) == old
    partners.confirm_card(first, VI, row, partners.words_of(row))
    assert partners.card_of(first.agency, old.agency_id) == row
    assert [r.state for r in partners.cards_as(first.agency, given.agency)] == ["confirmed", "replaced"]
    with pytest.raises(partners.NotPinned, match="pinned before"):
        partners.propose(first, VI, given.text())


def renewed(given: Card, **other: object) -> Card:
    """Return another card of the same number, with new keys."""
    keys = exchange_key.make(settings.DESK / "elsewhere", uuid4()).public
    return card(**{"agency": given.agency, "signing": keys[0], "encryption": keys[1]} | other)


@pytest.mark.parametrize("other", [{"short": "ES"}, {"country": "ES"}])
def test_the_number_of_a_partner_under_another_name_takes_nothing_over(circle, other):
    given = card()
    old = pinned(circle, given)
    first = circle.officer(circle.it)
    with pytest.raises(partners.NotPinned, match=r"that of PT \(PT\)"):
        partners.propose(first, VI, renewed(given, **other).text(), "national unit")
    assert partners.card_of(first.agency, old.agency_id) == old


def test_what_was_proposed_before_the_number_was_known_is_not_confirmed_under_another_name(circle):
    first, second, given = circle.officer(circle.it), circle.officer(circle.it_second), card(short="ES")
    row = partners.propose(first, VI, given.text(), "national unit")
    Agency.objects.create(
        id=given.agency, name="National unit, Portugal", short="PT", country="PT", kind="national unit"
    )
    with pytest.raises(partners.NotPinned, match="names ES"):
        partners.confirm_card(second, VI, row, partners.words_of(row))


def test_one_agency_under_two_numbers_has_one_card_in_force_and_the_page_says_what_ends(circle):
    old = pinned(circle, card())
    other, first = card(short="pt"), circle.officer(circle.it)
    row = partners.propose(first, VI, other.text())
    assert "replaces the card of PT" in browser(circle.it_second).get(reverse("partners")).content.decode()
    partners.confirm_card(circle.officer(circle.it_second), VI, row, partners.words_of(row))
    with guard.system("count in a test"):
        held = PartnerKey.objects.filter(agency=old.agency_id, state="confirmed")
        assert [r.pk for r in held] == [row.pk]
    # the number of the ended card still speaks for nobody else
    with pytest.raises(partners.NotPinned, match="names ES"):
        partners.propose(first, VI, renewed(other, short="ES").text(), "national unit")


def test_the_words_of_a_refused_card_are_on_no_page(circle):
    first, given = circle.officer(circle.it), card()
    row = partners.propose(first, VI, given.text(), "national unit")
    partners.refuse(first, VI, row, "misread")
    again = partners.propose(first, VI, given.text(), "national unit")
    assert partners.words_of(again) == partners.words_of(row)
    page = browser(circle.it_second).get(reverse("partners")).content.decode()
    assert "misread" in page and partners.words_of(row) not in page


def test_revoking_holds_at_once_with_a_reason_and_keeps_the_row(circle):
    held, first = pinned(circle, card()), circle.officer(circle.it)
    with pytest.raises(partners.NotPinned, match="say why"):
        partners.revoke(first, VI, held, " ")
    partners.revoke(first, VI, held, "their key folder was stolen")
    with pytest.raises(partners.NotPinned, match="no card of that partner"):
        partners.card_of(first.agency, held.agency_id)
    assert partners.cards_as(first.agency, held.known_as)[0].because == "their key folder was stolen"


def test_an_own_card_is_made_by_two_and_its_file_is_for_its_owner_only(circle):
    first, second = circle.officer(circle.it), circle.officer(circle.it_second)
    with pytest.raises(partners.NotPinned, match="no card yet"):
        partners.own_card(first.agency)
    row = partners.propose_own(first, VI)
    partners.confirm_card(second, VI, row, partners.words_of(row))
    own = partners.own_card(first.agency)
    path = settings.KEY_FOLDER / f"exchange-{own.pk}.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert exchange_key.read(settings.KEY_FOLDER, own.pk).public == (own.signing, own.encryption)
    path.chmod(0o640)
    with pytest.raises(exchange_key.ExchangeKeyRefused, match="0600"):
        exchange_key.read(settings.KEY_FOLDER, own.pk)
    path.unlink()
    with pytest.raises(exchange_key.ExchangeKeyRefused, match="restore"):
        exchange_key.read(settings.KEY_FOLDER, own.pk)


def test_who_works_on_this_desk_is_no_partner_elsewhere(circle):
    first = circle.officer(circle.it)
    for given in (card(short="FR", country="FR"), card(agency=first.agency)):
        with pytest.raises(partners.NotPinned, match="on this desk itself"):
            partners.propose(first, VI, given.text())
    with pytest.raises(partners.NotPinned, match="what kind"):
        partners.propose(first, VI, card().text(), "friends")


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[1]", '{"v":1}', "x" * 3000],
)
def test_what_is_no_card_is_refused(text):
    with pytest.raises(NotACard):
        read(text)


def test_a_card_written_in_another_way_is_refused(circle):
    text = card().text()
    assert read(text + "\n").text() == text
    for other in (text.replace(":", ": ", 1), text.replace('"v":1', '"v":2'), text.replace("age1", "age2")):
        with pytest.raises(NotACard):
            read(other)


def test_a_basis_counts_when_two_confirmed_it_and_ends_at_once(circle):
    first, second = circle.officer(circle.it), circle.officer(circle.it_second)
    agency, now = pinned(circle, card(), "third country unit").agency, clock.now()
    with pytest.raises(NoBasis):
        partners.basis_for(first.agency, agency)
    told = {"reference": "decision 1", "since": now, "until": now + timedelta(days=9)}
    with pytest.raises(partners.NotPinned, match="no basis for a third country"):
        partners.propose_basis(first, VI, agency, ground="union law", **told)
    row = partners.propose_basis(first, VI, agency, ground="adequacy decision", **told)
    with pytest.raises(NoBasis):
        partners.basis_for(first.agency, agency)
    with pytest.raises(partners.NotPinned, match="yourself"):
        partners.confirm_basis(first, VI, row)
    partners.confirm_basis(second, VI, row)
    assert partners.basis_for(first.agency, agency).ground == "adequacy decision"
    with clock.at(now + timedelta(days=10)), pytest.raises(NoBasis):
        partners.basis_for(first.agency, agency)
    partners.end_basis(first, VI, row, "it was annulled")
    with pytest.raises(NoBasis):
        partners.basis_for(first.agency, agency)
    refused = partners.propose_basis(first, VI, agency, ground="adequacy decision", **told)
    partners.refuse(second, VI, refused, "it is not published")
    with guard.system("read in a test"):
        assert LegalBasis.objects.get(pk=refused.pk).because == "it is not published"


def browser(account) -> Client:
    client = Client()
    client.force_login(account)
    return client


def test_the_pages_carry_a_card_from_proposal_to_basis_and_hide_the_words_from_the_second(circle):
    one, two, given = browser(circle.it), browser(circle.it_second), card()
    at = reverse("partners")
    assert one.post(at, {"card": "x", "kind": ""}).status_code == 400
    one.post(at, {"do": "own"})
    told = one.post(at, {"do": "own"}, follow=True).content.decode()
    assert "waits already" in told and "field is required" not in told
    assert one.post(at, {"card": given.text(), "kind": "hotline"}).status_code == 302
    with guard.system("choose in a test"):
        row = PartnerKey.objects.get(known_as=given.agency)
    words = partners.words_of(row)
    assert words in one.get(at).content.decode() and words not in two.get(at).content.decode()
    decide = reverse("partner-card", args=[row.pk])
    assert "not the words" in two.post(decide, {"do": "confirm", "words": "x"}, follow=True).content.decode()
    two.post(decide, {"do": "confirm", "words": words})
    assert "none: nothing can be sent" in one.get(at).content.decode()
    page = reverse("partner", args=[given.agency])
    assert "no legal basis in force" in one.get(page).content.decode()
    told = {"ground": "online child sexual abuse material", "reference": "a law", "since": "2026-01-01"}
    assert one.post(page, {**told, "until": "2025-01-01"}).status_code == 400
    assert one.post(page, told).status_code == 302
    with guard.system("choose in a test"):
        basis = LegalBasis.objects.get()
    for unknown in ({}, {"do": "dance", "because": "x"}):
        for decided in (decide, reverse("partner-basis", args=[basis.pk])):
            assert "Choose what to do" in two.post(decided, unknown, follow=True).content.decode()
    two.post(reverse("partner-basis", args=[basis.pk]), {"do": "confirm"})
    assert "no legal basis" not in two.get(page).content.decode()
    two.post(reverse("partner-basis", args=[basis.pk]), {"do": "end", "because": "annulled"})
    assert "no legal basis in force" in two.get(page).content.decode()
    two.post(decide, {"do": "revoke", "because": "stolen"})
    assert "stolen" in two.get(at).content.decode()
    assert browser(circle.fr).get(page).status_code == 404
    assert browser(circle.it_admin).get(at).status_code == 200
    assert "PT" not in browser(circle.it_dpo).get(at).content.decode().replace("HTTP", "")
