"""A derived row carries its sources' originators, and a permission only where all of them gave it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entente.records import clock, guard
from entente.records.act import acting
from entente.records.models import Media, Membership, Note, Originator, Release
from entente.safeguards.access import Act
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION


@pytest.fixture
def danish(case, circle):
    """Two items of Denmark in Italy's case, H2."""
    with guard.system("test"):
        Membership.objects.create(case=case, account=circle.dk, part=Part.MEMBER)
        return [
            Media.objects.create(case=case, owner=circle.agencies.dk, number=n, source="dk", codes="H2")
            for n in (1, 2)
        ]


def released(item, circle, days):
    now = clock.now()
    with guard.system("test"):
        Release.objects.create(
            thing=item.pk,
            by=circle.agencies.dk,
            to=circle.agencies.it,
            granted=now,
            expires=now + timedelta(days=days),
        )


def derived(case, circle, *sources):
    with acting(circle.officer(circle.it), Act.ALTER, case.as_thing(), VI, step="examine"):
        note = Note(case=case, owner=circle.agencies.it, text="from both", codes="H2")
        note.save()
        note.derives_from(*sources)
    return note


def seen_by(account, circle):
    with guard.scope(circle.officer(account), VI):
        return Note.objects.exists()


def test_without_a_release_the_derived_row_is_hidden_from_its_own_maker(case, circle, danish):
    note = derived(case, circle, *danish)
    assert not seen_by(circle.it, circle)
    with guard.system("test"):
        assert list(Originator.objects.filter(thing=note.pk).values_list("agency__short", flat=True)) == [
            "DK"
        ]


def test_one_source_released_is_not_enough(case, circle, danish):
    released(danish[0], circle, 5)
    derived(case, circle, *danish)
    assert not seen_by(circle.it, circle)


def test_all_released_it_is_seen_until_the_first_permission_ends(case, circle, danish):
    released(danish[0], circle, 5)
    released(danish[1], circle, 2)
    derived(case, circle, *danish)
    assert seen_by(circle.it, circle)
    assert not seen_by(circle.fr, circle)
    with clock.at(clock.now() + timedelta(days=3)):
        assert not seen_by(circle.it, circle)
