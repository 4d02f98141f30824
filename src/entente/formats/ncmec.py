"""Pages of NCMEC's hash sharing, version 2: images and videos with votes, and what was taken back.

A deletion names its member and its own id and no hash: both stay in ``other``, and an import finds by them
what it took in. Votes count members, each once a side, whatever they voted on. A classification is kept as
text and never translated. Written is one page; nothing here reaches for the network.

References: hash sharing API 2 as the client of ``threatexchange`` reads it (BSD).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO
from xml.sax.saxutils import escape, quoteattr

from entente.formats import ListExample, ListRefused, ReadOptions, Record
from entente.formats.elements import Element, records
from entente.formats.values import hex_of, moment_of, photodna_of, settled, whether_empty
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

SPACE = "https://hashsharing.ncmec.org/hashsharing/v2"
KINDS = ("image", "video")
GONE = {"deletedImage": "image", "deletedVideo": "video"}
_HASHES = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "pdq": "pdq", "pdna": "photodna"}
_NAMES = frozenset({*KINDS, *GONE, "queryResult"})
_RECORDS = frozenset({*KINDS, *GONE, "next"})


def _voters(told: Element, side: str) -> list[str]:
    """Return the members that voted on one side, each once, however deep they stand."""
    found: dict[str, None] = {}

    def look(here: Element) -> None:
        for inner in here.inside:
            if inner.name == "member":
                found[inner.attributes.get("id") or inner.text.strip()] = None
            look(inner)

    for feedback in told.all("feedback"):
        for one in feedback.all(f"{side}Feedback"):
            look(one)
    return list(found)


def _hashes(told: Element) -> Iterator[RecordRefusal | tuple[str, str]]:
    """Yield (kind, value) of each fingerprint, or its refusal."""
    prints = told.one("fingerprints")
    for each in prints.inside if prints else ():
        kind = _HASHES.get(each.name.casefold().replace("-", ""))
        text = each.text.strip()
        if not kind or not text:
            continue  # one that is only referred to, or of a kind that has nothing here to meet
        if found := photodna_of(text) if kind == "photodna" else hex_of(text, kind):
            yield kind, found
        else:
            what = f"this is no {each.name} value; it was left out, the record kept"
            yield RecordRefusal(each.line, f"bad-{kind}", what)


def _entry(told: Element) -> Iterator[Record]:
    member = told.one("member")
    other = {"kind": GONE.get(told.name, told.name), "id": told.said("id")}
    if member is not None:
        other |= {"member": member.attributes.get("id", ""), "member name": member.text.strip()}
    if moment := moment_of(told.said("timestamp")):
        other["timestamp"] = moment.isoformat()
    if told.name in GONE:
        if other["id"] and other.get("member"):
            yield HashEntry(told.line, deleted=True, other=_said(other))
        else:
            what = "a deletion names the member and the id of what it takes back; ask for it again"
            yield RecordRefusal(told.line, "no-id", what)
        return
    values: dict[str, Any] = {}
    for found in _hashes(told):
        if isinstance(found, RecordRefusal):
            yield found
        else:
            values.setdefault(*found)
    agree, against = _voters(told, "affirmative"), _voters(told, "negative")
    other |= {"affirmative": ",".join(agree), "negative": ",".join(against)}
    yield from settled(
        HashEntry(
            told.line,
            **values,
            category=told.said("classification"),
            other=_said(other),
            positive=len(agree),
            negative=len(against),
        )
    )


def _said(other: Mapping[str, str]) -> dict[str, str]:
    return {k: v[:200] for k, v in other.items() if v}


class NcmecFormat:
    """The format as plug-in."""

    name = "ncmec"
    losses = (
        "Of a vote its reason, its day and what it is about are not kept; it counts once a member.",
        "Fingerprints of other kinds, and those that are only referred to, are not read.",
        "Written are hashes, classification and votes whose members are known; size, series, paths, flags, "
        "tags, file types, frames, PDQ quality and profile, and disputed votes have no place in it.",
        "Of a deletion its member, its id and its moment are written; moments to the second, texts without "
        "control characters and without spaces around them.",
        "An update of an entry is an entry of its own; what it replaces goes when its provider deletes it.",
    )
    unwritten = (
        *("size", "series", "paths", "tags", "mime", "frames", "pdq_quality", "pdq_profile", "disputed"),
        *("victim_identified", "offender_identified", "distributed"),
    )  # fields of an entry that have no place in a page

    def read(self, stream: BinaryIO, options: ReadOptions = ReadOptions()) -> Iterator[Record]:  # noqa: B008
        """Yield entries, deletions and refusals of one page.

        Raises ``ListRefused`` for what is no page, and for a document type, which no page has.
        """
        seen = more = False
        for told in records(stream, _RECORDS, "ncmec"):
            if isinstance(told, RecordRefusal):
                yield told
            elif told.name == "next":
                more = more or bool(told.text.strip())
            else:
                seen = True
                yield from _entry(told)
        if not seen:
            raise ListRefused("not-ncmec", "this is no page of NCMEC's hash sharing: it has no entries")
        if more:
            what = "further pages follow this one: fetch them too, a page's address holds for 12 hours"
            yield RecordRefusal(1, "more-pages", what)

    def write(self, case: Mapping[str, Any], media: Iterable[HashEntry], stream: BinaryIO) -> int:
        """Write one page; return how many entries and deletions it holds.

        ``case`` may name the ``member`` (its id) that the entries are of. An empty file's hash is left out.
        """
        kinds: dict[str, list[str]] = {kind: [] for kind in KINDS}
        latest = {kind: datetime(1970, 1, 1, tzinfo=UTC) for kind in KINDS}
        for entry in media:
            if whether_empty(entry):
                continue
            kind = (
                "video" if entry.other.get("kind") == "video" or entry.mime.startswith("video") else "image"
            )
            kinds[kind].append(_written(entry, kind, str(case.get("member", "0"))))
            moment = moment_of(entry.other.get("timestamp"))
            if moment is not None and moment.tzinfo is not None:
                latest[kind] = max(latest[kind], moment)
        stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<queryResult xmlns="{SPACE}">\n'.encode())
        for kind, rows in kinds.items():
            if rows:
                head = f'<{kind}s count="{len(rows)}" maxTimestamp="{_stamp(latest[kind])}">\n'
                stream.write((head + "".join(rows) + f"</{kind}s>\n").encode())
        stream.write(b"</queryResult>\n")
        return sum(map(len, kinds.values()))

    def examples(self) -> Sequence[ListExample]:
        """Return a page with an entry, votes, a bad value and a deletion."""
        md5, sha1 = "0cc175b9c0f1b6a831c399e269772661", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
        text = (
            f'<?xml version="1.0"?>\n<queryResult xmlns="{SPACE}"><images count="2">\n'
            '<image><member id="42">A member</member><timestamp>2026-06-06T12:00:00Z</timestamp><id>i1</id>\n'
            f"<classification>A1</classification><fingerprints><md5>{md5.upper()}</md5>\n"
            f"<sha1>{sha1}</sha1><pdna>AAAA...</pdna></fingerprints>\n"
            '<feedback><affirmativeFeedback type="Md5"><members><member id="7"/></members>'
            "</affirmativeFeedback></feedback></image>\n"
            '<deletedImage><member id="43"/><id>i4</id></deletedImage></images></queryResult>'
        )
        other = {"kind": "image", "id": "i1", "member": "42", "member name": "A member"}
        other |= {"timestamp": "2026-06-06T12:00:00+00:00", "affirmative": "7"}
        entry = HashEntry(3, md5, sha1, category="A1", other=other, positive=1)
        gone = HashEntry(7, deleted=True, other={"kind": "image", "id": "i4", "member": "43"})
        return [ListExample(text.encode(), (entry, gone), ("bad-photodna",))]


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(_clean(text))}</{name}>" if text else ""


def _clean(text: str) -> str:
    """Return a text without the control characters that XML cannot hold."""
    return "".join(c for c in text if (c >= " " or c in "\t\n") and c not in "\ufffe\uffff")


def _members(told: str) -> str:
    """Return the members of a vote; clients want a text in each, and its id is all that is known here."""
    each = (_clean(m) for m in told.split(",") if m)
    return "".join(f"<member id={quoteattr(m)}>{escape(m)}</member>" for m in each)


def _written(entry: HashEntry, kind: str, member: str) -> str:
    other = entry.other
    gone = f"deleted{kind.capitalize()}" if entry.deleted else kind
    named = quoteattr(_clean(other.get("member", member)))
    rows = [f"<member id={named}>{escape(_clean(other.get('member name', '')))}</member>"]
    moment = moment_of(other.get("timestamp"))
    rows.append(_tag("timestamp", _stamp(moment) if moment and moment.tzinfo else ""))
    rows.append(_tag("id", other.get("id", str(entry.line))))
    if not entry.deleted:
        rows.append(_tag("classification", entry.category))
        values = ((name, getattr(entry, name)) for name in ("md5", "sha1", "sha256", "pdq"))
        prints = "".join(_tag(name, value) for name, value in values) + _tag("pdna", entry.photodna)
        rows.append(f"<fingerprints>{prints}</fingerprints>")
        voted = "".join(
            f'<{side}Feedback type="Md5">{_side(side, other[side])}</{side}Feedback>'
            for side in ("affirmative", "negative")
            if other.get(side)
        )
        rows.append(f"<feedback>{voted}</feedback>" if voted else "")
    return f"<{gone}>{''.join(rows)}</{gone}>\n"


def _side(side: str, told: str) -> str:
    members = f"<members>{_members(told)}</members>"
    return members if side == "affirmative" else f'<reasons><reason name="" type="Md5"/>{members}</reasons>'


NCMEC = NcmecFormat()
