"""NCMEC's hash sharing: votes, deletions, broken pages; the client of ``threatexchange`` is the judge."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import pytest

from entente.formats import ListRefused, ReadOptions
from entente.formats.ncmec import NCMEC, SPACE
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

MD5 = "0cc175b9c0f1b6a831c399e269772661"


def page(*records: str, after: str = "") -> bytes:
    head = f'<?xml version="1.0"?>\n<queryResult xmlns="{SPACE}"><images count="9">\n'
    return f"{head}{''.join(records)}</images>{after}</queryResult>".encode()


def image(n: int, inside: str = "", name: str = "image") -> str:
    prints = f"<fingerprints><md5>{n:032x}</md5></fingerprints>"
    return f'<{name}><member id="42">M</member><id>i{n}</id>{prints}{inside}</{name}>\n'


def read(data: bytes) -> tuple[list[HashEntry], list[RecordRefusal]]:
    told = list(NCMEC.read(io.BytesIO(data), ReadOptions()))
    return [r for r in told if isinstance(r, HashEntry)], [r for r in told if isinstance(r, RecordRefusal)]


def test_a_deletion_names_its_member_and_id_and_needs_no_hash():
    (gone,), refused = read(page('<deletedVideo><member id="43"/><id>v4</id></deletedVideo>'))
    assert (gone.deleted, gone.other) == (True, {"kind": "video", "id": "v4", "member": "43"})
    assert refused == []
    assert [r.code for r in read(page("<deletedImage><id>x</id></deletedImage>", image(1)))[1]] == ["no-id"]


def test_votes_count_members_once_a_side_however_the_reasons_are_nested():
    members = '<members><member id="1"/><member id="2"/></members>'
    feedback = (
        f'<feedback><affirmativeFeedback type="Md5">{members}</affirmativeFeedback>'
        f'<affirmativeFeedback type="Sha1">{members}</affirmativeFeedback>'
        f'<negativeFeedback type="Md5"><reasons><reason name="r">{members}</reason>'
        '<members><member id="3"/></members>'
        "</reasons></negativeFeedback></feedback>"
    )
    ((entry,), _) = read(page(image(1, feedback)))
    assert (entry.positive, entry.negative) == (2, 3)
    ((entry,), _) = read(page(image(1, "<feedback/>")))
    assert (entry.positive, entry.negative) == (0, 0)


def test_a_shortened_photodna_and_a_reference_cost_the_value_alone():
    inside = '<fingerprints><pdna>a1a1...</pdna><videntifier rel="self" href="/v2/1"/></fingerprints>'
    entries, refused = read(page(image(1).replace("<fingerprints>", inside.replace("</fingerprints>", ""))))
    assert [e.md5 for e in entries] == [f"{1:032x}"]
    assert [r.code for r in refused] == ["bad-photodna"]


def test_that_further_pages_follow_is_said():
    entries, refused = read(page(image(1), after="<paging><next>/v2/entries?start=2001</next></paging>"))
    assert len(entries) == 1
    assert [r.code for r in refused] == ["more-pages"]


@pytest.mark.parametrize("bad", [
    image(2).replace("</md5>", "</md6>"), image(2).replace("</id>", ""), image(2).replace("i2", "a < b & c"),
    image(2).replace("i2", "\x01"), image(2).replace('id="42"', "id=42"), "</images>",
])  # fmt: skip
def test_a_broken_record_costs_itself_and_is_named_with_its_line(bad):
    entries, refused = read(page(image(1), bad, image(3), image(4, name="video")))
    assert [e.md5[-1] for e in entries] == ["1", "3", "4"]
    assert [(r.code, 3 <= r.line <= 6) for r in refused] == [("broken", True)]


@pytest.mark.parametrize("top", [
    '<!DOCTYPE q [<!ENTITY a "x">]>', '<!DOCTYPE q SYSTEM "file:///etc/passwd">',
    '<!DOCTYPE q [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
])  # fmt: skip
def test_what_could_name_a_file_or_swell_is_refused_as_a_whole(top):
    for data in (page(image(1)).replace(b"<queryResult", top.encode() + b"<queryResult"),
                 page(image(1), "</x>", top, image(2).replace("i2", "&c;"))):  # fmt: skip
        try:
            entries, refused = read(data)
        except ListRefused as fault:
            assert fault.code == "document-type"
            continue
        assert not any("passwd" in str(e) or "aaaa" in str(e) for e in entries)
        assert refused


@pytest.mark.parametrize("data", [b"", b"{}", b"<html/>", b"<queryResult/>", b"\xff\xfe<\x00", b"md5"])
def test_what_is_no_page_is_refused(data):
    with pytest.raises(ListRefused) as fault:
        read(data)
    assert fault.value.code == "not-ncmec"


def test_depth_and_size_of_one_record_have_an_end():
    with pytest.raises(ListRefused, match="nested deeper") as deep:
        read(page("<image>" + "<a>" * 50 + "</a>" * 50 + "</image>"))
    with pytest.raises(ListRefused, match="more than 20000") as large:
        read(page("<image>" + "<a/>" * 20_001 + "</image>"))
    assert (deep.value.code, large.value.code) == ("too-deep", "too-long")


def written() -> bytes:
    other = {"kind": "video", "id": "v1", "member": "42", "member name": "A & <B>"}
    other |= {"timestamp": "2026-06-06T12:00:00+00:00", "affirmative": "7,8", "negative": "9"}
    entries = [
        HashEntry(1, MD5, "a" * 40, pdq="f0" * 32, category="A1", other=other, positive=2, negative=1),
        HashEntry(2, deleted=True, other={"kind": "image", "id": "i4", "member": "43"}),
        HashEntry(3, "d41d8cd98f00b204e9800998ecf8427e"),
    ]
    out = io.BytesIO()
    assert NCMEC.write({"member": "1"}, entries, out) == 2
    return out.getvalue()


def test_a_written_page_comes_back_with_votes_and_deletions():
    (gone, entry), refused = read(written())
    assert refused == []
    assert (gone.deleted, gone.other["id"], gone.other["member"]) == (True, "i4", "43")
    assert (entry.md5, entry.pdq, entry.category, entry.positive, entry.negative) == (
        MD5,
        "f0" * 32,
        "A1",
        2,
        1,
    )
    assert (entry.other["member name"], entry.other["timestamp"][:4]) == ("A & <B>", "2026")


def test_the_client_of_threatexchange_reads_a_written_page():
    api = pytest.importorskip(
        "threatexchange.exchanges.clients.ncmec.hash_api", reason="threatexchange is not installed"
    )
    root = ET.fromstring(written())
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2]
    told = api.GetEntriesResponse.from_xml(api._XMLWrapper(root), 0)
    gone, video = told.updates
    assert (gone.id, gone.member_id, gone.deleted) == ("i4", 43, True)
    assert (video.id, video.entry_type.value, video.classification) == ("v1", "video", "A1")
    assert video.fingerprints == {"md5": MD5, "sha1": "a" * 40, "pdq": "f0" * 32}
    votes = [f.feedback_type.value for f in video.feedback["Md5"]]
    assert votes == ["upvote", "upvote", "downvote"]


@pytest.mark.django_db
def test_a_deletion_by_id_takes_the_entry_of_that_member_away_and_no_other(circle, tmp_path):
    from entente.casework.match.service import import_list
    from entente.records import guard
    from entente.records.models import ListedHash
    from entente.vocabulary.handling import Purpose

    it, purpose = circle.officer(circle.it), Purpose.VICTIM_IDENTIFICATION
    first, then = tmp_path / "1.xml", tmp_path / "2.xml"
    theirs = image(1).replace("42", "77").replace("001<", "009<")
    first.write_bytes(page(image(1), theirs, image(2)))
    then.write_bytes(page('<deletedImage><member id="42"/><id>i1</id></deletedImage>',
                          '<deletedImage><member id="42"/><id>never</id></deletedImage>'))  # fmt: skip
    held = import_list(it, purpose, first, name="shared", format="ncmec")
    assert held.added == 3
    held = import_list(it, purpose, then, name="shared", format="ncmec", version="2")
    assert (held.withdrawn, held.never_held) == (1, 1)
    with guard.system("the test reads the list"):
        assert sorted((r.other["member"], r.other["id"]) for r in ListedHash.objects.filter(list=held)) == [
            ("42", "i2"), ("77", "i1"),
        ]  # fmt: skip
