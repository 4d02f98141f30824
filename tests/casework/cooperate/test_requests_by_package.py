"""Requests, crops and answers between desks: for their addressee alone, once, taken back for good."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from entente.casework.cooperate import service
from entente.casework.cooperate.service import sealing
from entente.casework.intake.service import evidence_store
from entente.formats.sealed_package import Code, Kind, PackageRefused
from entente.records import clock, guard, release
from entente.records.models import (
    Answer,
    Case,
    Clue,
    Dispatch,
    LegalBasis,
    LogEntry,
    Media,
    Package,
    PartnerCase,
    SentThing,
    Viewing,
)
from tests.casework.cooperate.exchange import VI, of, opened, parts, remade, three_desks, who
from tests.casework.cooperate.test_service import drawn

SOON = timedelta(days=2)


@pytest.fixture
def desks(circle):
    return three_desks(circle)


def posted(desks, by: str, to: str, kind: Kind = Kind.REQUESTS) -> bytes:
    out = io.BytesIO()
    sealing.post(who(desks, by), VI, of(desks, to), kind, out)
    return out.getvalue()


def crop_of(desks, by="it", codes="H0"):
    """A crop of a drawn picture, as it was cut in a case."""
    case, told = desks.cases[by], {"owner": of(desks, by), "codes": codes}
    with guard.system("a crop in a test"):
        kept = evidence_store().keep_bytes(drawn(), case.pk)
        whole = Media.objects.create(
            case=case, number=71, kind="picture", key=kept.key, sha256=kept.sha256, **told
        )
        return Media.objects.create(
            case=case,
            number=72,
            kind="picture",
            origin="crop",
            parent=whole,
            region=[0.1, 0.1, 0.5, 0.5],
            **told,
        )


def asked(desks, *to, **more):
    given = {"question": "Where is this tile sold?", "asks": "region", "due": clock.now() + SOON}
    agencies = [of(desks, short) for short in to]
    return service.ask(who(desks, "it"), VI, desks.cases["it"], agencies=agencies, **given | more)


def inbox(desks, at):
    with guard.scope(who(desks, at), VI):
        return list(service.inbox(who(desks, at)).exclude(theirs=None))


def answered(desks, at, **more):
    given = {"kind": "answer", "clue_kind": "region", "clue_value": {"country": "FR", "admin1": "11"}}
    return service.answer(who(desks, at), VI, inbox(desks, at)[0], **given | more)


def came(desks):
    """Return what came to Italy as answers by package."""
    with guard.system("read in a test"):
        return list(Answer.objects.exclude(theirs=None).select_related("taken_as"))


def test_a_request_reaches_its_recipient_alone_with_its_crop(desks):
    asked(desks, "fr", "dk", crop=crop_of(desks), urgency="urgent", codes=("H1",))
    assert opened(desks, "fr", posted(desks, "it", "fr")).refused == []
    [held] = inbox(desks, "fr")
    assert (held.owner.short, held.urgency, held.codes, held.circle_known) == (
        "IT",
        "urgent",
        "H0 H1 H2",
        False,
    )
    fr = who(desks, "fr")
    looked, shown = service.crop_copy(fr, VI, held, "clear")
    assert shown.startswith(b"\xff\xd8") and looked.view == "crop"
    with guard.scope(fr, VI):
        # it is addressed to France, and nothing besides is seen of the case it hangs on
        assert list(Case.objects.all()) == [desks.cases["fr"]] and not Media.objects.exists()
        assert Viewing.objects.count() == 0 and service.also_asked(fr, held) == []
    with guard.system("a shell in a test"):
        shell = Case.objects.get(pk=held.case_id)
        assert shell.pk != desks.cases["it"].pk and (shell.title, shell.victim_number) == ("", "")
    assert not inbox(desks, "dk")
    head, _, body = parts(desks, "dk", posted(desks, "it", "dk"))
    assert json.loads(body)["others"] == [] and b"France" not in body and head.codes == "H0 H1 H2"


def said_anew(desks, to):
    """Seal the same once more: the book forgets that it went."""
    with guard.system("the book forgets in a test"):
        SentThing.objects.filter(to=of(desks, to)).delete()
    return posted(desks, "it", to)


def test_told_once_and_the_same_again_is_nothing(desks):
    asked(desks, "fr")
    data = posted(desks, "it", "fr")
    with pytest.raises(sealing.NotSealed, match="nothing waits"):
        posted(desks, "it", "fr")
    opened(desks, "fr", data)
    with pytest.raises(PackageRefused) as again:
        opened(desks, "fr", data)
    assert again.value.code is Code.REPLAY and len(inbox(desks, "fr")) == 1
    opened(desks, "fr", said_anew(desks, "fr"))  # said anew in another package: one request
    assert len(inbox(desks, "fr")) == 1


def test_any_order_and_cut_short(desks):
    asked(desks, "fr")
    one = posted(desks, "it", "fr")
    asked(desks, "fr", question="And this one?")
    two = posted(desks, "it", "fr")
    for data, code in ((two, Code.GAP), (one[:-40], Code.DAMAGED)):
        with pytest.raises(PackageRefused) as fault:
            opened(desks, "fr", data)
        assert fault.value.code is code and not inbox(desks, "fr")
    opened(desks, "fr", one)
    assert [d.question for d in inbox(desks, "fr")] == ["Where is this tile sold?", "And this one?"]


def test_an_answer_comes_back_onto_its_request(desks):
    asked(desks, "fr")
    opened(desks, "fr", posted(desks, "it", "fr"))
    service.read_dispatch(who(desks, "fr"), VI, inbox(desks, "fr")[0])
    answered(desks, "fr", kind="partial", text="Sold in the north.", evaluation="B2", codes=("H2",))
    opened(desks, "it", posted(desks, "fr", "it"))
    [held] = came(desks)
    assert (held.kind, held.evaluation, held.codes, held.addressed.short) == ("partial", "B2", "H2", "FR")
    with guard.scope(who(desks, "it"), VI):
        ours = Dispatch.objects.get(case=desks.cases["it"])
        assert ours.state == "sent" and ours.read_at is not None
    clue = service.take(who(desks, "it"), VI, held)
    assert (clue.evaluation, clue.value["country"], clue.because) == ("B2", "FR", "Sold in the north.")
    answered(desks, "fr", kind="seen it", clue_kind="", clue_value=None, text="Seen in another case: ask us.")
    opened(desks, "it", posted(desks, "fr", "it"))
    with guard.scope(who(desks, "it"), VI):
        assert Dispatch.objects.get(case=desks.cases["it"]).state == "answered"
    assert sorted(a.kind for a in came(desks)) == ["partial", "seen it"]


def test_an_answer_of_h2_goes_further_by_its_providers_release_alone_and_is_taken_back(desks):
    asked(desks, "fr")
    opened(desks, "fr", posted(desks, "it", "fr"))
    given = answered(desks, "fr", codes=("H2",))
    opened(desks, "it", posted(desks, "fr", "it"))
    clue = service.take(who(desks, "it"), VI, came(desks)[0])

    def may_go():
        with guard.scope(who(desks, "it"), VI):
            plan = sealing.plan(who(desks, "it"), VI, desks.cases["it"], of(desks, "dk"))
        return clue.pk in {line.statement.thing for line in plan.goes}

    assert not may_go()
    release.release(who(desks, "fr"), VI, given, of(desks, "dk"), clock.now() + SOON, "they search")
    opened(desks, "it", posted(desks, "fr", "it"))
    assert may_go()
    release.withdraw(who(desks, "fr"), VI, given, of(desks, "it"))
    opened(desks, "it", posted(desks, "fr", "it"))
    with guard.system("read in a test"):
        assert Clue.objects.get(pk=clue.pk).state == "withdrawn" and came(desks)[0].text == ""
    assert not may_go()


def test_a_request_and_a_crop_that_are_taken_back_are_gone_downstream(desks):
    crop = crop_of(desks)
    with guard.system("the crop is Denmark's in a test"):
        Media.objects.filter(pk=crop.pk).update(owner=of(desks, "dk"), codes="H2")
        crop.refresh_from_db()
    for short in ("it", "fr"):
        with guard.system("Denmark lets it go in a test"):
            release.permit(
                crop.pk, who(desks, "dk"), of(desks, short).pk, clock.now() + SOON, "they are asked"
            )
    request = asked(desks, "fr", crop=crop)
    opened(desks, "fr", posted(desks, "it", "fr"))
    key = inbox(desks, "fr")[0].crop_key
    assert key
    release.withdraw(who(desks, "dk"), VI, crop, of(desks, "fr"))
    opened(desks, "fr", posted(desks, "it", "fr"))
    assert inbox(desks, "fr")[0].crop_key == ""
    with guard.system("no row names the crop in a test"):
        assert not Media.objects.filter(key=key).exists()
    service.withdraw(who(desks, "it"), VI, request)
    opened(desks, "fr", posted(desks, "it", "fr"))
    assert not inbox(desks, "fr")
    with guard.system("what is kept of it in a test"):
        [kept] = Dispatch.objects.exclude(theirs=None)
        assert (kept.state, kept.question, kept.request.question) == ("withdrawn", "", "")


def test_nothing_is_asked_without_a_basis_and_what_is_taken_back_goes_all_the_same(desks):
    request = asked(desks, "fr")
    opened(desks, "fr", posted(desks, "it", "fr"))
    with guard.system("no basis in a test"):
        LegalBasis.objects.filter(owner=of(desks, "it")).update(until=clock.now())
    with pytest.raises(service.NotAsked, match="FR: there is no legal basis"):
        asked(desks, "fr")
    with guard.system("nothing of it stayed"):
        assert Dispatch.objects.filter(theirs=None).count() == 1
    service.withdraw(who(desks, "it"), VI, request)
    opened(desks, "fr", posted(desks, "it", "fr"))
    assert not inbox(desks, "fr")


def test_who_is_not_in_the_case_sends_nothing_of_it(desks, circle):
    asked(desks, "fr")
    other = circle.officer(circle.it_second)
    made = sealing.due(other, VI, of(desks, "fr"), Kind.REQUESTS)
    assert (made.goes, made.stays) == ((), ())  # nor learns that there is something
    with pytest.raises(sealing.NotSealed, match="nothing waits"):
        sealing.post(other, VI, of(desks, "fr"), Kind.REQUESTS, io.BytesIO())


def changed(desks, by, to, data, **words) -> bytes:
    """Return a package whose messages its own sender wrote otherwise."""
    _, _, body = parts(desks, to, data)
    lines = [json.dumps({**json.loads(line), **words}, sort_keys=True) for line in body.splitlines()]
    return remade(desks, by, to, data, "".join(line + "\n" for line in lines).encode())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"what": "verdict"}, "verdict”, version 1, not known"),
        ({"v": 2}, "request”, version 2, not known"),
        ({"due": "tomorrow"}, "due cannot be read"),
        ({"urgency": "now!"}, "is “now!”, which is not known"),
        ({"attached": {"crop": "AAAA"}}, "no picture"),
        ({"question": "  "}, "without its question"),
        ({"codes": "H9"}, "without its handling"),
    ],
    ids=["kind", "version", "moment", "word", "crop", "empty", "handling"],
)
def test_what_cannot_be_read_costs_itself_alone(desks, words, says):
    asked(desks, "fr")
    bad = changed(desks, "it", "fr", posted(desks, "it", "fr"), **words)
    done = opened(desks, "fr", bad)
    assert says in done.refused[0] and not inbox(desks, "fr")
    with guard.system("the book in a test"):
        assert Package.objects.get(outgoing=False).state == "taken"


def test_handling_below_that_of_a_message_is_refused(desks):
    asked(desks, "fr")
    data = posted(desks, "it", "fr")
    with pytest.raises(PackageRefused) as fault:
        opened(desks, "fr", remade(desks, "it", "fr", data, codes="H0"))
    assert fault.value.code is Code.LOOSENED and not inbox(desks, "fr")


def test_a_kind_of_package_that_is_not_known_is_named_and_holds_up_nothing(desks):
    asked(desks, "fr")
    done = opened(desks, "fr", remade(desks, "it", "fr", posted(desks, "it", "fr"), kind="holograms"))
    assert "holograms" in done.refused[0]
    asked(desks, "fr")
    # the book holds the digest of what was sent, so the next is written to follow what arrived
    with guard.system("the line in a test"):
        before = Package.objects.get(outgoing=False).digest
    opened(desks, "fr", remade(desks, "it", "fr", posted(desks, "it", "fr"), before=before))
    assert len(inbox(desks, "fr")) == 1


def test_a_partner_answers_and_reads_its_own_questions_alone(desks):
    asked(desks, "dk")
    asked(desks, "fr")
    opened(desks, "fr", posted(desks, "it", "fr"))
    answered(desks, "fr")
    with guard.system("the question that was put to Denmark"):
        number = str(Dispatch.objects.get(addressed=of(desks, "dk"), theirs=None).pk)
    done = opened(desks, "it", changed(desks, "fr", "it", posted(desks, "fr", "it"), request=number))
    assert "not asked of that partner" in done.refused[0] and not came(desks)


def test_a_case_of_ours_named_by_a_partner_stays_ours(desks):
    asked(desks, "fr")
    ours = str(desks.cases["fr"].pk)
    opened(desks, "fr", changed(desks, "it", "fr", posted(desks, "it", "fr"), case=ours))
    [held] = inbox(desks, "fr")
    assert str(held.case_id) != ours
    with guard.system("the shell in a test"):
        assert str(PartnerCase.objects.get(owner=of(desks, "fr"), shell=held.case_id).theirs) == ours


def test_the_page_seals_what_waits_and_both_logs_say_so(desks, circle):
    asked(desks, "fr", codes=("H2",))
    client = Client()
    client.force_login(circle.it)
    page = client.get(reverse("packages")).content.decode()
    assert "What waits for partners" in page and "Where is this" not in page
    sealed = client.post(reverse("packages"), {"seal": "requests", "to": str(of(desks, "fr").pk)})
    assert sealed["Content-Type"] == "application/octet-stream"
    opened(desks, "fr", sealed.content)
    assert "What waits for partners" not in client.get(reverse("packages")).content.decode()
    client.force_login(circle.fr)
    page = client.get(reverse("requests")).content.decode()
    assert reverse("dispatch", args=[inbox(desks, "fr")[0].pk]) in page and "Where is this" not in page
    page = client.get(reverse("dispatch", args=[inbox(desks, "fr")[0].pk])).content.decode()
    assert "Where is this tile sold?" in page and "came by package" in page
    with guard.system("read the log in a test"):
        told = [e.told for e in LogEntry.objects.order_by("seq")]
    assert [t["agency"] for t in told if t["reason"] == "seal requests"] == [str(of(desks, "it").pk)]
    assert str(of(desks, "fr").pk) in {t["agency"] for t in told if t["reason"] == "open a package."}
