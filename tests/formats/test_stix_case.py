"""STIX 2.1: the public library reads a written case strictly; markings bind; no id tells a file's content."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from entente.formats import ListRefused
from entente.formats.stix import STIX
from entente.formats.stix_case import OURS, TLP, TLP_IDS
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Audience
from entente.vocabulary.media_hash import HashEntry
from tests.formats.packages import CLOSED, number, package


@pytest.fixture
def bundle():
    out = io.BytesIO()
    STIX.write_case(package(), out)
    return json.loads(out.getvalue())


@pytest.fixture
def stix2():
    return pytest.importorskip("stix2", reason="stix2 is not installed")


def made(bundle, id_):
    return next(o for o in bundle["objects"] if o["id"].endswith(str(id_)))


def read(bundle):
    return STIX.read_case(io.BytesIO(json.dumps(bundle, indent=1).encode()))


def test_the_public_library_reads_every_object_and_allows_nothing_of_its_own(bundle, stix2):
    parsed = stix2.parse(json.dumps(bundle), allow_custom=False)
    assert len(parsed.objects) == len(bundle["objects"])
    assert {o.type for o in parsed.objects} >= {"file", "grouping", "note", "location", "identity"}


def test_pdq_is_no_hash_of_the_standard_and_stands_in_our_extension(bundle, stix2):
    told = made(bundle, number(1))
    assert set(told["hashes"]) == {"MD5", "SHA-1", "SHA-256"}
    assert told["extensions"][OURS]["pdq"] == package().items[0].pdq
    told["hashes"]["PDQ"] = told["extensions"][OURS]["pdq"]
    with pytest.raises(stix2.exceptions.STIXError):
        stix2.parse(told, allow_custom=False)


def test_nobody_can_compute_a_file_s_id_from_its_content(bundle, stix2):
    told = made(bundle, number(1))
    assert told["id"] != stix2.File(hashes=told["hashes"]).id


def test_every_object_that_can_be_marked_bears_tlp_2_and_its_codes_and_both_go_along(bundle):
    held = {o["id"]: o for o in bundle["objects"]}
    for told in bundle["objects"]:
        if told["type"] in ("identity", "extension-definition", "marking-definition"):
            continue
        tlp, codes = told["object_marking_refs"]
        assert tlp in TLP_IDS.values()
        assert held[tlp]["extensions"][TLP]["tlp_2_0"] in ("amber", "red")
        assert held[codes]["extensions"][OURS]["codes"]


def test_the_narrower_of_two_audiences_binds_and_none_is_never_read_as_free(bundle):
    file = made(bundle, number(1))
    file["object_marking_refs"].append(TLP_IDS[Audience.RED])
    assert read(bundle).package.items[0].marking.audience is Audience.RED
    file["object_marking_refs"] = [TLP_IDS[Audience.CLEAR]]
    told = read(bundle)
    assert [r.code for r in told.refusals] == ["marking", "reference", "reference", "reference"]
    assert number(1) not in {i.id for i in told.package.items}


def test_a_marking_of_tlp_1_is_not_guessed(bundle):
    file = made(bundle, number(2))
    file["object_marking_refs"][0] = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"  # TLP:WHITE
    told = read(bundle)
    assert [r.code for r in told.refusals] == ["marking"]
    assert str(number(2)) in told.refusals[0].reason


def test_the_same_bundle_is_a_hash_list_too(bundle):
    entries = [e for e in STIX.read(io.BytesIO(json.dumps(bundle).encode())) if isinstance(e, HashEntry)]
    assert [(e.md5, e.pdq) for e in entries] == [(i.md5, i.pdq) for i in package().items]


@pytest.mark.parametrize(("of", "change"), [
    (2, {"hashes": {"MD5": "x"}}), (31, {"object_refs": []}), (40, {"extensions": {OURS: {"kind": "clue"}}}),
    (20, {"object_marking_refs": None}), (41, {"id": "note--1"}),
])  # fmt: skip
def test_an_object_that_says_nonsense_costs_itself_and_is_named_with_its_line(bundle, of, change):
    made(bundle, number(of)).update(change)
    told = read(bundle)
    assert told.refusals
    assert all(r.line > 1 for r in told.refusals)
    kept = {p.id for kind in ("items", "exhibits", "steps", "clues") for p in getattr(told.package, kind)}
    assert number(of) not in kept
    assert {number(3), number(42)} <= kept


def test_a_bundle_without_one_case_of_ours_is_no_case(bundle):
    bundle["objects"].remove(made(bundle, number(100)))
    with pytest.raises(ListRefused, match="0 cases"):
        read(bundle)


def test_a_closed_clue_keeps_the_words_of_its_restriction(bundle):
    assert [c.marking for c in read(bundle).package.clues][1] == CLOSED


def test_a_country_that_was_asked_is_drawn_on_maps_as_one_that_was_named():
    whole = package()
    drawn = []
    for value in ("DK", {"country": "DK", "asked": True}):
        word = replace(whole.clues[0].word, kind=ClueKind.COUNTRY, value=value, negated=False)
        out = io.BytesIO()
        STIX.write_case(replace(whole, clues=(replace(whole.clues[0], word=word),)), out)
        places = [o for o in json.loads(out.getvalue())["objects"] if o["type"] == "location"]
        drawn.append([o.get("country") for o in places])
        assert read(json.loads(out.getvalue())).package.clues[0].word.value == value
    assert drawn == [["DK"], ["DK"]]
