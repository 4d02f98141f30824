"""Log-in through an agency's own identity provider (OpenID Connect Core 1.0, code flow with PKCE, RFC 7636).

The agency comes from the connection that the desk's administrator wrote into ``providers.json``, never from a
token: a token names a service number, and only an account that this agency already has here is found by it.
Roles and purposes stay the desk's; nobody is made an account. allauth's own client was not taken: it sends no
nonce, and checks no signature on a token that it fetched itself.
"""

from __future__ import annotations

import secrets
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.error import URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import jwt
from django.conf import settings

from entente.safeguards import strict_json

FAMILIES = [
    "RS256",
    "PS256",
    "ES256",
    "EdDSA",
]  # signatures with a public key only: no "none", no shared secret
LEEWAY_S, PATIENCE_S, LARGEST = 30, 10, 256 * 1024
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class NotVouched(ValueError):
    """The provider did not vouch for an officer of its agency; the text says why, without what it sent."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One connection. ``agency`` is the short name of the agency whose people it vouches for."""

    agency: str
    name: str
    issuer: str
    client_id: str
    client_secret: str
    claim: str = "service_number"
    second_factor: bool = False  # the agency answers in writing for a second factor at its own log-in


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a provider and must come back: kept in a sealed cookie, never in an address."""

    agency: str
    state: str
    nonce: str
    verifier: str


def providers() -> dict[str, Provider]:
    """Return the connections of this desk by agency; a broken file gives none, with a reason for the log."""
    path = settings.DESK / "providers.json"
    if not path.is_file():
        return {}
    held = [Provider(**each) for each in strict_json.loads(path.read_text())]
    return {each.agency: each for each in held}


def ask(provider: Provider, back: str) -> tuple[str, Asked]:
    """Return the address to send the officer to, and what must come back."""
    asked = Asked(provider.agency, *(secrets.token_urlsafe(32) for _ in range(3)))
    challenge = urlsafe_b64encode(sha256(asked.verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": back,
        "scope": "openid",
        "state": asked.state,
        "nonce": asked.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{_told_by(provider)['authorization_endpoint']}?{urlencode(query)}", asked


def service_number(provider: Provider, asked: Asked, given: dict[str, str], back: str) -> str:
    """Return the service number that the provider vouches for, or raise ``NotVouched``."""
    if asked.agency != provider.agency or not secrets.compare_digest(asked.state, given.get("state", "")):
        raise NotVouched("the answer belongs to another question; begin again")
    if "code" not in given:
        raise NotVouched("the provider did not log you in")
    about = _told_by(provider)
    form = {
        "grant_type": "authorization_code",
        "code": given["code"],
        "redirect_uri": back,
        "code_verifier": asked.verifier,
    }
    pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
    basic = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
    token = _fetched(about["token_endpoint"], urlencode(form).encode(), basic).get("id_token", "")
    claims = _verified(provider, str(token), _fetched(about["jwks_uri"]))
    if not secrets.compare_digest(asked.nonce, str(claims.get("nonce", ""))):
        raise NotVouched("the token belongs to another log-in; begin again")
    number = claims.get(provider.claim)
    if not isinstance(number, str) or not number:
        raise NotVouched("the token names no service number; ask the provider's administrator")
    return number


def _verified(provider: Provider, token: str, keys: dict[str, Any]) -> dict[str, Any]:
    """Return the claims of a token with a good signature, for us, of this issuer, and in time."""
    try:
        head = jwt.get_unverified_header(token)
        held = jwt.PyJWKSet.from_dict(keys).keys
        key = next(k for k in held if k.key_id == head.get("kid") or (len(held) == 1 and "kid" not in head))
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=FAMILIES,
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iat", "aud", "iss", "sub"]},
        )
    except (jwt.PyJWTError, StopIteration, AttributeError) as fault:
        raise NotVouched(f"the provider's token is not good ({type(fault).__name__})") from None
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != provider.client_id:
        raise NotVouched("the provider's token is for someone else")
    return claims


def _told_by(provider: Provider) -> dict[str, str]:
    """Return the provider's description of itself, which must be that of the connection."""
    about = _fetched(provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
    if about.get("issuer") != provider.issuer:
        raise NotVouched(
            "the provider calls itself otherwise than the connection; ask the desk's administrator"
        )
    try:
        return {k: str(about[k]) for k in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    except KeyError as missing:
        raise NotVouched(f"the provider does not say its {missing}") from None


class _NoRedirects(HTTPRedirectHandler):
    """A provider answers where it said it would."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""


def _fetched(
    address: str, data: bytes | None = None, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return the JSON object at ``address``, by TLS or on this machine; small, in time, without redirects."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise NotVouched("a provider is reached by https only")
    request = Request(address, data, {"Accept": "application/json", **(headers or {})})  # noqa: S310 - as checked
    try:
        with build_opener(_NoRedirects).open(request, timeout=PATIENCE_S) as answer:
            told = strict_json.loads(answer.read(LARGEST))
    except (URLError, OSError, ValueError) as fault:
        raise NotVouched(f"the provider does not answer as it should ({type(fault).__name__})") from None
    if not isinstance(told, dict):
        raise NotVouched("the provider does not answer as it should")
    return told
