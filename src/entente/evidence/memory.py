"""Bytes as an open file that lies in memory alone: what a decoder is given is never written in plain."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def in_memory(data: bytes) -> Iterator[int]:
    """Give the descriptor of a file with these bytes; it is gone at the end."""
    handle = os.memfd_create("entente")
    try:
        with os.fdopen(handle, "wb", closefd=False) as file:
            file.write(data)
        yield handle
    finally:
        os.close(handle)
