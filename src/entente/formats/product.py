"""The intelligence product as a PDF: tagged, archivable, the same bytes each time it is made.

Write only. Nothing is lost: the document itself is attached as JSON; letters that no bundled font draws are
written as code points on the page and whole in the attachment.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from entente.formats.typesetting import NotSet, picture_part, set_pages, still_svg

FORMAT = "entente.product/1"
TOOL = "entente.formats.product:write"  # as a derivation records it
VERSIONS = {"typst": version("typst")}


def write(document: Mapping[str, Any], pictures: Mapping[str, bytes], *, language: str = "en") -> bytes:
    """Return the PDF of a composed product (``casework.inform.compose.compose``).

    ``pictures`` holds the bytes of each ``ref`` in ``document["pictures"]``, as JPEG or PNG crops.

    Raises
    ------
    NotSet
        Another format, a picture missing or without a description, or pages that cannot be set.
    """
    if document.get("format") != FORMAT:
        raise NotSet(f"this is no {FORMAT} document; compose it first")
    more: dict[str, bytes] = {}
    placed = []
    for number, picture in enumerate(document["pictures"]):
        ref = picture["ref"]
        if not picture.get("alt", "").strip():
            raise NotSet(
                f"the picture {ref} has no description; write what it shows for those who cannot see it"
            )
        if ref not in pictures:
            raise NotSet(f"the bytes of the picture {ref} were not given")
        kind, more[f"picture-{number}.json"] = picture_part(ref, pictures[ref])
        placed.append({**picture, "file": f"picture-{number}.json", "format": kind})
    drawing = (document.get("region") or {}).get("map")
    if drawing is not None:
        if not drawing.get("alt", "").strip():
            raise NotSet("the map has no description; write what it shows for those who cannot see it")
        more["map.svg"] = still_svg(drawing["svg"])
    return set_pages(
        "product.typ",
        {**document, "pictures": placed},
        more,
        language=language,
        issued_at=document["issued_at"],
    )
