"""The bench, two items beside each other, and a video's frames and sound, as officers meet them."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from entente.casework.examine import service
from entente.records.act import acting
from entente.records.models import Media, Membership, Note, Viewing
from entente.safeguards.access import Act
from tests.casework.examine.test_views import VI, at, rows

TWISTED = {"c1x": "0.1", "c1y": "0.1", "c2x": "0.9", "c2y": "0.9", "c3x": "0.9", "c3y": "0.1", "c4x": "0.1"}


def size_of(answer):
    return Image.open(io.BytesIO(answer.content)).size


def test_the_recipe_of_the_address_stands_in_the_fields_and_in_every_door(desk, case, items):
    number = items["picture"].number
    answer = desk.get(at("item", case, number, zoom=2, flip=1, turn=1, c1x="", contrast=150))
    text = answer.content.decode()
    assert answer.status_code == 200
    told = "flip=1&amp;turn=1&amp;zoom=2.0&amp;contrast=150.0"
    assert f'data-reveal-url="{at("reveal", case, number)}?{told}"' in text
    assert 'data-measure="contrast" data-plain="100" data-slide min="0" max="400"' in text
    assert 'value="150.0"' in text
    assert f'name="recipe" value="{told}"' in text
    assert "<img" not in text


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"zoom": "99"}, "zoom lies between 1 and 16"),
        ({"c1x": "0.1"}, "eight numbers"),
        ({**TWISTED, "c4y": "0.9"}, "a surface without a dent or a crossing"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_told_and_shows_nothing(desk, case, officer, items, query, says):
    number = items["picture"].number
    page = desk.get(at("item", case, number, **query)).content.decode()
    assert says in page
    assert "The tools were not applied" in page
    for name in ("grey", "reveal"):
        answer = desk.post(at(name, case, number, **query), {"purpose": str(VI)})
        assert answer.status_code == 400
        assert says in answer.content.decode()
    kept = desk.post(at("keep", case, number), {"keep": "crop", "recipe": "zoom=99"}, follow=True)
    assert "zoom lies between" in kept.content.decode()
    assert rows(officer, Viewing) == []


def test_a_look_through_the_tools_is_a_post_with_its_recipe_in_the_ledger(desk, case, officer, items):
    number = items["picture"].number
    grey = desk.post(at("grey", case, number, zoom=2))
    clear = desk.post(at("reveal", case, number, zoom=2, turn=1), {"purpose": str(VI)})
    assert (size_of(grey), size_of(clear)) == ((80, 60), (120, 160))
    first, second = rows(officer, Viewing)
    assert [first.view, second.view] == ["grey", "clear"]
    assert second.recipe == {"zoom": 2.0, "turn": 1}
    assert clear.headers["X-Reveal"] == str(second.pk)


def test_what_is_seen_is_kept_as_a_crop_or_with_a_note(desk, case, officer, items):
    number = items["video"].number
    told = {"recipe": "zoom=2.0&across=0.25", "t": "1.0"}
    made = desk.post(at("keep", case, number), {"keep": "crop", **told}, follow=True)
    crop = next(m for m in rows(officer, Media) if m.origin == "crop")
    assert f"Item #{crop.number}" in made.content.decode()
    assert (crop.width, crop.t) == (160, 1.0)
    page = desk.post(at("keep", case, number), {"keep": "note", "text": "a lamp", **told}, follow=True)
    (note,) = rows(officer, Note)
    assert note.recipe == {"zoom": 2.0, "across": 0.25}
    assert "zoom=2.0&amp;across=0.25#bench-item" in page.content.decode(), "a colleague sees it so again"
    empty = desk.post(at("keep", case, number), {"keep": "note", **told}, follow=True)
    assert "write the note first" in empty.content.decode()


def test_two_items_stand_beside_each_other_each_with_its_line_first(desk, case, officer, items):
    a, b = items["picture"].number, items["video"].number
    page = desk.get(at("compare", case, a=a, b=b, **{"a-flip": 1, "b-zoom": 3, "b-t": 1})).content.decode()
    assert page.index(f"#{a} · Picture") < page.index(f"#{b} · Video")
    assert f'data-grey-url="{at("grey", case, a)}?flip=1"' in page
    assert f'data-grey-url="{at("grey", case, b)}?t=1.0&amp;zoom=3.0"' in page
    assert "<img" not in page
    assert 'name="a-zoom"' in page
    assert 'name="b-zoom"' in page
    assert page.count('data-bench="') == 2
    assert "There is no item" in desk.get(at("compare", case, a=a, b=999)).content.decode()
    assert desk.get(at("compare", case, a="x", b="²")).status_code == 200
    assert desk.get(at("compare", case, a=a, b=b, **{"b-zoom": 99})).status_code == 400
    assert rows(officer, Viewing) == []


def test_the_grid_sends_the_two_items_that_it_has_chosen(desk, case, items):
    both = [str(items[kind].pk) for kind in ("picture", "video")]
    numbers = sorted(items[kind].number for kind in ("picture", "video"))
    assert f'formaction="{at("compare", case)}"' in desk.get(at("page", case)).content.decode()
    answer = desk.post(at("compare", case), {"item": both})
    assert answer.status_code == 303
    assert answer["Location"] == at("compare", case, a=numbers[0], b=numbers[1])
    assert desk.post(at("compare", case), {"item": both[:1]})["Location"] == at("page", case)
    assert desk.post(at("compare", case), {"item": ["x"]}).status_code == 400


def test_an_h3_item_is_compared_only_after_its_restriction_was_read(desk, case, officer, items):
    number = items["picture"].number
    with acting(officer, Act.ALTER, case.as_thing(), VI, step="test"):
        Media.objects.filter(number=number).update(codes="H3", handling_text="for unit 4 alone")
    page = desk.get(at("compare", case, a=number)).content.decode()
    assert "for unit 4 alone" in page
    assert "data-grey-url" not in page
    read = desk.get(at("compare", case, a=number, h3="read")).content.decode()
    assert f'data-grey-url="{at("grey", case, number)}?h3=read"' in read


def test_frames_are_stepped_by_their_real_times_with_and_without_scripts(desk, case, items):
    number = items["video"].number
    told = desk.post(at("moments", case, number), {"t": "1.04"}).json()
    assert (told["first"] + told["here"], told["total"]) == (10, 30)
    assert told["times"][told["here"]] == 1.0
    for by, second in (("1", "1.1"), ("-1", "0.9")):
        there = desk.post(at("moments", case, number), {"t": "1.04", "by": by})
        assert there["Location"] == f"{at('item', case, number, t=second)}#bench-item"
    assert desk.post(at("moments", case, number), {"t": "77"}).status_code == 400
    assert desk.post(at("moments", case, items["picture"].number), {}).status_code == 400


def test_the_contact_sheet_is_one_logged_look_in_small_grey_with_its_seconds_in_words(
    desk, case, officer, items
):
    number = items["video"].number
    page = desk.get(at("item", case, number)).content.decode()
    assert "30 decoded of 30 expected" in page or " expected" in page
    assert "<img" not in page
    for extra in ({}, {"HTTP_HX_REQUEST": "true"}):
        answer = desk.post(at("shots", case, number), **extra)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert 'src="data:image/jpeg;base64,' in text
        assert f'href="{at("item", case, number)}?t=' in text
        assert ("<html" in text) is (not extra)
    looks = rows(officer, Viewing)
    assert [look.view for look in looks] == ["sheet", "sheet"]
    assert desk.post(at("shots", case, items["picture"].number)).status_code == 400
    assert len(rows(officer, Viewing)) == 2
    assert desk.get(at("shots", case, number)).status_code == 405


def test_loudness_is_a_drawing_with_an_equal_text_and_no_sound_comes_with_it(desk, case, officer, talking):
    for extra in ({}, {"HTTP_HX_REQUEST": "true"}):
        answer = desk.post(at("loudness", case, talking.number), **extra)
        text = answer.content.decode()
        assert '<path d="M0.0 ' in text
        assert "Loud stretches" in text
        assert "0.00 s to 2.00 s" in text
        assert ("<!doctype html>" in text) is not bool(extra)
        assert b"RIFF" not in answer.content
    assert rows(officer, Viewing) == []


def test_sound_is_a_post_with_a_purpose_and_is_counted_by_its_length(desk, case, officer, talking):
    url = at("sound", case, talking.number, start=0.5)
    assert desk.get(url).status_code == 405
    assert desk.post(url).status_code == 400
    assert desk.post(url, {"purpose": "curiosity"}).status_code == 400
    assert rows(officer, Viewing) == []
    answer = desk.post(url, {"purpose": str(VI)})
    assert answer.headers["Content-Type"] == "audio/wav"
    assert answer.headers["Cache-Control"] == "no-store"
    (viewing,) = rows(officer, Viewing)
    assert (viewing.view, viewing.t, answer.headers["X-Reveal"]) == ("sound", 0.5, str(viewing.pk))
    desk.post(at("hide", case, talking.number), {"reveal": str(viewing.pk), "milliseconds": "700"})
    assert rows(officer, Viewing)[0].milliseconds == 700


def test_others_findings_stand_before_the_sound_and_the_clear_view_of_the_bench(
    client, circle, case, officer, talking
):
    service.note(officer, VI, talking, "a bell outside")
    client.force_login(circle.it_second)
    with acting(officer, Act.GRANT, case.as_thing(), VI, step="test"):
        Membership.objects.create(case=case, account=circle.it_second, part="member")
    page = client.get(at("item", case, talking.number)).content.decode()
    assert "data-reveal-url" not in page
    heard = client.post(at("sound", case, talking.number), {"purpose": str(VI)})
    assert heard.status_code == 409
    assert heard.headers["X-Findings"] == at("item", case, talking.number)
    assert rows(officer, Viewing) == []


def test_a_video_without_sound_says_so(desk, case, items):
    number = items["video"].number
    assert "no sound track" in desk.post(at("loudness", case, number)).content.decode()
    silent = desk.post(at("sound", case, number), {"purpose": str(VI)})
    assert silent.status_code == 400
    assert "no sound track" in silent.content.decode()


def test_stills_are_small_unless_the_officer_chose_otherwise(desk, case, items):
    number = items["picture"].number
    assert "data-stills=" not in desk.get(at("item", case, number)).content.decode().partition("<body")[0]
    desk.cookies["stills"] = "large"
    assert '<html lang="en" data-stills="large">' in desk.get(at("item", case, number)).content.decode()
    desk.cookies["stills"] = '"><script>'
    assert "data-stills=" not in desk.get(at("item", case, number)).content.decode().partition("<body")[0]
