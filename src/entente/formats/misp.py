"""Events of MISP: each object or attribute with hashes is a record, sightings are votes; whole cases.

Read from an event, a list of events or a server's answer, record by record. Categories of MISP say how a hash
was met, not what the file shows: they are kept as text and never become a category of a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from entente.formats import ListExample, ListRefused, ReadOptions, Record, misp_case
from entente.formats.case_package import CasePackage, ReadPackage
from entente.formats.misp_event import KINDS, LAYOUT, rows_of
from entente.formats.salvage import Place
from entente.formats.values import flag_of, hex_of, photodna_of, settled, size_of
from entente.formats.walk import Found, Walker
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

_KEPT = ("uuid", "comment", "category", "to_ids", "timestamp")
_AGREES, _FALSE, _EXPIRED = "0", "1", "2"  # types of a sighting


def _pairs(attribute: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (kind, value) of one attribute; ``filename|md5`` holds two."""
    value = attribute.get("value")
    if not isinstance(value, str):
        return
    relation = str(attribute.get("object_relation") or "").casefold()
    kind = str(attribute.get("type") or "").casefold()
    if "|" in kind:
        yield from zip(kind.split("|"), value.split("|"), strict=False)
    else:
        yield (relation if relation in KINDS or kind in ("text", "other", "size-in-bytes") else kind), value


def _votes(attributes: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Return how many sightings agree with a record, and how many call it a false positive."""
    told = [str(s.get("type", _AGREES)) for a in attributes for s in rows_of(a, "Sighting")]
    return told.count(_AGREES), told.count(_FALSE)


def _tags(record: Mapping[str, Any], attributes: Sequence[Mapping[str, Any]]) -> str:
    names = [str(t.get("name", "")) for r in (record, *attributes) for t in rows_of(r, "Tag")]
    return ",".join(dict.fromkeys(n for n in names if n))


def _entry(record: Mapping[str, Any], place: Place, number: int) -> Iterator[Record]:
    """Yield one object or attribute as an entry, after the refusals of single values."""
    attributes = rows_of(record, "Attribute") if "Attribute" in record else [record]
    values: dict[str, Any] = {}
    paths: list[str] = []
    size, mime = None, ""
    for attribute in attributes:
        for kind, text in _pairs(attribute):
            if kind in KINDS:
                found = photodna_of(text) if kind == "photodna" else hex_of(text, kind)
                if found:
                    values.setdefault(kind, found)
                else:
                    what = f"record {number}: this is no {kind} value; it was left out, the record kept"
                    yield RecordRefusal(place.line, f"bad-{kind}", what)
            elif kind in ("filename", "fullpath", "path"):
                paths.append(text)
            elif kind == "size-in-bytes":
                size = size_of(text)
            elif kind in ("mimetype", "mime-type"):
                mime = text
    if not values:
        return  # most attributes of an event are no hashes
    agree, against = _votes(attributes)
    gone = flag_of(record.get("deleted")) is True
    other = {k: str(record[k]) for k in _KEPT if record.get(k) not in (None, "")}
    other["record"] = str(number)
    yield from settled(
        HashEntry(
            place.line,
            **values,
            size=size,
            mime=mime,
            tags=_tags(record, attributes),
            paths=tuple(dict.fromkeys(paths)),
            deleted=gone,
            other=other,
            positive=agree,
            negative=against,
        )
    )


class MispFormat:
    """The format as plug-in."""

    name = "misp"
    losses = (
        "Attributes that are no hashes, and links between objects, are not kept.",
        "The event's own fields, its distribution and its sharing group are not kept.",
        "Who saw something and when is not kept of a sighting; it counts as one vote.",
    )

    case_losses = misp_case.LOSSES

    def read(self, stream: BinaryIO, options: ReadOptions = ReadOptions()) -> Iterator[Record]:  # noqa: B008
        """Yield entries and refusals; a deleted object or attribute is a deletion.

        Raises ``ListRefused`` for what holds no event.
        """
        events = 0
        walker = Walker(stream, LAYOUT)
        for step in walker.walk():
            if isinstance(step, RecordRefusal):
                yield step
            elif not step.number:
                events += step.field in ("info", "uuid", "analysis", "threat_level_id")
            elif isinstance(step.value, dict):
                events += 1
                yield from _entry(step.value, step.place, step.number)
            else:
                yield _no_object(step)
        if not events:
            raise ListRefused("not-misp", "this is no MISP event: it has no Event with attributes or objects")

    def write_case(self, package: CasePackage, stream: BinaryIO) -> int:
        """Write a case as one event that correlates with nothing."""
        return misp_case.write_case(package, stream)

    def read_case(self, stream: BinaryIO) -> ReadPackage:
        """Read the case of an event."""
        return misp_case.read_case(stream)

    def examples(self) -> Sequence[ListExample]:
        """Return a server's answer with one event."""
        md5, sha1 = "0cc175b9c0f1b6a831c399e269772661", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
        text = (
            '{"response": [{"Event": {"info": "a lake", "Attribute": [\n'
            f'{{"type": "filename|md5", "value": "lake.jpg|{md5.upper()}", "Sighting": [{{"type": "0"}},'
            '{"type": "1"}], "Tag": [{"name": "tlp:amber"}]},\n'
            '{"type": "ip-src", "value": "192.0.2.1"},\n'
            f'{{"type": "sha1", "value": "{sha1}", "deleted": true}}],\n'
            '"Object": [{"name": "file", "Attribute": [\n'
            '{"object_relation": "md5", "type": "md5", "value": "zz"},\n'
            f'{{"object_relation": "sha1", "type": "sha1", "value": "{sha1}"}},\n'
            '{"object_relation": "size-in-bytes", "type": "size-in-bytes", "value": "9"}]}]}}]}'
        )
        first = HashEntry(
            2,
            md5,
            tags="tlp:amber",
            paths=("lake.jpg",),
            other={"record": "1"},
            positive=1,
            negative=1,
        )
        gone = HashEntry(4, sha1=sha1, deleted=True, other={"record": "3"})
        last = HashEntry(5, sha1=sha1, size=9, other={"record": "4"})
        return [ListExample(text.encode(), (first, gone, last), ("bad-md5",))]


def _no_object(step: Found) -> RecordRefusal:
    return RecordRefusal(step.place.line, "broken", f"record {step.number} is no object; it was left out")


MISP = MispFormat()
