"""TAXII 2.1, read only: an agency's machines fetch what was opened for it, and see nothing else.

Whoever has no valid token gets the same 401 whatever is asked. With one, a collection that was never opened,
was closed, belongs to another agency or has nothing left that may go is one 404. Nothing can be written.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, register_converter, reverse
from django.views.decorators.csrf import csrf_exempt

from entente.casework.inform.service import Opened, fetch, titles
from entente.evidence.keys import KeyRefused
from entente.evidence.store import StoreFailed
from entente.formats.values import moment_of
from entente.records import guard, limits, machines
from entente.vocabulary.agency import Officer

MEDIA = "application/taxii+json;version=2.1"
STIX = "application/stix+json;version=2.1"
MOST = 500  # objects of one answer
_LONGEST_FILTER = 2000  # characters
_QUESTIONS = "questions of machines"

Object = dict[str, Any]
View = Callable[..., HttpResponse]


class _Asked(ValueError):
    """The question cannot be answered as it was put."""


def _answer(body: Object, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(json.dumps(body), status=status, content_type=MEDIA, headers=headers)


_SAYS = {
    401: {"WWW-Authenticate": 'Basic realm="taxii", charset="UTF-8"'},
    405: {"Allow": "GET, HEAD"},
}


def _fault(status: int, title: str, headers: dict[str, str] | None = None) -> HttpResponse:
    told = {"title": title, "http_status": str(status)}
    return _answer(told, status, headers or _SAYS.get(status, {}))


def _reader(request: HttpRequest) -> Officer | None:
    """Return in whose name a machine asks. A cookie is never looked at."""
    scheme, _, told = request.headers.get("Authorization", "").partition(" ")
    name, secret = "", told.strip()
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(secret, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
    elif scheme.lower() not in {"bearer", "token"}:
        return None
    account = machines.account_of(secret) if 0 < len(secret) < 200 else None
    if account is None or (name and name.casefold() != account.service_number.casefold()):
        return None
    return account.as_officer()


def _for_machines(view: View) -> View:
    """Make a view that answers the officer of a token with TAXII, or says in TAXII why not."""

    @csrf_exempt  # no cookie is looked at, and nothing can be changed here
    @wraps(view)
    def answered(request: HttpRequest, **told: Any) -> HttpResponse:
        try:
            limits.spend(_QUESTIONS, request.META.get("REMOTE_ADDR", ""))
            if (reader := _reader(request)) is None:
                return _fault(401, "A token of an agency's machine is needed.")
            if request.method not in {"GET", "HEAD"}:
                return _fault(405, "Collections are read only.")
            accepted = request.headers.get("Accept", "*/*").replace(" ", "").lower()
            if not any(kind in accepted for kind in ("application/taxii+json", "application/*", "*/*")):
                return _fault(406, f"Only {MEDIA} is sent.")
            return view(request, reader, **told)
        except _Asked as fault:
            return _fault(400, str(fault))
        except limits.LimitReached as reached:
            return _fault(429, str(reached), {"Retry-After": str(reached.wait_seconds)})
        except guard.Denied:
            return _fault(403, "The officer of this token may not read for victim identification.")
        except (KeyRefused, StoreFailed):  # why is for who runs the desk, not for a machine of another agency
            return _fault(503, "The desk cannot use its keys or its store now.")

    return answered


class _Anything:
    """Every rest of an address that ends with a slash, line ends too."""

    regex = r"[\s\S]*/"

    def to_python(self, told: str) -> str:
        """Take it as it is."""
        return told

    def to_url(self, told: object) -> str:
        """Write it, with the slash."""
        return f"{told}".rstrip("/") + "/"


@_for_machines
def discovery(request: HttpRequest, reader: Officer) -> HttpResponse:
    """Say where the one API root is."""
    root = request.build_absolute_uri(reverse("taxii-root"))
    return _answer({"title": "Entente", "default": root, "api_roots": [root]})


@_for_machines
def api_root(request: HttpRequest, reader: Officer) -> HttpResponse:
    """Say what the root speaks."""
    return _answer({"title": "What was opened for your agency", "versions": [MEDIA], "max_content_length": 1})


@_for_machines
def collections(request: HttpRequest, reader: Officer) -> HttpResponse:
    """List what the agency may fetch from now."""
    found = [_described(o) for o in titles(reader)]
    return _answer({"collections": found} if found else {})


@_for_machines
def collection(request: HttpRequest, reader: Officer, collection_id: UUID) -> HttpResponse:
    """Describe one collection."""
    found = next((o for o in titles(reader) if o.id == collection_id), None)
    return _answer(_described(found)) if found else _absent()


@_for_machines
def objects(request: HttpRequest, reader: Officer, collection_id: UUID) -> HttpResponse:
    """Send objects, filtered, page by page."""
    found = fetch(reader, collection_id)
    return _page(request, found, lambda o: o) if found else _absent()


@_for_machines
def manifest(request: HttpRequest, reader: Officer, collection_id: UUID) -> HttpResponse:
    """Send what stands in a collection without its content."""
    found = fetch(reader, collection_id)
    if found is None:
        return _absent()
    since = _stamp(found.since)
    return _page(
        request,
        found,
        lambda o: {
            "id": o["id"],
            "date_added": since,
            "version": _version(o, found),
            "media_type": STIX,
        },
    )


@_for_machines
def one_object(request: HttpRequest, reader: Officer, collection_id: UUID, object_id: str) -> HttpResponse:
    """Send one object by its id."""
    found = _having(fetch(reader, collection_id), object_id)
    return _page(request, found, lambda o: o) if found else _absent()


@_for_machines
def versions(request: HttpRequest, reader: Officer, collection_id: UUID, object_id: str) -> HttpResponse:
    """Say which versions of an object there are: the one."""
    found = _having(fetch(reader, collection_id), object_id)
    return _answer({"versions": [_version(o, found) for o in found.objects]}) if found else _absent()


@_for_machines
def nowhere(request: HttpRequest, reader: Officer, rest: str) -> HttpResponse:
    """Say in TAXII that there is nothing, so that a machine never gets a page for people."""
    return _absent()


def _absent() -> HttpResponse:
    return _fault(404, "There is no such collection or object.")


def _having(found: Opened | None, object_id: str) -> Opened | None:
    kept = tuple(o for o in found.objects if o["id"] == object_id) if found else ()
    return Opened(found.id, found.title, found.since, kept) if found and kept else None


def _described(found: Opened) -> Object:
    return {
        "id": str(found.id),
        "title": found.title,
        "can_read": True,
        "can_write": False,
        "media_types": [STIX],
    }


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _version(made: Object, found: Opened) -> str:
    return str(made.get("modified") or made.get("created") or _stamp(found.since))


def _page(request: HttpRequest, found: Opened, shown: Callable[[Object], Object]) -> HttpResponse:
    """Return one page: all were added at one moment, so they stand in the order of their ids."""
    asked = request.GET
    limit = _limit(asked.get("limit"))
    rows: Iterable[Object] = found.objects
    if (after := asked.get("added_after")) is not None and found.since <= _moment(after):
        rows = ()
    for name in ("id", "type", "spec_version"):
        if wanted := _wanted(asked.get(f"match[{name}]")):
            rows = [o for o in rows if o.get(name, "2.1") in wanted]
    if (wanted := _wanted(asked.get("match[version]"))) and not wanted & {"first", "last", "all"}:
        rows = [o for o in rows if _version(o, found) in wanted]
    if start := asked.get("next", ""):
        rows = [o for o in rows if str(o["id"]) > start]
    waiting = list(rows)
    sent = waiting[:limit]
    if not sent:
        return _answer({"more": False})
    body: Object = {"more": len(waiting) > limit, "objects": [shown(o) for o in sent]}
    if body["more"]:
        body["next"] = str(sent[-1]["id"])
    since = _stamp(found.since)
    return _answer(body, headers={"X-TAXII-Date-Added-First": since, "X-TAXII-Date-Added-Last": since})


def _limit(told: str | None) -> int:
    if told is None:
        return MOST
    if not (told.isascii() and told.isdigit() and int(told[:9]) > 0):
        raise _Asked("limit is a number from 1")
    return min(int(told[:9]), MOST)


def _moment(told: str) -> datetime:
    moment = moment_of(told)
    if moment is None or moment.tzinfo is None:
        raise _Asked("added_after is a moment such as 2026-11-29T12:00:00Z")
    return moment


def _wanted(told: str | None) -> set[str]:
    if told is not None and len(told) > _LONGEST_FILTER:
        raise _Asked(f"a filter has at most {_LONGEST_FILTER} characters")
    return {w for w in told.split(",") if w} if told else set()


register_converter(_Anything, "anything")
_ONE = "circle/collections/<uuid:collection_id>/"
urlpatterns = [
    path("", discovery, name="taxii-discovery"),
    path("circle/", api_root, name="taxii-root"),
    path("circle/collections/", collections, name="taxii-collections"),
    path(_ONE, collection, name="taxii-collection"),
    path(f"{_ONE}manifest/", manifest, name="taxii-manifest"),
    path(f"{_ONE}objects/", objects, name="taxii-objects"),
    path(f"{_ONE}objects/<str:object_id>/", one_object, name="taxii-object"),
    path(f"{_ONE}objects/<str:object_id>/versions/", versions, name="taxii-versions"),
    path("<anything:rest>", nowhere, name="taxii-nowhere"),
]
