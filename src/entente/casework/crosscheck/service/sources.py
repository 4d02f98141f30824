"""Open sources: pages that officers keep for a case, graded by the analyst, given out as web archives too."""

from __future__ import annotations

import io

import entente
from entente.casework.intake.service import evidence_store
from entente.casework.locate.service import PlaceRefused, kept_archive, page_of, records_of
from entente.formats.wacz import WACZ
from entente.formats.warc import PACKED, WARC, WebPage
from entente.records import clock
from entente.records.act import acting
from entente.records.models import Capture
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import EVALUATIONS, Purpose

STEP = "crosscheck"
MEDIA_TYPES = {
    "html": "text/html",
    "mhtml": "multipart/related",
    "pdf": "application/pdf",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}


def grade_source(officer: Officer, purpose: Purpose, capture: Capture, evaluation: str) -> Capture:
    """Grade a page anew, as an officer of the agency that kept it; both grades stand in the log."""
    if evaluation not in EVALUATIONS:
        raise PlaceRefused("an evaluation is a source grade and an information grade, such as B2")
    if capture.owner_id != officer.agency:
        raise PlaceRefused("only the agency that kept the page grades it; ask it")
    reason = f"grade a capture: {capture.evaluation} to {evaluation}"
    with acting(officer, Act.ALTER, capture.as_thing(), purpose, step=STEP, reason=reason):
        row = Capture.objects.select_for_update().get(pk=capture.pk)
        row.evaluation = evaluation
        row.save(update_fields=["evaluation"])
    return row


def source_as(officer: Officer, purpose: Purpose, capture: Capture, form: str) -> tuple[bytes, str]:
    """Return a kept page as the file that it is, as WARC or as WACZ, and how the file's name ends."""
    data = page_of(officer, purpose, capture, step=STEP)
    if form not in {"warc", "wacz"}:
        return data, _ending(capture.form, data)
    if form == capture.form:
        return data, _ending(form, data)
    warc = _as_warc(capture, data)
    if form == "warc":
        return warc, _ending(form, warc)
    out = io.BytesIO()
    WACZ().write(
        warc,
        records_of(warc),
        out,
        title=f"capture {str(capture.pk)[:8]}",
        software=f"Entente {entente.__version__}",
        now=clock.now(),
    )
    return out.getvalue(), "wacz"


def _as_warc(capture: Capture, data: bytes) -> bytes:
    if capture.form == "warc":
        return data
    if capture.form == "wacz":
        return kept_archive(evidence_store().original(capture.key))
    page = WebPage(capture.address, capture.taken_at, MEDIA_TYPES[capture.form], data)
    out = io.BytesIO()
    WARC().write([page], out, software=f"Entente {entente.__version__}", now=clock.now())
    return out.getvalue()


def _ending(form: str, data: bytes) -> str:
    return "warc.gz" if form == "warc" and data.startswith(PACKED) else form
