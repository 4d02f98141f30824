"""Messages between us and the limited child: a length, a JSON object, perhaps bytes, perhaps one open file.

The child is not trusted: lengths are checked before anything is read, the object before it is used.
"""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import time
from typing import Any

from entente.safeguards import strict_json

HEADER = struct.Struct("!II")  # bytes of JSON, bytes of blob
LARGEST = 96 << 20  # of an answer; a picture of 80 million pixels as JPEG stays below


class Broken(ConnectionError):
    """The other side is gone, or said something that is no message."""


def send(
    channel: socket.socket, message: dict[str, Any], blob: bytes = b"", *, fd: int | None = None
) -> None:
    """Send one message, with an open file descriptor if given; raises ``Broken``."""
    text = json.dumps(message, allow_nan=False, ensure_ascii=False)
    data = text.encode("utf-8", "replace")  # half a character in a stranger's tag must not cost the hashes
    header = HEADER.pack(len(data), len(blob))
    try:
        if fd is None:
            channel.sendall(header)
        else:
            socket.send_fds(channel, [header], [fd])  # eight bytes: never sent in part
        channel.sendall(data)
        if blob:
            channel.sendall(blob)
    except OSError as error:
        raise Broken(str(error)) from error


def receive(
    channel: socket.socket, *, deadline: float | None = None, largest: int = LARGEST
) -> tuple[dict[str, Any], bytes, int | None]:
    """Return one message, its blob and the file descriptor that came with it.

    Raises ``Broken`` at the end, for a message over ``largest`` bytes or one that is no JSON object, and
    ``TimeoutError`` when ``deadline`` (``time.monotonic``) has passed.
    """
    first, fds = _first(channel, deadline)
    try:
        header = first + _exactly(channel, HEADER.size - len(first), deadline)
        text_size, blob_size = HEADER.unpack(header)
        if text_size + blob_size > largest:
            raise Broken(f"a message of {text_size + blob_size} bytes is over the limit")
        text = _exactly(channel, text_size, deadline)
        blob = _exactly(channel, blob_size, deadline)
        try:
            message = strict_json.loads(text)
        except strict_json.NotStrict as error:
            raise Broken("a message that is no JSON") from error
        if not isinstance(message, dict):
            raise Broken("a message that is no object")
    except BaseException:
        for fd in fds:
            os.close(fd)
        raise
    for fd in fds[1:]:
        os.close(fd)
    return message, blob, fds[0] if fds else None


def silent(channel: socket.socket) -> bool:
    """Whether the other side is there and has nothing more to say."""
    return not spoken(channel, 0)  # a byte, the end and an error are all an event


def spoken(channel: socket.socket, seconds: float) -> bool:
    """Whether the other side says something, or leaves, within ``seconds``."""
    asked = select.poll()
    asked.register(channel, select.POLLIN)
    return bool(asked.poll(seconds * 1000))


def _wait(channel: socket.socket, deadline: float | None) -> None:
    """Let the next read wait until the deadline and no longer."""
    if deadline is None:
        if channel.gettimeout() is not None:  # only then: it is an ioctl, which limited decoders may not make
            channel.settimeout(None)
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    channel.settimeout(left)


def _first(channel: socket.socket, deadline: float | None) -> tuple[bytes, list[int]]:
    """Read the beginning of a message with what came along."""
    _wait(channel, deadline)
    try:
        data, fds, _, _ = socket.recv_fds(channel, HEADER.size, 1)
    except TimeoutError:
        raise
    except OSError as error:
        raise Broken(str(error)) from error
    if not data:
        raise Broken("the other side is gone")
    return data, fds


def _exactly(channel: socket.socket, size: int, deadline: float | None) -> bytes:
    """Read ``size`` bytes."""
    buffer = bytearray(size)
    view = memoryview(buffer)
    while len(view):
        _wait(channel, deadline)
        try:
            count = channel.recv_into(view)
        except TimeoutError:
            raise
        except OSError as error:
            raise Broken(str(error)) from error
        if not count:
            raise Broken("the other side is gone")
        view = view[count:]
    return bytes(buffer)
