"""Opening a desk from the command line: its folder, its settings, and as whom one acts."""

from __future__ import annotations

import ctypes
import os
import secrets
import time
from pathlib import Path
from threading import Thread

import django

_ARENA_MAX = -8  # glibc's malloc.h, M_ARENA_MAX
_TIDY_S = 5.0  # between two times that freed memory is given back; takes 20 ms where there is much

DEFAULT_FOLDER = Path("entente-desk")
DEMONSTRATION = "demonstration"  # the mark of a throw-away desk, as web.settings reads it


class NoDesk(ValueError):
    """There is no desk in that folder, or nobody to act as; the text says the mend."""


def folder_of(given: str | None) -> Path:
    """Return the desk's folder: as given, from ENTENTE_DESK, or ``entente-desk`` here."""
    return Path(given or os.environ.get("ENTENTE_DESK") or DEFAULT_FOLDER).absolute()


def stay_small() -> None:
    """Have this long-lived process give freed memory back; where the C library is not glibc, do nothing.

    An estimate of a place takes arrays of 2 MB by the dozen, and glibc would keep them for ever. Fixed limits
    (``M_MMAP_THRESHOLD``) would save as much and double the time of an estimate.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "malloc_trim"):
        return

    def tidy() -> None:
        while True:
            time.sleep(_TIDY_S)
            library.malloc_trim(0)

    library.mallopt(_ARENA_MAX, 2)
    Thread(target=tidy, name="gives memory back", daemon=True).start()


def make_desk(folder: Path) -> None:
    """Make an empty desk: folder for one owner only, keys, evidence store, tables."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = folder / "keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    (folder / "evidence").mkdir(mode=0o700, exist_ok=True)
    secret = keys / "secret"
    if not secret.exists():
        handle = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(secrets.token_urlsafe(48))
    _set_up(folder)
    from entente.records import migrating

    migrating.take_the_steps()


def open_desk(folder: Path, *, renew: bool = False) -> None:
    """Make ready to work on the desk in ``folder``; ``renew`` brings the tables of an older version up.

    Raises ``NoDesk`` if there is none, if its database would not keep what it acknowledges, or if its tables
    are those of another version.
    """
    if not (folder / "keys" / "secret").is_file():
        raise NoDesk(f"no desk in {folder}: make one with `entente init {folder}`, or name it with --desk")
    _set_up(folder)
    from entente.records.durable import NotDurable, demand_durable

    try:
        demand_durable()
    except NotDurable as fault:
        raise NoDesk(str(fault)) from None
    if renew:
        from entente.records import migrating

        migrating.take_the_steps()
    elif _older():
        raise NoDesk(
            f"the tables in {folder} are of an older version; `entente serve` brings them up to date"
        )


def _older() -> bool:
    """Whether tables are still to be changed for this version."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    held = MigrationExecutor(connection)
    return bool(held.migration_plan(held.loader.graph.leaf_nodes()))


def open_for_work(folder: Path, *, renew: bool = False) -> None:
    """Open the desk with its evidence; raise ``NoDesk`` also where its keys are lost or not its own."""
    open_desk(folder, renew=renew)
    from entente.casework.intake.service import evidence_store
    from entente.evidence.keys import KeyRefused
    from entente.evidence.store import NotKept, StoreFailed

    try:
        evidence_store()
    except (KeyRefused, StoreFailed, NotKept) as fault:
        raise NoDesk(str(fault)) from None


def clock_warning() -> str:
    """Return what to say when the clock stands before the last entry of the log; empty where it is well.

    The order of the log is its numbers, not its times, so nothing is lost; but expiries and review dates
    are judged by the clock.
    """
    from django.db.models import Max

    from entente.records import clock, guard
    from entente.records.models import LogEntry

    with guard.system("compare the clock with the log"):
        last = LogEntry.objects.aggregate(last=Max("at"))["last"]
    if last is None or clock.now() >= last:
        return ""
    behind = (last - clock.now()).total_seconds()
    return f"the clock stands {behind:.0f} s before an entry of the log; set it: expiries are judged by it"


def _set_up(folder: Path) -> None:
    os.environ["ENTENTE_DESK"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entente.web.settings")
    django.setup()
    speak_as_the_site()
    see_as_the_site()


def speak_as_the_site() -> None:
    """Take the site's own verbal scale where ENTENTE_VERBAL_SCALE names one; ``NoDesk`` for a bad one."""
    from entente.casework.link import scale

    named = os.environ.get("ENTENTE_VERBAL_SCALE")
    if not named:
        return
    try:
        scale.use(scale.read(Path(named).read_text(encoding="utf-8"), named))
    except (OSError, ValueError) as fault:
        raise NoDesk(f"ENTENTE_VERBAL_SCALE: {fault}") from None


def see_as_the_site() -> None:
    """Take the site's own matcher where ENTENTE_MATCHER names one; ``NoDesk`` for a bad setting.

    Its network is looked at when it is needed, in a limited process; a bad one stops nothing but itself.
    """
    named = os.environ.get("ENTENTE_MATCHER")
    if not named:
        return
    from entente.casework.link.scene import site

    try:
        site.use(site.read(Path(named).read_text(encoding="utf-8"), str(Path(named).absolute())))
    except (OSError, ValueError) as fault:
        raise NoDesk(f"ENTENTE_MATCHER: {fault}") from None


def acting_account(service_number: str | None) -> object:
    """Return the account one acts as: by service number, from ENTENTE_OFFICER, or the desk's only one."""
    from entente.records.models import Account
    from entente.safeguards.access import FOUNDERS

    number = service_number or os.environ.get("ENTENTE_OFFICER")
    accounts = Account.objects.filter(is_active=True)
    if number:
        found = accounts.filter(username=number).first()
        if found is None:
            raise NoDesk(f"no officer {number} at this desk; the service number is written as at log-in")
        return found
    workers = [a for a in accounts if set(a.roles) & {str(r) for r in FOUNDERS}]
    if len(workers) == 1:
        return workers[0]
    raise NoDesk("say who is acting: --as SERVICE-NUMBER, or set ENTENTE_OFFICER")
