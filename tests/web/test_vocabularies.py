"""The pages of the vocabularies: read by all, changed by an administrator, previewed before taken."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from entente.records import vocabularies, wordfile
from entente.records.models import VocabularyVersion
from tests.records.test_vocabularies import BOTH, ENTRY, HEAD

LABELS = {"label_en": "globe", "label_fr": "globe", "label_it": "mappamondo"}


def browser(account) -> Client:
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def admin(circle):
    return browser(circle.it_admin)


def one(name: str = "objects") -> str:
    return reverse("vocabulary", args=[name])


def test_everybody_reads_and_only_an_administrator_is_offered_a_change(circle, admin):
    for client, may in ((admin, True), (browser(circle.it), False), (browser(circle.it_dpo), False)):
        for language in ("en", "fr", "it"):
            client.cookies["django_language"] = language
            for page in (reverse("vocabularies"), one(), one("categories_uk_2_0"), one("clue_kinds")):
                assert client.get(page).status_code == 200
        client.cookies["django_language"] = "en"
        assert (b"Import a file" in client.get(reverse("vocabularies")).content) is may
        assert (b'value="add"' in client.get(one()).content) is may
    assert b'value="add"' not in admin.get(one("clue_kinds")).content
    assert "Not public" in admin.get(one("categories_uk_2_0")).content.decode()


def test_a_term_is_added_renamed_deprecated_and_it_is_undone(circle, admin):
    it = circle.agencies.it.pk
    added = admin.post(one(), {"do": "add", "seen": "1", "code": "globe", "parent": "furniture", **LABELS})
    assert added.status_code == 302
    assert vocabularies.in_force(it, "objects").label("globe", "it") == "mappamondo"
    other = {**LABELS, "label_en": "globe of the earth"}
    admin.post(one(), {"do": "rename", "seen": "1+1", "code": "globe", **other})
    admin.post(one(), {"do": "deprecate", "seen": "1+2", "code": "globe", "replaced_by": "lamp"})
    term = vocabularies.in_force(it, "objects").term("globe")
    assert (term.label("en"), term.deprecated, term.replaced_by) == ("globe of the earth", True, "lamp")
    page = admin.get(one(), {"version": "1+1"}).content.decode()
    assert "as it stood" in page and "globe of the earth" not in page
    admin.post(one(), {"do": "restore", "seen": "1+3", "version": "1+1"})
    assert vocabularies.in_force(it, "objects").term("globe").label("en") == "globe"
    assert VocabularyVersion.objects.count() == 4


def test_what_is_refused_stands_in_its_form(admin):
    refused = admin.post(one(), {"do": "add", "seen": "1", "code": "lamp", **LABELS})
    assert refused.status_code == 400 and "is there already" in refused.content.decode()
    late = admin.post(one(), {"do": "rename", "seen": "0", "code": "lamp", **LABELS})
    assert late.status_code == 400 and "somebody changed it since" in late.content.decode()
    assert admin.post(one(), {"do": "deprecate", "seen": "0", "code": "lamp"}, follow=True).status_code == 200
    assert admin.get(one("nothing")).status_code == admin.get(one(), {"version": "9"}).status_code == 404
    assert not VocabularyVersion.objects.exists()


def test_an_import_shows_its_changes_first_and_takes_nothing_by_itself(circle, admin):
    def upload(text: str):
        file = SimpleUploadedFile("things.toml", text.encode())
        return admin.post(reverse("vocabularies"), {"file": file})

    shown = upload(BOTH)
    assert shown.status_code == 200 and "Nothing is taken yet" in shown.content.decode()
    assert not VocabularyVersion.objects.exists()
    taken = admin.post(reverse("vocabularies"), {"text": BOTH.replace("\n", "\r\n"), "seen": ""})
    assert taken.status_code == 302
    newer = (HEAD + ENTRY.replace("lamp", "torch")).replace('version = "1"', 'version = "2"')
    page = upload(newer).content.decode()
    assert "Offered no more" in page and "torch" in page
    assert "not newer" in upload(BOTH).content.decode()
    bad = upload(BOTH + ENTRY)
    assert bad.status_code == 400 and "line 12" in bad.content.decode()
    file = admin.post(reverse("vocabulary-export", args=["things"]))
    assert wordfile.read(file.content, "things.toml") == vocabularies.in_force(
        circle.agencies.it.pk, "things"
    )


def test_nobody_else_changes_them(circle):
    for account in (circle.it, circle.it_dpo):
        client = browser(account)
        change = {"do": "deprecate", "seen": "1", "code": "lamp"}
        assert client.post(one(), change).status_code == 403
        assert client.post(reverse("vocabularies"), {"text": BOTH, "seen": ""}).status_code == 403
        assert client.post(reverse("vocabulary-export", args=["objects"])).status_code == 403
    assert not VocabularyVersion.objects.exists()
