"""Every format that carries a case gives back what it wrote, but for what its losses name."""

from __future__ import annotations

import io
from dataclasses import fields, is_dataclass, replace

import pytest

from entente import plugins
from entente.formats import ListRefused
from entente.formats.case_package import CaseFormat, CasePackage
from tests.formats.packages import CLOSED, package

FORMATS = [f for f in plugins.formats().values() if isinstance(f, CaseFormat)]
each = pytest.mark.parametrize("chosen", FORMATS, ids=lambda f: f.name)


def written(chosen: CaseFormat, told: CasePackage) -> bytes:
    out = io.BytesIO()
    assert chosen.write_case(told, out) > len(told.items)
    return out.getvalue()


def differing(a: object, b: object) -> set[str]:
    """The fields, as ``PackedItem.width``, in which two packages differ; a part that is gone is its class."""
    if is_dataclass(a) and type(a) is type(b):
        name = type(a).__name__
        found = set()
        for f in fields(a):
            inner = differing(getattr(a, f.name), getattr(b, f.name))
            found |= {f"{name}.{f.name}" if i == "" else i for i in inner}
        return found
    if isinstance(a, tuple) and isinstance(b, tuple) and a and is_dataclass(a[0]):
        if len(a) != len(b):
            return {type(a[0]).__name__}
        return set().union(*(differing(x, y) for x, y in zip(a, b, strict=True)))
    return set() if a == b else {""}


def test_the_formats_that_carry_a_case_are_found_like_a_strangers():
    assert {f.name for f in FORMATS} >= {"caseuco", "stix", "misp"}


@each
def test_a_case_comes_back_but_for_what_the_losses_name(chosen):
    told = package()
    read = chosen.read_case(io.BytesIO(written(chosen, told)))
    assert read.refusals == ()
    assert differing(told, read.package) == set(chosen.case_losses)
    assert all(text.endswith(".") for text in chosen.case_losses.values())


@each
def test_an_empty_case_is_a_case(chosen):
    told = replace(package(), items=(), series=(), exhibits=(), steps=(), clues=(), left_out=())
    out = io.BytesIO()
    chosen.write_case(told, out)
    out.seek(0)
    assert not differing(told, chosen.read_case(out).package) - set(chosen.case_losses)


@each
def test_no_part_is_read_as_looser_than_it_was_sent(chosen):
    data = written(chosen, package())
    told, read = package(), chosen.read_case(io.BytesIO(data)).package
    for kind in ("items", "series", "exhibits", "steps", "clues"):
        assert [p.marking for p in getattr(read, kind)] == [p.marking for p in getattr(told, kind)]
    assert CLOSED in [i.marking for i in read.items]


@each
def test_a_case_cut_short_anywhere_gives_what_was_whole_and_says_so(chosen):
    data = written(chosen, package())
    for cut in range(0, len(data) - 3, max(1, len(data) // 97)):
        try:
            read = chosen.read_case(io.BytesIO(data[:cut]))
        except ListRefused as fault:
            assert len(fault.reason.split()) > 4
            continue
        assert read.refusals
        assert {i.md5 for i in read.package.items} <= {i.md5 for i in package().items}


@each
@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"7", b"<xml/>", b"\x00\xff"])
def test_what_is_no_case_is_refused_as_a_whole(chosen, data):
    with pytest.raises(ListRefused):
        chosen.read_case(io.BytesIO(data))
