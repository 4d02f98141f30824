"""Plays the article on drawn, benign scenes: seven agencies, one house in Piedmont, ten days.

Every act goes through the services, as an officer would do it, at the moment it happened. ``entente demo``
plays to day 3 and opens the desk there; ``tests/story`` plays to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from demo import scenes
from demo.camera import Device, exif, write
from demo.landscapes import landscape
from entente.casework.close import service as close
from entente.casework.cooperate import service as cooperate
from entente.casework.crosscheck import service as crosscheck
from entente.casework.examine import service as examine
from entente.casework.inform import service as inform
from entente.casework.intake.service import Intake, open_case, receive
from entente.casework.link import service as link
from entente.casework.locate import service as locate
from entente.casework.match import service as match
from entente.casework.prioritise import service as prioritise
from entente.casework.seize import service as seize
from entente.formats import ReadOptions
from entente.formats.vics import VICS
from entente.records import clock, guard, jobs
from entente.records.models import (
    Account,
    Agency,
    Answer,
    CandidatePlace,
    Case,
    Clue,
    ElementMatch,
    Exhibit,
    Job,
    Match,
    Media,
)
from entente.vocabulary.agency import Officer, Part
from entente.vocabulary.case import Outcome
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Region

VI = Purpose.VICTIM_IDENTIFICATION
LOOK_MS = 4_000  # how long a look in clear lasts
BAKERY_PAGE = b"""<!doctype html><title>Our round</title><h1>Our round</h1>
<p>Mondays and Thursdays: the square, the mill, and the lane up to the last house.</p>
"""
# What the candidate place does with the clues of a kind, and why: said by a person.
EXPLAINED = {
    ClueKind.PHONE_NUMBER: ("explains", "the bakery on the bag delivers to this lane"),
    ClueKind.REGION: ("explains", "the lane lies in the region that partners recognised"),
    ClueKind.UTC_OFFSET: ("cannot say", "the whole country keeps this time"),
    ClueKind.DRIVING_SIDE: ("cannot say", "the whole country drives on this side"),
}
DISCOVERED = datetime(2026, 6, 9, 9, 0, tzinfo=UTC)

AGENCIES = (
    ("IT", "National unit, Italy", "IT", "national unit"),
    ("EU", "Coordination centre", "EU", "coordination centre"),
    ("AU", "National unit, Australia", "AU", "third country unit"),
    ("DK", "National unit, Denmark", "DK", "national unit"),
    ("FR", "National unit, France", "FR", "national unit"),
    ("NL", "National unit, Netherlands", "NL", "national unit"),
    ("CA", "National unit, Canada", "CA", "third country unit"),
)
OFFICERS = (
    ("IT-1001", "IT", "examiner", "leads the case; victim identification specialist"),
    ("IT-1002", "IT", "investigator", "follows open sources; the second person"),
    ("EU-2001", "EU", "coordinator", "puts the case first, assigns people"),
    ("EU-2002", "EU", "examiner", "examines with the national unit"),
    ("AU-3001", "AU", "examiner", "answers for Australia"),
    ("DK-4001", "DK", "examiner", "answers for Denmark, then examines too"),
    ("FR-5001", "FR", "examiner", "answers for France"),
    ("NL-6001", "NL", "examiner", "answers for the Netherlands"),
    ("CA-7001", "CA", "examiner", "answers for Canada"),
    ("IT-9001", "IT", "administrator", "accounts; sees no case"),
    ("IT-9002", "IT", "data protection officer", "reads the log"),
)
PARTNERS = ("AU", "DK", "FR", "NL", "CA")
CASEWORK = ["victim-identification", "safeguarding", "prosecution"]


def make_circle(password: str | None = None) -> None:
    """Make the seven agencies and their officers; without a password they enter by one-time links only."""
    for short, name, country, kind in AGENCIES:
        Agency.objects.get_or_create(
            short=short,
            defaults={
                "name": name,
                "country": country,
                "kind": kind,
                "contact": f"victim-identification@{short.lower()}.example, duty line",
            },
        )
    for number, short, role, _ in OFFICERS:
        audits = role == "data protection officer"
        Account.objects.create_user(
            number,
            password=password,
            agency=Agency.objects.get(short=short),
            roles=[role],
            purposes=["data-protection-audit"] if audits else CASEWORK,
        )


@dataclass
class TenDays:
    """The story in progress. ``folder`` gets the drawn media; ``start`` is the moment of discovery."""

    folder: Path
    start: datetime = DISCOVERED
    tell: Callable[[str], object] = print
    case: Case = field(init=False)
    other: Case = field(init=False)  # waits on the board beside it
    laptop: Exhibit = field(init=False)
    day: int = -1

    def play(self, until: int) -> None:
        """Play day by day up to the evening of day ``until``."""
        while self.day < until:
            self.day += 1
            getattr(self, f"day_{self.day}")()

    def at(self, day: int, hour: int, minute: int = 0) -> object:
        """Play what is inside at an hour of a day of the case."""
        midnight = self.start.replace(hour=0, minute=0)
        return clock.at(midnight + timedelta(days=day, hours=hour, minutes=minute))

    def work(self) -> None:
        """Let the worker do what officers wait for.

        What would be compared by itself afterwards is dropped, so that a demonstration opens at rest.
        """
        jobs.work(Event(), until_empty=True, least=0)
        Job.objects.filter(task__in=("link.scenes", "link.cameras"), status="ready").delete()

    @contextmanager
    def desk_of(self, number: str) -> Iterator[Officer]:
        """Sit at an officer's desk: what is inside sees what that officer sees now, as one page does."""
        officer = Account.objects.get(username=number).as_officer()
        with guard.scope(officer, VI):
            yield officer

    # the ten days

    def day_0(self) -> None:
        """Videos and pictures are found; the national unit seals them and asks what is known."""
        self.tell("day 0: found media are sealed and compared with the known")
        scenes.draw_found(self.folder / "found")
        known = self._known_list()
        with self.at(0, self.start.hour, self.start.minute), self.desk_of("IT-1001") as italy:
            self.case = open_case(
                italy,
                VI,
                number="IT-2026-0148",
                title="Operation Larch",
                victim_number="V-2026-031",
                discovered_at=self.start,
            )
            profile = ReadOptions(profile="Default")
            match.import_list(italy, VI, known, name="Known, national", format="vics", options=profile)
        with self.at(0, 10):
            with self.desk_of("IT-1001") as italy:
                intake = Intake(source="forum thread, referred by a hotline")
                receive(italy, VI, self.case, [self.folder / "found"], intake)
            self.work()
        self._partners_hold()
        self._another_case()

    def day_1(self) -> None:
        """The national unit examines and places them in one region."""
        self.tell("day 1: series, clues, one country")
        with self.at(1, 9):
            with self.desk_of("IT-1001") as italy:
                for met in Match.objects.filter(case=self.case):
                    match.decide_match(italy, VI, met, confirmed=True)
                link.accept_all(italy, VI, [w for w in link.waiting(self.case) if w.kind in TELLING_LINKS])
                self._see(italy)
                for clue in Clue.objects.filter(case=self.case, state="proposed", kind__in=PLAUSIBLE):
                    examine.confirm(italy, VI, clue, seen="proposed")
            self.work()

    def day_2(self) -> None:
        """The coordination centre puts the case first and assigns people to it."""
        self.tell("day 2: the centre puts the case first and people are assigned")
        with self.at(2, 8, 30), self.desk_of("IT-1001") as italy:
            self._assign(italy, "EU-2001", "coordination")
            self._assign(italy, "IT-1002", "open sources")
        with self.at(2, 10), self.desk_of("EU-2001") as centre:
            because = "new pictures of the same rooms keep appearing on the forum"
            prioritise.set_risk(centre, VI, self.case, at_risk=True, because=because)
        with self.at(2, 11), self.desk_of("IT-1001") as italy:
            self._assign(italy, "EU-2002", "examination")

    def day_3(self) -> None:
        """Five partners are asked a precise question, with a crop; all holdings are cross-checked."""
        self.tell("day 3: five partners are asked, and the holdings are cross-checked")
        with self.at(3, 9):
            with self.desk_of("IT-1001") as italy:
                cooperate.ask(
                    italy,
                    VI,
                    self.case,
                    question="Where is this bag of a bakery used? A village or a region helps.",
                    agencies=list(Agency.objects.filter(short__in=PARTNERS)),
                    asks="region",
                    crop=self._crop(italy, "bakery-bag"),
                    due=clock.now() + timedelta(days=2),
                    urgency="child at risk",
                )
                crosscheck.check(italy, VI, self.case, kinds=["hash", "device serial"])
            self.work()

    def day_4(self) -> None:
        """The answers come, each with its own grade and handling."""
        self.tell("day 4: answers from five countries")
        with self.at(4, 11):
            for number, given in ANSWERS.items():
                with self.desk_of(number) as partner:
                    dispatch = cooperate.inbox(partner).get()
                    cooperate.read_dispatch(partner, VI, dispatch)
                    cooperate.answer(partner, VI, dispatch, **given)
        with self.at(4, 14):
            with self.desk_of("IT-1001") as italy:
                for answer in Answer.objects.filter(case=self.case):
                    if answer.clue_kind or answer.kind == "not ours":
                        cooperate.take(italy, VI, answer)
            self.work()

    def day_5(self) -> None:
        """Specialists of several countries examine the same items."""
        self.tell("day 5: specialists examine together")
        with self.at(5, 9), self.desk_of("IT-1001") as italy:
            self._assign(italy, "DK-4001", "examination")
        for number, words in (
            ("DK-4001", "The poster hangs in our three pictures too, in the same place."),
            ("EU-2002", "The stove is of a make sold in the north-west only."),
        ):
            with self.at(5, 10), self.desk_of(number) as examiner:
                examine.note(examiner, VI, self._item_with("poster"), words)

    def day_6(self) -> None:
        """Open sources narrow it down; the first product goes to the centre."""
        self.tell("day 6: open sources, and the first intelligence product")
        with self.at(6, 10):
            with self.desk_of("IT-1002") as investigator:
                examine.mark(
                    investigator,
                    VI,
                    self._item_with("bakery-bag"),
                    kind=ClueKind.PHONE_NUMBER,
                    value="0171 692345",
                    region=_box("bakery-bag"),
                    evaluation="B3",
                    because="printed on the bag; the public directory gives the area code to Cuneo",
                )
            self.work()
        with self.at(6, 14), self.desk_of("IT-1001") as italy:
            told, _ = inform.proposed(italy, VI, self.case, "en")
            statements = [(p.text, p.type, p.clues, p.evaluation) for p in told]
            written = inform.draft(italy, VI, self.case, statements=statements, language="en")
            inform.submit(italy, VI, written)
        with self.at(6, 15):
            with self.desk_of("IT-1002") as second:
                inform.remark(second, VI, written, "Read against the clues: each sentence stands on its own.")
                read = written.issued_at.isoformat()
                self.product = inform.approve(second, VI, written, edition=read)
            with self.desk_of("IT-1001") as italy:
                given = inform.disclose(italy, VI, self.product, Agency.objects.get(short="EU"))
                question, due = "Which unit acts on it?", clock.now() + timedelta(days=1)
                asked = inform.ask_back(italy, VI, given, question=question, due=due)
        with self.at(6, 16), self.desk_of("EU-2001") as centre:
            inform.acknowledge(centre, VI, inform.open_delivery(centre, VI, given))
            inform.answer_back(centre, VI, asked, "The national unit of Italy; nobody else searches there.")

    def day_7(self) -> None:
        """A home is proposed by one person and confirmed by another."""
        self.tell("day 7: a home, by two people")
        with self.at(7, 14), self.desk_of("IT-1002") as investigator:
            place = self._candidate(investigator)
        with self.at(7, 15), self.desk_of("IT-1002") as investigator:
            because = "the bakery's round, the skyline with the church tower and the cadastre agree"
            proposal = locate.propose_home(investigator, VI, place, because=because)
        with self.at(7, 16):
            with self.desk_of("IT-1001") as italy:
                locate.confirm_home(italy, VI, proposal)
            self.work()

    def _candidate(self, investigator: Officer) -> CandidatePlace:
        """Enter the place, with the page that led there, and say what it explains and what it does not."""
        place = locate.enter(
            investigator,
            VI,
            self.case,
            place="House at the end of the lane, district of Cuneo",
            because="the bakery's page names the lane as the end of its round",
        )
        locate.keep_page(
            investigator,
            VI,
            place,
            BAKERY_PAGE,
            name="round.html",
            address="https://bakery.example/round",
            taken_at=clock.now() - timedelta(hours=1),
        )
        for clue in locate.clues_at_hand(self.case):
            if clue.state == "confirmed" and clue.kind in EXPLAINED:
                says, because = EXPLAINED[ClueKind(clue.kind)]
                locate.judge(investigator, VI, place, [clue], says=says, because=because)
        locate.judge_rest(investigator, VI, place, because="as true of any house of the region")
        return place

    def day_8(self) -> None:
        """The search is prepared: what was seen, printed with crops only."""
        self.tell("day 8: the search checklist")
        with self.at(8, 9), self.desk_of("IT-1001") as italy:
            for element in scenes.elements():
                seize.list_element(
                    italy,
                    VI,
                    self.case,
                    name=element.words,
                    room=element.room,
                    crop=self._crop(italy, element.key),
                    evaluation="A1",
                )
            self.checklist = seize.checklist(italy, VI, self.case, "a4", "it")

    def day_9(self) -> None:
        """The search: things seen in the pictures are there, with the files."""
        self.tell("day 9: the search")
        scenes.draw_search(self.folder / "search", 30)
        scenes.draw_seized(self.folder / "seized", 120)
        with self.at(9, 7, 30):
            with self.desk_of("IT-1001") as italy:
                for origin, source in (("search", "search of the home"), ("seized", "laptop, exhibit 1")):
                    seize.receive_search(
                        italy, VI, self.case, [self.folder / origin], origin=origin, source=source
                    )
            self.work()
            with self.desk_of("IT-1001") as italy:
                self.laptop = seize.exhibit(
                    italy,
                    VI,
                    self.case,
                    number="1",
                    description="laptop from the living room",
                    items=Media.objects.filter(case=self.case, origin="seized"),
                    place="living room",
                    seized_at=clock.now() - timedelta(hours=1),
                    seized_by="IT-1001",
                    device="laptop, serial number on its base",
                    warrant="search order 31/2026",
                    seal="S-1",
                    condition="closed, undamaged",
                )
                seize.ask_to_compare(italy, VI, self.case)
            self.work()
        with self.at(9, 15), self.desk_of("IT-1001") as italy:
            for found in ElementMatch.objects.filter(case=self.case, state="proposed"):
                seize.decide(italy, VI, found, same=_present(found.element.name))
        self._hand_over()

    def day_10(self) -> None:
        """The child is safe, the suspect arrested; everyone who helped learns it."""
        self.tell("day 10: the child is safe")
        with self.at(10, 9):
            with self.desk_of("IT-1001") as italy:
                close.record_outcome(italy, VI, self.case, Outcome.CHILD_SAFE, text="")
                close.record_outcome(italy, VI, self.case, Outcome.SUSPECT_ARRESTED, text="")
                close.tell_contributors(italy, VI, self.case)
            self.work()

    # what the days are made of

    def _known_list(self) -> Path:
        """Write the national list of known material as VICS, from drawn scenes."""
        scenes.draw_known(self.folder / "known")
        path = self.folder / "known-national.json"
        with path.open("wb") as out:
            hashes = scenes.known_hashes(self.folder / "known")
            VICS.write({"CaseNumber": "KNOWN"}, hashes, out, profile="Default")
        return path

    def _partners_hold(self) -> None:
        """Let each partner hold a case of its own, so that a cross-check has something to meet."""
        scenes.draw_partner_media(self.folder / "partners")
        with self.at(0, 8):
            for number, short, *_ in OFFICERS:
                if short not in PARTNERS:
                    continue
                with self.desk_of(number) as partner:
                    own = open_case(
                        partner,
                        VI,
                        number=f"{short}-2026-007",
                        title=f"Holdings {short}",
                        victim_number="V-unknown",
                        discovered_at=clock.now(),
                    )
                with self.desk_of(number) as partner:
                    folder = self.folder / "partners" / short
                    receive(partner, VI, own, [folder], Intake(source="national holdings"))
            self.work()

    def _another_case(self) -> None:
        """Let an older case of the national unit wait on the board: pictures of hills, far from the house."""
        begun, device = self.start - timedelta(days=9), Device("Alder", "T1", "T1-70021", "+00:00")
        for number in range(3):
            tags = exif(device, (begun - timedelta(days=1, minutes=number)).replace(tzinfo=None), FAR_AWAY)
            write(self.folder / "other" / f"T{number:04d}.JPG", landscape(900 + number), tags, 88)
        with self.at(0, 8, 30):
            with self.desk_of("IT-1001") as italy:
                self.other = open_case(
                    italy,
                    VI,
                    number="IT-2026-0139",
                    title="Operation Fir",
                    victim_number="V-2026-027",
                    discovered_at=begun,
                )
            with self.desk_of("IT-1001") as italy:
                receive(italy, VI, self.other, [self.folder / "other"], Intake(source="partner platform"))
            self.work()

    def _hand_over(self) -> None:
        """Bring the laptop to the laboratory: one officer signs that it went, the other that it came."""
        second = Account.objects.get(username="IT-1002")
        with self.at(9, 16), self.desk_of("IT-1001") as italy:
            step = seize.hand_over(
                italy,
                VI,
                self.laptop,
                to=second,
                when=clock.now(),
                from_place="living room",
                to_place="laboratory",
                why="to be examined",
                seal="S-1",
                seal_state="intact",
            )
        with self.at(9, 18), self.desk_of("IT-1002") as investigator:
            seize.sign(investigator, VI, step, when=clock.now(), seal_state="intact")

    def _assign(self, lead: Officer, number: str, task: str) -> None:
        account = Account.objects.get(username=number)
        prioritise.assign(lead, VI, self.case, account, part=Part.MEMBER, task=task)

    def _item_with(self, key: str) -> Media:
        """Return the found item that shows an element best."""
        return Media.objects.get(case=self.case, origin="found", occurrences__name=_element(key).picture)

    def _crop(self, officer: Officer, key: str) -> Media:
        return examine.crop(officer, VI, self._item_with(key), _box(key))

    def _see(self, officer: Officer) -> None:
        """Look once at each item, and record what the officer sees: things in boxes, each with its grade."""
        for key, kind, value, grade, because in SEEN:
            item = self._item_with(key)
            look, _ = examine.reveal(officer, VI, item)
            examine.hide(officer, VI, look, LOOK_MS)
            examine.mark(
                officer,
                VI,
                item,
                kind=kind,
                value=value,
                region=_box(key),
                evaluation=grade,
                because=because,
            )


def _element(key: str) -> scenes.Element:
    return next(e for e in scenes.elements() if e.key == key)


def _box(key: str) -> Region:
    return Region(*_element(key).region)


def _present(name: str) -> bool:
    """A person looks and decides; here the person knows what was drawn."""
    return next(e for e in scenes.elements() if e.words == name).present


# A run of names alone ties too much: those links wait for somebody to look.
TELLING_LINKS = ("near picture", "near frame", "same device")

FAR_AWAY = (60.39, 5.32)  # where the other case's pictures say they were taken

# Clues that a device or the sound proposes and the officer finds plausible.
PLAUSIBLE = ("utc_offset", "mains_hz", "device")

SEEN = (
    ("bed-socket", ClueKind.SOCKET, "L", "A1", "a type L socket left of the bed, three round holes in a row"),
    ("calendar", ClueKind.LANGUAGE, {"it": 0.95, "es": 0.05}, "A1", "months and weekdays on the calendar"),
    ("packet", ClueKind.LANGUAGE, {"it": 0.9, "pt": 0.1}, "B2", "ingredients on the packet"),
    ("poster", ClueKind.OBJECT, "poster with three sailing boats", "A1", "hangs beside the window"),
)

ANSWERS: dict[str, dict[str, object]] = {
    "DK-4001": {
        "kind": "answer",
        "text": "A colleague from the region knows the bakery: villages of Piedmont.",
        "clue_kind": "region",
        "clue_value": {"country": "IT", "admin1": "Piedmont"},
        "evaluation": "B2",
    },
    "AU-3001": {
        "kind": "seen it",
        "text": "We hold an earlier copy of one picture, received in March; ask us.",
        "codes": ("H2",),
        "evaluation": "B2",
    },
    "FR-5001": {"kind": "not ours", "text": "Not a French bakery, not French paper.", "evaluation": "B3"},
    "NL-6001": {
        "kind": "partial",
        "text": "The biscuits are sold in shops of northern Italy.",
        "clue_kind": "country",
        "clue_value": "IT",
        "codes": ("H1",),
        "evaluation": "B3",
    },
    "CA-7001": {
        "kind": "seen it",
        "text": "The same camera serial is in one of our cases; a landscape only.",
        "evaluation": "A2",
    },
}
