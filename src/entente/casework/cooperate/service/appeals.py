"""An appeal to the public: "what is this object?". Two people, a fresh picture, what its owners signed.

One proposes, another of the same agency looks at exactly what would be public and signs; neither alone can.
What leaves is a page for the agency's own site. It ends by a page that says so.
"""

from __future__ import annotations

import io
import secrets
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from entente.casework.cooperate import public_page
from entente.casework.cooperate.public_page import Shown
from entente.casework.cooperate.service.asking import copy_of
from entente.casework.cooperate.service.request import STEP, NotAsked
from entente.casework.examine.service.written import written
from entente.casework.intake.service import evidence_store
from entente.evidence.open import read as opened
from entente.evidence.open import render
from entente.formats import tips as tips_file
from entente.records import clock, derivation, guard, release
from entente.records.act import acting
from entente.records.carried import carried
from entente.records.models import Agency, Appeal, Clue, Media, Release, TipFile, Viewing
from entente.safeguards.access import PUBLIC, Act, Deny
from entente.safeguards.release import may_be_public
from entente.safeguards.retention import review_due
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import Clue as ClueWord
from entente.vocabulary.clue import ClueGroup, ClueKind
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Refusal

LANGUAGES = public_page.LANGUAGES
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the same appeal gives the same bytes
METHOD, VERSION = "public tip", "1"
VIEW = "appeal"  # how a look at what would be public is counted


class NotPublic(ValueError):
    """An appeal was not made, let out or ended; the text says the mend."""


def propose(
    officer: Officer,
    purpose: Purpose,
    crop: Media,
    *,
    words: Mapping[str, Mapping[str, str]],
    contact: str,
    statement: str,
    place: str = "",
    no_person: bool = False,
) -> Appeal:
    """Propose that a crop of an object be shown to everybody; nothing leaves by this."""
    _demand_complete(crop, words, contact, statement, no_person)
    with acting(officer, Act.ALTER, crop.as_thing(), purpose, step=STEP, reason="propose an appeal") as deed:
        try:
            key, derived = copy_of(crop)
        except NotAsked as fault:
            raise NotPublic(str(fault)) from None
        row = Appeal(
            number=f"A-{secrets.token_hex(4).upper()}",
            crop=crop,
            words={x: {n: words[x][n].strip() for n in ("title", "text")} for x in LANGUAGES},
            place=place.strip(),
            contact=contact.strip(),
            statement=statement.strip(),
            key=key,
            sha256=derived.output,
            **carried(officer, crop, crop.handling),
        )
        row.save()
        row.derives_from(crop)
        derivation.record(deed, officer, [_named(derived, row)])
    return row


def show_picture(officer: Officer, purpose: Purpose, appeal: Appeal, view: str = "grey") -> bytes:
    """Return exactly the picture that would be public, or a grey still of it; logged and counted first."""
    if view not in {"grey", "clear"}:
        raise NotPublic("a picture is shown grey or clear")
    reason = f"crop shown {view}, of an appeal"
    with acting(officer, Act.REVEAL, appeal.as_thing(), purpose, step=STEP, reason=reason):
        held = Appeal.objects.select_related("crop").get(pk=appeal.pk)
        if view == "clear":
            shown = _picture(held)  # before the look is counted: what cannot be shown was not seen
            looked = Viewing(
                media=held.crop,
                account_id=officer.id,
                view=VIEW,
                purpose=str(purpose),
                **carried(officer, held, held.handling),
            )
            looked.save()
            looked.derives_from(held.crop)
    if view == "clear":
        return shown
    made = render(evidence_store().original(held.key), "grey")
    if isinstance(made, Refusal):
        raise NotPublic(f"the picture cannot be shown: {made.reason}")
    return made


def approve(
    officer: Officer, purpose: Purpose, appeal: Appeal, *, until: datetime, no_person: bool
) -> Appeal:
    """Sign, as the second person of the agency, that everybody may see it until a day.

    The signature is the agency's own release to the public. It takes nothing from another originator, whose
    release is asked for again at each export.
    """
    if not no_person:
        raise NotPublic("look at the picture, and say that no person and no name is on it")
    with acting(
        officer,
        Act.GRANT,
        appeal.as_thing(),
        purpose,
        step=STEP,
        reason="approve an appeal",
        recipients=[PUBLIC],
    ):
        held = _second(officer, appeal)
        now = clock.now()
        if not now < until <= review_due(now):
            raise NotPublic("an appeal ends on a day in the future, three years from now at the latest")
        looks = Viewing.objects.filter(
            media=held.crop_id, account=officer.id, view=VIEW, at__gte=held.made_at
        )
        if not looks.exists():
            raise NotPublic("look first at exactly what would be public; then sign")
        release.permit(held.pk, officer, None, until, "an appeal to the public, signed by two people")
        _demand_free(held)
        _decided(held, officer, "approved")
    return held


def refuse(officer: Officer, purpose: Purpose, appeal: Appeal, *, because: str) -> Appeal:
    """Refuse, as the second person, that it be shown; it stays on record."""
    if not because.strip():
        raise NotPublic("say why; who proposed it reads the reason")
    with acting(officer, Act.ALTER, appeal.as_thing(), purpose, step=STEP, reason="refuse an appeal"):
        held = _second(officer, appeal)
        _decided(held, officer, "refused", because.strip())
    return held


def let_go(officer: Officer, purpose: Purpose, appeal: Appeal, *, until: datetime, reason: str) -> None:
    """Sign, as another originator of what is shown, that it may be public; or see ``release.withdraw``."""
    release.release(officer, purpose, appeal, None, until, reason)


def export_page(officer: Officer, purpose: Purpose, appeal: Appeal) -> bytes:
    """Return the page and its picture as one archive, for the agency's own site; recipients are everybody."""
    thing = appeal.as_thing().going_to(PUBLIC)
    reason = "export an appeal to the public"
    with acting(officer, Act.EXPORT, thing, purpose, step=STEP, reason=reason, recipients=[PUBLIC]):
        held = Appeal.objects.select_for_update().get(pk=appeal.pk)
        if held.state not in {"approved", "exported"}:
            raise NotPublic("a second person of the agency has to approve it first")
        _demand_own(officer, held)
        _demand_free(held)
        picture = _picture(held)
        if sha256(picture).hexdigest() != held.sha256:
            raise NotPublic("the picture is not the one that was approved; withdraw this and propose it anew")
        told = opened(evidence_store().original(held.key))
        page = public_page.page(_shown(held, told.width or 0, told.height or 0))
        held.state, held.exported_at = "exported", held.exported_at or clock.now()
        held.save(update_fields=["state", "exported_at"])
    return _packed({"index.html": page.encode(), public_page.PICTURE: picture})


def take_down(officer: Officer, purpose: Purpose, appeal: Appeal, *, because: str) -> Appeal:
    """Record that the appeal ends and must come down; the agency's release to the public ends with it."""
    if not because.strip():
        raise NotPublic("say why it ends: recognised, withdrawn by an originator, an error")
    with acting(
        officer, Act.ALTER, appeal.as_thing(), purpose, step=STEP, reason="end an appeal", recipients=[PUBLIC]
    ):
        held = Appeal.objects.select_for_update().get(pk=appeal.pk)
        _demand_own(officer, held)
        if held.state == "withdrawn":
            raise NotPublic("it has ended already")
        held.state, held.ended_at, held.because = "withdrawn", clock.now(), because.strip()
        held.save(update_fields=["state", "ended_at", "because"])
        with guard.system("the signature of an appeal ends with it"):
            Release.objects.filter(thing=held.pk, by_id=officer.agency, to=None, withdrawn=None).update(
                withdrawn=clock.now()
            )
    return held


def close_page(officer: Officer, purpose: Purpose, appeal: Appeal) -> bytes:
    """Return the page that takes the appeal's place: no picture, no question."""
    with acting(officer, Act.READ, appeal.as_thing(), purpose, step=STEP, reason="page of an ended appeal"):
        held = Appeal.objects.get(pk=appeal.pk)
        if held.state != "withdrawn":
            raise NotPublic("end the appeal first")
    return _packed({"index.html": public_page.closed(_shown(held, 0, 0)).encode()})


def must_come_down(appeal: Appeal) -> bool:
    """Whether it was let out and may be shown no longer: an originator's release ended or was taken back."""
    return appeal.state == "exported" and isinstance(may_be_public(appeal.as_thing(), clock.now()), Deny)


def take_tips(officer: Officer, purpose: Purpose, appeal: Appeal, data: bytes) -> TipFile:
    """Take the tips of a file as proposed clues, X4; lines that cannot be read are kept on record."""
    with acting(officer, Act.ALTER, appeal.as_thing(), purpose, step=STEP, reason="import tips"):
        held = Appeal.objects.select_related("crop", "crop__parent").get(pk=appeal.pk)
        if held.exported_at is None:
            raise NotPublic("this appeal never was public, so it has no tips")
        digest = sha256(data).hexdigest()
        if TipFile.objects.filter(appeal=held, sha256=digest).exists():
            raise NotPublic("this file was imported already")
        try:
            found = tips_file.read(data)
        except tips_file.TipsRefused as fault:
            raise NotPublic(str(fault)) from None
        for tip in found.tips:
            _proposed(officer, held, tip)
        row = TipFile(
            appeal=held,
            sha256=digest,
            read=len(found.tips) + len(found.refused),
            taken=len(found.tips),
            left_out=list(found.left_out),
            refused=[{"line": r.line, "code": r.code, "reason": r.reason} for r in found.refused],
            **carried(officer, held, held.handling),
        )
        row.save()
        row.derives_from(held)
    return row


def _proposed(officer: Officer, appeal: Appeal, tip: tips_file.Tip) -> Clue:
    """Write one tip as a proposal on the item that the crop was cut from: X4, and nobody's word yet."""
    crop, media = appeal.crop, appeal.crop.parent or appeal.crop
    when = f" ({tip.time})" if tip.time else ""
    word = ClueWord(
        id="",
        kind=ClueKind.TOPONYM if tip.place else ClueKind.OBJECT,
        value=tip.place or tip.text[:200],
        group=ClueGroup.OPEN_SOURCE,
        source=f"tip of the public on {appeal.number}",
        medium=str(media.pk),
        because=f"{tip.text}{when}",
        method=METHOD,
        version=VERSION,
        region=tuple(crop.region) if crop.parent_id and crop.region else None,
        start=crop.t,
        end=crop.t,
        evaluation="X4",
    )
    return written(officer, media, word, appeal.handling, state="proposed")


def _demand_complete(
    crop: Media, words: Mapping[str, Mapping[str, str]], contact: str, statement: str, no_person: bool
) -> None:
    if crop.origin != "crop" or crop.parent_id is None:
        raise NotPublic("an original is never public; cut a crop of the object alone")
    if not no_person:
        raise NotPublic("look at the crop, and say that no person and no name is on it")
    for language in LANGUAGES:
        given = words.get(language, {})
        if not given.get("title", "").strip() or not given.get("text", "").strip():
            raise NotPublic(f"the title and the question are missing in {language}; all three are read")
    if not contact.strip():
        raise NotPublic("say where tips go: the agency's own page, post or telephone")
    if not statement.strip():
        raise NotPublic("say why this may be public and how it was handled; the second person reads it")


def _second(officer: Officer, appeal: Appeal) -> Appeal:
    held = Appeal.objects.select_for_update().get(pk=appeal.pk)
    if held.state != "proposed":
        raise NotPublic("this was decided already")
    _demand_own(officer, held)
    if held.made_by_id == officer.id:
        raise NotPublic("who proposed it does not decide; ask a second person of the agency")
    return held


def _demand_own(officer: Officer, held: Appeal) -> None:
    if held.owner_id != officer.agency:
        raise NotPublic("only the agency that proposed it decides on it")


def _demand_free(held: Appeal) -> None:
    verdict = may_be_public(held.as_thing(), clock.now())
    if isinstance(verdict, Deny):
        raise NotPublic(f"{verdict.reason}; ask it to sign, on this page or by a request")


def _decided(held: Appeal, officer: Officer, state: str, because: str = "") -> None:
    held.state, held.decided_by_id, held.decided_at, held.because = state, officer.id, clock.now(), because
    held.save(update_fields=["state", "decided_by", "decided_at", "because"])


def _picture(held: Appeal) -> bytes:
    try:
        with evidence_store().open(held.key) as file:
            return file.read()
    except OSError as fault:  # lost, damaged or erased
        why = f"the picture cannot be read ({fault}); withdraw this appeal and propose it anew"
        raise NotPublic(why) from None


def _packed(files: Mapping[str, bytes]) -> bytes:
    """Return the files as one ZIP archive; equal files give equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, EARLIEST), files[name])
    return out.getvalue()


def _named(derived: derivation.Made, row: Appeal) -> derivation.Made:
    return replace(derived, what="copy for an appeal", thing=row.pk)


def _shown(held: Appeal, width: int, height: int) -> Shown:
    agency = Agency.objects.get(pk=held.owner_id)
    return Shown(held.number, agency.name, held.words, held.contact, held.place, width, height)
