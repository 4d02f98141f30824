"""What can be asked of the desk: every address, task and verb, and what a person would send there.

A new address takes two lines at most: its name in ``FORMS`` with the fields of its form (``{}`` where it has
none), and, where its arguments are new, the argument's name in ``worlds.POOLS``. A value is a text, a list
of texts (several of one name), ``Upload`` or ``Pool``; the first value of each field makes a valid form.
A new task needs its name in ``TASKS``, a new verb in ``VERBS``; one that no officer asks for needs its reason
in ``NO_ASKER`` or ``NO_DESK``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Pool:
    """Stands for an identifier: of a thing that is there, of a hidden one, or of none."""

    of: str


@dataclass(frozen=True)
class Upload:
    """Stands for the bytes of a file that ``worlds`` drew."""

    name: str


JOINT = "joint"
VI, SAFEGUARDING = "victim-identification", "safeguarding"
CODES: list[Any] = [["H0"], ["H2"], ["H1"], ["H3"], ["H0", "H2"]]
TEXT = ["", "only after a call"]
LOOK = {"purpose": [VI, "prosecution", ""], "view": ["edges"]}
MEDIA, CROP, CLUE = Pool("media"), Pool("crop"), Pool("clue")
FILES: list[Any] = [Upload(n) for n in ("withheld", "fresh", "shared", "broken", "archive")]
STATEMENT = {
    "s-TOTAL_FORMS": ["1"],
    "s-INITIAL_FORMS": ["0"],
    "s-0-keep": ["on"],
    "s-0-text": ["It is in Italy.", ""],
    "s-0-type": ["fact", "assessment"],
    "s-0-evaluation": ["X4", "A1"],
    "s-0-clues": [CLUE],
}

# name → field → what can stand there
FORMS: dict[str, dict[str, list[Any]]] = {
    # the desk
    "board": {},
    "accounts": {},
    "new-account": {
        "number": ["IT-7777", "DK-7777", "IT-1001"],
        "roles": [["examiner"], ["administrator"]],
        "purposes": [[VI], []],
    },
    "account": {"roles": [["examiner"]], "purposes": [[VI]]},
    "account-link": {},
    "account-reset": {},
    "account-close": {},
    "account-reopen": {},
    "account-end": {},
    "agency-votes": {"needed": ["4", "9"]},
    "account-change": {"decision": ["confirm", "refuse"]},
    "emergencies": {},
    "stub-ask": {"why": ["a child is at risk", ""], "act": ["join", "read"]},
    "dispatch-emergency": {"why": ["a child is at risk", ""]},
    "emergency-confirm": {},
    "emergency-end": {},
    "emergency-review": {"finding": ["justified", "unjustified", "?"], "because": ["read", ""]},
    "protection": {},
    "protection-export": {
        "since": ["2026-06-01", "x"],
        "until": ["2026-06-30"],
        "verb": ["", "consult", "denied", "erase"],
    },
    "case-protection": {
        "act": ["keep", "limit", "correct", "erase", "erase-case"],
        "thing": [Pool("item"), Pool("clue item"), ""],
        "until": ["2026-09-01"],
        "reason": ["needed for the trial", ""],
        "sure": ["on", ""],
    },
    "clock": {
        "act": ["", "lift", "erase"],
        "ground": ["its accuracy is contested", "it is needed for a legal claim or as evidence", "x"],
        "reason": ["needed for the trial", ""],
    },
    "notices": {},
    "notice-follow": {"because": ["deleted", ""]},
    "witness": {},
    "purpose": {
        "purpose": [VI, SAFEGUARDING, "prosecution", "data-protection-audit"],
        "next": ["/", "/log/"],
    },
    "log": {},
    "new-case": {
        "number": ["NEW-1", "HIDDEN-1", "JOINT-1", "AU-1"],
        "title": ["Operation Elm"],
        "victim_number": ["V-7", "Anna"],
        "codes": CODES,
        "handling_text": TEXT,
        "audience": ["TLP:AMBER", "TLP:RED"],
        "discovered_at": ["2026-06-01T10:00"],
    },
    "job": {},
    "lists": {
        "name": ["A new list", "Known", "Secret list"],
        "format": ["hashlist", "vics"],
        "profile": [""],
        "kind": ["", "sha256"],
        "version": ["", "2"],
        "knows": ["", "harmless"],
        "file": [Upload("hashes"), Upload("broken")],
    },
    "list": {},
    "list-remove": {},
    "list-aside": {"say": ["release", "keep"], "reason": ["a blank", ""]},
    "vocabularies": {"file": [Upload("broken")], "text": ["", "x"], "seen": ["1"]},
    "vocabulary": {
        "do": ["deprecate", "rename", "add", "restore"],
        "code": ["lamp", "x"],
        "seen": ["1", "0"],
        "version": ["1"],
    },
    "vocabulary-export": {},
    "partners": {
        "do": ["", "own"],
        "card": ["x"],
        "kind": ["national unit", "hotline", ""],
    },
    "partner": {
        "ground": ["adequacy decision", "union law", "vital interests of a person"],
        "reference": ["a decision", ""],
        "since": ["2026-06-01", "x"],
        "until": ["", "2026-06-20"],
    },
    "partner-card": {
        "do": ["confirm", "refuse", "revoke"],
        "words": ["x", ""],
        "because": ["it was stolen", ""],
    },
    "partner-basis": {"do": ["confirm", "refuse", "end"], "because": ["it is over", ""]},
    "own-exposure": {},
    "own-limits": {"day_minutes": ["30", ""], "sitting_minutes": ["10"], "looks_in_a_row": ["0", "5"]},
    "own-break": {"act": ["begin", "end", "on"]},
    "own-consent": {"to": ["IT-1002", "DK-1001"], "withdraw": ["", Pool("consent_id")]},
    "exposure-totals": {},
    "requests": {},
    "shelf": {"fields_known": [["sockets"], ["flora", "sockets"], []]},
    "dispatch": {"read": ["1"]},
    "dispatch-answer": {
        "kind": ["answer", "partial", "not ours", "seen it"],
        "text": ["a town", ""],
        "clue_kind": ["", "country"],
        "clue_value": ["", "PT"],
        "source": ["X", "A"],
        "information": ["4", "1"],
        "codes": CODES,
        "handling_text": TEXT,
    },
    "dispatch-crop": {},
    "dispatch-reveal": LOOK,
    "dispatch-hide": {"reveal": [Pool("viewing")], "milliseconds": ["5", "x"]},
    "dispatch-release": {
        "to": [Pool("agency")],
        "until": ["2026-09-01", "2020-01-01"],
        "reason": ["they asked"],
        "withdraw": [Pool("agency")],
    },
    # the case, in the order of the walk
    "case": {},
    "case-emergency": {
        "thing": [Pool("foreign thing")],
        "to": [Pool("agency")],
        "why": ["a child is at risk", ""],
    },
    "intake:page": {
        "source": ["disk"],
        "found": FILES,
        "codes": CODES,
        "handling_text": TEXT,
        "folder": [""],
    },
    "match:page": {},
    "match:why": {},
    "match:decide": {"say": ["confirm", "refuse", "?"]},
    "link:page": {},
    "link:propose": {},
    "link:decide": {"decision": ["accept", "refuse", "?"], "item": [Pool("link")]},
    "link:gather": {"item": [MEDIA]},
    "link:series": {},
    "link:change-series": {
        "decision": ["split", "merge", "take-out", "move"],
        "item": [MEDIA],
        "other": [Pool("series_id")],
        "to": [Pool("series_id")],
    },
    "link:undo": {},
    "examine:page": {},
    "examine:live": {},
    "examine:live-part": {},
    "examine:live-beat": {},
    "examine:hours": {"agree": ["yes", "no"]},
    "examine:tiles": {},
    "examine:filter": {
        "kind": ["picture", ""],
        "series": ["", "S-1", Pool("series_name")],
        "device": ["", "Nordica D410"],
        "from": ["", "2026-06-01"],
        "step": ["", Pool("step_id")],
        "view": ["", "table"],
    },
    "examine:review": {
        "state": ["done", "again", "series", "?"],
        "item": [MEDIA],
        "copies": ["1", ""],
        "numbers": ["", Pool("number"), "1-3"],
        "back": ["", "kind=picture"],
    },
    "examine:undo": {"change": [Pool("change_id")]},
    "examine:trail": {"do": ["name", "hand over"], "name": ["the room", ""], "to": [Pool("account")]},
    "examine:suggest": {},
    "examine:item": {
        "kind": ["country", "object", "toponym"],
        "value": ["PT", "a lamp", "Lisbon"],
        "evaluation": ["X4"],
        "codes": CODES,
        "handling_text": TEXT,
        "x": ["", "0.1"],
        "y": ["", "0.1"],
        "w": ["", "0.2"],
        "h": ["", "0.2"],
        "polygon": ["", "0.1,0.1 0.5,0.1 0.3,0.6"],
        "observation": ["", Pool("observation")],
    },
    "examine:grey": LOOK,
    "examine:reveal": LOOK,
    "examine:hide": {"reveal": [Pool("viewing")], "milliseconds": ["5", "x"]},
    "examine:keep": {"keep": ["note", "crop"], "text": ["a note", ""], "recipe": ["", "zoom=2", "zoom=99"]},
    "examine:moments": {"t": ["0", "1", "x"], "by": ["", "1"]},
    "examine:loudness": {},
    "examine:sound": LOOK,
    "examine:compare": {"item": [MEDIA]},
    "examine:note": {
        "text": ["a note", ""],
        "t": ["", "1"],
        "codes": CODES,
        "handling_text": TEXT,
        "within": ["", Pool("case")],
    },
    "examine:crop": {
        "x": ["0"],
        "y": ["0"],
        "w": ["0.5", "2"],
        "h": ["0.5"],
        "keep": ["", "background"],
        "codes": CODES,
        "handling_text": TEXT,
    },
    "examine:decide": {
        "decision": ["withdraw", "confirm", "restore", "?"],
        "seen": ["", "proposed"],
        "edition": ["", "0" * 20],
    },
    "examine:edit": {
        "kind": ["country", "object"],
        "value": ["PT", "a lamp"],
        "evaluation": ["X4", "A1"],
        "polygon": ["", "0.1,0.1 0.5,0.1 0.3,0.6"],
        "edition": ["", "0" * 20],
    },
    "examine:clues": {},
    "examine:observe": {"because": ["a white socket", ""], "codes": CODES, "handling_text": TEXT},
    "examine:observation": {"decision": ["set-aside", "reopen", "?"], "edition": ["", "0" * 20]},
    "examine:notes": {},
    "examine:all-notes": {},
    "examine:change-note": {
        "text": ["another note", ""],
        "decision": ["", "undo"],
        "edition": ["", "0" * 20],
    },
    "examine:once": {"needed": ["no", "yes"]},
    "examine:opinions": {"needed": ["4", "9"]},
    "examine:opinion": {
        "act": ["vote", "withdraw", "name", "decide"],
        "answer": ["yes", "no"],
        "account": [Pool("account")],
        "stands": ["yes", "no"],
        "because": ["I see it", ""],
    },
    "examine:ask-opinion": {
        "category": ["US|2.0|1", "UK|2.0|", ""],
        "code": ["", "7"],
        "clue": ["", CLUE],
    },
    "locate:page": {},
    "locate:history": {},
    "locate:keep": {},
    "locate:home": {"place": ["a house"], "because": ["a view"], "codes": [["H2"], ["H0"]]},
    "locate:home-confirm": {},
    "prioritise:page": {},
    "prioritise:score": {},
    "prioritise:risk": {"at_risk": ["on", ""], "because": ["a plan", ""]},
    "prioritise:assign": {
        "service_number": ["FR-1001", "IT-1002", "nobody"],
        "part": ["reader", "member"],
        "task": [""],
    },
    "prioritise:end": {},
    "cooperate:page": {},
    "cooperate:ask": {
        "question": ["Whose?", ""],
        "agencies": [Pool("agency")],
        "asks": ["", "country"],
        "crop": ["", CROP],
        "due": ["2026-06-30T10:00", "2020-01-01T10:00"],
        "urgency": ["normal", "urgent"],
        "codes": CODES,
        "handling_text": TEXT,
        "sure": ["on", ""],
    },
    "cooperate:withdraw": {},
    "cooperate:answer": {"read": ["1"]},
    "cooperate:take": {},
    "cooperate:shelf-ask": {
        "asked": ["sold", "x"],
        "question": ["", "in which shop?"],
        "crop": [CROP, ""],
        "field": ["sockets", "nothing"],
        "people": ["", Pool("account")],
        "agencies": [Pool("agency")],
        "asks": ["", "country"],
        "due": ["2026-06-30T10:00", "2020-01-01T10:00"],
        "urgency": ["normal"],
        "codes": CODES,
        "handling_text": TEXT,
    },
    "cooperate:remind": {},
    "cooperate:appeals": {
        "crop": [CROP, ""],
        **{f"{what}_{x}": ["a lamp"] for x in ("en", "fr", "it") for what in ("title", "text")},
        "contact": ["our page"],
        "statement": ["nobody is on it", ""],
        "no_person": ["on", ""],
    },
    "cooperate:appeal": {
        "do": ["end", "sign", "refuse", "let-go", "take-back", "tips"],
        "because": ["known", ""],
        "until": ["2026-09-01", "2020-01-01"],
        "no_person": ["on", ""],
        "reason": ["a tile"],
        "file": [Upload("hashes")],
    },
    "cooperate:appeal-grey": {},
    "cooperate:appeal-reveal": LOOK,
    "cooperate:appeal-export": {},
    "crosscheck:page": {},
    "crosscheck:ask": {
        "kinds": [["hash"], ["hash", "phone", "device serial"], ["phone"]],
        "phones": ["", "+39 0171 445566"],
        "devices": ["", "SN-77"],
    },
    "inform:page": {},
    "inform:issue": {**STATEMENT, "language": ["en", "fr"]},
    "inform:trace": {},
    "inform:pdf": {},
    "inform:leave": {"to": [Pool("agency")], "court": ["", "on"]},
    "seize:page": {
        "element-name": ["a chair", ""],
        "element-room": [""],
        "element-crop": ["", CROP],
        "element-clue": ["", CLUE],
        "element-evaluation": ["X4"],
    },
    "seize:from-clues": {},
    "seize:checklist": {},
    "seize:receive": {
        "found-source": ["s"],
        "found-codes": CODES,
        "found-handling_text": TEXT,
        "found-found": FILES,
        "found-origin": ["search", "seized"],
    },
    "seize:compare": {},
    "seize:decide": {"say": ["same", "other"]},
    "seize:exhibit": {
        "exhibit-number": ["E9", "E1", "E-HIDDEN"],
        "exhibit-description": ["a phone"],
        "exhibit-items": [MEDIA],
        "exhibit-codes": [[], ["H2"]],
    },
    "seize:custody": {},
    "seize:hand-over": {
        "over-to": [Pool("account")],
        "over-when": ["2026-06-10T10:00", "2026-01-02T10:00"],
        "over-from_place": ["the store"],
        "over-to_place": ["the lab"],
        "over-why": ["to examine", ""],
        "over-seal_state": ["intact"],
    },
    "seize:sign": {
        "sign-outcome": ["received", "refused"],
        "sign-when": ["2026-06-10T11:00", "2026-01-02T11:00"],
        "sign-seal_state": ["intact"],
        "take-back": ["", "1"],
    },
    "seize:correct": {"correct-of": [Pool("record")], "correct-text": ["it was red", ""]},
    "seize:put-in": {"items-items": [MEDIA]},
    "seize:court": {
        "court-to": [Pool("agency")],
        "court-items": [MEDIA],
        "court-exhibits": [Pool("exhibit_id"), ""],
    },
    "seize:court-confirm": {"count": ["1", "2", ""]},
    "seize:court-write": {},
    "close:page": {"what": ["child safe", "no offence"], "text": [""]},
    "close:tell": {},
    "close:turn": {"reason": ["done", ""]},
    "trends:page": {},
    "trends:count": {},
    "trends:figures": {},
}
# Before anybody is known, or about one's own account only: they read no case; asked all the same.
DOORS: dict[str, dict[str, list[Any]]] = {
    "enter": {},
    "oidc": {},
    "oidc-back": {},
    "confirm": {"password": ["a-long-test-password", "wrong"]},
    "own-sessions": {},
    "own-sessions-end": {},
    "set_language": {"language": ["fr", "it"], "next": ["/"]},
    "account_login": {"login": ["AU-1001", "nobody"], "password": ["a-long-test-password", "wrong"]},
    "account_logout": {},
    "account_reauthenticate": {"password": ["a-long-test-password", "wrong"]},
    "account_change_password": {"oldpassword": ["wrong"], "password1": ["x"], "password2": ["x"]},
    "account_inactive": {},
    **{
        f"account_{name}": {"email": ["a@b.example"]}
        for name in (
            "signup",
            "email",
            "email_verification_sent",
            "set_password",
            "reset_password",
            "confirm_login_code",
            "confirm_email",
            "reset_password_from_key_done",
            "reset_password_from_key",
            "reset_password_done",
        )
    },
    **{
        f"mfa_{name}": {}
        for name in (
            "activate_totp",
            "add_webauthn",
            "authenticate",
            "deactivate_totp",
            "download_recovery_codes",
            "edit_webauthn",
            "generate_recovery_codes",
            "index",
            "list_webauthn",
            "login_webauthn",
            "reauthenticate",
            "reauthenticate_webauthn",
            "remove_webauthn",
            "view_recovery_codes",
        )
    },
}
QUERIES: dict[str, list[dict[str, Any]]] = {
    "log": [{"page": "2"}, {"page": "999"}],
    "intake:page": [{"page": "2"}],
    "match:page": [{"page": "2"}],
    "link:page": [{"page": "2"}],
    "link:series": [{"a": "1", "b": "2"}, {"a": Pool("number"), "b": Pool("number")}],
    "examine:page": [
        {"known": "exact"},
        {"kind": "video"},
        {"clue": "yes"},
        {"clue": "proposed"},
        {"state": "refused"},
        {"state": "crop"},
        {"series": "S-1"},
        {"series": Pool("series_name")},
        {"page": "2"},
        {"view": "table"},
        {"looked": "anybody"},
        {"review": "done"},
        {"device": "Nordica D410"},
        {"at": Pool("number")},
        {"stack": Pool("number")},
        {"step": Pool("step_id")},
    ],
    "examine:tiles": [{"n": Pool("number")}, {"n": "1-9", "view": "table"}, {"n": "1.2.3 7"}],
    "examine:item": [
        {"clue": Pool("clue")},
        {"observation": Pool("observation")},
        {"t": "1"},
        {"h3": "read"},
    ],
    "examine:edit": [{"h3": "read"}],
    "examine:live": [{"since": ""}, {"item": Pool("number"), "since": ""}, {"item": Pool("number")}],
    "examine:live-part": [{"clue": Pool("clue")}, {"crop": Pool("crop")}],
    "examine:grey": [{"view": "edges"}, {"h3": "read"}, {"t": "1"}],
    "examine:reveal": [{"h3": "read"}, {"t": "1"}, {"zoom": "2", "turn": "1"}, {"zoom": "99"}],
    "examine:sound": [{"start": "1"}, {"h3": "read"}],
    "examine:compare": [{"a": "1", "b": "2"}, {"a": Pool("number"), "b": Pool("number"), "h3": "read"}],
    "inform:leave": [{"to": Pool("agency")}, {"to": Pool("agency"), "court": "on"}],
}

# Tasks as their asker puts them in the queue.
TASKS: dict[str, dict[str, Any]] = {
    "intake.receive": {"source": "disk"},
    "intake.look-closer": {},
    "match.check": {},
    "match.scenes": {},
    "match.backwards": {
        "held": Pool("list_id"),
        "began": "2026-06-01T10:00:00+00:00",
        "record": Pool("aside_id"),
    },
    "lists.purge": {"held": Pool("list_id")},
    "link.propose": {},
    "examine.suggest": {},
    "locate.weigh": {},
    "prioritise.rank": {},
    "seize.compare": {},
    "trends.count": {},
}

NO_ASKER = {"retention.sweep": "is the host's: no page, verb or other task puts it in the queue"}

# Verbs that act as an officer: their words, before ``--as``; a tuple is several words that go together.
# most ask for a case that is there, so that each verb does its work at times
CASES: list[Any] = ["JOINT-1"] * 4 + ["AU-1", "AU-1", "HIDDEN-1", "NONE-1"]
VERBS: dict[str, list[list[Any]]] = {
    "export": [
        ["--json"],
        CASES,
        [
            *["--format=vics"] * 6,
            "--format=product",
            ("--format=court", "--ask", Pool("--item")),
            ("--format=court", Pool("--confirm"), "--count=1"),
            ("--format=court", Pool("--request")),
        ],
        [*["--to=DK", "--to=FR"] * 3, "--to=IT", "--to=EU"],
    ],
    "receive": [["--json"], FILES, ["--case=JOINT-1", "--case=AU-1", "--case=HIDDEN-1"], ["--source=disk"]],
    "lists": [
        ["--json"],
        [("import", Upload("hashes")), ("import", Upload("broken")), "show", "remove"],
        ["--format=hashlist"],
        ["--name=A new list", "--name=Secret list"],
    ],
    "reproduce": [
        ["--json"],
        ["E1", "E2", "E-HIDDEN", "#1", "#2"],
        ["--case=JOINT-1", "--case=", "--case=HIDDEN-1"],
    ],
}
NO_DESK = {
    "hash": "opens no desk",
    "compare": "opens no desk",
    "examine": "opens no desk",
    "locate": "opens no desk",
    "init": "makes an empty desk",
    "serve": "serves the addresses above",
    "demo": "makes a desk of its own",
    "doctor": "reads no row",
    "worker": "does the tasks above",
    "fsck": "is the host's: who runs it holds the whole machine, and it names no content",
    "log": "is the host's: the size and root of the whole tree are what is witnessed",
}
