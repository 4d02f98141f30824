"""Writers that are wrong on purpose: the harness must find what they do, or it finds nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def sloppy_writer() -> None:
    """Give a file its final name before its bytes are there, as ``shutil.copy`` does."""

    def place(temporary: Any, final: Any, **_: Any) -> None:
        data = Path(temporary).read_bytes()
        handle = os.open(final, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        for piece in (data[: len(data) // 2], data[len(data) // 2 :]):
            os.write(handle, piece)
        os.close(handle)

    os.link = place
    plain = os.rename
    for name in ("rename", "replace"):
        setattr(
            os,
            name,
            lambda a, b, **_: (place(a, b), Path(a).unlink()) if "evidence" in str(b) else plain(a, b),
        )


def row_first() -> None:
    """Commit the rows, and only then give their originals their places."""
    from entente.casework.intake.service import receiving
    from entente.web import settings

    record = receiving.record

    @contextmanager
    def away() -> Iterator[None]:
        held = [p for p in Path(settings.EVIDENCE_ROOT).glob("??/??/*") if p.is_file()]
        for path in held:
            path.rename(path.with_name(path.name + ".later"))
        yield
        for path in held:
            path.with_name(path.name + ".later").rename(path)

    def late(*given: Any) -> Any:
        with away():
            return record(*given)

    receiving.record = late
