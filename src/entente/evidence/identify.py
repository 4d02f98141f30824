"""What a file is, from its first bytes and never from its name."""

from __future__ import annotations

from dataclasses import dataclass

from entente.vocabulary.media import MediaKind, Refusal, RefusalCode

HEAD = 4096  # bytes that are looked at

_PICTURES = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
} | dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "tiff")
_VIDEOS = {b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "asf", b"FLV\x01": "flv", b"\0\0\x01\xba": "mpeg"}
# Media that are told apart but not opened: the officer learns what to convert.
_UNSUPPORTED = {
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"8BPS": "a Photoshop document",
    b"OggS": "Ogg",
    b".RMF": "RealMedia",
}
# Named, not opened as media: intake looks into those of ``FORMS``, in a limited process; what the others hold
# is unpacked by a person, where it can do no harm.
_ARCHIVES = {
    b"PK\x03\x04": "ZIP",
    b"PK\x05\x06": "ZIP",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
    b"\x1f\x8b\x08": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}
FORMS = {"ZIP": "zip", "tar": "tar", "gzip": "tar.gz", "bzip2": "tar.bz2", "xz": "tar.xz"}
NOT_LOOKED_INTO = (
    "only ZIP and tar archives (plain, gzip, bzip2, xz) are looked into; pack it as one of these"
)
_TAR_AT, _TAR = 257, b"ustar"
_PLAYLISTS = (
    b"#extm3u",
    b"ffconcat",
    b"[playlist]",
    b"<mpd",
    b"<smoothstreamingmedia",
    b"<asx",
    b"[reference]",
)
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_MOV_BOXES = {b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"moof"}
_BMP_HEADERS = {12, 40, 52, 56, 64, 108, 124}

_MIME = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "tiff": "image/tiff",
    "bmp": "image/bmp",
    "webp": "image/webp",
    "heif": "image/heif",
    "avif": "image/avif",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "matroska": "video/x-matroska",
    "webm": "video/webm",
    "avi": "video/x-msvideo",
    "asf": "video/x-ms-asf",
    "flv": "video/x-flv",
    "mpeg": "video/mpeg",
    "mpegts": "video/mp2t",
}


@dataclass(frozen=True, slots=True)
class Identified:
    """A container by name with its kind and MIME type, or the refusal."""

    kind: MediaKind | None = None
    container: str = ""
    mime: str = ""
    refusal: Refusal | None = None


def identify(head: bytes) -> Identified:
    """Say what a file is from its first ``HEAD`` bytes (all of them, if it is shorter)."""
    if not head:
        return _refused(RefusalCode.EMPTY, "the file has no bytes; ask the source to send it again")
    for mark, what in _UNSUPPORTED.items():
        if head.startswith(mark):
            return _refused(
                RefusalCode.UNSUPPORTED, f"{what} is not opened here; add a converted copy beside it"
            )
    if archive := _archive(head):
        looked_into = (
            "only intake looks inside; receive it into a case" if archive in FORMS else NOT_LOOKED_INTO
        )
        why = f"it is a {archive} archive, and {looked_into}, or unpack it and add the folder"
        return _refused(RefusalCode.UNSUPPORTED, why)
    if container := _picture(head):
        return Identified(MediaKind.PICTURE, container, _MIME[container])
    if container := _video(head):
        return Identified(MediaKind.VIDEO, container, _MIME[container])
    if _points_elsewhere(head):
        return _refused(
            RefusalCode.PLAYLIST, "it is a text that points at other files; add the files themselves instead"
        )
    return _refused(RefusalCode.NOT_MEDIA, "it is no picture or video known here; it is kept, but not hashed")


def archive_form(head: bytes) -> str:
    """Return ``zip``, ``tar`` or ``tar.gz``, ``.bz2``, ``.xz`` for what intake looks into, or nothing."""
    return FORMS.get(_archive(head), "")


def _refused(code: RefusalCode, reason: str) -> Identified:
    return Identified(refusal=Refusal(code, reason))


def _archive(head: bytes) -> str:
    """Return the kind of archive or nothing."""
    if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        return "tar"
    return next((name for mark, name in _ARCHIVES.items() if head.startswith(mark)), "")


def _picture(head: bytes) -> str:
    """Return the picture container or nothing."""
    for mark, container in _PICTURES.items():
        if head.startswith(mark):
            return container
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "bmp"
    brands = _brands(head)
    if brands & {b"avif", b"avis"}:
        return "avif"
    return "heif" if brands & _HEIF and b"qt  " not in brands and not brands & {b"isom", b"mp42"} else ""


def _video(head: bytes) -> str:
    """Return the video container or nothing."""
    for mark, container in _VIDEOS.items():
        if head.startswith(mark):
            return container
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "webm" if b"webm" in head[:64] else "matroska"
    if head[4:8] == b"ftyp":
        return "mov" if head[8:12] == b"qt  " else "mp4"
    if head[4:8] in _MOV_BOXES:
        return "mov"
    synchronised = len(head) > 376 and all(head[i] == 0x47 for i in (0, 188, 376))
    return "mpegts" if synchronised else ""


def _brands(head: bytes) -> set[bytes]:
    """Return the major and compatible brands of an ISO base media file (ISO/IEC 14496-12, 4.3)."""
    if head[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[8:12]} | {head[i : i + 4] for i in range(16, end - 3, 4)}


def _points_elsewhere(head: bytes) -> bool:
    """Whether it is a playlist, which a media library would open other files for."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_PLAYLISTS):
        return True
    return text.startswith(b"<?xml") and any(
        mark in text for mark in (b"<mpd", b"<smoothstreamingmedia", b"<asx")
    )
