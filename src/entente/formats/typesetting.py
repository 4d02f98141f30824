"""Sets a document on pages: tagged PDF/A-3a and PDF/UA-1 by typst, the same bytes for the same data.

Data goes in as JSON beside the template and is never pasted into its source, so markup in a text stays text.
Only the fonts inside the typst wheel are used, because a font of the machine would change the bytes. The
standards are what typst declares and enforces while it compiles; no independent validator has judged them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import typst

STANDARDS: list[Any] = ["a-3a", "ua-1"]
LANGUAGES = ("en", "fr", "it")

# What the bundled fonts can draw (compiled one by one under PDF/A-3a): Latin, Greek, Cyrillic, the basic
# Arabic letters, punctuation, signs. Direction marks are left out on purpose: they can disguise a text.
DRAWABLE = (
    (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x24F), (0x2B0, 0x2FF), (0x370, 0x4FF), (0x621, 0x63A), (0x640, 0x652),
    (0x660, 0x669), (0x67E, 0x67E), (0x686, 0x686), (0x698, 0x698), (0x6A9, 0x6A9), (0x6AF, 0x6AF),
    (0x6CC, 0x6CC), (0x1E00, 0x1EFF), (0x2010, 0x2027), (0x202F, 0x2040), (0x2070, 0x20C0), (0x2122, 0x2122),
    (0x2126, 0x2126), (0x2150, 0x2151), (0x2190, 0x226F), (0x25A0, 0x2606), (0x2713, 0x2714),
)  # fmt: skip

UNDRAWABLE = re.compile(f"[^{''.join(f'{re.escape(chr(a))}-{re.escape(chr(b))}' for a, b in DRAWABLE)}]+")

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
# A drawing may name its own parts (href="#…", url(#…)) and nothing outside itself.
ACTIVE_SVG = re.compile(
    r"<\s*(script|image|foreignobject|!doctype|!entity)|\bon\w+\s*=|\bhref\s*=(?!\s*[\"']#)|url\((?!#)", re.I
)


class NotSet(ValueError):
    """The document cannot be put on pages; the sentence says what to mend."""


def set_pages(
    template: str, document: Mapping[str, Any], more: Mapping[str, bytes], *, language: str, issued_at: str
) -> bytes:
    """Compile ``template`` (a file of ``formats/typst``) with ``document`` and return the PDF.

    ``more`` are further files by the names that the template reads. ``issued_at`` is ISO 8601 with an offset;
    it is the only time in the file.

    Raises
    ------
    NotSet
        The language is not one of ours, the moment is not one, or typst refuses (its sentence is kept).
    """
    if language not in LANGUAGES:
        raise NotSet(f"documents are written in {', '.join(LANGUAGES)}, not in {language!r}")
    issued = _moment(issued_at)
    source = files("entente.formats") / "typst"
    # typst takes a mapping of parts in memory; its type hints do not know it yet, hence Any
    parts: Any = {
        "main.typ": (source / template).read_bytes(),
        "page.typ": (source / "page.typ").read_bytes(),
        "words.json": _json(json.loads((source / "words.json").read_text("utf-8"))[language]),
        "issued.json": _json(
            {k: getattr(issued, k) for k in ("year", "month", "day", "hour", "minute", "second")}
        ),
        "document.json": _json(drawable(document)),
        "facts.json": _json(document),
        **more,
    }
    try:
        return bytes(
            typst.compile(
                parts,
                format="pdf",
                pdf_standards=STANDARDS,
                timestamp=int(issued.timestamp()),
                ignore_system_fonts=True,
            )
        )
    except (typst.TypstError, RuntimeError) as fault:
        raise NotSet(f"the pages could not be set: {fault}") from fault


def _json(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotSet(f"issued_at is a moment such as 2026-03-01T10:00:00+00:00, not {text!r}") from None
    if moment.tzinfo is None:
        raise NotSet("issued_at needs its time zone, or the same facts could give other bytes elsewhere")
    return moment.astimezone(UTC)


def drawable(data: Any) -> Any:
    """Return ``data`` with every character that no bundled font draws written as <U+65E5>.

    PDF/A refuses a file with a missing letter; the attached JSON keeps the text as it was.
    """
    if isinstance(data, str):
        return _drawable_text(data)
    if isinstance(data, Mapping):
        return {k: drawable(v) for k, v in data.items()}
    if isinstance(data, list | tuple):
        return [drawable(v) for v in data]
    return data


def _drawable_text(text: str) -> str:
    one_line = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))
    return UNDRAWABLE.sub(lambda run: f"<{' '.join(f'U+{ord(c):04X}' for c in run.group())}>", one_line)


def picture_part(name: str, data: bytes) -> tuple[str, bytes]:
    """Return a picture's format and the part to hand over; a JPEG loses its metadata.

    The part is a JSON list of byte values: typst's parts in memory must be text, and a crop must never lie in
    a temporary folder.

    Raises
    ------
    NotSet
        Neither JPEG nor PNG.
    """
    kind, bare = bare_picture(name, data)
    return kind, _json(list(bare))


def bare_picture(name: str, data: bytes) -> tuple[str, bytes]:
    """Return a picture's format, ``png`` or ``jpg``, and its bytes; a JPEG's without metadata.

    A PNG is one that we drew or encoded: it has none. Raises ``NotSet`` for what is neither.
    """
    if data.startswith(PNG):
        return "png", data
    if data.startswith(JPEG):
        return "jpg", without_metadata(name, data)
    raise NotSet(f"the picture {name} is neither JPEG nor PNG; save the crop as one of them")


def without_metadata(name: str, jpeg: bytes) -> bytes:
    """Return ``jpeg`` without its application and comment segments, but JFIF (0) and Adobe colour (14)."""
    out, at = bytearray(jpeg[:2]), 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker == 0xDA:  # the picture itself: everything from here on stays
            return bytes(out + jpeg[at:])
        personal = marker == 0xFE or (0xE1 <= marker <= 0xEF and marker != 0xEE)
        if not personal:
            out += jpeg[at : at + 2 + length]
        at += 2 + length
    raise NotSet(f"the picture {name} is a damaged JPEG; cut the crop again")


def still_svg(svg: str) -> bytes:
    """Return a drawing that reads nothing and runs nothing, or refuse it."""
    if found := ACTIVE_SVG.search(svg):
        raise NotSet(f"the map holds {found.group(0)!r}; a map is drawn from plain shapes")
    return svg.encode()
