"""Numbered names that run on in one folder; a pattern over too many files is a hub."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from entente.casework.link.series.evidence import Hub, Item, Link, LinkKind, hub, link

NAME_GAP = 20  # missing numbers between two files of one run
HUB_FILES = 100  # files of one name pattern in one folder: the pattern says nothing any more
CAMERA, OTHER = "camera", "other"  # grades: a camera's numbering, and any other

_NUMBERED = re.compile(r"(?P<head>.*?)(?P<number>\d{1,9})(?P<tail>\D*)")
_CAMERA = re.compile(r"(IMG|DSC|DSCF|DSCN|PICT|MVI|GOPR|GX|DJI|VID|MOV|SAM|P|CIMG|HPIM)[_-]?", re.IGNORECASE)


def find(items: Sequence[Item]) -> tuple[list[Link], list[Hub]]:
    """Chain numbered names of one folder."""
    held: dict[tuple[str, str, str, int], list[tuple[int, Item]]] = defaultdict(list)
    for item in items:
        if found := _NUMBERED.fullmatch(item.name):
            key = (item.folder, found["head"].casefold(), found["tail"].casefold(), len(found["number"]))
            held[key].append((int(found["number"]), item))
    links, hubs = [], []
    for (folder, head, tail, width), members in sorted(held.items()):
        pattern = f"{head}{'#' * width}{tail}"
        members.sort(key=lambda m: (m[0], m[1].id))
        if len(members) > HUB_FILES:
            where = folder or "(none)"
            text = f"{len(members)} files of folder {where} are named {pattern}: too many to mean a series"
            hubs.append(hub((m.id for _, m in members), text))
            continue
        grade = CAMERA if _CAMERA.fullmatch(head) else OTHER
        says = "a camera's numbering" if grade == CAMERA else "one numbering"
        for (low, a), (high, b) in pairwise(members):
            if high - low <= NAME_GAP:
                text = f"{a.name} and {b.name} in one folder: {says} ({pattern}), {high - low} apart"
                links.append(link(a.id, b.id, LinkKind.NAME_RUN, grade, text))
    return links, hubs
