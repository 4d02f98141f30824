"""Archives in the sandbox: opened or refused member by member, never a crash, within time and memory."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import random
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from entente.evidence import archive
from entente.evidence.archive import Archive, form_of, look_into
from entente.evidence.measure import MOST_BYTES, MOST_MEMBERS
from entente.evidence.reach import NotOpened
from entente.evidence.sandbox import Answer, Sandbox
from entente.vocabulary.media import Refusal, RefusalCode
from tests.evidence.drawn import encoded, scene
from tests.evidence.packed import tarred, zipped

PICTURE = encoded(scene(48, 64), "PNG")
NOISE = random.Random(1).randbytes(300_000)
FORMS = ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"]
PACK = {"tar.gz": gzip.compress, "tar.bz2": bz2.compress, "tar.xz": lzma.compress}
MUTANTS = 4000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 400
MOST_MEMORY = 1 << 30


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(2)
    yield made
    made.close()


Told = list[tuple[str, bytes | Refusal]]


def held(sandbox: Sandbox, folder: Path, data: bytes) -> tuple[Told, Refusal | None]:
    """Return names with bytes or refusals, and the archive's own refusal."""
    path = folder / "a"
    path.write_bytes(data)
    form = form_of(path)
    assert form
    told: Told = []
    opened = look_into(path, form, sandbox=sandbox)
    for member in opened:
        try:
            told.append((member.name, member.readall() or b""))
        except NotOpened as error:
            told.append((member.name, error.refusal))
    return told, opened.refusal


def packed(held_: dict[str, bytes], form: str) -> bytes:
    return zipped(held_) if form == "zip" else tarred(held_, form.partition(".")[2])


def codes(told: Told) -> list[str]:
    return [str(what.code) if isinstance(what, Refusal) else "" for _, what in told]


def refused(sandbox: Sandbox, folder: Path, data: bytes) -> str:
    """Return the code with which a whole archive is refused; nothing of it was given out."""
    told, refusal = held(sandbox, folder, data)
    assert refusal is not None and told == [] and len(refusal.reason.split()) > 6
    return str(refusal.code)


@pytest.mark.parametrize("form", FORMS)
def test_every_member_comes_out_as_it_went_in(sandbox: Sandbox, tmp_path: Path, form: str) -> None:
    given = {"a/b/one.png": PICTURE, "noise": NOISE * 20, "empty": b"", "комната/部屋 🏠.png": PICTURE,
             "long/" * 60 + "x.png": PICTURE}  # fmt: skip
    told, refusal = held(sandbox, tmp_path, packed(given, form))
    assert refusal is None and dict(told) == given


@pytest.mark.parametrize("form", [f for f in FORMS if f != "tar"])  # an empty one is zeros, like anything
def test_an_empty_archive_holds_nothing(sandbox: Sandbox, tmp_path: Path, form: str) -> None:
    assert held(sandbox, tmp_path, packed({}, form)) == ([], None)


def test_a_name_is_text_and_never_a_path(sandbox: Sandbox, tmp_path: Path) -> None:
    names = [
        "../../../tmp/x",
        "/etc/passwd",
        "C:\\a\\b.png",
        "a\x1b[31m\n.png",
        "\u202egnp.exe",
        "..",
        "a//b",
    ]
    for data in (zipped(dict.fromkeys(names, b"x")), tarred(dict.fromkeys(names, b"x"))):
        told, refusal = held(sandbox, tmp_path, data)
        assert refusal is None and [what for _, what in told] == [b"x"] * len(names)
        assert {name for name, _ in told} >= {"../../../tmp/x", "/etc/passwd", "a\\x1b[31m\\n.png"}
        assert all(name.isprintable() for name, _ in told)
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_name_of_an_old_zip_is_read_by_its_old_table(sandbox: Sandbox, tmp_path: Path) -> None:
    data = zipped({"caf\N{LATIN SMALL LETTER E WITH ACUTE}.png": b"x"})
    utf8 = "café".encode()
    assert utf8 in data
    old = bytearray(zipped({"caf~.png": b"x"}).replace(b"caf~", b"caf\x82"))
    assert held(sandbox, tmp_path, bytes(old))[0] == [("café.png", b"x")]
    assert held(sandbox, tmp_path, data)[0] == [("café.png", b"x")]


def test_names_given_twice_are_two_members(sandbox: Sandbox, tmp_path: Path) -> None:
    data = zipped({"a.png": b"one", "b.png": b"two"}).replace(b"b.png", b"a.png")
    assert held(sandbox, tmp_path, data)[0] == [("a.png", b"one"), ("a.png", b"two")]


def test_a_large_even_picture_is_a_bomb_and_the_others_stay(sandbox: Sandbox, tmp_path: Path) -> None:
    data = zipped({"a.png": PICTURE, "zero.bmp": bytes(20 << 20), "noise": NOISE})
    told, refusal = held(sandbox, tmp_path, data)
    assert refusal is None and codes(told) == ["", "too-large", ""]


@pytest.mark.parametrize("form", FORMS[2:])
def test_a_bomb_of_a_tar_is_refused_before_anything_comes_out(
    sandbox: Sandbox, tmp_path: Path, form: str
) -> None:
    assert (
        refused(sandbox, tmp_path, packed({"a.png": PICTURE, "zero": bytes(60 << 20)}, form)) == "too-large"
    )


def test_a_bomb_that_says_it_is_small_is_stopped_on_its_way(sandbox: Sandbox, tmp_path: Path) -> None:
    data = zipped({"a.png": PICTURE, "zero": bytes(50 << 20)})
    lying = data.replace(struct.pack("<I", 50 << 20), struct.pack("<I", 5000))
    assert lying != data
    told, refusal = held(sandbox, tmp_path, lying)
    assert refusal is None and codes(told) == ["", "damaged"]


def test_sizes_and_checksums_that_lie_are_found(sandbox: Sandbox, tmp_path: Path) -> None:
    good = zipped({"a": b"abcdefgh" * 100, "b": NOISE})
    size, crc = struct.pack("<I", 800), struct.pack("<I", zlib.crc32(b"abcdefgh" * 100))
    for lie in (good.replace(size, struct.pack("<I", 799)), good.replace(size, struct.pack("<I", 801)),
                good.replace(crc, bytes(4))):  # fmt: skip
        told, refusal = held(sandbox, tmp_path, lie)
        assert refusal is None and codes(told) == ["damaged", ""]


def test_more_than_ten_thousand_members_are_refused_before_one_comes_out(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    many = {f"{n}": b"" for n in range(MOST_MEMBERS + 1)}
    for data in (zipped(many), tarred(many, format_=tarfile.USTAR_FORMAT)):
        assert refused(sandbox, tmp_path, data) == "too-large"
    del many["7"]
    assert len(held(sandbox, tmp_path, zipped(many))[0]) == MOST_MEMBERS


def test_more_than_two_gib_are_refused_by_what_is_declared(sandbox: Sandbox, tmp_path: Path) -> None:
    data = bytearray(zipped({str(n): NOISE for n in range(4)}, zipfile.ZIP_STORED))
    size = struct.pack("<I", len(NOISE))
    many = bytes(data).replace(size + size, size + struct.pack("<I", MOST_BYTES // 4 + 1))
    told, refusal = held(sandbox, tmp_path, many)  # each is a bomb by its own word, so none is unpacked
    assert refusal is None and codes(told) == ["too-large"] * 4
    path = tmp_path / "big.tar"
    with path.open("wb") as out:
        info = tarfile.TarInfo("big")
        info.size = MOST_BYTES + 1
        out.write(info.tobuf(tarfile.GNU_FORMAT))
        out.truncate(MOST_BYTES + 4096)
    opened = look_into(path, "tar", sandbox=sandbox)
    assert list(opened) == [] and opened.refusal is not None
    assert opened.refusal.code is RefusalCode.TOO_LARGE and "2 GiB" in opened.refusal.reason


def test_members_that_share_bytes_are_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    data = bytearray(zipped({"a": NOISE, "b": NOISE[:1000]}, zipfile.ZIP_STORED))
    at = data.rindex(b"PK\x01\x02")
    data[at + 42 : at + 46] = struct.pack("<I", 100)  # the second begins within the first
    assert refused(sandbox, tmp_path, bytes(data)) == "damaged"
    data[at + 42 : at + 46] = struct.pack("<I", 0)  # both are the same
    assert refused(sandbox, tmp_path, bytes(data)) == "damaged"


def test_an_encrypted_member_or_a_foreign_method_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    data = bytearray(zipped({"a": PICTURE, "b": PICTURE}))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    told, _ = held(sandbox, tmp_path, bytes(data))
    assert codes(told) == ["unsupported", ""] and "password" in told[0][1].reason  # type: ignore[union-attr]
    told, _ = held(sandbox, tmp_path, zipped({"a": NOISE}, zipfile.ZIP_LZMA))
    assert codes(told) == ["unsupported"] and "method (number 14)" in told[0][1].reason  # type: ignore[union-attr]


def test_a_link_in_a_zip_is_a_link(sandbox: Sandbox, tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a.png")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "z", "w") as out:
        out.writestr(info, "/etc/passwd")
    assert codes(held(sandbox, tmp_path, (tmp_path / "z").read_bytes())[0]) == ["symlink"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE,
                                  tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE])  # fmt: skip
def test_a_link_or_a_device_in_a_tar_is_named_and_not_made(
    sandbox: Sandbox, tmp_path: Path, kind: bytes
) -> None:
    info = tarfile.TarInfo("../b")
    info.type, info.linkname = kind, "/etc/passwd"
    plain = tarfile.TarInfo("c")
    data = info.tobuf() + plain.tobuf() + bytes(1024)
    told, refusal = held(sandbox, tmp_path, data)
    assert refusal is None and [name for name, _ in told] == ["../b", "c"]
    assert codes(told)[0] in {"symlink", "not-a-file", "unsupported"} and codes(told)[1] == ""


@pytest.mark.parametrize("form", FORMS[1:])
def test_of_a_tar_that_breaks_off_the_members_before_are_had(
    sandbox: Sandbox, tmp_path: Path, form: str
) -> None:
    data = packed({"a": PICTURE, "b": NOISE * 12, "c": PICTURE}, form)
    told, refusal = held(sandbox, tmp_path, data[: len(data) * 3 // 4])
    assert refusal is not None and refusal.code is RefusalCode.DAMAGED
    assert told[0] == ("a", PICTURE) and codes(told[1:]) in ([], ["damaged"])


def test_a_zip_that_breaks_off_has_no_list_and_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    data = zipped({"a": PICTURE, "b": NOISE})
    for until in (30, len(data) // 2, len(data) - 1):
        assert refused(sandbox, tmp_path, data[:until]) == "damaged"


def test_a_long_header_or_one_without_sense_is_no_crash(sandbox: Sandbox, tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    for kind in (tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE, b"?"):
        for size in (0, 5, 1 << 40, -1):
            info.type, info.size = kind, size
            data = info.tobuf(tarfile.GNU_FORMAT) + b"99999999999 path=x\n" + bytes(2000)
            told, refusal = held(sandbox, tmp_path, data)
            assert refusal is not None or all(isinstance(what, Refusal) for _, what in told)


def mutate(data: bytearray, drawn: random.Random, first: int) -> None:
    """Change a bit or some bytes, take some away or say some twice."""
    at = drawn.randrange(first, len(data))
    act = drawn.randrange(4)
    if act == 0:
        data[at] ^= 1 << drawn.randrange(8)
    elif act == 1:
        data[at : at + 4] = drawn.choice((b"\xff" * 4, bytes(4), drawn.randbytes(4)))
    elif act == 2:
        del data[at : at + drawn.randrange(1, 60)]
    else:
        data[at:at] = data[max(0, at - 64) : at]


@pytest.mark.parametrize("form", FORMS)
def test_a_changed_archive_is_opened_or_refused_within_time_and_memory(tmp_path: Path, form: str) -> None:
    """Mutants of a benign archive, of a packed one half of them within the packing."""
    held_ = {"a/1.png": PICTURE, "b/2.txt": b"letter " * 50, "n": NOISE[:3000]}
    drawn, longest, sandbox = random.Random(form), 0.0, Sandbox(1)
    pack, whole, had = PACK.get(form), 0, 0
    for number in range(MUTANTS // len(FORMS)):
        within = pack is not None and number % 2
        data = bytearray(packed(held_, "tar" if within else form))
        for _ in range(drawn.choice((1, 1, 2, 8, 40))):
            mutate(data, drawn, 0 if within or form == "tar" else 10)
        if pack and within:
            data = bytearray(pack(bytes(data)))
        since = time.perf_counter()
        path = tmp_path / "a"
        path.write_bytes(data)
        if not form_of(path):
            continue
        told, refusal = held(sandbox, tmp_path, bytes(data))
        longest = max(longest, time.perf_counter() - since)
        gone = [refusal, *(what for _, what in told if isinstance(what, Refusal))]
        assert all(r.code is not RefusalCode.DECODER_DIED for r in gone if r), gone
        assert all("stopped (" not in r.reason for r in gone if r), gone  # nothing that we did not think of
        whole += not any(gone)
        had += sum(isinstance(what, bytes) for _, what in told)
    peak = sandbox.peak()
    sandbox.close()
    print(f"{form}: {whole} whole, {had} members, longest {longest:.2f} s, peak {peak >> 20} MiB")
    assert longest < 20 and peak < MOST_MEMORY
    assert had > 0 and 0 <= whole < MUTANTS // len(FORMS)


# --- a decoder that a file has taken over -----------------------------------------------------------------


def saying(*answers: Answer, size: int = 1000) -> tuple[int, Refusal | None]:
    """Return how many members are taken from what a decoder says, and the refusal."""
    opened = Archive(iter(answers), size)
    count = 0
    for member in opened:
        count += 1
        try:
            member.readall()
        except NotOpened:
            continue
    return count, opened.refusal


def begin(number: object, name: object = "a") -> Answer:
    return Answer({"begin": number, "name": name})


@pytest.mark.parametrize(
    "answers",
    [
        [begin(2)],
        [begin(1, 7)],
        [begin(1, "x" * 5000)],
        [begin(1), begin(2)],
        [begin(1), Answer({"piece": 2}, b"x")],
        [begin(1), Answer({"piece": 1}, b"")],
        [begin(1), Answer({"piece": 1, "more": 1}, b"x")],
        [begin(1), Answer({"piece": 1}, bytes(5 << 20))],
        [begin(1), *[Answer({"piece": 1}, bytes(1 << 19))] * 3],
        [begin(1), Answer({"end": 1}, b"x")],
        [begin(1)],
        [],
    ],
)
def test_answers_out_of_order_or_measure_end_the_archive(answers: list[Answer]) -> None:
    refusal = saying(*answers)[1]
    assert refusal is not None and refusal.code is RefusalCode.DECODER_DIED


def test_a_member_without_end_stops_at_the_limit_of_members() -> None:
    every = (a for n in range(1, 20_000) for a in (begin(n), Answer({"end": n})))
    opened = Archive(every, 1000)
    assert sum(1 for _ in opened) == MOST_MEMBERS and opened.refusal is not None


def test_a_reason_that_we_do_not_know_is_none() -> None:
    opened = Archive(iter([begin(1), Answer({"end": 1, "why": {"code": "fine", "reason": 3}}),
                           Answer({"done": True})]), 10)  # fmt: skip
    for member in opened:
        with pytest.raises(NotOpened, match="without sense"):
            member.readall()
    assert opened.refusal is None


def test_a_name_shown_twice_is_shown_the_same() -> None:
    text = "a\x00\x1b\u202e\ud800\\é🏠"
    assert archive.shown(archive.shown(text)) == archive.shown(text)
    assert archive.shown(text).isprintable()


def test_a_decoder_that_hangs_or_dies_while_it_is_listened_to_is_a_refusal(tmp_path: Path) -> None:
    """The planted faults of ``planted``, through the door by which archives answer."""
    path, sandbox = tmp_path / "a.png", Sandbox(1)
    path.write_bytes(PICTURE)
    asked = {"kind": "picture", "container": "png", "limit_s": 1.0}
    with path.open("rb") as stream:
        for name, code in (("loops", RefusalCode.TIMEOUT), ("dies", RefusalCode.DECODER_DIED)):
            planted = f"tests.evidence.planted:{name}"
            sandbox.ask(
                stream.fileno(), "layers", {}, limit_s=10, needs=(planted, "entente.evidence.hashing:hashed")
            )
            since = time.perf_counter()
            told = list(
                sandbox.stream(stream.fileno(), "describe", asked | {"extract": [planted]}, limit_s=2)
            )
            assert [a.refusal.code for a in told if a.refusal] == [code] and len(told) == 1
            assert time.perf_counter() - since < 20
    assert held(sandbox, tmp_path, zipped({"a": b"x"})) == ([("a", b"x")], None)
    sandbox.close()
