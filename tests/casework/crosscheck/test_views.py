"""The page of the cross-check as asker, holder and outsider get it."""

from __future__ import annotations

from entente.records import guard
from entente.records.models import CheckHit
from tests.casework.crosscheck.test_service import SHA, held, item  # noqa: F401


def test_asking_shows_owner_and_contact_and_the_holder_sees_who_asked(circle, case, client, held):  # noqa: F811
    item(case, circle.agencies.it, 12, sha256=SHA)
    client.force_login(circle.it)
    page = client.post(f"/cases/{case.pk}/crosscheck/ask/", {"kinds": ["hash"]}, follow=True)
    assert b"desk@dk.example" in page.content
    for secret in (SHA, str(held.pk), str(held.case_id), "X-1", "Operation Fir"):
        assert secret.encode() not in page.content
    client.force_login(circle.dk)
    theirs = client.get(f"/cases/{held.case_id}/crosscheck/")
    assert b"desk@it.example" in theirs.content
    assert b"Operation Larch" not in theirs.content
    assert client.get(f"/cases/{case.pk}/crosscheck/").status_code == 404


def test_a_mistake_is_shown_in_the_form_and_nothing_is_asked(circle, case, client):
    client.force_login(circle.it)
    url = f"/cases/{case.pk}/crosscheck/ask/"
    wrong = client.post(url, {"kinds": ["phone"], "phones": "12 34"})
    assert wrong.status_code == 400
    assert b"with its country code" in wrong.content
    unchosen = client.post(url, {"kinds": ["hash"], "emails": "a@example.org"})
    assert unchosen.status_code == 400
    assert b"Choose this kind above" in unchosen.content
    assert client.get(url).status_code == 405
    with guard.system("test"):
        assert not CheckHit.objects.exists()
