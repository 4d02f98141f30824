"""Propose links between the items of a case, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from entente.casework.link import series as arithmetic
from entente.casework.link.series.kinds import name_run
from entente.records import derivation, guard
from entente.records.act import acting
from entente.records.jobs import Progress, enqueue_once, task
from entente.records.models import Case, Frame, Job, Link, Media, Occurrence, Originator, Release
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose, union
from entente.vocabulary.media import FrameHash

AT_ONCE = 200  # links that are compared with what stands, and written


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a run found: new links, links that were there already, hubs that tie too much to mean anything."""

    made: int
    held: int
    hubs: tuple[tuple[int, str], ...]  # how many items, and why

    def as_json(self) -> dict[str, Any]:
        """Return an object for a job's result."""
        return {"made": self.made, "held": self.held, "hubs": [list(h) for h in self.hubs]}


def ask_to_propose(officer: Officer, purpose: Purpose, case: Case) -> Job:
    """Put the search for links in the queue, once."""
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step="link", reason="ask for proposals"):
        return enqueue_once("link.propose", officer, purpose, case=case.pk)


@task("link.propose")
def propose_links(progress: Progress) -> dict[str, Any]:
    """Propose links in the job's case."""
    with guard.scope(progress.officer, progress.purpose):
        case = Case.objects.get(pk=progress.job.case or UUID(int=0))
    return propose(progress.officer, progress.purpose, case).as_json()


def propose(officer: Officer, purpose: Purpose, case: Case) -> Proposed:
    """Propose links between the items that the officer may see; run again, it adds only what is new.

    A pair that a person refused is not proposed again for any reason; decided links stay as decided. A link
    that its own agency might not see, because another originator must first release its item, is not made.
    """
    with guard.scope(officer, purpose):
        media, items = _items(case)
    return keep(officer, purpose, case, media, arithmetic.propose(items))


def keep(
    officer: Officer, purpose: Purpose, case: Case, media: dict[str, Media], found: arithmetic.Proposal
) -> Proposed:
    """Write what was found as proposals, in one act; ``media`` are the items by the name found uses."""
    made = held = 0
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step="link", reason="propose links") as deed:
        for start in range(0, len(found.links), AT_ONCE):
            part = found.links[start : start + AT_ONCE]
            fresh = _fresh(officer, [_proposal(officer, media[k.a], media[k.b], k) for k in part])
            made, held = made + _keep(fresh, officer), held + len(part) - len(fresh)
        deed.reason = f"propose links: {made} new"
    return Proposed(made, held, tuple((len(h.items), hub_in_words(h)) for h in found.hubs))


def _fresh(officer: Officer, links: Sequence[Link]) -> list[Link]:
    """Return the links that there are not yet, one of each kind, and of no pair that a person refused.

    What stands is what is in sight, and the own agency's in any case: one of its own that it sees no more, a
    release having ended, is not made a second time.
    """
    same = Link.objects.filter(a__in={k.a_id for k in links}, b__in={k.b_id for k in links})
    standing = set(same.values_list("a", "b", "kind", "state"))
    with guard.system("an agency proposes no link of its own twice"):
        standing |= set(same.filter(owner_id=officer.agency).values_list("a", "b", "kind", "state"))
    held = {(a, b, kind) for a, b, kind, _ in standing}
    refused = {(a, b) for a, b, _, state in standing if state == "refused"}
    fresh: dict[tuple[UUID, UUID, str], Link] = {}
    for link in links:
        key = (link.a_id, link.b_id, link.kind)
        if key not in held and key[:2] not in refused:
            fresh.setdefault(key, link)
    return list(fresh.values())


def _items(case: Case) -> tuple[dict[str, Media], list[arithmetic.Item]]:
    """Return the case's opened items by their number's name, and what the arithmetic may know of each."""
    rows = Media.objects.filter(case=case, refusal="").exclude(origin="crop").defer("tags", "decoded")
    media = {f"#{row.number}": row for row in rows}
    frames: dict[UUID, list[FrameHash]] = {}
    for media_id, t, pdq, quality in Frame.objects.filter(case=case).values_list(
        "media", "t", "pdq", "quality"
    ):
        frames.setdefault(media_id, []).append(FrameHash(t, pdq, quality))
    where: dict[UUID, tuple[str, str]] = {}
    for media_id, folder, name in Occurrence.objects.filter(case=case).values_list("media", "folder", "name"):
        where.setdefault(media_id, (folder, name))
    items = [
        arithmetic.Item(
            id=name,
            digests=frozenset(d for d in (row.md5, row.sha1, row.sha256) if d),
            pdq_turns=row.full_turns,
            pdq_quality=row.pdq_quality or 0,
            frames=tuple(frames.get(row.pk, ())),
            device=_device(row.metadata),
            folder=where.get(row.pk, ("", ""))[0],
            name=where.get(row.pk, ("", ""))[1],
        )
        for name, row in media.items()
    ]
    return media, items


def _device(metadata: dict[str, Any]) -> tuple[str, str, str] | None:
    make, model, serial = (str(metadata.get(key) or "") for key in ("make", "model", "serial"))
    return (make, model, serial) if serial else None


def _proposal(officer: Officer, one: Media, other: Media, found: arithmetic.Link) -> Link:
    """Return the unsaved row of a link; ``a`` is the lower item number, the handling is both items'."""
    a, b = sorted((one, other), key=lambda m: m.number)
    link = Link(
        case_id=a.case_id,
        owner_id=officer.agency,
        made_by_id=officer.id,
        audience=a.audience,
        a=a,
        b=b,
        kind=str(found.kind),
        grade=found.grade,
        weight=found.weight,
        because=in_words(a, b, found),
        method=found.because.method,
        version=found.because.version,
    )
    link.handling = union([a.handling, b.handling])
    return link


def in_words(a: Media, b: Media, found: arithmetic.Link) -> str:
    """Return the reason without a file's name: names may be abusive and stay on the item's own page."""
    if found.kind is not arithmetic.LinkKind.NAME_RUN:
        return found.because.text
    if found.grade == name_run.CAMERA:
        return f"{a} and {b} lie in one folder and are numbered as one camera would"
    return f"{a} and {b} lie in one folder and their names are one numbering"


def hub_in_words(hub: arithmetic.Hub) -> str:
    """Return why it joins nothing, without a folder's or a file's name."""
    if hub.because.text.startswith("#"):
        return hub.because.text
    return "one folder, one pattern of names: too many files to mean a series"


def _keep(links: Sequence[Link], officer: Officer) -> int:
    """Write the links, with the originators of their items where others have a part; return how many.

    What its own agency would not see is taken away again: nobody could decide on it.
    """
    Link.objects.bulk_create(links)
    shared = derivation.mixed(officer.agency, [m for link in links for m in (link.a, link.b)])
    for link in links:
        if shared & {link.a_id, link.b_id}:
            link.derives_from(link.a, link.b)
    made = {link.pk for link in links}
    unseen = made - set(Link.objects.filter(pk__in=made).values_list("pk", flat=True))
    with guard.system("links that nobody sees are not kept"):
        Originator.objects.filter(thing__in=unseen).delete()
        Release.objects.filter(thing__in=unseen).delete()
        Link.objects.filter(pk__in=unseen).delete()
    return len(made) - len(unseen)
