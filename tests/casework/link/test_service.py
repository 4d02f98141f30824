"""Proposals, people's decisions, and undo that restores exactly."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entente.casework.intake.service import open_case
from entente.casework.link import series as arithmetic
from entente.casework.link import service
from entente.casework.link.service.proposing import keep
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.models import (
    Change,
    Frame,
    Job,
    Link,
    LogEntry,
    Media,
    Membership,
    Occurrence,
    Originator,
    Release,
    Series,
    SeriesItem,
)
from entente.records.undo import Overtaken
from entente.safeguards.access import Act
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
FLAT = "f0" * 32


def pdq(seed: int) -> str:
    return random.Random(seed).randbytes(32).hex()


@pytest.fixture
def officer(case, circle):
    return circle.officer(circle.it)


def add(case, officer, number, owner=None, codes="H0", name="", **fields):
    fields = {
        "kind": "picture",
        "width": 64,
        "height": 48,
        "sha256": f"{number:064x}",
        "key": "0" * 64,
        **fields,
    }
    with acting(officer, Act.RECEIVE, case.as_thing(), VI, step="intake"):
        row = Media.objects.create(
            case=case, owner_id=owner or officer.agency, number=number, codes=codes, source="test", **fields
        )
        if name:
            Occurrence.objects.create(
                case=case, owner_id=row.owner_id, media=row, folder="/found", name=name, source="t"
            )
    return row


@pytest.fixture
def items(case, officer):
    """Six pictures: 1, 2, 3 of one camera by serial; 4 and 5 one picture; 6 alone; names of one run."""
    camera = {"make": "Nordica", "model": "D410", "serial": "4102207"}
    same = pdq(4)
    return [
        add(case, officer, 1, metadata=camera),
        add(case, officer, 2, metadata=camera),
        add(case, officer, 3, metadata=camera),
        add(
            case,
            officer,
            4,
            pdq_turns={"full": [same] * 8},
            pdq_quality=100,
            name="a-word-not-to-show-0041.jpg",
        ),
        add(
            case,
            officer,
            5,
            pdq_turns={"full": [same] * 8},
            pdq_quality=100,
            name="a-word-not-to-show-0042.jpg",
        ),
        add(case, officer, 6, pdq_turns={"full": [pdq(6)] * 8}, pdq_quality=100),
    ]


@pytest.fixture
def proposed(case, officer, items):
    service.propose(officer, VI, case)
    with guard.scope(officer, VI):
        return list(Link.objects.select_related("a", "b", "case"))


def between(links, a, b):
    return next(k for k in links if (k.a.number, k.b.number) == (a, b))


def in_series(officer):
    """Return each series' item numbers, by name."""
    with guard.scope(officer, VI):
        found: dict[str, set[int]] = {s.name: set() for s in Series.objects.all()}
        for name, number in SeriesItem.objects.values_list("series__name", "media__number"):
            found[name].add(number)
    return found


def test_it_proposes_links_with_reasons_and_no_file_name(proposed):
    pairs = {(k.a.number, k.b.number, k.kind) for k in proposed}
    assert {(1, 2, "same device"), (2, 3, "same device"), (4, 5, "near picture"), (4, 5, "name run")} == pairs
    assert "serial 4102207" in between(proposed, 1, 2).because
    assert not any("a-word-not-to-show" in k.because for k in proposed)
    assert all(k.state == "proposed" for k in proposed)


def test_proposing_again_changes_nothing(case, officer, proposed):
    again = service.propose(officer, VI, case)
    assert again.made == 0
    assert again.held == len(proposed)
    with guard.scope(officer, VI):
        assert Link.objects.count() == len(proposed)


def test_few_links_are_kept_without_reading_those_of_the_whole_case(case, officer, items, proposed):
    one = arithmetic.link("#1", "#4", arithmetic.LinkKind.SAME_OBJECT, "20 to 39 points", "a poster")
    media = {f"#{m.number}": m for m in items}
    with CaptureQueriesContext(connection) as asked:
        made = keep(officer, VI, case, media, arithmetic.Proposal((one, one), ())).made
    assert made == 1, "what is found twice in one part is one"
    read = [q["sql"] for q in asked if q["sql"].startswith("SELECT") and '"records_link"' in q["sql"]]
    assert read and all(" IN (" in sql for sql in read)


def test_a_refused_pair_is_never_proposed_again_and_decisions_stay(case, officer, items, proposed):
    service.refuse(officer, VI, between(proposed, 4, 5))
    service.accept(officer, VI, between(proposed, 1, 2))
    with acting(officer, Act.ALTER, case.as_thing(), VI, step="link"):
        # another reason for the refused pair appears
        Media.objects.filter(number__in=[4, 5]).update(
            metadata={"make": "Other", "model": "X", "serial": "77-10"}
        )
    service.propose(officer, VI, case)
    with guard.scope(officer, VI):
        kinds = set(Link.objects.filter(a=items[3], b=items[4]).values_list("kind", flat=True))
        assert "same device" not in kinds
        assert Link.objects.get(pk=between(proposed, 1, 2).pk).state == "accepted"


def test_accepting_makes_a_series_and_grows_it(officer, proposed):
    first = service.accept(officer, VI, between(proposed, 1, 2))
    second = service.accept(officer, VI, between(proposed, 2, 3))
    assert (first.name, second.pk) == ("S-1", first.pk)
    assert in_series(officer) == {"S-1": {1, 2, 3}}


def test_a_link_is_decided_once(officer, proposed):
    service.accept(officer, VI, between(proposed, 1, 2))
    with pytest.raises(service.SeriesRefused, match="accepted already"):
        service.refuse(officer, VI, between(proposed, 1, 2))


def test_accepting_all_is_one_act_and_one_undo(case, officer, proposed):
    with guard.system("count"):
        before = LogEntry.objects.count()
    chosen = [between(proposed, 1, 2), between(proposed, 2, 3), between(proposed, 4, 5)]
    with CaptureQueriesContext(connection) as asked:
        service.accept_all(officer, VI, chosen)
    told = [q["sql"] for q in asked]
    assert len([sql for sql in told if sql.startswith('UPDATE "records_link"')]) == 1
    assert len([sql for sql in told if sql.startswith("SELECT") and '"records_link"' in sql]) == 2
    with guard.system("count"):
        assert LogEntry.objects.count() == before + 1
    assert sorted(map(sorted, in_series(officer).values())) == [[1, 2, 3], [4, 5]]
    with guard.scope(officer, VI):
        change = Change.objects.get()
    service.undo(officer, VI, change)
    assert in_series(officer) == {}
    with guard.scope(officer, VI):
        assert set(Link.objects.values_list("state", flat=True)) == {"proposed"}


def test_a_link_between_two_series_makes_them_one_under_the_lower_number(case, officer, items, proposed):
    one = service.gather(officer, VI, case, [items[0]])
    service.gather(officer, VI, case, [items[1], items[5]])
    assert service.accept(officer, VI, between(proposed, 1, 2)).pk == one.pk
    assert in_series(officer) == {"S-1": {1, 2, 6}}


def test_merge_split_and_move_lose_nothing(case, officer, items):
    one = service.gather(officer, VI, case, items[:3])
    two = service.gather(officer, VI, case, items[3:])
    service.merge(officer, VI, one, two)
    assert in_series(officer) == {"S-1": {1, 2, 3, 4, 5, 6}}
    three = service.split(officer, VI, one, [items[5]])
    assert three.name == "S-3", "the number of a merged series is not given again"
    service.move(officer, VI, items[0], three)
    assert in_series(officer) == {"S-1": {2, 3, 4, 5}, "S-3": {1, 6}}
    service.move(officer, VI, items[0], None)
    assert in_series(officer) == {"S-1": {2, 3, 4, 5}, "S-3": {6}}


def test_it_refuses_what_makes_no_sense_and_says_the_mend(case, officer, items, proposed):
    one = service.gather(officer, VI, case, items[:2])
    for wrong in (
        lambda: service.split(officer, VI, one, items[:2]),
        lambda: service.split(officer, VI, one, []),
        lambda: service.split(officer, VI, one, [items[5]]),
        lambda: service.merge(officer, VI, one, one),
        lambda: service.move(officer, VI, items[5], None),
        lambda: service.accept_all(officer, VI, []),
        lambda: service.gather(officer, VI, case, []),
    ):
        with pytest.raises(service.SeriesRefused):
            wrong()
    assert in_series(officer) == {"S-1": {1, 2}}


def picture_of_everything(officer):
    """Return every row of the step, column by column."""
    with guard.system("compare before and after"):
        return {
            str(row.pk): {f.attname: str(f.value_from_object(row)) for f in row._meta.concrete_fields}
            for model in (Series, SeriesItem, Link)
            for row in model.objects.all()
        }


@pytest.mark.parametrize("seed", range(8))
def test_undoing_a_random_sequence_restores_every_step_exactly(seed, case, officer, items, proposed):
    draw = random.Random(seed)
    states, changes = [picture_of_everything(officer)], []

    def series():
        with guard.scope(officer, VI):
            return list(Series.objects.all())

    for _ in range(14):
        act = draw.choice(["accept", "refuse", "accept_all", "gather", "merge", "split", "move", "out"])
        held = series()
        with guard.scope(officer, VI):
            links = list(Link.objects.select_related("a", "b", "case").filter(state="proposed"))
        some = draw.sample(items, draw.randint(1, 3))
        try:
            if act in {"accept", "refuse"} and links:
                getattr(service, act)(officer, VI, draw.choice(links))
            elif act == "accept_all":
                service.accept_all(officer, VI, draw.sample(links, min(2, len(links))))
            elif act == "gather":
                service.gather(officer, VI, case, some)
            elif act == "merge" and len(held) > 1:
                service.merge(officer, VI, *draw.sample(held, 2))
            elif act == "split" and held:
                service.split(officer, VI, draw.choice(held), some)
            elif act in {"move", "out"}:
                service.move(officer, VI, some[0], draw.choice(held) if held and act == "move" else None)
            else:
                continue
        except service.SeriesRefused:
            assert picture_of_everything(officer) == states[-1], "a refused act alters nothing"
            continue
        with guard.scope(officer, VI):
            changes.append(Change.objects.exclude(pk__in=[c.pk for c in changes]).get())
        states.append(picture_of_everything(officer))
    assert len(changes) >= 3
    while changes:
        states.pop()
        service.undo(officer, VI, changes.pop())
        assert picture_of_everything(officer) == states[-1]


def test_an_overtaken_change_says_so_and_alters_nothing(case, officer, items, proposed):
    service.accept(officer, VI, between(proposed, 1, 2))
    with guard.scope(officer, VI):
        first = Change.objects.get()
    service.accept(officer, VI, between(proposed, 2, 3))
    before = picture_of_everything(officer)
    with pytest.raises(Overtaken, match="somebody has worked"):
        service.undo(officer, VI, first)
    assert picture_of_everything(officer) == before


def test_a_change_is_undone_once(officer, proposed):
    service.refuse(officer, VI, between(proposed, 4, 5))
    with guard.scope(officer, VI):
        change = Change.objects.get()
    service.undo(officer, VI, change)
    with pytest.raises(Overtaken, match="already"):
        service.undo(officer, VI, change)


def test_a_link_carries_both_items_handling_and_originators(case, circle, officer):
    camera = {"make": "Nordica", "model": "D410", "serial": "4102207"}
    add(case, officer, 1, metadata=camera, codes="H1")
    add(case, officer, 2, metadata=camera, owner=circle.agencies.dk.pk, codes="H0")
    service.propose(officer, VI, case)
    with guard.scope(officer, VI):
        link = Link.objects.get()
    assert link.codes == "H0 H1"
    assert set(Originator.objects.filter(thing=link.pk).values_list("agency__short", flat=True)) == {"DK"}
    service.accept(officer, VI, link)
    with guard.scope(officer, VI):
        row = SeriesItem.objects.get(media__number=2)
    assert Originator.objects.filter(thing=row.pk, agency=circle.agencies.dk).exists()


def test_what_a_withheld_link_does_is_withheld_from_those_who_see_one_end(case, circle, officer):
    camera = {"make": "Nordica", "model": "D410", "serial": "4102207"}
    add(case, officer, 1, metadata=camera)
    add(case, officer, 2, metadata=camera, codes="H2")
    service.propose(officer, VI, case)
    with guard.scope(officer, VI):
        made = service.accept(officer, VI, Link.objects.get())
        assert service.in_sight(case).count() == 1
        assert SeriesItem.objects.filter(series=made).count() == 2
    join(case, circle.dk, "member", circle)
    with guard.scope(circle.officer(circle.dk), VI):
        assert Media.objects.filter(case=case, number=1).exists()
        assert not service.in_sight(case).exists() and not SeriesItem.objects.exists()


def test_a_withheld_link_makes_no_two_series_one_before_others_eyes(case, circle, officer):
    camera = {"make": "Nordica", "model": "D410", "serial": "4102207"}
    one, two = add(case, officer, 1, metadata=camera), add(case, officer, 2, metadata=camera, codes="H2")
    first = service.gather(officer, VI, case, [one])
    second = service.gather(officer, VI, case, [two, add(case, officer, 3)])
    service.propose(officer, VI, case)
    with guard.scope(officer, VI):
        link = Link.objects.get()
    with pytest.raises(service.SeriesRefused, match="merge the two by hand"):
        service.accept(officer, VI, link)
    with guard.scope(officer, VI):
        assert Link.objects.get().state == "proposed"
        service.merge(officer, VI, first, second)


def test_a_link_that_its_own_agency_would_not_see_is_never_made(case, circle, officer):
    camera = {"make": "Nordica", "model": "D410", "serial": "4102207"}
    add(case, officer, 1, metadata=camera, codes="H2")
    # H1: Italy sees it in the case, and has no permission for what is made of it
    other = add(case, officer, 2, metadata=camera, owner=circle.agencies.dk.pk, codes="H1")
    for _ in range(2):
        assert service.propose(officer, VI, case).made == 0
    with guard.system("count what nobody sees"):
        assert not Link.objects.exists() and not Originator.objects.exists()
    with guard.system("Denmark lets Italy have it"):
        given = {"by": circle.agencies.dk, "to": circle.agencies.it, "expires": clock.now() + timedelta(1)}
        Release.objects.create(thing=other.pk, granted=clock.now(), **given)
    assert service.propose(officer, VI, case).made == 1
    with guard.scope(officer, VI):
        assert Link.objects.get().codes == "H1 H2"


def test_a_link_to_what_its_originator_left_open_is_its_makers_alone(case, circle, officer):
    camera = {"make": "Nordica", "model": "D410", "serial": "4102207"}
    join(case, circle.au, "member", circle)
    add(case, officer, 1, metadata=camera, codes="H2")
    add(case, officer, 2, metadata=camera, owner=circle.agencies.dk.pk)
    assert service.propose(officer, VI, case).made == 1
    with guard.scope(officer, VI):
        assert Link.objects.get().codes == "H0 H2"
    with guard.scope(circle.officer(circle.au), VI):
        assert not Link.objects.exists()


def test_a_link_that_is_seen_no_more_is_not_made_a_second_time(case, circle, officer, proposed):
    with guard.system("what it came from must be asked for now"):
        Link.objects.update(codes="H2")
        for link in Link.objects.all():
            Originator.objects.create(thing=link.pk, agency=circle.agencies.dk)
    with guard.scope(officer, VI):
        assert not Link.objects.exists()
    assert service.propose(officer, VI, case).made == 0


def test_a_merge_takes_along_what_is_withheld_from_the_one_who_merges(case, circle, officer, items):
    join(case, circle.dk, "member", circle)
    dk = circle.officer(circle.dk)
    one = service.gather(officer, VI, case, items[:2])
    two = service.gather(officer, VI, case, items[2:4])
    with acting(officer, Act.ALTER, case.as_thing(), VI, step="link"):
        Media.objects.filter(pk=items[3].pk).update(codes="H2")
        SeriesItem.objects.filter(media=items[3]).update(codes="H2")
    with guard.scope(dk, VI):
        assert not SeriesItem.objects.filter(media__number=4).exists()
    service.merge(dk, VI, one, two)
    assert in_series(officer) == {"S-1": {1, 2, 3, 4}}
    assert in_series(dk) == {"S-1": {1, 2, 3}}
    with guard.scope(dk, VI):
        change = Change.objects.filter(what="merge series").get()
    service.undo(dk, VI, change)
    assert in_series(officer) == {"S-1": {1, 2}, "S-2": {3, 4}}


def join(case, account, part, circle):
    with acting(circle.officer(circle.it), Act.GRANT, case.as_thing(), VI, step="test"):
        Membership.objects.create(case=case, account=account, part=part)


def test_a_reader_decides_nothing_and_the_denial_is_logged(case, circle, proposed):
    join(case, circle.it_second, "reader", circle)
    with pytest.raises(guard.Denied):
        service.accept(circle.officer(circle.it_second), VI, proposed[0])
    with guard.system("read the last entry"):
        assert LogEntry.objects.order_by("-seq").first().verb == "denied"


def test_groups_follow_peoples_words(case, officer, items, proposed):
    with guard.scope(officer, VI):
        assert [[m.number for m in g] for g, _ in service.groups(case)] == [[1, 2, 3], [4, 5]]
    service.refuse(officer, VI, between(proposed, 2, 3))
    with guard.scope(officer, VI):
        assert [[m.number for m in g] for g, _ in service.groups(case)] == [[1, 2], [4, 5]]
    service.accept(officer, VI, between(proposed, 1, 2))
    with guard.scope(officer, VI):
        assert all(k.a.number == 4 for k in service.waiting(case))


def test_why_shows_the_path_of_reasons(case, officer, items, proposed):
    with guard.scope(officer, VI):
        steps = service.why(case, items[0], items[2])
    assert [(k.a.number, k.b.number) for k in steps] == [(1, 2), (2, 3)]


def test_a_compilation_is_listed_and_joins_nothing(case, officer):
    scenes = [pdq(100 + n) for n in range(14)]
    for n, scene in enumerate(scenes, 1):
        add(case, officer, n, pdq_turns={"full": [scene] * 8}, pdq_quality=100)
    video = add(case, officer, 99, kind="video", duration=30.0)
    with acting(officer, Act.RECEIVE, case.as_thing(), VI, step="intake"):
        for n, scene in enumerate(scenes):
            Frame.objects.create(case=case, owner_id=officer.agency, media=video, t=n, pdq=scene, quality=100)
    found = service.propose(officer, VI, case)
    assert found.made == 0
    assert found.hubs[0][0] == 15
    assert found.hubs[0][1].startswith("#99 shares frames with 14 items")


def test_links_set_nothing_off_for_which_a_comparison_would_make_way(case, officer, items):
    """What is first does not ask which items belong together: found by the hundred, they queue nothing."""
    before = Job.objects.count()
    assert service.propose(officer, VI, case).made > 0
    with guard.scope(officer, VI):
        link = Link.objects.select_related("a", "b", "case").first()
    service.accept(officer, VI, link)
    assert Job.objects.count() == before


def test_another_case_of_the_same_officer_is_not_touched(case, circle, officer, proposed):
    from datetime import UTC, datetime

    other = open_case(
        officer,
        VI,
        number="IT-2",
        title="Operation Fir",
        victim_number="V-2",
        discovered_at=datetime.now(UTC),
    )
    me = circle.officer(circle.it)
    foreign = add(other, me, 1)
    one = service.gather(me, VI, case, [between(proposed, 1, 2).a])
    with pytest.raises(service.SeriesRefused, match="within its case"):
        service.move(me, VI, foreign, one)


def test_a_person_s_own_word_joins_or_keeps_apart_and_is_undone_exactly(case, officer, items, proposed):
    before = picture_of_everything(officer)
    made = service.tie(officer, VI, case, items[5], items[0], " the same  lamp ")
    assert in_series(officer) == {made.name: {1, 6}}
    with guard.scope(officer, VI):
        told = service.explained(case, items[0], items[5])
        (link,) = told.path
        assert (link.kind, link.because, link.state) == ("by hand", "the same lamp", "accepted")
        assert (link.made_by_id, link.decided_by_id, bool(link.decided_at)) == (officer.id, officer.id, True)
        assert {row.media.number for row in told.placed} == {1, 6}
        assert all(row.made_by_id == officer.id for row in told.placed)
    service.keep_apart(officer, VI, case, items[1], items[2], "another room")
    with guard.scope(officer, VI):
        assert all(not {2, 3} <= {m.number for m in g} for g, _ in service.groups(case))
        assert [k.because for k in service.explained(case, items[1], items[2]).apart] == ["another room"]
        changes = list(Change.objects.order_by("-made_at"))
    for change in changes:
        service.undo(officer, VI, change)
    assert picture_of_everything(officer) == before


def test_a_word_that_does_not_fit_is_refused_with_its_mend(case, officer, items):
    service.tie(officer, VI, case, items[0], items[1], "one lamp")
    for wrong, says in (
        (lambda: service.tie(officer, VI, case, items[0], items[1], "again"), "undo that first"),
        (lambda: service.keep_apart(officer, VI, case, items[0], items[1], "no"), "take one of them out"),
        (lambda: service.tie(officer, VI, case, items[2], items[2], "itself"), "two different items"),
        (lambda: service.tie(officer, VI, case, items[2], items[3], "  "), "say why"),
    ):
        with pytest.raises(service.SeriesRefused, match=says):
            wrong()
    assert in_series(officer) == {"S-1": {1, 2}}


def test_people_who_disagree_are_told_so(case, officer, items, proposed):
    service.accept(officer, VI, between(proposed, 1, 2))
    service.accept(officer, VI, between(proposed, 2, 3))
    with acting(officer, Act.ALTER, case.as_thing(), VI, step="link"):
        made = {"case": case, "owner_id": officer.agency, "made_by_id": officer.id, "state": "refused"}
        told = {"kind": "by hand", "weight": 1, "because": "no", "method": "person", "version": ""}
        Link.objects.create(a=items[0], b=items[2], **told, **made)
    with guard.scope(officer, VI):
        found = service.suggested(case)
    assert [(a.number, b.number) for a, b in found.disagreed] == [(1, 3)]


def test_what_only_one_link_joins_waits_as_a_bridge(case, officer):
    codes = [pdq(n) for n in (1, 2)]
    for n in range(8):
        own = f"{int(codes[n // 4], 16) ^ (1 << n):064x}"
        serial = {"metadata": {"make": "N", "model": "D", "serial": "771"}} if n in {3, 4} else {}
        add(case, officer, n + 1, pdq_turns={"full": [own] * 8}, pdq_quality=100, **serial)
    service.propose(officer, VI, case)
    with guard.scope(officer, VI):
        found = service.suggested(case)
        assert [[m.number for m in g] for g, _ in found.groups] == [[1, 2, 3, 4], [5, 6, 7, 8]]
        (bridge,) = found.bridges
        assert [(k.a.number, k.b.number, k.kind) for k in bridge.links] == [(4, 5, "same device")]
    service.accept(officer, VI, bridge.links[0])
    with guard.scope(officer, VI):
        assert [len(g) for g, _ in service.groups(case)] == [8]


def test_a_withheld_link_is_no_reason_for_those_it_is_withheld_from(case, circle, officer):
    camera = {"make": "Nordica", "model": "D410", "serial": "4102207"}
    rows = [add(case, officer, n, metadata=camera, codes="H2" if n == 2 else "H0") for n in (1, 2, 3)]
    service.propose(officer, VI, case)
    join(case, circle.dk, "member", circle)
    with guard.scope(officer, VI):
        assert len(service.explained(case, rows[0], rows[2]).path) == 2
    with guard.scope(circle.officer(circle.dk), VI):
        told = service.explained(case, rows[0], rows[2])
        assert (told.path, told.weakest, told.falls) == ([], None, [])
