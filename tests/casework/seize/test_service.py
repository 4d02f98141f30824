"""Search day through the real store, sandbox and law: the machine proposes, a named person confirms."""

import re
from threading import Event

import pytest
from django.urls import reverse
from pikepdf import PdfImage

from entente.casework.examine.service import crop, mark
from entente.casework.intake.service import Intake, evidence_store, receive
from entente.casework.link.service import LATER
from entente.casework.seize import service
from entente.formats.typesetting import NotSet
from entente.records import clock, guard, jobs, log
from entente.records.models import Element, ElementMatch, Exhibit, LogEntry, Media, Membership, Milestone
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Region
from tests.casework.seize.scenes import aside, film, texture, wall, write
from tests.formats.test_product import pdf_of

VI = Purpose.VICTIM_IDENTIFICATION
THING = Region(200 / 640, 120 / 480, 240 / 640, 240 / 480)


@pytest.fixture
def it(circle):
    return lambda: circle.officer(circle.it)


def run():
    jobs.work(Event(), until_empty=True, least=0)  # what is compared by itself later is the business of link


@pytest.fixture
def item(case, it, tmp_path):
    path = write(tmp_path / "found" / "a.jpg", wall(2, texture(1)))
    receive(it(), VI, case, [path], Intake("a forum"))
    run()
    with guard.scope(it(), VI):
        return Media.objects.get(case=case)


@pytest.fixture
def element(case, it, item):
    cut = crop(it(), VI, item, THING)
    return service.list_element(it(), VI, case, name="A poster", room="Bedroom", crop=cut, evaluation="B2")


@pytest.fixture
def searched(case, it, element, item, tmp_path):
    folder = tmp_path / "search"
    write(folder / "p1.jpg", aside(wall(7, texture(1), at=(60, 150))))
    write(folder / "p2.jpg", aside(wall(8, texture(5))))
    service.receive_search(it(), VI, case, [folder], origin="search", source="search of day 9")
    seized = tmp_path / "seized"
    write(seized / "same.jpg", wall(2, texture(1)))
    write(seized / "mirror.jpg", wall(2, texture(1))[:, ::-1])
    write(seized / "other.jpg", wall(20, texture(21)))
    service.receive_search(it(), VI, case, [seized], origin="seized", source="a disk")
    run()


def matches(case, it):
    with guard.scope(it(), VI):
        return list(
            ElementMatch.objects.filter(case=case)
            .select_related("element", "media")
            .order_by("media__number")
        )


def test_the_machine_proposes_with_a_reason_and_confirms_nothing(case, it, element, searched):
    service.ask_to_compare(it(), VI, case)
    run()
    found = matches(case, it)
    assert sorted((m.media.origin, m.method) for m in found) == [
        ("search", "seize.sight"),
        ("seized", "PDQ"),
        ("seized", "SHA-256"),
    ]
    assert {m.state for m in found} == {"proposed"}
    assert all(m.because and m.decided_by_id is None for m in found)
    near = next(m for m in found if m.method == "PDQ")
    assert "after mirroring left to right" in near.because
    assert near.distance is not None


def test_comparing_again_adds_nothing_and_leaves_what_a_person_decided(case, it, element, searched):
    first = service.compare(it(), VI, case)
    assert (first.proposed, first.refused) == (3, ())
    decided = service.decide(it(), VI, matches(case, it)[0], same=False)
    again = service.compare(it(), VI, case)
    assert again.proposed == 0
    with guard.scope(it(), VI):
        assert ElementMatch.objects.get(pk=decided.pk).state == "refused"


def waiting():
    return list(jobs.Job.objects.filter(task="seize.compare", status="ready"))


def test_what_a_search_brings_is_compared_by_itself_once_and_only_what_is_new(
    case, it, circle, element, searched, tmp_path, monkeypatch
):
    service.list_element(it(), VI, case, name="A white cup")
    [job] = waiting()
    assert (job.account_id, job.priority) == (circle.it.pk, LATER), (
        "photographs, files and an element: one job"
    )
    assert service.ask_to_compare(it(), VI, case).pk == job.pk
    assert [j.priority for j in waiting()] == [0], "a person waits for the same job"

    monkeypatch.setattr("entente.casework.seize.service.looking.FILES_AT_ONCE", 1)

    def came(done: int, total: int) -> None:
        jobs.enqueue("match.check", it(), VI, case=case.pk, priority=1)

    assert not jobs.run(jobs.take("test", only=job), watch=came), "something more urgent came after one file"
    [job] = waiting()
    assert len(job.result["photos"]) == 1
    jobs.Job.objects.exclude(task="seize.compare").delete()
    assert jobs.run(jobs.take("test", only=job))
    job.refresh_from_db()
    assert job.result["looked_at"] == 1, "it went on where it was"
    assert len(matches(case, it)) == 3

    write(tmp_path / "more" / "p3.jpg", aside(wall(9, texture(1), at=(80, 140))))
    service.receive_search(it(), VI, case, [tmp_path / "more"], origin="search", source="day 9")
    run()
    [job] = waiting()
    assert jobs.run(jobs.take("test", only=job))
    job.refresh_from_db()
    assert (job.result["proposed"], job.result["looked_at"]) == (1, 1)
    assert {m.state for m in matches(case, it)} == {"proposed"}


def test_a_decision_names_its_officer_and_is_in_the_sentence(case, it, circle, element, searched):
    service.compare(it(), VI, case)
    match = service.decide(it(), VI, matches(case, it)[0], same=True)
    assert (match.state, match.decided_by_id) == ("confirmed", circle.it.id)
    with guard.scope(it(), VI):
        assert service.coverage_of(case)[1].startswith("1 of 1 elements are confirmed by a person")
    with guard.system("read the log in a test"):
        assert (
            LogEntry.objects.filter(step="seize", opening__reason__contains="confirm an element met").count()
            == 1
        )
    assert not log.verify().faults


def test_the_seized_files_are_counted_against_the_case(case, it, element, searched):
    with guard.scope(it(), VI):
        told = service.seized_summary(case)
    assert (told.files, told.equal, told.near, told.new, told.refused) == (3, 1, 1, 1, 0)


def test_the_first_files_of_the_search_reach_the_stage_once(case, it, searched):
    with guard.scope(it(), VI):
        assert Milestone.objects.filter(case=case, stage="search").count() == 1


def test_an_empty_folder_and_another_origin_are_refused_and_reach_nothing(case, it, tmp_path):
    with pytest.raises(service.NotListed, match="no file"):
        service.receive_search(it(), VI, case, [tmp_path / "none"], origin="search", source="x")
    with pytest.raises(service.NotListed, match="origin"):
        service.receive_search(it(), VI, case, [tmp_path], origin="found", source="x")
    with guard.scope(it(), VI):
        assert not Milestone.objects.filter(case=case, stage="search").exists()


@pytest.mark.parametrize("paper", ["a4", "phone"])
def test_the_checklist_holds_the_crops_and_nothing_of_the_originals(case, it, item, element, paper):
    service.list_element(it(), VI, case, name="A socket without a crop")
    made = service.checklist(it(), VI, case, paper)
    with pdf_of(made) as pdf:
        sizes = [
            (i.width, i.height) for p in pdf.pages for i in (PdfImage(x) for x in p.get_images().values())
        ]
    assert sizes == [(240, 240)]
    with evidence_store().open(item.key) as stream:
        original = stream.read()
    scan = original.index(b"\xff\xda") + 16  # the tables before it are the same in every JPEG
    assert not any(original[n : n + 64] in made for n in range(scan, len(original) - 64, 97))
    with guard.system("read the log in a test"):
        assert LogEntry.objects.filter(
            opening__reason__contains="print the search checklist", verb="consult"
        ).exists()


def test_an_empty_list_prints_nothing(case, it):
    with pytest.raises(NotSet, match="at least one element"):
        service.checklist(it(), VI, case)


def test_confirmed_clues_with_a_box_become_elements_once(case, it, item):
    mark(it(), VI, item, kind=ClueKind.OBJECT, value="a poster", region=THING, evaluation="B2")
    mark(it(), VI, item, kind=ClueKind.SOCKET, value="L", region=Region(0.1, 0.1, 0.2, 0.2))
    mark(it(), VI, item, kind=ClueKind.LANGUAGE, value={"it": 1.0}, region=THING)
    mark(it(), VI, item, kind=ClueKind.OBJECT, value="somewhere")
    made = service.elements_from_clues(it(), VI, case)
    assert [(e.number, e.name, e.evaluation) for e in made] == [(1, "a poster", "B2"), (2, "socket: L", "X4")]
    assert all(e.crop and e.crop.origin == "crop" for e in made)
    assert service.elements_from_clues(it(), VI, case) == []


def test_an_element_carries_the_handling_of_its_sources(case, it, item):
    clue = mark(it(), VI, item, kind=ClueKind.OBJECT, value="a lamp", codes=["H2"])
    assert service.list_element(it(), VI, case, name="A lamp", clue=clue).codes == "H0 H2"


def test_a_whole_file_or_a_nameless_element_is_refused(case, it, item):
    with pytest.raises(service.NotListed, match="never a whole file"):
        service.list_element(it(), VI, case, name="x", crop=item)
    with pytest.raises(service.NotListed, match="needs a name"):
        service.list_element(it(), VI, case, name=" ")


def test_an_exhibit_number_is_given_once(case, it, item):
    service.exhibit(it(), VI, case, number="PE-7", description="A phone", media=item)
    with pytest.raises(service.NotListed, match="already has an exhibit"):
        service.exhibit(it(), VI, case, number=" PE-7", description="Another")


def test_a_reader_lists_nothing_and_an_outsider_finds_nothing(case, circle, client, element):
    with guard.system("add a reader in a test"):
        Membership.objects.create(case=case, account=circle.dk, part="reader", since=clock.now())
    with pytest.raises(guard.Denied):
        service.list_element(circle.officer(circle.dk), VI, case, name="x")
    page = reverse("seize:page", args=[case.pk])
    client.force_login(circle.dk)
    assert client.get(page).status_code == 200
    assert client.post(page, {"element-name": "x", "element-evaluation": "X4"}).status_code == 403
    client.force_login(circle.fr)
    assert client.get(page).status_code == 404
    assert client.post(reverse("seize:compare", args=[case.pk])).status_code == 404
    assert client.get(reverse("seize:checklist", args=[case.pk, "a4"])).status_code == 404


def test_the_page_lists_prints_and_decides(case, circle, client, it, element, searched):
    client.force_login(circle.it)
    page = reverse("seize:page", args=[case.pk])
    answer = client.post(page, {"element-name": "A socket", "element-evaluation": "A1"})
    assert answer.status_code == 303
    assert client.post(page, {"element-name": "", "element-evaluation": "A1"}).status_code == 400
    assert client.post(reverse("seize:compare", args=[case.pk])).status_code == 303
    run()
    shown = client.get(page).content.decode()
    assert "A poster" in shown
    assert "lie on one plane" in shown
    assert 'src="/cases' not in shown  # nothing is shown unasked
    match = matches(case, it)[0]
    decide = reverse("seize:decide", args=[case.pk, match.pk])
    assert client.post(decide, {"say": "same"}).status_code == 303
    assert client.post(decide, {"say": "anything"}).status_code == 400
    with guard.scope(it(), VI):
        assert ElementMatch.objects.get(pk=match.pk).state == "confirmed"
        assert Element.objects.filter(case=case).count() == 2
    printed = client.get(reverse("seize:checklist", args=[case.pk, "phone"]))
    assert printed["Content-Type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF")


def test_a_thing_in_a_video_of_the_search_is_met_with_its_second_and_its_place(
    case, circle, client, it, element, tmp_path
):
    walk = [wall(30 + n // 10, texture(5)) for n in range(20)] + [wall(9, texture(1), at=(60, 150))] * 20
    film(tmp_path / "search" / "walk.mp4", walk)
    service.receive_search(it(), VI, case, [tmp_path / "search"], origin="search", source="day 9")
    run()
    assert service.compare(it(), VI, case).proposed == 1
    (met,) = matches(case, it)
    assert (met.method, met.media.kind) == ("seize.sight", "video")
    assert 2.0 <= met.t < 4.0 and f"at {met.t:.1f} s of the video" in met.because
    (left, top), _, (right, bottom), _ = met.place
    assert (left, top) == pytest.approx((60 / 640, 150 / 480), abs=0.03)
    assert (right, bottom) == pytest.approx((300 / 640, 390 / 480), abs=0.03)
    client.force_login(circle.it)
    shown = client.get(reverse("seize:page", args=[case.pk])).content.decode()
    assert "seen in #1" in shown
    assert f"?t={met.t:.3f}" in shown
    assert re.search(r"(8|9|10|11) to (46|47|48) % from the left", shown)


def test_a_video_in_which_an_element_is_seen_is_met_in_a_copy_at_its_second(case, it, tmp_path):
    rooms = [wall(2, texture(3))] * 20 + [wall(9, texture(1), at=(60, 150))] * 20
    film(tmp_path / "found" / "a.mp4", rooms)
    receive(it(), VI, case, [tmp_path / "found"], Intake("a forum"))
    run()
    with guard.scope(it(), VI):
        video = Media.objects.get(case=case)
    cut = crop(it(), VI, video, Region(60 / 640, 150 / 480, 240 / 640, 240 / 480), t=3.0)
    service.list_element(it(), VI, case, name="A poster", crop=cut, seen_at=3.0)
    later = [wall(40, texture(41))] * 20 + rooms
    film(tmp_path / "seized" / "b.mkv", later, quality=6)
    service.receive_search(it(), VI, case, [tmp_path / "seized"], origin="seized", source="a disk")
    run()
    service.compare(it(), VI, case)
    (met,) = matches(case, it)
    assert met.method == "PDQ" and 4.0 <= met.t < 6.0
    assert "the video in which the element is seen, #1, at" in met.because
    assert f"at {met.t:.1f} s of the video" in met.because


def test_a_confirmed_pair_begins_the_record_of_an_exhibit_and_a_proposed_one_does_not(
    case, circle, client, it, element, searched
):
    service.compare(it(), VI, case)
    first, second, *_ = matches(case, it)
    service.decide(it(), VI, first, same=True)
    client.force_login(circle.it)
    page = reverse("seize:page", args=[case.pk])
    link = f"{page}?exhibit={first.pk}#exhibits"
    assert link in client.get(page).content.decode()
    begun = client.get(page, {"exhibit": str(first.pk)}).content.decode()
    assert re.search(r'name="exhibit-description"[^>]*value="A poster"', begun)
    assert re.search(rf'<option value="{first.media_id}" selected', begun)
    for wrong in (str(second.pk), "x", str(case.pk)):
        page_of = client.get(page, {"exhibit": wrong}).content.decode()
        assert not re.search(r'name="exhibit-description"[^>]*value="A poster"', page_of)
    sent = {
        "exhibit-number": "E-1",
        "exhibit-description": "A poster",
        "exhibit-items": [str(first.media_id)],
    }
    answer = client.post(reverse("seize:exhibit", args=[case.pk]), sent, follow=True)
    assert answer.status_code == 200 and "E-1" in answer.content.decode()
    with guard.scope(it(), VI):
        row = Exhibit.objects.get(case=case)
        assert [i.media_id for i in row.items.all()] == [first.media_id]
        assert service.chain_of(row).records == ()


def test_only_members_act_on_a_match(case, circle, it, element, searched):
    service.compare(it(), VI, case)
    with pytest.raises(guard.Denied):
        service.decide(circle.officer(circle.fr), VI, matches(case, it)[0], same=True)


def test_photographs_are_taken_in_by_upload_and_seized_files_by_folder(
    case, circle, client, it, tmp_path, settings
):
    settings.DESK = tmp_path / "desk"
    settings.DESK.mkdir()
    settings.INTAKE_ROOTS = [str(tmp_path / "disk")]
    client.force_login(circle.it)
    address = reverse("seize:receive", args=[case.pk])
    given = {"found-source": "day 9", "found-codes": "H0", "found-handling_text": ""}
    with write(tmp_path / "up" / "p.jpg", wall(7)).open("rb") as photo:
        sent = client.post(address, {**given, "found-origin": "search", "found-found": photo})
    assert sent.status_code == 303
    write(tmp_path / "disk" / "s.jpg", wall(8))
    folder = {**given, "found-origin": "seized", "found-folder": str(tmp_path / "disk")}
    assert client.post(address, folder).status_code == 303
    assert client.post(address, {**given, "found-origin": "search"}).status_code == 400
    run()
    with guard.scope(it(), VI):
        assert set(Media.objects.filter(case=case).values_list("origin", flat=True)) == {"search", "seized"}


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("object", "a poster", "a poster"),
        ("text", {"string": "Forno", "script": "Latn"}, "text: Forno"),
        ("language", {"it": 0.95, "es": 0.05}, "language: it 0.95, es 0.05"),
        ("gps", {"lat": 43.9, "lon": 4.8, "radius_m": 15}, "gps: 43.9, 4.8, 15"),
    ],
)
def test_an_element_is_named_with_the_whole_value_of_its_clue(kind, value, words):
    assert service.in_words(kind, value) == words
