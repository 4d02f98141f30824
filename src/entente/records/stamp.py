"""Time stamps of a signed head by an outside authority (RFC 3161), once a day where one is configured.

The authority sees 32 bytes of hash and nothing else. Its root certificate is pinned in the folder of the
keys, and stamps are checked against that file alone, so that they can be checked for ever without it.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography import x509
from django.conf import settings
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from entente.records import clock
from entente.records.models.checkpoint import Checkpoint, LogStamp
from entente.safeguards.checkpoint import read_note

CERTIFICATE = "tsa.pem"  # the pinned root, and what it takes to get from it to the authority
DAILY = timedelta(hours=24)
PATIENCE_S = 20
LONGEST = 64 * 1024

Authority = Callable[[bytes], bytes]


class NotStamped(RuntimeError):
    """The head was not stamped, or a stamp does not hold; the message says why."""


def due() -> bool:
    """Whether an authority is configured and the last stamp is a day old."""
    last = LogStamp.objects.order_by("at").last()
    return bool(settings.TSA_URL) and (last is None or clock.now() - last.at >= DAILY)


def make(head: Checkpoint, authority: Authority | None = None) -> LogStamp:
    """Have a signed head stamped; raise ``NotStamped`` for a token that does not hold.

    ``authority`` turns a request into an answer, both as RFC 3161 writes them; ENTENTE_TSA_URL by default.
    """
    text = stamped_text(head.note)
    asked = (
        TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True).build()
    )
    try:
        token = (authority or _over_http)(asked.as_bytes())
        at = check(token, head.note, nonce=asked.nonce)
    except (OSError, ValueError) as fault:
        raise NotStamped(f"the authority gave no stamp: {fault}") from None
    row, _ = LogStamp.objects.get_or_create(checkpoint=head, defaults={"at": at, "token": token})
    return row


def stamped_text(note: str) -> bytes:
    """Return what is stamped: the three lines of a signed head."""
    return read_note(note).head.text().encode()


def check(token: bytes, note: str, *, nonce: int | None = None) -> datetime:
    """Return when the head was stamped; raise ``NotStamped`` where the token does not say so."""
    try:
        answer = decode_timestamp_response(bytes(token))
        made = VerifierBuilder(nonce=nonce)
        for each in pinned():
            ends = each.issuer == each.subject
            made = made.add_root_certificate(each) if ends else made.add_intermediate_certificate(each)
        made.build().verify(answer, sha256(stamped_text(note)).digest())
    except (ValueError, VerificationError) as fault:
        raise NotStamped(f"the stamp does not hold: {fault}") from None
    at: datetime = answer.tst_info.gen_time
    return at


def pinned() -> list[x509.Certificate]:
    """Return the pinned certificates of the authority; raise ``NotStamped`` where there are none."""
    path = settings.KEY_FOLDER / CERTIFICATE
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        raise NotStamped(f"pin the authority's root certificate: put it into {path}") from None


def faults() -> list[str]:
    """Return the stamps that do not hold."""
    found = []
    for each in LogStamp.objects.select_related("checkpoint"):
        try:
            if check(bytes(each.token), each.checkpoint.note) != each.at:
                found.append(f"the stamp of signed head {each.checkpoint.number} is of another time")
        except (NotStamped, ValueError) as fault:
            found.append(f"signed head {each.checkpoint.number}: {fault}")
    return found


def _over_http(asked: bytes) -> bytes:
    url = settings.TSA_URL
    if not url.startswith(("https://", "http://")):
        raise NotStamped("ENTENTE_TSA_URL is not an address")
    sent = urllib.request.Request(url, asked, {"Content-Type": "application/timestamp-query"})  # noqa: S310
    with urllib.request.build_opener(_NoRedirects).open(sent, timeout=PATIENCE_S) as answer:
        token: bytes = answer.read(LONGEST)
    return token


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The authority answers where the site said it would."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow nothing."""
