"""Every address of the desk, from its own resolver: who sees what, what may change, what is logged.

An address that is not in ``ROUTES`` fails the first test, so no page is added without saying what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import get_resolver, reverse

from entente.casework.inform.service import ask_back, disclose, draft
from entente.records import clock, guard
from entente.records.models import (
    Answer,
    Appeal,
    Brought,
    BroughtPart,
    Camera,
    CandidatePlace,
    Capture,
    Change,
    Clue,
    Consent,
    CourtExport,
    Delivery,
    Disclosure,
    Dispatch,
    Element,
    ElementMatch,
    Emergency,
    Exhibit,
    HashList,
    HomeProposal,
    Investigation,
    Job,
    LegalBasis,
    Link,
    LogEntry,
    LoginLink,
    Match,
    Media,
    Membership,
    Note,
    Notice,
    Observation,
    Occurrence,
    OnlineAccount,
    Opinion,
    Package,
    PartnerKey,
    Pause,
    PauseOfTwo,
    PrivateCheck,
    Quarantine,
    Request,
    Retention,
    SearchSheet,
    Seat,
    Series,
    SeriesItem,
    SheetTick,
    Stub,
    Suspect,
    SuspectIdentifier,
    TaskForce,
    TrailStep,
    Transfer,
)
from entente.vocabulary.handling import Purpose
from tests.casework.inform.by_two import issue

VI = Purpose.VICTIM_IDENTIFICATION
GET, POST = "GET", "POST"
CARD = {
    "known_as": "00000000-0000-4000-8000-000000000001",
    "kind": "third country unit",
    "card": '{"agency":"00000000-0000-4000-8000-000000000001","contact":"d@ca.example","country":"CA",'
    f'"encryption":"age1{"q" * 58}","name":"Canada","short":"CA","signing":"{"0" * 64}","v":1}}',
    "signing": "0" * 64,
    "encryption": f"age1{'q' * 58}",
}
OTHERS = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
SECRET = "Operation Larch"  # stands on every page of the case

# Inside a case: the methods that the address serves.
CASE = {
    "case": {GET},
    "case-emergency": {GET, POST},
    "case-protection": {GET, POST},
    "intake:page": {GET, POST},
    "match:page": {GET, POST},
    "match:why": {GET},
    "match:decide": {POST},
    "link:page": {GET},
    "link:propose": {POST},
    "link:decide": {POST},
    "link:gather": {POST},
    "link:why": {GET},
    "link:say": {POST},
    "link:series": {GET},
    "link:change-series": {POST},
    "link:undo": {POST},
    "link:compare": {POST},
    "link:find": {POST},
    "link:found": {GET},
    "link:cameras": {GET},
    "link:camera-know": {POST},
    "link:camera-compare": {POST},
    "link:camera-away": {POST},
    "examine:page": {GET},
    "examine:tiles": {GET},
    "examine:filter": {POST},
    "examine:review": {POST},
    "examine:undo": {POST},
    "examine:trail": {POST},
    "examine:suggest": {POST},
    "examine:item": {GET, POST},
    "examine:grey": {POST},
    "examine:reveal": {POST},
    "examine:hide": {POST},
    "examine:keep": {POST},
    "examine:moments": {POST},
    "examine:shots": {POST},
    "examine:loudness": {POST},
    "examine:sound": {POST},
    "examine:compare": {GET, POST},
    "examine:note": {POST},
    "examine:crop": {POST},
    "examine:decide": {POST},
    "examine:edit": {GET, POST},
    "examine:clues": {GET},
    "examine:observe": {POST},
    "examine:observation": {POST},
    "examine:notes": {GET},
    "examine:all-notes": {GET},
    "examine:change-note": {GET, POST},
    "examine:opinions": {GET, POST},
    "examine:opinion": {GET, POST},
    "examine:ask-opinion": {POST},
    "examine:once": {POST},
    "examine:live": {GET},
    "examine:live-part": {GET},
    "examine:live-beat": {POST},
    "examine:hours": {GET, POST},
    "locate:page": {GET},
    "locate:history": {GET},
    "locate:keep": {POST},
    "locate:candidates": {GET, POST},
    "locate:candidate": {GET},
    "locate:candidate-clues": {POST},
    "locate:candidate-decide": {POST},
    "locate:candidate-capture": {POST},
    "locate:capture": {POST},
    "locate:capture-open": {POST},
    "locate:home-confirm": {POST},
    "prioritise:page": {GET},
    "prioritise:score": {POST},
    "prioritise:risk": {POST},
    "prioritise:assign": {POST},
    "prioritise:end": {POST},
    "cooperate:page": {GET},
    "cooperate:ask": {POST},
    "cooperate:withdraw": {POST},
    "cooperate:answer": {GET, POST},
    "cooperate:take": {POST},
    "cooperate:packages": {GET, POST},
    "cooperate:suspects": {GET, POST},
    "cooperate:suspect": {GET, POST},
    "cooperate:shelf-ask": {GET, POST},
    "cooperate:remind": {POST},
    "cooperate:appeals": {GET, POST},
    "cooperate:appeal": {GET, POST},
    "cooperate:appeal-grey": {POST},
    "cooperate:appeal-reveal": {POST},
    "cooperate:appeal-export": {POST},
    "crosscheck:page": {GET},
    "crosscheck:ask": {POST},
    "crosscheck:ask-series": {POST},
    "crosscheck:sources": {GET, POST},
    "crosscheck:source-fetch": {POST},
    "crosscheck:source": {POST},
    "crosscheck:source-open": {POST},
    "crosscheck:documents": {GET, POST},
    "crosscheck:document": {GET},
    "crosscheck:document-decide": {POST},
    "crosscheck:accounts": {GET, POST},
    "crosscheck:account": {GET},
    "crosscheck:account-times": {POST},
    "crosscheck:account-texts": {POST},
    "crosscheck:account-line": {POST},
    "crosscheck:account-decide": {POST},
    "crosscheck:private": {POST},
    "inform:page": {GET},
    "inform:draft": {POST},
    "inform:edit": {GET, POST},
    "inform:review": {POST},
    "inform:facts": {GET},
    "inform:trace": {GET},
    "inform:pdf": {GET},
    "inform:leave": {GET, POST},
    "seize:page": {GET, POST},
    "seize:from-clues": {POST},
    "seize:checklist": {GET},
    "seize:sheets": {GET},
    "seize:sheet": {POST},
    "seize:sheet-withdraw": {POST},
    "seize:ticks": {POST},
    "seize:tick-back": {POST},
    "seize:receive": {POST},
    "seize:compare": {POST},
    "seize:decide": {POST},
    "seize:belongs": {POST},
    "seize:exhibit": {POST},
    "seize:custody": {GET},
    "seize:hand-over": {POST},
    "seize:correct": {POST},
    "seize:put-in": {POST},
    "seize:sign": {POST},
    "seize:court": {GET, POST},
    "seize:court-confirm": {POST},
    "seize:court-write": {POST},
    "close:page": {GET, POST},
    "close:tell": {POST},
    "close:turn": {POST},
    "close:wish": {POST},
    "trends:page": {GET},
    "trends:count": {POST},
    "trends:told": {POST},
    "trends:figures": {POST},
}
# Outside any case, for those who are logged in.
DESK = {
    "board": {GET},
    "purpose": {POST},
    "log": {GET},
    "new-case": {GET, POST},
    "job": {GET},
    "emergencies": {GET},
    "stub-ask": {POST},
    "dispatch-emergency": {POST},
    "emergency-confirm": {POST},
    "emergency-end": {POST},
    "emergency-review": {POST},
    "notices": {GET},
    "protection": {GET},
    "clock": {POST},
    "protection-export": {POST},
    "notice-follow": {POST},
    "lists": {GET, POST},
    "list": {GET},
    "list-remove": {POST},
    "list-aside": {POST},
    "vocabularies": {GET, POST},
    "vocabulary": {GET, POST},
    "vocabulary-export": {POST},
    "partners": {GET, POST},
    "partner": {GET, POST},
    "partner-card": {POST},
    "partner-basis": {POST},
    "packages": {GET, POST},
    "package-receipt": {POST},
    "coordination": {GET},
    "investigation-answer": {POST},
    "pause-decide": {POST},
    "task-forces": {GET, POST},
    "task-force": {GET, POST},
    "seat": {GET, POST},
    "private-checks": {GET},
    "private-check": {POST},
    "own-exposure": {GET},
    "own-limits": {POST},
    "own-break": {POST},
    "own-consent": {POST},
    "exposure-totals": {POST},
    "requests": {GET},
    "shelf": {GET, POST},
    "products": {GET},
    "delivery": {GET, POST},
    "dispatch": {GET, POST},
    "dispatch-answer": {POST},
    "dispatch-crop": {POST},
    "dispatch-reveal": {POST},
    "dispatch-hide": {POST},
    "dispatch-release": {POST},
}
# For who keeps the accounts of the own agency; everybody else is refused, whoever is named.
ACCOUNTS = {
    "accounts": {GET},
    "new-account": {GET, POST},
    "account": {GET, POST},
    "account-link": {POST},
    "account-close": {POST},
    "account-reopen": {POST},
    "account-reset": {POST},
    "account-end": {POST},
    "account-change": {POST},
    "agency-votes": {POST},
}
DESK |= ACCOUNTS
# Before anybody is known, or about one's own account only.
DOORS = {
    "confirm",
    "oidc",
    "oidc-back",
    "own-sessions",
    "own-sessions-end",
    "account_set_password",
    "enter",
    "set_language",
    # an agency's machine: its token, or one 401 whatever is asked
    *(f"taxii-{n}" for n in ("discovery", "root", "collections", "collection")),
    *(f"taxii-{n}" for n in ("manifest", "objects", "object", "versions", "nowhere")),
    "witness",  # partners' machines: a pinned log key signs, or nothing is there
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "account_change_password",
    "account_inactive",
}
# Nobody signs up, and the desk sends no mail: these addresses answer as if they were not there.
CLOSED = {
    "account_signup",
    "account_email",
    "account_email_verification_sent",
    "account_reset_password",
    "account_confirm_login_code",
    "account_confirm_email",
    "account_reset_password_from_key_done",
    "account_reset_password_from_key",
    "account_reset_password_done",
}
SECOND_FACTOR = re.compile(r"mfa_\w+")


@cache
def routes() -> dict[str, list[str]]:
    """Return every named address of the resolver with the names of its arguments."""
    found: dict[str, list[str]] = {}

    def walk(patterns: Any, space: str, arguments: list[str]) -> None:
        for each in patterns:
            here = [*arguments, *each.pattern.regex.groupindex]
            if hasattr(each, "url_patterns"):
                walk(each.url_patterns, f"{each.namespace}:" if each.namespace else space, here)
            else:
                assert each.name, f"{each.pattern} has no name"
                found[space + each.name] = here

    walk(get_resolver().url_patterns, "", [])
    return found


def test_every_address_of_the_resolver_is_listed_here():
    named = {name for name in routes() if not SECOND_FACTOR.fullmatch(name)}
    assert named == CASE.keys() | DESK.keys() | DOORS | CLOSED


# --- a case with one row of everything ------------------------------------------------------------------


@pytest.fixture
def world(circle, case):
    """Italy's case with one row of everything that an address can name, and people of every part."""
    reader = circle.make_account(circle.agencies.it, "IT-1003")
    it, au = circle.agencies.it, circle.agencies.au
    made = {"case": case, "owner": it, "made_by": circle.it}
    with guard.system("fill a case for a test"):
        Membership.objects.create(case=case, account=reader, part="reader")
        second = Membership.objects.create(case=case, account=circle.it_second, part="lead")
        held = {"kind": "picture", "width": 8, "height": 8, "source": "disk"}
        a, b = (Media.objects.create(number=n, sha256=str(n) * 64, **held, **made) for n in (1, 2))
        case.items_given = 2
        case.save()
        for media, name in ((a, "first.jpg"), (b, "second.jpg")):
            Occurrence.objects.create(media=media, folder="/disk", name=name, source="disk", **made)
        because = {"because": "near", "method": "m", "version": "1"}
        match = Match.objects.create(
            media=a, verdict="near", list_name="L", entry="e", transform="", **because, **made
        )
        link = Link.objects.create(a=a, b=b, kind="near picture", weight=0.9, **because, **made)
        camera = Camera.objects.create(name="#1", references=[str(a.pk)], rows=48, columns=64, **made)
        series = Series.objects.create(name="S-1", **made)
        for media in (a, b):
            SeriesItem.objects.create(series=series, media=media, **made)
        change = Change.objects.create(what="make a series", before={"rows": [], "last": 1}, **made)
        trail = TrailStep.objects.create(holder=circle.it, filters={"kind": "picture"}, **made)
        clue = Clue.objects.create(
            media=a,
            kind="country",
            value="IT",
            group="objects",
            source="s",
            state="confirmed",
            **because,
            **made,
        )
        seen = Observation.objects.create(media=a, text="a socket", **made)
        note = Note.objects.create(media=a, text="a note", **made)
        opinion = Opinion.objects.create(
            media=b, profile="US", model_version="2.0", code="1", needed=3, **made
        )
        given = Consent.objects.create(account=circle.it_second, to=circle.it, shown_to=circle.it)
        place = CandidatePlace.objects.create(place="a house", because="the view", **made)
        page = Capture.objects.create(
            candidate=place, address="https://x.example/", taken_at=clock.now(), name="x.html", form="html",
            size=1, sha256="0" * 64, key="0" * 64, **made,
        )  # fmt: skip
        online = OnlineAccount.objects.create(
            platform="a board", name="walker", spelling="walker", category="suspect", source="s", basis="b",
            since=clock.now().date(), until=clock.now().date(), **made,
        )  # fmt: skip
        brought = Brought.objects.create(form="stix", number="DK-1", sha256="0" * 64, size=1, **made)
        part = BroughtPart.objects.create(
            brought=brought, place=1, kind="file", value={"md5": "0" * 32}, where="item 1", **made
        )
        home = HomeProposal.objects.create(candidate=place, place="a house", because="the view", **made)
        due = clock.now() + timedelta(days=2)
        asked = Request.objects.create(question="Which town?", due=due, purpose=str(VI), **made)
        sent = Dispatch.objects.create(
            request=asked, addressed=au, question="Which town?", due=due, purpose=str(VI), codes="H2", **made
        )
        appeal = Appeal.objects.create(
            number="A-1", crop=a, words={}, contact="c", statement="s", key="0" * 64, sha256="0" * 64, **made
        )
        answer = Answer.objects.create(
            dispatch=sent,
            addressed=au,
            kind="answer",
            text="a town",
            case=case,
            owner=au,
            made_by=circle.au,
            clue_kind="country",
            clue_value="PT",
        )
        element = Element.objects.create(number=1, name="a lamp", clue=clue, **made)
        met = ElementMatch.objects.create(element=element, media=b, because="near", method="m", **made)
        sheet = SearchSheet.objects.create(
            digest="0" * 64, language="en", elements={"1": str(element.pk)}, **made
        )
        tick = SheetTick.objects.create(
            sheet=sheet, element=element, answer="found", by="IT-1002", at=clock.now(), **made
        )
        phone = Exhibit.objects.create(number="E0", description="a phone", **made)
        step = Transfer.objects.create(
            exhibit=phone,
            place=1,
            before="0" * 64,
            from_place="a house",
            to_place="a laboratory",
            to=circle.it_second,
            when=clock.now() - timedelta(hours=1),
            why="imaging",
            seal_state="none",
            **made,
        )
        court = CourtExport.objects.create(
            to=circle.agencies.eu,
            things=[str(phone.pk)],
            items=1,
            expires=due,
            codes="H2",
            **made,
        )
        hashes = HashList.objects.create(
            owner=it, name="L", format="csv", sha256="0" * 64, imported_by=circle.it
        )
        aside = Quarantine.objects.create(
            list=hashes, owner=it, listed=uuid4(), entry="1", cause="blank", reason="it is a blank"
        )
        pin = PartnerKey.objects.create(
            owner=it, agency=circle.agencies.ca, proposed_by=circle.it, state="confirmed", **CARD
        )
        basis = LegalBasis.objects.create(
            owner=it, agency=circle.agencies.ca, ground="adequacy decision", reference="a decision",
            since=clock.now(), proposed_by=circle.it,
        )  # fmt: skip
        came = Package.objects.create(
            owner=it, partner=circle.agencies.ca, known_as=CARD["known_as"], outgoing=False, key="0" * 64,
            number=1, digest="0" * 64, kind="things", purpose=str(VI), issued=clock.now(), expires=due,
            state="taken",
        )  # fmt: skip
        asked_us = PrivateCheck.objects.create(
            owner=it, partner=circle.agencies.ca, outgoing=False, asked=1, state="waits", by=circle.it
        )
        thought = {"number": 1, "part": "abuser", "category": "suspect", "said": "fact", "codes": "H2"}
        suspect = Suspect.objects.create(because="x", **thought, **made)
        asked_to = Investigation.objects.create(
            suspect=suspect, addressed=au, asked_because="x", **thought, **made
        )
        known_by = SuspectIdentifier.objects.create(
            suspect=suspect, kind="phone", value="+390171445566", codes="H2", **made
        )
        side = {"identifier": known_by, "pair": uuid4(), "codes": "H2", "contact": "c", **made}
        sides = [Pause.objects.create(other=agency, **side) for agency in (au, it)]
        of_two = PauseOfTwo.objects.create(
            owner=circle.agencies.eu, pair=sides[0].pair, one=it, other=au, of_one=sides[0],
            of_other=sides[1], kind="phone",
        )  # fmt: skip
        force = TaskForce.objects.create(owner=it, name="Spring", about="x", made_by=circle.it)
        seat = Seat.objects.create(
            owner=au, addressed=it, force=force, name="Spring", about="x", state="joined", made_by=circle.au
        )
        stub = Stub.objects.get(case=case)
        clock_ = Retention.objects.get(case=case.pk)
        notice = Notice.objects.create(owner=au, addressed=it, kind="recall")
        broken = Emergency.objects.create(
            owner=it, addressed=au, case=case.pk, act="disclose", why="V-001", asked_by=circle.it_second
        )
    job = Job.objects.create(task="intake.receive", case=case.pk, account=circle.it, purpose=str(VI))
    told = [("It is in Italy.", "fact", [clue.pk], "X4")]
    lead = circle.officer(circle.it)
    product = issue(lead, circle.officer(circle.it_second), case, statements=told)
    written = draft(lead, VI, case, statements=told)
    given = disclose(lead, VI, product, circle.agencies.au)
    with guard.system("Italy gets one, too"):
        for_us = Delivery.objects.get(pk=given.pk)
        left = Disclosure.objects.get(pk=given.disclosure_id)
        for_us.pk, left.pk, left.to, left.owner = None, None, it, au
        left.save(force_insert=True)
        for_us.disclosure, for_us.addressed, for_us.owner = left, it, au
        for_us.save(force_insert=True)
    ask_back(lead, VI, given, question="What came of it?", due=due)
    return SimpleNamespace(
        circle=circle,
        case=case,
        reader=reader,
        link=link,
        part=part,
        media=a,
        arguments={
            "case_id": case.pk,
            "match_id": {"match:decide": match.pk, "match:why": match.pk, "seize:decide": met.pk},
            "series_id": series.pk,
            "change_id": change.pk,
            "camera_id": camera.pk,
            "number": 1,
            "clue_id": clue.pk,
            "observation_id": seen.pk,
            "note_id": note.pk,
            "opinion_id": opinion.pk,
            "consent_id": given.pk,
            "step_id": trail.pk,
            "proposal_id": home.pk,
            "candidate_id": place.pk,
            "capture_id": page.pk,
            "online_id": online.pk,
            "brought_id": brought.pk,
            "membership_id": second.pk,
            "request_id": asked.pk,
            "answer_id": answer.pk,
            "appeal_id": appeal.pk,
            "sent_id": sent.pk,
            "dispatch_id": sent.pk,
            "product_id": {**dict.fromkeys(CASE, product.pk), "inform:edit": written.pk},
            "delivery_id": for_us.pk,
            "list_id": hashes.pk,
            "aside_id": aside.pk,
            "sheet_id": sheet.pk,
            "tick_id": tick.pk,
            "exhibit_id": phone.pk,
            "transfer_id": step.pk,
            "export_id": court.pk,
            "job_id": job.pk,
            "stub_id": stub.pk,
            "notice_id": notice.pk,
            "clock_id": clock_.pk,
            "emergency_id": broken.pk,
            "account_id": circle.it_second.pk,
            "asked_id": uuid4(),
            "agency_id": circle.agencies.ca.pk,
            "card_id": pin.pk,
            "basis_id": basis.pk,
            "package_id": came.pk,
            "check_id": asked_us.pk,
            "suspect_id": suspect.pk,
            "investigation_id": asked_to.pk,
            "pause_id": of_two.pk,
            "force_id": force.pk,
            "seat_id": seat.pk,
            "paper": "a4",
            "name": "objects",
            "secret": LoginLink.issue(circle.it),
            "key": "1-abc",
            "uidb36": "1",
            "pk": 1,
        },
    )


def address(world: SimpleNamespace, name: str, **instead: Any) -> str:
    """Return the address of a row that is there, some arguments replaced."""
    held = {**world.arguments, **instead}
    given = {n: held[n][name] if isinstance(held[n], dict) else held[n] for n in routes()[name]}
    return reverse(name, kwargs=given)


def filled_in(world: SimpleNamespace) -> dict[str, dict[str, Any]]:
    """Return what a person would send by each POST."""
    other, items = world.circle.agencies.fr, [str(world.media.pk)]
    soon = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    look = {"purpose": str(VI)}
    told = {"s-TOTAL_FORMS": "1", "s-INITIAL_FORMS": "0", "s-0-keep": "on", "s-0-text": "It is in Italy."}
    told |= {"s-0-type": "fact", "s-0-evaluation": "X4", "s-0-clues": str(world.arguments["clue_id"])}
    told |= {"language": "en"}
    return {
        "intake:page": {"source": "disk", "codes": "H0", "folder": "/"},
        "match:decide": {"say": "confirm"},
        "list-aside": {"say": "keep", "reason": "a blank"},
        "link:decide": {"decision": "refuse", "item": str(world.link.pk)},
        "link:gather": {"item": items},
        "link:say": {"decision": "apart", "a": "1", "b": "2", "because": "another room"},
        "link:camera-know": {"item": items},
        "link:change-series": {"decision": "take-out", "item": items},
        "link:find": {"x": "0", "y": "0", "w": "0.5", "h": "0.5"},
        "examine:filter": {"kind": "picture"},
        "examine:review": {"item": items, "state": "done"},
        "examine:undo": {"change": str(world.arguments["change_id"])},
        "examine:trail": {"name": "first", "do": "name"},
        "examine:item": {"kind": "country", "value": "PT", "evaluation": "X4"},
        "examine:grey": look,
        "examine:reveal": look,
        "examine:hide": {"reveal": str(uuid4()), "milliseconds": "5"},
        "examine:keep": {"keep": "note", "text": "a note", "recipe": "zoom=2"},
        "examine:sound": look,
        "examine:compare": {"item": items},
        "examine:note": {"text": "a note"},
        "examine:crop": {"x": "0", "y": "0", "w": "0.5", "h": "0.5"},
        "examine:decide": {"decision": "withdraw"},
        "examine:edit": {"kind": "country", "value": "PT", "evaluation": "X4"},
        "examine:observe": {"because": "a white socket"},
        "examine:observation": {"decision": "set-aside"},
        "examine:change-note": {"text": "another note"},
        "examine:once": {"needed": "no"},
        "examine:opinions": {"needed": "4"},
        "examine:opinion": {"act": "vote", "answer": "yes"},
        "examine:ask-opinion": {"category": "US|2.0|1"},
        "examine:hours": {"agree": "yes"},
        "prioritise:risk": {"at_risk": "on", "because": "a plan"},
        "prioritise:assign": {"service_number": "FR-1001", "part": "reader"},
        "cooperate:ask": {
            "question": "Whose?",
            "agencies": str(other.pk),
            "due": soon,
            "urgency": "normal",
            "codes": "H0",
        },
        "locate:candidates": {"place": "a barn", "because": "the roof", "codes": "H2"},
        "locate:candidate-clues": {
            "clue": str(world.arguments["clue_id"]),
            "says": "explains",
            "because": "the view",
        },
        "locate:candidate-decide": {"act": "set-aside", "because": "another lane"},
        "locate:capture": {"act": "set-aside", "because": "another page"},
        "cooperate:suspects": {
            "part": "abuser",
            "category": "suspect",
            "said": "fact",
            "source": "X",
            "information": "4",
            "because": "seen",
            "codes": "H0",
        },
        "cooperate:suspect": {"do": "set-aside", "reason": "another person"},
        "crosscheck:ask": {"kinds": "hash"},
        "crosscheck:source": {"act": "set-aside", "because": "another page"},
        "crosscheck:document-decide": {"act": "take", "part": str(world.part.pk)},
        "crosscheck:account-decide": {"act": "aside", "because": "another board"},
        "crosscheck:account-line": {
            "kind": "other name",
            "value": "walker9",
            "said": "fact",
            "evaluation": "A1",
            "because": "record 12",
        },
        "crosscheck:accounts": {
            "platform": "a board",
            "name": "runner",
            "category": "suspect",
            "source": "s",
            "basis": "b",
            "since": "2026-05-01",
            "until": "2026-06-01",
            "evaluation": "X4",
            "codes": "H2",
        },
        "cooperate:appeal": {"do": "end", "because": "known"},
        "cooperate:appeal-reveal": look,
        "inform:leave": {"to": str(other.pk)},
        "inform:draft": {**told, "kind": "situation report"},
        "inform:edit": told,
        "inform:review": {"do": "remark", "text": "another item"},
        "delivery": {"do": "acknowledge"},
        "seize:page": {"element-name": "a chair", "element-evaluation": "X4"},
        "seize:sheet": {"make-no_person": "on"},
        "seize:receive": {
            "found-source": "s",
            "found-codes": "H0",
            "found-folder": "/",
            "found-origin": "search",
        },
        "seize:decide": {"say": "same"},
        "seize:belongs": {"say": "belongs"},
        "notice-follow": {"because": "deleted"},
        "case-protection": {"act": "keep", "reason": "it goes on"},
        "seize:exhibit": {"exhibit-number": "E1", "exhibit-description": "a phone"},
        "seize:correct": {"correct-of": str(world.arguments["exhibit_id"]), "correct-text": "two phones"},
        "seize:put-in": {"items-items": items},
        "seize:sign": {"take-back": "yes"},
        "seize:court": {"court-to": str(other.pk), "court-items": items},
        "seize:court-confirm": {"count": "1"},
        "close:page": {"what": "child safe"},
        "close:turn": {"reason": "done"},
        "close:wish": {"wish": "each", "reason": "asked by a counsellor"},
    }


def as_one(account: Any, **given: Any) -> Client:
    """Return the browser of ``account``."""
    client = Client(**given)
    client.force_login(account)
    return client


def asked(client: Client, method: str, at: str, data: dict[str, Any] | None = None) -> Any:
    """Ask, and turn a fault of the server into its 500."""
    client.raise_request_exception = False
    return client.post(at, data or {}) if method == POST else client.generic(method, at)


def bare(response: Any) -> tuple[int, bytes]:
    """Return status and body without the asker's own words: the form's token, and the address asked for."""
    path = response.wsgi_request.path.encode()
    body = re.sub(rb'(csrf[^>]*value|content)="[^"]*"|"X-CSRFToken": "[^"]*"', b"", response.content)
    return response.status_code, body.replace(path, b"")


def rows() -> dict[str, list[Any]]:
    """Return every row of every table but the log's and the sessions', as the database holds it."""
    logs = {f"records_log{part}" for part in ("entry", "head", "node", "opening", "stamp", "alarm")}
    left_out = logs | {"records_session", "records_spent"}
    tables = {m._meta.db_table for m in apps.get_models()} - left_out
    with guard.system("compare all rows in a test"), connection.cursor() as cursor:
        return {table: _all_of(cursor, table) for table in tables}


def _all_of(cursor: Any, table: str) -> list[str]:
    cursor.execute(f'SELECT * FROM "{table}"')
    return sorted(map(repr, cursor.fetchall()))


def entries(**which: Any) -> list[LogEntry]:
    with guard.system("read the log in a test"):
        return list(LogEntry.objects.filter(**which).order_by("seq"))


# --- who sees what --------------------------------------------------------------------------------------


def test_nobody_sees_anything_without_a_log_in(world):
    browser = Client()
    for name in CASE | DESK:
        for method in (GET, POST, *OTHERS):
            told = asked(browser, method, address(world, name))
            assert told.status_code in {302, 404, 405}, (name, method, told.status_code)
            assert told.status_code != 302 or told["Location"].startswith("/account/login/"), name
            assert SECRET.encode() not in told.content


@pytest.mark.parametrize("who", ["fr", "it_admin", "it_dpo"])
def test_a_hidden_case_answers_exactly_as_an_absent_one(world, who):
    browser, data = as_one(getattr(world.circle, who)), filled_in(world)
    for name in CASE:
        for method in (GET, "HEAD", POST, *OTHERS):
            hidden = asked(browser, method, address(world, name), data.get(name))
            absent = asked(browser, method, address(world, name, case_id=uuid4()), data.get(name))
            assert hidden.status_code in {404, 405}, (name, method, hidden.status_code)
            assert bare(hidden) == bare(absent), (name, method)


def test_rows_of_others_outside_a_case_answer_exactly_as_absent_ones(world):
    browser = as_one(world.circle.fr)
    for name, kind in [
        *((n, "list_id") for n in ("list", "list-remove", "list-aside")),
        ("list-aside", "aside_id"),
        ("job", "job_id"),
        ("partner", "agency_id"),
        ("package-receipt", "package_id"),
        ("private-check", "check_id"),
        ("partner-card", "card_id"),
        ("investigation-answer", "investigation_id"),
        ("pause-decide", "pause_id"),
        ("task-force", "force_id"),
        ("seat", "seat_id"),
        ("partner-basis", "basis_id"),
        ("exposure-totals", "consent_id"),
        ("stub-ask", "stub_id"),
        ("notice-follow", "notice_id"),
        ("clock", "clock_id"),
        *((f"emergency-{n}", "emergency_id") for n in ("confirm", "end", "review")),
        ("delivery", "delivery_id"),
        *((n, "dispatch_id") for n in DESK if "dispatch" in n),
    ]:
        for method in (GET, POST, *OTHERS):
            hidden = asked(browser, method, address(world, name))
            absent = asked(browser, method, address(world, name, **{kind: uuid4()}))
            assert hidden.status_code in {404, 405}, (name, method, hidden.status_code)
            assert bare(hidden) == bare(absent), (name, method)


def test_an_administrator_and_a_stranger_find_no_case_on_any_page_of_the_desk(world):
    for who in ("it_admin", "fr"):
        browser = as_one(getattr(world.circle, who))
        for name in DESK:
            for method in (GET, POST):
                told = asked(browser, method, address(world, name))
                assert told.status_code < 500, (name, method)
                assert SECRET.encode() not in told.content, (who, name, method)


# What a reader may do by POST: open an answer, take figures that name no case, and what is about oneself.
READERS = {"cooperate:answer", "trends:figures", "examine:live-beat", "examine:hours"}


def test_a_reader_changes_and_reveals_nothing(world):
    browser, data, before = as_one(world.reader), filled_in(world), rows()
    for name, methods in CASE.items():
        if POST in methods and name not in READERS:
            told = asked(browser, POST, address(world, name), data.get(name))
            assert told.status_code in {303, 302, 400, 403, 404}, (name, told.status_code)
            assert not told["Content-Type"].startswith(("image/", "audio/", "application/pdf")), name
            assert rows() == before, name


# --- what a request may change --------------------------------------------------------------------------


def lead_pages(world: SimpleNamespace, browser: Client) -> Iterator[tuple[str, Any]]:
    for name, methods in (CASE | DESK).items():
        if (
            GET in methods
            and not name.startswith("dispatch")
            and name not in {"log", "protection", *ACCOUNTS}
        ):
            yield name, asked(browser, GET, address(world, name))


def test_a_get_changes_nothing_and_shows_no_picture(world):
    browser, recipient = as_one(world.circle.it), as_one(world.circle.au)
    before = rows()
    for name, told in lead_pages(world, browser):
        assert told.status_code == 200, (name, told.status_code)
        assert not told["Content-Type"].startswith(("image/", "audio/")), name
        assert b"<img" not in told.content, name
        assert rows() == before, name
    for name in (n for n in DESK if n.startswith("dispatch")):
        told = asked(recipient, GET, address(world, name))
        assert not told["Content-Type"].startswith(("image/", "audio/")), name


def test_every_form_is_refused_without_its_token(world):
    browser = as_one(world.circle.it, enforce_csrf_checks=True)
    for name, methods in (CASE | DESK).items():
        if POST in methods:
            assert (
                asked(browser, POST, address(world, name), filled_in(world).get(name)).status_code == 403
            ), name


def test_an_address_serves_its_own_methods_and_no_other(world):
    browser = as_one(world.circle.it)
    for name, methods in (CASE | DESK).items():
        for method in {GET, POST, *OTHERS} - methods:
            told = asked(browser, method, address(world, name))
            assert told.status_code in {404, 405}, (name, method, told.status_code)
            assert SECRET.encode() not in told.content, (name, method)


# --- what is logged -------------------------------------------------------------------------------------


def test_every_page_of_a_case_is_a_consultation_in_the_log(world):
    browser = as_one(world.circle.it)
    for name, methods in CASE.items():
        if GET in methods:
            before = len(entries(case=world.case.pk))
            assert asked(browser, GET, address(world, name)).status_code == 200, name
            assert len(entries(case=world.case.pk)) > before, name


# The length of one's own look, which is in the log itself; one's own time, which the log must not measure.
UNLOGGED = {"examine:hide", "dispatch-hide", "examine:live-beat"}


def test_whatever_a_post_changes_or_shows_is_in_the_log(world):
    browser, data = as_one(world.circle.it), filled_in(world)
    before = rows()
    for name, methods in CASE.items():
        if POST in methods and name not in UNLOGGED:
            log = len(entries(account=world.circle.it.pk))
            told = asked(browser, POST, address(world, name), data.get(name))
            assert told.status_code < 500, (name, told.status_code)
            after = rows()
            if after != before or SECRET.encode() in told.content:
                assert len(entries(account=world.circle.it.pk)) > log, (name, told.status_code)
            before = after


# --- doors ----------------------------------------------------------------------------------------------


def test_nobody_signs_up_and_the_desk_sends_no_mail(world):
    for browser in (Client(), as_one(world.circle.it)):
        for name in CLOSED:
            assert asked(browser, GET, address(world, name)).status_code == 404, name
            assert asked(browser, POST, address(world, name), {"email": "a@b.example"}).status_code == 404, (
                name
            )


def test_a_log_in_link_works_once_and_gives_a_new_session(world):
    browser = Client()
    browser.get("/")
    session = browser.session
    session["planted"] = "by another"
    session.save()
    browser.cookies["sessionid"] = session.session_key
    planted = session.session_key
    at = address(world, "enter")
    assert asked(browser, GET, at).status_code == 200
    assert asked(browser, POST, at).status_code == 302
    assert browser.session.session_key != planted
    assert asked(Client(), POST, at).status_code == 403


def test_a_purpose_is_not_chosen_with_a_way_to_another_site(world):
    browser = as_one(world.circle.it)
    for there in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        told = browser.post(reverse("purpose"), {"purpose": str(VI), "next": there})
        assert told["Location"] == "/"
