"""Looking is asked for, logged first and counted; nothing is shown by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from entente.casework.examine.adjust import Recipe
from entente.casework.examine.service import once
from entente.casework.examine.service.refused import ExamineRefused
from entente.casework.intake.service import evidence_store
from entente.evidence.open import Through, render
from entente.records import guard
from entente.records.act import acting
from entente.records.models import Case, Clue, Link, Media, Note, Observation, Spared, Viewing
from entente.safeguards.access import Act
from entente.safeguards.exposure import Exposure, Seen, exposure
from entente.safeguards.shelter import IN_FULL
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import HandlingCode, Purpose
from entente.vocabulary.media import Refusal

GREY_VIEWS = ("grey", "edges")
SHOW_LITTLE = (*GREY_VIEWS, "sheet")  # whoever had these has not looked at an item
ADJUST = "entente.casework.examine.adjust:adjusted"  # followed inside the limited decoder

LONGEST_LOOK_MS = 60_000  # one press shows no longer than the desk allows, whatever a browser claims


def show_grey(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    view: str = "grey",
    t: float | None = None,
    *,
    recipe: Recipe | None = None,
    read_restriction: bool = False,
) -> tuple[Viewing, bytes]:
    """Return a small grey still or a line drawing; it is logged and counted before a byte leaves.

    A ``recipe`` adjusts the still or the drawing: it brings out what they hold, and nothing more.
    """
    if view not in GREY_VIEWS:
        raise ExamineRefused(f"there is no view {view!r}; ask for one of {', '.join(GREY_VIEWS)}")
    return _shown(officer, purpose, media, view, t, recipe, read_restriction)


def reveal(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    t: float | None = None,
    *,
    recipe: Recipe | None = None,
    read_restriction: bool = False,
) -> tuple[Viewing, bytes]:
    """Return the item in clear, for one press; it is logged and counted before a byte leaves.

    A reader of the case is denied, and the log says so; crops are what a reader works on. Where others have
    assessed the item, it raises ``once.FindingsFirst`` until their findings are read.
    """
    view = "crop" if media.origin == "crop" else "clear"
    return _shown(officer, purpose, media, view, t, recipe, read_restriction)


def _shown(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    view: str,
    t: float | None,
    recipe: Recipe | None,
    read_restriction: bool,
) -> tuple[Viewing, bytes]:
    drawn = "clear" if view == "crop" else view

    def make() -> bytes | Refusal:
        return render(evidence_store().original(media.key), drawn, t=t, through=through_of(recipe))

    told = recipe.as_json() if recipe else {}
    return counted(officer, purpose, media, view, t, make, recipe=told, read_restriction=read_restriction)


def through_of(recipe: Recipe | None) -> Through | None:
    """Return how the decoder follows a recipe; ``None`` where it does nothing."""
    return Through(ADJUST, recipe.as_json()) if recipe and recipe != Recipe() else None


def counted(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    view: str,
    t: float | None,
    make: Callable[[], bytes | Refusal],
    *,
    recipe: dict[str, Any] | None = None,
    read_restriction: bool = False,
) -> tuple[Viewing, bytes]:
    """Log and count a look, then ``make`` its bytes; one that shows nothing is not counted as seen."""
    act = Act.READ if media.origin == "crop" else Act.REVEAL
    with acting(officer, act, media.as_thing(), purpose, step="examine", reason=f"look: {view}"):
        media = Media.objects.get(pk=media.pk)
        demand_viewable(media, t, read_restriction)
        if view in IN_FULL:
            once.demand_read(officer, media)  # others' findings stand before the look
        with guard.system("count a look, a reader's at a crop too"):
            viewing = Viewing(
                case_id=media.case_id,
                owner_id=officer.agency,
                made_by_id=officer.id,
                media=media,
                account_id=officer.id,
                view=view,
                purpose=str(purpose),
                t=t,
                recipe=recipe or {},
            )
            viewing.handling = media.handling
            viewing.save()
            viewing.derives_from(media)
    try:
        shown = make()
    except Exception:
        _not_shown(officer, purpose, media, viewing)
        raise
    if isinstance(shown, Refusal):
        _not_shown(officer, purpose, media, viewing)
        raise ExamineRefused(shown.reason)
    return viewing, shown


def _not_shown(officer: Officer, purpose: Purpose, media: Media, viewing: Viewing) -> None:
    """Take a look that showed nothing out of the ledger, and say so in the log beside its entry."""
    with (
        acting(officer, Act.READ, media.as_thing(), purpose, step="examine", reason="nothing was shown"),
        guard.system("nothing could be shown, so nobody looked"),
    ):
        viewing.delete()


def demand_viewable(media: Media, t: float | None, read_restriction: bool) -> None:
    """Raise ``ExamineRefused`` where there is nothing to show, or a restriction in words was not read."""
    if media.refusal or not media.key:
        raise ExamineRefused("this item could not be opened, so there is nothing to show; see its refusal")
    if HandlingCode.H3 in media.handling.codes and not read_restriction:
        raise ExamineRefused("read the restriction in words (H3) on the item's page first")
    if t is not None and not (media.kind == "video" and 0 <= t <= (media.duration or 0) + 1):
        raise ExamineRefused("that moment lies outside the item; choose one between its start and its end")


def hide(officer: Officer, purpose: Purpose, viewing: Viewing, milliseconds: int) -> None:
    """Record how long the officer's own look lasted; a second report of the same look changes nothing."""
    if viewing.account_id != officer.id:
        raise ExamineRefused("only the one who looked reports how long")
    with guard.system("the length of an officer's own look; the look itself is in the log"):
        own = Viewing.objects.filter(pk=viewing.pk, milliseconds=0)
        own.update(milliseconds=max(0, min(int(milliseconds), LONGEST_LOOK_MS)))


def exposure_of(officer: Officer, purpose: Purpose, case: Case) -> Exposure:
    """Return the officer's own figures in a case: looks in full, seconds, and looks that were not needed.

    Worked with = recorded or decided a clue, recorded an observation, wrote a note, decided a link, or read
    others' findings and went on. Nobody else's figures are told.
    """
    with guard.scope(officer, purpose):
        looks = Viewing.objects.filter(case=case, account=officer.id, view__in=sorted(IN_FULL))
        seen = [
            Seen(str(officer.id), str(m), ms / 1000) for m, ms in looks.values_list("media", "milliseconds")
        ]
        return exposure(((str(officer.id), str(m)) for m in _worked_on(officer, case)), seen, str(officer.id))


def _worked_on(officer: Officer, case: Case) -> Iterator[UUID]:
    clues = Clue.objects.filter(case=case, decided_by=officer.id).exclude(media=None)
    yield from clues.values_list("media", flat=True)
    for written in (Note, Observation):
        rows = written.objects.filter(case=case, made_by=officer.id).exclude(media=None)
        yield from rows.values_list("media", flat=True)
    for a, b in Link.objects.filter(case=case, decided_by=officer.id).values_list("a", "b"):
        yield from (a, b)
    spared = Spared.objects.filter(account=officer.id, needed=False, media__case=case)
    yield from spared.values_list("media", flat=True)
