"""One node of the story of three: a desk in a process of its own, and what its officers do there on a day."""

from __future__ import annotations

import hashlib
import io
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from entente.web import start

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)  # the day on which the videos were found
VI_WORD, COURT_WORD = "victim-identification", "prosecution"


def day(number: float) -> datetime:
    """Return the moment that many days after the videos were found."""
    return BEGAN + timedelta(days=number)


class Node:
    """A desk with the agencies that work on it; each has two officers, ``IT-1`` and ``IT-2``."""

    def __init__(self, folder: str, agencies: list[str]) -> None:
        """The first of ``agencies`` is the one that partners of other desks know."""
        start.open_desk(Path(folder))
        from entente.records import clock
        from entente.records.models import Account, Agency
        from entente.vocabulary.handling import Purpose

        self.clock, self.vi, self.court = clock, Purpose(VI_WORD), Purpose(COURT_WORD)
        self.short = agencies[0]
        for short in agencies:
            kinds = {"EU": "coordination centre", "AU": "third country unit", "CA": "third country unit"}
            home = Agency.objects.create(
                short=short, name=f"Unit {short}", country=short, kind=kinds.get(short, "national unit"),
                contact=f"desk@{short.lower()}.example",
            )  # fmt: skip
            for n in "12":
                Account.objects.create(
                    username=f"{short}-{n}", agency=home, roles=["examiner"], purposes=[VI_WORD, COURT_WORD]
                )

    def who(self, number: str) -> Any:
        """Return an officer as the law sees them now."""
        from entente.records.models import Account

        return Account.objects.get(username=number).as_officer()

    def first(self) -> Any:
        """Return the first officer of the node's own agency."""
        return self.who(f"{self.short}-1")

    def agency(self, short: str) -> Any:
        """Return an agency by its short name."""
        from entente.records.models import Agency

        return Agency.objects.get(short=short)

    def case(self, number: str) -> Any:
        """Return a case by its number."""
        from entente.records import guard
        from entente.records.models import Case

        with guard.system("a case of the story"):
            return Case.objects.get(number=number)

    # --- the circle -------------------------------------------------------------------------------------

    def card(self) -> list[str]:
        """Make the own card by two people; return it, its words and what kind of agency it is of."""
        from entente.records import circle

        row = circle.propose_own(self.first(), self.vi)
        circle.confirm_card(self.who(f"{self.short}-2"), self.vi, row, circle.words_of(row))
        return [row.card, circle.words_of(row), self.agency(self.short).kind]

    def pin(self, cards: list[list[str]]) -> None:
        """Pin partners' cards by two people, and set down the legal basis of each."""
        from entente.records import circle

        one, two = self.first(), self.who(f"{self.short}-2")
        for card, words, kind in cards:
            row = circle.propose(one, self.vi, card, kind)
            to = circle.confirm_card(two, self.vi, row, words).agency
            told = {"ground": "union law", "reference": "the story", "since": self.clock.now()}
            circle.confirm_basis(two, self.vi, circle.propose_basis(one, self.vi, to, **told))

    # --- cases ------------------------------------------------------------------------------------------

    def begin(self, number: str, known: str = "") -> None:
        """Open a case with one drawn picture in it, and a crop of that."""
        from entente.casework.intake.service import evidence_store, open_case
        from entente.records import guard
        from entente.records.models import Media

        told = {"title": "Operation Elm", "victim_number": "V-031", "discovered_at": BEGAN}
        case = open_case(self.first(), self.vi, number=number, **told)
        drawn = io.BytesIO()
        tiles = np.random.default_rng(len(number)).integers(0, 255, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(np.kron(tiles, np.ones((40, 40, 1), np.uint8))).save(drawn, "PNG")
        kept = evidence_store().keep_bytes(drawn.getvalue(), case.pk)
        made = {"case": case, "owner": self.agency(self.short), "kind": "picture"}
        with guard.system("an item of the story"):
            whole = Media.objects.create(
                number=1,
                key=kept.key,
                sha256=kept.sha256,
                md5=self.md5("shared"),
                known=known,
                size=5,
                **made,
            )
            Media.objects.create(number=2, origin="crop", parent=whole, region=[0.1, 0.1, 0.5, 0.5], **made)

    @staticmethod
    def md5(word: str) -> str:
        """Return the MD5 of a word, as that of a file."""
        return hashlib.md5(word.encode(), usedforsecurity=False).hexdigest()

    def give(self, number: str, by: str, codes: str) -> None:
        """Put an item of another agency of the desk into a case."""
        from entente.casework.intake.service import evidence_store
        from entente.records import guard
        from entente.records.models import Media

        case = self.case(number)
        kept = evidence_store().keep_bytes(by.encode(), case.pk)
        with guard.system("an item of the story"):
            Media.objects.create(
                case=case, number=7, owner=self.agency(by), codes=codes, key=kept.key, sha256=kept.sha256,
                md5=self.md5(by), size=5, kind="picture",
            )  # fmt: skip

    def order(self) -> list[list[Any]]:
        """Score both cases and return them, the first to be worked on first, each with its reasons."""
        from entente.casework.prioritise.service import rank
        from entente.records import guard
        from entente.records.models import Case

        with guard.scope(self.first(), self.vi):
            cases = list(Case.objects.all())
        found = [(rank(self.first(), self.vi, c), c.number) for c in cases]
        found.sort(key=lambda f: -f[0].total)
        return [[n, p.total, [f["text"] for f in p.factors if f["points"]]] for p, n in found]

    def at_risk(self, number: str, because: str) -> None:
        """Say, as a person, that a child is at risk now."""
        from entente.casework.prioritise.service import set_risk

        set_risk(self.first(), self.vi, self.case(number), at_risk=True, because=because)

    def assign(self, number: str, account: str) -> None:
        """Put an officer on the case."""
        from entente.casework.prioritise.service import assign
        from entente.records.models import Account
        from entente.vocabulary.agency import Part

        row = Account.objects.get(username=account)
        assign(self.first(), self.vi, self.case(number), row, part=Part.MEMBER)

    def take_off(self, number: str, account: str) -> None:
        """End a membership."""
        from entente.casework.prioritise.service import take_off
        from entente.records import guard
        from entente.records.models import Membership

        with guard.system("a membership of the story"):
            row = Membership.objects.get(case=self.case(number), account__username=account)
        take_off(self.first(), self.vi, row)

    def sees(self, number: str, account: str) -> dict[str, int]:
        """Return how many rows of a case an officer sees, of every table that has any."""
        from django.apps import apps

        from entente.records import guard
        from entente.records.models import Case, CaseBound

        case, found = self.case(number), {}
        models = [m for m in apps.get_app_config("records").get_models() if issubclass(m, CaseBound)]
        with guard.scope(self.who(account), self.vi):
            found["case"] = Case.objects.filter(pk=case.pk).count()
            for model in models:
                found[model._meta.model_name or ""] = model._default_manager.filter(case=case.pk).count()
        return {name: n for name, n in found.items() if n}

    def steps(self, number: str) -> list[list[Any]]:
        """Return the stages that the clock shows, each with the days that it took."""
        from entente.records import guard

        case = self.case(number)
        with guard.scope(self.first(), self.vi):
            told = case.clock()
        return [[str(s.stage), s.took / timedelta(days=1)] for s in told.reached]

    # --- packages ---------------------------------------------------------------------------------------

    def post(self, kind: str, to: str, path: str) -> int:
        """Seal what waits for a partner; return how many messages went."""
        from entente.casework.cooperate.service import sealing

        chosen = next(k for k in sealing.POSTS if k == kind)
        with Path(path).open("xb") as out:
            return len(sealing.post(self.first(), self.vi, self.agency(to), chosen, out)[1].goes)

    def open(self, path: str) -> str:
        """Open a package; return why it, or something in it, was refused."""
        from entente.casework.cooperate.service import arrivals
        from entente.formats.sealed_package import PackageRefused

        with tempfile.TemporaryFile() as file:
            file.write(Path(path).read_bytes())
            file.flush()
            try:
                return " ".join(arrivals.open_package(self.first(), self.vi, file).refused)
            except PackageRefused as refused:
                return str(refused.code)

    # --- requests ---------------------------------------------------------------------------------------

    def ask(self, number: str, to: list[str], question: str, due: float, **more: Any) -> str:
        """Ask, with the crop of the case where ``crop`` says so; return the request."""
        from entente.casework.cooperate import service
        from entente.records import guard
        from entente.records.models import Media

        case, crop = self.case(number), None
        if more.pop("crop", False):
            with guard.scope(self.first(), self.vi):
                crop = Media.objects.get(case=case, origin="crop")
        agencies = [self.agency(a) for a in to]
        row = service.ask(
            self.first(), self.vi, case, question=question, agencies=agencies, due=day(due), crop=crop, **more
        )
        return str(row.pk)

    def withdraw(self, request: str) -> None:
        """Take a request back."""
        from entente.casework.cooperate import service
        from entente.records import guard
        from entente.records.models import Request

        with guard.scope(self.first(), self.vi):
            row = Request.objects.get(pk=request)
        service.withdraw(self.first(), self.vi, row)

    def inbox(self, account: str = "") -> list[dict[str, Any]]:
        """Return what is asked of an officer's agency."""
        from entente.casework.cooperate import service
        from entente.records import guard

        officer = self.who(account) if account else self.first()
        with guard.scope(officer, self.vi):
            return [
                {
                    "id": str(d.pk),
                    "question": d.question,
                    "crop": bool(d.crop_key),
                    "urgency": d.urgency,
                    "late": d.state == "sent" and d.due < self.clock.now(),
                    "also": service.also_asked(officer, d),
                }
                for d in service.inbox(officer)
            ]

    def _sent(self, officer: Any, dispatch: str) -> Any:
        from entente.casework.cooperate import service
        from entente.records import guard

        with guard.scope(officer, self.vi):
            return service.inbox(officer).get(pk=dispatch)

    def look(self, dispatch: str) -> list[str]:
        """Look at the crop of a request, grey and then clear; return the views that were counted."""
        from entente.casework.cooperate import service

        held = self._sent(self.first(), dispatch)
        return [service.crop_copy(self.first(), self.vi, held, v)[0].view for v in ("grey", "clear")]

    def answer(self, account: str, dispatch: str, **said: Any) -> str:
        """Answer a request."""
        from entente.casework.cooperate import service

        officer = self.who(account)
        return str(service.answer(officer, self.vi, self._sent(officer, dispatch), **said).pk)

    def let(self, answer: str, to: str, until: float, *, end: bool = False) -> None:
        """Let an agency have an answer of ours, or end that."""
        from entente.records import guard, release
        from entente.records.models import Answer

        with guard.scope(self.first(), self.vi):
            row = Answer.objects.get(pk=answer)
        if end:
            release.withdraw(self.first(), self.vi, row, self.agency(to))
        else:
            release.release(self.first(), self.vi, row, self.agency(to), day(until), "they search the home")

    def answers(self, number: str) -> list[list[str]]:
        """Return what was answered in a case: who, what, grade, handling, and what became of its clue."""
        from entente.records import guard
        from entente.records.models import Answer

        with guard.scope(self.first(), self.vi):
            rows = Answer.objects.filter(case=self.case(number)).select_related("addressed", "taken_as")
            return [
                [a.addressed.short, a.kind, a.evaluation, a.codes, a.taken_as.state if a.taken_as else ""]
                for a in rows.order_by("made_at", "pk")
            ]

    def take(self, number: str) -> int:
        """Take every answer that states a clue into the case; return how many."""
        from entente.casework.cooperate import service
        from entente.records import guard
        from entente.records.models import Answer

        with guard.scope(self.first(), self.vi):
            rows = list(Answer.objects.filter(case=self.case(number), taken_as=None).exclude(clue_kind=""))
        for row in rows:
            service.take(self.first(), self.vi, row)
        return len(rows)

    # --- products ---------------------------------------------------------------------------------------

    def issue(self, number: str) -> dict[str, Any]:
        """Issue a product of all that is confirmed, by two people; return its PDF and that made again."""
        from entente.casework.inform import service as inform

        case, one, two = self.case(number), self.first(), self.who(f"{self.short}-2")
        rows = [(p.text, p.type, p.clues, p.evaluation) for p in inform.proposed(one, self.vi, case)[0]]
        made = inform.draft(one, self.vi, case, statements=rows)
        inform.submit(one, self.vi, made)
        product = inform.approve(two, self.vi, made, edition=made.issued_at.isoformat())
        again = hashlib.sha256(inform.regenerate(product)).hexdigest()
        return {
            "id": str(product.pk),
            "pdf": [product.sha256, again],
            "texts": [s["text"] for s in product.facts["document"]["statements"]],
        }

    def disclose(self, product: str, to: str, *, court: bool = False) -> dict[str, Any]:
        """Disclose a product, or see its version for a court; return what is in it and what is not."""
        from entente.casework.inform import service as inform
        from entente.records import guard
        from entente.records.models import Product

        with guard.scope(self.first(), self.vi):
            row = Product.objects.select_related("case").get(pk=product)
        purpose, agency = (self.court if court else self.vi), self.agency(to)
        version = inform.version_for(self.first(), purpose, row, agency)
        if court:
            texts = [s.text for s in version.draft.statements]
            return {"texts": texts, "left_out": version.told_recipient}
        given = inform.disclose(self.first(), purpose, row, agency)
        texts = [s["text"] for s in given.document["statements"]]
        return {"id": str(given.pk), "texts": texts, "left_out": version.told_sender} | {
            "pdf": given.sha256,
            "facts": _digest(given.document),
        }

    def received(self) -> list[dict[str, Any]]:
        """Open each product that came, acknowledge it, and return the digests of its files."""
        from entente.casework.inform import service as inform
        from entente.records import guard

        officer, found = self.first(), []
        with guard.scope(officer, self.vi):
            rows = list(inform.received(officer))
        for row in rows:
            if inform.called_back(row):
                found.append({"called_back": True})
                continue
            held = inform.acknowledge(officer, self.vi, inform.open_delivery(officer, self.vi, row))
            pdf = hashlib.sha256(inform.paper(held)).hexdigest()
            found.append({"pdf": pdf, "facts": _digest(held.document), "from": held.owner.short})
        return found

    def receipts(self, delivery: str) -> list[bool]:
        """Return whether a product that we sent was opened, and acknowledged."""
        from entente.records import guard
        from entente.records.models import Delivery

        with guard.scope(self.first(), self.vi):
            row = Delivery.objects.get(pk=delivery)
        return [row.opened_at is not None, row.acknowledged_at is not None]

    def for_court(self, number: str, to: str) -> dict[str, Any]:
        """Return which items a bundle for a court would hold, and what the court reads of the rest."""
        from entente.casework.seize.service import court
        from entente.records import guard
        from entente.records.models import Media

        case = self.case(number)
        with guard.system("the items of the story"):
            ids = [str(pk) for pk in Media.objects.filter(case=case).values_list("pk", flat=True)]
        plan = court.plan(self.first(), case, ids, self.agency(to))
        return {"items": [m.number for m in plan.items], "told": plan.told_court}

    # --- cross-check ------------------------------------------------------------------------------------

    def ask_privately(self, number: str, to: str, path: str) -> None:
        """Ask a partner about the hashes of a case."""
        from entente.casework.crosscheck import service

        with Path(path).open("xb") as out:
            service.ask_privately(
                self.first(), self.vi, self.case(number), self.agency(to), out, kinds=["hash"]
            )

    def answer_privately(self, path: str) -> None:
        """Allow the answer to the question that waits."""
        from entente.casework.crosscheck import service
        from entente.records import guard
        from entente.records.models import PrivateCheck

        with guard.scope(self.first(), self.vi):
            row = PrivateCheck.objects.get(outgoing=False, state="waits")
        with Path(path).open("xb") as out:
            service.answer(self.first(), self.vi, row, out)

    def hits(self, number: str) -> list[list[str]]:
        """Return what met: kind, owner, contact."""
        from entente.records import guard
        from entente.records.models import CheckHit

        with guard.scope(self.first(), self.vi):
            rows = CheckHit.objects.filter(case=self.case(number)).select_related("holder")
            return [[h.kind, h.holder.short, h.contact] for h in rows]

    def log(self) -> list[str]:
        """Return the entries of the own log."""
        from entente.records import guard
        from entente.records.models import LogEntry

        with guard.system("read the log of the story"):
            return [f"{e.body} {e.told}" for e in LogEntry.objects.order_by("seq")]


def _digest(document: Any) -> str:
    from entente.safeguards.commitment import canonical

    return hashlib.sha256(canonical(document).encode()).hexdigest()
