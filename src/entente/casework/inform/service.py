"""Issue an intelligence product, make it again byte for byte, and let it leave as far as the law allows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, BinaryIO, TypeVar
from uuid import UUID

from django.db.models import Max

from entente.casework.inform.compose import Statement, StatementType, compose
from entente.casework.inform.draft import (
    Asked,
    Detail,
    Draft,
    Source,
    as_facts,
    from_json,
    placed,
    to_json,
    weighed_ids,
    without,
)
from entente.casework.inform.sentences import clue_says, fact_of, region_of, says
from entente.casework.intake.service import evidence_store
from entente.evidence import tools
from entente.formats import product as product_format
from entente.formats.vics import VICS
from entente.records import clock, derivation, emergency, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.derivation import Made
from entente.records.models import (
    Agency,
    Answer,
    Case,
    CaseBound,
    Clue,
    Disclosure,
    Dispatch,
    HomeProposal,
    Media,
    Originator,
    Product,
    Release,
    Request,
    Restriction,
    SeriesItem,
)
from entente.safeguards.access import Act, Deny, Shape, Thing, decide
from entente.safeguards.release import Destination, Leaving, LeftOut, left_out, sort_out
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import (
    Audience,
    Evaluation,
    Handling,
    HandlingCode,
    Purpose,
    narrowest,
    union,
)
from entente.vocabulary.media_hash import HashEntry

STEP = "inform"
Part = TypeVar("Part", Source, Detail, Asked)
NEAR_S = 1.0  # a crop and a clue of a video are of one moment within this
INPUTS: tuple[type[CaseBound], ...] = (Clue, HomeProposal, Media, Request)
Told = tuple[str, StatementType | str, Sequence[str | UUID], Evaluation | str]


class NotIssued(ValueError):
    """A product could not be issued as asked; the sentence says the mend."""


class NotDisclosed(ValueError):
    """Nothing could leave as asked; the sentence says the mend."""


class ProductChanged(RuntimeError):
    """A product no longer gives the bytes that were issued: evidence, program or record was changed."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A sentence that an officer may edit, keep or drop; ``clues`` are ids of rows."""

    text: str
    type: StatementType
    clues: tuple[str, ...]
    evaluation: str = "X4"


@dataclass(frozen=True, slots=True)
class Version:
    """A product as one agency would get it, and what stays behind."""

    draft: Draft
    thing: Thing  # what the law is asked about when it leaves
    stays: tuple[LeftOut, ...]

    @property
    def told_sender(self) -> list[str]:
        """Everything that stays behind, for the one who sends."""
        return left_out(self.stays, for_recipient=False)

    @property
    def told_recipient(self) -> list[str]:
        """What the recipient reads of it."""
        return left_out(self.stays, for_recipient=True)


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds, and what was left out and why (for the sender)."""

    items: int
    left_out: tuple[str, ...]
    disclosure: UUID


# --- what a product stands on ---------------------------------------------------------------------------


def gather(case: Case, purpose: Purpose, issuer: Agency, language: str, now: datetime) -> Draft:
    """Return the draft of all that is confirmed and in sight, its region computed, nothing said yet."""
    clues = list(
        Clue.objects.filter(case=case, state="confirmed")
        .select_related("media", "owner", "made_by__agency", "decided_by__agency")
        .order_by("made_at", "pk")
    )
    homes = list(
        HomeProposal.objects.filter(case=case)
        .exclude(confirmed_at=None)
        .select_related("made_by__agency", "owner")
    )
    sources = [_source(f"C{n}", c, case, language) for n, c in enumerate(clues, 1)]
    sources += [_home_source(f"C{n}", h, case) for n, h in enumerate(homes, len(sources) + 1)]
    crops = _crops_of(case, clues)
    asked = _open_requests(case)
    inputs = [*clues, *homes, *(crop for crop, _ in crops), *(r for r, _ in asked)]
    waiting = Clue.objects.filter(case=case, state="proposed").count()
    told = [says("unconfirmed", language, n=waiting)] if waiting else []
    return placed(
        Draft(
            case_number=case.number,
            victim_number=case.victim_number,
            issued_at=now,
            issuer=issuer.name,
            purpose=purpose,
            audience=narrowest([Audience(a) for a in (case.audience, *(i.audience for i in inputs))]),
            language=language,
            handling=case.handling,
            sources=tuple(sources),
            pictures=tuple(_detail(n, crop, of, sources, language) for n, (crop, of) in enumerate(crops, 1)),
            requests=tuple(Asked(str(r.pk), r.question, r.due, n, r.handling) for r, n in asked),
            left_out=(*told, says("originals", language)),
        )
    )


def _item(case: Case, media: Media | None) -> str:
    return f"{case.victim_number}/{media.number}" if media else case.victim_number


def _source(number: str, clue: Clue, case: Case, language: str) -> Source:
    """Return a clue with its person: who answered for a partner, else who confirmed or recorded it."""
    word = replace(clue.as_word(), id=number)
    answer = Answer.objects.filter(taken_as=clue).select_related("made_by__agency").first()
    person = (answer.made_by if answer else None) or clue.decided_by or clue.made_by
    line = clue_says(word, language)
    return Source(
        id=number,
        row=str(clue.pk),
        text=f"{line} — {clue.because}" if clue.because else line,
        item=_item(case, clue.media),
        by=person.service_number if person else "",
        agency=person.agency.name if person else clue.owner.name,
        agencies=_agencies(clue),
        handling=clue.handling,
        evaluation=clue.evaluation,
        at=clue.start,
        word=word.as_json(),
    )


def _home_source(number: str, home: HomeProposal, case: Case) -> Source:
    return Source(
        id=number,
        row=str(home.pk),
        text=f"{home.place} — {home.because}",
        item=case.victim_number,
        by=home.made_by.service_number if home.made_by else "",
        agency=home.made_by.agency.name if home.made_by else home.owner.name,
        agencies=_agencies(home),
        handling=home.handling,
    )


def _agencies(row: CaseBound) -> tuple[str, ...]:
    others = Originator.objects.filter(thing=row.pk).values_list("agency__name", flat=True)
    return tuple(sorted({Agency.objects.get(pk=row.owner_id).name, *others}))


def _crops_of(case: Case, clues: Sequence[Clue]) -> list[tuple[Media, Clue]]:
    """Return each crop that shows a clue, with the first that it shows; an original is never among them."""
    crops = Media.objects.filter(case=case, origin="crop", refusal="", kind="picture").exclude(key="")
    crops = crops.exclude(parent=None).select_related("parent").order_by("number")
    shown = ((crop, next((c for c in clues if _shows(crop, c)), None)) for crop in crops)
    return [(crop, clue) for crop, clue in shown if clue is not None]


def _shows(crop: Media, clue: Clue) -> bool:
    """Whether a crop is a clue's own item, or overlaps its region at its moment."""
    if clue.media_id == crop.pk:
        return True
    if clue.media_id != crop.parent_id or not clue.region or not crop.region:
        return False
    if crop.t is not None and clue.start is not None:
        last = clue.end if clue.end is not None else clue.start
        if not clue.start - NEAR_S <= crop.t <= last + NEAR_S:
            return False
    (ax, ay, aw, ah), (bx, by, bw, bh) = crop.region, clue.region
    return bool(ax < bx + bw and bx < ax + aw and ay < by + bh and by < ay + ah)


def _detail(number: int, crop: Media, clue: Clue, sources: Sequence[Source], language: str) -> Detail:
    of = next(s for s in sources if s.row == str(clue.pk))
    item = crop.parent.number if crop.parent else crop.number
    alt = says("detail", language, item=item, clue=clue_says(clue.as_word(), language))
    return Detail(f"P{number}", str(crop.pk), of.id, alt, crop.handling)


def _open_requests(case: Case) -> list[tuple[Request, int]]:
    """Return the requests that wait, and how many recipients each still waits for; never which."""
    rows = Request.objects.filter(case=case, withdrawn_at=None).order_by("due", "pk")
    waiting = [(r, Dispatch.objects.filter(request=r, state="sent").count()) for r in rows]
    return [(r, n) for r, n in waiting if n]


def proposed(
    officer: Officer, purpose: Purpose, case: Case, language: str = "en"
) -> tuple[list[Proposed], Draft]:
    """Return the sentences that the confirmed clues allow, and the draft they come from.

    A fact for each observation, however many items say it; an assessment of the region with share and area; a
    confirmed home. Never a sentence about a suspect: that is for a person to write.
    """
    with guard.scope(officer, purpose):
        draft = gather(case, purpose, Agency.objects.get(pk=officer.agency), language, clock.now())
        words = {str(c.pk): c.as_word() for c in Clue.objects.filter(case=case)}
        homes = {str(h.pk): h for h in HomeProposal.objects.filter(case=case).select_related("made_by")}
    rows = {s.id: s.row for s in draft.sources}
    same: dict[tuple[str, str], list[Source]] = {}
    for s in draft.sources:
        if s.row in words:
            same.setdefault((clue_says(words[s.row], language), s.evaluation), []).append(s)
    facts = [
        Proposed(
            fact_of(words[told[0].row], list(dict.fromkeys(s.item for s in told)), language),
            StatementType.FACT,
            tuple(s.row for s in told),
            evaluation,
        )
        for (_, evaluation), told in same.items()
    ]
    if region := region_of(draft.posterior, language):
        on = tuple(rows[c] for c in weighed_ids(draft.posterior))
        facts.append(Proposed(region, StatementType.ASSESSMENT, on))
    for s in draft.sources:
        if s.row in homes:
            text = says("home", language, by=s.by, place=homes[s.row].place)
            facts.append(Proposed(text, StatementType.ASSESSMENT, (s.row,)))
    return facts, draft


# --- issuing --------------------------------------------------------------------------------------------


def issue(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    *,
    statements: Iterable[Told],
    language: str = "en",
) -> Product:
    """Issue a product: statements of a person over the confirmed clues that the officer sees.

    ``statements`` are (text, fact or assessment, ids of clues or of confirmed homes, evaluation). Raises
    ``NotIssued`` or ``compose.NotComposed`` for a statement that stands on nothing or on what is not there.
    """
    with guard.scope(officer, purpose):
        issuer = Agency.objects.get(pk=officer.agency)
        draft = gather(case, purpose, issuer, language, clock.now())
    draft = replace(draft, statements=_read_statements(statements, draft))
    thing = replace(case.as_thing(), owner=officer.agency, handling=draft.total_handling())
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason="issue a product") as deed:
        Case.objects.select_for_update().get(pk=case.pk)
        with guard.system("an agency numbers its own products, those withheld from this purpose too"):
            own = Product.objects.filter(case=case, owner_id=officer.agency)
            last = own.aggregate(last=Max("number"))["last"]
            inputs = _rows(draft.rows())
        number = (last or 0) + 1
        crops = {p.ref: inputs[p.row].key for p in draft.pictures}  # type: ignore[attr-defined]
        document = compose(as_facts(draft, number))
        pdf = product_format.write(document, _bytes_of(crops), language=language)
        row = Product(
            case=case,
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=str(draft.audience),
            number=number,
            language=language,
            facts={"document": document, "draft": to_json(draft)},
            crops=crops,
            sha256=hashlib.sha256(pdf).hexdigest(),
            issued_at=draft.issued_at,
        )
        row.handling = draft.total_handling()
        row.save()
        row.derives_from(*inputs.values())
        shown = [inputs[p.row].sha256 for p in draft.pictures]  # type: ignore[attr-defined]
        derivation.record(deed, officer, [_set_from(row, row, "product", shown, document, pdf)])
        announce("product issued", officer, purpose, case.pk, product=str(row.pk), number=number)
    return row


def _set_from(
    row: Product, thing: CaseBound, what: str, crops: Sequence[str], document: Mapping[str, Any], pdf: bytes
) -> Made:
    """Return how a product's pages were set from a document and crops (SHA-256), to be recorded."""
    return Made(
        what=what,
        sources=[row, thing],
        inputs=crops,
        tool=product_format.TOOL,
        version=tools.versions(**product_format.VERSIONS),
        parameters={"document": tools.output_of(tools.canonical(document)), "language": row.language},
        output=tools.output_of(pdf),
        media=Media.objects.filter(case=row.case_id, sha256__in=crops).first(),
        thing=thing.pk,
    )


def _read_statements(told: Iterable[Told], draft: Draft) -> tuple[Statement, ...]:
    """Return the statements over the draft's own numbers; a clue that is not confirmed cannot carry one."""
    numbers = {s.row: s.id for s in draft.sources}
    statements = []
    for text, kind, clues, evaluation in told:
        if not text.strip():
            raise NotIssued("a statement is empty; write it or take it off")
        if unknown := [c for c in clues if str(c) not in numbers]:
            raise NotIssued(
                f"“{text.strip()}” stands on {len(unknown)} clue(s) that are not confirmed in this case; "
                "confirm them first or choose others"
            )
        grade = Evaluation.parse(str(evaluation))
        on = tuple(numbers[str(c)] for c in clues)
        statements.append(Statement(text.strip(), StatementType(kind), on, grade))
    return tuple(statements)


def _bytes_of(crops: dict[str, str]) -> dict[str, bytes]:
    store = evidence_store()
    try:
        found = {}
        for ref, key in crops.items():
            with store.open(key) as stream:
                found[ref] = stream.read()
        return found
    except OSError as fault:
        raise ProductChanged("a crop of the product is no longer in the evidence store") from fault


def _rows(ids: Iterable[str]) -> dict[str, CaseBound]:
    """Return whatever a product stands on, by id; to be called in a scope."""
    wanted = list(ids)
    return {str(r.pk): r for model in INPUTS for r in model._default_manager.filter(pk__in=wanted)}


def regenerate(product: Product) -> bytes:
    """Make the PDF of an issued product again; raise ``ProductChanged`` unless it is the issued bytes."""
    crops = _bytes_of(product.crops)
    pdf = product_format.write(product.facts["document"], crops, language=product.language)
    if hashlib.sha256(pdf).hexdigest() != product.sha256:
        raise ProductChanged(
            f"product {product.number} no longer gives the bytes that were issued; compare the crops in the "
            "evidence store (entente fsck) and the program's version with those of its day"
        )
    return pdf


# --- leaving --------------------------------------------------------------------------------------------


def version_for(officer: Officer, purpose: Purpose, product: Product, to: Agency) -> Version:
    """Return the product as agency ``to`` may have it, and what stays behind; nothing leaves yet.

    For the purpose of prosecution it is the court's version: H1 stays behind, and its absence is stated.
    Raises ``guard.Denied`` for an officer who may disclose nothing here, ``NotDisclosed`` if nothing is left.
    """
    if to.pk == officer.agency:
        raise NotDisclosed("the product is already at this agency; choose another")
    _demand_part(officer, purpose, product, to, Act.DISCLOSE)
    draft = from_json(product.facts["draft"])
    things = _live_things(draft)
    labels = {s.row: s.id for s in draft.sources} | {p.row: p.ref for p in draft.pictures}
    judged = {row: (labels.get(row, "request"), thing) for row, thing in things.items()}
    stays = judge(officer, purpose, judged, to, Act.DISCLOSE)
    missing = {row for row in draft.rows() if row not in things}
    lost = [LeftOut(labels.get(r, "request"), "", GONE, stated=False) for r in sorted(missing)]
    told = (*stays.values(), *lost)
    gone = stays.keys() | missing
    kept = [t for row, t in things.items() if row not in gone]
    cut = replace(
        without(_live_handling(draft, things), gone, left_out(told, for_recipient=True)), purpose=purpose
    )
    if not cut.statements:
        raise NotDisclosed(
            "no statement of this product may go to that agency; ask the originators to release"
        )
    return Version(cut, _thing_of(product, cut, kept), told)


GONE = "it was withdrawn or erased since the product was issued"


def disclose(officer: Officer, purpose: Purpose, product: Product, to: Agency) -> bytes:
    """Give agency ``to`` its version as PDF; what stayed behind is recorded, the recipient logged."""
    version = version_for(officer, purpose, product, to)
    with acting(
        officer,
        Act.DISCLOSE,
        version.thing.going_to(to.pk),
        purpose,
        step=STEP,
        reason="disclose a product",
        recipients=[to.pk],
    ) as deed:
        with guard.system("the crops that may go, by the law asked above"):
            rows = _rows([p.row for p in version.draft.pictures])
        keys = {p.ref: rows[p.row].key for p in version.draft.pictures}  # type: ignore[attr-defined]
        document = compose(as_facts(version.draft, product.number))
        pdf = product_format.write(document, _bytes_of(keys), language=product.language)
        draft = version.draft
        held = [*(s.row for s in draft.sources), *(p.row for p in draft.pictures)]
        held += [r.row for r in draft.requests]
        what = f"product {product.number}"
        left = _record(officer, product, to, what, product.pk, version.told_sender, held)
        crops = [rows[p.row].sha256 for p in version.draft.pictures]  # type: ignore[attr-defined]
        # with the handling of the disclosure: nobody else in the case learns that something went
        made = _set_from(product, left, "product for a recipient", crops, document, pdf)
        derivation.record(deed, officer, [made])
        announce("disclosed", officer, purpose, product.case_id, product=str(product.pk))
    return pdf


def _demand_part(officer: Officer, purpose: Purpose, product: Product, to: Agency, act: Act) -> None:
    """Ask whether the officer has the product and a part that lets anything leave; a no stands in the log.

    H1 is hidden under prosecution: the court's version is cut by one who may have the product for the work.
    """
    court = purpose is Purpose.PROSECUTION and Purpose.VICTIM_IDENTIFICATION in officer.purposes
    reading = Purpose.VICTIM_IDENTIFICATION if court else purpose
    with acting(
        officer, Act.READ, product.as_thing(), reading, step=STEP, reason="open a product to disclose"
    ):
        pass
    _demand_leave(officer, purpose, product.case, to, act)


def _demand_leave(officer: Officer, purpose: Purpose, case: Case, to: Agency, act: Act) -> None:
    """Raise ``guard.Denied``, with its log entry, where the officer's part lets nothing leave this case."""
    thing = replace(case.as_thing(), owner=officer.agency).going_to(to.pk)
    if isinstance(decide(officer, thing, act, purpose, clock.now()), Deny):
        with acting(officer, act, thing, purpose, step=STEP, reason="let something leave"):
            raise AssertionError("the law changed its mind within one act")


def _live_things(draft: Draft) -> dict[str, Thing]:
    """Return what the law knows now of each input; an input withdrawn or erased since is not among them."""
    with guard.system("the law reads what a product stands on, also what is withheld from the purpose"):
        rows = _rows(draft.rows())
        standing = {k: r for k, r in rows.items() if not (isinstance(r, Clue) and r.state == "withdrawn")}
        return things_of(standing.values())


def things_of(rows: Iterable[CaseBound]) -> dict[str, Thing]:
    """Return the law's view of many rows by id, with three queries a batch; to be called in a scope."""
    found = {}
    held = list(rows)
    for start in range(0, len(held), 400):
        batch = held[start : start + 400]
        ids = [r.pk for r in batch]
        others: dict[UUID, set[UUID]] = {}
        releases: dict[UUID, list[Any]] = {}
        for thing, agency in Originator.objects.filter(thing__in=ids).values_list("thing", "agency_id"):
            others.setdefault(thing, set()).add(agency)
        for release in Release.objects.filter(thing__in=ids):
            releases.setdefault(release.thing, []).append(release.as_permission())
        kept = {r.case_id for r in batch}.union(ids)
        restricted = set(
            Restriction.objects.filter(thing__in=kept, lifted_at=None).values_list("thing", flat=True)
        )
        for r in batch:
            found[str(r.pk)] = Thing(
                Shape.CASE,
                owner=r.owner_id,
                case=r.case_id,
                id=r.pk,
                handling=r.handling,
                originators=frozenset(others.get(r.pk, ())),
                releases=tuple(releases.get(r.pk, ())),
                audience=Audience(r.audience),
                restricted=bool(restricted & {r.pk, r.case_id}),
            )
    return found


def judge(
    officer: Officer, purpose: Purpose, things: dict[str, tuple[str, Thing]], to: Agency, act: Act
) -> dict[str, LeftOut]:
    """Return what may not go and why: by handling first, then by the law for this officer and act.

    Only the absence of H1 in a court's version is for the recipient to know.
    """
    now, court = clock.now(), purpose is Purpose.PROSECUTION
    destination = Destination.COURT if court else Destination.AGENCY
    stays: dict[str, LeftOut] = {}
    for row, (label, thing) in things.items():
        leaving = Leaving(label, thing.handling, _originators(thing), thing.releases)
        _, no = sort_out([leaving], officer.agency, to.pk, destination, now)
        if no:
            stays[row] = no[0]
            continue
        decision = decide(officer, thing.going_to(to.pk), act, purpose, now)
        if isinstance(decision, Deny):
            stated = court and HandlingCode.H1 in thing.handling.codes and not thing.handling.restricted
            stays[row] = LeftOut(label, str(thing.handling), decision.reason, stated)
    return stays


def _originators(thing: Thing) -> frozenset[UUID]:
    return frozenset(o for o in {thing.owner, *thing.originators} if o is not None)


def _live_handling(draft: Draft, things: dict[str, Thing]) -> Draft:
    """Return the draft with handling that may have become stricter since it was issued, never looser."""

    def stricter(part: Part) -> Part:
        live = things.get(part.row)
        return replace(part, handling=union([part.handling, live.handling])) if live else part

    return replace(
        draft,
        sources=tuple(stricter(s) for s in draft.sources),
        pictures=tuple(stricter(p) for p in draft.pictures),
        requests=tuple(stricter(r) for r in draft.requests),
    )


def _thing_of(product: Product, cut: Draft, kept: Sequence[Thing]) -> Thing:
    """Return the recipient's version as the law sees it: originators and releases of what it still holds."""
    case = product.case
    originators = {o for t in kept for o in _originators(t)}
    releases = [r for t in kept for r in t.releases] + list(product.as_thing().releases)
    handling = cut.total_handling()
    if case.handling.restricted:  # binds what leaves the case, whoever made the product
        originators.add(case.owner_id)
        releases += [r.as_permission() for r in Release.objects.filter(thing=case.pk)]
    return Thing(
        Shape.CASE,
        owner=product.owner_id,
        case=product.case_id,
        id=product.pk,
        handling=handling,
        originators=frozenset(originators),
        releases=tuple(releases),
        audience=narrowest([Audience(product.audience), *(t.audience for t in kept)]),
    )


def _record(
    officer: Officer,
    source: Product | Case,
    to: Agency,
    what: str,
    thing: UUID,
    told: Sequence[str],
    held: Sequence[str],
) -> Disclosure:
    """Write down what left (``held``, so that it can be called back) and what stayed.

    H2, for nobody else in the case learns to whom something went.
    """
    row = Disclosure(
        case_id=source.case_id if isinstance(source, Product) else source.pk,
        owner_id=officer.agency,
        made_by_id=officer.id,
        audience=source.audience,
        to=to,
        what=what,
        thing=thing,
        left_out=list(told),
        held=list(held),
    )
    row.handling = union([source.handling, Handling(frozenset({HandlingCode.H2}))])
    row.save()
    if isinstance(source, Product) and source.handling.restricted:
        row.derives_from(source)
    for each in held:
        emergency.used(UUID(each), to.pk)
    return row


# --- a case for a partner's tool ------------------------------------------------------------------------


def export_case(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    *,
    to: Agency,
    stream: BinaryIO,
    format: str = "vics",  # noqa: A002 - the verb's own word
) -> Exported:
    """Write the items that may go to agency ``to`` as VICS 2.0: hashes and metadata, never media or names.

    Only a lead of the case exports. Raises ``guard.Denied``, or ``NotDisclosed`` if the format is unknown or
    nothing may go.
    """
    if format != "vics":
        raise NotDisclosed(f"a case is exported as vics, not {format!r}")
    if to.pk == officer.agency:
        raise NotDisclosed("the case is already at this agency; choose another")
    _demand_leave(officer, purpose, case, to, Act.EXPORT)
    goes, things, stays = _items_for(officer, purpose, case, to)
    thing = _whole(officer, case, [things[str(m.pk)] for m in goes])
    with acting(
        officer,
        Act.EXPORT,
        thing.going_to(to.pk),
        purpose,
        step=STEP,
        reason="export a case as vics",
        recipients=[to.pk],
    ):
        series = _series_of(officer, purpose, case, to)
        head = _case_head(case, officer, purpose, thing, left_out(stays, for_recipient=True))
        entries = (_entry(m, things[str(m.pk)], series.get(m.pk, "")) for m in goes)
        count = VICS.write(head, entries, stream)
        told = left_out(stays, for_recipient=False)
        held = [str(m.pk) for m in goes]
        record = _record(officer, case, to, "case as vics", case.pk, [*told, NAMES_STAY], held)
    return Exported(count, tuple(told), record.pk)


NAMES_STAY = "File names and folders were left out: they may name a person."
UNHASHED = "it could not be read, so it has no hash"


def _items_for(
    officer: Officer, purpose: Purpose, case: Case, to: Agency
) -> tuple[list[Media], dict[str, Thing], list[LeftOut]]:
    """Part the case's items that the officer sees into what goes and what stays; crops are never items."""
    with guard.scope(officer, purpose):
        items = list(Media.objects.filter(case=case).exclude(origin="crop").order_by("number"))
        things = things_of(items)
    judged = {str(m.pk): (str(m), things[str(m.pk)]) for m in items}
    stays = judge(officer, purpose, judged, to, Act.EXPORT)
    bare = [m for m in items if not m.md5 and str(m.pk) not in stays]
    told = [*stays.values(), *(LeftOut(str(m), str(m.handling), UNHASHED, stated=False) for m in bare)]
    goes = [m for m in items if m.md5 and m.size and str(m.pk) not in stays]
    if not goes:
        raise NotDisclosed("no item of this case may go to that agency; ask the originators to release them")
    return goes, things, told


def _whole(officer: Officer, case: Case, kept: Sequence[Thing]) -> Thing:
    """Return the export as the law sees it: the union of the items and of the case's own handling."""
    originators = {o for t in kept for o in _originators(t)}
    releases = [r for t in kept for r in t.releases]
    if case.handling.restricted:
        originators.add(case.owner_id)
        releases += [r.as_permission() for r in Release.objects.filter(thing=case.pk)]
    return Thing(
        Shape.CASE,
        owner=officer.agency,
        case=case.pk,
        id=case.pk,
        handling=union([case.handling, *(t.handling for t in kept)]),
        originators=frozenset(originators - {officer.agency}),
        releases=tuple(releases),
        audience=narrowest([Audience(case.audience), *(t.audience for t in kept)]),
    )


def _series_of(officer: Officer, purpose: Purpose, case: Case, to: Agency) -> dict[UUID, str]:
    """Return the series of each item, where people's decision on it may go too."""
    rows = list(SeriesItem.objects.filter(case=case).select_related("series"))
    things = things_of(rows)
    stays = judge(officer, purpose, {k: (k, t) for k, t in things.items()}, to, Act.EXPORT)
    return {r.media_id: r.series.name for r in rows if str(r.pk) not in stays}


def _case_head(
    case: Case, officer: Officer, purpose: Purpose, thing: Thing, absent: Sequence[str]
) -> dict[str, Any]:
    agency = Agency.objects.get(pk=officer.agency)
    return {
        "CaseID": f"{{{case.pk}}}",
        "CaseNumber": case.number,
        "ContactOrganization": agency.name,
        "ContactEmail": agency.contact,
        "CaseMetadata": {
            "HandlingCodes": str(thing.handling),
            "HandlingText": thing.handling.text,
            "Audience": case.audience,
            "Purpose": str(purpose),
            **({"LeftOut": " ".join(absent)} if absent else {}),
        },
    }


def _entry(media: Media, thing: Thing, series: str) -> HashEntry:
    """Return an item as a record; its handling goes with it in words."""
    restriction = f" ({thing.handling.text})" if thing.handling.text else ""
    return HashEntry(
        line=media.number,
        md5=media.md5,
        sha1=media.sha1,
        sha256=media.sha256,
        pdq=media.pdq,
        series=series,
        size=media.size,
        mime=media.mime,
        other={
            "MediaID": str(media.number),
            "Comments": f"Handling {thing.handling}{restriction}",
            "DateUpdated": media.made_at.isoformat(),
        },
    )
