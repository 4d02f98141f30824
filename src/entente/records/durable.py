"""What the database must promise before anything is acknowledged, and what is said when its disk fails.

With ``synchronous=NORMAL``, the common advice, a power cut loses acknowledged commits; ``tests/faults`` shows
it. So a desk whose database promises less does not start.
"""

from __future__ import annotations

import errno
import sqlite3

from django.db import DatabaseError, OperationalError, connection

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


def disk_fault(fault: BaseException) -> str:
    """Return the sentence for a disk that is full or fails; empty for any other fault."""
    if isinstance(fault, OSError):
        return _DISK.get(fault.errno or 0, "")
    cause = fault.__cause__ if isinstance(fault, DatabaseError) else fault
    if not isinstance(cause, sqlite3.OperationalError) and not isinstance(fault, OperationalError):
        return ""
    says = str(fault).strip()
    if "full" in says or "No space" in says:
        return _FULL
    if "disk" in says or "readonly" in says or "unable to open" in says:
        return f"the database cannot be used ({says}); check the disk: what was acknowledged stands"
    return ""
