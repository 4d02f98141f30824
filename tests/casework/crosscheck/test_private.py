"""A private cross-check: the asker alone learns what met, and nothing of either list is in what crosses."""

from __future__ import annotations

import io
from uuid import UUID, uuid4

import pytest
from django.db import DataError, IntegrityError
from django.test import Client
from django.urls import reverse
from pyrage import decrypt

from entente.casework.cooperate.service import arrivals
from entente.casework.crosscheck import private, service
from entente.casework.crosscheck.private import NotPrivate
from entente.formats.sealed_package import Kind
from entente.records import exchange_key, guard, limits
from entente.records.models import (
    Agency,
    Check,
    CheckHit,
    Clue,
    LegalBasis,
    LogEntry,
    Media,
    PartnerKey,
    PrivateCheck,
)
from entente.safeguards.commitment import canonical
from entente.safeguards.partners import NoBasis
from entente.safeguards.strict_json import loads
from tests.casework.cooperate.exchange import VI, filled, of, opened, parts, remade, three_desks, who

pytest.importorskip("private_set_intersection.python")
ONE = UUID(int=1)


def elements(*names: str, number: UUID = ONE) -> list[str]:
    return [private.element(number, "screen name", n) for n in names]


# --- the protocol ---------------------------------------------------------------------------------------


def test_the_asker_learns_which_of_its_own_are_held_and_no_other():
    ours = elements("anna", "berta", "clara")
    key, request = private.question(ours)
    told, held = private.answer(request, 3, elements("@Berta", "dora", "CLARA "))
    assert held == 3 and private.met(key, told, 3) == [1, 2]
    none, _ = private.answer(request, 3, [])
    assert private.met(key, none, 3) == []


def test_what_crosses_holds_no_identifier_and_differs_each_time():
    ours = elements("anna", "berta")
    (_, one), (_, other) = private.question(ours), private.question(ours)
    told, _ = private.answer(one, 2, elements("anna"))
    assert one != other
    for data in (one, told):
        assert b"anna" not in data and b"berta" not in data and b"entente" not in data


def test_two_questions_cannot_be_laid_beside_each_other():
    assert not set(elements("anna")) & set(elements("anna", number=UUID(int=2)))


def test_a_question_past_its_limit_and_messages_without_sense_are_refused():
    with pytest.raises(NotPrivate, match="10,000"):
        private.question([str(n) for n in range(private.MOST_ASKED + 1)])
    with pytest.raises(NotPrivate):
        private.question([])
    key, request = private.question(elements("anna"))
    told, _ = private.answer(request, 1, elements("anna"))
    for wrong, asked in ((b"\xff" * 40, 1), (request, 2), (b"", 1)):
        with pytest.raises(NotPrivate):
            private.answer(wrong, asked, elements("anna"))
    for wrong, asked in ((told[:-1], 1), (told, 2), (b"", 1), (b"\0" * 16 + b"x", 1)):
        with pytest.raises(NotPrivate):
            private.met(key, wrong, asked)


def test_what_the_library_cannot_make_out_is_refused_too():
    psi = private.protocol()
    key, request = private.question(elements("anna"))
    told, _ = private.answer(request, 1, elements("anna"))
    bad = psi.Request(reveal_intersection=True, encrypted_elements=[b"x" * 33]).SerializeToString()
    with pytest.raises(NotPrivate, match="no message of the protocol"):
        private.answer(bad, 1, elements("anna"))
    setup = told[16 : 16 + private._LENGTHS.unpack_from(told)[0]]
    back = psi.Response(encrypted_elements=[b"x" * 33]).SerializeToString()
    with pytest.raises(NotPrivate, match="no message of the protocol"):
        private.met(key, private._LENGTHS.pack(len(setup), len(back)) + setup + back, 1)


# --- between desks --------------------------------------------------------------------------------------


@pytest.fixture
def desks(circle):
    """France holds one of Italy's items, and one more at TLP:RED."""
    made = three_desks(circle)
    filled(made, "it", media=3)
    filled(made, "fr", media=1)
    with guard.system("a red item in a test"):
        Media.objects.create(
            case=made.cases["fr"], owner=of(made, "fr"), number=2, md5=f"{2:032x}", audience="TLP:RED"
        )
    return made


def asked(desks, **more) -> bytes:
    out = io.BytesIO()
    told = {"kinds": ["hash", "phone"], **more}
    service.ask_privately(who(desks, "it"), VI, desks.cases["it"], of(desks, "fr"), out, **told)
    return out.getvalue()


def the(desks, short: str, **which) -> PrivateCheck:
    with guard.system("choose in a test"):
        return PrivateCheck.objects.get(owner=of(desks, short), **which)


def test_a_question_and_its_answer_between_two_desks(desks):
    question = asked(desks, named={"phone": ["+39 06 1234567"]})
    opened(desks, "fr", question, case=False)
    row = the(desks, "fr")
    assert (row.state, row.asked, row.kinds) == ("waits", 7, ["hash", "phone"])
    out = io.BytesIO()
    service.answer(who(desks, "fr"), VI, row, out)
    opened(desks, "it", out.getvalue(), case=False)
    with guard.scope(who(desks, "it"), VI):
        check = Check.objects.get()
        hits = list(CheckHit.objects.filter(of=check))
    # md5 and sha256 of the one item that both hold; the one at TLP:RED gave no hit
    assert {h.ours for h in hits} == {"#1"} and {h.holder.short for h in hits} == {"FR"}
    ours, theirs = the(desks, "it"), the(desks, "fr")
    assert (ours.state, bytes(ours.secret), bytes(theirs.request)) == ("read", b"", b"")
    with guard.system("nothing of it on the other side in a test"):
        assert not Check.objects.exclude(owner=of(desks, "it")).exists()
    assert theirs.hits is None
    # what each side wrote down of what crossed is the same, and holds no identifier
    sides = [[(m["bytes"], m["sha256"]) for m in r.messages] for r in (ours, theirs)]
    assert sides[0] == sides[1] and len(sides[0]) == 2
    with guard.system("read the logs in a test"):
        told = [e.told["reason"] for e in LogEntry.objects.filter(step="crosscheck")]
    assert len(told) == 2 and all(sides[0][0][1] in reason for reason in told)
    with guard.system("the keys of a test"):
        card = PartnerKey.objects.get(owner=of(desks, "fr"), known_as=of(desks, "fr").pk)
    from django.conf import settings

    plain = decrypt(question, [exchange_key.read(settings.KEY_FOLDER, card.pk).identity])
    for n in (1, 2, 3):
        assert f"{n:032x}".encode() not in plain


def test_an_answer_to_no_question_is_taken_and_worth_nothing(desks):
    opened(desks, "fr", asked(desks), case=False)
    out = io.BytesIO()
    service.answer(who(desks, "fr"), VI, the(desks, "fr"), out)
    with guard.system("forget the question in a test"):
        PrivateCheck.objects.filter(outgoing=True).update(number=uuid4())
    assert "no question of yours" in opened(desks, "it", out.getvalue(), case=False).refused[0]
    with pytest.raises(NotPrivate, match="decided already"):
        service.answer(who(desks, "fr"), VI, the(desks, "fr"), io.BytesIO())


def test_a_question_of_a_number_that_came_or_too_long_does_not_stop_the_line(desks):
    first = asked(desks)
    opened(desks, "fr", first, case=False)
    body = parts(desks, "fr", first)[2]
    second = remade(desks, "it", "fr", asked(desks), body)
    assert "of this number came before" in opened(desks, "fr", second, case=False).refused[0]
    line, _, request = body.partition(b"\n")
    told = canonical(loads(line) | {"number": str(uuid4())}).encode()
    longer = told + b"\n" + request + b"\0" * 5000
    third = asked(desks)
    third = remade(desks, "it", "fr", third, longer, before=parts(desks, "fr", second)[0].digest())
    assert "longer than what it asks" in opened(desks, "fr", third, case=False).refused[0]
    assert the(desks, "fr").state == "waits"


@pytest.mark.parametrize(("wrong", "says"), [
    ({"number": "seven"}, "no number that can be read"), ({"kinds": ["soul"]}, "cannot be read"),
    ({"kinds": [["hash"]]}, "cannot be read"), ({"kinds": []}, "cannot be read"),
    ({"asked": True}, "cannot be read"),
])  # fmt: skip
def test_a_question_that_says_nonsense_is_refused_in_a_sentence(desks, wrong, says):
    first = asked(desks)
    line, _, request = parts(desks, "fr", first)[2].partition(b"\n")
    body = canonical(loads(line) | wrong).encode() + b"\n" + request
    (refused,) = opened(desks, "fr", remade(desks, "it", "fr", first, body), case=False).refused
    assert says in refused and "ask the partner" in refused


def test_an_answer_without_a_number_is_refused_in_a_sentence(desks):
    opened(desks, "fr", asked(desks), case=False)
    out = io.BytesIO()
    service.answer(who(desks, "fr"), VI, the(desks, "fr"), out)
    body = canonical({"number": "seven", "held": 1}).encode() + b"\n" + b"x"
    (refused,) = opened(desks, "it", remade(desks, "fr", "it", out.getvalue(), body), case=False).refused
    assert "no number that can be read" in refused


@pytest.mark.parametrize("count", [-1, 2**40, 2**70, None])
def test_an_answer_with_an_impossible_count_does_not_stop_the_line(desks, count):
    opened(desks, "fr", asked(desks), case=False)
    row, out = the(desks, "fr"), io.BytesIO()
    service.answer(who(desks, "fr"), VI, row, out)
    _, _, rest = parts(desks, "it", out.getvalue())[2].partition(b"\n")
    body = canonical({"number": str(row.number), "held": count}).encode() + b"\n" + rest
    done = opened(desks, "it", remade(desks, "fr", "it", out.getvalue(), body), case=False)
    assert "of how many" in done.refused[0] and done.rows[0].state == "taken"
    assert the(desks, "it").state == "asked"
    with guard.system("no hits in a test"):
        assert not Check.objects.exists()


@pytest.mark.parametrize("fault", [OverflowError, DataError, IntegrityError])
def test_what_cannot_be_kept_is_taken_and_worth_nothing(desks, monkeypatch, fault):
    def taker(*args):
        PrivateCheck.objects.filter(owner=of(desks, "fr")).update(state="read")
        raise fault("no")

    opened(desks, "fr", asked(desks), case=False)
    monkeypatch.setitem(arrivals.TAKERS, Kind.QUESTION, taker)
    done = opened(desks, "fr", asked(desks), case=False)
    assert done.rows[0].state == "taken" and "cannot be kept" in done.refused[0]
    assert the(desks, "fr").state == "waits"  # nothing that it began stays


def test_the_rules_of_the_partners_kind_bind_both_ways(desks):
    question = asked(desks, named={"phone": ["+39 06 1234567"]})
    opened(desks, "fr", question, case=False)
    with guard.system("a derogation in a test"):
        Agency.objects.filter(pk=of(desks, "fr").pk).update(kind="hotline")
        Agency.objects.filter(pk=of(desks, "it").pk).update(kind="third country unit")
        of(desks, "fr").refresh_from_db()
        mine = LegalBasis.objects.filter(owner=of(desks, "it"))
        mine.update(ground="online child sexual abuse material")
        LegalBasis.objects.filter(owner=of(desks, "fr")).update(ground="single criminal case")
        PrivateCheck.objects.filter(outgoing=False).update(asked=21)
    with pytest.raises(NoBasis, match="not sent clue"):
        asked(desks, named={"phone": ["+39 06 1234567"]})
    assert asked(desks, kinds=["hash"])
    with pytest.raises(NoBasis, match="20 things at most"):
        service.answer(who(desks, "fr"), VI, the(desks, "fr"), io.BytesIO())
    assert the(desks, "fr").state == "waits"


def test_who_is_not_in_the_case_does_not_read_its_answer(desks):
    opened(desks, "fr", asked(desks), case=False)
    out = io.BytesIO()
    service.answer(who(desks, "fr"), VI, the(desks, "fr"), out)
    second = desks.circle.officer(desks.circle.it_second)
    import tempfile

    with tempfile.TemporaryFile() as file, pytest.raises(arrivals.NeedsCase, match="not in"):
        file.write(out.getvalue())
        file.flush()
        arrivals.open_package(second, VI, file)


def test_a_partner_asks_so_often_and_no_more_and_never_without_a_basis(desks):
    for _ in range(3):
        opened(desks, "fr", asked(desks), case=False)
    fourth = asked(desks)
    with pytest.raises(limits.LimitReached, match="questions of a partner"):
        opened(desks, "fr", fourth, case=False)
    with pytest.raises(limits.LimitReached, match="private cross-checks"):
        asked(desks)
    with guard.system("choose in a test"):
        row = PrivateCheck.objects.filter(outgoing=False).first()
    with pytest.raises(guard.Denied):
        service.answer(who(desks, "dk"), VI, row, io.BytesIO())
    with guard.system("no basis in a test"):
        LegalBasis.objects.all().delete()
    with pytest.raises(NoBasis):
        service.answer(who(desks, "fr"), VI, row, io.BytesIO())
    with pytest.raises(NotPrivate, match="say why"):
        service.refuse(who(desks, "fr"), VI, row, "")
    assert service.refuse(who(desks, "fr"), VI, row, "no basis").state == "refused"


def test_withdrawn_clues_are_no_part_of_an_answer(desks):
    with guard.system("a phone number in a test"):
        Clue.objects.filter(case=desks.cases["fr"]).update(kind="phone_number", value="+39 06 1234567")
    question = asked(desks, kinds=["phone"], named={"phone": ["+39 06 1234567"]})
    opened(desks, "fr", question, case=False)
    with guard.system("a withdrawn clue in a test"):
        Clue.objects.filter(case=desks.cases["fr"]).update(state="withdrawn")
    assert service.answer(who(desks, "fr"), VI, the(desks, "fr"), io.BytesIO()).held == 0


def test_the_pages_ask_allow_and_show_what_crossed(desks):
    it, fr = Client(), Client()
    it.force_login(desks.circle.it)
    fr.force_login(desks.circle.fr)
    at = reverse("crosscheck:private", args=[desks.cases["it"].pk])
    assert it.post(at, {"to": of(desks, "nl").pk, "private_kinds": ["hash"]}).status_code == 400
    question = it.post(at, {"to": of(desks, "fr").pk, "private_kinds": ["hash"]})
    opened(desks, "fr", question.content, case=False)
    inbox = reverse("private-checks")
    assert "Allow and seal the answer" in fr.get(inbox).content.decode()
    one = reverse("private-check", args=[the(desks, "fr").pk])
    assert "say why" in fr.post(one, {"do": "refuse"}, follow=True).content.decode()
    answer = fr.post(one, {"do": "answer"})
    opened(desks, "it", answer.content, case=False)
    assert "answer read" in it.get(inbox).content.decode()
    shown = it.get(reverse("crosscheck:page", args=[desks.cases["it"].pk])).content.decode()
    assert "National unit, France" in shown
    assert Client().get(inbox).status_code == 302
