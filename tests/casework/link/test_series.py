"""Series: every proposed link has its reason, hubs join nothing, and people's words stand."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
from benchmarks.drawn_series import drawn, score
from benchmarks.link_series import components

from entente.casework.link.series import Item, Link, LinkKind, explain, link, propose, series, why
from entente.casework.link.series.kinds.name_run import HUB_FILES
from entente.casework.link.series.kinds.near_frame import HUB_STRANGERS
from entente.casework.link.series.splitting import split_component
from entente.casework.link.series.weights import table
from entente.casework.match.hashes.pdq import PDQ
from entente.vocabulary.media import FrameHash


def _hash(rng: np.random.Generator) -> str:
    return rng.bytes(32).hex()


def _kinds(items: list[Item]) -> dict[tuple[str, str], LinkKind]:
    return {(link.a, link.b): link.kind for link in propose(items).links}


def test_equal_digests_link_except_those_of_an_empty_file() -> None:
    empty = "d41d8cd98f00b204e9800998ecf8427e"
    items = [
        Item("1", frozenset({"ab" * 16, empty})),
        Item("2", frozenset({"ab" * 16})),
        Item("3", frozenset({empty})),
    ]
    assert _kinds(items) == {("1", "2"): LinkKind.SAME_FILE}


def test_a_mirrored_picture_is_near_and_the_reason_says_how() -> None:
    luma = PDQ.examples()[0].luma
    one, other = PDQ.of_luma(luma), PDQ.of_luma(luma[:, ::-1])
    (link,) = propose(
        [Item("1", pdq_turns=one[0], pdq_quality=one[1]), Item("2", pdq_turns=other[0], pdq_quality=100)]
    ).links
    assert link.kind is LinkKind.NEAR_PICTURE
    assert "mirror-y" in link.because.text


def test_a_picture_of_low_quality_is_not_linked_by_likeness() -> None:
    turns = PDQ.of_luma(PDQ.examples()[0].luma)[0]
    assert (
        _kinds([Item("1", pdq_turns=turns, pdq_quality=49), Item("2", pdq_turns=turns, pdq_quality=100)])
        == {}
    )


def test_one_serial_links_and_a_blank_one_does_not() -> None:
    items = [
        Item("1", device=("Canon", "EOS 80D", "0330")),
        Item("2", device=("canon", "EOS 80D ", "0330")),
        Item("3", device=("Canon", "EOS 80D", "0000")),
        Item("4", device=("Canon", "EOS 80D", "0000")),
    ]
    assert _kinds(items) == {("1", "2"): LinkKind.SAME_DEVICE}


def test_a_run_of_names_in_one_folder_links_weakly_and_says_the_pattern() -> None:
    items = [Item(str(n), folder="a", name=f"IMG_{n:04}.JPG") for n in (412, 415, 430, 470)]
    items.append(Item("431", folder="b", name="IMG_0431.JPG"))
    links = propose(items).links
    assert {(link.a, link.b) for link in links} == {("412", "415"), ("415", "430")}
    assert "img_####.jpg" in links[0].because.text
    assert series(links).groups == ()
    assert series(links, accepted=[("412", "415")]).groups == (("412", "415"),)


def test_a_pattern_over_hundreds_of_files_is_a_hub_and_links_nothing() -> None:
    items = [Item(f"{n:04}", folder="a", name=f"image{n:04}.jpg") for n in range(HUB_FILES + 1)]
    proposal = propose(items)
    assert proposal.links == ()
    assert [len(h.items) for h in proposal.hubs] == [HUB_FILES + 1]


def test_videos_and_a_still_meet_by_their_frames() -> None:
    rng = np.random.default_rng(1)
    shared = [_hash(rng) for _ in range(4)]
    first = Item("1", frames=tuple(FrameHash(float(t), h, 90) for t, h in enumerate(shared)))
    second = Item("2", frames=tuple(FrameHash(t + 9.0, h, 90) for t, h in enumerate(shared)))
    still = Item("3", pdq_turns=(shared[2],) * 8, pdq_quality=90)
    alone = Item("4", frames=(FrameHash(0.0, _hash(rng), 90),))
    assert set(_kinds([first, second, still, alone])) == {("1", "2"), ("1", "3"), ("2", "3")}


def test_a_compilation_is_listed_and_does_not_merge_the_strangers_in_it() -> None:
    rng = np.random.default_rng(2)
    own = [_hash(rng) for _ in range(HUB_STRANGERS + 1)]
    strangers = [Item(f"s{n:02}", frames=(FrameHash(0.0, h, 90),)) for n, h in enumerate(own)]
    compilation = Item("c", frames=tuple(FrameHash(float(t), h, 90) for t, h in enumerate(own)))
    proposal = propose([*strangers, compilation])
    assert proposal.links == ()
    assert proposal.hubs[0].items[0] == "c"


def _strong(*pairs: tuple[str, str]) -> tuple:
    items = [
        Item(i, frozenset({"".join(p).encode().hex().ljust(32, "0") for p in pairs if i in p}))
        for i in "abcd"
    ]
    return propose(items).links


def test_must_not_keeps_two_apart_and_the_link_is_shown_as_held_back() -> None:
    links = _strong(("a", "b"), ("b", "c"))
    found = series(links, must_not=[("a", "c")])
    assert sorted(map(len, found.groups)) == [2]
    assert len(found.held_back) == 1


def test_must_joins_without_any_link_and_contradicting_words_are_returned() -> None:
    assert series((), must=[("a", "d")]).groups == (("a", "d"),)
    found = series((), must=[("a", "b"), ("b", "c")], must_not=[("a", "c")])
    assert found.contradictions == (("b", "c"),)
    assert found.groups == (("a", "b"),)


def test_the_path_between_two_items_prefers_the_strongest_weakest_link() -> None:
    links = _strong(("a", "b"), ("b", "c"))
    weak = propose([Item("a", folder="x", name="n1.jpg"), Item("c", folder="x", name="n2.jpg")]).links
    assert [(k.a, k.b) for k in why("a", "c", (*links, *weak))] == [("a", "b"), ("b", "c")]
    assert why("a", "d", links) == ()


def _evidence(*pairs: tuple[str, str], grade: str = "9-16") -> list[Link]:
    return [link(a, b, LinkKind.NEAR_PICTURE, grade, f"near {a} {b}") for a, b in pairs]


def _dense(*items: str) -> list[Link]:
    return _evidence(*combinations(items, 2))


def test_two_dense_groups_that_one_link_joins_stay_apart_and_the_link_is_shown() -> None:
    links = [*_dense("a", "b", "c", "d"), *_dense("w", "x", "y", "z"), *_evidence(("d", "w"), grade="17-24")]
    found = series(links)
    assert found.groups == (("a", "b", "c", "d"), ("w", "x", "y", "z"))
    (bridge,) = found.bridges
    assert [(k.a, k.b) for k in bridge.links] == [("d", "w")]
    assert {bridge.left, bridge.right} == set(found.groups)


def test_a_person_s_word_makes_one_of_them_and_no_machine_parts_it() -> None:
    links = [*_dense("a", "b", "c", "d"), *_dense("w", "x", "y", "z"), *_evidence(("d", "w"), grade="17-24")]
    for said in ({"must": [("d", "w")]}, {"accepted": [("d", "w")]}, {"must": [("a", "z")]}):
        found = series(links, **said)
        assert [len(g) for g in found.groups] == [8]
        assert found.bridges == ()
    parted = series(links, must=[("a", "z")], must_not=[("b", "c")])
    assert all(not {"b", "c"} <= set(group) for group in parted.groups)


def test_a_chain_is_not_split_and_what_shares_one_thing_is_no_chain() -> None:
    chain = _evidence(*pairwise("abcdefghijkl"))
    assert [len(g) for g in series(chain).groups] == [12]
    camera = propose([Item(f"{n:03}", device=("Nordica", "D4", "4102")) for n in range(60)]).links
    assert [len(g) for g in series(camera).groups] == [60]


def test_what_ties_many_groups_that_meet_only_in_it_is_a_hub() -> None:
    groups = [[f"{letter}{n}" for n in range(4)] for letter in "abcdefgh"]
    links = [each for group in groups for each in _dense(*group)]
    links += [link("film", g[0], LinkKind.NEAR_FRAME, "few 1-8", f"clip {g[0]}") for g in groups]
    found = series(links)
    assert found.groups == tuple(tuple(g) for g in groups)
    assert [h.items[0] for h in found.hubs] == ["film"]


def test_the_weights_stand_in_one_table_that_names_its_source() -> None:
    told = table()
    assert told["source"]
    weighed_elsewhere = {LinkKind.BY_HAND, LinkKind.SAME_CAMERA}  # a person's word; its likelihood ratio
    assert set(told["kinds"]) == {str(k) for k in LinkKind} - {str(k) for k in weighed_elsewhere}
    for grades in told["kinds"].values():
        for row in grades.values():
            assert 0 < row["weight"] <= 1
            assert row.get("same", 0) <= row.get("of", 0)


def test_kinds_add_as_independent_evidence_and_a_run_of_names_never_joins_alone() -> None:
    near = _evidence(("a", "b"), grade="25-31")
    run = [link("a", "b", LinkKind.NAME_RUN, "camera", "one numbering")]
    assert series(near).groups == series(run * 3).groups == series(near * 3).groups == ()
    assert series([*near, *run]).groups == (("a", "b"),)


def test_without_its_weakest_link_another_way_holds_or_items_fall() -> None:
    strong, weak = _evidence(("a", "b"), ("c", "d")), _evidence(("b", "c"), grade="25-31")
    told = explain("a", "d", [*strong, *weak])
    assert (told.weakest, told.instead, told.falls) == (weak[0], (), ("c", "d"))
    other = _evidence(("a", "d"), grade="25-31")
    told = explain("a", "d", [*strong, *weak, *_evidence(("a", "x"), ("x", "d"), grade="17-24"), *other])
    assert [(k.a, k.b) for k in told.path] == [("a", "x"), ("d", "x")]
    assert told.instead
    assert explain("a", "q", strong).path == ()


def test_two_reasons_of_one_weight_are_no_riddle() -> None:
    both = [link("a", "b", LinkKind.NEAR_PICTURE, "9-16", text) for text in ("mirrored", "as it is")]
    told = explain("a", "c", [*both, *_evidence(("b", "c"), grade="17-24")])
    assert [k.because.text for k in told.path] == ["mirrored", "near b c"]


def test_a_serial_that_means_nothing_takes_all_it_ties_with_it() -> None:
    links = propose([Item(n, device=("Nordica", "D4", "4102")) for n in "abc"]).links
    told = explain("a", "c", links)
    assert told.falls == ("b", "c")


def test_drawn_series_are_put_together_again_and_only_what_changed_is_split_anew() -> None:
    found = drawn(7, 1500, false=0.05, compilations=3)
    good = score(series(found.links).groups, found.truth)
    plain = score(components(found), found.truth)
    assert good.f1 > 0.95
    assert good.f1 > plain.f1 + 0.2
    assert good.strays < 30 < plain.strays
    before = split_component.cache_info()
    more = link(found.items[0].id, "new", LinkKind.NEAR_PICTURE, "1-8", "one more")
    series([*found.links, more])
    after = split_component.cache_info()
    assert after.misses - before.misses <= 1
    assert after.hits > before.hits
