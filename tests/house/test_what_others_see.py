"""A joint case: what one agency withholds leaves no trace for the other's members, however they look."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from threading import Event
from types import SimpleNamespace

import pytest
from django.urls import reverse

from entente.casework.intake.service import (
    WITHHELD_FROM,
    CaseRefused,
    Intake,
    next_number,
    open_case,
    receive,
)
from entente.casework.link import service as link
from entente.casework.match.service import check, keys_of
from entente.casework.prioritise.service import rank
from entente.casework.seize.service import exhibit, list_element
from entente.records import guard, jobs
from entente.records.models import (
    Clue,
    Element,
    HashList,
    Job,
    Link,
    ListedHash,
    LogEntry,
    Match,
    Media,
    Membership,
    Milestone,
    Priority,
    Series,
)
from entente.vocabulary.handling import Audience, Handling, HandlingCode, Purpose
from tests.evidence.drawn import encoded, scene

VI = Purpose.VICTIM_IDENTIFICATION
H2 = Handling(frozenset({HandlingCode.H2}))


@pytest.fixture
def joint(circle, case, tmp_path):
    """Italy's case with an Australian member, and two pictures in a folder of a man's name."""
    with guard.system("fill a joint case"):
        Membership.objects.create(case=case, account=circle.au, part="member")
    folder = tmp_path / "Mario Rossi"
    folder.mkdir()
    for n in (1, 2):
        (folder / f"Rossi{n}.png").write_bytes(encoded(scene(seed=n), "PNG"))
    return SimpleNamespace(circle=circle, case=case, folder=folder, it=circle.officer(circle.it))


def seen_by(joint: SimpleNamespace, who: str, model: type) -> list:
    officer = joint.circle.officer(getattr(joint.circle, who))
    with guard.scope(officer, VI):
        return list(model.objects.all())


def taken_in(joint: SimpleNamespace, *codes: str) -> None:
    receive(joint.it, VI, joint.case, [joint.folder], Intake("the phone of Mario Rossi", codes=codes))
    jobs.work(Event(), until_empty=True)


def page(client, joint: SimpleNamespace, who: str, name: str, **arguments: object) -> str:
    client.force_login(getattr(joint.circle, who))
    answer = client.get(reverse(name, kwargs={"case_id": joint.case.pk, **arguments}))
    assert answer.status_code == 200
    return re.sub(r'(csrf[^>]*value|content)="[^"]*"|"X-CSRFToken": "[^"]*"', "", answer.content.decode())


STEPS = (
    "case",
    *(f"{s}:page" for s in ("intake", "match", "link", "examine", "locate", "prioritise", "cooperate")),
)
MORE = tuple(f"{s}:page" for s in ("crosscheck", "inform", "seize", "close", "trends"))


@pytest.mark.slow
def test_withheld_files_and_all_that_follows_from_them_change_no_page_of_another_agency(client, joint):
    taken_in(joint, "H0")
    before = {name: page(client, joint, "au", name) for name in STEPS + MORE}
    for n in (3, 4, 5):
        (joint.folder / f"Rossi{n}.png").write_bytes(encoded(scene(seed=n), "PNG"))
    taken_in(joint, "H2")
    rank(joint.it, VI, joint.case)
    with guard.scope(joint.it, VI):
        withheld = list(Media.objects.filter(codes="H2"))
    assert len(withheld) >= 3
    link.gather(joint.it, VI, joint.case, withheld)
    for name, told in before.items():
        assert page(client, joint, "au", name) == told, name


def test_the_numbers_of_withheld_items_leave_no_gap(joint):
    it = joint.it.agency
    numbers = [next_number(joint.case, it, h) for h in (Handling(), H2, Handling(), H2, Handling())]
    assert numbers[::2] == [1, 2, 3]
    assert min(numbers[1::2]) > 1_000_000


def test_in_a_case_of_a_strict_audience_each_agency_s_things_leave_no_gap_in_the_others(joint):
    joint.case.audience = str(Audience.AMBER_STRICT)
    with guard.system("the case's audience in a test"):
        joint.case.save(update_fields=["audience"])
    au = joint.circle.officer(joint.circle.au)
    given = [next_number(joint.case, who.agency, Handling()) for who in (joint.it, au, joint.it, au)]
    assert given[::2] == [1, 2]
    assert min(given[1::2]) >= WITHHELD_FROM
    listed = [list_element(who, VI, joint.case, name="a lamp") for who in (joint.it, au, joint.it)]
    assert [e.number for e in seen_by(joint, "it", Element)] == [1, 2]
    assert listed[1].number >= WITHHELD_FROM


def two_lots(joint: SimpleNamespace) -> tuple[list[Media], list[Media]]:
    """Take in files that all members see and files that Italy withholds."""
    taken_in(joint, "H0")
    for n in (3, 4, 5):
        (joint.folder / f"Rossi{n}.png").write_bytes(encoded(scene(seed=n), "PNG"))
    taken_in(joint, "H2")
    held = seen_by(joint, "it", Media)
    return [m for m in held if m.codes == "H0"], [m for m in held if m.codes == "H2"]


def test_the_numbers_of_withheld_series_leave_no_gap(joint):
    (one, two, *_), (hidden, further, *_) = two_lots(joint)
    au = joint.circle.officer(joint.circle.au)
    first = link.gather(joint.it, VI, joint.case, [one])
    withheld = link.gather(joint.it, VI, joint.case, [hidden])
    again = link.gather(joint.it, VI, joint.case, [further])
    assert int(withheld.name[2:]) >= WITHHELD_FROM <= int(again.name[2:])
    second = link.gather(au, VI, joint.case, [two])
    assert (first.name, second.name) == ("S-1", "S-2")
    link.merge(joint.it, VI, withheld, again)
    assert link.gather(au, VI, joint.case, [two]).name == "S-3"  # a counted one that went is not given again


@pytest.mark.parametrize("way", ["move", "merge"])
def test_a_withheld_series_that_others_come_to_see_is_counted_and_can_be_taken_back(joint, way):
    (one, *_), (hidden, *_) = two_lots(joint)
    withheld = link.gather(joint.it, VI, joint.case, [hidden])
    name = withheld.name
    if way == "move":
        link.move(joint.it, VI, one, withheld)
    else:
        link.merge(joint.it, VI, withheld, link.gather(joint.it, VI, joint.case, [one]))
    (seen,) = seen_by(joint, "au", Series)
    assert int(seen.name[2:]) < WITHHELD_FROM
    with guard.scope(joint.it, VI):
        last = link.changes(joint.case)[0]
    link.undo(joint.it, VI, last)
    assert name in [s.name for s in seen_by(joint, "it", Series)]


def test_the_numbers_of_withheld_elements_leave_no_gap(joint):
    _, (hidden, *_) = two_lots(joint)
    with guard.system("a clue and a crop of a withheld item"):
        clue = Clue.objects.create(
            case=joint.case, owner_id=joint.it.agency, codes="H2", kind="object", value="lamp", media=hidden,
            state="confirmed",
        )  # fmt: skip
    open_ = {"officer": joint.circle.officer(joint.circle.au), "purpose": VI, "case": joint.case}
    first = list_element(**open_, name="a red lamp")
    withheld = [list_element(joint.it, VI, joint.case, name="a lamp", clue=clue) for _ in range(2)]
    second = list_element(**open_, name="a chair")
    assert (first.number, second.number) == (1, 2)
    assert all(e.number >= WITHHELD_FROM for e in withheld) and withheld[0].number != withheld[1].number
    assert [e.number for e in seen_by(joint, "au", Element)] == [1, 2]


def test_what_a_hash_list_says_is_for_its_agency_alone(joint):
    taken_in(joint, "H0")
    (first, *_) = seen_by(joint, "it", Media)
    with guard.system("a list of Italy's"):
        held = HashList.objects.create(
            owner_id=joint.it.agency, name="L", format="csv", sha256="0" * 64, imported_by=joint.circle.it
        )
        keyed = keys_of(joint.it.agency).digest("md5", first.md5)
        ListedHash.objects.create(list=held, owner_id=joint.it.agency, line=1, md5=keyed, category="1")
        Media.objects.update(known="")
    check(joint.it, VI, joint.case)
    jobs.work(Event(), until_empty=True)
    assert [m.verdict for m in seen_by(joint, "it", Match)] == ["exact"]
    assert seen_by(joint, "au", Match) == []


def test_a_job_is_shown_to_the_agency_that_asked_for_it(client, joint):
    taken_in(joint, "H0")
    job = Job.objects.filter(task="intake.receive").get()
    for who, status in (("it", 200), ("it_second", 404), ("au", 404)):
        client.force_login(getattr(joint.circle, who))
        assert client.get(reverse("job", args=[job.pk])).status_code == status, who
    assert str(job.pk) not in page(client, joint, "au", "intake:page")
    with guard.system("everything ends with a membership"):
        Membership.objects.filter(account=joint.circle.it).delete()
    client.force_login(joint.circle.it)
    assert client.get(reverse("job", args=[job.pk])).status_code == 404


def test_a_score_that_counts_withheld_items_is_not_for_others(joint):
    taken_in(joint, "H2")
    rank(joint.it, VI, joint.case)
    assert seen_by(joint, "it", Priority)
    assert seen_by(joint, "au", Priority) == []


def test_no_milestone_tells_where_the_clues_point(joint):
    taken_in(joint, "H0")
    for stone in seen_by(joint, "au", Milestone):
        assert not re.search(r"\d", stone.because)


def test_two_agencies_propose_the_same_link_though_one_sees_not_the_other_s(joint):
    taken_in(joint, "H0")
    a, b = seen_by(joint, "it", Media)[:2]
    told = {
        "a": a,
        "b": b,
        "kind": "near picture",
        "weight": 1.0,
        "because": "x",
        "method": "m",
        "version": "1",
    }
    with guard.system("the same link by two agencies"):
        for agency in (joint.it.agency, joint.circle.agencies.au.pk):
            Link.objects.create(case=joint.case, owner_id=agency, codes="H2", **told)


def test_an_exhibit_s_number_tells_nothing_of_another_agency_s(joint):
    held = {"number": "E1", "description": "a phone"}
    exhibit(joint.it, VI, joint.case, **held)
    exhibit(joint.circle.officer(joint.circle.au), VI, joint.case, **held)


def test_a_series_of_withheld_items_alone_is_as_none(client, joint):
    taken_in(joint, "H2")
    made = link.gather(joint.it, VI, joint.case, seen_by(joint, "it", Media))
    assert made.name in page(client, joint, "it", "link:page")
    client.force_login(joint.circle.au)
    at = reverse("link:series", args=[joint.case.pk, made.pk])
    assert client.get(at).status_code == 404
    assert seen_by(joint, "au", Series)  # the row itself holds no item
    assert made.name not in page(client, joint, "au", "link:page")


def test_a_number_that_a_colleague_gave_is_refused_in_words(circle, case):
    opened = {
        "title": "Operation Oak",
        "victim_number": "V-2",
        "discovered_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    with pytest.raises(CaseRefused, match="choose another number"):
        open_case(circle.officer(circle.it_second), VI, number=case.number, **opened)
    assert open_case(circle.officer(circle.fr), VI, number=case.number, **opened)


@pytest.mark.parametrize("name", ["Anna Rossi", "anna", "V-Anna Rossi", "", "V-"])
def test_a_victim_is_never_a_name(circle, name):
    with pytest.raises(CaseRefused, match="V-number"):
        open_case(
            circle.officer(circle.it),
            VI,
            number="1",
            title="Operation Oak",
            victim_number=name,
            discovered_at=datetime(2026, 1, 1, tzinfo=UTC),
        )


def test_names_of_files_folders_and_sources_stay_out_of_lists_and_log(client, joint):
    (joint.folder / "Rossi3.jpg").write_bytes(b"no picture")
    taken_in(joint, "H0")
    for name in ("intake:page", "link:page", "examine:page", "match:page", "trends:page"):
        told = page(client, joint, "it", name)
        assert "Rossi1" not in told and "Rossi3" not in told, name
    with guard.system("read the log in a test"):
        assert not LogEntry.objects.filter(body__contains="Rossi").exists()
        assert not LogEntry.objects.filter(opening__reason__contains="Rossi").exists()
    assert not any("Rossi" in f"{j.note}{j.error}{j.result}" for j in Job.objects.all())


@pytest.mark.parametrize("number", ["IT-9001", "IT-1002", "no such officer"])
def test_who_may_assign_nobody_learns_of_no_service_number(client, joint, number):
    client.force_login(joint.circle.au)
    at = reverse("prioritise:assign", args=[joint.case.pk])
    assert client.post(at, {"service_number": number, "part": "reader"}).status_code == 403
