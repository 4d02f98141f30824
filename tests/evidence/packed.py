"""Archives for tests, written by the standard library from drawn scenes."""

from __future__ import annotations

import io
import tarfile
import zipfile


def zipped(held: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP file of names and bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in held.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(held: dict[str, bytes], packed: str = "", format_: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar file of names and bytes, plain or ``gz``, ``bz2``, ``xz``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{packed}", format=format_) as archive:  # type: ignore[call-overload]
        for name, data in held.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
