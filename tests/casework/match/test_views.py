"""The pages of match: verdicts with reasons, and the agency's own lists."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from entente.records import guard, jobs
from entente.records.models import HashList, Job, Match, Quarantine
from tests.casework.match.test_service import checked, found, md5, pictures, take_in, taken, written
from tests.evidence.drawn import scene

__all__ = ["pictures"]
assert scene


@pytest.fixture
def met(circle, case, pictures, tmp_path):
    from entente.evidence.open import read

    taken(circle, case, pictures)
    take_in(circle, written(tmp_path / "l.csv", [f"{read(pictures / 'as it is.jpg').md5},1"]))
    checked(circle, case)
    return next(iter(found(case).values()))


def test_a_match_is_shown_with_its_reason_and_decided_by_a_named_person(client, circle, case, met):
    client.force_login(circle.it)
    page = reverse("match:page", args=[case.pk])
    html = client.get(page).content.decode()
    assert met.because in html
    answer = client.post(reverse("match:decide", args=[case.pk, met.pk]), {"say": "confirm"})
    assert answer.url == page
    html = client.get(page).content.decode()
    assert "Confirmed" in html
    assert circle.it.service_number in html


def test_a_word_that_is_neither_yes_nor_no_decides_nothing(client, circle, case, met):
    client.force_login(circle.it)
    answer = client.post(reverse("match:decide", args=[case.pk, met.pk]), {"say": "perhaps"})
    assert answer.status_code == 400
    with guard.system("test"):
        assert Match.objects.get(pk=met.pk).state == "proposed"


def test_comparing_is_asked_by_a_button(client, circle, case):
    client.force_login(circle.it)
    assert client.post(reverse("match:page", args=[case.pk])).status_code == 302
    assert Job.objects.get().task == "match.check"
    assert jobs.run(jobs.take("test"))


def test_an_outsider_neither_sees_nor_decides(client, circle, case, met):
    client.force_login(circle.dk)
    assert client.get(reverse("match:page", args=[case.pk])).status_code == 404
    answer = client.post(reverse("match:decide", args=[case.pk, met.pk]), {"say": "confirm"})
    assert answer.status_code == 404


@pytest.fixture
def desk(settings, tmp_path):
    settings.DESK = tmp_path


def upload(text: str, **change):
    file = SimpleUploadedFile("list.csv", text.encode())
    return {"name": "national", "format": "hashlist", "profile": "", "kind": "", "file": file, **change}


def test_a_list_is_imported_and_its_refused_line_shown_to_its_agency_only(client, circle, desk):
    client.force_login(circle.it)
    answer = client.post(reverse("lists"), upload(f"md5,category\n{md5(1)},1\nzzz,2\n"))
    assert answer.status_code == 302
    html = client.get(answer.url).content.decode()
    assert ">3<" in html
    assert "national" in client.get(reverse("lists")).content.decode()
    client.force_login(circle.dk)
    assert client.get(answer.url).status_code == 404
    assert "national" not in client.get(reverse("lists")).content.decode()


@pytest.mark.parametrize(
    ("text", "change", "says"),
    [
        ("ab" * 32, {}, "sha256 or pdq"),
        ("", {}, "empty"),
        ("x", {"format": "telex"}, "telex"),
        ("x", {"name": ""}, "required"),
    ],
)
def test_a_list_that_cannot_be_read_says_the_mend_in_the_form(client, circle, desk, text, change, says):
    client.force_login(circle.it)
    answer = client.post(reverse("lists"), upload(text, **change))
    assert answer.status_code == 400
    assert says in answer.content.decode()


def test_an_administrator_imports_nothing(client, circle, desk):
    client.force_login(circle.it_admin)
    assert client.post(reverse("lists"), upload(md5(1))).status_code == 403
    with guard.system("test"):
        assert not HashList.objects.exists()


def test_a_lists_page_tells_its_origin_its_versions_and_what_was_set_aside(client, circle, desk):
    client.force_login(circle.it)
    told = {
        "provider": "National centre",
        "given_on": "2026-11-01",
        "basis": "agreement 7",
        "version": "2026-11",
    }
    text = f"pdq,category\n{'0' * 60}0101,1\n{'f0' * 32},2\n"
    answer = client.post(reverse("lists"), upload(text, profile="US", model="2.0", **told))
    html = client.get(answer.url).content.decode()
    for word in ("National centre", "2026-11-01", "agreement 7", "US 2.0", "2 of 256 bits", "Keep aside"):
        assert word in html, word
    with guard.system("test"):
        aside = Quarantine.objects.get()
    where = reverse("list-aside", args=[aside.list_id, aside.pk])
    assert client.post(where, {"say": "perhaps"}).status_code == 400
    assert "say why" in client.post(where, {"say": "keep", "reason": ""}, follow=True).content.decode()
    html = client.post(where, {"say": "keep", "reason": "a blank page"}, follow=True).content.decode()
    assert "Kept aside" in html
    assert "a blank page" in html
    client.force_login(circle.dk)
    assert client.post(where, {"say": "release", "reason": "x"}).status_code == 404


def test_a_list_is_removed_by_its_agency_alone(client, circle, desk):
    client.force_login(circle.it)
    answer = client.post(reverse("lists"), upload(md5(1)))
    with guard.system("test"):
        held = HashList.objects.get()
    where = reverse("list-remove", args=[held.pk])
    client.force_login(circle.dk)
    assert client.post(where).status_code == 404
    client.force_login(circle.it)
    assert "national" in client.get(reverse("lists")).content.decode()
    assert client.post(where).status_code == 302
    assert "(removed" not in client.get(reverse("lists")).content.decode()
    while job := jobs.take("test"):
        assert jobs.run(job)
    assert client.get(answer.url).status_code == 404


def test_a_decision_on_a_match_is_taken_back(client, circle, case, met):
    client.force_login(circle.it)
    where = reverse("match:decide", args=[case.pk, met.pk])
    client.post(where, {"say": "refuse"})
    client.post(where, {"say": "reopen"})
    with guard.system("test"):
        assert Match.objects.get(pk=met.pk).state == "proposed"
