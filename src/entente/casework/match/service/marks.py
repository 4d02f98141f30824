"""What an item counts as, worked out anew from the words of all lists whenever one of them changes."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from entente.casework.match.standing import verdict_of
from entente.records import guard, log
from entente.records.announce import announce
from entente.records.erasure import THE_DESK
from entente.records.models import Case, Match, Media, Membership
from entente.safeguards.access import Act
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media_hash import Verdict

AT_ONCE = 500


def mark(items: Iterable[UUID]) -> dict[UUID, str]:
    """Write on each item what it counts as, whoever's list says so, and return it.

    Other agencies' matches are theirs alone; that the item is known is the hit that its case may learn.
    """
    said: dict[UUID, list[tuple[str, str, bool]]] = {item: [] for item in items}
    with guard.system("an item is known when any agency's list knows it"):
        rows = Match.objects.filter(media_id__in=list(said))
        for item, verdict, state, suppresses in rows.values_list(
            "media_id", "verdict", "state", "suppresses"
        ):
            said[item].append((verdict, state, suppresses))
        found = {item: verdict_of(words) for item, words in said.items()}
        for verdict in set(found.values()):
            same = [item for item, v in found.items() if v == verdict]
            Media.objects.filter(pk__in=same).exclude(known=verdict).update(known=verdict)
    return found


def follow_held(item: UUID) -> None:
    """Let what was proposed as a part of an item of its own case stand while that item is confirmed as known.

    Inside an act. What a person decided stays; an item of another case is held whatever is said of it.
    """
    with guard.system("what was proposed as a part of an item stands or falls with it"):
        parts = Match.objects.filter(held_id=item, verdict=str(Verdict.SCENE), case_id=F("held__case_id"))
        confirmed = Match.objects.filter(media_id=item, state="confirmed", suppresses=False)
        owners = set(confirmed.values_list("owner_id", flat=True))
        falls = parts.filter(state="proposed").exclude(owner_id__in=owners)
        stands = parts.filter(state="withdrawn", owner_id__in=owners)
        touched = {*falls.values_list("media_id", flat=True), *stands.values_list("media_id", flat=True)}
        falling, standing = (
            list(falls.values_list("pk", flat=True)),
            list(stands.values_list("pk", flat=True)),
        )
        Match.objects.filter(pk__in=falling).update(state="withdrawn")
        Match.objects.filter(pk__in=standing).update(state="proposed")
        mark(touched)


def withdraw(which: Q, because: str) -> int:
    """Let matches count no longer because their list says so no more; return how many.

    Inside an act. They stay on record as they were decided; what depended on them is worked out anew.
    """
    with guard.system(f"matches are withdrawn: {because}"):
        live = Match.objects.filter(which).exclude(state="withdrawn")
        items = set(live.values_list("media_id", flat=True))
        count = live.update(state="withdrawn")
        remark(items)
    return count


def remark(items: Iterable[UUID]) -> None:
    """Work out anew what items count as, and what follows from it, in whatever case they are.

    In the system's scope and inside a transaction: a list's change may reach cases that its owner is not in.
    Each case's log says that items were marked, in the desk's own name: it does not tell whose list it was.
    """
    every = sorted(set(items), key=str)
    for start in range(0, len(every), AT_ONCE):
        piece = every[start : start + AT_ONCE]
        before = dict(Media.objects.filter(pk__in=piece).values_list("pk", "known"))
        after = mark(piece)
        changed = [item for item in piece if before.get(item) != after[item]]
        cases = Media.objects.filter(pk__in=changed).values_list("case_id", flat=True)
        for case in Case.objects.filter(pk__in=set(cases)):
            _tell(case)


def _tell(case: Case) -> None:
    """Write the case's log, and have what depends on its items done anew in the name of its lead."""
    with transaction.atomic():
        log.append(
            THE_DESK(case.owner_id),
            Act.ALTER,
            case.as_thing(),
            Purpose.DATA_PROTECTION_AUDIT,
            step="match",
            reason="what items count as was worked out anew",
        )
        lead = (
            Membership.objects.filter(case=case, part=str(Part.LEAD), until=None, account__is_active=True)
            .select_related("account__agency")
            .order_by("since")
            .first()
        )
        if lead is not None:
            announce("known changed", lead.account.as_officer(), Purpose(case_purpose(lead)), case.pk)


def case_purpose(lead: Membership) -> str:
    """Return the purpose in which a lead works on a case."""
    purposes = lead.account.purposes
    wanted = str(Purpose.VICTIM_IDENTIFICATION)
    return wanted if wanted in purposes or not purposes else purposes[0]
