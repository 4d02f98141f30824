"""Lists: versions, withdrawals, harmless ones, floods, matching backwards, keyed digests, removal."""

from __future__ import annotations

import re
import sys
from datetime import date

import pytest

from entente.casework.intake.service import Intake, open_case, receive
from entente.casework.match.service import (
    NotDecided,
    Provenance,
    backwards,
    check,
    decide,
    decide_match,
    key_standing_lists,
    keys_of,
    lists,
    remove_list,
)
from entente.casework.prioritise.service import assign
from entente.evidence.open import read
from entente.formats import ListRefused, ReadOptions
from entente.records import guard, jobs
from entente.records.models import (
    Compared,
    HashList,
    Job,
    ListedHash,
    ListRefusal,
    ListVersion,
    LogEntry,
    Match,
    Media,
    Quarantine,
)
from entente.vocabulary.agency import Part
from tests.casework.match.test_service import VI, checked, found, md5, pictures, take_in, taken, written

__all__ = ["pictures"]


def run_all() -> list[Job]:
    """Run what waits in the queue; every job must end well."""
    done = []
    while job := jobs.take("test"):
        assert jobs.run(job), Job.objects.get(pk=job.pk).error
        done.append(Job.objects.get(pk=job.pk))
    return done


def known(case) -> dict[str, str]:
    with guard.system("test"):
        return {m.occurrences.get().name: m.known for m in Media.objects.filter(case=case, refusal="")}


def digests(folder) -> dict[str, str]:
    return {p.name: read(p).md5 for p in folder.iterdir()}


def test_a_list_says_who_gave_it_when_and_on_what_basis(circle, tmp_path):
    told = Provenance("National centre", date(2026, 11, 1), "agreement 7/2026")
    held = take_in(circle, written(tmp_path / "a.csv", [md5(1) + ",1"]), provenance=told)
    with guard.system("test"):
        held = HashList.objects.get(pk=held.pk)
    assert (held.provider, held.given_on, held.basis) == (
        "National centre",
        date(2026, 11, 1),
        "agreement 7/2026",
    )
    assert held.codes == "H2"


def test_a_further_version_is_named_and_both_are_kept_in_order(circle, tmp_path):
    take_in(circle, written(tmp_path / "a.csv", [md5(1) + ",1"]), version="2026-10")
    other = written(tmp_path / "b.csv", [md5(2) + ",1", md5(1) + ",1"])
    with pytest.raises(ListRefused, match="name its version"):
        take_in(circle, other)
    with pytest.raises(ListRefused, match="held with other bytes"):
        take_in(circle, other, version="2026-10")
    held = take_in(circle, other, version="2026-11")
    with guard.system("test"):
        versions = list(held.versions.values_list("name", "added", "repeated", "complete"))
    assert versions == [("2026-10", 1, 0, True), ("2026-11", 1, 1, True)]
    assert (held.read, held.added, held.repeated) == (3, 2, 1)


@pytest.mark.parametrize(
    ("change", "says"),
    [({"options": ReadOptions(profile="UK")}, "another model"), ({"harmless": True}, "different names")],
)
def test_a_version_under_another_scheme_is_refused(circle, tmp_path, change, says):
    take_in(circle, written(tmp_path / "a.csv", [md5(1) + ",1"]), options=ReadOptions(profile="US"))
    change = {"options": ReadOptions(profile="US"), **change}
    with pytest.raises(ListRefused, match=says):
        take_in(circle, written(tmp_path / "b.csv", [md5(2) + ",1"]), version="2", **change)


def test_a_list_that_deletes_what_it_never_added_is_recorded_as_such(circle, tmp_path):
    path = written(tmp_path / "l.csv", [f"{md5(1)},1,", f"{md5(2)},1,true"], "md5,category,deleted")
    held = take_in(circle, path)
    assert (held.added, held.withdrawn, held.never_held, held.refused) == (1, 0, 1, 0)
    with guard.system("test"):
        (told,) = ListRefusal.objects.all()
    assert (told.code, told.line) == ("never-held", 3)
    assert "never gave" in told.reason


def test_ten_thousand_identical_hashes_are_one_entry(circle, tmp_path):
    held = take_in(circle, written(tmp_path / "l.csv", [f"{md5(1)},1"] * 10_000))
    assert (held.read, held.added, held.repeated) == (10_000, 1, 9_999)
    with guard.system("test"):
        assert ListedHash.objects.count() == 1


@pytest.mark.parametrize("value", ["0" * 32, "f" * 32, "abc", "0" * 31, "g" * 32])
def test_a_hash_that_is_none_never_becomes_an_entry(circle, tmp_path, value):
    held = take_in(circle, written(tmp_path / "l.csv", [f"{value},1", f"{md5(1)},1"]))
    assert (held.added, held.refused) == (1, 2)


@pytest.mark.parametrize("value", ["ab" * 31, "ab" * 33, "ab" * 31 + "a", "zz" * 32])
def test_a_pdq_of_another_length_never_becomes_an_entry(circle, tmp_path, value):
    good = "5a" * 32
    held = take_in(circle, written(tmp_path / "l.csv", [f"{value},1", f"{good},1"], "pdq,category"))
    assert held.added == 1 and held.refused >= 1
    with guard.system("test"):
        assert ListedHash.objects.get().pdq == good
        assert 2 in ListRefusal.objects.values_list("line", flat=True)


def test_votes_are_counted_and_renewed_by_a_later_version(circle, tmp_path):
    head = "md5,category,positive,negative"
    take_in(circle, written(tmp_path / "a.csv", [f"{md5(1)},1,3,0"], head))
    take_in(circle, written(tmp_path / "b.csv", [f"{md5(1)},1,3,2"], head), version="2")
    with guard.system("test"):
        (row,) = ListedHash.objects.all()
    assert (row.positive, row.negative) == (3, 2)


def test_no_digest_and_no_photodna_stands_in_clear(circle, tmp_path):
    photodna = "ab" * 144
    path = written(tmp_path / "l.csv", [f"{md5(1)},{photodna},1"], "md5,photodna,category")
    take_in(circle, path)
    with guard.system("test"):
        (row,) = ListedHash.objects.all()
        rows = [str(v) for r in ListedHash.objects.values_list() for v in r]
    assert md5(1) not in " ".join(rows)
    assert photodna not in " ".join(rows)
    assert keys_of(circle.agencies.it.pk).unseal(row.pk, row.photodna) == photodna
    assert (
        keys_of(circle.agencies.dk.pk).digest("md5", md5(1))
        != row.md5
        == keys_of(row.owner_id).digest("md5", md5(1))
    )


def test_lists_from_before_are_keyed_before_their_next_use(circle, case, pictures, tmp_path, monkeypatch):
    from entente.casework.match.service import keyed

    monkeypatch.setattr(keyed, "STANDING_ROWS", 2)
    of = digests(pictures)
    with guard.system("as lists stood before they were keyed"):
        held = HashList.objects.create(
            owner=circle.agencies.it, name="old", format="x", sha256="", imported_by=circle.it, keyed=False
        )
        for n, digest in enumerate([*of.values(), md5(1)]):
            ListedHash.objects.create(list=held, owner=circle.agencies.it, line=n + 1, md5=digest)
    taken(circle, case, pictures)
    assert checked(circle, case)["exact"] == len(of)
    with guard.system("test"):
        assert not set(ListedHash.objects.values_list("md5", flat=True)) & {*of.values(), md5(1)}
        assert HashList.objects.get().keyed
        assert ListVersion.objects.get().complete
        assert sum(e.step == "match" and e.verb == "alter" for e in LogEntry.objects.all()) >= 4
    assert key_standing_lists() == 0


def test_the_keying_of_a_standing_list_goes_on_where_it_was_killed(circle, monkeypatch):
    from entente.casework.match.service import keyed

    monkeypatch.setattr(keyed, "STANDING_ROWS", 2)
    with guard.system("as lists stood before they were keyed"):
        held = HashList.objects.create(
            owner=circle.agencies.it, name="old", format="x", sha256="", imported_by=circle.it, keyed=False
        )
        for n in range(7):
            ListedHash.objects.create(list=held, owner=circle.agencies.it, line=n + 1, md5=md5(n))
    real, calls = keyed._key, []

    def dies(*args):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(args)
        return real(*args)

    monkeypatch.setattr(keyed, "_key", dies)
    with pytest.raises(KeyboardInterrupt):
        key_standing_lists()
    monkeypatch.setattr(keyed, "_key", real)
    assert key_standing_lists() == 3
    wanted = {keys_of(circle.agencies.it.pk).digest("md5", md5(n)) for n in range(7)}
    with guard.system("test"):
        assert set(ListedHash.objects.values_list("md5", flat=True)) == wanted


def test_a_new_list_is_matched_backwards_with_everything_held(circle, case, pictures, tmp_path):
    taken(circle, case, pictures)
    checked(circle, case)
    assert set(known(case).values()) == {"new"}
    opened = read(pictures / "as it is.jpg")
    take_in(circle, written(tmp_path / "l.csv", [f"{opened.md5},{opened.pdq},1"], "md5,pdq,category"))
    (job,) = [j for j in run_all() if j.task == "match.backwards"]
    now = known(case)
    assert now.pop("as it is.jpg") == "exact"
    assert now.pop("another room.jpg") == "new"
    assert set(now.values()) == {"near"}
    assert job.result == {"records": 1, "matches_in_your_cases": 5}
    with guard.system("test"):
        assert ListVersion.objects.get().backwards == "done"


def test_backwards_and_forwards_say_the_same(circle, case, pictures, tmp_path):
    taken(circle, case, pictures)
    opened = read(pictures / "turned.jpg")
    take_in(circle, written(tmp_path / "l.csv", [f"{opened.md5},{opened.pdq},1"], "md5,pdq,category"))
    run_all()
    columns = ("media_id", "verdict", "entry", "distance", "transform", "because", "category", "codes")
    with guard.system("test"):
        back = set(Match.objects.values_list(*columns))
        Match.objects.all().delete()
        Compared.objects.all().delete()
        Media.objects.update(known="")
    checked(circle, case)
    with guard.system("test"):
        assert set(Match.objects.values_list(*columns)) == back
    assert back


def test_a_list_is_asked_of_no_case_that_its_agency_is_not_in_and_its_owner_learns_nothing(
    circle, case, pictures, tmp_path
):
    taken(circle, case, pictures)
    run_all()
    take_in(circle, written(tmp_path / "l.csv", [digests(pictures)["turned.jpg"] + ",1"]), account=circle.dk)
    (job,) = [j for j in run_all() if j.task == "match.backwards"]
    assert known(case)["turned.jpg"] == "new"  # as it would be if it came after the list
    assert job.result == {"records": 1, "matches_in_your_cases": 0}
    assert (job.done, job.total, job.note) in {(0, 0, ""), (1, 1, "")}
    with guard.system("test"):
        assert not Match.objects.exists()


@pytest.mark.parametrize("first", ["the list", "the items"])
def test_in_a_joint_case_the_lists_of_all_who_see_an_item_are_asked_whichever_came_first(
    circle, case, pictures, tmp_path, first
):
    assign(circle.officer(circle.it), VI, case, circle.dk, part=Part.MEMBER)
    rows = written(tmp_path / "l.csv", [digests(pictures)["turned.jpg"] + ",1"])
    for act in (0, 1) if first == "the list" else (1, 0):
        if act:
            taken(circle, case, pictures)
        else:
            take_in(circle, rows, account=circle.dk)
        run_all()
    assert known(case)["turned.jpg"] == "exact"  # the case reads that it is known
    with guard.scope(circle.officer(circle.it), VI):
        assert not Match.objects.exists()  # and not whose list it is
    with guard.system("test"):
        match = Match.objects.get()
    assert (match.owner_id, match.codes) == (circle.agencies.dk.pk, "H0 H2")


@pytest.mark.parametrize("first", ["the list", "the items"])
def test_what_is_withheld_from_an_agency_is_not_asked_of_its_lists(circle, case, pictures, tmp_path, first):
    assign(circle.officer(circle.it), VI, case, circle.dk, part=Part.MEMBER)
    run_all()
    rows = written(tmp_path / "l.csv", [digests(pictures)["turned.jpg"] + ",1"])
    for act in (0, 1) if first == "the list" else (1, 0):
        if act:
            job = receive(
                circle.officer(circle.it), VI, case, [pictures], Intake("a source", codes=("H0", "H2"))
            )
            assert jobs.run(jobs.take("test", only=job))
            assert not Job.objects.filter(account=circle.dk, task="match.check", status="ready").exists()
        else:
            take_in(circle, rows, account=circle.dk)
        run_all()
    assert known(case)["turned.jpg"] == "new"
    with guard.system("test"):
        assert not Match.objects.exists()


def test_a_run_that_was_killed_goes_on_after_its_last_piece(circle, case, pictures, tmp_path, monkeypatch):
    taken(circle, case, pictures)
    rows = [f"{d},1" for d in digests(pictures).values()]
    monkeypatch.setattr(backwards, "PIECE_ITEMS", 2)
    take_in(circle, written(tmp_path / "l.csv", rows))
    real, pieces = backwards._load, []

    def dies(keys, cases, after, kinds):
        pieces.append(after)
        if len(pieces) == 3:
            raise jobs.Stopped
        return real(keys, cases, after, kinds)

    monkeypatch.setattr(backwards, "_load", dies)
    job = Job.objects.get(task="match.backwards")
    assert not jobs.run(jobs.take("test", only=job))
    assert list(known(case).values()).count("exact") == 4
    assert jobs.run(jobs.take("test", only=job))
    assert pieces[2] == pieces[3]  # it went on there
    assert set(known(case).values()) == {"exact"}
    with guard.system("test"):
        assert Match.objects.count() == len(rows)


def test_items_are_asked_again_only_of_what_is_new(circle, case, pictures, tmp_path, monkeypatch):
    checking = sys.modules["entente.casework.match.service.check"]
    taken(circle, case, pictures)
    take_in(circle, written(tmp_path / "a.csv", [md5(1) + ",1"]))
    checked(circle, case)
    asked = []
    real = checking._ask
    monkeypatch.setattr(
        checking,
        "_ask",
        lambda o, part, held, state: asked.append((len(part), held.after)) or real(o, part, held, state),
    )
    checked(circle, case)
    assert asked == []
    (pictures / "late.jpg").write_bytes((pictures / "turned.jpg").read_bytes() + b"\0")
    taken(circle, case, pictures)
    checked(circle, case)
    assert asked == [(1, 0)]
    take_in(circle, written(tmp_path / "b.csv", [digests(pictures)["turned.jpg"] + ",1"]), name="second")
    counts = checked(circle, case)
    assert asked[1:] == [(7, 1)]
    assert counts["exact"] == 1


def test_what_was_matched_backwards_is_not_asked_forwards_again(
    circle, case, pictures, tmp_path, monkeypatch
):
    taken(circle, case, pictures)
    checked(circle, case)
    take_in(circle, written(tmp_path / "b.csv", [digests(pictures)["turned.jpg"] + ",1"]))
    run_all()
    with guard.system("test"):
        assert set(Compared.objects.values_list("serial", flat=True)) == {1}
    assert checked(circle, case)["exact"] == 1


def test_the_harmless_take_no_attention_and_hide_nothing(circle, case, pictures, tmp_path):
    of = digests(pictures)
    taken(circle, case, pictures)
    rows = [of["turned.jpg"] + ",1", of["as it is.jpg"] + ",1"]
    take_in(circle, written(tmp_path / "h.csv", rows), name="known good", harmless=True)
    run_all()
    assert known(case)["turned.jpg"] == "harmless"
    take_in(circle, written(tmp_path / "k.csv", [of["as it is.jpg"] + ",1"]), name="national")
    run_all()
    assert known(case)["as it is.jpg"] == "exact"
    assert known(case)["turned.jpg"] == "harmless"
    assert checked(circle, case)["harmless"] == 1


def test_a_near_copy_of_something_harmless_is_still_looked_at(circle, case, pictures, tmp_path):
    taken(circle, case, pictures)
    path = written(tmp_path / "h.csv", [read(pictures / "turned.jpg").pdq + ",1"], "pdq,category")
    take_in(circle, path, name="known good", harmless=True)
    run_all()
    assert set(known(case).values()) == {"new"}


def test_an_entry_taken_back_is_no_longer_known_and_the_match_stays_on_record(
    circle, case, pictures, tmp_path
):
    digest = digests(pictures)["turned.jpg"]
    taken(circle, case, pictures)
    take_in(circle, written(tmp_path / "a.csv", [f"{digest},1,"], "md5,category,deleted"))
    run_all()
    match = found(case)["turned.jpg"]
    decide_match(circle.officer(circle.it), VI, match, confirmed=True)
    take_in(circle, written(tmp_path / "b.csv", [f"{digest},1,yes"], "md5,category,deleted"), version="2")
    assert known(case)["turned.jpg"] == "new"
    with guard.system("test"):
        stays = Match.objects.get()
    assert (stays.state, stays.decided_by_id) == ("withdrawn", circle.it.pk)
    again = [f"{digest},1,", f"{md5(9)},1,"]
    take_in(circle, written(tmp_path / "c.csv", again, "md5,category,deleted"), version="3")
    run_all()
    assert known(case)["turned.jpg"] == "exact"


def test_a_decision_is_taken_back_and_what_hung_on_it_done_anew(circle, case, pictures, tmp_path):
    taken(circle, case, pictures)
    take_in(circle, written(tmp_path / "a.csv", [digests(pictures)["turned.jpg"] + ",1"]))
    run_all()
    officer, match = circle.officer(circle.it), found(case)["turned.jpg"]
    decide_match(officer, VI, match, confirmed=False)
    assert known(case)["turned.jpg"] == "new"
    run_all()
    decide_match(officer, VI, match, confirmed=None)
    assert known(case)["turned.jpg"] == "exact"
    assert [j.task for j in run_all()] == ["prioritise.rank"]
    with guard.system("test"):
        match.refresh_from_db()
    assert (match.state, match.decided_by_id) == ("proposed", None)


@pytest.fixture
def flooded(circle, case, pictures, tmp_path, settings):
    """A PDQ that meets all five positions of the room, where three are a flood."""
    settings.FLOOD_LEAST, settings.FLOOD_SHARE = 3, 0.1
    taken(circle, case, pictures)
    path = written(tmp_path / "l.csv", [read(pictures / "as it is.jpg").pdq + ",1"], "pdq,category")
    return take_in(circle, path)


@pytest.mark.parametrize("way", ["backwards", "forwards"])
def test_a_hash_that_meets_everything_is_set_aside_with_its_reason(circle, case, flooded, way):
    if way == "forwards":
        checked(circle, case)
    else:
        run_all()
    assert set(known(case).values()) == {"new"}
    with guard.system("test"):
        aside = Quarantine.objects.get()
        assert set(Match.objects.values_list("state", flat=True)) == {"set aside"}
        assert ListedHash.objects.get().aside == "held"
    assert (aside.cause, aside.state, aside.met, aside.most) == ("flood", "held", 5, 3)
    assert "5 of 6 items" in aside.reason
    with guard.scope(circle.officer(circle.dk), VI):
        assert not Quarantine.objects.exists()


def test_a_named_person_releases_it_with_a_reason_and_all_of_it_counts(circle, case, flooded):
    run_all()
    officer = circle.officer(circle.it)
    with guard.scope(officer, VI):
        aside = Quarantine.objects.get()
    with pytest.raises(NotDecided, match="say why"):
        decide(officer, VI, aside, release=True, said=" ")
    with pytest.raises(guard.Denied):
        decide(circle.officer(circle.dk), VI, aside, release=True, said="no")
    decide(officer, VI, aside, release=True, said="a real room, five positions of it")
    run_all()
    assert sorted(known(case).values()) == ["near"] * 5 + ["new"]
    checked(circle, case)
    with guard.system("test"):
        aside.refresh_from_db()
        assert (aside.state, aside.decided_by_id) == ("released", circle.it.pk)
        assert ListedHash.objects.get().aside == "released"
        assert Match.objects.filter(state="proposed").count() == 5


def test_kept_aside_it_meets_nothing_any_more(circle, case, flooded):
    run_all()
    officer = circle.officer(circle.it)
    with guard.scope(officer, VI):
        aside = Quarantine.objects.get()
    decide(officer, VI, aside, release=False, said="a blank page")
    job = check(officer, VI, case)
    Job.objects.filter(pk=job.pk).update(payload={"everything": True})
    assert jobs.run(jobs.take("test", only=job))
    assert set(known(case).values()) == {"new"}
    with guard.system("test"):
        assert not Match.objects.filter(state="proposed").exists()


def test_what_a_person_confirmed_is_not_set_aside(circle, case, flooded, settings):
    settings.FLOOD_LEAST = 100
    checked(circle, case)
    match = found(case)["turned.jpg"]
    decide_match(circle.officer(circle.it), VI, match, confirmed=True)
    settings.FLOOD_LEAST = 3
    job = check(circle.officer(circle.it), VI, case)
    Job.objects.filter(pk=job.pk).update(payload={"everything": True})
    assert jobs.run(jobs.take("test", only=job))
    assert known(case)["turned.jpg"] == "near"
    with guard.system("test"):
        assert Match.objects.filter(state="set aside").count() == 4


def test_a_blank_pdq_is_set_aside_when_it_comes(circle, tmp_path):
    take_in(circle, written(tmp_path / "l.csv", ["0" * 60 + "0101,1"], "pdq,category"))
    with guard.system("test"):
        aside = Quarantine.objects.get()
        assert ListedHash.objects.get().aside == "held"
    assert aside.cause == "blank"
    assert "2 of 256 bits" in aside.reason


def test_a_list_is_removed_as_one_act_and_its_records_follow(circle, case, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(lists, "CHUNK_RECORDS", 2)
    taken(circle, case, pictures)
    rows = [f"{d},1" for d in digests(pictures).values()]
    held = take_in(circle, written(tmp_path / "l.csv", rows))
    run_all()
    assert set(known(case).values()) == {"exact"}
    with pytest.raises(guard.Denied):
        remove_list(circle.officer(circle.dk), VI, held)
    remove_list(circle.officer(circle.it), VI, held)
    assert set(known(case).values()) == {"new"}  # at once
    assert checked(circle, case)["exact"] == 0
    run_all()
    with guard.system("test"):
        assert not HashList.objects.exists()
        assert not ListedHash.objects.exists()
        assert set(Match.objects.values_list("state", flat=True)) == {"withdrawn"}
    take_in(circle, written(tmp_path / "l2.csv", [md5(1) + ",1"]))  # the name is free again


def test_a_members_own_list_meets_the_cases_it_was_added_to(circle, case, pictures, tmp_path):
    other = open_case(
        circle.officer(circle.dk), VI, number="DK-1", title="Pine", victim_number="V-002",
        discovered_at=case.opened_at,
    )  # fmt: skip
    taken(circle, case, pictures)
    assign(circle.officer(circle.it), VI, case, circle.dk, part=Part.MEMBER)
    take_in(circle, written(tmp_path / "l.csv", [digests(pictures)["turned.jpg"] + ",1"]), account=circle.dk)
    (job,) = [j for j in run_all() if j.task == "match.backwards"]
    assert job.result["matches_in_your_cases"] == 1
    assert other.pk and re.match("DK", other.number)
