"""Marks: raw observations, outlines, edits with a history, and notes where one may write."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from entente.casework.examine import service
from entente.casework.examine.service.opinions import ask_opinion
from entente.casework.intake.service import open_case
from entente.casework.locate.service import clues_at_hand
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.models import Change, Clue, LogEntry, Media, Membership, Note, Observation, Originator
from entente.safeguards.access import Act
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Region

VI = Purpose.VICTIM_IDENTIFICATION
OUTLINE = [(0.1, 0.1), (0.5, 0.2), (0.3, 0.6)]
BOX = Region(0.1, 0.125, 0.25, 0.333)


@pytest.fixture
def it(circle, case):
    return circle.officer(circle.it)


@pytest.fixture
def film(circle, case):
    """An item that nobody has to open: a film of three seconds."""
    with guard.system("an item for a test"):
        held = {"number": 1, "kind": "video", "duration": 3.0, "width": 32, "height": 24, "source": "disk"}
        return Media.objects.create(
            case=case, owner=circle.agencies.it, made_by=circle.it, key="k", sha256="1" * 64, **held
        )


@pytest.fixture
def joined(circle, case):
    """Denmark is in Italy's case; France and a second Italian read it, each with a case of its own."""
    own = {}
    for short in ("fr", "it_second"):
        account = getattr(circle, short)
        own[short] = open_case(
            circle.officer(account),
            VI,
            number=f"OWN-{short}",
            title=f"Operation {short}",
            victim_number="V-9",
            discovered_at=clock.now(),
        )
    with acting(circle.officer(circle.it), Act.GRANT, case.as_thing(), VI, step="test"):
        Membership.objects.create(case=case, account=circle.dk, part="member")
        Membership.objects.create(case=case, account=circle.fr, part="reader")
        Membership.objects.create(case=case, account=circle.it_second, part="reader")
    return SimpleNamespace(
        own=own, **{n: circle.officer(getattr(circle, n)) for n in ("dk", "fr", "it_second")}
    )


def again(who, model, pk):
    with guard.scope(who, VI):
        return model.objects.filter(pk=pk).first()


def seen_by(who, model):
    with guard.scope(who, VI):
        return list(model.objects.all())


def edited(who, clue, **fields):
    held = again(who, Clue, clue.pk)
    word = {"edition": service.edition_of(held), "kind": ClueKind(held.kind), "value": held.value}
    return service.edit(who, VI, clue, **{**word, **fields})


def changes(who, what):
    with guard.scope(who, VI):
        return Change.objects.filter(what=what).count()


def test_a_clue_keeps_its_outline_and_the_box_about_it(it, film):
    clue = service.mark(
        it, VI, film, kind=ClueKind.OBJECT, value="rug", polygon=OUTLINE, region=BOX, start=1.25, end=2.0
    )
    held = again(it, Clue, clue.pk)
    assert held.polygon == [list(p) for p in OUTLINE]
    assert held.region == pytest.approx([0.1, 0.1, 0.4, 0.5])
    assert held.as_word().region == pytest.approx((0.1, 0.1, 0.4, 0.5))
    assert (held.start, held.end) == (1.25, 2.0)


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ({"polygon": [(0.1, 0.1), (0.5, 0.5), (0.5, 0.1), (0.1, 0.5)]}, "crosses itself"),
        ({"start": 2.0, "end": 1.0}, "before it starts"),
        ({"end": 1.0}, "needs its beginning"),
        ({"start": 9.0}, "between 0"),
    ],
)
def test_a_place_that_is_none_is_refused(it, film, place, says):
    for act in (
        lambda: service.mark(it, VI, film, kind=ClueKind.OBJECT, value="rug", **place),
        lambda: service.observe(it, VI, film, "a rug", **place),
    ):
        with pytest.raises(ValueError, match=says):
            act()
    assert seen_by(it, Clue) == seen_by(it, Observation) == []


def test_an_observation_weighs_nothing_until_a_clue_is_made_of_it(it, case, film):
    seen = service.observe(
        it, VI, film, "a white socket with three holes in a line", polygon=OUTLINE, start=1.0, codes=["H1"]
    )
    with guard.scope(it, VI):
        assert clues_at_hand(case) == []
    clue = service.mark(it, VI, film, kind=ClueKind.SOCKET, value="L", observation=seen)
    assert (clue.region, clue.polygon, clue.start) == (seen.region, seen.polygon, 1.0)
    assert (clue.because, clue.codes, clue.observation_id) == (seen.text, "H0 H1", seen.pk)
    assert again(it, Observation, seen.pk).state == "clue"
    with guard.scope(it, VI):
        assert clues_at_hand(case) == [clue]


def test_an_observation_is_set_aside_and_back(it, film):
    seen = service.observe(it, VI, film, "a curtain")
    service.set_aside(it, VI, seen)
    with pytest.raises(service.ExamineRefused, match="take it back first"):
        service.mark(it, VI, film, kind=ClueKind.OBJECT, value="curtain", observation=seen)
    with pytest.raises(service.Stale):
        service.set_aside(it, VI, seen)
    assert service.reopen(it, VI, seen).state == "open"
    with pytest.raises(service.ExamineRefused, match="neutral words"):
        service.observe(it, VI, film, "  ")


def test_an_edit_keeps_what_the_clue_was_and_is_taken_back(it, film):
    clue = service.mark(it, VI, film, kind=ClueKind.OBJECT, value="rug", region=BOX, because="woven")
    edited(it, clue, kind=ClueKind.TEXT, value={"string": "PANE", "script": "Latn"}, polygon=OUTLINE)
    now = again(it, Clue, clue.pk)
    assert (now.kind, now.group, now.because, now.state) == ("text", "objects", "woven", "confirmed")
    with guard.scope(it, VI):
        (step,) = service.history(now)
    assert (step.by, step.what, step.undone) == ("IT-1001", "edit a clue", False)
    assert (step.before["value"], step.after["kind"]) == ("rug", "text")
    back = service.restore(it, VI, now)
    assert (back.kind, back.value, back.polygon) == ("object", "rug", None)
    with guard.scope(it, VI):
        assert [s.undone for s in service.history(back)] == [True]


def test_an_edit_that_changes_nothing_leaves_no_trace(it, film):
    clue = service.mark(it, VI, film, kind=ClueKind.OBJECT, value="rug")
    edited(it, clue)
    assert changes(it, "edit a clue") == 0


def test_what_a_person_rewrote_is_no_longer_the_machines(it, film):
    clue = service.mark(it, VI, film, kind=ClueKind.OBJECT, value="rug")
    with acting(it, Act.ALTER, film.as_thing(), VI, step="test"):
        Clue.objects.filter(pk=clue.pk).update(method="barcode", state="proposed", decided_by=None)
    assert edited(it, clue, because="see the corner").method == "barcode"
    made = edited(it, clue, value="green rug")
    assert (made.method, made.state) == ("examiner", "proposed")


def test_only_the_agency_that_provided_a_clue_regrades_it(it, film, joined):
    clue = service.mark(it, VI, film, kind=ClueKind.OBJECT, value="rug", evaluation="B2")
    with pytest.raises(service.ExamineRefused, match="only the agency that provided"):
        edited(joined.dk, clue, evaluation="A1")
    edited(joined.dk, clue, value="green rug")
    assert edited(it, clue, evaluation="A1").evaluation == "A1"


def test_of_two_who_edit_at_once_the_second_is_shown_the_first(it, film, joined):
    clue = service.mark(it, VI, film, kind=ClueKind.OBJECT, value="rug")
    opened = service.edition_of(again(it, Clue, clue.pk))
    word = {"edition": opened, "kind": ClueKind.OBJECT}
    service.edit(joined.dk, VI, clue, value="green rug", **word)
    for act in (
        lambda: service.edit(it, VI, clue, value="red rug", **word),
        lambda: service.confirm(it, VI, clue, edition=opened),
        lambda: service.withdraw(it, VI, clue, edition=opened),
        lambda: service.restore(it, VI, clue, edition=opened),
    ):
        with pytest.raises(service.Stale) as stale:
            act()
        assert stale.value.row.value in {"green rug", "rug"}
    assert again(it, Clue, clue.pk).value == "green rug"


def test_what_others_vote_on_stays_as_it_is(it, film, joined):
    clue = service.mark(it, VI, film, kind=ClueKind.OBJECT, value="rug")
    edited(it, clue, value="green rug")
    ask_opinion(it, VI, film, clue=clue)
    for act in (
        lambda: edited(joined.dk, clue, value="red rug"),
        lambda: service.restore(it, VI, clue),
    ):
        with pytest.raises(service.ExamineRefused, match="wait for the outcome"):
            act()
    assert again(it, Clue, clue.pk).value == "green rug"


def test_an_undo_between_hides_no_change(it, film):
    clue = service.mark(it, VI, film, kind=ClueKind.OBJECT, value="rug")
    edited(it, clue, value="green rug")
    opened = service.edition_of(again(it, Clue, clue.pk))
    service.restore(it, VI, clue)
    edited(it, clue, value="red rug")
    with pytest.raises(service.Stale):
        service.edit(it, VI, clue, edition=opened, kind=ClueKind.OBJECT, value="blue rug")


def test_a_readers_note_stays_in_a_case_of_his_own(circle, it, case, film, joined):
    with pytest.raises(guard.Denied):
        service.note(joined.fr, VI, film, "as in our case")
    assert [c.number for c in service.own_cases(joined.fr, VI)] == ["OWN-fr"]
    before = {m: len(seen_by(it, m)) for m in (Note, Change, Clue, Observation)}
    kept = service.note(joined.fr, VI, film, "as in our case", 1.5, within=joined.own["fr"])
    assert (kept.case_id, kept.media_id, kept.elsewhere) == (joined.own["fr"].pk, None, "#1 · IT-2026-001")
    assert {m: len(seen_by(it, m)) for m in before} == before, "nothing is written in the other case"
    assert again(joined.fr, Note, kept.pk).text == "as in our case"
    for other in (it, joined.dk, joined.it_second):
        assert again(other, Note, kept.pk) is None, "only members of one's own case see it"
    with guard.system("read the log in a test"):
        last = LogEntry.objects.order_by("-seq").first()
    assert (last.case, last.verb) == (joined.own["fr"].pk, "alter")
    with pytest.raises(guard.Denied):
        service.note(joined.fr, VI, film, "in theirs", within=joined.own["it_second"])


def test_a_note_about_a_withheld_item_is_withheld_alike(circle, case, film, joined):
    with guard.system("the item is withheld in a test"):
        Media.objects.filter(pk=film.pk).update(codes="H2")
    with acting(joined.it_second, Act.GRANT, joined.own["it_second"].as_thing(), VI, step="test"):
        Membership.objects.create(case=joined.own["it_second"], account=circle.nl, part="member")
    kept = service.note(joined.it_second, VI, film, "ours too", within=joined.own["it_second"])
    assert kept.codes == "H2"
    assert again(joined.it_second, Note, kept.pk) is not None
    assert again(circle.officer(circle.nl), Note, kept.pk) is None
    with pytest.raises(Media.DoesNotExist):
        service.note(joined.fr, VI, film, "felt for", within=joined.own["fr"])


def test_ones_own_note_is_edited_and_taken_back_and_nobody_elses(it, film, joined):
    kept = service.note(it, VI, film, "a bell outside", 1.0)
    with pytest.raises(service.ExamineRefused, match="only the one who wrote"):
        service.edit_note(joined.dk, VI, kept, "no bell", edition="")
    opened = service.edition_of(kept)
    service.edit_note(it, VI, kept, "a bell inside", 1.0, edition=opened)
    with pytest.raises(service.Stale):
        service.edit_note(it, VI, kept, "two bells", edition=opened)
    with guard.scope(it, VI):
        assert [s.what for s in service.history(kept)] == ["edit a note", "write a note"]
    assert service.undo_note(it, VI, kept).text == "a bell outside"
    assert service.undo_note(it, VI, kept) is None
    assert seen_by(it, Note) == []


def test_what_is_new_is_handled_as_its_maker_says_and_never_looser(circle, it, film):
    with guard.system("another agency's item in a test"):
        Media.objects.filter(pk=film.pk).update(codes="H1", owner=circle.agencies.dk)
    for made in (
        service.observe(it, VI, film, "a rug", codes=["H3"], handling_text="not to the press"),
        service.note(it, VI, film, "a rug", codes=["H3"], handling_text="not to the press"),
    ):
        assert (made.codes, made.handling_text) == ("H1 H3", "not to the press")
        assert Originator.objects.filter(thing=made.pk, agency=circle.agencies.dk).exists()


def test_a_reader_works_on_the_crop_and_cannot_fetch_the_original(officer, reader, items):
    whole = items["picture"]
    part = service.crop(officer, VI, whole, BOX, codes=["H1"])
    assert part.codes == "H0 H1"
    assert service.reveal(reader, VI, part)[1]
    looks = (
        lambda: service.reveal(reader, VI, whole),
        lambda: service.show_grey(reader, VI, whole, "grey"),
        lambda: service.show_grey(reader, VI, whole, "edges"),
        lambda: service.crop(reader, VI, whole, BOX),
    )
    for look in looks:
        with pytest.raises(guard.Denied):
            look()
        with guard.system("read the log in a test"):
            last = LogEntry.objects.order_by("-seq").first()
        assert (last.verb, last.thing, last.account) == ("denied", whole.pk, reader.id)
