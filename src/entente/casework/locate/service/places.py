"""Candidate places: entered, set aside and brought back by people, and tied by them to what each explains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from entente.casework.locate.likelihood import SILENT
from entente.casework.locate.sameness import canonical
from entente.casework.locate.service.weigh import clues_at_hand
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.carried import carried
from entente.records.models import CandidateClue, CandidatePlace, Case, Clue, HomeProposal
from entente.records.models.candidate import SAYS
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import ClueKind, SaidInWords
from entente.vocabulary.handling import Handling, HandlingCode, Purpose, union

STEP = "locate"


class PlaceRefused(SaidInWords):
    """A candidate place was not entered, changed or tied to a clue; the text says the mend."""


def enter(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    *,
    place: str,
    because: str,
    lat: float | None = None,
    lon: float | None = None,
    codes: Iterable[str] = ("H2",),
    handling_text: str = "",
) -> CandidatePlace:
    """Enter a place that may be the home. The computed part stops at the district: this is people's work."""
    if not place.strip() or not because.strip():
        raise PlaceRefused("a candidate place needs its address or description, and what led there")
    _demand_position(lat, lon)
    handling = Handling(frozenset(HandlingCode(c) for c in codes), handling_text.strip())
    thing = replace(case.as_thing(), owner=officer.agency, handling=handling)
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason="enter a candidate place"):
        row = CandidatePlace(
            place=place.strip(), because=because.strip(), lat=lat, lon=lon, **carried(officer, case, handling)
        )
        row.save()
    return row


def _demand_position(lat: float | None, lon: float | None) -> None:
    if lat is None and lon is None:
        return
    if lat is None or lon is None:
        raise PlaceRefused("a position is latitude and longitude; give both or neither")
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise PlaceRefused("there is no such position on the earth; latitude comes first")


def set_aside(officer: Officer, purpose: Purpose, place: CandidatePlace, *, because: str) -> CandidatePlace:
    """Set a place aside, with the reason. Whoever stood for it as the home has to say so again."""
    if not because.strip():
        raise PlaceRefused("say why it is set aside; who brings it back reads the reason")
    return _turn(officer, purpose, place, "set aside", because.strip())


def bring_back(officer: Officer, purpose: Purpose, place: CandidatePlace) -> CandidatePlace:
    """Bring back a place that was set aside."""
    return _turn(officer, purpose, place, "open", "")


def _turn(officer: Officer, purpose: Purpose, place: CandidatePlace, to: str, because: str) -> CandidatePlace:
    reason = "set a candidate place aside" if to == "set aside" else "bring a candidate place back"
    with acting(officer, Act.ALTER, place.as_thing(), purpose, step=STEP, reason=reason):
        row = CandidatePlace.objects.select_for_update().get(pk=place.pk)
        if row.state == to:
            raise PlaceRefused("this place stands so already; reload the page to see how")
        row.state, row.decided_because = to, because
        row.decided_by_id, row.decided_at = officer.id, clock.now()
        row.save(update_fields=["state", "decided_because", "decided_by", "decided_at"])
        if to == "set aside":
            with guard.system("a place that is set aside is nobody's home, whoever stood for it"):
                HomeProposal.objects.filter(candidate=row, withdrawn_at=None).update(withdrawn_at=clock.now())
    return row


def judge(
    officer: Officer,
    purpose: Purpose,
    place: CandidatePlace,
    clues: Iterable[Clue],
    *,
    says: str,
    because: str,
) -> list[CandidateClue]:
    """Say that a place explains clues of one observation, fails to, or that one cannot say, and why.

    What is said carries the handling and the originators of place and clue: it is never looser than either.
    """
    _demand_said(says, because)
    with acting(officer, Act.ALTER, place.as_thing(), purpose, step=STEP, reason="judge clues at a place"):
        return _judged_now(officer, place, list(clues), says, because)


def judge_rest(
    officer: Officer, purpose: Purpose, place: CandidatePlace, *, because: str
) -> list[CandidateClue]:
    """Say of every clue that is not judged that one cannot say, for one reason."""
    _demand_said("cannot say", because)
    with acting(officer, Act.ALTER, place.as_thing(), purpose, step=STEP, reason="judge clues at a place"):
        left = [clue for alike in unjudged(officer, place) for clue in alike]
        return _judged_now(officer, place, left, "cannot say", because)


def _demand_said(says: str, because: str) -> None:
    if says not in SAYS:
        raise PlaceRefused("choose one of: {all}", all=", ".join(SAYS))
    if not because.strip():
        raise PlaceRefused("say why; without its reason nobody can check it")


def _judged_now(
    officer: Officer, place: CandidatePlace, clues: list[Clue], says: str, because: str
) -> list[CandidateClue]:
    """Write what is said of some clues; inside an act."""
    demand_open(place)
    asked = Clue.objects.filter(pk__in=[c.pk for c in clues], case=place.case_id)
    standing = set(asked.exclude(state="withdrawn").values_list("pk", flat=True))
    rows = []
    for clue in clues:
        if clue.pk not in standing:
            raise PlaceRefused("this clue is of another case, or was withdrawn; choose one that stands")
        handling = union([place.handling, clue.handling])
        more = carried(officer, place.case, handling)
        row = CandidateClue(candidate=place, clue=clue, says=says, because=because.strip(), **more)
        row.save()
        row.derives_from(place, clue)
        rows.append(row)
    return rows


def demand_open(place: CandidatePlace) -> None:
    """Raise where a place was set aside meanwhile."""
    if CandidatePlace.objects.get(pk=place.pk).state != "open":
        raise PlaceRefused("this place was set aside; bring it back first")


def judged(place: CandidatePlace) -> dict[Any, CandidateClue]:
    """Return how each clue stands at a place, by the clue's id: the newest said, of those in sight."""
    rows = CandidateClue.objects.filter(candidate=place).exclude(clue__state="withdrawn")
    return {row.clue_id: row for row in rows.select_related("made_by", "clue").order_by("made_at", "pk")}


def unjudged(officer: Officer, place: CandidatePlace) -> list[list[Clue]]:
    """Return each confirmed observation in sight that speaks of a place and that nobody judged there.

    The same observation from many items is judged as soon as one of them is.
    """
    alike: dict[str, list[Clue]] = {}
    for clue in clues_at_hand(place.case):
        if clue.state == "confirmed" and ClueKind(clue.kind) not in SILENT:
            alike.setdefault(canonical(clue.as_word()), []).append(clue)
    with guard.system("what the own agency said counts, though another's codes may have withheld it since"):
        own = CandidateClue.objects.filter(candidate=place, owner=officer.agency)
        stands = {*own.values_list("clue_id", flat=True)}
    stands |= set(judged(place))
    return [clues for clues in alike.values() if not any(c.pk in stands for c in clues)]
