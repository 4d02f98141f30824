"""The shell of a partner's case: where what it addressed to this agency stands, and nothing else does.

It is a case of the partner's, without a member, a title or a stage. So the law of what is addressed holds as
between agencies of one desk, nobody sees the case, and it is never one of ours, whatever its number.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from entente.casework.cooperate.service.arrivals.messages import NotRead
from entente.casework.intake.service import evidence_store
from entente.evidence.open import read as opened
from entente.evidence.store import Erased, NotKept
from entente.records import clock
from entente.records.models import Case, Media, Package, PartnerCase, Retention
from entente.safeguards.retention import review_due
from entente.vocabulary.agency import Officer
from entente.vocabulary.media import MediaKind

PRINTED = {"image/jpeg", "image/png"}


def shell_of(officer: Officer, row: Package, theirs: UUID) -> Case:
    """Return the shell of a partner's case, made at the first message of it; its clock begins here."""
    pair, _ = PartnerCase.objects.get_or_create(owner_id=officer.agency, known_as=row.known_as, theirs=theirs)
    held = Case.objects.filter(pk=pair.shell, owner=row.partner).first() if pair.shell else None
    if held is not None:
        return held
    number = uuid4()
    made = Case.objects.create(id=number, owner=row.partner, number=str(number), opened_by_id=officer.id)
    Retention.objects.create(
        agency_id=officer.agency,
        case=made.pk,
        what="case",
        started=made.opened_at,
        due=review_due(clock.now()),
    )
    pair.shell = made.pk
    pair.save(update_fields=["shell"])
    return made


def keep_crop(shell: Case, row: Package, data: bytes) -> Media:
    """Keep a crop that came, once the limited process found that it is a picture; raise ``NotRead``."""
    store = evidence_store()
    try:
        kept = store.keep_bytes(data, shell.pk)
    except (NotKept, Erased) as fault:
        raise NotRead(f"a crop cannot be sealed here: {fault}") from None
    same = Media.objects.filter(case=shell, owner=row.partner, key=kept.key).first()
    if same is not None:
        return same
    found = opened(store.original(kept.key))
    if found.refusal is not None or found.kind is not MediaKind.PICTURE or found.mime not in PRINTED:
        store.remove(kept.key)
        raise NotRead("a crop that is no picture; ask the sender for another")
    held = Case.objects.select_for_update().get(pk=shell.pk)
    held.items_given += 1
    held.save(update_fields=["items_given"])
    # its digests stay out of the row: it is shown where it was sent for, and compared with nothing
    return Media.objects.create(
        case=shell,
        owner=row.partner,
        number=held.items_given,
        origin="crop",
        source=f"package {row.number}",
        size=len(data),
        key=kept.key,
        mime=found.mime,
        width=found.width,
        height=found.height,
    )


def forget_crops(shell: UUID, keys: set[str]) -> None:
    """Let crops that were taken back go: no row names them, so the store sweeps them away."""
    Media.objects.filter(case=shell, origin="crop", key__in=keys - {""}).update(key="")
