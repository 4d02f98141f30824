"""What a label may say, and what is counted."""

import inspect

import pytest

from entente.safeguards import exposure
from entente.safeguards.exposure import Seen
from entente.vocabulary.media import MediaKind


@pytest.mark.parametrize(
    ("language", "label"),
    [
        ("en", "Video · 1280 × 720 · 0:42 · item 3 of 12"),
        ("fr", "Vidéo · 1280 × 720 · 0:42 · pièce 3 sur 12"),
        ("it", "Video · 1280 × 720 · 0:42 · elemento 3 di 12"),
        ("xx", "Video · 1280 × 720 · 0:42 · item 3 of 12"),
    ],
)
def test_a_label_is_made_of_measures(language, label):
    assert exposure.neutral_label(MediaKind.VIDEO, 1280, 720, 42.9, 3, 12, language=language) == label


def test_a_label_cannot_be_given_a_name_or_a_description():
    assert set(inspect.signature(exposure.neutral_label).parameters) == {
        "kind", "width", "height", "duration", "at", "of", "language",
    }  # fmt: skip


def test_an_unopened_picture_says_that_its_size_is_not_known():
    assert exposure.neutral_label(MediaKind.PICTURE, None, None) == "Picture · size not known"


def test_a_long_video_shows_hours():
    assert exposure.clock_time(3723) == "1:02:03"


def test_views_avoided_are_items_worked_on_but_never_seen_by_that_officer():
    handled = [("anna", "1"), ("anna", "2"), ("anna", "2"), ("bo", "1")]
    seen = [Seen("anna", "1", 4.0), Seen("anna", "1", 2.5), Seen("bo", "9", -1.0)]
    assert exposure.exposure(handled, seen) == exposure.Exposure(3, 2, 6.5, 2)
    assert exposure.exposure(handled, seen, "anna") == exposure.Exposure(2, 1, 6.5, 1)


def test_totals_are_the_officers_own_unless_consent_is_given():
    assert exposure.supervisor_may_read("anna", "anna", consented=False)
    assert not exposure.supervisor_may_read("anna", "chief", consented=False)
    assert exposure.supervisor_may_read("anna", "chief", consented=True)
