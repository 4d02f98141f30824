"""Hashes that stood before profiles had names are brought under FULL, and back."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from entente.records import guard
from entente.records.act import acting
from entente.records.models import Media
from entente.safeguards.access import Act
from entente.vocabulary.handling import Purpose

step = import_module("entente.records.migrations.0011_hashes_under_profiles")
pytestmark = pytest.mark.django_db
EIGHT = [f"{n:064x}" for n in range(8)]


def held() -> list[object]:
    with guard.system("look at what the step did"):
        return list(Media.objects.order_by("number").values_list("pdq_turns", flat=True))


def test_standing_hashes_come_under_full_and_can_go_back(circle, case, monkeypatch):
    officer = circle.officer(circle.it)
    before = [EIGHT, [], EIGHT, {"full": EIGHT}]
    with acting(officer, Act.ALTER, case.as_thing(), Purpose.VICTIM_IDENTIFICATION, step="intake"):
        for number, turns in enumerate(before, 1):
            Media.objects.create(
                case=case,
                owner_id=officer.agency,
                number=number,
                sha256=f"{number:064x}",
                pdq_turns=turns,
            )
    monkeypatch.setattr(step, "PIECE", 3)  # so that there is more than one
    step.under_full(apps, None)
    assert held() == [{"full": EIGHT}, {}, {"full": EIGHT}, {"full": EIGHT}]
    step.under_full(apps, None)  # a second time changes nothing
    assert held() == [{"full": EIGHT}, {}, {"full": EIGHT}, {"full": EIGHT}]
    step.bare(apps, None)
    assert held() == [EIGHT, [], EIGHT, EIGHT]
