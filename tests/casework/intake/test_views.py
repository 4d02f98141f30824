"""The page of intake: uploads, a folder, and who may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from entente.casework.prioritise.service import assign
from entente.records import guard, jobs
from entente.records.models import Job, LogEntry, Media, Occurrence
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose
from tests.evidence.drawn import encoded, scene

VI = Purpose.VICTIM_IDENTIFICATION


@pytest.fixture
def desk(settings, tmp_path) -> Path:
    settings.DESK = tmp_path / "set apart" / "desk"
    settings.DESK.mkdir(parents=True)
    settings.INTAKE_ROOTS = [str(tmp_path / "set apart"), str(tmp_path / "of {agency}")]
    return settings.DESK


def given(**change):
    picture = SimpleUploadedFile("room.png", encoded(scene(seed=1), "PNG"))
    broken = SimpleUploadedFile("../../letter.jpg", b"a letter")
    return {"source": "a phone", "found": [picture, broken], "codes": ["H0"], **change}


def laid_down(desk: Path) -> list[Path]:
    return [p for p in (desk / "uploads").rglob("*") if p.is_file()]


def test_uploads_are_received_shown_and_not_left_lying_about(client, case, circle, desk):
    client.force_login(circle.it)
    page = reverse("intake:page", args=[case.pk])
    answer = client.post(page, given())
    assert (answer.status_code, answer.url) == (302, page)
    assert len(laid_down(desk)) == 2
    jobs.run(jobs.take("test", only=Job.objects.get(task="intake.receive")))
    assert laid_down(desk) == []
    html = client.get(page).content.decode()
    for said in ("not-media", "a phone", "1 new, 1 refused"):
        assert said in html
    with guard.system("test"):
        assert sorted(Occurrence.objects.values_list("name", flat=True)) == ["letter.jpg", "room.png"]


def test_an_empty_upload_is_refused_by_name_and_the_others_go_in(client, case, circle, desk):
    client.force_login(circle.it)
    page = reverse("intake:page", args=[case.pk])
    empty = SimpleUploadedFile("IMG_0420.JPG", b"")
    answer = client.post(page, given(found=[given()["found"][0], empty]))
    assert answer.status_code == 302
    jobs.run(jobs.take("test", only=Job.objects.get(task="intake.receive")))
    html = client.get(page).content.decode()
    assert "the file has no bytes" in html and "1 new, 1 refused" in html


def test_a_partner_in_the_case_receives_its_own_material(client, case, circle, desk):
    assign(circle.officer(circle.it), VI, case, circle.fr, part=Part.MEMBER)
    client.force_login(circle.fr)
    assert client.post(reverse("intake:page", args=[case.pk]), given()).status_code == 302
    assert jobs.run(jobs.take("test", only=Job.objects.get(task="intake.receive")))
    with guard.system("test"):
        assert {m.owner_id for m in Media.objects.all()} == {circle.agencies.fr.pk}
        assert Media.objects.count() == 2


def test_a_reader_is_refused_and_no_byte_is_laid_down(client, case, circle, desk):
    assign(circle.officer(circle.it), VI, case, circle.fr, part=Part.READER)
    client.force_login(circle.fr)
    answer = client.post(reverse("intake:page", args=[case.pk]), given())
    assert answer.status_code == 403
    assert b"may not receive" in answer.content
    assert laid_down(desk) == []
    assert not Job.objects.exists()
    with guard.system("test"):
        assert LogEntry.objects.order_by("-seq").first().verb == "denied"


def test_an_outsider_does_not_find_the_page(client, case, circle, desk):
    client.force_login(circle.dk)
    assert client.get(reverse("intake:page", args=[case.pk])).status_code == 404
    assert client.post(reverse("intake:page", args=[case.pk]), given()).status_code == 404
    assert laid_down(desk) == []


def test_a_folder_is_taken_in_only_below_one_set_apart_for_the_agency(
    client, case, circle, desk, tmp_path, settings
):
    client.force_login(circle.it)
    page = reverse("intake:page", args=[case.pk])
    for name in ("of it", "of fr", "elsewhere", "set apart"):
        (tmp_path / name).mkdir(exist_ok=True)
    (tmp_path / "of it" / "there").symlink_to(tmp_path / "elsewhere")
    closed = ["of fr", "elsewhere", "of it/../elsewhere", "of it/there", "set apart", "set apart/desk", "."]
    for name in closed:
        told = client.post(page, given(found=[], folder=str(tmp_path / name)))
        assert told.status_code == 400, name
    assert not Job.objects.exists()
    assert client.post(page, given(found=[], folder=str(tmp_path / "of it"))).status_code == 302
    assert Job.objects.get().payload["paths"] == [str(tmp_path / "of it")]
    settings.INTAKE_ROOTS = [""]
    assert b'name="folder"' not in client.get(page).content
    assert client.post(page, given(found=[], folder=str(tmp_path / "of it"))).status_code == 400


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"found": []}, "Choose files, or name a folder"),
        ({"found": [], "folder": "/no/such/folder"}, "There is no such folder"),
        ({"found": [], "folder": "/"}, "There is no such folder"),
        ({"found": [], "folder": "the desk"}, "own folder"),
        ({"codes": ["H3"]}, "H3 needs its restriction in words"),
        ({"source": ""}, "required"),
    ],
)
def test_what_is_missing_is_said_in_the_form(client, case, circle, desk, change, says):
    if change.get("folder") == "the desk":
        change = {**change, "folder": str(desk)}
    client.force_login(circle.it)
    answer = client.post(reverse("intake:page", args=[case.pk]), given(**change))
    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert not Job.objects.exists()
    assert laid_down(desk) == []
