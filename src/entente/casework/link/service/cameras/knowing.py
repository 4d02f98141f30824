"""Say of which pictures a camera is known, and take it away again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from entente.casework.intake.service import evidence_store
from entente.casework.link.camera import FEWEST, unfit
from entente.casework.link.service.cameras.files import described, pictures
from entente.casework.link.service.decision import by_hand
from entente.records import guard
from entente.records.models import Camera, CameraFinding, Case, Link, Media
from entente.records.undo import REASON
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose, union

MOST_REFERENCES, MOST_CAMERAS = 60, 30  # of a camera; of an agency in a case: each is held in memory
MOST_NUMBERS = 10 * MOST_REFERENCES  # written: some may be of videos, or of no item
_RANGE = re.compile(r"#?(\d{1,9})(?:\s*[-–]\s*#?(\d{1,9}))?")


class CameraRefused(ValueError):
    """A camera cannot be made of these pictures; the sentence says the mend."""


def cameras(case: Case) -> QuerySet[Camera]:
    """Return the cameras of a case that the scope shows."""
    return Camera.objects.filter(case=case)


def numbered(case: Case, text: str) -> list[Media]:
    """Return the pictures whose numbers are written as ``1-12, 15``; raises ``CameraRefused``."""
    wanted: set[int] = set()
    for part in filter(None, (p.strip() for p in re.split(r"[,;\s]+(?![-–])", text))):
        found = _RANGE.fullmatch(part)
        if found is None:
            raise CameraRefused(f"{part[:20]} is no item number; write them as 1-12, 15")
        first, last = int(found[1]), int(found[2] or found[1])
        if not 0 <= last - first <= MOST_REFERENCES:
            raise CameraRefused(f"{part[:20]} is no run of at most {MOST_REFERENCES} items")
        wanted.update(range(first, last + 1))
        if len(wanted) > MOST_NUMBERS:
            raise CameraRefused(f"at most {MOST_REFERENCES} reference pictures; ten to thirty are enough")
    return list(pictures(case).filter(number__in=wanted))


def know(officer: Officer, purpose: Purpose, case: Case, items: Sequence[Media]) -> Camera:
    """Make a camera of reference pictures: a person says that one camera took them all."""
    with by_hand(officer, purpose, case.as_thing(), "make a camera") as touched:
        chosen = list(pictures(case).filter(pk__in=[m.pk for m in items]).order_by("number"))
        _demand(chosen, cameras(case).filter(owner_id=officer.agency).count())
        row = Camera(
            case=case,
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=case.audience,
            name=str(chosen[0]),
            references=[str(m.pk) for m in chosen],
            rows=chosen[0].height or 0,
            columns=chosen[0].width or 0,
        )
        row.handling = union([m.handling for m in chosen])
        row.save()
        row.derives_from(*chosen)
        touched.made(row)
    return row


def _demand(chosen: Sequence[Media], known: int) -> None:
    """Raise where a camera cannot be made of these."""
    if len(chosen) < FEWEST:
        raise CameraRefused(
            f"a camera needs at least {FEWEST} of its pictures, better ten; {len(chosen)} were found"
        )
    if len(chosen) > MOST_REFERENCES:
        raise CameraRefused(f"at most {MOST_REFERENCES} reference pictures; ten to thirty are enough")
    if bad := [(str(m), why) for m in chosen if (why := unfit(described(m)))]:
        items, why = ", ".join(m for m, _ in bad[:10]), bad[0][1]
        raise CameraRefused(f"{items}: {why}, so no camera can be learned from it; leave it out")
    if len({(m.width, m.height) for m in chosen}) > 1:
        raise CameraRefused("the reference pictures are of one size and turned alike; leave out the others")
    if known >= MOST_CAMERAS:
        raise CameraRefused(f"a case holds at most {MOST_CAMERAS} cameras; take one away first")


def take_away(officer: Officer, purpose: Purpose, camera: Camera) -> None:
    """Take a camera away with what was found of it, and the links that still wait; decided ones stay.

    Its fingerprint is destroyed; who takes this back has it made anew.
    """
    with by_hand(officer, purpose, camera.as_thing(), "take a camera away") as touched:
        row = Camera.objects.select_for_update().get(pk=camera.pk)
        with guard.system(REASON):
            if row.key:
                transaction.on_commit(lambda key=row.key: evidence_store().remove(key))  # type: ignore[misc]
                row.key = ""
                row.save(update_fields=["key"])
            found = list(CameraFinding.objects.filter(camera=row))
            waiting = list(Link.objects.filter(pk__in=[f.link_id for f in found], state="proposed"))
            touched.keep(row, *waiting, *found)
            for gone in (*found, *waiting, row):
                gone.delete()
