"""The pages of examine as officers meet them: nothing shown unasked, every look a logged POST."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.urls import reverse

from entente.casework.examine.views import urlpatterns
from entente.records import guard
from entente.records.models import Clue, LogEntry, Media, Note, Observation, Opinion, Viewing
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
# and sounds
PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"\x00\x00\x00\x18ftyp")


@pytest.fixture
def desk(client, circle, items):
    client.force_login(circle.it)
    return client


def at(name, case, *args, **query):
    tail = "&".join(f"{k}={v}" for k, v in query.items())
    return reverse(f"examine:{name}", args=[case.pk, *args]) + (f"?{tail}" if tail else "")


def rows(officer, model):
    with guard.scope(officer, VI):
        return list(model.objects.all())


def mark(desk, case, number, **fields):
    fields = {"kind": "object", "value": "red rug", "evaluation": "B2", "codes": [], **fields}
    return desk.post(at("item", case, number), fields)


def test_no_get_of_any_route_gives_a_picture(desk, case, officer, items):
    mark(desk, case, items["picture"].number, x="0.1", y="0.1", w="0.2", h="0.2")
    clue = rows(officer, Clue)[0]
    desk.post(at("observe", case, items["picture"].number), {"because": "a rug"})
    desk.post(at("note", case, items["picture"].number), {"text": "the rug again"})
    desk.post(at("ask-opinion", case, items["picture"].number), {"category": "US|2.0|1"})
    values = {
        "number": items["picture"].number,
        "clue_id": clue.pk,
        "observation_id": rows(officer, Observation)[0].pk,
        "opinion_id": rows(officer, Opinion)[0].pk,
        "step_id": uuid4(),
        "note_id": rows(officer, Note)[0].pk,
    }
    for route in urlpatterns:
        names = route.pattern.converters
        address = reverse(
            f"examine:{route.name}", kwargs={"case_id": case.pk, **{n: values[n] for n in names}}
        )
        for query in ("", "?view=edges", "?t=0", "?h3=read", "?zoom=2&turn=1", "?a=1&b=2&start=0"):
            answer = desk.get(address + query)
            assert answer.status_code in {200, 405}
            assert not answer.headers.get("Content-Type", "").startswith(
                ("image/", "video/", "audio/", "application/oct")
            )
            assert not answer.content.startswith(PICTURES)
            assert b"data:image" not in answer.content
            assert b"<img" not in answer.content
    assert rows(officer, Viewing) == []


def test_the_grid_shows_neutral_lines_and_no_file_name(desk, case, items):
    text = desk.get(at("page", case)).content.decode()
    assert f"#{items['picture'].number} · Picture · 320 × 240" in text
    assert "Video · 320 × 240 · 0:0" in text
    assert "not opened" in text
    assert "a-word-not-to-show" not in text


def test_the_items_page_is_titled_by_number(desk, case, items):
    number = items["picture"].number
    text = desk.get(at("item", case, number)).content.decode()
    assert f"<title>Item #{number}" in text
    head, _, rest = text.partition("What the file is")
    assert "a-word-not-to-show" not in head
    assert "a-word-not-to-show.jpg" in rest


def test_a_reveal_needs_a_purpose_and_answers_with_the_name_of_the_act(desk, case, officer, items):
    number = items["picture"].number
    assert desk.post(at("reveal", case, number)).status_code == 400
    assert desk.post(at("reveal", case, number), {"purpose": "curiosity"}).status_code == 400
    assert rows(officer, Viewing) == []
    answer = desk.post(at("reveal", case, number), {"purpose": str(VI)})
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"\xff\xd8\xff")
    (viewing,) = rows(officer, Viewing)
    assert answer.headers["X-Reveal"] == str(viewing.pk)
    told = {"reveal": str(viewing.pk), "purpose": str(VI), "milliseconds": "1800"}
    assert desk.post(at("hide", case, number), told).status_code == 204
    assert rows(officer, Viewing)[0].milliseconds == 1800


def test_grey_and_drawing_come_by_post_only(desk, case, officer, items):
    number = items["video"].number
    assert desk.get(at("grey", case, number)).status_code == 405
    assert desk.post(at("grey", case, number, t=1.5)).content.startswith(b"\xff\xd8\xff")
    assert desk.post(at("grey", case, number, view="edges", t=1.5)).content.startswith(b"\x89PNG")
    assert [(v.view, v.t) for v in rows(officer, Viewing)] == [("grey", 1.5), ("edges", 1.5)]


def test_a_reader_gets_403_and_an_entry(client, circle, case, reader, items):
    client.force_login(circle.it_second)
    number = items["picture"].number
    assert client.get(at("item", case, number)).status_code == 200
    assert client.post(at("reveal", case, number), {"purpose": str(VI)}).status_code == 403
    assert client.post(at("grey", case, number)).status_code == 403
    assert mark(client, case, number).status_code == 403
    with guard.system("read the log in a test"):
        last = list(LogEntry.objects.order_by("-seq")[:3])
    assert {e.verb for e in last} == {"denied"}
    assert {e.step for e in last} == {"examine"}


def test_who_is_not_in_the_case_finds_nothing(client, circle, case, items):
    client.force_login(circle.dk)
    number = items["picture"].number
    assert client.get(at("page", case)).status_code == 404
    assert client.get(at("item", case, number)).status_code == 404
    assert client.post(at("reveal", case, number), {"purpose": str(VI)}).status_code == 404
    assert client.post(at("grey", case, number)).status_code == 404


def test_a_mark_reopens_at_the_same_box_and_second(desk, case, officer, items):
    number = items["video"].number
    answer = mark(
        desk, case, number, x="0.125", y="0.25", w="0.3", h="0.4", start="1.2", end="2", because="woven"
    )
    assert answer.status_code == 303
    clue = rows(officer, Clue)[0]
    assert (clue.region, clue.start, clue.end) == ([0.125, 0.25, 0.3, 0.4], 1.2, 2.0)
    text = desk.get(at("item", case, number, clue=clue.pk)).content.decode()
    assert f'data-clue="{clue.pk}" x="0.125" y="0.25" width="0.3" height="0.4"' in text
    for name, value in {"x": "0.125", "y": "0.25", "w": "0.3", "h": "0.4"}.items():
        assert f'name="{name}" min="0" max="1" step="0.001" value="{value}"' in text
    assert f'data-grey-url="{at("grey", case, number)}?t=1.2"' in text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "country", "value": "Italy"}, "two letters"),
        ({"x": "0.5"}, "four numbers"),
        ({"x": "0.9", "y": "0.9", "w": "0.5", "h": "0.5"}, "inside the picture"),
        ({"codes": ["H3"]}, "restriction in words"),
        ({"start": "2"}, "no time"),
        ({"value": ""}, "required"),
    ],
)
def test_a_clue_that_does_not_fit_is_refused_with_the_mend_and_keeps_what_was_typed(
    desk, case, officer, items, fields, says
):
    answer = mark(desk, case, items["picture"].number, **{"because": "woven by hand", **fields})
    assert answer.status_code == 400
    text = answer.content.decode()
    assert says in text
    assert "There is something to mend" in text
    assert "woven by hand" in text
    assert rows(officer, Clue) == []


def test_a_proposed_clue_is_decided_and_taken_back_on_the_page(desk, case, officer, items):
    number = items["picture"].number
    mark(desk, case, number)
    clue = rows(officer, Clue)[0]
    for decision, state in (("withdraw", "withdrawn"), ("restore", "confirmed")):
        desk.post(at("decide", case, number, clue.pk), {"decision": decision})
        assert rows(officer, Clue)[0].state == state
    assert desk.post(at("decide", case, number, clue.pk), {"decision": "burn"}).status_code == 400
    late = desk.post(at("decide", case, number, clue.pk), {"decision": "withdraw", "seen": "proposed"})
    assert late.status_code == 409
    assert "by another decision" in late.content.decode()


def test_a_note_and_a_crop_are_made_on_the_page(desk, case, officer, items):
    number = items["picture"].number
    desk.post(at("note", case, number), {"text": "the rug again"})
    assert [n.text for n in rows(officer, Note)] == ["the rug again"]
    nothing = desk.post(at("crop", case, number), {"because": "woven"})
    assert nothing.status_code == 400
    assert "woven" in nothing.content.decode()
    assert "Mark a box first" in nothing.content.decode()
    made = desk.post(at("crop", case, number), {"x": "0.1", "y": "0.1", "w": "0.4", "h": "0.4"}, follow=True)
    assert made.status_code == 200
    crop = next(m for m in rows(officer, Media) if m.origin == "crop")
    assert f"Item #{crop.number}" in made.content.decode()
    assert f"Item #{number}" in made.content.decode()


def test_a_crop_is_what_a_reader_can_see(desk, client, circle, case, officer, reader, items):
    desk.post(at("crop", case, items["picture"].number), {"x": "0.1", "y": "0.1", "w": "0.4", "h": "0.4"})
    crop = next(m for m in rows(officer, Media) if m.origin == "crop")
    client.force_login(circle.it_second)
    assert client.post(at("reveal", case, crop.number), {"purpose": str(VI)}).status_code == 200


def test_an_h3_item_shows_its_restriction_before_any_look(desk, case, officer, items):
    from entente.records.act import acting
    from entente.safeguards.access import Act

    number = items["picture"].number
    with acting(officer, Act.ALTER, case.as_thing(), VI, step="test"):
        Media.objects.filter(number=number).update(codes="H3", handling_text="for unit 4 alone")
    text = desk.get(at("item", case, number)).content.decode()
    assert "for unit 4 alone" in text
    assert "data-grey-url" not in text
    assert desk.post(at("grey", case, number)).status_code == 400
    assert (
        f"{at('grey', case, number)}?h3=read"
        in desk.get(at("item", case, number, h3="read")).content.decode()
    )
    assert desk.post(at("grey", case, number, h3="read")).status_code == 200


def test_the_next_item_is_the_next_of_what_the_grid_was_left_at(desk, case, items):
    numbers = sorted(m.number for m in items.values())
    film = items["video"].number
    assert len(numbers) > 2
    inner = numbers[1]
    between = [[str(numbers[0])], [str(numbers[2])]]

    def links(number):
        text = desk.get(at("item", case, number)).content.decode()
        return [re.findall(rf'rel="{r}" href="[^"]*/(\d+)/"', text) for r in ("prev", "next")]

    assert links(inner) == between
    desk.get(at("page", case, kind="video"))
    assert links(film) == [[], []]
    elsewhere = next(n for n in numbers if n != film)
    assert links(elsewhere) != [[], []]  # reached by a link from elsewhere: by its number
    desk.get(at("page", case))
    assert links(inner) == between


def test_filters_leave_what_they_say(desk, case, items):
    mark(desk, case, items["picture"].number)
    for query, kinds in (
        ({"kind": "video"}, {"video"}),
        ({"clue": "yes"}, {"picture"}),
        ({"clue": "no", "state": "opened"}, {"video"}),
        ({"state": "refused"}, {"refused"}),
        ({"known": "exact"}, set()),
        ({"series": "S-1"}, set()),
    ):
        text = desk.get(at("page", case, **query)).content.decode()
        assert f"{len(kinds)} of 3 items" in text, query
        assert {k for k, m in items.items() if f'id="tile-{m.pk}"' in text} == kinds


def test_every_clue_form_works_with_numbers_alone(desk, case, items):
    text = desk.get(at("item", case, items["video"].number)).content.decode()
    for name in ("x", "y", "w", "h", "start", "end"):
        assert f'name="{name}"' in text
        assert text.count(f' name="{name}"') == 1, f"{name} is asked for once"
    assert "<script>" not in text
    assert " style=" not in text
    assert "onclick" not in text


def test_the_extractors_are_asked_for_by_a_button(desk, case, items):
    from entente.records.models import Job

    assert desk.post(at("suggest", case)).status_code == 302
    assert Job.objects.filter(task="examine.suggest", case=case.pk, status="ready").count() == 1
    assert "Looking for clues" in desk.get(at("page", case)).content.decode()
    Job.objects.update(status="done", result={"missing": ["text: RapidOCR is not installed"]})
    told = desk.get(at("page", case)).content.decode()
    assert "1 reader could not run on this desk" in told and "RapidOCR is not installed" in told
