"""A small circle of agencies, officers and cases that the tests share."""

from __future__ import annotations

import gc
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from entente.vocabulary.handling import Purpose

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
VI = Purpose.VICTIM_IDENTIFICATION
# What one worker does by itself when several share the suite: a file, or a folder whose files share something
# that is dear to make. Those that take longest, the longest first: begun last, one of them would have the
# other workers wait for it. What is not named here comes after them, the most tests first.
TOGETHER = ("tests/worlds", "tests/faults")
LONGEST = (
    "tests/worlds",
    "tests/faults",
    "tests/story/test_browser.py",
    "tests/web/test_every_route.py",
    "tests/story/test_joint_examination.py",
    "tests/story/test_ten_days.py",
    "tests/records/test_postgres.py",
    "tests/story/test_known_or_new.py",
    "tests/cli/test_desk.py",
    "tests/records/test_wall_of_pages.py",
    "tests/casework/locate/test_coverage.py",
    "tests/casework/seize/test_sight.py",
    "tests/casework/examine/test_ledger.py",
    "tests/web/test_headers.py",
)


def share_of(nodeid: str) -> str:
    """Return the name of what a test is done with."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(f"{folder}/")), file)


def pytest_configure(config: pytest.Config) -> None:
    """Leave the order to us: xdist would begin with the file that has most tests."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, where several workers share the suite."""
    if hasattr(config, "workerinput"):
        counts = Counter(share_of(item.nodeid) for item in items)
        early = {name: place - len(LONGEST) for place, name in enumerate(LONGEST)}
        places = {share: (early.get(share, 0), -count, share) for share, count in counts.items()}
        items.sort(key=lambda item: (places[share_of(item.nodeid)], item.nodeid.partition("::")[0]))


def pytest_collection_finish() -> None:
    """Keep what is loaded from the collector, which would look through all of it again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each share to one worker."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Shares(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return share_of(nodeid)

        def remove_node(self, node: Any) -> str | None:
            """Do not begin again what hung or ended its worker: it would end the next one, too."""
            for tests in self.assigned_work[node].values():
                for test, done in tests.items():
                    if not done:
                        tests[test] = True
                        super().remove_node(node)
                        return str(test)
            return super().remove_node(node)

    return Shares(config, log)


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix() -> None:
    """Leave the database's name: it lies in each worker's own memory, which pytest-django cannot know."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """Raise SQLite's second wall before any test: a view that a test's own transaction made goes with it.

    SQLite prepares every statement anew where a view came or went.
    """
    from django.db import connection

    from entente.records import guard
    from entente.records.sqlite.warden import MINE

    with django_db_blocker.unblock():
        for table in (*guard.GUARDED, MINE) if connection.vendor == "sqlite" else ():
            connection._stand(table)


@pytest.fixture
def shared_data() -> Path:
    """Real pictures that this project did not make; a test that needs them skips visibly without them."""
    if not SHARED.is_dir():
        pytest.skip("../shared/data is absent: the test pictures are not part of the project")
    return SHARED


@pytest.fixture(autouse=True)
def forced_log_ins_are_confirmed(monkeypatch):
    """``client.force_login(account)`` stands for an officer who confirmed with a passkey just now.

    ``tests/web/test_strength.py`` and ``test_sessions.py`` take this away, and log in through the door.
    """
    from django.test import Client

    from entente.records import sessions
    from entente.vocabulary.agency import Strength
    from entente.web import strength

    real_login, real_strength, real_over = Client.force_login, strength.strength_of, sessions.over
    mark = "forced by a test"

    def login(self, user, backend=None):
        real_login(self, user, backend)
        session = self.session
        session[mark] = True
        session.save()

    def strength_of(request):
        return Strength.CONFIRMED if request.session.get(mark) else real_strength(request)

    monkeypatch.setattr(Client, "force_login", login)
    monkeypatch.setattr(strength, "strength_of", strength_of)
    monkeypatch.setattr(sessions, "over", lambda session: not session.get(mark) and real_over(session))


@pytest.fixture
def evidence_desk(settings, tmp_path):
    """An empty evidence folder and keys of its own for one test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, for tests only
    settings.DESK = tmp_path
    settings.EVIDENCE_ROOT = tmp_path / "evidence"
    settings.KEY_FOLDER = tmp_path / "keys"
    settings.HOLDINGS_ROOT = tmp_path / "holdings"
    settings.EVIDENCE_ROOT.mkdir()
    settings.KEY_FOLDER.mkdir(mode=0o700)
    return tmp_path


@pytest.fixture
def circle(db, evidence_desk):
    """Seven agencies with an examiner each, and two more accounts in Italy; no case yet.

    ``circle.it`` is an Account, ``circle.officer(account)`` the law's view of it as it stands now.
    """
    from entente.records.models import Account, Agency

    def agency(short, name, country, kind="national unit"):
        return Agency.objects.create(
            short=short, name=name, country=country, kind=kind, contact=f"desk@{short.lower()}.example"
        )

    def account(agency, number, roles=("examiner",), purposes=None):
        return Account.objects.create_user(
            number,
            password="a-long-test-password",
            agency=agency,
            roles=list(roles),
            purposes=purposes or ["victim-identification", "safeguarding", "prosecution"],
        )

    agencies = {
        short.lower(): agency(short, name, country, kind)
        for short, name, country, kind in [
            ("IT", "National unit, Italy", "IT", "national unit"),
            ("EU", "Coordination centre", "EU", "coordination centre"),
            ("AU", "National unit, Australia", "AU", "third country unit"),
            ("DK", "National unit, Denmark", "DK", "national unit"),
            ("FR", "National unit, France", "FR", "national unit"),
            ("NL", "National unit, Netherlands", "NL", "national unit"),
            ("CA", "National unit, Canada", "CA", "third country unit"),
        ]
    }
    people = {short: account(a, f"{short.upper()}-1001") for short, a in agencies.items()}
    people["it_second"] = account(agencies["it"], "IT-1002", ("investigator",))
    people["it_admin"] = account(agencies["it"], "IT-9001", ("administrator",))
    people["it_dpo"] = account(
        agencies["it"], "IT-9002", ("data protection officer",), ["data-protection-audit"]
    )
    return SimpleNamespace(
        agencies=SimpleNamespace(**agencies),
        officer=lambda account: account.as_officer(),
        make_account=account,
        **people,
    )


@pytest.fixture
def case(circle):
    """A case of Italy, opened by its examiner, who leads it."""
    from entente.casework.intake.service import open_case

    return open_case(
        circle.officer(circle.it),
        VI,
        number="IT-2026-001",
        title="Operation Larch",
        victim_number="V-001",
        discovered_at=datetime.now(UTC) - timedelta(days=1),
    )


@pytest.fixture
def first_wall_off():
    """Allow all in place of the first wall: what is then still hidden, the database hides."""
    from tests.records.walls import without_the_first_wall

    with without_the_first_wall():
        yield
