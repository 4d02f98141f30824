"""The page of locate: map and equal table, one row for one observation, a home by two people."""

from __future__ import annotations

import pytest
from django.urls import reverse

from entente.casework.prioritise.service import assign
from entente.records import guard
from entente.records.act import acting
from entente.records.models import Clue, HomeProposal, Milestone
from entente.safeguards.access import Act
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
SEEN = [
    ("socket", "L", "objects"),
    ("utc_offset", 120, "device"),
    ("utc_offset", 120, "device"),
    ("utc_offset", 120, "device"),
    ("language", {"it": 0.95, "es": 0.05}, "objects"),
    ("device", {"make": "Nordica", "model": "D410", "serial": "1"}, "device"),
]


@pytest.fixture
def clues(case, circle):
    with acting(circle.officer(circle.it), Act.ALTER, case.as_thing(), VI, step="examine"):
        for kind, value, group in SEEN:
            Clue.objects.create(
                case=case,
                owner=circle.agencies.it,
                kind=kind,
                value=value,
                group=group,
                source="test",
                because="seen",
                method="person",
                version="1",
                evaluation="A1",
                state="confirmed",
            )


@pytest.fixture
def page(client, case, circle):
    client.force_login(circle.it)
    return reverse("locate:page", args=[case.pk])


def test_a_case_without_clues_says_what_to_do(client, page):
    assert "No clue yet" in client.get(page).content.decode()


def test_the_map_comes_with_its_equal_table_and_each_clues_part(client, page, clues):
    shown = client.get(page).content.decode()
    assert "<svg" in shown
    assert "The same as the map, as a table" in shown
    assert shown.index("Italy") > 0
    assert "× 3" in shown  # one observation of three items is one row
    assert "1 observation says nothing of a place" in shown


def test_another_agency_finds_nothing(client, case, circle, clues):
    client.force_login(circle.dk)
    assert client.get(reverse("locate:page", args=[case.pk])).status_code == 404


def test_a_home_needs_a_second_person(client, case, circle, page):
    form = {"place": "House at the end of the lane", "because": "the cadastre", "codes": ["H2"]}
    client.post(reverse("locate:home", args=[case.pk]), form)
    with guard.system("test"):
        proposal = HomeProposal.objects.get()
    confirm = reverse("locate:home-confirm", args=[case.pk, proposal.pk])
    told = client.post(confirm, follow=True).content.decode()
    assert "two people" in told
    with guard.scope(circle.officer(circle.it), VI):
        assign(circle.officer(circle.it), VI, case, circle.it_second, part=Part.MEMBER)
        assert not Milestone.objects.filter(stage="home")
    client.force_login(circle.it_second)
    client.post(confirm)
    with guard.system("test"):
        assert HomeProposal.objects.get().confirmed_by == circle.it_second
        assert Milestone.objects.filter(stage="home").exists()


def test_a_home_without_a_reason_is_sent_back_with_what_was_typed(client, case, page):
    answer = client.post(reverse("locate:home", args=[case.pk]), {"place": "A house", "codes": ["H2"]})
    assert answer.status_code == 400
    assert "A house" in answer.content.decode()
