"""Every item of a case is asked of its agency's hash lists; a person decides on what is proposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from entente.casework.match.service.asking import AskedLists, Labels, write_hits
from entente.casework.match.service.flood import set_floods_aside
from entente.casework.match.service.keyed import key_standing_lists
from entente.casework.match.service.listed import listed_hashes
from entente.casework.match.service.marks import follow_held, mark
from entente.casework.match.service.sight import others_to_ask, unasked
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.announce import News, announce, on
from entente.records.jobs import Progress, enqueue, enqueue_once, task
from entente.records.models import Case, Compared, Job, ListedHash, ListVersion, Match, Media
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media_hash import Verdict

CHUNK_ITEMS = 200
DECISIONS = {"confirm": "confirmed", "refuse": "refused", "reopen": "proposed"}


def check(officer: Officer, purpose: Purpose, case: Case) -> Job:
    """Ask for every unasked item of ``case`` to be compared with the agency's lists."""
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step="match", reason="compare with hash lists"):
        return enqueue("match.check", officer, purpose, case=case.pk)


@task("match.check")
def check_items(progress: Progress, *, everything: bool = False) -> dict[str, Any]:
    """Compare the case's items with the lists of the officer's agency, as both stand now.

    An item is asked only of what its agency's lists learned since it was last asked (``Compared``); with
    ``everything`` all over again. The counts are of the whole case.
    """
    officer, purpose = progress.officer, progress.purpose
    case_id = UUID(str(progress.job.case))
    thing = Case.thing_of(case_id, officer.agency)
    key_standing_lists()
    with acting(officer, Act.READ, thing, purpose, step="match", reason="read the agency's hash lists"):
        state = _state_of(officer.agency)
        waiting = _waiting(officer.agency, case_id, state, everything)
        labels = Labels(officer.agency)
    if waiting:
        with listed_hashes(officer.agency) as near:  # opened after the state was read: they hold all of it
            done, total = 0, sum(map(len, waiting.values()))
            for after, items in waiting.items():
                lists = AskedLists(officer.agency, near, labels, after)
                for start in range(0, len(items), CHUNK_ITEMS):
                    part = items[start : start + CHUNK_ITEMS]
                    _ask_some(progress, case_id, part, lists, state)
                    done += len(part)
                    progress.tell(done, total, "")
    with acting(officer, Act.READ, thing, purpose, step="match", reason="count the verdicts"):
        known = list(_items(case_id).values_list("known", flat=True))
    return {v: known.count(v) for v in [*map(str, Verdict), "harmless"] if v != "harmless" or v in known}


def _ask_some(progress: Progress, case: UUID, part: list[UUID], lists: AskedLists, state: int) -> None:
    """Ask some items, as one act."""
    officer, purpose = progress.officer, progress.purpose
    thing = Case.thing_of(case, officer.agency)
    with acting(officer, Act.ALTER, thing, purpose, step="match", reason=f"compare {len(part)} items"):
        _ask(officer, part, lists, state)
        if Media.objects.filter(pk__in=part, owner_id=officer.agency).exists():
            announce("matched", officer, purpose, case, items=len(part))
        else:  # another agency's: links and clues are proposed in the name of who took it in
            announce("held changed", officer, purpose, case)
            announce("known changed", officer, purpose, case)


def _items(case: UUID) -> Any:
    return Media.objects.filter(case_id=case, refusal="").exclude(origin="crop")


def _state_of(agency: UUID) -> int:
    """Return up to which delivery the agency's lists are whole; what is still coming in does not count."""
    versions = ListVersion.objects.filter(owner_id=agency).order_by("serial")
    coming = versions.filter(complete=False).values_list("serial", flat=True).first()
    last = versions.values_list("serial", flat=True).last()
    return coming - 1 if coming else last or 0


def _waiting(agency: UUID, case: UUID, state: int, everything: bool) -> dict[int, list[UUID]]:
    """Return the items to ask by the state up to which they were asked; 0 for those never asked."""
    asked = dict(Compared.objects.filter(owner_id=agency, case_id=case).values_list("media_id", "serial"))
    waiting: dict[int, list[UUID]] = {}
    for pk, known in _items(case).values_list("pk", "known"):
        after = 0 if everything or not known else asked.get(pk, -1)
        if after < state or pk not in asked or not known or everything:
            waiting.setdefault(max(after, 0), []).append(pk)
    return waiting


def _ask(officer: Officer, part: Sequence[UUID], lists: AskedLists, state: int) -> None:
    """Compare some items with the records that may know them, write the hits, and note up to where."""
    items = list(Media.objects.filter(pk__in=part).prefetch_related("frames"))
    met = lists.candidates(items)
    every = {pk for records in met.values() for pk in records}
    rows = ListedHash.objects.select_related("list").in_bulk(list(every))
    for media in items:
        if records := met.get(media.pk):
            write_hits(media, [rows[pk] for pk in records], lists.labels, officer.id)
    set_floods_aside(every)
    mark(m.pk for m in items)
    Compared.objects.bulk_create(
        [
            Compared(
                media=m,
                case_id=m.case_id,
                owner_id=officer.agency,
                codes="H2",  # what an agency asked of its lists is its own
                audience=m.audience,
                made_at=clock.now(),
                made_by_id=officer.id,
                serial=state,
            )
            for m in items
        ],
        update_conflicts=True,
        unique_fields=["media", "owner"],
        update_fields=["serial", "made_at", "made_by"],
    )


@on("received")
def _ask_the_others(news: News) -> None:
    """What one agency takes into a joint case is asked of the lists of all that see it there (``sight``)."""
    for officer, purpose in others_to_ask(news.case, news.officer.agency):
        enqueue_once("match.check", officer, purpose, case=news.case)


@on("joined")
def _ask_who_joined(news: News) -> None:
    """Who joins a case brings the lists of an agency: they are asked of what it sees there now."""
    if unasked(news.officer, news.purpose, news.case):
        enqueue_once("match.check", news.officer, news.purpose, case=news.case)


@on("looked closer")
def _ask_again(news: News) -> None:
    """A video that was compared by its key frames is compared again by what was seen of it since."""
    with guard.system("what was asked of a video's key frames is asked of its frames again"):
        Compared.objects.filter(media_id=news.facts["media"]).delete()


def decide_match(officer: Officer, purpose: Purpose, match: Match, *, confirmed: bool | None) -> Match:
    """A named person confirms or refuses what the machine proposed, or takes the decision back (``None``).

    Refused, the item counts as new unless another list knows it; what depends on it is worked out anew.
    """
    said = "reopen" if confirmed is None else "confirm" if confirmed else "refuse"
    with acting(officer, Act.ALTER, match.as_thing(), purpose, step="match", reason=f"{said} a match"):
        before, match.state = match.state, DECISIONS[said]
        match.decided_by_id = None if confirmed is None else officer.id
        match.save(update_fields=["state", "decided_by"])
        mark([match.media_id])
        if "confirmed" in {before, match.state} and before != match.state:
            follow_held(match.media_id)
            announce("held changed", officer, purpose, match.case_id)
        announce("known changed", officer, purpose, match.case_id)
    return match
