"""Is it known? Lists taken in chunk by chunk, and real pictures asked of them, turned and mirrored too."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from entente.casework.intake.service import Intake, receive
from entente.casework.match.service import check, decide_match, import_list, keys_of, lists
from entente.casework.prioritise.service import assign
from entente.evidence.open import read
from entente.formats import ListRefused
from entente.records import guard, jobs
from entente.records.models import HashList, Job, ListedHash, ListRefusal, LogEntry, Match, Media
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose
from tests.evidence.drawn import encoded, scene

VI = Purpose.VICTIM_IDENTIFICATION
TURNED = {
    "as it is.jpg": lambda p: p,
    "mirrored.jpg": lambda p: p[:, ::-1],
    "upside down.jpg": lambda p: p[::-1],
    "turned.jpg": np.rot90,
    "turned and mirrored.jpg": lambda p: np.rot90(p)[:, ::-1],
}


def md5(n: int) -> str:
    return hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest()


def written(path: Path, rows: list[str], head: str = "md5,category") -> Path:
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def take_in(circle, path, name="ours", account=None, **kwargs):
    return import_list(circle.officer(account or circle.it), VI, path, name=name, format="hashlist", **kwargs)


def entries(circle) -> set[str]:
    """The MD5 of the drawn numbers that stand in Italy's lists: the table itself holds none in clear."""
    named = {keys_of(circle.agencies.it.pk).digest("md5", md5(n)): md5(n) for n in range(20)}
    with guard.system("test"):
        held = set(ListedHash.objects.values_list("md5", flat=True))
    assert held.isdisjoint(named.values())
    return {named[keyed] for keyed in held}


def taken(circle, case, folder: Path) -> None:
    job = receive(circle.officer(circle.it), VI, case, [folder], Intake("a phone"))
    assert jobs.run(jobs.take("test", only=job))


def checked(circle, case, account=None) -> dict[str, int]:
    job = check(circle.officer(account or circle.it), VI, case)
    assert jobs.run(jobs.take("test", only=job)), Job.objects.get(pk=job.pk).error
    return Job.objects.get(pk=job.pk).result


def found(case) -> dict[str, Match]:
    with guard.system("test"):
        rows = Match.objects.filter(case=case).select_related("media")
        return {m.media.occurrences.get().name: m for m in rows}


@pytest.fixture
def pictures(tmp_path) -> Path:
    """One drawn room in five positions, and another room."""
    folder = tmp_path / "found"
    folder.mkdir()
    for name, turn in TURNED.items():
        (folder / name).write_bytes(encoded(np.ascontiguousarray(turn(scene(seed=1))), "JPEG", quality=80))
    (folder / "another room.jpg").write_bytes(encoded(scene(seed=2), "JPEG"))
    return folder


def test_an_import_that_stopped_goes_on_and_ends_as_an_unbroken_one(circle, tmp_path, monkeypatch):
    monkeypatch.setattr(lists, "CHUNK_RECORDS", 4)
    rows = [f"{md5(n)},{n}" if n != 5 else "zzz,5" for n in range(11)]
    path = written(tmp_path / "list.csv", rows)

    def stop(read):
        if read == 8:  # a line with a bad hash is two records: what is wrong, and that nothing is left
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_in(circle, path, tell=stop)
    assert len(entries(circle)) == 6
    held = take_in(circle, path)
    assert (held.read, held.added, held.refused) == (12, 10, 2)
    assert entries(circle) == {md5(n) for n in range(11) if n != 5}
    with guard.system("test"):
        refused = list(ListRefusal.objects.all())
        assert ListedHash.objects.count() == 10
    assert [r.line for r in refused] == [7, 7]
    assert all(len(r.reason.split()) > 4 for r in refused)
    again = take_in(circle, path)
    assert (again.read, again.added, again.refused) == (12, 10, 2)


def test_the_same_name_with_other_bytes_is_refused(circle, tmp_path):
    take_in(circle, written(tmp_path / "a.csv", [md5(1) + ",1"]))
    with pytest.raises(ListRefused, match="already has another list"):
        take_in(circle, written(tmp_path / "b.csv", [md5(2) + ",1"]))
    take_in(circle, written(tmp_path / "b.csv", [md5(2) + ",1"]), account=circle.dk)


def test_an_unknown_format_is_refused_with_the_formats_there_are(circle, tmp_path):
    with pytest.raises(ListRefused, match="vics"):
        import_list(circle.officer(circle.it), VI, tmp_path / "x", name="x", format="telex")
    with guard.system("test"):
        assert not HashList.objects.exists()


def test_a_deletion_takes_the_entry_away_and_no_other(circle, tmp_path):
    path = written(
        tmp_path / "list.csv", [f"{md5(1)},1,", f"{md5(2)},1,", f"{md5(1)},1,true"], "md5,category,deleted"
    )
    take_in(circle, path)
    assert entries(circle) == {md5(2)}


def test_an_administrator_takes_no_list_in(circle, tmp_path):
    with pytest.raises(guard.Denied):
        take_in(circle, written(tmp_path / "a.csv", [md5(1) + ",1"]), account=circle.it_admin)
    with guard.system("test"):
        assert not HashList.objects.exists()
        assert LogEntry.objects.get().verb == "denied"


def test_the_same_bytes_are_exact_and_turned_copies_near_with_their_reason(circle, case, pictures, tmp_path):
    opened = read(pictures / "as it is.jpg")
    path = written(tmp_path / "l.csv", [f"{opened.md5},{opened.pdq},1"], "md5,pdq,category")
    taken(circle, case, pictures)
    take_in(circle, path)
    counts = checked(circle, case)
    assert counts == {"exact": 1, "near": 4, "scene": 0, "new": 1}
    met = found(case)
    assert set(met) == set(TURNED)
    assert met["as it is.jpg"].verdict == "exact"
    assert met["mirrored.jpg"].transform != met["upside down.jpg"].transform != met["turned.jpg"].transform
    for match in met.values():
        assert match.because
        assert (match.list_name, match.state) == ("ours", "proposed")
    assert checked(circle, case) == counts  # asked again, and nothing is written twice
    assert {m.pk for m in found(case).values()} == {m.pk for m in met.values()}


def test_a_list_that_came_later_knows_what_was_new_before(circle, case, pictures, tmp_path):
    opened = read(pictures / "as it is.jpg")
    taken(circle, case, pictures)
    assert checked(circle, case)["exact"] == 0
    take_in(circle, written(tmp_path / "l.csv", [f"{opened.md5},1"]))
    assert checked(circle, case)["exact"] == 1


def test_each_agency_asks_its_own_lists_and_no_answer_undoes_anothers(circle, case, pictures, tmp_path):
    known, other = read(pictures / "as it is.jpg"), read(pictures / "mirrored.jpg")
    taken(circle, case, pictures)
    take_in(circle, written(tmp_path / "l.csv", [f"{known.md5},1"]))
    take_in(circle, written(tmp_path / "d.csv", [f"{other.md5},1"]), name="danish", account=circle.dk)
    checked(circle, case)
    assign(circle.officer(circle.it), VI, case, circle.dk, part=Part.MEMBER)
    assert checked(circle, case, circle.dk)["exact"] == 2
    with guard.system("test"):
        assert Media.objects.filter(known="exact").count() == 2
        assert Match.objects.filter(owner=circle.agencies.dk).count() == 1


def test_another_agencys_list_never_meets_our_items(circle, case, pictures, tmp_path):
    opened = read(pictures / "as it is.jpg")
    path = written(tmp_path / "l.csv", [f"{opened.md5},{opened.pdq},1"], "md5,pdq,category")
    taken(circle, case, pictures)
    take_in(circle, path, account=circle.dk)
    assert checked(circle, case)["new"] == len(TURNED) + 1
    assert found(case) == {}


def test_only_the_lists_of_the_asking_agency_are_asked(circle, case, pictures, tmp_path):
    opened = read(pictures / "as it is.jpg")
    take_in(circle, written(tmp_path / "l.csv", [f"{opened.md5},1"]), name="danish", account=circle.dk)
    taken(circle, case, pictures)
    assign(circle.officer(circle.it), VI, case, circle.dk, part=Part.MEMBER)
    assert checked(circle, case, circle.dk)["exact"] == 1
    assert {m.owner_id for m in found(case).values()} == {circle.agencies.dk.pk}


def test_an_outsider_asks_nothing_and_a_reader_neither(circle, case, pictures):
    with pytest.raises(guard.Denied):
        check(circle.officer(circle.dk), VI, case)
    assign(circle.officer(circle.it), VI, case, circle.fr, part=Part.READER)
    with pytest.raises(guard.Denied):
        check(circle.officer(circle.fr), VI, case)
    assert not Job.objects.exists()


def test_a_person_confirms_or_refuses_and_a_second_check_does_not_overrule(circle, case, pictures, tmp_path):
    opened = read(pictures / "as it is.jpg")
    taken(circle, case, pictures)
    take_in(circle, written(tmp_path / "l.csv", [f"{opened.md5},1"]))
    checked(circle, case)
    officer = circle.officer(circle.it)
    (match,) = found(case).values()
    decide_match(officer, VI, match, confirmed=False)
    with guard.system("test"):
        assert Media.objects.get(pk=match.media_id).known == "new"
        entry = LogEntry.objects.order_by("-seq").first()
    assert (entry.verb, entry.account) == ("alter", circle.it.pk)
    job = check(officer, VI, case)
    Job.objects.filter(pk=job.pk).update(payload={"everything": True})
    jobs.run(jobs.take("test", only=job))
    (match,) = found(case).values()
    assert (match.state, match.decided_by_id) == ("refused", circle.it.pk)
    with guard.system("test"):
        assert Media.objects.get(pk=match.media_id).known == "new"
    decide_match(officer, VI, match, confirmed=True)
    with guard.system("test"):
        assert Media.objects.get(pk=match.media_id).known == "exact"
