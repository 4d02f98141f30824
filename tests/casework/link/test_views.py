"""The pages of series: proposals with reasons, decisions by key or button, undo, and no file name."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entente.casework.link import service
from entente.casework.link.views import series as pages
from entente.records import guard, jobs, leaf
from entente.records.models import Change, Job, Link, Series
from entente.vocabulary.handling import Purpose
from tests.casework.link.test_service import (
    add,
    between,
    in_series,
    items,
    join,
    officer,
    proposed,
)

__all__ = ["items", "officer", "proposed"]  # fixtures
VI = Purpose.VICTIM_IDENTIFICATION


@pytest.fixture
def desk(client, circle, proposed):
    client.force_login(circle.it)
    return client


def at(name, case, *args, query=""):
    return reverse(f"link:{name}", args=[case.pk, *args]) + query


def series(officer, name):
    with guard.scope(officer, VI):
        return Series.objects.get(name=name)


def test_each_proposal_says_why_and_no_file_is_named_or_shown(desk, case):
    text = desk.get(at("page", case)).content.decode()
    assert "serial 4102207" in text
    assert "#1 – #2" in text
    assert "4 proposals wait" in text
    assert "a-word-not-to-show" not in text
    assert "<img" not in text
    assert 'data-key="a"' in text
    assert 'data-key="r"' in text


def test_links_are_accepted_and_refused_from_the_queue(desk, case, officer, proposed):
    chosen = [str(between(proposed, 1, 2).pk), str(between(proposed, 2, 3).pk)]
    text = desk.get(at("page", case)).content.decode()
    groups = re.findall('<input type="hidden" name="item" value="([^"]*)">', text)
    [group] = [g for g in groups if set(g.split(",")) == set(chosen)]  # one field, however many links
    answer = desk.post(at("decide", case), {"item": group, "decision": "accept"})
    assert answer.status_code == 303
    assert in_series(officer) == {"S-1": {1, 2, 3}}
    refused = [str(k.pk) for k in proposed if k.a.number == 4]
    desk.post(at("decide", case), {"item": refused, "decision": "refuse"})
    assert "Nothing to decide" in desk.get(at("page", case)).content.decode()
    assert desk.post(at("decide", case), {"item": chosen, "decision": "perhaps"}).status_code == 400


def test_nothing_chosen_or_nonsense_is_told(desk, case):
    answer = desk.post(at("decide", case), {"item": ["no-id"], "decision": "accept"}, follow=True)
    assert "no link was chosen" in answer.content.decode()


def test_a_series_page_shows_items_reasons_and_the_weakest_link(desk, case, officer, proposed):
    service.accept_all(officer, VI, [between(proposed, 1, 2), between(proposed, 2, 3)])
    held = series(officer, "S-1")
    text = desk.get(at("series", case, held.pk, query="?a=1&b=3")).content.decode()
    assert "Series S-1" in text
    assert "#1 · Picture · 64 × 48 · item 1 of 3" in text
    assert "The weakest reason, on which it rests:" in text
    assert "accepted a link" not in text
    assert "accepted links" in text


def test_the_page_of_proposals_reads_drawings_once_and_no_tags(desk, case, proposed):
    where = {"pairs": [[0.1, 0.2, 0.3, 0.4]], "boxes": [[0, 0, 1, 1]] * 2, "score": 20, "t": [0, 0]}
    with guard.system("test"):
        assert Link.objects.filter(case=case).update(where=where) > 1
    with CaptureQueriesContext(connection) as asked:
        text = desk.get(at("page", case)).content.decode()
    read = [q["sql"] for q in asked if '"records_link"."where"' in q["sql"].partition(" WHERE ")[0]]
    assert len(read) == 1 and text.count("<polyline") == len(proposed)
    assert not [q for q in asked if '"records_media"."tags"' in q["sql"]]


def test_a_long_series_is_shown_by_leaves(desk, case, officer, proposed, monkeypatch):
    service.accept_all(officer, VI, [between(proposed, 1, 2), between(proposed, 2, 3)])
    held = series(officer, "S-1")
    monkeypatch.setattr(pages, "MEMBERS", 2)
    monkeypatch.setattr(leaf, "A_LEAF", 1)
    first, second = (
        desk.get(at("series", case, held.pk, query=f"?a=1&b=3&page={n}&links=2")).content.decode()
        for n in (1, 2)
    )
    assert "item 2 of 3" in first and "item 3 of 3" not in first and "item 3 of 3" in second
    assert "3 items" in second and "?a=1&amp;b=3&amp;links=2&amp;page=1" in second
    assert '<input id="why-a" name="a"' in first, "who is on another leaf is asked about by number"
    assert "The weakest reason" in second, "and answered on whatever leaf"
    assert "?a=1&amp;b=3&amp;page=1&amp;links=1" in first
    other = desk.get(at("series", case, held.pk, query="?a=1&b=4")).content.decode()
    assert "The weakest reason" not in other, "an item outside the series is asked about on the page of why"
    assert "Choose two different items of this series." in other


def test_asked_twice_it_waits_in_the_queue_once(desk, case, officer):
    for name in ("compare", "propose"):
        for _ in range(2):
            assert desk.post(at(name, case)).status_code in {302, 303}
        with guard.system("test"):
            assert Job.objects.filter(task=f"link.{name.replace('compare', 'scenes')}").count() == 1


def test_merge_split_move_and_undo_go_through_the_page(desk, case, officer, items):
    desk.post(at("gather", case), {"item": [str(m.pk) for m in items[:3]]})
    desk.post(at("gather", case), {"item": [str(m.pk) for m in items[3:]]})
    one, two = series(officer, "S-1"), series(officer, "S-2")
    there = at("change-series", case, one.pk)
    desk.post(there, {"decision": "move", "item": [str(items[0].pk)], "to": str(two.pk)})
    assert in_series(officer) == {"S-1": {2, 3}, "S-2": {1, 4, 5, 6}}
    none = desk.post(there, {"decision": "take-out"}, follow=True)
    assert "no item was chosen; choose at least one" in none.content.decode()
    for other in ("", "no number", [str(one.pk), str(case.pk)]):
        assert desk.post(there, {"decision": "merge", "other": other}).status_code == 404
    desk.post(there, {"decision": "merge", "other": [str(one.pk), str(two.pk)]})  # the last one counts
    assert in_series(officer) == {"S-1": {1, 2, 3, 4, 5, 6}}
    desk.post(there, {"decision": "split", "item": [str(items[5].pk)]})
    assert in_series(officer) == {"S-1": {1, 2, 3, 4, 5}, "S-3": {6}}
    desk.post(there, {"decision": "take-out", "item": [str(items[0].pk)]})
    assert in_series(officer)["S-1"] == {2, 3, 4, 5}
    with guard.scope(officer, VI):
        changes = list(Change.objects.order_by("-made_at"))
    for change in changes:
        desk.post(at("undo", case, change.pk))
    assert in_series(officer) == {}
    again = desk.post(at("undo", case, changes[0].pk), follow=True)
    assert "undone already" in again.content.decode()


def test_a_refusal_is_told_on_the_page(desk, case, officer, items):
    desk.post(at("gather", case), {"item": [str(m.pk) for m in items[:3]]})
    one = series(officer, "S-1")
    answer = desk.post(at("change-series", case, one.pk), {"decision": "split", "item": []}, follow=True)
    assert "choose some of the series" in answer.content.decode()


def test_a_reader_sees_reasons_but_decides_nothing(client, circle, case, officer, proposed):
    join(case, circle.it_second, "reader", circle)
    client.force_login(circle.it_second)
    assert client.get(at("page", case)).status_code == 200
    chosen = {"item": [str(proposed[0].pk)], "decision": "accept"}
    assert client.post(at("decide", case), chosen).status_code == 403
    assert in_series(officer) == {}


def test_who_is_not_in_the_case_finds_nothing(client, circle, case, officer, proposed):
    service.accept(officer, VI, between(proposed, 1, 2))
    client.force_login(circle.dk)
    assert client.get(at("page", case)).status_code == 404
    assert client.get(at("series", case, series(officer, "S-1").pk)).status_code == 404
    assert client.post(at("decide", case), {"decision": "accept"}).status_code == 404


def test_a_link_withheld_by_its_originator_is_not_on_a_partners_page(client, circle, case, officer):
    camera = {"make": "Nordica", "model": "D410", "serial": "991"}
    add(case, officer, 1, metadata=camera, codes="H2")
    add(case, officer, 2, metadata=camera)
    service.propose(officer, VI, case)
    join(case, circle.dk, "member", circle)
    client.force_login(circle.dk)
    text = client.get(at("page", case)).content.decode()
    assert "serial 991" not in text
    assert "0 proposals wait" in text
    with guard.scope(officer, VI):
        held = Link.objects.get()
    client.post(at("decide", case), {"item": [str(held.pk)], "decision": "accept"})
    assert in_series(officer) == {}


def test_proposing_is_a_job(desk, case):
    desk.post(at("propose", case))
    assert Job.objects.filter(task="link.propose", case=case.pk).exists()


def test_the_worker_proposes_as_a_job(case, officer, items):
    asked = service.ask_to_propose(officer, VI, case)
    job = jobs.take("test")
    assert job.pk == asked.pk
    assert jobs.run(job), job.error
    asked.refresh_from_db()
    assert (asked.status, asked.result) == ("done", {"made": 4, "held": 0, "hubs": []})


def test_every_link_answers_why(desk, case, officer, items, proposed):
    text = desk.get(at("page", case)).content.decode()
    assert at("why", case, query="?a=1&amp;b=2") in text
    service.accept(officer, VI, between(proposed, 1, 2))
    text = desk.get(at("why", case, query="?a=1&b=3")).content.decode()
    assert "The strongest path from #1 to #3" in text
    assert "accepted by IT-1001" in text
    assert "nobody decided on it yet" in text
    assert "Without it these hang together with #1 no more:" in text
    assert (
        "No link that you may see joins #1 and #6."
        in desk.get(at("why", case, query="?a=1&b=6")).content.decode()
    )
    for nothing in ("?a=1&b=1", "?a=1&b=99", "?a=x&b=²", "?a=1&b=" + "9" * 40):
        assert "Choose two different items" in desk.get(at("why", case, query=nothing)).content.decode()


def test_a_person_says_their_word_on_the_page(desk, case, officer, items):
    there, said = at("say", case), {"a": "1", "b": "6", "because": "the same lamp"}
    answer = desk.post(there, {**said, "decision": "together"}, follow=True).content.decode()
    assert "<q>the same lamp</q>" in answer
    assert "said by IT-1001 on" in answer
    assert "IT-1001 put #1 into S-1" in answer
    assert "said that two belong together" in desk.get(at("page", case)).content.decode()
    refused = {**said, "b": "5", "because": "", "decision": "apart"}
    assert "say why" in desk.post(there, refused, follow=True).content.decode()
    apart = desk.post(there, {**refused, "because": "another room"}, follow=True).content.decode()
    assert "A person keeps #1 and #5 apart" in apart
    assert desk.post(there, {**said, "decision": "perhaps"}).status_code == 400
    assert desk.post(there, {**said, "b": "99", "decision": "apart"}).status_code == 303
