"""The page "why did this match": facts of both sides, drawings with equal tables, and no picture unasked."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from entente.casework.match.compare import HeldLists, Query
from entente.casework.match.hashes.pdq import PDQ
from entente.casework.match.service.why import counted, stacks_of
from entente.records import guard
from entente.records.models import HashList, ListedHash, LogEntry, Match, Media
from entente.vocabulary.media_hash import HashEntry, Profile

APART = 12  # bits by which the listed hash differs from the item's


@pytest.fixture
def near(circle, case):
    """Italy's item, and its match with a listed PDQ once it is mirrored; rows alone, to be quick."""
    turns, quality = PDQ.of_luma(PDQ.examples()[0].luma)
    listed = f"{int(turns[5], 16) ^ ((1 << APART) - 1):064x}"
    made = {"case": case, "owner": circle.agencies.it, "made_by": circle.it, "codes": "H2"}
    with guard.system("test"):
        item = Media.objects.create(
            number=1,
            sha256="d" * 64,
            key="k",
            kind="picture",
            width=640,
            height=480,
            source="a phone",
            pdq=turns[0],
            pdq_turns={"full": turns},
            pdq_quality=quality,
            known="near",
            **made,
        )
        held = HashList.objects.create(
            owner=circle.agencies.it, name="ours", format="csv", sha256="0" * 64, imported_by=circle.it
        )
        row = ListedHash.objects.create(list=held, owner=circle.agencies.it, line=2, pdq=listed)
        lists = HeldLists()
        lists.add("ours", [HashEntry(2, pdq=listed)])
        hit = lists.compare(Query(pdq_turns={Profile.FULL: turns}, pdq_quality=quality)).hits[0]
        return Match.objects.create(
            media=item,
            verdict="near",
            list_name="ours",
            list_version="2026-11",
            entry="2",
            category="UK 1",
            distance=hit.distance,
            transform=str(hit.transform),
            profile=str(hit.profile),
            because=hit.because.text,
            method=hit.because.method,
            version=hit.because.version,
            of_list=row.list_id,
            listed=row.pk,
            **made,
        )


def _page(client, case, match, **headers):
    return client.get(reverse("match:why", args=[case.pk, match.pk]), **headers)


def test_both_sides_stand_with_all_facts_and_the_turn(client, circle, case, near):
    client.force_login(circle.it)
    html = _page(client, case, near).content.decode()
    assert near.because in html
    for fact in (
        near.list_name,
        near.method,
        f"{near.distance} of 256",
        near.transform,
        "unrelated pictures",
    ):
        assert fact in html, fact
    assert html.count('class="dot"') == near.distance == APART
    assert 'role="img"' in html and "<caption" in html


def test_two_lists_that_disagree_are_both_said_and_neither_wins(client, circle, case, near):
    with guard.system("test"):
        item, matches = Media.objects.get(), []
        for name, category, harmless in (("north", "1", False), ("south", "5", False), ("calm", "", True)):
            held = HashList.objects.create(
                owner=circle.agencies.it, name=name, format="csv", sha256=name.ljust(64, "0"),
                imported_by=circle.it, profile="US", model_version="2.0", harmless=harmless,
            )  # fmt: skip
            row = ListedHash.objects.create(
                list=held, owner=circle.agencies.it, line=1, sha256=item.sha256, category=category
            )
            matches.append(
                Match.objects.create(
                    media=item, case=case, owner=circle.agencies.it, made_by=circle.it, codes="H2",
                    verdict="exact", list_name=name, entry="1", category=category, because="the same bytes",
                    of_list=held.pk, listed=row.pk, suppresses=harmless,
                )
            )  # fmt: skip
    client.force_login(circle.it)
    for match in matches:
        html = _page(client, case, match).content.decode()
        assert "The lists disagree" in html
        assert "two categories under US 2.0: 1 by north and 5 by south" in html
        assert "north, ours, south knows it" not in html and "north, south knows it and calm" in html
    with guard.system("test"):
        assert set(Match.objects.filter(verdict="exact").values_list("category", "state")) == {
            ("1", "proposed"), ("5", "proposed"), ("", "proposed"),
        }  # fmt: skip


def test_no_picture_is_in_the_page_nor_asked_for_by_it(client, circle, case, near):
    client.force_login(circle.it)
    html = _page(client, case, near).content.decode()
    assert "<img" not in html and "data:image" not in html and "background" not in html
    assert "data-reveal-url" in html  # press and hold, of the own item only
    assert html.count("data-reveal-url") == 1
    with guard.system("test"):
        assert not Media.objects.get(pk=near.media_id).viewings.exists()


def test_looking_at_the_reasons_is_logged_as_a_consultation(client, circle, case, near):
    with guard.system("test"):
        before = LogEntry.objects.count()
    client.force_login(circle.it)
    _page(client, case, near)
    with guard.system("test"):
        assert LogEntry.objects.count() > before


def test_a_person_decides_on_the_page_without_scripts(client, circle, case, near):
    client.force_login(circle.it)
    html = _page(client, case, near).content.decode()
    address = reverse("match:decide", args=[case.pk, near.pk])
    assert f'action="{address}"' in html
    client.post(address, {"say": "confirm"})
    html = _page(client, case, near).content.decode()
    assert "Confirmed" in html and 'value="reopen"' in html


def test_another_agency_and_another_case_find_nothing(client, circle, case, near):
    client.force_login(circle.dk)
    assert _page(client, case, near).status_code == 404


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {
                "verdict": "scene",
                "regions": [[0.1, 0.2, 0.5, 0.5], [0.25, 0.3, 0.4, 0.4]],
                "transform": "mirror-y",
                "distance": None,
            },
            ["The same part in both", ">25<", ">40<", 'class="tie"'],
        ),
        (
            {
                "segments": [
                    {
                        "query_start": 1.0,
                        "query_end": 9.5,
                        "match_start": 31.0,
                        "match_end": 39.5,
                        "frames": 17,
                    }
                ]
            },
            ["Which stretch is which", ">39.5<", ">17<"],
        ),
        ({"verdict": "exact", "distance": 0, "transform": "original"}, ["Both sides"]),
        ({"transform": "", "profile": "", "listed": None, "of_list": None}, ["its provider was not told"]),
    ],
)
def test_what_agrees_is_drawn_and_stands_in_a_table(client, circle, case, near, change, says):
    with guard.system("test"):
        Match.objects.filter(pk=near.pk).update(**change)
    client.force_login(circle.it)
    answer = _page(client, case, near)
    assert answer.status_code == 200
    html = answer.content.decode()
    for text in says:
        assert text in html, text


def test_a_held_picture_is_named_where_the_officer_may_see_it_and_never_shown(client, circle, case, near):
    regions = [[0.1, 0.2, 0.5, 0.5], [0.25, 0.3, 0.4, 0.4]]
    with guard.system("test"):
        other = Media.objects.create(
            case=case,
            owner=circle.agencies.it,
            made_by=circle.it,
            number=77,
            sha256="b" * 64,
            kind="picture",
            key="held-key",
            width=300,
            height=600,
            source="another phone",
        )
        Match.objects.filter(pk=near.pk).update(
            verdict="scene", regions=regions, held=other, entry=str(other.pk), of_list=None, listed=None
        )
    client.force_login(circle.it)
    html = _page(client, case, near).content.decode()
    assert "item #77" in html and "another phone" in html
    assert str(other.pk) not in html and html.count("data-reveal-url") == 1


def test_numbers_of_a_drawing_have_points_in_every_language(client, circle, case, near):
    client.force_login(circle.it)
    html = _page(client, case, near, headers={"accept-language": "fr"}).content.decode()
    for number in re.findall(r'(?:x|y|width|height)="([^"]*)"', html):
        assert "," not in number


def test_copies_in_a_case_count_as_one_stack(client, circle, case, near):
    with guard.system("test"):
        item = Media.objects.get(pk=near.media_id)
        numbers = Media.objects.filter(case=case).count()
        copy = Media.objects.create(
            case=case,
            owner=item.owner,
            made_by=item.made_by,
            number=numbers + 50,
            sha256="e" * 64,
            kind="picture",
            source="disk",
            pdq=item.pdq,
            pdq_quality=100,
            known=item.known,
        )
        stacks = stacks_of(case.pk)
        assert stacks[copy.pk] == stacks[item.pk]
        items, of_stacks = counted(case.pk)[item.known]
        assert of_stacks < items
    client.force_login(circle.it)
    assert f"{copy}" in _page(client, case, near).content.decode()
    html = client.get(reverse("match:page", args=[case.pk])).content.decode()
    assert "stack of" in html and "Why did this match?" in html


@pytest.mark.parametrize(
    ("scheme", "says"),
    [
        (("US", "2.0"), "0 under the profile US 2.0: Non-Pertinent"),
        (("DHS", "older"), "0 under the profile DHS older: Uncategorized"),
        (("US", "1.3"), "0 under the profile US 1.3: what it means there is not known here"),
        (("", ""), "0, of a profile that is not stated: what it means there is not known here"),
    ],
)
def test_a_category_is_worded_under_exactly_its_own_scheme(client, circle, case, near, scheme, says):
    with guard.system("test"):
        HashList.objects.update(profile=scheme[0], model_version=scheme[1])
        ListedHash.objects.update(category="0")
    client.force_login(circle.it)
    html = re.sub(r"<[^>]+>", "", _page(client, case, near).content.decode())
    assert says in html
