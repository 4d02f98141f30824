"""Weighing what is at hand, and keeping it with its clues."""

from __future__ import annotations

import pytest
from django.urls import reverse

from entente.casework.locate.service import (
    clues_at_hand,
    sifted,
    weigh,
)
from entente.casework.prioritise.service import assign
from entente.records import guard
from entente.records.act import acting
from entente.records.models import Case, Clue, Estimate, Job, LogEntry, Milestone
from entente.safeguards.access import Act
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
ITALIAN = [
    ("language", {"it": 1.0}, "objects"),
    ("socket", "L", "objects"),
    ("phone_number", "+39 031 555 0100", "objects"),
    ("currency", "EUR", "scene"),
    ("region", {"country": "IT", "admin1": "09"}, "analyst"),
]


def clue(circle, case, kind, value, group="objects", account=None, **kwargs) -> Clue:
    account = account or circle.it
    officer = circle.officer(account)
    with acting(officer, Act.ALTER, case.as_thing(), VI, step="examine", reason="a clue"):
        return Clue.objects.create(
            case=case, owner=account.agency, made_by=account, kind=kind, value=value, group=group,
            state="confirmed", evaluation="A1", because="seen", **kwargs,
        )  # fmt: skip


def reached(case) -> set[str]:
    with guard.system("test"):
        return set(Milestone.objects.filter(case=case).values_list("stage", flat=True))


@pytest.fixture
def italian(circle, case) -> Case:
    for kind, value, group in ITALIAN:
        clue(circle, case, kind, value, group)
    return case


def test_the_estimate_is_kept_with_the_clues_it_stands_on(circle, italian):
    estimate = weigh(circle.officer(circle.it), VI, italian)
    assert estimate.posterior["countries"][0]["code"] == "IT"
    with guard.system("test"):
        assert set(estimate.clues) <= {str(pk) for pk in Clue.objects.values_list("pk", flat=True)}
        entry = LogEntry.objects.order_by("-seq").first()
    assert (entry.verb, entry.step) == ("alter", "locate")
    assert Job.objects.filter(task="prioritise.rank").exists()


def test_one_country_that_is_likely_stops_the_clock_at_region(circle, case):
    weigh(circle.officer(circle.it), VI, case)
    assert "region" not in reached(case)
    for kind, value, group in ITALIAN:
        clue(circle, case, kind, value, group)
    assert weigh(circle.officer(circle.it), VI, case).posterior["countries"][0]["p"] >= 0.9
    assert "region" in reached(case)


def test_the_estimate_is_never_looser_than_its_clues(circle, italian):
    clue(circle, italian, "mains_hz", 50, "device", codes="H1 H2")
    assert weigh(circle.officer(circle.it), VI, italian).codes == "H0 H1 H2"


def test_a_clue_that_is_withheld_weighs_only_for_who_sees_it(circle, italian):
    assign(circle.officer(circle.it), VI, italian, circle.fr, part=Part.MEMBER)
    secret = clue(circle, italian, "mains_hz", 50, "device", codes="H2")
    with guard.scope(circle.officer(circle.it), VI):
        assert secret in clues_at_hand(italian)
    with guard.scope(circle.officer(circle.fr), VI):
        assert secret not in clues_at_hand(italian)
    assert str(secret.pk) not in weigh(circle.officer(circle.fr), VI, italian).clues
    assert str(secret.pk) in weigh(circle.officer(circle.it), VI, italian).clues


def test_a_withdrawn_clue_weighs_nothing(circle, italian):
    before = weigh(circle.officer(circle.it), VI, italian).clues
    with guard.system("test"):
        Clue.objects.filter(kind="socket").update(state="withdrawn")
    assert len(weigh(circle.officer(circle.it), VI, italian).clues) == len(before) - 1


def test_a_clue_that_cannot_be_read_is_named_and_the_others_weigh(circle, italian):
    bad = clue(circle, italian, "mains_hz", 61, "device")
    with guard.scope(circle.officer(circle.it), VI):
        words, refused = sifted(clues_at_hand(italian))
    assert len(words) == len(ITALIAN)
    assert set(refused) == {str(bad.pk)}
    assert "50 or 60" in str(refused[str(bad.pk)])


def test_an_outsider_and_a_reader_weigh_nothing(circle, italian):
    assign(circle.officer(circle.it), VI, italian, circle.fr, part=Part.READER)
    for account in (circle.dk, circle.fr, circle.it_admin):
        with pytest.raises(guard.Denied):
            weigh(circle.officer(account), VI, italian)
    with guard.system("test"):
        assert not Estimate.objects.exists()


def test_the_page_shows_map_equal_table_and_what_to_ask(client, circle, italian):
    client.force_login(circle.it)
    html = client.get(reverse("locate:page", args=[italian.pk])).content.decode()
    for said in (
        "<svg",
        "GeoNames",
        "What to ask next",
        "What each clue does",
        reverse("cooperate:page", args=[italian.pk]),
    ):
        assert said in html
    assert html.index("</svg>") < html.index("The same as the map") < html.index("Lombardy</td>")
    rows = html.split("The same as the map")[1].split("</table>")[0]
    assert rows.index("whole country") < rows.index("Lombardy")
    assert " style=" not in html


def test_the_page_without_a_clue_says_where_to_begin(client, circle, case):
    client.force_login(circle.it)
    html = client.get(reverse("locate:page", args=[case.pk])).content.decode()
    assert "No clue yet" in html
    assert "<svg xmlns" not in html
