"""The pages of marks: what is refused keeps what was typed, and two versions stand side by side."""

from __future__ import annotations

import pytest
from django.urls import reverse

from entente.casework.examine import service
from entente.records import guard
from entente.records.models import Clue, Media, Note, Observation
from entente.vocabulary.clue import ClueKind
from tests.casework.examine.test_marks import BOX, OUTLINE, VI, again, film, it, joined, seen_by

__all__ = ["film", "it", "joined"]
TYPED = {"kind": "object", "value": "red rug", "evaluation": "B2", "because": "woven by hand"}

PLACES = [
    ({"polygon": "0.1,0.1 0.5"}, "no point"),
    ({"polygon": "0.1,0.1 0.5,0.1"}, "three points"),
    ({"polygon": "0.1,0.1 0.5,0.5 0.5,0.1 0.1,0.5"}, "crosses itself"),
    ({"polygon": "0.1,0.1 1.5,0.5 0.5,0.1"}, "outside the picture"),
    ({"start": "2.5", "end": "1.5"}, "before it starts"),
    ({"x": "0.2"}, "four numbers"),
]


def at(name, case, *args):
    return reverse(f"examine:{name}", args=[case.pk, *args])


@pytest.fixture
def desk(client, circle, film):
    client.force_login(circle.it)
    return client


@pytest.fixture
def clue(it, film):
    return service.mark(it, VI, film, kind=ClueKind.OBJECT, value="rug", polygon=OUTLINE, start=1.25, end=2.0)


@pytest.mark.parametrize(
    ("act", "place", "says"),
    # a crop takes one moment, the first
    [(a, *p) for a in ("item", "observe", "crop") for p in PLACES if a != "crop" or "start" not in p[0]],
)
def test_a_place_that_is_none_keeps_what_was_typed(desk, case, it, act, place, says):
    told = desk.post(at(act, case, 1), {**TYPED, **place})
    text = told.content.decode()
    assert told.status_code == 400
    assert says in text
    for typed in (*place.values(), "woven by hand", "red rug"):
        assert typed in text
    assert seen_by(it, Clue) == seen_by(it, Observation) == []


def test_a_clue_reopens_at_the_same_outline_and_second(desk, case, film, clue):
    text = desk.get(at("item", case, 1) + f"?clue={clue.pk}").content.decode()
    assert f'<polygon data-clue="{clue.pk}" points="0.1,0.1 0.5,0.2 0.3,0.6">' in text
    assert 'name="polygon"' in text and 'value="0.1,0.1 0.5,0.2 0.3,0.6"' in text
    assert f'data-grey-url="{at("grey", case, 1)}?t=1.25"' in text
    assert 'data-at="1.25"' in text
    assert 'name="end" min="0" step="0.001" value="2.0"' in text


def test_an_observation_becomes_a_clue_on_the_page(desk, case, it):
    words = "a white socket with three holes in a line"
    told = desk.post(at("observe", case, 1), {"because": words, "polygon": "0.1,0.1 0.5,0.2 0.3,0.6"})
    assert told.status_code == 303
    (seen,) = seen_by(it, Observation)
    page = desk.get(at("item", case, 1) + f"?observation={seen.pk}").content.decode()
    assert f'name="observation" value="{seen.pk}"' in page
    told = desk.post(at("item", case, 1), {**TYPED, "kind": "socket", "value": "L", "observation": seen.pk})
    (clue,) = seen_by(it, Clue)
    assert (clue.observation_id, clue.polygon) == (seen.pk, [[0.1, 0.1], [0.5, 0.2], [0.3, 0.6]])
    assert f"Made of the observation: {words}" in desk.get(at("clues", case, 1)).content.decode()


def test_an_observation_is_set_aside_on_the_page(desk, case, it, film):
    seen = service.observe(it, VI, film, "a curtain")
    for decision, state in (("set-aside", "set aside"), ("reopen", "open")):
        desk.post(at("observation", case, 1, seen.pk), {"decision": decision})
        assert again(it, Observation, seen.pk).state == state
    assert desk.post(at("observation", case, 1, seen.pk), {"decision": "burn"}).status_code == 400


def opened(desk, case, clue):
    """Return the edition that a form was opened with."""
    page = desk.get(at("edit", case, 1, clue.pk))
    return page.context["form"]["edition"].value()


def test_both_versions_are_shown_and_nothing_typed_is_lost(desk, case, it, clue):
    edition = opened(desk, case, clue)
    service.edit(it, VI, clue, edition=edition, kind=ClueKind.OBJECT, value="green rug", polygon=OUTLINE)
    mine = {**TYPED, "value": "blue rug", "polygon": "0.1,0.1 0.5,0.2 0.3,0.7", "edition": edition}
    told = desk.post(at("edit", case, 1, clue.pk), mine)
    text = told.content.decode()
    assert told.status_code == 409
    differs = {str(r["field"]): (r["now"], r["yours"]) for r in told.context["conflict"] if r["differs"]}
    assert differs["Value"] == ("green rug", "blue rug")
    assert "0.3,0.7" in differs["Outline"][1] and "0.3,0.6" in differs["Outline"][0]
    assert "woven by hand" in text and 'value="0.1,0.1 0.5,0.2 0.3,0.7"' in text
    assert again(it, Clue, clue.pk).value == "green rug"
    mine["edition"] = told.context["form"]["edition"].value()
    assert desk.post(at("edit", case, 1, clue.pk), mine).status_code == 303
    assert again(it, Clue, clue.pk).value == "blue rug"
    page = desk.get(at("edit", case, 1, clue.pk)).content.decode()
    assert "<del>green rug</del> → <ins>blue rug</ins>" in page
    assert "<del>rug</del> → <ins>green rug</ins>" in page


def test_a_decision_on_what_has_changed_is_asked_again(desk, case, it, clue):
    edition = opened(desk, case, clue)
    service.edit(it, VI, clue, edition=edition, kind=ClueKind.OBJECT, value="green rug")
    told = desk.post(at("decide", case, 1, clue.pk), {"decision": "withdraw", "edition": edition})
    text = told.content.decode()
    assert told.status_code == 409
    assert "green rug" in text and "Withdraw it as it stands" in text
    now = told.context["edition"]
    assert (
        desk.post(at("decide", case, 1, clue.pk), {"decision": "withdraw", "edition": now}).status_code == 303
    )
    assert again(it, Clue, clue.pk).state == "withdrawn"


def test_an_edit_that_does_not_fit_keeps_what_was_typed(desk, case, it, clue):
    told = desk.post(at("edit", case, 1, clue.pk), {**TYPED, "kind": "country", "value": "Italy"})
    assert told.status_code == 400
    assert "two letters" in told.content.decode() and "woven by hand" in told.content.decode()
    assert again(it, Clue, clue.pk).value == "rug"


def test_a_note_is_changed_with_its_history_and_a_stale_form_shows_both(desk, case, it, film):
    kept = service.note(it, VI, film, "a bell outside", 1.5)
    edition = service.edition_of(kept)
    form = {"text": "a bell inside", "t": "1.5", "edition": edition}
    assert desk.post(at("change-note", case, kept.pk), form).status_code == 303
    told = desk.post(at("change-note", case, kept.pk), {**form, "text": "two bells"})
    assert told.status_code == 409
    assert "a bell inside" in told.content.decode() and "two bells" in told.content.decode()
    assert desk.post(at("change-note", case, kept.pk), {"decision": "undo"}).status_code == 303
    assert again(it, Note, kept.pk).text == "a bell outside"
    assert desk.post(at("change-note", case, kept.pk), {"text": ""}).status_code == 400


def test_a_reader_keeps_a_note_in_a_case_of_his_own(client, circle, case, it, film, joined):
    client.force_login(circle.fr)
    page = client.get(at("item", case, 1)).content.decode()
    assert "Of an original you see its line alone" in page and "OWN-fr" in page
    for hidden in ("data-grey-url", "data-reveal-url", film.sha256, 'id="clue-form"', 'name="decision"'):
        assert hidden not in page
    own = joined.own["fr"]
    told = client.post(at("note", case, 1), {"text": "as in ours", "t": "1", "within": own.pk}, follow=True)
    assert "nothing was written in this case" in told.content.decode()
    (kept,) = seen_by(joined.fr, Note)
    assert "kept in OWN-fr" in client.get(at("notes", case, 1)).content.decode()
    listed = client.get(reverse("examine:all-notes", args=[own.pk])).content.decode()
    assert "on #1 · IT-2026-001" in listed and "as in ours" in listed
    bad = client.post(at("note", case, 1), {"text": "and again", "t": "99", "within": own.pk})
    assert bad.status_code == 400 and "and again" in bad.content.decode()
    client.force_login(circle.it)
    assert "as in ours" not in client.get(at("item", case, 1)).content.decode()
    assert client.get(reverse("examine:change-note", args=[own.pk, kept.pk])).status_code == 404


def test_a_reader_sees_a_crop_and_not_what_it_was_cut_from(client, circle, case, officer, reader, items):
    whole = items["picture"]
    part = service.crop(officer, VI, whole, BOX, codes=["H1"])
    client.force_login(circle.it_second)
    assert client.post(at("reveal", case, part.number), {"purpose": str(VI)}).status_code == 200
    for look in ("reveal", "grey"):
        for query in ("", "?view=edges", "?h3=read"):
            answer = client.post(at(look, case, whole.number) + query, {"purpose": str(VI)})
            assert answer.status_code == 403 and not answer["Content-Type"].startswith("image/")
    assert "data-reveal-url" in client.get(at("item", case, part.number)).content.decode()
    assert "data-reveal-url" not in client.get(at("item", case, whole.number)).content.decode()


def test_a_crop_says_its_handling_when_it_is_made(client, circle, case, officer, items):
    client.force_login(circle.it)
    box = {"x": "0.1", "y": "0.1", "w": "0.4", "h": "0.4"}
    codes = {"codes": ["H1", "H3"], "handling_text": "unit 4 alone"}
    refused = client.post(at("crop", case, items["picture"].number), {**box, "codes": ["H3"]})
    assert refused.status_code == 400 and 'value="0.4"' in refused.content.decode()
    assert client.post(at("crop", case, items["picture"].number), {**box, **codes}).status_code == 303
    with guard.scope(officer, VI):
        made = Media.objects.get(origin="crop")
    assert (made.codes, made.handling_text) == ("H0 H1 H3", "unit 4 alone")


SHADOW = {"shadow": "outline", "polygon": "0.1,0.1 0.5,0.2 0.3,0.6", "because": "a post and its shadow"}


def test_three_points_and_a_moment_become_the_height_of_the_sun_in_the_form(desk, case, it):
    told = desk.post(at("item", case, 1), SHADOW | {"moment": "2026-06-06T18:40+02:00", "evaluation": "B2"})
    text = told.content.decode()
    assert told.status_code == 200 and seen_by(it, Clue) == []  # nothing is recorded
    assert 'value="13/11.5, 2026-06-06T18:40+02:00"' in text and "a post and its shadow" in text
    assert '<option value="sun_elevation" selected>' in text and '<option value="B2" selected>' in text
    value = {"kind": "sun_elevation", "value": "13/11.5, 2026-06-06T18:40+02:00", "evaluation": "B2"}
    desk.post(at("item", case, 1), value | {"polygon": SHADOW["polygon"]})
    (clue,) = seen_by(it, Clue)
    assert clue.value["deg"] == pytest.approx(48.5, abs=0.1) and clue.value["utc"].startswith(
        "2026-06-06T18:40"
    )


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"polygon": ""}, "three points"), ({"polygon": "0.1,0.1 0.5,0.2 0.3,0.6 0.2,0.5"}, "three points"),
     ({"moment": "noon"}, "offset"), ({"moment": ""}, "offset"),
     ({"polygon": "0.1,0.1 2,2 0.3,0.6"}, "outside")],
)  # fmt: skip
def test_a_shadow_that_is_none_keeps_what_was_typed(desk, case, it, wrong, says):
    told = desk.post(at("item", case, 1), SHADOW | {"moment": "2026-06-06T18:40Z"} | wrong)
    text = told.content.decode()
    assert told.status_code == 400 and says in text and "a post and its shadow" in text
    assert seen_by(it, Clue) == []
