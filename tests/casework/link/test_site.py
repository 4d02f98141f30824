"""What the site's own matcher finds is a proposal with its name; one that fails stops nothing but itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from django.urls import reverse

from entente.casework.intake.service import evidence_store
from entente.casework.link import service
from entente.casework.link.scene import site
from entente.casework.link.scene.index import NEAREST
from entente.casework.link.scene.kept import Shot
from entente.casework.link.scene.points import Points
from entente.casework.link.scene.words import signed
from entente.casework.link.service import indexed, scenes
from entente.casework.link.service import points as found_points
from entente.casework.link.service import site as of_site
from entente.casework.link.service.site import Asked, usable
from entente.evidence.sandbox import shared
from entente.records import guard
from entente.records.models import Derivation, Media, ScenePoints
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Region
from tests.casework.link.scene.drawn import room
from tests.casework.link.scene.drawn_network import network, pairing
from tests.casework.link.test_scenes import links, ran
from tests.casework.match.test_scenes import laid_down, taken
from tests.conformance.test_site_matchers import set_up, shifted

__all__ = ["set_up"]
VI = Purpose.VICTIM_IDENTIFICATION


@pytest.fixture
def rooms(circle, case, tmp_path):
    """A room from two places, which a network without training meets too; and another."""
    one = room(101, 3)
    taken(circle, case, laid_down(tmp_path / "a", a=one, b=shifted(one), c=room(103)))
    with guard.system("test"):
        return {m.occurrences.get().name[0]: m for m in Media.objects.filter(case=case)}


def rows(case) -> dict[str, ScenePoints]:
    with guard.system("test"):
        return {str(r.media_id): r for r in ScenePoints.objects.filter(case=case, owner=case.owner)}


def test_what_it_finds_is_a_proposal_with_its_points_name_and_declared_error(
    circle, case, rooms, set_up, monkeypatch, client, django_capture_on_commit_callbacks
) -> None:
    ran(circle, "link.scenes", case)
    [ours] = links(case)
    before = rows(case)
    shared = before[str(rooms["c"].pk)]
    with guard.system("test"):
        ours.delete()
        other = ScenePoints(
            media=rooms["c"], case=case, owner=circle.agencies.eu, key=shared.key, version="1"
        )
        other.made_by_id, other.audience = shared.made_by_id, shared.audience
        other.save()

    matcher = set_up(network())
    monkeypatch.setattr(indexed, "WORKING", 10**6)  # ours see nothing, so that what is met is the site's
    with django_capture_on_commit_callbacks(execute=True):
        told = ran(circle, "link.scenes", case).result
    assert (told["looked"], told["compared"]) == (3, 3), "it is asked of the items that were there before"
    assert told["site"] == {"name": "drawn 1", "refused": "", "unread": 0, "first": []}
    found = {frozenset({k.a_id, k.b_id}): k for k in links(case)}
    link = found[frozenset({rooms["a"].pk, rooms["b"].pk})] if found else None
    assert link is not None
    assert (link.method, link.version, link.grade) == ("site matcher drawn", "1", "site matcher")
    assert "drawn 1 (DISK), by its site's measure wrong in 3 of 400 links" in link.because
    assert link.weight == matcher.weight == site.MOST_WEIGHT and link.state == "proposed"
    assert len(link.where["pairs"]) >= 6
    with guard.scope(circle.officer(circle.it), VI):
        assert link in service.waiting(case) and service.groups(case) == [], "it joins nothing by itself"

    after = rows(case)
    for media, row in after.items():
        assert row.version == f"1+{matcher.mark}" and row.pk == before[media].pk
        there = evidence_store().has(before[media].key)
        assert there is (media == str(rooms["c"].pk)), "what was replaced is gone, but for another's"
    with guard.system("test"):
        made = Derivation.objects.filter(thing=before[str(rooms["a"].pk)].pk).order_by("made_at").last()
    assert made.version["site matcher"] == f"drawn 1 {matcher.sha256}"

    client.force_login(circle.it)
    why = client.get(reverse("link:why", args=[case.pk]), {"a": link.a.number, "b": link.b.number})
    assert "found by the site&#x27;s own matcher drawn 1" in why.content.decode()
    assert "by site matcher drawn 1" in why.content.decode()
    reach = client.get(reverse("link:found", args=[case.pk])).content.decode()
    assert "This site has a matcher of its own" in reach and "drawn rooms" in reach

    job = service.ask_to_find(circle.officer(circle.it), VI, rooms["a"], Region(0, 0, 1, 1), None)
    met = {each["item"]: each for each in ran(circle, "link.find", case, **job.payload).result["found"]}
    assert "drawn 1 (DISK)" in met[rooms["b"].number]["because"], "a box is looked for by it as well"

    site.use(None)
    assert ran(circle, "link.scenes", case).result["looked"] == 0, "without it our points stand as they were"
    reach = client.get(reverse("link:found", args=[case.pk])).content.decode()
    assert "This site has set up none." in reach and "What works" in reach


def test_one_that_is_refused_or_dies_costs_none_of_our_own_proposals(
    circle, case, rooms, set_up, monkeypatch, client
) -> None:
    set_up(network(fault="nan"))
    told = ran(circle, "link.scenes", case).result
    assert told["made"] == 1 and "a number that is none" in told["site"]["refused"]
    [link] = links(case)
    assert link.method == "link.scene"
    client.force_login(circle.it)
    page = client.get(reverse("link:found", args=[case.pk])).content.decode()
    assert "was not used" in page and "a number that is none" in page

    set_up(network())
    died = Asked([], "the decoder died (SIGSEGV)")
    with monkeypatch.context() as once:
        once.setattr(of_site, "asked_of", lambda *_: died)
        assert "SIGSEGV" in usable()[1]
    assert usable()[1] == "", "what a decoder died of once is not held against the file"
    monkeypatch.setattr(found_points, "asked_of", lambda *_: died)
    told = ran(circle, "link.scenes", case).result
    assert told["looked"] == 3 and told["site"]["unread"] == 3 and "SIGSEGV" in told["site"]["first"][1]
    assert all(row.key and row.count for row in rows(case).values()), "our own points are there"


def test_one_whose_file_is_changed_while_it_is_asked_costs_none_of_our_own_proposals(
    circle, case, rooms, set_up, monkeypatch
) -> None:
    def changed_after() -> tuple[site.SiteMatcher | None, str]:
        told = usable()
        assert told[0] and not told[1]
        Path(told[0].path).write_bytes(b"another")
        shared().close()  # or else its decoders hold the vetted one
        return told

    set_up(network())
    with monkeypatch.context() as once:
        once.setattr(scenes, "usable", changed_after)
        told = ran(circle, "link.scenes", case).result
    assert told["made"] == 1 and told["site"]["unread"] == 3
    assert "is not the file that was vetted" in told["site"]["first"][1]
    assert {row.version for row in rows(case).values()} == {"1"}, "asked again once mended"
    gone = site.Matching("drawn", "1", "/nowhere/drawn.onnx", "0" * 64, "")
    with pytest.raises(site.MatcherRefused, match="cannot be read"):
        of_site.paired(gone, [(points_drawn(50), points_drawn(51))])


@pytest.mark.parametrize("version", ["1", "1+0123456789"])
def test_points_are_compared_with_those_of_one_network_alone(version, set_up) -> None:
    matcher = set_up(network())
    assert site.fit(version, None) and not site.fit(version, matcher)
    assert site.fit(site.version_of(matcher), matcher) and not site.fit("2", None)
    other = set_up(network(), links=500)
    assert other.mark != matcher.mark and len(site.version_of(other)) <= 20


def test_a_second_network_pairs_the_best_candidates_and_both_stand_in_the_reason(
    circle, case, rooms, set_up, monkeypatch, client
) -> None:
    monkeypatch.setattr(indexed, "WORKING", 10**6)  # ours see nothing, so that what is met is the site's
    asked: list[int] = []
    real = indexed.paired

    def counted(matching, asks):
        asked.append(len(asks))
        return real(matching, asks)

    monkeypatch.setattr(indexed, "paired", counted)
    matcher = set_up(network(), second=pairing())
    told = ran(circle, "link.scenes", case).result
    assert told["site"]["pairing"] == {"refused": "", "unpaired": 0, "first": []}
    [link] = links(case)
    both = "drawn 1 (DISK) with drawn-pairs 2 (LightGlue, SHA-256 "
    assert both in link.because and "wrong in 3 of 400 links" in link.because
    assert link.weight == site.MOST_WEIGHT and len(link.where["pairs"]) >= 6
    assert asked == [1, 2], "one call for each asked item, with its candidates"
    job = service.ask_to_find(circle.officer(circle.it), VI, rooms["a"], Region(0, 0, 1, 1), None)
    met = {each["item"]: each for each in ran(circle, "link.find", case, **job.payload).result["found"]}
    assert both in met[rooms["b"].number]["because"], "a box is looked for by both as well"
    client.force_login(circle.it)
    reach = client.get(reverse("link:found", args=[case.pk])).content.decode()
    assert "drawn-pairs 2" in reach and "10 candidates" in reach

    def again() -> tuple[dict, str]:
        with guard.system("test"):
            links(case)[0].delete()
            ScenePoints.objects.filter(case=case).update(asked=False)
        told = ran(circle, "link.scenes", case).result
        [link] = links(case)
        assert "by mutual neighbours without drawn-pairs 2" in link.because
        assert link.weight == site.LEAST_WEIGHT, "what was measured with both is not claimed of one"
        page = client.get(reverse("link:found", args=[case.pk])).content.decode()
        assert told["looked"] == 0 and told["site"]["refused"] == ""
        return told["site"]["pairing"], page

    monkeypatch.setattr(indexed, "paired", dies)
    job = service.ask_to_find(circle.officer(circle.it), VI, rooms["a"], Region(0, 0, 1, 1), None)
    assert "SIGSEGV" in ran(circle, "link.find", case, **job.payload).result["without"]
    assert (
        "did not take part in this search as it should"
        in client.get(reverse("link:found", args=[case.pk])).content.decode()
    )
    told, page = again()
    assert told["unpaired"] == 2 and "SIGSEGV" in told["first"][1]
    assert "2 items were compared without it" in page and "SIGSEGV" in page
    aside = (replace(matcher, set_aside=True), "its file is not the vetted one")
    monkeypatch.setattr(scenes, "usable", lambda: aside)
    told, page = again()
    assert told == {"refused": aside[1], "unpaired": 0, "first": []}
    assert "the second network was not used" in page and aside[1] in page


def dies(*_: object) -> None:
    raise site.MatcherRefused("the decoder died (SIGSEGV)")


def test_no_more_candidates_than_stated_are_asked_of_it(set_up, monkeypatch) -> None:
    matcher = set_up(network(), second=pairing())
    shots = {UUID(int=n): Shot(0.0, some, signed(some)) for n in range(20) for some in [points_drawn(n)]}
    monkeypatch.setattr(indexed, "opened", lambda row, *_: [shots[row]])
    called: list[set[tuple[int, int]]] = []

    def pairs_nothing(_: object, asks: list[tuple[Points, Points]]) -> list[np.ndarray]:
        called.append({(id(one), id(other)) for one, other in asks})
        return [np.zeros((0, 2), int) for _ in asks]

    monkeypatch.setattr(indexed, "paired", pairs_nothing)

    def filled(by: site.SiteMatcher) -> indexed.HeldPoints:
        held = indexed.HeldPoints(by, shots=[(pk, 0) for pk in shots], rows={pk: pk for pk in shots})
        for number, shot in enumerate(shots.values()):
            held.index.add(number, shot.coded)
        return held

    held, asked = filled(matcher), [points_drawn(50), points_drawn(51)]
    met = {(n, each.row): each.paired for n, each in held.ask(asked).met}
    best = [held.index.candidates(signed(points, NEAREST))[:5] for points in asked]
    assert indexed.MOST_PAIRED == 10 and called == [
        {(id(p), id(shots[UUID(int=n)].points)) for p, some in zip(asked, best, strict=True) for n in some}
    ], "the best of each shot"
    assert met and not any(met.values()), "the others are compared as our own points are"
    assert not {(n, UUID(int=i)) for n, some in enumerate(best) for i in some} & met.keys()
    met = filled(replace(matcher, set_aside=True)).ask(asked).met
    assert len(called) == 1 and len(met) == 40, "without the second network all are"


def points_drawn(seed: int) -> Points:
    """Return what twenty points of one thing look like, each time a little otherwise."""
    one, drawn = np.random.default_rng(3), np.random.default_rng(seed)
    looks = one.integers(100, 156, (20, 128)) + drawn.integers(-4, 5, (20, 128))
    return Points(640, 480, one.integers(0, 65536, (20, 2)).astype(np.uint16), looks.astype(np.uint8))
