"""MISP: a written event correlates with nothing, goes no wider than its marking, and its ids join nothing."""

from __future__ import annotations

import io
import json
import re
from collections import Counter

import pytest

from entente.formats.case_package import Marking
from entente.formats.misp import MISP
from entente.formats.misp_case import distribution_of
from entente.vocabulary.handling import Audience, Handling, HandlingCode
from entente.vocabulary.media_hash import HashEntry
from tests.formats.packages import package

H2 = Handling(frozenset({HandlingCode.H2}))


def event():
    out = io.BytesIO()
    MISP.write_case(package(), out)
    return json.loads(out.getvalue())


def read(told):
    return MISP.read_case(io.BytesIO(json.dumps(told, indent=1).encode()))


def attributes(told):
    return [a for o in told["Event"]["Object"] for a in o["Attribute"]]


def test_nothing_correlates_and_nothing_is_a_signature():
    told = event()
    assert told["Event"]["disable_correlation"] is True
    assert all(a["disable_correlation"] is True and a["to_ids"] is False for a in attributes(told))


def test_two_events_of_one_case_have_no_id_in_common():
    found = [set(re.findall(r'"([0-9a-f]{8}-[0-9a-f-]{27})"', json.dumps(event()))) for _ in range(2)]
    templates = {o["template_uuid"] for o in event()["Event"]["Object"]}
    assert found[0] & found[1] == templates
    assert not any(str(p.id) in json.dumps(event()) for p in (*package().items, *package().clues))


@pytest.mark.parametrize(("audience", "handling", "most"), [
    (Audience.CLEAR, Handling(), 1), (Audience.GREEN, Handling(), 1), (Audience.AMBER, Handling(), 0),
    (Audience.AMBER_STRICT, Handling(), 0), (Audience.RED, Handling(), 0), (Audience.CLEAR, H2, 0),
])  # fmt: skip
def test_the_distribution_is_never_wider_than_the_marking(audience, handling, most):
    assert distribution_of(Marking(handling, audience)) == most


def test_every_attribute_bears_its_marking_as_a_tag_and_its_own_distribution():
    told = event()
    assert told["Event"]["distribution"] == "0"
    for made in told["Event"]["Object"]:
        said = {a["object_relation"]: a["value"] for a in made["Attribute"]}
        for row in made["Attribute"]:
            names = {t["name"] for t in row["Tag"]}
            assert said["audience"].lower() in names
            assert {f'entente:handling="{c}"' for c in said["codes"].split()} <= names
            assert row["distribution"] == made["distribution"] == "0"


def test_the_grade_is_also_told_on_the_admiralty_scale_which_is_coarser():
    clue = next(o for o in event()["Event"]["Object"] if o["name"] == "entente-clue")
    names = {t["name"] for t in clue["Attribute"][0]["Tag"]}
    assert 'admiralty-scale:source-reliability="b"' in names
    assert 'admiralty-scale:information-credibility="2"' in names


def test_the_same_event_is_a_hash_list_too():
    entries = [e for e in MISP.read(io.BytesIO(json.dumps(event()).encode())) if isinstance(e, HashEntry)]
    assert [(e.md5, e.sha256, e.pdq, e.size) for e in entries] == [
        (i.md5, i.sha256, i.pdq, i.size) for i in package().items
    ]


def test_an_object_that_was_deleted_at_the_partner_is_not_read():
    told = event()
    gone = next(o for o in told["Event"]["Object"] if o["name"] == "entente-clue")
    gone["deleted"] = True
    assert len(read(told).package.clues) == 2


@pytest.mark.parametrize(("name", "relation", "value"), [
    ("file", "md5", "zz"), ("file", "codes", "H9"), ("file", "audience", "TLP:BLUE"),
    ("file", "seconds", "nan"), ("entente-clue", "clue", "{"), ("entente-custody", "when", "noon"),
])  # fmt: skip
def test_an_object_that_says_nonsense_costs_itself_and_is_named_with_its_line(name, relation, value):
    told = event()
    rows = [o for o in told["Event"]["Object"] if o["name"] == name]
    bad = next(a for o in rows for a in o["Attribute"] if a["object_relation"] == relation)
    bad["value"] = value
    back = read(told)
    codes = Counter(r.code for r in back.refusals)
    assert codes["broken"] + codes["marking"] == 1
    assert all(r.line > 1 for r in back.refusals)
    assert len(back.package.items) == 3 - (name == "file")


def test_what_is_said_twice_is_not_chosen_from():
    told = event()
    file = next(o for o in told["Event"]["Object"] if o["name"] == "file")
    file["Attribute"].append({"object_relation": "codes", "type": "text", "value": "H0"})
    assert "said 2 times" in read(told).refusals[0].reason


def test_the_public_library_reads_a_written_event_and_gives_it_back_unharmed():
    pymisp = pytest.importorskip("pymisp", reason="pymisp is not installed")
    held = pymisp.MISPEvent()
    held.load(event())
    rows = [a for o in held.objects for a in o.attributes]
    assert len(rows) == len(attributes(event()))
    assert all(a.disable_correlation and not a.to_ids for a in rows)
    back = read({"Event": json.loads(held.to_json())})
    assert back.refusals == ()
    assert [c.word.value for c in back.package.clues] == [c.word.value for c in package().clues]
