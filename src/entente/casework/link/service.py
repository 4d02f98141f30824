"""What belongs with it? Links are proposed with a reason; people make series, and can take it back."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from entente.casework.intake.service import WITHHELD_FROM, is_withheld
from entente.casework.link import series as arithmetic
from entente.records import guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.jobs import Progress, enqueue, task
from entente.records.models import (
    Case,
    Change,
    Frame,
    Job,
    Link,
    Media,
    Occurrence,
    Originator,
    Release,
    Series,
    SeriesItem,
)
from entente.records.undo import REASON, Touched, take_back
from entente.safeguards.access import Act, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose, union
from entente.vocabulary.media import FrameHash
from entente.vocabulary.reason import Reason

WEIGHT_OF_PATTERN = 0.5  # from here the arithmetic knows the name as a camera's


class SeriesRefused(ValueError):
    """What was asked of a series does not fit how things stand; the sentence says the mend."""


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
    """Put the search for links in the queue."""
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step="link", reason="ask for proposals"):
        return enqueue("link.propose", officer, purpose, case=case.pk)


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
    found = arithmetic.propose(items)
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
    hubs = tuple((len(h.items), _hub_in_words(h)) for h in found.hubs)
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
        weight=found.weight,
        because=_in_words(a, b, found),
        method=found.because.method,
        version=found.because.version,
    )
    link.handling = union([a.handling, b.handling])
    return link


def _in_words(a: Media, b: Media, found: arithmetic.Link) -> str:
    """Return the reason without a file's name: names may be abusive and stay on the item's own page."""
    if found.kind is not arithmetic.LinkKind.NAME_RUN:
        return found.because.text
    if found.weight >= WEIGHT_OF_PATTERN:
        return f"{a} and {b} lie in one folder and are numbered as one camera would"
    return f"{a} and {b} lie in one folder and their names are one numbering"


def _hub_in_words(hub: arithmetic.Hub) -> str:
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


@contextmanager
def _by_hand(
    officer: Officer, purpose: Purpose, thing: Thing, what: str, act: Act = Act.ALTER
) -> Iterator[Touched]:
    """One decision of a person on a case's series: law, log, a change that can be undone, and the news."""
    with acting(officer, act, thing, purpose, step="link", reason=what):
        if thing.case is None:
            raise SeriesRefused("a series belongs to a case; open the case first")
        touched, last = Touched(), _last_number(thing.case)
        yield touched
        last = max(last, _last_number(thing.case))
        touched.record(thing.case, officer, what, thing.handling, last=last)
        announce("series changed", officer, purpose, thing.case)


def accept(officer: Officer, purpose: Purpose, link: Link) -> Series:
    """Accept a proposed link: its items become or join a series; two series become one."""
    with _by_hand(officer, purpose, link.as_thing(), "accept a link") as touched:
        return _accept(officer, Link.objects.select_related("a", "b").get(pk=link.pk), touched)


def accept_all(officer: Officer, purpose: Purpose, links: Sequence[Link]) -> list[Series]:
    """Accept several links of one case in one act, which is undone as one."""
    if not links:
        raise SeriesRefused("no link was chosen; choose at least one")
    case = links[0].case
    with _by_hand(officer, purpose, case.as_thing(), "accept links") as touched:
        rows = list(Link.objects.select_related("a", "b").filter(pk__in=[k.pk for k in links], case=case))
        made = {s.pk: s for s in [_accept(officer, link, touched) for link in rows]}
        return list(Series.objects.filter(pk__in=made))


def _accept(officer: Officer, link: Link, touched: Touched) -> Series:
    """Join what a link ties; what a withheld link does is as withheld as the link."""
    _decide(officer, link, "accepted", touched)
    one, other = _series_of(link.a), _series_of(link.b)
    if one and other and one.pk != other.pk:
        first, second = sorted((one, other), key=lambda s: _number(s.name))
        if is_withheld(link.case, link.owner_id, link.handling) and _number(second.name) < WITHHELD_FROM:
            raise SeriesRefused(
                f"others see {first.name} and {second.name}, and this link is withheld from them;"
                " merge the two by hand if others may know that they belong together"
            )
        return _merge(first, second, touched)
    target = one or other or _new_series(officer, link.case, touched, [link])
    for media in (link.a, link.b):
        _put(officer, target, media, touched, link)
    return target


def refuse(officer: Officer, purpose: Purpose, link: Link) -> Link:
    """Refuse a proposed link; the pair is never proposed again."""
    with _by_hand(officer, purpose, link.as_thing(), "refuse a link") as touched:
        row = Link.objects.get(pk=link.pk)
        _decide(officer, row, "refused", touched)
    return row


def refuse_all(officer: Officer, purpose: Purpose, links: Sequence[Link]) -> int:
    """Refuse several links of one case in one act, which is undone as one; return how many."""
    if not links:
        raise SeriesRefused("no link was chosen; choose at least one")
    case = links[0].case
    with _by_hand(officer, purpose, case.as_thing(), "refuse links") as touched:
        rows = list(Link.objects.filter(case=case, pk__in=[link.pk for link in links]))
        for row in rows:
            _decide(officer, row, "refused", touched)
    return len(rows)


def _decide(officer: Officer, link: Link, state: str, touched: Touched) -> None:
    if link.state != "proposed":
        raise SeriesRefused(f"this link was {link.state} already; undo that decision first")
    touched.keep(link)
    link.state, link.decided_by_id = state, officer.id
    link.save(update_fields=["state", "decided_by"])


def gather(officer: Officer, purpose: Purpose, case: Case, items: Sequence[Media]) -> Series:
    """Make a series of items by hand; each leaves the series it was in."""
    if not items:
        raise SeriesRefused("no item was chosen; choose at least one")
    with _by_hand(officer, purpose, case.as_thing(), "make a series") as touched:
        chosen = list(Media.objects.filter(case=case, pk__in=[m.pk for m in items]))
        made = _new_series(officer, case, touched, chosen)
        for media in chosen:
            _take_out(media, touched)
            _put(officer, made, media, touched)
    return made


def merge(officer: Officer, purpose: Purpose, first: Series, second: Series) -> Series:
    """Make one series of two: ``first`` stays and takes every item of ``second``."""
    if first.pk == second.pk or first.case_id != second.case_id:
        raise SeriesRefused("choose two different series of one case")
    with _by_hand(officer, purpose, first.as_thing(), "merge series", Act.MERGE) as touched:
        return _merge(Series.objects.get(pk=first.pk), Series.objects.get(pk=second.pk), touched)


def split(officer: Officer, purpose: Purpose, series: Series, items: Sequence[Media]) -> Series:
    """Take some items out of a series into a new one of their own."""
    with _by_hand(officer, purpose, series.as_thing(), "split a series") as touched:
        members = SeriesItem.objects.filter(series=series).select_related("media")
        chosen = [m.media for m in members if m.media_id in {i.pk for i in items}]
        if not chosen or len(chosen) == len(members):
            raise SeriesRefused("choose some of the series' items, not none and not all")
        made = _new_series(officer, series.case, touched, chosen)
        for media in chosen:
            _take_out(media, touched)
            _put(officer, made, media, touched)
    return made


def move(officer: Officer, purpose: Purpose, media: Media, to: Series | None) -> Series | None:
    """Move an item to another series of its case; ``None`` takes it out of every series."""
    if to is not None and to.case_id != media.case_id:
        raise SeriesRefused("an item moves only within its case; choose a series of this case")
    with _by_hand(officer, purpose, media.as_thing(), "move an item") as touched:
        left = _take_out(media, touched, to)
        if to is not None:
            _put(officer, to, media, touched)
        elif left is None:
            raise SeriesRefused("the item is in no series; there is nothing to take it out of")
    return to


def undo(officer: Officer, purpose: Purpose, change: Change) -> None:
    """Take a change of this step back exactly; raises ``Overtaken`` where somebody went on from it."""
    with acting(officer, Act.ALTER, change.as_thing(), purpose, step="link", reason=f"undo: {change.what}"):
        take_back(Change.objects.select_for_update().get(pk=change.pk))
        announce("series changed", officer, purpose, change.case_id)


CHANGES = (
    "accept a link",
    "accept links",
    "refuse a link",
    "refuse links",
    "make a series",
    "merge series",
    "split a series",
    "move an item",
)


def changes(case: Case) -> list[Change]:
    """Return the decisions of this step, newest first."""
    return list(Change.objects.filter(case=case, what__in=CHANGES).select_related("made_by"))


def in_sight(case: Case) -> QuerySet[Series]:
    """Return the series of which the scope shows an item: one of withheld items alone is as none."""
    return Series.objects.filter(Exists(SeriesItem.objects.filter(series=OuterRef("pk"))), case=case)


def waiting(case: Case) -> list[Link]:
    """Return the proposals that still ask for a decision: not those inside one series already."""
    of = dict(SeriesItem.objects.filter(case=case).values_list("media", "series"))
    rows = Link.objects.filter(case=case, state="proposed").select_related("a", "b")
    return [k for k in rows if not (k.a_id in of and of[k.a_id] == of.get(k.b_id))]


def groups(case: Case) -> list[tuple[list[Media], list[Link]]]:
    """Return the groups that the waiting proposals suggest, under people's words: items and their links."""
    links = waiting(case)
    words = {
        state: [
            (str(a), str(b)) for a, b in Link.objects.filter(case=case, state=state).values_list("a", "b")
        ]
        for state in ("accepted", "refused")
    }
    rows = {str(m.pk): m for link in links for m in (link.a, link.b)}
    found = arithmetic.series(
        [_as_arithmetic(link) for link in links], must=words["accepted"], must_not=words["refused"]
    )
    place = {item: n for n, group in enumerate(found.groups) for item in group}
    inside: dict[int, list[Link]] = {}
    for link in links:
        at = place.get(str(link.a_id))
        if at is not None and at == place.get(str(link.b_id)):
            inside.setdefault(at, []).append(link)
    result = [
        (sorted((rows[i] for i in found.groups[at] if i in rows), key=lambda m: m.number), held)
        for at, held in inside.items()
    ]
    return sorted(result, key=lambda g: (-len(g[0]), g[0][0].number))


def why(case: Case, a: Media, b: Media) -> list[Link]:
    """Return the strongest path of links between two items, the weakest link being what it stands on."""
    rows = Link.objects.filter(case=case).exclude(state="refused").select_related("a", "b")
    links = {(str(k.a_id), str(k.b_id), k.kind): k for k in rows}
    path = arithmetic.why(str(a.pk), str(b.pk), [_as_arithmetic(k) for k in links.values()])
    return [
        next(k for (x, y, kind), k in links.items() if {x, y} == {p.a, p.b} and kind == str(p.kind))
        for p in path
    ]


def _as_arithmetic(link: Link) -> arithmetic.Link:
    reason = Reason(link.because, link.method, link.version, link.weight)
    first, second = sorted((str(link.a_id), str(link.b_id)))
    return arithmetic.Link(first, second, arithmetic.LinkKind(link.kind), link.weight, reason)


def _new_series(officer: Officer, case: Case, touched: Touched, of: Iterable[Media | Link]) -> Series:
    """Begin a series of items, or of what a link ties. The row tells nothing of them but who may know."""
    made = Series.objects.create(
        case=case,
        owner_id=officer.agency,
        made_by_id=officer.id,
        name=_next_name(
            case.pk, withheld=all(is_withheld(case, each.owner_id, each.handling) for each in of)
        ),
        audience=case.audience,
    )
    touched.made(made)
    return made


def _next_name(case_id: UUID, *, withheld: bool) -> str:
    """Return the next name: counted where others see the series, else at random, so that no gap tells."""
    if not withheld:
        return f"S-{_last_number(case_id) + 1}"
    with guard.system("a name that no series of the case has"):
        while True:
            name = f"S-{WITHHELD_FROM + secrets.randbelow(WITHHELD_FROM * 9)}"
            if not Series.objects.filter(case=case_id, name=name).exists():
                return name


def _last_number(case_id: UUID) -> int:
    """Return the highest number ever counted: a number taken back or merged away is not given again."""
    names = Series.objects.filter(case=case_id).values_list("name", flat=True)
    given = Change.objects.filter(case=case_id, what__in=CHANGES).values_list("before__last", flat=True)
    numbers = [0, *(_number(n) for n in names), *(int(n) for n in given if n is not None)]
    return max(n for n in numbers if n < WITHHELD_FROM)


def _number(name: str) -> int:
    return int(name.removeprefix("S-")) if name.removeprefix("S-").isdigit() else 0


def _series_of(media: Media) -> Series | None:
    row = SeriesItem.objects.filter(media=media).select_related("series").order_by("made_at", "pk").first()
    return row.series if row else None


def _put(officer: Officer, series: Series, media: Media, touched: Touched, link: Link | None = None) -> None:
    """Put an item in a series, once; the row carries handling and originators of the item and of the link."""
    if SeriesItem.objects.filter(series=series, media=media).exists():
        return
    sources = (link.a, link.b) if link else (media,)
    row = SeriesItem(
        case_id=series.case_id,
        owner_id=officer.agency,
        made_by_id=officer.id,
        series=series,
        media=media,
        audience=media.audience,
    )
    row.handling = union([m.handling for m in sources])
    _count(series, row, touched)
    row.save()
    row.derives_from(*sources)
    touched.made(row)


def _count(series: Series, item: SeriesItem, touched: Touched) -> None:
    """Give a series that had withheld items alone a counted name once it gets ``item``, which others see."""
    if _number(series.name) >= WITHHELD_FROM and not is_withheld(series.case, item.owner_id, item.handling):
        touched.keep(series)
        series.name = _next_name(series.case_id, withheld=False)
        series.save(update_fields=["name"])


def _take_out(media: Media, touched: Touched, to: Series | None = None) -> Series | None:
    """Take an item out of its series, unless that is ``to``; a series left without items goes."""
    row = SeriesItem.objects.filter(media=media).exclude(series=to).select_related("series").first()
    if row is None:
        return None
    touched.keep(row)
    left = row.series
    row.delete()
    _drop_if_empty(left, touched)
    return left


def _merge(first: Series, second: Series, touched: Touched) -> Series:
    """Move every item of ``second``, those withheld from this officer too, so that none is lost."""
    with guard.system(REASON):
        there = set(SeriesItem.objects.filter(series=first).values_list("media", flat=True))
        for row in SeriesItem.objects.filter(series=second):
            touched.keep(row)
            if row.media_id in there:
                row.delete()
            else:
                _count(first, row, touched)
                row.series = first
                row.save(update_fields=["series"])
    _drop_if_empty(second, touched)
    return first


def _drop_if_empty(series: Series, touched: Touched) -> None:
    with guard.system(REASON):
        if not SeriesItem.objects.filter(series=series).exists():
            touched.keep(series)
            series.delete()
