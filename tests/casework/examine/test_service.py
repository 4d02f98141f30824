"""Looking is logged first and counted; what is seen becomes a clue with its place and handling."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from entente.casework.examine import service
from entente.casework.examine.crop import overlaps
from entente.casework.examine.extractors.run import FIND_ALL
from entente.casework.examine.service import look, suggesting
from entente.casework.intake.service import evidence_store
from entente.records import guard, jobs
from entente.records.act import acting
from entente.records.models import Change, Clue, LogEntry, Media, Note, Originator, Viewing
from entente.safeguards.access import Act
from entente.vocabulary.clue import ClueGroup, ClueKind
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Region

VI = Purpose.VICTIM_IDENTIFICATION
BOX = Region(0.1, 0.125, 0.25, 0.333)


def entries():
    with guard.system("read the log in a test"):
        return list(LogEntry.objects.order_by("seq"))


def again(model, officer, pk):
    with guard.scope(officer, VI):
        return model.objects.get(pk=pk)


def restrict(case, officer, media, **fields):
    with acting(officer, Act.ALTER, case.as_thing(), VI, step="test"):
        Media.objects.filter(pk=media.pk).update(**fields)
    return again(Media, officer, media.pk)


def test_a_reveal_is_in_the_log_before_its_bytes_are_made(officer, items, monkeypatch):
    order = []
    real = look.render

    def watched(*args, **kwargs):
        order.append([e.verb for e in entries()][-1])
        with guard.scope(officer, VI):
            order.append(Viewing.objects.count())
        return real(*args, **kwargs)

    monkeypatch.setattr(look, "render", watched)
    viewing, picture = service.reveal(officer, VI, items["picture"])
    assert order == ["consult", 1]
    assert Image.open(io.BytesIO(picture)).size == (320, 240)
    assert (viewing.view, viewing.purpose, viewing.milliseconds) == ("clear", str(VI), 0)


def test_a_grey_still_is_small_and_grey_and_counted_too(officer, items):
    viewing, picture = service.show_grey(officer, VI, items["picture"])
    still = Image.open(io.BytesIO(picture))
    assert still.mode == "L"
    assert max(still.size) <= 160
    assert viewing.view == "grey"


def test_a_line_drawing_can_be_asked_for(officer, items):
    viewing, picture = service.show_grey(officer, VI, items["picture"], "edges")
    assert set(np.unique(np.asarray(Image.open(io.BytesIO(picture))))) <= {0, 255}
    assert viewing.view == "edges"


def test_a_frame_of_a_video_is_shown_singly_at_its_second(officer, items):
    first = service.reveal(officer, VI, items["video"], 0.0)[1]
    later = service.reveal(officer, VI, items["video"], 2.5)[1]
    pixels = [np.asarray(Image.open(io.BytesIO(p)).convert("RGB"), np.int16) for p in (first, later)]
    assert np.abs(pixels[0] - pixels[1]).mean() > 2


def test_it_refuses_a_look_that_cannot_be_and_counts_none(officer, items):
    for wrong in (
        lambda: service.reveal(officer, VI, items["refused"]),
        lambda: service.reveal(officer, VI, items["picture"], 1.0),
        lambda: service.reveal(officer, VI, items["video"], 99.0),
        lambda: service.show_grey(officer, VI, items["picture"], "clear"),
    ):
        with pytest.raises(service.ExamineRefused):
            wrong()
    with guard.scope(officer, VI):
        assert not Viewing.objects.exists()


def test_a_look_at_bytes_that_do_not_decode_is_not_counted_as_seen(case, officer, items):
    key = evidence_store().keep_bytes(b"\xff\xd8\xff\xe0" + b"\0" * 64, case.pk).key
    broken = restrict(case, officer, items["picture"], key=key)
    with pytest.raises(service.ExamineRefused):
        service.reveal(officer, VI, broken)
    with guard.scope(officer, VI):
        assert not Viewing.objects.exists()
    assert entries()[-1].verb == "consult", "that it was tried stays in the log"


def test_a_reader_is_denied_and_the_log_says_so(reader, items):
    for act in (service.reveal, service.show_grey):
        with pytest.raises(guard.Denied):
            act(reader, VI, items["picture"])
        assert entries()[-1].verb == "denied"
    with pytest.raises(guard.Denied):
        service.mark(reader, VI, items["picture"], kind=ClueKind.OBJECT, value="rug")
    with pytest.raises(guard.Denied):
        service.crop(reader, VI, items["picture"], BOX)


def test_a_reader_works_on_a_crop(officer, reader, items):
    made = service.crop(officer, VI, items["picture"], BOX)
    viewing, picture = service.reveal(reader, VI, made)
    assert viewing.view == "crop"
    assert Image.open(io.BytesIO(picture)).size[0] < 320


def test_the_length_of_a_look_is_told_once_and_by_the_one_who_looked(circle, case, officer, reader, items):
    viewing, _ = service.reveal(officer, VI, items["picture"])
    with pytest.raises(service.ExamineRefused):
        service.hide(reader, VI, viewing, 10)
    service.hide(officer, VI, viewing, 1500)
    service.hide(officer, VI, viewing, 9)
    assert again(Viewing, officer, viewing.pk).milliseconds == 1500
    other, _ = service.reveal(officer, VI, items["picture"])
    service.hide(officer, VI, other, 10**9)
    assert again(Viewing, officer, other.pk).milliseconds == service.LONGEST_LOOK_MS


def test_h3_is_read_before_each_opening(case, officer, items):
    media = restrict(case, officer, items["picture"], codes="H3", handling_text="only for unit 4")
    with pytest.raises(service.ExamineRefused, match="H3"):
        service.show_grey(officer, VI, media)
    assert service.show_grey(officer, VI, media, read_restriction=True)[1]


def test_a_clue_keeps_its_box_and_second(officer, items):
    clue = service.mark(
        officer,
        VI,
        items["video"],
        kind=ClueKind.OBJECT,
        value="red rug",
        region=BOX,
        start=1.25,
        end=2.0,
        group=ClueGroup.SCENE,
        evaluation="b2",
        because="woven by hand",
        negated=False,
    )
    held = again(Clue, officer, clue.pk)
    assert held.region == [0.1, 0.125, 0.25, 0.333]
    assert (held.start, held.end, held.group, held.evaluation) == (1.25, 2.0, "scene", "B2")
    assert (held.state, held.decided_by_id, held.source) == ("confirmed", officer.id, "examiner, IT")
    assert held.as_word().region == (0.1, 0.125, 0.25, 0.333)


def test_a_clue_outside_the_item_is_refused(officer, items):
    with pytest.raises(service.ExamineRefused, match="no time"):
        service.mark(officer, VI, items["picture"], kind=ClueKind.OBJECT, value="rug", start=1.0)
    with pytest.raises(service.ExamineRefused, match="between 0"):
        service.mark(officer, VI, items["video"], kind=ClueKind.OBJECT, value="rug", start=50.0)
    with pytest.raises(ValueError):
        service.mark(officer, VI, items["picture"], kind=ClueKind.OBJECT, value="rug", evaluation="Z9")


def test_a_clue_is_never_looser_than_its_item(case, circle, officer, items):
    media = restrict(case, officer, items["picture"], codes="H1", owner=circle.agencies.dk)
    clue = service.mark(
        officer,
        VI,
        media,
        kind=ClueKind.OBJECT,
        value="rug",
        codes=["H3"],
        handling_text="not to the press",
    )
    assert (clue.codes, clue.handling_text) == ("H1 H3", "not to the press")
    assert Originator.objects.filter(thing=clue.pk, agency=circle.agencies.dk).exists()


def test_decisions_are_recorded_and_taken_back(officer, items):
    clue = service.mark(officer, VI, items["picture"], kind=ClueKind.OBJECT, value="rug")
    service.withdraw(officer, VI, clue)
    assert again(Clue, officer, clue.pk).state == "withdrawn"
    assert service.restore(officer, VI, clue).state == "confirmed"
    with pytest.raises(service.ExamineRefused, match="no decision"):
        service.restore(officer, VI, clue)
    with guard.scope(officer, VI):
        assert Change.objects.get().undone_at is not None


def test_a_second_officers_decision_is_shown_not_overwritten(officer, items):
    clue = service.mark(officer, VI, items["picture"], kind=ClueKind.OBJECT, value="rug")
    service.withdraw(officer, VI, clue, seen="confirmed")
    with pytest.raises(service.ExamineRefused, match="withdrawn already"):
        service.withdraw(officer, VI, clue, seen="confirmed")


def test_notes_stand_side_by_side(officer, items):
    service.note(officer, VI, items["video"], "bell outside", 1.5)
    service.note(officer, VI, items["video"], "second voice")
    with guard.scope(officer, VI):
        assert set(Note.objects.values_list("text", "t")) == {("bell outside", 1.5), ("second voice", None)}
    with pytest.raises(service.ExamineRefused):
        service.note(officer, VI, items["video"], "  ")


def test_a_crop_is_sealed_and_carries_what_it_was_cut_from(case, circle, officer, items):
    media = restrict(
        case, officer, items["picture"], codes="H1 H3", handling_text="unit 4", owner=circle.agencies.it
    )
    with guard.system("a further originator for the test"):
        Originator.objects.create(thing=media.pk, agency=circle.agencies.it)
        Originator.objects.create(thing=media.pk, agency=circle.agencies.fr)
    with pytest.raises(guard.Denied):
        service.crop(officer, VI, media, BOX)  # France has not released an H3 item


def test_a_crop_takes_codes_and_originators_along(case, circle, officer, items):
    media = restrict(case, officer, items["picture"], codes="H1", owner=circle.agencies.fr)
    made = service.crop(officer, VI, media, BOX)
    assert (made.codes, made.origin, made.owner_id) == ("H1", "crop", officer.agency)
    assert Originator.objects.filter(thing=made.pk, agency=circle.agencies.fr).exists()
    assert evidence_store().check(made.key)
    assert made.number == max(m.number for m in items.values()) + 1
    assert abs(made.width / made.height - (0.25 * 320) / (0.333 * 240)) < 0.05
    assert len(made.full_turns) == 8


def test_extractors_propose_once_and_a_withdrawn_clue_does_not_come_back(case, officer, items):
    first = service.suggest(officer, VI, case)
    assert first.items == 2
    with guard.scope(officer, VI):
        clues = list(Clue.objects.all())
    device = next(c for c in clues if c.kind == "device")
    assert (device.state, device.value["make"], device.method) == ("proposed", "Nordica", "metadata")
    service.withdraw(officer, VI, device)
    assert service.suggest(officer, VI, case).items == 0
    with acting(officer, Act.ALTER, case.as_thing(), VI, step="test"):
        for media in Media.objects.filter(refusal=""):
            Media.objects.filter(pk=media.pk).update(decoded={})  # as if a new version had come
        Clue.objects.update(version="0")  # and had said the same
    assert service.suggest(officer, VI, case).clues == 0
    with guard.scope(officer, VI):
        assert Clue.objects.count() == len(clues)


def test_extractors_see_pictures_only_inside_the_decoder(case, officer, items, monkeypatch):
    asked = []
    real = suggesting.read

    def watched(path, **kwargs):
        asked.append(kwargs["extract"])
        return real(path, **kwargs)

    monkeypatch.setattr(suggesting, "read", watched)
    told = service.suggest(officer, VI, case)
    assert asked == [[FIND_ALL]] * 2
    assert told.refused == ()


def test_looks_avoided_are_the_items_worked_on_without_a_clear_look(case, officer, items):
    service.mark(officer, VI, items["picture"], kind=ClueKind.OBJECT, value="rug")
    service.note(officer, VI, items["video"], "bell")
    viewing, _ = service.reveal(officer, VI, items["video"], 1.0)
    service.hide(officer, VI, viewing, 2500)
    service.show_grey(officer, VI, items["picture"])
    told = service.exposure_of(officer, VI, case)
    assert (told.reveals, told.items_seen, told.seconds, told.avoided) == (1, 1, 2.5, 1)


def test_the_background_crop_meets_no_part_of_the_box(officer, items):
    person = Region(0.5, 0.2, 0.4, 0.7)
    made = service.crop_background(officer, VI, items["picture"], [person])
    assert not overlaps(Region(*made.region), person)
    assert made.region[2] * made.region[3] > 0.3
    with pytest.raises(service.ExamineRefused, match="smaller"):
        service.crop_background(officer, VI, items["picture"], [Region(0.0, 0.0, 1.0, 1.0)])


def test_the_worker_runs_the_extractors_as_a_job(case, officer, items):
    asked = service.ask_to_suggest(officer, VI, case)
    while job := jobs.take("test"):
        assert jobs.run(job), job.error
    asked.refresh_from_db()
    assert (asked.status, asked.done, asked.total) == ("done", 2, 2)
    assert asked.result["items"] == 2
