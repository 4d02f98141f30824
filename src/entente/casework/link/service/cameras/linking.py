"""Propose that an item belongs with a camera's pictures, where noise speaks for it."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from entente.casework.link.camera import METHOD, VERSION
from entente.casework.link.scale import in_force
from entente.casework.link.series import LinkKind
from entente.records import guard
from entente.records.models import CameraFinding, Link, Media, Originator, Release
from entente.vocabulary.agency import Officer

LEAST = 1.0  # log10 of the ratio from which a link is proposed
ODDS = 1 / 10  # that a pair of a case is of one camera, before anything is known of it


def linked(officer: Officer, row: CameraFinding) -> tuple[Link | None, bool]:
    """Return the link that a finding speaks for, and whether it is new.

    To the first reference picture in sight. A pair that a person refused is not proposed again; a link that
    its own agency would not see is not made.
    """
    if row.log10_lr is None or row.log10_lr < LEAST:
        return None, False
    first = Media.objects.filter(pk__in=row.camera.references).order_by("number").first()
    if first is None:
        return None, False
    a, b = sorted((first, row.media), key=lambda m: m.number)
    with guard.system("an agency proposes no link of its own twice"):
        of_pair = Link.objects.filter(a=a, b=b)
        own = of_pair.filter(owner_id=officer.agency, kind=str(LinkKind.SAME_CAMERA)).first()
        refused = of_pair.filter(state="refused").exists()
    if own is not None or refused:
        return own, False
    link = Link(
        case_id=row.case_id,
        owner_id=officer.agency,
        made_by_id=officer.id,
        audience=row.audience,
        a=a,
        b=b,
        kind=str(LinkKind.SAME_CAMERA),
        weight=weight_of(row.log10_lr),
        grade=row.fitness,
        because=in_words(row),
        method=METHOD,
        version=VERSION,
    )
    link.handling = row.handling
    link.save()
    link.derives_from(row.camera, row.media)
    return (link, True) if _in_sight(link) else (None, False)


def weight_of(log10_lr: float) -> float:
    """Return the share of such pairs that would be of one camera, if one in eleven is."""
    odds = ODDS * 10**log10_lr
    return float(round(odds / (1 + odds), 3))


def in_words(row: CameraFinding) -> str:
    """Return the reason: what was compared with what, z, overlap, class, and what that is worth."""
    word = in_force().word(row.log10_lr or 0.0, "en") or "about neutrally"
    return (
        f"Same camera: the noise of {row.media} against that of {len(row.camera.references)} pictures from"
        f" {row.camera} on: z {row.z:.1f} over {row.overlap / 1e6:.1f} million pixels, {row.fitness};"
        f" supports {word} that one sensor took them, against another sensor"
    )


def _in_sight(link: Link) -> bool:
    if Link.objects.filter(pk=link.pk).exists():
        return True
    with guard.system("links that nobody sees are not kept"):
        for table in (Originator, Release):
            table.objects.filter(thing=link.pk).delete()
        link.delete()
    return False


def unfounded() -> QuerySet[Link]:
    """Return the waiting links of cameras that are gone; call it as the system."""
    rows = Link.objects.filter(kind=str(LinkKind.SAME_CAMERA), state="proposed")
    return rows.filter(~Q(Exists(CameraFinding.objects.filter(link=OuterRef("pk")))))
