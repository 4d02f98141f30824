"""The page of locate: map and equal table, one row for one observation."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tests.casework.inform.by_two import issue

from entente.casework.inform.compose import StatementType
from entente.casework.locate import engine
from entente.casework.locate.service import weigh
from entente.records import guard, jobs
from entente.records.act import acting
from entente.records.models import Clue, Estimate, LogEntry, Media, Membership
from entente.safeguards.access import Act
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


def seen(case, circle, *listed) -> None:
    with acting(circle.officer(circle.it), Act.ALTER, case.as_thing(), VI, step="examine"):
        for kind, value, group, *source in listed:
            Clue.objects.create(
                case=case,
                owner=circle.agencies.it,
                kind=kind,
                value=value,
                group=group,
                source=source[0] if source else "test",
                because="seen",
                method="person",
                version="1",
                evaluation="A1",
                state="confirmed",
            )


@pytest.fixture
def clues(case, circle):
    seen(case, circle, *SEEN)


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


def ids(**of) -> list[str]:
    with guard.system("test"):
        return [str(pk) for pk in Clue.objects.filter(**of).values_list("pk", flat=True)]


def test_a_clue_is_switched_off_by_the_address_and_nothing_is_stored(client, page, clues):
    with guard.system("test"):
        before = Clue.objects.count(), Estimate.objects.count()
    whole = client.get(page).content.decode()
    one = ids(kind="utc_offset")[1]
    told = client.get(page, {"off": one, "map": "10,45,20"}).content.decode()
    assert "1 observation is left out" in told and "Count all again" in told
    assert f'value="{one}" id="off-{one}"' in told and told.count("checked") - whole.count("checked") == 1
    assert 'name="map" value="10.00,45.00,20.00"' in told
    assert "× 3" in told and told.index("left out</span>") > told.index("What each clue does")
    assert "Keep this estimate" in whole and "Keep this estimate" not in told
    with guard.system("test"):
        assert (Clue.objects.count(), Estimate.objects.count()) == before


def test_a_whole_source_is_switched_off_and_what_is_no_clue_asks_nothing(client, page, clues):
    told = client.get(page, {"group": ["objects", "nonsense"]}).content.decode()
    assert "2 observations are left out" in told
    assert told.count("disabled") == 2  # the clues of that source
    for nothing in ({"off": "nonsense"}, {"off": "0" * 36}, {"map": "a,b,c"}, {"group": "open_source"}):
        assert "left out on this page" not in client.get(page, nothing).content.decode()
    all_off = client.get(page, {"group": ["objects", "device"]})
    assert all_off.status_code == 200 and "builds up" not in all_off.content.decode()


def test_only_the_part_is_brought_when_it_is_asked_for_and_that_is_logged(client, page, clues):
    with guard.system("test"):
        before = LogEntry.objects.count()
    part = client.get(page, {"off": ids(kind="socket")[0]}, headers={"X-Part": "where"}).content.decode()
    assert 'id="where"' in part and "<html" not in part and "What to ask next" not in part
    with guard.system("test"):
        assert LogEntry.objects.count() == before + 1


def test_the_waterfall_and_the_bars_have_their_numbers_beside_them(client, page, clues):
    shown = client.get(page).content.decode()
    fall = shown.split("builds up")[1].split("</table>")[0]
    assert fall.index("Before any clue") < fall.index("objects") < fall.index("All together")
    parts = shown.split("What each clue does</h2>")[1]
    for table in (fall, parts.split("</table>")[0]):
        assert table.count('<svg class="bar"') >= 4 and table.count('aria-hidden="true"') >= 4
    assert "supports Italy" in parts
    assert "data-rail" in shown and 'aria-current="step"' in shown.split("data-rail")[1]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ("Italie", "Avant tout indice", "Laisser de côté")),
        ("it", ("Italia", "Prima di ogni indizio", "Escludi")),
    ],
)
def test_the_page_speaks_french_and_italian(client, page, clues, language, words):
    shown = client.get(page, headers={"Accept-Language": language}).content.decode()
    assert all(word in shown for word in words)


def test_the_map_moves_by_addresses_from_the_region_to_the_world(client, page, clues):
    shown = client.get(page).content.decode()
    assert shown.count("data-where-link") == 8
    moved = client.get(page, {"map": "7.70,44.50,12.00"}).content.decode()
    assert "map=7.70%2C44.50%2C6.00" in moved and "map=7.70%2C44.50%2C24.00" in moved
    world = client.get(page, {"map": "0,10,360"}).content.decode()
    assert 'class="inset"' in shown and 'class="inset"' not in world


def test_a_contradiction_is_said_and_the_doubted_clue_can_be_left_out_there(
    client, case, circle, page, clues
):
    def notes():
        return [
            n.split("</div>")[0] for n in client.get(page).content.decode().split("Contradiction</span>")[1:]
        ]

    seen(case, circle, ("gps", {"lat": 35.7, "lon": 139.7, "radius_m": 15.0}, "device"))
    fix = ids(kind="gps")[0]
    (doubted,) = [n for n in notes() if "misleads" in n]
    assert "gps lat 35.7" in doubted and f"?off={fix}#where" in doubted and f"({fix})" not in doubted
    seen(case, circle, ("country", "JP", "analyst"))
    parted = [n for n in notes() if "Japan" in n and "Italy" in n]
    assert parted and not any("See without it" in n for n in parted if "sources" in n)


def test_an_observation_leads_to_the_items_that_it_was_seen_in(client, case, circle, page, clues):
    with guard.system("items for a test"):
        made = {"case": case, "owner": circle.agencies.it, "kind": "picture", "source": "disk", "key": "k"}
        for n, pk in enumerate(ids(kind="utc_offset"), 1):
            item = Media.objects.create(number=n, sha256=f"{n:064x}", **made)
            Clue.objects.filter(pk=pk).update(media=item)
        held = Media.objects.get(number=3)
        held.codes = "H2"
        held.save()
    told = client.get(page).content.decode()
    for n, pk in enumerate(ids(kind="utc_offset"), 1):
        assert reverse("examine:item", args=[case.pk, n]) + f"?clue={pk}" in told
    with guard.system("test"):
        Membership.objects.create(case=case, account=circle.fr, part="member")
    client.force_login(circle.fr)
    assert "items/2/" in (theirs := client.get(page).content.decode()) and "items/3/" not in theirs


def test_of_more_clues_than_are_weighed_the_most_trusted_are_and_the_rest_is_said(
    client, case, circle, page, monkeypatch
):
    monkeypatch.setattr(engine, "MOST_CLUES", 8)  # the rule is the same; 100 take ten seconds
    weak = [("phone_number", f"+39 0171 {n:06d}", "objects") for n in range(150)]
    seen(case, circle, *weak, ("socket", "L", "objects"))
    with guard.system("test"):
        Clue.objects.filter(kind="phone_number").update(evaluation="C3")
    told = client.get(page).content.decode()
    assert "143 observations are not weighed" in told and "Half of the belief" in told
    assert told.count(">not weighed<") == 143
    # leave one out, and another moves up
    assert (
        "142 observations are not weighed" in client.get(page, {"off": ids(kind="socket")}).content.decode()
    )
    # kept on the page, and by a job
    assert client.post(reverse("locate:keep", args=[case.pk])).status_code == 302
    job = jobs.enqueue("locate.weigh", circle.officer(circle.it), VI, case=case.pk)
    assert jobs.run(jobs.take("test", only=job))
    with guard.system("test"):
        kept = list(Estimate.objects.all())
    for estimate in kept:
        assert estimate.posterior["left_out"] == 143 and len(estimate.clues) == 8
        assert set(ids(kind="socket")) < set(estimate.clues)
    assert len(kept) == 2
    # and a product says it
    told = [("A socket of type L.", StatementType.FACT, ids(kind="socket"), "A1")]
    with guard.system("a second person in a test"):
        Membership.objects.create(case=case, account=circle.it_second, part="member")
    row = issue(circle.officer(circle.it), circle.officer(circle.it_second), case, statements=told)
    (said,) = [s for s in row.facts["draft"]["left_out"] if "not weighed" in s]
    assert said == "143 observation(s) were not weighed for the region: the 8 most trusted were."
    assert row.facts["draft"]["posterior"]["clues"]


def test_a_refusal_is_shown_without_the_id_of_its_clue(client, case, circle, page, clues):
    seen(case, circle, ("socket", "7", "objects"))
    told = client.get(page).content.decode()
    refused = told.split("Clues that could not be weighed")[2]
    assert "IEC" in refused and ids(value="7")[0] not in refused
    for language, words in (("fr", "une prise est des lettres"), ("it", "una presa è lettere")):
        assert words in client.get(page, headers={"Accept-Language": language}).content.decode()


def test_the_history_lists_what_changed_and_compares_two(client, case, circle, page, clues):
    officer, history = circle.officer(circle.it), reverse("locate:history", args=[case.pk])
    assert "Nothing kept yet" in client.get(history).content.decode()
    weigh(officer, VI, case)
    weigh(officer, VI, case)  # the same again is no line of its own
    with guard.system("test"):
        Clue.objects.filter(kind="socket").update(state="withdrawn")
    weigh(officer, VI, case)
    told = client.get(history).content.decode()
    assert told.count("<tr>") == 3 and told.count('type="radio"') == 4  # a head and two states
    assert told.index("Gone") < told.index("socket L") < told.index("The first state") < told.index("Come")
    with guard.system("test"):
        one, _, two = [str(e.pk) for e in Estimate.objects.order_by("made_at")]
    both = client.get(history, {"a": two, "b": one}).content.decode()
    side = both.split("Two states beside each other")[1].split("</section>")[0]
    assert side.count("<svg") == 2 and "socket L" in side and "Italy" in side
    assert client.get(history, {"a": "x", "b": one, "page": "99"}).status_code == 200


def test_the_history_holds_what_one_s_own_agency_kept(client, case, circle, page, clues):
    with guard.system("test"):
        Membership.objects.create(case=case, account=circle.fr, part="member")
    weigh(circle.officer(circle.it), VI, case)
    history = reverse("locate:history", args=[case.pk])
    client.force_login(circle.fr)
    assert "Nothing kept yet" in client.get(history).content.decode()
    weigh(circle.officer(circle.fr), VI, case)
    assert "FR-1001" in client.get(history).content.decode()
    client.force_login(circle.dk)
    assert client.get(history).status_code == 404


def test_another_agency_finds_nothing(client, case, circle, clues):
    client.force_login(circle.dk)
    assert client.get(reverse("locate:page", args=[case.pk])).status_code == 404
