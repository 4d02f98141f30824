"""How a suspect's account behaves: hours of posting and languages, proposed as clues that people confirm."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from entente.casework.crosscheck.posting import FEWEST, added
from entente.casework.crosscheck.posting import counted as counts_of
from entente.casework.crosscheck.service.online import STEP, OnlineRefused, demand_analysed, demand_open
from entente.casework.locate.tables import POSTING_CAP
from entente.evidence.memory import in_memory
from entente.evidence.open import Through, told
from entente.formats.posting_times import PostingTimes, TimesRefused
from entente.records import vocabularies
from entente.records.act import acting, demand
from entente.records.announce import announce
from entente.records.carried import carried
from entente.records.models import Clue, OnlineAccount, PostingFile
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import ClueGroup, ClueKind
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media_hash import RecordRefusal

KEPT = 200  # bad lines that are named
LONGEST = 50_000  # characters of the texts that are weighed at once
READER = "entente.casework.examine.extractors.run:languages_in"
LIMIT_S = 60.0
VERSION = "1"


def take_times(
    officer: Officer, purpose: Purpose, online: OnlineAccount, data: bytes, *, name: str, utc: bool = False
) -> PostingFile:
    """Count the posting times of a file by hour of UTC; bad lines are refused with their number and kept.

    A time outside the days that the record covers is no part of it. The times themselves are not kept.
    """
    demand_analysed(online)
    _ask(officer, purpose, online, "take posting times")
    try:
        read = list(PostingTimes().read(data, utc=utc))
    except TimesRefused as fault:
        raise OnlineRefused(str(fault)) from None
    bad = [(r.line, r.reason) for r in read if isinstance(r, RecordRefusal)]
    times = [r for r in read if not isinstance(r, RecordRefusal)]
    inside = [t for t in times if online.since <= t.date() <= online.until]
    if outside := len(times) - len(inside):
        bad.insert(0, (0, f"outside the days that the record covers, and left out: {outside}"))
    if not inside:
        raise OnlineRefused("no time of the record's days is in it; " + (bad[0][1] if bad else "it is empty"))
    digest = sha256(data).hexdigest()
    with acting(officer, Act.ALTER, online.as_thing(), purpose, step=STEP, reason="take posting times"):
        demand_open(online)
        if PostingFile.objects.filter(online=online, sha256=digest).exists():
            raise OnlineRefused("these times were taken already; a file counts once")
        row = PostingFile(
            **carried(officer, online, online.handling),
            online=online,
            name=name.strip()[:200] or "times",
            sha256=digest,
            counts=counts_of(inside),
            taken=len(inside),
            bad=len(read) - len(inside),
            refused=[list(one) for one in bad[:KEPT]],
        )
        row.save()
        row.derives_from(online)
    return row


def hours_of(online: OnlineAccount) -> list[int]:
    """Return the counts by hour of all files in sight."""
    return added(PostingFile.objects.filter(online=online).values_list("counts", flat=True))


def propose_hours(officer: Officer, purpose: Purpose, online: OnlineAccount) -> Clue:
    """Propose the posting hours as a clue to the time zone; a person confirms it before it is trusted."""
    demand_analysed(online)
    with acting(officer, Act.ALTER, online.as_thing(), purpose, step=STEP, reason="propose posting hours"):
        demand_open(online)
        files = list(PostingFile.objects.filter(online=online))
        counts = added(f.counts for f in files)
        if sum(counts) < FEWEST:
            raise OnlineRefused(f"posting hours say something from {FEWEST} times on; bring more of them")
        because = (
            f"{sum(counts)} posting times of one account, by hour of UTC; weighed as {POSTING_CAP:g} at most"
        )
        return _proposed(officer, purpose, online, ClueKind.POSTING_HOURS, counts, because, files)


def weigh_texts(officer: Officer, purpose: Purpose, online: OnlineAccount, text: str) -> Clue:
    """Weigh the languages of texts that the officer brings and propose them as a clue; no text is kept."""
    demand_analysed(online)
    if len(text) > LONGEST:
        raise OnlineRefused(f"{LONGEST} characters are weighed at once; bring the longest texts")
    _ask(officer, purpose, online, "weigh languages")
    weights, lines = _weighed(text)
    with acting(officer, Act.ALTER, online.as_thing(), purpose, step=STEP, reason="weigh languages"):
        demand_open(online)
        because = f"the letters of {lines} lines of writing of one account; the writing was not kept"
        return _proposed(officer, purpose, online, ClueKind.LANGUAGE, weights, because, [])


def _ask(officer: Officer, purpose: Purpose, online: OnlineAccount, reason: str) -> None:
    """Ask the law before anything that was brought is read; it is asked again when the row is written."""
    demand(officer, Act.ALTER, online.as_thing(), purpose, step=STEP, reason=reason)


def _weighed(text: str) -> tuple[dict[str, float], int]:
    """Have a limited process weigh the longest lines; return the mean of what it says, checked."""
    with in_memory(text.encode("utf-8", "replace")) as handle:
        answer = told(handle, Through(READER, {}), limit_s=LIMIT_S)
    if answer.refusal:
        raise OnlineRefused(f"the texts cannot be weighed: {answer.refusal.reason}")
    said = answer.data.get("told")
    if not isinstance(said, dict):
        raise OnlineRefused("the decoder gave an answer without sense; bring the texts again")
    if said.get("missing"):
        raise OnlineRefused("what weighs languages is not installed at this site (`make text`)")
    return _mean(said.get("lines"))


def _mean(lines: Any) -> tuple[dict[str, float], int]:
    whole: dict[str, float] = {}
    try:
        for line in lines:
            for tag, weight in line.items():
                if not (isinstance(tag, str) and 2 <= len(tag) <= 8 and 0 <= float(weight) <= 1):
                    raise ValueError
                whole[tag] = whole.get(tag, 0.0) + float(weight) / len(lines)
    except (TypeError, ValueError, AttributeError):
        raise OnlineRefused("the decoder gave an answer without sense; bring the texts again") from None
    if not whole:
        raise OnlineRefused("no line is long enough: two words and 14 letters at least, one text a line")
    ordered = sorted(whole.items(), key=lambda pair: (-pair[1], pair[0]))
    return {tag: round(weight, 3) for tag, weight in ordered if weight >= 0.001}, len(lines)


def _proposed(
    officer: Officer,
    purpose: Purpose,
    online: OnlineAccount,
    kind: ClueKind,
    value: Any,
    because: str,
    more: list[PostingFile],
) -> Clue:
    """Write a clue of the case that stands on the account: erased with it, never looser than it."""
    if Clue.objects.filter(online=online, kind=str(kind), value=value).exclude(state="withdrawn").exists():
        raise OnlineRefused("this stands as a clue already; decide on it below")
    row = Clue(
        **carried(officer, online, online.handling),
        online=online,
        kind=str(kind),
        value=value,
        group=str(ClueGroup.PERSON),  # hours and language of one person fail together
        source=f"{online.source}: {online}"[:200],
        evaluation=online.evaluation,
        because=because,
        method="account",
        version=VERSION,
        words=vocabularies.recorded(officer.agency, str(kind), value),
    )
    row.save()
    row.derives_from(online, *more)
    announce("clue changed", officer, purpose, online.case_id, clue=str(row.pk))
    return row
