"""Fetch the one address that an officer entered: off unless the site turns it on, logged before it is tried.

One answer is taken as it came, with the redirects that led to it. No link, picture or script of a page is
followed, no cookie is kept, and nothing in a private network is reached: what a redirect names is asked anew.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from django.conf import settings

import entente
from entente.casework.locate.service import keep_page
from entente.formats.warc import WARC, WebPage
from entente.records import clock
from entente.records.act import acting
from entente.records.models import Capture, Case
from entente.safeguards.access import Act
from entente.safeguards.commitment import canonical
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Handling, HandlingCode, Purpose

STEP = "crosscheck"
LARGEST = 32 << 20  # bytes of one answer
REDIRECTS = 5
WAIT_S, WHOLE_S = 10.0, 30.0  # for a word of the other side; for one whole answer
PORTS = {"http": 80, "https": 443}
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: the last four bytes are an IPv4 address


class NotFetched(ValueError):
    """The address was not fetched; the text says why, and the mend."""


def fetch(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    address: str,
    *,
    evaluation: str = "X4",
    codes: Iterable[str] = ("H2",),
    handling_text: str = "",
) -> Capture:
    """Fetch an address as an officer of the case and keep what came as a WARC file.

    The log has the try before the first byte leaves, so that no try is unknown. Raises ``NotFetched``.
    """
    if not settings.FETCHER:
        raise NotFetched("the site has not turned the fetcher on; keep the page yourself and bring the file")
    address = _entered(address)
    handling = Handling(frozenset(HandlingCode(c) for c in codes), handling_text.strip())
    thing = replace(case.as_thing(), owner=officer.agency, handling=handling)
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason="fetch an address") as deed:
        told = {"kind": "fetch", "case": str(case.pk), "address": address, "by": str(officer.id)}
        told["at"] = clock.now().isoformat(timespec="microseconds")
        deed.seal(sha256(canonical(told).encode()).hexdigest())
    pages = _answers(address)
    out = io.BytesIO()
    WARC().write(pages, out, software=f"Entente {entente.__version__}", now=clock.now())
    return keep_page(
        officer,
        purpose,
        case,
        out.getvalue(),
        name=f"{urlsplit(address).hostname}.warc.gz",
        address=address,
        taken_at=pages[-1].at,
        evaluation=evaluation,
        how="fetched",
        codes=codes,
        handling_text=handling_text,
        step=STEP,
    )


def _entered(address: str) -> str:
    """Return an address that may be asked, without its fragment; raise ``NotFetched``."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        raise NotFetched("this is no address; copy it from the browser as it stands there") from None
    if parts.scheme not in PORTS or not host:
        raise NotFetched("an address begins with https:// or http:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise NotFetched("no name or password goes into an address; bring such a page as a file")
    if port not in {None, PORTS[parts.scheme]} and not settings.FETCHER_PRIVATE:
        raise NotFetched("only the usual ports of the web are asked; bring such a page as a file")
    name = f"[{host}]" if ":" in host else host
    place = name if port in {None, PORTS[parts.scheme]} else f"{name}:{port}"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return SplitResult(parts.scheme, place, path, query, "").geturl()


def _answers(address: str) -> list[WebPage]:
    """Ask, follow redirects to other public addresses, and return every answer; the last is no redirect."""
    pages: list[WebPage] = []
    while True:
        page, onward = _answer(address)
        pages.append(page)
        if not onward:
            return pages
        if len(pages) > REDIRECTS:
            raise NotFetched(f"it redirects over {REDIRECTS} times; enter the address where it ends")
        address = _entered(urljoin(address, onward))


def _answer(address: str) -> tuple[WebPage, str]:
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    line = _line(host, port, parts.scheme == "https")
    watch = threading.Timer(WHOLE_S, _end, [line])
    watch.start()
    try:
        connection = http.client.HTTPConnection(host, port, timeout=WAIT_S)
        connection.sock = line
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        asked = {"Host": parts.netloc, "User-Agent": settings.FETCHER_AGENT, "Accept": "*/*"}
        asked |= {"Accept-Encoding": "identity", "Connection": "close"}
        connection.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
        for name, value in asked.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = _whole(answer)
    except NotFetched:
        raise
    except (OSError, http.client.HTTPException, ValueError) as fault:
        raise NotFetched(
            f"no whole answer came ({type(fault).__name__}); try again, or bring a file"
        ) from None
    finally:
        watch.cancel()
        line.close()
    onward = answer.getheader("Location", "") if answer.status in {301, 302, 303, 307, 308} else ""
    kind = answer.getheader("Content-Type", "").partition(";")[0].strip() or "application/octet-stream"
    status = f"{answer.status} {answer.reason}".strip()
    page = WebPage(address, clock.now(), kind, body, status, _headers(answer), tuple(asked.items()))
    return page, onward or ""


def _headers(answer: Any) -> tuple[tuple[str, str], ...]:
    """Return the lines of an answer; that of a transfer coding under the name that archives give it."""
    coded = {"transfer-encoding": "X-Archive-Orig-Transfer-Encoding"}
    return tuple((coded.get(name.lower(), name), value) for name, value in answer.getheaders())


def _whole(answer: Any) -> bytes:
    data = bytearray()
    while piece := answer.read(1 << 16):
        data += piece
        if len(data) > LARGEST:
            raise NotFetched(f"the answer is over {LARGEST >> 20} MiB; bring the part that matters as a file")
    if answer.length:  # fewer bytes than were announced: the library says nothing of it
        raise http.client.IncompleteRead(b"", answer.length)
    return bytes(data)


def _end(line: socket.socket) -> None:
    """Break off an answer that drips."""
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _line(host: str, port: int, secret: bool) -> socket.socket:
    """Connect to a host, to the very address that was judged: a name may mean another one a moment later."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise NotFetched("the host has no address, or the name service is silent; look at the name") from None
    places = [str(place[0]) for *_, place in found]
    if not places or not all(public(p) for p in places):
        raise NotFetched("it leads into a private network, and nothing there is fetched; bring a file")
    leave = (settings.FETCHER_FROM, 0) if settings.FETCHER_FROM else None
    try:
        line = socket.create_connection((places[0], port), WAIT_S, leave)
        if secret:
            return ssl.create_default_context().wrap_socket(line, server_hostname=host)
        return line
    except OSError as fault:  # an untrusted certificate too
        raise NotFetched(f"the host cannot be reached ({type(fault).__name__}); bring a file") from None


def public(place: str) -> bool:
    """Whether an address belongs to the public network; what hides another address inside is judged by it."""
    found = ip_address(place.partition("%")[0])
    inner = _inside(found) or found
    if any(inner in ip_network(n) for n in settings.FETCHER_PRIVATE):
        return True
    return inner.is_global and not inner.is_multicast and not found.is_multicast


def _inside(found: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(found, IPv4Address):
        return None
    if found in _NAT64:
        return IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
