"""What a transfer needs besides handling: a basis of its kind in force, no derogation in bulk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.safeguards.partners import (
    CLUE,
    DEROGATION_MOST,
    DEROGATIONS,
    MEDIA,
    RULES,
    Basis,
    Ground,
    NoBasis,
    demand_basis,
    demand_dates,
    demand_transfer,
    same_words,
    spoken,
)
from entente.vocabulary.agency import AgencyKind

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def basis(ground: Ground, since: int = -1, until: int | None = 1, ended: int | None = None) -> Basis:
    def day(n: int | None) -> datetime | None:
        return None if n is None else NOW + n * DAY

    return Basis(ground, NOW + since * DAY, day(until), day(ended))


def test_every_kind_has_its_rule_and_every_ground_a_kind():
    assert set(RULES) == set(AgencyKind)
    assert set(Ground) == {g for rule in RULES.values() for g in rule.grounds}
    assert not any(DEROGATIONS & RULES[k].grounds for k in AgencyKind if k is not AgencyKind.THIRD_COUNTRY)


@pytest.mark.parametrize(
    "held",
    [
        [],
        [basis(Ground.UNION_LAW)],  # not for a third country
        [basis(Ground.ADEQUACY, since=1)],
        [basis(Ground.ADEQUACY, until=0)],
        [basis(Ground.ADEQUACY, ended=-1)],
    ],
    ids=["none", "of another kind", "not yet", "over", "ended"],
)
def test_without_a_basis_in_force_nothing_goes(held):
    with pytest.raises(NoBasis, match="legal basis in force"):
        demand_basis(AgencyKind.THIRD_COUNTRY, held, NOW)


def test_a_lasting_basis_comes_before_a_derogation():
    both = [basis(Ground.VITAL_INTERESTS), basis(Ground.AGREEMENT, until=None)]
    assert demand_basis(AgencyKind.THIRD_COUNTRY, both, NOW).ground is Ground.AGREEMENT


def test_a_derogation_is_never_for_bulk_and_never_lasting():
    third, held = AgencyKind.THIRD_COUNTRY, basis(Ground.VITAL_INTERESTS)
    demand_transfer(third, held, [MEDIA, CLUE], DEROGATION_MOST)
    with pytest.raises(NoBasis, match="case at hand"):
        demand_transfer(third, held, [MEDIA], DEROGATION_MOST + 1)
    demand_dates(third, held)
    for wrong in (basis(Ground.VITAL_INTERESTS, until=None), basis(Ground.VITAL_INTERESTS, 0, 31)):
        with pytest.raises(NoBasis, match="within 30 days"):
            demand_dates(third, wrong)


@pytest.mark.parametrize("kind", [AgencyKind.HOTLINE, AgencyKind.PRIVATE_PARTY])
def test_a_hotline_or_private_party_is_sent_hashes_and_no_clue(kind):
    demand_transfer(kind, basis(Ground.ONLINE_CSAM), [MEDIA], 1000)
    with pytest.raises(NoBasis, match="is not sent clue"):
        demand_transfer(kind, basis(Ground.ONLINE_CSAM), [MEDIA, CLUE], 2)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_words_differ_where_cards_do_and_are_read_as_they_were_said(one, other):
    words = spoken(one)
    assert len(words.split()) == 8 and all(len(w) == 5 for w in words.split())
    assert (spoken(other) == words) == (one == other)
    assert same_words(words.upper().replace(" ", "-"), words) and not same_words(words[:-1], words)
