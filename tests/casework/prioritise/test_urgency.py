"""The order of work: every factor named, none hidden, and the order follows the facts."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from entente.casework.prioritise.urgency import FACTORS, CaseFacts, score

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PLAIN = CaseFacts(NOW, NOW)

facts = st.builds(
    CaseFacts,
    now=st.just(NOW),
    discovered=st.integers(0, 40).map(lambda d: NOW - timedelta(days=d)),
    new_items=st.integers(0, 50),
    taken=st.none() | st.integers(0, 900).map(lambda d: NOW - timedelta(days=d)),
    clues=st.integers(0, 20),
    country_share=st.floats(0, 1),
    child_at_risk=st.booleans(),
    partners_waiting=st.integers(0, 6),
    identified=st.booleans(),
)


@given(facts)
def test_the_total_is_the_sum_of_all_named_factors(case):
    found = score(case)
    assert found.total == sum(f.points for f in found.factors)
    assert len(found.factors) == len(FACTORS)
    assert all(f.text.endswith(".") and f.version for f in found.factors)


def test_a_factor_that_did_not_apply_is_still_listed():
    found = score(PLAIN)
    assert found.total == 0
    assert found.applied == ()
    assert "Nobody recorded that a child is at risk now." in [f.text for f in found.factors]


@given(facts)
def test_only_a_recorded_identification_lowers(case):
    lowering = [f.text for f in score(case).factors if f.points < 0]
    assert lowering in ([], ["The victim is identified."])


@given(facts, facts)
def test_a_child_at_risk_comes_before_any_that_is_not_identified_as_such(first, second):
    at_risk, other = replace(first, child_at_risk=True), replace(second, child_at_risk=False)
    if score(other).total <= 100:
        assert score(at_risk).total >= 100
    assert score(at_risk).total > score(replace(first, child_at_risk=False)).total


def test_the_order_changes_when_a_fact_does():
    a, b = replace(PLAIN, new_items=3), replace(PLAIN, clues=2)
    assert score(a).total > score(b).total
    b = replace(b, taken=NOW - timedelta(days=2))
    assert score(b).total > score(a).total
    assert "Current: made 2 days ago." in [f.text for f in score(b).applied]


def test_no_fact_carries_a_machines_opinion_on_realism():
    assert not {f.name for f in fields(CaseFacts)} & {"realistic", "synthetic", "generated", "ai", "realism"}
