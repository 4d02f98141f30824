"""Packages between desks: the threat model's attacks refused, the same state by whatever way they came."""

from __future__ import annotations

import io
import itertools
import json
import tempfile
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pyrage import encrypt, x25519

from entente.casework.cooperate.service import arrivals, sealing
from entente.casework.cooperate.service.arrivals import belief, opening
from entente.casework.cooperate.service.arrivals.line import waiting_file
from entente.casework.cooperate.service.sealing.planning import CALLED_BACK
from entente.casework.cooperate.service.sealing.writing import LASTS
from entente.casework.intake.service import open_case
from entente.cli import package as command
from entente.formats import sealed_package as package
from entente.formats.sealed_package import Code, PackageRefused
from entente.records import circle as partners
from entente.records import clock, exchange_key, guard, log_key, release, witness
from entente.records.models import (
    Case,
    Clue,
    Disclosure,
    Job,
    LegalBasis,
    LogAlarm,
    LogEntry,
    Notice,
    Package,
    PartnerKey,
    PartnerLog,
    PartnerThing,
    SentThing,
)
from entente.safeguards.access import Act, Allow, decide
from entente.safeguards.checkpoint import Checkpoint as LogHead
from entente.safeguards.partners import NoBasis
from entente.vocabulary.handling import Audience
from tests.casework.cooperate.exchange import (
    VI,
    carded,
    filled,
    of,
    opened,
    packed,
    parts,
    remade,
    seal,
    secret,
    state,
    three_desks,
    who,
)


@pytest.fixture
def desks(circle):
    return three_desks(circle)


def refused(desks, at, data, code: Code, case=True):
    before = state(desks, at)
    with pytest.raises(PackageRefused) as fault:
        opened(desks, at, data, case)
    assert fault.value.code is code
    assert state(desks, at) == before
    with guard.system("read the log in a test"):
        last = LogEntry.objects.order_by("-seq").first()
        assert f"refused: {code}" in last.body
    return fault.value


# --- what an honest partner sends -----------------------------------------------------------------------


def test_what_was_sealed_is_held_under_its_originators_handling(desks):
    media, _, clue = filled(desks, codes="H2")
    done = opened(desks, "fr", seal(desks, "it", "fr"))
    assert (done.taken, done.refused) == (3, [])
    with guard.scope(who(desks, "fr"), VI):
        rows = list(PartnerThing.objects.filter(case=desks.cases["fr"]))
        assert {r.thing for r in rows} >= {media.pk, clue.pk} and {r.owner.short for r in rows} == {"IT"}
        body = next(r.body for r in rows if r.thing == media.pk)
    assert body["md5"] == media.md5 and "name" not in str(body)
    fr, held = who(desks, "fr"), next(r for r in rows if r.thing == clue.pk)
    assert isinstance(decide(fr, held.as_thing(), Act.READ, VI, clock.now()), Allow)
    further = held.as_thing().going_to(of(desks, "dk").pk)
    assert "not released" in decide(fr, further, Act.DISCLOSE, VI, clock.now()).reason
    with guard.system("the books in a test"):
        left = Disclosure.objects.get(what="package 1")
        assert left.to == of(desks, "fr") and str(media.pk) in left.held and left.codes == "H0 H2"


def test_nobody_is_told_its_own_things_again(desks):
    filled(desks)
    opened(desks, "fr", seal(desks, "it", "fr"))
    filled(desks, "fr", media=1)
    done = opened(desks, "it", seal(desks, "fr", "it"))
    assert (done.taken, done.refused) == (2, []) and {row[-1] for row in state(desks, "it")} == {"FR"}


def test_nothing_goes_without_a_basis_and_both_logs_say_what_went(desks):
    filled(desks)
    with guard.system("no basis in a test"):
        LegalBasis.objects.filter(owner=of(desks, "it")).update(until=clock.now())
    with pytest.raises(NoBasis, match="legal basis"):
        seal(desks, "it", "fr")
    with guard.system("a basis in a test"):
        LegalBasis.objects.filter(owner=of(desks, "it")).update(until=None)
    opened(desks, "fr", seal(desks, "it", "fr"))
    with guard.system("read the log in a test"):
        told = [e.body for e in LogEntry.objects.filter(step="cooperate")]
    assert sum('"act":"export"' in b and str(of(desks, "fr").pk) in b for b in told) == 1
    assert sum('"act":"receive"' in b for b in told) == 1


def test_only_a_lead_seals_and_only_with_a_card(desks):
    filled(desks)
    with guard.system("a reader in a test"):
        from entente.records.models import Membership

        Membership.objects.filter(case=desks.cases["it"]).update(part="member")
    with pytest.raises(guard.Denied, match="may not export"):
        seal(desks, "it", "fr")
    with pytest.raises(partners.NotPinned):
        sealing.plan(who(desks, "it"), VI, desks.cases["it"], of(desks, "nl"))


def test_only_what_changed_goes_again_and_a_second_package_says_only_that(desks):
    filled(desks)
    opened(desks, "fr", seal(desks, "it", "fr"))
    with pytest.raises(sealing.NotSealed, match="nothing to say"):
        seal(desks, "it", "fr")
    with guard.system("a stricter clue in a test"):
        Clue.objects.filter(case=desks.cases["it"]).update(codes="H1 H2")
    data = seal(desks, "it", "fr")
    assert parts(desks, "fr", data)[0].count == 1
    opened(desks, "fr", data, case=False)
    assert {row[6] for row in state(desks, "fr") if row[2] == "clue"} == {"H1 H2"}
    third = seal(desks, "it", "dk")  # another recipient is told the same version of the same
    opened(desks, "dk", third)
    versions = [{row[1]: row[3] for row in state(desks, at)} for at in ("fr", "dk")]
    assert versions[0] == versions[1]


def test_a_kind_of_partner_is_sent_no_kind_of_thing_that_its_rule_leaves_out(desks):
    media, *_, clue = filled(desks)
    with guard.system("a hotline in a test"):
        of(desks, "fr").__class__.objects.filter(pk=of(desks, "fr").pk).update(kind="hotline")
        LegalBasis.objects.filter(owner=of(desks, "it")).update(ground="online child sexual abuse material")
        hotline = of(desks, "fr")
        hotline.refresh_from_db()
    plan = sealing.plan(who(desks, "it"), VI, desks.cases["it"], hotline)
    assert [s.why for s in plan.stays] == ["a hotline is not sent a clue (arts 26 and 26b)"]
    body = parts(desks, "fr", seal(desks, "it", "fr"))[2]
    assert body.count(b"\n") == 2 and str(media.pk).encode() in body and str(clue.pk).encode() not in body


def test_what_is_over_the_most_goes_with_the_next_package(desks, monkeypatch):
    filled(desks, media=3)
    monkeypatch.setattr(package, "MOST_THINGS", 3)
    for count in (3, 1):
        assert opened(desks, "fr", data := seal(desks, "it", "fr")).taken == count
    filled(desks, media=1)
    monkeypatch.setattr(package, "MOST_THINGS", 50_000)
    data = seal(desks, "it", "fr")
    refused(desks, "fr", remade(desks, "it", "fr", data, count=50_001), Code.TOO_LARGE)


def test_nothing_is_decrypted_for_who_may_open_no_package(desks, monkeypatch):
    filled(desks)
    data = seal(desks, "it", "fr")
    monkeypatch.setattr(belief, "pieces", lambda *args: pytest.fail("it was decrypted"))
    with tempfile.TemporaryFile() as file, pytest.raises(guard.Denied):
        file.write(data)
        arrivals.open_package(desks.circle.officer(desks.circle.it_dpo), VI, file)


def test_a_first_package_needs_a_case_of_ours_and_a_member_of_it(desks):
    filled(desks)
    data = seal(desks, "it", "fr")
    with pytest.raises(arrivals.NeedsCase, match="into which case"):
        opened(desks, "fr", data, case=False)
    assert state(desks, "fr") == []
    opened(desks, "fr", data)


# --- any order, twice, cut short ------------------------------------------------------------------------


def test_packages_in_any_order_twice_and_cut_short_give_the_same_state(desks):
    sent = []
    for n in range(3):
        filled(desks, media=1, codes=("H0", "H2", "H3")[n])
        if n == 2:
            with guard.system("a withdrawn clue in a test"):
                Clue.objects.filter(case=desks.cases["it"], codes="H0").update(state="withdrawn")
        sent.append(seal(desks, "it", "fr"))
    states = []
    for order in itertools.permutations(range(3)):
        for n in order:
            with pytest.raises(PackageRefused):
                opened(desks, "fr", sent[n][:-40])
            for _ in range(2):
                try:
                    opened(desks, "fr", sent[n])
                except PackageRefused as fault:
                    assert fault.code in {Code.GAP, Code.REPLAY}
        states.append(state(desks, "fr"))
        with guard.system("a fresh desk in a test"):
            PartnerThing.objects.all().delete()
            Package.objects.filter(outgoing=False).delete()
    assert len(states[0]) == 6 and all(each == states[0] for each in states)
    assert [row[4] for row in states[0]].count(True) == 1


def test_a_package_that_comes_too_early_waits_and_says_which_is_missing(desks):
    filled(desks)
    first = seal(desks, "it", "fr")
    filled(desks, media=1)
    second = seal(desks, "it", "fr")
    assert "earlier package" in str(refused(desks, "fr", second, Code.GAP))
    refused(desks, "fr", second, Code.GAP)
    done = opened(desks, "fr", first)
    assert [r.number for r in done.rows] == [1, 2] and done.taken == 5
    refused(desks, "fr", second, Code.REPLAY)


def test_what_waited_goes_into_no_case_that_was_given_for_another(desks, django_capture_on_commit_callbacks):
    filled(desks, media=1)
    first = seal(desks, "it", "fr")
    told = {"victim_number": "V-002", "discovered_at": clock.now() - timedelta(days=1)}
    ours, desks.cases["it"] = (
        open_case(who(desks, at), VI, number=f"{at.upper()}-2", title="Operation Oak", **told)
        for at in ("fr", "it")
    )
    media = filled(desks, media=1)[0]
    second = seal(desks, "it", "fr")
    digest = refused(desks, "fr", second, Code.GAP).digest
    done = opened(desks, "fr", first)
    assert (done.taken, [r.number for r in done.rows]) == (2, [1])
    assert "package 2 goes on waiting: say into which case" in done.refused[0]
    with pytest.raises(arrivals.NeedsCase):
        opened(desks, "fr", second, case=False)
    desks.cases["fr"] = ours
    kept = waiting_file(digest)
    assert kept.exists()
    with clock.at(clock.now() + LASTS * 2), django_capture_on_commit_callbacks(execute=True):
        assert opened(desks, "fr", second).taken == 2  # it came in time
    assert not kept.exists()
    with guard.system("where it went in a test"):
        assert PartnerThing.objects.get(thing=media.pk).case == ours


def test_another_package_in_the_place_of_one_that_waits_is_not_taken_for_it(desks):
    filled(desks)
    first = seal(desks, "it", "fr")
    second, third = (filled(desks, media=1) and seal(desks, "it", "fr") for _ in range(2))
    digest = refused(desks, "fr", second, Code.GAP).digest
    waiting_file(digest).write_bytes(third)
    done = opened(desks, "fr", first)
    assert (done.taken, [r.number for r in done.rows]) == (3, [1]) and "changed while" in done.refused[0]


def test_a_file_that_changes_while_it_is_opened_is_refused(desks, monkeypatch):
    filled(desks)
    first = seal(desks, "it", "fr")
    other = remade(desks, "it", "fr", first, id=str(uuid4()))
    really = belief.believe

    def believed(officer, file):
        found = really(officer, file)
        file.seek(0)
        file.truncate()
        file.write(other)
        file.flush()
        return found

    monkeypatch.setattr(opening, "believe", believed)
    refused(desks, "fr", first, Code.SWAPPED)


# --- a withdrawal ---------------------------------------------------------------------------------------


def test_a_withdrawal_travels_and_holds_downstream(desks):
    media, _, clue = filled(desks, codes="H2")
    it, dk = who(desks, "it"), of(desks, "dk")
    for row in (media, clue):
        release.release(it, VI, row, dk, clock.now() + timedelta(days=9), "they are asked")
    opened(desks, "fr", seal(desks, "it", "fr", pass_on=("dk",)))
    passed = seal(desks, "fr", "dk")
    done = opened(desks, "dk", passed)
    assert done.taken == 2 and {row[-1] for row in state(desks, "dk")} == {"IT"}
    with guard.scope(who(desks, "dk"), VI):
        row = PartnerThing.objects.get(thing=clue.pk, holder=dk)
    taken = arrivals.take_clue(who(desks, "dk"), VI, row)
    assert taken.codes == "H2" and taken.state == "proposed"
    with guard.system("what was due is done in a test"):
        Job.objects.all().delete()
    with guard.system("withdraw in a test"):
        Clue.objects.filter(pk=clue.pk).update(state="withdrawn")
    opened(desks, "fr", seal(desks, "it", "fr"), case=False)
    opened(desks, "dk", seal(desks, "fr", "dk"), case=False)
    for at in ("fr", "dk"):
        gone = next(r for r in state(desks, at) if r[1] == clue.pk)
        assert gone[4] is True and gone[5]["body"] == {}
    with guard.system("what was made of it in a test"):
        taken.refresh_from_db()
        assert Job.objects.filter(task="locate.weigh", case=taken.case_id).exists()
    assert taken.state == "withdrawn"
    with pytest.raises(sealing.NotSealed):
        seal(desks, "fr", "dk")


def test_a_clue_that_no_page_could_read_is_not_taken(desks):
    clue = filled(desks)[-1]
    opened(desks, "fr", seal(desks, "it", "fr"))
    with guard.system("what a partner says in a test"):
        row = PartnerThing.objects.get(thing=clue.pk)
        good = row.statement
    fr = who(desks, "fr")
    for wrong in ({"kind": "bogus"}, {"evaluation": "Z9"}, {"value": None}):
        with guard.system("what a partner says in a test"):
            row.statement = good | {"body": good["body"] | wrong}
            row.save()
        with pytest.raises(arrivals.NotTaken, match=r"bogus|Z9|no value"):
            arrivals.take_clue(fr, VI, row)
    with guard.system("what was made in a test"):
        assert not Clue.objects.filter(case=desks.cases["fr"]).exists()


def test_what_was_called_back_or_erased_is_withdrawn_even_without_a_basis(desks):
    media, other, _ = filled(desks)
    opened(desks, "fr", seal(desks, "it", "fr"))
    release.withdraw(who(desks, "it"), VI, media, of(desks, "fr"))
    erased = other.pk
    with guard.system("an item erased and the basis over in a test"):
        other.delete()
        LegalBasis.objects.filter(owner=of(desks, "it")).update(until=clock.now())
    done = opened(desks, "fr", seal(desks, "it", "fr"), case=False)
    assert done.withdrawn == 2
    assert {r[1] for r in state(desks, "fr") if r[4]} == {media.pk, erased}
    with guard.system("the book in a test"):
        assert SentThing.objects.filter(withdrawn=True).count() == 2
        LegalBasis.objects.filter(owner=of(desks, "it")).update(until=None)
    # the next package does not send again what was called back, until it is released anew
    plan = sealing.plan(who(desks, "it"), VI, desks.cases["it"], of(desks, "fr"))
    assert plan.lines == () and [s.why for s in plan.stays] == [CALLED_BACK]
    with pytest.raises(sealing.NotSealed):
        seal(desks, "it", "fr")
    until = clock.now() + timedelta(days=9)
    release.release(who(desks, "it"), VI, media, of(desks, "fr"), until, "it is needed after all")
    assert opened(desks, "fr", seal(desks, "it", "fr"), case=False).taken == 1


def test_what_is_passed_on_needs_its_originators_permission_at_both_ends(desks):
    filled(desks)
    opened(desks, "fr", seal(desks, "it", "fr"))
    plan = sealing.plan(who(desks, "fr"), VI, desks.cases["fr"], of(desks, "dk"))
    assert plan.goes == () and "not released" in " ".join(plan.told_sender)
    # a partner that sends it all the same is found out by whom it sends it to
    _, _, body = parts(desks, "fr", seal(desks, "it", "dk") and _again(desks))
    filled(desks, "fr", media=1)
    data = seal(desks, "fr", "dk")
    stolen = remade(desks, "fr", "dk", data, body)
    done = opened(desks, "dk", stolen)
    assert done.taken == 0 and "not released" in done.refused[0]


def _again(desks):
    """Seal for France once more what it was told, as if nothing had gone."""
    with guard.system("forget in a test"):
        SentThing.objects.filter(to=of(desks, "fr")).delete()
    return seal(desks, "it", "fr")


# --- the attacks ----------------------------------------------------------------------------------------


def test_replayed(desks):
    filled(desks)
    data = seal(desks, "it", "fr")
    opened(desks, "fr", data)
    refused(desks, "fr", data, Code.REPLAY)


def test_encrypted_anew_to_a_third_agency(desks):
    filled(desks)
    head, signature, body = parts(desks, "fr", seal(desks, "it", "fr"))
    forwarded = packed(desks.cards["dk"].encryption, head, signature, body)
    refused(desks, "dk", forwarded, Code.FORWARDED)
    named = replace(head, recipient=str(of(desks, "dk").pk), recipient_key=desks.cards["dk"].encryption)
    refused(desks, "dk", packed(desks.cards["dk"].encryption, named, signature, body), Code.FORGED)


def test_a_forged_sender(desks):
    filled(desks)
    head, _, body = parts(desks, "fr", seal(desks, "it", "fr"))
    mine = secret(desks, "dk").signing  # Denmark signs in Italy's name
    refused(desks, "fr", packed(head.recipient_key, head, mine.sign(head.signed_bytes()), body), Code.FORGED)
    own = replace(head, sender_key=desks.cards["dk"].signing)
    refused(desks, "fr", packed(head.recipient_key, own, mine.sign(own.signed_bytes()), body), Code.FORGED)


def test_an_unknown_sender(desks):
    filled(desks)
    head, _, body = parts(desks, "fr", seal(desks, "it", "fr"))
    stranger, pk = carded(of(desks, "it"))
    key = exchange_key.read(settings.KEY_FOLDER, pk).signing
    told = replace(head, sender=str(uuid4()), sender_key=stranger.signing)
    refused(
        desks,
        "fr",
        packed(head.recipient_key, told, key.sign(told.signed_bytes()), body),
        Code.UNKNOWN_SENDER,
    )


def test_a_skipped_number_and_a_fork_of_the_line(desks):
    filled(desks)
    first = seal(desks, "it", "fr")
    refused(desks, "fr", remade(desks, "it", "fr", first, number=3, before="a" * 64), Code.GAP)
    opened(desks, "fr", first)
    refused(desks, "fr", remade(desks, "it", "fr", first, id=str(uuid4())), Code.FORK)
    refused(desks, "fr", remade(desks, "it", "fr", first, number=2, before="b" * 64), Code.FORK)


def test_expired_and_from_the_future(desks):
    filled(desks)
    data = seal(desks, "it", "fr")
    with clock.at(clock.now() + LASTS + timedelta(minutes=1)):
        refused(desks, "fr", data, Code.EXPIRED)
    with clock.at(clock.now() - timedelta(hours=1)):
        refused(desks, "fr", data, Code.EARLY)


def test_a_swapped_body(desks):
    filled(desks)
    one = seal(desks, "it", "fr")
    filled(desks, media=1)
    two = seal(desks, "it", "fr")
    head, signature, body = parts(desks, "fr", one)
    for other in (parts(desks, "fr", two)[2], body + b"{}\n", body[:-2] + b"\n", b""):
        refused(desks, "fr", packed(head.recipient_key, head, signature, other), Code.SWAPPED)


def test_cut_changed_or_sealed_to_others(desks):
    filled(desks)
    data = seal(desks, "it", "fr")
    for cut in (len(data) - 1, len(data) // 2, 200, 0):
        refused(desks, "fr", data[:cut], Code.DAMAGED)
    for place in range(0, len(data), len(data) // 25):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(PackageRefused) as fault:
            opened(desks, "fr", bytes(changed))
        assert fault.value.code in {Code.DAMAGED, Code.NOT_FOR_US}
    assert state(desks, "fr") == []
    refused(desks, "dk", data, Code.NOT_FOR_US)
    for junk in (b"PK\x03\x04 a zip", b"../../etc/passwd\n"):
        sealed = encrypt(junk, [x25519.Recipient.from_str(desks.cards["fr"].encryption)])
        with pytest.raises(PackageRefused) as fault:
            opened(desks, "fr", sealed)
        assert fault.value.code in {Code.NONSENSE, Code.DAMAGED}


def test_another_version_or_algorithm(desks):
    filled(desks)
    head, signature, body = parts(desks, "fr", seal(desks, "it", "fr"))
    line = head.text_line()
    for old, new in (('"v":1', '"v":0'), (package.ALGORITHM, "none")):
        plain = b"\n".join(
            [package.FORMAT[:-1], line.replace(old, new).encode(), signature.hex().encode(), body]
        )
        sealed = encrypt(plain, [x25519.Recipient.from_str(head.recipient_key)])
        refused(desks, "fr", sealed, Code.DOWNGRADED)
    plain = b"entente package 0\n" + line.encode() + b"\n" + signature.hex().encode() + b"\n" + body
    refused(desks, "fr", encrypt(plain, [x25519.Recipient.from_str(head.recipient_key)]), Code.DOWNGRADED)
    # the same header with a name twice has two readings
    twice = line.replace('"codes":"H0"', '"codes":"H3","codes":"H0"')
    plain = b"\n".join([package.FORMAT[:-1], twice.encode(), signature.hex().encode(), body])
    refused(desks, "fr", encrypt(plain, [x25519.Recipient.from_str(head.recipient_key)]), Code.NONSENSE)


def test_a_revoked_card_and_one_that_was_replaced(desks):
    filled(desks)
    early = seal(desks, "it", "fr")
    with guard.system("a card in a test"):
        theirs = PartnerKey.objects.get(owner=of(desks, "fr"), known_as=of(desks, "it").pk)
        theirs.state, theirs.ended_at = "replaced", clock.now() + timedelta(seconds=5)
        theirs.save()
    with clock.at(clock.now() + timedelta(minutes=1)):
        late = remade(desks, "it", "fr", early, issued=clock.now().isoformat())
        refused(desks, "fr", late, Code.REVOKED)
        opened(desks, "fr", early)  # it was signed while the card held
    with guard.system("a card in a test"):
        PartnerKey.objects.filter(pk=theirs.pk).update(state="ended")
    filled(desks, media=1)
    refused(desks, "fr", seal(desks, "it", "fr"), Code.REVOKED)


def test_handling_that_was_loosened_on_the_way(desks):
    filled(desks, codes="H2")
    data = seal(desks, "it", "fr")
    refused(desks, "fr", remade(desks, "it", "fr", data, codes="H0"), Code.LOOSENED)
    _, _, body = parts(desks, "fr", data)
    looser = body.replace(b'"codes":"H2"', b'"codes":"H0"')
    done = opened(desks, "fr", remade(desks, "it", "fr", data, looser, codes="H0 H2"))
    assert done.taken == 0 and "loosened" in done.refused[0]


def test_a_log_that_was_cut_or_rewritten(desks):
    filled(desks)
    first = seal(desks, "it", "fr")
    opened(desks, "fr", first)
    filled(desks, media=1)
    second = seal(desks, "it", "fr")
    head = parts(desks, "fr", second)[0]
    lines = head.log.split("\n")
    for size, root in (("1", lines[2]), (lines[1], lines[2])):
        earlier = parts(desks, "fr", first)[0].log.split("\n")
        size = earlier[1] if root == lines[2] and size != "1" else size
        cut = "\n".join([lines[0], size, root, *lines[3:]])
        refused(desks, "fr", remade(desks, "it", "fr", second, log=cut), Code.LOG_FORK)
    assert LogAlarm.objects.count() >= 1
    opened(desks, "fr", second)


def with_log(key, name, size=7):
    """A head of another log, signed by its key."""
    return log_key.sign(key, LogHead(name, size, bytes([size]) * 32), 1_780_000_000).text()


def notices(desks, short):
    with guard.system("read the notices in a test"):
        return list(
            Notice.objects.filter(addressed=of(desks, short), kind="log").values_list("text", flat=True)
        )


def test_packages_under_another_log_wait_until_its_key_was_compared(desks, tmp_path):
    filled(desks)
    opened(desks, "fr", seal(desks, "it", "fr"))
    filled(desks, media=1)
    second, key = seal(desks, "it", "fr"), log_key.make(tmp_path / "anew")
    under_new = remade(desks, "it", "fr", second, log=with_log(key, "anew.example/log"))
    for _ in range(2):
        fault = refused(desks, "fr", under_new, Code.LOG_OTHER)
        assert "pin it with `entente log trust`" in str(fault)
    assert LogAlarm.objects.get().says == notices(desks, "fr")[0]
    assert len(notices(desks, "fr")) == 1 and notices(desks, "it") == []
    filled(desks, media=1)
    behind = {
        "before": parts(desks, "fr", under_new)[0].digest(),
        "log": with_log(key, "anew.example/log", 9),
    }
    third = remade(desks, "it", "fr", seal(desks, "it", "fr"), **behind)
    refused(desks, "fr", third, Code.LOG_OTHER)  # the sender's next ones wait with it
    told = browser(desks.circle.fr)
    assert "waits: its sender" in told.get(reverse("packages")).content.decode()
    assert "anew.example/log" in told.get(reverse("notices")).content.decode()
    witness.pin(desks.circle.fr, log_key.public(key, "anew.example/log").written())
    assert len(opened(desks, "fr", under_new).rows) == 2  # and the one that waited for it


def test_a_new_card_hides_no_other_log(desks, tmp_path):
    filled(desks)
    first = seal(desks, "it", "fr")
    opened(desks, "fr", first)
    with guard.system("a card that was replaced"):
        row = Package.objects.get(owner=of(desks, "fr"), outgoing=False)
        row.key = "0" * 64
        row.save()
    key = log_key.make(tmp_path / "anew")
    refused(
        desks, "fr", remade(desks, "it", "fr", first, log=with_log(key, "anew.example/log")), Code.LOG_OTHER
    )


def test_a_head_beside_or_before_the_one_that_was_co_signed_is_an_alarm(desks, tmp_path):
    filled(desks)
    first, key = seal(desks, "it", "fr"), log_key.make(tmp_path / "theirs")
    witness.pin(desks.circle.fr, log_key.public(key, "theirs.example/log").written())
    then = clock.now() - timedelta(hours=1)
    PartnerLog.objects.update(held_size=7, held_note=with_log(key, "theirs.example/log"), held_at=then)
    beside = log_key.sign(key, LogHead("theirs.example/log", 7, b"x" * 32), 1_780_000_000).text()
    for log in (beside, with_log(key, "theirs.example/log", 6)):
        refused(desks, "fr", remade(desks, "it", "fr", first, log=log), Code.LOG_FORK)
    assert len(notices(desks, "fr")) == LogAlarm.objects.count() == 2
    opened(desks, "fr", remade(desks, "it", "fr", first, log=with_log(key, "theirs.example/log", 8)))


def test_a_body_without_sense(desks):
    filled(desks)
    data = seal(desks, "it", "fr")
    _, _, body = parts(desks, "fr", data)
    done = opened(desks, "fr", remade(desks, "it", "fr", data, b'{"statement":1}\n' + body, id=str(uuid4())))
    assert done.taken == 3 and "without sense" in done.refused[0]


def test_a_line_that_is_too_long_or_another_count(desks):
    filled(desks)
    data = seal(desks, "it", "fr")
    long = b'{"a":"' + b"x" * package.LONGEST_LINE + b'"}\n'
    refused(desks, "fr", remade(desks, "it", "fr", data, long), Code.NONSENSE)
    refused(desks, "fr", remade(desks, "it", "fr", data, count=99), Code.NONSENSE)
    refused(desks, "fr", remade(desks, "it", "fr", data, size=package.LARGEST + 1), Code.TOO_LARGE)


# --- receipts -------------------------------------------------------------------------------------------


def test_a_receipt_tells_the_sender_what_was_taken(desks):
    filled(desks)
    row = opened(desks, "fr", seal(desks, "it", "fr")).rows[0]
    out = io.BytesIO()
    sealing.receipt(who(desks, "fr"), VI, row, out)
    opened(desks, "it", out.getvalue(), case=False)
    with guard.system("the book in a test"):
        sent = Package.objects.get(outgoing=True, owner=of(desks, "it"))
    assert sent.receipt["state"] == "taken" and sent.receipt["left_out"] == []
    with pytest.raises(sealing.NotSealed):
        sealing.receipt(who(desks, "it"), VI, sent, io.BytesIO())


def test_what_is_written_twice_differently_is_no_package():
    identity = x25519.Identity.generate()
    count, size, digest = package.measured(lambda: [b"a\n"])
    head = package.Head(
        *["x"] * 4, str(identity.to_public()), 1, *["x"] * 9, count, size, digest, "log"
    )  # fmt: skip
    with pytest.raises(PackageRefused, match="changed while"):
        package.write(io.BytesIO(), head, lambda text: b"s" * 64, lambda: [b"b\n"])


# --- pages ----------------------------------------------------------------------------------------------


def browser(account) -> Client:
    client = Client()
    client.force_login(account)
    return client


def test_the_pages_show_seal_open_take_and_call_back(desks):
    media, _, clue = filled(desks)
    it, fr = browser(desks.circle.it), browser(desks.circle.fr)
    at = reverse("cooperate:packages", args=[desks.cases["it"].pk])
    shown = it.get(at, {"to": of(desks, "fr").pk}).content.decode()
    assert "Seal for FR" in shown and "nothing" in shown
    assert "Choose what to do" in it.post(at, {"to": of(desks, "fr").pk}).content.decode()
    sealed = it.post(at, {"to": of(desks, "fr").pk, "do": "seal"})
    assert sealed["Content-Disposition"] == 'attachment; filename="package-1-FR.age"'
    again = it.post(at, {"to": of(desks, "fr").pk, "do": "seal"})
    assert again.status_code == 400 and "nothing to say" in again.content.decode()
    inbox = reverse("packages")
    sent = SimpleUploadedFile("p.age", sealed.content)
    assert "into which case" in fr.post(inbox, {"file": sent}).content.decode()
    sent = SimpleUploadedFile("p.age", sealed.content)
    told = fr.post(inbox, {"file": sent, "case": desks.cases["fr"].pk}, follow=True).content.decode()
    assert "Taken: 3 new, 0 withdrawn, 0 refused." in told and "FR-1" in told
    with guard.system("choose in a test"):
        came = Package.objects.get(outgoing=False)
        row = PartnerThing.objects.get(thing=clue.pk)
    theirs = reverse("cooperate:packages", args=[desks.cases["fr"].pk])
    assert "Take as a clue" in fr.get(theirs).content.decode()
    fr.post(theirs, {"do": "take", "thing": row.pk})
    assert "taken as a clue" in fr.get(theirs).content.decode()
    receipt = fr.post(reverse("package-receipt", args=[came.pk]))
    it.post(inbox, {"file": SimpleUploadedFile("r.age", receipt.content)})
    assert "there: taken" in " ".join(it.get(inbox).content.decode().split())
    back = {"do": "call-back", "thing": media.pk}
    assert (
        "Nothing of that was sent"
        in it.post(at, back | {"to": of(desks, "dk").pk}, follow=True).content.decode()
    )
    it.post(at, back | {"to": of(desks, "fr").pk})
    assert ">1</dd>" in it.get(at, {"to": of(desks, "fr").pk}).content.decode()
    anew = {"do": "release", "to": of(desks, "fr").pk, "thing": media.pk}
    nothing = it.post(at, anew | {"thing": "", "reason": "again"}, follow=True).content.decode()
    assert "Tick what may go again" in nothing
    assert "needs its reason" in it.post(at, anew | {"reason": " "}).content.decode()
    told = it.post(at, anew | {"reason": "it is needed"}, follow=True).content.decode()
    assert "Released anew" in told and "tick what may go again" not in told
    assert browser(desks.circle.fr).get(at).status_code == 404
    hidden = browser(desks.circle.it_dpo).get(inbox).content.decode()
    assert "FR" not in hidden.split("<main")[1].split("</main")[0]


def test_the_command_tells_of_every_package_though_one_needs_its_case(desks, monkeypatch, tmp_path, capsys):
    filled(desks)
    for name, data in (("case.age", seal(desks, "it", "fr")), ("junk.age", b"junk")):
        (tmp_path / name).write_bytes(data)
    monkeypatch.setattr(command.start, "open_desk", lambda _: None)
    monkeypatch.setattr(command.start, "folder_of", lambda _: None)
    given = [str(tmp_path / name) for name in ("case.age", "gone.age", "junk.age")]
    assert command.run(["open", *given, "--as", desks.circle.fr.service_number, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [r["code"] for r in told["refused"]] == ["needs a case", "unreadable", "damaged"]


def test_the_law_is_asked_of_a_package_with_the_audience_of_its_case(desks):
    filled(desks)
    with guard.system("the case's audience in a test"):
        Case.objects.filter(pk=desks.cases["it"].pk).update(audience=str(Audience.AMBER_STRICT))
        desks.cases["it"].refresh_from_db()
    case, agency = desks.cases["it"], of(desks, "it").pk
    made = sealing.plan(who(desks, "it"), VI, case, of(desks, "fr"))
    assert made.things and made.whole(agency, case).audience is Audience.AMBER_STRICT
