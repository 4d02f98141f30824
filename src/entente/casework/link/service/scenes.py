"""The same thing or place in other items of the case: proposed as links, with the points that say so.

Our own points say it, and beside them those of the site's matcher, where it has one that can be used.
What ties too many strangers is set apart: its links wait for nobody, and it is listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from entente.casework.link import series as arithmetic
from entente.casework.link.scene.agreement import METHOD, VERSION, Agreement
from entente.casework.link.scene.hubs import Crowd, Tie, sorted_out
from entente.casework.link.scene.site import GRADE, SiteMatcher, fit
from entente.casework.link.scene.site import METHOD as OF_SITE
from entente.casework.link.service.indexed import HeldPoints, Met, held, in_sight, opened
from entente.casework.link.service.names import APART
from entente.casework.link.service.points import find_points
from entente.casework.link.service.proposing import keep
from entente.casework.link.service.site import usable
from entente.records import guard
from entente.records.act import acting
from entente.records.jobs import Progress, asked_by, enqueue_once, task
from entente.records.models import Case, Job, Link, Media, ScenePoints
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose
from entente.vocabulary.reason import Reason

KIND = arithmetic.LinkKind.SAME_OBJECT
ASKED = -1  # the priority of what a person asked for: before what follows an import by itself
ASKED_AT_ONCE = 10  # items between two reports and two writings
MOST_LINKS = 16  # of one asked item, the strongest
MOST_PAIRS = 60  # points kept with a link, to be drawn


def ask_to_compare(officer: Officer, purpose: Purpose, case: Case) -> Job:
    """Put the comparison of a case's items by their points in the queue, once."""
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step="link", reason="ask for a comparison"):
        return enqueue_once("link.scenes", officer, purpose, case=case.pk, priority=ASKED)


def last_of_site(officer: Officer, case: Case) -> dict[str, Any]:
    """Return what became of the site's matcher in the latest comparison of one's own agency, if anything."""
    done = asked_by(officer.agency, case.pk, "link.scenes").filter(status="done").first()
    return (done.result or {}).get("site", {}) if done else {}


@task("link.scenes")
def find_scenes(progress: Progress) -> dict[str, Any]:
    """Find the points of the case's items, and compare each new one with those before it."""
    officer, purpose = progress.officer, progress.purpose
    case_id = UUID(str(progress.job.case))
    site, refused = usable()
    looked = find_points(progress, site)
    with acting(
        officer,
        Act.READ,
        Case.thing_of(case_id, officer.agency),
        purpose,
        step="link",
        reason="compare points",
    ) as deed:
        case = Case.objects.get(pk=case_id)
        rows = in_sight(officer.agency, case_id)
        todo = [row for row in rows if not row.asked]
        deed.reason = f"compare {len(todo)} items with {len(rows) - len(todo)} before them"
        if todo:
            _ask_when_seen(officer.agency, case_id, {row.pk for row in rows})
    before = [row for row in rows if row.asked]
    indexes = [held(officer.agency, case_id, before, by) for by in ((None, site) if site else (None,))]
    made, unpaired = 0, list[tuple[int, str]]()
    at_once = 1 if site and site.pairing else ASKED_AT_ONCE  # a second network takes its time
    for start in range(0, len(todo), at_once):
        progress.make_way()
        part = todo[start : start + at_once]
        found = [
            _Asked(row, met, i.site)
            for i in indexes
            for row in part
            if fit(row.version, i.site)
            for met in _asked(i, row, unpaired)
        ]
        made += _proposed(officer, purpose, case, part, found)
        progress.tell(start + len(part), len(todo), f"{made} proposed")
    hubs = _set_apart(officer, purpose, case)
    told = {"looked": looked.items, "compared": len(todo), "made": made, "hubs": [list(h) for h in hubs]}
    return {**told, **({"site": _told(site, refused, looked.unread, unpaired)} if site or refused else {})}


def _told(
    site: SiteMatcher | None, refused: str, unread: list[tuple[int, str]], unpaired: list[tuple[int, str]]
) -> dict[str, Any]:
    """Return what became of the site's matcher, for the page; of its second network, where it has one."""
    name = f"{site.name} {site.version}" if site else ""
    told = {"name": name, "refused": "" if site else refused, **_counted("unread", unread)}
    if site is None or site.matching is None:
        return told
    return {**told, "pairing": {"refused": refused, **_counted("unpaired", unpaired)}}


def _counted(name: str, failed: list[tuple[int, str]]) -> dict[str, Any]:
    """Return how many items failed, and the first with its reason."""
    return {name: len(failed), "first": list(failed[0]) if failed else []}


@dataclass(frozen=True, slots=True)
class _Asked:
    """An item that was asked, the second in it, where it was met, and by which matcher if not by ours."""

    row: ScenePoints
    met: tuple[float, Met]
    site: SiteMatcher | None = None


def _asked(index: HeldPoints, row: ScenePoints, unpaired: list[tuple[int, str]]) -> list[tuple[float, Met]]:
    """Return where an item's things were met, the strongest first; then it is in the index itself.

    Where the second network failed, ``unpaired`` gets the item's number and why.
    """
    best: dict[UUID, tuple[float, Met]] = {}
    shots = opened(row, index.site)
    answer = index.ask([shot.points for shot in shots])
    for n, met in answer.met:
        if met.row.pk not in best or met.found.score > best[met.row.pk][1].found.score:
            best[met.row.pk] = (shots[n].t, met)
    if answer.unpaired:
        unpaired.append((row.media.number, answer.unpaired[:300]))
    index.add(row)
    return sorted(best.values(), key=lambda b: -b[1].found.score)[:MOST_LINKS]


def _proposed(
    officer: Officer, purpose: Purpose, case: Case, part: list[ScenePoints], found: list[_Asked]
) -> int:
    """Write what was met as links, each with its place and points; return how many are new."""
    media = {f"#{m.number}": m for each in found for m in (each.row.media, each.met[1].row.media)}
    links = [_link(each) for each in found]
    made = keep(officer, purpose, case, media, arithmetic.Proposal(tuple(links), ())).made if links else 0
    thing = Case.thing_of(case.pk, officer.agency)
    with acting(officer, Act.ALTER, thing, purpose, step="link", reason="where the same things lie"):
        for each in found:
            _placed(officer, each)
        ScenePoints.objects.filter(pk__in=[row.pk for row in part]).update(asked=True)
    for row in part:
        row.asked = True
    return made


def _ask_when_seen(agency: UUID, case: UUID, seen: Set[UUID]) -> None:
    """Have an item that is out of sight now, its release having ended, asked again once it is in sight.

    Nothing that is asked now is compared with it.
    """
    with guard.system("points out of sight are asked again when they are seen"):
        asked = ScenePoints.objects.filter(owner_id=agency, case_id=case, asked=True)
        unseen = set(asked.values_list("pk", flat=True)) - seen
        if unseen:
            asked.filter(pk__in=unseen).update(asked=False)


def grade_of(score: int) -> str:
    """Return how strong so many points are, in the words of the table of weights."""
    return "40 points and more" if score >= 40 else "20 to 39 points" if score >= 20 else "14 to 19 points"


def _link(each: _Asked) -> arithmetic.Link:
    one, other = each.row.media, each.met[1].row.media
    found = each.met[1].found
    text = ", ".join([found.because.text, *_seconds((one, each.met[0]), (other, each.met[1].t))])
    if each.site:
        a, b = sorted((f"#{one.number}", f"#{other.number}"))
        paired = each.met[1].paired
        weight = each.site.weighs(paired)
        text = f"{text}; found by the site's own matcher {each.site.reason(paired)}"
        reason = Reason(text, f"{OF_SITE} {each.site.name}", each.site.version, weight)
        return arithmetic.Link(a, b, KIND, weight, reason, GRADE)
    made = arithmetic.link(f"#{one.number}", f"#{other.number}", KIND, grade_of(found.score), text)
    because = Reason(text, METHOD, VERSION, made.weight)
    return arithmetic.Link(made.a, made.b, made.kind, made.weight, because, made.grade)


def _seconds(*seen: tuple[Media, float]) -> list[str]:
    """Return at which second of each video it was seen; a picture has none."""
    return [f"at second {t:.1f} of #{media.number}" for media, t in seen if media.kind == "video"]


def _placed(officer: Officer, each: _Asked) -> None:
    """Keep with the link where it lies in its two items, and the points."""
    one, other = each.row.media, each.met[1].row.media
    where = where_of(each.met[0], each.met[1].t, each.met[1].found)
    if one.number > other.number:
        where = _other_way(where)
    a, b = sorted((one, other), key=lambda m: m.number)
    Link.objects.filter(a=a, b=b, kind=str(KIND), owner_id=officer.agency, where={}).update(where=where)


def where_of(t: float, held_t: float, found: Agreement) -> dict[str, Any]:
    """Return where a thing lies in both items, as JSON."""
    step = max(1, -(-len(found.pairs) // MOST_PAIRS))
    pairs = [[round(float(v), 4) for v in pair] for pair in found.pairs[::step]]
    return {
        "t": [t, held_t],
        "boxes": [list(found.asked), list(found.held)],
        "pairs": pairs,
        "score": found.score,
        "flat": found.flat,
    }


def _other_way(where: dict[str, Any]) -> dict[str, Any]:
    pairs = [[*pair[2:], *pair[:2]] for pair in where["pairs"]]
    return {**where, "t": where["t"][::-1], "boxes": where["boxes"][::-1], "pairs": pairs}


def _set_apart(officer: Officer, purpose: Purpose, case: Case) -> list[tuple[int, str]]:
    """Set the links apart that lie over what ties strangers; return how many items each ties, and why."""
    thing = Case.thing_of(case.pk, officer.agency)
    with acting(officer, Act.ALTER, thing, purpose, step="link", reason="what ties strangers") as deed:
        links = Link.objects.filter(
            case=case, kind=str(KIND), owner_id=officer.agency, state__in=["proposed", APART, "accepted"]
        ).exclude(where={})
        said = links.values_list("pk", "state", "a__number", "b__number", "where__boxes", "where__score")
        rows = {(f"#{a}", f"#{b}"): (pk, state, boxes, score) for pk, state, a, b, boxes, score in said}
        kept, crowds = sorted_out(_tie(names, boxes, score) for names, (*_, boxes, score) in rows.items())
        good = {(tie.a, tie.b) for tie in kept}
        for names, (pk, before, *_) in rows.items():
            state = "proposed" if names in good else APART
            if before in {"proposed", APART} and before != state:
                Link.objects.filter(pk=pk).update(state=state)
        deed.reason = f"{len(crowds)} things tie strangers: {len(rows) - len(good)} links are set aside"
    return [(len(c.tied) + 1, c.text) for c in _told_once(crowds)]


def _told_once(crowds: Iterable[Crowd]) -> list[Crowd]:
    """Return one crowd for each set of pictures: a logo is told once, not once for each picture with it."""
    found: dict[frozenset[str], Crowd] = {}
    for crowd in crowds:
        found.setdefault(frozenset({crowd.of, *crowd.tied}), crowd)
    return list(found.values())


def _tie(names: tuple[str, str], boxes: Any, score: Any) -> Tie:
    first, second = ((x, y, w, h) for x, y, w, h in boxes)
    return Tie(*names, int(score), first, second)
