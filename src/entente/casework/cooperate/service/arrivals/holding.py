"""What is held of partners' things, read and written a portion at a time: a package may hold 50,000."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from entente.casework.cooperate.service.arrivals.opened import NeedsCase, Opened
from entente.casework.cooperate.service.sealing import read_marking, written_marking
from entente.records import circle, clock, release
from entente.records.announce import announce
from entente.records.models import Agency, Case, Clue, PartnerCase, PartnerKey, PartnerThing, Release
from entente.safeguards import statement as words
from entente.safeguards.access import Act, Deny, decide
from entente.safeguards.retention import review_due
from entente.safeguards.statement import Known
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose

PORTION = 400  # things asked for in one query and written in one

Key = tuple[UUID, UUID]  # the originator, and its number of the thing


class Holding:
    """The things of one package, joined to what is held of each; nothing is written before ``write``."""

    def __init__(
        self,
        officer: Officer,
        purpose: Purpose,
        case: Case | None,
        cards: dict[UUID, list[PartnerKey]],
        done: Opened,
    ) -> None:
        """``case`` is where things go of whose case nothing came yet; ``cards`` are those of originators."""
        self._officer, self._purpose, self._case = officer, purpose, case
        self._cards, self._done = cards, done
        self._told: list[tuple[Known, str]] = []
        self._paired: dict[Key, Case | None] = {}  # originators' cases, and ours
        self._open: set[UUID] = set()  # cases of ours that may be added to

    def take(self, told: Known, signature: str) -> None:
        """Take one thing; raise ``NeedsCase`` where it has no place, at the latest in ``write``."""
        self._told.append((told, signature))
        if len(self._told) == PORTION:
            self.write()

    def write(self) -> None:
        """Join what was taken since to what is held, and let that bind here."""
        told, self._told = self._told, []
        rows = self._standing(told)
        fresh: dict[Key, Known] = {}
        for known, signature in told:
            key = (known.statement.origin, known.statement.thing)
            row = rows.get(key)
            into = self._case_for(known, row)
            if row is None:
                rows[key] = row = PartnerThing(
                    holder_id=self._officer.agency, origin=key[0], thing=key[1], case=into
                )
                fresh[key] = known
                self._set(row, known, None, signature)
                self._count(known)
            elif (joined := self._joined(row, known, signature)) is not None and key in fresh:
                fresh[key] = joined
        PartnerThing.objects.bulk_create(rows[key] for key in fresh)
        Release.objects.bulk_create(
            p for key, known in fresh.items() for p in self._permits(rows[key], known)
        )

    def _standing(self, told: list[tuple[Known, str]]) -> dict[Key, PartnerThing]:
        things = {known.statement.thing for known, _ in told}
        rows = PartnerThing.objects.filter(holder=self._officer.agency, thing__in=things)
        return {(row.origin, row.thing): row for row in rows.select_related("case")}

    def _case_for(self, known: Known, row: PartnerThing | None) -> Case:
        """Return the case of ours where things of an originator's case go; raise ``NeedsCase``."""
        told, owner = known.statement, self._officer.agency
        place = (told.origin, told.case)
        if place not in self._paired:
            pair = PartnerCase.objects.filter(owner=owner, known_as=told.origin, theirs=told.case).first()
            self._paired[place] = Case.objects.filter(pk=pair.case).first() if pair and pair.case else None
        paired = self._paired[place]
        into = row.case if row else paired or self._case
        if into is None:
            raise NeedsCase("say into which case of yours it goes: nothing of the partner's case came before")
        if into.pk not in self._open:
            mine = replace(into.as_thing(), owner=owner)
            if isinstance(decide(self._officer, mine, Act.RECEIVE, self._purpose, clock.now()), Deny):
                raise NeedsCase(
                    "it goes into a case that you may add nothing to; have a member of that case open it"
                )
            self._open.add(into.pk)
        if row is None and paired is None:
            PartnerCase.objects.update_or_create(
                owner_id=owner, known_as=told.origin, theirs=told.case, defaults={"case": into.pk}
            )
            self._paired[place] = into
        return into

    def _joined(self, row: PartnerThing, known: Known, signature: str) -> Known | None:
        """Join what is told to what is held of a thing; return the whole, nothing where that is as it was."""
        before = _known(row)
        after = words.join(before, known)
        if before == after:
            self._done.unchanged += 1
            return None
        was_withdrawn = row.withdrawn
        self._set(row, after, before, signature)
        if not row._state.adding:
            row.save()
            self._release(row, after)
            if after.statement.withdrawn and not was_withdrawn:
                _taken_back(self._officer, self._purpose, row)
        if not (after.statement.withdrawn and was_withdrawn):
            self._count(after)
        return after

    def _set(self, row: PartnerThing, after: Known, before: Known | None, signature: str) -> None:
        held = after.statement
        if before is None or held != before.statement:
            row.statement, row.signature = held.told(), signature
        row.owner, row.kind, row.version = self._originator(held.origin), held.kind, held.version
        row.withdrawn = held.withdrawn
        row.markings = {
            **written_marking(after.added),
            "same": written_marking(after.same),
            "releases": sorted(str(r) for r in after.releases),
        }
        row.handling, row.audience = after.handling, str(after.audience)
        row.made_by_id = row.made_by_id or self._officer.id

    def _count(self, known: Known) -> None:
        if known.statement.withdrawn:
            self._done.withdrawn += 1
        else:
            self._done.taken += 1

    def _originator(self, origin: UUID) -> Agency:
        agency = self._cards[origin][0].agency
        assert agency is not None  # noqa: S101 - a pinned card has one
        return agency

    def _let(self, row: PartnerThing, known: Known) -> set[UUID]:
        """Return whom the originator lets have it: this agency, and whom it may pass it to."""
        let = {row.holder_id}
        for number in known.releases:
            if number not in self._cards:
                self._cards[number] = circle.cards_as(row.holder_id, number)
            let |= {c.agency_id for c in self._cards[number] if c.agency_id}
        return let

    def _permits(self, row: PartnerThing, known: Known) -> Iterator[Release]:
        if not known.statement.withdrawn:
            for to in self._let(row, known):
                yield _permit(row, to)

    def _release(self, row: PartnerThing, known: Known) -> None:
        """Write the originator's permissions for a thing held before as they stand now."""
        now = clock.now()
        if known.statement.withdrawn:
            Release.objects.filter(thing=row.pk, withdrawn=None).update(withdrawn=now)
            return
        let = self._let(row, known)
        standing = Release.objects.filter(thing=row.pk, by=row.owner_id, withdrawn=None)
        standing.exclude(to__in=let).update(withdrawn=now)
        has = set(standing.values_list("to_id", flat=True))
        Release.objects.bulk_create(_permit(row, to) for to in let - has)


def _permit(row: PartnerThing, to: UUID) -> Release:
    now = clock.now()
    return Release(
        thing=row.pk,
        by_id=row.owner_id,
        to_id=to,
        granted=now,
        expires=review_due(now),
        reason="its package",
    )


def _known(row: PartnerThing) -> Known:
    told = row.markings
    return Known(
        words.read(row.statement),
        read_marking(told.get("same", {})),
        frozenset(UUID(r) for r in told.get("releases", ())),
        read_marking({k: told[k] for k in ("codes", "texts", "audience")} if told else {}),
    )


def _taken_back(officer: Officer, purpose: Purpose, row: PartnerThing) -> None:
    """A withdrawal holds for what was made of the thing, and calls back what left with it."""
    gone = {row.pk}
    if row.taken_as_id is not None:
        Clue.objects.filter(pk=row.taken_as_id).update(state="withdrawn")
        Release.objects.filter(thing=row.taken_as_id, withdrawn=None).update(withdrawn=clock.now())
        gone.add(row.taken_as_id)
        announce("clue changed", officer, purpose, row.case_id, clue=str(row.taken_as_id))
    release.recall(officer, gone, case=row.case_id)
