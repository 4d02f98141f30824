"""CASE/UCO 1.5: the public validator lets a written case through; what it does not ask we ask ourselves."""

from __future__ import annotations

import io
import json
import sys
from datetime import timedelta

import pytest

from entente.formats import ListRefused
from entente.formats.caseuco import CASEUCO
from entente.vocabulary.media_hash import HashEntry
from tests.formats.packages import NOON, number, package


@pytest.fixture
def graph():
    out = io.BytesIO()
    CASEUCO.write_case(package(), out)
    return json.loads(out.getvalue())


def node(graph, of):
    return next(n for n in graph["@graph"] if n["@id"].endswith(str(of)))


def read(graph):
    return CASEUCO.read_case(io.BytesIO(json.dumps(graph, indent=1).encode()))


def codes(graph):
    return [r.code for r in read(graph).refusals]


def status_of(paths, monkeypatch, capsys):
    """The exit status of the public validator: its word alone says too little."""
    validator = pytest.importorskip("case_utils.case_validate", reason="case-utils is not installed")
    monkeypatch.setattr(sys, "argv", ["case_validate", "--allow-info", *map(str, paths)])
    with pytest.raises(SystemExit) as ended:
        validator.main()
    return ended.value.code, capsys.readouterr().out


@pytest.mark.slow
def test_the_public_validator_passes_a_case_and_fails_one_with_a_fault(graph, tmp_path, monkeypatch, capsys):
    whole, bad = tmp_path / "case.json", tmp_path / "bad.json"
    whole.write_text(json.dumps(graph))
    status, told = status_of([whole], monkeypatch, capsys)
    assert status == 0, told
    node(graph, number(1))["uco-observable:fileNme"] = "1"  # there is no such property
    bad.write_text(json.dumps(graph))
    status, told = status_of([bad], monkeypatch, capsys)
    assert (status, "Conforms: True" in told) == (1, True)  # its word is not enough


def test_every_id_ends_in_a_uuid_and_none_stands_twice(graph):
    ids = [n["@id"] for n in graph["@graph"]]
    assert len(ids) == len(set(ids))
    assert all(len(i) > 36 and i[-36:].count("-") == 4 for i in ids)


def test_no_file_name_no_path_and_no_byte_of_a_file_is_in_the_graph(graph):
    text = json.dumps(graph)
    for word in ("fileName", "filePath", "dataPayload", "FileFacet"):
        assert word not in text


def test_a_chain_that_reaches_no_exhibit_is_refused_from_the_gap_on(graph):
    graph["@graph"].remove(node(graph, number(31)))
    told = read(graph)
    assert [r.code for r in told.refusals] == ["unreachable", "unreachable"]
    assert told.package.steps == ()


def test_a_chain_that_bites_its_tail_is_refused(graph):
    first, last = node(graph, number(31)), node(graph, number(33))
    first["uco-action:object"] = last["uco-action:result"]
    assert codes(graph) == ["unreachable"] * 3


def test_a_step_before_the_one_before_it_is_refused_and_all_that_follow(graph):
    early = (NOON - timedelta(days=9)).isoformat()
    node(graph, number(32))["uco-action:startTime"]["@value"] = early
    told = read(graph)
    assert [(r.code, "before" in r.reason) for r in told.refusals] == [
        ("time-order", True),
        ("unreachable", True),
    ]
    assert [s.place for s in told.package.steps] == [1]


def test_a_step_received_before_it_was_given_or_after_the_package_was_made_is_refused(graph):
    node(graph, number(33))["uco-action:endTime"] = {"@value": (NOON + timedelta(days=1)).isoformat()}
    assert codes(graph) == ["time-order"]
    node(graph, number(33))["uco-action:endTime"] = {"@value": (NOON - timedelta(days=1)).isoformat()}
    assert codes(graph) == ["time-order"]


def test_what_bears_no_marking_or_an_unknown_one_is_left_out_and_never_read_as_free(graph):
    del node(graph, number(1))["uco-core:objectMarking"]
    marking = node(graph, number(41))["uco-core:objectMarking"]["@id"]
    told = read(graph)
    assert {r.code for r in told.refusals} == {"marking", "reference"}
    assert number(1) not in {i.id for i in told.package.items}
    node(graph, marking[-36:])["ent:codes"] = "H9"
    assert {i.id for i in read(graph).package.items} == {number(3)}
    node(graph, number(100))["uco-core:objectMarking"]["@id"] = marking
    with pytest.raises(ListRefused, match="no marking that is known") as fault:
        read(graph)
    assert fault.value.code == "not-a-case"


def test_a_whole_marked_looser_than_its_parts_is_tightened_and_said(graph):
    open_one = node(graph, number(1))["uco-core:objectMarking"]
    node(graph, number(100))["uco-core:objectMarking"] = open_one
    told = read(graph)
    assert [r.code for r in told.refusals] == ["marking"]
    assert told.package.marking == package().marking


def test_a_second_node_of_one_id_is_refused(graph):
    graph["@graph"].append({**node(graph, number(1)), "uco-core:name": "#9"})
    told = read(graph)
    assert [r.code for r in told.refusals] == ["twice"]
    assert [i.number for i in told.package.items] == [1, 2, 3]


def test_facets_and_hashes_that_are_only_referred_to_are_followed(graph):
    item = node(graph, number(1))
    facet = item["uco-core:hasFacet"][0]
    hashes = facet["uco-observable:hash"]
    facet["uco-observable:hash"] = [{"@id": h["@id"]} for h in hashes]
    item["uco-core:hasFacet"][0] = {"@id": facet["@id"]}
    graph["@graph"] += [facet, *hashes]
    told = read(graph)
    assert told.refusals == ()
    assert told.package == package()


@pytest.mark.parametrize(("of", "name", "value"), [
    (1, "uco-core:name", 7), (31, "uco-action:startTime", "yesterday"), (31, "ent:outcome", "lost"),
    (40, "ent:clue", "{"), (40, "ent:clue", "[]"), (40, "ent:clue", '{"kind": "face", "value": 1}'),
    (40, "uco-core:description", "x" * 5000),
])  # fmt: skip
def test_a_node_that_says_nonsense_costs_itself_and_is_named_with_its_line(graph, of, name, value):
    node(graph, number(of))[name] = value
    told = read(graph)
    assert told.refusals
    assert all(r.line > 1 and "left out" in r.reason for r in told.refusals)
    assert str(number(of)) in told.refusals[0].reason
    kept = {p.id for kind in ("items", "steps", "clues") for p in getattr(told.package, kind)}
    assert number(of) not in kept
    assert number(42) in kept


@pytest.mark.parametrize("count", [0, 2])
def test_a_graph_without_one_investigation_is_no_case(graph, count):
    case = node(graph, number(100))
    graph["@graph"].remove(case)
    graph["@graph"] += [{**case, "@id": f"kb:investigation-{number(200 + n)}"} for n in range(count)]
    with pytest.raises(ListRefused, match=f"{count} investigations"):
        read(graph)


SAMPLES = {
    "file.json": 8,
    "exif_data.json": 1,
    "raw_data.json": 1,
    "multipart_file.json": 4,
    "location.json": 0,
}


@pytest.mark.parametrize("name", SAMPLES)
def test_published_examples_of_case_give_their_hashes_and_are_no_case_package(shared_data, name):
    path = shared_data / "case-examples" / name
    if not path.is_file():
        pytest.skip("../shared/data/case-examples is absent: casework/CASE-Examples (Apache-2.0)")
    told = list(CASEUCO.read(io.BytesIO(path.read_bytes())))
    assert [isinstance(r, HashEntry) for r in told] == [True] * SAMPLES[name]
    with pytest.raises(ListRefused, match="0 investigations"):
        CASEUCO.read_case(io.BytesIO(path.read_bytes()))
