"""The document of the machines' doors names each such door and every answer that one gives.

``OPENAPI_EXAMPLES`` asks each door more drawn questions; ``make doors`` sets it.
"""

from __future__ import annotations

import copy
import json
import os
import re
from pathlib import Path

import pytest
import schemathesis
from django.db import connections
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks as of_the_document

from entente.evidence.keys import KeyRefused
from entente.records import guard, log_key, witness
from entente.records.models import Account, Spent
from entente.safeguards.checkpoint import Checkpoint as Head
from entente.safeguards.checkpoint import written_request
from entente.safeguards.limits import LIMITS
from entente.web import taxii
from entente.web.asgi import Desk
from tests.casework.inform.test_service import at_work  # noqa: F401
from tests.records.test_limits import fill
from tests.web.test_taxii import opened, token  # noqa: F401

TOLD = json.loads((Path(__file__).parents[2] / "docs" / "machines.openapi.json").read_text("utf-8"))
SCHEMA = schemathesis.openapi.from_dict(TOLD)
DOORS = {o.ok().definition.raw["operationId"]: o.ok() for o in SCHEMA.get_all_operations()}
EXAMPLES = int(os.environ.get("OPENAPI_EXAMPLES", "6"))
AT = "http://localhost"
SAID = [
    of_the_document.status_code_conformance,
    of_the_document.content_type_conformance,
    of_the_document.response_headers_conformance,
    of_the_document.response_schema_conformance,
]
CHECKS = [schemathesis.checks.not_a_server_error, *SAID]


class HereDesk(Desk):
    """The desk as it is served, but on the test's own connection: its thread sees the test's transaction."""

    def _made(self, request):
        connections["default"] = self.line
        try:
            return self.get_response(request)
        finally:
            del connections["default"]


@pytest.fixture
def ask(circle, opened, token):  # noqa: F811
    """Ask as France's machine, as one whose token is not ours, or as nobody; France may read something."""
    desk = HereDesk(pages=1)
    desk.line = connections["default"]
    desk.line.inc_thread_sharing()
    tokens = {"machine": token, "stranger": "x" * 43}

    def asked(case, who, there=False, **more):
        if there and "collection" in case.path_parameters:
            case.path_parameters["collection"] = str(opened.pk)
        if who in tokens:
            more["headers"] = {"Authorization": f"Bearer {tokens[who]}", **more.get("headers", {})}
        more = {"checks": CHECKS, **more}
        return case.call_and_validate(base_url=AT, app=desk, timeout=60, **more)

    yield asked
    desk.line.dec_thread_sharing()
    desk._threads.shutdown()


def made(door, **path):
    """A plain question at one door."""
    names = {"collection": "0" * 8 + "-0000-4000-8000-" + "0" * 12, "object": "file--x"}
    wanted = set(re.findall(r"{(\w+)}", DOORS[door].path))
    return DOORS[door].Case(path_parameters={n: path.get(n, names[n]) for n in wanted})


def test_every_door_for_machines_is_described_and_nothing_else():
    described = {re.sub(r"{\w+}", "{}", path) for path in TOLD["paths"]}
    named = {str(p.pattern) for p in taxii.urlpatterns if p.name != "taxii-nowhere"}
    assert described == {f"/taxii2/{re.sub('<[^>]+>', '{}', n)}" for n in named} | {reverse("witness")}


@pytest.mark.parametrize("door", DOORS)
def test_no_drawn_question_gets_an_answer_that_the_document_does_not_name(ask, door):
    drawn = st.sampled_from(list(GenerationMode)).flatmap(DOORS[door].as_strategy)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize="OPENAPI_EXAMPLES" not in os.environ,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn, st.sampled_from(["machine", "machine", "stranger", "nobody"]), st.booleans())
    def play(case, who, there):
        Spent.objects.all().delete()  # that a limit is reached is a question of its own, below
        told = ask(case, who, there)
        if who != "machine" and door != "add-checkpoint":
            assert told.status_code == 401

    play()


def test_what_is_open_comes_as_the_document_says(ask, opened):  # noqa: F811
    there = str(opened.pk)
    for door in ("discovery", "api-root", "collections"):
        assert ask(made(door), "machine").status_code == 200
    for door in ("collection", "manifest", "objects"):
        assert ask(made(door, collection=there), "machine").status_code == 200
    one = ask(made("objects", collection=there), "machine", params={"limit": 1}).json()
    assert (len(one["objects"]), one["more"], one["next"]) == (1, True, one["objects"][0]["id"])
    for door in ("object", "versions"):
        assert ask(made(door, collection=there, object=one["next"]), "machine").status_code == 200


def test_what_is_not_drawn_is_named_too(ask, circle, opened, monkeypatch):  # noqa: F811
    found, whole = made("collections"), made("objects", collection=str(opened.pk))
    assert ask(found, "machine", headers={"Accept": "text/html"}).status_code == 406
    assert ask(whole, "machine", params={"limit": "0"}).status_code == 400
    assert ask(made("objects"), "machine").status_code == 404
    for limit, who, door in (
        ("fetches by machines", circle.it.pk, whole),
        ("questions of machines", "testclient", found),
        ("heads asked for by a witness", "testclient", made("add-checkpoint")),
    ):
        fill(LIMITS[limit], who)
        assert ask(door, "machine").status_code == 429, limit
        Spent.objects.all().delete()
    with guard.system("the officer of the token reads for nothing of the kind any more"):
        Account.objects.filter(pk=circle.fr.pk).update(purposes=["safeguarding"])
    assert ask(found, "machine").status_code == 403

    def lost(reader):
        raise KeyRefused("where the key is, and why")

    monkeypatch.setattr(taxii, "titles", lost)
    told = ask(found, "machine", checks=SAID)
    assert (told.status_code, b"where" in told.content) == (503, False)


def test_a_witness_answers_as_the_document_says(ask, circle, tmp_path, settings):
    key = log_key.make(tmp_path / "theirs")
    name = log_key.public(key, "partner.example/log").name
    witness.pin(circle.it, log_key.public(key, name).written())

    def told(old, size, mark):
        note = log_key.sign(key, Head(name, size, bytes([mark]) * 32), 1_780_000_000)
        return DOORS["add-checkpoint"].Case(media_type="text/plain", body=written_request(old, [], note))

    for old, size, mark, status in ((0, 1, 1, 200), (0, 2, 2, 409), (1, 2, 2, 422)):
        assert ask(told(old, size, mark), "nobody").status_code == status
    (settings.KEY_FOLDER / log_key.FILE).write_text("no key")
    assert ask(told(1, 1, 1), "nobody", checks=SAID).status_code == 503


@pytest.mark.parametrize("part", ["status", "type", "schema", "header"])
def test_an_answer_that_the_document_does_not_name_is_found(ask, part):
    told = copy.deepcopy(TOLD)
    answers = told["paths"]["/taxii2/"]["get"]["responses"]
    refused = told["components"]["responses"]["NoToken"]
    if part == "status":
        del answers["401"]
    elif part == "type":
        refused["content"] = {"application/json": refused["content"].popitem()[1]}
    elif part == "schema":
        told["components"]["schemas"]["error"]["properties"]["title"] = {"type": "integer"}
    else:
        refused["headers"]["X-Not-Sent"] = {"required": True, "schema": {"type": "string"}}
    with pytest.raises(FailureGroup):
        ask(schemathesis.openapi.from_dict(told)["/taxii2/"]["get"].Case(), "nobody")


def test_below_the_machines_address_no_machine_gets_a_page_for_people(client, token):  # noqa: F811
    for rest in ("nowhere/", "circle/collections/no-number/", "circle/collections/no%0Aline/", "a/b/c/"):
        without = client.get(f"/taxii2/{rest}")
        given = client.get(f"/taxii2/{rest}", headers={"authorization": f"Bearer {token}"})
        assert (without.status_code, given.status_code) == (401, 404)
        assert given["Content-Type"] == without["Content-Type"] == taxii.MEDIA
