"""Propose links between the items of a case, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from entente.casework.link import series as arithmetic
from entente.casework.link.series.kinds import name_run
from entente.records import guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.jobs import Progress, enqueue_once, task
from entente.records.models import Case, Frame, Job, Link, Media, Occurrence, Originator, Release
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose, union
from entente.vocabulary.media import FrameHash


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
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step="link", reason="propose links") as deed:
        links = Link.objects.filter(case=case)
        held, blocked = _standing(links, officer)
        fresh: dict[tuple[UUID, UUID, str], Link] = {}
        for each in found.links:
            link = _proposal(officer, media[each.a], media[each.b], each)
            key = (link.a_id, link.b_id, link.kind)
            if key not in held and key[:2] not in blocked:
                fresh.setdefault(key, link)
        made = _keep(case, fresh.values(), officer)
        deed.reason = f"propose links: {made} new"
        if made:
            announce("series changed", officer, purpose, case.pk, proposed=made)
    hubs = tuple((len(h.items), hub_in_words(h)) for h in found.hubs)
    return Proposed(made, len(found.links) - len(fresh), hubs)


def _standing(
    links: QuerySet[Link], officer: Officer
) -> tuple[set[tuple[UUID, UUID, str]], set[tuple[UUID, UUID]]]:
    """Return the links there are and the pairs refused: those in sight, and the own agency's in any case.

    One of its own that an agency sees no more, a release having ended, is not made a second time.
    """
    held: set[tuple[UUID, UUID, str]] = set()
    blocked: set[tuple[UUID, UUID]] = set()

    def note(rows: QuerySet[Link]) -> None:
        held.update(rows.values_list("a", "b", "kind"))
        blocked.update(rows.filter(state="refused").values_list("a", "b"))

    note(links)
    with guard.system("an agency proposes no link of its own twice"):
        note(links.filter(owner_id=officer.agency))
    return held, blocked


def _items(case: Case) -> tuple[dict[str, Media], list[arithmetic.Item]]:
    """Return the case's opened items by their number's name, and what the arithmetic may know of each."""
    rows = Media.objects.filter(case=case, refusal="").exclude(origin="crop")
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


def _keep(case: Case, links: Iterable[Link], officer: Officer) -> int:
    """Write the links, with the originators of their items where others have a part; return how many.

    What its own agency would not see is taken away again: nobody could decide on it.
    """
    links = list(links)
    Link.objects.bulk_create(links, batch_size=200)
    with guard.system("a derived object inherits its originators"):
        shared = set(Originator.objects.values_list("thing", flat=True))
    for link in links:
        ends = (link.a, link.b)
        if any(m.owner_id != officer.agency or m.pk in shared for m in ends):
            link.derives_from(*ends)
    unseen = {link.pk for link in links} - set(Link.objects.filter(case=case).values_list("pk", flat=True))
    with guard.system("links that nobody sees are not kept"):
        for pk in unseen:
            Originator.objects.filter(thing=pk).delete()
            Release.objects.filter(thing=pk).delete()
            Link.objects.filter(pk=pk).delete()
    return len(links) - len(unseen)
