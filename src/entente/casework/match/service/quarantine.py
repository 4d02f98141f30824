"""A record that suddenly matches everything is set aside with its reason; a person releases or keeps it."""

from __future__ import annotations

from uuid import UUID

from entente.casework.match.service.backwards import match_again
from entente.casework.match.service.marks import remark
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.models import ListedHash, Match, Quarantine
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


class NotDecided(ValueError):
    """A record that was set aside was not decided on; the text says the mend."""


def decide(officer: Officer, purpose: Purpose, row: Quarantine, *, release: bool, said: str) -> Quarantine:
    """Release a record into the work, or keep it aside for good; a named person, with the reason.

    Released, its matches count again and what is held is asked of it anew; it is never set aside again.
    """
    if not said.strip():
        raise NotDecided("say why: what did you look at, and what is it?")
    word = "release" if release else "keep aside"
    with acting(officer, Act.ALTER, row.as_thing(), purpose, step="match", reason=f"{word} a list's record"):
        row.state = "released" if release else "kept"
        row.decided_by_id, row.decided_at, row.said = officer.id, clock.now(), said.strip()
        row.save(update_fields=["state", "decided_by", "decided_at", "said"])
        ListedHash.objects.filter(pk=row.listed).update(aside=row.state)
        if release:
            _let_count(row.listed)
            match_again(officer, purpose, row)
    return row


def _let_count(listed: UUID) -> None:
    with guard.system("the matches of a released record count again, in whatever case they are"):
        waiting = Match.objects.filter(listed=listed, state="set aside")
        items = set(waiting.values_list("media_id", flat=True))
        waiting.update(state="proposed")
        remark(items)
