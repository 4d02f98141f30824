"""One key, one decision: what an officer says of an item, or of all items of its stack; and undo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from entente.casework.examine.service.cards import cards, reviewed
from entente.casework.examine.service.refused import ExamineRefused
from entente.casework.link import service as link
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.models import Case, Change, Media, Review
from entente.records.models.review import STATES
from entente.records.undo import Touched, take_back
from entente.safeguards.access import Act, Deny, decide
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Handling, Purpose, union

AT_ONCE = 500  # items in one decision, each of which is put before the law
REVIEWED, NAMED, HANDED = "review items", "name a search", "hand over a search"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a decision did: the change that takes it back, the items, and how many may not be altered."""

    change: Change
    items: tuple[Media, ...]
    left: int = 0


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back, and how the items of it stand now."""

    what: str
    states: dict[int, str] = field(default_factory=dict)


def with_stacks(officer: Officer, case: Case, numbers: Iterable[int]) -> list[int]:
    """Return ``numbers`` with every other item of their stacks."""
    held = cards(officer, case)
    asked = set(numbers)
    heads = {card.stack for card in held if card.number in asked}
    return [card.number for card in held if card.stack in heads]


def review(officer: Officer, purpose: Purpose, case: Case, numbers: Sequence[int], state: str) -> Reviewed:
    """Say ``state`` of the items with these numbers; those that the officer may not alter are left.

    One item is the thing of its own log entry; of several, the entry names the case and how many.
    """
    if state not in STATES:
        raise ExamineRefused(f"there is no decision {state!r}; choose one of {', '.join(STATES)}")
    with guard.scope(officer, purpose):
        rows = Media.objects.filter(case=case, number__in=set(numbers)).order_by("number")
        asked = list(rows[: AT_ONCE + 1])
    if not asked:
        raise ExamineRefused("no item was chosen; choose at least one")
    if len(asked) > AT_ONCE:
        raise ExamineRefused(f"no more than {AT_ONCE} items are decided at once; choose fewer")
    if len(asked) == 1:
        media = asked
        thing = asked[0].as_thing()
    else:
        now = clock.now()
        verdicts = [decide(officer, m.as_thing(), Act.ALTER, purpose, now) for m in asked]
        media = [m for m, v in zip(asked, verdicts, strict=True) if not isinstance(v, Deny)]
        thing = case.as_thing()
    with acting(officer, Act.ALTER, thing, purpose, step="examine", reason=f"review: {state}") as deed:
        if not media:
            raise ExamineRefused("none of these items may be altered; they are kept as they are")
        if len(media) > 1:
            deed.reason = f"review: {state}, {len(media)} items"
        touched, said = Touched(), [_row(officer, m, state) for m in media]
        Review.objects.bulk_create(said)
        for row, of in zip(said, media, strict=True):
            row.derives_from(of)
        touched.made(*said)
        change = touched.record(
            case.pk,
            officer,
            REVIEWED,
            union([m.handling for m in media]) if media else Handling(),
            state=state,
            items=[m.number for m in media],
        )
        change.derives_from(*media)
        announce("reviewed", officer, purpose, case.pk, review=[str(row.pk) for row in said])
    return Reviewed(change, tuple(media), len(asked) - len(media))


def _row(officer: Officer, media: Media, state: str) -> Review:
    row = Review(
        case_id=media.case_id,
        owner_id=officer.agency,
        made_by_id=officer.id,
        audience=media.audience,
        media=media,
        state=state,
    )
    row.handling = media.handling
    return row


def undoable(officer: Officer, case: Case) -> Change | None:
    """Return the officer's last change by hand in this case that still stands."""
    return (
        Change.objects.filter(case=case, made_by=officer.id, undone_at=None)
        .order_by("-made_at", "-pk")
        .first()
    )


def undo(officer: Officer, purpose: Purpose, change: Change) -> Undone:
    """Take back what the officer added by hand, exactly; raises ``Overtaken`` where somebody went on."""
    if change.made_by_id != officer.id:
        raise ExamineRefused("this was done by a colleague; who did it takes it back")
    if change.what in link.CHANGES:
        link.undo(officer, purpose, change)
        return Undone(change.what)
    what = f"undo: {change.what}"
    with acting(officer, Act.ALTER, change.as_thing(), purpose, step="examine", reason=what):
        row = Change.objects.select_for_update().get(pk=change.pk)
        take_back(row)
        if clue := row.before.get("clue"):
            announce("clue changed", officer, purpose, row.case_id, clue=clue)
    with guard.scope(officer, purpose):
        return Undone(change.what, _states(change.case_id, row.before.get("items", ())))


def _states(case: UUID, numbers: Sequence[int]) -> dict[int, str]:
    if not numbers:
        return {}
    seen = Media.objects.filter(case=case, number__in=numbers).values_list("number", flat=True)
    said = reviewed(Case(pk=case), numbers)
    return {number: said.get(number, "none") for number in seen}
