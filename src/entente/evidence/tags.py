"""Raw tags of a picture, as text. Runs inside a limited decoder only; their meaning is intake's business."""

from __future__ import annotations

import io
import logging

import exifread
from PIL import Image

LONGEST = 2000  # characters of one value
MOST = 400  # tags of one picture
_EXIF = {"jpeg", "mpo", "tiff", "heif", "avif", "png", "webp"}

logging.getLogger("exifread").setLevel(logging.CRITICAL)  # its complaints are about the file, not for our log


def tags_of(data: bytes, container: str, image: Image.Image) -> dict[str, str]:
    """Return EXIF tags under exifread's names, and the container's own texts as ``text:<name>``.

    Damaged EXIF costs its tags, never the picture: ``text:exif_error`` says so.
    """
    tags: dict[str, str] = {}
    if container in _EXIF and ("exif" in image.info or container == "tiff"):
        try:
            read = exifread.process_file(io.BytesIO(_block(data, container, image)), extract_thumbnail=False)
            tags = {name: str(value)[:LONGEST] for name, value in read.items()}
        except Exception as error:  # stranger's bytes may make it raise anything
            tags["text:exif_error"] = f"{type(error).__name__}: {error}"[:LONGEST]
    for name, value in image.info.items():
        if isinstance(value, bytes) and name == "comment":
            value = value.decode("utf-8", "replace")
        if isinstance(name, str) and isinstance(value, str):
            tags[f"text:{name}"] = value[:LONGEST]
    return dict(list(tags.items())[:MOST])


def _block(data: bytes, container: str, image: Image.Image) -> bytes:
    """Return the EXIF block, itself a TIFF; Pillow finds it in every container, exifread only in some."""
    block = data if container == "tiff" else bytes(image.info["exif"])
    return block.removeprefix(b"Exif\0\0")
