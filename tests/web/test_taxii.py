"""TAXII: a real client fetches what was opened for its agency; hidden, closed and absent are one answer."""

from __future__ import annotations

import base64
import io
import json
from datetime import timedelta

import pytest
from django.urls import reverse

from entente.casework.inform.service import NotDisclosed, close_for_machines, open_for_machines
from entente.formats.stix import STIX
from entente.records import clock, guard, machines
from entente.records.models import Clue, LogEntry, MachineToken, Media, Membership, Notice
from entente.records.release import withdraw
from tests.casework.inform.test_service import VI, at_work, danish_h2, let, socket  # noqa: F401

MONTH = timedelta(days=30)


@pytest.fixture
def opened(circle, at_work):  # noqa: F811
    """Italy opened its case for the machines of France; there is a clue, and a Danish one under H2."""
    socket(circle, at_work)
    danish_h2(circle, at_work)
    return open_for_machines(circle.officer(circle.it), VI, at_work, circle.agencies.fr)


@pytest.fixture
def token(circle):
    """A token of France's machine, in the name of its examiner."""
    return machines.make_token(circle.officer(circle.fr), VI, circle.fr, MONTH)


def ask(client, name, token, *, method="get", accept="application/taxii+json;version=2.1", **told):
    query = told.pop("query", {})
    headers = {"accept": accept, **({"authorization": f"Bearer {token}"} if token else {})}
    return getattr(client, method)(reverse(name, kwargs=told), query_params=query, headers=headers)


def objects(client, opened, token, **query):
    answer = ask(client, "taxii-objects", token, collection_id=opened.pk, query=query)
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.slow
def test_a_real_client_reads_everything_page_by_page(live_server, circle, at_work, opened, token):  # noqa: F811
    taxii = pytest.importorskip("taxii2client.v21", reason="taxii2-client is not installed")
    server = taxii.Server(f"{live_server.url}/taxii2/", user="FR-1001", password=token)
    (collection,) = server.api_roots[0].collections
    assert (collection.can_read, collection.can_write) == (True, False)
    assert collection.title == "National unit, Italy: IT-2026-001"
    pages = list(taxii.as_pages(collection.get_objects, per_request=4))
    assert len(pages) > 2
    made = [o for page in pages for o in page["objects"]]
    assert len({o["id"] for o in made}) == len(made) == len(collection.get_manifest()["objects"])
    bundle = json.dumps({"type": "bundle", "id": "bundle--1", "objects": made})
    read = STIX.read_case(io.BytesIO(bundle.encode()))
    assert read.refusals == ()
    assert [c.word.kind for c in read.package.clues] == ["socket"]
    file = next(o["id"] for o in made if o["type"] == "file")
    assert collection.get_object(file)["objects"][0]["id"] == file
    assert len(collection.object_versions(file)["versions"]) == 1


def test_without_a_valid_token_everything_is_the_same_401(client, circle, opened, token):
    wrong = base64.b64encode(f"IT-1001:{token}".encode()).decode()
    answers = set()
    for authorization in (
        "",
        "Bearer x",
        f"Basic {wrong}",
        "Basic ***",
        f"Digest {token}",
        "Bearer " + "x" * 999,
    ):
        for name, told in (("taxii-discovery", {}), ("taxii-objects", {"collection_id": opened.pk})):
            answer = client.get(reverse(name, kwargs=told), headers={"authorization": authorization})
            answers.add((answer.status_code, answer["WWW-Authenticate"], answer.content))
    client.force_login(circle.it)  # a cookie is never looked at
    answer = client.get(reverse("taxii-collections"))
    answers.add((answer.status_code, answer["WWW-Authenticate"], answer.content))
    assert len(answers) == 1
    assert answers.pop()[0] == 401


def test_a_token_ends_with_its_day_its_account_or_its_administrator_s_word(client, circle, opened, token):
    def status():
        return ask(client, "taxii-collections", token).status_code

    assert status() == 200
    with clock.at(clock.now() + MONTH + timedelta(days=1)):
        assert status() == 401
    type(circle.fr).objects.filter(pk=circle.fr.pk).update(is_active=False)
    assert status() == 401
    type(circle.fr).objects.filter(pk=circle.fr.pk).update(is_active=True)
    admin = circle.make_account(circle.agencies.fr, "FR-9001", ("administrator",))
    with pytest.raises(guard.Denied):  # it is ended by who keeps the accounts
        machines.end_tokens(circle.officer(circle.fr), VI, circle.fr)
    assert machines.end_tokens(circle.officer(admin), VI, circle.fr) == 1
    assert status() == 401
    assert MachineToken.objects.get().hash not in token


def test_a_token_that_an_administrator_made_before_opens_nothing_any_more(client, circle, opened, token):
    MachineToken.objects.update(made_by=circle.it_admin)
    assert ask(client, "taxii-collections", token).status_code == 401


def test_nobody_makes_a_token_for_another_and_an_administrator_none_at_all(circle):
    for account, named in (
        (circle.it_admin, circle.it),
        (circle.it_admin, circle.it_admin),
        (circle.it_dpo, circle.it),
        (circle.fr, circle.it),
    ):
        with pytest.raises(guard.Denied):
            machines.make_token(circle.officer(account), VI, named, MONTH)
    with pytest.raises(machines.NoToken, match="in whose name"):
        machines.make_token(circle.officer(circle.it_second), VI, circle.it, MONTH)
    with pytest.raises(machines.NoToken, match="366 days"):
        machines.make_token(circle.officer(circle.it), VI, circle.it, timedelta(days=9999))
    assert not MachineToken.objects.exists()


def test_hidden_closed_and_absent_are_one_answer(client, circle, at_work, opened, token):  # noqa: F811
    theirs = open_for_machines(circle.officer(circle.it), VI, at_work, circle.agencies.nl)
    absent = [
        ask(client, name, token, collection_id=pk).content
        for pk in (theirs.pk, at_work.pk)
        for name in ("taxii-collection", "taxii-objects", "taxii-manifest")
    ]
    assert close_for_machines(circle.officer(circle.it), VI, at_work, circle.agencies.fr) == 1
    absent += [ask(client, "taxii-objects", token, collection_id=opened.pk).content]
    assert len(set(absent)) == 1
    assert ask(client, "taxii-collections", token).json() == {}
    with guard.system("the test reads the notices"):
        assert [n.kind for n in Notice.objects.filter(addressed=circle.agencies.fr)] == ["recall"]


def test_what_may_not_go_changes_no_byte(client, circle, at_work, opened, token):  # noqa: F811
    def seen():
        return [
            ask(client, name, token, collection_id=opened.pk).content
            for name in ("taxii-collection", "taxii-objects", "taxii-manifest")
        ] + [ask(client, "taxii-collections", token).content]

    before = seen()
    with guard.system("a world without what Denmark withholds"):
        Clue.objects.filter(case=at_work, codes__contains="H2").delete()
    assert seen() == before
    socket(circle, at_work)  # nor does what came since it was opened
    assert seen() == before


def test_a_release_withdrawn_ends_the_collection_that_held_it(client, circle, at_work, token):  # noqa: F811
    clue = danish_h2(circle, at_work)
    let(circle.dk, clue, circle.agencies.fr, circle)
    row = open_for_machines(circle.officer(circle.it), VI, at_work, circle.agencies.fr)
    assert any(o["type"] == "note" for o in objects(client, row, token)["objects"])
    withdraw(circle.officer(circle.dk), VI, clue, circle.agencies.fr)
    assert ask(client, "taxii-objects", token, collection_id=row.pk).status_code == 404


def test_who_opened_it_and_may_not_export_any_more_opens_nothing(client, circle, at_work, opened, token):  # noqa: F811
    with guard.system("the lead leaves the case"):
        Membership.objects.filter(case=at_work, account=circle.it).update(until=clock.now())
    assert ask(client, "taxii-objects", token, collection_id=opened.pk).status_code == 404
    assert ask(client, "taxii-collections", token).json() == {}


def test_handling_that_became_stricter_takes_an_item_out(client, circle, at_work, opened, token):  # noqa: F811
    whole = objects(client, opened, token)["objects"]
    with guard.system("Denmark turns out to be its originator, under H2"):
        Media.objects.filter(case=at_work, number=2).update(codes="H2", owner=circle.agencies.dk)
    fewer = objects(client, opened, token)["objects"]
    assert [sum(o["type"] == "file" for o in held) for held in (whole, fewer)] == [2, 1]


def test_each_fetch_is_in_the_log_for_both(client, circle, opened, token):
    objects(client, opened, token)
    with guard.system("the test reads the log"):
        told = [(e.account, e.told) for e in LogEntry.objects.order_by("seq")][-2:]
    assert {t["act"] for _, t in told} == {"export", "read"}
    export = next(t for _, t in told if t["act"] == "export")
    assert export["recipients"] == [str(circle.agencies.fr.pk)]
    assert {a for a, _ in told} == {circle.it.pk, circle.fr.pk}


def test_filters_pages_and_what_cannot_be_asked(client, opened, token):
    every = objects(client, opened, token)["objects"]
    page = objects(client, opened, token, limit="2")
    assert page["more"]
    rest = objects(client, opened, token, next=page["next"])
    assert [o["id"] for o in page["objects"] + rest["objects"]] == [o["id"] for o in every]
    files = objects(client, opened, token, **{"match[type]": "file,note"})["objects"]
    assert {o["type"] for o in files} == {"file", "note"}
    assert objects(client, opened, token, **{"match[id]": "file--x"}) == {"more": False}
    assert objects(client, opened, token, **{"match[version]": "2001-01-01T00:00:00Z"}) == {"more": False}
    assert objects(client, opened, token, added_after=clock.now().isoformat()) == {"more": False}
    assert objects(client, opened, token, added_after="2001-01-01T00:00:00Z")["objects"] == every
    for query in ({"limit": "0"}, {"limit": "-1"}, {"added_after": "noon"}, {"match[id]": "x" * 3000}):
        answer = ask(client, "taxii-objects", token, collection_id=opened.pk, query=query)
        assert (answer.status_code, answer.json()["http_status"]) == (400, "400")


def test_types_and_methods(client, opened, token):
    answer = ask(client, "taxii-discovery", token)
    assert answer["Content-Type"] == "application/taxii+json;version=2.1"
    assert ask(client, "taxii-discovery", token, accept="text/html").status_code == 406
    for method in ("post", "put", "delete", "patch", "options"):
        answer = ask(client, "taxii-objects", token, method=method, collection_id=opened.pk)
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_a_case_is_opened_once_by_a_lead_and_never_for_the_own_agency(circle, at_work, opened):  # noqa: F811
    it = circle.officer(circle.it)
    with pytest.raises(NotDisclosed, match="already; close it"):
        open_for_machines(it, VI, at_work, circle.agencies.fr)
    with pytest.raises(NotDisclosed, match="already at this agency"):
        open_for_machines(it, VI, at_work, circle.agencies.it)
    with pytest.raises(guard.Denied):
        open_for_machines(circle.officer(circle.dk), VI, at_work, circle.agencies.fr)
