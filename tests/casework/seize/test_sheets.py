"""The search sheet: it leaves with crops alone; what was ticked comes back and confirms nothing."""

import base64
import json
import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from entente.casework.examine.adjust import Recipe
from entente.casework.examine.service import crop
from entente.casework.intake.service import evidence_store
from entente.casework.seize import service
from entente.casework.seize.service import listing
from entente.records import clock, guard, log
from entente.records.models import Element, ElementMatch, LogEntry, Membership, SearchSheet, SheetTick
from entente.vocabulary.handling import Purpose
from entente.vocabulary.search_sheet import MOST_BYTES, SheetFault, SheetRefused
from tests.casework.seize.test_service import element, it, item  # noqa: F401  (fixtures)

VI = Purpose.VICTIM_IDENTIFICATION


@pytest.fixture
def sheet(case, it, element):  # noqa: F811
    return service.make_sheet(it(), VI, case, no_person=True)


def ticks(row, *told, by="IT-1002", **more):
    rows = [
        {
            "element": n,
            "answer": answer,
            "place": "Hall",
            "note": "E-1",
            "at": f"2026-03-09T06:{minute:02d}:00Z",
        }
        for n, answer, minute in told
    ]
    file = {"format": "entente-search-ticks", "version": 1, "sheet": row.digest, "by": by, "ticks": rows}
    return json.dumps(file | more).encode()


def held(case, it):  # noqa: F811
    with guard.scope(it(), VI):
        return list(SheetTick.objects.filter(case=case).order_by("at"))


def reasons(part):
    with guard.system("read the log in a test"):
        return list(LogEntry.objects.filter(opening__reason__contains=part).values_list("verb", flat=True))


def refusals(case):
    with guard.system("read the log in a test"):
        rows = LogEntry.objects.filter(case=case.pk, step="seize").order_by("seq")
        return [r.told["result"] for r in rows if r.told["result"] != "done"]


def test_the_sheet_holds_the_crops_and_nothing_of_the_originals(case, it, item, element, sheet):  # noqa: F811
    row, made = sheet
    pictures = re.findall(rb"data:image/\w+;base64,([^\"]+)", made)
    (shown,) = [Image.open(BytesIO(base64.b64decode(p))) for p in pictures]
    assert shown.size == (240, 240) != (item.width, item.height)
    with evidence_store().open(item.key) as stream:
        original = stream.read()
    inside = b"".join(base64.b64decode(p) for p in pictures)
    scan = original.index(b"\xff\xda") + 16
    assert not any(original[n : n + 64] in inside for n in range(scan, len(original) - 64, 97))
    assert row.digest.encode() in made and row.elements == {"1": str(element.pk)}
    assert reasons("print the search checklist") == ["consult"]
    assert reasons("make a search sheet for a phone: 1 elements, 1 crops, looked at") == ["collect"]
    assert not log.verify().faults


def test_the_more_crops_there_are_the_smaller_is_each(case, it, element, monkeypatch):  # noqa: F811
    assert [listing.crop_side(n) for n in (0, 39, 200, 1000)] == [900, 900, 400, 178]
    monkeypatch.setattr(listing, "ALL_CROPS", 120 * 120)
    _, made = service.make_sheet(it(), VI, case, no_person=True)
    (shown,) = re.findall(rb"data:image/\w+;base64,([^\"]+)", made)
    assert Image.open(BytesIO(base64.b64decode(shown))).size == (120, 120)


def test_a_crop_of_the_whole_picture_is_listed_and_shown_nowhere(case, it, item, element):  # noqa: F811
    whole = crop(it(), VI, item, None, recipe=Recipe(brightness=0.1))
    with pytest.raises(service.NotListed, match="shows the whole picture"):
        service.list_element(it(), VI, case, name="A room", crop=whole)
    with guard.scope(it(), VI), guard.system("one that was listed before this was refused"):
        Element.objects.filter(pk=element.pk).update(crop=whole)
    _, made = service.make_sheet(it(), VI, case, no_person=True)
    assert b"data:image" not in made and b"No picture: look for what is written." in made


def test_a_sheet_is_made_by_who_looked_and_may_receive(case, circle, it, element):  # noqa: F811
    with pytest.raises(SheetRefused) as refused:
        service.make_sheet(it(), VI, case, no_person=False)
    assert refused.value.fault is SheetFault.NOT_LOOKED_AT
    with guard.system("add a reader in a test"):
        Membership.objects.create(case=case, account=circle.dk, part="reader", since=clock.now())
    for who in (circle.dk, circle.fr):
        with pytest.raises(guard.Denied):
            service.make_sheet(circle.officer(who), VI, case, no_person=True)
    with guard.scope(it(), VI):
        assert not SearchSheet.objects.filter(case=case).exists()


def test_a_sheet_is_handled_as_all_that_it_shows(case, circle, it, element):  # noqa: F811
    with guard.scope(it(), VI), guard.system("a withheld element"):
        Element.objects.filter(pk=element.pk).update(codes="H0 H2")
    row, made = service.make_sheet(it(), VI, case, no_person=True)
    assert row.codes == "H0 H2" and b"H0 H2 " in made
    with guard.system("add a member of another agency"):
        Membership.objects.create(case=case, account=circle.dk, part="member", since=clock.now())
    with pytest.raises(SheetRefused) as refused:
        service.take_ticks(circle.officer(circle.dk), VI, case, ticks(row, (1, "found", 1)))
    assert refused.value.fault is SheetFault.OTHER_SHEET  # hidden and absent look the same


def test_ticks_come_in_once_and_confirm_nothing(case, it, sheet):  # noqa: F811
    row, _ = sheet
    before = service.Taken(1, 0, 0)
    assert service.take_ticks(it(), VI, case, ticks(row, (1, "not here", 5))) == before
    assert service.take_ticks(it(), VI, case, ticks(row, (1, "not here", 5))) == service.Taken(0, 1, 0)
    assert service.take_ticks(it(), VI, case, ticks(row, (1, "found", 9))) == before
    first, second = held(case, it)
    assert (first.answer, second.answer, second.by, second.place) == ("not here", "found", "IT-1002", "Hall")
    assert second.made_by_id == it().id
    with guard.scope(it(), VI):
        assert [t.answer for t in service.ticks_of(case).values()] == ["found"]
        assert service.coverage_of(case)[0].confirmed == 0
        assert not ElementMatch.objects.filter(case=case).exists()
    assert len(reasons("take in what was ticked at the search")) == 3
    service.take_tick_back(it(), VI, second)
    with guard.scope(it(), VI):
        assert [t.answer for t in service.ticks_of(case).values()] == ["not here"]
    assert service.take_ticks(it(), VI, case, ticks(row, (1, "found", 9))) == before


def test_what_is_not_of_a_sheet_is_refused_whole(case, it, sheet):  # noqa: F811
    row, _ = sheet
    for fault, data in (
        (SheetFault.OTHER_SHEET, ticks(row, (1, "found", 1), sheet="0" * 64)),
        (SheetFault.NOT_ON_SHEET, ticks(row, (1, "found", 1), (2, "found", 1))),
        (SheetFault.NOT_TICKS, ticks(row, (1, "confirmed", 1))),
        (SheetFault.NOT_TICKS, ticks(row, (1, "found", 1), picture="data:image/png;base64,AA==")),
        (SheetFault.TOO_LARGE, b" " * (MOST_BYTES + 1)),
    ):
        with pytest.raises(SheetRefused) as refused:
            service.take_ticks(it(), VI, case, data)
        assert refused.value.fault is fault
        assert refusals(case)[-1] == f"refused: {fault}", "it stays on record"
    assert held(case, it) == [] and len(refusals(case)) == 5


def test_a_clock_that_is_ahead_wins_over_nothing_that_comes_later(case, it, sheet, client, circle):  # noqa: F811
    row, _ = sheet
    now = clock.now()

    def said(answer, hours):
        told = json.loads(ticks(row, (1, answer, 1)))
        told["ticks"][0]["at"] = (now + timedelta(hours=hours)).isoformat()
        return json.dumps(told).encode()

    with pytest.raises(SheetRefused, match="set that phone's clock") as refused:
        service.take_ticks(it(), VI, case, said("found", 25))
    assert refused.value.fault is SheetFault.AHEAD and refusals(case) == ["refused: ahead"]
    for answer, hours in (("found", 23), ("not here", -1), ("not looked", 1)):
        service.take_ticks(it(), VI, case, said(answer, hours))
    with guard.scope(it(), VI):
        assert [t.answer for t in service.ticks_of(case).values()] == ["not looked"]
    client.force_login(circle.it)
    page = client.get(reverse("seize:sheets", args=[case.pk])).content
    assert page.count(b"That clock was ahead") == 2
    assert page.index(b">Not looked<") < page.index(b">Found<") < page.index(b">Not here<")


def test_a_withdrawn_sheet_takes_nothing_in_and_keeps_what_came(case, it, sheet):  # noqa: F811
    row, _ = sheet
    service.take_ticks(it(), VI, case, ticks(row, (1, "found", 1)))
    gone = service.withdraw_sheet(it(), VI, row)
    assert service.withdraw_sheet(it(), VI, row).withdrawn_at == gone.withdrawn_at
    with pytest.raises(SheetRefused) as refused:
        service.take_ticks(it(), VI, case, ticks(row, (1, "not here", 2)))
    assert refused.value.fault is SheetFault.WITHDRAWN and refusals(case) == ["refused: withdrawn"]
    assert [t.answer for t in held(case, it)] == ["found"]


def test_an_element_that_is_gone_leaves_the_others_be(case, it, element):  # noqa: F811
    service.list_element(it(), VI, case, name="A socket")
    row, _ = service.make_sheet(it(), VI, case, no_person=True)
    with guard.scope(it(), VI), guard.system("an element is erased"):
        Element.objects.filter(pk=element.pk).delete()
    told = ticks(row, (1, "found", 1), (2, "found", 1))
    assert service.take_ticks(it(), VI, case, told) == service.Taken(1, 0, 1)


def test_the_page_makes_takes_in_and_takes_back(case, circle, client, it, element, monkeypatch):  # noqa: F811
    client.force_login(circle.it)
    page, making = reverse("seize:sheets", args=[case.pk]), reverse("seize:sheet", args=[case.pk])
    refused = client.post(making)
    assert refused.status_code == 400 and b"no person is on any of them" in refused.content
    made = client.post(making, {"make-no_person": "on"})
    assert made.headers["Content-Disposition"].startswith("attachment") and b"A poster" in made.content
    with guard.scope(it(), VI):
        row = SearchSheet.objects.get(case=case)
    taking = reverse("seize:ticks", args=[case.pk])

    def sent(data):
        return client.post(taking, {"ticks-file": SimpleUploadedFile("t.json", data)})

    other = sent(ticks(row, (1, "found", 1), sheet="0" * 64))
    assert other.status_code == 400 and b"a sheet that this case does not have" in other.content
    assert sent(ticks(row, (1, "found", 1))).status_code == 303
    assert b"ticked at the search by IT-1002, 2026-03-09 06:01" in client.get(page).content
    listed = client.get(reverse("seize:page", args=[case.pk])).content
    assert b"ticked at the search by IT-1002" in listed
    (tick,) = held(case, it)
    assert client.post(reverse("seize:tick-back", args=[case.pk, tick.pk])).status_code == 303
    assert b"taken back" in client.get(page).content
    assert b"ticked at the search" not in client.get(reverse("seize:page", args=[case.pk])).content
    assert client.post(reverse("seize:sheet-withdraw", args=[case.pk, row.pk])).status_code == 303
    assert b"withdrawn" in client.get(page).content
    assert sent(ticks(row, (1, "found", 2))).status_code == 400, "that sheet was withdrawn"
    service.take_ticks(
        it(), VI, case, ticks(service.make_sheet(it(), VI, case, no_person=True)[0], (1, "found", 3))
    )
    monkeypatch.setattr("entente.records.leaf.A_LEAF", 1)  # each list turns its own leaves
    assert (b"?page=2" in (first := client.get(page).content)) and b"?sheets=2" in first
    assert b"06:03" not in client.get(f"{page}?page=2").content and b"06:03" in first
    client.force_login(circle.fr)
    assert client.get(page).status_code == client.post(making).status_code == 404
