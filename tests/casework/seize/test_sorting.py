"""Seized files are sorted by themselves, each once; that one belongs to a series is said by a person."""

from __future__ import annotations

from django.urls import reverse

from entente.casework.link import service as link
from entente.casework.seize import service
from entente.records import guard
from entente.records.models import Change, Link, SeriesItem
from entente.vocabulary.handling import Purpose
from tests.casework.link.test_service import add, join

VI = Purpose.VICTIM_IDENTIFICATION
CAMERA = {"make": "Nordica", "model": "D410", "serial": "4102207"}


def sorted_now(case, officer) -> service.Sorting:
    with guard.scope(officer, VI):
        return service.seized_summary(case).sorting


def counts(told: service.Sorting) -> tuple[int, ...]:
    return (told.in_series, told.proposed, told.known, told.held, told.new, told.unasked)


def test_seized_files_are_sorted_and_a_person_says_what_belongs(circle, case, client) -> None:
    officer = circle.officer(circle.it)
    one, two = (add(case, officer, n, metadata=CAMERA, known="new") for n in (1, 2))
    loose = add(case, officer, 3, known="new")
    seized = {"origin": "seized"}
    add(case, officer, 11, metadata=CAMERA, known="new", **seized)  # of the series' camera
    add(case, officer, 12, metadata=CAMERA, known="exact", **seized)  # the same, and known
    add(case, officer, 13, known="near", **seized)
    add(case, officer, 14, sha256=loose.sha256, known="new", **seized)  # a copy of what is in no series
    add(case, officer, 15, known="new", **seized)
    add(case, officer, 16, **seized)
    held = link.gather(officer, VI, case, [one, two])
    link.propose(officer, VI, case)

    told = sorted_now(case, officer)
    assert counts(told) == (0, 2, 1, 1, 1, 1)
    assert [(b.media.number, b.series.pk) for b in told.belongs] == [(11, held.pk), (12, held.pk)]
    assert all("4102207" in b.links[0].because for b in told.belongs)
    with guard.scope(officer, VI):
        assert SeriesItem.objects.count() == 2, "nothing joined by itself"

    page, belongs = (reverse(f"seize:{name}", args=[case.pk]) for name in ("page", "belongs"))
    everything = {"item": [str(k.pk) for b in told.belongs for k in b.links], "say": "belongs"}
    client.force_login(circle.dk)
    assert client.post(belongs, everything).status_code == 404
    join(case, circle.it_second, "reader", circle)
    client.force_login(circle.it_second)
    assert client.post(belongs, everything).status_code == 403
    client.force_login(circle.it)
    text = client.get(page).content.decode()
    assert "Proposed for a series" in text and "Belongs to it" in text and "weight" in text
    first, second = (
        {"item": [str(k.pk) for k in b.links], "say": say}
        for b, say in zip(told.belongs, ("belongs", "not"), strict=True)
    )
    assert client.post(belongs, first | {"say": "?"}).status_code == 400
    assert counts(sorted_now(case, officer)) == (0, 2, 1, 1, 1, 1), "an unknown word decides nothing"
    client.post(belongs, first)
    client.post(belongs, second)
    with guard.scope(officer, VI):
        of = SeriesItem.objects.filter(series=held).values_list("media__number", flat=True)
        assert set(of) == {1, 2, 11}
        decided = Link.objects.exclude(state="proposed")
        assert {k.decided_by_id for k in decided} == {circle.it.pk}
    assert "no link was chosen" in client.post(belongs, first, follow=True).content.decode()
    french = client.post(belongs, first, follow=True, HTTP_ACCEPT_LANGUAGE="fr").content.decode()
    assert "aucun lien n’a été choisi" in french
    reasons = client.get(reverse("link:page", args=[case.pk]), HTTP_ACCEPT_LANGUAGE="fr").content.decode()
    assert "Même appareil : nordica d410, numéro de série 4102207" in reasons

    with guard.scope(officer, VI):
        link.undo(officer, VI, Change.objects.get(what="accept links"))
    assert sorted_now(case, officer).in_series == 0
