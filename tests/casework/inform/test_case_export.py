"""A case leaves in every format as far as the law lets it, under ids that join nothing between recipients."""

from __future__ import annotations

import io

import pytest

from entente import plugins
from entente.casework.inform.service import NotDisclosed, export_case, export_formats
from entente.formats.case_package import CaseFormat
from entente.records import clock, guard
from entente.records.models import (
    Clue,
    Disclosure,
    Exhibit,
    ExhibitItem,
    Media,
    Receipt,
    Release,
    Series,
    SeriesItem,
    Transfer,
)
from tests.casework.inform.test_service import VI, at_work, danish_h2, items, let, socket  # noqa: F401

pytestmark = pytest.mark.django_db
FORMATS = sorted(n for n, f in plugins.formats().items() if isinstance(f, CaseFormat))


def leaves(circle, case, to, chosen="caseuco"):
    """What ``to`` gets, read back; and what the sender was told."""
    out = io.BytesIO()
    done = export_case(circle.officer(circle.it), VI, case, to=to, stream=out, format=chosen)
    read = plugins.formats()[chosen].read_case(io.BytesIO(out.getvalue()))
    assert read.refusals == ()
    return read.package, done, out.getvalue()


@pytest.fixture
def furnished(circle, at_work):  # noqa: F811
    """A series, a phone that went from Italy to Denmark, an Italian clue and a Danish one under H2."""
    socket(circle, at_work)
    danish_h2(circle, at_work)
    made = {"case": at_work, "owner": circle.agencies.it, "made_by": circle.it}
    with guard.system("fill a case for a test"):
        media = Media.objects.filter(case=at_work, number=1).get()
        series = Series.objects.create(name="S-1", **made)
        SeriesItem.objects.create(series=series, media=media, **made)
        told = {
            "description": "a phone",
            "place": "Via Larga 3",
            "device": "serial 99",
            "seized_at": clock.now(),
        }
        phone = Exhibit.objects.create(number="E1", **told, **made)
        ExhibitItem.objects.create(exhibit=phone, media=media, **made)
        step = Transfer.objects.create(
            exhibit=phone, place=1, before="0" * 64, from_place="a house", to_place="a lab", to=circle.dk,
            when=clock.now(), why="imaging", seal_state="none", **made,
        )  # fmt: skip
        by_dk = {"case": at_work, "owner": circle.agencies.dk, "made_by": circle.dk}
        got = Receipt.objects.create(
            exhibit=phone, place=2, before="0" * 64, transfer=step, outcome="received", when=clock.now(),
            seal_state="none", **by_dk,
        )  # fmt: skip
    let(circle.dk, got, circle.agencies.fr, circle)
    let(circle.dk, got, circle.agencies.au, circle)
    return at_work


@pytest.mark.parametrize("chosen", FORMATS)
def test_a_case_leaves_whole_but_for_what_may_not_go(circle, furnished, chosen):
    package, done, data = leaves(circle, furnished, circle.agencies.fr, chosen)
    assert [i.number for i in package.items] == [1, 2]
    assert [c.word.kind for c in package.clues] == ["socket"]
    assert [(s.name, len(s.items)) for s in package.series] == [("S-1", 1)]
    assert [(e.number, len(e.items)) for e in package.exhibits] == [("E1", 1)]
    (step,) = package.steps
    assert (step.giver, step.receiver, step.outcome) == (
        "National unit, Italy",
        "National unit, Denmark",
        "received",
    )
    assert step.received_at >= step.when
    assert done.left_out == ("1 item was left out. H2: its originator has not released it to this agency.",)
    assert package.left_out == ()
    for word in (b"Maria", b"Odense", b"Via Larga", b"serial 99", b"IT-1001", b"DK-1001"):
        assert word not in data
    with guard.system("the test reads what was recorded"):
        left = Disclosure.objects.get()
        assert left.what == f"case as {chosen}"
        clue = Clue.objects.get(case=furnished, kind="socket")
        assert str(clue.pk) in left.held
        assert str(clue.pk).encode() not in data


def test_a_released_clue_goes_and_marks_the_whole(circle, furnished):
    with guard.system("the test finds the Danish clue"):
        clue = Clue.objects.get(case=furnished, kind="language")
    let(circle.dk, clue, circle.agencies.fr, circle)
    package, done, _ = leaves(circle, furnished, circle.agencies.fr)
    assert [(c.word.kind, str(c.marking.handling), c.by) for c in package.clues][1:] == [
        ("language", "H0 H2", "National unit, Denmark")
    ]
    assert str(package.marking.handling) == "H0 H2"
    assert done.left_out == ()


def test_two_recipients_share_no_id_and_the_same_one_meets_its_own_again(circle, furnished):
    def ids(to):
        package, _, _ = leaves(circle, furnished, to)
        return {
            p.id for kind in ("items", "series", "exhibits", "steps", "clues") for p in getattr(package, kind)
        } | {package.id}

    first = ids(circle.agencies.fr)
    assert len(first) == 7
    assert ids(circle.agencies.fr) == first
    assert not ids(circle.agencies.au) & first


def test_a_receipt_that_its_agency_keeps_leaves_the_step_under_way(circle, furnished):
    with guard.system("the test has Denmark take its release back"):
        Release.objects.filter(thing=Receipt.objects.get(case=furnished).pk).delete()
    package, done, _ = leaves(circle, furnished, circle.agencies.fr)
    assert [(s.place, s.outcome, s.received_at) for s in package.steps] == [(1, "", None)]
    assert "1 item was left out. An originator has not released it to that agency." in done.left_out


def test_an_unknown_format_names_the_known_ones(circle, at_work):  # noqa: F811
    assert export_formats() == ["caseuco", "misp", "stix", "vics"]
    with pytest.raises(NotDisclosed, match="caseuco, misp, stix, vics, not 'pdf'"):
        export_case(
            circle.officer(circle.it), VI, at_work, to=circle.agencies.fr, stream=io.BytesIO(), format="pdf"
        )
    assert items(circle, at_work)
