"""Videos that share near frames with each other or with pictures; compilations are set apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from entente.casework.link.series.evidence import Hub, Item, Link, LinkKind, hub, link
from entente.casework.link.series.kinds.near_picture import band
from entente.casework.match.index import NearIndex, packed
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY, PDQ_NEAR

HUB_STRANGERS = 12  # items that meet only in one video: a compilation
_SEVERAL = 3  # frames near at different times: more than one frame by chance


def find(items: Sequence[Item]) -> tuple[list[Link], list[Hub]]:
    """Link videos with each other and with pictures by near frames; set compilations apart."""
    rows = [(i.id, f.t, f.pdq) for i in items for f in i.frames if f.quality >= PDQ_MIN_QUALITY]
    rows += [(i.id, -1.0, t) for i in items if i.pdq_quality >= PDQ_MIN_QUALITY for t in i.pdq_turns[:1]]
    rows = [row for row in rows if row[2].strip("0")]
    asked = [k for k, row in enumerate(rows) if row[1] >= 0]
    if not asked:
        return [], []
    codes = packed([row[2] for row in rows])
    pairs = NearIndex(codes).search(codes[np.array(asked)], PDQ_NEAR)
    met: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for q, h, d in zip(pairs.query.tolist(), pairs.held.tolist(), pairs.distance.tolist(), strict=True):
        (one, t, _), (other, u, _) = rows[asked[q]], rows[h]
        if one != other and (u < 0 or one < other):
            met[one, other].append((d, t))
    links = [_link(one, other, seen) for (one, other), seen in met.items()]
    return _without_compilations(links, {i.id for i in items if i.frames})


def _link(one: str, other: str, seen: list[tuple[int, float]]) -> Link:
    distance, t = min(seen)
    count = len({when for _, when in seen})
    grade = f"{'several' if count >= _SEVERAL else 'few'} {band(distance)}"
    text = f"{count} frames near, the nearest at {t:.1f} s of {one} with PDQ distance {distance} of 256"
    return link(one, other, LinkKind.NEAR_FRAME, grade, text)


def _without_compilations(links: list[Link], videos: set[str]) -> tuple[list[Link], list[Hub]]:
    """Set apart each video that ties more strangers than a series would."""
    near: dict[str, set[str]] = defaultdict(set)
    for each in links:
        near[each.a].add(each.b)
        near[each.b].add(each.a)
    hubs = []
    for video in sorted(videos):
        strangers = [i for i in near[video] if not (near[i] & near[video])]
        if len(strangers) > HUB_STRANGERS:
            text = f"{video} shares frames with {len(strangers)} items that have nothing else in common"
            hubs.append(hub((video, *sorted(strangers)), text))
    apart = {each.items[0] for each in hubs}
    return [each for each in links if not {each.a, each.b} & apart], hubs
