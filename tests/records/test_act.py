"""One act: what is denied inside another act stays in the log, whatever becomes of that act."""

from __future__ import annotations

import pytest

from entente.records import guard, log
from entente.records.act import acting
from entente.records.models import LogEntry, Note
from entente.safeguards.access import Act
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION


def verbs():
    with guard.system("test"):
        return [e.verb for e in LogEntry.objects.order_by("seq")]


def denied_inside(circle, case):
    """Write a note, then try what nobody may: let something leave without a recipient."""
    officer, thing = circle.officer(circle.it), case.as_thing()
    with acting(officer, Act.ALTER, thing, VI, step="examine"):
        Note.objects.create(case=case, owner=circle.agencies.it, text="lost")
        with acting(officer, Act.DISCLOSE, thing, VI, step="cooperate", reason="send"):
            raise AssertionError("must not run")


def test_a_denial_inside_an_act_survives_the_act_that_it_undoes(case, circle):
    before = verbs()
    with pytest.raises(guard.Denied):
        denied_inside(circle, case)
    assert verbs() == [*before, "denied"]
    with guard.system("test"):
        assert not Note.objects.exists()
    assert not log.verify().faults


def test_a_denial_that_the_outer_act_lives_with_is_written_once(case, circle):
    officer, thing, before = circle.officer(circle.it), case.as_thing(), verbs()
    with acting(officer, Act.ALTER, thing, VI, step="examine"):
        for _ in range(2):
            with pytest.raises(guard.Denied), acting(officer, Act.DISCLOSE, thing, VI, step="cooperate"):
                raise AssertionError("must not run")
    assert verbs() == [*before, "alter", "denied", "denied"]


def test_a_denied_page_is_in_the_log_although_its_consultation_is_undone(client, case, circle):
    from django.urls import reverse

    reader = circle.make_account(circle.agencies.it, "IT-1003")
    with guard.system("test"):
        case.memberships.create(account=reader, part="reader")
    client.force_login(reader)
    before = verbs()
    assert client.post(reverse("locate:keep", args=[case.pk])).status_code == 403
    assert verbs() == [*before, "denied"]
