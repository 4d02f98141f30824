"""What the database must promise before anything is acknowledged, and what is said when its disk fails.

With ``synchronous=NORMAL``, the common advice, a power cut loses acknowledged commits; ``tests/faults`` shows
it. So a desk whose database promises less does not start. And what is erased leaves the journal, too.
"""

from __future__ import annotations

import errno
import logging
import sqlite3

from django.db import DatabaseError, OperationalError, connection, transaction

from entente.records import guard

logger = logging.getLogger(__name__)

# SQLite: PRAGMA → answer. FULL is 2, EXTRA is 3.
_SQLITE = {"journal_mode": ("wal",), "synchronous": (2, 3), "foreign_keys": (1,), "secure_delete": (1,)}
_POSTGRES = {"fsync": ("on",), "full_page_writes": ("on",), "synchronous_commit": ("on", "remote_apply")}


_FULL = "the desk's disk is full; free space and do it again: what was acknowledged stands"
_FAILS = "the desk's disk fails; stop and check it: what was acknowledged stands"
_DISK = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EIO: _FAILS,
    errno.EROFS: _FAILS,
}


class NotDurable(RuntimeError):
    """The database would lose acknowledged work in a power cut; the text says the mend."""


def demand_durable() -> None:
    """Raise ``NotDurable`` unless this connection keeps what it acknowledges.

    Raises Django's ``DatabaseError`` where the database cannot be asked.
    """
    local = connection.vendor == "sqlite"
    promised = _SQLITE if local else _POSTGRES
    with connection.cursor() as cursor:
        for name, kept in promised.items():
            cursor.execute(f"PRAGMA {name}" if local else f"SHOW {name}")
            (answer,) = cursor.fetchone()
            if answer not in kept:
                wanted = " or ".join(str(k) for k in kept)
                raise NotDurable(
                    f"the database has {name} = {answer}, and a power cut would lose acknowledged work;"
                    f" set it to {wanted} (see init_command in the settings)"
                )


def empty_journal() -> None:
    """Once this transaction is kept, take out of SQLite's journal what it erased.

    ``secure_delete`` overwrites what is erased in the database file; the journal still has the pages as they
    were before, until it is emptied. PostgreSQL keeps both until its own
    clean-up, which is the site's to keep short.
    """
    if connection.vendor == "sqlite":
        transaction.on_commit(_emptied, robust=True)


def _emptied() -> None:
    if connection.in_atomic_block:  # a test's own transaction, around all of it
        return
    with guard.system("empty the journal of what was erased"), connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, *_ = cursor.fetchone()
    if busy:  # a reader was in the way for the whole time-out
        logger.warning("what was erased is still in the database's journal: it goes with the next erasure")


def disk_fault(fault: BaseException) -> str:
    """Return the sentence for a disk that is full or fails, or that others write to; else an empty one."""
    if isinstance(fault, OSError):
        return _DISK.get(fault.errno or 0, "")
    cause = fault.__cause__ if isinstance(fault, DatabaseError) else fault
    if not isinstance(cause, sqlite3.OperationalError) and not isinstance(fault, OperationalError):
        return ""
    says = str(fault).strip()
    if "full" in says or "No space" in says:
        return _FULL
    if "locked" in says:
        return "others are writing, for longer than this could wait; nothing of it was kept: do it again"
    if "disk" in says or "readonly" in says or "unable to open" in says:
        return f"the database cannot be used ({says}); check the disk: what was acknowledged stands"
    return ""
