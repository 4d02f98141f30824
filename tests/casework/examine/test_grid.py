"""One selection: its counts tell nothing hidden, one key decides, undo is exact, a trail is handed over."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.urls import reverse

from entente.casework.examine import service
from entente.casework.examine.facets import FACETS
from entente.records import guard
from entente.records.guard import Denied
from entente.records.models import (
    LogEntry,
    Media,
    Membership,
    Restriction,
    Review,
    Series,
    SeriesItem,
    TrailStep,
)
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION


@pytest.fixture
def held(case, circle):
    """Six items without bytes: three are copies of one picture, the last is Denmark's own at H2."""
    made = {"case": case, "source": "disk", "kind": "picture", "width": 8, "height": 8, "known": "new"}
    with guard.system("rows for a test"):
        for account, part in ((circle.dk, "member"), (circle.it_second, "reader")):
            Membership.objects.create(case=case, account=account, part=part)
        rows = [
            Media(
                number=n,
                owner=circle.agencies.it,
                sha256=f"{n:064}",
                pdq="f0" * 32 if n in {2, 4, 5} else "",
                pdq_quality=100,
                metadata={"make": "Nordica", "model": "D410", "taken_at": f"2026-05-0{n}T10:00:00"},
                **made,
            )
            for n in range(1, 6)
        ]
        rows.append(
            Media(
                number=6,
                owner=circle.agencies.dk,
                codes="H2",
                sha256="6" * 64,
                metadata={"make": "Hidden", "model": "X"},
                **made,
            )
        )
        Media.objects.bulk_create(rows)
    return {row.number: row for row in rows}


@pytest.fixture
def officer(case, circle):
    return circle.officer(circle.it)


def counts(officer, case):
    with guard.scope(officer, VI):
        found = service.cards(officer, case)
    return {name: {v for c in found for v in c.values[at]} for at, name in enumerate(FACETS)}, found


def states(officer, case):
    with guard.scope(officer, VI):
        return service.reviewed(case)


def entries(**which):
    with guard.system("read the log in a test"):
        return list(LogEntry.objects.filter(**which).order_by("seq"))


def at(name, case, *args, query=""):
    return reverse(f"examine:{name}", args=[case.pk, *args]) + query


def test_a_value_that_only_a_hidden_item_has_does_not_appear(case, circle, held, officer):
    assert counts(officer, case)[0]["device"] == {"Nordica D410"}
    theirs, cards = counts(circle.officer(circle.dk), case)
    assert theirs["device"] == {"Nordica D410", "Hidden X"}
    assert [c.stack for c in cards] == [1, 2, 3, 2, 2, 6]


def test_the_page_has_counts_of_what_is_in_sight_and_copies_count_as_one(client, circle, case, held):
    client.force_login(circle.it)
    text = client.get(at("page", case)).content.decode()
    assert "5 of 5 items" in text
    assert "3 stacks, copies counted as one" in text
    assert "Nordica D410 (3)" in text
    assert "Hidden" not in text
    assert 'data-order="1 2.4.5 3"' in text
    assert text.count("data-tile") - text.count("data-tiles") == 3
    alone = client.get(at("page", case, query="?stack=2")).content.decode()
    assert "3 of 5 items" in alone
    day = client.get(at("page", case, query="?from=2026-05-02&to=2026-05-03")).content.decode()
    assert "2 of 5 items" in day


def test_a_page_asks_few_questions_however_many_items(
    client, circle, case, held, django_assert_max_num_queries
):
    client.force_login(circle.it)
    client.get(at("page", case))
    with django_assert_max_num_queries(60) as asked:
        client.get(at("page", case))
    few = len(asked)
    with guard.system("more rows for a test"):
        Media.objects.bulk_create(
            Media(number=n, owner=circle.agencies.it, case=case, source="s", sha256=f"{n:064}")
            for n in range(10, 40)
        )
    with django_assert_max_num_queries(few + 2):
        client.get(at("page", case))


def test_a_window_shows_only_what_is_in_sight_and_a_stack_only_its_own(client, circle, case, held):
    client.force_login(circle.it)
    text = client.get(at("tiles", case, query="?n=6+2.4.6+3&view=table")).content.decode()
    assert 'data-numbers="2.4"' in text
    assert 'data-number="3"' in text
    assert 'data-number="6"' not in text
    assert "stack of 2" in text
    assert client.get(at("tiles", case, query="?n=1-999")).status_code == 400
    assert entries(step="examine")[-1].verb == "consult"


def test_one_key_decides_and_undo_takes_it_back_exactly(client, circle, case, held, officer):
    client.force_login(circle.it)
    answer = client.post(
        at("review", case), {"numbers": "1", "state": "done"}, headers={"X-Part": "decision"}
    )
    told = answer.json()
    assert told["states"] == {"1": "done"}
    assert states(officer, case) == {1: "done"}
    entry = entries(verb="alter")[-1]
    assert entry.thing == held[1].pk
    service.review(officer, VI, case, [1], "again")
    assert states(officer, case) == {1: "again"}
    with guard.scope(officer, VI):
        last = service.undoable(officer, case)
    back = client.post(at("undo", case), {"change": last.pk}, headers={"X-Part": "decision"}).json()
    assert back["states"] == {"1": "done"}
    again = client.post(at("undo", case), {"change": last.pk}, headers={"X-Part": "decision"})
    assert again.status_code == 400
    assert client.post(at("undo", case), {"change": told["change"]}).status_code == 303
    assert states(officer, case) == {}


def test_a_form_decides_on_a_whole_stack(client, circle, case, held, officer):
    client.force_login(circle.it)
    sent = {"item": str(held[2].pk), "copies": "1", "state": "nothing", "back": "kind=picture&x=y"}
    answer = client.post(at("review", case), sent)
    assert answer["Location"].endswith("examine/?kind=picture&at=2")
    assert states(officer, case) == {2: "nothing", 4: "nothing", 5: "nothing"}
    assert len(entries(verb="alter")) == 1


def test_what_may_not_be_altered_is_left_and_told(case, circle, held, officer):
    with guard.system("restrict in a test"):
        Restriction.objects.create(thing=held[4].pk, ground="x", by=circle.it_dpo, reason="a test")
    done = service.review(officer, VI, case, [2, 4, 5, 6], "done")
    assert ([m.number for m in done.items], done.left) == ([2, 5], 1)
    with pytest.raises(Denied):
        service.review(officer, VI, case, [4], "done")
    with pytest.raises(Denied):
        service.review(circle.officer(circle.it_second), VI, case, [1], "done")
    with pytest.raises(service.ExamineRefused, match="no decision"):
        service.review(officer, VI, case, [1], "guilty")


def test_a_decision_on_a_withheld_item_is_withheld_with_it(case, circle, held, officer):
    service.review(circle.officer(circle.dk), VI, case, [1, 6], "done")
    assert states(officer, case) == {1: "done"}
    with guard.scope(officer, VI):
        assert Review.objects.count() == 1


def test_only_who_did_it_takes_it_back(case, circle, held, officer):
    done = service.review(circle.officer(circle.dk), VI, case, [1], "done")
    with pytest.raises(service.ExamineRefused, match="colleague"):
        service.undo(officer, VI, done.change)


def test_a_series_is_made_of_a_stack(client, circle, case, held, officer):
    client.force_login(circle.it)
    answer = client.post(at("review", case), {"item": [str(held[2].pk)], "copies": "1", "state": "series"})
    assert "/link/series/" in answer["Location"]
    with guard.scope(officer, VI):
        assert SeriesItem.objects.count() == 3
        last = service.undoable(officer, case)
    service.undo(officer, VI, last)
    with guard.scope(officer, VI):
        assert Series.objects.count() == 0


def test_each_set_of_filters_is_a_step_and_going_back_makes_a_branch(client, circle, case, held, officer):
    client.force_login(circle.it)

    def use(step="", **fields):
        return client.post(at("filter", case), {**fields, "step": step})["Location"]

    first = use(kind="picture").rpartition("step=")[2]
    second = use(first, kind="picture", clue="no").rpartition("step=")[2]
    third = use(first, kind="picture", clue="yes").rpartition("step=")[2]
    assert use(first, kind="picture", clue="no").rpartition("step=")[2] == second
    with guard.scope(officer, VI):
        (root,) = service.trail(officer, case)
    assert (str(root.step.pk), [str(b.step.pk) for b in root.after]) == (first, [second, third])
    text = client.get(at("page", case, query=f"?kind=picture&clue=no&step={second}")).content.decode()
    assert text.partition('<ul class="trail">')[2].partition("</details>")[0].count("<ul>") == 1
    assert 'aria-current="step">Kind: Pictures · Clues: None' in text
    client.post(at("trail", case, second), {"do": "name", "name": "the green room"})
    assert "the green room" in client.get(at("page", case, query=f"?step={second}")).content.decode()


def test_a_reader_filters_and_keeps_no_trail(client, circle, case, held):
    client.force_login(circle.it_second)
    answer = client.post(at("filter", case), {"kind": "picture"})
    assert answer["Location"].endswith("?kind=picture")
    with guard.system("count in a test"):
        assert TrailStep.objects.count() == 0
    assert entries(verb="denied") == []


def test_a_reader_is_offered_no_look_that_would_be_denied(client, circle, case, held):
    with guard.system("items with bytes, for a test"):
        Media.objects.filter(case=case).update(key="absent")
    for who, offered in ((circle.it, True), (circle.it_second, False)):
        client.force_login(who)
        shown = client.get(at("page", case)).content.decode()
        assert ("/grey/" in shown, "/reveal/" in shown) == (offered, offered)


def test_a_trail_is_handed_to_a_colleague_and_logged(case, circle, held, officer):
    with guard.scope(officer, VI):
        first = service.keep(officer, VI, case, {"kind": "picture"}, None)
        second = service.keep(officer, VI, case, {"kind": "picture", "device": "Nordica D410"}, first)
    service.hand_over(officer, VI, second, circle.dk)
    colleague = circle.officer(circle.dk)
    with guard.scope(colleague, VI):
        (root,) = service.trail(colleague, case)
        assert root.after[0].step.filters["device"] == "Nordica D410"
        assert root.step.made_by_id == officer.id
    assert entries(verb="alter")[-1].thing == second.pk
    with guard.scope(officer, VI):
        last = service.undoable(officer, case)
    service.undo(officer, VI, last)
    with guard.scope(colleague, VI):
        assert service.trail(colleague, case) == []
    with pytest.raises(service.ExamineRefused, match="in the case"):
        service.hand_over(officer, VI, second, circle.fr)


def test_a_search_that_names_something_withheld_stays_where_it_is(case, circle, held, officer):
    colleague = circle.officer(circle.dk)
    with guard.scope(colleague, VI):
        step = service.keep(colleague, VI, case, {"device": "Hidden X"}, None)
    assert step.codes == "H2"
    with guard.scope(officer, VI):
        assert TrailStep.objects.count() == 0
    with pytest.raises(service.ExamineRefused, match="may not see"):
        service.hand_over(colleague, VI, step, circle.it)
    with guard.system("count in a test"):
        assert TrailStep.objects.count() == 1


def test_a_strangers_step_or_change_is_as_none(client, circle, case, held, officer):
    client.force_login(circle.dk)
    with guard.scope(officer, VI):
        step = service.keep(officer, VI, case, {"kind": "picture"}, None)
    assert client.post(at("trail", case, step.pk), {"do": "name", "name": "x"}).status_code == 404
    assert client.post(at("undo", case), {"change": uuid4()}).status_code == 404
    assert client.post(at("undo", case), {"change": "x"}).status_code == 400


def test_returning_lands_on_the_page_of_the_item(client, circle, case, held):
    with guard.system("more rows for a test"):
        Media.objects.bulk_create(
            Media(number=n, owner=circle.agencies.it, case=case, source="s", sha256=f"{n:064}")
            for n in range(10, 110)
        )
    client.force_login(circle.it)
    text = client.get(at("page", case, query="?at=100&view=table")).content.decode()
    assert 'data-number="100"' in text
    assert 'data-number="1"' not in text
    assert 'data-first="48"' in text
    assert "aria-rowcount" in text
