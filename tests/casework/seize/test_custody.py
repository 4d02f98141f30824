"""Chain of custody through the law: two sign, nothing is edited, all is sealed; the same result again."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest
from django.urls import reverse

from entente.casework.examine.service import crop, suggest
from entente.casework.seize import service
from entente.casework.seize.holders import Weakness
from entente.records import clock, derivation, guard
from entente.records.models import (
    Correction,
    Derivation,
    Exhibit,
    ExhibitItem,
    LogEntry,
    Media,
    Membership,
    Seal,
    Transfer,
)
from entente.records.models.custody import Edited
from entente.safeguards import tree
from entente.safeguards.commitment import canonical, opens
from tests.casework.seize.test_service import THING, VI, it, item  # noqa: F401 - fixtures

HOUR = timedelta(hours=1)
NOW = clock.now


@pytest.fixture
def second(circle, case):
    """A second officer of the case."""
    with guard.system("let a second officer in"):
        Membership.objects.create(case=case, account=circle.it_second, part="member")
    return lambda: circle.officer(circle.it_second)


@pytest.fixture
def phone(case, it, item):  # noqa: F811
    at = NOW() - 10 * HOUR
    return service.exhibit(
        it(), VI, case, number="E1", description="a phone", items=[item], place="kitchen", seized_at=at,
        seized_by="IT-1001", device="Maker M1, serial 4711", warrant="W 12/26", seal="S-9", condition="whole",
    )  # fmt: skip


def over(it, phone, circle, **more):  # noqa: F811
    told = {
        "to": circle.it_second, "when": NOW() - 5 * HOUR, "from_place": "kitchen", "to_place": "laboratory",
        "why": "to be imaged", "seal": "S-9", "seal_state": "intact",
    }  # fmt: skip
    return service.hand_over(it(), VI, phone, **{**told, **more})


def chain(it, phone):  # noqa: F811
    with guard.scope(it(), VI):
        return service.chain_of(phone)


def test_both_sign_and_the_receiver_holds_it(it, second, phone, circle):  # noqa: F811
    step = over(it, phone, circle)
    assert chain(it, phone).holder == "IT-1001"
    assert [g.kind for g in chain(it, phone).gaps] == [Weakness.WAITING]
    service.sign(second(), VI, step, when=step.when, seal_state="intact")
    held = chain(it, phone)
    assert (held.holder, held.gaps) == ("IT-1002", ())
    assert [r.place for r in held.records] == [1, 2]


def test_a_stretch_without_a_holder_is_named(it, second, phone, circle):  # noqa: F811
    step = over(it, phone, circle)
    service.sign(second(), VI, step, when=step.when + 2 * HOUR, seal_state="broken")
    lost, broken = chain(it, phone).gaps
    assert (lost.kind, lost.since, lost.until) == (Weakness.NOBODY, step.when, step.when + 2 * HOUR)
    assert broken.kind is Weakness.SEAL


def test_nobody_signs_for_another(it, second, phone, circle):  # noqa: F811
    step = over(it, phone, circle)
    with pytest.raises(service.NotListed, match="named as its receiver"):
        service.sign(it(), VI, step, when=NOW())
    with pytest.raises(service.NotListed, match="who gave it"):
        service.sign(second(), VI, step, outcome="taken back", when=NOW())
    with pytest.raises(service.NotListed, match="two"):
        over(it, phone, circle, to=circle.it)
    with pytest.raises(service.NotListed, match="let them into the case"):
        over(it, phone, circle, to=circle.fr)
    service.sign(second(), VI, step, when=NOW())
    with pytest.raises(service.NotListed, match="signed already"):
        service.sign(second(), VI, step, when=NOW())


def test_time_runs_one_way_and_one_handover_at_a_time(it, second, phone, circle):  # noqa: F811
    with pytest.raises(service.NotListed, match="not come yet"):
        over(it, phone, circle, when=NOW() + HOUR)
    with pytest.raises(service.NotListed, match="only grows"):
        over(it, phone, circle, when=NOW() - 11 * HOUR)
    step = over(it, phone, circle)
    with pytest.raises(service.NotListed, match="still waits"):
        over(it, phone, circle, when=NOW())
    with pytest.raises(service.NotListed, match="before it was handed over"):
        service.sign(second(), VI, step, when=step.when - HOUR)


def test_nothing_is_edited_and_a_correction_stands_beside(it, second, phone, circle):  # noqa: F811
    step = over(it, phone, circle)
    with guard.system("try to edit"):
        step.why = "another reason"
        with pytest.raises(Edited):
            step.save()
        with pytest.raises(Edited):
            Transfer.objects.filter(pk=step.pk).update(why="another reason")
        with pytest.raises(Edited):
            Exhibit.objects.bulk_update([phone], ["device"])
        Exhibit.objects.filter(pk=phone.pk).update(codes="H2")  # what binds it may become stricter
    service.correct(it(), VI, phone, step.pk, "the seal was S-8")
    with guard.scope(it(), VI):
        assert Correction.objects.get(of=step.pk).text == "the seal was S-8"
        assert Transfer.objects.get(pk=step.pk).why == "to be imaged"
    with pytest.raises(service.NotListed, match="one record of this exhibit"):
        service.correct(it(), VI, phone, circle.it.pk, "something")


def test_every_record_is_sealed_in_the_log_and_names_the_one_before(it, second, phone, circle):  # noqa: F811
    step = over(it, phone, circle)
    service.sign(second(), VI, step, when=step.when, seal_state="intact")
    service.correct(it(), VI, phone, phone.pk, "the serial is 4712")
    with guard.system("read the log in a test"):
        before = phone
        for row in chain_rows(phone):
            assert row.before == digest(before)
            before = row
            assert sealed_in(digest(row)), row
        assert sealed_in(digest(phone))
        assert sealed_in(digest(ExhibitItem.objects.get(exhibit=phone)))


def chain_rows(phone):
    from entente.casework.seize.service.custody import records_of

    return records_of(Exhibit.objects.get(pk=phone.pk))


def digest(row):
    fresh = type(row).objects.get(pk=row.pk)
    return sha256(canonical(fresh.as_record()).encode()).hexdigest()


def sealed_in(digest):
    """Return the entries that commit to a digest, their opened states checked against what was sealed."""
    found = []
    for seq in Seal.objects.filter(digest=digest).values_list("seq", flat=True):
        entry = LogEntry.objects.select_related("opening").get(seq=seq)
        state = {"sealed": list(Seal.objects.filter(seq=seq).values_list("digest", flat=True))}
        salt = bytes.fromhex(entry.opening.state_salt)
        assert opens(json.loads(entry.body)["after"], "after", salt, canonical(state))
        found.append(seq)
    return found


def test_the_pages_show_the_chain_and_take_both_signatures(client, it, second, phone, circle, case):  # noqa: F811
    client.force_login(circle.it)
    at = {"case_id": case.pk, "exhibit_id": phone.pk}
    page = reverse("seize:custody", kwargs=at)
    assert "Maker M1, serial 4711" in client.get(page).content.decode()
    told = {
        "over-to": str(circle.it_second.pk), "over-when": f"{NOW() - 2 * HOUR:%Y-%m-%dT%H:%M}",
        "over-from_place": "kitchen", "over-to_place": "laboratory", "over-why": "imaging",
        "over-seal": "S-9", "over-seal_state": "intact",
    }  # fmt: skip
    answer = client.post(reverse("seize:hand-over", kwargs=at), {**told, "over-why": ""})
    assert answer.status_code == 400
    assert client.post(reverse("seize:hand-over", kwargs=at), told).status_code == 303
    with guard.system("find the handover"):
        step = Transfer.objects.get()
    client.force_login(circle.it_second)
    signing = reverse("seize:sign", kwargs={"case_id": case.pk, "transfer_id": step.pk})
    assert signing in client.get(page).content.decode()
    said = {"sign-outcome": "received", "sign-when": f"{NOW() - HOUR:%Y-%m-%dT%H:%M}"}
    assert client.post(signing, {**said, "sign-seal_state": "intact"}).status_code == 303
    assert "nobody holds it" in client.get(page).content.decode()
    client.force_login(circle.fr)
    assert client.get(page).status_code == 404


# --- derivations ----------------------------------------------------------------------------------------


def again(it, of):  # noqa: F811
    return list(service.reproduce(it(), VI, of))


def test_everything_derived_is_recorded_and_comes_out_the_same(it, case, item, phone):  # noqa: F811
    crop(it(), VI, item, THING)
    suggest(it(), VI, case)
    results = again(it, phone)
    assert sorted(r.derivation.what for r in results) == [
        *("clues", "crop", "hashes", "hashes"),
        "scene features",
    ]
    assert {str(r.verdict) for r in results} == {"same"}, [r.because for r in results]
    assert {str(r.verdict) for r in again(it, phone)} == {"same"}


def change(row, **fields):
    """Change a recorded derivation behind the model's back, as somebody with the database could."""
    with guard.system("tamper in a test"):
        from django.db.models import QuerySet

        QuerySet(Derivation).filter(pk=row.pk).update(**fields)


@pytest.fixture
def cut(it, item):  # noqa: F811
    crop(it(), VI, item, THING)
    with guard.scope(it(), VI):
        return Derivation.objects.get(what="crop")


def test_a_planted_parameter_is_found(it, item, cut):  # noqa: F811
    change(cut, parameters={**cut.parameters, "region": [0.0, 0.0, 0.5, 0.5]})
    assert [str(r.verdict) for r in again(it, item) if r.derivation.what == "crop"] == ["differs"]


def test_another_version_is_named_and_not_tried(it, item, cut):  # noqa: F811
    change(cut, version={**cut.version, "pillow": "1.0"})
    (result,) = [r for r in again(it, item) if r.derivation.what == "crop"]
    assert str(result.verdict) == "cannot"
    assert "pillow was 1.0, here" in result.because


def test_a_flipped_input_is_found(it, item, cut):  # noqa: F811
    place = next(p for p in (service.evidence_store().root).rglob(item.key) if p.is_file())
    data = bytearray(place.read_bytes())
    data[len(data) // 2] ^= 1
    place.chmod(0o600)
    place.write_bytes(bytes(data))
    assert {str(r.verdict) for r in again(it, item) if r.derivation.media_id == item.pk} == {"input damaged"}


def test_a_derivation_is_sealed_by_the_root_over_its_act(it, item, cut):  # noqa: F811
    with guard.system("check the seal"):
        row = Derivation.objects.get(pk=cut.pk)
        path = [bytes.fromhex(h) for h in row.proof]
        leaf, root = derivation.leaf_of(row), bytes.fromhex(row.root)
        assert tree.verify_inclusion(leaf, row.leaf, row.leaves, path, root)
        assert sealed_in(row.root)
        assert Media.objects.get(pk=row.made_id).sha256 == row.output
