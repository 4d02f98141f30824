"""Plays the article on drawn, benign scenes: seven agencies, one house in Piedmont, ten days.

Every act goes through the services, as an officer would do it, at the moment it happened. ``entente demo`` plays
to day 3 and opens the desk there; ``tests/story`` plays to the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from demo import scenes
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
    Case,
    Clue,
    Dispatch,
    ElementMatch,
    Link,
    Media,
    Product,
)
from entente.vocabulary.agency import Officer, Part
from entente.vocabulary.case import Outcome
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Region

VI = Purpose.VICTIM_IDENTIFICATION
DISCOVERED = datetime(2026, 6, 8, 9, 0, tzinfo=UTC)

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
    day: int = -1

    def play(self, until: int) -> None:
        """Play day by day up to the evening of day ``until``."""
        while self.day < until:
            self.day += 1
            getattr(self, f"day_{self.day}")()

    def officer(self, number: str) -> Officer:
        """Return the law's view of an officer as it stands now."""
        return Account.objects.get(username=number).as_officer()

    def at(self, day: int, hour: int, minute: int = 0) -> object:
        """Play what is inside at an hour of a day of the case."""
        midnight = self.start.replace(hour=0, minute=0)
        return clock.at(midnight + timedelta(days=day, hours=hour, minutes=minute))

    def work(self) -> None:
        """Let the worker do everything that waits."""
        jobs.work(Event(), until_empty=True)

    def seen_by(self, number: str) -> object:
        """Look with the eyes of an officer."""
        return guard.scope(self.officer(number), VI)

    # the ten days

    def day_0(self) -> None:
        """Videos and pictures are found; the national unit seals them and asks what is known."""
        self.tell("day 0: found media are sealed and compared with the known")
        scenes.draw_found(self.folder / "found")
        known = self._known_list()
        with self.at(0, self.start.hour, self.start.minute):
            italy = self.officer("IT-1001")
            self.case = open_case(
                italy,
                VI,
                number="IT-2026-0148",
                title="Operation Larch",
                victim_number="V-2026-031",
                discovered_at=self.start,
                audience="TLP:AMBER",
            )
            match.import_list(
                self.officer("IT-1001"), VI, known, name="Known, national", format="vics",
                options=ReadOptions(profile="Default"),
            )
        with self.at(0, 10):
            intake = Intake(source="forum thread, referred by a hotline")
            receive(self.officer("IT-1001"), VI, self.case, [self.folder / "found"], intake)
            self.work()
        self._partners_hold()

    def day_1(self) -> None:
        """The national unit examines and places them in one region."""
        self.tell("day 1: series, clues, one country")
        with self.at(1, 9):
            italy = self.officer("IT-1001")
            with self.seen_by("IT-1001"):
                strong = [w for w in link.waiting(self.case) if w.kind != "name pattern"][:40]
            link.accept_all(italy, VI, strong)
            self._see("IT-1001")
            with self.seen_by("IT-1001"):
                proposed = list(Clue.objects.filter(case=self.case, state="proposed", kind__in=_TRUE_KINDS))
            for clue in proposed:
                examine.confirm(italy, VI, clue, seen="proposed")
            self.work()

    def day_2(self) -> None:
        """The coordination centre puts the case first and assigns people to it."""
        self.tell("day 2: the centre puts the case first and assigns people")
        with self.at(2, 8, 30):
            italy = self.officer("IT-1001")
            for number, part, task in (
                ("EU-2001", Part.MEMBER, "coordination"),
                ("IT-1002", Part.MEMBER, "open sources"),
            ):
                account = Account.objects.get(username=number)
                prioritise.assign(italy, VI, self.case, account, part=part, task=task)
        with self.at(2, 10):
            prioritise.set_risk(
                self.officer("EU-2001"), VI, self.case, at_risk=True,
                because="the latest pictures are days old and from the same rooms as the first",
            )
            specialist = Account.objects.get(username="EU-2002")
            prioritise.assign(
                self.officer("IT-1001"), VI, self.case, specialist, part=Part.MEMBER, task="examination"
            )

    def day_3(self) -> None:
        """Five partners are asked precise questions, with a crop; all are cross-checked."""
        self.tell("day 3: five partners are asked, and the holdings are cross-checked")
        with self.at(3, 9):
            italy = self.officer("IT-1001")
            crop = self._crop("IT-1001", "bakery-bag")
            cooperate.ask(
                italy,
                VI,
                self.case,
                question="Where is this bag of a bakery used? A village or a region helps.",
                agencies=list(Agency.objects.filter(short__in=PARTNERS)),
                asks="region",
                crop=crop,
                due=clock.now() + timedelta(days=2),
                urgency="child at risk",
            )
            crosscheck.check(self.officer("IT-1001"), VI, self.case, kinds=["hash", "device serial"])
            self.work()

    def day_4(self) -> None:
        """The answers come, each with its own grade and handling."""
        self.tell("day 4: answers from five countries")
        with self.at(4, 11):
            for number, given in ANSWERS.items():
                officer = self.officer(number)
                with self.seen_by(number):
                    dispatch = Dispatch.objects.get()
                cooperate.read_dispatch(officer, VI, dispatch)
                cooperate.answer(officer, VI, dispatch, **given)
        with self.at(4, 14):
            with self.seen_by("IT-1001"):
                answers = [a for a in Answer.objects.filter(case=self.case) if a.clue_kind or a.kind == "not ours"]
            for each in answers:
                cooperate.take(self.officer("IT-1001"), VI, each)
            self.work()

    def day_5(self) -> None:
        """Specialists of two countries examine the same items."""
        self.tell("day 5: specialists examine together")
        with self.at(5, 9):
            dane = Account.objects.get(username="DK-4001")
            prioritise.assign(self.officer("IT-1001"), VI, self.case, dane, part=Part.MEMBER, task="examination")
            for number, words in (
                ("DK-4001", "The poster hangs in our three pictures too, in the same place."),
                ("EU-2002", "The stove is of a make sold in the north-west only."),
            ):
                with self.seen_by(number):
                    item = Media.objects.filter(case=self.case, kind="picture", origin="found").first()
                examine.note(self.officer(number), VI, item, words)

    def day_6(self) -> None:
        """Open sources narrow it down; the first product goes to those who need it."""
        self.tell("day 6: open sources, and the first intelligence product")
        with self.at(6, 10):
            with self.seen_by("IT-1002"):
                item = self._item_with("bakery-bag")
            examine.mark(
                self.officer("IT-1002"), VI, item, kind=ClueKind.PHONE_NUMBER, value="0171 692345",
                region=_region(self._box(item, "bakery-bag")), evaluation="B3",
                because="printed on the bag; the area code is that of Cuneo in the public directory",
            )
            self.work()
        with self.at(6, 15):
            product = inform.issue(self.officer("IT-1001"), VI, self.case, language="en")
            inform.disclose(self.officer("IT-1001"), VI, product, Agency.objects.get(short="EU"))

    def day_7(self) -> None:
        """A home is proposed by one person and confirmed by another."""
        self.tell("day 7: a home, by two people")
        with self.at(7, 16):
            proposal = locate.propose_home(
                self.officer("IT-1002"), VI, self.case,
                place="House at the end of the lane, district of Cuneo (address in the sealed note)",
                because="the bakery's round, the skyline with the church tower, and the cadastre agree",
            )
            locate.confirm_home(self.officer("IT-1001"), VI, proposal)

    def day_8(self) -> None:
        """The search is prepared: elements seen, printed with crops only."""
        self.tell("day 8: the search checklist")
        with self.at(8, 9):
            italy = self.officer("IT-1001")
            for element in scenes.elements():
                self._element(italy, element)
            seize.checklist(italy, VI, self.case, "a4", "it")

    def day_9(self) -> None:
        """The search: things seen in the videos are there, with the files."""
        self.tell("day 9: the search")
        scenes.draw_search(self.folder / "search")
        scenes.draw_seized(self.folder / "seized", 120)
        with self.at(9, 7, 30):
            italy = self.officer("IT-1001")
            seize.receive_search(
                italy, VI, self.case, [self.folder / "search"], origin="search", source="search of the home"
            )
            seize.receive_search(
                italy, VI, self.case, [self.folder / "seized"], origin="seized", source="laptop, exhibit 1"
            )
            self.work()
            seize.ask_to_compare(italy, VI, self.case)
            self.work()
            seize.exhibit(italy, VI, self.case, number="1", description="laptop from the living room")
            with self.seen_by("IT-1001"):
                proposed = list(ElementMatch.objects.filter(case=self.case).select_related("element"))
            for found in proposed:
                seize.decide(self.officer("IT-1001"), VI, found, same=self._truly_there(found))

    def day_10(self) -> None:
        """The child is safe, the suspect arrested; everyone who helped learns it."""
        self.tell("day 10: safe")
        with self.at(10, 9):
            italy = self.officer("IT-1001")
            close.record_outcome(italy, VI, self.case, Outcome.CHILD_SAFE, text="")
            close.record_outcome(italy, VI, self.case, Outcome.SUSPECT_ARRESTED, text="")
            close.close_case(italy, VI, self.case, because="child safe; trial pending")
            self.work()

    # what the days are made of

    def _known_list(self) -> Path:
        """Write the national list of known material as VICS, from drawn scenes."""
        scenes.draw_known(self.folder / "known")
        path = self.folder / "known-national.json"
        with path.open("wb") as out:
            VICS.write({"CaseNumber": "KNOWN"}, scenes.known_hashes(self.folder / "known"), out, profile="Default")
        return path

    def _partners_hold(self) -> None:
        """Let each partner hold a case of its own, so that a cross-check has something to meet."""
        scenes.draw_partner_media(self.folder / "partners")
        for number, short, *_ in OFFICERS:
            if short not in PARTNERS:
                continue
            with self.at(0, 12):
                own = open_case(
                    self.officer(number), VI, number=f"{short}-2026-007", title=f"Holding {short}",
                    victim_number="V-unknown", discovered_at=self.start,
                )
                folder = self.folder / "partners" / short
                receive(self.officer(number), VI, own, [folder], Intake(source="national holdings"))
                self.work()

    def _item_with(self, key: str) -> Media:
        """Return the found item that shows an element best."""
        element = next(e for e in scenes.elements() if e.key == key)
        return Media.objects.get(
            case=self.case, origin="found", occurrences__name=element.picture
        )

    def _box(self, item: Media, key: str) -> tuple[float, float, float, float]:
        return next(e for e in scenes.elements() if e.key == key).region

    def _crop(self, number: str, key: str) -> Media:
        with self.seen_by(number):
            item = self._item_with(key)
        return examine.crop(self.officer(number), VI, item, _region(self._box(item, key)))

    def _see(self, number: str) -> None:
        """Record what the officer sees: things in boxes, each with its grade."""
        for key, kind, value, grade, because in SEEN:
            with self.seen_by(number):
                item = self._item_with(key)
            examine.mark(
                self.officer(number), VI, item, kind=kind, value=value,
                region=_region(self._box(item, key)), evaluation=grade, because=because,
            )

    def _element(self, italy: Officer, element: scenes.Element) -> None:
        crop = self._crop("IT-1001", element.key)
        seize.list_element(
            italy, VI, self.case, name=element.words, room=element.room, crop=crop, evaluation="A1"
        )

    def _truly_there(self, found: ElementMatch) -> bool:
        """A person looks and decides; here the person knows what was drawn."""
        element = next(e for e in scenes.elements() if e.words == found.element.name)
        return element.present


def _region(box: tuple[float, float, float, float]) -> Region:
    return Region(*box)


# Clues that a device or the sound proposes and the officer finds plausible.
_TRUE_KINDS = ("utc_offset", "mains_hz", "device")

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
        "evaluation": "B3",
    },
    "CA-7001": {
        "kind": "seen it",
        "text": "The same camera serial is in one of our cases; a landscape only.",
        "evaluation": "A2",
    },
}
