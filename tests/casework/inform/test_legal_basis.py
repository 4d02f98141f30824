"""No door goes round the legal basis: export, disclosure and machines ask for it at a pinned partner."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from entente import plugins
from entente.casework.inform.service import (
    NotDisclosed,
    close_for_machines,
    disclose,
    export_case,
    open_for_machines,
)
from entente.casework.inform.service.collections import as_it_stands
from entente.formats import ReadOptions
from entente.formats.vics import VICS
from entente.records import circle as partners
from entente.records import clock, guard
from entente.records.models import Disclosure, Media, Series, SeriesItem
from tests.casework.inform.test_service import VI, at_work, issued, socket  # noqa: F401
from tests.records.test_circle import card, pinned

pytestmark = pytest.mark.django_db


def based(circle, agency, ground):
    """Give a pinned partner a legal basis, by the two officers of Italy."""
    told = {"reference": "decision 1", "since": clock.now(), "until": clock.now() + timedelta(days=9)}
    row = partners.propose_basis(circle.officer(circle.it), VI, agency, ground=ground, **told)
    return partners.confirm_basis(circle.officer(circle.it_second), VI, row)


def leave(circle, case, to, chosen):
    """Export to ``to``; return what left as bytes."""
    out = io.BytesIO()
    done = export_case(circle.officer(circle.it), VI, case, to=to, stream=out, format=chosen)
    return done, out.getvalue()


def in_series(circle, case):
    """Put item 1 into a series with a name."""
    with guard.system("fill a case for a test"):
        media = Media.objects.get(case=case, number=1)
        made = {"case": case, "owner": circle.agencies.it, "made_by": circle.it}
        series = Series.objects.create(name="S-told", **made)
        SeriesItem.objects.create(series=series, media=media, **made)


def test_nothing_goes_to_a_pinned_partner_without_a_legal_basis_by_any_door(circle, at_work):  # noqa: F811
    socket(circle, at_work)
    product, it = issued(circle, at_work), circle.officer(circle.it)
    row = pinned(circle, card(), "third country unit")
    to = row.agency
    doors = [
        *(lambda c=c: leave(circle, at_work, to, c) for c in ("vics", "stix", "misp", "caseuco")),
        lambda: disclose(it, VI, product, to),
        lambda: open_for_machines(it, VI, at_work, to),
    ]
    for door in doors:
        with pytest.raises(NotDisclosed, match=r"no legal basis in force .*art\. 25"):
            door()
    with guard.system("count in a test"):
        assert not Disclosure.objects.exists()
    basis = based(circle, to, "adequacy decision")
    assert [bool(door()) for door in doors] == [True] * 6
    with guard.system("choose in a test"):
        opened = Disclosure.objects.select_related("case", "to", "made_by__agency").get(
            to=to, what="collection for machines"
        )
    assert as_it_stands(opened, it) is not None
    partners.end_basis(it, VI, basis, "it was annulled")
    assert as_it_stands(opened, it) is None  # what is open already asks anew
    partners.revoke(it, VI, row, "their keys were stolen")
    for door in doors:  # nor does a card that ended open a way round
        with pytest.raises(NotDisclosed, match="no legal basis"):
            door()
    assert close_for_machines(it, VI, at_work, to) == 1  # to call back needs none


@pytest.mark.parametrize("kind", ["hotline", "private party"])
def test_a_hotline_is_sent_the_facts_of_files_alone(circle, at_work, kind):  # noqa: F811
    socket(circle, at_work)
    in_series(circle, at_work)
    product = issued(circle, at_work)
    to = pinned(circle, card(), kind).agency
    based(circle, to, "online child sexual abuse material")
    done, data = leave(circle, at_work, to, "stix")
    package = plugins.formats()["stix"].read_case(io.BytesIO(data)).package
    assert [i.number for i in package.items] == [1, 2]
    assert (package.clues, package.series) == ((), ())
    assert any("arts 26 and 26b" in told for told in done.left_out)
    _, data = leave(circle, at_work, to, "vics")
    assert {e.series for e in VICS.read(io.BytesIO(data), ReadOptions())} == {""}
    with pytest.raises(NotDisclosed, match="is not sent clue"):
        disclose(circle.officer(circle.it), VI, product, to)


def test_a_derogation_is_never_for_bulk(circle, at_work, monkeypatch):  # noqa: F811
    monkeypatch.setattr("entente.safeguards.partners.DEROGATION_MOST", 1)
    to = pinned(circle, card(), "third country unit").agency
    based(circle, to, "vital interests of a person")
    for chosen in ("vics", "stix"):
        with pytest.raises(NotDisclosed, match="1 things at most, and these are 2"):
            leave(circle, at_work, to, chosen)


def test_an_agency_of_this_desk_needs_no_card(circle, at_work):  # noqa: F811
    done, _ = leave(circle, at_work, circle.agencies.fr, "vics")
    assert done.items == 2
