"""A second opinion: several vote blind on a category or a decisive clue; a person decides what is divided.

The proposer casts no vote: who chose the answer is not independent of it, and whoever counted as one would
make agreement easier by proposing. The program alone counts, under its own written reason, and tells only the
outcome; each vote stays its voter's until the question has ended.
"""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from django.conf import settings

from entente.casework.examine.service.refused import ExamineRefused
from entente.records import clock, guard, vocabularies
from entente.records.act import Deed, acting
from entente.records.announce import announce
from entente.records.models import Account, Agency, Case, Clue, Media, Membership, Opinion, Vote
from entente.safeguards.access import Act, Allow, Shape, Thing, decide, leads, member_part
from entente.safeguards.commitment import canonical
from entente.safeguards.opinion import LEAST, MOST, Answer, Outcome, in_own_order, tally, votes_needed
from entente.vocabulary.agency import Officer, Part
from entente.vocabulary.handling import Purpose
from entente.vocabulary.terms import CODE

STEP = "examine"


def ask_opinion(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    *,
    profile: str = "",
    model_version: str = "",
    code: str = "",
    clue: Clue | None = None,
) -> Opinion:
    """Put a category of an item, or a clue that is marked as decisive, to the votes of others."""
    category = [part.strip() for part in (profile, model_version, code)]
    if clue is None:
        _demand_category(officer, *category)
    thing = media.as_thing() if clue is None else clue.as_thing()
    what = "category" if clue is None else "decisive clue"
    with acting(officer, Act.ALTER, thing, purpose, step=STEP, reason=f"ask for opinions: {what}"):
        media = Media.objects.select_related("case__owner").get(pk=media.pk)
        if Opinion.objects.filter(media=media, clue=clue, state__in=["open", "divided"]).exists():
            raise ExamineRefused("this is being asked already; wait for its outcome")
        source = media if clue is None else clue
        row = Opinion(
            case_id=media.case_id,
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=source.audience,
            media=media,
            clue=clue,
            needed=needed_in(media.case),
        )
        if clue is None:
            row.profile, row.model_version, row.code = category
        row.handling = source.handling
        row.save()
        row.derives_from(source)
    return row


def _demand_category(officer: Officer, profile: str, model_version: str, code: str) -> None:
    """Raise unless it is a code of a scheme that the agency has; without a public table any."""
    if not (profile and model_version and code):
        raise ExamineRefused("a category is a profile, its version and a code; a number alone says nothing")
    held = vocabularies.of_scheme(officer.agency, profile, model_version)
    if held is None:
        raise ExamineRefused(f"there are no categories of {profile} {model_version}; see Vocabularies")
    term = held.term(code)
    if (held.known and (term is None or term.deprecated)) or not CODE.match(code):
        raise ExamineRefused(f"{code!r} is not offered by {held.scheme}; choose one of its codes")


def needed_in(case: Case) -> int:
    """Return how many votes a new question of the case needs."""
    return votes_needed(settings.VOTES_NEEDED, case.owner.votes_needed, case.votes_needed)


def set_needed(officer: Officer, purpose: Purpose, case: Case, number: int) -> None:
    """Set, as a lead of the case, how many votes its new questions need; those under way keep theirs."""
    _demand_number(number)
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step=STEP, reason=f"votes needed: {number}"):
        _demand_lead(officer, case.pk)
        Case.objects.filter(pk=case.pk).update(votes_needed=number)


def set_needed_of_agency(officer: Officer, purpose: Purpose, number: int) -> None:
    """Set, as an administrator, how many votes questions in the agency's cases need by default."""
    _demand_number(number)
    thing = Thing(Shape.AGENCY, owner=officer.agency)
    with acting(officer, Act.ADMINISTER, thing, purpose, step="accounts", reason=f"votes needed: {number}"):
        Agency.objects.filter(pk=officer.agency).update(votes_needed=number)


def _demand_number(number: int) -> None:
    if not LEAST <= number <= MOST:
        raise ExamineRefused(f"choose a number of votes between {LEAST} and {MOST}")


def _demand_lead(officer: Officer, case: UUID) -> None:
    if not leads(officer, case, clock.now()):
        raise ExamineRefused("a lead of the case does this; ask one")


def cast(officer: Officer, purpose: Purpose, opinion: Opinion, answer: str, reason: str = "") -> Vote:
    """Cast one's own vote, blind; with the last vote that is needed the question ends."""
    try:
        said = Answer(answer)
    except ValueError:
        raise ExamineRefused("answer yes, no or unsure") from None
    with acting(officer, Act.ALTER, opinion.as_thing(), purpose, step=STEP, reason="cast a vote") as deed:
        row = _open(opinion)
        if row.made_by_id == officer.id:
            raise ExamineRefused("who proposed it casts no vote; others do")
        if Vote.objects.filter(opinion=row, account=officer.id, withdrawn_at=None).exists():
            raise ExamineRefused("you have voted on this; withdraw that vote first if you were wrong")
        vote = Vote(
            case_id=row.case_id,
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=row.audience,
            opinion=row,
            account_id=officer.id,
            answer=str(said),
            reason=reason.strip(),
        )
        vote.handling = row.handling
        vote.save()
        vote.derives_from(row)
        deed.seal(_digest(vote.as_record()))
        _count(officer, purpose, row, deed)
    return vote


def withdraw_vote(officer: Officer, purpose: Purpose, opinion: Opinion) -> None:
    """Take one's own vote back before the question has ended; it stays on record as withdrawn."""
    with acting(officer, Act.ALTER, opinion.as_thing(), purpose, step=STEP, reason="withdraw a vote"):
        row = _open(opinion)
        own = Vote.objects.filter(opinion=row, account=officer.id, withdrawn_at=None)
        if not own.update(withdrawn_at=clock.now()):
            raise ExamineRefused("there is no vote of yours to withdraw")


def _open(opinion: Opinion) -> Opinion:
    row = Opinion.objects.select_for_update().get(pk=opinion.pk)
    if row.state != Outcome.OPEN:
        raise ExamineRefused("this question has ended; its votes stay as they are")
    return row


def _digest(record: dict) -> str:
    return sha256(canonical(record).encode()).hexdigest()


def _count(officer: Officer, purpose: Purpose, row: Opinion, deed: Deed) -> None:
    """End the question if its last vote is there. Nobody sees the votes meanwhile: the program counts."""
    with guard.system("the tally is the program's: it counts the votes of every agency, and tells the end"):
        standing = Vote.objects.filter(opinion=row, withdrawn_at=None).order_by("pk")
        votes = list(standing.values_list("pk", "answer"))
        outcome = tally([Answer(a) for _, a in votes], row.needed)
        if outcome is Outcome.OPEN:
            return
        row.state, row.ended_at = str(outcome), clock.now()
        row.stands_on = [str(pk) for pk, _ in votes]
        row.save(update_fields=["state", "ended_at", "stands_on"])
        Vote.objects.filter(opinion=row).update(opened=True)
    deed.seal(_digest({"opinion": str(row.pk), "outcome": row.state, "votes": row.stands_on}))
    announce("opinion ended", officer, purpose, row.case_id, opinion=str(row.pk))


def candidates(officer: Officer, purpose: Purpose, opinion: Opinion) -> list[Account]:
    """Return who may be named to decide: who may change the item, and neither proposed nor voted."""
    members = Membership.objects.filter(case=opinion.case_id).select_related("account__agency")
    accounts = {m.account_id: m.account for m in members if m.account.is_active}
    with guard.system("who voted decides nothing; which officer of the case may see the item"):
        voted = set(Vote.objects.filter(opinion=opinion).values_list("account_id", flat=True))
    thing, now = opinion.as_thing(), clock.now()
    able = [
        a
        for a in accounts.values()
        if a.pk not in voted | {opinion.made_by_id}
        and isinstance(decide(a.as_officer(), thing, Act.ALTER, purpose, now), Allow)
    ]
    return sorted(able, key=lambda a: a.username)


def name_decider(officer: Officer, purpose: Purpose, opinion: Opinion, account: UUID) -> Opinion:
    """Name, as a lead, the person who decides what is divided; every vote is laid before that person."""
    with acting(officer, Act.ALTER, opinion.as_thing(), purpose, step=STEP, reason="name who decides"):
        _demand_lead(officer, opinion.case_id)
        row = _divided(opinion)
        if account not in {a.pk for a in candidates(officer, purpose, row)}:
            raise ExamineRefused("name an officer of the case who may see it, and neither proposed nor voted")
        row.decider_id, row.named_by_id = account, officer.id
        row.save(update_fields=["decider", "named_by"])
        with guard.system("the named person sees every vote, of every agency"):
            Vote.objects.filter(opinion=row).update(shown_to=account)
    return row


def _divided(opinion: Opinion) -> Opinion:
    row = Opinion.objects.select_for_update().get(pk=opinion.pk)
    if row.state != Outcome.DIVIDED:
        raise ExamineRefused("this is not divided; there is nothing to decide")
    return row


def settle(officer: Officer, purpose: Purpose, opinion: Opinion, *, stands: bool, because: str) -> Opinion:
    """Decide what was divided, as the person named for it, with the reason."""
    if not because.strip():
        raise ExamineRefused("a decision needs its reason; those who voted will read it")
    with acting(
        officer, Act.ALTER, opinion.as_thing(), purpose, step=STEP, reason="decide what was divided"
    ) as deed:
        row = _divided(opinion)
        if row.decider_id != officer.id:
            raise ExamineRefused("the named person decides this; a lead of the case names one")
        row.state = str(Outcome.STANDS if stands else Outcome.FAILS)
        row.decided_because, row.decided_at = because.strip(), clock.now()
        row.save(update_fields=["state", "decided_because", "decided_at"])
        told = {"opinion": str(row.pk), "outcome": row.state, "because": row.decided_because}
        deed.seal(_digest(told | {"votes": row.stands_on}))
        announce("opinion ended", officer, purpose, row.case_id, opinion=str(row.pk))
    return row


def waiting_for(officer: Officer, case: Case) -> list[Opinion]:
    """Return the questions that wait for this officer's vote, in an order of the officer's own."""
    own = Vote.objects.filter(account=officer.id, withdrawn_at=None).values("opinion")
    rows = Opinion.objects.filter(case=case, state="open").exclude(made_by=officer.id).exclude(pk__in=own)
    if member_part(officer, case.pk, clock.now()) in {None, Part.READER}:
        return []
    found = {r.pk: r for r in rows.select_related("media", "clue")}
    return [found[pk] for pk in in_own_order(officer.id, found)]
