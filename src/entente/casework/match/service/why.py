"""Why an item matched: what is needed to check it, of both sides, and where they agree as a drawing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from entente.casework.match import overlay, standing
from entente.casework.match.compare import stacked
from entente.casework.match.overlay import Drawing
from entente.records.models import HashList, ListedHash, Match, Media
from entente.vocabulary.media_hash import Profile, Transform, Verdict

MOST_STACKED = 10_000  # items of a case among which stacks are looked for while a page waits


@dataclass(frozen=True, slots=True)
class Explained:
    """A match with both sides, the drawings of where they agree, and the other words on the same item."""

    match: Match
    turn: Transform
    of_list: HashList | None
    listed: ListedHash | None
    item: Media | None = None  # the held picture, where the officer may see it
    drawings: dict[str, Drawing] = field(default_factory=dict)
    others: tuple[Match, ...] = ()
    contradictions: tuple[str, ...] = ()
    copies: tuple[Media, ...] = ()

    @property
    def differ(self) -> int | None:
        """How many bits differ, where both hashes are at hand."""
        drawing = self.drawings.get("bits")
        return len(drawing.dots) if drawing else None


def explain(match: Match) -> Explained:
    """Return everything on a match that the officer of the scope may see."""
    media, turn = match.media, _turn(match.transform)
    of_list = HashList.objects.filter(pk=match.of_list).first() if match.of_list else None
    listed = ListedHash.objects.filter(pk=match.listed).first() if match.listed else None
    item = Media.objects.filter(pk=match.held_id).select_related("case").first() if match.held_id else None
    others = Match.objects.filter(media=media).exclude(pk=match.pk).select_related("media")
    drawings: dict[str, Drawing] = {}
    if len(match.regions) == 2:
        shape = float(media.width or 1), float(media.height or 1)
        asked, held = (_box(region) for region in match.regions)
        other = (float(item.width or 1), float(item.height or 1)) if item else None
        drawings["regions"] = overlay.regions(asked, held, shape, other, mirrored=turn is Transform.MIRROR_Y)
    if match.segments:
        drawings["stretches"] = overlay.stretches(match.segments, media.duration or 0.0, 0.0)
    if match.verdict == Verdict.NEAR and match.distance is not None:
        drawings["distance"] = overlay.distance(match.distance)
        if turn is not Transform.ORIGINAL:
            drawings["turned"] = overlay.turned(turn)
        if (mine := _asked(media, match.profile, turn)) and listed and listed.pdq and not match.segments:
            drawings["bits"] = overlay.bits(mine, listed.pdq)
    told = contradictions([match, *others])
    copies = copies_of(media)
    return Explained(match, turn, of_list, listed, item, drawings, tuple(others), tuple(told), copies)


def _turn(text: str) -> Transform:
    return Transform(text) if text in set(Transform) else Transform.ORIGINAL


def _box(region: Any) -> tuple[float, float, float, float]:
    x, y, w, h = (float(v) for v in region)
    return x, y, w, h


def _asked(media: Media, profile: str, turn: Transform) -> str:
    """Return the item's hash that was met: under its profile, turned as it was."""
    turns = media.pdq_turns.get(profile or Profile.FULL, ())
    return turns[list(Transform).index(turn)] if len(turns) == len(Transform) else ""


def contradictions(matches: list[Match]) -> list[str]:
    """Return in words where the lists that know an item disagree, as far as they are this officer's."""
    lists = HashList.objects.in_bulk([m.of_list for m in matches if m.of_list])
    listed = ListedHash.objects.in_bulk([m.listed for m in matches if m.listed])
    said = []
    for match in matches:
        held, row = lists.get(match.of_list), listed.get(match.listed)
        said.append(
            standing.Said(
                match.list_name,
                match.entry,
                match.verdict,
                match.state,
                match.suppresses,
                held.profile if held else "",
                held.model_version if held else "",
                row.category if row else match.category,
                *((row.positive, row.negative, row.disputed) if row else (0, 0, 0)),
            )
        )
    return [reason.text for reason in standing.contradictions(said)]


def copies_of(media: Media) -> tuple[Media, ...]:
    """Return the other items of the case that stand in one stack with this one."""
    stacks = stacks_of(media.case_id)
    mine = stacks.get(media.pk)
    same = [pk for pk, head in stacks.items() if head == mine and pk != media.pk]
    return tuple(Media.objects.filter(pk__in=same[:200]).order_by("number"))


def stacks_of(case: Any) -> dict[Any, Any]:
    """Return by item the first item of its stack; in a case of too many items nothing."""
    items = Media.objects.filter(case_id=case, refusal="").exclude(origin="crop").order_by("number")
    rows = list(items.values_list("pk", "sha256", "pdq", "pdq_quality")[: MOST_STACKED + 1])
    if len(rows) > MOST_STACKED:
        return {}
    heads = stacked([r[1] for r in rows], [r[2] for r in rows], [r[3] for r in rows])
    return {row[0]: rows[head][0] for row, head in zip(rows, heads, strict=True)}


def counted(case: Any) -> dict[str, tuple[int, int | None]]:
    """Return by what an item counts as how many items and how many stacks there are in a case."""
    stacks = stacks_of(case)
    items = Media.objects.filter(case_id=case, refusal="").exclude(origin="crop")
    found: dict[str, list[Any]] = {}
    for pk, known in items.values_list("pk", "known"):
        found.setdefault(known or "waiting", []).append(pk)
    return {
        known: (len(keys), len({stacks[pk] for pk in keys if pk in stacks}) if stacks else None)
        for known, keys in found.items()
    }
