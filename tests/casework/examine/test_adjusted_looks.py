"""Looks with a recipe, frames by their moments, sound apart: logged, counted, the original unchanged."""

from __future__ import annotations

import hashlib
import io

import pytest
from PIL import Image

from entente.casework.examine import service
from entente.casework.examine.adjust import Recipe
from entente.casework.examine.service import film
from entente.casework.intake.service import evidence_store
from entente.casework.seize.service.reproduce import Again, reproduce
from entente.records import guard
from entente.records.models import LogEntry, Note, Viewing
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Region

VI = Purpose.VICTIM_IDENTIFICATION
RECIPE = Recipe(corners=(0.1, 0.1, 0.9, 0.15, 0.85, 0.9, 0.15, 0.8), turn=1, stretch=1, amount=80)


def looks(officer):
    with guard.scope(officer, VI):
        return list(Viewing.objects.all())


def last_entry():
    with guard.system("read the log in a test"):
        return LogEntry.objects.order_by("-seq").first()


def digest_of(media):
    with evidence_store().open(media.key) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def test_a_recipe_stands_in_the_look_and_the_original_never_changes(officer, items):
    media = items["picture"]
    before = digest_of(media)
    first, shown = service.reveal(officer, VI, media, recipe=RECIPE)
    again, same = service.reveal(officer, VI, media, recipe=RECIPE)
    plain = service.reveal(officer, VI, media)[1]
    assert shown == same != plain
    assert first.recipe == again.recipe == RECIPE.as_json()
    assert digest_of(media) == before == media.sha256


def test_the_grey_is_adjusted_without_a_clear_look_and_stays_small_and_grey(officer, items):
    for media, t in ((items["picture"], None), (items["video"], 1.0)):
        for view in service.GREY_VIEWS:
            recipe = Recipe(zoom=4, contrast=180, flip=True)
            _, shown = service.show_grey(officer, VI, media, view, t, recipe=recipe)
            still = Image.open(io.BytesIO(shown))
            assert still.mode == "L"
            assert max(still.size) <= (40 if view == "grey" else 80)
    assert {v.view for v in looks(officer)} == set(service.GREY_VIEWS)


def test_what_is_seen_is_kept_as_a_crop_and_made_again_from_its_record(officer, items):
    media = items["picture"]
    made = service.crop(officer, VI, media, None, recipe=RECIPE)
    with evidence_store().open(made.key) as stream:
        assert stream.read() == service.reveal(officer, VI, media, recipe=RECIPE)[1]
    assert [round(v, 2) for v in made.region] == [0.1, 0.1, 0.8, 0.8]
    verdicts = [each.verdict for each in reproduce(officer, VI, made)]
    assert verdicts
    assert set(verdicts) == {Again.SAME}


def test_a_crop_keeps_the_shape_of_what_is_seen_of_a_frame(officer, items):
    made = service.crop(officer, VI, items["video"], None, 1.0, recipe=Recipe(zoom=2, across=0.25))
    assert (made.width, made.height, made.t) == (160, 120, 1.0)
    assert made.region == [0.0, 0.25, 0.5, 0.5]


def test_only_what_is_beside_a_box_is_kept_of_a_frame_too(officer, items):
    made = service.crop_background(officer, VI, items["video"], [Region(0.0, 0.0, 0.5, 1.0)], 1.5)
    assert made.t == 1.5
    assert made.region[0] > 0.5
    shown = Image.open(io.BytesIO(service.reveal(officer, VI, made)[1]))
    assert abs(shown.width - 0.48 * 320) <= 2


def test_a_note_says_how_the_item_was_adjusted(officer, items):
    service.note(officer, VI, items["video"], "a label", 1.0, recipe=RECIPE)
    with guard.scope(officer, VI):
        assert Note.objects.get().recipe == RECIPE.as_json()


def test_frames_are_listed_by_their_real_times_and_nothing_is_shown(officer, items):
    told = service.moments(officer, VI, items["video"], 1.0)
    assert (told.total, told.first + told.here) == (30, 10)
    assert [round(t, 3) for t in told.times[:3]] == [0.0, 0.1, 0.2]
    assert looks(officer) == []
    assert last_entry().verb == "consult"
    with pytest.raises(service.ExamineRefused, match="outside the item"):
        service.moments(officer, VI, items["video"], 99.0)
    with pytest.raises(service.ExamineRefused, match="only a video"):
        service.moments(officer, VI, items["picture"], 0.0)


def test_sound_is_heard_apart_logged_first_and_counted(officer, talking, monkeypatch):
    order = []
    real = film.opened.sound

    def watched(*args, **kwargs):
        order.append((last_entry().verb, len(looks(officer))))
        return real(*args, **kwargs)

    monkeypatch.setattr(film.opened, "sound", watched)
    viewing, heard = service.hear(officer, VI, talking, 0.5, 1.0)
    assert order == [("consult", 1)]
    assert heard.startswith(b"RIFF")
    assert len(heard) == 44 + 2 * 24_000
    assert (viewing.view, viewing.t) == ("sound", 0.5)
    service.hide(officer, VI, viewing, 800)
    with guard.scope(officer, VI):
        told = service.exposure_of(officer, VI, talking.case)
    assert (told.reveals, told.seconds) == (1, 0.8)


def test_loudness_is_drawn_without_anything_heard(officer, talking):
    levels = service.loudness(officer, VI, talking)
    assert len(levels) == 40
    assert looks(officer) == []
    assert last_entry().verb == "consult"


def test_no_sound_and_too_long_a_sound_are_refused_and_count_nothing(officer, items, talking):
    for ask, says in (
        (lambda: service.hear(officer, VI, items["video"], 0.0), "no sound track"),
        (lambda: service.loudness(officer, VI, items["video"]), "no sound track"),
        (lambda: service.hear(officer, VI, talking, 0.0, 11.0), "at most 10 seconds"),
        (lambda: service.hear(officer, VI, talking, 0.0, 0.0), "at most 10 seconds"),
        (lambda: service.hear(officer, VI, talking, 60.0, 1.0), "outside the item"),
        (lambda: service.hear(officer, VI, items["picture"], 0.0), "only a video"),
    ):
        with pytest.raises(service.ExamineRefused, match=says):
            ask()
    assert looks(officer) == []


def test_a_reader_hears_nothing_lists_nothing_and_the_log_says_so(reader, items):
    for act in (
        lambda: service.hear(reader, VI, items["video"], 0.0),
        lambda: service.loudness(reader, VI, items["video"]),
        lambda: service.moments(reader, VI, items["video"], 0.0),
        lambda: service.show_grey(reader, VI, items["picture"], recipe=RECIPE),
        lambda: service.crop(reader, VI, items["picture"], None, recipe=RECIPE),
    ):
        with pytest.raises(guard.Denied):
            act()
        assert last_entry().verb == "denied"
