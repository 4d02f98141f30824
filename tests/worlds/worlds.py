"""World W, made once by the desk's own services, and the catalogue of what can be hidden in it.

A hidden thing is what services wrote: each scene of ``SCENES`` is played once in a savepoint, the rows that
it made, changed and took away are remembered, and the savepoint is undone. In an example the remembered rows
are put into W again, with the same identifiers, in a few milliseconds.
"""

from __future__ import annotations

import io
import itertools
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID, uuid4
from zipfile import ZipFile, ZipInfo

from allauth.account.internal.flows import login
from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import F
from django.test import Client, override_settings
from pyrage import x25519

import entente.casework.flow  # noqa: F401 - registers every task
from entente.casework.close import service as close
from entente.casework.cooperate import service as cooperate
from entente.casework.cooperate.service import deconfliction, investigations, suspects, task_forces
from entente.casework.crosscheck import service as crosscheck
from entente.casework.examine import service as examine
from entente.casework.examine.service import once
from entente.casework.inform import service as inform
from entente.casework.inform.kinds import Kind
from entente.casework.intake.service import Intake, open_case, receive
from entente.casework.link import service as link
from entente.casework.locate import service as locate
from entente.casework.match.service import check, decide_match, import_list
from entente.casework.prioritise import service as prioritise
from entente.casework.seize import service as seize
from entente.formats import ReadOptions
from entente.records import circle, clock, emergency, erasure, guard, jobs, retention
from entente.records.models import (
    Account,
    Agency,
    Answer,
    CandidatePlace,
    Case,
    Clue,
    Consent,
    Dispatch,
    ElementMatch,
    Estimate,
    Exhibit,
    HashList,
    HomeProposal,
    Job,
    Lead,
    LegalBasis,
    Link,
    Match,
    Media,
    Membership,
    Milestone,
    Note,
    Notice,
    Observation,
    Opinion,
    Originator,
    Package,
    PartnerKey,
    PartnerThing,
    Priority,
    PrivateCheck,
    Product,
    Quarantine,
    Release,
    Request,
    Reshare,
    Retention,
    Seat,
    Series,
    Viewing,
)
from entente.records.models.notice import KINDS
from entente.safeguards.card import Card
from entente.safeguards.retention import Ground
from entente.vocabulary.case import Stage
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Region
from entente.vocabulary.suspect import Standing
from tests.casework.inform.by_two import issue
from tests.evidence.drawn import clip, encoded, scene
from tests.formats.test_cybertip import police

VI = Purpose.VICTIM_IDENTIFICATION
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
PASSWORD = "a-long-test-password"
THOUGHT = Standing.of("distributor", "suspect", "assessment", "B2", "posted in a room")
# of nobody: made for these tests
IDENTITIES = (
    "AGE-SECRET-KEY-137DY2VAGTUHJ3VVTS3T662MTLHULFJYDPN2MLL77ER9TEJ58G2FSD2QHXD",
    "AGE-SECRET-KEY-16PPZLPY9MKTMR6DZ5WPXFPEV55ZGYDGNKDQMPAN0ERXRWN336RPQH3U7CW",
)
# The log and what is numbered like it: a scene's entries are not put back, since the numbers go on in W;
# "acts" seals entries anew in each world instead.
LOG = {
    "records_logentry",
    "records_logopening",
    "records_lognode",
    "records_loghead",
    "records_seal",
    "records_checkpoint",
    "records_cosignature",
    "records_logstamp",
    "records_logalarm",
}
APART = LOG | {"records_session", "django_session", "django_content_type", "auth_permission"}

Rows = dict[type[models.Model], dict[Any, dict[str, Any]]]
Sealed = dict[Path, bytes]  # the files of the evidence store
Keys = set[tuple[str, bytes, Any]]  # table, case and value of each row of the key ring


def everything() -> Rows:
    """Return every row of every table but those of ``APART``."""
    with guard.system("compare two worlds in a test"):
        return {
            m: {row[m._meta.pk.attname]: row for row in m._base_manager.values()}
            for m in apps.get_models()
            if m._meta.db_table not in APART and not m._meta.proxy
        }


@dataclass
class Hidden:
    """What one scene wrote. ``hits``: a cross-check may say hit or no hit to it, by design."""

    name: str
    hits: bool = False
    made: dict[type[models.Model], list[dict[str, Any]]] = field(default_factory=dict)
    changed: list[tuple[type[models.Model], Any, dict[str, Any]]] = field(default_factory=list)
    gone: list[tuple[type[models.Model], Any]] = field(default_factory=list)
    sealed: Sealed = field(default_factory=dict)  # what it put into the evidence store
    keys: Keys = field(default_factory=set)
    live: Callable[[], None] | None = None  # done anew each time instead

    def put(self) -> None:
        """Write it into the world."""
        if self.live:
            self.live()
        with guard.system("put hidden rows into a world in a test"):
            with connection.cursor() as cursor:
                for sql, rows in self._written:
                    cursor.executemany(sql, rows)
            for model, pk in self.gone:
                model._base_manager.filter(pk=pk).delete()

    @cached_property
    def _written(self) -> list[tuple[str, list[list[Any]]]]:
        """What is made and changed, worked out once: a statement, and its values for each row."""
        made = [_insert(model, rows) for model, rows in self.made.items()]
        return made + [_update(model, pk, values) for model, pk, values in self.changed]


def _insert(model: type[models.Model], rows: list[dict[str, Any]]) -> tuple[str, list[list[Any]]]:
    """Return what makes rows; one that is only counted gets a number of the world's own."""
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
    quote = connection.ops.quote_name
    names = ", ".join(quote(f.column) for f in fields)
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({', '.join(['%s'] * len(fields))})"
    return sql, [[f.get_db_prep_save(row[f.attname], connection) for f in fields] for row in rows]


def _update(model: type[models.Model], pk: Any, values: dict[str, Any]) -> tuple[str, list[list[Any]]]:
    """Return what changes one row."""
    named = {f.attname: f for f in model._meta.concrete_fields}
    quote = connection.ops.quote_name
    changes = ", ".join(f"{quote(named[name].column)} = %s" for name in values)
    key = model._meta.pk
    sql = f"UPDATE {quote(model._meta.db_table)} SET {changes} WHERE {quote(key.column)} = %s"
    given = [named[name].get_db_prep_save(value, connection) for name, value in values.items()]
    return sql, [[*given, key.get_db_prep_save(pk, connection)]]


@dataclass(frozen=True)
class Named:
    """What an address or a field can name, and what else an address that fits it must name."""

    value: Any
    goes_with: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(repr=False)
class World:
    """W: its people, what an address can name in it, and what can be hidden."""

    folder: Path
    agencies: dict[str, Agency] = field(default_factory=dict)
    people: dict[str, Account] = field(default_factory=dict)
    cookies: dict[str, Any] = field(default_factory=dict)
    joint: Any = None
    own: Any = None
    hidden: dict[str, Hidden] = field(default_factory=dict)
    there: dict[str, list[Named]] = field(default_factory=dict)
    withheld: dict[str, dict[str, list[Named]]] = field(default_factory=dict)  # by scene
    files: dict[str, Path] = field(default_factory=dict)
    sealed: Sealed = field(default_factory=dict)
    keys: Keys = field(default_factory=set)

    def __repr__(self) -> str:
        """Return a name: written out, it is every row there is, and each stratum of examples names it."""
        return "World"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Say the same to Hypothesis, which writes a dataclass out by its fields whatever its ``repr``."""
        printer.text(repr(self))

    def officer(self, who: str) -> Any:
        """Return the law's view of somebody as it stands now."""
        return self.people[who].as_officer()

    def store(self, hidden: Iterable[Hidden] = ()) -> None:
        """Put the evidence store and the key ring back as they were, with what ``hidden`` put there."""
        hidden = list(hidden)
        sealed = dict(self.sealed)
        for each in hidden:
            sealed |= each.sealed
        now = _sealed(self.folder)
        for path in now.keys() - sealed.keys():
            path.unlink()
        for path in (p for p, data in sealed.items() if now.get(p) != data):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.unlink(missing_ok=True)
            path.write_bytes(sealed[path])
            path.chmod(0o400)
        keys = self.keys.union(*(each.keys for each in hidden))
        if _keys(self.folder) != keys:
            with sqlite3.connect(self.folder / "keys" / "case-keys.sqlite3", isolation_level=None) as base:
                for table in ("case_key", "erased"):
                    base.execute(f"DELETE FROM {table}")
                    rows = [(case, value) for name, case, value in keys if name == table]
                    base.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)


def _sealed(folder: Path) -> Sealed:
    return {p: p.read_bytes() for p in (folder / "evidence").rglob("*") if p.is_file()}


def _keys(folder: Path) -> Keys:
    base = sqlite3.connect(folder / "keys" / "case-keys.sqlite3")
    try:
        return {
            (table, bytes(case), value)
            for table in ("case_key", "erased")
            for case, value in base.execute(f"SELECT * FROM {table}")
        }
    finally:
        base.close()


# --- W --------------------------------------------------------------------------------------------------


@contextmanager
def made(folder: Path) -> Iterator[World]:
    """Make W inside a transaction that is undone at the end; call it where the database may be used."""
    world = World(folder)
    for name in ("evidence", "keys", "files"):
        (folder / name).mkdir(mode=0o700)
    (folder / "keys" / "secret").write_text("for a test")
    with ExitStack() as stack:
        stack.enter_context(
            override_settings(
                PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
                DESK=folder,
                EVIDENCE_ROOT=folder / "evidence",
                KEY_FOLDER=folder / "keys",
                HOLDINGS_ROOT=folder / "holdings",
                INTAKE_ROOTS=[""],
                ALLOWED_HOSTS=["*"],
            )
        )
        stack.enter_context(transaction.atomic())
        try:
            with clock.at(NOW - timedelta(days=2)):
                _people(world)
                _draw(world)
                _cases(world)
                _work(world)
            with clock.at(NOW - timedelta(hours=5)):  # what waits for a second person waits for a day at most
                it, au = (world.agencies[short] for short in ("IT", "AU"))
                held = {"case": world.joint, "refusal": "", "origin": "found"}
                _custody(world, _media(owner=au, codes="H0", **held)[0])
                _urgent(world, _media(owner=it, **held)[0])
            world.sealed, world.keys = _sealed(folder), _keys(folder)
            with clock.at(NOW - timedelta(hours=3)):
                before = everything()  # and before each scene again, since each is undone
                for name, (act, hits) in SCENES.items():
                    world.hidden[name] = _remembered(world, name, act, hits, before)
            world.hidden["acts"] = Hidden("acts", live=lambda: _acts(world))
            _log_in(world)
            _pools(world)
            yield world
        finally:
            transaction.set_rollback(True)


def _people(world: World) -> None:
    for short, kind in [
        ("IT", "national unit"),
        ("AU", "third country unit"),
        ("DK", "national unit"),
        ("FR", "national unit"),
        ("EU", "coordination centre"),
    ]:
        world.agencies[short] = Agency.objects.create(
            short=short, name=f"Unit {short}", country=short, kind=kind, contact=f"desk@{short}.example"
        )
    usual = ["victim-identification", "safeguarding", "prosecution"]
    for who, number, roles, purposes in [
        ("it", "IT-1001", ["examiner"], usual),
        ("it_second", "IT-1002", ["investigator"], usual),
        ("it_third", "IT-1003", ["examiner"], usual),
        ("it_admin", "IT-9001", ["administrator"], usual),
        ("it_dpo", "IT-9002", ["data protection officer"], ["data-protection-audit"]),
        ("au", "AU-1001", ["examiner"], usual),
        ("au_second", "AU-1003", ["examiner"], usual),
        ("au_reader", "AU-1002", ["examiner"], usual),
        ("au_dpo", "AU-9002", ["data protection officer"], ["data-protection-audit"]),
        ("dk", "DK-1001", ["examiner"], usual),
        ("dk_second", "DK-1002", ["examiner"], usual),
        ("fr", "FR-1001", ["examiner"], usual),
        ("eu", "EU-1001", ["coordinator"], usual),
    ]:
        world.people[who] = Account.objects.create_user(
            number, password=PASSWORD, agency=world.agencies[number[:2]], roles=roles, purposes=purposes
        )


def _draw(world: World) -> None:
    """Draw the files: ``shared`` is held by a visible item too, ``withheld`` by a hidden one."""
    at = world.folder / "files"

    def keep(name: str, data: bytes) -> None:
        (at / Path(name).parent).mkdir(exist_ok=True)
        (at / name).write_bytes(data)

    keep("it/one.png", encoded(scene(seed=1), "PNG"))
    keep("it/two.jpg", encoded(scene(seed=1), "JPEG", quality=80))
    keep("it/three.png", encoded(scene(seed=3), "PNG"))
    keep("it/broken.png", b"no picture")
    keep("au/four.png", encoded(scene(seed=4), "PNG"))
    keep("au_own/five.png", encoded(scene(seed=5), "PNG"))
    keep("search/room.jpg", encoded(scene(seed=3), "JPEG", quality=70))
    keep("withheld/six.png", encoded(scene(seed=6), "PNG"))
    keep("withheld/seven.jpg", encoded(scene(seed=6), "JPEG", quality=75))
    keep("withheld/four.png", encoded(scene(seed=4), "PNG"))  # the bytes of AU's item
    keep("withheld/three.jpg", encoded(scene(seed=3), "JPEG", quality=60))
    keep("withheld_erased/eight.png", encoded(scene(seed=8), "PNG"))
    keep("withheld_search/room.jpg", encoded(scene(seed=1), "JPEG", quality=50))
    clip(at / "withheld" / "film.mp4", seconds=1.0)
    keep("upload/fresh.png", encoded(scene(seed=20), "PNG"))
    keep("upload/page.html", b"<!doctype html><p>a lane")
    keep("upload/tip.json", json.dumps(police()).encode())
    keep("upload/broken.png", b"\x89PNG\r\n\x1a\n nothing")
    world.files = {
        "fresh": at / "upload/fresh.png",
        "broken": at / "upload/broken.png",
        "tip": at / "upload/tip.json",
        "ticks": at / "upload/ticks.json",
        "shared": at / "au/four.png",
        "withheld": at / "withheld/six.png",
        "archive": at / "upload/two.zip",
        "page": at / "upload/page.html",
    }
    with ZipFile(world.files["archive"], "w") as archive:
        for name in ("fresh", "withheld"):
            archive.writestr(ZipInfo(f"{name}.png"), world.files[name].read_bytes())


def _run_queue() -> None:
    jobs.work(Event(), until_empty=True)


def _take_in(world: World, who: str, case: Case, folder: str, codes: str, origin: str = "found") -> None:
    text = "only after a call" if "H3" in codes else ""
    intake = Intake("disk", origin, tuple(codes.split()), text)
    receive(world.officer(who), VI, case, [world.folder / "files" / folder], intake)
    _run_queue()


def _media(**which: Any) -> list[Media]:
    with guard.system("choose items in a test"):
        return list(Media.objects.filter(**which).order_by("made_at", "number"))


_LISTS = itertools.count(1)


def _list(world: World, who: str, name: str, items: Iterable[Media]) -> HashList:
    path = world.folder / f"{uuid4()}.csv"
    lines = ["md5,category", *(f"{m.md5},1" for m in items), "0" * 32 + ",2"]
    path.write_text("\n".join(lines) + "\n")
    held = import_list(
        world.officer(who), VI, path, name=name, format="hashlist", options=ReadOptions(profile="")
    )
    with guard.system("scenes are laid out one by one and put together: their deliveries are numbered apart"):
        apart = 100 * next(_LISTS)
        held.versions.update(serial=F("serial") + apart)
        held.entries.update(serial=F("serial") + apart)
    return held


MEMBERS = [
    ("au", "lead"),
    ("au_second", "lead"),
    ("au_reader", "reader"),
    ("it_third", "lead"),
    ("dk", "member"),
]


def _cases(world: World) -> None:
    opened = {"victim_number": "V-1", "discovered_at": NOW - timedelta(days=3)}
    world.joint = open_case(world.officer("it"), VI, number="JOINT-1", title="Operation Larch", **opened)
    world.own = open_case(world.officer("au"), VI, number="AU-1", title="Operation Oak", **opened)
    with guard.system("members and milestones of the joint case"):
        for who, part in MEMBERS:
            Membership.objects.create(case=world.joint, account=world.people[who], part=part)
        for stage in Stage:
            Milestone.reach(world.joint, stage, "in a test", by=world.people["it"].pk)
    _list(world, "au", "Known", [])
    _take_in(world, "it", world.joint, "it", "H0")
    _take_in(world, "au", world.joint, "au", "H0")
    _take_in(world, "au", world.joint, "au_own", "H2")
    _take_in(world, "it", world.joint, "search", "H0", "search")
    _take_in(world, "au", world.own, "au", "H0")


def _work(world: World) -> None:
    """Do what every step does, so that each address has a row to name."""
    it, au, joint = world.officer("it"), world.officer("au"), world.joint
    one, two, three = _media(case=joint, owner=it.agency, refusal="", origin="found")[:3]
    four, five = _media(case=joint, owner=au.agency)
    clues = []
    for who, media, kind, value in [
        (it, one, ClueKind.COUNTRY, "IT"),
        (au, four, ClueKind.OBJECT, "a lamp"),
        (it, three, ClueKind.OBJECT, "a chair"),
        (au, five, ClueKind.PHONE_NUMBER, "+39 0171 445566"),
    ]:
        region = Region(0.1, 0.1, 0.5, 0.5)
        clues.append(examine.mark(who, VI, media, kind=kind, value=value, region=region))
    examine.confirm(it, VI, _proposed_clue(it, one))
    crop = examine.crop(au, VI, four, Region(0.1, 0.1, 0.5, 0.5))
    seen = examine.observe(it, VI, one, "a white socket", region=Region(0.1, 0.1, 0.2, 0.2))
    examine.set_aside(it, VI, examine.observe(au, VI, four, "a curtain"))
    outline = [(0.1, 0.1), (0.5, 0.1), (0.3, 0.6)]
    made = examine.mark(
        it, VI, one, kind=ClueKind.OBJECT, value="a socket", polygon=outline, observation=seen
    )
    again = {"edition": examine.edition_of(made), "kind": ClueKind.OBJECT, "value": "a white socket"}
    examine.edit(it, VI, made, **again)
    examine.note(it, VI, one, "a note")
    examine.note(au, VI, one, "a note kept at home", within=world.own)
    _look(au, four)
    examine.review(it, VI, joint, [one.number, two.number], "done")
    examine.review(au, VI, joint, [four.number], "again")
    first = examine.keep(au, VI, joint, {"kind": "picture"}, None)
    examine.keep(au, VI, joint, {"kind": "picture", "clue": "yes"}, first)
    examine.hand_over(au, VI, first, world.people["au_second"])
    link.gather(it, VI, joint, [one, two])
    link.cameras.know(it, VI, joint, [one, two, three])
    link.cameras.ask_to_compare(it, VI, joint)
    link.gather(au, VI, joint, [four, five])
    _list(world, "au", "Of ours", [four])
    check(au, VI, joint)
    link.ask_to_compare(au, VI, joint)
    link.ask_to_find(au, VI, four, Region(0.1, 0.1, 0.6, 0.6), None)
    _run_queue()
    due = NOW + timedelta(days=5)
    for who, to in [("it", "FR"), ("au", "FR"), ("au", "DK"), ("it", "AU")]:
        cooperate.ask(
            world.officer(who),
            VI,
            joint,
            question=f"Which town, asks {who}?",
            agencies=[world.agencies[to]],
            due=due,
            crop=crop if who == "au" else None,
        )
    with guard.system("dispatches in a test"):
        sent = list(Dispatch.objects.filter(addressed__short__in=["FR", "DK"]).select_related("addressed"))
    for n, each in enumerate(sent):
        who = each.addressed.short.lower()
        answer = cooperate.answer(
            world.officer(who), VI, each, kind="answer", text="x", clue_kind="country", clue_value="PT"
        )
        if n == 0:
            with guard.system("the asker in a test"):
                owner = "au" if each.owner_id == au.agency else "it"
            cooperate.take(world.officer(owner), VI, answer)
    crosscheck.check(au, VI, joint, kinds=["hash"])
    _pin(world, "au", "au_second")
    _place(au, joint, "a house", ("H2",), clues[1])
    _place(it, joint, "a flat", ("H0",), clues[0])
    _online(it, joint, "forest.walker", ("H0",))
    _brought(it, joint, b"1", ("H0",))
    told = [("It is in Italy.", "fact", [clues[0].pk], "X4")]
    issue(it, world.officer("it_third"), joint, statements=told)
    product = issue(au, world.officer("au_second"), joint, statements=told)
    noted = inform.draft(au, VI, joint, statements=told, kind=Kind.SITUATION)
    inform.remark(world.officer("au_second"), VI, noted, "which item?", "S1")
    for who, to in ((it, "AU"), (au, "FR")):
        named = suspects.set_down(who, VI, joint, THOUGHT)
        investigations.ask(who, VI, named, world.agencies[to], because="he posts there")
        deconfliction.add_identifier(who, VI, named, kind="screen name", text="night_owl")
    _force(world, "it", joint, "au", world.own)
    seize.list_element(au, VI, joint, name="a lamp", crop=crop)
    seize.list_element(it, VI, joint, name="a chair", clue=clues[2])
    _sheets(world, au, it)
    seize.compare(au, VI, joint)
    seize.compare(it, VI, joint)
    close.record_outcome(it, VI, joint, "child safe", "")
    _run_queue()
    with guard.system("one of each in a test"):
        Reshare.objects.create(
            media=one,
            source="board",
            because="met again",
            case=joint,
            owner=world.agencies["IT"],
            made_by=world.people["it"],
        )
        assert product and _exists(Estimate, joint) and _exists(Priority, joint)


def _force(world: World, *brought: Any) -> None:
    """The centre opens a task force; each agency named takes a seat and brings a case; France is invited."""
    eu = world.officer("eu")
    force = task_forces.open_force(eu, VI, name="Spring", about="new series", circle_known=True)
    task_forces.invite(eu, VI, force, world.agencies["FR"])
    for who, case in zip(brought[::2], brought[1::2], strict=True):
        officer = world.officer(who)
        seat = task_forces.invite(eu, VI, force, world.people[who].agency)
        task_forces.bring(officer, VI, task_forces.answer(officer, VI, seat, join=True), case)


def _custody(world: World, four: Media) -> None:
    """Exhibits in other hands, and originals asked for a court: one is waiting, one is confirmed."""
    it, au, joint = world.officer("it"), world.officer("au"), world.joint
    ours = seize.exhibit(au, VI, joint, number="E1", description="a phone", media=four)
    theirs = seize.exhibit(it, VI, joint, number="E2", description="a disk")
    third = seize.exhibit(au, VI, joint, number="E3", description="a card")
    way = {"from_place": "the store", "to_place": "the lab", "why": "to examine", "seal_state": "intact"}
    seize.hand_over(it, VI, theirs, to=world.people["au"], when=clock.now(), **way)
    seize.hand_over(au, VI, ours, to=world.people["au_second"], when=clock.now(), **way)
    given = seize.hand_over(au, VI, third, to=world.people["au_second"], when=clock.now(), **way)
    seize.sign(world.officer("au_second"), VI, given, when=clock.now())
    seize.correct(au, VI, third, given.pk, "it was the other lab")
    seize.ask(au, joint, to=world.agencies["FR"], items=[four])
    asked = seize.ask(au, joint, to=world.agencies["EU"], exhibits=[ours], items=[four])
    seize.confirm(world.officer("au_second"), asked, count=1)


def _urgent(world: World, foreign: Media) -> None:
    """Australia breaks the glass for an item of Italy's; France asks to read the case."""
    au, safe = world.officer("au"), Purpose.SAFEGUARDING
    asked = emergency.ask_to_disclose(au, safe, foreign, world.agencies["FR"], "V-1 is at risk")
    emergency.confirm(world.officer("au_second"), safe, asked)
    emergency.ask_to_disclose(au, safe, foreign, world.agencies["DK"], "V-1 is at risk")
    with guard.system("choose in a test"):
        sent = Dispatch.objects.filter(addressed=world.agencies["FR"], owner=world.agencies["IT"]).first()
    emergency.ask_to_read(world.officer("fr"), safe, sent, "V-1 is at risk")


def _exists(model: type[models.Model], case: Case) -> bool:
    return model._base_manager.filter(case=case).exists()


def _proposed_clue(officer: Any, media: Media) -> Clue:
    with guard.system("a proposed clue in a test"):
        made_, _ = Clue.objects.get_or_create(
            media=media,
            kind="country",
            state="proposed",
            defaults={
                "value": "FR",
                "group": "objects",
                "source": "s",
                "because": "b",
                "method": "m",
                "version": "1",
                "case_id": media.case_id,
                "owner_id": officer.agency,
                "made_by_id": officer.id,
            },
        )
        return made_


# --- what is hidden -------------------------------------------------------------------------------------


def _withheld_files(world: World) -> None:
    """Files of Italy's at H2, one with the bytes of a visible item, and what follows from them by itself."""
    _take_in(world, "it", world.joint, "withheld", "H2")


def _withheld_work(world: World) -> None:
    """H3 files and everything that people make of them."""
    it, joint = world.officer("it"), world.joint
    _take_in(world, "it", joint, "withheld", "H3")
    items = [m for m in _media(case=joint, codes="H3") if not m.refusal]
    picture = next(m for m in items if m.kind == "picture")
    film = next(m for m in items if m.kind == "video")
    clue = examine.mark(it, VI, picture, kind=ClueKind.COUNTRY, value="NZ", region=Region(0.1, 0.1, 0.4, 0.4))
    examine.withdraw(it, VI, clue)
    thing = examine.mark(it, VI, film, kind=ClueKind.OBJECT, value="a red lamp", start=0.0)
    phone = examine.mark(it, VI, picture, kind=ClueKind.PHONE_NUMBER, value="+39 0171 445566")
    crop = examine.crop(it, VI, picture, Region(0.1, 0.1, 0.5, 0.5))
    kept = examine.note(it, VI, picture, "a withheld note")
    examine.edit_note(it, VI, kept, "a withheld note, changed", edition=examine.edition_of(kept))
    seen = examine.observe(it, VI, picture, "a withheld socket", region=Region(0.1, 0.1, 0.2, 0.2))
    examine.mark(it, VI, picture, kind=ClueKind.OBJECT, value="a withheld lamp", observation=seen)
    _look(it, picture, read_restriction=True)
    examine.review(it, VI, joint, [m.number for m in items], "again")
    made = link.gather(it, VI, joint, items)
    link.cameras.know(it, VI, joint, [m for m in items if m.kind == "picture"][:3])
    link.cameras.ask_to_compare(it, VI, joint)
    step = examine.keep(it, VI, joint, {"series": made.name}, None)
    examine.hand_over(it, VI, step, world.people["it_third"])
    seize.list_element(it, VI, joint, name="a red lamp", clue=thing)
    seize.list_element(it, VI, joint, name="a box", crop=crop)
    seize.make_sheet(it, VI, joint, no_person=True)
    seize.exhibit(it, VI, joint, number="E-HIDDEN", description="a disk", media=picture)
    _place(it, joint, "a withheld house", ("H2",), thing)
    _online(it, joint, "forest_walker7", ("H2",))
    _brought(it, joint, b"2", ("H2",))
    with guard.system("choose in a test"):
        seen = CandidatePlace.objects.filter(case=joint, owner=it.agency, codes="H0").first()
    if seen is not None:
        locate.judge(it, VI, seen, [phone], says="fails", because="another area")
    locate.weigh(it, VI, joint)
    prioritise.rank(it, VI, joint)
    told = [("It is in New Zealand.", "fact", [phone.pk], "X4")]
    made = issue(it, world.officer("it_third"), joint, statements=told)
    inform.remark(it, VI, inform.draft(it, VI, joint, statements=told, corrects=made, because="x"), "no")
    _run_queue()


def _in_a_series(world: World) -> None:
    """A withheld item is put into a series that others see, and every link of one to another is accepted."""
    it, joint = world.officer("it"), world.joint
    _take_in(world, "it", joint, "withheld", "H2")
    with guard.system("choose in a test"):
        series = Series.objects.filter(case=joint, owner=it.agency).order_by("made_at").first()
        ours = {"case": joint, "a__owner": it.agency, "b__owner": it.agency, "state": "proposed"}
        near = list(
            Link.objects.filter(codes__contains="H2", **ours).order_by("a__number", "b__number", "kind")
        )
    link.move(it, VI, _media(case=joint, owner=it.agency, codes="H2")[0], series)
    for each in near:  # of an item in the series and of others, in a series or in none
        with suppress(link.SeriesRefused):
            link.accept(it, VI, each)
    _run_queue()


def _withheld_search(world: World) -> None:
    """Photographs of a search at H2, and what was met in them."""
    it, joint = world.officer("it"), world.joint
    _take_in(world, "it", joint, "withheld_search", "H2", "search")
    _take_in(world, "it", joint, "withheld", "H2", "seized")
    seize.compare(it, VI, joint)
    with guard.system("choose in a test"):
        ours = {"case": joint, "owner": it.agency, "element__owner": it.agency}
        met = ElementMatch.objects.filter(codes__contains="H2", **ours).first()
    if met is not None:
        seize.decide(it, VI, met, same=True)


def _place(officer: Any, case: Case, name: str, codes: tuple[str, ...], clue: Clue) -> CandidatePlace:
    """Enter a place with a capture, tie it to a clue, and propose it as the home."""
    place = locate.enter(officer, VI, case, place=name, because="a view", codes=codes)
    page = f"<!doctype html><p>{name}".encode()
    told = {
        "name": "page.html",
        "address": "https://x.example/",
        "taken_at": clock.now() - timedelta(hours=1),
    }
    locate.keep_page(officer, VI, place, page, codes=codes, **told)
    locate.judge(officer, VI, place, [clue], says="explains", because="the view")
    locate.judge_rest(officer, VI, place, because="true of any house")
    locate.propose_home(officer, VI, place, because="a view")
    return place


def _sheets(world: World, au: Any, it: Any) -> None:
    """Each makes a sheet, what was ticked on both is taken in; one file more waits."""
    for officer in (it, au):
        row, _ = seize.make_sheet(officer, VI, world.joint, no_person=True)
        told = {"format": "entente-search-ticks", "version": 1, "sheet": row.digest, "by": "AU-1002"}
        tick = {"answer": "found", "place": "hall", "note": "", "at": "2026-06-01T10:00:00Z"}
        numbers = [int(n) for n in row.elements]
        seize.take_ticks(
            officer, VI, world.joint, json.dumps(told | {"ticks": [tick | {"element": numbers[0]}]}).encode()
        )
        more = told | {"ticks": [tick | {"element": n, "answer": "not here"} for n in numbers]}
        world.files["ticks"].write_text(json.dumps(more))


def _brought(officer: Any, case: Case, told: bytes, codes: tuple[str, ...]) -> None:
    """Bring a report of one account, one number and one file; the limited process is not asked here."""
    from entente.casework.crosscheck.service.brought import bringing, reading

    mark = told.decode()
    said = {
        **{"form": "cybertip-json", "number": "12", "sender": "A service", "at": "", "facts": []},
        **{"left_out": [], "refused": []},
        "parts": [
            {"kind": kind, "value": value, "where": "person 1", "about": ""}
            for kind, value in (
                ("account", {"name": f"elm{mark}"}),
                ("phone number", {"number": "+39 0171 445566"}),
                ("file", {"md5": mark * 32}),
            )
        ],
    }
    asked = reading._asked
    reading._asked = lambda *_: said
    try:
        bringing.bring(officer, VI, case, told, form="cybertip-json", codes=codes)
    finally:
        reading._asked = asked


def _online(officer: Any, case: Case, name: str, codes: tuple[str, ...]) -> None:
    """Record an account with its hours, a line, and a clue that it proposes."""
    day = (NOW - timedelta(days=9)).date()
    told = {"source": "a platform", "basis": "an order", "since": day, "until": day}
    row = crosscheck.record_account(
        officer, VI, case, platform="a board", name=name, category="suspect", codes=codes, **told
    )
    times = "".join(f"{day}T{n % 6 + 16}:00:00Z\n" for n in range(40))
    crosscheck.take_times(officer, VI, row, f"{times}# {name}\n".encode(), name="times.csv")
    crosscheck.propose_hours(officer, VI, row)
    line = {"kind": "other name", "value": f"{name}x", "said": "assessment", "evaluation": "C3"}
    crosscheck.add_line(officer, VI, row, because="the same picture", **line)


def _hidden_case(world: World) -> None:
    """A case of Italy's with the same files, dates and people's parts as the joint one, at TLP:RED."""
    it = world.officer("it")
    case = open_case(
        it,
        VI,
        number="HIDDEN-1",
        title="Operation Yew",
        victim_number="V-1",
        discovered_at=NOW - timedelta(days=3),
        audience="TLP:RED",
    )
    with guard.system("members in a test"):
        Membership.objects.create(case=case, account=world.people["dk"], part="member")
    it = world.officer("it")
    _take_in(world, "it", case, "it", "H0")
    _take_in(world, "it", case, "withheld", "H0")
    items = [m for m in _media(case=case) if not m.refusal]
    examine.mark(it, VI, items[0], kind=ClueKind.PHONE_NUMBER, value="+39 0171 445566")
    clue = examine.mark(
        it, VI, items[0], kind=ClueKind.COUNTRY, value="IT", region=Region(0.1, 0.1, 0.4, 0.4)
    )
    link.gather(it, VI, case, items[:2])
    cooperate.ask(
        it, VI, case, question="Whose?", agencies=[world.agencies["DK"]], due=NOW + timedelta(days=2)
    )
    _place(it, case, "a house", ("H2",), clue)
    with guard.system("a second person in a test"):
        Membership.objects.create(case=case, account=world.people["it_third"], part="member")
    told = [("It is in Italy.", "fact", [clue.pk], "X4")]
    issue(world.officer("it"), world.officer("it_third"), case, statements=told)
    seize.list_element(it, VI, case, name="a lamp", clue=clue)
    worked_on = suspects.set_down(it, VI, case, THOUGHT)
    for text in ("red_owl", "night_owl"):
        deconfliction.add_identifier(it, VI, worked_on, kind="screen name", text=text)
    close.record_outcome(it, VI, case, "child safe", "")
    _run_queue()


def _suspects(world: World) -> None:
    """Italy withholds a suspect of the joint case, is paused with Denmark, and asks it to investigate."""
    it, dk, joint = world.officer("it"), world.officer("dk"), world.joint
    asked = suspects.set_down(it, VI, joint, THOUGHT, codes=["H2"])
    sent = investigations.ask(it, VI, asked, world.agencies["DK"], because="withheld")
    investigations.answer(dk, VI, sent, take_on=True, because="withheld")
    suspects.restate(it, VI, asked, THOUGHT)
    for who in (it, dk):
        held = suspects.set_down(who, VI, joint, THOUGHT, codes=["H2"])
        deconfliction.add_identifier(who, VI, held, kind="screen name", text="withheld_owl")


def _task_force(world: World) -> None:
    """Italy brings a further case and a series of its own to the task force in which Australia has a seat."""
    it = world.officer("it")
    with guard.system("choose in a test"):
        seat = Seat.objects.get(addressed=it.agency)
        series = Series.objects.filter(case=world.joint, owner=it.agency).first()
    opened = {"victim_number": "V-2", "discovered_at": NOW - timedelta(days=3)}
    case = open_case(it, VI, number="HIDDEN-2", title="Operation Ash", **opened)
    it = world.officer("it")
    task_forces.bring(it, VI, seat, case)
    task_forces.bring(it, VI, seat, world.joint, series)
    task_forces.bring(it, VI, seat, case, kept=True)


def _hash_list(world: World) -> None:
    """Lists of others with the hashes of visible items, one of the name that the asker may choose."""
    items = [m for m in _media(case=world.joint) if m.md5]
    _list(world, "dk", "Secret list", items)
    _list(world, "dk", "A new list", items)
    _not_matched_backwards()


def _not_matched_backwards() -> None:
    with guard.system("that an item is known to some list is told by design: what else tells of the list?"):
        Job.objects.filter(task="match.backwards", status="ready").delete()


def _list_that_matched(world: World) -> None:
    """Italy compares the joint case with a list of its own: its verdicts are its own."""
    items = [m for m in _media(case=world.joint, owner=world.agencies["IT"]) if m.md5]
    _list(world, "it", "Secret list", items)
    check(world.officer("it"), VI, world.joint)
    _run_queue()
    with guard.system("choose in a test"):
        ours = list(Match.objects.filter(case=world.joint, owner=world.agencies["IT"]))
    assert ours
    for match in ours:  # that an item is known to some list is told by design, until that is refused
        decide_match(world.officer("it"), VI, match, confirmed=False)
    _run_queue()  # what follows a decision


def _requests(world: World) -> None:
    """Italy asks Denmark, is answered at H2 and takes the answer; a release of it is taken back."""
    it, dk, joint = world.officer("it"), world.officer("dk"), world.joint
    asked = cooperate.ask(
        it,
        VI,
        joint,
        question="Withheld?",
        agencies=[world.agencies["DK"]],
        due=NOW + timedelta(days=1),
        codes=["H2"],
    )
    with guard.system("choose in a test"):
        sent = Dispatch.objects.get(request=asked)
    given = cooperate.answer(
        dk,
        VI,
        sent,
        kind="answer",
        text="withheld",
        clue_kind="country",
        clue_value="NZ",
        codes=["H2"],
    )
    clue = cooperate.take(it, VI, given)
    with guard.system("a release that was taken back, in a test"):
        Release.objects.create(
            thing=given.pk,
            by=world.agencies["DK"],
            to=world.agencies["EU"],
            expires=NOW + timedelta(days=9),
            withdrawn=clock.now(),
        )
    assert clue
    _run_queue()


def _own_check(world: World) -> None:
    """Italy's own cross-check, what it hit, and what it asked the owner of a list that was hit."""
    it = world.officer("it")
    _list(world, "dk", "A third list", [m for m in _media(case=world.joint) if m.md5])
    _not_matched_backwards()
    phone = {"phone": ["+39 0171 445566"]}
    crosscheck.check(it, VI, world.joint, kinds=["hash", "phone"], named=phone)
    with guard.system("what is addressed to the asker is the asker's, in a test"):
        Dispatch.objects.filter(owner_id=it.agency, addressed=world.agencies["AU"], state="sent").filter(
            question=crosscheck.LIST_QUESTION
        ).delete()
        # so is that Italy met an item of Australia's own case
        Lead.objects.filter(owner=world.agencies["AU"]).delete()


def _disclosure(world: World) -> None:
    """Italy lets its product and the case go to Denmark."""
    it, dk, joint = world.officer("it"), world.officer("dk"), world.joint
    with guard.system("choose in a test"):
        product = Product.objects.filter(case=joint, owner=it.agency).select_related("case").first()
    given = inform.disclose(it, VI, product, world.agencies["DK"])
    inform.acknowledge(dk, VI, inform.open_delivery(dk, VI, given))
    asked = inform.ask_back(it, VI, given, question="Known?", due=NOW + timedelta(days=9))
    inform.answer_back(dk, VI, asked, "Not yet.")
    inform.export_case(it, VI, joint, to=world.agencies["DK"], stream=io.BytesIO())


def _feedback(world: World) -> None:
    """Denmark's contributors are told, and Italy decides on something of its own."""
    it, dk, joint = world.officer("it"), world.officer("dk"), world.joint
    close.tell_contributors(it, VI, joint)
    with guard.system("one of each in a test"):
        held = {"case": joint, "owner_id": it.agency, "made_by_id": it.id, "codes": "H2"}
        one = _media(case=joint, owner=it.agency)[0]
        Reshare.objects.create(media=one, source="withheld board", because="met again", **held)
        # feedback that is addressed to the asker is the asker's: only the others' is hidden
        from entente.records.models import Feedback

        Feedback.objects.exclude(addressed_id=dk.agency).filter(made_by_id=it.id).delete()


OF_A_CASE = {Case, Membership, Milestone, apps.get_model("records", "Stub")}  # a hidden case brings its own


def _one_of_each(world: World) -> None:
    """A row of Denmark's own in every guarded table, at H2 where it is of the joint case."""
    made: dict[type[models.Model], Any] = {}
    with guard.system("one of each in a test"):
        for model in apps.get_models():
            if model._meta.db_table in guard.GUARDED.keys() - APART and model not in OF_A_CASE:
                _one(world, model, made)


def _one(world: World, model: type[models.Model], made: dict[type[models.Model], Any]) -> Any:
    """Return a row of Denmark's, with nothing in it but what must be."""
    if model in made:
        return made[model]
    given: dict[str, Any] = {}
    for each in model._meta.concrete_fields:
        if each.primary_key:
            continue
        if each.name in {"codes"}:
            given[each.name] = "H2"
        elif isinstance(each, models.ForeignKey):
            if not each.null or each.name in {"addressed", "made_by"}:
                given[each.name] = _other(world, each.related_model, made)
        elif isinstance(each, models.UUIDField) and not each.has_default():
            given[each.name] = uuid4()
        elif not each.has_default() and not each.null and not getattr(each, "blank", False):
            given[each.name] = _plain(each)
    row = model(**given)
    model._base_manager.bulk_create([row])
    made[model] = row
    return row


def _other(world: World, model: type[models.Model], made: dict[type[models.Model], Any]) -> Any:
    fixed = {Case: world.joint, Agency: world.agencies["DK"], Account: world.people["dk"]}
    return fixed.get(model) or _one(world, model, made)


def _plain(of: models.Field[Any, Any]) -> Any:
    """Return a value that fits a column."""
    if type(of) is models.DateField:
        return NOW.date()
    if isinstance(of, models.DateTimeField):
        return clock.now() - timedelta(hours=1)
    if isinstance(of, models.JSONField):
        return {}
    if isinstance(of, models.BooleanField):
        return False
    if isinstance(of, models.IntegerField | models.FloatField):
        return 78_000_001
    choices = [c[0] for c in of.choices or ()]
    return choices[0] if choices else "hidden"[: of.max_length or 6]


def _release_of_hidden(world: World) -> None:
    """A withheld item has a further originator, and leave to go to a third agency."""
    with guard.system("releases in a test"):
        held = {
            "case": world.joint,
            "owner": world.agencies["IT"],
            "codes": "H2",
            "made_by": world.people["it"],
        }
        hidden = Media.objects.create(number=77_000_001, source="disk", kind="picture", **held)
        Originator.objects.create(thing=hidden.pk, agency=world.agencies["DK"])
        for by in ("IT", "DK"):
            Release.objects.create(
                thing=hidden.pk,
                by=world.agencies[by],
                to=world.agencies["EU"],
                expires=NOW + timedelta(days=9),
            )


def _emergency(world: World) -> None:
    """Denmark breaks the glass for an item of Italy's: told to Italy alone."""
    with guard.system("choose in a test"):
        media = Media.objects.filter(case=world.joint, owner=world.agencies["IT"], refusal="").last()
    dk, safe = world.officer("dk"), Purpose.SAFEGUARDING
    asked = emergency.ask_to_disclose(dk, safe, media, world.agencies["FR"], "a withheld reason")
    emergency.confirm(world.officer("dk_second"), safe, asked)


def _notices(world: World) -> None:
    """Denmark and Italy tell each other of every kind of thing."""
    with guard.system("notices in a test"):
        for kind in KINDS:
            for of, to in (("DK", "IT"), ("IT", "DK")):
                told = {"owner": world.agencies[of], "addressed": world.agencies[to]}
                Notice.objects.create(**told, kind=kind, text="withheld")


def _clocks(world: World) -> None:
    """A provider's limit and a restriction on withheld items, and the tombstone of another one."""
    it, joint = world.officer("it"), world.joint
    _take_in(world, "it", joint, "withheld_erased", "H2")
    _take_in(world, "it", joint, "withheld_search", "H2")
    kept, gone = (m for m in reversed(_media(case=joint, codes="H2", owner=it.agency)[-2:]))
    held = retention.limit(it, VI, kept, NOW + timedelta(days=20))
    with guard.system("a clock in a test"):
        held = Retention.objects.get(pk=held.pk)
    dpo = world.officer("it_dpo")
    retention.restrict(dpo, Purpose.DATA_PROTECTION_AUDIT, held, str(Ground.CONTESTED), "a withheld reason")
    erasure.erase(it, VI, gone, "a withheld reason")


def _for_a_court(world: World) -> None:
    """Italy hands an exhibit over, signs, corrects it, and writes a bundle for a court."""
    it, third, joint = world.officer("it"), world.officer("it_third"), world.joint
    one = _media(case=joint, owner=it.agency, refusal="", origin="found")[0]
    row = seize.exhibit(it, VI, joint, number="E-HIDDEN", description="a disk", media=one, codes=["H2"])
    way = {"from_place": "a", "to_place": "b", "why": "withheld", "seal_state": "intact"}
    step = seize.hand_over(it, VI, row, to=world.people["it_third"], when=clock.now(), **way)
    seize.sign(third, VI, step, when=clock.now())
    seize.correct(it, VI, row, step.pk, "withheld")
    asked = seize.ask(it, joint, to=world.agencies["DK"], exhibits=[row], items=[one])
    seize.confirm(third, asked, count=asked.items)
    seize.write_bundle(it, asked, io.BytesIO())
    seize.ask(it, joint, to=world.agencies["FR"], items=[one])


def _jobs(world: World) -> None:
    """Jobs of Italy's in every state, one of them in no case."""
    it = world.people["it"]
    for status in ("done", "failed"):
        for case in (world.joint.pk, None):
            Job.objects.create(
                task="match.check",
                case=case,
                account=it,
                purpose=str(VI),
                status=status,
                note="5 withheld files",
                error="of withheld files" if status == "failed" else "",
            )


def _pin(world: World, who: str, second: str) -> None:
    """Pin a card of a desk elsewhere with a basis, and leave another card and basis waiting."""
    one, two = world.officer(who), world.officer(second)
    row = circle.propose(one, VI, _card("PT", 1).text(), "third country unit")
    held = circle.confirm_card(two, VI, row, circle.words_of(row))
    told = {"ground": "adequacy decision", "reference": f"decision {who}", "since": NOW}
    for decided in (True, False):
        basis = circle.propose_basis(one, VI, held.agency, **told)
        if decided:
            circle.confirm_basis(two, VI, basis)
    circle.propose(one, VI, _card("ES", 2).text(), "national unit")
    _exchanged(world, who, held.agency)


def _exchanged(world: World, who: str, partner: Agency) -> None:
    """A package each way, and a clue and an item that the partner told of the joint case."""
    owner = world.officer(who).agency
    book = {"owner_id": owner, "partner": partner, "known_as": partner.pk, "kind": "things", "state": "taken"}
    day = {"purpose": str(VI), "issued": NOW, "expires": NOW + timedelta(days=30), "case": world.joint.pk}
    with guard.system("a package in a test"):
        for outgoing in (True, False):
            digest = f"{int(outgoing)}" * 64
            Package.objects.create(outgoing=outgoing, key=digest, number=1, digest=digest, **book, **day)
        PrivateCheck.objects.create(
            owner_id=owner, partner=partner, outgoing=False, asked=3, state="waits", by=world.people[who]
        )
        for kind, n in (("clue", 1), ("media", 2)):
            told = {"kind": "country", "value": "PT"} if kind == "clue" else {"md5": "0" * 32}
            row = PartnerThing.objects.create(
                case=world.joint, owner=partner, holder_id=owner, origin=partner.pk, kind=kind, version=1,
                thing=UUID(int=n << 70), statement={"body": told}, signature="", codes="H2",
            )  # fmt: skip
            Release.objects.create(
                thing=row.pk, by=partner, to_id=owner, granted=NOW, expires=NOW + timedelta(days=30)
            )


def _card(short: str, n: int) -> Card:
    """The card of an agency elsewhere; always the same, so that two desks may pin it."""
    public = str(x25519.Identity.from_str(IDENTITIES[n - 1]).to_public())
    told = (UUID(int=n << 64), f"Unit {short}", short, short, "desk@elsewhere.example")
    return Card(*told, signing=f"{n:064x}", encryption=public)


def _partners(world: World) -> None:
    """Italy pins the same partner, with a basis of its own, and another waits."""
    _pin(world, "it", "it_second")


def _accounts(world: World) -> None:
    """Denmark has one account more, and asks for another."""
    dk = world.agencies["DK"]
    Account.objects.create_user("DK-8888", password=PASSWORD, agency=dk, roles=["examiner"], purposes=[])
    apps.get_model("records", "AccountChange").objects.create(
        agency=dk, service_number="DK-7777", what="make", asked_by=world.people["dk"]
    )


def _acts(world: World) -> None:
    """Denmark and Italy act, and are refused: entries of the log that are not the asker's."""
    from entente.records import log
    from entente.safeguards.access import Act, Shape, Thing

    for who, act in [("dk", Act.READ), ("it", Act.REVEAL), ("it", Act.ALTER)]:
        thing = Thing(Shape.CASE, owner=world.agencies["IT"].pk, case=world.joint.pk, id=uuid4())
        log.append(world.officer(who), act, thing, VI, step="examine", reason="hidden", verb="denied")


SCENES: dict[str, tuple[Callable[[World], None], bool]] = {
    "withheld files": (_withheld_files, False),
    "withheld work": (_withheld_work, False),
    "in a series": (_in_a_series, False),
    "withheld search": (_withheld_search, False),
    "hidden case": (_hidden_case, False),
    "suspects": (_suspects, False),
    "task force": (_task_force, False),
    "hash lists": (_hash_list, True),
    "a list that matched": (_list_that_matched, True),
    "requests": (_requests, False),
    "own check": (_own_check, True),
    "disclosure": (_disclosure, False),
    "feedback": (_feedback, False),
    "releases": (_release_of_hidden, False),
    "accounts": (_accounts, False),
    "one of each": (_one_of_each, True),
    "jobs": (_jobs, False),
    "emergency": (_emergency, False),
    "notices": (_notices, False),
    "clocks": (_clocks, False),
    "partners": (_partners, False),
    "for a court": (_for_a_court, False),
}
# Scenes that write the same things: one of each set in an example.
APART_FROM = [
    {"withheld files", "withheld work", "in a series", "withheld search", "clocks"},
    {"withheld work", "for a court"},
]
# What somebody may know of by design; for them it is not hidden.
KNOWN_TO: dict[str, set[str]] = {
    # an agency's lists are its officers', whatever their cases; what its agency was told is told to them
    "it_second": {"a list that matched", "emergency", "notices", "partners", "task force"},
    # a dataset is brought to the centre
    "eu": {"task force"},
    # the clocks and the log of an agency are its data protection officer's
    "it_dpo": {"hidden case", "clocks", "emergency", "notices", "acts", "task force"},
}


def _look(who: Any, media: Any, **how: bool) -> None:
    """Look once; what others found, of the item or of a copy, is read first where there is something."""
    try:
        examine.reveal(who, VI, media, **how)
    except once.FindingsFirst:
        once.answer(who, VI, media, needed=True)
        examine.reveal(who, VI, media, **how)


def _remembered(world: World, name: str, act: Callable[[World], None], hits: bool, before: Rows) -> Hidden:
    """Play a scene, remember what it wrote since ``before``, and undo it."""
    with transaction.atomic():
        act(world)
        after = everything()
        transaction.set_rollback(True)
    told = Hidden(name, hits)
    now = _sealed(world.folder)
    told.sealed = {p: data for p, data in now.items() if world.sealed.get(p) != data}
    told.keys = _keys(world.folder) - world.keys
    world.store()
    for model, rows in after.items():
        was = before[model]
        if fresh := [row for pk, row in rows.items() if pk not in was]:
            told.made[model] = fresh
        for pk, row in rows.items():
            if pk in was and row != was[pk]:
                told.changed.append((model, pk, {k: v for k, v in row.items() if v != was[pk][k]}))
        told.gone += [(model, pk) for pk in was if pk not in rows]
    return told


# --- who asks, and what an address can name -------------------------------------------------------------

ASKERS = ("au", "au_second", "au_reader", "fr", "it_second", "it_admin", "it_dpo", "au_dpo", "eu", "nobody")


def _log_in(world: World) -> None:
    for who in ASKERS:
        client = Client()
        if who != "nobody":
            with clock.at(NOW):
                client.force_login(world.people[who])
                session = client.session
                proof = {"method": "mfa", "type": "webauthn", "at": NOW.timestamp()}
                session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [proof]
                session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(world.people[who].pk)
                session.save()
        world.cookies[who] = {k: v.value for k, v in client.cookies.items()}
    # Django ends a log-in by the machine's own clock, and a long run takes longer than its rest
    apps.get_model("records", "Session").objects.update(expire_date=clock.now() + timedelta(days=3650))


# The argument of an address, or a field of a form → the table and column that it names.
NAMED: dict[str, tuple[tuple[type[models.Model], str], ...]] = {
    "case_id": ((Case, "pk"),),
    "match_id": ((Match, "pk"), (ElementMatch, "pk")),
    "series_id": ((Series, "pk"),),
    "series_name": ((Series, "name"),),
    "camera_id": ((apps.get_model("records", "Camera"), "pk"),),
    "change_id": ((apps.get_model("records", "Change"), "pk"),),
    "number": ((Media, "number"),),
    "clue_id": ((Clue, "pk"),),
    "opinion_id": ((Opinion, "pk"),),
    "consent_id": ((Consent, "pk"),),
    "clue": ((Clue, "pk"),),
    "observation_id": ((Observation, "pk"),),
    "observation": ((Observation, "pk"),),
    "note_id": ((Note, "pk"),),
    "case": ((Case, "pk"),),
    "link": ((Link, "pk"),),
    "media": ((Media, "pk"),),
    "viewing": ((Viewing, "pk"),),
    "step_id": ((apps.get_model("records", "TrailStep"), "pk"),),
    "proposal_id": ((HomeProposal, "pk"),),
    "candidate_id": ((CandidatePlace, "pk"),),
    "brought_id": ((apps.get_model("records", "Brought"), "pk"),),
    "part": ((apps.get_model("records", "BroughtPart"), "pk"),),
    "online_id": ((apps.get_model("records", "OnlineAccount"), "pk"),),
    "line": ((apps.get_model("records", "AccountLine"), "pk"),),
    "capture_id": ((apps.get_model("records", "Capture"), "pk"),),
    "membership_id": ((Membership, "pk"),),
    "request_id": ((Request, "pk"),),
    "answer_id": ((Answer, "pk"),),
    "dispatch_id": ((Dispatch, "pk"),),
    "sent_id": ((Dispatch, "pk"),),
    "appeal_id": ((apps.get_model("records", "Appeal"), "pk"),),
    "product_id": ((Product, "pk"),),
    "delivery_id": ((apps.get_model("records", "Delivery"), "pk"),),
    "follow_up": ((apps.get_model("records", "FollowUp"), "pk"),),
    "list_id": ((HashList, "pk"),),
    "aside_id": ((Quarantine, "pk"),),
    "job_id": ((Job, "pk"),),
    "exhibit_id": ((Exhibit, "pk"),),
    "sheet_id": ((apps.get_model("records", "SearchSheet"), "pk"),),
    "tick_id": ((apps.get_model("records", "SheetTick"), "pk"),),
    "transfer_id": ((apps.get_model("records", "Transfer"), "pk"),),
    "emergency_id": ((apps.get_model("records", "Emergency"), "pk"),),
    "notice_id": ((apps.get_model("records", "Notice"), "pk"),),
    "export_id": ((apps.get_model("records", "CourtExport"), "pk"),),
    "collection_id": ((apps.get_model("records", "Disclosure"), "pk"),),
    "clock_id": ((apps.get_model("records", "Retention"), "pk"),),
    "stub_id": ((apps.get_model("records", "Stub"), "pk"),),
    "account": ((Account, "pk"),),
    "account_id": ((Account, "pk"),),
    "asked_id": ((apps.get_model("records", "AccountChange"), "pk"),),
    "agency": ((Agency, "pk"),),
    "agency_id": ((Agency, "pk"),),
    "card_id": ((PartnerKey, "pk"),),
    "basis_id": ((LegalBasis, "pk"),),
    "package_id": ((Package, "pk"),),
    "check_id": ((PrivateCheck, "pk"),),
    "thing_id": ((PartnerThing, "pk"),),
    "suspect_id": ((apps.get_model("records", "Suspect"), "pk"),),
    "investigation_id": ((apps.get_model("records", "Investigation"), "pk"),),
    "pause_id": ((apps.get_model("records", "PauseOfTwo"), "pk"),),
    "pause": ((apps.get_model("records", "Pause"), "pk"),),
    "force_id": ((apps.get_model("records", "TaskForce"), "pk"),),
    "seat_id": ((apps.get_model("records", "Seat"), "pk"),),
    "dataset": ((apps.get_model("records", "ForceDataset"), "pk"),),
    "identifier": ((apps.get_model("records", "SuspectIdentifier"), "pk"),),
}
FIXED: dict[str, list[Any]] = {
    "paper": ["a4", "cards", "x"],
    "name": ["objects", "categories_us_2_0", "nothing"],
    "secret": ["nothing"],
    "key": ["1-abc"],
    "uidb36": ["1"],
    "pk": [1],
}
ABSENT: dict[str, Any] = {"number": 999, "series_name": "S-99"}
# A name that is made of another one's.
MADE_OF = {
    "foreign thing": ("media", "item:{}"),
    "clue item": ("clue", "clue:{}"),
    "a case": ("case", "case:{}"),
    "a series": ("series_id", "series:{}"),
    "item": ("media", "item:{}"),
    "answer back": ("follow_up", "answer:{}"),
    "record": ("exhibit_id", "exhibit:{}"),
    "--item": ("number", "--item={}"),
    "object_id": ("collection_id", "file--{}"),
    "rest": ("collection_id", "circle/collections/{}/object/"),
    "--confirm": ("export_id", "--confirm={}"),
    "--request": ("export_id", "--request={}"),
}


def _pools(world: World) -> None:
    """For each name: what is there, and what each scene hides; each with what its address says besides."""
    there = everything()
    numbers = {row["id"]: row["number"] for row in there[Media].values()}
    for each in world.hidden.values():
        numbers |= {row["id"]: row["number"] for row in each.made.get(Media, ())}
        world.withheld[each.name] = {}
    for name, sources in NAMED.items():
        for model, column in sources:
            rows = there[model].values()
            world.there.setdefault(name, []).extend(_named(r, model, column, numbers) for r in rows)
            for each in world.hidden.values():
                hidden = [_named(r, model, column, numbers) for r in each.made.get(model, ())]
                world.withheld[each.name].setdefault(name, []).extend(hidden)
    for pools in (world.there, *world.withheld.values()):
        crops = [n for n in pools.get("media", ()) if n.goes_with.get("origin") == "crop"]
        pools["crop"] = crops
        for made, (source, text) in MADE_OF.items():
            pools[made] = [Named(text.format(n.value), n.goes_with) for n in pools.get(source, ())]
    world.there |= {name: [Named(v) for v in values] for name, values in FIXED.items()}
    _hashes(world)


def _named(row: dict[str, Any], model: type[models.Model], column: str, numbers: dict[Any, int]) -> Named:
    key = model._meta.pk.attname if column == "pk" else column
    also = {k: v for k, v in row.items() if v is not None and (k in NAMED or k == "origin")}
    if row.get("media_id") in numbers:
        also["number"] = numbers[row["media_id"]]
    return Named(row[key], also)


def absent(name: str) -> Any:
    """Return an identifier that is nobody's."""
    if name in MADE_OF:
        source, text = MADE_OF[name]
        return text.format(absent(source))
    return FIXED[name][-1] if name in FIXED else ABSENT.get(name, UUID(int=7))


def _hashes(world: World) -> None:
    """Write a list with the hashes of everything, hidden or not."""
    hashes = world.folder / "files" / "upload" / "hashes.csv"
    rows = [m.md5 for m in _media() if m.md5]
    rows += [r["md5"] for h in world.hidden.values() for r in h.made.get(Media, ()) if r["md5"]]
    hashes.write_text("\n".join(["md5", *sorted(set(rows))]) + "\n")
    world.files["hashes"] = hashes
