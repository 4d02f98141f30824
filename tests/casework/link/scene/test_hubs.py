"""A logo or a compilation joins nothing; a poster of one room joins its pictures."""

from __future__ import annotations

from itertools import combinations

from entente.casework.link.scene.hubs import STRANGERS, Tie, overlap, sorted_out

LOGO, WALL, ALL = (0.8, 0.85, 0.15, 0.1), (0.1, 0.1, 0.5, 0.6), (0.0, 0.0, 1.0, 1.0)


def names(count: int) -> list[str]:
    return [f"#{n:03}" for n in range(count)]


def test_a_logo_in_many_pictures_is_listed_and_joins_none_of_them() -> None:
    ties = [Tie(a, b, 30, LOGO, LOGO) for a, b in combinations(names(STRANGERS + 2), 2)]
    kept, crowds = sorted_out(ties)
    assert kept == [] and len(crowds) == STRANGERS + 2
    assert crowds[0].part == LOGO and crowds[0].groups == len(crowds[0].tied) == STRANGERS + 1
    assert "a logo, a banner" in crowds[0].text


def test_a_tie_beside_the_logo_stays() -> None:
    ties = [Tie(a, b, 30, LOGO, LOGO) for a, b in combinations(names(STRANGERS + 3), 2)]
    ties = [t for t in ties if (t.a, t.b) != ("#000", "#001")] + [Tie("#000", "#001", 60, WALL, WALL)]
    kept, crowds = sorted_out(ties)
    assert [(t.a, t.b) for t in kept] == [("#000", "#001")]
    assert crowds


def test_a_few_pictures_with_one_small_thing_are_tied_by_it() -> None:
    ties = [Tie(a, b, 30, LOGO, LOGO) for a, b in combinations(names(STRANGERS + 1), 2)]
    kept, crowds = sorted_out(ties)
    assert len(kept) == len(ties) and crowds == []


def test_a_poster_of_one_room_in_many_pictures_is_no_hub_where_the_room_is_shared_too() -> None:
    seen = names(STRANGERS + 4)
    ties = [
        Tie(a, b, 40, LOGO, LOGO) if n % 2 else Tie(a, b, 90, ALL, ALL)
        for n, (a, b) in enumerate(combinations(seen, 2))
    ]
    kept, crowds = sorted_out(ties)
    assert crowds == [] and len(kept) == len(ties)


def test_a_compilation_of_strangers_parts_is_listed_and_joins_nothing() -> None:
    parts = [(n / 20, 0.0, 0.05, 1.0) for n in range(STRANGERS + 1)]
    ties = [
        Tie("#100", other, 50, part, ALL) for other, part in zip(names(STRANGERS + 1), parts, strict=True)
    ]
    ties.append(Tie("#200", "#201", 50, WALL, WALL))
    kept, crowds = sorted_out(ties)
    assert [(t.a, t.b) for t in kept] == [("#200", "#201")]
    assert (
        [c.of for c in crowds] == ["#100"] and crowds[0].part is None and "a compilation?" in crowds[0].text
    )


def test_boxes_overlap_by_what_both_cover() -> None:
    assert overlap(ALL, ALL) == 1 and overlap(LOGO, WALL) == 0
    assert abs(overlap((0, 0, 0.5, 1), ALL) - 0.5) < 1e-9
