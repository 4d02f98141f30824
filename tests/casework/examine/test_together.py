"""Together, live: what one does the others are told, of what is hidden nobody, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from demo.ten_days import make_circle
from django.db import connections
from django.test import AsyncClient, Client
from django.urls import reverse

from entente.casework.examine import service
from entente.casework.examine.service import hours, together
from entente.casework.intake.service import open_case
from entente.records import clock, erasure, feed, guard, sessions
from entente.records.models import Account, Case, Feed, Hours, Media, Membership, Note
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Purpose
from tests.story.conftest import desk_in

VI = Purpose.VICTIM_IDENTIFICATION
STREAM = {"Accept": "text/event-stream"}


@pytest.fixture
def room(monkeypatch):
    """The open pages, looked after by the test itself."""
    made = together.Room(alone=False)
    monkeypatch.setattr(together, "ROOM", made)
    return made


@pytest.fixture
def media(circle, case):
    """An item of Italy's case, in which Australia works, too."""
    made = {"kind": "picture", "width": 8, "height": 8, "source": "disk", "case": case}
    with guard.system("fill a case for a test"):
        Membership.objects.create(case=case, account=circle.au, part="member")
        Membership.objects.create(case=case, account=circle.it_second, part="member")
        return Media.objects.create(number=1, sha256="1" * 64, owner=circle.agencies.it, **made)


def mark(circle, media, who="it", **more):
    officer = circle.officer(getattr(circle, who))
    return service.mark(officer, VI, media, kind=ClueKind.OBJECT, value="a lamp", **more)


def note(circle, media, who="it", text="a lamp"):
    return service.note(circle.officer(getattr(circle, who)), VI, media, text)


def browser(account) -> AsyncClient:
    known = Client()
    known.force_login(account)
    made = AsyncClient()
    made.cookies = known.cookies
    return made


def at(case, **query) -> str:
    tail = "&".join(f"{k}={v}" for k, v in query.items())
    return reverse("examine:live", args=[case.pk]) + f"?{tail}"


class Page:
    """An open page: what it is told, message by message."""

    def __init__(self, account):
        self.browser, self.heard, self.ended = browser(account), asyncio.Queue(), False

    async def open(self, address, **headers):
        self.answer = await self.browser.get(address, headers={**STREAM, **headers})
        assert self.answer.streaming, self.answer.status_code
        self.ear = asyncio.create_task(self._hear())
        assert (await self.heard.get()).startswith("retry: ")
        return self

    async def _hear(self):
        async for part in self.answer.streaming_content:
            self.heard.put_nowait(part.decode())
        self.ended = True

    async def next(self):
        """Return the next message as (id, event, data); nothing where none waits."""
        try:
            text = await asyncio.wait_for(self.heard.get(), 0.2)
        except TimeoutError:
            return None
        lines = dict(line.split(": ", 1) for line in text.strip().split("\n"))
        return lines.get("id"), lines.get("event"), json.loads(lines.get("data", "null"))

    async def told(self):
        """Return the next message that is not about who is here."""
        while (message := await self.next()) and message[1] == "here":
            pass
        return message

    async def close(self):
        """Go, as a browser does that is closed."""
        self.ear.cancel()
        await asyncio.wait([self.ear], timeout=20)
        assert self.ear.done(), "a page that has gone is still listened to"


def played(scene):
    """Play a coroutine on the thread of the test, where its database is."""
    async_to_sync(scene)()


look = sync_to_async


def test_a_mark_and_a_note_of_one_are_told_to_the_other_and_say_only_what_to_fetch(circle, case, media, room):
    async def scene():
        page = await (await look(Page)(circle.au)).open(at(case, item=1, since=""))
        clue = await look(mark)(circle, media)
        await look(room.look)()
        key, event, data = await page.told()
        assert (event, data) == ("changed", {"clue": [str(clue.pk)]}) and key
        written = await look(note)(circle, media, text="SECRET")
        await look(room.look)()
        key, event, data = await page.told()
        assert (event, data) == ("changed", {"note": [str(written.pk)]})
        assert await page.told() is None

    played(scene)


def test_the_headers_of_a_stream_are_those_of_every_page_and_its_log_in_rests(circle, case, media, room):
    async def scene():
        page = await (await look(Page)(circle.au)).open(at(case))
        told = page.answer.headers
        assert told["Content-Type"] == "text/event-stream; charset=utf-8"
        assert "default-src 'none'" in told["Content-Security-Policy"] and told["Cache-Control"] == "no-store"

    played(scene)


def test_what_is_hidden_is_told_by_no_word_no_number_and_no_gap(circle, case, media, room):
    known = Client()
    known.force_login(circle.au)
    answers = []
    for hidden in (False, True):
        Feed.objects.all().delete()
        if hidden:
            mark(circle, media, codes=["H2"])
            note(circle, media)
            with guard.system("withhold a note in a test"):
                Note.objects.update(codes="H2")
        answers.append(known.get(at(case, item=1, since="")).content)
    assert answers[0] == answers[1]

    async def scene():
        page = await (await look(Page)(circle.au)).open(at(case, item=1, since=""))
        await look(room.look)()
        await look(mark)(circle, media, codes=["H2"])
        await look(room.look)()
        assert await page.told() is None
        seen = await look(mark)(circle, media)
        await look(room.look)()
        key, _, data = await page.told()
        assert data == {"clue": [str(seen.pk)]} and not key.isdigit()

    played(scene)


def test_a_page_that_comes_back_is_told_what_it_missed(circle, case, media, room):
    async def scene():
        page = await (await look(Page)(circle.au)).open(at(case, item=1, since=""))
        await look(mark)(circle, media)
        await look(room.look)()
        last, _, _ = await page.told()
        await page.close()
        missed = [await look(note)(circle, media, text=f"note {n}") for n in range(3)]
        await look(room.look)()
        again = await (await look(Page)(circle.au)).open(
            at(case, item=1, since=""), **{"Last-Event-ID": last}
        )
        await look(room.look)()
        _, _, data = await again.told()
        assert data == {"note": [str(n.pk) for n in missed]}

    played(scene)


@pytest.mark.parametrize("steps", range(6))
def test_a_page_that_goes_while_a_message_comes_is_gone(circle, case, media, room, steps):
    async def scene():
        page = await (await look(Page)(circle.au)).open(at(case, item=1, since=""))
        (seat,) = room._seats
        seat._put(together.STILL_HERE)
        for _ in range(steps):  # of the loop, on the way of the message to the page
            await asyncio.sleep(0)
        await page.close()
        assert seat.gone is not None

    played(scene)


def no_member(circle, case):
    with guard.system("take an officer off in a test"):
        Membership.objects.filter(account=circle.au).update(until=clock.now())


def logged_out(circle, case):
    sessions.end(circle.au.pk)


def closed(circle, case):
    with guard.system("close a case in a test"):
        Case.objects.filter(pk=case.pk).update(closed_at=clock.now())


def shut(circle, case):
    type(circle.au).objects.filter(pk=circle.au.pk).update(is_active=False)


@pytest.mark.parametrize("ends", [no_member, logged_out, closed, shut])
def test_what_ends_the_right_to_know_ends_the_stream(circle, case, media, room, ends):
    async def scene():
        page = await (await look(Page)(circle.au)).open(at(case, item=1, since=""))
        await look(room.look)()
        await look(ends)(circle, case)
        await look(mark)(circle, media)
        await look(room.look)()
        assert (await page.told())[1] == "ended"
        await asyncio.wait_for(page.ear, 2)
        assert page.ended

    played(scene)


def test_who_is_here_is_shown_to_the_others_and_goes_with_the_page(circle, case, media, room, monkeypatch):
    async def scene():
        page = await (await look(Page)(circle.au)).open(at(case, item=1, since=""))
        other = await (await look(Page)(circle.it_second)).open(at(case))
        await look(room.look)()
        assert (await page.next())[1:] == ("here", {"case": [["IT-1002", "IT"]], "item": []})
        assert (await other.next())[1:] == ("here", {"case": [["AU-1001", "AU"]], "item": []})
        monkeypatch.setattr(together, "LINGER_S", 0)
        await other.close()
        await look(room.look)()
        assert (await page.next())[1:] == ("here", {"case": [], "item": []})

    played(scene)


def test_one_line_too_many_is_answered_at_once_and_asked_again(circle, case, media, room, monkeypatch):
    monkeypatch.setattr(together, "PER_OFFICER", 1)

    async def scene():
        page = await (await look(Page)(circle.au)).open(at(case, item=1, since=""))
        answer = await (await look(browser)(circle.au)).get(at(case), headers=STREAM)
        assert not answer.streaming and answer.content.startswith(b"retry: ")
        await page.close()

    played(scene)


def test_a_page_that_listens_keeps_no_log_in_alive(client, circle, case, media, room):
    client.force_login(circle.au)
    begun = client.session
    begun["seen"] = 1.0
    begun.save()
    for name, more in (("live", []), ("live-part", [1])):
        assert client.get(reverse(f"examine:{name}", args=[case.pk, *more])).status_code == 200
    assert client.post(reverse("examine:live-beat", args=[case.pk])).status_code == 204
    assert client.session["seen"] == 1.0
    client.get(reverse("examine:page", args=[case.pk]))
    assert client.session["seen"] > 1.0


def test_the_part_gives_the_rows_asked_for_and_no_hidden_one(client, circle, case, media, room):
    shown, hidden, other = mark(circle, media), mark(circle, media, codes=["H2"]), mark(circle, media)
    client.force_login(circle.au)
    at_part = reverse("examine:live-part", args=[case.pk, 1])
    told = client.get(f"{at_part}?clue={shown.pk}&clue={hidden.pk}&clue=x").content.decode()
    assert f"clue-{shown.pk}" in told and "IT-1001 added a clue." in told
    assert "aria-current" not in told
    assert str(hidden.pk) not in told and str(other.pk) not in told
    client.force_login(circle.it)
    assert "added a clue" not in client.get(f"{at_part}?clue={shown.pk}").content.decode()


def test_the_feed_goes_with_its_day_its_thing_and_its_case(circle, case, media):
    clue = mark(circle, media)
    note(circle, media)
    assert Feed.objects.count() == 2
    erasure.erase(circle.officer(circle.it), VI, clue, "a test")
    assert [f.what for f in Feed.objects.all()] == ["note"]
    with clock.at(clock.now() + timedelta(hours=25)):
        assert feed.forget() == 1
    note(circle, media)
    hours.count(circle.officer(circle.it), case)
    erasure.erase(circle.officer(circle.it), VI, case, "a test")
    assert not Feed.objects.exists() and not Hours.objects.exists()


def worked(officer, case, *minutes):
    start = clock.now().replace(hour=9, minute=0, second=0, microsecond=0)
    for minute in minutes:
        with clock.at(start + timedelta(minutes=minute)):
            hours.count(officer, case)


def test_time_is_counted_while_somebody_works_once_for_two_windows_and_not_over_a_pause(circle, case):
    officer = circle.officer(circle.it)
    worked(officer, case, 0, 0.5, 0.5, 1, 30, 30.5)
    assert [seconds for _, seconds in hours.own(officer, case)] == [90]
    with clock.at(clock.now() + timedelta(days=100)):
        assert hours.forget() == 1


def test_totals_are_the_leads_and_only_where_everybody_of_the_agency_agrees(client, circle, case, media):
    lead, second, au = (circle.officer(a) for a in (circle.it, circle.it_second, circle.au))
    worked(lead, case, 0, 0.5)
    worked(second, case, 0, 0.5)
    worked(au, case, 0, 0.5)
    hours.agree(second, VI, case, True)
    told = {t.agency: t.seconds for t in hours.totals(lead, case)}
    assert told == {"AU": None, "IT": 60}
    hours.agree(second, VI, case, False)
    hours.agree(au, VI, case, True)
    assert {t.agency: t.seconds for t in hours.totals(lead, case)} == {"AU": 30, "IT": None}
    assert hours.totals(au, case) == []
    client.force_login(circle.au)
    text = client.get(reverse("examine:hours", args=[case.pk])).content.decode()
    assert "Totals by agency" not in text and "0:00" in text
    assert client.post(reverse("examine:hours", args=[case.pk]), {"agree": "no"}).status_code == 302
    assert not hours.agrees(au, case)


def test_ten_officers_mark_at_once_and_every_mark_is_kept_and_told(tmp_path, django_db_blocker):
    with desk_in(tmp_path / "desk", django_db_blocker):
        make_circle()
        people = [Account.objects.get(username=n) for n in ("IT-1001", "FR-5001", "AU-3001")]
        lead = people[0].as_officer()
        opened = {"number": "T-1", "title": "Operation Larch", "victim_number": "V-001"}
        case = open_case(lead, VI, discovered_at=clock.now(), **opened)
        with guard.system("fill a case for a test"):
            for account in people[1:]:
                Membership.objects.create(case=case, account=account, part="member")
            media = Media.objects.create(
                number=1, sha256="1" * 64, owner=people[0].agency, case=case, kind="picture", source="disk"
            )

        def write(n: int) -> list[str]:
            officer = people[n % 3].as_officer()
            try:
                return [str(service.note(officer, VI, media, f"{n} {i}").pk) for i in range(5)]
            finally:
                connections.close_all()

        with ThreadPoolExecutor(10) as threads:
            written = {pk for part in threads.map(write, range(10)) for pk in part}
        officer = people[1].as_officer()
        told = feed.known(officer, VI, feed.after(0, case.pk, media.pk))
        assert len(written) == 50 and {str(c.thing) for c in told} == written
        assert sorted({c.serial for c in told}) == [c.serial for c in told]
