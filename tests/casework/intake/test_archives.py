"""Archives at intake: what they hold becomes items, what cannot be had is a refusal with a mend."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from entente.casework.intake import service
from entente.casework.intake.service import evidence_store, receiving
from entente.casework.seize.service import reproduce
from entente.records import guard, log
from entente.records.models import Media, Occurrence
from tests.casework.intake.test_service import VI, do, rows
from tests.evidence.drawn import encoded, scene
from tests.evidence.packed import tarred, zipped

ONE, TWO = (encoded(scene(seed=n), "PNG") for n in (1, 2))


def found() -> dict[tuple[str, str], Media]:
    """Return every item by the folder and the name it was found under."""
    with guard.system("test"):
        return {(o.folder, o.name): o.media for o in Occurrence.objects.select_related("media")}


@pytest.fixture
def phone(tmp_path: Path) -> Path:
    """A ZIP file with pictures in folders, a text, an archive and a path that leads out of it."""
    path = tmp_path / "phone.zip"
    inner = zipped({"again.png": TWO})
    path.write_bytes(
        zipped({"DCIM/a.png": ONE, "DCIM/b/a.png": TWO, "notes.txt": b"a letter", "../../etc/x.png": ONE,
                "more.zip": inner, "tab\there\x1b[31m.png": ONE})
    )  # fmt: skip
    return path


@pytest.mark.parametrize("pack", [zipped, tarred, lambda held: tarred(held, "gz")], ids=["zip", "tar", "gz"])
def test_what_an_archive_holds_becomes_items_found_in_it(circle, case, tmp_path, pack):
    path = tmp_path / "holiday.bin"
    path.write_bytes(pack({"DCIM/a.png": ONE, "DCIM/b/c.png": TWO}))
    job = do(circle, case, path)
    assert job.result == {"files": 3, "new": 2, "archive": 1, "duplicate": 0, "refused": 0, "known": 0}
    items = found()
    assert set(items) == {
        (f"{path}/DCIM", "a.png"),
        (f"{path}/DCIM/b", "c.png"),
        (str(tmp_path), "holiday.bin"),
    }
    assert items[f"{path}/DCIM", "a.png"].pdq and not items[f"{path}/DCIM", "a.png"].refusal
    whole = items[str(tmp_path), "holiday.bin"]
    assert (whole.refusal, whole.kind) == ("archive", "") and "2 files" in whole.refusal_reason
    assert all(evidence_store().check(m.key) for m in items.values())
    with evidence_store().open(items[f"{path}/DCIM/b", "c.png"].key) as stream:
        assert stream.read() == TWO
    assert log.verify().faults == ()


def test_names_are_text_and_one_level_is_opened(circle, case, phone):
    job = do(circle, case, phone)
    items = found()
    assert job.result == {"files": 7, "new": 2, "archive": 1, "duplicate": 2, "refused": 2, "known": 0}
    assert (f"{phone}/../../etc", "x.png") in items
    assert (str(phone), "tab\\there\\x1b[31m.png") in items
    assert "archive within an archive" in items[str(phone), "more.zip"].refusal_reason
    assert items[str(phone), "more.zip"].sha256
    assert items[str(phone), "notes.txt"].refusal == "not-media"
    assert not (phone.parent / "etc").exists() and not any(phone.parent.glob("*.png"))


def test_a_second_run_changes_nothing_and_the_inner_archive_can_be_received_by_itself(
    circle, case, phone, tmp_path
):
    do(circle, case, phone)
    before = rows()
    assert do(circle, case, phone).result["known"] == 7
    assert rows() == before
    inner = tmp_path / "more.zip"
    inner.write_bytes(zipped({"again.png": TWO}))
    do(circle, case, inner)
    assert found()[str(tmp_path), "more.zip"].refusal == "archive"


def test_an_import_that_was_killed_in_an_archive_goes_on_and_doubles_nothing(
    circle, case, tmp_path, monkeypatch
):
    path = tmp_path / "many.zip"
    path.write_bytes(zipped({f"{n}.png": encoded(scene(48, 64, seed=n), "PNG") for n in range(6)}))
    monkeypatch.setattr(receiving, "BATCH_FILES", 2)
    real, done = receiving.record, []

    def killed(*given):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(given)
        return real(*given)

    monkeypatch.setattr(receiving, "record", killed)
    with pytest.raises((KeyboardInterrupt, AssertionError)):
        do(circle, case, path)
    with guard.system("test"):
        assert Media.objects.count() == 4
    monkeypatch.setattr(receiving, "record", real)
    result = do(circle, case, path).result
    assert (result["new"], result["known"], result["archive"]) == (2, 4, 1)
    assert rows()[:2] == (7, 7)


def test_what_cannot_be_had_is_refused_and_the_rest_is_received(circle, case, tmp_path):
    path = tmp_path / "mixed.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in (("link.png", tarfile.SYMTYPE), ("tty.png", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        for data in (ONE, TWO):  # one name twice
            info = tarfile.TarInfo("a.png")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    result = do(circle, case, path).result
    assert (result["new"], result["refused"], result["archive"]) == (2, 2, 1)
    codes = {name: media.refusal for (_, name), media in found().items()}
    assert codes == {"link.png": "symlink", "tty.png": "not-a-file", "a.png": "", "a.png (member 4)": "",
                     "mixed.tar": "archive"}  # fmt: skip


def test_an_archive_over_the_limits_is_kept_and_refused_with_its_mend(circle, case, tmp_path):
    bomb, cut = tmp_path / "bomb.tgz", tmp_path / "cut.zip"
    bomb.write_bytes(tarred({"a.png": ONE, "zero.bmp": bytes(40 << 20)}, "gz"))
    cut.write_bytes(zipped({"a.png": ONE})[:-40])
    result = do(circle, case, bomb, cut).result
    assert result == {"files": 2, "new": 0, "duplicate": 0, "refused": 2, "known": 0}
    items = found()
    assert items[str(tmp_path), "bomb.tgz"].refusal == "too-large"
    assert items[str(tmp_path), "cut.zip"].refusal == "damaged"
    assert all(m.sha256 and evidence_store().check(m.key) for m in items.values())


def test_what_came_out_is_reproduced_and_every_object_has_its_row(circle, case, phone):
    do(circle, case, phone)
    with guard.system("test"):
        items = list(Media.objects.all())
    for item in items:
        results = list(reproduce(circle.officer(circle.it), VI, item))
        assert {str(r.verdict) for r in results} == {"same"}, item.refusal
    assert set(evidence_store().keys()) == set(service.claims())


def test_the_pages_say_what_an_archive_is(circle, case, phone, client):
    do(circle, case, phone)
    client.force_login(circle.it)
    page = client.get(f"/cases/{case.pk}/intake/").content.decode()
    assert "Archives" in page and "archive within an archive" in page
    assert "received as an item of its own" not in page  # it stands with the item, not among the refused
    number = found()[str(phone.parent), "phone.zip"].number
    page = client.get(f"/cases/{case.pk}/examine/items/{number}/").content.decode()
    assert "This file is an archive." in page and "6 files" in page


def test_a_packed_single_file_is_refused_as_such(circle, case, tmp_path):
    import gzip

    path = tmp_path / "a.png.gz"
    path.write_bytes(gzip.compress(ONE))
    do(circle, case, path)
    assert "no readable tar" in found()[str(tmp_path), "a.png.gz"].refusal_reason
