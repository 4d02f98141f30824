"""The door: every kind of file opens, or is refused with a code and a mend; nothing raises."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from entente.evidence.open import Known, Opened, read, render, walk
from entente.vocabulary.media import MediaKind, RefusalCode, Region, Sampling
from entente.vocabulary.media_hash import Profile
from tests.evidence.drawn import clip, encoded, png_header, scene


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def distance(a: str | None, b: str | None) -> int:
    assert a and b
    return (int(a, 16) ^ int(b, 16)).bit_count()


def refused(opened: Opened) -> RefusalCode:
    assert opened.refusal is not None
    assert len(opened.refusal.reason) > 20, "a refusal says the mend"
    return opened.refusal.code


@pytest.fixture(scope="module")
def plain() -> str:
    """PDQ of the drawn scene, by the reference implementation."""
    pdqhash = pytest.importorskip("pdqhash")
    bits, quality = pdqhash.compute(scene())
    assert quality == 100
    return np.packbits(bits).tobytes().hex()


@pytest.mark.parametrize(
    ("format_", "container", "options"),
    [
        ("JPEG", "jpeg", {"quality": 92}),
        ("PNG", "png", {}),
        ("WEBP", "webp", {"lossless": True}),
        ("TIFF", "tiff", {}),
        ("BMP", "bmp", {}),
        ("HEIF", "heif", {"quality": 90}),
        ("AVIF", "avif", {"quality": 90}),
    ],
)
def test_pictures_of_every_container_have_the_reference_hash(
    tmp_path: Path, plain: str, format_: str, container: str, options: dict[str, object]
) -> None:
    data = encoded(scene(), format_, **options)
    opened = read(put(tmp_path, "named.txt", data))
    assert opened.refusal is None
    assert (opened.kind, opened.container) == (MediaKind.PICTURE, container)
    assert (opened.width, opened.height, opened.partial) == (320, 240, False)
    assert opened.sha256 == hashlib.sha256(data).hexdigest()
    assert opened.md5 == hashlib.md5(data).hexdigest()
    assert opened.sha1 == hashlib.sha1(data).hexdigest()
    assert opened.bytes == len(data)
    assert distance(opened.pdq, plain) <= 12
    full = opened.pdq_turns[Profile.FULL]
    assert full[0] == opened.pdq and len(set(full)) == 8


def test_a_palette_is_looked_up_and_not_hashed_as_numbers(tmp_path: Path, plain: str) -> None:
    palette = Image.fromarray(scene()).quantize(64)
    looked_up = read(put(tmp_path, "rgb.png", encoded(np.asarray(palette.convert("RGB")), "PNG")))
    assert distance(looked_up.pdq, plain) <= 31
    for format_ in ("PNG", "GIF"):
        buffer = io.BytesIO()
        palette.save(buffer, format_)
        assert distance(read(put(tmp_path, format_, buffer.getvalue())).pdq, looked_up.pdq) <= 2


def test_cmyk_is_converted_before_it_is_hashed(tmp_path: Path, plain: str) -> None:
    buffer = io.BytesIO()
    Image.fromarray(scene()).convert("CMYK").save(buffer, "JPEG", quality=95)
    assert distance(read(put(tmp_path, "cmyk.jpg", buffer.getvalue())).pdq, plain) <= 12


def test_sixteen_bits_are_brought_to_eight(tmp_path: Path, plain: str) -> None:
    deep = np.asarray(Image.fromarray(scene()).convert("L")).astype(np.uint16) * 257
    buffer = io.BytesIO()
    Image.fromarray(deep).save(buffer, "PNG")
    assert distance(read(put(tmp_path, "deep.png", buffer.getvalue())).pdq, plain) <= 4


def test_what_is_transparent_is_shown_on_white(tmp_path: Path) -> None:
    clear = np.dstack([scene(), np.full((240, 320), 255, np.uint8)])
    clear[:120, :, 3] = 0
    buffer = io.BytesIO()
    Image.fromarray(clear, "RGBA").save(buffer, "PNG")
    white = scene()
    white[:120] = 255
    expected = read(put(tmp_path, "white.png", encoded(white, "PNG")))
    assert distance(read(put(tmp_path, "clear.png", buffer.getvalue())).pdq, expected.pdq) <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_hash_is_of_the_picture_as_it_is_displayed(tmp_path: Path, plain: str, orientation: int) -> None:
    undo = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(np.ascontiguousarray(undo(scene())), "JPEG", quality=95, exif=exif)
    opened = read(put(tmp_path, "turned.jpg", data))
    assert (opened.width, opened.height) == (320, 240)
    assert distance(opened.pdq, plain) <= 10
    # The same orientation, as Pillow understands the standard.
    shown = io.BytesIO(render(put(tmp_path, "again.jpg", data), "clear"))  # type: ignore[arg-type]
    assert np.abs(np.asarray(Image.open(shown)).astype(int) - scene()).mean() < 6


def _as_peers_read(image: Image.Image) -> str:
    """PDQ of the stored values, as programs hash them that neither turn nor convert."""
    pdqhash = pytest.importorskip("pdqhash")
    values = np.asarray(image)
    values = np.dstack([values] * 3) if values.ndim == 2 else np.ascontiguousarray(values)
    return np.packbits(pdqhash.compute(values)[0]).tobytes().hex()


@pytest.mark.parametrize("kind", ["turned", "cmyk", "palette", "gif", "clear"])
def test_what_is_displayed_otherwise_than_stored_has_the_hash_of_the_stored_pixels_too(
    tmp_path: Path, plain: str, kind: str
) -> None:
    exif, buffer, drawn = Image.Exif(), io.BytesIO(), Image.fromarray(scene())
    exif[0x0112] = 6
    clear = np.dstack([scene(), np.full((240, 320), 255, np.uint8)])
    clear[:120, :, 3] = 0
    image, form, options = {
        "turned": (Image.fromarray(np.ascontiguousarray(np.rot90(scene(), 1))), "JPEG", {"exif": exif}),
        "cmyk": (drawn.convert("CMYK"), "JPEG", {"quality": 95}),
        "palette": (drawn.quantize(64), "PNG", {}),
        "gif": (drawn.quantize(256), "GIF", {}),
        "clear": (Image.fromarray(clear, "RGBA"), "PNG", {}),
    }[kind]
    image.save(buffer, form, **options)
    opened = read(put(tmp_path, kind, buffer.getvalue()))
    stored = _as_peers_read(Image.open(io.BytesIO(buffer.getvalue())))
    assert opened.pdq_raw == stored != opened.pdq
    if kind not in {"clear", "palette"}:
        assert distance(opened.pdq, plain) <= 12
    assert distance(opened.pdq_raw, opened.pdq) > 31  # peers would miss the picture


def test_what_is_displayed_as_stored_has_no_second_hash(tmp_path: Path) -> None:
    for form in ("JPEG", "PNG", "WEBP"):
        assert read(put(tmp_path, form, encoded(scene(), form))).pdq_raw == ""


def test_a_large_picture_is_hashed_under_three_profiles_and_a_small_one_under_one(tmp_path: Path) -> None:
    large = read(put(tmp_path, "large.png", encoded(scene(900, 1300), "PNG"))).pdq_turns
    small = read(put(tmp_path, "small.png", encoded(scene(), "PNG"))).pdq_turns
    assert set(large) == set(small) == set(Profile)
    assert len({turns[0] for turns in large.values()}) > 1 and len(set(small.values())) == 1
    assert {len(turns) for turns in large.values()} == {8}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_first_pass_decodes_a_large_jpeg_smaller_and_says_so(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = put(tmp_path, "large.jpg", encoded(scene(1541, 2203), "JPEG", quality=90, exif=exif))
    whole, rough = read(path), read(path, sampling=Sampling.KEYS)
    assert not whole.pdq_rough and rough.pdq_rough
    assert (whole.width, whole.height, whole.sha256) == (rough.width, rough.height, rough.sha256)
    assert set(rough.pdq_turns) == {Profile.FULL}
    assert distance(whole.pdq, rough.pdq) <= 4
    small = read(put(tmp_path, "small.jpg", encoded(scene(), "JPEG")), sampling=Sampling.KEYS)
    assert not small.pdq_rough and set(small.pdq_turns) == set(Profile)


def test_a_damaged_jpeg_is_looked_at_whole_in_a_first_pass_too(tmp_path: Path) -> None:
    data = encoded(scene(1200, 1600), "JPEG", quality=90)
    opened = read(put(tmp_path, "cut.jpg", data[: len(data) // 2]), sampling=Sampling.KEYS)
    assert opened.partial and not opened.pdq_rough and opened.pdq


def test_a_truncated_jpeg_gives_its_good_rows_and_says_partial(tmp_path: Path) -> None:
    data = encoded(scene(1200, 1600), "JPEG", quality=90)
    opened = read(put(tmp_path, "cut.jpg", data[: len(data) // 2]))
    assert opened.refusal is None
    assert opened.partial and opened.errors == 1 and opened.pdq
    png = encoded(scene(1200, 1600), "PNG")
    assert read(put(tmp_path, "cut.png", png[: len(png) // 2])).partial


def test_a_truncated_heic_is_refused_rather_than_hashed_as_black(tmp_path: Path) -> None:
    data = encoded(scene(), "HEIF", quality=90)
    assert refused(read(put(tmp_path, "cut.heic", data[: len(data) // 2]))) is RefusalCode.DAMAGED


def test_a_header_of_fifty_thousand_by_fifty_thousand_is_refused_in_milliseconds(tmp_path: Path) -> None:
    small = put(tmp_path, "small.png", encoded(scene(), "PNG"))
    read(small)
    start = time.perf_counter()
    opened = read(put(tmp_path, "bomb.png", png_header(50_000, 50_000)))
    assert time.perf_counter() - start < 0.5
    assert refused(opened) is RefusalCode.TOO_LARGE
    assert opened.sha256
    assert refused(read(put(tmp_path, "over.png", png_header(13_000, 13_000)))) is RefusalCode.TOO_LARGE


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", RefusalCode.EMPTY),
        (b"not an image at all", RefusalCode.NOT_MEDIA),
        (b"%PDF-1.7\n", RefusalCode.NOT_MEDIA),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", RefusalCode.NOT_MEDIA),
        (b"\0" * 5000, RefusalCode.NOT_MEDIA),
        (b"\xff\xd8\xff" + b"\0" * 300, RefusalCode.DAMAGED),
        (b"\x89PNG\r\n\x1a\n", RefusalCode.DAMAGED),
        (b"RIFF\0\0\0\0AVI junk", RefusalCode.DAMAGED),
        (b"\x1a\x45\xdf\xa3matroska?", RefusalCode.DAMAGED),
        (b"\xff\x0a and more", RefusalCode.UNSUPPORTED),
    ],
)
def test_bad_content_is_refused_and_keeps_its_digests(tmp_path: Path, data: bytes, code: RefusalCode) -> None:
    opened = read(put(tmp_path, "looks-fine.jpg", data))
    assert refused(opened) is code
    assert opened.bytes == len(data)
    assert opened.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXTINF:1,\n{}\n",
        "\ufeff\n#EXTM3U\n{}\n",
        "ffconcat version 1.0\nfile '{}'\n",
        "[playlist]\nFile1={}\n",
        '<?xml version="1.0"?>\n<MPD><BaseURL>{}</BaseURL></MPD>',
    ],
)
def test_it_refuses_a_playlist_named_mp4_and_opens_nothing_it_names(tmp_path: Path, text: str) -> None:
    secret = clip(tmp_path / "secret.mp4", seconds=1)
    opened = read(put(tmp_path, "film.mp4", text.format(secret).encode()))
    assert refused(opened) is RefusalCode.PLAYLIST
    assert not opened.frames


def test_links_devices_pipes_and_folders_are_refused_by_name(tmp_path: Path) -> None:
    real = put(tmp_path, "real.png", encoded(scene(), "PNG"))
    link, pipe = tmp_path / "link.png", tmp_path / "pipe.jpg"
    link.symlink_to(real)
    os.mkfifo(pipe)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert refused(read(link)) is RefusalCode.SYMLINK
    assert refused(read(tmp_path / "loop")) is RefusalCode.SYMLINK
    assert refused(read(pipe)) is RefusalCode.NOT_A_FILE
    assert refused(read(Path("/dev/null"))) is RefusalCode.NOT_A_FILE
    assert refused(read(tmp_path / "nowhere.jpg")) is RefusalCode.UNREADABLE
    assert refused(read(real / "below.jpg")) is RefusalCode.UNREADABLE


def test_a_device_beside_the_pictures_is_refused(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can make a device node")
    try:
        os.mknod(tmp_path / "null.jpg", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("this container may not make a device node")
    assert refused(read(tmp_path / "null.jpg")) is RefusalCode.NOT_A_FILE


def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "closed.png", encoded(scene(), "PNG"))
    tmp_path.chmod(0o755)
    path.chmod(0)
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:  # as another user where we are root, because root may read everything
        try:
            for folder in [tmp_path, *tmp_path.parents]:
                if os.getuid() == 0 and not os.access(folder, os.X_OK):
                    os._exit(3)
            os.chdir(tmp_path)
            if os.getuid() == 0:
                os.setgroups([])
                os.setresgid(65534, 65534, 65534)
                os.setresuid(65534, 65534, 65534)
            opened = read(Path("closed.png"))
            os.write(write_end, str(opened.refusal.code if opened.refusal else "opened").encode())
        finally:
            os._exit(0)
    os.close(write_end)
    said = os.read(read_end, 100).decode()
    os.waitpid(child, 0)
    os.close(read_end)
    assert said == "unreadable"


NAMES = [
    "комната.png",
    "部屋 の 写真.png",
    "غرفة.png",
    "tab\there\nand newline\x1b[31m.png",
    "-rf --json.png",
    "e\u0301 and é.png",
    "🏠.png",
    b"latin-\xe9\xff.png",
]


def test_names_in_any_script_and_of_any_bytes_are_read(tmp_path: Path) -> None:
    data = encoded(scene(), "PNG")
    for name in NAMES:
        (tmp_path / os.fsdecode(name)).write_bytes(data)
    found = list(walk([tmp_path]))
    assert len(found) == len(NAMES)
    assert {os.fsencode(p.name) for p in found} == {os.fsencode(n) for n in NAMES}
    assert all(read(path).refusal is None for path in found)


def test_folders_deeper_than_the_kernel_s_path_limit_are_read(tmp_path: Path) -> None:
    data, here = encoded(scene(), "PNG"), os.open(tmp_path, os.O_RDONLY)
    top = here
    for i in range(200):  # 200 names of 30 letters: 6,200 bytes of path
        name = f"{i:03d}-" + "abcdefghijklmnopqrstuvwxyz"
        os.mkdir(name, dir_fd=here)
        deeper = os.open(name, os.O_RDONLY, dir_fd=here)
        if here != top:
            os.close(here)
        here = deeper
    handle = os.open("deep.png", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=here)
    os.write(handle, data)
    for each in (handle, here, top):
        os.close(each)
    (found,) = list(walk([tmp_path]))
    assert len(os.fsencode(found)) > 6000
    assert read(found).pdq == read(put(tmp_path, "flat.png", data)).pdq


def test_walking_gives_files_first_in_order_and_never_follows_a_link(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a").mkdir()
    for name in ("z.jpg", "b/2.jpg", "b/1.jpg", "a/1.jpg"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "c").symlink_to(tmp_path / "b")
    names = [str(p.relative_to(tmp_path)) for p in walk([tmp_path])]
    assert names == ["c", "z.jpg", "a/1.jpg", "b/1.jpg", "b/2.jpg"]
    assert refused(read(tmp_path / "c")) is RefusalCode.SYMLINK


def test_exif_and_texts_come_as_raw_tags(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Drawn", "Room 1"
    exif.get_ifd(0x8769)[0x9003] = "2024:03:02 11:22:33"
    for format_ in ("JPEG", "PNG", "WEBP", "HEIF", "TIFF"):
        opened = read(put(tmp_path, format_, encoded(scene(), format_, exif=exif)))
        assert opened.tags["Image Make"] == "Drawn", format_
        assert opened.tags["Image Model"] == "Room 1", format_


def test_digests_that_are_known_are_not_computed_again(tmp_path: Path) -> None:
    path = put(tmp_path, "a.png", encoded(scene(), "PNG"))
    opened = read(path, known=Known(7, "m", "s", "t"))
    assert (opened.bytes, opened.md5, opened.sha1, opened.sha256) == (7, "m", "s", "t")
    assert opened.pdq


def test_a_descriptor_is_read_from_its_start_and_left_where_it_was(tmp_path: Path) -> None:
    path = put(tmp_path, "a.png", encoded(scene(), "PNG"))
    with path.open("rb") as stream:
        os.lseek(stream.fileno(), 5, os.SEEK_SET)
        assert read(stream.fileno()).as_json() == read(path).as_json()
        assert os.lseek(stream.fileno(), 0, os.SEEK_CUR) == 5


def test_the_grey_view_is_small_grey_and_blurred_and_carries_nothing_of_the_original(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRETMAKER"
    path = put(tmp_path, "a.jpg", encoded(scene(960, 1280), "JPEG", quality=90, exif=exif))
    for side in (None, 5000):
        grey = render(path, "grey", side=side)
        assert isinstance(grey, bytes) and b"SECRETMAKER" not in grey
        image = Image.open(io.BytesIO(grey))
        assert image.mode == "L" and max(image.size) == 160 and not image.getexif()
    small = Image.fromarray(scene(960, 1280)).convert("L").resize((160, 120), Image.Resampling.BOX)
    sharp = np.asarray(small)
    steps = [np.abs(np.diff(a.astype(float), axis=1)).max() for a in (np.asarray(image), sharp)]
    assert steps[0] < steps[1] * 0.6


def test_edges_are_lines_and_a_crop_is_its_region(tmp_path: Path) -> None:
    path = put(tmp_path, "a.png", encoded(scene(), "PNG"))
    edges = np.asarray(Image.open(io.BytesIO(render(path, "edges"))))  # type: ignore[arg-type]
    assert set(np.unique(edges)) == {0, 255} and 0.001 < (edges == 0).mean() < 0.3
    crop = np.asarray(Image.open(io.BytesIO(render(path, "crop", region=Region(0.5, 0.25, 0.25, 0.5)))))  # type: ignore[arg-type]
    assert crop.shape == (120, 80, 3)
    assert np.abs(crop.astype(int) - scene()[60:180, 160:240]).mean() < 8
    bad = render(put(tmp_path, "bad.png", b"nothing"), "grey")
    assert not isinstance(bad, bytes) and bad.code is RefusalCode.NOT_MEDIA
