"""The pages behind the second wall alone: what the house asks of reads, asked again with "allow all".

What is asked of *acts* is not repeated here: who may do what is the first wall's own affair (``decide``).
"""

from __future__ import annotations

import os
from uuid import uuid4

import pytest
from tests.house import test_what_others_see as others
from tests.records.walls import built_with
from tests.web import test_every_route as routes

from entente.safeguards.access import Shape

pytestmark = pytest.mark.usefixtures("first_wall_off")
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"

world, joint = routes.world, others.joint

test_nobody_sees_anything_without_a_log_in = routes.test_nobody_sees_anything_without_a_log_in
test_rows_of_others_outside_a_case_answer_exactly_as_absent_ones = (
    routes.test_rows_of_others_outside_a_case_answer_exactly_as_absent_ones
)
test_an_administrator_and_a_stranger_find_no_case_on_any_page_of_the_desk = (
    routes.test_an_administrator_and_a_stranger_find_no_case_on_any_page_of_the_desk
)
test_withheld_files_and_all_that_follows_from_them_change_no_page_of_another_agency = (
    others.test_withheld_files_and_all_that_follows_from_them_change_no_page_of_another_agency
)
test_what_a_hash_list_says_is_for_its_agency_alone = others.test_what_a_hash_list_says_is_for_its_agency_alone
test_a_job_is_shown_to_the_agency_that_asked_for_it = (
    others.test_a_job_is_shown_to_the_agency_that_asked_for_it
)
test_a_score_that_counts_withheld_items_is_not_for_others = (
    others.test_a_score_that_counts_withheld_items_is_not_for_others
)
test_a_series_of_withheld_items_alone_is_as_none = others.test_a_series_of_withheld_items_alone_is_as_none


@pytest.mark.parametrize("who", ["fr", "it_admin", "it_dpo"] if LONG else ["fr"])
def test_a_hidden_case_answers_exactly_as_an_absent_one(world, who):
    routes.test_a_hidden_case_answers_exactly_as_an_absent_one(world, who)


def test_a_fault_planted_in_the_wall_shows_the_case_on_a_page(world):
    browser = routes.as_one(world.circle.fr)
    hidden = routes.asked(browser, routes.GET, routes.address(world, "case"))
    absent = routes.asked(browser, routes.GET, routes.address(world, "case", case_id=uuid4()))
    assert routes.bare(hidden) == routes.bare(absent)
    with built_with(dict.fromkeys(Shape, "1 = 1"), members="1 = 1"):
        shown = routes.asked(browser, routes.GET, routes.address(world, "case"))
        assert shown.status_code == 200 and routes.SECRET.encode() in shown.content
        with pytest.raises(AssertionError):
            routes.test_an_administrator_and_a_stranger_find_no_case_on_any_page_of_the_desk(world)
