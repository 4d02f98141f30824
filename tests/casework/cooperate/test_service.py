"""Between agencies: who learns of what, whose grade stands, and what leaves."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image

from entente.casework.cooperate import service
from entente.casework.examine.service import shelter
from entente.casework.intake.service import evidence_store
from entente.records import clock, guard, release
from entente.records.models import (
    Answer,
    Clue,
    Dispatch,
    LogEntry,
    Media,
    Membership,
    Milestone,
    Originator,
    Release,
    Request,
    Viewing,
)
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION


def drawn(seed=1):
    """A drawn tile pattern as PNG."""
    rng = np.random.default_rng(seed)
    tiles = np.kron(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8), np.ones((40, 40, 1), np.uint8))
    out = io.BytesIO()
    Image.fromarray(tiles).save(out, "PNG")
    return out.getvalue()


def ask(circle, case, *short, **kwargs):
    given = {"question": "Where is this tile sold?", "asks": "region", "due": clock.now() + timedelta(days=2)}
    agencies = [getattr(circle.agencies, s) for s in short]
    return service.ask(circle.officer(circle.it), VI, case, agencies=agencies, **given | kwargs)


def sent_to(circle, request, short):
    with guard.system("test"):
        return Dispatch.objects.get(request=request, addressed=getattr(circle.agencies, short))


def answer(circle, dispatch, short, **kwargs):
    given = {"kind": "answer", "clue_kind": "region", "clue_value": {"country": "DK", "admin1": "17"}}
    return service.answer(circle.officer(getattr(circle, short)), VI, dispatch, **given | kwargs)


def join(case, *accounts, part="member"):
    with guard.system("test"):
        for account in accounts:
            Membership.objects.create(
                case=case, account=account, part=part, since=clock.now() - timedelta(hours=1)
            )


def sees(circle, short, row):
    with guard.scope(circle.officer(getattr(circle, short)), VI):
        return type(row).objects.filter(pk=row.pk).exists()


def entries(**kwargs):
    with guard.system("test"):
        return list(LogEntry.objects.filter(**kwargs).order_by("seq"))


@pytest.fixture
def crop(case, circle):
    """A crop of Italy from an item that the Netherlands gave."""
    store = evidence_store()
    original, cut = store.keep_bytes(drawn(1), case.pk), store.keep_bytes(drawn(2), case.pk)
    with guard.system("test"):
        item = Media.objects.create(
            case=case, owner=circle.agencies.nl, number=1, source="nl", key=original.key, kind="picture"
        )
        row = Media.objects.create(
            case=case, owner=circle.agencies.it, number=2, source="cut", origin="crop", parent=item,
            region=[0.1, 0.1, 0.5, 0.5], key=cut.key, kind="picture",
        )  # fmt: skip
        row.derives_from(item)
    return row


def allow(circle, crop, *short):
    with guard.system("test"):
        item = Media.objects.get(pk=crop.parent_id)
        crop = Media.objects.select_related("case").get(pk=crop.pk)
    join(crop.case, circle.nl)
    for to in short:
        until = clock.now() + timedelta(days=30)
        release.release(
            circle.officer(circle.nl), VI, crop, getattr(circle.agencies, to), until, "to be asked"
        )
    return item


def test_each_agency_gets_its_own_dispatch_and_its_own_log_entry(circle, case):
    request = ask(circle, case, "dk", "fr")
    sent = entries(verb="disclose")
    assert len(sent) == 2
    bodies = {str(circle.agencies.dk.pk): 0, str(circle.agencies.fr.pk): 0}
    for entry in sent:
        (to,) = [a for a in bodies if a in entry.body]
        assert f'"recipients":["{to}"]' in entry.body
        bodies[to] += 1
    assert set(bodies.values()) == {1}
    assert "tile" not in "".join(e.body for e in entries())
    assert sent_to(circle, request, "dk").question == "Where is this tile sold?"


def test_a_recipient_sees_its_dispatch_and_nothing_else_of_the_case(circle, case):
    request = ask(circle, case, "dk", "fr")
    dk, fr = sent_to(circle, request, "dk"), sent_to(circle, request, "fr")
    assert sees(circle, "dk", dk)
    assert not sees(circle, "dk", fr)
    assert not sees(circle, "dk", request)
    assert not sees(circle, "dk", case)


def test_a_fellow_member_of_the_case_does_not_learn_who_was_asked(circle, case):
    join(case, circle.fr)
    request = ask(circle, case, "dk", "fr")
    assert sees(circle, "fr", request)
    assert not sees(circle, "fr", sent_to(circle, request, "dk"))
    assert sees(circle, "fr", sent_to(circle, request, "fr"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"question": "  "}, "question"),
        ({"due": clock.now() - timedelta(days=1)}, "later date"),
        ({"asks": "face"}, "no clue"),
        ({"urgency": "soon"}, "urgency"),
        ({"codes": ["H3"]}, "H3"),
    ],
)
def test_it_refuses_a_question_that_is_not_precise(circle, case, change, words):
    with pytest.raises(ValueError, match=words):
        ask(circle, case, "dk", **change)
    with guard.system("test"):
        assert not Request.objects.exists()


def test_it_is_sent_to_somebody_else_and_to_somebody(circle, case):
    for short in ((), ("it",), ("dk", "it")):
        with pytest.raises(service.NotAsked):
            ask(circle, case, *short)


def test_a_reader_and_an_outsider_send_nothing(circle, case):
    join(case, circle.it_second, part="reader")
    for account in (circle.it_second, circle.fr):
        with pytest.raises(guard.Denied):
            service.ask(
                circle.officer(account), VI, case, question="?", agencies=[circle.agencies.dk],
                due=clock.now() + timedelta(days=1),
            )  # fmt: skip
    assert len(entries(verb="denied")) == 2


def test_opening_is_logged_and_the_asker_sees_that_it_was_read(circle, case):
    dispatch = sent_to(circle, ask(circle, case, "dk"), "dk")
    service.read_dispatch(circle.officer(circle.dk), VI, dispatch)
    with guard.scope(circle.officer(circle.it), VI):
        assert Dispatch.objects.get(pk=dispatch.pk).read_at
    last = entries()[-1]
    assert (last.verb, last.agency_id, last.thing) == ("consult", circle.agencies.dk.pk, dispatch.pk)


def test_an_h2_answer_reaches_the_asker_and_no_other_member(circle, case):
    join(case, circle.fr, circle.eu, circle.it_second)
    dispatch = sent_to(circle, ask(circle, case, "dk"), "dk")
    given = answer(circle, dispatch, "dk", codes=["H2"], evaluation="B2")
    assert sees(circle, "it", given)
    assert sees(circle, "it_second", given)
    assert sees(circle, "dk", given)
    assert not sees(circle, "fr", given)
    assert not sees(circle, "eu", given)
    assert str(circle.agencies.it.pk) in entries(thing=dispatch.pk, verb="alter")[-1].body


def test_an_answer_becomes_a_clue_with_the_providers_grade_and_handling(circle, case):
    join(case, circle.fr)
    dispatch = sent_to(circle, ask(circle, case, "dk"), "dk")
    given = answer(circle, dispatch, "dk", codes=["H1", "H2"], evaluation="B2")
    clue = service.take(circle.officer(circle.it), VI, given)
    assert (clue.evaluation, clue.group, clue.codes, clue.value) == (
        "B2", "partner", "H1 H2", {"country": "DK", "admin1": "17"},
    )  # fmt: skip
    with guard.system("test"):
        assert Originator.objects.get(thing=clue.pk).agency == circle.agencies.dk
        assert Milestone.objects.filter(case=case, stage="contributions").count() == 1
    assert sees(circle, "it", clue)
    assert not sees(circle, "fr", clue)
    assert service.take(circle.officer(circle.it), VI, given).pk == clue.pk
    with guard.system("test"):
        assert Clue.objects.count() == 1


def test_not_ours_becomes_a_negated_country(circle, case):
    dispatch = sent_to(circle, ask(circle, case, "fr"), "fr")
    given = answer(circle, dispatch, "fr", kind="not ours", clue_kind="", clue_value=None, evaluation="A1")
    clue = service.take(circle.officer(circle.it), VI, given)
    assert (clue.kind, clue.value, clue.negated, clue.evaluation) == ("country", "FR", True, "A1")


def test_only_the_agency_that_asked_takes_the_answer(circle, case):
    join(case, circle.fr)
    given = answer(circle, sent_to(circle, ask(circle, case, "dk"), "dk"), "dk")
    with pytest.raises(service.NotAnswered):
        service.take(circle.officer(circle.fr), VI, given)
    with guard.system("test"):
        assert not Clue.objects.exists()


def test_only_the_addressed_agency_answers(circle, case):
    dispatch = sent_to(circle, ask(circle, case, "dk"), "dk")
    with pytest.raises(guard.Denied):
        answer(circle, dispatch, "fr")
    with pytest.raises(service.NotAnswered):
        answer(circle, dispatch, "it")
    with guard.system("test"):
        assert not Answer.objects.exists()


def test_the_same_answer_twice_is_one_and_a_late_one_still_counts(circle, case):
    dispatch = sent_to(circle, ask(circle, case, "dk"), "dk")
    with clock.at(clock.now() + timedelta(days=5)):
        assert answer(circle, dispatch, "dk").pk == answer(circle, dispatch, "dk").pk
        answer(circle, dispatch, "dk", evaluation="A1")
    with guard.system("test"):
        assert Answer.objects.count() == 2


def test_a_statement_that_no_place_has_is_refused_with_the_mend(circle, case):
    dispatch = sent_to(circle, ask(circle, case, "dk"), "dk")
    with pytest.raises(ValueError, match="has no region"):
        answer(circle, dispatch, "dk", clue_value={"country": "DK", "admin1": "Tuscany"})
    with pytest.raises(ValueError, match="two characters"):
        answer(circle, dispatch, "dk", evaluation="perhaps")


def test_a_withdrawn_request_is_gone_for_the_recipient_and_answers_stay(circle, case):
    request = ask(circle, case, "dk", "fr")
    dk, fr = sent_to(circle, request, "dk"), sent_to(circle, request, "fr")
    given = answer(circle, dk, "dk")
    service.withdraw(circle.officer(circle.it), VI, request)
    with guard.scope(circle.officer(circle.fr), VI):
        assert not service.inbox(circle.officer(circle.fr)).exists()
    for act in (service.read_dispatch, service.crop_copy):
        with pytest.raises(service.NotAnswered):
            act(circle.officer(circle.fr), VI, fr)
    with pytest.raises(service.NotAnswered):
        answer(circle, fr, "fr")
    assert sees(circle, "it", given)
    last = entries(thing=request.pk)[-1]
    assert str(circle.agencies.dk.pk) in last.body
    assert str(circle.agencies.fr.pk) in last.body


def test_a_crop_that_its_originator_did_not_release_goes_nowhere(circle, case, crop):
    with pytest.raises(guard.Denied, match="not released"):
        ask(circle, case, "dk", crop=crop)
    allow(circle, crop, "dk")
    with pytest.raises(guard.Denied):
        ask(circle, case, "dk", "fr", crop=crop)
    with guard.system("test"):
        assert not Request.objects.exists()
        assert not Dispatch.objects.exists()
    assert len(entries(verb="denied")) == 2


def test_an_original_is_refused_even_to_its_own_agency_friends(circle, case, crop):
    item = allow(circle, crop, "dk")
    with pytest.raises(service.NotAsked, match="original never leaves"):
        ask(circle, case, "dk", crop=item)


def test_a_released_crop_is_served_as_a_fresh_copy_and_each_showing_is_logged(circle, case, crop):
    item = allow(circle, crop, "dk")
    dispatch = sent_to(circle, ask(circle, case, "dk", crop=crop), "dk")
    assert dispatch.crop_key not in {item.key, crop.key, ""}
    before = len(entries(verb="consult", thing=dispatch.pk))
    _, grey = service.crop_copy(circle.officer(circle.dk), VI, dispatch)
    _, clear = service.crop_copy(circle.officer(circle.dk), VI, dispatch, "clear")
    assert max(Image.open(io.BytesIO(grey)).size) <= 160
    assert Image.open(io.BytesIO(clear)).size == (320, 240)
    assert len(entries(verb="consult", thing=dispatch.pk)) == before + 2
    with pytest.raises(service.NotAnswered):
        service.crop_copy(circle.officer(circle.dk), VI, dispatch, "original")


def test_a_recipients_look_is_counted_for_the_one_who_looked_and_told_to_the_asker_alone(circle, case, crop):
    allow(circle, crop, "dk")
    dispatch = sent_to(circle, ask(circle, case, "dk", crop=crop, codes=["H2"]), "dk")
    viewer, other = circle.officer(circle.dk), circle.officer(circle.it)
    look, _ = service.crop_copy(viewer, VI, dispatch, "clear")
    service.crop_hidden(viewer, VI, dispatch, look.pk, 2500)
    assert shelter.ledger(viewer).by_view == (("crop", 1, 2.5),)
    assert shelter.ledger(other).by_view == ()
    with guard.scope(viewer, VI):
        assert not Viewing.objects.filter(pk=look.pk).exists()
    with guard.scope(other, VI):
        assert Viewing.objects.get(pk=look.pk).media_id == crop.pk
    with guard.system("test"):
        another = Viewing.objects.get(pk=look.pk)
        another.pk, another.account_id, another.milliseconds = uuid4(), other.id, 0
        another.save()
    with pytest.raises(service.NotAnswered, match="not yours"):
        service.crop_hidden(viewer, VI, dispatch, another.pk, 9000)


def test_a_crop_whose_release_ended_is_shown_no_more(circle, case, crop):
    allow(circle, crop, "dk")
    dispatch = sent_to(circle, ask(circle, case, "dk", crop=crop), "dk")
    release.withdraw(circle.officer(circle.nl), VI, crop, circle.agencies.dk)
    with pytest.raises(service.NotAnswered, match="took it back"):
        service.crop_copy(circle.officer(circle.dk), VI, dispatch)


def test_an_ended_release_takes_the_answer_and_its_clue_away_from_the_asker(circle, case):
    given = answer(circle, sent_to(circle, ask(circle, case, "dk"), "dk"), "dk", codes=["H2"])
    clue = service.take(circle.officer(circle.it), VI, given)
    assert release.withdraw(circle.officer(circle.dk), VI, given, circle.agencies.it) == 2
    assert not sees(circle, "it", given)
    assert not sees(circle, "it", clue)


def test_a_release_to_a_further_agency_is_the_originators_alone_and_it_ends(circle, case):
    join(case, circle.fr)
    given = answer(circle, sent_to(circle, ask(circle, case, "dk"), "dk"), "dk", codes=["H2"])
    until = clock.now() + timedelta(days=3)
    with pytest.raises(guard.Denied):
        release.release(circle.officer(circle.it), VI, given, circle.agencies.fr, until, "they asked")
    release.release(circle.officer(circle.dk), VI, given, circle.agencies.fr, until, "they asked")
    assert sees(circle, "fr", given)
    with clock.at(until):
        assert not sees(circle, "fr", given)
    for bad in (clock.now() - timedelta(days=1), clock.now() + timedelta(days=2000)):
        with pytest.raises(release.NotReleased):
            release.release(circle.officer(circle.dk), VI, given, circle.agencies.fr, bad, "too long")
    with guard.system("test"):
        assert Release.objects.filter(thing=given.pk).count() == 2
