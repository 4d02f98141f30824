"""Look closely at videos that a first pass saw by their key frames."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from entente.casework.intake.service.items import describe, frames_of, hashed
from entente.casework.intake.service.store import evidence_store
from entente.evidence.open import Known, Opened, read
from entente.records import derivation
from entente.records.act import Deed, acting
from entente.records.announce import announce
from entente.records.jobs import Progress, task
from entente.records.models import Case, Frame, Media
from entente.safeguards.access import Act

CLOSER = "intake.look-closer"


@task(CLOSER)
def look_closer(progress: Progress) -> dict[str, Any]:
    """Look closely at videos that a first pass saw by their key frames; it goes on where it was."""
    officer, case_id = progress.officer, UUID(str(progress.job.case))
    thing = Case.thing_of(case_id, officer.agency)
    with acting(officer, Act.READ, thing, progress.purpose, step="intake", reason="which videos wait"):
        rows = Media.objects.filter(case_id=case_id, owner_id=officer.agency, kind="video", refusal="")
        rows = rows.filter(decoded__has_key="pass").exclude(key="").order_by("number")
        todo = [m for m in rows if m.first_pass and "closer" not in m.decoded]
    counts = {"videos": 0, "as they were": 0}
    for done, media in enumerate(todo, 1):
        known = Known(media.size, media.md5, media.sha1, media.sha256)
        opened = read(evidence_store().original(media.key), known=known)
        with acting(officer, Act.ALTER, media.as_thing(), progress.purpose, step="intake") as deed:
            counts["as they were" if opened.refusal else "videos"] += 1
            deed.reason = "a video was looked at more closely"
            _seen_closely(progress, deed, media, opened)
        progress.tell(done, len(todo), "")
    return counts


def _seen_closely(progress: Progress, deed: Deed, media: Media, opened: Opened) -> None:
    """Let a video's frames take the place of its key frames; where there are none, say so and keep these."""
    if opened.refusal:
        media.decoded = {**media.decoded, "closer": opened.refusal.reason}
        media.save(update_fields=["decoded"])
        return
    describe(media, opened)
    media.save(update_fields=["decoded", "partial"])
    media.frames.all().delete()
    Frame.objects.bulk_create(frames_of(media, opened))
    derivation.record(deed, progress.officer, [hashed(media, opened)])
    announce("looked closer", progress.officer, progress.purpose, media.case_id, media=str(media.pk))
